"""Rollout phases: moved with a reason, audited, put back, and the gate that others ask."""

import pytest

from dashboards.console.rights import Role
from dashboards.desk import audit_log, rollout, styles
from dashboards.desk.rollout import EVERYBODY, RolloutError
from dashboards.desk.times import times
from schemas.rollout import DEFAULT_PHASE, Phase, Product, may_generate, phase_of
from streams.learning.learn import learn
from tests.dashboards.desk.conftest import Bench
from tests.dashboards.desk.samples import CLINICIAN, a_draft, lines


def test_a_phase_allows_what_the_one_before_allows_and_more() -> None:
    allowed = [{product for product in Product if may_generate(product, phase)} for phase in Phase]
    assert allowed[0] < allowed[1] < allowed[2] == set(Product)
    assert Product.SUMMARIES not in allowed[0]


def test_nobody_decided_means_the_most_careful_phase_and_a_cohort_counts_before_its_practice() -> None:
    assert phase_of(None, None) is DEFAULT_PHASE is Phase.ADMINISTRATIVE
    assert phase_of(Phase.RELATIONAL, Phase.SUMMARIES) is Phase.SUMMARIES


@pytest.mark.stack
async def test_a_cohort_is_moved_with_a_reason_and_put_back_and_all_of_it_is_audited(bench: Bench) -> None:
    manager, at, practice = bench.user(Role.MANAGER), bench.now, bench.practice
    async with bench.database.transaction() as connection:
        assert await rollout.phase_for(connection, practice, CLINICIAN) is Phase.ADMINISTRATIVE
        with pytest.raises(RolloutError, match="why"):
            await rollout.set_phase(connection, manager, practice, "pilot", Phase.RELATIONAL, " ", at)
        await rollout.set_phase(connection, manager, practice, EVERYBODY, Phase.SUMMARIES, "go", at)
        await rollout.set_phase(connection, manager, practice, "pilot", Phase.RELATIONAL, "try", at)
        with pytest.raises(RolloutError, match="no such cohort"):
            await rollout.set_member(connection, manager, practice, CLINICIAN, "none", "x", at)
        await rollout.set_member(connection, manager, practice, CLINICIAN, "pilot", "volunteer", at)
        assert await rollout.allowed(connection, practice, CLINICIAN, Product.RELATIONAL_DYNAMICS)
        assert not await rollout.allowed(connection, practice, "CL-9", Product.RELATIONAL_DYNAMICS)
        joined, made, first = await rollout.moves(connection, practice)
        await rollout.put_back(connection, manager, practice, joined.move_id, "too early", at)
        assert await rollout.phase_for(connection, practice, CLINICIAN) is Phase.SUMMARIES
        with pytest.raises(RolloutError, match="put back already"):
            await rollout.put_back(connection, manager, practice, joined.move_id, "again", at)
        await rollout.set_phase(connection, manager, practice, EVERYBODY, Phase.RELATIONAL, "on", at)
        with pytest.raises(RolloutError, match="moved again since"):
            await rollout.put_back(connection, manager, practice, first.move_id, "x", at)
        assert made.cohort == "pilot"
        entries = [entry async for entry in audit_log.entries_of(connection, practice)]
    assert [entry.action for entry in entries] == ["rollout_moved"] * 5
    assert {entry.role for entry in entries} == {"manager"}


@pytest.mark.stack
async def test_what_was_signed_teaches_and_a_reset_forgets_it(bench: Bench) -> None:
    clinician = bench.user(Role.CLINICIAN)
    for number in range(1, 4):
        draft_id = f"D-S-{number}"
        await bench.arrive(a_draft(practice_id=bench.practice, session_id=f"S-{number}"))
        review = (await bench.desk.open(clinician, bench.practice, draft_id, viewed=False)).review
        for section in review.sections[1:]:
            kept = [line.text for line in section.lines if "agreed with the plan" not in line.text]
            await bench.desk.edit(clinician, bench.practice, draft_id, section.key, 1, lines(*kept))
        await bench.approve_all(draft_id=draft_id)
        async with bench.database.transaction() as connection:
            await connection.execute(
                "UPDATE draft SET session_id = 'S-1' WHERE practice_id = $1 AND draft_id = $2", bench.practice, draft_id
            )
        await bench.sign(draft_id=draft_id)
        async with bench.database.transaction() as connection:
            await connection.execute(
                "UPDATE draft SET session_id = $2 WHERE practice_id = $1 AND draft_id = $3",
                bench.practice,
                f"S-{number}",
                draft_id,
            )
    async with bench.database.transaction() as connection:
        learned = learn(await styles.accepted_edits(connection, bench.practice, CLINICIAN))
        assert [one.what for one in learned.dropped_phrases] == ["agreed with the plan"]
        assert await times(connection, [bench.practice]) == []
        await styles.begin_afresh(connection, clinician, bench.practice, CLINICIAN, bench.now)
        assert await styles.accepted_edits(connection, bench.practice, CLINICIAN) == []

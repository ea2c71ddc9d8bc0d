"""What one partition does with message after message: time, unknown practices, policies, snapshots, broken rules."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from schemas.care import Claim, Policy
from schemas.change import Change, ChangeSet
from schemas.codec import change_of
from schemas.facts import ClaimFact, Fact
from schemas.finding import Finding
from schemas.reasons import Reason
from streams import keeper as keeper_module
from streams.book import Book, Shelves
from streams.cases import ClientCase, SessionCase
from streams.catalogue import RULES
from streams.files import FileKind
from streams.keeper import DUE_PER_MESSAGE, SESSIONS_AT_ONCE, Keeper
from streams.rule import Found, Outcome, Recheck, Rule
from tests.streams.corrections import as_rows
from tests.streams.playing import PRACTICE, Partition, assert_fresh, changes_of, contents, restored
from tests.streams.scenario import Scenario, after, at, clean_group, clean_individual, clean_multi_family
from tests.streams.worlds import NOW, WORLDS, busy_group

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def moment(text: str) -> datetime:
    """A Chicago wall-clock text as an instant."""
    return datetime.fromisoformat(at(text))


def fed(scenario: Scenario, until: datetime | None = None, **fields: Any) -> Partition:
    """The scenario's changes one by one, up to a moment."""
    partition = Partition(**fields)
    for change in changes_of(scenario):
        if until is None or change.at <= until:
            partition.run_to(change.at)
            partition.apply(change.at, [change])
    return partition


def open_rules(partition: Partition) -> set[str]:
    """The rules with an open finding."""
    return {finding.rule for file in partition.files() for finding in file.findings.values()}


def policy(rev: int, when: datetime, **own: Any) -> Change:
    """A version of the practice's own policy."""
    document = Policy(document=orjson.dumps(own).decode())
    return Change(at=when, entity="policy", op="update", id=PRACTICE, rev=rev, data=document)


def not_billed() -> Scenario:
    """Seen on 15 April 18:00, billed to nobody."""
    return clean_individual().without("K-S-1-YAEL")


# --- time -------------------------------------------------------------------------------------------------------------


def test_time_alone_opens_a_finding_at_its_moment_and_not_before() -> None:
    partition = fed(not_billed())
    partition.run_to(moment("2026-04-18 18:49"))
    due = partition.book.next_due()
    assert due is not None
    assert timedelta(0) <= due - moment("2026-04-18 18:50") < timedelta(minutes=1)
    assert partition.apply(due - timedelta.resolution).findings == []
    effects = partition.apply(due)
    assert [(finding.rule, finding.state) for finding in effects.findings] == [("B02", "open")]


def test_time_alone_resolves_a_finding() -> None:
    scenario = clean_group(2).set("CON-ANA-treatment", expires=at("2026-04-20 12:00"))
    scenario.book("S-2", "group", ("ANA",), "2026-04-18 18:00", 60, unit="G-1")
    partition = fed(scenario)
    partition.run_to(moment("2026-04-18 17:59"))
    assert "C15" in open_rules(partition)
    partition.run_to(moment("2026-04-18 18:00"))
    assert "C15" not in open_rules(partition)
    assert ("C15", "resolved") in {
        (row.rule, row.state)
        for versions in partition.sink.rows.values()
        for rows in versions.values()
        for row in rows
        if isinstance(row, Finding)
    }


@pytest.mark.parametrize("world", WORLDS)
def test_no_file_is_ever_to_be_woken_in_the_past_and_nothing_is_found_ahead_of_its_time(world: str) -> None:
    partition = Partition()
    for change in changes_of(WORLDS[world]()):
        effects = partition.apply(change.at, [change])
        for finding in effects.findings:
            assert finding.changed_at == partition.keeper_now
            assert finding.opened_at <= finding.changed_at
        for file in partition.files():
            assert file.wake_at is None or file.wake_at > change.at


def test_a_clock_that_runs_backwards_is_not_believed() -> None:
    partition = fed(not_billed())
    late = moment("2026-04-19 12:00")
    partition.apply(late)
    effects = partition.apply(late - 5 * DAY, changes_of(not_billed())[-1:])
    assert partition.keeper_now == late
    assert effects.findings == []
    assert "B02" in open_rules(partition)


def test_a_tick_of_one_partition_wakes_the_files_of_every_practice_in_it() -> None:
    partition = Partition()
    for practice in ("PR-A", "PR-B"):
        for change in changes_of(not_billed()):
            own = change.model_copy(update={"id": practice}) if change.entity == "practice" else change
            partition.apply(change.at, [own], practice)
    partition.run_to(moment("2026-04-19 12:00"))
    found = {finding.practice_id for file in partition.files() for finding in file.findings.values()}
    assert found == {"PR-A", "PR-B"}


@pytest.mark.parametrize("zone", ["America/Havana", "Asia/Beirut", "America/Santiago"])
def test_a_midnight_that_comes_twice_does_not_make_a_finding_new_at_every_look(zone: str) -> None:
    """Where clocks change at midnight, a day's beginning in that zone equals no other instant, not even itself."""
    for day in ("2026-10-31", "2026-04-04", "2026-04-25"):
        scenario = clean_group(2).set(PRACTICE, timezone=zone).set("CON-ANA-treatment", expires=f"{day}T12:00:00+00:00")
        scenario.set(
            "S-1", scheduled_start=f"{day}T12:00:00+00:00", status="booked", actual_start=None, actual_end=None
        )
        scenario.book("S-2", "group", ("ANA",), f"{day} 18:00", 60, unit="G-1")
        partition = Partition()
        now = datetime.fromisoformat(f"{day}T13:00:00+00:00")
        partition.apply(now, changes_of(scenario))
        partition.run_to(now)
        again = Partition(restored(partition.shelves), version=99)
        for _ in range(2):
            effects = again.apply(now, changes_of(scenario))
            assert effects.findings == []


def test_practices_in_one_partition_know_nothing_of_each_other() -> None:
    partition = Partition()
    for practice in ("PR-A", "PR-B"):
        for change in changes_of(not_billed()):
            if practice == "PR-B" and change.entity == "appointment":
                continue
            own = change.model_copy(update={"id": practice}) if change.entity == "practice" else change
            partition.apply(change.at, [own], practice)
    partition.run_to(moment("2026-04-19 12:00"))
    assert {f.practice_id for file in partition.files() for f in file.findings.values()} == {"PR-A"}


# --- a practice nobody has told of yet --------------------------------------------------------------------------------


def test_without_the_practice_itself_nothing_is_decided_and_that_has_a_name() -> None:
    changes = [change for change in changes_of(not_billed()) if change.entity != "practice"]
    partition = Partition()
    effects = partition.apply(NOW, changes)
    assert (effects.findings, effects.facts, effects.requests) == ([], [], [])
    assert effects.outcomes[Reason.PRACTICE_UNKNOWN] == 1
    assert effects.outcomes[Reason.APPLIED] == len(changes)


def test_as_soon_as_the_practice_arrives_everything_is_decided() -> None:
    changes = changes_of(not_billed())
    late, straight = Partition(), Partition()
    late.apply(NOW, [change for change in changes if change.entity != "practice"])
    late.apply(NOW, [change for change in changes if change.entity == "practice"])
    late.run_to(NOW)
    straight.apply(NOW, changes)
    straight.run_to(NOW)
    assert late.sink.last() == straight.sink.last()
    assert "B02" in open_rules(late)


def test_a_practice_in_a_time_zone_nobody_knows_is_not_known_yet() -> None:
    for zone in ("Mars/Olympus", "", "America", "../etc/passwd", "a\0b"):
        scenario = not_billed().set(PRACTICE, timezone=zone)
        partition = Partition()
        effects = partition.apply(NOW, changes_of(scenario))
        assert effects.outcomes[Reason.PRACTICE_UNKNOWN] == 1
        assert effects.findings == []


def test_a_time_zone_put_right_puts_everything_right() -> None:
    scenario = not_billed().set(PRACTICE, timezone="Mars/Olympus")
    partition = Partition()
    partition.apply(NOW, changes_of(scenario))
    right = changes_of(not_billed())[0]
    partition.apply(NOW, [right.model_copy(update={"rev": 2})])
    partition.run_to(NOW)
    assert "B02" in open_rules(partition)


# --- the practice's own policy ----------------------------------------------------------------------------------------


def test_a_policy_that_changes_while_running_is_applied_to_everything() -> None:
    partition = fed(not_billed())
    partition.run_to(moment("2026-04-17 12:00"))
    assert "B02" not in open_rules(partition)
    partition.apply(moment("2026-04-17 12:00"), [policy(1, NOW, missed_revenue_hours=24)])
    partition.run_to(moment("2026-04-17 12:00"))
    assert "B02" in open_rules(partition)
    partition.apply(moment("2026-04-17 13:00"), [policy(2, NOW, missed_revenue_hours=96)])
    partition.run_to(moment("2026-04-17 13:00"))
    assert "B02" not in open_rules(partition)
    assert_fresh(partition)


def many_sessions(count: int) -> Partition:
    """One client seen day after day, none of it billed, under a policy that does not mind."""
    changes = changes_of(not_billed())
    partition = Partition()
    partition.apply(LATE, [policy(1, LATE, missed_revenue_hours=50_000), *changes])
    for number in range(2, count + 1):
        moved = []
        for change in changes:
            if change.entity not in ("appointment", "attendance") or change.data is None:
                continue
            earlier = {name: value - number * DAY for name, value in change.data if isinstance(value, datetime)}
            own = {"session": f"S-{number}"} if change.entity == "attendance" else {}
            data = change.data.model_copy(update=earlier | own)
            moved.append(change.model_copy(update={"id": f"{change.id}-{number}".replace("S-1-", "S-"), "data": data}))
        partition.apply(LATE, moved)
    partition.run_to(LATE)
    assert "B02" not in open_rules(partition)
    return partition


LATE = moment("2026-04-15 23:00")


def missed_revenue(partition: Partition) -> int:
    """How many sessions are known to be not billed."""
    return sum(finding.rule == "B02" for file in partition.files() for finding in file.findings.values())


def test_one_message_looks_at_no_more_than_so_many_files_of_a_changed_policy() -> None:
    partition = many_sessions(DUE_PER_MESSAGE * 2)
    looks: list[str] = []
    real = Keeper._look_at

    def counting(keeper: Keeper, key: Any, *rest: Any) -> None:
        looks.append(key.text)
        real(keeper, key, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keeper, "_look_at", counting)
        partition.apply(LATE, [policy(2, LATE, missed_revenue_hours=1)])
        assert 0 < len(looks) <= DUE_PER_MESSAGE
        assert 0 < missed_revenue(partition) <= DUE_PER_MESSAGE
    partition.run_to(LATE)
    assert missed_revenue(partition) == DUE_PER_MESSAGE * 2
    assert_fresh(partition)


def test_a_crash_amid_a_changed_policy_forgets_no_file() -> None:
    partition = many_sessions(DUE_PER_MESSAGE + 20)
    partition.apply(LATE, [policy(2, LATE, missed_revenue_hours=1)])
    assert missed_revenue(partition) < DUE_PER_MESSAGE + 20
    again = Partition(restored(partition.shelves), partition.sink, version=partition.version)
    again.run_to(LATE)
    assert missed_revenue(again) == DUE_PER_MESSAGE + 20
    assert_fresh(again)


def test_a_change_in_between_does_not_make_a_file_forget_that_the_policy_changed() -> None:
    """A note that links its client to the session keeps the client's file while the policy still has to reach it."""
    partition = fed(busy_group())
    partition.run_to(NOW)
    partition.apply(NOW, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper_module, "DUE_PER_MESSAGE", 0)
        partition.apply(NOW, [policy(1, NOW, consent_expiry_notice_days=[1])])
        stray = {"session": "S-9", "client": "C-ANA", "kind": "progress", "status": "draft"}
        note = {"at": at("2026-04-24 11:00"), "entity": "note", "op": "create", "id": "N-9", "rev": 1, "data": stray}
        partition.apply(NOW, [change_of(note)])
    partition.run_to(NOW)
    assert_fresh(partition)
    assert "C15" not in open_rules(partition)


@pytest.mark.parametrize(
    "document",
    ["", "[]", "5", "null", '{"missed_revenue_hours": "soon"}', '{"payers": []}', '{"consent_expiry_notice_days": 5}'],
)
def test_a_policy_that_is_none_is_set_aside_and_the_practice_goes_on_under_its_last(document: str) -> None:
    partition = fed(not_billed())
    partition.apply(NOW, [policy(1, NOW, missed_revenue_hours=24)])
    bad = policy(2, NOW).model_copy(update={"data": Policy(document=document)})
    effects = partition.apply(NOW, [bad, policy(3, NOW, missed_revenue_hours=1)])
    assert [poison.reason for poison in effects.poisons] == [Reason.IMPOSSIBLE_VALUE]
    assert effects.outcomes[Reason.IMPOSSIBLE_VALUE] == 1
    assert effects.outcomes[Reason.APPLIED] == 1
    partition.run_to(NOW)
    assert "B02" in open_rules(partition)


def test_a_stored_policy_this_version_of_the_code_cannot_read_counts_as_the_default() -> None:
    partition = fed(not_billed())
    bad = policy(1, NOW).model_copy(update={"data": Policy(document='{"missed_revenue_hours": "soon"}')})
    practice = next(iter(partition.shelves.files[FileKind.PRACTICE].values()))
    practice.fold(bad)
    again = Partition(restored(partition.shelves), version=99)
    again.run_to(NOW)
    assert "B02" in open_rules(again)


# --- who else it matters to -------------------------------------------------------------------------------------------


def expiring() -> Scenario:
    """A consent that runs out before the one booked session that needs it is over: C15 for C-ANA."""
    scenario = clean_group(2).set("CON-ANA-treatment", expires=at("2026-04-28 12:00"))
    return scenario.book("S-2", "group", ("ANA", "BEN"), "2026-04-29 18:00", 60, unit="G-1")


def after_correction(scenario: Scenario, correct: Callable[[Scenario], object]) -> tuple[set[str], set[str]]:
    """The rules with an open finding before and right after one more change, which comes by itself."""
    partition = fed(scenario)
    partition.run_to(NOW)
    before = open_rules(partition)
    known = len(scenario.changes)
    correct(scenario)
    partition.apply(NOW, [change_of(change) for change in scenario.changes[known:]])
    assert_fresh(partition)
    return before, open_rules(partition)


@pytest.mark.parametrize(
    "correct",
    [
        pytest.param(lambda s: s.delete("S-2", "2026-04-24 11:00"), id="the session is deleted"),
        pytest.param(lambda s: s.change("S-2", "2026-04-24 11:00", clients=["C-BEN"]), id="the client is taken off it"),
        pytest.param(lambda s: s.change("S-2", "2026-04-24 11:00", status="cancelled"), id="it is called off"),
    ],
)
def test_a_client_no_longer_booked_needs_no_reminder(correct: Callable[[Scenario], object]) -> None:
    before, after = after_correction(expiring(), correct)
    assert "C15" in before
    assert "C15" not in after


def test_a_client_booked_again_needs_the_reminder_again() -> None:
    scenario = expiring()
    excused = {"session": "S-2", "client": "C-ANA", "status": "excused"}
    scenario.add("attendance", "AT-9", "2026-04-20 09:00", **excused)
    before, after = after_correction(scenario, lambda s: s.delete("AT-9", "2026-04-24 11:00"))
    assert "C15" not in before
    assert "C15" in after


def test_a_family_that_changes_reaches_the_sessions_of_the_group_it_comes_to() -> None:
    """A multi-family visit is billed once a family; somebody billed already turns out to belong to this one."""
    members = ["C-UMA", "C-VIC", "C-XAN"]
    before, after = after_correction(
        clean_multi_family().without("K-S-1-VIC"), lambda s: s.change("F-U", "2026-04-24 11:00", members=members)
    )
    assert "B02" in before
    assert "B02" not in after


def test_a_line_of_a_claim_that_comes_by_itself_uses_up_an_authorized_unit() -> None:
    rows = as_rows(changes_of(busy_group()))
    lines = [row for row in rows if row.entity == "claim" and row.part is not None]
    partition = Partition()
    partition.apply(NOW, [row for row in rows if row not in lines])
    partition.run_to(NOW)
    assert "B25" not in open_rules(partition)
    for line in lines:
        partition.apply(NOW, [line])
    assert "B25" in open_rules(partition)
    assert_fresh(partition)


def test_lines_of_a_claim_survive_a_crash_amid_its_move() -> None:
    """Where it lives was stored before the crash, the files were not."""
    scenario = clean_group(2).book("S-2", "group", ("ANA", "BEN"), "2026-04-16 18:00", 60, unit="G-1")
    rows = as_rows(changes_of(scenario))
    partition = Partition()
    partition.apply(NOW, rows)
    stored = restored(partition.shelves)
    claim = next(row for row in rows if row.id == "K-S-1-ANA" and row.part is None)
    assert isinstance(claim.data, Claim)
    elsewhere = claim.data.model_copy(update={"session": "S-2"})
    moved = claim.model_copy(update={"rev": 2, "op": "update", "data": elsewhere})
    partition.apply(NOW, [moved])
    again = Partition(Shelves(stored.files, restored(partition.shelves).whereabouts), version=5)
    again.apply(NOW, [moved])
    (held,) = again.session("S-2").all("claim")
    assert [line.code for line in held.data.lines] == ["90853"]


# --- a snapshot -------------------------------------------------------------------------------------------------------


def snapshot_of(scenario: Scenario) -> list[Change]:
    """What a first reading of the source would deliver: the newest version of everything, without its history."""
    newest: dict[tuple[str, str], Change] = {}
    for change in changes_of(scenario):
        known = newest.get((change.entity, change.id))
        if known is None or known.rev < change.rev:
            newest[change.entity, change.id] = change
    kept = (change for change in newest.values() if change.op != "delete")
    return [change.model_copy(update={"snapshot": True, "rev": 1_000}) for change in kept]


def settled(partition: Partition, now: datetime) -> Partition:
    """The snapshot is over: ticks pass without a row of it."""
    partition.run_to(now)
    return partition


def test_a_first_snapshot_asks_for_no_draft_and_all_it_finds_is_history() -> None:
    partition = Partition()
    rows = snapshot_of(busy_group())
    for row in rows:
        partition.apply(NOW, [row])
    settled(partition, NOW)
    findings = [finding for file in partition.files() for finding in file.findings.values()]
    assert findings
    assert all(finding.historical for finding in findings if finding.opened_at <= NOW)
    assert all(file.requests == {} for file in partition.files())


def test_what_comes_about_after_the_snapshot_is_news() -> None:
    connected = moment("2026-04-16 12:00")
    partition = Partition()
    partition.apply(connected, snapshot_of(not_billed()))
    settled(partition, connected)
    assert "B02" not in open_rules(partition)
    partition.run_to(moment("2026-04-20 12:00"))
    (missed,) = [f for file in partition.files() for f in file.findings.values() if f.rule == "B02"]
    assert not missed.historical


def test_a_second_snapshot_changes_nothing() -> None:
    scenario = busy_group()
    live = fed(scenario)
    live.run_to(NOW)
    before, versions = live.sink.last(), live.version
    for row in snapshot_of(scenario):
        live.apply(NOW, [row])
    settled(live, NOW)
    assert live.sink.last() == before
    sent = [
        row
        for rows in live.sink.rows.values()
        for version, said in rows.items()
        for row in said
        if version > versions and isinstance(row, Finding)
    ]
    assert sent == []


def test_a_first_snapshot_of_a_practice_that_was_heard_of_live_makes_nothing_history() -> None:
    scenario = busy_group()
    live = fed(scenario)
    live.run_to(NOW)
    before = {id_: finding for file in live.files() for id_, finding in file.findings.items()}
    assert before
    assert not any(finding.historical for finding in before.values())
    live.apply(NOW, snapshot_of(scenario))
    settled(live, NOW)
    assert not any(finding.historical for file in live.files() for finding in file.findings.values())


def test_a_session_completed_while_nobody_listened_is_asked_for_only_if_it_was_seen_live() -> None:
    rows = snapshot_of(clean_group(2))
    partition = Partition()
    partition.apply(NOW, rows)
    settled(partition, NOW)
    assert all(file.requests == {} for file in partition.files())
    appointment = next(row for row in rows if row.entity == "appointment")
    update = {"snapshot": False, "rev": 2_000, "op": "update"}
    partition.apply(NOW, [appointment.model_copy(update=update)])
    settled(partition, NOW)
    assert all(file.requests == {} for file in partition.files())  # it ended long before the practice was connected


def test_nothing_is_decided_while_a_snapshot_arrives_table_by_table() -> None:
    rows = snapshot_of(clean_group(3))
    partition = Partition()
    order = ("practice", "clinician", "client", "group", "appointment", "attendance", "claim")
    rows.sort(key=lambda row: order.index(row.entity) if row.entity in order else len(order))
    for row in rows:
        effects = partition.apply(NOW, [row])
        assert effects.findings == []
    settled(partition, NOW)
    resolved = [
        row
        for versions in partition.sink.rows.values()
        for said in versions.values()
        for row in said
        if isinstance(row, Finding) and row.state == "resolved"
    ]
    assert resolved == []


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_completed_group_session_asks_for_one_draft_and_withdraws_it_when_it_is_called_off() -> None:
    scenario = clean_group(2)
    partition = fed(scenario)
    (request,) = partition.session("S-1").requests.values()
    assert (request.session_id, request.state, request.client_ids) == ("S-1", "requested", ("C-ANA", "C-BEN"))
    scenario.change("S-1", "2026-04-15 20:00", status="cancelled")
    effects = partition.apply(NOW, changes_of(scenario)[-1:])
    assert [(r.request_id, r.state) for r in effects.requests] == []
    effects = partition.apply(NOW, [c for c in changes_of(scenario) if c.id == "S-1"])
    assert partition.session("S-1").requests == {}
    last = max(
        (row.version, row.state)
        for key, versions in partition.sink.rows.items()
        if key == ("request", request.request_id)
        for rows in versions.values()
        for row in rows
        if hasattr(row, "version") and hasattr(row, "state")
    )
    assert last[1] == "withdrawn"


def test_the_same_session_asks_for_the_same_draft_whatever_offset_its_times_were_written_with() -> None:
    def shifted(change: Change) -> Change:
        data = change.data
        if data is None:
            return change
        times = {name: value.astimezone(UTC) for name, value in data if isinstance(value, datetime)}
        return change.model_copy(update={"data": data.model_copy(update=times)})

    plain, utc = Partition(), Partition()
    plain.apply(NOW, changes_of(clean_group(2)))
    utc.apply(NOW, [shifted(change) for change in changes_of(clean_group(2))])
    assert plain.session("S-1").requests.keys() == utc.session("S-1").requests.keys() != set()


# --- rows -------------------------------------------------------------------------------------------------------------


def test_a_claim_that_moves_to_another_session_stays_in_the_analytics() -> None:
    """It leaves one file and enters another in one message; its row must outlast the deletion of the same row."""
    scenario = clean_group(2).book("S-2", "group", ("ANA", "BEN"), "2026-04-16 18:00", 60, unit="G-1")
    scenario.change("K-S-1-ANA", "2026-04-16 09:00", session="S-2")
    partition = fed(scenario)
    row = partition.sink.last()["fact_claim", PRACTICE, "K-S-1-ANA"]
    assert row["session_id"] == "S-2"
    facts = [fact for fact in _facts(partition) if isinstance(fact, ClaimFact) and fact.claim_id == "K-S-1-ANA"]
    newest = max(facts, key=lambda fact: fact.version)
    assert not newest.deleted


def _facts(partition: Partition) -> Iterator[Any]:
    for versions in partition.sink.rows.values():
        for rows in versions.values():
            yield from rows


def test_what_is_deleted_is_deleted_in_the_analytics() -> None:
    scenario = clean_group(2)
    partition = fed(scenario)
    gone = ("appointment", "S-1")
    rev = max(change.rev for change in changes_of(scenario) if (change.entity, change.id) == gone)
    delete = Change(at=NOW, entity="appointment", op="delete", id="S-1", rev=rev + 1)
    effects = partition.apply(NOW, [delete])
    tables = {fact.table for fact in effects.facts if fact.row.deleted}
    assert {"fact_session", "fact_attendance", "fact_claim", "fact_note"} <= tables
    assert all(isinstance(fact, Fact) for fact in effects.facts)
    assert not any(key[0] in ("fact_session", "fact_claim") for key in partition.sink.last())


# --- rules that fail --------------------------------------------------------------------------------------------------


def found(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """Something about every session."""
    yield Found({"session": case.id}, f"{case.id}.", "Do it.", (case.appointment,))


def raising(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """Finds something, and then has a bug."""
    yield Found({"session": case.id, "client": "C-1"}, "Half.", "Do it.", (case.appointment,))
    yield Recheck(now + DAY)
    raise ZeroDivisionError


def rule(id_: str, check: Any, on: type[Any] = SessionCase) -> Rule[Any]:
    """A line of a catalogue for a test."""
    return Rule(id_, "1", on, "warn", "title", "source", check)


def test_a_rule_that_raises_stops_nobody_else_and_is_counted() -> None:
    partition = Partition(rules=(rule("T1", raising), rule("T2", found)))
    effects = partition.apply(NOW, changes_of(clean_group(2)))
    assert [finding.rule for finding in effects.findings] == ["T2"]
    assert effects.failed_rules["T1"] >= 1
    assert effects.facts


def test_what_a_rule_found_before_it_broke_stays_as_it_was() -> None:
    shelves = Shelves.in_memory()
    Keeper(Book(shelves), (rule("T1", found),)).apply(
        ChangeSet(practice_id=PRACTICE, now=NOW, changes=changes_of(clean_group(2))), 1
    )
    broken = Partition(shelves, rules=(rule("T1", raising),), version=1)
    effects = broken.apply(NOW, [change for change in changes_of(clean_group(2)) if change.id == "S-1"])
    assert effects.findings == []
    assert open_rules(broken) == {"T1"}
    mended = Partition(shelves, rules=(rule("T1", lambda case, now: iter(())),), version=2)
    effects = mended.apply(NOW, [change for change in changes_of(clean_group(2)) if change.id == "S-1"])
    assert [(finding.rule, finding.state) for finding in effects.findings] == [("T1", "resolved")]


def test_a_sentence_too_long_for_a_finding_is_a_failure_of_its_rule_alone() -> None:
    def wordy(case: SessionCase, now: datetime) -> Iterator[Outcome]:
        yield Found({"session": case.id}, "x" * 5_000, "Do it.", (case.appointment,))

    partition = Partition(rules=(rule("T1", wordy), rule("T2", found)))
    effects = partition.apply(NOW, changes_of(clean_group(2)))
    assert [finding.rule for finding in effects.findings] == ["T2"]
    assert effects.failed_rules["T1"] >= 1


def test_rules_on_clients_are_asked_about_clients() -> None:
    def about(case: ClientCase, now: datetime) -> Iterator[Outcome]:
        yield Found({"client": case.file.key.id}, "x", "y", (case.client.record,))

    partition = Partition(rules=(rule("T1", about, ClientCase),))
    partition.apply(NOW, changes_of(clean_group(2)))
    subjects = {f.subject["client"] for file in partition.files(FileKind.CLIENT) for f in file.findings.values()}
    assert subjects == {"C-ANA", "C-BEN", "CL-REYES"}


# --- findings ---------------------------------------------------------------------------------------------------------


def test_a_finding_is_sent_when_it_changes_and_not_again_while_it_stays() -> None:
    partition = fed(not_billed())
    partition.run_to(NOW)
    for hours in range(3):
        for changes in ((), changes_of(not_billed())):
            effects = partition.apply(NOW + hours * HOUR, changes)
            assert (effects.findings, effects.requests, effects.facts) == ([], [], [])


def test_versions_grow_with_every_emission_and_a_finding_keeps_its_id() -> None:
    scenario = not_billed()
    partition = fed(scenario)
    partition.run_to(NOW)
    (opened,) = [f for file in partition.files() for f in file.findings.values() if f.rule == "B02"]
    billed = clean_individual()
    effects = partition.apply(NOW, [c for c in changes_of(billed) if c.entity == "claim"])
    (resolved,) = [finding for finding in effects.findings if finding.rule == "B02"]
    assert resolved.finding_id == opened.finding_id
    assert resolved.state == "resolved"
    assert resolved.version > opened.version
    assert resolved.opened_at == opened.opened_at
    assert resolved.changed_at == NOW


def test_how_each_change_ended_is_counted() -> None:
    changes = changes_of(clean_group(2))
    effects = Partition().apply(NOW, [*changes, changes[-1], changes[0]])
    assert effects.outcomes[Reason.APPLIED] == len(changes)
    assert effects.outcomes[Reason.DUPLICATE] == 2
    stale = [change for change in changes if change.id == "S-1"]
    effects = Partition().apply(NOW, list(reversed(stale)))
    assert effects.outcomes[Reason.STALE] == len(stale) - 1


def test_the_rules_in_force_are_the_catalogues() -> None:
    assert Partition().rules is RULES


def test_files_can_be_counted_by_kind() -> None:
    partition = fed(clean_group(2))
    assert partition.book.sizes() == {"session": 1, "client": 3, "unit": 1, "practice": 1}


def test_a_restart_between_any_two_messages_changes_nothing() -> None:
    changes = changes_of(busy_group())
    straight, restarted = Partition(), Partition()
    for position, change in enumerate(changes):
        straight.apply(change.at, [change])
        if position % 5 == 0:
            restarted = Partition(restored(restarted.shelves), restarted.sink, version=restarted.version)
        restarted.apply(change.at, [change])
    straight.run_to(NOW)
    restarted.run_to(NOW)
    assert contents(straight) == contents(restarted)
    assert straight.sink.last() == restarted.sink.last()


def one_client_of_many_sessions(count: int) -> Partition:
    """C-YAEL, seen and billed so many times; nothing is wrong."""
    scenario = clean_individual()
    for number in range(2, count + 1):
        start = after(at("2026-04-15 18:00"), hours=-2 * number)
        scenario.book(f"S-{number}", "individual", ("YAEL",), start, 50).hold(f"S-{number}", None, ())
    partition = Partition()
    partition.apply(NOW, changes_of(scenario))
    partition.run_to(NOW)
    return partition


def without_consent(partition: Partition) -> int:
    findings = [finding for file in partition.files(FileKind.SESSION) for finding in file.findings.values()]
    return sum(finding.rule == "C01" for finding in findings)


def test_one_message_looks_at_the_latest_sessions_of_a_client_and_the_others_follow() -> None:
    partition = one_client_of_many_sessions(SESSIONS_AT_ONCE + DUE_PER_MESSAGE)
    assert without_consent(partition) == 0
    gone = {"at": at("2026-04-24 11:00"), "entity": "consent", "op": "delete", "id": "CON-YAEL-treatment", "rev": 2}
    partition.apply(NOW, [change_of({**gone, "data": {}})])
    assert without_consent(partition) == SESSIONS_AT_ONCE
    assert {finding.rule for finding in partition.session("S-1").findings.values()} == {"C01"}, (
        "the latest is among them"
    )
    again = Partition(restored(partition.shelves), partition.sink, version=partition.version)
    again.run_to(NOW)
    assert without_consent(again) == SESSIONS_AT_ONCE + DUE_PER_MESSAGE, "a crash forgets none of the others"
    assert_fresh(again)
    partition.run_to(NOW)
    assert_fresh(partition)
    assert all(not file.owed for file in partition.files())

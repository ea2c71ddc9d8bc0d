"""What the consents on file let a draft be made of: present, absent, remote, revoked, expired, Illinois, Part 2."""

from collections.abc import Callable
from datetime import datetime

import pytest

from schemas.draft_context import DraftContext
from streams.drafting.gates import no_ai_consent
from tests.streams.playing import Partition, changes_of
from tests.streams.scenario import Scenario, after, at, clean_couple, clean_group, clean_sud_group

NOW = datetime.fromisoformat(at("2026-04-16 19:00"))
NEXT_DAY = "2026-04-16 09:00"
SPOKEN = {"C-ANA": "pineapple", "C-BEN": "lighthouse", "C-CLEO": "caravan"}


def told(world: Scenario) -> Scenario:
    """The session with everybody's AI consent, a transcript, an outline and a form."""
    data = world.data("S-1")
    turns = [{"turn": n, "speaker": id_, "text": SPOKEN.get(id_, "boat")} for n, id_ in enumerate(data["clients"], 1)]
    moment = after(data["actual_end"], minutes=2)
    world.add("transcript", "T-1", moment, session="S-1", turns=turns)
    world.add("outline", "O-1", moment, session="S-1", author="CL-REYES", bullets=[{"id": "B1", "text": "Breathing."}])
    world.add("checkin", "F-1", "2026-04-15 12:00", client=data["clients"][0], session="S-1", answers={"mood": "3"})
    for id_ in data["clients"]:
        if not world.has(f"CON-{id_.removeprefix('C-')}-ai_assistance"):
            world.ai_consent(id_.removeprefix("C-"))
    return world


def group() -> Scenario:
    return told(clean_group(3).recorded("S-1"))


def contexts(world: Scenario, now: datetime = NOW) -> list[DraftContext]:
    partition, said = Partition(rules=()), []
    for change in changes_of(world):
        if change.at <= now:
            said += partition.apply(change.at, (change,)).contexts
    while (due := partition.book.next_due()) is not None and due <= now:
        said += partition.apply(max(due, partition.keeper_now or due)).contexts
    for _ in range(4):  # a snapshot has arrived when a whole tick passes without a row of it
        said += partition.apply(now).contexts
    return said


def last(world: Scenario, now: datetime = NOW) -> DraftContext:
    return contexts(world, now)[-1]


def heard(context: DraftContext) -> set[str]:
    return {turn.speaker for turn in context.session.transcript if turn.text} if context.session else set()


def test_with_everybodys_consent_everything_about_the_session_is_there() -> None:
    context = last(group())
    assert (context.withheld, context.refused, context.own_notes_only) == ((), False, False)
    assert heard(context) == set(SPOKEN)
    assert context.session is not None
    ana = context.session.participant("C-ANA")
    assert ana is not None
    assert (ana.legal_name, ana.checkin_form) == ("Ana Torres", {"mood": "3"})
    assert [goal.id for goal in ana.plan_goals] == ["GL-ANA-1"]
    assert context.session.consents.ai_assistance == dict.fromkeys(SPOKEN, True)


def test_of_somebody_who_has_not_consented_only_what_it_takes_to_recognise_them() -> None:
    context = last(group().without("CON-BEN-ai_assistance"))
    assert heard(context) == {"C-ANA", "C-CLEO"}
    assert context.withheld == (no_ai_consent("C-BEN"),)
    assert context.session is not None
    ben = context.session.participant("C-BEN")
    assert ben is not None
    assert ben.legal_name == "Ben Whitlock"
    assert (ben.plan_goals, ben.recent_notes, ben.diagnosis_icd10, ben.checkin_form) == ((), (), (), None)
    assert "lighthouse" not in context.model_dump_json()


def missing_guest(world: Scenario) -> Scenario:
    return world.set("S-1", guests=[{"name": "Tess Marlow", "role": "trainee", "recording_consent": False}])


@pytest.mark.parametrize(
    ("change", "who"),
    [
        (lambda world: world.without("CON-BEN-recording"), "client C-BEN"),
        (lambda world: world.without("CON-REYES-recording"), "clinician CL-REYES"),
        (missing_guest, "a guest (trainee)"),
        (
            lambda world: world.change("CON-BEN-recording", "2026-04-16 09:00", revoked_at=at("2026-04-16 09:00")),
            "C-BEN",
        ),
    ],
    ids=["client", "clinician", "guest", "withdrawn since"],
)
def test_one_missing_recording_consent_quarantines_the_whole_transcript(
    change: Callable[[Scenario], Scenario], who: str
) -> None:
    context = last(change(group()))
    assert context.session is not None
    assert context.session.transcript == ()
    assert [reason for reason in context.withheld if "quarantined" in reason and who in reason]
    assert context.session.therapist_outline


def test_a_recording_consent_that_has_only_run_out_since_stays_good() -> None:
    assert heard(last(group().set("CON-BEN-recording", expires=at("2026-04-16 09:00")))) == set(SPOKEN)


def test_when_an_ai_consent_runs_out_the_context_says_until_when_and_then_says_it_anew() -> None:
    said = contexts(group().set("CON-BEN-ai_assistance", expires=at("2026-04-16 09:00")))
    assert heard(said[-2]) == set(SPOKEN)
    assert said[-2].holds_until == datetime.fromisoformat(at("2026-04-16 09:00"))
    assert heard(said[-1]) == {"C-ANA", "C-CLEO"}


def test_without_written_notice_illinois_lets_nobody_be_drafted() -> None:
    context = last(group().set("CON-BEN-ai_assistance", written_notice=False))
    assert context.withheld == (
        "C-BEN was not given the written notice of AI and its purpose that the state requires.",
    )
    context = last(group().set("CON-BEN-ai_assistance", written_notice=None))
    assert "not recorded" in context.withheld[0]


@pytest.mark.parametrize(
    ("policy", "refused", "own_notes"),
    [
        ({"without_ai_consent": "block"}, True, False),
        ({"without_ai_consent": "own_notes"}, False, True),
        ({"by_state": {"IL": "block"}}, True, False),
        ({"by_state": {"NY": "block"}}, False, False),
    ],
)
def test_a_practice_may_block_or_keep_to_the_clinicians_own_outline(
    policy: dict[str, object], refused: bool, own_notes: bool
) -> None:
    world = group().without("CON-BEN-ai_assistance")
    world.add("policy", "PR-1", "2026-03-01 09:00", document=f'{{"drafting": {_json(policy)}}}')
    context = last(world)
    assert (context.refused, context.own_notes_only) == (refused, own_notes)
    if refused:
        assert context.session is None
    if own_notes:
        assert context.session is not None
        assert context.session.transcript == ()
        assert context.session.therapist_outline
        assert all(not (p.plan_goals or p.checkin_form or p.recent_notes) for p in context.session.participants)


def _json(value: object) -> str:
    import json

    return json.dumps(value)


def test_nobodys_consent_means_nothing_at_all() -> None:
    world = group()
    for who in ("ANA", "BEN", "CLEO"):
        world.without(f"CON-{who}-ai_assistance")
    context = last(world)
    assert (context.refused, context.session) == (True, None)


def test_a_part_2_record_needs_a_bound_vendor_or_the_patients_own_consent() -> None:
    world = told(clean_sud_group().recorded("S-1"))
    assert last(world).withheld == ()
    document = '{"ai_vendor": {"qsoa": false, "baa": false}}'
    world.add("policy", "PR-1", "2026-03-01 09:00", document=document)
    who = world.data("S-1")["clients"][0].removeprefix("C-")
    world.without(f"CON-{who}-part2_tpo")
    assert f"C-{who} has a Part 2 record" in " ".join(last(world).withheld)


def test_a_therapist_who_asks_for_an_own_notes_draft_gets_one_without_the_transcript() -> None:
    context = last(group().ai_draft("S-1", context=["session_outline", "psychotherapy_notes"]))
    assert context.asked
    assert heard(context) == set()
    assert context.withheld == ("Psychotherapy notes are never read for a draft.",)


def test_absent_members_are_nobodys_participants() -> None:
    world = group()
    world.miss("S-1", "BEN").without("CON-BEN-ai_assistance")
    context = last(world)
    assert context.withheld == ()
    assert context.client_ids == ("C-ANA", "C-CLEO")


def test_a_draft_that_is_asked_for_comes_whatever_a_snapshot_told() -> None:
    world = clean_couple()
    for change in world.changes:
        change["snapshot"] = True
    assert contexts(world) == []
    world.ai_draft("S-1")
    assert [context.asked for context in contexts(world)] == [True]


def test_what_is_said_twice_is_sent_once_and_a_correction_sends_it_again() -> None:
    world = group()
    before = contexts(world)
    assert len({context.fingerprint for context in before}) == len(before)
    world.change("O-1", "2026-04-16 10:00", bullets=[{"id": "B1", "text": "Breathing, corrected."}])
    after_ = contexts(world)
    assert len(after_) == len(before) + 1
    assert after_[-1].request_id == before[-1].request_id
    assert after_[-1].version > before[-1].version


def test_a_session_that_is_called_off_after_all_takes_its_words_back() -> None:
    world = group()
    world.change("S-1", "2026-04-16 10:00", status="cancelled")
    context = last(world)
    assert (context.state, context.session_json) == ("withdrawn", None)

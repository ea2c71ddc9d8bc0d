"""The review as a state machine: whatever anybody tries, nothing is signed that was not decided and signed."""

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.console.rights import Right, Role, may
from dashboards.desk import review as desk
from dashboards.desk.review import Line, Refusal, Review, Why, arrived, decided, edited, opened
from dashboards.desk.signing import problems
from tests.dashboards.desk.samples import CLINICIAN, NOW, a_draft, lines, person, some_facts

KEYS = ("shared", "C-1", "C-2", "C-3", "C-9")
ACTIONS = (
    "edit",
    "approve",
    "reject",
    "reopen",
    "template",
    "sign",
    "cosign",
    "return",
    "discard",
    "newer",
    "withdraw",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from(list(Role)), st.sampled_from(KEYS), st.booleans()), max_size=30
)


def _version(now: Review, key: str, stale: bool) -> int:
    section = now.section(key)
    return (section.version if section else 1) - (1 if stale else 0)


def _step(now: Review, action: str, role: Role, key: str, stale: bool, number: int) -> Review | Refusal:
    who, version = person(role), _version(now, key, stale)
    if action == "edit":
        after = edited(now, who, key, version, lines(f"Something else, number {number}."))
        return after if isinstance(after, Refusal) else after[0]
    if action in ("approve", "reject", "reopen"):
        decision = {"approve": "approved", "reject": "rejected", "reopen": "open"}[action]
        after = decided(now, who, key, version, decision, NOW, "because")  # type: ignore[arg-type]
        return after if isinstance(after, Refusal) else after[0]
    if action == "template":
        return desk.with_template(
            now, who, random.Random(number).choice(["SOAP", "DAP", "none"]), now.version, ["SOAP", "DAP"]
        )
    if action == "sign":
        return desk.signed(now, who, needs_cosign=role is Role.ASSOCIATE)
    if action == "cosign":
        return desk.cosigned(now, who)
    if action == "return":
        return desk.returned(now, who, "look again")
    if action == "discard":
        return desk.discarded(now, who, "not needed")
    state = "withdrawn" if action == "withdraw" else "drafted"
    return arrived(now, a_draft(version=now.source_version + number + 1, state=state)) or now


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_whatever_anybody_does_in_any_order_only_decided_drafts_are_signed_by_those_who_may(
    steps: list[tuple[str, Role, str, bool]],
) -> None:
    now = opened(a_draft())
    waits_for_supervisor = False
    for number, (action, role, key, stale) in enumerate(steps):
        before = now
        after = _step(now, action, role, key, stale, number)
        if isinstance(after, Refusal):
            continue
        now = after
        if now.state in ("signed", "awaiting_cosign") and before.state == "open":
            assert action == "sign"
            assert may(role, Right.SIGN_NOTES)
            assert all(section.decision != "open" for section in before.sections)
            assert now.sections == before.sections
            waits_for_supervisor = role is Role.ASSOCIATE
            assert now.state == ("awaiting_cosign" if waits_for_supervisor else "signed")
        if before.state == "awaiting_cosign" and now.state == "signed":
            assert (action, role) == ("cosign", Role.SUPERVISOR)
        if before.state == "signed":
            assert now == before
        if role in (Role.ASSISTANT, Role.MANAGER, Role.BILLER, Role.COMPLIANCE, Role.ADMIN) and action not in (
            "newer",
            "withdraw",
        ):
            assert [section.decision for section in now.sections] == [
                "open" if section.key == key and action == "edit" and now != before else section.decision
                for section in before.sections
            ]


def test_an_edit_takes_a_decision_back_and_marks_what_was_typed() -> None:
    now = opened(a_draft())
    after = decided(now, person(Role.CLINICIAN), "C-1", 1, "approved", NOW)
    assert isinstance(after, tuple)
    kept = after[1].lines[0]
    again = edited(after[0], person(Role.ASSISTANT), "C-1", 2, [Line(kept.text), Line("Typed.", "plan")])
    assert isinstance(again, tuple)
    section = again[1]
    assert (section.decision, section.decided_by) == ("open", None)
    assert section.lines[0] == kept
    assert (section.lines[1].edited, section.lines[1].evidence) == (True, ())


@pytest.mark.parametrize("longest", [["x" * 5_000], ["x"] * 200, ["x" * 4_000] * 11])
def test_a_text_has_a_bound(longest: list[str]) -> None:
    refused = edited(opened(a_draft()), person(Role.CLINICIAN), "C-1", 1, lines(*longest))
    assert refused == Refusal(Why.TOO_LONG)


def test_a_rejection_says_why() -> None:
    refused = decided(opened(a_draft()), person(Role.CLINICIAN), "C-1", 1, "rejected", NOW, " ")
    assert refused == Refusal(Why.REASON_MISSING)


@given(st.permutations([1, 2, 3, 4]))
def test_deliveries_in_any_order_end_in_the_newest_draft(order: list[int]) -> None:
    now: Review | None = None
    for version in order:
        now = arrived(now, a_draft(version=version)) or now
    assert now is not None
    assert now.source_version == 4


def test_a_withdrawal_wins_over_work_in_progress_and_loses_against_a_signature() -> None:
    now = opened(a_draft())
    touched = edited(now, person(Role.CLINICIAN), "C-1", 1, lines("Typed."))
    assert isinstance(touched, tuple)
    gone = arrived(touched[0], a_draft(version=9, state="withdrawn"))
    assert gone is not None
    assert gone.state == "withdrawn"
    from tests.dashboards.desk.samples import approved

    signed = desk.signed(approved(), person(Role.CLINICIAN), needs_cosign=False)
    assert isinstance(signed, Review)
    assert arrived(signed, a_draft(version=9, state="withdrawn")) is None


def test_an_undecided_draft_cannot_be_signed_and_says_what_is_missing() -> None:
    facts = some_facts()
    found = problems(opened(a_draft()), facts, facts.clinician(CLINICIAN), NOW + timedelta(hours=30))
    assert [problem.code for problem in found] == ["nothing_approved", "undecided", "late"]

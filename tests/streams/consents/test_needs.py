"""Which forms are needed, by whom, signed by whom, and where each stands."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from streams.compliance.records import ConsentRow, NeedRow
from streams.consents.tracking import FormState, Mark, MarkWord, Tracked, track
from tests.streams.compliance.reporting import ledger_of
from tests.streams.scenario import (
    Scenario,
    at,
    clean_couple,
    clean_family,
    clean_group,
    clean_individual,
    clean_sud_group,
)

NOW = "2026-04-16 19:00"
AHEAD = "2026-04-22 18:00"


def ahead(scenario: Scenario, kind: str, people: tuple[str, ...], unit: str | None, **fields: object) -> Scenario:
    """The same people are booked again next week."""
    return scenario.book("S-2", kind, people, AHEAD, 60).set("S-2", unit=unit, **fields)


def group() -> Scenario:
    return ahead(clean_group(), "group", ("ANA", "BEN", "CLEO", "DREW"), "G-1")


def family() -> Scenario:
    return ahead(clean_family(), "family", ("RUTH", "SAM", "TEO"), "F-1", identified_patient="C-TEO")


def tracked_of(scenario: Scenario, marks: tuple[Mark, ...] = (), now: str = NOW) -> dict[tuple[str, str], Tracked]:
    """(client, kind) → where the form stands."""
    ledger = ledger_of(scenario, now)
    found = track(ledger.needs, ledger.consents, marks, datetime.fromisoformat(at(now)))
    return {(one.need.client_id.removeprefix("C-"), one.need.kind): one for one in found}


def test_everything_a_group_needs_is_signed_but_what_nobody_was_asked_yet() -> None:
    found = tracked_of(group())
    states = {key: one.state for key, one in found.items()}
    for who in ("ANA", "BEN", "CLEO", "DREW"):
        assert states[who, "treatment"] is states[who, "group_agreement"] is FormState.SIGNED
        assert states[who, "billing_release"] is FormState.SIGNED
        assert states[who, "ai_assistance"] is FormState.NEEDED
    assert not any(one.urgent for one in found.values())


Change = Callable[[Scenario], Scenario]
CASES: list[tuple[str, Callable[[], Scenario], Change, tuple[str, str], FormState, str]] = [
    (
        "a member who never signed",
        group,
        lambda s: s.without("CON-ANA-group_agreement"),
        ("ANA", "group_agreement"),
        FormState.NEEDED,
        "none",
    ),
    (
        "a form that runs out before the session",
        group,
        lambda s: s.set("CON-ANA-treatment", expires=at("2026-04-22 18:00")),
        ("ANA", "treatment"),
        FormState.EXPIRED,
        "expired",
    ),
    (
        "a form that runs out a minute after it begins",
        group,
        lambda s: s.set("CON-ANA-treatment", expires=at("2026-04-22 18:01")),
        ("ANA", "treatment"),
        FormState.RENEWAL,
        "",
    ),
    (
        "a revoked form",
        group,
        lambda s: s.change(
            "CON-ANA-treatment", "2026-04-16 09:00", status="revoked", revoked_at=at("2026-04-16 08:00")
        ),
        ("ANA", "treatment"),
        FormState.REVOKED,
        "revoked",
    ),
    (
        "an agreement of an earlier version",
        group,
        lambda s: s.set("G-1", agreement_version="v2"),
        ("ANA", "group_agreement"),
        FormState.NEEDED,
        "none",
    ),
    (
        "a partial revocation leaves the form",
        group,
        lambda s: s.set(
            "CON-ANA-treatment",
            revocation={
                "scope": "partial",
                "recipients": ["Dr. Ito"],
                "in_writing": True,
                "at": at("2026-04-10 08:00"),
            },
        ),
        ("ANA", "treatment"),
        FormState.SIGNED,
        "",
    ),
    (
        "an adult of the family who never signed",
        family,
        lambda s: s.without("CON-SAM-conjoint_agreement"),
        ("SAM", "conjoint_agreement"),
        FormState.NEEDED,
        "none",
    ),
    (
        "a guardian who may not sign",
        family,
        lambda s: s.set("REL-RUTH-TEO", may_consent=False),
        ("TEO", "treatment"),
        FormState.NEEDED,
        "signer",
    ),
    (
        "a patient of a SUD program without a TPO consent",
        lambda: ahead(clean_sud_group(), "group", ("ANA", "BEN", "CLEO", "DREW"), "G-1"),
        lambda s: s.without("CON-ANA-part2_tpo"),
        ("ANA", "part2_tpo"),
        FormState.NEEDED,
        "none",
    ),
    (
        "a session by video",
        group,
        lambda s: s.set("S-2", modality="telehealth_video"),
        ("ANA", "telehealth"),
        FormState.NEEDED,
        "none",
    ),
    (
        "a session that is to be recorded",
        group,
        lambda s: s.set("S-2", recorded=True),
        ("ANA", "recording"),
        FormState.NEEDED,
        "none",
    ),
    (
        "a guest",
        group,
        lambda s: s.set("S-2", guests=[{"name": "Lee", "role": "trainee"}]),
        ("ANA", "observation"),
        FormState.NEEDED,
        "none",
    ),
]


@pytest.mark.parametrize(("name", "clean", "change", "key", "state", "problem"), CASES, ids=[case[0] for case in CASES])
def test_one_form_stands_otherwise(
    name: str, clean: Callable[[], Scenario], change: Change, key: tuple[str, str], state: FormState, problem: str
) -> None:
    one = tracked_of(change(clean()))[key]
    assert (one.state, one.need.problem or "") == (state, problem)


def test_a_minor_of_a_family_signs_no_conjoint_agreement() -> None:
    assert ("TEO", "conjoint_agreement") not in tracked_of(family())


def test_a_coming_of_age_before_the_session_asks_for_an_own_signature() -> None:
    grown = family().set("C-TEO", dob="2008-04-22")
    one = tracked_of(grown)["TEO", "treatment"]
    assert (one.need.problem, list(one.need.signer_roles)) == ("came_of_age", ["self"])
    assert ("TEO", "conjoint_agreement") in tracked_of(grown)
    a_day_younger = tracked_of(family().set("C-TEO", dob="2008-04-23"))["TEO", "treatment"]
    assert a_day_younger.state is FormState.SIGNED


SIGNERS: list[tuple[str, Change, str, list[tuple[str, str]]]] = [
    ("an adult signs alone", lambda s: s, "RUTH treatment", [("C-RUTH", "self")]),
    ("either parent signs for a minor", lambda s: s, "TEO treatment", [("C-RUTH", "guardian"), ("C-SAM", "guardian")]),
    (
        "and the minor agrees to AI, too",
        lambda s: s,
        "TEO ai_assistance",
        [("C-RUTH", "guardian"), ("C-SAM", "guardian"), ("C-TEO", "assent")],
    ),
    (
        "of a parent and an uncle without papers, the parent",
        lambda s: s.set("REL-SAM-TEO", kind="uncle"),
        "TEO treatment",
        [("C-RUTH", "guardian")],
    ),
    (
        "an uncle with papers may",
        lambda s: s.set("REL-SAM-TEO", kind="uncle", document_on_file=True),
        "TEO treatment",
        [("C-SAM", "guardian")],
    ),
    (
        "a minor of an age at which the state lets them, alone",
        lambda s: _age(s, {"mental_health": 14}),
        "TEO treatment",
        [("C-TEO", "self")],
    ),
    (
        "a year below it, a guardian",
        lambda s: _age(s, {"mental_health": 15}),
        "TEO treatment",
        [("C-RUTH", "guardian"), ("C-SAM", "guardian")],
    ),
    (
        "nobody on file may sign",
        lambda s: s.set("REL-RUTH-TEO", may_consent=False).set("REL-SAM-TEO", may_consent=False),
        "TEO treatment",
        [],
    ),
]


def _age(scenario: Scenario, ages: dict[str, int]) -> Scenario:
    scenario.policy["minor_self_consent_age"] = {"IL": ages}
    return scenario


@pytest.mark.parametrize(("name", "change", "form", "expected"), SIGNERS, ids=[case[0] for case in SIGNERS])
def test_who_may_sign(name: str, change: Change, form: str, expected: list[tuple[str, str]]) -> None:
    who, kind = form.split()
    need = tracked_of(change(family()))[who, kind].need
    assert list(zip(need.signer_ids, need.signer_roles, strict=True)) == expected


def test_a_new_member_without_a_session_needs_the_agreement_already() -> None:
    joined = clean_group().person("EDA")
    members = [*joined.data("G-1")["members"], {"client": "C-EDA", "joined": "2026-04-16", "left": None}]
    joined.change("G-1", "2026-04-16 10:00", members=members)
    one = tracked_of(joined)["EDA", "group_agreement"]
    assert (one.state, one.need.unit_id, one.need.needed_from, one.urgent) == (FormState.NEEDED, "G-1", None, False)


def test_a_member_who_left_needs_nothing_any_more() -> None:
    left = clean_group().without("CON-ANA-group_agreement")
    members = [{**m, "left": "2026-04-16"} if m["client"] == "C-ANA" else m for m in left.data("G-1")["members"]]
    left.change("G-1", "2026-04-16 10:00", members=members)
    assert ("ANA", "group_agreement") not in tracked_of(left)


def test_a_relative_is_asked_for_no_billing_release() -> None:
    found = tracked_of(ahead(clean_couple(), "couple", ("PAT", "QUINN"), "CP-1", identified_patient="C-PAT"))
    assert ("PAT", "billing_release") in found
    assert ("QUINN", "billing_release") not in found


def test_somebody_without_anything_ahead_needs_nothing() -> None:
    assert tracked_of(clean_individual()) == {}


# --- from needed to signed ------------------------------------------------------------------------------------------

T0 = datetime(2026, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def need(met_by: str | None = None, met_until: datetime | None = None, problem: str | None = "none") -> NeedRow:
    met = (met_by, met_until, None if met_by else problem)
    return NeedRow(
        "D-1", "C-1", "treatment", None, None, None, "en", T0 + 30 * DAY, 1, *met, met_by or "K-0", ("C-1",), ("self",)
    )


def consent(id_: str = "K-0", revoked_at: datetime | None = None, expires_at: datetime | None = None) -> ConsentRow:
    return ConsentRow(
        id_,
        "C-1",
        "treatment",
        "active",
        T0 - 400 * DAY,
        expires_at,
        revoked_at,
        "v1",
        "en",
        None,
        None,
        (),
        (),
        None,
        (),
    )


def mark(word: MarkWord, at_: datetime) -> Mark:
    return Mark("D-1", at_, word, "ana", "v1", "en")


WALKS: list[tuple[str, NeedRow, list[ConsentRow], list[Mark], FormState]] = [
    ("nobody did anything", need(), [], [], FormState.NEEDED),
    ("it was sent", need(), [], [mark(MarkWord.SENT, T0)], FormState.SENT),
    ("and seen", need(), [], [mark(MarkWord.SENT, T0), mark(MarkWord.SEEN, T0 + DAY)], FormState.SEEN),
    ("marks in another order", need(), [], [mark(MarkWord.SEEN, T0 + DAY), mark(MarkWord.SENT, T0)], FormState.SEEN),
    ("and declined", need(), [], [mark(MarkWord.SENT, T0), mark(MarkWord.DECLINED, T0 + DAY)], FormState.DECLINED),
    (
        "a mistaken mark is taken back",
        need(),
        [],
        [mark(MarkWord.SENT, T0), mark(MarkWord.WITHDRAWN, T0 + DAY)],
        FormState.NEEDED,
    ),
    ("it was signed after it was sent", need("K-1"), [consent("K-1")], [mark(MarkWord.SENT, T0)], FormState.SIGNED),
    ("it was revoked", need(problem="revoked"), [consent(revoked_at=T0)], [], FormState.REVOKED),
    (
        "revoked after it had been sent: the mark is old",
        need(problem="revoked"),
        [consent(revoked_at=T0)],
        [mark(MarkWord.SENT, T0 - DAY)],
        FormState.REVOKED,
    ),
    (
        "and sent anew",
        need(problem="revoked"),
        [consent(revoked_at=T0)],
        [mark(MarkWord.SENT, T0 + DAY)],
        FormState.SENT,
    ),
    ("it ran out", need(problem="expired"), [consent(expires_at=T0)], [], FormState.EXPIRED),
    ("it runs out in 30 days: renew", need("K-1", T0 + 32 * DAY), [consent("K-1")], [], FormState.RENEWAL),
    ("in 31 days: not yet", need("K-1", T0 + 33 * DAY + timedelta(seconds=1)), [consent("K-1")], [], FormState.SIGNED),
    ("the renewal was sent", need("K-1", T0 + 20 * DAY), [consent("K-1")], [mark(MarkWord.SENT, T0)], FormState.SENT),
]


@pytest.mark.parametrize(("name", "one", "consents", "marks", "state"), WALKS, ids=[case[0] for case in WALKS])
def test_a_form_stands_where_the_ehr_and_the_marks_say(
    name: str, one: NeedRow, consents: list[ConsentRow], marks: list[Mark], state: FormState
) -> None:
    [tracked] = track([one], consents, marks, T0 + 2 * DAY)
    assert tracked.state is state
    assert tracked.why.endswith(".")

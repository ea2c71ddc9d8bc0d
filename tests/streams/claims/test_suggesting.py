"""Which claim would be paid, for whom, and why is there none for the others?"""

from collections.abc import Callable
from datetime import datetime

import orjson
import pytest

from schemas.claim_proposal import ClaimProposal
from schemas.codec import change_of
from streams.claims.from_changes import proposals_of_changes
from streams.replay import ChangesFile
from tests.streams.claims.suggested import billed, only, proposed, refusals, rules, unbilled
from tests.streams.rules.billing import lasting
from tests.streams.scenario import (
    CLEAN,
    Scenario,
    at,
    clean_couple,
    clean_family,
    clean_group,
    clean_individual,
    clean_multi_family,
    clean_sud_group,
)


def missed(scenario: Scenario, who: str, status: str = "no_show") -> Scenario:
    return scenario.set(f"AT-S-1-{who}", status=status, arrived=None, left=None, location=None)


def crisis(minutes: int) -> Scenario:
    scenario = lasting(clean_individual(), minutes).set("S-1", kind="crisis")
    return unbilled(scenario).set("N-S-1-YAEL", code=None)


def individual(minutes: int, **note: object) -> Scenario:
    return unbilled(lasting(clean_individual(), minutes)).set("N-S-1-YAEL", **{"code": None, **note})


CASES: dict[str, tuple[Callable[[], Scenario], dict[str, str]]] = {
    "each member of a group who was there": (
        lambda: unbilled(clean_group()),
        {"ANA": "90853 @11", "BEN": "90853 @11", "CLEO": "90853 @11", "DREW": "90853 @11"},
    ),
    "nobody for a no-show": (
        lambda: unbilled(missed(clean_group(), "BEN")),
        {"ANA": "90853 @11", "CLEO": "90853 @11", "DREW": "90853 @11"},
    ),
    "nobody who pays for themselves": (
        lambda: unbilled(clean_group()).set("C-ANA", self_pay=True),
        {"BEN": "90853 @11", "CLEO": "90853 @11", "DREW": "90853 @11"},
    ),
    "nobody who asked that the plan not be told": (
        lambda: unbilled(clean_group()).set("C-DREW", restrict_disclosure_to_plan=True),
        {"ANA": "90853 @11", "BEN": "90853 @11", "CLEO": "90853 @11"},
    ),
    "nobody whose coverage ended the day before": (
        lambda: unbilled(clean_group()).set("COV-CLEO", end="2026-04-14"),
        {"ANA": "90853 @11", "BEN": "90853 @11", "DREW": "90853 @11"},
    ),
    "whose coverage ends the same day": (
        lambda: unbilled(clean_group()).set("COV-CLEO", end="2026-04-15"),
        {"ANA": "90853 @11", "BEN": "90853 @11", "CLEO": "90853 @11", "DREW": "90853 @11"},
    ),
    "no group of one": (
        lambda: unbilled(missed(missed(clean_group(2), "BEN"), "BEN")),
        {},
    ),
    "a couple once, on its identified patient": (lambda: unbilled(clean_couple()), {"PAT": "90847 @11"}),
    "a family once, on its identified patient": (lambda: unbilled(clean_family()), {"TEO": "90847 @11"}),
    "a family without its identified patient": (
        lambda: unbilled(missed(clean_family(), "TEO")).set("N-S-1-TEO", code=None),
        {"TEO": "90846 @11"},
    ),
    "an identified patient alone, by the minutes": (
        lambda: unbilled(missed(clean_couple(), "QUINN")).set("N-S-1-PAT", code=None),
        {"PAT": "90834 @11"},
    ),
    "no couple of 25 minutes": (lambda: unbilled(lasting(clean_couple(), 25)), {}),
    "a couple of 26 minutes": (lambda: unbilled(lasting(clean_couple(), 26)), {"PAT": "90847 @11"}),
    "a multi-family group once a family": (
        lambda: unbilled(clean_multi_family()),
        {"VIC": "90849 @11", "XAN": "90849 @11"},
    ),
    "no multi-family group of one family": (
        lambda: unbilled(missed(missed(clean_multi_family(), "WREN"), "XAN")),
        {},
    ),
    "no multi-family group to Medicare": (
        lambda: unbilled(clean_multi_family()).set("COV-VIC", payer="PAY-MCR"),
        {"XAN": "90849 @11"},
    ),
    "nothing for 15 minutes": (lambda: individual(15), {}),
    "90832 for 16 minutes": (lambda: individual(16), {"YAEL": "90832 @11"}),
    "90832 for 37 minutes": (lambda: individual(37), {"YAEL": "90832 @11"}),
    "90834 for 38 minutes": (lambda: individual(38), {"YAEL": "90834 @11"}),
    "90834 for 52 minutes": (lambda: individual(52), {"YAEL": "90834 @11"}),
    "90837 for 53 minutes": (lambda: individual(53), {"YAEL": "90837 @11"}),
    "an evaluation the clinician signed": (lambda: individual(60, code="90791"), {"YAEL": "90791 @11"}),
    "an individual visit that the note calls a group": (lambda: individual(60, code="90853"), {"YAEL": "90837 @11"}),
    "quarter hours the clinician signed, eight minutes making the last": (
        lambda: individual(53, code="H0004"),
        {"YAEL": "H0004 x4 @11"},
    ),
    "quarter hours, seven minutes making none": (lambda: individual(52, code="H0004"), {"YAEL": "H0004 x3 @11"}),
    "an individual code for a crisis of 29 minutes": (lambda: crisis(29), {"YAEL": "90832 @11"}),
    "a crisis of 30 minutes": (lambda: crisis(30), {"YAEL": "90839 @11"}),
    "a crisis of 74 minutes": (lambda: crisis(74), {"YAEL": "90839 @11"}),
    "a crisis of 75 minutes and a further half hour": (lambda: crisis(75), {"YAEL": "90839; 90840 @11"}),
    "a crisis of 105 minutes and two further half hours": (lambda: crisis(105), {"YAEL": "90839; 90840 x2 @11"}),
    "complexity for the one member whose note documents it": (
        lambda: unbilled(clean_group(2)).set("N-S-1-ANA", complexity_factor="mandated report"),
        {"ANA": "90853; 90785 @11", "BEN": "90853 @11"},
    ),
    "no complexity with a couple": (
        lambda: unbilled(clean_couple()).set("N-S-1-PAT", complexity_factor="high conflict"),
        {"PAT": "90847 @11"},
    ),
    "a substance use group as signed": (
        lambda: unbilled(clean_sud_group()).set("N-S-1-ANA", code="H0005"),
        {"ANA": "H0005 @11", "BEN": "90853 @11", "CLEO": "90853 @11", "DREW": "90853 @11"},
    ),
    "a substance use group to Medicaid": (
        lambda: unbilled(clean_sud_group()).set("COV-ANA", payer="PAY-MCD").set("N-S-1-ANA", code="H0005"),
        {"ANA": "H0005 @11", "BEN": "90853 @11", "CLEO": "90853 @11", "DREW": "90853 @11"},
    ),
    "a program's group to Medicare": (
        lambda: (
            unbilled(clean_group(2)).set("C-ANA", program="php").set("COV-ANA", payer="PAY-MCR")
            .set("N-S-1-ANA", code="G0410")
        ),
        {"ANA": "G0410 @11", "BEN": "90853 @11"},
    ),
    "95 and place 10 by video from home": (
        lambda: unbilled(clean_couple().telehealth("S-1")),
        {"PAT": "90847 95 @10"},
    ),
    "93 and place 10 by telephone": (
        lambda: unbilled(clean_couple().telehealth("S-1", "telehealth_audio")),
        {"PAT": "90847 93 @10"},
    ),
    "each member's own place": (
        lambda: (
            unbilled(clean_group(2).telehealth("S-1"))
            .set("AT-S-1-BEN", location={"state": "IL", "place": "other", "emergency_contact": True})
        ),
        {"ANA": "90853 95 @10", "BEN": "90853 95 @02"},
    ),
    "the payer's modifiers and the clinician's level": (
        lambda: _with_policy(
            unbilled(clean_group(2)), level_modifiers={"masters": "HO"}, required_modifiers={"90853": ["HQ"]}
        ),
        {"ANA": "90853 HO HQ @11", "BEN": "90853 HO HQ @11"},
    ),
    "the payer's own telehealth modifier in place of 95": (
        lambda: _with_policy(unbilled(clean_couple().telehealth("S-1")), required_modifiers={"telehealth": ["GT"]}),
        {"PAT": "90847 GT @10"},
    ),
}  # fmt: skip


def _with_policy(scenario: Scenario, **payer: object) -> Scenario:
    scenario.policy = {"payers": {"PAY-COM": payer}}
    return scenario


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_bills(case: tuple[Callable[[], Scenario], dict[str, str]]) -> None:
    build, expected = case
    assert billed(build()) == expected


@pytest.mark.parametrize("clean", CLEAN.values(), ids=CLEAN.keys())
def test_nothing_speaks_against_what_is_suggested_in_a_clean_practice(clean: Callable[[], Scenario]) -> None:
    found = proposed(unbilled(clean()))
    assert found.proposals
    assert {(p.state, p.problems, tuple(rules(p))) for p in found.proposals} == {("ready", (), ())}


@pytest.mark.parametrize("clean", CLEAN.values(), ids=CLEAN.keys())
def test_the_suggestion_is_what_a_clean_practice_bills(clean: Callable[[], Scenario]) -> None:
    found = proposed(clean())
    assert {(p.kind, p.state, p.differences) for p in found.proposals} == {("queued", "ready", ())}


@pytest.mark.parametrize(
    ("scenario", "who", "why"),
    [
        (clean_couple(), "QUINN", "is a relative, not a patient"),
        (missed(clean_group(), "BEN"), "BEN", "was not there (no show)"),
        (clean_group().set("AT-S-1-BEN", status=None), "BEN", "Not recorded: whether client C-BEN attended"),
        (clean_group().set("C-ANA", self_pay=True), "ANA", "pays for themselves"),
        (clean_group().set("C-ANA", restrict_disclosure_to_plan=True), "ANA", "asked that the plan not be told"),
        (clean_group().set("COV-ANA", end="2026-04-14"), "ANA", "No coverage"),
        (clean_couple().set("S-1", identified_patient=None), "PAT", "Not recorded: the identified patient"),
        (missed(clean_group(2), "BEN"), "ANA", "the clinician decides"),
        (lasting(clean_couple(), 25), "PAT", "needs at least 26"),
        (clean_group().self_paid("ANA"), "ANA", "already invoices"),
    ],
)
def test_it_says_why_there_is_no_claim(scenario: Scenario, who: str, why: str) -> None:
    assert why in refusals(unbilled(scenario))[who]


def test_every_field_says_why_with_the_records_it_rests_on() -> None:
    proposal = only(unbilled(clean_couple()))
    fields = {reason.field for reason in proposal.reasons}
    assert fields >= {"code", "payer", "place_of_service", "diagnoses", "rendering", "amount", "release_of_information"}
    code = next(reason for reason in proposal.reasons if reason.field == "code")
    assert "identified patient C-PAT and 1 more" in code.why
    assert "AT-S-1-PAT" in code.evidence
    words = " ".join(reason.why for reason in proposal.reasons)
    assert not {"Garrity", "Pat", "Quinn"} & set(words.split())


def test_an_unsigned_note_holds_the_suggestion_back_with_what_the_payer_would_say() -> None:
    proposal = only(unbilled(clean_couple()).set("N-S-1-PAT", status="draft", signed_at=None, signed_by=None))
    assert proposal.state == "blocked"
    assert rules(proposal) == {"B39"}
    assert proposal.predicted == ("16",)


def test_a_note_that_codes_something_else_is_named_and_the_facts_are_coded() -> None:
    proposal = only(unbilled(clean_couple()).set("N-S-1-PAT", code="90846"))
    assert [line.code for line in proposal.claim.lines] == ["90847"]
    assert rules(proposal) == {"B39"}
    assert any("One of the two is wrong" in reason.why for reason in proposal.reasons)


def test_what_is_not_recorded_is_named_and_not_guessed() -> None:
    proposal = only(unbilled(clean_couple()).set("PR-1", fee_schedule={}))
    assert proposal.state == "blocked"
    assert "Not recorded: the practice's fee for 90847." in proposal.problems
    assert proposal.form is None


def test_an_associate_is_billed_with_the_supervisor_of_that_day() -> None:
    scenario = unbilled(clean_couple()).set(
        "CL-REYES",
        supervised=True,
        supervision=[
            {"supervisor": "CL-OLD", "from": "2024-01-01", "to": "2026-03-31"},
            {"supervisor": "CL-MORI", "from": "2026-04-01", "to": None},
        ],
    )
    proposal = only(scenario)
    assert proposal.claim.supervising == "CL-MORI"
    assert "B37" in rules(proposal)  # nobody has cosigned the note yet


def test_employee_assistance_pays_before_the_plan_while_visits_are_left() -> None:
    scenario = unbilled(clean_couple())
    scenario.add(
        "coverage", "COV-EAP", "2026-03-07 09:00", client="C-PAT", payer="PAY-EAP", rank=1, member_id="E1",
        subscriber="C-PAT", relation="self", patient_name="Pat Garrity", patient_dob="1985-05-05", start="2026-01-01",
    )  # fmt: skip
    scenario.add(
        "authorization", "AU-1", "2026-03-07 09:00", client="C-PAT", payer="PAY-EAP", number="EAP77", codes=[],
        clinicians=[], start="2026-01-01", end="2026-12-31", units_approved=4, units_used_before=3, kind="eap",
    )  # fmt: skip
    proposal = only(scenario)
    assert (proposal.payer_id, proposal.claim.authorization_number) == ("PAY-EAP", "EAP77")
    assert [line.modifiers for line in proposal.claim.lines] == [("HJ",)]
    used_up = only(scenario.set("AU-1", units_used_before=4))
    assert used_up.payer_id == "PAY-COM"


def test_the_authorization_that_ends_first_and_has_room_is_cited() -> None:
    scenario = unbilled(clean_couple())
    for id_, number, end, used in (("AU-1", "A1", "2026-06-30", 10), ("AU-2", "A2", "2026-12-31", 0)):
        scenario.add(
            "authorization", id_, "2026-03-07 09:00", client="C-PAT", payer="PAY-COM", number=number, codes=["90847"],
            clinicians=[], start="2026-01-01", end=end, units_approved=10, units_used_before=used, kind="medical",
        )  # fmt: skip
    assert only(scenario).claim.authorization_number == "A2"
    assert only(scenario.set("AU-1", units_used_before=9)).claim.authorization_number == "A1"


def test_the_treated_disorder_comes_first_and_a_relational_problem_rides_along() -> None:
    scenario = unbilled(clean_couple()).set("N-S-1-PAT", diagnoses=["Z63.0", "F33.1"])
    proposal = only(scenario)
    assert proposal.claim.diagnoses == ("F33.1", "Z63.0")
    assert proposal.state == "ready"


def test_two_encounters_of_one_day_are_told_apart_on_the_individual_one() -> None:
    scenario = clean_group(2)
    scenario.book("S-2", "individual", ("ANA",), "2026-04-15 14:00", 50).hold("S-2", "90834", ("ANA",))
    found = {(p.session_id, p.client_id): p for p in proposed(unbilled(scenario)).proposals}
    assert [line.modifiers for line in found["S-2", "C-ANA"].claim.lines] == [("XE",)]
    assert [line.modifiers for line in found["S-1", "C-ANA"].claim.lines] == [()]
    assert {p.state for p in found.values()} == {"ready"}


def test_the_same_file_gives_the_same_claims() -> None:
    one, other = proposed(unbilled(clean_group())), proposed(unbilled(clean_group()))
    assert one == other
    assert len({p.id for p in one.proposals}) == 4
    assert len({p.fingerprint for p in one.proposals}) == 4


def test_a_payer_is_written_under_the_number_its_policy_names() -> None:
    scenario = _with_policy(unbilled(clean_couple()), electronic_id="60054", filing_code="BL", name="Prairie Mutual")
    form = only(scenario).form
    assert form is not None
    assert (form.payer.id, form.payer.name, form.filing_code) == ("60054", "PRAIRIE MUTUAL", "BL")


def test_a_revoked_billing_release_takes_the_claim_back() -> None:
    scenario = unbilled(clean_couple()).set(
        "CON-PAT-billing_release", status="revoked", revoked_at="2026-04-16T12:00:00-05:00"
    )
    proposal = only(scenario)
    assert proposal.state == "blocked"
    assert "C21" in rules(proposal)
    assert proposal.form is None


def test_a_part2_record_goes_out_under_informed_consent_or_not_at_all() -> None:
    found = proposed(unbilled(clean_sud_group()))
    assert {p.claim.release_of_information for p in found.proposals} == {"I"}
    without = proposed(unbilled(clean_sud_group().without("CON-ANA-part2_tpo")))
    states = {p.client_id: p.state for p in without.proposals}
    assert states == {"C-ANA": "blocked", "C-BEN": "ready", "C-CLEO": "ready", "C-DREW": "ready"}


@pytest.mark.parametrize("name", ["group", "couple", "multi-family group", "SUD program's group"])
def test_the_order_in_which_changes_arrive_does_not_matter(name: str) -> None:
    scenario = unbilled(CLEAN[name]())
    expected = {p.id: p.fingerprint for p in proposed(scenario).proposals}
    for order in (sorted(scenario.changes, key=lambda c: str(c["id"])), list(reversed(scenario.changes))):
        assert {p.id: p.fingerprint for p in _in_order(scenario, order)} == expected


def _in_order(scenario: Scenario, changes: list[dict[str, object]]) -> tuple[ClaimProposal, ...]:
    file = ChangesFile(tuple(map(change_of, changes)), None, datetime.fromisoformat(at(scenario.now)), ())
    return proposals_of_changes(file).proposals


def test_renaming_everybody_renames_the_claims_and_changes_nothing_else() -> None:
    def plain(scenario: Scenario) -> list[tuple[object, ...]]:
        return [
            (p.kind, p.state, p.total_cents, p.claim.place_of_service, p.claim.diagnoses, p.claim.lines[0].code)
            for p in proposed(scenario).proposals
        ]

    scenario = unbilled(clean_group())
    renamed = Scenario(
        scenario.now, scenario.policy, orjson.loads(orjson.dumps(scenario.changes).replace(b"C-ANA", b"C-ZZ9"))
    )
    assert plain(renamed) == plain(scenario)

"""What follows on a claim that was sent: again, in its place, undone, or on to the second payer."""

from datetime import date

from schemas.claim_proposal import ClaimFix
from schemas.professional_claim import Adjustment
from schemas.remittance import ClaimAnswer, RemittedLine
from tests.streams.claims.suggested import only, proposed, rules
from tests.streams.rules.billing import accepted, copied, rejected
from tests.streams.scenario import Scenario, clean_couple, clean_group


def test_a_claim_at_the_payer_with_nothing_against_it_is_left_alone() -> None:
    found = proposed(accepted(clean_couple(), "K-S-1-PAT"))
    assert found.proposals == ()
    assert {refused.kind for refused in found.not_proposed if refused.client_id == "C-PAT"} == {"billed"}


def test_a_claim_that_waits_for_its_answer_is_left_alone() -> None:
    found = proposed(clean_couple().set("K-S-1-PAT", status="submitted"))
    assert found.proposals == ()


def test_a_claim_for_somebody_who_was_not_there_is_voided_under_the_payers_number() -> None:
    scenario = accepted(clean_group(), "K-S-1-BEN")
    scenario.set("AT-S-1-BEN", status="no_show", arrived=None, left=None, location=None)
    void = next(p for p in proposed(scenario).proposals if p.client_id == "C-BEN")
    assert (void.kind, void.follows, void.claim.frequency) == ("void", "K-S-1-BEN", 8)
    assert void.claim.original_ref == "PCN-K-S-1-BEN"
    assert void.state == "ready"
    assert void.form is not None
    assert (void.form.frequency, void.form.payer_control_number) == (8, "PCN-K-S-1-BEN")


def test_a_wrong_code_at_the_payer_is_replaced_under_the_payers_number() -> None:
    scenario = accepted(clean_couple(), "K-S-1-PAT")
    line = {**scenario.data("K-S-1-PAT")["lines"][0], "code": "90846", "amount": "130.00"}
    scenario.set("K-S-1-PAT", lines=[line], total="130.00")
    replacement = only(scenario)
    assert (replacement.kind, replacement.claim.frequency) == ("replacement", 7)
    assert replacement.claim.original_ref == "PCN-K-S-1-PAT"
    assert [line.code for line in replacement.claim.lines] == ["90847"]
    assert {(d.field, d.claim, d.suggested) for d in replacement.differences} >= {("code", "90846 x1", "90847 x1")}
    assert replacement.state == "ready"


def test_a_claim_turned_away_goes_out_again_as_new() -> None:
    again = only(rejected(clean_couple(), "K-S-1-PAT").set("K-S-1-PAT", member_id="MWRONG"))
    assert (again.kind, again.claim.frequency, again.claim.original_ref) == ("resubmission", 1, None)
    assert again.claim.member_id == "MPAT01"
    assert again.id != "K-S-1-PAT"


def test_of_two_claims_for_one_couples_visit_only_the_right_one_may_go_out() -> None:
    scenario = clean_couple().set("C-QUINN", patient=True).covered("QUINN").release("QUINN")
    scenario.note("S-1", "QUINN", "90847").claim("S-1", "QUINN", "90847")
    states = {p.client_id: p.state for p in proposed(scenario).proposals}
    assert states == {"C-PAT": "ready", "C-QUINN": "blocked"}


def test_a_second_new_claim_for_what_is_accepted_is_blocked() -> None:
    scenario = copied(accepted(clean_couple(), "K-S-1-PAT"), "K-S-1-PAT", "K-2", status="queued")
    queued = next(p for p in proposed(scenario).proposals if p.id == "K-2")
    assert "B19" in rules(queued)
    assert queued.predicted == ("18",)


def test_the_ehrs_own_claim_is_measured_against_the_record() -> None:
    scenario = clean_couple()
    line = {**scenario.data("K-S-1-PAT")["lines"][0], "modifiers": ["95"]}
    queued = only(scenario.set("K-S-1-PAT", lines=[line], place_of_service="10"))
    assert {(d.field, d.suggested) for d in queued.differences} == {
        ("modifiers", "none"),
        ("place_of_service", "11"),
    }
    assert "B32" in rules(queued)


def test_a_fix_changes_what_it_sets_and_what_follows_from_it() -> None:
    scenario = clean_couple()
    line = {**scenario.data("K-S-1-PAT")["lines"][0], "modifiers": ["95"]}
    scenario.set("K-S-1-PAT", lines=[line], place_of_service="10")
    fixes = {"K-S-1-PAT": ClaimFix(modifiers=(), place_of_service="11")}
    (fixed,) = proposed(scenario, fixes).proposals
    assert (fixed.state, fixed.fixed, fixed.differences) == ("ready", ("modifiers", "place_of_service"), ())
    (recoded,) = proposed(clean_couple(), {"K-S-1-PAT": ClaimFix(code="90846")}).proposals
    assert (recoded.claim.total, recoded.total_cents) == ("130.00", 13000)
    assert "B07" in rules(recoded)


def second_plan() -> Scenario:
    scenario = accepted(clean_couple(), "K-S-1-PAT", "paid")
    return scenario.add(
        "coverage", "COV-2", "2026-03-07 09:00", client="C-PAT", payer="PAY-COM2", rank=2, member_id="S2",
        subscriber="C-QUINN", relation="spouse", patient_name="Pat Garrity", patient_dob="1985-05-05",
        start="2025-01-01",
    )  # fmt: skip


def remittance(paid: int = 9000) -> ClaimAnswer:
    adjustments = (
        Adjustment(group="CO", reason="45", amount_cents=3000),
        Adjustment(group="PR", reason="3", amount_cents=14000 - 3000 - paid),
    )
    line = RemittedLine(procedure="90847", charge_cents=14000, paid_cents=paid, adjustments=adjustments)
    return ClaimAnswer(
        kind="835",
        control_number="K-S-1-PAT",
        outcome="paid",
        on=date(2026, 4, 16),
        payer_control_number="PCN-K-S-1-PAT",
        charge_cents=14000,
        paid_cents=paid,
        lines=(line,),
    )


def test_the_second_payer_waits_for_what_the_first_paid() -> None:
    found = proposed(second_plan())
    assert found.proposals == ()
    assert any("read its remittance" in refused.why for refused in found.not_proposed)


def test_the_second_payer_learns_what_the_first_paid_line_by_line() -> None:
    (secondary,) = proposed(second_plan(), None, {"K-S-1-PAT": remittance()}).proposals
    assert (secondary.kind, secondary.payer_id, secondary.claim.sequence) == ("secondary", "PAY-COM2", "secondary")
    assert secondary.problems == ()
    form = secondary.form
    assert form is not None
    assert form.order == "S"
    assert form.patient is not None  # insured through the spouse
    assert form.other is not None
    assert (form.other.payer.id, form.other.paid_cents) == ("PAY-COM", 9000)
    assert form.lines[0].adjudicated is not None
    assert sum(a.amount_cents for a in form.lines[0].adjudicated.adjustments) == 5000


def test_a_remittance_that_does_not_balance_does_not_go_to_the_second_payer() -> None:
    broken = remittance().model_copy(update={"paid_cents": 8000, "lines": (remittance(8000).lines[0],)})
    line = broken.lines[0].model_copy(update={"paid_cents": 9000})
    (secondary,) = proposed(second_plan(), None, {"K-S-1-PAT": broken.model_copy(update={"lines": (line,)})}).proposals
    assert secondary.state == "blocked"
    assert any("do not balance" in problem or "is not what it paid" in problem for problem in secondary.problems)

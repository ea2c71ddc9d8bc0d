"""Predicted and actual denials, rule by rule; and where a claim stands by the last word of anybody."""

from datetime import UTC, datetime

import pytest

from dashboards.claims.calibration import Calibrated, Outcome, calibration
from dashboards.claims.standing import CannotError, Claim, Standing, answered, fix_of, may_approve
from schemas.claim_proposal import ClaimDecision, ClaimFix
from schemas.professional_claim import Adjustment
from schemas.remittance import ClaimAnswer
from tests.streams.claims.suggested import only, unbilled
from tests.streams.scenario import clean_couple

AT = datetime(2026, 4, 16, tzinfo=UTC)


def answer(*reasons: str, kind: str = "835", outcome: str | None = None) -> ClaimAnswer:
    adjustments = tuple(Adjustment(group="CO", reason=reason, amount_cents=1000) for reason in reasons)
    told = outcome or ("denied" if reasons else "paid")
    return ClaimAnswer.model_validate(
        {"kind": kind, "control_number": "K-1", "outcome": told, "adjustments": adjustments}
    )


def test_each_rule_is_measured_by_what_came() -> None:
    outcomes = [
        Outcome("K-1", (("B24", "197"),), answer("197")),
        Outcome("K-2", (("B24", "197"),), answer()),
        Outcome("K-3", (("B24", "197"),), answer("50")),
        Outcome("K-4", (), answer("50")),
        Outcome("K-5", (), answer("45")),  # the contract's discount is no denial
    ]
    assert calibration(outcomes) == (Calibrated("B24", "197", 3, 1, 1, 1), Calibrated("", "50", 0, 2, 0, 0))
    assert calibration(outcomes)[0].precision == pytest.approx(1 / 3)
    assert calibration(()) == ()


def decision(number: int, act: str, **fields: object) -> ClaimDecision:
    data = {"number": number, "proposal_id": "K", "practice_id": "P", "act": act, "by": "biller", "at": AT, **fields}
    return ClaimDecision.model_validate(data)


def test_a_claim_stands_where_the_last_word_put_it() -> None:
    proposal = only(unbilled(clean_couple()))
    approve = decision(1, "approve", fingerprint=proposal.fingerprint)
    assert Claim(proposal).standing is Standing.OPEN
    assert Claim(proposal, (approve,)).standing is Standing.APPROVED
    assert Claim(proposal, (decision(1, "approve", fingerprint="other"),)).standing is Standing.CHANGED
    assert Claim(proposal, (approve, decision(2, "hold"))).standing is Standing.ON_HOLD
    assert Claim(proposal, (approve, decision(2, "hold", undone=True))).standing is Standing.APPROVED
    assert Claim(proposal, (approve,), withdrawn=True).standing is Standing.WITHDRAWN
    assert Claim(proposal, (approve,), 7).standing is Standing.SENT


def test_a_remittance_outweighs_an_acknowledgement() -> None:
    taken = answer(kind="277CA", outcome="accepted")
    assert answered(()) is Standing.SENT
    assert answered((taken,)) is Standing.ACCEPTED
    assert answered((answer("50"), taken)) is Standing.DENIED
    assert answered((answer(outcome="reversed"),)) is Standing.DENIED


def test_fixes_lie_one_over_another_and_an_undone_one_is_gone() -> None:
    one, other = ClaimFix(code="90834", place_of_service="10"), ClaimFix(place_of_service="11")
    fixes = (decision(1, "fix", fix=one), decision(2, "fix", fix=other))
    assert fix_of(fixes) == ClaimFix(code="90834", place_of_service="11")
    assert fix_of((fixes[0], decision(2, "fix", fix=other, undone=True))) == one
    assert fix_of(()) is None


def test_what_is_sent_or_withdrawn_is_not_decided_about() -> None:
    proposal = only(unbilled(clean_couple()))
    for claim in (Claim(proposal, sent=7), Claim(proposal, withdrawn=True)):
        with pytest.raises(CannotError):
            may_approve(claim, "")

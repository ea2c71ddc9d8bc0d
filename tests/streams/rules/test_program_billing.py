"""Does the client's program or restriction allow the claim? B46-B48, case by case."""

from typing import Any

import pytest

from tests.streams.rules.billing import about, accepted, predicted, recode
from tests.streams.scenario import Case, Scenario, at, block, clean_group, clean_individual, holds

YAEL, BEN = about("YAEL"), about("BEN")
C10, C21 = block("C10", **YAEL), block("C21", **YAEL)


def part2(tpo: bool = True, **consent: Any) -> Scenario:
    """The practice is a Part 2 program and C-YAEL one of its SUD patients."""
    scenario = clean_individual(sud_program=True).set("PR-1", part2_program=True)
    return scenario.tpo("YAEL", **consent) if tpo else scenario


B46: dict[str, Case] = {
    "no consent": (part2(tpo=False), [block("B46", **YAEL), C10]),
    "an active TPO consent": (part2(), []),
    "the TPO consent expired before the claim was queued": (
        part2(expires=at("2026-04-14 12:00"), expires_text=None),
        [block("B46", **YAEL), C10],
    ),
    "the client is not a SUD patient": (clean_individual(sud_program=False).set("PR-1", part2_program=True), []),
    "the practice is no Part 2 program": (clean_individual(sud_program=True), []),
    "sent while the consent held, revoked since": (
        accepted(part2(), "K-S-1-YAEL").change(
            "CON-YAEL-part2_tpo", "2026-04-16 09:00", status="revoked", revoked_at=at("2026-04-16 09:00")
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", B46.values(), ids=B46.keys())
def test_b46_a_part_2_claim_has_a_consent(case: Case) -> None:
    holds(case)


def restricted(scenario: Scenario | None = None) -> Scenario:
    return (scenario or clean_individual()).set("C-YAEL", restrict_disclosure_to_plan=True, self_pay=True)


B47: dict[str, Case] = {
    "restricted, but a claim is queued": (restricted(), [block("B47", **YAEL), C21]),
    "self-pay without a restriction": (clean_individual(self_pay=True), []),
    "the claim was voided": (
        restricted(clean_individual().set("K-S-1-YAEL", status="voided")),
        [],
    ),
    "asked for only after the claim had been sent": (
        accepted(clean_individual(), "K-S-1-YAEL").change(
            "C-YAEL", "2026-04-16 09:00", restrict_disclosure_to_plan=True
        ),
        [],
    ),
    "sent although restricted": (restricted(accepted(clean_individual(), "K-S-1-YAEL")), [block("B47", **YAEL)]),
}


@pytest.mark.parametrize("case", B47.values(), ids=B47.keys())
def test_b47_a_restriction_is_kept(case: Case) -> None:
    holds(case)


def program(word: str, payer: str = "PAY-MCR", code: str = "90853") -> Scenario:
    scenario = clean_group().set("C-BEN", program=word).set("S-1", program=word)
    for who in ("ANA", "CLEO", "DREW"):
        scenario.set(f"C-{who}", program=word)
    scenario.set("COV-BEN", payer=payer).set("K-S-1-BEN", payer=payer)
    return recode(scenario, "K-S-1-BEN", code) if code != "90853" else scenario


B48: dict[str, Case] = {
    "90853 for a Medicare PHP patient": (program("php"), [block("B48", **BEN)]),
    "G0410 for a Medicare PHP patient": (program("php", code="G0410"), []),
    "90853 for a PHP patient of another payer": (program("php", "PAY-COM"), []),
    "90853 for a Medicare outpatient": (program("outpatient"), []),
    "G0410 for an outpatient": (program("outpatient", code="G0410"), [block("B48", **BEN)]),
    "G0410 for an intensive outpatient": (program("iop", code="G0410"), []),
    "the client is in PHP, the session does not say": (
        program("php").set("S-1", program=None),
        [block("B48", **BEN)],
    ),
}


@pytest.mark.parametrize("case", B48.values(), ids=B48.keys())
def test_b48_the_code_is_that_of_the_program(case: Case) -> None:
    holds(case)


def test_the_program_rules_predict_what_fits() -> None:
    assert predicted(B46["no consent"], "B46") is None
    assert predicted(B47["restricted, but a claim is queued"], "B47") is None
    assert predicted(B48["90853 for a Medicare PHP patient"], "B48") == "16"
    assert predicted(B48["G0410 for an outpatient"], "B48") == "5"

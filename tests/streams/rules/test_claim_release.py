"""Has the patient allowed this claim to go to the plan? C21, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, block, clean_couple, clean_family, clean_group, hold, holds

CLAIM = {"session": "S-1", "client": "C-BEN", "claim": "K-S-1-BEN"}
C21_ = block("C21", **CLAIM)


def claim(**fields: Any) -> Scenario:
    return clean_group().set("K-S-1-BEN", **fields)


def release(**fields: Any) -> Scenario:
    return clean_group().set("CON-BEN-billing_release", **fields)


SUBMITTED = {"status": "submitted", "submitted_at": at("2026-04-16 08:00")}

C21: dict[str, Case] = {
    "the claim carries no release of information": (claim(release_of_information=None), [C21_]),
    "the claim carries informed consent as its release": (claim(release_of_information="I"), []),
    "the claim carries no assignment of benefits": (claim(assignment_of_benefits=None), [C21_]),
    "the claim says that benefits are not assigned": (claim(assignment_of_benefits=False), [C21_]),
    "no billing release is on file": (clean_group().without("CON-BEN-billing_release"), [C21_]),
    "the billing release had expired": (release(expires=at("2026-04-01 23:59")), [C21_]),
    "the billing release was revoked before": (release(status="revoked", revoked_at=at("2026-04-01 09:00")), [C21_]),
    "the billing release was revoked while the claim waited": (
        release(status="revoked", revoked_at=at("2026-04-16 09:00")),
        [hold("C14", **CLAIM, consent="CON-BEN-billing_release")],
    ),
    "the billing release does not assign the benefits": (release(assignment_of_benefits=False), [C21_]),
    "the billing release withholds information": (release(release_of_information="N"), [C21_]),
    "the billing release was signed after the claim was queued": (
        clean_group().without("CON-BEN-billing_release").release("BEN", signed="2026-04-16 09:00"),
        [],
    ),
    "the patient asked not to tell the plan": (
        clean_group().set("C-BEN", restrict_disclosure_to_plan=True),
        [C21_, block("B47", **CLAIM)],
    ),
    "the patient asked not to tell the plan, and paid": (
        clean_group().set("C-BEN", restrict_disclosure_to_plan=True, self_pay=True).self_paid("BEN"),
        [],
    ),
    "the claim has gone out": (clean_group().without("CON-BEN-billing_release").set("K-S-1-BEN", **SUBMITTED), []),
    "the partner who is not billed has no release": (clean_couple(), []),
    "a guardian released it for a child": (clean_family(), []),
    "whose insurance it is released it for a child": (
        clean_family().without("CON-TEO-billing_release").release("RUTH"),
        [],
    ),
}


@pytest.mark.parametrize("case", C21.values(), ids=C21.keys())
def test_a_claim_goes_to_the_plan_only_if_the_patient_allows_it(case: Case) -> None:
    holds(case)

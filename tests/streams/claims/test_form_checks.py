"""What an independent structure check takes, and a payer would turn away: each is named."""

from datetime import date
from typing import Any

import pytest

from connectors.claims.structure import structure_errors
from connectors.claims.write_837p import write_837p
from schemas.professional_claim import ServiceLine
from streams.claims.form_checks import batch_problems, form_problems
from tests.connectors.claims.forms import AT, LINE, SENDER, right

TODAY = date(2026, 4, 16)


def line(**changed: Any) -> dict[str, Any]:
    return {"lines": (ServiceLine.model_validate({**LINE.model_dump(), **changed}),)}


ACCEPTED_BY_STRUCTURE: dict[str, tuple[dict[str, Any], str]] = {
    "no rendering clinician": ({"rendering": None}, "No rendering clinician"),
    "an invented procedure": (line(procedure="ZZZZZ"), "no procedure code"),
    "a diagnosis that is a heading": ({"diagnoses": ("F431",)}, "is a heading"),
    "a diagnosis that does not exist": ({"diagnoses": ("Q9Z9Z9",)}, "is no code"),
    "a pointer to a diagnosis that is not there": (line(pointers=(2,)), "points to diagnosis 2 of 1"),
    "a total that is not the sum": ({"total_cents": 15000}, "is not the sum"),
    "no unit": (line(units=0), "bills no unit"),
    "a frequency that does not exist": ({"frequency": 9}, "none of 1 (new)"),
    "a day in 2099": (line(on=date(2099, 1, 1)), "still to come"),
    "a replacement without the payer's number": ({"frequency": 7}, "needs the payer's number"),
    "a new claim with an original's number": ({"payer_control_number": "PCN1"}, "carries no payer's number"),
}


@pytest.mark.parametrize(("changed", "what"), ACCEPTED_BY_STRUCTURE.values(), ids=ACCEPTED_BY_STRUCTURE.keys())
def test_it_names(changed: dict[str, Any], what: str) -> None:
    form = right(**changed)
    problems = form_problems(form, TODAY)
    assert any(what in problem for problem in problems), problems


def test_an_independent_structure_check_takes_them_all() -> None:
    cases = enumerate(ACCEPTED_BY_STRUCTURE.values())
    forms = [right(**{"control_number": f"K-{n}", "claim_id": f"K-{n}", **changed}) for n, (changed, _) in cases]
    assert structure_errors(write_837p(forms, SENDER, AT).text) == ()


def test_the_check_digit_of_every_npi_is_checked() -> None:
    wrong = right().rendering.model_copy(update={"npi": "1882300117"})  # type: ignore[union-attr]
    assert form_problems(right(rendering=wrong), TODAY) == ["The rendering clinician's NPI fails its check digit."]


def test_nothing_is_said_of_a_claim_that_is_right() -> None:
    assert form_problems(right(), TODAY) == []
    assert form_problems(right(frequency=8, payer_control_number="PCN1"), TODAY) == []


def test_missing_demographics_and_short_zips_are_named() -> None:
    bare = right().subscriber.model_copy(update={"birth_date": None, "address": None})
    short = right().billing.model_copy(
        update={"address": right().billing.address.model_copy(update={"zip": "60606"}), "taxonomy": None}
    )
    problems = " ".join(form_problems(right(subscriber=bare, billing=short), TODAY))
    for what in ("birth date", "patient's address", "ZIP+4", "taxonomy"):
        assert what in problems


def test_one_service_billed_twice_in_one_batch_is_named() -> None:
    again = right(control_number="K-2", claim_id="K-2")
    assert batch_problems([right(), again]) == [
        "Claims K-1 and K-2 bill the same service of the same person on 2026-04-15."
    ]
    assert batch_problems([right(), right()])[0] == "Control number K-1 comes twice."
    assert batch_problems([right(), right(control_number="K-2", **line(modifiers=("95",)))]) == []

"""What may a procedure code be used for?"""

from datetime import date

import pytest

from streams.policy.procedures import (
    ADD_ON_CODES,
    FAMILY_CODES,
    INDIVIDUAL_CODES,
    SUBSTANCE_USE_CODES,
    procedure_on,
)

SPRING = date(2026, 4, 15)


@pytest.mark.parametrize(
    ("code", "minutes", "fits"),
    [
        ("90832", 15, False),
        ("90832", 16, True),
        ("90832", 37, True),
        ("90832", 38, False),
        ("90834", 37, False),
        ("90834", 52, True),
        ("90837", 52, False),
        ("90837", 600, True),
        ("90847", 25, False),
        ("90847", 26, True),
        ("90839", 29, False),
        ("90839", 30, True),
        ("90853", 5, True),
    ],
)
def test_a_code_fits_its_minutes(code: str, minutes: int, fits: bool) -> None:
    procedure = procedure_on(code, SPRING)
    assert procedure is not None
    assert procedure.fits(minutes) is fits


def test_a_code_holds_from_its_first_day() -> None:
    assert procedure_on("90834", date(2012, 12, 31)) is None
    assert procedure_on("90834", date(2013, 1, 1)) is not None
    assert procedure_on("99999", SPRING) is None
    assert procedure_on(None, SPRING) is None


def test_the_sets_say_what_rules_ask_for() -> None:
    assert {"90832", "90834", "90837"} == INDIVIDUAL_CODES
    assert {"90846", "90847"} == FAMILY_CODES
    assert {"90785", "90840"} == ADD_ON_CODES
    assert "H0005" in SUBSTANCE_USE_CODES
    assert "H0004" not in SUBSTANCE_USE_CODES

"""Does a consent's wording reach this far? Recipients, purposes and days, case by case."""

from datetime import date

import pytest

from streams.scope import Party, outside_care, reaches, same_purpose, within, words
from streams.scope import names as named

DOCTOR = Party((words("Dr. Maya Ito"),), (words("treating_provider"),))
SCHOOL = Party((words("Washington High School"),), (words("school"),))
PLAN = Party((words("PAY-COM"), words("Prairie Mutual")), (words("health plan"), words("third-party payer")))


@pytest.mark.parametrize(
    ("entry", "party", "is_named"),
    [
        ("Dr. Ito", DOCTOR, True),
        ("dr maya ito", DOCTOR, True),
        ("Dr. Lee", DOCTOR, False),
        ("treating providers", DOCTOR, True),
        ("my physician", DOCTOR, True),
        ("Lincoln High School", SCHOOL, False),
        ("Washington High School", SCHOOL, True),
        ("schools", SCHOOL, True),
        ("PAY-COM", PLAN, True),
        ("Prairie Mutual", PLAN, True),
        ("Lakeside Insurance", PLAN, False),
        ("health_plans", PLAN, True),
        ("insurers", PLAN, True),
        ("", DOCTOR, False),
    ],
)
def test_a_recipient_is_known_by_name_or_by_exactly_its_class(entry: str, party: Party, is_named: bool) -> None:
    assert named([entry], party) is is_named


@pytest.mark.parametrize(
    ("entry", "party", "is_reached"),
    [
        (
            "my treating providers, health plans, third-party payers and people helping to operate this program",
            PLAN,
            True,
        ),
        (
            "my treating providers, health plans, third-party payers and people helping to operate this program",
            DOCTOR,
            True,
        ),
        ("my treating providers", PLAN, False),
        ("TPO", PLAN, True),
        ("anyone", SCHOOL, True),
        ("treatment, payment and operations", PLAN, True),
        ("my treating providers, health plans and third-party payers", SCHOOL, False),
    ],
)
def test_a_general_description_reaches_whoever_is_of_it(entry: str, party: Party, is_reached: bool) -> None:
    assert reaches([entry], party) is is_reached


@pytest.mark.parametrize(
    ("granted", "wanted", "is_same"),
    [
        ("Coordination of care", "care coordination", True),
        ("School accommodations", "Accommodation at school", True),
        ("School accommodations", "Custody evaluation", False),
        ("At the request of the individual", "Custody evaluation", True),
        ("Any purpose", "Custody evaluation", True),
        ("Coordination of care with the family doctor", "Coordination of care", True),
    ],
)
def test_a_purpose_is_the_same_in_other_words(granted: str, wanted: str, is_same: bool) -> None:
    assert same_purpose(granted, wanted) is is_same


@pytest.mark.parametrize(
    ("purpose", "is_outside"),
    [
        ("Medication follow-up", False),
        ("Treatment", False),
        ("Lawsuit", True),
        ("Employment check", True),
        (None, False),
    ],
)
def test_only_what_is_plainly_none_is_outside_treatment_payment_and_operations(
    purpose: str | None, is_outside: bool
) -> None:
    assert outside_care(purpose) is is_outside


JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


@pytest.mark.parametrize(
    ("granted", "wanted", "lies_within"),
    [
        ((JAN, MAR), (JAN, MAR), True),
        ((JAN, FEB), (JAN, MAR), False),
        ((FEB, MAR), (JAN, MAR), False),
        ((JAN, None), (FEB, MAR), True),
        ((None, FEB), (JAN, FEB), True),
        ((JAN, MAR), (), None),
        ((JAN, MAR), (None, FEB), None),
        ((), (JAN, MAR), True),
        ((None, None), (), True),
    ],
)
def test_days_lie_within_others_both_ends_included(
    granted: tuple[date | None, ...], wanted: tuple[date | None, ...], lies_within: bool | None
) -> None:
    assert within(granted, wanted) is lies_within

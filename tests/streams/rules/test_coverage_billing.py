"""Was the person insured, and as the payer knows them? B20-B23, B27 and B49, case by case."""

from typing import Any

import pytest

from tests.streams.rules.billing import S1, about, copied, predicted, recode
from tests.streams.scenario import (
    Case,
    Scenario,
    at,
    block,
    clean_couple,
    clean_family,
    clean_group,
    clean_individual,
    clean_multi_family,
    hold,
    holds,
    warn,
)

BEN = about("BEN", coverage="COV-BEN")
TEO = about("TEO", coverage="COV-TEO")


def coverage(**fields: Any) -> Scenario:
    return clean_group().set("COV-BEN", **fields)


def second(scenario: Scenario, id_: str, who: str = "BEN", **fields: Any) -> Scenario:
    """Another coverage of the same person, known and checked as the first."""
    known = {**scenario.data(f"COV-{who}"), **fields}
    answer = {**scenario.data(f"EL-{who}"), "coverage": id_, "member_id": known["member_id"]}
    scenario.add("coverage", id_, "2026-03-07 09:00", **known)
    return scenario.add("eligibility", f"EL-{id_}", "2026-04-13 08:00", **answer)


B20: dict[str, Case] = {
    "ended the day before": (coverage(end="2026-04-14"), [block("B20", **BEN)]),
    "ended the same day": (coverage(end="2026-04-15"), []),
    "begins the day after": (coverage(start="2026-04-16"), [block("B20", **BEN)]),
    "begins the same day": (coverage(start="2026-04-15"), []),
    "in a gap between two coverages of the payer": (
        second(coverage(start="2025-01-01", end="2026-03-31"), "COV-2", start="2026-05-01", end=None),
        [block("B20", **BEN)],
    ),
    "ended later, reaching back before the visit": (
        clean_group().change("COV-BEN", "2026-04-16 10:00", end="2026-04-10"),
        [block("B20", **BEN)],
    ),
    "an end that was taken back": (
        coverage(end="2026-04-10").change("COV-BEN", "2026-04-16 10:00", end=None),
        [],
    ),
    "the late evening of the last day is still that day": (
        clean_individual()
        .set("COV-YAEL", end="2026-04-15")
        .set("S-1", scheduled_start=at("2026-04-15 23:00"), scheduled_end=at("2026-04-15 23:50")),
        [],
    ),
    "the coverage the claim names is not on file": (
        clean_group().set("K-S-1-BEN", coverage="COV-X"),
        [warn("B20", **about("BEN", coverage="COV-X"))],
    ),
    "the claim was voided": (coverage(end="2026-04-14").set("K-S-1-BEN", status="voided"), []),
}


@pytest.mark.parametrize("case", B20.values(), ids=B20.keys())
def test_b20_the_coverage_lasts_over_the_date_of_service(case: Case) -> None:
    holds(case)


def test_b20_predicts_before_after_and_between() -> None:
    assert predicted(B20["begins the day after"], "B20") == "26"
    assert predicted(B20["ended the day before"], "B20") == "27"
    assert predicted(B20["in a gap between two coverages of the payer"], "B20") == "200"


def checked(day: str, **fields: Any) -> Scenario:
    return clean_group().set("EL-BEN", checked_at=at(f"{day} 08:00"), **fields)


def medicaid(day: str) -> Scenario:
    scenario = checked(day).set("COV-BEN", payer="PAY-MCD").set("K-S-1-BEN", payer="PAY-MCD")
    scenario.policy = {"payers": {"PAY-MCD": {"eligibility_rule": "same_month"}}}
    return scenario


B21: dict[str, Case] = {
    "never checked": (clean_group().without("EL-BEN"), [hold("B21", **BEN)]),
    "checked 8 days before": (checked("2026-04-07"), [hold("B21", **BEN)]),
    "checked 7 days before": (checked("2026-04-08"), []),
    "checked on the day": (checked("2026-04-15"), []),
    "checked only the day after": (checked("2026-04-16"), [hold("B21", **BEN)]),
    "the answer was inactive": (checked("2026-04-13", result="inactive"), [hold("B21", **BEN)]),
    "inactive at first, active when asked again": (
        checked("2026-04-10", result="inactive").checked("BEN", "2026-04-14 08:00", "EL-2"),
        [],
    ),
    "active at first, inactive when asked again": (
        clean_group().checked("BEN", "2026-04-14 08:00", "EL-2").set("EL-2", result="inactive"),
        [hold("B21", **BEN)],
    ),
    "the practice's window is a month": (
        _month := checked("2026-03-16"),
        [],
    ),
    "the payer's window is the month: checked on the first": (medicaid("2026-04-01"), []),
    "the payer's window is the month: checked on the last of the month before": (
        medicaid("2026-03-31"),
        [hold("B21", **BEN)],
    ),
    "another coverage was checked": (
        second(clean_group().without("EL-BEN").covered("BEN"), "COV-2", rank=2).without("EL-BEN"),
        [hold("B21", **BEN)],
    ),
}
_month.policy["eligibility_window_days"] = 31


@pytest.mark.parametrize("case", B21.values(), ids=B21.keys())
def test_b21_the_payer_was_asked_in_time(case: Case) -> None:
    holds(case)


B22: dict[str, Case] = {
    "another member id": (clean_group().set("K-S-1-BEN", member_id="MBEN02"), [block("B22", **BEN)]),
    "the member id written with a hyphen": (clean_group().set("K-S-1-BEN", member_id="mben-01"), []),
    "another name": (clean_group().set("K-S-1-BEN", patient_name="Benjamin Whitlock"), [block("B22", **BEN)]),
    "the name in another order and case": (clean_group().set("K-S-1-BEN", patient_name="WHITLOCK, BEN"), []),
    "another birth date": (clean_group().set("K-S-1-BEN", patient_dob="1979-02-11"), [block("B22", **BEN)]),
    "another relation": (clean_group().set("K-S-1-BEN", relation="spouse"), [block("B22", **BEN)]),
    "the relation as a number": (clean_group().set("K-S-1-BEN", relation="18"), []),
    "a minor insured through a parent, sent as self": (
        clean_family().set("K-S-1-TEO", relation="self"),
        [block("B22", **TEO)],
    ),
    "a minor insured through a parent, sent as self, when the payer left the relation out": (
        clean_family().set("K-S-1-TEO", relation="18").set("EL-TEO", relation=None),
        [block("B22", **TEO)],
    ),
    "a minor who is the subscriber": (
        clean_family()
        .set("COV-TEO", subscriber="C-TEO", relation="self")
        .set("EL-TEO", relation="self")
        .set("K-S-1-TEO", relation="self"),
        [],
    ),
    "the payer answered otherwise than the coverage says": (
        clean_group().set("EL-BEN", member_id="MBEN09"),
        [block("B22", **BEN)],
    ),
    "a new member id a month later": (
        clean_group()
        .checked("BEN", "2026-05-14 08:00", "EL-2")
        .set("EL-2", member_id="MBEN77")
        .seen("2026-05-20 09:00"),
        [],
    ),
}


@pytest.mark.parametrize("case", B22.values(), ids=B22.keys())
def test_b22_the_claim_describes_the_insured_as_the_payer_knows_them(case: Case) -> None:
    holds(case)


def test_b22_predicts_what_fits() -> None:
    assert predicted(B22["another member id"], "B22") == "31"
    assert predicted(B22["another relation"], "B22") == "16"


DONE = {"claim": "K-S-1-BEN", "date": "2026-04-16", "paid": "40.00"}


def two_coverages(**fields: Any) -> Scenario:
    known = {"payer": "PAY-COM2", "member_id": "MBEN02", "rank": 2, **fields}
    return second(clean_group(), "COV-2", **known)


def to_second(scenario: Scenario, **fields: Any) -> Scenario:
    known = {"coverage": "COV-2", "payer": "PAY-COM2", "member_id": "MBEN02", "sequence": "secondary", **fields}
    return copied(scenario, "K-S-1-BEN", "K-2", **known)


K2 = {**S1, "client": "C-BEN", "claim": "K-2"}
B23: dict[str, Case] = {
    "the first coverage is billed as primary": (two_coverages(), []),
    "the second coverage is billed as primary": (
        two_coverages(rank=1).set("COV-BEN", rank=2),
        [hold("B23", **BEN)],
    ),
    "secondary with the primary's decision": (to_second(two_coverages(), primary_adjudicated=DONE), []),
    "secondary without the primary's decision": (to_second(two_coverages()), [hold("B23", **K2)]),
    "the other coverage had ended": (
        two_coverages(rank=1, end="2026-04-14").set("COV-BEN", rank=2),
        [],
    ),
    "the other coverage begins the day after": (
        two_coverages(rank=1, start="2026-04-16").set("COV-BEN", rank=2),
        [],
    ),
    "the order of the two is not recorded": (
        two_coverages(rank=None),
        [warn("B23", **about("BEN"))],
    ),
    "an employee assistance programme has no place in the order": (
        two_coverages(payer="PAY-EAP", rank=1).set("COV-BEN", rank=2),
        [],
    ),
}


@pytest.mark.parametrize("case", B23.values(), ids=B23.keys())
def test_b23_coverages_are_billed_in_their_order(case: Case) -> None:
    holds(case)


def payer_excludes(scenario: Scenario, code: str) -> Scenario:
    scenario.policy = {"payers": {"PAY-COM": {"excluded_codes": [code]}}}
    return scenario


PAT = about("PAT", coverage="COV-PAT")
B27: dict[str, Case] = {
    "the plan excludes couples": (clean_couple().set("COV-PAT", excluded_codes=["90847"]), [hold("B27", **PAT)]),
    "the plan excludes another code": (clean_couple().set("COV-PAT", excluded_codes=["90849"]), []),
    "the payer excludes 90849": (
        payer_excludes(clean_multi_family(), "90849"),
        [hold("B27", **about("VIC", coverage="COV-VIC")), hold("B27", **about("XAN", coverage="COV-XAN"))],
    ),
}


@pytest.mark.parametrize("case", B27.values(), ids=B27.keys())
def test_b27_the_plan_covers_the_code(case: Case) -> None:
    holds(case)


def test_b27_predicts_plan_or_payer() -> None:
    assert predicted(B27["the plan excludes couples"], "B27") == "204"
    assert predicted(B27["the payer excludes 90849"], "B27") == "96"


B49: dict[str, Case] = {
    "the claim goes to another payer than its coverage": (
        clean_group().set("K-S-1-BEN", payer="PAY-COM2"),
        [block("B49", **BEN)],
    ),
    "insured with another payer since the day before": (
        second(coverage(end="2026-04-14"), "COV-2", payer="PAY-COM2", start="2026-04-15", end=None, member_id="MBEN02"),
        [block("B20", **BEN), block("B49", **about("BEN", coverage="COV-2"))],
    ),
    "insured with another payer from the day after": (
        second(coverage(end="2026-04-15"), "COV-2", payer="PAY-COM2", start="2026-04-16", end=None, member_id="MBEN02"),
        [],
    ),
    "nobody insured the client": (coverage(end="2026-04-14"), [block("B20", **BEN)]),
}


@pytest.mark.parametrize("case", B49.values(), ids=B49.keys())
def test_b49_the_payer_of_the_day_is_billed(case: Case) -> None:
    holds(case)


def test_a_claim_without_coverage_is_told_by_its_payer() -> None:
    scenario = recode(clean_individual(), "K-S-1-YAEL", "90834").set("K-S-1-YAEL", coverage=None, payer="PAY-COM2")
    assert [finding.rule for finding in scenario.findings()] == ["B49"]

"""Does the diagnosis carry the claim? B28-B31 and B41, case by case."""

from typing import Any

import pytest

from tests.streams.rules.billing import about, line, predicted, recode
from tests.streams.scenario import (
    Case,
    Scenario,
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

YAEL, PAT, BEN = about("YAEL"), about("PAT"), about("BEN")


def diagnosed(*codes: str, pointers: tuple[int, ...] = (1,), on_plan: bool = True) -> Scenario:
    scenario = clean_individual().set("K-S-1-YAEL", diagnoses=list(codes))
    line(scenario, "K-S-1-YAEL", dx_pointers=list(pointers))
    return scenario.set("PL-YAEL", diagnoses=list(codes)) if on_plan else scenario


def in_november(*codes: str) -> Scenario:
    """The same visit on 11 November 2026, past the newest edition there is."""
    scenario = diagnosed(*codes).seen("2026-11-12 12:00").set("PL-YAEL", review_due="2026-12-01")
    for change in scenario.changes:
        for key, value in change["data"].items():
            if isinstance(value, str) and change["data"].get("session", change["id"]) == "S-1":
                change["data"][key] = value.replace("2026-04-15", "2026-11-11").replace("-05:00", "-06:00")
        for item in change["data"].get("lines", []):
            item["date"] = "2026-11-11"
        if change["at"].startswith("2026-04-15"):
            change["at"] = change["at"].replace("2026-04-15", "2026-11-11").replace("-05:00", "-06:00")
    return scenario.checked("YAEL", "2026-11-10 08:00", "EL-2")


B28: dict[str, Case] = {
    "a leaf": (diagnosed("F43.10"), []),
    "a leaf without its dot": (diagnosed("F4310"), []),
    "no diagnosis": (diagnosed(on_plan=False), [block("B28", **YAEL)]),
    "a heading": (diagnosed("F43.1"), [block("B28", **YAEL)]),
    "a heading as secondary": (diagnosed("F33.1", "F43.8"), [block("B28", **YAEL)]),
    "no code at all": (diagnosed("F99.99"), [block("B28", **YAEL)]),
    "a code that was billable until September 2024": (diagnosed("F50.01"), [block("B28", **YAEL)]),
    "the second pointer has no diagnosis": (diagnosed("F33.1", pointers=(1, 2)), [block("B28", **YAEL)]),
    "pointer zero": (diagnosed("F33.1", pointers=(0,)), [block("B28", **YAEL)]),
    "two diagnoses, two pointers": (diagnosed("F33.1", "F41.1", pointers=(1, 2)), []),
    "past the newest edition, a code it knows": (in_november("F33.1"), []),
    "past the newest edition, a heading": (in_november("F43.1"), [block("B28", **YAEL)]),
    "past the newest edition, a code it does not know": (in_november("F33.15"), [warn("B28", **YAEL)]),
}


@pytest.mark.parametrize("case", B28.values(), ids=B28.keys())
def test_b28_every_diagnosis_is_billable_on_the_day(case: Case) -> None:
    holds(case)


def test_b28_predicts_missing_or_invalid() -> None:
    assert predicted(B28["no diagnosis"], "B28") == "16"
    assert predicted(B28["a heading"], "B28") == "16"
    assert predicted(B28["the second pointer has no diagnosis"], "B28") == "16"
    assert predicted(B28["no code at all"], "B28") == "146"
    assert predicted(B28["a code that was billable until September 2024"], "B28") == "146"


def relational(*codes: str, **payer: Any) -> Scenario:
    scenario = clean_couple().set("K-S-1-PAT", diagnoses=list(codes)).set("PL-PAT", diagnoses=list(codes))
    if payer:
        scenario.policy = {"payers": {"PAY-COM": payer}}
    return scenario


B29: dict[str, Case] = {
    "only a relational problem": (relational("Z63.0"), [block("B29", **PAT)]),
    "a relational problem before the disorder": (relational("Z63.0", "F33.1"), [block("B29", **PAT)]),
    "a relational problem behind the disorder": (relational("F33.1", "Z63.0"), []),
    "a parent-child problem": (relational("Z62.820"), [block("B29", **PAT)]),
    "encounter for abuse": (relational("Z69.010"), [block("B29", **PAT)]),
    "a Z code outside the relational ones": (relational("Z56.0"), []),
    "a payer that does not ask for a disorder": (relational("Z63.0", requires_mh_primary_dx=False), []),
}


@pytest.mark.parametrize("case", B29.values(), ids=B29.keys())
def test_b29_a_relational_problem_is_not_the_principal_diagnosis(case: Case) -> None:
    holds(case)


def substance(code: str, diagnosis: str, **payer: Any) -> Scenario:
    scenario = recode(diagnosed(diagnosis), "K-S-1-YAEL", code)
    scenario.set("S-1", kind="individual")
    if payer:
        scenario.policy = {"payers": {"PAY-COM": payer}}
    return scenario


B30: dict[str, Case] = {
    "H0005 with a mood disorder": (substance("H0005", "F33.1"), [block("B30", **YAEL)]),
    "H0005 with alcohol dependence": (substance("H0005", "F10.20"), []),
    "H0005 with tobacco and other stimulants at the end of the range": (substance("H0005", "F19.20"), []),
    "H0004 serves both": (substance("H0004", "F33.1"), []),
    "a substance use diagnosis to a payer of mental health only": (
        substance("90834", "F10.20", mental_health_only=True),
        [block("B30", **YAEL)],
    ),
    "a mood disorder to a payer of mental health only": (substance("90834", "F33.1", mental_health_only=True), []),
}


@pytest.mark.parametrize("case", B30.values(), ids=B30.keys())
def test_b30_substance_use_service_and_diagnosis_agree(case: Case) -> None:
    holds(case)


B31: dict[str, Case] = {
    "not on the plan": (diagnosed("F41.1", on_plan=False), [warn("B31", **YAEL)]),
    "on the plan": (diagnosed("F41.1"), []),
    "written without its dot": (diagnosed("F331", on_plan=False), []),
    "the secondary the line points to is not on the plan": (
        diagnosed("F33.1", "F41.1", pointers=(1, 2), on_plan=False),
        [warn("B31", **YAEL)],
    ),
    "a secondary no line points to is not on the plan": (
        diagnosed("F33.1", "F41.1", pointers=(1,), on_plan=False),
        [warn("B31", **YAEL)],
    ),
    "a relational problem that rides along": (diagnosed("F33.1", "Z63.0", pointers=(1, 2), on_plan=False), []),
    "on the plan that was active then, closed since": (
        clean_individual()
        .change("PL-YAEL", "2026-04-16 09:00", status="closed", end="2026-04-16")
        .add(
            "plan",
            "PL-2",
            "2026-04-16 09:00",
            **{**clean_individual().data("PL-YAEL"), "diagnoses": ["F41.1"], "start": "2026-04-16"},
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", B31.values(), ids=B31.keys())
def test_b31_the_diagnosis_is_on_the_plan(case: Case) -> None:
    holds(case)


def planned(**fields: Any) -> Scenario:
    return clean_group().set("PL-BEN", **fields)


B41: dict[str, Case] = {
    "no plan": (clean_group().without("PL-BEN"), [hold("B41", **BEN)]),
    "a plan for individual visits only": (planned(modalities=["individual"]), [hold("B41", **BEN)]),
    "a plan for groups only": (planned(modalities=["group"]), []),
    "the plan begins the day after": (planned(start="2026-04-16"), [hold("B41", **BEN)]),
    "the plan begins on the day": (planned(start="2026-04-15"), []),
    "the plan ended the day before": (planned(status="closed", end="2026-04-14"), [hold("B41", **BEN)]),
    "the plan ended on the day": (planned(status="closed", end="2026-04-15"), []),
    "the plan was closed afterwards": (clean_group().change("PL-BEN", "2026-04-16 10:00", status="closed"), []),
    "the review was due the day before": (planned(review_due="2026-04-14"), [hold("B41", **BEN)]),
    "the review is due on the day": (planned(review_due="2026-04-15"), []),
    "the review fell due after the visit": (planned(review_due="2026-04-16").seen("2026-04-19 12:00"), []),
    "couples therapy on a plan for family visits": (clean_couple().set("PL-PAT", modalities=["family"]), []),
    "a family session on a plan for groups": (
        clean_family().set("PL-TEO", modalities=["group"]),
        [hold("B41", **about("TEO"))],
    ),
    "a multi-family group on a plan for family visits": (
        clean_multi_family().set("PL-VIC", modalities=["family"]).set("PL-XAN", modalities=["group"]),
        [],
    ),
    "an individual visit asks for no such plan": (clean_individual().without("PL-YAEL"), []),
    "which modalities the plan covers is not recorded": (planned(modalities=[]), [warn("B41", **BEN)]),
}


@pytest.mark.parametrize("case", B41.values(), ids=B41.keys())
def test_b41_an_active_plan_covers_the_visit(case: Case) -> None:
    holds(case)


def test_the_diagnosis_rules_predict_what_fits() -> None:
    assert predicted(B29["only a relational problem"], "B29") == "50"
    assert predicted(B30["H0005 with a mood disorder"], "B30") == "11"
    assert predicted(B31["not on the plan"], "B31") == "50"
    assert predicted(B41["no plan"], "B41") == "50"

"""Do add-on and crisis codes stand on what they need? B14 and B15, case by case."""

import pytest

from tests.streams.rules.billing import about, again, lasting, line, more_lines, predicted, recode
from tests.streams.scenario import (
    Case,
    Scenario,
    at,
    block,
    clean_couple,
    clean_group,
    clean_individual,
    holds,
    warn,
)

YAEL, BEN, PAT = about("YAEL"), about("BEN"), about("PAT")
FACTOR = "caregiver emotions interfered with the plan"


def complex_visit(scenario: Scenario, who: str = "YAEL", factor: str | None = FACTOR) -> Scenario:
    """90785 beside what is billed; the factor is in the note."""
    return more_lines(scenario, f"K-S-1-{who}", "90785").set(f"N-S-1-{who}", complexity_factor=factor)


B14: dict[str, Case] = {
    "beside an individual code, with a factor": (complex_visit(clean_individual()), []),
    "beside a group code, for the one member with a factor": (complex_visit(clean_group(), "BEN"), []),
    "no factor documented": (complex_visit(clean_individual(), factor=None), [block("B14", **YAEL)]),
    "only another member's note has the factor": (
        complex_visit(clean_group(), "BEN", factor=None).set("N-S-1-ANA", complexity_factor=FACTOR),
        [block("B14", **BEN)],
    ),
    "beside a couples code": (complex_visit(clean_couple(), "PAT"), [block("B14", **PAT)]),
    "beside a crisis code": (
        complex_visit(recode(lasting(clean_individual(), 60), "K-S-1-YAEL", "90839").set("S-1", kind="crisis")),
        [block("B14", **YAEL)],
    ),
    "alone on the claim": (
        recode(clean_individual(), "K-S-1-YAEL", "90785").set("N-S-1-YAEL", code="90834", complexity_factor=FACTOR),
        [block("B14", **YAEL)],
    ),
    "alone on a second claim of the same visit": (
        _second := clean_individual().set("N-S-1-YAEL", complexity_factor=FACTOR),
        [],
    ),
}
_second.add(
    "claim",
    "K-2",
    "2026-04-15 22:30",
    **{
        **_second.data("K-S-1-YAEL"),
        "queued_at": at("2026-04-15 22:30"),
        "lines": [{**_second.data("K-S-1-YAEL")["lines"][0], "code": "90785", "amount": "20.00"}],
        "total": "20.00",
    },
)


@pytest.mark.parametrize("case", B14.values(), ids=B14.keys())
def test_b14_interactive_complexity_needs_a_code_and_a_factor(case: Case) -> None:
    holds(case)


def test_b14_at_stake_is_the_add_on_alone() -> None:
    found = next(f for f in B14["beside a couples code"][0].findings() if f.rule == "B14")
    assert (found.money_at_stake_cents, found.predicts) == (2000, "97")
    assert predicted(B14["no factor documented"], "B14") == "16"


def crisis(minutes: float, *further: str, **fields: object) -> Scenario:
    scenario = recode(lasting(clean_individual(), minutes).set("S-1", kind="crisis"), "K-S-1-YAEL", "90839")
    return more_lines(scenario, "K-S-1-YAEL", *further, **fields) if further else scenario


def twice_a_day() -> Scenario:
    scenario = crisis(45)
    return again(scenario, "90839", "YAEL", "2026-04-15 20:30", 45, kind="crisis").seen("2026-04-16 18:50")


B15: dict[str, Case] = {
    "29 minutes": (crisis(29), [block("B15", **YAEL)]),
    "30 minutes": (crisis(30), []),
    "74 minutes": (crisis(74), []),
    "74 minutes with 90840": (crisis(74, "90840"), [block("B15", **YAEL)]),
    "75 minutes with 90840": (crisis(75, "90840"), []),
    "104 minutes with two units of 90840": (crisis(104, "90840", units=2), [block("B15", **YAEL)]),
    "105 minutes with two units of 90840": (crisis(105, "90840", units=2), []),
    "90840 alone": (
        recode(crisis(90), "K-S-1-YAEL", "90840").set("N-S-1-YAEL", code="90839"),
        [block("B15", **YAEL)],
    ),
    "beside an individual code of the same visit": (crisis(45, "90834"), [block("B15", **YAEL)]),
    "beside an evaluation of the same visit": (crisis(45, "90791"), [block("B15", **YAEL)]),
    "two units of 90839": (
        line(crisis(45), "K-S-1-YAEL", units=2, amount="380.00"),
        [block("B15", **YAEL), block("B18", **YAEL)],
    ),
    "twice on one day": (
        twice_a_day(),
        [block("B15", **about("YAEL", "S-2")), block("B18", **about("YAEL", "S-2"))],
    ),
    "29 minutes billed as 90832": (recode(crisis(29), "K-S-1-YAEL", "90832"), []),
    "nobody recorded when it ended": (crisis(45).set("S-1", actual_end=None), [warn("B15", **YAEL)]),
}


@pytest.mark.parametrize("case", B15.values(), ids=B15.keys())
def test_b15_crisis_codes_need_their_time_and_stand_alone(case: Case) -> None:
    holds(case)


def test_b15_predicts_what_fits() -> None:
    assert predicted(B15["29 minutes"], "B15") == "16"
    assert predicted(B15["beside an individual code of the same visit"], "B15") == "97"

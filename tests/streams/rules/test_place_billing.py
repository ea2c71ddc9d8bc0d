"""Does the claim say where the client was, and may they be treated there? B32 and B33, case by case."""

from typing import Any

import pytest

from tests.streams.rules.billing import about, line, predicted
from tests.streams.scenario import Case, Scenario, block, clean_group, clean_individual, hold, holds

BEN, YAEL = about("BEN"), about("YAEL")


def remote(place: str | None = "home", state: str = "IL", modality: str = "telehealth_video") -> Scenario:
    """The group met by video or telephone; C-BEN was where `place` says."""
    scenario = clean_group().telehealth("S-1", modality)
    where = None if place is None else {"state": state, "place": place, "emergency_contact": "+13125550100"}
    return scenario.set("AT-S-1-BEN", location=where)


def claim(scenario: Scenario, pos: str, *modifiers: str, who: str = "BEN") -> Scenario:
    return line(scenario.set(f"K-S-1-{who}", place_of_service=pos), f"K-S-1-{who}", modifiers=list(modifiers))


def gt(scenario: Scenario) -> Scenario:
    scenario.policy = {"payers": {"PAY-COM": {"required_modifiers": {"telehealth": ["GT"]}}}}
    for who in ("ANA", "BEN", "CLEO", "DREW"):
        line(scenario, f"K-S-1-{who}", modifiers=["GT"])
    return scenario


B32: dict[str, Case] = {
    "at home by video: 10 and 95": (remote(), []),
    "at home by telephone: 10 and 93": (remote(modality="telehealth_audio"), []),
    "elsewhere by video: 02": (claim(remote("other"), "02", "95"), []),
    "elsewhere, billed as at home like everybody else": (remote("other"), [block("B32", **BEN)]),
    "at home, billed as elsewhere": (claim(remote(), "02", "95"), [block("B32", **BEN)]),
    "by video with the office as place": (claim(remote(), "11", "95"), [block("B32", **BEN)]),
    "by video without a modifier": (claim(remote(), "10"), [block("B32", **BEN)]),
    "by video with the modifier for audio": (claim(remote(), "10", "93"), [block("B32", **BEN)]),
    "by telephone with the modifier for video": (
        claim(remote(modality="telehealth_audio"), "10", "95"),
        [block("B32", **BEN)],
    ),
    "where the client was is not captured: either place will do": (
        claim(remote(None), "02", "95"),
        [hold("C07", session="S-1", client="C-BEN")],
    ),
    "a payer that asks for GT": (gt(remote()), []),
    "in person: 11": (clean_individual(), []),
    "in person with 95": (line(clean_individual(), "K-S-1-YAEL", modifiers=["95"]), [block("B32", **YAEL)]),
    "in person with 93": (line(clean_individual(), "K-S-1-YAEL", modifiers=["93"]), [block("B32", **YAEL)]),
    "in person with place 10": (claim(clean_individual(), "10", who="YAEL"), [block("B32", **YAEL)]),
    "a session in person that one member joined from home": (
        claim(clean_group().set("AT-S-1-BEN", location={"state": "IL", "place": "home"}), "10", "95"),
        [],
    ),
}


@pytest.mark.parametrize("case", B32.values(), ids=B32.keys())
def test_b32_place_and_modifier_are_the_clients_own(case: Case) -> None:
    holds(case)


def test_b32_predicts_place_or_modifier() -> None:
    assert predicted(B32["by video with the office as place"], "B32") == "5"
    assert predicted(B32["by video without a modifier"], "B32") == "4"


REYES = {"clinician": "CL-REYES"}
AWAY = [block("B33", **BEN, **REYES), hold("C07", session="S-1", client="C-BEN", **REYES)]


def licensed(scenario: Scenario, *more: dict[str, Any]) -> Scenario:
    return scenario.set("CL-REYES", licenses=[*scenario.data("CL-REYES")["licenses"], *more])


B33: dict[str, Case] = {
    "at home in a state without a licence": (remote(state="WI"), AWAY),
    "at home in a state with a licence": (
        licensed(remote(state="WI"), {"state": "WI", "number": "1", "from": "2020-01-01", "to": None}),
        [],
    ),
    "that licence ends on the day": (
        licensed(remote(state="WI"), {"state": "WI", "number": "1", "from": "2020-01-01", "to": "2026-04-15"}),
        [],
    ),
    "that licence ended the day before": (
        licensed(remote(state="WI"), {"state": "WI", "number": "1", "from": "2020-01-01", "to": "2026-04-14"}),
        AWAY,
    ),
    "that licence begins the day after": (
        licensed(remote(state="WI"), {"state": "WI", "number": "1", "from": "2026-04-16", "to": None}),
        AWAY,
    ),
    "lives elsewhere but came to the office": (clean_group().set("C-BEN", state="WI"), []),
}


@pytest.mark.parametrize("case", B33.values(), ids=B33.keys())
def test_b33_licensed_where_the_client_was(case: Case) -> None:
    holds(case)


def test_b33_predicts_the_provider_not_eligible() -> None:
    assert predicted(B33["at home in a state without a licence"], "B33") == "185"

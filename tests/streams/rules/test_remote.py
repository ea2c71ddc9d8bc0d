"""May this person take part from where they are? C07, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import (
    Case,
    Scenario,
    at,
    block,
    clean_couple,
    clean_group,
    clean_individual,
    hold,
    holds,
    warn,
)

BEN = {"session": "S-1", "client": "C-BEN"}
BEN_C07 = hold("C07", **BEN)
UNLICENSED = hold("C07", **BEN, clinician="CL-REYES")
B33 = block("B33", **BEN, claim="K-S-1-BEN", clinician="CL-REYES")
HOME = {"state": "IL", "place": "home", "emergency_contact": "+13125550100"}


def remote(**consent: Any) -> Scenario:
    scenario = clean_group().telehealth("S-1")
    return scenario.set("CON-BEN-telehealth", **consent) if consent else scenario


def located(**location: Any) -> Scenario:
    return remote().set("AT-S-1-BEN", location={**HOME, **location})


def ahead() -> Scenario:
    scenario = remote().seen("2026-04-29 12:00")
    return scenario.book("S-2", "individual", ("BEN",), "2026-04-29 18:00", 50, modality="telehealth_video")


C07: dict[str, Case] = {
    "no telehealth consent": (remote().without("CON-BEN-telehealth"), [BEN_C07]),
    "the telehealth consent has expired": (remote(expires=at("2026-04-14 23:59")), [BEN_C07]),
    "the telehealth consent was revoked before": (
        remote(status="revoked", revoked_at=at("2026-04-14 09:00")),
        [BEN_C07],
    ),
    "by telephone it is needed too": (
        clean_group().telehealth("S-1", "telehealth_audio").without("CON-BEN-telehealth"),
        [BEN_C07],
    ),
    "nobody recorded where the person was": (remote().set("AT-S-1-BEN", location=None), [BEN_C07]),
    "the place is recorded and the state is not": (located(state=None), [BEN_C07]),
    "in a state where the clinician has no licence": (
        located(state="WI"),
        [UNLICENSED, B33],
    ),
    "in another state where the clinician is licensed": (
        located(state="WI").set(
            "CL-REYES",
            licenses=[
                {"state": "IL", "number": "1", "from": "2019-01-01", "to": "2027-12-31"},
                {"state": "WI", "number": "2", "from": "2026-04-15", "to": "2026-04-15"},
            ],
        ),
        [],
    ),
    "the licence for that state began the day after": (
        located(state="WI").set(
            "CL-REYES",
            licenses=[
                {"state": "IL", "number": "1", "from": "2019-01-01", "to": "2027-12-31"},
                {"state": "WI", "number": "2", "from": "2026-04-16", "to": None},
            ],
        ),
        [UNLICENSED, B33],
    ),
    "came to the office after all": (
        located(place="office").without("CON-BEN-telehealth").set("K-S-1-BEN", place_of_service="02"),
        [],
    ),
    "the one without a consent did not come": (remote().without("CON-BEN-telehealth").miss("S-1", "BEN"), []),
    "in person nothing of it is asked": (clean_group().set("AT-S-1-BEN", location=None), []),
    "before the session only the consent is asked": (
        ahead().without("CON-BEN-telehealth"),
        [BEN_C07, hold("C07", session="S-2", client="C-BEN")],
    ),
    "before the session the place is not known yet": (ahead(), []),
    "one of a couple has no consent": (
        clean_couple().telehealth("S-1").without("CON-QUINN-telehealth"),
        [hold("C07", session="S-1", client="C-QUINN")],
    ),
}


@pytest.mark.parametrize("case", C07.values(), ids=C07.keys())
def test_who_takes_part_remotely_has_consented_and_is_where_the_clinician_is_licensed(case: Case) -> None:
    holds(case)


def test_the_licences_of_the_clinician_are_not_recorded() -> None:
    scenario = clean_individual().telehealth("S-1").set("CL-REYES", licenses=[])
    assert warn("C07", session="S-1", client="C-YAEL") in scenario.found()

"""Do the services of one day bear each other? B16-B19 and B38, case by case, in every order of arrival."""

from typing import Any

import pytest

from tests.streams.rules.billing import (
    about,
    accepted,
    again,
    copied,
    line,
    predicted,
    recode,
    rejected,
)
from tests.streams.scenario import (
    Case,
    Data,
    Scenario,
    after,
    at,
    block,
    clean_couple,
    clean_group,
    clean_individual,
    hold,
    holds,
    warn,
)

ANA2 = about("ANA", "S-2")
YAEL, YAEL2 = about("YAEL"), about("YAEL", "S-2")


def both(start: str = "2026-04-15 16:00", **claim: Any) -> Scenario:
    """C-ANA is in the group at 18:00 and has an individual visit (S-2) on the same day."""
    scenario = again(clean_group(), "90834", "ANA", start, 50).seen("2026-04-17 12:00")
    return scenario.set("K-S-2-ANA", **claim) if claim else scenario


def distinct(scenario: Scenario, modifier: str = "XE", claim: str = "K-S-2-ANA") -> Scenario:
    return line(scenario, claim, modifiers=[modifier])


def never(scenario: Scenario) -> Scenario:
    pair = {"col1": "90853", "col2": "90834", "indicator": 0, "modifier_on": "col2", "from": "2014-10-01", "to": None}
    scenario.policy["ptp"] = [pair]
    return scenario


def mori(scenario: Scenario, session: str, *who: str) -> Scenario:
    """The session was led, documented and billed by the other clinician."""
    scenario.set(session, facilitators=[{"clinician": "CL-MORI", "role": "lead"}])
    for client in who:
        scenario.set(f"N-{session}-{client}", author="CL-MORI", signed_by="CL-MORI")
        scenario.set(f"K-{session}-{client}", rendering="CL-MORI", rendering_npi="1730188269")
    return scenario


B16: dict[str, Case] = {
    "group and individual on one day without a modifier": (both(), [hold("B16", **ANA2)]),
    "with XE on the individual code": (distinct(both()), []),
    "with 59 on the individual code": (distinct(both(), "59"), []),
    "with the modifier on the group code instead": (distinct(both(), "59", "K-S-1-ANA"), [hold("B16", **ANA2)]),
    "with 95 only, which says nothing about distinctness": (
        distinct(both(), "25"),
        [hold("B16", **ANA2)],
    ),
    "with XE but the notes overlap": (
        distinct(both()).set("N-S-2-ANA", start=at("2026-04-15 18:30"), stop=at("2026-04-15 19:20")),
        [block("B16", **ANA2)],
    ),
    "with XE, one begins when the other ends": (distinct(both("2026-04-15 19:00")), []),
    "an edit that allows no modifier": (never(distinct(both())), [block("B16", **ANA2)]),
    "on the next day": (again(clean_group(), "90834", "ANA", "2026-04-16 10:00", 50).seen("2026-04-17 12:00"), []),
    "on the same day in UTC, on two local days": (
        again(
            clean_group(), "90834", "ANA", "2026-04-14 23:30", 25, scheduled_end=after("2026-04-14 23:30", minutes=50)
        ).seen("2026-04-17 12:00"),
        [],
    ),
    "by two clinicians": (mori(both(), "S-2", "ANA"), []),
    "the individual claim was voided": (both(status="voided"), []),
    "the edit had ended by then": (
        _ended := both(),
        [],
    ),
}
_ended.policy["ptp"] = [{"col1": "90853", "col2": "90834", "indicator": 1, "modifier_on": "col2", "to": "2026-04-14"}]


@pytest.mark.parametrize("case", B16.values(), ids=B16.keys())
def test_b16_a_pair_of_codes_is_told_apart(case: Case) -> None:
    holds(case)


def test_b16_predicts_what_fits() -> None:
    assert predicted(B16["group and individual on one day without a modifier"], "B16") == "97"
    assert predicted(B16["an edit that allows no modifier"], "B16") == "236"


B17: dict[str, Case] = {
    "59 with no other service that day": (
        line(clean_individual(), "K-S-1-YAEL", modifiers=["59"]),
        [warn("B17", **YAEL)],
    ),
    "XE with no other service that day": (
        line(clean_individual(), "K-S-1-YAEL", modifiers=["XE"]),
        [warn("B17", **YAEL)],
    ),
    "another modifier": (line(clean_individual(), "K-S-1-YAEL", modifiers=["GC"]), []),
    "the other half of the pair was voided": (
        distinct(both()).set("K-S-1-ANA", status="voided").seen("2026-04-17 12:00"),
        [warn("B17", **ANA2)],
    ),
    "the other half of the pair was voided later": (
        distinct(both()).change("K-S-1-ANA", "2026-04-16 09:00", status="voided"),
        [warn("B17", **ANA2)],
    ),
    "the other half was moved to another day": (
        distinct(both()).change(
            "S-1",
            "2026-04-16 09:00",
            scheduled_start=at("2026-04-13 18:00"),
            scheduled_end=at("2026-04-13 19:00"),
            actual_start=at("2026-04-13 18:00"),
            actual_end=at("2026-04-13 19:00"),
        ),
        [],
    ),
}


def _only(rule: str, scenario: Scenario) -> list[Data]:
    return [finding.subject for finding in scenario.findings() if finding.rule == rule]


@pytest.mark.parametrize("name", [name for name in B17 if "moved" not in name])
def test_b17_a_distinct_service_has_another_beside_it(name: str) -> None:
    holds(B17[name])


def test_b17_the_other_half_was_moved_to_another_day() -> None:
    assert _only("B17", B17["the other half was moved to another day"][0]) == [ANA2]


def two_of(code: str, **fields: Any) -> Scenario:
    """Two visits of C-YAEL on one day, the same code, one without and one with a modifier."""
    scenario = clean_individual() if code == "90834" else recode(clean_individual(), "K-S-1-YAEL", code)
    return again(scenario, code, "YAEL", "2026-04-15 20:30", 50, **fields).seen("2026-04-17 12:00")


def couple_twice() -> Scenario:
    scenario = clean_couple().book(
        "S-2", "couple", ("PAT", "QUINN"), "2026-04-15 20:00", 50, unit="CP-1", identified_patient="C-PAT"
    )
    return scenario.hold("S-2", "90847", ("PAT",)).seen("2026-04-17 12:00")


B18: dict[str, Case] = {
    "two couples sessions on one day": (couple_twice(), [block("B18", **about("PAT", "S-2"))]),
    "two couples sessions on two days": (
        _two_days := couple_twice(),
        [],
    ),
    "a code without a limit twice a day": (two_of("90834"), []),
    "the practice's limit is two": (
        _limit := couple_twice(),
        [],
    ),
    "the first of the two was voided": (couple_twice().set("K-S-1-PAT", status="voided"), []),
    "queued twice, neither accepted yet": (
        copied(clean_couple(), "K-S-1-PAT", "K-2"),
        [block("B18", session="S-1", client="C-PAT", claim="K-2")],
    ),
}
_limit.policy["mue_per_day"] = {"90847": 2}
for _change in _two_days.changes:
    if _change["id"] == "S-2" or _change["data"].get("session") == "S-2":
        for _key, _value in list(_change["data"].items()):
            if isinstance(_value, str) and _value.startswith("2026-04-15T"):
                _change["data"][_key] = _value.replace("2026-04-15T", "2026-04-16T")
        if _change["entity"] == "note":
            _change["data"]["date"] = "2026-04-16"
        if _change["entity"] == "claim":
            _change["data"]["lines"][0]["date"] = "2026-04-16"


@pytest.mark.parametrize("case", B18.values(), ids=B18.keys())
def test_b18_no_more_units_of_a_day_than_are_payable(case: Case) -> None:
    holds(case)


K2 = {"session": "S-1", "client": "C-YAEL", "claim": "K-2"}

B19: dict[str, Case] = {
    "accepted and billed again": (
        copied(accepted(clean_individual(), "K-S-1-YAEL"), "K-S-1-YAEL", "K-2", status="queued"),
        [block("B19", **K2)],
    ),
    "paid and billed again": (
        copied(accepted(clean_individual(), "K-S-1-YAEL", "paid"), "K-S-1-YAEL", "K-2", status="queued"),
        [block("B19", **K2)],
    ),
    "rejected and billed again": (
        copied(rejected(clean_individual(), "K-S-1-YAEL"), "K-S-1-YAEL", "K-2", status="queued"),
        [],
    ),
    "accepted, and sent to a secondary coverage of the same payer": (
        copied(
            accepted(clean_individual(), "K-S-1-YAEL"),
            "K-S-1-YAEL",
            "K-2",
            status="queued",
            sequence="secondary",
            primary_adjudicated={"claim": "K-S-1-YAEL", "date": "2026-04-16", "paid": "90.00"},
        ),
        [],
    ),
    "accepted and replaced (frequency 7)": (
        copied(
            accepted(clean_individual(), "K-S-1-YAEL"),
            "K-S-1-YAEL",
            "K-2",
            status="queued",
            frequency=7,
            original_ref="PCN-K-S-1-YAEL",
        ),
        [],
    ),
    "accepted and voided (frequency 8)": (
        copied(
            accepted(clean_individual(), "K-S-1-YAEL"),
            "K-S-1-YAEL",
            "K-2",
            status="queued",
            frequency=8,
            original_ref="PCN-K-S-1-YAEL",
        ),
        [],
    ),
    "the first one was voided": (
        copied(accepted(clean_individual(), "K-S-1-YAEL"), "K-S-1-YAEL", "K-2", status="queued").set(
            "K-S-1-YAEL", status="voided"
        ),
        [],
    ),
    "another visit of the same day, same code, already accepted": (
        accepted(two_of("90834"), "K-S-1-YAEL"),
        [block("B19", **YAEL2)],
    ),
    "another visit of the same day with a modifier": (
        line(accepted(two_of("90834"), "K-S-1-YAEL"), "K-S-2-YAEL", modifiers=["XE"]),
        [],
    ),
    "another visit of the same day by another clinician": (
        mori(accepted(two_of("90834"), "K-S-1-YAEL"), "S-2", "YAEL"),
        [],
    ),
}


@pytest.mark.parametrize("case", B19.values(), ids=B19.keys())
def test_b19_what_was_accepted_is_not_billed_as_new_again(case: Case) -> None:
    holds(case)


def test_b19_is_a_duplicate_to_the_payer() -> None:
    assert predicted(B19["accepted and billed again"], "B19") == "18"


def overlapping(start: str, minutes: int = 50, who: str = "YAEL") -> Scenario:
    """C-<who> has a visit of their own while the group of S-1 (18:00 to 19:00) is on, led by the same clinician."""
    scenario = clean_group().patient(who) if who == "YAEL" else clean_group()
    return again(scenario, "90834", who, start, minutes).seen("2026-04-17 12:00")


REYES = {"clinician": "CL-REYES"}
DOUBLE = [block("B38", session="S-1", **REYES), block("B38", session="S-2", **REYES)]
BOTH_ANA = [block("B38", session="S-1", client="C-ANA"), block("B38", session="S-2", client="C-ANA")]

B38: dict[str, Case] = {
    "one clinician in two sessions": (overlapping("2026-04-15 18:20"), DOUBLE),
    "by one minute": (overlapping("2026-04-15 18:59"), DOUBLE),
    "one begins when the other ends": (overlapping("2026-04-15 19:00"), []),
    "one ends when the other begins": (overlapping("2026-04-15 17:10"), []),
    "two clinicians": (mori(overlapping("2026-04-15 18:20"), "S-2", "YAEL"), []),
    "one client in two sessions of two clinicians": (
        mori(distinct(both("2026-04-15 18:20")), "S-2", "ANA"),
        BOTH_ANA,
    ),
    "the client left the group to go to the other": (
        mori(distinct(both("2026-04-15 18:30")), "S-2", "ANA").set("AT-S-1-ANA", left=at("2026-04-15 18:30")),
        [],
    ),
    "nobody came to the other session": (
        overlapping("2026-04-15 18:20").without("N-S-2-YAEL", "K-S-2-YAEL").set("AT-S-2-YAEL", status="no_show"),
        [],
    ),
    "the other session was cancelled": (
        clean_group().patient("YAEL").book("S-2", "individual", ("YAEL",), "2026-04-15 18:20", 50, status="cancelled"),
        [],
    ),
    "held while another was only booked": (
        clean_group().patient("YAEL").book("S-2", "individual", ("YAEL",), "2026-04-15 18:20", 50),
        [],
    ),
    "both booked for the same time ahead": (
        clean_group()
        .patient("YAEL")
        .book("S-2", "individual", ("YAEL",), "2026-04-21 18:00", 50)
        .book("S-3", "individual", ("ANA",), "2026-04-21 18:30", 50),
        [block("B38", session="S-2", **REYES), block("B38", session="S-3", **REYES)],
    ),
    "across midnight": (
        _night := clean_individual().patient("ANA"),
        [],
    ),
}
_night.book("S-2", "individual", ("YAEL",), "2026-04-21 23:30", 50)
_night.book("S-3", "individual", ("ANA",), "2026-04-22 00:10", 50)
B38["across midnight"] = (
    _night,
    [block("B38", session="S-2", **REYES), block("B38", session="S-3", **REYES)],
)


@pytest.mark.parametrize("case", B38.values(), ids=B38.keys())
def test_b38_nobody_is_in_two_places_at_once(case: Case) -> None:
    holds(case)

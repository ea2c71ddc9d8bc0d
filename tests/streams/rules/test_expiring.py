"""Which consents run out while appointments are still ahead? C15, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, clean_group, hold, holds, warn

BEN = {"client": "C-BEN", "consent": "CON-BEN-treatment"}
REMIND, HELD = warn("C15", **BEN), hold("C15", **BEN)
MEMBERS = ("ANA", "BEN", "CLEO", "DREW")


def ahead(expires: str, start: str = "2026-06-03 18:00", **consent: Any) -> Scenario:
    """Looked at on 16 April at 19:00, with a session of the group booked for June."""
    scenario = clean_group().set("CON-BEN-treatment", expires=at(expires), **consent)
    scenario.add("appointment", "S-2", "2026-04-02 09:00", **booked(start))
    return scenario


def booked(start: str, **fields: Any) -> dict[str, Any]:
    made = Scenario().book("S-2", "group", MEMBERS, start, 60, unit="G-1", **fields)
    return dict(made.data("S-2"))


C15: dict[str, Case] = {
    "31 days ahead": (ahead("2026-05-17 23:59"), []),
    "30 days ahead": (ahead("2026-05-16 23:59"), [REMIND]),
    "7 days ahead": (ahead("2026-04-23 23:59"), [REMIND]),
    "the day before": (ahead("2026-04-17 08:00"), [REMIND]),
    "on the day, in the evening": (ahead("2026-04-16 23:59"), [HELD]),
    "a week ago": (ahead("2026-04-09 23:59").miss("S-1", "BEN"), [HELD]),
    "the day counts where the practice is": (ahead("2026-04-17T04:30:00+00:00"), [HELD]),
    "no appointment ahead": (clean_group().set("CON-BEN-treatment", expires=at("2026-04-20 23:59")), []),
    "the appointment ahead was called off": (
        ahead("2026-04-20 23:59").change("S-2", "2026-04-10 09:00", status="cancelled"),
        [],
    ),
    "taken off the appointment ahead": (
        ahead("2026-04-20 23:59").change("S-2", "2026-04-10 09:00", clients=["C-ANA", "C-CLEO", "C-DREW"]),
        [],
    ),
    "already renewed": (
        ahead("2026-04-20 23:59").consent(
            "BEN", "treatment", signed="2026-04-14 09:00", id_="CON-NEW", expires=at("2027-04-14 23:59")
        ),
        [],
    ),
    "the renewal ends earlier still": (
        ahead("2026-04-20 23:59").consent(
            "BEN", "treatment", signed="2026-04-14 09:00", id_="CON-NEW", expires=at("2026-04-18 23:59")
        ),
        [REMIND],
    ),
    "revoked long ago": (
        ahead("2026-04-20 23:59", status="revoked", revoked_at=at("2026-04-16 08:00")),
        [],
    ),
    "it never ends": (clean_group().add("appointment", "S-2", "2026-04-02 09:00", **booked("2026-06-03 18:00")), []),
    "a telehealth consent, and the sessions ahead are in person": (
        ahead("2027-03-11 23:59").consent("BEN", "telehealth", expires=at("2026-04-20 23:59")),
        [],
    ),
    "a telehealth consent, and the session ahead is remote": (
        ahead("2027-03-11 23:59")
        .set("S-2", modality="telehealth_video")
        .consent("BEN", "telehealth", expires=at("2026-04-20 23:59")),
        [warn("C15", client="C-BEN", consent="CON-BEN-telehealth")],
    ),
    "the group's agreement": (
        ahead("2027-03-11 23:59").set("CON-BEN-group_agreement", expires=at("2026-04-20 23:59")),
        [warn("C15", client="C-BEN", consent="CON-BEN-group_agreement")],
    ),
    "another group's agreement": (
        ahead("2027-03-11 23:59").consent(
            "BEN", "group_agreement", unit="G-9", id_="CON-BEN-G9", expires=at("2026-04-20 23:59")
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", C15.values(), ids=C15.keys())
def test_a_consent_that_runs_out_before_an_appointment_is_told(case: Case) -> None:
    holds(case)


def test_the_reminder_becomes_a_hold_and_ends_with_the_last_appointment() -> None:
    scenario = ahead("2026-05-10 12:00")
    assert scenario.found("2026-04-09 23:00") == []
    assert scenario.found("2026-04-10 01:00") == [REMIND]
    assert scenario.found("2026-05-09 23:00") == [REMIND]
    assert scenario.found("2026-05-10 01:00") == [HELD]
    assert hold("C15", **BEN) in scenario.found("2026-06-03 17:00")
    assert hold("C15", **BEN) not in scenario.found("2026-06-03 19:00")

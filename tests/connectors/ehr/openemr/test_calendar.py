"""Series of OpenEMR's calendar: the days its own calendar shows, each one session, whoever holds it."""

from typing import Any

import pytest

from connectors.ehr.openemr.calendar import MOST_OCCURRENCES, days_of
from tests.connectors.ehr.openemr.capturing import Listening, adapter
from tests.connectors.ehr.openemr.database import Database, clock, day
from tests.connectors.ehr.openemr.test_sessions import practice, told_of


def spec(freq: str = "1", kind: str = "1", exdate: str = "", **on: str) -> str:
    """`pc_recurrspec` as PHP writes it."""
    fields = {
        "event_repeat_freq": freq,
        "event_repeat_freq_type": kind,
        "event_repeat_on_num": "1",
        "event_repeat_on_day": "0",
        "event_repeat_on_freq": "0",
        "exdate": exdate,
        **on,
    }
    said = "".join(f's:{len(name)}:"{name}";s:{len(value)}:"{value}";' for name, value in fields.items())
    return f"a:{len(fields)}:{{{said}}}"


def series(first: str, last: str | None, text: str, kind: int = 1) -> dict[str, Any]:
    return {"pc_eventDate": first, "pc_endDate": last, "pc_recurrtype": kind, "pc_recurrspec": text}


@pytest.mark.parametrize(
    ("event", "days"),
    [
        (series("2026-03-03", "2026-03-24", spec()), ["2026-03-03", "2026-03-10", "2026-03-17", "2026-03-24"]),
        (series("2026-03-03", "2026-03-31", spec("2")), ["2026-03-03", "2026-03-17", "2026-03-31"]),
        (series("2026-03-03", "2026-03-17", spec(exdate="20260310")), ["2026-03-03", "2026-03-17"]),
        (series("2026-03-03", "2026-03-10", spec(exdate="20260303,20260310")), []),
        (series("2026-03-05", "2026-03-10", spec("1", "4")), ["2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"]),
        (series("2026-03-05", "2026-03-13", spec("3", "4")), ["2026-03-05", "2026-03-10", "2026-03-13"]),
        (series("2026-01-31", "2026-04-05", spec("1", "2")), ["2026-01-31", "2026-03-03", "2026-04-03"]),
        (series("2024-02-29", "2026-03-01", spec("1", "3")), ["2024-02-29", "2025-03-01", "2026-03-01"]),
        (series("2026-03-02", "2026-03-09", spec("2,4", "6"), 3), ["2026-03-02", "2026-03-04", "2026-03-09"]),
        (
            series(
                "2026-03-10",
                "2026-05-30",
                spec("0", "0", event_repeat_on_num="2", event_repeat_on_day="2", event_repeat_on_freq="1"),
                2,
            ),
            ["2026-03-10", "2026-04-14", "2026-05-12"],
        ),
        (
            series(
                "2026-03-31",
                "2026-05-30",
                spec("0", "0", event_repeat_on_num="5", event_repeat_on_day="2", event_repeat_on_freq="1"),
                2,
            ),
            ["2026-03-31", "2026-04-28", "2026-05-26"],
        ),
        (series("2026-03-03", None, spec()), ["2026-03-03"]),
        (series("2026-03-03", "2026-04-03", "a:0:{}"), ["2026-03-03"]),
        (series("2026-03-03", "2026-04-03", spec("0")), ["2026-03-03"]),
        ({"pc_eventDate": "2026-03-03", "pc_recurrtype": 0}, ["2026-03-03"]),
        ({"pc_eventDate": None, "pc_recurrtype": None}, []),
    ],
)
def test_a_series_takes_place_on_the_days_the_calendar_shows(event: dict[str, Any], days: list[str]) -> None:
    assert list(days_of(event)) == days


def test_what_one_row_can_make_is_bounded() -> None:
    assert len(days_of(series("2026-01-01", "2300-12-31", spec("1", "0")))) == MOST_OCCURRENCES


def _weekly(database: Database, **columns: Any) -> dict[str, Any]:
    """Three Tuesdays."""
    return database.slot(
        7, 1, "2026-03-03", **{"pc_endDate": day("2026-03-17"), "pc_recurrtype": 1, "pc_recurrspec": spec(), **columns}
    )


def _sessions(listening: Listening) -> dict[str, str]:
    return {id_: record["status"] for id_, record in listening.told.entities("appointment").items()}


def test_a_weekly_group_is_booked_every_week_and_held_once() -> None:
    database = practice()
    slot = _weekly(database)
    listening = told_of(database)
    weeks = ["2026-03-03", "2026-03-10", "2026-03-17"]
    assert _sessions(listening) == {f"appointment-7-{week}": "booked" for week in weeks}
    before = len(database.log)
    encounter = database.group_encounter(1, "2026-03-10")
    database.update("form_groups_encounter", encounter, appt_id=slot["pc_eid"])
    listening.hear(database.events(before))
    listening.wait(5)
    assert _sessions(listening) == {
        "appointment-7-2026-03-03": "booked",
        "appointment-7-2026-03-17": "booked",
        "group-encounter-501": "completed",
    }
    held = listening.told.entities("appointment")["group-encounter-501"]
    assert held["scheduled_start"] == "2026-03-10T23:00:00Z"  # the clocks had changed


def test_a_day_set_apart_from_its_series_and_held_is_one_session() -> None:
    database = practice()
    slot = _weekly(database)
    listening = told_of(database)
    before = len(database.log)
    # only this one of the series is edited: an exception, and a row of its own, while the encounter names the series
    database.update("openemr_postcalendar_events", slot, pc_recurrspec=spec(exdate="20260310"))
    database.slot(8, 1, "2026-03-10", pc_apptstatus="=")
    encounter = database.insert(
        "form_groups_encounter",
        date=None,
        group_id=1,
        encounter=database.encounter_number(),
        counselors="1",
        appt_id=slot["pc_eid"],
    )
    database.update("form_groups_encounter", encounter, date=_wall("2026-03-10"))
    listening.hear(database.events(before))
    listening.wait(5)
    assert _sessions(listening) == {
        "appointment-7-2026-03-03": "booked",
        "appointment-7-2026-03-17": "booked",
        "group-encounter-501": "completed",
    }


def _wall(on: str) -> int:
    return day(on) * 86_400_000


def test_a_slot_with_two_counselors_is_one_session_of_both() -> None:
    database = practice()
    first = database.slot(7, 1, "2026-03-03", pc_multiple=4, pc_aid="2")
    database.slot(8, 1, "2026-03-03", pc_multiple=4, pc_aid="1")
    booked = told_of(database).told.entities("appointment")
    assert list(booked) == ["appointment-7"]
    assert booked["appointment-7"]["facilitators"] == [
        {"clinician": "user-2", "role": "lead"},
        {"clinician": "user-1", "role": "co"},
    ]
    encounter = database.group_encounter(1, "2026-03-03", first)
    database.attendance(encounter, {1: "@", 2: "@", 3: "@"}, first)
    assert list(told_of(database).told.entities("appointment")) == ["group-encounter-501"]


def test_a_visit_with_two_providers_is_one_session_of_both() -> None:
    database = practice()
    for eid, aid in ((20, "2"), (21, "1")):
        database.slot(eid, 0, "2026-03-03", pc_pid="1", pc_catid=5, pc_multiple=9, pc_aid=aid)
    told = told_of(database).told.entities("appointment")
    assert [len(record["facilitators"]) for record in told.values()] == [2]


def test_a_clients_weekly_hour_is_booked_and_the_visit_takes_its_day() -> None:
    database = practice()
    database.slot(
        20,
        0,
        "2026-03-03",
        pc_pid="1",
        pc_catid=5,
        pc_recurrtype=1,
        pc_recurrspec=spec(exdate="20260317"),
        pc_endDate=day("2026-03-24"),
        pc_apptstatus="@",
    )
    number = database.encounter_number()
    visit = database.insert("form_encounter", date=_wall("2026-03-10"), pid=1, encounter=number, pc_catid=5)
    database.insert("forms", encounter=number, form_id=visit["id"], pid=1, formdir="newpatient")
    listening = told_of(database)
    assert _sessions(listening) == {
        "appointment-20-2026-03-03": "booked",
        "appointment-20-2026-03-24": "booked",
        f"encounter-{number}": "completed",
    }
    assert [a["status"] for a in listening.told.entities("attendance").values()] == ["attended"]


def test_a_session_moved_to_another_day_leaves_nothing_behind() -> None:
    database = practice()
    slot = database.slot(7, 1, "2026-03-03")
    encounter = database.group_encounter(1, "2026-03-03", slot)
    database.attendance(encounter, {1: "@", 2: "@", 3: "@"}, slot)
    listening = told_of(database)
    before = len(database.log)
    database.update("form_groups_encounter", encounter, date=_wall("2026-03-04"))
    listening.hear(database.events(before))
    listening.wait(20)
    # neither the appointment of the day before nor the participants' own encounters, which stay there
    assert list(listening.told.entities("appointment")) == ["group-encounter-501"]
    assert len(listening.told.entities("attendance")) == 3


def test_an_appointment_that_is_moved_cancelled_and_booked_again_stays_one() -> None:
    database = practice()
    booked = database.slot(20, 0, "2026-03-03", pc_pid="1", pc_catid=5)
    listening = told_of(database)
    for columns in (
        {"pc_eventDate": day("2026-03-05")},
        {"pc_apptstatus": "x"},
        {"pc_apptstatus": "-", "pc_startTime": clock(9)},
        {"pc_aid": "2"},
    ):
        before = len(database.log)
        database.update("openemr_postcalendar_events", booked, **columns)
        listening.hear(database.events(before))
        listening.wait(5)
    told = listening.told.entities("appointment")
    assert list(told) == ["appointment-20"]
    assert told["appointment-20"]["status"] == "booked"
    assert told["appointment-20"]["scheduled_start"] == "2026-03-05T15:00:00Z"
    assert told["appointment-20"]["facilitators"] == [{"clinician": "user-2", "role": "lead"}]


def test_a_place_with_a_clock_of_its_own() -> None:
    database = practice()
    database.slot(7, 1, "2026-03-03", pc_facility=4)
    listening = Listening(adapter(facilities={"4": {"timezone": "America/Denver", "state": "CO"}}))
    listening.hear(database.events())
    listening.wait(5)
    told = listening.told.entities("appointment")["appointment-7"]
    assert (told["scheduled_start"], told["state"]) == ("2026-03-04T01:00:00Z", "CO")


def test_what_ends_after_midnight_and_what_takes_the_whole_day() -> None:
    database = practice()
    database.slot(7, 1, "2026-03-03", hour=23, pc_duration=0, pc_endTime=clock(24, 30))
    database.slot(20, 0, "2026-03-03", pc_pid="1", pc_catid=5, pc_alldayevent=1, pc_startTime=0, pc_duration=86_400)
    told = told_of(database).told.entities("appointment")
    assert told["appointment-7"]["scheduled_end"] == "2026-03-04T06:30:00Z"
    assert told["appointment-20"]["scheduled_start"] is None


def test_the_hour_that_does_not_exist_is_an_hour_later() -> None:
    database = practice()
    database.slot(7, 1, "2026-03-08", hour=2, pc_startTime=clock(2, 30))
    assert told_of(database).told.entities("appointment")["appointment-7"]["scheduled_start"] == "2026-03-08T08:30:00Z"

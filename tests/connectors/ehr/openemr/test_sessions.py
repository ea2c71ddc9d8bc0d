"""Sessions of OpenEMR: one group encounter is one session, however many rows OpenEMR makes of it."""

from typing import Any

from tests.connectors.ehr.openemr.capturing import Listening, adapter
from tests.connectors.ehr.openemr.database import Database, clock, day, wall

ON = "2026-03-03"


def told_of(database: Database, **mapping: Any) -> Listening:
    listening = Listening(adapter(**mapping))
    listening.hear(database.events())
    listening.wait(20)
    return listening


def practice(*pids: int) -> Database:
    database = Database()
    database.practice()
    for pid in pids or (1, 2, 3):
        database.patient(pid)
    database.group(1, *(pids or (1, 2, 3)))
    return database


def test_a_group_session_with_all_that_openemr_makes_of_it_is_one_session() -> None:
    database = practice()
    slot = database.slot(7, 1, ON)
    encounter = database.group_encounter(1, ON, slot)
    database.attendance(encounter, {1: "@", 2: "~", 3: "?"}, slot)
    for pid in (1, 2):
        database.bill(database.own_encounter(pid), pid)
    told = told_of(database).told
    sessions = told.entities("appointment")
    assert list(sessions) == ["group-encounter-501"]
    session = sessions["group-encounter-501"]
    assert (session["kind"], session["unit"], session["status"]) == ("group", "group-1", "completed")
    assert session["clients"] == ["pid-1", "pid-2", "pid-3"]
    assert session["scheduled_start"] == "2026-03-04T00:00:00Z"
    assert session["scheduled_end"] == "2026-03-04T01:30:00Z"
    assert session["actual_start"] is None
    assert session["facilitators"] == [{"clinician": "user-1", "role": "lead"}]
    attendance = {record["client"]: record["status"] for record in told.entities("attendance").values()}
    assert attendance == {"pid-1": "attended", "pid-2": "attended", "pid-3": "no_show"}
    assert all(record["arrived"] is None for record in told.entities("attendance").values())
    claims = told.entities("claim")
    assert {claim["session"] for claim in claims.values()} == {"group-encounter-501"}
    assert [claim["lines"][0]["code"] for claim in claims.values()] == ["90853", "90853"]
    assert {claim["payer"] for claim in claims.values()} == {"payer-7"}


def test_a_booked_slot_becomes_the_session_that_is_held_in_it() -> None:
    database = practice()
    slot = database.slot(7, 1, ON)
    listening = told_of(database)
    booked = listening.told.entities("appointment")
    assert {id_: record["status"] for id_, record in booked.items()} == {"appointment-7": "booked"}
    before = len(database.log)
    encounter = database.group_encounter(1, ON, slot)
    database.attendance(encounter, {1: "@", 2: "@", 3: "@"}, slot)
    listening.hear(database.events(before))
    listening.wait(5)
    assert list(listening.told.entities("appointment")) == ["group-encounter-501"]


def test_an_encounter_made_by_hand_finds_the_only_slot_of_its_day() -> None:
    database = practice()
    database.slot(7, 1, ON)
    database.group_encounter(1, ON)
    session = told_of(database).told.entities("appointment")
    assert list(session) == ["group-encounter-501"]
    assert session["group-encounter-501"]["scheduled_end"] == "2026-03-04T01:30:00Z"


def test_an_encounter_without_any_slot_is_held_on_its_day_at_no_known_time() -> None:
    database = practice()
    encounter = database.group_encounter(1, ON)
    database.attendance(encounter, {1: "@"})
    session = told_of(database).told.entities("appointment")["group-encounter-501"]
    assert (session["scheduled_start"], session["scheduled_end"]) == ("2026-03-03T06:00:00Z", None)


def test_two_sessions_of_a_group_on_one_day_are_two() -> None:
    database = practice()
    for eid, hour in ((7, 9), (8, 18)):
        slot = database.slot(eid, 1, ON, hour)
        encounter = database.group_encounter(1, ON, slot)
        database.attendance(encounter, {1: "@", 2: "@", 3: "@"}, slot)
    told = told_of(database).told
    assert len(told.entities("appointment")) == 2
    assert len(told.entities("attendance")) == 6


def test_a_deleted_encounter_is_no_session_and_its_slot_is_not_free_again() -> None:
    database = practice()
    slot = database.slot(7, 1, ON)
    encounter = database.group_encounter(1, ON, slot)
    database.attendance(encounter, {1: "@"}, slot)
    for entry in database.rows["forms"].values():
        database.update("forms", entry, deleted=1)
    told = told_of(database).told
    assert told.entities("appointment") == {}
    assert told.entities("attendance") == {}


def test_what_did_not_take_place_is_cancelled() -> None:
    database = practice()
    slot = database.slot(7, 1, ON)
    database.update("openemr_postcalendar_events", slot, pc_apptstatus=">")
    assert told_of(database).told.entities("appointment")["appointment-7"]["status"] == "cancelled"


def test_somebody_who_came_unbooked_is_in_the_session() -> None:
    database = practice()
    database.patient(9)
    encounter = database.group_encounter(1, ON)
    database.attendance(encounter, {1: "@", 9: "@"})
    session = told_of(database).told.entities("appointment")["group-encounter-501"]
    assert session["clients"] == ["pid-1", "pid-9"]


def test_an_attendance_form_that_misses_somebody_is_believed_late() -> None:
    database = practice()
    encounter = database.group_encounter(1, ON)
    database.attendance(encounter, {1: "@", 2: "@"})
    listening = Listening()
    listening.hear(database.events())
    listening.wait(8)
    assert listening.told.entities("attendance") == {}
    listening.wait(15)
    assert len(listening.told.entities("attendance")) == 2


def test_who_had_left_the_group_is_not_booked() -> None:
    database = practice()
    left = database.rows["therapy_groups_participants"][1, 2]
    database.update("therapy_groups_participants", left, group_patient_end=day("2026-03-01"))
    database.slot(7, 1, ON)
    assert told_of(database).told.entities("appointment")["appointment-7"]["clients"] == ["pid-1", "pid-3"]


def test_words_a_practice_renamed_mean_what_its_list_says() -> None:
    database = practice()
    option = database.rows["list_options"]["attendstat", "?"]
    database.update("list_options", option, title="Excused absence")
    database.insert("list_options", list_id="attendstat", option_id="P", title="Present online")
    encounter = database.group_encounter(1, ON)
    database.attendance(encounter, {1: "P", 2: "?", 3: "-"})
    told = told_of(database).told.entities("attendance")
    assert [record["status"] for record in told.values()] == ["attended", "excused", None]


def test_a_code_nothing_explains_is_not_guessed() -> None:
    database = practice()
    encounter = database.group_encounter(1, ON)
    database.attendance(encounter, {1: "Q"})
    assert [r["status"] for r in told_of(database).told.entities("attendance").values()] == [None]
    configured = told_of(database, attendance={"Q": "late_cancel"}).told
    assert [r["status"] for r in configured.entities("attendance").values()] == ["late_cancel"]


def test_a_visit_and_its_appointment_are_one_session() -> None:
    database = practice()
    booked = _appointment(database, 20, 1)
    visit = _visit(database, 1)
    database.insert("patient_tracker", eid=20, pid=1, encounter=visit["encounter"])
    database.update("openemr_postcalendar_events", booked, pc_apptstatus="@")
    told = told_of(database).told
    session = told.entities("appointment")[f"encounter-{visit['encounter']}"]
    assert len(told.entities("appointment")) == 1
    assert (session["kind"], session["clients"], session["status"]) == ("individual", ["pid-1"], "completed")
    assert session["scheduled_start"] == "2026-03-03T16:00:00Z"
    assert [record["status"] for record in told.entities("attendance").values()] == ["attended"]


def test_a_no_show_without_a_visit_stays_booked_and_says_who_missed_it() -> None:
    database = practice()
    _appointment(database, 20, 1, pc_apptstatus="?")
    told = told_of(database).told
    assert told.entities("appointment")["appointment-20"]["status"] == "booked"
    assert [record["status"] for record in told.entities("attendance").values()] == ["no_show"]


def test_a_couple_is_one_session_when_the_practice_says_which_category_it_uses() -> None:
    database = practice()
    for eid, pid in ((20, 1), (21, 2)):
        _appointment(database, eid, pid, pc_catid=16)
        _visit(database, pid, pc_catid=16)
    apart = told_of(database).told.entities("appointment")
    assert [session["kind"] for session in apart.values()] == ["individual", "individual"]
    told = told_of(database, couple_categories=["16"]).told
    session = told.entities("appointment")
    assert [record["kind"] for record in session.values()] == ["couple"]
    assert [record["clients"] for record in session.values()] == [["pid-1", "pid-2"]]
    assert len(told.entities("attendance")) == 2


def test_a_family_kept_as_a_group_is_a_family() -> None:
    database = practice()
    encounter = database.group_encounter(1, ON)
    database.attendance(encounter, {1: "@", 2: "@"})
    told = told_of(database, groups=[{"kind": "family", "name": "^tues"}]).told
    assert told.entities("group") == {}
    assert told.entities("family")["group-1"]["members"] == ["pid-1", "pid-2", "pid-3"]
    assert told.entities("appointment")["group-encounter-501"]["kind"] == "family"


def test_the_hour_the_clocks_change_is_the_first_of_the_two() -> None:
    database = practice()
    database.slot(7, 1, "2026-11-01", hour=1)
    session = told_of(database).told.entities("appointment")["appointment-7"]
    assert session["scheduled_start"] == "2026-11-01T06:00:00Z"
    assert session["scheduled_end"] == "2026-11-01T07:30:00Z"


def test_minutes_come_from_the_practices_own_form() -> None:
    database = practice()
    slot = database.slot(7, 1, ON)
    encounter = database.group_encounter(1, ON, slot)
    database.attendance(encounter, {1: "@", 2: "@"}, slot)
    database.insert("forms", encounter=database.own_encounter(1), form_id=77, pid=1, formdir="LBFmin")
    database.insert("lbf_data", form_id=77, field_id="mins", field_value="50")
    told = told_of(database, minutes={"form": "LBFmin", "minutes": "mins"}).told
    presence = {r["client"]: (r["arrived"], r["left"]) for r in told.entities("attendance").values()}
    assert presence == {"pid-1": ("2026-03-04T00:00:00Z", "2026-03-04T00:50:00Z"), "pid-2": (None, None)}


def _appointment(database: Database, eid: int, pid: int, **columns: Any) -> dict[str, Any]:
    return database.insert(
        "openemr_postcalendar_events",
        **{
            "pc_eid": eid,
            "pc_catid": 5,
            "pc_aid": "1",
            "pc_pid": str(pid),
            "pc_gid": 0,
            "pc_eventDate": day(ON),
            "pc_startTime": clock(10),
            "pc_duration": 3000,
            "pc_apptstatus": "-",
            **columns,
        },
    )


def _visit(database: Database, pid: int, **columns: Any) -> dict[str, Any]:
    number = database.encounter_number()
    visit = database.insert(
        "form_encounter", date=wall(f"{ON}T00:00:00"), pid=pid, encounter=number, provider_id=1, **columns
    )
    database.insert("forms", encounter=number, form_id=visit["id"], pid=pid, formdir="newpatient")
    return visit

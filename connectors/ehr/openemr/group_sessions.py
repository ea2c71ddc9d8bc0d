"""Which sessions did a group have on a day, and who came? One group encounter is one session.

Pure. Whatever appointments and encounters OpenEMR made for each participant belong to the group's session.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.ehr.joining import Image, Look
from connectors.ehr.openemr import values, words
from connectors.ehr.openemr.calendar import EVENTS, Booking, bookings, event_id, events_on, is_series
from connectors.ehr.openemr.kept_elsewhere import presence_of
from connectors.ehr.openemr.mapping import OpenEmrMapping
from connectors.ehr.openemr.sessions import (
    ACTIVE_MEMBER,
    ATTENDANCE_FORM,
    ENCOUNTER_FORM,
    GROUP_ENCOUNTER_FORM,
    Reading,
    Session,
    client_id,
    day_of,
    facilitators_of,
    group_id,
    is_deleted,
    modality_of,
    times_of,
)

KIND_OF_SESSION = {
    "psychotherapy": "group",
    "sud": "group",
    "multi_family": "multi_family",
    "family": "family",
    "couple": "couple",
}


def group_kind(mapping: OpenEmrMapping, group: Image | None, id_: str) -> str:
    """psychotherapy, sud, multi_family, family or couple, as the practice marks its groups."""
    type_, name = (None, None) if group is None else (group["group_type"], group["group_name"])
    return next((kind.kind for kind in mapping.groups if kind.fits(type_, id_, name)), "psychotherapy")


def is_on_roster(member: Image, day: str) -> bool:
    """Whether somebody belonged to the group on that day."""
    start, end = member["group_patient_start"], member["group_patient_end"]
    if start is not None and start > day:
        return False
    if end is not None:
        return bool(end >= day)
    return member["group_patient_status"] in (None, ACTIVE_MEMBER)


def group_sessions(reading: Reading, group: str, day: str) -> list[Session]:
    """A group's sessions of one day: those held, and slots of the calendar that no encounter took up."""
    look = reading.look
    held = [e for e in look.where("form_groups_encounter", "group_day", group, day) if e["encounter"] is not None]
    events = [event for event in events_on(look, "group", group, day) if event["pc_pid"] is None]
    slots = [slot for slot in bookings(events, at_once=True) if not _is_taken(look, slot, day)]
    standing = [e for e in held if not is_deleted(look, GROUP_ENCOUNTER_FORM, e["id"])]
    slot_of: dict[str, Booking | None] = {e["id"]: _take(slots, e["appt_id"]) for e in held}
    for encounter in standing:
        if slot_of[encounter["id"]] is None:
            slot_of[encounter["id"]] = _take_another(look, slots, encounter["appt_id"])
    lists = {encounter["id"]: _attendance_list(look, encounter["encounter"]) for encounter in standing}
    order = sorted(standing, key=lambda e: (_start_of(slot_of[e["id"]]), int(e["encounter"])))
    own = _own_encounters(reading, group, day, order, lists)
    sessions = [
        _held_group_session(reading, group, day, encounter, slot_of[encounter["id"]], lists[encounter["id"]], own)
        for encounter in order
    ]
    return sessions + [_booked_group_session(reading, group, day, slot) for slot in slots]


def _is_taken(look: Look, slot: Booking, day: str) -> bool:
    """Whether a session of another day was held instead: it was moved, and its appointment was not."""
    if is_series(slot.row):
        return False
    took = [e for row in slot.rows for e in look.where("form_groups_encounter", "appointment", row["pc_eid"])]
    return bool(took) and all(day_of(encounter) != day for encounter in took)


def _take(slots: list[Booking], pc_eid: str | None) -> Booking | None:
    found = next((slot for slot in slots if pc_eid is not None and slot.has(pc_eid)), None)
    if found is not None:
        slots.remove(found)
    return found


def _take_another(look: Look, slots: list[Booking], pc_eid: str | None) -> Booking | None:
    """The slot of an encounter whose own appointment is none of the day's: one made by hand, or by a series from which
    the calendar has set this day apart."""
    named = None if pc_eid is None else look.one(EVENTS, pc_eid)
    same = [slot for slot in slots if named is not None and slot.row["pc_startTime"] == named["pc_startTime"]]
    if len(same) == 1 or len(slots) == 1:
        found = (same or slots)[0]
        slots.remove(found)
        return found
    return None if named is None else Booking((named,))


def _attendance_list(look: Look, encounter: str) -> Sequence[Image] | None:
    """The rows of the attendance form that counts; None if none was filled in."""
    forms = [
        form
        for form in look.where("form_group_attendance", "encounter", encounter)
        if form["activity"] is not False and not is_deleted(look, ATTENDANCE_FORM, form["id"])
    ]
    if not forms:
        return None
    newest = max(forms, key=lambda form: int(form["id"]))
    return look.where("therapy_groups_participant_attendance", "form", newest["id"])


def _own_encounters(
    reading: Reading,
    group: str,
    day: str,
    order: Sequence[Image],
    lists: Mapping[str, Sequence[Image] | None],
) -> dict[str, dict[str, list[str]]]:
    """Group encounter's row → client → the encounters OpenEMR made for that client: of several sessions on one day,
    those of the first that lists the client, because OpenEMR makes only one."""
    own: dict[str, dict[str, list[str]]] = {encounter["id"]: {} for encounter in order}
    for made in reading.look.where("form_encounter", "group_day", group, day):
        if made["encounter"] is None or made["pid"] is None or is_deleted(reading.look, ENCOUNTER_FORM, made["id"]):
            continue
        listing = [e for e in order if any(row["pid"] == made["pid"] for row in lists[e["id"]] or ())]
        for encounter in (listing or list(order))[:1]:
            own[encounter["id"]].setdefault(made["pid"], []).append(made["encounter"])
    return own


def _held_group_session(
    reading: Reading,
    group: str,
    day: str,
    encounter: Image,
    slot: Booking | None,
    listed: Sequence[Image] | None,
    own: Mapping[str, Mapping[str, list[str]]],
) -> Session:
    mapping = reading.mapping
    id_ = f"group-encounter-{encounter['encounter']}"
    mine = own[encounter["id"]]
    start, end = times_of(reading, day, None if slot is None else slot.row)
    place = encounter["facility_id"] or (None if slot is None else slot.row["pc_facility"])
    if start is None and values.clock_of(encounter["date"]):
        start = values.instant(encounter["date"], reading.zone_of(place))
    status = _group_status(reading, slot)
    attendance = []
    for row in listed or ():
        arrived, left = presence_of(reading.look, mapping, reading.zone_of(place), day, start, mine.get(row["pid"], ()))
        attendance.append(
            {
                "client": client_id(row["pid"]),
                "status": _attendance_status(reading.look, mapping.attendance, row["meeting_patient_status"]),
                "arrived": arrived,
                "left": left,
                "location": None,
            }
        )
    record = _group_record(reading, group, day, start, end, slot, place)
    record["status"] = "cancelled" if status == words.DID_NOT_TAKE_PLACE else "completed"
    came = {row["client"] for row in attendance}
    doubtful = bool(came) and not came >= set(record["clients"])
    record["clients"] = sorted(came or record["clients"])
    record["facilitators"] = facilitators_of(encounter["provider_id"], encounter["counselors"], slot)
    encounters = (encounter["encounter"], *(made for pid in sorted(mine) for made in mine[pid]))
    return Session(id_, record, tuple(attendance), encounters, day, doubtful)


def _booked_group_session(reading: Reading, group: str, day: str, slot: Booking) -> Session:
    start, end = times_of(reading, day, slot.row)
    record = _group_record(reading, group, day, start, end, slot, slot.row["pc_facility"])
    known = {words.DID_NOT_TAKE_PLACE: "cancelled", words.TOOK_PLACE: "completed"}
    record["status"] = known.get(_group_status(reading, slot) or "", "booked")
    record["facilitators"] = facilitators_of(None, None, slot)
    return Session(event_id(slot.row, day), record, (), (), day)


def _group_status(reading: Reading, slot: Booking | None) -> str | None:
    said = [
        words.meaning_now(reading.look, words.GROUP_LIST, row["pc_apptstatus"], reading.mapping.group_status)
        for row in (() if slot is None else slot.rows)
    ]
    if words.TOOK_PLACE in said:
        return words.TOOK_PLACE
    # one of two slots at one time was given up: the other one counts
    return next((word for word in said if word != words.DID_NOT_TAKE_PLACE), said[0] if said else words.NOT_REPORTED)


def _group_record(
    reading: Reading,
    group: str,
    day: str,
    start: str | None,
    end: str | None,
    slot: Booking | None,
    place: str | None,
) -> dict[str, Any]:
    look, mapping = reading.look, reading.mapping
    kind = group_kind(mapping, look.one("therapy_groups", group), group)
    roster = look.where("therapy_groups_participants", "group", group)
    return {
        "kind": KIND_OF_SESSION[kind],
        "unit": group_id(group),
        "clients": sorted(client_id(member["pid"]) for member in roster if is_on_roster(member, day)),
        "scheduled_start": start or values.moment(day, 0, reading.zone_of(place)),
        "scheduled_end": end,
        "actual_start": None,
        "actual_end": None,
        "modality": modality_of(mapping, None if slot is None else slot.row["pc_catid"], None),
        "state": reading.state_of(place),
    }


def _attendance_status(look: Look, configured: Mapping[str, str], code: str | None) -> str | None:
    said = words.meaning_now(look, words.ATTENDANCE_LIST, code, configured)
    return None if said == words.NOT_REPORTED else said


def _start_of(slot: Booking | None) -> int:
    return values.DAY_S if slot is None or slot.row["pc_startTime"] is None else int(slot.row["pc_startTime"])

"""Which sessions were there, and who came? Calendar, encounters and attendance of OpenEMR → appointments, attendance.

Pure. One group encounter is one session, whatever appointments and encounters OpenEMR made for each participant; an
encounter of one client is a session of its own unless it belongs to a group's or, by its category, to several people.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from connectors.ehr.joining import Entity, Image, Look
from connectors.ehr.openemr import values, words
from connectors.ehr.openemr.kept_elsewhere import presence_of
from connectors.ehr.openemr.mapping import OpenEmrMapping

GROUP_ENCOUNTER_FORM, ATTENDANCE_FORM, ENCOUNTER_FORM = "newGroupEncounter", "group_attendance", "newpatient"
KIND_OF_SESSION = {
    "psychotherapy": "group",
    "sud": "group",
    "multi_family": "multi_family",
    "family": "family",
    "couple": "couple",
}
ACTIVE_MEMBER = 10
_OVER = frozenset({">", "$"})
_TELEHEALTH_PLACES = frozenset({2, 10})


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read rows: the rows, the practice's configuration and its clock's zone."""

    look: Look
    mapping: OpenEmrMapping
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Session:
    """One session, and the OpenEMR encounters whose notes and bills belong to it."""

    id: str
    record: Mapping[str, Any] = field(repr=False)
    attendance: tuple[Mapping[str, Any], ...] = field(repr=False)
    encounters: tuple[str, ...]
    day: str
    doubtful: bool = False
    """Somebody of the group has no row in its attendance form, which lists everybody: perhaps it is still to come."""

    def entities(self) -> Iterator[Entity]:
        """The appointment and everybody's attendance."""
        yield Entity("appointment", self.id, self.record, self.doubtful)
        for record in self.attendance:
            yield Entity("attendance", f"{self.id}:{record['client']}", {"session": self.id, **record})


def client_id(pid: str) -> str:
    """A patient's id with us."""
    return f"pid-{pid}"


def clinician_id(user: str | None) -> str | None:
    """A user's id with us; numbers of users and patients overlap in OpenEMR."""
    return None if user is None else f"user-{user}"


def group_id(group: str) -> str:
    """A therapy group's id with us."""
    return f"group-{group}"


# --- groups -----------------------------------------------------------------------------------------------------------


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


def in_group_session(look: Look, encounter: Image) -> bool:
    """Whether a client's encounter is one that OpenEMR made for a participant of a group's session."""
    group, day = encounter["external_id"], _day(encounter)
    return bool(look.where("form_groups_encounter", "group_day", group, day))


def group_sessions(reading: Reading, group: str, day: str) -> list[Session]:
    """A group's sessions of one day: those held, and slots of the calendar that no encounter took up."""
    look = reading.look
    held = [e for e in look.where("form_groups_encounter", "group_day", group, day) if e["encounter"] is not None]
    events = look.where("openemr_postcalendar_events", "group_day", group, day)
    slots = {event["pc_eid"]: event for event in events if event["pc_pid"] is None}
    standing = [e for e in held if not is_deleted(look, GROUP_ENCOUNTER_FORM, e["id"])]
    slot_of: dict[str, Image | None] = {}
    for encounter in held:
        linked = encounter["appt_id"]
        slot_of[encounter["id"]] = look.one("openemr_postcalendar_events", linked) if linked else None
        slots.pop(linked or "", None)
    for encounter in standing:
        if slot_of[encounter["id"]] is None and len(slots) == 1:
            slot_of[encounter["id"]] = slots.popitem()[1]
    lists = {encounter["id"]: _attendance_list(look, encounter["encounter"]) for encounter in standing}
    order = sorted(standing, key=lambda e: (_start_of(slot_of[e["id"]]), int(e["encounter"])))
    own = _own_encounters(reading, group, day, order, lists)
    sessions = [
        _held_group_session(reading, group, day, encounter, slot_of[encounter["id"]], lists[encounter["id"]], own)
        for encounter in order
    ]
    return sessions + [_booked_group_session(reading, group, day, slots[id_]) for id_ in sorted(slots)]


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
    slot: Image | None,
    listed: Sequence[Image] | None,
    own: Mapping[str, Mapping[str, list[str]]],
) -> Session:
    mapping = reading.mapping
    id_ = f"group-encounter-{encounter['encounter']}"
    mine = own[encounter["id"]]
    start, end = _times(reading, day, slot)
    status = _group_status(reading, slot)
    attendance = []
    for row in listed or ():
        arrived, left = presence_of(reading.look, mapping, reading.zone, day, start, mine.get(row["pid"], ()))
        attendance.append(
            {
                "client": client_id(row["pid"]),
                "status": _attendance_status(reading.look, mapping.attendance, row["meeting_patient_status"]),
                "arrived": arrived,
                "left": left,
                "location": None,
            }
        )
    record = _group_record(reading, group, day, start, end, slot)
    record["status"] = "cancelled" if status == words.DID_NOT_TAKE_PLACE else "completed"
    came = {row["client"] for row in attendance}
    doubtful = bool(came) and not came >= set(record["clients"])
    record["clients"] = sorted(came or record["clients"])
    record["facilitators"] = _facilitators(encounter["provider_id"], encounter["counselors"], slot)
    encounters = (encounter["encounter"], *(made for pid in sorted(mine) for made in mine[pid]))
    return Session(id_, record, tuple(attendance), encounters, day, doubtful)


def _booked_group_session(reading: Reading, group: str, day: str, slot: Image) -> Session:
    start, end = _times(reading, day, slot)
    record = _group_record(reading, group, day, start, end, slot)
    known = {words.DID_NOT_TAKE_PLACE: "cancelled", words.TOOK_PLACE: "completed"}
    record["status"] = known.get(_group_status(reading, slot) or "", "booked")
    record["facilitators"] = _facilitators(None, None, slot)
    return Session(f"appointment-{slot['pc_eid']}", record, (), (), day)


def _group_status(reading: Reading, slot: Image | None) -> str | None:
    code = None if slot is None else slot["pc_apptstatus"]
    return words.meaning_now(reading.look, words.GROUP_LIST, code, reading.mapping.group_status)


def _group_record(
    reading: Reading, group: str, day: str, start: str | None, end: str | None, slot: Image | None
) -> dict[str, Any]:
    look, mapping = reading.look, reading.mapping
    kind = group_kind(mapping, look.one("therapy_groups", group), group)
    roster = look.where("therapy_groups_participants", "group", group)
    return {
        "kind": KIND_OF_SESSION[kind],
        "unit": group_id(group),
        "clients": sorted(client_id(member["pid"]) for member in roster if is_on_roster(member, day)),
        "scheduled_start": start or values.moment(day, 0, reading.zone),
        "scheduled_end": end,
        "actual_start": None,
        "actual_end": None,
        "modality": _modality(mapping, None if slot is None else slot["pc_catid"], None),
    }


def _facilitators(lead: str | None, counselors: str | None, slot: Image | None) -> list[dict[str, str]]:
    named = [user.strip() for user in (counselors or "").split(",")]
    users = [user for user in (lead, *named) if user and user.isdigit() and user != "0"]
    if not users and slot is not None and slot["pc_aid"] is not None:
        users = [slot["pc_aid"]]
    users = list(dict.fromkeys(users))
    return [{"clinician": f"user-{user}", "role": "co" if index else "lead"} for index, user in enumerate(users)]


# --- one client at a time ---------------------------------------------------------------------------------------------


def is_conjoint(mapping: OpenEmrMapping, category: str | None) -> bool:
    """Whether visits of this category are held with several people."""
    return category in mapping.family_categories or category in mapping.couple_categories


def client_sessions(reading: Reading, pid: str, day: str) -> list[Session]:
    """One client's own visits of a day, each with the appointment it was booked as, and the appointments left over."""
    look, mapping = reading.look, reading.mapping
    visits = [
        visit
        for visit in look.where("form_encounter", "client_day", pid, day)
        if visit["encounter"] is not None
        and not is_conjoint(mapping, visit["pc_catid"])
        and not in_group_session(look, visit)
    ]
    events = [
        event
        for event in look.where("openemr_postcalendar_events", "client_day", pid, day)
        if event["pc_gid"] is None and not is_conjoint(mapping, event["pc_catid"])
    ]
    event_of, left = match(look, visits, events)
    standing = [visit for visit in visits if not is_deleted(look, ENCOUNTER_FORM, visit["id"])]
    held = [_visit(reading, day, [(visit, event_of.get(visit["id"]))]) for visit in standing]
    return held + [_visit(reading, day, [(None, event)]) for event in left]


def conjoint_sessions(reading: Reading, day: str) -> list[Session]:
    """Visits of a day that several people came to together: the same category, provider and time."""
    look, mapping = reading.look, reading.mapping
    together: dict[tuple[str, ...], list[tuple[Image | None, Image | None]]] = {}
    for category in sorted({*mapping.family_categories, *mapping.couple_categories}):
        visits = [
            visit
            for visit in look.where("form_encounter", "category_day", category, day)
            if visit["encounter"] is not None and visit["pid"] is not None and not in_group_session(look, visit)
        ]
        events = [
            event
            for event in look.where("openemr_postcalendar_events", "category_day", category, day)
            if event["pc_gid"] is None and event["pc_pid"] is not None
        ]
        event_of, left = match(look, visits, events)
        standing = [visit for visit in visits if not is_deleted(look, ENCOUNTER_FORM, visit["id"])]
        pairs = [(visit, event_of.get(visit["id"])) for visit in standing]
        for visit, event in [*pairs, *((None, event) for event in left)]:
            together.setdefault(_at_once(category, visit, event), []).append((visit, event))
    return [_visit(reading, day, members) for _, members in sorted(together.items())]


def _at_once(category: str, visit: Image | None, event: Image | None) -> tuple[str, ...]:
    provider = (visit or {}).get("provider_id") or (event or {}).get("pc_aid") or ""
    start = _clock_of(visit, event)
    # without a time of day nothing says that two visits were one: each stays by itself
    alone = "" if start is not None else str((visit or {}).get("id"))
    return category, provider, f"{start or 0:05d}", alone


def _clock_of(visit: Image | None, event: Image | None) -> int | None:
    if event is not None and event["pc_startTime"] is not None:
        return int(event["pc_startTime"])
    wall = None if visit is None else visit["date"]
    seconds = None if wall is None else values.time_typed(wall)
    return seconds or None


def match(look: Look, visits: Sequence[Image], events: Sequence[Image]) -> tuple[dict[str, Image], list[Image]]:
    """Which appointment each visit was booked as (by the patient tracker, else by client and category, by client and
    provider, or because there is no other), and the appointments no visit took up."""
    left = {event["pc_eid"]: event for event in events}
    found: dict[str, Image] = {}
    for visit in visits:
        for tracker in look.where("patient_tracker", "encounter", visit["encounter"]):
            if visit["id"] not in found and tracker["eid"] in left:
                found[visit["id"]] = left.pop(tracker["eid"])
    for same in ("category", "provider", "client"):
        for visit in visits:
            if visit["id"] in found:
                continue
            fitting = [event for event in left.values() if _fits(same, visit, event)]
            if fitting and (same != "client" or len(fitting) == 1):
                chosen = min(fitting, key=lambda event: (event["pc_startTime"] or 0, int(event["pc_eid"])))
                found[visit["id"]] = left.pop(chosen["pc_eid"])
    return found, [left[id_] for id_ in sorted(left, key=int)]


def _fits(same: str, visit: Image, event: Image) -> bool:
    if visit["pid"] != event["pc_pid"]:
        return False
    if same == "category":
        return bool(visit["pc_catid"] is not None and visit["pc_catid"] == event["pc_catid"])
    if same == "provider":
        return bool(visit["provider_id"] is not None and visit["provider_id"] == event["pc_aid"])
    return True


def _visit(reading: Reading, day: str, members: Sequence[tuple[Image | None, Image | None]]) -> Session:
    """One session of one or several people, each with a visit, an appointment, or both."""
    look, mapping = reading.look, reading.mapping
    visits = sorted((visit for visit, _ in members if visit is not None), key=lambda visit: int(visit["encounter"]))
    events = sorted((event for _, event in members if event is not None), key=lambda event: int(event["pc_eid"]))
    start, end = _times(reading, day, events[0] if events else None)
    if start is None and visits:
        start = values.instant(visits[0]["date"], reading.zone)
        end = values.instant(visits[0]["date_end"], reading.zone)
    attendance, people = [], []
    for visit, event in members:
        pid = str((visit or event or {})["pid" if visit is not None else "pc_pid"])
        people.append(client_id(pid))
        record = _client_attendance(reading, day, start, pid, visit, event)
        if record is not None:
            attendance.append(record)
    category = (visits[0]["pc_catid"] if visits else None) or (events[0]["pc_catid"] if events else None)
    providers = [visit["provider_id"] for visit in visits] + [event["pc_aid"] for event in events]
    record = {
        "kind": _kind(mapping, category),
        "unit": _unit(reading, mapping, people),
        "clients": sorted(set(people)),
        "facilitators": _facilitators(next((p for p in providers if p), None), None, None),
        "scheduled_start": start,
        "scheduled_end": end,
        "actual_start": None,
        "actual_end": None,
        "status": _status(look, mapping, visits, events),
        "modality": _modality(mapping, category, visits[0]["pos_code"] if visits else None),
    }
    id_ = f"encounter-{visits[0]['encounter']}" if visits else f"appointment-{events[0]['pc_eid']}"
    return Session(id_, record, tuple(attendance), tuple(visit["encounter"] for visit in visits), day)


def _status(look: Look, mapping: OpenEmrMapping, visits: Sequence[Image], events: Sequence[Image]) -> str:
    if visits:
        return "completed"
    said = {_appointment_word(look, mapping, event) for event in events}
    if said <= {words.CANCELLED, words.LATE_CANCEL}:
        return "cancelled"
    over = any(event["pc_apptstatus"] in _OVER for event in events)
    return "completed" if over and words.ATTENDED in said else "booked"


def _appointment_word(look: Look, mapping: OpenEmrMapping, event: Image) -> str | None:
    return words.meaning_now(look, words.APPOINTMENT_LIST, event["pc_apptstatus"], mapping.appointment_status)


def _client_attendance(
    reading: Reading, day: str, start: str | None, pid: str, visit: Image | None, event: Image | None
) -> dict[str, Any] | None:
    look, mapping = reading.look, reading.mapping
    said = None if event is None else _appointment_word(look, mapping, event)
    status = None if said == words.NOT_REPORTED else said
    if status is None:
        if visit is None:
            return None
        status = words.ATTENDED  # a visit is made for somebody who came
    encounters = () if visit is None else (visit["encounter"],)
    arrived, left = presence_of(look, mapping, reading.zone, day, start, encounters)
    if status != words.ATTENDED:
        arrived = left = None
    return {"client": client_id(pid), "status": status, "arrived": arrived, "left": left, "location": None}


def _kind(mapping: OpenEmrMapping, category: str | None) -> str:
    if category in mapping.couple_categories:
        return "couple"
    if category in mapping.family_categories:
        return "family"
    return "crisis" if category in mapping.crisis_categories else "individual"


def _unit(reading: Reading, mapping: OpenEmrMapping, people: Iterable[str]) -> str | None:
    if mapping.unit_field is None:
        return None
    for person in sorted(people):
        record = reading.look.one("patient_data", person.removeprefix("pid-"))
        if record is not None and record[mapping.unit_field] is not None:
            return f"family-{record[mapping.unit_field]}"
    return None


# --- both -------------------------------------------------------------------------------------------------------------


def is_deleted(look: Look, folder: str, form_id: str) -> bool:
    """Whether every entry of a form in its encounter's list of forms was deleted."""
    entries = look.where("forms", "form", folder, form_id)
    return bool(entries) and all(entry["deleted"] for entry in entries)


def _attendance_status(look: Look, configured: Mapping[str, str], code: str | None) -> str | None:
    said = words.meaning_now(look, words.ATTENDANCE_LIST, code, configured)
    return None if said == words.NOT_REPORTED else said


def _modality(mapping: OpenEmrMapping, category: str | None, place: int | None) -> str | None:
    if category in mapping.telehealth_categories or place in _TELEHEALTH_PLACES:
        return "telehealth_video"
    return None


def _times(reading: Reading, day: str, event: Image | None) -> tuple[str | None, str | None]:
    """Start and end on the day the session was held; a series' own date is only that of its first."""
    if event is None or event["pc_startTime"] is None:
        return None, None
    start = values.moment(day, event["pc_startTime"], reading.zone)
    seconds = event["pc_duration"] or (event["pc_endTime"] or 0) - event["pc_startTime"]
    return start, values.later(start, seconds) if seconds > 0 else None


def _start_of(slot: Image | None) -> int:
    return 24 * 3600 if slot is None or slot["pc_startTime"] is None else int(slot["pc_startTime"])


def _day(encounter: Image) -> str | None:
    wall = encounter["date"]
    return None if wall is None else str(wall)[:10]

"""Which visits did clients make on a day, alone or several at once? Encounters and appointments of single clients.

Pure. An encounter of one client is a session of its own unless it belongs to a group's or, by its category, to several
people who were seen at the same time.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.ehr.joining import Image, Look
from connectors.ehr.openemr import values, words
from connectors.ehr.openemr.calendar import Booking, bookings, event_id, events_on, is_series
from connectors.ehr.openemr.kept_elsewhere import presence_of
from connectors.ehr.openemr.mapping import OpenEmrMapping
from connectors.ehr.openemr.sessions import (
    ENCOUNTER_FORM,
    Reading,
    Session,
    client_id,
    facilitators_of,
    in_group_session,
    is_deleted,
    modality_of,
    times_of,
)

_OVER = frozenset({">", "$"})


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
        for event in events_on(look, "client", pid, day)
        if event["pc_gid"] is None and not is_conjoint(mapping, event["pc_catid"])
    ]
    booking_of, left = match(look, visits, bookings(events))
    standing = [visit for visit in visits if not is_deleted(look, ENCOUNTER_FORM, visit["id"])]
    held = [_visit(reading, day, [(visit, booking_of.get(visit["id"]))]) for visit in standing]
    return held + [_visit(reading, day, [(None, booking)]) for booking in left]


def conjoint_sessions(reading: Reading, day: str) -> list[Session]:
    """Visits of a day that several people came to together: the same category, provider and time."""
    look, mapping = reading.look, reading.mapping
    together: dict[tuple[str, ...], list[tuple[Image | None, Booking | None]]] = {}
    for category in sorted({*mapping.family_categories, *mapping.couple_categories}):
        visits = [
            visit
            for visit in look.where("form_encounter", "category_day", category, day)
            if visit["encounter"] is not None and visit["pid"] is not None and not in_group_session(look, visit)
        ]
        events = [
            event
            for event in events_on(look, "category", category, day)
            if event["pc_gid"] is None and event["pc_pid"] is not None
        ]
        booking_of, left = match(look, visits, bookings(events))
        standing = [visit for visit in visits if not is_deleted(look, ENCOUNTER_FORM, visit["id"])]
        pairs = [(visit, booking_of.get(visit["id"])) for visit in standing]
        for visit, booking in [*pairs, *((None, booking) for booking in left)]:
            together.setdefault(_at_once(category, visit, booking), []).append((visit, booking))
    return [_visit(reading, day, members) for _, members in sorted(together.items())]


def _at_once(category: str, visit: Image | None, booking: Booking | None) -> tuple[str, ...]:
    booked_with = booking.providers[:1] if booking is not None else ()
    provider = (visit or {}).get("provider_id") or "".join(booked_with)
    start = _clock_of(visit, None if booking is None else booking.row)
    # without a time of day nothing says that two visits were one: each stays by itself
    alone = "" if start is not None else str((visit or {}).get("id"))
    return category, provider, f"{start or 0:05d}", alone


def _clock_of(visit: Image | None, event: Image | None) -> int | None:
    if event is not None and event["pc_startTime"] is not None:
        return int(event["pc_startTime"])
    return None if visit is None else values.clock_of(visit["date"])


def match(look: Look, visits: Sequence[Image], booked: Iterable[Booking]) -> tuple[dict[str, Booking], list[Booking]]:
    """Which appointment each visit was booked as (by the patient tracker, else by client and category, by client and
    provider, or because there is no other), and the appointments no visit took up."""
    left = list(booked)
    found: dict[str, Booking] = {}
    for visit in visits:
        for tracker in look.where("patient_tracker", "encounter", visit["encounter"]):
            tracked = next((booking for booking in left if booking.has(tracker["eid"])), None)
            if visit["id"] not in found and tracked is not None:
                found[visit["id"]] = tracked
                left.remove(tracked)
    for same in ("category", "provider", "client"):
        for visit in visits:
            if visit["id"] in found:
                continue
            fitting = [booking for booking in left if _fits(same, visit, booking)]
            if fitting and (same != "client" or len(fitting) == 1):
                chosen = min(
                    fitting, key=lambda booking: (booking.row["pc_startTime"] or 0, int(booking.row["pc_eid"]))
                )
                found[visit["id"]] = chosen
                left.remove(chosen)
    return found, left


def _fits(same: str, visit: Image, booking: Booking) -> bool:
    if visit["pid"] != booking.row["pc_pid"]:
        return False
    if same == "category":
        return bool(visit["pc_catid"] is not None and visit["pc_catid"] == booking.row["pc_catid"])
    if same == "provider":
        return visit["provider_id"] in booking.providers
    return True


def _visit(reading: Reading, day: str, members: Sequence[tuple[Image | None, Booking | None]]) -> Session:
    """One session of one or several people, each with a visit, an appointment, or both."""
    look, mapping = reading.look, reading.mapping
    visits = sorted((visit for visit, _ in members if visit is not None), key=lambda visit: int(visit["encounter"]))
    booked = sorted((booking for _, booking in members if booking), key=lambda booking: int(booking.row["pc_eid"]))
    events = [booking.row for booking in booked]
    place = (visits[0]["facility_id"] if visits else None) or (events[0]["pc_facility"] if events else None)
    start, end = times_of(reading, day, events[0] if events else None)
    if start is None and visits:
        start = values.instant(visits[0]["date"], reading.zone_of(place))
        end = values.instant(visits[0]["date_end"], reading.zone_of(place))
    attendance, people = [], []
    for visit, booking in members:
        event = None if booking is None else booking.row
        pid = str((visit or event or {})["pid" if visit is not None else "pc_pid"])
        people.append(client_id(pid))
        record = _client_attendance(reading, day, start, pid, visit, event)
        if record is not None:
            attendance.append(record)
    category = (visits[0]["pc_catid"] if visits else None) or (events[0]["pc_catid"] if events else None)
    leads = [visit["provider_id"] for visit in visits if visit["provider_id"] is not None]
    providers = [*leads[:1], *(provider for booking in booked for provider in booking.providers)]
    record = {
        "kind": _kind(mapping, category),
        "unit": _unit(reading, mapping, people),
        "clients": sorted(set(people)),
        "facilitators": facilitators_of(None, ",".join(providers), None),
        "scheduled_start": start,
        "scheduled_end": end,
        "actual_start": None,
        "actual_end": None,
        "status": _status(look, mapping, visits, events),
        "modality": modality_of(mapping, category, visits[0]["pos_code"] if visits else None),
        "state": reading.state_of(place),
    }
    id_ = f"encounter-{visits[0]['encounter']}" if visits else event_id(events[0], day)
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
    if event is not None and is_series(event) and said not in (words.CANCELLED, words.LATE_CANCEL):
        said = None  # what became of one day of a series is not said of all
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

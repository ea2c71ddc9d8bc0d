"""What is a session of OpenEMR, and what do those of groups and of single clients have in common?

Pure. Ids, times and places as OpenEMR keeps them; which sessions there were is said by group_sessions and visits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from connectors.ehr.joining import Entity, Image, Look
from connectors.ehr.openemr import values
from connectors.ehr.openemr.calendar import Booking
from connectors.ehr.openemr.mapping import OpenEmrMapping

GROUP_ENCOUNTER_FORM, ATTENDANCE_FORM, ENCOUNTER_FORM = "newGroupEncounter", "group_attendance", "newpatient"
ACTIVE_MEMBER = 10
_TELEHEALTH_PLACES = frozenset({2, 10})


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read rows: the rows, the practice's configuration and its clock's zone."""

    look: Look
    mapping: OpenEmrMapping
    zone: ZoneInfo

    def zone_of(self, facility: str | None) -> ZoneInfo:
        """The zone of a place whose clock is not the practice's."""
        place = self.mapping.facilities.get(facility or "")
        return self.zone if place is None or place.timezone is None else ZoneInfo(place.timezone)

    def state_of(self, facility: str | None) -> str | None:
        """The state a place is in, if that is not the practice's."""
        place = self.mapping.facilities.get(facility or "")
        return None if place is None else place.state


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


def facilitators_of(lead: str | None, counselors: str | None, booking: Booking | None) -> list[dict[str, str]]:
    """Who led, and with whom: the encounter's provider and its list of counselors, else the booking's providers."""
    named = [user.strip() for user in (counselors or "").split(",")]
    users = [user for user in (lead, *named) if user and user.isdigit() and user != "0"]
    if not users and booking is not None:
        users = list(booking.providers)
    users = list(dict.fromkeys(users))
    return [{"clinician": f"user-{user}", "role": "co" if index else "lead"} for index, user in enumerate(users)]


def in_group_session(look: Look, encounter: Image) -> bool:
    """Whether a client's encounter is one that OpenEMR made for a participant of a group's session; it stays one when
    the session was moved to another day."""
    group, day = encounter["external_id"], day_of(encounter)
    if group is None:
        return False
    return is_group_category(look, encounter["pc_catid"]) or bool(
        look.where("form_groups_encounter", "group_day", group, day)
    )


def is_group_category(look: Look, category: str | None) -> bool:
    """Whether appointments of this category are a group's."""
    if category is None:
        return False
    known = look.one("openemr_postcalendar_categories", category)
    return category == _GROUPS_OUT_OF_THE_BOX if known is None else known["pc_cattype"] == _GROUPS


_GROUPS, _GROUPS_OUT_OF_THE_BOX = 3, "15"
"""A category's type, and the number of the category that OpenEMR comes with."""


def is_deleted(look: Look, folder: str, form_id: str) -> bool:
    """Whether every entry of a form in its encounter's list of forms was deleted."""
    entries = look.where("forms", "form", folder, form_id)
    return bool(entries) and all(entry["deleted"] for entry in entries)


def modality_of(mapping: OpenEmrMapping, category: str | None, place: int | None) -> str | None:
    """How the session was held; None where nothing says so."""
    if category in mapping.telehealth_categories or place in _TELEHEALTH_PLACES:
        return "telehealth_video"
    return None


def times_of(reading: Reading, day: str, event: Image | None) -> tuple[str | None, str | None]:
    """Start and end on the day the session was held; a series' own date is only that of its first. What takes the
    whole day has no times."""
    if event is None or event["pc_startTime"] is None or event["pc_alldayevent"]:
        return None, None
    if event["pc_startTime"] >= values.DAY_S:
        return None, None
    start = values.moment(day, event["pc_startTime"], reading.zone_of(event["pc_facility"]))
    seconds = event["pc_duration"] or (event["pc_endTime"] or 0) - event["pc_startTime"]
    return start, values.later(start, seconds) if seconds > 0 else None


def day_of(encounter: Image) -> str | None:
    """The calendar day of an encounter."""
    wall = encounter["date"]
    return None if wall is None else str(wall)[:10]

"""Which sessions of a person lie around a moment, and which files bill a session? An index over the session files.

Derived and never stored: rebuilt from what each session file remembers of whom it ever had and when it ever was, so
that whoever was beside it can be asked again even after it moved. Pure.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.care import Appointment, Claim
from streams.files import File

HOUR_SECONDS = 3600
_LONGEST_HOURS = 48
"""A session that ends later than this was mistyped; it would only fill the index."""


def mark(file: File) -> None:
    """Let a session's file remember whom it has, when it is and which other sessions its claims bill.

    What it remembers only grows, and is stored with it.
    """
    for held in file.all("appointment"):
        appointment: Appointment = held.data
        file.people.update(appointment.clients)
        file.people.update(facilitator.clinician for facilitator in appointment.facilitators)
        if appointment.identified_patient is not None:
            file.people.add(appointment.identified_patient)
        file.hours.update(hours_between(appointment.scheduled_start, appointment.scheduled_end))
        file.hours.update(hours_between(appointment.actual_start, appointment.actual_end))
    file.people.update(held.data.client for held in file.all("attendance"))
    file.people.update(held.data.client for held in file.all("charge"))
    for held in file.all("claim"):
        claim: Claim = held.data
        file.people.add(claim.client)
        if claim.rendering is not None:
            file.people.add(claim.rendering)
        file.sessions.update(line.session for line in claim.lines if line.session and line.session != file.key.id)


def hours_between(start: datetime | None, end: datetime | None) -> Iterable[int]:
    """The hours since 1970, of any zone's clock, that a span touches; its end is not part of it."""
    if start is None:
        return ()
    first = int(start.timestamp()) // HOUR_SECONDS
    if end is None or end <= start:
        return (first,)
    last = int((end - timedelta(microseconds=1)).timestamp()) // HOUR_SECONDS
    return range(first, min(last, first + _LONGEST_HOURS) + 1)


@dataclass(slots=True)
class Calendar:
    """The hours at which one person ever had sessions."""

    hours: list[int] = field(default_factory=list)
    sessions: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def add(self, hour: int, session_id: str) -> None:
        """Note a session at an hour, once."""
        known = self.sessions.get(hour)
        if known is None:
            insort(self.hours, hour)
            self.sessions[hour] = (session_id,)
        elif session_id not in known:
            self.sessions[hour] = (*known, session_id)

    def at(self, hours: Iterable[int]) -> Iterable[str]:
        """Ids of the sessions that touch one of these hours. Some may have moved away since."""
        for hour in hours:
            yield from self.sessions.get(hour, ())

    def between(self, start: datetime, end: datetime) -> Sequence[str]:
        """Ids of the sessions that touch an hour of this span, sorted. Some may have moved away since."""
        return self._of(int(start.timestamp()) // HOUR_SECONDS, int(end.timestamp()) // HOUR_SECONDS)

    def since(self, start: datetime) -> Sequence[str]:
        """Ids of the sessions that touch this moment's hour or a later one, sorted. Some may have moved away since."""
        return self._of(int(start.timestamp()) // HOUR_SECONDS, self.hours[-1]) if self.hours else []

    def _of(self, first: int, last: int) -> Sequence[str]:
        at, end = bisect_left(self.hours, first), bisect_right(self.hours, last)
        found: set[str] = set()
        for hour in self.hours[at:end]:
            found.update(self.sessions[hour])
        return sorted(found)


@dataclass(slots=True)
class Calendars:
    """Everybody's calendar, by practice and person."""

    _of: dict[tuple[str, str], Calendar] = field(default_factory=dict)
    _billed_in: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _noted: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def note(self, file: File) -> None:
        """Take in what a session's file remembers."""
        seen = (len(file.people), len(file.hours), len(file.sessions))
        if self._noted.get(file.key.text) == seen:
            return
        self._noted[file.key.text] = seen
        practice_id, session_id = file.key.practice_id, file.key.id
        for person in file.people:
            calendar = self._of.setdefault((practice_id, person), Calendar())
            for hour in file.hours:
                calendar.add(hour, session_id)
        for billed in file.sessions:
            self._billed_in.setdefault((practice_id, billed), set()).add(session_id)

    def of(self, practice_id: str, person_id: str) -> Calendar:
        """One person's calendar; empty for somebody nobody ever saw."""
        return self._of.get((practice_id, person_id)) or _EMPTY

    def files_billing(self, practice_id: str, session_id: str) -> Sequence[str]:
        """Ids of the other sessions whose files may hold claims with a line for this one, sorted."""
        return sorted(self._billed_in.get((practice_id, session_id), ()))


_EMPTY = Calendar()

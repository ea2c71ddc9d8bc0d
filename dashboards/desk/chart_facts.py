"""What does the EHR say about a session and the people in it, as far as reviewing and signing need it?

Plain records without database. Holds names: nothing here may be logged or leave the desk.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True)
class EarlierNote:
    """A note in the chart."""

    note_id: str
    session_id: str
    kind: str
    status: str
    day: date | None
    text: str = field(repr=False)
    signed: bool = False
    human: bool = True


@dataclass(frozen=True)
class Score:
    """The total of a scale on a day."""

    instrument: str
    on: date | None
    score: float | None


@dataclass(frozen=True)
class ClientFacts:
    """One client of a session. `patient` false: a relative without a chart of their own."""

    client_id: str
    name: str = field(default="", repr=False)
    nicknames: tuple[str, ...] = field(default=(), repr=False)
    patient: bool = True
    part2: bool = False
    attended: str = ""
    arrived: datetime | None = None
    left: datetime | None = None
    goals: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    diagnoses: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[EarlierNote, ...] = field(default=(), repr=False)
    scores: tuple[Score, ...] = field(default=(), repr=False)

    def signed_note_of(self, session_id: str) -> EarlierNote | None:
        """The client's note of that session, if it is signed already."""
        return next((n for n in self.notes if n.session_id == session_id and n.signed and n.kind == "progress"), None)


@dataclass(frozen=True)
class Licence:
    """Where and when somebody may practise; open ends are None."""

    state: str
    from_: date | None
    to: date | None

    def covers(self, state: str, day: date) -> bool:
        """Whether it is valid there on that day, both ends included."""
        within = (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)
        return within and self.state == state


@dataclass(frozen=True)
class ClinicianFacts:
    """Somebody who treats, as the EHR knows them."""

    clinician_id: str
    name: str = ""
    credential: str = ""
    licences: tuple[Licence, ...] = ()
    supervised: bool = False
    supervisors: tuple[tuple[str, date | None, date | None], ...] = ()
    excluded: bool = False

    def supervised_by(self, other: str, day: date) -> bool:
        """Whether `other` supervises this clinician on that day."""
        return any(
            supervisor == other and (start is None or start <= day) and (end is None or day <= end)
            for supervisor, start, end in self.supervisors
        )


@dataclass(frozen=True)
class SessionFacts:
    """The session of a draft and everybody in it. `known` false: the EHR has not told of it yet."""

    session_id: str
    known: bool = False
    kind: str = "group"
    state: str = ""
    unit_name: str = field(default="", repr=False)
    modality: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    zone: ZoneInfo = _UTC
    facilitators: tuple[str, ...] = ()
    clients: tuple[ClientFacts, ...] = ()
    clinicians: tuple[ClinicianFacts, ...] = ()

    @property
    def day(self) -> date | None:
        """The date of service: the local date of the actual start."""
        return None if self.started_at is None else self.started_at.astimezone(self.zone).date()

    def client(self, client_id: str | None) -> ClientFacts | None:
        """One of the clients."""
        return next((client for client in self.clients if client.client_id == client_id), None)

    def clinician(self, clinician_id: str | None) -> ClinicianFacts | None:
        """One of the clinicians."""
        return next((one for one in self.clinicians if one.clinician_id == clinician_id), None)


def day_of(value: Any) -> date | None:
    """A stored calendar date."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def instant_of(value: Any) -> datetime | None:
    """A stored instant."""
    return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) and value else None

"""What does a rule see? A case: one session, or one client, with everything the practice's files say about it.

Read-only views over files; pure. Nothing is looked up that is not in the same practice's partition.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from schemas.care import (
    Appointment,
    Attendance,
    Charge,
    Claim,
    Couple,
    Family,
    Group,
    Message,
    Note,
    Recording,
)
from streams.billed import ADJUDICATED, REPLACEMENT, VOID, BilledLine, cents, comes_after, standing, takes_the_place_of
from streams.calendars import HOUR_SECONDS, Calendars, hours_between
from streams.client_view import ClientView, client_view, consent_holds, has_ledger, revoked_wholly_at, visit_limits
from streams.files import File, FileKey, FileKind, Held
from streams.policy import Policy
from streams.practice_view import PracticeView
from streams.terms import Terms, composition_at, in_force

__all__ = [
    "ADJUDICATED",
    "CONJOINT_KINDS",
    "GROUP_KINDS",
    "MISSED",
    "REPLACEMENT",
    "VOID",
    "BilledLine",
    "ClientCase",
    "ClientView",
    "FindFile",
    "Opened",
    "PracticeView",
    "SessionCase",
    "UnitCase",
    "cents",
    "client_view",
    "comes_after",
    "consent_holds",
    "has_ledger",
    "open_session",
    "revoked_wholly_at",
    "standing",
    "takes_the_place_of",
    "visit_limits",
]
"""Cases and the views they are made of: a rule finds all of it here."""

FindFile = Callable[[FileKey], File | None]

MISSED = frozenset({"no_show", "late_cancel", "cancelled", "excused"})
GROUP_KINDS = frozenset({"group", "multi_family"})
CONJOINT_KINDS = frozenset({"family", "couple"})


@dataclass(slots=True)
class Opened:
    """What was opened of one practice since a file last changed: each client and session is worked out once."""

    clients: dict[str, ClientView] = field(default_factory=dict)
    sessions: dict[str, "SessionCase"] = field(default_factory=dict)


@dataclass(frozen=True)
class SessionCase:
    """One session with everybody in it."""

    practice: PracticeView
    file: File
    appointment: Held[Appointment]
    find: FindFile = field(repr=False)
    calendars: Calendars = field(default_factory=Calendars, repr=False, compare=False)
    opened: Opened = field(default_factory=Opened, repr=False, compare=False)
    _same_days: dict[str, tuple["SessionCase", ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def id(self) -> str:
        """The session's id."""
        return self.file.key.id

    @cached_property
    def session(self) -> Appointment:
        """The appointment's record."""
        return self.appointment.data

    @property
    def starts_at(self) -> datetime | None:
        """When it began, or is to begin."""
        return self.session.actual_start or self.session.scheduled_start

    @property
    def ends_at(self) -> datetime | None:
        """When it ended, or is to end."""
        return self.session.actual_end or self.session.scheduled_end

    @cached_property
    def service_on(self) -> date | None:
        """Date of service: the local date of the actual start; of the scheduled start until then."""
        return None if self.starts_at is None else self.practice.day_of(self.starts_at)

    @cached_property
    def policy(self) -> Policy:
        """What payers, states and the practice ask for on the date of service."""
        return self.practice.policies.on(self.service_on)

    @cached_property
    def duration_minutes(self) -> int | None:
        """Elapsed whole minutes between actual start and end; None until it ended."""
        start, end = self.session.actual_start, self.session.actual_end
        return None if start is None or end is None else int((end - start) // timedelta(minutes=1))

    @property
    def took_place(self) -> bool:
        """Marked complete."""
        return self.session.status == "completed"

    @cached_property
    def attendance(self) -> dict[str, Held[Attendance]]:
        """Client id → that client's attendance, as recorded."""
        return {record.data.client: record for record in self.file.all("attendance")}

    def attended(self, client_id: str) -> bool:
        """Recorded as attended."""
        record = self.attendance.get(client_id)
        return record is not None and record.data.status == "attended"

    def missed(self, client_id: str) -> bool:
        """Recorded as not there: no-show, late cancel, cancelled or excused."""
        record = self.attendance.get(client_id)
        return record is not None and record.data.status in MISSED

    @cached_property
    def attending(self) -> tuple[str, ...]:
        """Ids of everybody recorded as attended."""
        return tuple(client_id for client_id in sorted(self.attendance) if self.attended(client_id))

    @cached_property
    def expected(self) -> tuple[str, ...]:
        """Ids of those who were or are to be there: booked and not recorded as missing."""
        if self.session.status == "cancelled":
            return ()
        return tuple(client_id for client_id in self.session.clients if not self.missed(client_id))

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Ids of every client this session has to do with, present, booked, billed or written about."""
        ids: set[str] = set(self.session.clients) | set(self.attendance)
        for entity in ("claim", "charge", "note"):
            ids |= {record.data.client for record in self.file.all(entity) if record.data.client is not None}
        if self.session.identified_patient is not None:
            ids.add(self.session.identified_patient)
        return tuple(sorted(ids))

    def client(self, client_id: str) -> ClientView:
        """What is known of a client (or of a clinician's own consents)."""
        known = self.opened.clients.get(client_id)
        if known is None:
            file = self.find(FileKey(self.practice.id, FileKind.CLIENT, client_id))
            known = self.opened.clients[client_id] = client_view(self.practice, client_id, file)
        return known

    def unit_file(self, unit_id: str | None) -> File | None:
        """The file of a group, family or couple."""
        return None if unit_id is None else self.find(FileKey(self.practice.id, FileKind.UNIT, unit_id))

    @cached_property
    def group(self) -> Held[Group] | None:
        """The group that met, if a group did."""
        file = self.unit_file(self.session.unit)
        return None if file is None else file.one("group")

    @cached_property
    def group_terms(self) -> tuple[Terms, ...]:
        """The cycle and agreement under which the group met; empty if its record does not tell of that day."""
        file, day, moment = self.unit_file(self.session.unit), self.service_on, self.starts_at
        return () if file is None or day is None or moment is None else in_force(file.terms, day, moment)

    @cached_property
    def family(self) -> Held[Family] | Held[Couple] | None:
        """The family or couple that met."""
        file = self.unit_file(self.session.unit)
        return None if file is None else file.one("family") or file.one("couple")

    def composition_at(self, moment: datetime) -> frozenset[str] | None:
        """Who belonged to the family or couple at a moment; None if its record does not tell."""
        file, unit = self.unit_file(self.session.unit), self.family
        told = None if file is None else composition_at(file.compositions, moment)
        if told is None and unit is not None and unit.at <= moment and unit.data.members:
            return frozenset(unit.data.members)
        return told

    @property
    def notes(self) -> tuple[Held[Note], ...]:
        """Every note of the session."""
        return self.file.all("note")

    def notes_of(self, client_id: str) -> Sequence[Held[Note]]:
        """Every note of the session about one client alone."""
        return self._notes_by_client.get(client_id, ())

    @cached_property
    def _notes_by_client(self) -> dict[str, list[Held[Note]]]:
        notes: dict[str, list[Held[Note]]] = {}
        for note in self.notes:
            if note.data.client is not None:
                notes.setdefault(note.data.client, []).append(note)
        return notes

    @cached_property
    def claims(self) -> tuple[Held[Claim], ...]:
        """Every claim for the session that was not voided. One that names no session belongs to its first line's."""
        own = tuple(claim for claim in self.file.all("claim") if claim.data.status != "voided")
        adopted = [
            claim
            for claim in self._claims_without_session
            if next((line.session for line in claim.data.lines if line.session), None) == self.id
        ]
        return (*own, *adopted) if adopted else own

    @cached_property
    def _claims_without_session(self) -> tuple[Held[Claim], ...]:
        files = (self.client(client_id).file for client_id in {*self.session.clients, *self.attendance})
        claims = [claim for file in files if file is not None for claim in file.all("claim")]
        return tuple(sorted((c for c in claims if c.data.status != "voided"), key=lambda c: c.id))

    @cached_property
    def standing_claims(self) -> tuple[Held[Claim], ...]:
        """The claims that count: not voided, not asking to void another, and no later claim took their place."""
        return standing(self.claims)

    @cached_property
    def billed_lines(self) -> tuple["BilledLine", ...]:
        """Every line of a standing claim that bills this session, whichever file the claim lives in."""
        claims = list(self.standing_claims)
        for other in self.calendars.files_billing(self.practice.id, self.id):
            file = self.find(FileKey(self.practice.id, FileKind.SESSION, other))
            if file is not None and other != self.id:
                claims += standing(tuple(c for c in file.all("claim") if c.data.status != "voided"))
        known = {claim.id for claim in claims}
        claims += [claim for claim in standing(self._claims_without_session) if claim.id not in known]
        return tuple(
            BilledLine.of(claim, line)
            for claim in claims
            for line in claim.data.lines
            if (line.session or claim.data.session) == self.id
        )

    def lines_of_client(self, client_id: str) -> Sequence["BilledLine"]:
        """The billed lines for one client."""
        return self._lines_by_client.get(client_id, ())

    @cached_property
    def _lines_by_client(self) -> dict[str, list["BilledLine"]]:
        lines: dict[str, list[BilledLine]] = {}
        for line in self.billed_lines:
            lines.setdefault(line.client_id, []).append(line)
        return lines

    @cached_property
    def lines_of_claim(self) -> dict[str, Sequence["BilledLine"]]:
        """Claim id → its lines that bill this session."""
        lines: dict[str, list[BilledLine]] = {}
        for line in self.billed_lines:
            lines.setdefault(line.claim.id, []).append(line)
        return dict(lines)

    @cached_property
    def claims_billing(self) -> tuple[Held[Claim], ...]:
        """Standing claims that bill this session: with a line for it, or naming it and not yet having any line."""
        claims = {line.claim.id: line.claim for line in self.billed_lines}
        claims |= {claim.id: claim for claim in self.standing_claims if not claim.data.lines}
        return tuple(claims[id_] for id_ in sorted(claims))

    @cached_property
    def families(self) -> dict[str, frozenset[str]]:
        """Family id → members, of the families that come to a multi-family group."""
        ids = () if self.group is None else self.group.data.families
        files = ((id_, self.unit_file(id_)) for id_ in ids)
        records = ((id_, None if file is None else file.one("family")) for id_, file in files)
        return {id_: frozenset(record.data.members) for id_, record in records if record is not None}

    def same_day(self, client_id: str) -> tuple["SessionCase", ...]:
        """This client's other sessions on the same local day, earliest first."""
        known = self._same_days.get(client_id)
        if known is None:
            others = () if self._day is None else self._others(client_id, *self._day)
            known = self._same_days[client_id] = tuple(c for c in others if c.service_on == self.service_on)
        return known

    @cached_property
    def _day(self) -> tuple[datetime, datetime] | None:
        day = self.service_on
        return None if day is None else (self.practice.start_of(day), self.practice.end_of(day))

    def at_the_same_time(self, person_id: str) -> tuple["SessionCase", ...]:
        """A client's or clinician's other sessions in the same hours; whether they overlap is still to be looked at."""
        ids = set(self.calendars.of(self.practice.id, person_id).at(self._hours))
        ids.discard(self.id)
        return _sessions(self.practice, sorted(ids), self.find, self.calendars, self.opened) if ids else ()

    @cached_property
    def _hours(self) -> tuple[int, ...]:
        return tuple(hours_between(self.starts_at, self.ends_at))

    def _others(self, person_id: str, start: datetime, end: datetime) -> tuple["SessionCase", ...]:
        calendar = self.calendars.of(self.practice.id, person_id)
        ids = [id_ for id_ in calendar.between(start, end) if id_ != self.id]
        return _sessions(self.practice, ids, self.find, self.calendars, self.opened) if ids else ()

    @property
    def charges(self) -> tuple[Held[Charge], ...]:
        """Every self-pay invoice for the session."""
        return self.file.all("charge")

    @property
    def recordings(self) -> tuple[Held[Recording], ...]:
        """Every recording of the session."""
        return self.file.all("recording")

    def presence(self, client_id: str) -> tuple[datetime, datetime] | None:
        """From when to when an attending client was there; missing times are those of the session."""
        record = self.attendance.get(client_id)
        if record is None or not self.attended(client_id):
            return None
        start, end = record.data.arrived or self.starts_at, record.data.left or self.ends_at
        return None if start is None or end is None else (start, end)

    def fee_cents(self, code: str) -> int | None:
        """The practice's fee for one unit of a code."""
        return cents(self.practice.record.data.fee_schedule.get(code))

    @cached_property
    def participants(self) -> tuple[str, ...]:
        """Ids of those who were or are to be there: booked and not recorded as missing, and whoever came unbooked."""
        return tuple(dict.fromkeys((*self.expected, *(() if self.cancelled else self.attending))))

    @property
    def cancelled(self) -> bool:
        """Called off as a whole."""
        return self.session.status == "cancelled"

    def state_of(self, client_id: str) -> str | None:
        """The state whose law a person is under: where they are in a remote session, else the practice site's."""
        record = self.attendance.get(client_id)
        location = None if record is None else record.data.location
        if location is not None and location.state and self.remote:
            return location.state
        return self.session.state or self.practice.record.data.state

    @property
    def remote(self) -> bool:
        """Held by video or telephone."""
        return (self.session.modality or "").startswith("telehealth")

    @property
    def has_ended(self) -> bool:
        """It took place and its end is known."""
        return self.took_place and self.ended_at is not None

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; by its calendar where the practice's EHR has no place for when sessions begin and end."""
        session = self.session
        if session.actual_end is not None or self.practice.keeps("session_times"):
            return session.actual_end
        return session.scheduled_end or session.actual_start or session.scheduled_start

    def age_of(self, client_id: str) -> int | None:
        """Full years on the date of service; None if the date of birth is not recorded."""
        return None if self.service_on is None else self.client(client_id).age_on(self.service_on)


def open_session(
    practice: PracticeView, session_id: str, find: FindFile, calendars: Calendars, opened: Opened
) -> SessionCase | None:
    """The case of a session; None while its appointment is not known."""
    case = opened.sessions.get(session_id)
    if case is None:
        file = find(FileKey(practice.id, FileKind.SESSION, session_id))
        appointment = None if file is None else file.one("appointment")
        if file is None or appointment is None:
            return None
        case = opened.sessions[session_id] = SessionCase(practice, file, appointment, find, calendars, opened)
    return case


_FAR = datetime.max.replace(tzinfo=UTC)


def _sessions(
    practice: PracticeView, ids: Iterable[str], find: FindFile, calendars: Calendars, opened: Opened
) -> tuple[SessionCase, ...]:
    known = (open_session(practice, id_, find, calendars, opened) for id_ in ids)
    cases = [case for case in known if case is not None]
    if len(cases) > 1:
        cases.sort(key=lambda case: (case.starts_at or _FAR, case.id))
    return tuple(cases)


@dataclass(frozen=True)
class ClientCase:
    """One client and the sessions ahead."""

    practice: PracticeView
    file: File
    find: FindFile = field(repr=False)
    calendars: Calendars = field(default_factory=Calendars, repr=False, compare=False)
    opened: Opened = field(default_factory=Opened, repr=False, compare=False)
    _ahead: dict[datetime, tuple[SessionCase, ...]] = field(default_factory=dict, repr=False, compare=False)

    def first_known_day(self) -> date | None:
        """The local day of this client's first session known here."""
        hours = self.calendars.of(self.practice.id, self.file.key.id).hours
        return None if not hours else self.practice.day_of(datetime.fromtimestamp(hours[0] * HOUR_SECONDS, UTC))

    def sessions_between(self, first: date, last: date) -> tuple[SessionCase, ...]:
        """This client's sessions on the local days from `first` to `last`, both included, earliest first."""
        calendar = self.calendars.of(self.practice.id, self.file.key.id)
        ids = calendar.between(self.practice.start_of(first), self.practice.end_of(last))
        cases = _sessions(self.practice, ids, self.find, self.calendars, self.opened)
        return tuple(case for case in cases if case.service_on is not None and first <= case.service_on <= last)

    @property
    def client(self) -> ClientView:
        """The client."""
        return self.opened.clients.setdefault(self.file.key.id, client_view(self.practice, self.file.key.id, self.file))

    def upcoming(self, now: datetime) -> tuple[SessionCase, ...]:
        """Booked sessions after `now` that this client is booked for, sorted by id."""
        known = self._ahead.get(now)
        if known is None:
            ids = self.calendars.of(self.practice.id, self.file.key.id).since(now)
            cases = (open_session(self.practice, id_, self.find, self.calendars, self.opened) for id_ in ids)
            known = self._ahead[now] = tuple(
                case
                for case in cases
                if case is not None
                and case.session.status == "booked"
                and case.session.scheduled_start is not None
                and case.session.scheduled_start > now
                and self.file.key.id in case.expected
            )
        return known


@dataclass(frozen=True)
class UnitCase:
    """One group, family or couple and the people in it."""

    practice: PracticeView
    file: File
    record: Held[Group] | Held[Family] | Held[Couple]
    find: FindFile = field(repr=False)

    @classmethod
    def of(cls, practice: PracticeView, file: File, find: FindFile) -> "UnitCase | None":
        """None while the unit itself is not known."""
        record = file.one("group") or file.one("family") or file.one("couple")
        return None if record is None else cls(practice, file, record, find)

    @property
    def id(self) -> str:
        """The unit's id."""
        return self.file.key.id

    @property
    def kind(self) -> str:
        """group, family or couple: its key in a finding's subject."""
        return {Group: "group", Family: "family", Couple: "couple"}[type(self.record.data)]

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of those who belong to it now, sorted; of a group those who have not left."""
        data = self.record.data
        if isinstance(data, Group):
            return tuple(sorted({member.client for member in data.members if member.left is None}))
        return tuple(sorted(set(data.members)))

    def client(self, client_id: str) -> ClientView:
        """What is known of a client."""
        file = self.find(FileKey(self.practice.id, FileKind.CLIENT, client_id))
        return client_view(self.practice, client_id, file)

    def messages(self, kind: str) -> tuple[Held[Message], ...]:
        """Messages of a kind about this unit or about no unit, in its own file and in its members'."""
        own = [message for message in self.file.all("message") if message.data.kind == kind]
        theirs = (message for member in self.members for message in self.client(member).messages(kind))
        return (*own, *(message for message in theirs if message.data.unit in (None, self.id)))

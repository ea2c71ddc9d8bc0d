"""What does a rule see? A case: one session, or one client, with everything the practice's files say about it.

Read-only views over files; pure. Nothing is looked up that is not in the same practice's partition.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from schemas.care import (
    Appointment,
    Attendance,
    Charge,
    Claim,
    Client,
    Clinician,
    Consent,
    Couple,
    Coverage,
    Family,
    Group,
    Note,
    Practice,
    Recording,
)
from schemas.reasons import Poison
from streams.files import File, FileKey, FileKind, Held
from streams.policy import Policy, policy_of

FindFile = Callable[[FileKey], File | None]

MISSED = frozenset({"no_show", "late_cancel", "cancelled", "excused"})
GROUP_KINDS = frozenset({"group", "multi_family"})
CONJOINT_KINDS = frozenset({"family", "couple"})


@dataclass(frozen=True)
class PracticeView:
    """The practice, its clock's zone and its policy."""

    id: str
    file: File
    record: Held[Practice]
    zone: ZoneInfo
    policy: Policy

    @classmethod
    def of(cls, file: File | None) -> "PracticeView | None":
        """None until the practice itself is known: without its time zone nothing can be decided."""
        record = None if file is None else file.one("practice")
        if file is None or record is None:
            return None
        own = file.all("policy")
        zone = _zone(record.data.timezone)
        if zone is None:
            return None
        return cls(file.key.practice_id, file, record, zone, _policy(own[-1].data.document if own else None))

    def clinician(self, clinician_id: str) -> Held[Clinician] | None:
        """The clinician with this id."""
        return self.file.one("clinician", clinician_id)

    def day_of(self, moment: datetime) -> date:
        """The local calendar day of an instant."""
        return moment.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant a local day begins."""
        # in UTC, because an ambiguous midnight of another zone equals nothing, not even itself
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def _policy(document: str | None) -> Policy:
    try:
        return policy_of(document)
    except Poison:  # sound when it was taken in, not to this version of the code: the practice must not stand still
        return policy_of()


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def consent_holds(consent: Consent, moment: datetime) -> bool:
    """Signed by then, not yet expired, not wholly revoked by then. Whose signature it is, is another question."""
    if consent.signed_at is None or consent.signed_at > moment:
        return False
    if consent.expires is not None and consent.expires <= moment:
        return False
    revoked_at = consent.revoked_at
    if revoked_at is None and consent.status == "revoked":
        revoked_at = None if consent.revocation is None else consent.revocation.at
        return revoked_at is not None and revoked_at > moment
    return revoked_at is None or revoked_at > moment


@dataclass(frozen=True)
class ClientView:
    """One client's file, or what little is known of somebody without one."""

    id: str
    file: File | None

    @property
    def record(self) -> Held[Client] | None:
        """The client; None if the EHR has not said who this is."""
        return None if self.file is None else self.file.one("client")

    def consents(self, kind: str) -> tuple[Held[Consent], ...]:
        """Every consent of a kind, whatever its state."""
        return () if self.file is None else tuple(c for c in self.file.all("consent") if c.data.kind == kind)

    def consents_holding(self, kind: str, moment: datetime) -> tuple[Held[Consent], ...]:
        """The consents of a kind that hold at that moment."""
        return tuple(c for c in self.consents(kind) if consent_holds(c.data, moment))

    @property
    def coverages(self) -> tuple[Held[Coverage], ...]:
        """Every coverage, sorted by id."""
        return () if self.file is None else self.file.all("coverage")

    @property
    def is_patient(self) -> bool:
        """False only for somebody the EHR calls a collateral."""
        record = self.record
        return record is None or record.data.patient is not False

    def eighteenth_birthday(self) -> date | None:
        """The day the client comes of age; 1 March for those born on 29 February."""
        record = self.record
        dob = None if record is None else record.data.dob
        if dob is None:
            return None
        try:
            return dob.replace(year=dob.year + 18)
        except ValueError:
            return date(dob.year + 18, 3, 1)


@dataclass(frozen=True)
class SessionCase:
    """One session with everybody in it."""

    practice: PracticeView
    file: File
    appointment: Held[Appointment]
    find: FindFile = field(repr=False)

    @property
    def id(self) -> str:
        """The session's id."""
        return self.file.key.id

    @property
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

    @property
    def service_on(self) -> date | None:
        """Date of service: the local date of the actual start; of the scheduled start until then."""
        return None if self.starts_at is None else self.practice.day_of(self.starts_at)

    @property
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

    @property
    def attending(self) -> tuple[str, ...]:
        """Ids of everybody recorded as attended."""
        return tuple(client_id for client_id in sorted(self.attendance) if self.attended(client_id))

    @property
    def expected(self) -> tuple[str, ...]:
        """Ids of those who were or are to be there: booked and not recorded as missing."""
        if self.session.status == "cancelled":
            return ()
        return tuple(client_id for client_id in self.session.clients if not self.missed(client_id))

    @property
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
        return ClientView(client_id, self.find(FileKey(self.practice.id, FileKind.CLIENT, client_id)))

    def unit_file(self, unit_id: str | None) -> File | None:
        """The file of a group, family or couple."""
        return None if unit_id is None else self.find(FileKey(self.practice.id, FileKind.UNIT, unit_id))

    @cached_property
    def group(self) -> Held[Group] | None:
        """The group that met, if a group did."""
        file = self.unit_file(self.session.unit)
        return None if file is None else file.one("group")

    @cached_property
    def family(self) -> Held[Family] | Held[Couple] | None:
        """The family or couple that met."""
        file = self.unit_file(self.session.unit)
        return None if file is None else file.one("family") or file.one("couple")

    @property
    def notes(self) -> tuple[Held[Note], ...]:
        """Every note of the session."""
        return self.file.all("note")

    @property
    def claims(self) -> tuple[Held[Claim], ...]:
        """Every claim for the session that was not voided."""
        return tuple(claim for claim in self.file.all("claim") if claim.data.status != "voided")

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


@dataclass(frozen=True)
class ClientCase:
    """One client and the sessions ahead."""

    practice: PracticeView
    file: File
    find: FindFile = field(repr=False)

    @property
    def client(self) -> ClientView:
        """The client."""
        return ClientView(self.file.key.id, self.file)

    def sessions(self) -> Iterable[SessionCase]:
        """Every session this client has to do with and that has an appointment, sorted by id."""
        for session_id in sorted(self.file.sessions):
            file = self.find(FileKey(self.practice.id, FileKind.SESSION, session_id))
            appointment = None if file is None else file.one("appointment")
            if file is not None and appointment is not None:
                yield SessionCase(self.practice, file, appointment, self.find)

    def upcoming(self, now: datetime) -> tuple[SessionCase, ...]:
        """Booked sessions after `now` that this client is booked for."""
        return tuple(
            case
            for case in self.sessions()
            if case.session.status == "booked"
            and self.file.key.id in case.expected
            and case.session.scheduled_start is not None
            and case.session.scheduled_start > now
        )


def cents(amount: str | None) -> int | None:
    """A decimal string of dollars as whole cents."""
    return None if amount is None else int((Decimal(amount) * 100).to_integral_value())

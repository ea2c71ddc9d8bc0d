"""What does a rule see? A case: one session, or one client, with everything the practice's files say about it.

Read-only views over files; pure. Nothing is looked up that is not in the same practice's partition.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.care import (
    Appointment,
    Attendance,
    Authorization,
    Charge,
    Claim,
    ClaimLine,
    Client,
    Clinician,
    Consent,
    Couple,
    Coverage,
    Eligibility,
    Family,
    Group,
    Message,
    Note,
    Plan,
    Practice,
    Recording,
    Relationship,
)
from schemas.reasons import Poison
from streams.calendars import HOUR_SECONDS, Calendars, hours_between
from streams.files import File, FileKey, FileKind, Held
from streams.policy import Policy, PolicyBook, policy_of
from streams.terms import Terms, composition_at, in_force

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
    policies: PolicyBook

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
        return cls(file.key.practice_id, file, record, zone, _policy(tuple(held.data.document for held in own)))

    def keeps(self, *facts: str) -> bool:
        """Whether the practice's EHR has a place for all of these facts (words of `streams.not_kept`)."""
        return self.not_kept.isdisjoint(facts)

    @cached_property
    def not_kept(self) -> frozenset[str]:
        """What the practice's EHR has no place for."""
        return frozenset(self.record.data.not_kept)

    def clinician(self, clinician_id: str) -> Held[Clinician] | None:
        """The clinician with this id."""
        return self._clinicians.get(clinician_id)

    @cached_property
    def _clinicians(self) -> dict[str, Held[Clinician]]:
        return {held.id: held for held in self.file.all("clinician")}

    @property
    def policy(self) -> Policy:
        """What holds after the last change anybody has announced; about a session ask its own `policy`."""
        return self.policies.on(None)

    @cached_property
    def consents_end(self) -> bool:
        """The practice's own tables give some kind of consent an end."""
        by_kind = (by_state for policy in self.policies.every for by_state in policy.consent_valid_days.values())
        return any(days is not None for by_state in by_kind for days in by_state.values())

    def policy_at(self, moment: datetime) -> Policy:
        """What holds on the local day of an instant."""
        return self.policies.on(self.day_of(moment))

    def next_policy_change(self, moment: datetime) -> datetime | None:
        """The start of the next day on which the practice's own tables change what holds."""
        starts = (self.start_of(day) for day in self.policies.own_boundaries)
        return next((start for start in starts if start > moment), None)

    def day_of(self, moment: datetime) -> date:
        """The local calendar day of an instant."""
        return moment.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant a local day begins."""
        return _midnight(day, self.zone)

    @property
    def last_day(self) -> date:
        """Later than any session: the end of what has no end."""
        return date(2200, 1, 1)

    def end_of(self, day: date) -> datetime:
        """The last instant of a local day."""
        return self.start_of(day + timedelta(days=1)) - timedelta(microseconds=1)

    def days_of_hours(self, hours: Iterable[int]) -> list[tuple[datetime, datetime]]:
        """Start and end of every local day that one of these hours since 1970 touches."""
        starts = (datetime.fromtimestamp(hour * HOUR_SECONDS, UTC) for hour in hours)
        days = {day for at in starts for day in (self.day_of(at), self.day_of(at + timedelta(minutes=59)))}
        return [(self.start_of(day), self.end_of(day)) for day in sorted(days)]


@lru_cache(maxsize=8192)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # in UTC, because an ambiguous midnight of another zone equals nothing, not even itself
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _policy(documents: tuple[str, ...]) -> PolicyBook:
    try:
        return policy_of(*documents)
    except Poison:  # sound when it was taken in, not to this version of the code: the practice must not stand still
        return policy_of(*(document for document in documents if _is_sound(document)))


def _is_sound(document: str) -> bool:
    try:
        policy_of(document)
    except Poison:
        return False
    return True


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
    revoked_at = revoked_wholly_at(consent)
    return revoked_at is None or revoked_at > moment


_ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)


def revoked_wholly_at(consent: Consent) -> datetime | None:
    """When it was revoked as a whole: None = it was not. A revocation nobody dated counts from the beginning."""
    revocation = consent.revocation
    if consent.revoked_at is not None:
        return consent.revoked_at
    if consent.status == "revoked":
        return _ALWAYS if revocation is None or revocation.at is None else revocation.at
    # revoked in the form's own words, though the source still calls it active
    return revocation.at if revocation is not None and revocation.scope == "all" else None


@dataclass(frozen=True)
class ClientView:
    """One client's file, or what little is known of somebody without one."""

    id: str
    file: File | None
    practice: PracticeView | None = None

    @cached_property
    def record(self) -> Held[Client] | None:
        """The client; None if the EHR has not said who this is."""
        return None if self.file is None else self.file.one("client")

    def consents(self, kind: str) -> tuple[Held[Consent], ...]:
        """Every consent of a kind, whatever its state."""
        return self._consents_by_kind.get(kind, ())

    @cached_property
    def every_consent(self) -> tuple[Held[Consent], ...]:
        """Every consent, sorted by id; one without an end of its own ends when the policy says that its kind does."""
        on_file = () if self.file is None else self.file.all("consent")
        if self.practice is None or not self.practice.consents_end:
            return on_file
        return tuple(self._ending(self.practice, consent) for consent in on_file)

    def _ending(self, practice: PracticeView, consent: Held[Consent]) -> Held[Consent]:
        data, state = consent.data, None if self.record is None else self.record.data.state
        if data.expires is not None or data.signed_at is None:
            return consent
        signed_on = practice.day_of(data.signed_at)
        days = practice.policies.on(signed_on).valid_days(data.kind, state)
        if days is None:
            return consent
        return replace(
            consent, data=data.model_copy(update={"expires": practice.end_of(signed_on + timedelta(days=days))})
        )

    @cached_property
    def last_signed_at(self) -> datetime | None:
        """The latest moment at which a form was signed, by its own date or by the first of its signatures."""
        moments = [consent.data.signed_at for consent in self.every_consent if consent.data.signed_at is not None]
        for consent in self.every_consent:
            moments += [min(times)] if (times := [s.at for s in consent.data.signers if s.at is not None]) else []
        return max(moments, default=None)

    @cached_property
    def _consents_by_kind(self) -> dict[str, tuple[Held[Consent], ...]]:
        by_kind: dict[str, tuple[Held[Consent], ...]] = {}
        for consent in self.every_consent:
            by_kind[consent.data.kind] = (*by_kind.get(consent.data.kind, ()), consent)
        return by_kind

    def consents_holding(self, kind: str, moment: datetime) -> tuple[Held[Consent], ...]:
        """The consents of a kind that hold at that moment."""
        return tuple(c for c in self.consents(kind) if consent_holds(c.data, moment))

    @property
    def coverages(self) -> tuple[Held[Coverage], ...]:
        """Every coverage, sorted by id."""
        return () if self.file is None else self.file.all("coverage")

    def coverage(self, coverage_id: str | None) -> Held[Coverage] | None:
        """The coverage with this id."""
        return self._coverages.get(coverage_id or "")

    @cached_property
    def _coverages(self) -> dict[str, Held[Coverage]]:
        return {held.id: held for held in self.coverages}

    @property
    def eligibilities(self) -> tuple[Held[Eligibility], ...]:
        """Every answer of a payer, sorted by id."""
        return () if self.file is None else self.file.all("eligibility")

    @property
    def authorizations(self) -> tuple[Held[Authorization], ...]:
        """Every authorization, sorted by id."""
        return () if self.file is None else self.file.all("authorization")

    @property
    def plans(self) -> tuple[Held[Plan], ...]:
        """Every treatment plan, sorted by id."""
        return () if self.file is None else self.file.all("plan")

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

    def age_on(self, day: date) -> int | None:
        """Full years on a day; those born on 29 February grow older on 1 March of a common year."""
        record = self.record
        dob = None if record is None else record.data.dob
        return None if dob is None else day.year - dob.year - ((day.month, day.day) < (dob.month, dob.day))

    def relationships(self) -> tuple[Held[Relationship], ...]:
        """Who is what to this client, past and present."""
        return () if self.file is None else self.file.all("relationship")

    def messages(self, kind: str) -> tuple[Held[Message], ...]:
        """Every message of a kind in this client's file."""
        return () if self.file is None else tuple(m for m in self.file.all("message") if m.data.kind == kind)


def client_view(practice: PracticeView, client_id: str, file: File | None) -> ClientView:
    """The view of a client; what it has worked out is kept with the file until file or practice say something new."""
    if file is None:
        return ClientView(client_id, None, practice)
    if file.view is not None and file.view[0] == file.generation:
        known: ClientView = file.view[1]
        if known.practice is practice:
            return known
    view = ClientView(client_id, file, practice)
    file.view = (file.generation, view)
    return view


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
        clients = self.opened.clients
        if client_id not in clients:
            file = self.find(FileKey(self.practice.id, FileKind.CLIENT, client_id))
            clients[client_id] = client_view(self.practice, client_id, file)
        return clients[client_id]

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


class BilledLine(NamedTuple):
    """One line of a claim, with what every rule asks of it at hand."""

    claim: Held[Claim]
    line: ClaimLine
    code: str
    """The procedure code; empty if there is none."""
    units: int
    """Units; a line without a number is one."""
    client_id: str
    payer_id: str | None

    @classmethod
    def of(cls, claim: Held[Claim], line: ClaimLine) -> "BilledLine":
        """A line of that claim."""
        data = claim.data
        units = 1 if line.units is None else line.units
        return cls(claim, line, line.code or "", units, data.client, data.payer)


def standing(claims: Sequence[Held[Claim]]) -> tuple[Held[Claim], ...]:
    """Those of one session's claims that count: nothing took their place, and they do not void another."""
    if len(claims) < 2 and all(claim.data.frequency != VOID for claim in claims):
        return tuple(claims)
    by_client: dict[str, list[Held[Claim]]] = {}
    for claim in claims:
        by_client.setdefault(claim.data.client, []).append(claim)
    return tuple(
        claim
        for claim in claims
        if claim.data.frequency != VOID
        and not any(takes_the_place_of(other, claim) for other in by_client[claim.data.client])
    )


REPLACEMENT, VOID = 7, 8
ADJUDICATED = frozenset({"accepted", "paid", "denied"})
"""Statuses of a claim that a payer has taken into adjudication."""


def takes_the_place_of(new: Held[Claim], old: Held[Claim]) -> bool:
    """A replacement or void of that claim, or the resubmission of one that was rejected before adjudication."""
    mine, its = new.data, old.data
    if new.id == old.id or mine.client != its.client or mine.status == "voided":
        return False
    if mine.status == "rejected" and its.status != "rejected":
        return False  # of several that were rejected one after the other, the last stands for all of them
    if mine.frequency in (REPLACEMENT, VOID):
        if mine.original_ref is not None and mine.original_ref in (its.payer_control_number, old.id):
            return True
        meant = mine.payer == its.payer and mine.sequence == its.sequence and its.frequency not in (REPLACEMENT, VOID)
        return meant and its.status in ADJUDICATED and comes_after(new, old)
    if its.status == "rejected":
        return mine.payer == its.payer and mine.sequence == its.sequence and comes_after(new, old)
    return False


def comes_after(new: Held[Claim], old: Held[Claim]) -> bool:
    """Queued later; of two queued at once, the one whose id sorts later."""
    return (new.data.queued_at or new.at, new.id) > (old.data.queued_at or old.at, old.id)


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


def has_ledger(practice: PracticeView, file: File | None) -> bool:
    """Somebody keeps count of this client's visits: a payer by authorized units, or a plan by a visit limit."""
    if file is None:
        return False
    return bool(file.all("authorization")) or any(visit_limits(practice, c.data) for c in file.all("coverage"))


def visit_limits(practice: PracticeView, coverage: Coverage) -> dict[str, int]:
    """How many visits of each kind a coverage pays for in a benefit year: its own limits, else those of its product."""
    return dict(coverage.visit_limits) or practice.policy.plan(coverage.payer, coverage.product).visit_limits


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


@lru_cache(maxsize=4096)
def cents(amount: str | None) -> int | None:
    """A decimal string of dollars as whole cents."""
    return None if amount is None else int((Decimal(amount) * 100).to_integral_value())

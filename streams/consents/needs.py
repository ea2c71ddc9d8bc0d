"""Which forms does a person need next, for which group, family, couple or session, and who has to sign? Pure.

Asked of a client's booked sessions and of the units they belong to. Says what is wanted; sends nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.care import Consent, Couple, Family, Group
from schemas.finding import id_from_cause
from streams.as_of import State, state_at
from streams.cases import ClientCase, ClientView, PracticeView, SessionCase, UnitCase
from streams.consents.signatories import Signatory, signatories
from streams.consents.visit import NEAREST, kinds_of_visit, standing_of
from streams.files import FileKey, FileKind, Held
from streams.rule import Recheck
from streams.rules.attending import ADULT
from streams.scope import turning_points

UNIT_KINDS = frozenset({"group_agreement", "conjoint_agreement"})
"""Kinds that are signed for one group, family or couple; all others are the person's own."""

OFFERED = frozenset({"ai_assistance", "recording"})
"""Kinds nobody has to sign: without them a person is left out of AI drafts and nothing is recorded; care goes on."""

_LAST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Need:
    """One form one person needs. `met_by`: the consent that meets it, else `problem` says why none does.

    `signatories`: all who may sign, one of several guardians being enough; empty for a minor for whom nobody on file
    may sign. `needed_from`: the start of the first booked session that asks for it, None for a member without one.
    """

    client_id: str
    kind: str
    unit_id: str | None
    cycle: str | None
    form_version: str | None
    language: str | None
    needed_from: datetime | None
    sessions_count: int
    met_by: str | None
    met_until: datetime | None
    problem: str | None
    last_consent_id: str | None
    signatories: tuple[Signatory, ...]

    def need_id(self, practice_id: str) -> str:
        """The same for the same person, kind and unit."""
        return id_from_cause("consent-need", practice_id, self.client_id, self.kind, self.unit_id or "")


def needs_of(case: ClientCase, now: datetime) -> Iterator[Need | Recheck]:
    """What this client needs for the next booked session of each kind and unit, and as a member of units.

    Yields a Recheck for each moment at which time alone could change the answer.
    """
    record = case.client.record
    if record is None:
        return
    upcoming = sorted(case.upcoming(now), key=lambda session: (session.starts_at or _LAST, session.id))
    if upcoming and upcoming[0].starts_at is not None:
        yield Recheck(upcoming[0].starts_at)
    wanted: dict[tuple[str, str], tuple[SessionCase, int]] = {}
    for session in upcoming:
        for kind in _kinds(session, case.client):
            key = (kind, (session.session.unit or "") if kind in UNIT_KINDS else "")
            first, count = wanted.get(key, (session, 0))
            wanted[key] = (first, count + 1)
    for (kind, unit_id), (session, count) in sorted(wanted.items(), key=lambda item: item[0]):
        yield _for_session(session, case.client, kind, unit_id or None, count)
    yield from _as_member(case, now, {unit_id for kind, unit_id in wanted if kind in UNIT_KINDS})


def _kinds(session: SessionCase, client: ClientView) -> Iterator[str]:
    """What the visit needs, and what is asked for with the rest though nobody is kept out for it."""
    kinds = dict.fromkeys(kinds_of_visit(session, client.id))
    if session.session.kind in ("group", "multi_family", "family", "couple"):
        kinds["ai_assistance"] = None
    if session.session.recorded:
        kinds["recording"] = None
    else:
        kinds.pop("recording", None)  # what was recorded already is a question of that recording, not of a form
    record = client.record
    if record is not None and client.is_patient and client.coverages and not record.data.self_pay:
        kinds["billing_release"] = None
    yield from kinds


def _for_session(session: SessionCase, client: ClientView, kind: str, unit_id: str | None, count: int) -> Need:
    moment = session.starts_at or _LAST
    stood = standing_of(session, client.id, kind, moment)
    group = session.group if kind == "group_agreement" else None
    met_by, met_until = _lasting(stood.held)
    version = form_version(session.practice, kind, moment) if group is None else group.data.agreement_version
    return Need(
        client_id=client.id,
        kind=kind,
        unit_id=unit_id,
        cycle=None if group is None or group.data.cycle is None else group.data.cycle.id,
        form_version=version,
        language=None if client.record is None else client.record.data.language,
        needed_from=moment,
        sessions_count=count,
        met_by=met_by,
        met_until=met_until,
        problem=stood.problem,
        last_consent_id=_last(stood.on_file),
        signatories=signatories(session.practice, client, kind, moment, session.state_of(client.id), session.client),
    )


def form_version(practice: PracticeView, kind: str, moment: datetime) -> str | None:
    """The version of a practice's own form in force at a moment; None if its EHR knows of none."""
    day = practice.day_of(moment)
    forms = [
        held.data
        for held in practice.file.all("form")
        if held.data.kind == kind and (held.data.effective is None or held.data.effective <= day)
    ]
    newest = max(forms, key=lambda form: (str(form.effective or ""), form.version or ""), default=None)
    return None if newest is None else newest.version


def _lasting(held: Iterable[Held[Consent]]) -> tuple[str | None, datetime | None]:
    """The consent that lasts longest of those that hold, and until when."""
    longest = max(held, key=lambda consent: (consent.data.expires or _LAST, consent.id), default=None)
    return (None, None) if longest is None else (longest.id, longest.data.expires)


def _last(on_file: Iterable[Held[Consent]]) -> str | None:
    newest = max(on_file, key=lambda consent: (consent.data.signed_at or consent.at, consent.id), default=None)
    return None if newest is None else newest.id


# --- members of a unit without a booked session ---------------------------------------------------------------------


def _as_member(case: ClientCase, now: datetime, asked: set[str]) -> Iterator[Need | Recheck]:
    for unit_id in sorted(case.file.units - asked):
        file = case.find(FileKey(case.practice.id, FileKind.UNIT, unit_id))
        unit = None if file is None else UnitCase.of(case.practice, file, case.find)
        if unit is None or case.client.id not in unit.members:
            continue
        yield from _agreement_of(case, unit, now)


def _agreement_of(case: ClientCase, unit: UnitCase, now: datetime) -> Iterator[Need | Recheck]:
    client, data = case.client, unit.record.data
    kind = "group_agreement" if isinstance(data, Group) else "conjoint_agreement"
    birthday = client.eighteenth_birthday()
    if birthday is not None and (of_age_at := case.practice.start_of(birthday)) > now:
        yield Recheck(of_age_at)
    age = client.age_on(case.practice.day_of(now))
    if isinstance(data, Family | Couple) and age is not None and age < ADULT:
        return
    on_file = [c for c in client.consents(kind) if c.data.unit in (None, unit.id) and _of_now(c.data, data)]
    yield from turning_points(on_file, now)
    states = {consent.id: state_at(consent.data, now) for consent in on_file}
    held = [consent for consent in on_file if states[consent.id] is State.HELD]
    met_by, met_until = _lasting(held)
    problem = None if held else next((word for state, word in NEAREST if state in states.values()), "none")
    yield Need(
        client_id=client.id,
        kind=kind,
        unit_id=unit.id,
        cycle=data.cycle.id if isinstance(data, Group) and data.cycle is not None else None,
        form_version=data.agreement_version if isinstance(data, Group) else form_version(case.practice, kind, now),
        language=None if client.record is None else client.record.data.language,
        needed_from=None,
        sessions_count=0,
        met_by=met_by,
        met_until=met_until,
        problem=problem,
        last_consent_id=_last(on_file),
        signatories=signatories(case.practice, client, kind, now, case.practice.record.data.state, unit.client),
    )


def _of_now(consent: Consent, unit: Group | Family | Couple) -> bool:
    """Signed for the unit as it is: this cycle and version of a group, these members of a family or couple."""
    if isinstance(unit, Group):
        cycle = None if unit.cycle is None else unit.cycle.id
        return consent.cycle in (None, cycle) and unit.agreement_version in (None, consent.version)
    return not consent.composition or set(consent.composition) == set(unit.members)

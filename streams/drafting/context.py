"""What may a draft of this session be made of? The session as a session file, out of the practice's files. Pure.

Only what the gates let through leaves here: of somebody who has not consented, nothing but what it takes to recognise
them in others' words. Separate notes are never read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from pydantic import ValidationError

from schemas.care import Assessment, Checkin, Goal, Note, Plan
from schemas.draft_context import DraftContext, as_json
from schemas.draft_request import DraftRequest
from schemas.session_file import Bullet, Contact, Facilitator, Participant, Score, Session, TreatmentUnit, Turn
from schemas.session_file import Goal as OwnGoal
from streams.cases import ClientView, SessionCase
from streams.drafting.standing import Standing, asked_for, standing_of
from streams.files import File, FileKey, FileKind, Held
from streams.policy import DraftingPolicy
from streams.rule import Recheck

RECENT_NOTES = 3
RECENT_DAYS = 400
MAX_TRANSCRIPT_LENGTH = 2_000_000
"""Characters; ten hours of speech have about half a million."""
NOTE_KINDS = frozenset({"progress", "addendum"})
"""Kinds of note a draft may read; any other kind is kept apart from the record for a reason."""
SESSION_KINDS = {"group": "group", "multi_family": "group", "family": "family", "couple": "couple"}
_OWN_MATERIAL = ("appointment", "attendance", "outline", "recording")


@dataclass(frozen=True, slots=True)
class Sources:
    """What the context is made of, found but not yet put together."""

    notes: dict[str, tuple[Held[Note], ...]]
    plans: dict[str, Held[Plan]]
    checkins: dict[str, Held[Checkin]]
    scores: dict[str, tuple[Held[Assessment], ...]]


def sources_of(case: SessionCase, standing: Standing) -> Sources:
    """The records about those who have consented that were there when the session took place."""
    if standing.refused or standing.own_notes_only:
        return Sources({}, {}, {}, {})
    clients = {client_id: case.client(client_id) for client_id in sorted(standing.consenting)}
    plans = {client_id: _plan(case, client) for client_id, client in clients.items()}
    checkins = {client_id: _checkin(case, client) for client_id, client in clients.items()}
    return Sources(
        notes={client_id: _recent_notes(case, client_id) for client_id in clients},
        plans={client_id: plan for client_id, plan in plans.items() if plan is not None},
        checkins={client_id: checkin for client_id, checkin in checkins.items() if checkin is not None},
        scores={client_id: _scores(case, client) for client_id, client in clients.items()},
    )


def fingerprint_of(case: SessionCase, standing: Standing, sources: Sources, policy: DraftingPolicy) -> str:
    """The same for the same state of everything a draft would be made of; cheap enough to ask at every look."""
    own = [*_contents(case.file, _OWN_MATERIAL), *_transcripts(case.file)]
    people = [
        content
        for client_id in sorted(standing.consenting | standing.lacking)
        for content in _contents(case.client(client_id).file, ("client",))
    ]
    records: list[Held[Any]] = [
        *(held for notes in sources.notes.values() for held in notes),
        *sources.plans.values(),
        *sources.checkins.values(),
        *(held for scores in sources.scores.values() for held in scores),
    ]
    said = (
        own,
        people,
        [_content(held) for held in records],
        _spoken_for(standing),
        _around(case),
        (policy.template, policy.model, sorted(policy.prompts.items())),
    )
    return blake2b(repr(said).encode(), digest_size=12).hexdigest()


def _around(case: SessionCase) -> tuple[object, ...]:
    """Of the unit, the clinician and the clients' relatives: only what a context says of them."""
    everybody = dict.fromkeys((*case.participants, *case.session.clients, *case.attendance))
    contacts = [(id_, [(c.name, c.relation) for c in _contacts(case, case.client(id_))]) for id_ in everybody]
    unit, clinician = _unit(case), _clinician(case)
    return (_group_type(case), unit and unit.model_dump(), clinician.model_dump(), _code(case), contacts)


def _clinician(case: SessionCase) -> Facilitator:
    lead = next((f.clinician for f in case.session.facilitators if f.role in ("lead", None)), None)
    clinician = None if lead is None else case.practice.clinician(lead)
    return Facilitator(
        clinician_id=lead,
        name=None if clinician is None else clinician.data.name,
        credential=None if clinician is None else clinician.data.credential,
    )


def _spoken_for(standing: Standing) -> tuple[object, ...]:
    people = (sorted(standing.consenting), sorted(standing.lacking), sorted(standing.absent_consenting))
    flags = (standing.transcript, standing.own_notes_only, standing.refused)
    until = None if standing.until is None else standing.until.timestamp()
    return (*people, *flags, standing.withheld, until)


def context_wanted(
    file: File, case: SessionCase, request: DraftRequest, now: datetime
) -> Iterator[DraftContext | Recheck]:
    """The context of a wanted draft if it is not as it was last sent, and when time alone may change it.

    `file.contexts` remembers what was sent. A draft follows what changes for `follow_days` after its session; one that
    was never sent is always.
    """
    policy = case.practice.policy_at(now).drafting
    sent = file.contexts.get(request.request_id)
    if sent is not None and not _follows(case, policy, now):
        return
    standing = standing_of(case, now)
    if standing.until is not None:
        yield Recheck(standing.until)
    sources = sources_of(case, standing)
    fingerprint = fingerprint_of(case, standing, sources, policy)
    if fingerprint != sent:
        file.contexts[request.request_id] = fingerprint
        yield _context(case, request, standing, sources, policy).model_copy(
            update={"fingerprint": fingerprint, "changed_at": now}
        )


def _context(
    case: SessionCase, request: DraftRequest, standing: Standing, sources: Sources, policy: DraftingPolicy
) -> DraftContext:
    session, refused, withheld = None, standing.refused, standing.withheld
    if not refused:
        try:
            session = session_of(case, standing, sources, policy)
        except ValidationError:  # an outline with one id twice, a group of a thousand: said, not worked around
            refused, withheld = True, (*withheld, "What the EHR delivered about this session is not of a usable form.")
    group = case.group
    names = (request.unit_id or "", "" if group is None else group.data.name or "", request.kind)
    return DraftContext(
        **request.model_dump(exclude={"state"}),
        state="requested",
        asked=bool(asked_for(case)),
        holds_until=standing.until,
        refused=refused,
        own_notes_only=standing.own_notes_only,
        withheld=withheld,
        prompt_id=next((policy.prompts[name] for name in names if name in policy.prompts), None),
        model_allowed=policy.model,
        fingerprint="",
        session_json=None if session is None else as_json(session),
    )


def withdrawn_context(request: DraftRequest, fingerprint: str) -> DraftContext:
    """The last word on a request that no longer stands: nothing that was said is in it."""
    return DraftContext(**request.model_dump(exclude={"state"}), state="withdrawn", fingerprint=fingerprint)


def _follows(case: SessionCase, policy: DraftingPolicy, now: datetime) -> bool:
    ended_at = case.ended_at
    return ended_at is not None and now <= ended_at + timedelta(days=policy.follow_days)


def session_of(case: SessionCase, standing: Standing, sources: Sources, policy: DraftingPolicy) -> Session:
    """The session as a session file says it."""
    session = case.session
    everybody = dict.fromkeys((*case.participants, *session.clients, *case.attendance))
    outline = next(iter(case.file.all("outline")), None)
    return Session(
        id=case.id,
        kind=SESSION_KINDS[session.kind],
        group_type=_group_type(case),
        state=session.state or case.practice.record.data.state,
        clinician=_clinician(case),
        started_at=session.actual_start,
        ended_at=session.actual_end,
        cpt=_code(case),
        modality=session.modality,
        participants=_with_others(case, [_participant(case, id_, standing, sources) for id_ in everybody]),
        unit=_unit(case),
        therapist_outline=()
        if outline is None
        else tuple(Bullet(id=bullet.id, text=bullet.text[:20_000]) for bullet in outline.data.bullets),
        intervention_codes=() if outline is None else outline.data.intervention_codes,
        transcript=_turns(case, standing),
        consents=standing.consents(),
        template=policy.template,
    )


def _turns(case: SessionCase, standing: Standing) -> tuple[Turn, ...]:
    """What those said who have consented; of anybody else's turn only that it was there, so that an answer to it can
    be recognised as one. While somebody present has not consented, a voice nobody could place may be theirs."""
    transcript = next(iter(case.file.all("transcript")), None) if standing.transcript else None
    if transcript is None or sum(len(turn.text) for turn in transcript.data.turns) > MAX_TRANSCRIPT_LENGTH:
        return ()
    heard = {facilitator.clinician for facilitator in case.session.facilitators} | {"THERAPIST"} | standing.consenting

    def may_be_read(speaker: str) -> bool:
        return speaker in heard or not (standing.lacking or speaker in case.attendance)

    return tuple(
        Turn(turn=turn.turn, speaker=turn.speaker, text=turn.text[:20_000] if may_be_read(turn.speaker) else "")
        for turn in transcript.data.turns
    )


def _participant(case: SessionCase, client_id: str, standing: Standing, sources: Sources) -> Participant:
    client = case.client(client_id)
    record = None if client.record is None else client.record.data
    known = Participant(
        client_id=client_id,
        legal_name=None if record is None else record.name,
        nicknames=() if record is None else record.nicknames,
        birth_date=None if record is None else record.dob,
        attendance=_attendance(case, client_id),
        contacts=tuple(_contacts(case, client)),
        address=None if record is None or record.address is None else record.address.line1,
        relationship=_relationship(case, client_id),
    )
    plan = sources.plans.get(client_id)
    checkin = sources.checkins.get(client_id)
    if client_id not in standing.consenting or standing.own_notes_only:
        return known
    return known.model_copy(
        update={
            "diagnosis_icd10": () if plan is None else plan.data.diagnoses,
            "risk_flags": () if record is None else tuple(flag[:20_000] for flag in record.risk_flags),
            "plan_goals": () if plan is None else tuple(_goals(plan.data.goals)),
            "recent_notes": tuple((held.data.text or "")[:20_000] for held in sources.notes.get(client_id, ())),
            "checkin_form": None if checkin is None else dict(checkin.data.answers),
            "assessments": tuple(
                Score(instrument=held.data.instrument, on=held.data.on, score=held.data.score)
                for held in sources.scores.get(client_id, ())
            ),
        }
    )


def _with_others(case: SessionCase, people: list[Participant]) -> tuple[Participant, ...]:
    """The participants; guests and further clinicians are known by name as well, so that they are recognised."""
    session = case.session
    others = [Contact(name=guest.name, relation=guest.role or "guest") for guest in session.guests if guest.name]
    lead = next((f.clinician for f in session.facilitators if f.role in ("lead", None)), None)
    for facilitator in session.facilitators:
        if facilitator.clinician == lead:
            continue  # the session file names them as its clinician
        clinician = case.practice.clinician(facilitator.clinician)
        if clinician is not None and clinician.data.name:
            others.append(Contact(name=clinician.data.name, relation="clinician"))
    first, *rest = people
    return (first.model_copy(update={"contacts": (*first.contacts, *others)}), *rest)


def _goals(goals: Iterable[Goal]) -> Iterator[OwnGoal]:
    return (OwnGoal(id=goal.id, text=(goal.text or "")[:20_000]) for goal in goals)


def _attendance(case: SessionCase, client_id: str) -> str:
    record = case.attendance.get(client_id)
    if record is None:
        return "no_show"  # nobody has said that this person was there
    status = record.data.status or "no_show"
    start, end = case.session.actual_start, case.session.actual_end
    if status == "attended" and start and record.data.arrived and record.data.arrived - start > timedelta(minutes=2):
        return "late"
    if status == "attended" and end and record.data.left and end - record.data.left > timedelta(minutes=2):
        return "left_early"
    return status


def _contacts(case: SessionCase, client: ClientView) -> Iterator[Contact]:
    for held in client.relationships():
        person = case.client(held.data.person or "")
        if person.record is not None and person.record.data.name:
            yield Contact(name=person.record.data.name, relation=held.data.kind)


def _relationship(case: SessionCase, client_id: str) -> str | None:
    if case.family is None:
        return None
    identified = case.session.identified_patient or case.family.data.identified_patient
    if client_id == identified:
        return "identified patient"
    relations = (held.data for held in case.client(identified or "").relationships())
    return next((relation.kind for relation in relations if relation.person == client_id), None)


def _group_type(case: SessionCase) -> str | None:
    group = case.group
    if group is None:
        return None
    return " ".join(word for word in (group.data.name, "(sud)" if group.data.kind == "sud" else "") if word)


def _unit(case: SessionCase) -> TreatmentUnit | None:
    session = case.session
    if session.unit is None:
        return None
    record = case.group or case.family
    return TreatmentUnit(
        unit_id=session.unit,
        name=None if record is None else record.data.name,
        type=session.kind,
        identified_patient=session.identified_patient or (case.family and case.family.data.identified_patient) or None,
    )


def _code(case: SessionCase) -> str | None:
    return next((note.data.code for note in case.notes if note.data.code), None)


def _plan(case: SessionCase, client: ClientView) -> Held[Plan] | None:
    day = case.service_on
    if day is None:
        return None
    valid = [
        plan
        for plan in client.plans
        if plan.data.signed_at is not None
        and (plan.data.start is None or plan.data.start <= day)
        and (plan.data.end is None or plan.data.end >= day)
    ]
    return max(valid, key=lambda plan: (plan.data.signed_at or plan.at, plan.id), default=None)


def _checkin(case: SessionCase, client: ClientView) -> Held[Checkin] | None:
    forms = [] if client.file is None else [held for held in client.file.all("checkin") if held.data.session == case.id]
    return max(forms, key=lambda held: (held.data.submitted_at or held.at, held.id), default=None)


def _scores(case: SessionCase, client: ClientView) -> tuple[Held[Assessment], ...]:
    """The last score on each scale, up to the day of the session."""
    day = case.service_on
    latest: dict[str, Held[Assessment]] = {}
    for held in () if client.file is None or day is None else client.file.all("assessment"):
        taken = held.data.on
        if taken is None or taken > day:
            continue
        known = latest.get(held.data.instrument)
        if known is None or (known.data.on, known.id) < (taken, held.id):
            latest[held.data.instrument] = held
    return tuple(latest[instrument] for instrument in sorted(latest))


def _recent_notes(case: SessionCase, client_id: str) -> tuple[Held[Note], ...]:
    """The last notes about this client alone that were signed before the session began, oldest first."""
    start = case.starts_at
    if start is None:
        return ()
    calendar = case.calendars.of(case.practice.id, client_id)
    found: list[tuple[datetime, str, Held[Note]]] = []
    for session_id in calendar.between(start - timedelta(days=RECENT_DAYS), start):
        file = case.find(FileKey(case.practice.id, FileKind.SESSION, session_id))
        if file is None or session_id == case.id:
            continue
        for held in file.all("note"):
            note: Note = held.data
            about = note.client == client_id and note.kind in NOTE_KINDS and note.text
            if about and note.status == "signed" and note.signed_at is not None and note.signed_at < start:
                found.append((note.signed_at, held.id, held))
    found.sort(key=lambda item: item[:2])
    return tuple(held for _, _, held in found[-RECENT_NOTES:])


def _contents(file: File | None, entities: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What a file says, however it came: as one record or element by element."""
    return (_content(held) for entity in entities for held in (() if file is None else file.all(entity)))


def _content(held: Held[Any]) -> tuple[str, str]:
    return held.id, held.data.model_dump_json(exclude_none=True)


def _transcripts(file: File) -> Iterator[tuple[object, ...]]:
    """By its version only: a transcript is long, and never comes in pieces."""
    for version in sorted(file.versions.get("transcript", {}).values(), key=lambda version: version.id):
        yield (version.id, version.rev, version.at.timestamp(), version.data is None)

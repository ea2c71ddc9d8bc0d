"""Who writes the session up, and when is it signed?
Reads and writes the world: requests for drafts, notes, signatures, addenda. Billing takes over once notes are signed.
Must never name anybody in a note, nor use one sentence twice in a session.
"""

from datetime import timedelta

from infra.practice import billing, paperwork, words
from infra.practice.coding import patients_of, service_code
from infra.practice.people import Person, fee
from infra.practice.world import Session, World


def plan_notes(world: World, session: Session) -> None:
    """Decide when the session is written up, and whether a draft is asked for."""
    rng, practice = world.rng, session.practice
    everybody = [world.people[person_id] for person_id in session.attended]
    willing = all(paperwork.held(person, "AI", None, world.now) is not None for person in everybody)
    if session.unit is not None and willing and not session.recorded_unwilling and rng.random() < 0.5:
        world.later(world.now + world.minutes(2, 6), practice, "ask for a draft", _ask_for_draft, session)
    at = world.now + world.minutes(15, 200)
    if practice.local(at).hour >= 22 or (practice.local(world.now).hour >= 15 and rng.random() < 0.2):
        day = practice.day(world.now) + timedelta(days=1)
        at = practice.instant(day, 7, rng.randint(0, 59))
    world.later(at, practice, "write the note", write_notes, session)


def _ask_for_draft(world: World, session: Session) -> None:
    if session.notes:
        return
    assert session.actual_start is not None
    session.request = f"{session.id}-DRAFT"
    world.awaiting_draft.append(session)
    world.insert(
        "notes",
        session.request,
        appointment_id=session.id,
        note_kind="GRPSH" if session.kind in ("group", "multi_family") else "PROG",
        origin="AI",
        note_status="REQ",
        author_id=session.clinician.id,
        service_date=session.practice.day(session.actual_start),
        draft_context=["session_outline", "last_notes", "plan_goals"] + (["transcript"] if session.recording else []),
        requested_at=world.local,
    )


def write_notes(world: World, session: Session) -> None:
    """Write every note of the session, signed at once or as a draft first."""
    patients = patients_of(world, session)
    if not patients:
        return
    rng = world.rng
    draft_first = rng.random() < 0.25
    status = "DRAFT" if draft_first else "SIGNED"
    if session.kind == "group" and not session.purpose and world.errs("B39"):
        session.unsigned.add(rng.choice(patients).id)
    if session.kind in ("group", "multi_family"):
        text = words.SHARED_NOTE.format(topic=rng.choice(words.GROUP_TOPICS), count=len(session.attended))
        session.notes[""] = write_note(world, session, None, "GRPSH", text, status)
    presented = rng.sample(words.PRESENTED, min(len(patients), len(words.PRESENTED)))
    responded = rng.sample(words.RESPONDED, min(len(patients), len(words.RESPONDED)))
    planned = rng.sample(words.PLANNED, min(len(patients), len(words.PLANNED)))
    for person, sentences in zip(patients, zip(presented, responded, planned, strict=True), strict=True):
        if session.kind == "group" and service_code(session) == "90853" and rng.random() < 0.03:
            session.complexity[person.id] = rng.choice(words.COMPLEXITY_FACTORS)
        text = note_text(world, session, sentences)
        own = "DRAFT" if person.id in session.unsigned else status
        session.notes[person.id] = write_note(world, session, person, "PROG", text, own)
    if draft_first:
        world.later(world.now + world.minutes(20, 150), session.practice, "sign the notes", _sign_notes, session)
    else:
        _signed(world, session)


def note_text(world: World, session: Session, sentences: tuple[str, str, str]) -> str:
    """The individual section of a note; never two alike in one session."""
    rng = world.rng
    if session.purpose == "intake":
        return f"{words.INTAKE_NOTE} {sentences[0].format(n=rng.randint(3, 7), h=rng.randint(4, 7))}"
    if session.kind == "crisis":
        return f"{words.CRISIS_NOTE} {sentences[1]}"
    if session.kind in ("family", "couple"):
        bank = (words.CONJOINT_FOCUS, words.CONJOINT_RESPONSE, words.CONJOINT_PLAN)
        chosen = [rng.choice([one for one in options if one not in session.said]) for options in bank]
        session.said.extend(chosen)
        return " ".join(chosen).format(n=rng.randint(6, 9))
    return " ".join(sentences).format(n=rng.randint(2, 7), h=rng.randint(4, 7))


def write_note(world: World, session: Session, person: Person | None, kind: str, text: str, status: str) -> str:
    """Write one note of a session that took place."""
    assert session.actual_start is not None
    assert session.actual_end is not None
    practice = session.practice
    diagnoses = None
    if person is not None:
        diagnoses = [code for code in (person.diagnosis, person.second_diagnosis) if code is not None]
    signed = status == "SIGNED"
    return world.insert(
        "notes",
        f"{session.id}-N-{'SHARED' if person is None else person.id}",
        appointment_id=session.id,
        client_id=None if person is None else person.id,
        note_kind=kind,
        origin="H",
        note_status=status,
        author_id=session.clinician.id,
        service_date=practice.day(session.actual_start),
        start_time=practice.local(session.actual_start),
        stop_time=practice.local(session.actual_end),
        cpt_code=service_code(session),
        body=text,
        diagnoses=diagnoses,
        complexity_factor=None if person is None else session.complexity.get(person.id),
        participant_count=len(session.attended) if person is None else None,
        amended=False,
        signed_by=session.clinician.id if signed else None,
        signed_at=world.local if signed else None,
    )


def _sign_notes(world: World, session: Session) -> None:
    for person_id, note in session.notes.items():
        if person_id not in session.unsigned:
            world.update("notes", note, note_status="SIGNED", signed_by=session.clinician.id, signed_at=world.local)
    _signed(world, session)


def _signed(world: World, session: Session) -> None:
    practice = session.practice
    withdraw_request(world, session)  # the clinician wrote it after all
    if session.clinician.supervisor is not None:
        at = world.now + world.minutes(30, 300)
        if practice.local(at).hour >= 22:
            at = practice.instant(practice.day(at) + timedelta(days=1), 7, world.rng.randint(0, 40))
        world.later(at, practice, "co-sign the notes", _cosign, session)
    else:
        _to_the_biller(world, session)
    if world.chance(0.02) and len(session.notes) == 1:
        world.later(world.now + timedelta(days=world.rng.randint(1, 4)), practice, "add an addendum", _addend, session)


def withdraw_request(world: World, session: Session) -> None:
    """Nobody waits for a draft of this session any more."""
    if session.request is not None:
        world.remove("notes", session.request)
        session.request = None
        world.awaiting_draft.remove(session)


def _cosign(world: World, session: Session) -> None:
    for person_id, note in session.notes.items():
        if person_id in session.unsigned:
            continue
        world.update("notes", note, cosigned_by=session.clinician.supervisor, cosigned_at=world.local)
    _to_the_biller(world, session)


def _to_the_biller(world: World, session: Session) -> None:
    billed_at = billing.plan(world, session)
    for person_id in session.unsigned:
        if world.chance(0.7):
            at = world.office_hours(billed_at + timedelta(hours=world.rng.randint(6, 60)))
            world.later(at, session.practice, "sign a forgotten note", _sign_late, session, world.people[person_id])
    if session.kind == "couple" and world.errs("B06"):
        at = world.office_hours(billed_at + world.minutes(30, 180))
        world.later(at, session.practice, "bill the partner too", _bill_both_partners, session)


def _addend(world: World, session: Session) -> None:
    assert session.actual_start is not None
    (person_id, note), *_ = session.notes.items()
    world.insert(
        "notes",
        f"{note}-ADD",
        appointment_id=session.id,
        client_id=person_id,
        note_kind="ADD",
        origin="H",
        note_status="SIGNED",
        author_id=session.clinician.id,
        service_date=session.practice.day(session.actual_start),
        body=world.rng.choice(words.ADDENDUM),
        signed_by=session.clinician.id,
        signed_at=world.local,
        cosigned_by=session.clinician.supervisor,
        cosigned_at=None if session.clinician.supervisor is None else world.local,
        addendum_to=note,
        amended=False,
    )


def _sign_late(world: World, session: Session, person: Person) -> None:
    session.unsigned.discard(person.id)
    world.update(
        "notes",
        session.notes[person.id],
        note_status="SIGNED",
        signed_by=session.clinician.id,
        signed_at=world.local,
    )
    for claim in session.claims.get(person.id, []):
        if "B39" in claim.plants:
            world.repaired(claim.plants.pop("B39"))


def _bill_both_partners(world: World, session: Session) -> None:
    """Planted: the clinician writes the partner a note as well, and one session goes to both partners' plans."""
    assert session.unit is not None
    assert session.identified is not None
    partner = next(member for member in session.unit.members if member is not session.identified)
    day = session.practice.day(session.start_at)
    coverage = partner.coverage_on(day)
    if not partner.patient or coverage is None or partner.id not in session.attended or billing.too_short(session):
        return
    if (
        session.identified.id not in session.claims
        or coverage.checked_on is None
        or (day - coverage.checked_on).days > 6
    ):
        return
    code = service_code(session)
    text = note_text(world, session, ("", "", ""))
    session.notes[partner.id] = write_note(world, session, partner, "PROG", text, "SIGNED")
    claim = billing.queue_claim(
        world, session, partner, coverage, [(code, billing.modifiers_of(session, coverage), fee(code))]
    )
    claim.plants["B06"] = world.plant(
        "B06", {"session": session.id}, "one couples session was billed to both partners' plans"
    )
    claim.plants["B08"] = world.plant(
        "B08",
        {"session": session.id, "client": partner.id, "claim": claim.id},
        "the partner who is not the identified patient was billed",
    )
    if world.chance(0.5):
        at = world.office_hours(world.now + timedelta(hours=world.rng.randint(26, 90)))
        world.later(at, session.practice, "void a claim", billing.void, claim)

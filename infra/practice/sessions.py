"""How does a session come about and take place?
Reads and writes the world: bookings, check-in forms, attendance, recordings, outlines, scale scores.
Must never put two sessions of one person at the same time.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from infra.practice import billing, coverage, dialogue, notes, paperwork, words
from infra.practice.coding import FEWEST_IN_GROUP
from infra.practice.people import Clinician, Person, Series
from infra.practice.world import Session, World

BOOKED_DAYS_AHEAD: Final = 21
SOON: Final = timedelta(days=4)
"""Bookings nearer than this may come too late for the morning round of eligibility questions."""
SESSION_TYPE: Final = {
    "group": "GRP",
    "multi_family": "MFG",
    "family": "FAM",
    "couple": "CPL",
    "individual": "IND",
    "crisis": "CRI",
}
INSTRUMENTS: Final = {
    "group": (("PHQ-9", 4, 16), ("GAD-7", 3, 14), ("ORS", 14, 34)),
    "family": (("SCORE-15", 24, 52), ("ORS", 16, 36)),
    "multi_family": (("FAD-GF", 14, 34),),
    "couple": (("RDAS", 32, 58), ("CSI-16", 28, 66)),
    "individual": (("PHQ-9", 3, 17), ("GAD-7", 2, 15)),
    "crisis": (),
}

# --- booking -------------------------------------------------------------------------------------------


def start_booking(world: World, series: Series) -> None:
    """Book a standing appointment three weeks ahead, for as long as it stands."""
    day = max(series.from_day, series.practice.day(world.now) + timedelta(days=1))
    _schedule_booking(world, series, day)


def _schedule_booking(world: World, series: Series, from_day: date) -> None:
    day = from_day
    for _ in range(60):
        if series.occurs_on(day):
            at = series.practice.instant(
                day - timedelta(days=BOOKED_DAYS_AHEAD), world.rng.randint(9, 17), world.rng.randint(0, 59)
            )
            world.later(at, series.practice, "book a session", _book_next, series, day)
            return
        day += timedelta(days=1)


def _book_next(world: World, series: Series, day: date) -> None:
    if series.ends_on is not None and day > series.ends_on:
        return
    book(world, series, day)
    _schedule_booking(world, series, day + timedelta(days=1))


def may_book(world: World, person: Person, day: date) -> bool:
    """Not beyond the eighteenth birthday until the person has signed in their own name."""
    if person.discharged_on is not None:
        return False
    return person.careless or not (person.minor_on(world.today) and not person.minor_on(day))


def book(world: World, series: Series, day: date) -> None:
    """Book one occurrence, or have it wait until everybody it needs may be booked."""
    people = list(series.people)
    waiting = [person for person in people if not may_book(world, person, day)]
    for person in waiting:
        world.postponed[person.id].append((series, day))
    if series.kind in ("group", "multi_family"):
        people = [person for person in people if person not in waiting]
    elif waiting:
        return
    identified = None if series.unit is None else series.unit.identified
    if series.without_identified and (day.toordinal() // 7 // series.every_weeks) % 3 == 2:
        people = [person for person in people if person is not identified]
    start_at = series.practice.instant(day, series.hour, series.minute)
    if start_at <= world.now or not people:
        return
    session = Session(
        id=world.new_id("S"),
        kind=series.kind,
        practice=series.practice,
        series=series,
        unit=series.unit,
        clinician=series.clinician,
        co=series.co,
        start_at=start_at,
        minutes=series.minutes,
        modality=series.modality,
        identified=identified,
        recorded=series.recorded,
    )
    enter_session(world, session, people)


def enter_session(world: World, session: Session, people: list[Person]) -> None:
    """Write an appointment and what will become of it."""
    practice, rng = session.practice, world.rng
    world.session_days[practice.id, practice.day(session.start_at)].append(session)
    world.insert(
        "appointments",
        session.id,
        session_type=SESSION_TYPE[session.kind],
        unit_id=None if session.unit is None else session.unit.id,
        scheduled_start=practice.local(session.start_at),
        scheduled_end=practice.local(session.start_at + timedelta(minutes=session.minutes)),
        appt_status="SCHED",
        modality=session.modality,
        site_state=practice.state,
        identified_patient_id=None if session.identified is None else session.identified.id,
        will_record=session.recorded,
        program_code="OP",
    )
    for clinician, role in ((session.clinician, "L"), (session.co, "C")):
        if clinician is not None:
            world.insert(
                "appointment_facilitators",
                f"{session.id}-{clinician.id}",
                appointment_id=session.id,
                clinician_id=clinician.id,
                facilitator_role=role,
            )
    if session.unit is not None and session.unit.guest is not None:
        world.insert(
            "appointment_guests",
            f"{session.id}-GUEST",
            appointment_id=session.id,
            guest_name=session.unit.guest,
            guest_role="TRN",
            recording_consent=False,
        )
    for person in people:
        add_participant(world, session, person)
    if session.identified is not None and session.start_at - world.now < SOON:
        coverage.check_for(world, session.identified, practice.day(session.start_at))  # billed, though not booked
    begins_at = session.start_at + (timedelta() if session.purpose == "opener" else world.minutes(0, 2))
    if session.series is not None and session.unit is None and rng.random() < 0.04:
        at = session.start_at - timedelta(hours=rng.randint(26, 90))
        world.later(at, practice, "cancel a session", _cancel, session)
    world.later(begins_at, practice, "begin a session", begin, session)
    if session.kind in ("group", "family", "couple", "multi_family"):
        for person in people:
            if rng.random() < 0.3:
                at = session.start_at - timedelta(minutes=rng.randint(60, 1400))
                world.later(at, practice, "fill in a check-in form", _check_in, session, person)


def add_participant(world: World, session: Session, person: Person) -> None:
    """Book a person into a session."""
    key = world.new_id(f"{session.id}-P")
    session.participants[person.id] = key
    world.insert("appointment_clients", key, appointment_id=session.id, client_id=person.id)
    world.booked[person.id].append(session)
    if session.start_at - world.now < SOON:
        coverage.check_for(world, person, session.practice.day(session.start_at))
    paperwork.note_gaps(world, session, person)


def remove_participant(world: World, session: Session, person: Person) -> None:
    """Take a person out of a session that is still ahead."""
    world.remove("appointment_clients", session.participants.pop(person.id))
    world.booked[person.id].remove(session)
    paperwork.did_not_come(world, session, person.id)


def _check_in(world: World, session: Session, person: Person) -> None:
    if session.status != "SCHED" or person.id not in session.participants:
        return
    answers: dict[str, Any] = {name: world.rng.choice(choices) for name, choices in words.CHECKIN_ANSWERS}
    world.insert(
        "checkin_forms",
        f"{session.id}-F-{person.id}",
        client_id=person.id,
        appointment_id=session.id,
        answers=answers,
        submitted_at=world.local,
    )


def _cancel(world: World, session: Session) -> None:
    if session.status == "SCHED":
        not_held(world, session, dict.fromkeys(session.participants, "CX"))


def not_held(world: World, session: Session, codes: dict[str, str]) -> None:
    """The session does not take place; everybody booked gets an attendance record that says so."""
    session.status = "CANC"
    world.update("appointments", session.id, appt_status="CANC")
    for person_id, code in codes.items():
        key = f"{session.id}-A-{person_id}"
        session.attendance[person_id] = key
        world.insert("attendance", key, appointment_id=session.id, client_id=person_id, attend_code=code)
    _over(world, session)
    for person_id in codes:
        paperwork.did_not_come(world, session, person_id)


def _over(world: World, session: Session) -> None:
    for person_id in session.participants:
        world.booked[person_id].remove(session)


# --- taking place --------------------------------------------------------------------------------------


def begin(world: World, session: Session) -> None:
    """Who came? Either the session begins now, or it is called off within the quarter hour."""
    if session.status != "SCHED":
        return
    rng = world.rng
    session.decided = _who_came(world, session)
    present = [person_id for person_id, code in session.decided.items() if code == "AT"]
    if not _can_be_held(session, present):
        codes = {person_id: "CX" if code == "AT" else code for person_id, code in session.decided.items()}
        at = world.now + world.minutes(12, 20)
        world.later(at, session.practice, "call a session off", _called_off, session, codes)
        return
    session.status = "ON"
    session.actual_start = world.now
    minutes = _length(world, session)
    session.actual_end = session.actual_start + timedelta(minutes=minutes)
    for person_id in present:
        arrived, left = session.actual_start, session.actual_end
        if minutes >= 45 and session.kind in ("group", "multi_family"):
            if rng.random() < 0.08:
                arrived += world.minutes(3, 10)
            elif rng.random() < 0.04:
                left -= world.minutes(5, 12)
        session.attended[person_id] = (arrived, left)
    if session.recorded:
        start_recording(world, session)
    world.later(session.actual_end, session.practice, "complete a session", complete, session)


def _called_off(world: World, session: Session, codes: dict[str, str]) -> None:
    if session.status != "SCHED":
        return
    not_held(world, session, codes)
    for person_id, code in codes.items():
        person = world.people[person_id]
        if code == "NS" and person.patient and session.unit is None and world.chance(0.5):
            billing.no_show_fee(world, session, person)


def _who_came(world: World, session: Session) -> dict[str, str]:
    rng = world.rng
    share = {"group": 0.87, "multi_family": 0.93, "family": 0.96, "couple": 0.96}.get(session.kind, 0.9)
    if session.purpose:
        share = 1.0
    codes = {
        person_id: "AT" if rng.random() < share else rng.choice(("NS", "NS", "LC", "EX"))
        for person_id in session.participants
    }
    if session.kind == "group":
        for person_id in list(codes)[:FEWEST_IN_GROUP]:
            codes[person_id] = "AT"
    if session.kind == "multi_family" and session.unit is not None:
        for family in session.unit.families[:2]:
            for member in family.members[:2]:
                if member.id in codes:
                    codes[member.id] = "AT"
    return codes


def _can_be_held(session: Session, present: list[str]) -> bool:
    if session.kind in ("family", "couple") and session.identified is not None:
        booked = session.identified.id in session.participants
        others = [person_id for person_id in present if person_id != session.identified.id]
        return bool(others) and (session.identified.id in present) == booked
    return bool(present)


def _length(world: World, session: Session) -> int:
    rng = world.rng
    if session.kind in ("family", "couple"):
        return rng.randint(17, 24) if world.errs("B10") else rng.randint(46, 54)
    if session.kind == "individual" and session.purpose == "":
        low, high = {30: (25, 33), 45: (41, 50), 55: (53, 56)}[session.minutes]
        return rng.randint(low, high)
    if session.kind == "crisis":
        return rng.randint(42, 56)
    if session.purpose == "opener":
        return session.minutes
    return session.minutes + rng.randint(-4, 2)


def start_recording(world: World, session: Session) -> None:
    """Switch the recorder on; (planted) whoever of those booked has not consented makes it a mistake."""
    session.recording = f"{session.id}-REC"
    world.insert(
        "recordings",
        session.recording,
        appointment_id=session.id,
        rec_status="ON",
        started_at=world.local,
        has_transcript=False,
    )
    unwilling = [
        person_id
        for person_id in session.participants
        if paperwork.held(world.people[person_id], "REC", None, world.now) is None
    ]
    if unwilling:
        session.recording_plant = world.plant(
            "C08",
            {"session": session.id, "recording": session.recording},
            "the recorder was switched on although not everybody had consented",
        )
        present = [person_id for person_id in unwilling if person_id in session.attended]
        session.recorded_unwilling = present
        for person_id in present:
            world.recorded_without[person_id].append(session)


def complete(world: World, session: Session) -> None:
    """The session is over: times, attendance, recording, the therapist's outline."""
    assert session.actual_start is not None
    assert session.actual_end is not None
    practice, rng = session.practice, world.rng
    session.status = "DONE"
    world.update(
        "appointments",
        session.id,
        appt_status="DONE",
        actual_start=practice.local(session.actual_start),
        actual_end=practice.local(session.actual_end),
    )
    remote = session.modality != "OFF"
    for person_id, code in session.decided.items():
        key = f"{session.id}-A-{person_id}"
        session.attendance[person_id] = key
        times = session.attended.get(person_id)
        place = "O" if not remote else "H" if rng.random() < 0.85 else "X"
        session.places[person_id] = place
        world.insert(
            "attendance",
            key,
            appointment_id=session.id,
            client_id=person_id,
            attend_code=code,
            arrived_at=None if times is None else practice.local(times[0]),
            left_at=None if times is None else practice.local(times[1]),
            location_state=None if times is None else practice.state,
            location_place=None if times is None else place,
            emergency_contact="on file" if times is not None and remote else None,
        )
    _over(world, session)
    for person_id, code in session.decided.items():
        if code != "AT":
            paperwork.did_not_come(world, session, person_id)
    if session.recording is not None:
        _stop_recording(world, session)
    if session.kind in ("group", "family", "couple", "multi_family"):
        _outline(world, session)
    for person_id in session.attended:
        world.people[person_id].last_seen_on = world.today
        if rng.random() < (0.06 if session.unit is None else 0.12):
            _assess(world, session, world.people[person_id])
    notes.plan_notes(world, session)


def _stop_recording(world: World, session: Session) -> None:
    assert session.recording is not None
    world.update("recordings", session.recording, rec_status="OFF", stopped_at=world.local, has_transcript=True)
    if session.recording_plant is not None and not session.recorded_unwilling:
        world.repaired(session.recording_plant)  # whoever had not consented was not in the room
    turns: list[dict[str, Any]] = [
        {"turn": number, "speaker": speaker, "text": text}
        for number, (speaker, text) in enumerate(_told(world, session).turns, 1)
    ]
    world.insert("transcripts", f"{session.id}-TR", appointment_id=session.id, turns=turns)


def _told(world: World, session: Session) -> dialogue.Told:
    people = [dialogue.Cast(person_id, world.people[person_id].given) for person_id in session.attended]
    group = "" if session.unit is None else session.unit.name
    return dialogue.told(world.seed, session.id, session.kind, group, people)


def _outline(world: World, session: Session) -> None:
    told = _told(world, session)
    bullets: list[dict[str, Any]] = [{"id": f"B{n}", "text": text} for n, text in enumerate(told.bullets, 1)]
    world.insert(
        "session_outlines",
        f"{session.id}-OUT",
        appointment_id=session.id,
        author_id=session.clinician.id,
        bullets=bullets,
        intervention_codes=list(told.codes),
    )


def _assess(world: World, session: Session, person: Person) -> None:
    instruments = INSTRUMENTS[session.kind]
    if not instruments:
        return
    name, low, high = world.rng.choice(instruments)
    world.insert(
        "assessments",
        world.new_id("ASM"),
        client_id=person.id,
        appointment_id=session.id,
        instrument=name,
        taken_on=world.today,
        total_score=Decimal(world.rng.randint(low, high)),
    )


# --- unplanned sessions --------------------------------------------------------------------------------


def book_ad_hoc(
    world: World,
    person: Person,
    clinician: Clinician,
    start_at: datetime,
    minutes: int,
    kind: str,
    purpose: str,
) -> Session:
    """An intake or a crisis visit at a free hour."""
    session = Session(
        id=world.new_id("S"),
        kind=kind,
        practice=person.practice,
        series=None,
        unit=None,
        clinician=clinician,
        co=None,
        start_at=start_at,
        minutes=minutes,
        modality="OFF",
        identified=None,
        recorded=False,
        purpose=purpose,
    )
    enter_session(world, session, [person])
    return session

"""What else happens in a practice? The front desk's days: new clients, leavers, messages, releases, changes of plan.
Reads and writes the world.
Must never leave somebody half admitted: whoever is booked has signed, unless that is the planted mistake.
"""

from datetime import date, datetime, timedelta
from typing import Final

from infra.practice import coverage, founding, milestones, notes, paperwork, sessions, words
from infra.practice.people import CYCLE_DAYS, Clinician, Person, PracticePlan, Series, Unit
from infra.practice.world import Session, World

AD_HOC_HOURS: Final = (12, 13)
LARGEST_GROUP: Final = 9
MESSAGES_A_DAY: Final = 3
ELIGIBILITY_DAYS_AHEAD: Final = 2


def open_for_business(world: World) -> None:
    """Start every practice's daily round."""
    for practice in world.practices:
        first = practice.day(world.start) - timedelta(days=1)
        world.later(practice.instant(first, 5, 30), practice, "begin a day", _day, practice)


def _day(world: World, practice: PracticePlan) -> None:
    rng, today = world.rng, world.today
    coverage.check_coming_sessions(world, ELIGIBILITY_DAYS_AHEAD)
    world.session_days.pop((practice.id, today - timedelta(days=2)), None)
    recent = world.recent_claims[practice.id]
    if len(recent) > 4000:
        del recent[:2000]
    for _ in range(rng.randint(0, 2 * MESSAGES_A_DAY)):
        world.later(practice.instant(today, rng.randint(7, 22), rng.randint(0, 59)), practice, "write", _message)
    if today.weekday() < 5:
        something = (
            (0.20, "take a new client", _intake, ()),
            (0.15, "discharge a client", _discharge, ()),
            (0.15, "see somebody in crisis", _crisis, ()),
            (0.15, "ask for a release", _ask_release, ()),
            (0.10, "revoke a consent", _revoke, ()),
            (0.05, "change the payer", _change_payer, ()),
        )
        for probability, what, do, args in something:
            if rng.random() < probability:
                at = practice.instant(today, rng.randint(9, 15), rng.randint(0, 59))
                world.later(at, practice, what, do, *args)
        if world.errs("C08"):
            at = practice.instant(today, rng.randint(9, 15), rng.randint(0, 59))
            world.later(at, practice, "revoke a recording consent", _revoke_recording)
        if rng.random() < 1 / 20 and world.errs("B20"):
            at = practice.instant(today, rng.randint(9, 15), rng.randint(0, 59))
            world.later(at, practice, "a payer ends a coverage", _terminate)
    next_day = practice.instant(today + timedelta(days=1), 5, 30)
    world.later(next_day, practice, "begin a day", _day, practice)


def _active(world: World) -> list[Person]:
    practice = world.practice
    return [
        person
        for person in world.people.values()
        if person.practice is practice and person.patient and person.discharged_on is None and person.plan is not None
    ]


# --- coming and going ----------------------------------------------------------------------------------


def _intake(world: World) -> None:
    practice, rng = world.practice, world.rng
    names = world.names[practice.id]
    groups = [
        unit
        for unit in world.units
        if unit.practice is practice and unit.kind == "group" and not unit.name.startswith("Adolescent")
    ]
    unit = min(groups, key=lambda one: len(one.members)) if rng.random() < 0.5 else None
    if unit is not None and len(unit.members) >= LARGEST_GROUP:
        unit = None
    person = founding.make_person(world, practice, names, (20, 62), sud=unit is not None and unit.sud, days_ago=0)
    person.registered_at = world.now
    coverage.insure(world, person)
    founding.enter(world, person)
    world.later(world.now + world.minutes(30, 300), practice, "sign the forms", _intake_forms, person, unit)


def _intake_forms(world: World, person: Person, unit: Unit | None) -> None:
    kinds = ["TX", "BILL" if person.coverages else "", "P2TPO" if person.sud else "", "AI" if person.ai_willing else ""]
    forgot = unit is None and world.errs("C01")
    for kind in kinds:
        if kind and not (kind == "TX" and forgot):
            paperwork.sign(world, person, kind)
    staff = world.clinicians[person.practice.id]
    clinician = staff[world.rng.randint(0, 5)]
    start_at = _free_hour(world, clinician, world.today + timedelta(days=world.rng.randint(4, 8)))
    gap = None
    if forgot:
        gap = paperwork.open_gap(world, "C01", person, None, world.today)
    session = sessions.book_ad_hoc(world, person, clinician, start_at, 50, "individual", "intake")
    check = person.practice.instant(person.practice.day(start_at) - timedelta(days=3), 16)
    world.later(check, person.practice, "check eligibility", _check, person)
    if gap is not None:
        on_time = world.chance(0.5)
        at = session.start_at + (-world.minutes(90, 1500) if on_time else timedelta(days=2))
        world.later(at, person.practice, "sign a missing form", milestones.sign_late, person, "TX", None, gap)
    plan_at = session.start_at + timedelta(minutes=56)
    world.later(plan_at, person.practice, "write the first plan", _first_plan, person, session, unit, clinician)


def _check(world: World, person: Person) -> None:
    for one in person.coverages:
        coverage.check_eligibility(world, person, one)


def _free_hour(world: World, clinician: Clinician, from_day: date) -> datetime:
    day = from_day
    while True:
        if day.weekday() < 5:
            for hour in AD_HOC_HOURS:
                if (clinician.id, day, hour) not in world.ad_hoc:
                    world.ad_hoc.add((clinician.id, day, hour))
                    return clinician.practice.instant(day, hour)
        day += timedelta(days=1)


def _first_plan(world: World, person: Person, session: Session, unit: Unit | None, clinician: Clinician) -> None:
    modalities = ["individual", "group"] if unit is not None else ["individual"]
    founding.write_plan(world, person, modalities, clinician.id)
    at = world.office_hours(world.now + timedelta(days=world.rng.randint(2, 4)))
    if unit is not None:
        world.later(at, person.practice, "join a group", _join, person, unit)
    else:
        world.later(at, person.practice, "begin a standing appointment", _begin_standing, person, clinician)


def _join(world: World, person: Person, unit: Unit) -> None:
    series = next(series for series in world.series if series.unit is unit)
    if series.weekday in person.weekdays:
        return
    person.weekdays.add(series.weekday)
    missing = None
    if series.recorded and world.errs("C08"):
        missing = "REC"
    elif (world.today - unit.cycle_start).days < CYCLE_DAYS - 20 and world.errs("C02"):
        missing = "GRP"
    paperwork.sign_all(world, person, series, leave_out=missing)
    unit.members.append(person)
    founding.enter_group_member(world, unit, person, world.today)
    if missing == "GRP":
        gap = paperwork.open_gap(world, "C02", person, unit, world.today)
        at = world.now + timedelta(days=world.rng.randint(6, 12))
        world.later(
            at, person.practice, "sign the group agreement late", milestones.sign_late, person, "GRP", unit, gap
        )
    elif missing == "REC":
        at = world.now + timedelta(days=world.rng.randint(8, 16))
        world.later(at, person.practice, "consent to recording late", _sign_recording, person)
    for day in sorted(day for practice_id, day in world.session_days if practice_id == person.practice.id):
        for session in world.session_days[person.practice.id, day]:
            if session.series is series and session.status == "SCHED" and session.start_at > world.now:
                sessions.add_participant(world, session, person)


def _sign_recording(world: World, person: Person) -> None:
    if person.discharged_on is None and paperwork.held(person, "REC", None, world.now) is None:
        form = paperwork.sign(world, person, "REC")
        for session in world.recorded_without.pop(person.id, []):
            subject = {"session": session.id, "client": person.id, "consent": form.id}
            planted = world.plant("C18", subject, "consented to a recording only after it was made")
            session.gap_plants.setdefault(person.id, []).append(planted)


def _begin_standing(world: World, person: Person, clinician: Clinician) -> None:
    rng = world.rng
    minutes, every = rng.choice((45, 55, 30)), 1 if rng.random() < 0.4 else 2
    series = founding.make_series(
        world,
        "individual",
        clinician,
        None,
        person,
        founding.DAY_HOURS,
        minutes,
        every,
        rng.choice(("OFF", "OFF", "VID")),
    )
    if series is None:
        return
    series.from_day = world.today + timedelta(days=3)
    paperwork.sign_all(world, person, series)
    sessions.start_booking(world, series)


def _discharge(world: World) -> None:
    candidates = [
        series
        for series in world.series
        if series.practice is world.practice
        and series.person is not None
        and series.ends_on is None
        and series.person.discharged_on is None
        and not series.person.renews_late
        and not world.gaps[series.person.id]
        and not any(unit for unit in world.units if series.person in unit.members)
    ]
    if len(candidates) < 25:
        return
    series = world.rng.choice(candidates)
    person = series.person
    assert person is not None
    assert person.plan is not None
    series.ends_on = world.today
    person.discharged_on = world.today
    for session in list(world.booked[person.id]):
        if session.status == "SCHED" and session.start_at > world.now:
            sessions.not_held(world, session, dict.fromkeys(session.participants, "CX"))
    world.update("treatment_plans", person.plan, plan_status="C", end_on=world.today)
    series.clinician.slots.discard((series.weekday, series.hour, series.parity if series.every_weeks == 2 else 2))


def _crisis(world: World) -> None:
    people = [
        person
        for person in _active(world)
        if not person.minor_on(world.today)
        and person.last_seen_on != world.today
        and not any(world.practice.day(session.start_at) == world.today for session in world.booked[person.id])
        and not world.gaps[person.id]
    ]
    staff = world.clinicians[world.practice.id][:6]
    clinician = world.rng.choice(staff)
    if not people or (clinician.id, world.today, 12) in world.ad_hoc or world.local.hour >= 12:
        return
    person = world.rng.choice(people)
    if paperwork.held(person, "TX", None, world.now) is None:
        return
    world.ad_hoc.add((clinician.id, world.today, 12))
    _check(world, person)
    sessions.book_ad_hoc(world, person, clinician, world.practice.instant(world.today, 12), 50, "crisis", "crisis")


# --- letters, messages, forms --------------------------------------------------------------------------


def _message(world: World) -> None:
    people = _active(world)
    if not people:
        return
    rng = world.rng
    person = rng.choice(people)
    minor = person.minor_on(world.today) and person.guardian is not None
    confidential = minor and rng.random() < 0.3
    series = next((one for one in world.series if person in one.people), None)
    reader = world.clinicians[person.practice.id][0].id if series is None else series.clinician.id
    visible = [person.id, reader]
    author = person.id
    if minor and not confidential and person.guardian is not None:
        visible.append(person.guardian.id)
        author = person.guardian.id if rng.random() < 0.4 else person.id
    world.insert(
        "messages",
        world.new_id("MSG"),
        thread_client_id=person.id,
        author_id=author,
        confidential=confidential,
        visible_to=visible,
        sent_at=world.local,
        body=rng.choice(words.CONFIDENTIAL_MESSAGES if confidential else words.MESSAGES),
    )


RECIPIENTS: Final = (
    ("Riverside Family Medicine", "treating_provider", "coordination of care"),
    ("Northfield School Counseling Office", "school", "support at school"),
    ("Harbor Psychiatry Associates", "treating_provider", "medication management"),
)


def _ask_release(world: World) -> None:
    adults = [person for person in _active(world) if not person.minor_on(world.today) and not person.sud]
    if not adults:
        return
    person = world.rng.choice(adults)
    name, class_, purpose = world.rng.choice(RECIPIENTS)
    covers_from = world.today - timedelta(days=90)
    form = paperwork.sign(
        world,
        person,
        "ROI",
        None,
        recipients=[name],
        purpose=purpose,
        information=["progress_notes", "attendance"],
        covers_from=covers_from,
        covers_to=world.today,
    )
    release = world.new_id("REL")
    at = world.office_hours(world.now + world.minutes(60, 1500))
    details = (release, person, name, class_, purpose, covers_from, world.today, form.id)
    world.later(at, world.practice, "prepare a release", _prepare_release, *details)


def _prepare_release(
    world: World, release: str, person: Person, name: str, class_: str, purpose: str, first: date, last: date, form: str
) -> None:
    world.insert(
        "disclosures",
        release,
        release_status="P",
        client_id=person.id,
        recipient_name=name,
        recipient_class=class_,
        purpose=purpose,
        contents=["progress_notes", "attendance"],
        covers_from=first,
        covers_to=last,
        consent_ids=[form],
        part2_notice=True,
        consent_copy=True,
    )
    at = world.office_hours(world.now + world.minutes(60, 400))
    world.later(at, world.practice, "send a release", _send_release, release)


def _send_release(world: World, release: str) -> None:
    world.update("disclosures", release, release_status="S", sent_at=world.local)


def _revoke(world: World) -> None:
    forms = [
        (person, form)
        for person in _active(world)
        for form in person.forms
        if form.kind in ("AI", "MSG") and not form.revoked
    ]
    if not forms:
        return
    person, form = world.rng.choice(forms)
    person.ai_willing = person.ai_willing and form.kind != "AI"
    paperwork.revoke(world, person, form)
    if form.kind == "AI":
        for session in [one for one in world.awaiting_draft if person.id in one.attended]:
            notes.withdraw_request(world, session)


def _revoke_recording(world: World) -> None:
    """Planted: somebody no longer wants to be recorded, and nobody tells the room."""
    choices = [
        (series, person, form)
        for series in world.series
        if series.practice is world.practice and series.recorded and series.ends_on is None
        for person in series.people
        if not person.minor_on(world.today)
        for form in person.forms
        if form.kind == "REC" and not form.revoked
    ]
    if not choices:
        return
    _, person, form = world.rng.choice(choices)
    paperwork.revoke(world, person, form)
    for session in [one for one in world.awaiting_draft if person.id in one.attended]:
        notes.withdraw_request(world, session)
    at = world.now + timedelta(days=world.rng.randint(8, 15))
    world.later(at, world.practice, "consent to recording again", _sign_recording, person)


# --- payers --------------------------------------------------------------------------------------------


def _insured(world: World) -> list[Series]:
    return [
        series
        for series in world.series
        if series.practice is world.practice
        and series.person is not None
        and series.ends_on is None
        and len(series.person.coverages) == 1
        and series.person.coverages[0].payer in ("PAY-COM", "PAY-COM2")
        and series.person.coverages[0].end is None
        and not series.person.coverages[0].authorizations
        and not any(series.person in unit.members for unit in world.units)
    ]


def _change_payer(world: World) -> None:
    candidates = _insured(world)
    if candidates:
        person = world.rng.choice(candidates).person
        assert person is not None
        coverage.change_payer(world, person, person.coverages[0])


def _terminate(world: World) -> None:
    wanted = {series.person.id for series in _insured(world) if series.person is not None}
    oldest, newest = world.today - timedelta(days=20), world.today - timedelta(days=3)
    claims = [
        (session, claim)
        for session, claim in world.recent_claims[world.practice.id]
        if claim.person.id in wanted and oldest <= claim.day <= newest and claim.status in ("SUB", "ACC", "PAID")
    ]
    if claims:
        session, claim = world.rng.choice(claims)
        coverage.terminate_retroactively(world, session, claim)

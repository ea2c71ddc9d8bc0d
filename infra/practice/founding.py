"""Who is there when the story begins?
Writes the practices, their people, units and standing appointments into the world, as entered over the year before.
Must never book a session: that is daily life.
"""

from datetime import date, timedelta
from typing import Final

from infra.practice import coverage, milestones, paperwork, sessions, words
from infra.practice.people import (
    ADULT_DIAGNOSES,
    CREDENTIALS,
    CYCLE_DAYS,
    FEES,
    MINOR_DIAGNOSES,
    PAYERS,
    PRACTICES,
    SUD_DIAGNOSES,
    Clinician,
    Names,
    Person,
    PracticePlan,
    Series,
    SessionKind,
    Unit,
    UnitKind,
    born,
    npi,
)
from infra.practice.world import World

COUPLES: Final = 8
FAMILIES: Final = 12
INDIVIDUALS: Final = 44
EMPLOYEE_ASSISTANCE: Final = 2
DAY_HOURS: Final = (9, 10, 11, 14, 15, 16)
AFTER_SCHOOL: Final = (15, 16)
PLAN_REVIEW_DAYS: Final = 90
FORM_KINDS: Final = ("TX", "GRP", "CNJ", "TELE", "REC", "AI", "P2TPO", "ROI", "BILL", "MSG", "OBS")


def found(world: World) -> None:
    """Set the whole world up; every row gets the date on which it was plausibly entered."""
    for practice in PRACTICES:
        world.practices.append(practice)
        opened_at = world.start - timedelta(days=420)
        world.later(opened_at, practice, "open the practice", _open_practice, practice)
        staff = _hire(world, practice)
        names = world.names.setdefault(practice.id, Names(world.rng))
        _groups(world, practice, staff, names)
        _couples(world, practice, staff, names)
        _families(world, practice, staff, names)
        _individuals(world, practice, staff, names)


# --- the practice and its staff ------------------------------------------------------------------------


def _open_practice(world: World, practice: PracticePlan) -> None:
    world.insert(
        "practices",
        practice.id,
        legal_name=practice.name,
        time_zone=practice.zone.key,
        state=practice.state,
        npi=npi(practice.npi),
        npi_entity_type=2,
        taxonomy_code="261QM0801X",
        tax_id=practice.tax_id,
        address_line1=f"{world.rng.randint(100, 900)} {world.rng.choice(words.STREETS)}",
        address_city=practice.city,
        address_state=practice.state,
        address_zip=practice.zip,
        part2_program=practice.part2,
        fee_schedule=dict(FEES),
    )
    world.insert("practice_policies", practice.id, policy={})
    for kind in FORM_KINDS:
        for language in ("en", "es"):
            world.insert(
                "form_templates",
                f"FORM-{practice.id}-{kind}-{language}-1",
                form_kind=kind,
                form_version="v1",
                language=language,
                material_change=False,
                effective_on=world.today - timedelta(days=200),
            )


def _hire(world: World, practice: PracticePlan) -> list[Clinician]:
    staff: list[Clinician] = []
    names = Names(world.rng)
    for index, (credential, degree, taxonomy, associate) in enumerate(CREDENTIALS):
        family = names.family()
        staff.append(
            Clinician(
                world.new_id("CL"),
                practice,
                f"{names.given(family)} {family}",
                npi(f"1{world.rng.randint(10**7, 10**8 - 1)}"),
                credential,
                degree,
                taxonomy,
                staff[index - 5].id if associate else None,
            )
        )
    world.clinicians[practice.id] = staff
    world.later(world.start - timedelta(days=410), practice, "hire the clinicians", _enter_staff, practice, staff)
    return staff


def _enter_staff(world: World, practice: PracticePlan, staff: list[Clinician]) -> None:
    since = world.today - timedelta(days=900)
    for clinician in staff:
        world.insert(
            "clinicians",
            clinician.id,
            full_name=clinician.name,
            npi=clinician.npi,
            npi_entity_type=1,
            credential=clinician.credential,
            degree_level=clinician.degree,
            taxonomy_code=clinician.taxonomy,
            needs_cosign=clinician.supervisor is not None,
            supervisor_id=clinician.supervisor,
            on_exclusion_list=None if clinician.degree == "D" else False,  # entered before the check existed
        )
        world.insert(
            "clinician_licenses",
            f"{clinician.id}-L1",
            clinician_id=clinician.id,
            state=practice.state,
            license_no=f"{practice.state}-{clinician.npi[3:9]}",
            valid_from=since,
            valid_to=date(since.year + 12, 12, 31),
        )
        for payer in PAYERS:
            world.insert(
                "clinician_enrollments",
                f"{clinician.id}-{payer}",
                clinician_id=clinician.id,
                payer_id=payer,
                effective_from=since + timedelta(days=90),
            )
        if clinician.supervisor is not None:
            world.insert(
                "clinician_supervision",
                f"{clinician.id}-SV1",
                clinician_id=clinician.id,
                supervisor_id=clinician.supervisor,
                started_on=since + timedelta(days=30),
            )
        paperwork.sign(world, clinician, "REC")


# --- people --------------------------------------------------------------------------------------------


def make_person(
    world: World,
    practice: PracticePlan,
    names: Names,
    ages: tuple[int, int],
    family: str | None = None,
    patient: bool = True,
    guardian: Person | None = None,
    sud: bool = False,
    days_ago: int | None = None,
) -> Person:
    """Somebody new, not yet entered anywhere."""
    rng = world.rng
    surname = family or names.family()
    ago = rng.randint(45, 330) if days_ago is None else days_ago
    base = world.start if days_ago is None else world.now
    diagnoses = SUD_DIAGNOSES if sud else MINOR_DIAGNOSES if guardian is not None else ADULT_DIAGNOSES
    person = Person(
        id=world.new_id("C"),
        practice=practice,
        given=names.given(surname),
        family=surname,
        born=born(rng, practice.day(base), *ages),
        language="es" if rng.random() < 0.06 else "en",
        patient=patient,
        registered_at=practice.instant(
            practice.day(base) - timedelta(days=ago), rng.randint(9, 15), rng.randint(0, 59)
        ),
        sud=sud and practice.part2,
        ai_willing=rng.random() < 0.85,
        guardian=guardian,
        diagnosis=rng.choice(diagnoses),
        second_diagnosis="F41.1" if rng.random() < 0.15 else None,
    )
    if person.second_diagnosis == person.diagnosis:
        person.second_diagnosis = None
    world.people[person.id] = person
    return person


def _risk_flags(person: Person) -> list[str] | None:
    """What one chart in fourteen warns of; by its number, so that nothing else in the practice's life moves."""
    number = int(person.id.rsplit("-", 1)[1])
    if not person.patient or number % 14:
        return None
    return [words.RISK_FLAGS[number // 14 % len(words.RISK_FLAGS)]]


def enter(world: World, person: Person) -> None:
    """Register a person: the client, the relationship to a guardian, and what covers them."""
    rng = world.rng
    world.insert(
        "clients",
        person.id,
        full_name=person.name,
        nicknames=[words.NICKNAMES[person.given]] if person.given in words.NICKNAMES else None,
        birth_date=person.born,
        home_state=person.practice.state,
        preferred_language=person.language,
        is_patient=person.patient,
        sud_program=person.sud if person.practice.part2 else None,
        program_code="OP",
        self_pay=person.self_pay,
        restrict_to_plan=person.restricted,
        capacity_flag=False,
        risk_flags=_risk_flags(person),
        address_line1=f"{rng.randint(1, 400)} {rng.choice(words.STREETS)}",
        address_city=person.practice.city,
        address_state=person.practice.state,
        address_zip=person.practice.zip,
    )
    if person.guardian is not None:
        person.guarded_by.append(f"{person.id}-R1")
        world.insert(
            "client_relationships",
            f"{person.id}-R1",
            client_id=person.id,
            person_id=person.guardian.id,
            relation_code="PAR",
            may_consent=True,
            legal_document_on_file=True,
            portal_proxy=rng.random() < 0.6,
            valid_from=person.born,
        )
    for one in person.coverages:
        coverage.enter_coverage(world, person, one)
        if one.payer == "PAY-EAP" or (one.payer == "PAY-COM2" and rng.random() < 0.3):
            coverage.authorize(world, person, one, world.today)


def write_plan(world: World, person: Person, modalities: list[str], signed_by: str) -> None:
    """A treatment plan that starts today, and its reviews."""
    person.plan = world.new_id("PL")
    person.plan_review_due = world.today + timedelta(days=PLAN_REVIEW_DAYS)
    diagnoses = [code for code in (person.diagnosis, person.second_diagnosis) if code is not None]
    world.insert(
        "treatment_plans",
        person.plan,
        client_id=person.id,
        plan_status="A",
        start_on=world.today,
        review_due_on=person.plan_review_due,
        diagnoses=diagnoses,
        modalities=modalities,
        signed_at=world.local,
        signed_by=signed_by,
    )
    for index, goal in enumerate(world.rng.sample(words.GOALS, 2), 1):
        world.insert("plan_goals", f"{person.plan}-G{index}", plan_id=person.plan, goal_text=goal)
    _schedule_review(world, person, modalities)


def _schedule_review(world: World, person: Person, modalities: list[str]) -> None:
    assert person.plan_review_due is not None
    day = person.plan_review_due - timedelta(days=world.rng.randint(4, 14))
    at = person.practice.instant(day, world.rng.randint(9, 17), world.rng.randint(0, 59))
    world.later(at, person.practice, "review a plan", _review_plan, person, modalities)


def _review_plan(world: World, person: Person, modalities: list[str]) -> None:
    if person.discharged_on is not None or person.plan is None:
        return
    person.plan_review_due = world.today + timedelta(days=PLAN_REVIEW_DAYS)
    world.update("treatment_plans", person.plan, review_due_on=person.plan_review_due)
    if world.chance(0.3):
        goal = world.new_id("GOAL")
        world.insert("plan_goals", goal, plan_id=person.plan, goal_text=world.rng.choice(words.GOALS))
    _schedule_review(world, person, modalities)


def _admit(world: World, person: Person, series: list[Series], clinician: Clinician) -> None:
    """Enter somebody of the founding population, with all the paperwork, over their first days."""
    if person.patient:
        coverage.insure(world, person)
    practice = person.practice
    at = person.registered_at
    world.later(at, practice, "register a client", enter, person)
    world.later(at + timedelta(hours=world.rng.randint(2, 40)), practice, "sign the forms", _first_forms, person)
    if person.patient:
        modalities = _modalities(series)
        at += timedelta(days=3)
        world.later(at, practice, "write the plan", write_plan, person, modalities, clinician.id)
        if practice.day(world.start) < person.eighteen_on and person.guardian is not None:
            milestones.schedule_birthday(world, person)
    elif person.guardian is not None:
        milestones.schedule_birthday(world, person)


def _modalities(series: list[Series]) -> list[str]:
    names = {"group": "group", "multi_family": "group", "family": "family", "couple": "couple"}
    return ["individual", *dict.fromkeys(names[one.kind] for one in series if one.kind in names)]


def _first_forms(world: World, person: Person) -> None:
    """What everybody signs at the start; what a unit needs is signed when it is formed."""
    paperwork.sign(world, person, "TX")
    if person.patient and person.coverages:
        paperwork.sign(world, person, "BILL")
    if person.sud:
        paperwork.sign(world, person, "P2TPO")
    if person.ai_willing:
        paperwork.sign(world, person, "AI")
    if world.chance(0.4):
        paperwork.sign(world, person, "MSG")


# --- standing appointments -----------------------------------------------------------------------------


def take_slot(
    world: World, clinician: Clinician, people: list[Person], hours: tuple[int, ...], every_weeks: int
) -> tuple[int, int, int] | None:
    """A free (weekday, hour, parity) of a clinician on a day on which nobody of these comes already."""
    taken = set().union(*(person.weekdays for person in people)) if people else set()
    choices = [
        (weekday, hour, parity)
        for weekday in range(5)
        if weekday not in taken
        for hour in hours
        for parity in range(every_weeks)
        if not any(
            (weekday, hour, other) in clinician.slots for other in ((parity, 2) if every_weeks == 2 else (0, 1, 2))
        )
    ]
    if not choices:
        return None
    weekday, hour, parity = world.rng.choice(choices)
    clinician.slots.add((weekday, hour, parity if every_weeks == 2 else 2))
    for person in people:
        person.weekdays.add(weekday)
    return weekday, hour, parity


def _rivals(parity: int, every_weeks: int) -> tuple[int, ...]:
    return (parity, 2) if every_weeks == 2 else (0, 1, 2)  # 2 stands for every week


def make_series(
    world: World,
    kind: SessionKind,
    clinician: Clinician,
    unit: Unit | None,
    person: Person | None,
    hours: tuple[int, ...],
    minutes: int,
    every_weeks: int,
    modality: str,
    co: Clinician | None = None,
    minute: int = 0,
) -> Series | None:
    """A standing appointment in a free slot, or None if the clinician (and co-facilitator) has none."""
    people = unit.members if unit is not None else [person] if person is not None else []
    slot = take_slot(world, clinician, people, hours, every_weeks)
    if slot is None:
        return None
    weekday, hour, parity = slot
    if co is not None:
        co.slots.add((weekday, hour, 2))
    series = Series(
        id=world.new_id("SER"),
        kind=kind,
        practice=clinician.practice,
        clinician=clinician,
        co=co,
        unit=unit,
        person=person,
        weekday=weekday,
        hour=hour,
        minute=minute,
        minutes=minutes,
        every_weeks=every_weeks,
        parity=parity,
        modality=modality,
        from_day=clinician.practice.day(world.start) + timedelta(days=1),
    )
    world.series.append(series)
    return series


def begin_series(world: World, series: Series) -> None:
    """Have everybody sign what the appointment needs, and start booking it."""
    world.later(world.start - timedelta(days=30), series.practice, "sign unit forms", _unit_forms, series)
    sessions.start_booking(world, series)


def _unit_forms(world: World, series: Series) -> None:
    for person in series.people:
        paperwork.sign_all(world, person, series)


def _groups(world: World, practice: PracticePlan, staff: list[Clinician], names: Names) -> None:
    rng = world.rng
    leads = staff[:4]
    for index, (name, type_, size, modality) in enumerate(practice.groups):
        kind: UnitKind = "multi_family" if type_ == "MFG" else "group"
        unit = Unit(world.new_id("G"), kind, practice, name, [], sud=type_ == "SUD")
        if kind == "multi_family":
            for _ in range(size):
                family = _make_family(world, practice, names, minor=True, size=3)
                unit.families.append(family)
                unit.members.extend(family.members)
        else:
            for _ in range(size):
                guardian = None
                ages = (21, 64)
                if name.startswith("Adolescent"):
                    ages = (13, 16) if rng.random() < 0.6 else (17, 17)
                    guardian = make_person(world, practice, names, (38, 55), patient=False)
                    guardian.registered_at -= timedelta(days=2)
                person = make_person(
                    world,
                    practice,
                    names,
                    ages,
                    family=None if guardian is None else guardian.family,
                    guardian=guardian,
                    sud=unit.sud,
                )
                if guardian is not None:
                    guardian.registered_at = person.registered_at - timedelta(minutes=5)
                unit.members.append(person)
        unit.cycle = "CY-01"
        unit.cycle_start = practice.day(world.start) - timedelta(days=rng.randint(20, 70))
        world.units.append(unit)
        co = staff[5 + index % 3] if index % 2 == 0 else None
        series = make_series(
            world,
            kind,
            leads[index],
            unit,
            None,
            (17,),
            90 if kind == "multi_family" else 75,
            1,
            modality,
            co,
            minute=30,
        )
        assert series is not None
        if name == "Grief and Loss":
            unit.guest = "Observer in training"
        series.recorded = name in ("DBT Skills", "Anxiety Lab")
        world.later(world.start - timedelta(days=40), practice, "form a group", _enter_group, unit, series)
        begin_series(world, series)
        guardians = [member.guardian for member in unit.members if member.guardian is not None]
        for family in unit.families:
            world.later(world.start - timedelta(days=41), practice, "form a family", enter_unit, family)
        if kind == "group":
            for parent in guardians:
                _admit(world, parent, [], leads[index])
        for member in unit.members:
            own: list[Series] = [series]
            if kind == "group" and rng.random() < 0.25:
                hours = AFTER_SCHOOL if member.guardian is not None else DAY_HOURS
                individual = make_series(world, "individual", staff[4 + index % 4], None, member, hours, 45, 2, "OFF")
                if individual is not None:
                    own.append(individual)
                    begin_series(world, individual)
            _admit(world, member, own, leads[index])


def _enter_group(world: World, unit: Unit, series: Series) -> None:
    enter_group_row(world, unit)
    for member in unit.members:
        enter_group_member(world, unit, member, unit.cycle_start)
    for clinician in (series.clinician, series.co):
        if clinician is not None:
            world.insert("group_facilitators", f"{unit.id}-{clinician.id}", group_id=unit.id, clinician_id=clinician.id)
    milestones.schedule_next_cycle(world, unit, series)


def enter_group_row(world: World, unit: Unit) -> None:
    """Write a group's own row."""
    world.insert(
        "groups",
        unit.id,
        group_name=unit.name,
        group_type="MFG" if unit.kind == "multi_family" else "SUD" if unit.sud else "PSY",
        cycle_no=unit.cycle,
        cycle_start=unit.cycle_start,
        cycle_end=unit.cycle_start + timedelta(days=CYCLE_DAYS - 1),
        agreement_version="v1",
        family_ids=[family.id for family in unit.families],
    )


def enter_group_member(world: World, unit: Unit, person: Person, joined_on: date) -> None:
    """Write a membership."""
    key = world.new_id(f"{unit.id}-M")
    unit.membership[person.id] = key
    world.insert("group_members", key, group_id=unit.id, client_id=person.id, joined_on=joined_on)


def enter_unit(world: World, unit: Unit) -> None:
    """Write a family or couple with its members and how they are related."""
    table, child, column = (
        ("families", "family_members", "family_id")
        if unit.kind == "family"
        else ("couples", "couple_members", "couple_id")
    )
    assert unit.identified is not None
    name = {"family_name": unit.name} if unit.kind == "family" else {"couple_name": unit.name}
    world.insert(table, unit.id, identified_patient_id=unit.identified.id, formed_on=world.today, **name)
    for member in unit.members:
        world.insert(child, f"{unit.id}-{member.id}", **{column: unit.id, "client_id": member.id})
    for member in unit.members:
        if member is unit.identified or member is unit.identified.guardian:
            continue
        adult = not member.minor_on(world.today)
        older = member.born < unit.identified.born - timedelta(days=15 * 365)
        code = "SPO" if unit.kind == "couple" else "PAR" if adult and older else "SIB"
        guards = code == "PAR" and unit.identified.minor_on(world.today)
        if guards:
            unit.identified.guarded_by.append(f"{unit.identified.id}-{member.id}")
        world.insert(
            "client_relationships",
            f"{unit.identified.id}-{member.id}",
            client_id=unit.identified.id,
            person_id=member.id,
            relation_code=code,
            may_consent=guards,
            legal_document_on_file=guards,
            portal_proxy=False,
            valid_from=world.today - timedelta(days=1500),
        )


def _couples(world: World, practice: PracticePlan, staff: list[Clinician], names: Names) -> None:
    rng = world.rng
    for index in range(COUPLES):
        family = names.family()
        first = make_person(world, practice, names, (26, 60), family)
        both = index % 2 == 0
        second = make_person(world, practice, names, (26, 60), family if rng.random() < 0.7 else None, patient=both)
        unit = Unit(world.new_id("CP"), "couple", practice, family, [first, second], identified=first)
        _unit_series(world, unit, staff[1 + index % 5], DAY_HOURS, recorded=index == 3)


def _families(world: World, practice: PracticePlan, staff: list[Clinician], names: Names) -> None:
    for index in range(FAMILIES):
        unit = _make_family(world, practice, names, minor=index % 4 != 3, size=2 + index % 3)
        hours = AFTER_SCHOOL if index % 4 != 3 else DAY_HOURS
        series = _unit_series(world, unit, staff[index % 6], hours, recorded=index == 5)
        if series is not None:
            series.without_identified = len(unit.members) >= 3


def _make_family(world: World, practice: PracticePlan, names: Names, minor: bool, size: int) -> Unit:
    surname = names.family()
    parent = make_person(world, practice, names, (38, 56), surname, patient=False)
    if minor:
        ages = (12, 16) if world.rng.random() < 0.6 else (17, 17)
        child = make_person(world, practice, names, ages, surname, guardian=parent)
    else:
        child = make_person(world, practice, names, (20, 27), surname)
    members = [child, parent]
    if size >= 3:
        members.append(make_person(world, practice, names, (38, 58), surname, patient=False))
    if size >= 4:
        sibling = make_person(world, practice, names, (10, 15), surname, patient=False, guardian=parent)
        members.append(sibling)
    for member in members:
        member.registered_at = child.registered_at
    return Unit(world.new_id("F"), "family", practice, surname, members, identified=child)


def _unit_series(
    world: World, unit: Unit, clinician: Clinician, hours: tuple[int, ...], recorded: bool
) -> Series | None:
    every = 1 if world.rng.random() < 0.35 else 2
    modality = "VID" if world.rng.random() < 0.2 else "OFF"
    kind: SessionKind = "couple" if unit.kind == "couple" else "family"
    series = make_series(world, kind, clinician, unit, None, hours, 50, every, modality)
    world.units.append(unit)
    practice = unit.practice
    world.later(world.start - timedelta(days=41), practice, "form a family or couple", enter_unit, unit)
    for member in unit.members:
        _admit(world, member, [] if series is None else [series], clinician)
    if series is not None:
        series.recorded = recorded
        begin_series(world, series)
    return series


def _individuals(world: World, practice: PracticePlan, staff: list[Clinician], names: Names) -> None:
    for index in range(INDIVIDUALS):
        person = make_person(world, practice, names, (19, 70))
        if index < EMPLOYEE_ASSISTANCE:
            person.coverages.append(coverage.make_coverage(world, person, "PAY-EAP", date(world.start.year - 1, 1, 1)))
        add_individual_series(world, person, staff[index % len(staff)])


def add_individual_series(world: World, person: Person, clinician: Clinician) -> None:
    """A standing individual appointment for one of the founding population."""
    rng = world.rng
    minutes = rng.choice((45, 45, 55, 30))
    every = 1 if rng.random() < 0.3 else 2
    modality = rng.choice(("OFF", "OFF", "OFF", "VID", "VID", "OFF", "OFF", "TEL"))
    series = make_series(world, "individual", clinician, None, person, DAY_HOURS, minutes, every, modality)
    _admit(world, person, [] if series is None else [series], clinician)
    if series is not None:
        begin_series(world, series)

"""What changes for people and groups by the calendar alone? Coming of age, and a group's next cycle.
Reads and writes the world.
Must never let a guardian's signature carry a session on or after the eighteenth birthday, unless planted.
"""

from datetime import date, timedelta

from infra.practice import paperwork, sessions
from infra.practice.people import CYCLE_DAYS, Person, Series, Unit
from infra.practice.world import Gap, World

# --- coming of age -------------------------------------------------------------------------------------


def schedule_birthday(world: World, person: Person) -> None:
    """Have somebody come of age; those who (planted) will not think of it are chosen a month ahead."""
    practice, day = person.practice, person.eighteen_on
    if day <= practice.day(world.start):
        return
    month_before = practice.instant(day - timedelta(days=30), 9)
    world.later(month_before, practice, "a birthday comes near", _birthday_nears, person)
    world.later(practice.instant(day, 6, 30), practice, "come of age", _come_of_age, person)


def _birthday_nears(world: World, person: Person) -> None:
    attends = any(person in series.people and series.ends_on is None for series in world.series)
    if attends and person.patient and world.now > world.start and world.errs("C06"):
        person.careless = True
        until = person.eighteen_on + timedelta(days=world.rng.randint(9, 16))
        gap = paperwork.open_gap(world, "C06", person, None, person.eighteen_on)
        at = person.practice.instant(until, world.rng.randint(9, 19))
        world.later(at, person.practice, "sign in one's own name, late", _sign_own, person, gap)


def _come_of_age(world: World, person: Person) -> None:
    for relationship in person.guarded_by:
        world.update(
            "client_relationships",
            relationship,
            may_consent=False,
            portal_proxy=False,
            valid_to=person.eighteen_on - timedelta(days=1),
        )
    if not person.careless:
        _sign_own(world, person, None)


def _sign_own(world: World, person: Person, gap: Gap | None) -> None:
    person.careless = False
    if person.discharged_on is None:
        own = {(form.kind, form.unit, form.cycle) for form in person.forms if not form.by_guardian}
        for form in list(person.forms):
            unit = next((unit for unit in world.units if unit.id == form.unit), None)
            past = unit is not None and form.cycle is not None and form.cycle < unit.cycle
            if form.by_guardian and not form.revoked and not past and (form.kind, form.unit, form.cycle) not in own:
                own.add((form.kind, form.unit, form.cycle))
                paperwork.sign(world, person, form.kind, unit, cycle=form.cycle)
        for series in world.series:
            if person in series.people and series.ends_on is None:
                paperwork.sign_all(world, person, series)
    if gap is not None:
        # the guardian's forms held on the days before; an adult's own agreement was simply not there
        for form in [form for form in person.forms if form.kind == "CNJ" and form.signed_at == world.now]:
            paperwork.plant_back_dated(world, gap, form)
        paperwork.close_gap(world, gap)
    for series, day in world.postponed.pop(person.id, []):
        _catch_up(world, person, series, day)


def _catch_up(world: World, person: Person, series: Series, day: date) -> None:
    if series.ends_on is not None and day > series.ends_on:
        return
    if series.kind not in ("group", "multi_family"):
        sessions.book(world, series, day)
        return
    for session in world.session_days[series.practice.id, day]:
        if session.series is series and session.status == "SCHED" and person.id not in session.participants:
            sessions.add_participant(world, session, person)


# --- a group's next cycle ------------------------------------------------------------------------------


def schedule_next_cycle(world: World, unit: Unit, series: Series) -> None:
    """Twelve weeks on, everybody has signed anew and the group's record says the next cycle."""
    next_start = unit.cycle_start + timedelta(days=CYCLE_DAYS)
    practice = unit.practice
    at = practice.instant(next_start - timedelta(days=3), world.rng.randint(9, 15))
    world.later(at, practice, "sign for the next cycle", _sign_next_cycle, unit, series)


def _sign_next_cycle(world: World, unit: Unit, series: Series) -> None:
    cycle = f"CY-{int(unit.cycle.removeprefix('CY-')) + 1:02d}"
    cycle_start = unit.cycle_start + timedelta(days=CYCLE_DAYS)
    forgetful = None
    adults = [member for member in unit.members if not member.minor_on(cycle_start) and not world.gaps[member.id]]
    if len(adults) > 3 and cycle_start > world.practice.day(world.start) and world.errs("C02"):
        forgetful = world.rng.choice(adults)
    for member in unit.members:
        if member is not forgetful and not any(gap.unit is unit for gap in world.gaps[member.id]):
            paperwork.sign(world, member, "GRP", unit, cycle=cycle)
    switch = unit.practice.instant(cycle_start, 0, 5)
    world.later(switch, unit.practice, "begin the next cycle", _begin_cycle, unit, series, cycle, forgetful)


def _begin_cycle(world: World, unit: Unit, series: Series, cycle: str, forgetful: Person | None) -> None:
    unit.cycle = cycle
    unit.cycle_start += timedelta(days=CYCLE_DAYS)
    world.update(
        "groups",
        unit.id,
        cycle_no=unit.cycle,
        cycle_start=unit.cycle_start,
        cycle_end=unit.cycle_start + timedelta(days=CYCLE_DAYS - 1),
    )
    for member in unit.members:
        if (
            member is not forgetful
            and not world.gaps[member.id]
            and paperwork.held(member, "GRP", unit, world.now) is None
        ):
            paperwork.sign(world, member, "GRP", unit)  # joined while the others were signing
    if forgetful is not None and forgetful in unit.members:
        gap = paperwork.open_gap(world, "C02", forgetful, unit, unit.cycle_start)
        day = unit.cycle_start + timedelta(days=world.rng.randint(3, 10))
        at = unit.practice.instant(day, world.rng.randint(9, 19))
        world.later(at, unit.practice, "sign the group agreement late", sign_late, forgetful, "GRP", unit, gap)
    schedule_next_cycle(world, unit, series)


def sign_late(world: World, person: Person, kind: str, unit: Unit | None, gap: Gap) -> None:
    """A missing form is signed at last."""
    if person.discharged_on is None:
        form = paperwork.sign(world, person, kind, unit)
        paperwork.plant_back_dated(world, gap, form)
    paperwork.close_gap(world, gap)

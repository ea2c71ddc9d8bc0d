"""Who pays for whom, and since when?
Reads and writes the world: coverages, authorisations, eligibility answers, changes of plan known early or too late.
Must never leave a coming session without an eligibility answer of the last seven days.
"""

from datetime import date, timedelta
from decimal import Decimal

from infra.practice.billing import plant_outside
from infra.practice.people import COPAY, PRODUCT, SERVICE_CODES, Authorization, Coverage, Person
from infra.practice.world import Claim, Session, World


def insure(world: World, person: Person) -> None:
    """Decide who pays for a patient: a plan, two plans, or the patient."""
    rng = world.rng
    if person.coverages or person.self_pay:
        return
    chance = rng.random()
    if chance < 0.07:
        person.self_pay = True
        person.restricted = rng.random() < 0.5
        return
    minor = person.guardian is not None
    payer = (
        "PAY-MCD"
        if chance < 0.20
        else "PAY-MCR"
        if chance < 0.27 and not minor
        else "PAY-COM2"
        if chance < 0.52
        else "PAY-COM"
    )
    since = date(person.registered_at.year - rng.randint(0, 1), 1, 1)
    person.coverages.append(make_coverage(world, person, payer, since))
    if payer == "PAY-COM" and not minor and rng.random() < 0.08:
        person.coverages.append(make_coverage(world, person, "PAY-MCD", since, rank=2))


def make_coverage(world: World, person: Person, payer: str, start: date, rank: int = 1) -> Coverage:
    """A plan that covers a person from a day on."""
    dependent = person.guardian is not None
    return Coverage(
        id=world.new_id("COV"),
        payer=payer,
        rank=rank,
        member_number=f"M{world.rng.randint(10**8, 10**9 - 1)}",
        relation="19" if dependent else "18",
        subscriber=person.guardian.id if dependent and person.guardian is not None else person.id,
        start=start,
        end=None,
        copay=COPAY[payer] if rank == 1 else "0.00",
    )


def enter_coverage(world: World, person: Person, coverage: Coverage) -> None:
    """Write a coverage row."""
    world.insert(
        "coverages",
        coverage.id,
        client_id=person.id,
        payer_id=coverage.payer,
        product=PRODUCT[coverage.payer],
        cob_rank=coverage.rank,
        member_number=coverage.member_number,
        subscriber_id=coverage.subscriber,
        subscriber_relation=coverage.relation,
        patient_name=person.name,
        patient_birth_date=person.born,
        start_on=coverage.start,
        end_on=coverage.end,
        copay=Decimal(coverage.copay),
        excluded_codes=[],
        visit_limits={},
        visits_used_before={},
    )


def authorize(world: World, person: Person, coverage: Coverage, start: date) -> None:
    """A payer approves units in advance: two years, for everything this practice does."""
    granted = Authorization(
        world.new_id("AUTH"), f"A{world.rng.randint(10**6, 10**7 - 1)}", start, start + timedelta(days=730), 90
    )
    coverage.authorizations.append(granted)
    world.insert(
        "authorizations",
        granted.id,
        client_id=person.id,
        payer_id=coverage.payer,
        authorization_number=granted.number,
        codes=list(SERVICE_CODES),
        clinician_ids=[clinician.id for clinician in world.clinicians[person.practice.id]],
        start_on=granted.start,
        end_on=granted.end,
        units_approved=granted.units_left,
        units_used_before=0,
        authorization_kind="EAP" if coverage.payer == "PAY-EAP" else "MED",
    )


def check_eligibility(world: World, person: Person, coverage: Coverage, day: date | None = None) -> None:
    """Ask the payer about a day (default today); the answer is what is on file."""
    coverage.checked_on = world.today
    active = coverage.covers(day or world.today)
    world.insert(
        "eligibility_checks",
        world.new_id("EL"),
        client_id=person.id,
        coverage_id=coverage.id,
        checked_at=world.local,
        benefit_code="1" if active else "6",
        member_number=coverage.member_number,
        answered_name=person.name,
        answered_birth_date=person.born,
        answered_relation=coverage.relation,
    )


def check_coming_sessions(world: World, days_ahead: int) -> None:
    """Every morning: whoever comes in a few days and was not checked within the last six is checked."""
    day = world.today + timedelta(days=days_ahead)
    for session in world.session_days[world.practice.id, day]:
        if session.status != "SCHED":
            continue
        billed = {} if session.identified is None else {session.identified.id: ""}
        for person_id in session.participants | billed:
            check_for(world, world.people[person_id], day)


def check_for(world: World, person: Person, day: date) -> None:
    """Ask every payer of somebody who comes on a day, unless they were asked within the six days before."""
    for coverage in person.coverages:
        if coverage.covers(day) and (coverage.checked_on is None or (day - coverage.checked_on).days > 6):
            check_eligibility(world, person, coverage, day)


def terminate_retroactively(world: World, session: Session, claim: Claim) -> None:
    """The payer ends a coverage after the fact; a new plan begins tomorrow, so what lies between is uncovered."""
    person, old = claim.person, claim.coverage
    old.end = claim.day - timedelta(days=1)
    world.update("coverages", old.id, end_on=old.end)
    payer = "PAY-COM2" if old.payer == "PAY-COM" else "PAY-COM"
    tomorrow = world.today + timedelta(days=1)
    new = make_coverage(world, person, payer, tomorrow)
    person.coverages.append(new)
    enter_coverage(world, person, new)
    check_eligibility(world, person, new, tomorrow)
    for other_session, other in world.recent_claims[world.practice.id]:
        if other.coverage is old and other.status != "VOID" and not old.covers(other.day):
            plant_outside(world, other_session, other)
    if world.chance(0.4):
        at = world.office_hours(world.now + timedelta(days=world.rng.randint(5, 14)))
        world.later(at, world.practice, "a payer reinstates a coverage", _reinstate, old, world.today)


def _reinstate(world: World, coverage: Coverage, until: date) -> None:
    coverage.end = until
    world.update("coverages", coverage.id, end_on=coverage.end)
    for _, claim in world.recent_claims[world.practice.id]:
        if claim.coverage is coverage and "B20" in claim.plants and coverage.covers(claim.day):
            world.repaired(claim.plants.pop("B20"))


def change_payer(world: World, person: Person, coverage: Coverage) -> None:
    """An ordinary change of plan on the first of the next month, known in advance."""
    first = (world.today.replace(day=1) + timedelta(days=32)).replace(day=1)
    coverage.end = first - timedelta(days=1)
    world.update("coverages", coverage.id, end_on=coverage.end)
    payer = "PAY-COM2" if coverage.payer == "PAY-COM" else "PAY-COM"
    new = make_coverage(world, person, payer, first)
    person.coverages.append(new)
    enter_coverage(world, person, new)

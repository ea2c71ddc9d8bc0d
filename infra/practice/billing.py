"""How is a session billed, and what do payers answer?
Reads and writes the world: claims, invoices, acknowledgements, remittances.
Must never bill what a rule forbids unless it plants it.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from infra.practice import paperwork
from infra.practice.coding import FEWEST_IN_GROUP, patients_of, service_code
from infra.practice.people import Authorization, Coverage, Person, fee, npi
from infra.practice.world import Claim, Session, World

NO_SHOW_FEE: Final = Decimal("75.00")
MISSED_REVENUE: Final = timedelta(hours=72)
"""An attended visit without a claim shows after this long (the default policy's missed_revenue_hours)."""
REJECTIONS: Final = ("A3:21 subscriber and subscriber id mismatch", "A7:562 entity's national provider identifier")


# --- from signed notes to claims -----------------------------------------------------------------------


def plan(world: World, session: Session) -> datetime:
    """The biller works through what has been signed, in office hours; answers when."""
    at = world.office_hours(world.now + world.minutes(20, 180))
    world.later(at, session.practice, "bill a session", bill, session)
    return at


def bill(world: World, session: Session) -> None:
    """One claim (or invoice) for each patient whose visit it was."""
    patients = patients_of(world, session)
    for person in patients:
        routine = not session.purpose and session.kind in ("group", "individual")
        if routine and person.id not in session.unsigned and world.errs("B02"):
            _forget(world, session, person)
            continue
        bill_one(world, session, person)
    if session.kind in ("family", "couple") and too_short(session):
        _billed_short(world, session)
    for person_id in session.unsigned:
        _billed_unsigned(world, session, person_id)
    if session.kind == "group" and len(session.attended) > FEWEST_IN_GROUP + 1 and world.errs("B01"):
        at = world.office_hours(world.now + world.minutes(60, 1200))
        world.later(at, session.practice, "correct the attendance", correct_attendance, session)
    world.later(_night(world), session.practice, "submit claims", _submit, session)


def bill_one(world: World, session: Session, person: Person) -> Claim | None:
    """Queue a claim to whoever covers the person on the day of service, or write an invoice."""
    day = _service_day(session)
    coverage = person.coverage_on(day)
    code = service_code(session)
    if coverage is None or person.restricted:
        world.insert(
            "charges",
            world.new_id("CHG"),
            appointment_id=session.id,
            client_id=person.id,
            payer="SELF",
            cpt_code=code,
            modifiers=modifiers_of(session, None),
            units=1,
            amount=fee(code),
            service_date=day,
            invoiced_at=world.local,
        )
        return None
    lines = [(code, modifiers_of(session, coverage), fee(code))]
    if person.id in session.complexity:
        lines.append(("90785", modifiers_of(session, coverage), fee("90785")))
    return queue_claim(world, session, person, coverage, lines)


def no_show_fee(world: World, session: Session, person: Person) -> None:
    """The practice's fee for a missed visit: the patient's own, without a procedure code."""
    world.insert(
        "charges",
        world.new_id("CHG"),
        appointment_id=session.id,
        client_id=person.id,
        payer="SELF",
        modifiers=[],
        units=1,
        amount=NO_SHOW_FEE,
        service_date=session.practice.day(session.start_at),
        invoiced_at=world.local,
    )


def _service_day(session: Session) -> date:
    assert session.actual_start is not None
    return session.practice.day(session.actual_start)


def modifiers_of(session: Session, coverage: Coverage | None) -> list[str]:
    """How it was delivered, and what the payer wants to see."""
    how = {"VID": ["95"], "TEL": ["93"]}.get(session.modality, [])
    return [*how, "HJ"] if coverage is not None and coverage.payer == "PAY-EAP" else how


def _place_of_service(session: Session, person: Person) -> str:
    if session.modality == "OFF":
        return "11"
    return "10" if session.places.get(person.id, "H") == "H" else "02"


def queue_claim(
    world: World,
    session: Session,
    person: Person,
    coverage: Coverage,
    lines: list[tuple[str, list[str], Decimal]],
    frequency: int = 1,
    original_ref: str | None = None,
    primary: Claim | None = None,
) -> Claim:
    """Write a claim with its lines; a claim outside its coverage is planted as such."""
    day = _service_day(session)
    total = sum((line[2] for line in lines), Decimal(0))
    claim = Claim(world.new_id("K"), person, coverage, lines, "Q", day, total, frequency, primary)
    clinician = session.clinician
    permit = _permit(coverage, day, len(lines))
    world.insert(
        "claims",
        claim.id,
        client_id=person.id,
        appointment_id=session.id,
        coverage_id=coverage.id,
        payer_id=coverage.payer,
        cob_sequence="P" if coverage.rank == 1 else "S",
        claim_status="Q",
        frequency_code=frequency,
        original_ref=original_ref,
        rendering_id=clinician.id,
        rendering_npi=clinician.npi,
        rendering_taxonomy=clinician.taxonomy,
        supervising_id=clinician.supervisor,
        billing_npi=npi(session.practice.npi),
        billing_zip=session.practice.zip,
        place_of_service=_place_of_service(session, person),
        release_of_information="I" if person.sud else "Y",
        assignment_of_benefits=True,
        authorization_number=None if permit is None else permit.number,
        member_number=coverage.member_number,
        patient_name=person.name,
        patient_birth_date=person.born,
        patient_relation=coverage.relation,
        diagnoses=[code for code in (person.diagnosis, person.second_diagnosis) if code is not None],
        total_amount=total,
        copay_collected=Decimal(coverage.copay),
        primary_claim_id=None if primary is None else primary.id,
        primary_adjudicated_on=None if primary is None else world.today,
        primary_paid=None if primary is None else (primary.total * Decimal("0.6")).quantize(Decimal("0.01")),
        queued_at=world.local,
    )
    for number, (code, modifiers, price) in enumerate(lines, 1):
        world.insert(
            "claim_lines",
            f"{claim.id}-{number}",
            claim_id=claim.id,
            line_no=number,
            cpt_code=code,
            modifiers=modifiers,
            units=1,
            line_amount=price,
            dx_pointers=[1] if person.second_diagnosis is None else [1, 2],
            service_date=day,
            appointment_id=session.id,
        )
    session.claims.setdefault(person.id, []).append(claim)
    world.recent_claims[session.practice.id].append((session, claim))
    if not coverage.covers(day):
        plant_outside(world, session, claim)
    return claim


def _permit(coverage: Coverage, day: date, units: int) -> Authorization | None:
    permits = [permit for permit in coverage.authorizations if permit.start <= day <= permit.end]
    if not permits:
        return None
    permit = next((one for one in permits if one.units_left >= units), permits[-1])
    permit.units_left -= units
    return permit


# --- what payers answer --------------------------------------------------------------------------------


def _night(world: World) -> datetime:
    practice = world.practice
    return practice.instant(world.today + timedelta(days=1), world.rng.randint(0, 4), world.rng.randint(0, 59))


def _open(session: Session, *statuses: str) -> list[Claim]:
    return [claim for claims in session.claims.values() for claim in claims if claim.status in statuses]


def _submit(world: World, session: Session) -> None:
    for claim in _open(session, "Q"):
        claim.status = "SUB"
        world.update("claims", claim.id, claim_status="SUB", submitted_at=world.local)
    world.later(_night(world), session.practice, "take in acknowledgements", _acknowledge, session)


def _acknowledge(world: World, session: Session) -> None:
    rng = world.rng
    for claim in _open(session, "SUB"):
        if claim.frequency == 1 and not claim.plants and rng.random() < 0.015:
            claim.status = "REJ"
            world.update(
                "claims", claim.id, claim_status="REJ", rejected_at=world.local, rejection=rng.choice(REJECTIONS)
            )
            at = world.office_hours(world.now + timedelta(days=rng.randint(1, 5), hours=rng.randint(4, 9)))
            world.later(at, session.practice, "resubmit a rejected claim", _resubmit, session, claim)
            continue
        claim.status = "ACC"
        claim.control_number = f"P{rng.randint(10**9, 10**10 - 1)}"
        world.update(
            "claims",
            claim.id,
            claim_status="ACC",
            accepted_at=world.local,
            payer_control_number=claim.control_number,
        )
        at = _night(world) + timedelta(days=rng.randint(8, 19))
        world.later(at, session.practice, "take in a remittance", _adjudicate, session, claim)


def _resubmit(world: World, session: Session, claim: Claim) -> None:
    queue_claim(world, session, claim.person, claim.coverage, claim.lines, primary=claim.primary)
    world.later(_night(world), session.practice, "submit claims", _submit, session)


def _adjudicate(world: World, session: Session, claim: Claim) -> None:
    if claim.status != "ACC":
        return
    rng = world.rng
    if claim.frequency == 1 and not claim.plants and claim.coverage.rank == 1 and rng.random() < 0.025:
        claim.status = "DEN"
        world.update("claims", claim.id, claim_status="DEN")
        at = world.office_hours(world.now + timedelta(days=rng.randint(2, 8), hours=rng.randint(4, 9)))
        world.later(at, session.practice, "send a corrected claim", _correct_claim, session, claim)
        return
    claim.status = "PAID"
    world.update("claims", claim.id, claim_status="PAID")
    second = claim.person.coverage_on(claim.day, rank=2)
    if claim.coverage.rank == 1 and second is not None and not claim.plants:
        at = world.office_hours(world.now + timedelta(days=1, hours=rng.randint(4, 9)))
        world.later(at, session.practice, "bill the second plan", _bill_second, session, claim, second)


def _correct_claim(world: World, session: Session, claim: Claim) -> None:
    queue_claim(
        world,
        session,
        claim.person,
        claim.coverage,
        claim.lines,
        frequency=7,
        original_ref=claim.control_number,
    )
    world.later(_night(world), session.practice, "submit claims", _submit, session)


def _bill_second(world: World, session: Session, claim: Claim, second: Coverage) -> None:
    if claim.status != "PAID":
        return
    queue_claim(world, session, claim.person, second, claim.lines, primary=claim)
    world.later(_night(world), session.practice, "submit claims", _submit, session)


def void(world: World, claim: Claim) -> None:
    """Withdraw a claim; whatever was wrong with it is repaired."""
    claim.status = "VOID"
    world.update("claims", claim.id, claim_status="VOID")
    for planted in claim.plants.values():
        world.repaired(planted)
    claim.plants.clear()


# --- mistakes, and how they are repaired ---------------------------------------------------------------


def _forget(world: World, session: Session, person: Person) -> None:
    assert session.actual_end is not None
    shows_at = session.actual_end + MISSED_REVENUE
    planted = world.plant(
        "B02", {"session": session.id, "client": person.id}, "the biller overlooked one visit", shows_at
    )
    if world.chance(0.6):
        at = world.office_hours(shows_at + timedelta(hours=world.rng.randint(3, 90)))
        world.later(at, session.practice, "bill an overlooked visit", _bill_late, session, person, planted)


def _bill_late(world: World, session: Session, person: Person, planted: str) -> None:
    bill_one(world, session, person)
    world.repaired(planted)
    world.later(_night(world), session.practice, "submit claims", _submit, session)


def correct_attendance(world: World, session: Session) -> None:
    """The sign-in sheet shows that somebody who was billed did not come."""
    candidates = [
        claim
        for claim in _open(session, "Q", "SUB", "ACC")
        if not claim.plants and len(session.claims[claim.person.id]) == 1
    ]
    if not candidates:
        return
    claim = world.rng.choice(candidates)
    person_id = claim.person.id
    session.attended.pop(person_id)
    world.update(
        "attendance",
        session.attendance[person_id],
        attend_code="NS",
        arrived_at=None,
        left_at=None,
        location_state=None,
        location_place=None,
        emergency_contact=None,
    )
    claim.plants["B01"] = world.plant(
        "B01",
        {"session": session.id, "client": person_id, "claim": claim.id},
        "a visit was billed before the sign-in sheet was checked",
    )
    paperwork.did_not_come(world, session, person_id)
    if person_id in session.recorded_unwilling:
        session.recorded_unwilling.remove(person_id)
        world.recorded_without[person_id] = [one for one in world.recorded_without[person_id] if one is not session]
        if not session.recorded_unwilling and session.recording_plant is not None:
            world.repaired(session.recording_plant)  # so nobody was recorded against their will
    if world.chance(0.5):
        at = world.office_hours(world.now + timedelta(hours=world.rng.randint(20, 80)))
        world.later(at, session.practice, "void a claim", void, claim)


def too_short(session: Session) -> bool:
    """Less than 90846 and 90847 need."""
    assert session.actual_start is not None
    assert session.actual_end is not None
    return session.actual_end - session.actual_start < timedelta(minutes=26)


def _billed_short(world: World, session: Session) -> None:
    for claims in session.claims.values():
        for claim in claims:
            subject: dict[str, Any] = {"session": session.id, "client": claim.person.id, "claim": claim.id}
            claim.plants["B10"] = world.plant("B10", subject, "a session that ended early was billed as usual")


def _billed_unsigned(world: World, session: Session, person_id: str) -> None:
    for claim in session.claims.get(person_id, []):
        claim.plants["B39"] = world.plant(
            "B39",
            {"session": session.id, "client": person_id, "claim": claim.id},
            "the claim went out while this note was still a draft",
        )


def plant_outside(world: World, session: Session, claim: Claim) -> None:
    """Record that a claim lies outside the coverage it bills."""
    subject: dict[str, Any] = {
        "session": session.id,
        "client": claim.person.id,
        "claim": claim.id,
        "coverage": claim.coverage.id,
    }
    claim.plants["B20"] = world.plant("B20", subject, "the payer ended the coverage after the fact")

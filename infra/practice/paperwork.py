"""Which forms does somebody have to sign, and when do they?
Reads and writes the world: consents and their signers, renewals, revocations, gaps left open on purpose.
Must never leave a gap that is not recorded as planted.
"""

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from infra.practice.acts import Value
from infra.practice.people import Clinician, Form, Person, Series, Unit
from infra.practice.world import Gap, Session, World

ALERT_HOURS: Final = 48
"""A consent gap shows this long before the session (the default policy's consent_alert_hours_ahead)."""
YEARLY: Final = frozenset({"TX", "TELE"})
PART2_ELEMENTS: Final = [
    "patient_name",
    "discloser",
    "information",
    "recipient",
    "purpose",
    "right_to_revoke",
    "expiry",
    "signature",
    "date",
    "redisclosure_statement",
]
TPO_RECIPIENTS: Final = [
    "treating_providers",
    "health_plans",
    "third_party_payers",
    "people_helping_to_operate_this_program",
]
TPO_INFORMATION: Final = ["all_records"]
AI_TOOL: Final = "Conjoint"
AI_PURPOSE: Final = "drafting session notes for review by the clinician"

Need = tuple[str, Unit | None]
"""A kind of form, and the unit it is for."""


def needs_of(person: Person, series: Series) -> list[Need]:
    """Every form a person must have signed before coming to this appointment."""
    unit = series.unit
    needs: list[Need] = [("TX", None)]
    if person.patient and person.coverages:
        needs.append(("BILL", None))
    if person.sud:
        needs.append(("P2TPO", None))
    if unit is not None and unit.kind in ("group", "multi_family"):
        needs.append(("GRP", unit))
    if unit is not None and unit.kind in ("family", "couple"):
        needs.append(("CNJ", unit))
    if series.modality != "OFF":
        needs.append(("TELE", None))
    if series.recorded:
        needs.append(("REC", None))
    if unit is not None and unit.guest is not None:
        needs.append(("OBS", unit))
    if person.ai_willing:
        needs.append(("AI", None))
    return needs


def held(person: Person | Clinician, kind: str, unit: Unit | None, at: datetime) -> Form | None:
    """The form of this kind (for this unit and its present cycle) that holds and lasts longest."""
    cycle = unit.cycle if unit is not None and kind == "GRP" else None
    forms = [
        form
        for form in person.forms
        if form.kind == kind
        and form.unit == (None if unit is None else unit.id)
        and form.cycle == cycle
        and not form.revoked
        and (form.expires_at is None or form.expires_at > at)
    ]
    return max(forms, key=lambda form: (form.expires_at is None, form.expires_at or at, form.id), default=None)


def sign(
    world: World,
    person: Person | Clinician,
    kind: str,
    unit: Unit | None = None,
    cycle: str | None = None,
    **terms: Value,
) -> Form:
    """Sign one form now: the person, a minor's guardian, or the clinician. `cycle`: of a group, if not the present."""
    practice = person.practice
    signer, role = person.id, "S"
    language = "en"
    if isinstance(person, Clinician):
        role = "C"
    else:
        language = person.language
        if person.minor_on(practice.day(world.now)) and person.guardian is not None:
            signer, role = person.guardian.id, "G"
    expires_at = None
    if kind in YEARLY:
        expires_at = practice.instant(practice.day(world.now) + timedelta(days=365), 23, 59)
    if unit is not None and kind == "GRP":
        cycle = cycle or unit.cycle
    form = Form(
        world.new_id("CON"),
        kind,
        None if unit is None else unit.id,
        cycle,
        world.now,
        expires_at,
        role == "G",
    )
    person.forms.append(form)
    written: dict[str, Value] = {
        "subject_id": person.id,
        "form_kind": kind,
        "form_version": "v1",
        "language": language,
        "consent_status": "A",
        "signed_at": world.local,
        "expires_at": None if expires_at is None else practice.local(expires_at),
        "unit_id": form.unit,
        "cycle_no": cycle,
        **_terms(world, person, kind, unit),
        **terms,
    }
    world.insert("consents", form.id, **written)
    world.insert(
        "consent_signers",
        f"{form.id}-S1",
        consent_id=form.id,
        person_id=signer,
        signer_role=role,
        signed_at=world.local,
        identity_verified=True,
        document_hash="sha256:" + sha256(f"{form.id}/{signer}".encode()).hexdigest()[:16],
    )
    if expires_at is not None and isinstance(person, Person):
        _schedule_renewal(world, person, form, unit)
    return form


def _terms(world: World, person: Person | Clinician, kind: str, unit: Unit | None) -> dict[str, Value]:
    if kind == "CNJ" and unit is not None:
        return {"composition": [member.id for member in unit.members], "no_secrets_policy": True}
    if kind == "AI":
        return {"purpose": AI_PURPOSE, "tool": AI_TOOL, "written_notice": True}
    if kind == "P2TPO":
        return {
            "elements": PART2_ELEMENTS,
            "recipients": TPO_RECIPIENTS,
            "information": TPO_INFORMATION,
            "purpose": "treatment, payment and health care operations",
            "expires_text": "end of treatment",
        }
    if kind == "BILL" and isinstance(person, Person):
        return {"release_of_information": "I" if person.sud else "Y", "assignment_of_benefits": True}
    if kind == "OBS" and unit is not None:
        return {"observer": unit.guest}
    return {}


def sign_all(world: World, person: Person, series: Series, leave_out: str | None = None) -> None:
    """Sign whatever is still missing for an appointment; `leave_out` names a kind that is forgotten."""
    adult = not person.minor_on(person.practice.day(world.now))
    for kind, unit in needs_of(person, series):
        if kind == leave_out or (kind == "CNJ" and not adult):
            continue
        if held(person, kind, unit, world.now) is None:
            sign(world, person, kind, unit)


# --- renewal -------------------------------------------------------------------------------------------


def _schedule_renewal(world: World, person: Person, form: Form, unit: Unit | None) -> None:
    assert form.expires_at is not None
    practice = person.practice
    day = practice.day(form.expires_at) - timedelta(days=world.rng.randint(33, 50))
    at = practice.instant(day, world.rng.randint(8, 20), world.rng.randint(0, 59))
    world.later(at, practice, "renew a consent", renew, person, form, unit)


def renew(world: World, person: Person, form: Form, unit: Unit | None) -> None:
    """Renew a form well before it expires, or (planted) only when the reminders have begun."""
    if person.discharged_on is not None or form.revoked:
        return
    newest = held(person, form.kind, unit, world.now)
    if newest is not None and newest is not form:
        return
    assert form.expires_at is not None
    practice = person.practice
    attends_often = any(
        series.every_weeks == 1 and person in series.people and series.ends_on is None for series in world.series
    )
    live = form.expires_at > world.start + timedelta(days=31)
    adult = not person.minor_on(world.today)
    if form.kind == "TX" and adult and attends_often and live and world.errs("C15"):
        person.renews_late = True
        expires_on = practice.day(form.expires_at)
        notice = practice.instant(expires_on - timedelta(days=30), 0)
        planted = world.plant(
            "C15", {"client": person.id, "consent": form.id}, "the renewal form was not sent in time", notice
        )
        day = expires_on - timedelta(days=world.rng.randint(2, 25))
        at = practice.instant(day, world.rng.randint(8, 20), world.rng.randint(0, 59))
        world.later(at, practice, "renew a consent late", _renew_late, person, form.kind, unit, planted)
        return
    sign(world, person, form.kind, unit)


def _renew_late(world: World, person: Person, kind: str, unit: Unit | None, planted: str) -> None:
    person.renews_late = False
    sign(world, person, kind, unit)
    world.repaired(planted)


# --- revocation ----------------------------------------------------------------------------------------


def revoke(world: World, person: Person, form: Form) -> None:
    """Revoke a whole consent, in writing."""
    form.revoked = True
    world.update(
        "consents",
        form.id,
        consent_status="R",
        revoked_at=world.local,
        revocation_scope="ALL",
        revocation_recipients=[],
        revocation_in_writing=True,
        revocation_at=world.local,
    )


# --- gaps left open on purpose -------------------------------------------------------------------------


def open_gap(
    world: World,
    rule: str,
    person: Person,
    unit: Unit | None,
    from_day: date,
    until_day: date | None = None,
) -> Gap:
    """From now on `person` lacks a form: every session in the gap, booked or to be booked, is a planted mistake."""
    gap = Gap(rule, person, unit, world.now, from_day, until_day)
    world.gaps[person.id].append(gap)
    for session in world.booked[person.id]:
        _plant_session(world, gap, session)
    return gap


def note_gaps(world: World, session: Session, person: Person) -> None:
    """A person was put into a session: plant what their open gaps mean for it."""
    for gap in world.gaps[person.id]:
        _plant_session(world, gap, session)


def _plant_session(world: World, gap: Gap, session: Session) -> None:
    if session.status != "SCHED" or (gap.unit is not None and session.unit is not gap.unit):
        return
    day = session.practice.day(session.start_at)
    if day < gap.from_day or (gap.until_day is not None and day > gap.until_day):
        return
    subject: dict[str, Any] = {"session": session.id, "client": gap.person.id}
    if gap.rule == "C02" and session.unit is not None:
        subject["group"] = session.unit.id
    notes = {
        "C01": "the treatment consent was never sent",
        "C02": "the group agreement for this cycle was not signed",
        "C06": "came of age, and only the guardian had signed",
    }
    at = max(gap.opened_at, session.start_at - timedelta(hours=ALERT_HOURS))
    planted = [world.plant(gap.rule, subject, notes[gap.rule], at)]
    if gap.rule == "C06" and session.unit is not None and session.kind in ("family", "couple"):
        unit = {**subject, session.kind: session.unit.id}
        planted.append(world.plant("C04", unit, "an adult now, and no agreement of their own", at))
    gap.plants += [(one, session) for one in planted]
    session.gap_plants.setdefault(gap.person.id, []).extend(planted)


def close_gap(world: World, gap: Gap) -> None:
    """The form is signed now: what lies ahead is covered, what has begun without it stays as it was."""
    world.gaps[gap.person.id].remove(gap)
    for planted, session in gap.plants:
        if session.start_at > world.now and planted in session.gap_plants.get(gap.person.id, []):
            session.gap_plants[gap.person.id].remove(planted)
            world.repaired(planted)


def plant_back_dated(world: World, gap: Gap, form: Form) -> None:
    """A form signed now comes too late for what has taken place without it, and stays so."""
    for session in dict.fromkeys(session for _, session in gap.plants):
        for_this = form.unit is None or (session.unit is not None and session.unit.id == form.unit)
        if for_this and session.status == "DONE" and session.gap_plants.get(gap.person.id):
            subject: dict[str, Any] = {"session": session.id, "client": gap.person.id, "consent": form.id}
            planted = world.plant("C18", subject, "signed only after the session it should have covered")
            session.gap_plants[gap.person.id].append(planted)


def did_not_come(world: World, session: Session, person_id: str) -> None:
    """Somebody did not come, or the session was cancelled: a gap about them is no gap any more."""
    for planted in session.gap_plants.pop(person_id, []):
        world.repaired(planted)

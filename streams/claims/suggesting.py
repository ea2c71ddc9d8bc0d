"""What would this visit's claim say, for one person and the payer that is first? Pure.

The suggestion is a claim of the care vocabulary, so that the same rules judge it that judge the EHR's own.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import chain

from schemas.care import Claim, ClaimLine
from streams.cases import SessionCase
from streams.claims.coding import Service, services_of
from streams.claims.diagnosing import diagnoses_of
from streams.claims.insuring import Insurance, authorization_for, insurance_of
from streams.claims.modifying import modifiers_of
from streams.claims.placing import Placed, place_of
from streams.claims.reason import Reason, Withheld, because
from streams.claims.rendering import Rendered, rendering_for
from streams.files import Held
from streams.rules.part2 import covered

CONSENTED_DISCLOSURE, RELEASED = "I", "Y"


@dataclass(frozen=True, slots=True)
class Suggested:
    """A claim that would be right by everything on record, and why each field says what it says."""

    claim: Held[Claim]
    insurance: Insurance
    reasons: tuple[Reason, ...]
    unknown: tuple[str, ...]
    """Facts without which the claim cannot be completed."""


def suggest(case: SessionCase, client_id: str, now: datetime) -> Suggested | Withheld:
    """The claim for one person's visit, or why there is none. Presupposes that the session took place."""
    if not case.client(client_id).is_patient or case.missed(client_id):
        # first who it is for: what a relative is insured with does not matter
        refused = insurance_of(case, client_id) if not case.client(client_id).is_patient else None
        coded = services_of(case, client_id, None)
        if isinstance(refused, Withheld):
            return refused
        if isinstance(coded, Withheld):
            return coded
    insurance = insurance_of(case, client_id)
    services = services_of(case, client_id, None if isinstance(insurance, Withheld) else insurance.payer_id)
    if isinstance(services, Withheld):
        return services
    if isinstance(insurance, Withheld):
        return insurance
    return _suggested(case, client_id, now, insurance, services)


def _suggested(
    case: SessionCase, client_id: str, now: datetime, insurance: Insurance, services: tuple[Service, ...]
) -> Suggested:
    client, day = case.client(client_id), case.service_on
    assert day is not None
    placed, rendered = place_of(case, client_id), rendering_for(case, client_id)
    diagnosed = diagnoses_of(case, client_id, services[0].code)
    identity = claim_id("new", case.practice.id, case.id, client_id, insurance.payer_id)
    lines, line_reasons, unknown = _lines(
        case, client_id, insurance, services, placed, rendered, diagnosed.pointers, identity, now
    )
    authorization = insurance.assistance or authorization_for(
        case, client, insurance.payer_id, services[0].code, services[0].units, rendered.clinician_id, day
    )
    reasons = [
        *insurance.reasons,
        *chain.from_iterable(service.reasons for service in services),
        *line_reasons,
        *(reason for reason in placed.reasons if reason.field != "modifiers"),
        *diagnosed.reasons,
        *rendered.reasons,
    ]
    if authorization is not None:
        why = f"Authorization {authorization.id} covers {services[0].code} on {day} and has units left."
        reasons.append(because("authorization_number", authorization.id, why, authorization))
    release, assignment, release_reasons = _releases(case, client_id, insurance, now)
    clinician = None if rendered.clinician is None else rendered.clinician.data
    coverage = None if insurance.coverage is None else insurance.coverage.data
    practice, record = case.practice.record.data, client.record
    amounts = [line.amount for line in lines]
    claim = Claim(
        client=client_id,
        session=case.id,
        coverage=None if insurance.coverage is None else insurance.coverage.id,
        payer=insurance.payer_id,
        sequence="primary",
        status="queued",
        frequency=1,
        rendering=rendered.clinician_id,
        rendering_npi=None if clinician is None else clinician.npi,
        rendering_taxonomy=None if clinician is None else clinician.taxonomy,
        supervising=rendered.supervisor_id,
        billing_npi=practice.npi,
        billing_zip=None if practice.address is None else practice.address.zip,
        place_of_service=placed.place,
        release_of_information=release,
        assignment_of_benefits=assignment,
        authorization_number=None if authorization is None else authorization.data.number,
        member_id=None if coverage is None else coverage.member_id,
        patient_name=(coverage and coverage.patient_name) or (record.data.name if record is not None else None),
        patient_dob=(coverage and coverage.patient_dob) or (record.data.dob if record is not None else None),
        relation=None if coverage is None else coverage.relation,
        diagnoses=diagnosed.codes,
        lines=lines,
        total=None if None in amounts else dollars(sum(_cents(amount) for amount in amounts)),
        queued_at=now,
    )
    return Suggested(Held(identity, now, True, claim), insurance, (*reasons, *release_reasons), tuple(unknown))


def _lines(
    case: SessionCase,
    client_id: str,
    insurance: Insurance,
    services: tuple[Service, ...],
    placed: Placed,
    rendered: Rendered,
    pointers: tuple[int, ...],
    identity: str,
    now: datetime,
) -> tuple[tuple[ClaimLine, ...], list[Reason], list[str]]:
    lines: list[ClaimLine] = []
    reasons: list[Reason] = []
    unknown: list[str] = []
    others = codes_of_day(case, client_id)
    blank: Held[Claim] = Held(identity, now, True, Claim(client=client_id, status="queued", payer=insurance.payer_id))
    for service in services:
        fee = case.fee_cents(service.code)
        if fee is None:
            unknown.append(f"the practice's fee for {service.code}")
        line = ClaimLine(
            code=service.code,
            units=service.units,
            amount=None if fee is None else dollars(fee * service.units),
            dx_pointers=pointers,
            date=case.service_on,
            session=case.id,
        )
        modifiers, why = modifiers_of(
            case, blank, line, insurance.payer_id, client_id, placed, rendered.clinician, others
        )
        lines.append(line.model_copy(update={"modifiers": modifiers}))
        reasons += why
        if fee is not None:
            how = f"{service.units} unit{'s' if service.units != 1 else ''} at the practice's fee for {service.code}."
            reasons.append(because("amount", dollars(fee * service.units), how, case.practice.record))
    return tuple(lines), reasons, unknown


def codes_of_day(case: SessionCase, client_id: str) -> dict[str, str]:
    """Session id → this client's main code there, of their other sessions that day, billed or to be billed, by the
    same leading clinician."""
    leads = {f.clinician for f in case.session.facilitators if f.role in ("lead", None)}
    codes: dict[str, str] = {}
    for other in case.same_day(client_id):
        if not leads & {f.clinician for f in other.session.facilitators}:
            continue
        billed = next((line.code for line in other.lines_of_client(client_id)), None)
        if billed is None and other.took_place:
            services = services_of(other, client_id, None)
            billed = None if isinstance(services, Withheld) else services[0].code
        if billed is not None:
            codes[other.id] = billed
    return codes


def _releases(
    case: SessionCase, client_id: str, insurance: Insurance, now: datetime
) -> tuple[str | None, bool | None, list[Reason]]:
    """CLM09 and CLM08: what the billing release on file allows; I for a program under Part 2."""
    client = case.client(client_id)
    consents = client.consents_holding("billing_release", now)
    subscriber = None if insurance.coverage is None else insurance.coverage.data.subscriber
    if not consents and subscriber is not None:
        consents = case.client(subscriber).consents_holding("billing_release", now)
    granting = [held for held in consents if held.data.release_of_information in (None, RELEASED, CONSENTED_DISCLOSURE)]
    if not granting:
        return None, None, []
    consent = granting[-1]
    under_part2 = covered(case.practice, client) is True
    release = CONSENTED_DISCLOSURE if under_part2 else (consent.data.release_of_information or RELEASED)
    why = f"Billing release {consent.id} is in force" + ("; the record is a Part 2 program's." if under_part2 else ".")
    assigned = consent.data.assignment_of_benefits is not False
    return release, assigned, [because("release_of_information", release, why, consent)]


def claim_id(*cause: str) -> str:
    """A short id (16 characters, as payers return them) that the same cause always gives."""
    digest = blake2b("\x1f".join(cause).encode(), digest_size=10).digest()
    return "CJ" + base64.b32encode(digest).decode()[:14]


def dollars(cents: int) -> str:
    """Cents as a decimal string: 6000 → "60.00"."""
    return f"{cents // 100}.{cents % 100:02}"


def _cents(amount: str | None) -> int:
    whole, _, rest = (amount or "0").partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))

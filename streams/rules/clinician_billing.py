"""May this clinician be billed for it: enrolled, licensed, the one who led, supervised, and rightly numbered? Pure."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache

from schemas.care import Claim, Clinician
from streams.cases import BilledLine, SessionCase
from streams.files import Held
from streams.policy.procedures import ADD_ON_CODES, LEVEL_OF_MODIFIER
from streams.rule import Outcome, not_recorded
from streams.rules.claims import claim_found, claim_subject, rendering_of, words
from streams.rules.place_billing import (
    MODIFIER_LENGTH,
    credentials_are_recorded,
    licence_ran_out,
    licensed,
    modifiers_asked,
    site_state,
)


def rendering_not_eligible(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B34: the rendering clinician is enrolled with the payer on the day, licensed still, and on no exclusion list.

    Source: domain-facts §1.6 (185, B7), §1.7 B34.
    """
    day, site = case.service_on, site_state(case)
    for claim in case.claims_billing:
        clinician = rendering_of(case, claim)
        if clinician is None or day is None:
            if claim.data.rendering is not None:
                yield not_recorded(
                    f"clinician {claim.data.rendering}, who rendered what claim {claim.id} bills",
                    claim_subject(case, claim) | {"clinician": claim.data.rendering},
                    (claim, case.appointment),
                )
            continue
        problems: list[tuple[str, str]] = []
        if clinician.data.excluded:
            problems.append(("is on an exclusion list", "185"))
        if site is not None and licence_ran_out(clinician.data, site, day):
            problems.append((f"held no licence of {site} any more on {day}", "185"))
        if claim.data.payer is not None and credentials_are_recorded(case):
            supervisor = _supervising(case, claim)
            if not any(enrolled(c.data, claim.data.payer, day) for c in (clinician, supervisor) if c is not None):
                problems.append((f"was not enrolled with {claim.data.payer} on {day}", "B7"))
        if problems:
            yield claim_found(
                case,
                claim,
                f"is rendered by {clinician.id}, who {words([why for why, _ in problems])}",
                "Do not send it under this clinician; clear enrolment, licence or exclusion first.",
                problems[0][1],
                clinician,
                keys={"clinician": clinician.id},
            )


def enrolled(clinician: Clinician, payer: str, day: date) -> bool:
    """Enrolled with the payer on the day, both ends included."""
    return any(
        enrollment.payer == payer
        and (enrollment.from_ is None or enrollment.from_ <= day)
        and (enrollment.to is None or day <= enrollment.to)
        for enrollment in clinician.enrollments
    )


def _supervising(case: SessionCase, claim: Held[Claim]) -> Held[Clinician] | None:
    return None if claim.data.supervising is None else case.practice.clinician(claim.data.supervising)


def rendering_did_not_lead(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B35: who rendered is who led, or who signed this client's note; a co-facilitator does not bill the same people.

    A supervisor who cosigned the note may render for the associate who led. Source: domain-facts §1.2, §1.7 B35.
    """
    facilitators = case.session.facilitators
    leads = {f.clinician for f in facilitators if f.role in ("lead", None)} or {f.clinician for f in facilitators}
    billed: dict[tuple[str, str | None], list[Held[Claim]]] = {}
    for claim in case.claims_billing:
        if claim.data.sequence in (None, "primary"):
            billed.setdefault((claim.data.client, claim.data.payer), []).append(claim)
    for claim in case.claims_billing:
        rendering = claim.data.rendering
        if rendering is None or not leads:
            continue
        if rendering in leads:
            continue
        notes = case.notes_of(claim.data.client)
        signed = {f.clinician for f in facilitators} & {note.data.signed_by for note in notes}
        cosigned = {note.data.cosigned_by for note in notes}
        same_client = billed.get((claim.data.client, claim.data.payer), [])
        by_lead = [other for other in same_client if other.data.rendering in leads and other.id != claim.id]
        if by_lead:
            yield claim_found(
                case,
                claim,
                f"is rendered by {rendering}, though claim {by_lead[0].id} already bills the same visit under "
                f"{by_lead[0].data.rendering}, who led",
                "Void it: a co-facilitator does not bill for the same members.",
                "18",
                *by_lead,
                keys={"clinician": rendering},
            )
        elif rendering not in signed | cosigned:
            yield claim_found(
                case,
                claim,
                f"is rendered by {rendering}, but {words(sorted(leads))} led and {rendering} did not sign this "
                "client's note",
                "Name the clinician who led the session as rendering.",
                "97",
                *notes,
                keys={"clinician": rendering},
            )


def modifier_wrong(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B36: a level modifier is the clinician's own, and what the payer asks for (level, HQ, HF, GT) is there.

    Source: domain-facts §1.4 (HO, HN, HP, HQ, HF), §1.6 (4), §1.7 B36; payer's `level_modifiers`,
    `required_modifiers`.
    """
    for lines in case.lines_of_claim.values():
        claim = lines[0].claim
        clinician = rendering_of(case, claim)
        problems: list[str] = []
        for line in lines:
            if line.code not in ADD_ON_CODES:
                problems += _wrong_modifiers(case, line, clinician)
        if problems:
            yield claim_found(
                case,
                claim,
                words(problems),
                "Correct the modifiers to the clinician's licence and the payer's rules.",
                "4",
                clinician,
            )


def _wrong_modifiers(case: SessionCase, line: BilledLine, clinician: Held[Clinician] | None) -> list[str]:
    payer = case.policy.payer(line.payer_id)
    if not line.line.modifiers and not payer.required_modifiers and not payer.level_modifiers:
        return []
    used = set(line.line.modifiers)
    problems = [
        f"bills {line.code} without {modifier}, which {line.payer_id} asks for"
        for modifier in sorted(modifiers_asked(case, line) - used)
    ]
    if clinician is None:
        return problems
    level, credential = clinician.data.level, clinician.data.credential
    by_level = _by_level(payer.level_modifiers)
    asked = by_level.get(level or "") or by_level.get(credential or "")
    if asked is not None and asked not in used:
        problems.append(f"bills {line.code} without {asked}, the modifier for {clinician.id}'s level")
    payers_own = set(by_level.values())
    for modifier in sorted(used & (set(LEVEL_OF_MODIFIER) | payers_own)):
        if modifier in payers_own and asked is not None:
            wrong = modifier != asked
        else:
            wrong = level is not None and modifier in LEVEL_OF_MODIFIER and LEVEL_OF_MODIFIER[modifier] != level
        if wrong:
            problems.append(f"carries {modifier} on {line.code}, which is not {clinician.id}'s level")
    return problems


def _by_level(written: dict[str, str]) -> dict[str, str]:
    """Level or credential → modifier, whichever way round the policy says it."""
    pairs = written.items()
    return dict((value, key) if len(key) == MODIFIER_LENGTH else (key, value) for key, value in pairs)


def associate_without_supervision(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B37: an associate has an eligible supervisor on the day, whom the claim names and who has cosigned the note.

    Source: domain-facts §1.4 (supervised associate), §3.4, §1.7 B37.
    """
    day, site = case.service_on, site_state(case)
    for claim in case.claims_billing:
        clinician = rendering_of(case, claim)
        if clinician is None or day is None or not _works_under_supervision(case, clinician.data):
            continue
        problems: list[str] = []
        evidence: list[Held[Clinician] | None] = [clinician]
        supervisors = _supervisors_on(clinician.data, day)
        named = claim.data.supervising
        if not supervisors:
            problems.append(f"had no supervisor on {day}")
        if named is None:
            problems.append("is not billed with a supervisor")
        elif supervisors and named not in supervisors:
            problems.append(f"is billed with {named}, who was not the supervisor on {day}")
        for supervisor_id in [named] if named is not None else sorted(supervisors):
            supervisor = case.practice.clinician(supervisor_id)
            evidence.append(supervisor)
            problem = _ineligible(supervisor, site, day)
            if problem is not None:
                problems.append(f"has a supervisor ({supervisor_id}) who {problem}")
        notes = [note for note in case.notes_of(claim.data.client) if note.data.kind != "addendum"]
        signed = [note for note in notes if note.data.status == "signed"]
        own = {clinician.id, None}
        if signed and not any(note.data.cosigned_at and note.data.cosigned_by not in own for note in signed):
            problems.append("has no cosignature on this client's note")
        if problems:
            yield claim_found(
                case,
                claim,
                f"is rendered by associate {clinician.id}, who {words(problems)}",
                "Have the supervisor of that day named on the claim and cosign the note before it is sent.",
                "185",
                *evidence,
                *signed,
                keys={"clinician": clinician.id},
            )


def _works_under_supervision(case: SessionCase, clinician: Clinician) -> bool:
    """As the record says; where it says nothing, by the credential (the policy's sign-off table)."""
    if clinician.supervised is None:
        return case.policy.cosign_credentials.get(clinician.credential or "", False)
    return clinician.supervised


def _supervisors_on(clinician: Clinician, day: date) -> set[str]:
    """Whoever supervised on the day by the history; without a history, the supervisor on record."""
    if not clinician.supervision:
        return set() if clinician.supervisor is None else {clinician.supervisor}
    return {
        period.supervisor
        for period in clinician.supervision
        if period.supervisor is not None
        and (period.from_ is None or period.from_ <= day)
        and (period.to is None or day <= period.to)
    }


def _ineligible(supervisor: Held[Clinician] | None, state: str | None, day: date) -> str | None:
    if supervisor is None:
        return "is not on file"
    if supervisor.data.excluded:
        return "is on an exclusion list"
    if supervisor.data.supervised:
        return "is supervised too"
    if state is not None and supervisor.data.licenses and not licensed(supervisor.data, state, day):
        return f"was not licensed in {state} on {day}"
    return None


INDIVIDUAL, ORGANISATION = 1, 2


@lru_cache(maxsize=1024)
def is_npi(number: str | None) -> bool:
    """Ten digits whose last is the Luhn check digit of 80840 and the first nine."""
    if number is None or len(number) != 10 or not number.isascii() or not number.isdigit():
        return False
    total = 0
    for place, digit in enumerate(reversed("80840" + number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def identifiers_wrong(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B45: both NPIs are valid and of the right type, the rendering taxonomy is there, and billing has its ZIP+4.

    Source: domain-facts §1.5 (Luhn with 80840), §1.6 (16 + N290, 208), §1.7 B45.
    """
    practice = case.practice.record.data
    persons = {clinician.data.npi for clinician in case.practice.file.all("clinician")}
    for claim in case.standing_claims:
        data = claim.data
        clinician = rendering_of(case, claim)
        if not (data.rendering_npi or data.rendering_taxonomy or data.billing_npi or data.billing_zip):
            yield not_recorded(
                f"any number of the providers of claim {claim.id}",
                claim_subject(case, claim),
                (claim, case.appointment),
            )
            continue
        problems: list[tuple[str, str]] = []
        for whose, number in (("rendering", data.rendering_npi), ("billing", data.billing_npi)):
            if not is_npi(number):
                problems.append((f"has {'no' if not number else 'an impossible'} {whose} NPI", "16"))
        if _of_an_organisation(case, data, clinician):
            problems.append(("has an organisation's NPI (type 2) for the rendering clinician", "208"))
        if data.billing_npi and _of_a_person(case, data.billing_npi, persons):
            problems.append(("has a person's NPI (type 1) for the billing practice", "208"))
        if not data.rendering_taxonomy:
            problems.append(("has no taxonomy for the rendering clinician", "16"))
        digits = (data.billing_zip or "").replace("-", "")
        if len(digits) != 9 or not digits.isdigit():
            problems.append(("has no ZIP+4 of nine digits for the billing practice", "16"))
        if problems:
            yield claim_found(
                case,
                claim,
                words([why for why, _ in problems]),
                "Correct the provider's record and create the claim anew.",
                problems[0][1],
                clinician,
                case.practice.record if practice.npi == data.billing_npi else None,
            )


def _of_an_organisation(case: SessionCase, claim: Claim, clinician: Held[Clinician] | None) -> bool:
    practice = case.practice.record.data
    if claim.rendering_npi and claim.rendering_npi == practice.npi and practice.npi_type == ORGANISATION:
        return True
    return clinician is not None and clinician.data.npi_type == ORGANISATION


def _of_a_person(case: SessionCase, npi: str, persons: set[str | None]) -> bool:
    practice = case.practice.record.data
    if npi == practice.npi:
        # somebody who practises alone may bill under their own number
        return practice.npi_type == INDIVIDUAL and npi not in persons
    return npi in persons and practice.npi is not None

"""What would a payer turn away that a structure check takes? Our own checks of a claim as it would be sent.

Pure. An independent reader of X12 accepts all of these (domain-facts §1.5); each is named, never repaired silently.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from schemas.professional_claim import ProfessionalClaim, ServiceLine
from streams.policy.icd10cm import CodeStatus, status_on
from streams.policy.procedures import procedure_on
from streams.rules.clinician_billing import is_npi

FREQUENCIES = frozenset({1, 7, 8})
_OLDEST_YEARS = 3


def form_problems(form: ProfessionalClaim, today: date) -> list[str]:
    """Everything that is wrong with the form by itself, in sentences; `today`: the practice's local day."""
    return [
        *_parties(form),
        *_numbers(form),
        *_diagnoses(form),
        *(problem for number, line in enumerate(form.lines, 1) for problem in _line(form, number, line, today)),
        *_coordination(form),
    ]


def batch_problems(forms: Sequence[ProfessionalClaim]) -> list[str]:
    """What is wrong with the forms together: a control number, or one service of one patient, that comes twice."""
    problems: list[str] = []
    numbers: set[str] = set()
    services: dict[tuple[object, ...], str] = {}
    for form in forms:
        if form.control_number in numbers:
            problems.append(f"Control number {form.control_number} comes twice.")
        numbers.add(form.control_number)
        if form.frequency != 1:
            continue
        for line in form.lines:
            key = (
                (form.patient or form.subscriber).model_dump_json(),
                form.subscriber.member_id,
                form.payer.id,
                form.order,
                line.procedure,
                line.modifiers,
                line.on,
                None if form.rendering is None else form.rendering.npi,
            )
            first = services.setdefault(key, form.control_number)
            if first != form.control_number:
                problems.append(
                    f"Claims {first} and {form.control_number} bill the same service of the same person on {line.on}."
                )
    return problems


def _parties(form: ProfessionalClaim) -> Iterator[str]:
    if form.rendering is None:
        yield "No rendering clinician is named (loop 2310B)."
    for whose, professional in (("rendering", form.rendering), ("supervising", form.supervising)):
        if professional is not None and not is_npi(professional.npi):
            yield f"The {whose} clinician's NPI fails its check digit."
    if form.rendering is not None and form.rendering.taxonomy is None:
        yield "The rendering clinician has no taxonomy (PRV*PE)."
    if not is_npi(form.billing.npi):
        yield "The practice's NPI fails its check digit."
    if form.billing.taxonomy is None:
        yield "The practice has no taxonomy (PRV*BI)."
    if len(form.billing.address.zip) != 9:
        yield "The practice's address has no ZIP+4."
    patient = form.patient or form.subscriber
    if patient.birth_date is None:
        yield "The patient's birth date (DMG) is missing."
    if patient.address is None:
        yield "The patient's address is missing."
    if form.subscriber.member_id is None:
        yield "The subscriber's member id is missing."
    if form.patient is None and form.relation != "18":
        yield "The patient is another person than the subscriber, but is not named (loop 2000C)."
    if form.patient is not None and form.relation == "18":
        yield "The patient is the subscriber, but is named apart from them (loop 2000C)."


def _numbers(form: ProfessionalClaim) -> Iterator[str]:
    if form.frequency not in FREQUENCIES:
        yield f"Frequency {form.frequency} is none of 1 (new), 7 (replaces), 8 (voids)."
    if form.frequency in (7, 8) and form.payer_control_number is None:
        yield "A replacement or void needs the payer's number of the original claim (REF*F8)."
    if form.frequency == 1 and form.payer_control_number is not None:
        yield "A new claim carries no payer's number of an original claim (REF*F8)."
    lines = sum(line.charge_cents for line in form.lines)
    if form.total_cents != lines:
        yield f"The total ({_dollars(form.total_cents)}) is not the sum of the lines ({_dollars(lines)})."
    if form.total_cents == 0:
        yield "The claim charges nothing."


def _diagnoses(form: ProfessionalClaim) -> Iterator[str]:
    day = min(line.on for line in form.lines)
    for code in form.diagnoses:
        status = status_on(code, day)
        if status is CodeStatus.HEADER:
            yield f"Diagnosis {code} is a heading above more specific codes."
        elif status is CodeStatus.NOT_IN_EDITION:
            yield f"Diagnosis {code} is no code of the ICD-10-CM edition in force on {day}."
    if len(set(form.diagnoses)) < len(form.diagnoses):
        yield "A diagnosis comes twice."


def _line(form: ProfessionalClaim, number: int, line: ServiceLine, today: date) -> Iterator[str]:
    which = f"Line {number}"
    if procedure_on(line.procedure, line.on) is None:
        yield f"{which} bills {line.procedure}, no procedure code this practice's catalogue knows on {line.on}."
    if line.units < 1:
        yield f"{which} bills no unit."
    if line.charge_cents == 0:
        yield f"{which} charges nothing."
    astray = sorted({pointer for pointer in line.pointers if pointer > len(form.diagnoses)})
    if astray:
        yield f"{which} points to diagnosis {', '.join(map(str, astray))} of {len(form.diagnoses)}."
    if len(set(line.modifiers)) < len(line.modifiers):
        yield f"{which} carries a modifier twice."
    if line.on > today:
        yield f"{which} bills {line.on}, a day that is still to come."
    elif line.on.year < today.year - _OLDEST_YEARS:
        yield f"{which} bills {line.on}, longer ago than any payer takes."


def _coordination(form: ProfessionalClaim) -> Iterator[str]:
    other = form.other
    if form.order != "P" and other is None:
        yield "A secondary claim needs what the primary payer decided (loop 2320)."
    if other is None:
        return
    if form.order == "P":
        yield "A primary claim carries another payer's decision."
    if form.filing_code == "MB" and form.medicare_secondary_reason is None:
        yield "Why Medicare pays second (SBR05) is not set in the payer's policy (secondary_reason)."
    decided = [(number, line, line.adjudicated) for number, line in enumerate(form.lines, 1) if line.adjudicated]
    if decided and len(decided) == len(form.lines):
        if sum(earlier.paid_cents for _, _, earlier in decided) != other.paid_cents:
            yield "What the primary payer paid on the lines is not what it paid in all."
        for number, line, earlier in decided:
            taken_off = sum(adjustment.amount_cents for adjustment in earlier.adjustments)
            if line.charge_cents != earlier.paid_cents + taken_off:
                yield f"Line {number}: charge, payment and adjustments of the primary payer do not balance."
    elif decided:
        yield "The primary payer's decision is there for some lines only."
    elif other.adjudicated_on is None:
        yield "When the primary payer decided is missing."


def _dollars(cents: int) -> str:
    return f"${cents // 100}.{cents % 100:02}"

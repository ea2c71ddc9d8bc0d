"""How does a batch of claims become an 837P file (005010X222A1)? Loops in the guide's order, one claim after another.

Pure: the same batch and number give the same bytes. Must never leave a claim out: what cannot be written is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from connectors.claims.x12 import COMPONENT, REPETITION, Writer, amount, day
from schemas.professional_claim import (
    BillingProvider,
    Insured,
    OtherPayer,
    PersonName,
    Postal,
    Professional,
    ProfessionalClaim,
    Sender,
    ServiceLine,
)

GUIDE = "005010X222A1"
_MAX_CLAIMS = 5_000
"""What the guide recommends at most in one transaction set."""


@dataclass(frozen=True, slots=True)
class Interchange:
    """A file's own number (unique among those of the sender: 1 to 999999999) and when it was made."""

    number: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """The file, and from which segment to which each claim stands (first and last, ISA being 1), by control number."""

    text: str
    segments_of_claim: dict[str, tuple[int, int]]


def write_837p(claims: Sequence[ProfessionalClaim], sender: Sender, interchange: Interchange) -> Written:
    """The file of a batch. Claims of one billing provider stand together, each under its subscriber.

    Raises ValueError for no claims, too many, or two with the same control number; Unsendable for a value X12 cannot
    carry.
    """
    numbers = [claim.control_number for claim in claims]
    if not 1 <= len(claims) <= _MAX_CLAIMS:
        raise ValueError(f"a batch has 1 to {_MAX_CLAIMS} claims")
    if len(set(numbers)) < len(numbers):
        raise ValueError("two claims of the batch have the same control number")
    if not 1 <= interchange.number <= 999_999_999:
        raise ValueError("an interchange number lies between 1 and 999999999")
    writer = Writer()
    _open(writer, sender, interchange)
    spans: dict[str, tuple[int, int]] = {}
    level = 0
    ordered = sorted(claims, key=lambda claim: (_billing_key(claim.billing), claim.control_number))
    for _, of_provider in groupby(ordered, key=lambda claim: _billing_key(claim.billing)):
        level += 1
        billing_level = level
        for first, claim in enumerate(of_provider):
            if not first:
                _billing_provider(writer, claim.billing, billing_level)
            started = len(writer.lines) + 1
            level = _subscriber(writer, claim, level, billing_level)
            _claim(writer, claim)
            spans[claim.control_number] = (started, len(writer.lines))
    _close(writer, interchange)
    return Written(writer.text(), spans)


def _billing_key(billing: BillingProvider) -> str:
    return billing.model_dump_json()


# --- envelope and header -----------------------------------------------------------------------------------------


def _open(writer: Writer, sender: Sender, interchange: Interchange) -> None:
    at, number = interchange.made_at, f"{interchange.number:09}"
    writer.isa(
        *("00", " " * 10, "00", " " * 10),
        *("ZZ", sender.submitter_id.ljust(15), "ZZ", sender.receiver_id.ljust(15)),
        *(at.strftime("%y%m%d"), at.strftime("%H%M"), REPETITION, "00501", number),
        *("0", "T" if sender.test else "P", COMPONENT),
    )
    group = str(interchange.number)
    writer.add("GS", "HC", sender.submitter_id, sender.receiver_id, day(at), at.strftime("%H%M"), group, "X", GUIDE)
    writer.add("ST", "837", _set_number(interchange), GUIDE)
    writer.add("BHT", "0019", "00", number, day(at), at.strftime("%H%M"), "CH")
    writer.add("NM1", "41", "2", sender.submitter_name, None, None, None, None, "46", sender.submitter_id)
    writer.add("PER", "IC", sender.contact_name, "TE", sender.contact_phone)
    writer.add("NM1", "40", "2", sender.receiver_name, None, None, None, None, "46", sender.receiver_id)


def _close(writer: Writer, interchange: Interchange) -> None:
    # from ST to SE itself: everything but ISA and GS
    writer.add("SE", len(writer.lines) - 1, _set_number(interchange))
    writer.add("GE", 1, str(interchange.number))
    writer.add("IEA", 1, f"{interchange.number:09}")


def _set_number(interchange: Interchange) -> str:
    return f"{interchange.number:09}"


# --- who bills, who is insured -------------------------------------------------------------------------------------


def _billing_provider(writer: Writer, billing: BillingProvider, level: int) -> None:
    writer.add("HL", level, None, "20", "1")
    if billing.taxonomy is not None:
        writer.add("PRV", "BI", "PXC", billing.taxonomy)
    kind = "1" if billing.is_person else "2"
    writer.add("NM1", "85", kind, billing.name, None, None, None, None, "XX", billing.npi)
    _address(writer, billing.address)
    writer.add("REF", "EI", billing.tax_id)


def _subscriber(writer: Writer, claim: ProfessionalClaim, level: int, billing_level: int) -> int:
    """2000B and, when somebody else is the patient, 2000C. Answers the last level number used."""
    level += 1
    subscriber_level = level
    is_patient = claim.patient is None
    writer.add("HL", subscriber_level, billing_level, "22", "0" if is_patient else "1")
    relation = "18" if is_patient else None
    reason = claim.medicare_secondary_reason
    writer.add("SBR", claim.order, relation, None, None, reason, None, None, None, claim.filing_code)
    _insured(writer, "IL", claim.subscriber, with_demographics=is_patient)
    writer.add("NM1", "PR", "2", claim.payer.name, None, None, None, None, "PI", claim.payer.id)
    if claim.patient is not None:
        level += 1
        writer.add("HL", level, subscriber_level, "23", "0")
        writer.add("PAT", claim.relation)
        _insured(writer, "QC", claim.patient, with_demographics=True)
    return level


def _insured(writer: Writer, role: str, insured: Insured, *, with_demographics: bool) -> None:
    _person(writer, role, insured.name, "MI" if insured.member_id else None, insured.member_id)
    if insured.address is not None:
        _address(writer, insured.address)
    if with_demographics and insured.birth_date is not None:
        # U: the care vocabulary does not record an administrative sex
        writer.add("DMG", "D8", day(insured.birth_date), "U")


def _person(writer: Writer, role: str, name: PersonName, qualifier: str | None, number: str | None) -> None:
    writer.add("NM1", role, "1", name.last, name.first, name.middle, None, None, qualifier, number)


def _address(writer: Writer, address: Postal) -> None:
    writer.add("N3", address.line1)
    writer.add("N4", address.city, address.state, address.zip)


# --- the claim -----------------------------------------------------------------------------------------------------


def _claim(writer: Writer, claim: ProfessionalClaim) -> None:
    writer.add(
        "CLM",
        claim.control_number,
        amount(claim.total_cents),
        None,
        None,
        (claim.place, "B", claim.frequency),
        "Y",
        "A" if claim.assignment else "C",
        _yes_no(claim.assignment),
        claim.release,
    )
    if claim.patient_paid_cents is not None:
        writer.add("AMT", "F5", amount(claim.patient_paid_cents))
    if claim.authorization_number is not None:
        writer.add("REF", "G1", claim.authorization_number)
    if claim.payer_control_number is not None:
        writer.add("REF", "F8", claim.payer_control_number)
    codes = [("ABK" if place == 0 else "ABF", code) for place, code in enumerate(claim.diagnoses)]
    writer.add("HI", *codes)
    if claim.rendering is not None:
        _professional(writer, "82", claim.rendering)
        if claim.rendering.taxonomy is not None:
            writer.add("PRV", "PE", "PXC", claim.rendering.taxonomy)
    if claim.supervising is not None:
        _professional(writer, "DQ", claim.supervising)
    if claim.other is not None:
        _other_payer(writer, claim.other)
    for number, line in enumerate(claim.lines, 1):
        _line(writer, claim, number, line)


def _professional(writer: Writer, role: str, professional: Professional) -> None:
    _person(writer, role, professional.name, "XX", professional.npi)


def _other_payer(writer: Writer, other: OtherPayer) -> None:
    writer.add("SBR", other.order, other.relation, None, None, None, None, None, None, other.filing_code)
    writer.add("AMT", "D", amount(other.paid_cents))
    writer.add("OI", None, None, _yes_no(other.assignment), None, None, other.release)
    _person(
        writer, "IL", other.subscriber.name, "MI" if other.subscriber.member_id else None, other.subscriber.member_id
    )
    if other.subscriber.address is not None:
        _address(writer, other.subscriber.address)
    writer.add("NM1", "PR", "2", other.payer.name, None, None, None, None, "PI", other.payer.id)
    if other.adjudicated_on is not None:
        writer.add("DTP", "573", "D8", day(other.adjudicated_on))
    if other.payer_control_number is not None:
        writer.add("REF", "F8", other.payer_control_number)


def _line(writer: Writer, claim: ProfessionalClaim, number: int, line: ServiceLine) -> None:
    writer.add("LX", number)
    writer.add(
        "SV1",
        ("HC", line.procedure, *line.modifiers),
        amount(line.charge_cents),
        "UN",
        line.units,
        None,
        None,
        line.pointers,
    )
    writer.add("DTP", "472", "D8", day(line.on))
    writer.add("REF", "6R", f"{number}")
    decided = line.adjudicated
    if claim.other is None or decided is None:
        return
    code = ("HC", line.procedure, *line.modifiers)
    writer.add("SVD", claim.other.payer.id, amount(decided.paid_cents), code, None, line.units)
    for group, adjustments in groupby(sorted(decided.adjustments, key=lambda a: a.group), key=lambda a: a.group):
        # a CAS carries six reasons; each three elements wide
        reasons = list(adjustments)
        for at in range(0, len(reasons), 6):
            triples = [(a.reason, amount(a.amount_cents), None) for a in reasons[at : at + 6]]
            writer.add("CAS", group, *(element for triple in triples for element in triple))
    writer.add("DTP", "573", "D8", day(decided.on))


def _yes_no(value: bool) -> str:
    return "Y" if value else "N"

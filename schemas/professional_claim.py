"""A claim as it travels to a payer: everything an 837P says of it, and nothing that cannot be written there.

Texts are already in the character set of the interchange (capitals, no delimiters), so what is held is what is sent.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.phi import Phi
from schemas.record import BirthDate, Day, Flag, Id, Many, Schema

_TEXT = r"^[A-Z0-9!\"&'()+,\-./;?=]([A-Z0-9 !\"&'()+,\-./;?=]*[A-Z0-9!\"&'()+,\-./;?=])?$"
"""X12 basic characters without the four delimiters; no space at either end, where readers drop it."""


def _sent(most: int) -> StringConstraints:
    return StringConstraints(pattern=_TEXT, max_length=most)


Text35 = Annotated[str, _sent(35), Phi.IDENTIFIER]
Text60 = Annotated[str, _sent(60), Phi.IDENTIFIER]
Reference = Annotated[str, _sent(50), Phi.IDENTIFIER]
Npi = Annotated[str, StringConstraints(pattern=r"^\d{10}$"), Phi.NONE]
Taxonomy = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{10}$"), Phi.NONE]
Procedure = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{5}$"), Phi.NONE]
Modifier = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}$"), Phi.NONE]
Diagnosis = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9][0-9A-Z]{1,5}$"), Phi.NONE]
"""An ICD-10-CM code without its dot, as the 837P carries it."""
Cents = Annotated[int, Field(ge=0, lt=10**10), Phi.NONE]
ControlNumber = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{1,20}$"), Phi.PSEUDONYM]
"""CLM01: returned by the payer in every answer; twenty characters at most."""

Place = Annotated[
    Literal["02", "03", "04", "10", "11", "12", "13", "14", "15", "22", "49", "50", "52", "53", "57", "71", "72", "99"],
    Phi.NONE,
]
"""Places of service at which therapy is given (CMS numbers)."""
States = Literal[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR", "GU", "VI", "AS", "MP",
]  # fmt: skip
FilingCode = Annotated[Literal["CI", "MB", "MC", "BL", "CH", "VA", "HM", "12", "13", "OF", "ZZ"], Phi.NONE]
"""SBR09: what sort of insurance (commercial, Medicare Part B, Medicaid …)."""
Order = Annotated[Literal["P", "S", "T"], Phi.NONE]
"""SBR01: primary, secondary, tertiary."""
Relation = Annotated[Literal["01", "18", "19", "20", "21", "39", "40", "53", "G8"], Phi.NONE]
"""What the patient is of the subscriber: 18 self, 01 spouse, 19 child, 53 life partner, G8 other …"""
AdjustmentGroup = Annotated[Literal["CO", "PR", "OA", "PI", "CR"], Phi.NONE]


class Postal(Schema):
    """An address. `zip`: five digits, or nine without a hyphen."""

    line1: Annotated[str, _sent(55), Phi.IDENTIFIER]
    city: Annotated[str, StringConstraints(pattern=_TEXT, min_length=2, max_length=30), Phi.IDENTIFIER]
    state: Annotated[States, Phi.NONE]
    zip: Annotated[str, StringConstraints(pattern=r"^\d{5}(\d{4})?$"), Phi.IDENTIFIER]


class PersonName(Schema):
    last: Text60
    first: Text35 | None = None
    middle: Annotated[str, _sent(25), Phi.IDENTIFIER] | None = None


class Insured(Schema):
    """A subscriber or a patient. `birth_date` and `address` are None only where the file does not need them."""

    name: PersonName
    member_id: Annotated[str, StringConstraints(pattern=_TEXT, min_length=2, max_length=80), Phi.IDENTIFIER] | None
    birth_date: BirthDate | None = None
    address: Postal | None = None


class BillingProvider(Schema):
    name: Text60
    npi: Npi
    is_person: Flag = False
    taxonomy: Taxonomy | None = None
    tax_id: Annotated[str, StringConstraints(pattern=r"^\d{9}$"), Phi.IDENTIFIER]
    address: Postal


class Professional(Schema):
    """The rendering or the supervising clinician."""

    name: PersonName
    npi: Npi
    taxonomy: Taxonomy | None = None


class PayerParty(Schema):
    name: Text60
    id: Annotated[str, StringConstraints(pattern=_TEXT, min_length=2, max_length=80), Phi.NONE]


class Adjustment(Schema):
    """What a payer did not pay, why (CARC), and whose it is."""

    group: AdjustmentGroup
    reason: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,3}$"), Phi.NONE]
    amount_cents: Annotated[int, Field(gt=-(10**10), lt=10**10), Phi.NONE]


class LineAdjudication(Schema):
    """What the earlier payer decided about one line."""

    paid_cents: Cents
    on: Day
    adjustments: Many[Adjustment] = ()


class ServiceLine(Schema):
    procedure: Procedure
    modifiers: Annotated[tuple[Modifier, ...], Field(max_length=4)] = ()
    charge_cents: Cents
    units: Annotated[int, Field(ge=0, le=999), Phi.NONE]
    pointers: Annotated[tuple[Annotated[int, Field(ge=1, le=12), Phi.NONE], ...], Field(min_length=1, max_length=4)]
    on: Day
    adjudicated: LineAdjudication | None = None


class OtherPayer(Schema):
    """The other payer of a secondary claim, whose decision came first."""

    order: Order
    relation: Relation
    filing_code: FilingCode
    subscriber: Insured
    payer: PayerParty
    paid_cents: Cents
    adjudicated_on: Day | None = None
    """Only where the lines do not say it."""
    payer_control_number: Reference | None = None
    assignment: Flag
    release: Annotated[Literal["I", "Y"], Phi.NONE]


class ProfessionalClaim(Schema):
    """One patient, one payer, one visit or a few. `patient` is None when the subscriber is the patient.

    `frequency`: 1 new, 7 replaces, 8 voids; the payer's number of the original then stands in `payer_control_number`.
    """

    control_number: ControlNumber
    claim_id: Id
    order: Order
    filing_code: FilingCode
    relation: Relation
    subscriber: Insured
    patient: Insured | None = None
    payer: PayerParty
    total_cents: Cents
    place: Place
    frequency: Annotated[int, Field(ge=0, le=9), Phi.NONE]
    assignment: Flag
    release: Annotated[Literal["I", "Y"], Phi.NONE]
    patient_paid_cents: Cents | None = None
    authorization_number: Reference | None = None
    payer_control_number: Reference | None = None
    diagnoses: Annotated[tuple[Diagnosis, ...], Field(min_length=1, max_length=12)]
    rendering: Professional | None = None
    supervising: Professional | None = None
    billing: BillingProvider
    other: OtherPayer | None = None
    medicare_secondary_reason: (
        Annotated[Literal["12", "13", "14", "15", "16", "41", "42", "43", "47"], Phi.NONE] | None
    ) = None
    """SBR05: why Medicare pays second."""
    lines: Annotated[tuple[ServiceLine, ...], Field(min_length=1, max_length=50)]


class Sender(Schema):
    """Who sends the interchange, and to whom. `test`: marked so that nobody adjudicates it."""

    submitter_id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,15}$"), Phi.NONE]
    submitter_name: Text60
    contact_name: Text60
    contact_phone: Annotated[str, StringConstraints(pattern=r"^\d{10}$"), Phi.NONE]
    receiver_id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,15}$"), Phi.NONE]
    receiver_name: Text60
    test: Flag = True

"""The canonical care entities: what every EHR adapter maps to and every rule reads.

Field names and meanings are those of the care vocabulary; None = unknown or not happened.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.phi import Phi
from schemas.record import (
    MAX_TEXT_LENGTH,
    BirthDate,
    ByCode,
    Clinical,
    Count,
    Day,
    Flag,
    Id,
    Identifier,
    Instant,
    Label,
    Many,
    Money,
    Number,
    Schema,
    Word,
)

# --- the practice and the people who work in it ----------------------------------------------------


class Address(Schema):
    line1: Identifier | None = None
    city: Identifier | None = None
    state: Word | None = None
    zip: Identifier | None = None


class Practice(Schema):
    """One practice (tenant). `zip` of the address is ZIP+4 without hyphen; `fee_schedule` is per unit."""

    name: Label | None = None
    timezone: Word
    state: Word | None = None
    npi: Word | None = None
    npi_type: Count | None = None
    taxonomy: Word | None = None
    tax_id: Word | None = None
    address: Address | None = None
    part2_program: Flag | None = None
    fee_schedule: ByCode[Money] = {}
    not_kept: Many[Word] = ()
    """What this practice's EHR has no place for, in the words of `streams.not_kept`: nobody is asked to record it."""


class Policy(Schema):
    """A practice's own policy: one JSON document merged over the default policy (deep; lists are replaced)."""

    document: Annotated[str, StringConstraints(max_length=MAX_TEXT_LENGTH), Phi.NONE]


class License(Schema):
    state: Word | None = None
    number: Word | None = None
    from_: Day | None = None
    to: Day | None = None


class Enrollment(Schema):
    payer: Word | None = None
    from_: Day | None = None
    to: Day | None = None


class Supervision(Schema):
    supervisor: Id | None = None
    from_: Day | None = None
    to: Day | None = None


class Clinician(Schema):
    name: Identifier | None = None
    npi: Word | None = None
    npi_type: Count | None = None
    credential: Word | None = None
    level: Word | None = None
    taxonomy: Word | None = None
    licenses: Many[License] = ()
    enrollments: Many[Enrollment] = ()
    supervised: Flag | None = None
    supervisor: Id | None = None
    supervision: Many[Supervision] = ()
    excluded: Flag | None = None


# --- clients and the units they form ---------------------------------------------------------------


class Client(Schema):
    """A patient, or a relative who is not one (`patient` false: never billed). `risk_flags`: warnings on the chart."""

    name: Identifier | None = None
    nicknames: Many[Identifier] = ()
    dob: BirthDate | None = None
    state: Word | None = None
    language: Word | None = None
    patient: Flag | None = None
    sud_program: Flag | None = None
    program: Word | None = None
    self_pay: Flag | None = None
    restrict_disclosure_to_plan: Flag | None = None
    capacity_flag: Flag | None = None
    address: Address | None = None
    risk_flags: Many[Clinical] = ()


class Relationship(Schema):
    """`person` is `kind` of `of`."""

    person: Id | None = None
    of: Id | None = None
    kind: Word | None = None
    may_consent: Flag | None = None
    document_on_file: Flag | None = None
    portal_proxy: Flag | None = None
    from_: Day | None = None
    to: Day | None = None


class GroupMember(Schema):
    client: Id
    joined: Day | None = None
    left: Day | None = None


class Cycle(Schema):
    id: Word | None = None
    start: Day | None = None
    end: Day | None = None


class PersonRef(Schema):
    """One id in a list of ids that a source keeps as rows of its own."""

    client: Id


class Group(Schema):
    name: Label | None = None
    kind: Word | None = None
    members: Many[GroupMember] = ()
    cycle: Cycle | None = None
    agreement_version: Word | None = None
    facilitators: Many[Id] = ()
    families: Many[Id] = ()


class Family(Schema):
    members: Many[Id] = ()
    identified_patient: Id | None = None
    formed: Day | None = None
    name: Identifier | None = None


class Couple(Schema):
    members: Many[Id] = ()
    identified_patient: Id | None = None
    formed: Day | None = None
    name: Identifier | None = None


# --- the session -----------------------------------------------------------------------------------


class Facilitator(Schema):
    clinician: Id
    role: Word | None = None


class Guest(Schema):
    name: Identifier | None = None
    role: Word | None = None
    recording_consent: Flag | None = None


class Appointment(Schema):
    """A session, booked or held. `identified_patient` is that of this session."""

    kind: Annotated[Literal["group", "multi_family", "family", "couple", "individual", "crisis"], Phi.NONE]
    unit: Id | None = None
    clients: Many[Id] = ()
    facilitators: Many[Facilitator] = ()
    scheduled_start: Instant | None = None
    scheduled_end: Instant | None = None
    actual_start: Instant | None = None
    actual_end: Instant | None = None
    status: Annotated[Literal["booked", "completed", "cancelled"], Phi.NONE]
    modality: Word | None = None
    state: Word | None = None
    identified_patient: Id | None = None
    recorded: Flag | None = None
    guests: Many[Guest] = ()
    program: Word | None = None


class Location(Schema):
    state: Word | None = None
    place: Word | None = None
    emergency_contact: Flag | Identifier | None = None


class Attendance(Schema):
    session: Id
    client: Id
    status: Annotated[Literal["attended", "no_show", "late_cancel", "cancelled", "excused"] | None, Phi.NONE] = None
    arrived: Instant | None = None
    left: Instant | None = None
    location: Location | None = None


class Recording(Schema):
    session: Id
    status: Annotated[Literal["recording", "stopped"] | None, Phi.NONE] = None
    started_at: Instant | None = None
    stopped_at: Instant | None = None
    transcript: Flag | None = None


class OutlineBullet(Schema):
    id: Word
    text: Clinical


class Outline(Schema):
    """What the therapist jotted down about a session."""

    session: Id
    author: Id | None = None
    bullets: Many[OutlineBullet] = ()
    intervention_codes: Many[Word] = ()


class Turn(Schema):
    turn: Count
    speaker: Id
    text: Clinical


class Transcript(Schema):
    session: Id
    turns: Many[Turn] = ()


class Checkin(Schema):
    """A pre-session check-in form."""

    client: Id
    session: Id | None = None
    submitted_at: Instant | None = None
    answers: ByCode[Clinical] = {}


class Assessment(Schema):
    """The total of a scale; items are never kept."""

    client: Id
    session: Id | None = None
    instrument: Word
    on: Day | None = None
    score: Number | None = None


# --- consents --------------------------------------------------------------------------------------


class Signer(Schema):
    person: Id | None = None
    role: Word | None = None
    at: Instant | None = None
    identity_verified: Flag | None = None
    document_hash: Word | None = None


class Revocation(Schema):
    scope: Word | None = None
    recipients: Many[Label] = ()
    in_writing: Flag | None = None
    at: Instant | None = None


class Reacknowledgement(Schema):
    new_member: Id | None = None


class Consent(Schema):
    """One signed form. `client` is whose consent it is (for `recording` it may be a clinician's)."""

    client: Id
    kind: Word
    version: Word | None = None
    language: Word | None = None
    status: Annotated[Literal["active", "revoked"] | None, Phi.NONE] = None
    signed_at: Instant | None = None
    expires: Instant | None = None
    revoked_at: Instant | None = None
    revocation: Revocation | None = None
    signers: Many[Signer] = ()
    unit: Id | None = None
    effective: Day | None = None
    cycle: Word | None = None
    reacknowledges: Reacknowledgement | None = None
    composition: Many[Id] = ()
    no_secrets_policy: Flag | None = None
    purpose: Label | None = None
    tool: Label | None = None
    written_notice: Flag | None = None
    elements: Many[Word] = ()
    recipients: Many[Label] = ()
    information: Many[Label] = ()
    date_range: Many[Day | None] = ()
    expires_text: Label | None = None
    release_of_information: Word | None = None
    assignment_of_benefits: Flag | None = None
    observer: Label | None = None


class Form(Schema):
    """A consent form's template version."""

    kind: Word
    version: Word | None = None
    language: Word | None = None
    supersedes: Word | None = None
    material_change: Flag | None = None
    effective: Day | None = None


# --- notes and plans -------------------------------------------------------------------------------


class Note(Schema):
    """`client` None = shared group part, or an AI draft for the whole session."""

    session: Id
    client: Id | None = None
    kind: Word | None = None
    origin: Annotated[Literal["human", "ai"] | None, Phi.NONE] = None
    status: Annotated[Literal["requested", "draft", "signed"] | None, Phi.NONE] = None
    author: Id | None = None
    date: Day | None = None
    start: Instant | None = None
    stop: Instant | None = None
    code: Word | None = None
    text: Clinical | None = None
    diagnoses: Many[Word] = ()
    complexity_factor: Label | None = None
    participant_count: Count | None = None
    context: Many[Word] = ()
    requested_at: Instant | None = None
    signed_by: Id | None = None
    signed_at: Instant | None = None
    cosigned_by: Id | None = None
    cosigned_at: Instant | None = None
    addendum_to: Id | None = None
    amended: Flag | None = None


class Goal(Schema):
    id: Word
    text: Clinical | None = None


class Plan(Schema):
    client: Id
    status: Annotated[Literal["active", "closed"] | None, Phi.NONE] = None
    start: Day | None = None
    end: Day | None = None
    review_due: Day | None = None
    diagnoses: Many[Word] = ()
    modalities: Many[Word] = ()
    goals: Many[Goal] = ()
    signed_at: Instant | None = None
    signed_by: Id | None = None


# --- coverage and money ----------------------------------------------------------------------------


class Coverage(Schema):
    client: Id
    payer: Word | None = None
    product: Word | None = None
    rank: Count | None = None
    member_id: Identifier | None = None
    subscriber: Id | None = None
    relation: Word | None = None
    patient_name: Identifier | None = None
    patient_dob: BirthDate | None = None
    start: Day | None = None
    end: Day | None = None
    copay: Money | None = None
    excluded_codes: Many[Word] = ()
    visit_limits: ByCode[Count] = {}
    visits_used_before: ByCode[Count] = {}


class Authorization(Schema):
    client: Id
    payer: Word | None = None
    number: Identifier | None = None
    codes: Many[Word] = ()
    clinicians: Many[Id] = ()
    start: Day | None = None
    end: Day | None = None
    units_approved: Count | None = None
    units_used_before: Count | None = None
    kind: Word | None = None


class Eligibility(Schema):
    """What the payer answered."""

    client: Id
    coverage: Id | None = None
    checked_at: Instant | None = None
    result: Word | None = None
    member_id: Identifier | None = None
    name: Identifier | None = None
    dob: BirthDate | None = None
    relation: Word | None = None


class Charge(Schema):
    """A self-pay invoice; an insured visit's claim line is its own charge."""

    session: Id
    client: Id
    payer: Word | None = None
    code: Word | None = None
    modifiers: Many[Word] = ()
    units: Count | None = None
    amount: Money | None = None
    date: Day | None = None
    invoiced_at: Instant | None = None


class ClaimLine(Schema):
    """`amount` is that of the line; `dx_pointers` count from 1."""

    code: Word | None = None
    modifiers: Many[Word] = ()
    units: Count | None = None
    amount: Money | None = None
    dx_pointers: Many[Count] = ()
    date: Day | None = None
    session: Id | None = None


class PrimaryAdjudication(Schema):
    claim: Id | None = None
    date: Day | None = None
    paid: Money | None = None


class Claim(Schema):
    client: Id
    session: Id | None = None
    coverage: Id | None = None
    payer: Word | None = None
    sequence: Word | None = None
    status: Annotated[Literal["queued", "submitted", "accepted", "rejected", "paid", "denied", "voided"], Phi.NONE]
    frequency: Count | None = None
    original_ref: Identifier | None = None
    payer_control_number: Identifier | None = None
    rendering: Id | None = None
    rendering_npi: Word | None = None
    rendering_taxonomy: Word | None = None
    supervising: Id | None = None
    billing_npi: Word | None = None
    billing_zip: Word | None = None
    place_of_service: Word | None = None
    release_of_information: Word | None = None
    assignment_of_benefits: Flag | Word | None = None
    authorization_number: Identifier | None = None
    member_id: Identifier | None = None
    patient_name: Identifier | None = None
    patient_dob: BirthDate | None = None
    relation: Word | None = None
    diagnoses: Many[Word] = ()
    lines: Many[ClaimLine] = ()
    total: Money | None = None
    copay_collected: Money | None = None
    primary_adjudicated: PrimaryAdjudication | None = None
    queued_at: Instant | None = None
    submitted_at: Instant | None = None
    accepted_at: Instant | None = None
    rejected_at: Instant | None = None
    rejection: Label | None = None


class Recipient(Schema):
    name: Identifier | None = None
    class_: Word | None = None


class Message(Schema):
    """A portal message (`portal`), or a release of records going out (`disclosure`)."""

    kind: Word | None = None
    thread_of: Id | None = None
    author: Id | None = None
    confidential: Flag | None = None
    visible_to: Many[Id] = ()
    sent_at: Instant | None = None
    text: Clinical | None = None
    status: Word | None = None
    client: Id | None = None
    unit: Id | None = None
    recipient: Recipient | None = None
    purpose: Label | None = None
    contents: Many[Word] = ()
    date_range: Many[Day | None] = ()
    under_consents: Many[Id] = ()
    part2_notice: Flag | None = None
    consent_copy: Flag | None = None


CareEntity = Schema
ENTITIES: dict[str, type[Schema]] = {
    "practice": Practice,
    "policy": Policy,
    "clinician": Clinician,
    "form": Form,
    "client": Client,
    "relationship": Relationship,
    "group": Group,
    "family": Family,
    "couple": Couple,
    "appointment": Appointment,
    "attendance": Attendance,
    "recording": Recording,
    "outline": Outline,
    "transcript": Transcript,
    "checkin": Checkin,
    "assessment": Assessment,
    "consent": Consent,
    "note": Note,
    "plan": Plan,
    "coverage": Coverage,
    "authorization": Authorization,
    "eligibility": Eligibility,
    "charge": Charge,
    "claim": Claim,
    "message": Message,
}
"""Every kind of change, by the word that stands in its `entity`."""

PARTS: dict[tuple[str, str], type[Schema]] = {
    ("clinician", "licenses"): License,
    ("clinician", "enrollments"): Enrollment,
    ("clinician", "supervision"): Supervision,
    ("group", "members"): GroupMember,
    ("group", "facilitators"): PersonRef,
    ("group", "families"): PersonRef,
    ("family", "members"): PersonRef,
    ("couple", "members"): PersonRef,
    ("appointment", "clients"): PersonRef,
    ("appointment", "facilitators"): Facilitator,
    ("appointment", "guests"): Guest,
    ("consent", "signers"): Signer,
    ("plan", "goals"): Goal,
    ("claim", "lines"): ClaimLine,
}
"""Lists whose elements a relational source delivers as changes of their own."""

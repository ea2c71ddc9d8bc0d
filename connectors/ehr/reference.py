"""What does a row of the reference EHR (PostgreSQL through Debezium) mean in the care vocabulary?
Reads one `Row`, answers its care changes or a named reason. One declarative mapping per table.
Must never guess: a word it does not know, or a value left out, is named and set aside.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.ehr.row import Mapped, Nothing, Outcome, Row, TimeZoneOf
from schemas.reasons import Poison, Reason

UNAVAILABLE: Final = "__debezium_unavailable_value"
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - clinic-local wall time has no zone until the practice's is applied
_EPOCH_DAY: Final = date(1970, 1, 1)

# --- how one value is read --------------------------------------------------------------------------

Read = Callable[[Any, ZoneInfo], Any]


class _Unreadable(ValueError):
    """A value of a type or size that its column cannot have."""


class _UnknownWord(ValueError):
    """A code the adapter has no meaning for."""


def as_text(value: Any, _: ZoneInfo) -> str:
    """A text column."""
    if not isinstance(value, str):
        raise _Unreadable
    return value


def as_flag(value: Any, _: ZoneInfo) -> bool:
    """A boolean column."""
    if not isinstance(value, bool):
        raise _Unreadable
    return value


def as_count(value: Any, _: ZoneInfo) -> int:
    """An integer column."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Unreadable
    return value


def as_instant(value: Any, zone: ZoneInfo) -> datetime:
    """Microseconds of clinic-local wall time → UTC. A wall time that occurs twice (autumn) is its first occurrence."""
    try:
        wall = _EPOCH + timedelta(microseconds=as_count(value, zone))
        return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError:
        raise _Unreadable from None


def as_day(value: Any, zone: ZoneInfo) -> date:
    """Days since 1970 → a calendar date in the practice's zone."""
    try:
        return _EPOCH_DAY + timedelta(days=as_count(value, zone))
    except OverflowError:
        raise _Unreadable from None


def as_money(value: Any, zone: ZoneInfo) -> str:
    """numeric(10,2) as text → "140.00"."""
    try:
        amount = Decimal(as_text(value, zone))
    except InvalidOperation:
        raise _Unreadable from None
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise _Unreadable
    return f"{amount:.2f}"


def as_number(value: Any, zone: ZoneInfo) -> float:
    """Any other numeric column as text."""
    try:
        amount = Decimal(as_text(value, zone))
    except InvalidOperation:
        raise _Unreadable from None
    if not amount.is_finite():
        raise _Unreadable
    return float(amount)


def as_texts(value: Any, zone: ZoneInfo) -> list[str]:
    """A text[] column."""
    return [as_text(item, zone) for item in _list(value)]


def as_counts(value: Any, zone: ZoneInfo) -> list[int]:
    """An integer[] column."""
    return [as_count(item, zone) for item in _list(value)]


def as_json(value: Any, zone: ZoneInfo) -> Any:
    """A jsonb column as text."""
    try:
        return json.loads(as_text(value, zone))
    except json.JSONDecodeError:
        raise _Unreadable from None


def as_map(value: Any, zone: ZoneInfo) -> dict[str, Any]:
    """A jsonb object."""
    read = as_json(value, zone)
    if not isinstance(read, dict):
        raise _Unreadable
    return read


def as_prices(value: Any, zone: ZoneInfo) -> dict[str, str]:
    """A jsonb object code → amount; the amounts were typed as numbers in older rows."""
    return {code: as_money(str(amount), zone) for code, amount in as_map(value, zone).items()}


def as_counts_by_code(value: Any, zone: ZoneInfo) -> dict[str, int]:
    """A jsonb object code → count."""
    return {code: as_count(count, zone) for code, count in as_map(value, zone).items()}


def as_answers(value: Any, zone: ZoneInfo) -> dict[str, str]:
    """A jsonb object question → answer; numbers and yes/no become their text."""
    answers = {}
    for question, answer in as_map(value, zone).items():
        if isinstance(answer, dict | list):
            raise _Unreadable
        answers[question] = "" if answer is None else answer if isinstance(answer, str) else json.dumps(answer)
    return answers


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Unreadable
    return value


def word(words: Mapping[str, Any]) -> Read:
    """A column of the EHR's own codes; a code that is not in the table is poison, never a guess."""

    def read(value: Any, zone: ZoneInfo) -> Any:
        text = as_text(value, zone)
        if text not in words:
            raise _UnknownWord
        return words[text]

    return read


def words(known: Mapping[str, Any]) -> Read:
    """A text[] column of the EHR's own codes."""
    one = word(known)
    return lambda value, zone: [one(item, zone) for item in _list(value)]


def records(**fields: Read) -> Read:
    """A jsonb array of objects with exactly these fields."""

    def read(value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
        rows = []
        for item in _list(as_json(value, zone)):
            if not isinstance(item, dict) or set(item) != set(fields):
                raise _Unreadable
            rows.append({name: read_one(item[name], zone) for name, read_one in fields.items()})
        return rows

    return read


# --- the EHR's own words ------------------------------------------------------------------------------

DEGREE = {"D": "doctoral", "M": "masters", "B": "bachelors"}
PROGRAM = {"OP": "outpatient", "PHP": "php", "IOP": "iop"}
RELATION = {
    "PAR": "parent",
    "STP": "stepparent",
    "GRD": "guardian",
    "SPO": "spouse",
    "PTR": "partner",
    "CHD": "child",
    "SIB": "sibling",
    "OTH": "other",
}
GROUP_TYPE = {"PSY": "psychotherapy", "SUD": "sud", "MFG": "multi_family"}
SESSION_TYPE = {
    "GRP": "group",
    "MFG": "multi_family",
    "FAM": "family",
    "CPL": "couple",
    "IND": "individual",
    "CRI": "crisis",
}
APPOINTMENT_STATUS = {"SCHED": "booked", "DONE": "completed", "CANC": "cancelled"}
MODALITY = {"OFF": "in_person", "VID": "telehealth_video", "TEL": "telehealth_audio"}
FACILITATOR_ROLE = {"L": "lead", "C": "co"}
GUEST_ROLE = {"OBS": "observer", "TRN": "trainee", "INT": "interpreter"}
ATTENDANCE = {"AT": "attended", "NS": "no_show", "LC": "late_cancel", "CX": "cancelled", "EX": "excused"}
PLACE = {"O": "office", "H": "home", "X": "other"}
FORM_KIND = {
    "TX": "treatment",
    "GRP": "group_agreement",
    "CNJ": "conjoint_agreement",
    "TELE": "telehealth",
    "REC": "recording",
    "AI": "ai_assistance",
    "P2TPO": "part2_tpo",
    "P2SPEC": "part2_specific",
    "PSYN": "psychotherapy_notes_authorization",
    "SUDN": "sud_counseling_notes_authorization",
    "ROI": "roi",
    "BILL": "billing_release",
    "MSG": "messaging",
    "OBS": "observation",
}
CONSENT_STATUS = {"A": "active", "R": "revoked"}
REVOCATION_SCOPE = {"ALL": "all", "PART": "partial"}
SIGNER_ROLE = {"S": "self", "G": "guardian", "C": "clinician"}
NOTE_KIND = {"PROG": "progress", "GRPSH": "group_shared", "ADD": "addendum"}
NOTE_ORIGIN = {"H": "human", "AI": "ai"}
NOTE_STATUS = {"REQ": "requested", "DRAFT": "draft", "SIGNED": "signed"}
PLAN_STATUS = {"A": "active", "C": "closed"}
MODALITIES = {name: name for name in ("individual", "group", "family", "couple")}
SUBSCRIBER_RELATION = {"18": "self", "01": "spouse", "19": "child", "G8": "other"}
BENEFIT = {"1": "active", "6": "inactive"}
AUTHORIZATION_KIND = {"MED": "medical", "EAP": "eap"}
CHARGE_PAYER = {"SELF": "self_pay"}
COB_SEQUENCE = {"P": "primary", "S": "secondary"}
CLAIM_STATUS = {
    "Q": "queued",
    "SUB": "submitted",
    "ACC": "accepted",
    "REJ": "rejected",
    "PAID": "paid",
    "DEN": "denied",
    "VOID": "voided",
}
RECORDING_STATUS = {"ON": "recording", "OFF": "stopped"}
RELEASE_STATUS = {"P": "pending", "S": "sent"}

# --- how a table maps ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class From:
    """A canonical field out of one column. `legacy` stands for NULL; `optional` leaves the field out when NULL."""

    column: str
    read: Read = as_text
    legacy: Any = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Nested:
    """A canonical record out of several columns; None when all of them are NULL."""

    fields: Mapping[str, From]


@dataclass(frozen=True, slots=True)
class Days:
    """A range [from, to] out of two date columns; left out when both are NULL."""

    start: str
    end: str


Source = From | Nested | Days | str
"""A plain str is a text column of that name."""


@dataclass(frozen=True, slots=True)
class Table:
    """`id_column` holds the entity's id. With `part`, the row is one element of that list of the entity, keyed by
    `key_column`."""

    entity: str
    id_column: str
    fields: Mapping[str, Source]
    part: str | None = None
    key_column: str = ""
    constant: Mapping[str, Any] | None = None


_ADDRESS = Nested(
    {
        "line1": From("address_line1"),
        "city": From("address_city"),
        "state": From("address_state"),
        "zip": From("address_zip"),
    }
)

TABLES: Final[dict[str, Table]] = {
    "practices": Table(
        "practice",
        "practice_id",
        {
            "name": "legal_name",
            "timezone": "time_zone",
            "state": "state",
            "npi": "npi",
            "npi_type": From("npi_entity_type", as_count),
            "taxonomy": "taxonomy_code",
            "tax_id": "tax_id",
            "address": _ADDRESS,
            "part2_program": From("part2_program", as_flag, legacy=False),
            "fee_schedule": From("fee_schedule", as_prices, legacy={}),
        },
    ),
    "practice_policies": Table("policy", "practice_id", {"document": From("policy")}),
    "form_templates": Table(
        "form",
        "form_template_id",
        {
            "kind": From("form_kind", word(FORM_KIND)),
            "version": "form_version",
            "language": "language",
            "supersedes": "supersedes",
            "material_change": From("material_change", as_flag, legacy=False),
            "effective": From("effective_on", as_day),
        },
    ),
    "clinician_licenses": Table(
        "clinician",
        "clinician_id",
        {
            "state": "state",
            "number": "license_no",
            "from": From("valid_from", as_day),
            "to": From("valid_to", as_day),
        },
        part="licenses",
        key_column="license_id",
    ),
    "clinician_enrollments": Table(
        "clinician",
        "clinician_id",
        {"payer": "payer_id", "from": From("effective_from", as_day), "to": From("effective_to", as_day)},
        part="enrollments",
        key_column="enrollment_id",
    ),
    "clinician_supervision": Table(
        "clinician",
        "clinician_id",
        {"supervisor": "supervisor_id", "from": From("started_on", as_day), "to": From("ended_on", as_day)},
        part="supervision",
        key_column="supervision_id",
    ),
    "clinicians": Table(
        "clinician",
        "clinician_id",
        {
            "name": "full_name",
            "npi": "npi",
            "npi_type": From("npi_entity_type", as_count),
            "credential": "credential",
            "level": From("degree_level", word(DEGREE)),
            "taxonomy": "taxonomy_code",
            "supervised": From("needs_cosign", as_flag, legacy=False),
            "supervisor": "supervisor_id",
            "excluded": From("on_exclusion_list", as_flag, legacy=False),
        },
    ),
    "clients": Table(
        "client",
        "client_id",
        {
            "name": "full_name",
            "nicknames": From("nicknames", as_texts, legacy=[]),
            "dob": From("birth_date", as_day),
            "state": "home_state",
            "language": "preferred_language",
            "patient": From("is_patient", as_flag),
            "sud_program": From("sud_program", as_flag, legacy=False),
            "program": From("program_code", word(PROGRAM), legacy="outpatient"),
            "self_pay": From("self_pay", as_flag, legacy=False),
            "restrict_disclosure_to_plan": From("restrict_to_plan", as_flag, legacy=False),
            "capacity_flag": From("capacity_flag", as_flag, legacy=False),
            "risk_flags": From("risk_flags", as_texts, legacy=[]),
            "address": _ADDRESS,
        },
    ),
    "client_relationships": Table(
        "relationship",
        "relationship_id",
        {
            "person": "person_id",
            "of": "client_id",
            "kind": From("relation_code", word(RELATION)),
            "may_consent": From("may_consent", as_flag, legacy=False),
            "document_on_file": From("legal_document_on_file", as_flag, legacy=False),
            "portal_proxy": From("portal_proxy", as_flag, legacy=False),
            "from": From("valid_from", as_day),
            "to": From("valid_to", as_day),
        },
    ),
    "family_members": Table(
        "family", "family_id", {"client": "client_id"}, part="members", key_column="family_member_id"
    ),
    "families": Table(
        "family",
        "family_id",
        {"name": "family_name", "identified_patient": "identified_patient_id", "formed": From("formed_on", as_day)},
    ),
    "couple_members": Table(
        "couple", "couple_id", {"client": "client_id"}, part="members", key_column="couple_member_id"
    ),
    "couples": Table(
        "couple",
        "couple_id",
        {"name": "couple_name", "identified_patient": "identified_patient_id", "formed": From("formed_on", as_day)},
    ),
    "group_members": Table(
        "group",
        "group_id",
        {"client": "client_id", "joined": From("joined_on", as_day), "left": From("left_on", as_day)},
        part="members",
        key_column="group_member_id",
    ),
    "group_facilitators": Table(
        "group",
        "group_id",
        {"client": "clinician_id"},  # an element that is a plain id, whosever: the fold makes it one
        part="facilitators",
        key_column="group_facilitator_id",
    ),
    "groups": Table(
        "group",
        "group_id",
        {
            "name": "group_name",
            "kind": From("group_type", word(GROUP_TYPE)),
            "cycle": Nested(
                {"id": From("cycle_no"), "start": From("cycle_start", as_day), "end": From("cycle_end", as_day)}
            ),
            "agreement_version": "agreement_version",
            "families": From("family_ids", as_texts, legacy=[]),
        },
    ),
    "consent_signers": Table(
        "consent",
        "consent_id",
        {
            "person": "person_id",
            "role": From("signer_role", word(SIGNER_ROLE)),
            "at": From("signed_at", as_instant),
            "identity_verified": From("identity_verified", as_flag),
            "document_hash": "document_hash",
        },
        part="signers",
        key_column="consent_signer_id",
    ),
    "consents": Table(
        "consent",
        "consent_id",
        {
            "client": "subject_id",
            "kind": From("form_kind", word(FORM_KIND)),
            "version": "form_version",
            "language": "language",
            "status": From("consent_status", word(CONSENT_STATUS)),
            "signed_at": From("signed_at", as_instant),
            "expires": From("expires_at", as_instant),
            "revoked_at": From("revoked_at", as_instant),
            "revocation": Nested(
                {
                    "scope": From("revocation_scope", word(REVOCATION_SCOPE)),
                    "recipients": From("revocation_recipients", as_texts, legacy=[]),
                    "in_writing": From("revocation_in_writing", as_flag),
                    "at": From("revocation_at", as_instant),
                }
            ),
            "unit": "unit_id",
            "effective": From("effective_on", as_day, optional=True),
            "cycle": From("cycle_no", optional=True),
            "reacknowledges": Nested({"new_member": From("reacknowledges_member_id")}),
            "composition": From("composition", as_texts, optional=True),
            "no_secrets_policy": From("no_secrets_policy", as_flag, optional=True),
            "purpose": From("purpose", optional=True),
            "tool": From("tool", optional=True),
            "written_notice": From("written_notice", as_flag, optional=True),
            "elements": From("elements", as_texts, optional=True),
            "recipients": From("recipients", as_texts, optional=True),
            "information": From("information", as_texts, optional=True),
            "date_range": Days("covers_from", "covers_to"),
            "expires_text": From("expires_text", optional=True),
            "release_of_information": From("release_of_information", optional=True),
            "assignment_of_benefits": From("assignment_of_benefits", as_flag, optional=True),
            "observer": From("observer", optional=True),
        },
    ),
    "plan_goals": Table(
        "plan",
        "plan_id",
        {"id": "plan_goal_id", "text": "goal_text"},
        part="goals",
        key_column="plan_goal_id",
    ),
    "treatment_plans": Table(
        "plan",
        "plan_id",
        {
            "client": "client_id",
            "status": From("plan_status", word(PLAN_STATUS)),
            "start": From("start_on", as_day),
            "end": From("end_on", as_day),
            "review_due": From("review_due_on", as_day),
            "diagnoses": From("diagnoses", as_texts, legacy=[]),
            "modalities": From("modalities", words(MODALITIES), legacy=[]),
            "signed_at": From("signed_at", as_instant),
            "signed_by": "signed_by",
        },
    ),
    "coverages": Table(
        "coverage",
        "coverage_id",
        {
            "client": "client_id",
            "payer": "payer_id",
            "product": "product",
            "rank": From("cob_rank", as_count),
            "member_id": "member_number",
            "subscriber": "subscriber_id",
            "relation": From("subscriber_relation", word(SUBSCRIBER_RELATION)),
            "patient_name": "patient_name",
            "patient_dob": From("patient_birth_date", as_day),
            "start": From("start_on", as_day),
            "end": From("end_on", as_day),
            "copay": From("copay", as_money),
            "excluded_codes": From("excluded_codes", as_texts, legacy=[]),
            "visit_limits": From("visit_limits", as_counts_by_code, legacy={}),
            "visits_used_before": From("visits_used_before", as_counts_by_code, legacy={}),
        },
    ),
    "authorizations": Table(
        "authorization",
        "authorization_id",
        {
            "client": "client_id",
            "payer": "payer_id",
            "number": "authorization_number",
            "codes": From("codes", as_texts, legacy=[]),
            "clinicians": From("clinician_ids", as_texts, legacy=[]),
            "start": From("start_on", as_day),
            "end": From("end_on", as_day),
            "units_approved": From("units_approved", as_count),
            "units_used_before": From("units_used_before", as_count, legacy=0),
            "kind": From("authorization_kind", word(AUTHORIZATION_KIND), legacy="medical"),
        },
    ),
    "eligibility_checks": Table(
        "eligibility",
        "eligibility_check_id",
        {
            "client": "client_id",
            "coverage": "coverage_id",
            "checked_at": From("checked_at", as_instant),
            "result": From("benefit_code", word(BENEFIT)),
            "member_id": "member_number",
            "name": "answered_name",
            "dob": From("answered_birth_date", as_day),
            "relation": From("answered_relation", word(SUBSCRIBER_RELATION)),
        },
    ),
    "assessments": Table(
        "assessment",
        "assessment_id",
        {
            "client": "client_id",
            "session": "appointment_id",
            "instrument": "instrument",
            "on": From("taken_on", as_day),
            "score": From("total_score", as_number),
        },
    ),
    "checkin_forms": Table(
        "checkin",
        "checkin_form_id",
        {
            "client": "client_id",
            "session": "appointment_id",
            "submitted_at": From("submitted_at", as_instant),
            "answers": From("answers", as_answers, legacy={}),
        },
    ),
    "messages": Table(
        "message",
        "message_id",
        {
            "thread_of": "thread_client_id",
            "author": "author_id",
            "confidential": From("confidential", as_flag, legacy=False),
            "visible_to": From("visible_to", as_texts, legacy=[]),
            "sent_at": From("sent_at", as_instant),
            "text": "body",
        },
        constant={"kind": "portal"},
    ),
    "disclosures": Table(
        "message",
        "disclosure_id",
        {
            "status": From("release_status", word(RELEASE_STATUS)),
            "client": "client_id",
            "unit": "unit_id",
            "recipient": Nested({"name": From("recipient_name"), "class": From("recipient_class")}),
            "purpose": "purpose",
            "contents": From("contents", as_texts, legacy=[]),
            "date_range": Days("covers_from", "covers_to"),
            "under_consents": From("consent_ids", as_texts, legacy=[]),
            "part2_notice": From("part2_notice", as_flag, legacy=False),
            "consent_copy": From("consent_copy", as_flag, legacy=False),
            "sent_at": From("sent_at", as_instant),
        },
        constant={"kind": "disclosure"},
    ),
    "attendance": Table(
        "attendance",
        "attendance_id",
        {
            "session": "appointment_id",
            "client": "client_id",
            "status": From("attend_code", word(ATTENDANCE)),
            "arrived": From("arrived_at", as_instant),
            "left": From("left_at", as_instant),
            "location": Nested(
                {
                    "state": From("location_state"),
                    "place": From("location_place", word(PLACE)),
                    "emergency_contact": From("emergency_contact"),
                }
            ),
        },
    ),
    "session_outlines": Table(
        "outline",
        "session_outline_id",
        {
            "session": "appointment_id",
            "author": "author_id",
            "bullets": From("bullets", records(id=as_text, text=as_text), legacy=[]),
            "intervention_codes": From("intervention_codes", as_texts, legacy=[]),
        },
    ),
    "recordings": Table(
        "recording",
        "recording_id",
        {
            "session": "appointment_id",
            "status": From("rec_status", word(RECORDING_STATUS)),
            "started_at": From("started_at", as_instant),
            "stopped_at": From("stopped_at", as_instant),
            "transcript": From("has_transcript", as_flag, legacy=False),
        },
    ),
    "transcripts": Table(
        "transcript",
        "transcript_id",
        {
            "session": "appointment_id",
            "turns": From("turns", records(turn=as_count, speaker=as_text, text=as_text), legacy=[]),
        },
    ),
    "notes": Table(
        "note",
        "note_id",
        {
            "session": "appointment_id",
            "client": "client_id",
            "kind": From("note_kind", word(NOTE_KIND)),
            "origin": From("origin", word(NOTE_ORIGIN), legacy="human"),
            "status": From("note_status", word(NOTE_STATUS)),
            "author": "author_id",
            "date": From("service_date", as_day),
            "start": From("start_time", as_instant),
            "stop": From("stop_time", as_instant),
            "code": "cpt_code",
            "text": "body",
            "diagnoses": From("diagnoses", as_texts, legacy=[]),
            "complexity_factor": "complexity_factor",
            "participant_count": From("participant_count", as_count),
            "context": From("draft_context", as_texts, legacy=[]),
            "requested_at": From("requested_at", as_instant),
            "signed_by": "signed_by",
            "signed_at": From("signed_at", as_instant),
            "cosigned_by": "cosigned_by",
            "cosigned_at": From("cosigned_at", as_instant),
            "addendum_to": "addendum_to",
            "amended": From("amended", as_flag, legacy=False),
        },
    ),
    "charges": Table(
        "charge",
        "charge_id",
        {
            "session": "appointment_id",
            "client": "client_id",
            "payer": From("payer", word(CHARGE_PAYER)),
            "code": "cpt_code",
            "modifiers": From("modifiers", as_texts, legacy=[]),
            "units": From("units", as_count),
            "amount": From("amount", as_money),
            "date": From("service_date", as_day),
            "invoiced_at": From("invoiced_at", as_instant),
        },
    ),
    "claim_lines": Table(
        "claim",
        "claim_id",
        {
            "code": "cpt_code",
            "modifiers": From("modifiers", as_texts, legacy=[]),
            "units": From("units", as_count),
            "amount": From("line_amount", as_money),
            "dx_pointers": From("dx_pointers", as_counts, legacy=[]),
            "date": From("service_date", as_day),
            "session": "appointment_id",
        },
        part="lines",
        key_column="claim_line_id",
    ),
    "claims": Table(
        "claim",
        "claim_id",
        {
            "client": "client_id",
            "session": "appointment_id",
            "coverage": "coverage_id",
            "payer": "payer_id",
            "sequence": From("cob_sequence", word(COB_SEQUENCE)),
            "status": From("claim_status", word(CLAIM_STATUS)),
            "frequency": From("frequency_code", as_count),
            "original_ref": "original_ref",
            "payer_control_number": "payer_control_number",
            "rendering": "rendering_id",
            "rendering_npi": "rendering_npi",
            "rendering_taxonomy": "rendering_taxonomy",
            "supervising": "supervising_id",
            "billing_npi": "billing_npi",
            "billing_zip": "billing_zip",
            "place_of_service": "place_of_service",
            "release_of_information": "release_of_information",
            "assignment_of_benefits": From("assignment_of_benefits", as_flag),
            "authorization_number": "authorization_number",
            "member_id": "member_number",
            "patient_name": "patient_name",
            "patient_dob": From("patient_birth_date", as_day),
            "relation": From("patient_relation", word(SUBSCRIBER_RELATION)),
            "diagnoses": From("diagnoses", as_texts, legacy=[]),
            "total": From("total_amount", as_money),
            "copay_collected": From("copay_collected", as_money),
            "primary_adjudicated": Nested(
                {
                    "claim": From("primary_claim_id"),
                    "date": From("primary_adjudicated_on", as_day),
                    "paid": From("primary_paid", as_money),
                }
            ),
            "queued_at": From("queued_at", as_instant),
            "submitted_at": From("submitted_at", as_instant),
            "accepted_at": From("accepted_at", as_instant),
            "rejected_at": From("rejected_at", as_instant),
            "rejection": "rejection",
        },
    ),
    "appointment_clients": Table(
        "appointment", "appointment_id", {"client": "client_id"}, part="clients", key_column="appointment_client_id"
    ),
    "appointment_facilitators": Table(
        "appointment",
        "appointment_id",
        {"clinician": "clinician_id", "role": From("facilitator_role", word(FACILITATOR_ROLE))},
        part="facilitators",
        key_column="appointment_facilitator_id",
    ),
    "appointment_guests": Table(
        "appointment",
        "appointment_id",
        {
            "name": "guest_name",
            "role": From("guest_role", word(GUEST_ROLE)),
            "recording_consent": From("recording_consent", as_flag),
        },
        part="guests",
        key_column="appointment_guest_id",
    ),
    "appointments": Table(
        "appointment",
        "appointment_id",
        {
            "kind": From("session_type", word(SESSION_TYPE)),
            "unit": "unit_id",
            "scheduled_start": From("scheduled_start", as_instant),
            "scheduled_end": From("scheduled_end", as_instant),
            "actual_start": From("actual_start", as_instant),
            "actual_end": From("actual_end", as_instant),
            "status": From("appt_status", word(APPOINTMENT_STATUS)),
            "modality": From("modality", word(MODALITY)),
            "state": "site_state",
            "identified_patient": "identified_patient_id",
            "recorded": From("will_record", as_flag, legacy=False),
            "program": From("program_code", word(PROGRAM), legacy="outpatient"),
        },
    ),
}
"""Every captured table. Columns a mapping does not name (created_at, updated_at, deleted_at, line_no) carry no fact."""

CAPTURED_TABLES: Final = tuple(TABLES)
"""In the order a snapshot does best to read them: the practices' time zones first, the elements of a list before what
they belong to, appointments last, because a session is not looked at before its appointment is known."""


# --- rows in, changes out -----------------------------------------------------------------------------


def practice_zone(row: Row) -> tuple[str, ZoneInfo] | None:
    """The practice and time zone a `practices` row tells of; None for any other row, or a zone nobody knows."""
    if row.table != "practices":
        return None
    image = row.image
    try:
        return str(image["practice_id"]), ZoneInfo(str(image["time_zone"]))
    except (KeyError, ValueError, ZoneInfoNotFoundError):
        return None


def to_changes(row: Row, time_zone_of: TimeZoneOf) -> Outcome:
    """What a row means. Deterministic; never raises for anything a database can hold."""
    table = TABLES.get(row.table)
    if table is None:
        return Nothing(Reason.UNKNOWN_ENTITY, row.table)
    image = row.before if row.op == "d" else row.after
    if image is None:  # a delete without its before image, so without the ids it is about
        return Nothing(Reason.UNAVAILABLE_VALUE, row.table)
    for side in (row.before, row.after):
        for column, value in (side or {}).items():
            if value == UNAVAILABLE or value == [UNAVAILABLE]:
                return Nothing(Reason.UNAVAILABLE_VALUE, f"{row.table}.{column}")
    practice_id = image.get("practice_id")
    if not isinstance(practice_id, str) or not practice_id:
        return Nothing(Reason.NO_PRACTICE, row.table)
    known = practice_zone(row)
    zone = known[1] if known is not None else time_zone_of(practice_id) if row.table != "practices" else None
    if zone is None:
        reason = Reason.IMPOSSIBLE_VALUE if row.table == "practices" else Reason.PRACTICE_UNKNOWN
        return Nothing(reason, row.table, practice_id)
    try:
        return Mapped(practice_id, tuple(_changes(row, table, image, zone)))
    except Poison as poison:
        return Nothing(poison.reason, poison.where, practice_id)


def _changes(row: Row, table: Table, image: Mapping[str, Any], zone: ZoneInfo) -> list[dict[str, Any]]:
    gone = row.op == "d" or image.get("deleted_at") is not None
    at = _at(row, image, zone)
    op = "delete" if gone else "update" if row.op == "u" else "create"
    made = [_change(row, table, image, at, op, {} if gone else _data(row.table, table, image, zone))]
    if row.before is not None and row.op == "u" and table.part is not None:
        old = _change(row, table, row.before, at, "delete", {})
        if (old["id"], old["part"]) != (made[0]["id"], made[0]["part"]):
            made.insert(0, old)  # the row moved to another list: without this it would stay in the old one as well
    return made


def _at(row: Row, image: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    updated = image.get("updated_at")
    if updated is None:
        return row.committed_at
    at: datetime = _read(row.table, From("updated_at", as_instant), image, zone)
    # a hard delete leaves no time of its own, and it cannot lie before the row's last update
    return max(at, row.committed_at) if row.op == "d" else at


def _change(
    row: Row, table: Table, image: Mapping[str, Any], at: datetime, op: str, data: dict[str, Any]
) -> dict[str, Any]:
    part = None
    if table.part is not None:
        part = {"list": table.part, "key": _id(row.table, table.key_column, image)}
    return {
        "at": at,
        "entity": table.entity,
        "op": op,
        "id": _id(row.table, table.id_column, image),
        "rev": row.rev,
        "part": part,
        "snapshot": row.snapshot,
        "data": data,
    }


_PRINTABLE = re.compile(r"[\x20-\x7e]{1,200}")


def _id(table: str, column: str, image: Mapping[str, Any]) -> str:
    value = image.get(column)
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise Poison(Reason.IMPOSSIBLE_VALUE, f"{table}.{column}")
    return value


def _data(name: str, table: Table, image: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    data: dict[str, Any] = dict(table.constant or {})
    for target, source in table.fields.items():
        if isinstance(source, Days):
            days = [_read(name, From(column, as_day), image, zone) for column in (source.start, source.end)]
            if days != [None, None]:
                data[target] = days
        elif isinstance(source, Nested):
            present = any(image.get(field.column) is not None for field in source.fields.values())
            nested = {key: _read(name, field, image, zone) for key, field in source.fields.items()}
            data[target] = nested if present else None
        else:
            one = From(source) if isinstance(source, str) else source
            value = _read(name, one, image, zone)
            if value is not None or not one.optional:
                data[target] = value
    return data


def _read(table: str, source: From, image: Mapping[str, Any], zone: ZoneInfo) -> Any:
    value = image.get(source.column)
    if value is None:
        return source.legacy
    where = f"{table}.{source.column}"
    try:
        return source.read(value, zone)
    except _UnknownWord:
        raise Poison(Reason.UNKNOWN_WORD, where) from None
    except _Unreadable:
        raise Poison(Reason.IMPOSSIBLE_VALUE, where) from None

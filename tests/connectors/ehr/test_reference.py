"""Rows of the reference EHR in the care vocabulary: one case per table, the traps of change capture, nothing lost."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.ehr import reference
from connectors.ehr.reference import TABLES, Days, From, Nested, practice_zone, to_changes
from connectors.ehr.row import Mapped, Nothing, Row, RowOp
from schemas.care import ENTITIES, PARTS
from schemas.codec import change_of
from schemas.reasons import Reason

CHICAGO = ZoneInfo("America/Chicago")
COMMITTED = datetime(2026, 4, 16, 1, 2, 3, tzinfo=UTC)


def wall(year: int, month: int, day: int, hour: int = 0, minute: int = 0, microsecond: int = 0) -> int:
    """Clinic-local wall time as Debezium gives a timestamp without time zone."""
    epoch = datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()
    return int(epoch) * 1_000_000 + microsecond


def day(year: int, month: int, day_: int) -> int:
    """A date as Debezium gives it."""
    return (date(year, month, day_) - date(1970, 1, 1)).days


def utc(year: int, month: int, day_: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day_, hour, minute, tzinfo=UTC)


STAMPS = {"created_at": wall(2026, 4, 1, 9), "updated_at": wall(2026, 4, 15, 18), "deleted_at": None}
AT = utc(2026, 4, 15, 23)


def row(
    table: str,
    columns: Mapping[str, Any],
    op: RowOp = "c",
    before: Mapping[str, Any] | None = None,
    **overrides: Any,
) -> Row:
    full = {"practice_id": "PR-1", **STAMPS, **columns, **overrides}
    image = None if op == "d" else full
    return Row(table, op, {}, full if op == "d" else before, image, 7, COMMITTED, op == "r")


def zone_of(practice_id: str) -> ZoneInfo | None:
    return CHICAGO if practice_id == "PR-1" else None


def mapped(event: Row) -> tuple[dict[str, Any], ...]:
    outcome = to_changes(event, zone_of)
    assert isinstance(outcome, Mapped), outcome
    return outcome.changes


def nothing(event: Row) -> Nothing:
    outcome = to_changes(event, zone_of)
    assert isinstance(outcome, Nothing), outcome
    return outcome


ADDRESS = {
    "address_line1": "1 Larkspur Lane",
    "address_city": "Chicago",
    "address_state": "IL",
    "address_zip": "606061234",
}
ADDRESS_DATA = {"line1": "1 Larkspur Lane", "city": "Chicago", "state": "IL", "zip": "606061234"}

# table, columns, entity id, (list, key) of a part, data
CASES: dict[str, tuple[dict[str, Any], str, tuple[str, str] | None, dict[str, Any]]] = {
    "practices": (
        {
            "practice_id": "PR-1",
            "legal_name": "Lakeshore",
            "time_zone": "America/Chicago",
            "state": "IL",
            "npi": "1445512001",
            "npi_entity_type": 2,
            "taxonomy_code": "261QM0801X",
            "tax_id": "36-1234567",
            **ADDRESS,
            "part2_program": None,
            "fee_schedule": json.dumps({"90853": "60.00", "90847": 140}),
        },
        "PR-1",
        None,
        {
            "name": "Lakeshore",
            "timezone": "America/Chicago",
            "state": "IL",
            "npi": "1445512001",
            "npi_type": 2,
            "taxonomy": "261QM0801X",
            "tax_id": "36-1234567",
            "address": ADDRESS_DATA,
            "part2_program": False,
            "fee_schedule": {"90853": "60.00", "90847": "140.00"},
        },
    ),
    "practice_policies": (
        {"policy": '{"missed_revenue_hours": 48}'},
        "PR-1",
        None,
        {"document": '{"missed_revenue_hours": 48}'},
    ),
    "clinicians": (
        {
            "clinician_id": "CL-1",
            "full_name": "Dana Reyes",
            "npi": "1882300118",
            "npi_entity_type": 1,
            "credential": "LCSW",
            "degree_level": "M",
            "taxonomy_code": "1041C0700X",
            "needs_cosign": True,
            "supervisor_id": "CL-2",
            "on_exclusion_list": None,
        },
        "CL-1",
        None,
        {
            "name": "Dana Reyes",
            "npi": "1882300118",
            "npi_type": 1,
            "credential": "LCSW",
            "level": "masters",
            "taxonomy": "1041C0700X",
            "supervised": True,
            "supervisor": "CL-2",
            "excluded": False,
        },
    ),
    "clinician_licenses": (
        {
            "license_id": "L-1",
            "clinician_id": "CL-1",
            "state": "IL",
            "license_no": "IL-9",
            "valid_from": day(2019, 1, 1),
            "valid_to": None,
        },
        "CL-1",
        ("licenses", "L-1"),
        {"state": "IL", "number": "IL-9", "from": date(2019, 1, 1), "to": None},
    ),
    "clinician_enrollments": (
        {
            "enrollment_id": "E-1",
            "clinician_id": "CL-1",
            "payer_id": "PAY-COM",
            "effective_from": day(2024, 1, 1),
            "effective_to": day(2026, 12, 31),
        },
        "CL-1",
        ("enrollments", "E-1"),
        {"payer": "PAY-COM", "from": date(2024, 1, 1), "to": date(2026, 12, 31)},
    ),
    "clinician_supervision": (
        {
            "supervision_id": "SV-1",
            "clinician_id": "CL-1",
            "supervisor_id": "CL-2",
            "started_on": day(2024, 1, 1),
            "ended_on": None,
        },
        "CL-1",
        ("supervision", "SV-1"),
        {"supervisor": "CL-2", "from": date(2024, 1, 1), "to": None},
    ),
    "clients": (
        {
            "client_id": "C-1",
            "full_name": "Ana Torres",
            "nicknames": ["Anita"],
            "birth_date": day(1988, 3, 12),
            "home_state": "IL",
            "preferred_language": "es",
            "is_patient": True,
            "sud_program": None,
            "program_code": "IOP",
            "self_pay": True,
            "restrict_to_plan": True,
            "capacity_flag": None,
            "risk_flags": ["Safety plan on file"],
            **ADDRESS,
        },
        "C-1",
        None,
        {
            "name": "Ana Torres",
            "nicknames": ["Anita"],
            "dob": date(1988, 3, 12),
            "state": "IL",
            "language": "es",
            "patient": True,
            "sud_program": False,
            "program": "iop",
            "self_pay": True,
            "restrict_disclosure_to_plan": True,
            "capacity_flag": False,
            "risk_flags": ["Safety plan on file"],
            "address": ADDRESS_DATA,
        },
    ),
    "client_relationships": (
        {
            "relationship_id": "R-1",
            "client_id": "C-2",
            "person_id": "C-1",
            "relation_code": "PAR",
            "may_consent": True,
            "legal_document_on_file": True,
            "portal_proxy": None,
            "valid_from": day(2010, 1, 1),
            "valid_to": None,
        },
        "R-1",
        None,
        {
            "person": "C-1",
            "of": "C-2",
            "kind": "parent",
            "may_consent": True,
            "document_on_file": True,
            "portal_proxy": False,
            "from": date(2010, 1, 1),
            "to": None,
        },
    ),
    "groups": (
        {
            "group_id": "G-1",
            "group_name": "Mood Skills",
            "group_type": "MFG",
            "cycle_no": "CY-1",
            "cycle_start": day(2026, 3, 18),
            "cycle_end": day(2026, 6, 10),
            "agreement_version": "v1",
            "family_ids": ["F-1", "F-2"],
        },
        "G-1",
        None,
        {
            "name": "Mood Skills",
            "kind": "multi_family",
            "cycle": {"id": "CY-1", "start": date(2026, 3, 18), "end": date(2026, 6, 10)},
            "agreement_version": "v1",
            "families": ["F-1", "F-2"],
        },
    ),
    "group_members": (
        {
            "group_member_id": "GM-1",
            "group_id": "G-1",
            "client_id": "C-1",
            "joined_on": day(2026, 3, 12),
            "left_on": None,
        },
        "G-1",
        ("members", "GM-1"),
        {"client": "C-1", "joined": date(2026, 3, 12), "left": None},
    ),
    "group_facilitators": (
        {"group_facilitator_id": "GF-1", "group_id": "G-1", "clinician_id": "CL-1"},
        "G-1",
        ("facilitators", "GF-1"),
        {"client": "CL-1"},
    ),
    "families": (
        {
            "family_id": "F-1",
            "family_name": "Torres",
            "identified_patient_id": "C-2",
            "formed_on": day(2026, 3, 12),
        },
        "F-1",
        None,
        {"name": "Torres", "identified_patient": "C-2", "formed": date(2026, 3, 12)},
    ),
    "family_members": (
        {"family_member_id": "FM-1", "family_id": "F-1", "client_id": "C-1"},
        "F-1",
        ("members", "FM-1"),
        {"client": "C-1"},
    ),
    "couples": (
        {
            "couple_id": "CP-1",
            "couple_name": None,
            "identified_patient_id": "C-1",
            "formed_on": day(2026, 3, 12),
        },
        "CP-1",
        None,
        {"name": None, "identified_patient": "C-1", "formed": date(2026, 3, 12)},
    ),
    "couple_members": (
        {"couple_member_id": "CM-1", "couple_id": "CP-1", "client_id": "C-1"},
        "CP-1",
        ("members", "CM-1"),
        {"client": "C-1"},
    ),
    "appointments": (
        {
            "appointment_id": "S-1",
            "session_type": "CPL",
            "unit_id": "CP-1",
            "scheduled_start": wall(2026, 4, 15, 18),
            "scheduled_end": wall(2026, 4, 15, 18, 50),
            "actual_start": wall(2026, 4, 15, 18, 2),
            "actual_end": None,
            "appt_status": "SCHED",
            "modality": "VID",
            "site_state": "IL",
            "identified_patient_id": "C-1",
            "will_record": None,
            "program_code": None,
        },
        "S-1",
        None,
        {
            "kind": "couple",
            "unit": "CP-1",
            "scheduled_start": utc(2026, 4, 15, 23),
            "scheduled_end": utc(2026, 4, 15, 23, 50),
            "actual_start": utc(2026, 4, 15, 23, 2),
            "actual_end": None,
            "status": "booked",
            "modality": "telehealth_video",
            "state": "IL",
            "identified_patient": "C-1",
            "recorded": False,
            "program": "outpatient",
        },
    ),
    "appointment_clients": (
        {"appointment_client_id": "AC-1", "appointment_id": "S-1", "client_id": "C-1"},
        "S-1",
        ("clients", "AC-1"),
        {"client": "C-1"},
    ),
    "appointment_facilitators": (
        {
            "appointment_facilitator_id": "AF-1",
            "appointment_id": "S-1",
            "clinician_id": "CL-1",
            "facilitator_role": "C",
        },
        "S-1",
        ("facilitators", "AF-1"),
        {"clinician": "CL-1", "role": "co"},
    ),
    "appointment_guests": (
        {
            "appointment_guest_id": "AG-1",
            "appointment_id": "S-1",
            "guest_name": "Uma Lind",
            "guest_role": "INT",
            "recording_consent": None,
        },
        "S-1",
        ("guests", "AG-1"),
        {"name": "Uma Lind", "role": "interpreter", "recording_consent": None},
    ),
    "attendance": (
        {
            "attendance_id": "AT-1",
            "appointment_id": "S-1",
            "client_id": "C-1",
            "attend_code": "AT",
            "arrived_at": wall(2026, 4, 15, 18),
            "left_at": wall(2026, 4, 15, 18, 50),
            "location_state": "IL",
            "location_place": "H",
            "emergency_contact": "on file",
        },
        "AT-1",
        None,
        {
            "session": "S-1",
            "client": "C-1",
            "status": "attended",
            "arrived": utc(2026, 4, 15, 23),
            "left": utc(2026, 4, 15, 23, 50),
            "location": {"state": "IL", "place": "home", "emergency_contact": "on file"},
        },
    ),
    "checkin_forms": (
        {
            "checkin_form_id": "CF-1",
            "client_id": "C-1",
            "appointment_id": "S-1",
            "answers": json.dumps({"mood": 4, "note": "the argument", "alone": False, "skipped": None}),
            "submitted_at": wall(2026, 4, 15, 8),
        },
        "CF-1",
        None,
        {
            "client": "C-1",
            "session": "S-1",
            "submitted_at": utc(2026, 4, 15, 13),
            "answers": {"mood": "4", "note": "the argument", "alone": "false", "skipped": ""},
        },
    ),
    "assessments": (
        {
            "assessment_id": "AS-1",
            "client_id": "C-1",
            "appointment_id": None,
            "instrument": "PHQ-9",
            "taken_on": day(2026, 4, 15),
            "total_score": "11.50",
        },
        "AS-1",
        None,
        {"client": "C-1", "session": None, "instrument": "PHQ-9", "on": date(2026, 4, 15), "score": 11.5},
    ),
    "session_outlines": (
        {
            "session_outline_id": "O-1",
            "appointment_id": "S-1",
            "author_id": "CL-1",
            "bullets": json.dumps([{"id": "B1", "text": "opened"}]),
            "intervention_codes": None,
        },
        "O-1",
        None,
        {
            "session": "S-1",
            "author": "CL-1",
            "bullets": [{"id": "B1", "text": "opened"}],
            "intervention_codes": [],
        },
    ),
    "recordings": (
        {
            "recording_id": "REC-1",
            "appointment_id": "S-1",
            "rec_status": "OFF",
            "started_at": wall(2026, 4, 15, 18),
            "stopped_at": wall(2026, 4, 15, 19),
            "has_transcript": True,
        },
        "REC-1",
        None,
        {
            "session": "S-1",
            "status": "stopped",
            "started_at": utc(2026, 4, 15, 23),
            "stopped_at": utc(2026, 4, 16, 0),
            "transcript": True,
        },
    ),
    "transcripts": (
        {
            "transcript_id": "TR-1",
            "appointment_id": "S-1",
            "turns": json.dumps([{"turn": 1, "speaker": "THERAPIST", "text": "Welcome."}]),
        },
        "TR-1",
        None,
        {"session": "S-1", "turns": [{"turn": 1, "speaker": "THERAPIST", "text": "Welcome."}]},
    ),
    "form_templates": (
        {
            "form_template_id": "FT-1",
            "form_kind": "GRP",
            "form_version": "v2",
            "language": "en",
            "supersedes": "v1",
            "material_change": True,
            "effective_on": day(2026, 4, 1),
        },
        "FT-1",
        None,
        {
            "kind": "group_agreement",
            "version": "v2",
            "language": "en",
            "supersedes": "v1",
            "material_change": True,
            "effective": date(2026, 4, 1),
        },
    ),
    "consents": (
        {
            "consent_id": "CON-1",
            "subject_id": "C-1",
            "form_kind": "ROI",
            "form_version": "v1",
            "language": "en",
            "consent_status": "A",
            "signed_at": wall(2026, 3, 11, 10),
            "expires_at": wall(2027, 3, 11, 23, 59),
            "revoked_at": None,
            "revocation_scope": "PART",
            "revocation_recipients": ["School"],
            "revocation_in_writing": True,
            "revocation_at": wall(2026, 4, 1, 12),
            "unit_id": None,
            "effective_on": day(2026, 3, 1),
            "cycle_no": "CY-1",
            "reacknowledges_member_id": "C-9",
            "composition": ["C-1", "C-2"],
            "no_secrets_policy": True,
            "purpose": "coordination of care",
            "tool": "Conjoint",
            "written_notice": True,
            "elements": ["signature"],
            "recipients": ["School", "Clinic"],
            "information": ["attendance"],
            "covers_from": day(2026, 1, 1),
            "covers_to": None,
            "expires_text": "end of treatment",
            "release_of_information": "Y",
            "assignment_of_benefits": True,
            "observer": "Trainee",
        },
        "CON-1",
        None,
        {
            "client": "C-1",
            "kind": "roi",
            "version": "v1",
            "language": "en",
            "status": "active",
            "signed_at": utc(2026, 3, 11, 15),
            "expires": utc(2027, 3, 12, 5, 59),
            "revoked_at": None,
            "revocation": {
                "scope": "partial",
                "recipients": ["School"],
                "in_writing": True,
                "at": utc(2026, 4, 1, 17),
            },
            "unit": None,
            "effective": date(2026, 3, 1),
            "cycle": "CY-1",
            "reacknowledges": {"new_member": "C-9"},
            "composition": ["C-1", "C-2"],
            "no_secrets_policy": True,
            "purpose": "coordination of care",
            "tool": "Conjoint",
            "written_notice": True,
            "elements": ["signature"],
            "recipients": ["School", "Clinic"],
            "information": ["attendance"],
            "date_range": [date(2026, 1, 1), None],
            "expires_text": "end of treatment",
            "release_of_information": "Y",
            "assignment_of_benefits": True,
            "observer": "Trainee",
        },
    ),
    "consent_signers": (
        {
            "consent_signer_id": "SG-1",
            "consent_id": "CON-1",
            "person_id": "C-3",
            "signer_role": "G",
            "signed_at": wall(2026, 3, 11, 10),
            "identity_verified": True,
            "document_hash": "sha256:ab",
        },
        "CON-1",
        ("signers", "SG-1"),
        {
            "person": "C-3",
            "role": "guardian",
            "at": utc(2026, 3, 11, 15),
            "identity_verified": True,
            "document_hash": "sha256:ab",
        },
    ),
    "notes": (
        {
            "note_id": "N-1",
            "appointment_id": "S-1",
            "client_id": None,
            "note_kind": "GRPSH",
            "origin": None,
            "note_status": "SIGNED",
            "author_id": "CL-1",
            "service_date": day(2026, 4, 15),
            "start_time": wall(2026, 4, 15, 18),
            "stop_time": wall(2026, 4, 15, 19),
            "cpt_code": "90853",
            "body": "Topic: sleep.",
            "diagnoses": None,
            "complexity_factor": "mandated_report",
            "participant_count": 4,
            "draft_context": ["session_outline"],
            "requested_at": None,
            "signed_by": "CL-1",
            "signed_at": wall(2026, 4, 15, 21),
            "cosigned_by": "CL-2",
            "cosigned_at": wall(2026, 4, 15, 22),
            "addendum_to": "N-0",
            "amended": None,
        },
        "N-1",
        None,
        {
            "session": "S-1",
            "client": None,
            "kind": "group_shared",
            "origin": "human",
            "status": "signed",
            "author": "CL-1",
            "date": date(2026, 4, 15),
            "start": utc(2026, 4, 15, 23),
            "stop": utc(2026, 4, 16, 0),
            "code": "90853",
            "text": "Topic: sleep.",
            "diagnoses": [],
            "complexity_factor": "mandated_report",
            "participant_count": 4,
            "context": ["session_outline"],
            "requested_at": None,
            "signed_by": "CL-1",
            "signed_at": utc(2026, 4, 16, 2),
            "cosigned_by": "CL-2",
            "cosigned_at": utc(2026, 4, 16, 3),
            "addendum_to": "N-0",
            "amended": False,
        },
    ),
    "treatment_plans": (
        {
            "plan_id": "PL-1",
            "client_id": "C-1",
            "plan_status": "C",
            "start_on": day(2026, 3, 16),
            "end_on": day(2026, 6, 1),
            "review_due_on": day(2026, 6, 14),
            "diagnoses": ["F33.1"],
            "modalities": ["group", "couple"],
            "signed_at": wall(2026, 3, 16, 11),
            "signed_by": "CL-1",
        },
        "PL-1",
        None,
        {
            "client": "C-1",
            "status": "closed",
            "start": date(2026, 3, 16),
            "end": date(2026, 6, 1),
            "review_due": date(2026, 6, 14),
            "diagnoses": ["F33.1"],
            "modalities": ["group", "couple"],
            "signed_at": utc(2026, 3, 16, 16),
            "signed_by": "CL-1",
        },
    ),
    "plan_goals": (
        {"plan_goal_id": "GL-1", "plan_id": "PL-1", "goal_text": "Sleep six hours"},
        "PL-1",
        ("goals", "GL-1"),
        {"id": "GL-1", "text": "Sleep six hours"},
    ),
    "coverages": (
        {
            "coverage_id": "COV-1",
            "client_id": "C-1",
            "payer_id": "PAY-COM",
            "product": "commercial",
            "cob_rank": 1,
            "member_number": "M1",
            "subscriber_id": "C-3",
            "subscriber_relation": "19",
            "patient_name": "Ana Torres",
            "patient_birth_date": day(1988, 3, 12),
            "start_on": day(2025, 1, 1),
            "end_on": None,
            "copay": "20.00",
            "excluded_codes": None,
            "visit_limits": '{"group": 30}',
            "visits_used_before": None,
        },
        "COV-1",
        None,
        {
            "client": "C-1",
            "payer": "PAY-COM",
            "product": "commercial",
            "rank": 1,
            "member_id": "M1",
            "subscriber": "C-3",
            "relation": "child",
            "patient_name": "Ana Torres",
            "patient_dob": date(1988, 3, 12),
            "start": date(2025, 1, 1),
            "end": None,
            "copay": "20.00",
            "excluded_codes": [],
            "visit_limits": {"group": 30},
            "visits_used_before": {},
        },
    ),
    "authorizations": (
        {
            "authorization_id": "AU-1",
            "client_id": "C-1",
            "payer_id": "PAY-EAP",
            "authorization_number": "A77",
            "codes": ["90834"],
            "clinician_ids": ["CL-1"],
            "start_on": day(2026, 1, 1),
            "end_on": day(2026, 12, 31),
            "units_approved": 12,
            "units_used_before": None,
            "authorization_kind": "EAP",
        },
        "AU-1",
        None,
        {
            "client": "C-1",
            "payer": "PAY-EAP",
            "number": "A77",
            "codes": ["90834"],
            "clinicians": ["CL-1"],
            "start": date(2026, 1, 1),
            "end": date(2026, 12, 31),
            "units_approved": 12,
            "units_used_before": 0,
            "kind": "eap",
        },
    ),
    "eligibility_checks": (
        {
            "eligibility_check_id": "EL-1",
            "client_id": "C-1",
            "coverage_id": "COV-1",
            "checked_at": wall(2026, 4, 13, 8),
            "benefit_code": "6",
            "member_number": "M1",
            "answered_name": "Ana Torres",
            "answered_birth_date": day(1988, 3, 12),
            "answered_relation": "18",
        },
        "EL-1",
        None,
        {
            "client": "C-1",
            "coverage": "COV-1",
            "checked_at": utc(2026, 4, 13, 13),
            "result": "inactive",
            "member_id": "M1",
            "name": "Ana Torres",
            "dob": date(1988, 3, 12),
            "relation": "self",
        },
    ),
    "charges": (
        {
            "charge_id": "CH-1",
            "appointment_id": "S-1",
            "client_id": "C-1",
            "payer": "SELF",
            "cpt_code": None,
            "modifiers": None,
            "units": 1,
            "amount": "75",
            "service_date": day(2026, 4, 15),
            "invoiced_at": wall(2026, 4, 15, 19),
        },
        "CH-1",
        None,
        {
            "session": "S-1",
            "client": "C-1",
            "payer": "self_pay",
            "code": None,
            "modifiers": [],
            "units": 1,
            "amount": "75.00",
            "date": date(2026, 4, 15),
            "invoiced_at": utc(2026, 4, 16, 0),
        },
    ),
    "claims": (
        {
            "claim_id": "K-1",
            "client_id": "C-1",
            "appointment_id": "S-1",
            "coverage_id": "COV-1",
            "payer_id": "PAY-COM",
            "cob_sequence": "S",
            "claim_status": "REJ",
            "frequency_code": 7,
            "original_ref": "P1",
            "payer_control_number": "P2",
            "rendering_id": "CL-1",
            "rendering_npi": "1882300118",
            "rendering_taxonomy": "1041C0700X",
            "supervising_id": "CL-2",
            "billing_npi": "1445512001",
            "billing_zip": "606061234",
            "place_of_service": "10",
            "release_of_information": "I",
            "assignment_of_benefits": True,
            "authorization_number": "A77",
            "member_number": "M1",
            "patient_name": "Ana Torres",
            "patient_birth_date": day(1988, 3, 12),
            "patient_relation": "18",
            "diagnoses": ["F33.1"],
            "total_amount": "140.00",
            "copay_collected": "0.00",
            "primary_claim_id": "K-0",
            "primary_adjudicated_on": day(2026, 4, 20),
            "primary_paid": "84.00",
            "queued_at": wall(2026, 4, 15, 22),
            "submitted_at": wall(2026, 4, 16, 1),
            "accepted_at": None,
            "rejected_at": wall(2026, 4, 17, 1),
            "rejection": "A3:21",
        },
        "K-1",
        None,
        {
            "client": "C-1",
            "session": "S-1",
            "coverage": "COV-1",
            "payer": "PAY-COM",
            "sequence": "secondary",
            "status": "rejected",
            "frequency": 7,
            "original_ref": "P1",
            "payer_control_number": "P2",
            "rendering": "CL-1",
            "rendering_npi": "1882300118",
            "rendering_taxonomy": "1041C0700X",
            "supervising": "CL-2",
            "billing_npi": "1445512001",
            "billing_zip": "606061234",
            "place_of_service": "10",
            "release_of_information": "I",
            "assignment_of_benefits": True,
            "authorization_number": "A77",
            "member_id": "M1",
            "patient_name": "Ana Torres",
            "patient_dob": date(1988, 3, 12),
            "relation": "self",
            "diagnoses": ["F33.1"],
            "total": "140.00",
            "copay_collected": "0.00",
            "primary_adjudicated": {"claim": "K-0", "date": date(2026, 4, 20), "paid": "84.00"},
            "queued_at": utc(2026, 4, 16, 3),
            "submitted_at": utc(2026, 4, 16, 6),
            "accepted_at": None,
            "rejected_at": utc(2026, 4, 17, 6),
            "rejection": "A3:21",
        },
    ),
    "claim_lines": (
        {
            "claim_line_id": "K-1-1",
            "claim_id": "K-1",
            "line_no": 1,
            "cpt_code": "90847",
            "modifiers": ["95"],
            "units": 1,
            "line_amount": "140.00",
            "dx_pointers": [1],
            "service_date": day(2026, 4, 15),
            "appointment_id": "S-1",
        },
        "K-1",
        ("lines", "K-1-1"),
        {
            "code": "90847",
            "modifiers": ["95"],
            "units": 1,
            "amount": "140.00",
            "dx_pointers": [1],
            "date": date(2026, 4, 15),
            "session": "S-1",
        },
    ),
    "messages": (
        {
            "message_id": "M-1",
            "thread_client_id": "C-1",
            "author_id": "C-3",
            "confidential": None,
            "visible_to": ["C-1", "CL-1"],
            "sent_at": wall(2026, 4, 15, 20),
            "body": "Could I come later?",
        },
        "M-1",
        None,
        {
            "kind": "portal",
            "thread_of": "C-1",
            "author": "C-3",
            "confidential": False,
            "visible_to": ["C-1", "CL-1"],
            "sent_at": utc(2026, 4, 16, 1),
            "text": "Could I come later?",
        },
    ),
    "disclosures": (
        {
            "disclosure_id": "D-1",
            "release_status": "S",
            "client_id": "C-1",
            "unit_id": "CP-1",
            "recipient_name": "Riverside",
            "recipient_class": "treating_provider",
            "purpose": "coordination of care",
            "contents": ["progress_notes"],
            "covers_from": day(2026, 1, 1),
            "covers_to": day(2026, 4, 1),
            "consent_ids": ["CON-1"],
            "part2_notice": True,
            "consent_copy": None,
            "sent_at": wall(2026, 4, 15, 12),
        },
        "D-1",
        None,
        {
            "kind": "disclosure",
            "status": "sent",
            "client": "C-1",
            "unit": "CP-1",
            "recipient": {"name": "Riverside", "class": "treating_provider"},
            "purpose": "coordination of care",
            "contents": ["progress_notes"],
            "date_range": [date(2026, 1, 1), date(2026, 4, 1)],
            "under_consents": ["CON-1"],
            "part2_notice": True,
            "consent_copy": False,
            "sent_at": utc(2026, 4, 15, 17),
        },
    ),
}


@pytest.mark.parametrize("table", CASES)
def test_every_column_of_a_row_has_its_meaning(table: str) -> None:
    columns, id_, part, data = CASES[table]
    (change,) = mapped(row(table, columns))
    assert change == {
        "at": AT,
        "entity": TABLES[table].entity,
        "op": "create",
        "id": id_,
        "rev": 7,
        "part": None if part is None else {"list": part[0], "key": part[1]},
        "snapshot": False,
        "data": data,
    }
    change_of(change)  # it is what the schemas say it must be


def test_every_table_has_a_case() -> None:
    assert set(CASES) == set(TABLES)


@pytest.mark.parametrize("entity", ENTITIES)
def test_no_field_of_the_vocabulary_is_lost(entity: str) -> None:
    # the reference EHR has a place for everything
    known = {info.alias or name for name, info in ENTITIES[entity].model_fields.items()} - {"not_kept"}
    told = {
        key for table in CASES if TABLES[table].entity == entity and not TABLES[table].part for key in CASES[table][3]
    }
    told |= {TABLES[table].part or "" for table in CASES if TABLES[table].entity == entity and TABLES[table].part}
    assert told == known


@pytest.mark.parametrize("of", [key for key in PARTS if key != ("group", "families")])
def test_no_field_of_an_element_is_lost(of: tuple[str, str]) -> None:
    known = {info.alias or name for name, info in PARTS[of].model_fields.items()}
    (table,) = [name for name, mapping in TABLES.items() if (mapping.entity, mapping.part) == of]
    assert set(CASES[table][3]) == known


def columns_of(table: str) -> list[tuple[str, From]]:
    found: list[tuple[str, From]] = []
    for source in TABLES[table].fields.values():
        if isinstance(source, str):
            found.append((source, From(source)))
        elif isinstance(source, From):
            found.append((source.column, source))
        elif isinstance(source, Nested):
            found += [(one.column, one) for one in source.fields.values()]
        elif isinstance(source, Days):
            found += [(column, From(column, reference.as_day)) for column in (source.start, source.end)]
    return found


@pytest.mark.parametrize("table", CASES)
def test_a_value_of_the_wrong_kind_is_named_by_its_column_and_never_shown(table: str) -> None:
    for column, source in columns_of(table):
        if column in ("practice_id", "time_zone"):
            continue
        wrong: dict[str, Any] = {column: {"secret": "Ana"}}
        outcome = nothing(row(table, CASES[table][0], **wrong))
        assert outcome.reason is Reason.IMPOSSIBLE_VALUE, (column, source)
        assert outcome.where == f"{table}.{column}"
        assert "Ana" not in repr(outcome)


@pytest.mark.parametrize("table", CASES)
def test_a_word_the_adapter_does_not_know_is_poison_and_never_a_guess(table: str) -> None:
    coded = [column for column, source in columns_of(table) if source.read.__qualname__.startswith("word.")]
    for column in coded:
        unknown: dict[str, Any] = {column: "??"}
        outcome = nothing(row(table, CASES[table][0], **unknown))
        assert (outcome.reason, outcome.where) == (Reason.UNKNOWN_WORD, f"{table}.{column}")


@pytest.mark.parametrize("table", CASES)
@pytest.mark.parametrize("value", ["__debezium_unavailable_value", ["__debezium_unavailable_value"]])
def test_a_value_the_source_left_out_is_named(table: str, value: Any) -> None:
    column = columns_of(table)[-1][0]
    outcome = nothing(row(table, CASES[table][0], **{column: value}))
    assert (outcome.reason, outcome.where) == (Reason.UNAVAILABLE_VALUE, f"{table}.{column}")


@pytest.mark.parametrize(
    ("event", "reason", "where"),
    [
        (row("invoices", {}), Reason.UNKNOWN_ENTITY, "invoices"),
        (row("clients", CASES["clients"][0], practice_id=None), Reason.NO_PRACTICE, "clients"),
        (row("clients", CASES["clients"][0], practice_id="PR-9"), Reason.PRACTICE_UNKNOWN, "clients"),
        (row("practices", CASES["practices"][0], time_zone="Mars/Olympus"), Reason.IMPOSSIBLE_VALUE, "practices"),
        (Row("clients", "d", {}, None, None, 7, COMMITTED, False), Reason.UNAVAILABLE_VALUE, "clients"),
        (row("clients", CASES["clients"][0], client_id=None), Reason.IMPOSSIBLE_VALUE, "clients.client_id"),
        (row("charges", CASES["charges"][0], amount="NaN"), Reason.IMPOSSIBLE_VALUE, "charges.amount"),
        (row("charges", CASES["charges"][0], amount="1.005"), Reason.IMPOSSIBLE_VALUE, "charges.amount"),
        (row("clients", CASES["clients"][0], birth_date=2**31 - 1), Reason.IMPOSSIBLE_VALUE, "clients.birth_date"),
        (
            row("attendance", CASES["attendance"][0], arrived_at=9223371331200000000),
            Reason.IMPOSSIBLE_VALUE,
            "attendance.arrived_at",
        ),
        (
            row("practices", CASES["practices"][0], fee_schedule="{"),
            Reason.IMPOSSIBLE_VALUE,
            "practices.fee_schedule",
        ),
        (
            row("transcripts", CASES["transcripts"][0], turns='[{"turn": 1}]'),
            Reason.IMPOSSIBLE_VALUE,
            "transcripts.turns",
        ),
    ],
)
def test_every_nothing_has_a_reason_and_a_place(event: Row, reason: Reason, where: str) -> None:
    outcome = nothing(event)
    assert (outcome.reason, outcome.where) == (reason, where)


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        (wall(2026, 1, 15, 12), utc(2026, 1, 15, 18)),
        (wall(2026, 7, 15, 12), utc(2026, 7, 15, 17)),
        (wall(2026, 11, 1, 1, 30), utc(2026, 11, 1, 6, 30)),  # occurs twice: the first one
        (wall(2026, 3, 8, 2, 30), utc(2026, 3, 8, 8, 30)),  # never occurs: as if the clock had not been moved
        (wall(1965, 5, 1, 8), utc(1965, 5, 1, 13)),  # before 1970
    ],
)
def test_clinic_local_times_become_instants(local: int, instant: datetime) -> None:
    (change,) = mapped(row("recordings", CASES["recordings"][0], started_at=local))
    assert change["data"]["started_at"] == instant


def test_a_soft_delete_is_a_delete_and_its_undoing_brings_it_back() -> None:
    columns = CASES["notes"][0]
    before = dict(row("notes", columns).image)
    (deleted,) = mapped(row("notes", columns, "u", before, deleted_at=wall(2026, 4, 15, 18)))
    assert (deleted["op"], deleted["data"], deleted["at"]) == ("delete", {}, AT)
    (back,) = mapped(row("notes", columns, "u", before))
    assert back["op"] == "update"
    assert back["data"]["text"] == "Topic: sleep."


def test_a_soft_deleted_row_with_words_nobody_knows_any_more_is_still_a_delete() -> None:
    (deleted,) = mapped(row("attendance", CASES["attendance"][0], "u", None, deleted_at=1, attend_code="old"))
    assert deleted["op"] == "delete"


def test_a_hard_delete_is_dated_by_its_commit_but_not_before_the_row_itself() -> None:
    (deleted,) = mapped(row("attendance", CASES["attendance"][0], "d"))
    assert (deleted["op"], deleted["id"], deleted["at"]) == ("delete", "AT-1", COMMITTED)
    (later,) = mapped(row("attendance", CASES["attendance"][0], "d", updated_at=wall(2026, 5, 1)))
    assert later["at"] == utc(2026, 5, 1, 5)


def test_a_row_without_a_time_of_its_own_is_dated_by_its_commit() -> None:
    (change,) = mapped(row("charges", CASES["charges"][0], updated_at=None))
    assert change["at"] == COMMITTED


def test_snapshot_rows_say_so() -> None:
    (change,) = mapped(row("groups", CASES["groups"][0], "r"))
    assert (change["op"], change["snapshot"]) == ("create", True)


def test_an_element_that_moves_leaves_the_list_it_was_in() -> None:
    columns = CASES["appointment_clients"][0]
    before = dict(row("appointment_clients", columns).image)
    gone, come = mapped(row("appointment_clients", columns, "u", before, appointment_id="S-2"))
    assert (gone["op"], gone["id"], gone["part"]["key"]) == ("delete", "S-1", "AC-1")
    assert (come["op"], come["id"], come["data"]) == ("update", "S-2", {"client": "C-1"})


def test_nothing_captured_of_the_location_is_null_and_a_part_of_it_is_kept() -> None:
    none: dict[str, Any] = {"location_state": None, "location_place": None, "emergency_contact": None}
    (change,) = mapped(row("attendance", CASES["attendance"][0], **none))
    assert change["data"]["location"] is None
    (change,) = mapped(row("attendance", CASES["attendance"][0], **(none | {"location_place": "X"})))
    assert change["data"]["location"] == {"state": None, "place": "other", "emergency_contact": None}


def test_consent_fields_of_other_kinds_are_left_out() -> None:
    plain = dict.fromkeys(
        (
            *("effective_on", "cycle_no", "composition", "no_secrets_policy", "purpose", "tool", "written_notice"),
            *("elements", "recipients", "information", "covers_from", "covers_to", "expires_text", "observer"),
            *("release_of_information", "assignment_of_benefits", "reacknowledges_member_id"),
            *("revocation_scope", "revocation_recipients", "revocation_in_writing", "revocation_at"),
        )
    )
    (change,) = mapped(row("consents", CASES["consents"][0] | plain, form_kind="TX"))
    assert set(change["data"]) == {
        *("client", "kind", "version", "language", "status", "signed_at", "expires", "revoked_at"),
        *("revocation", "unit", "reacknowledges"),
    }
    assert change["data"]["revocation"] is None


def test_practice_rows_tell_the_zone_and_others_do_not() -> None:
    assert practice_zone(row("practices", CASES["practices"][0])) == ("PR-1", CHICAGO)
    assert practice_zone(row("practices", CASES["practices"][0], time_zone="Nowhere")) is None
    assert practice_zone(row("clients", CASES["clients"][0])) is None


def test_a_practice_is_read_in_its_own_zone_before_anybody_knows_it() -> None:
    moved = row("practices", CASES["practices"][0], time_zone="America/New_York", practice_id="PR-9")
    (change,) = mapped(moved)
    assert change["at"] == AT - timedelta(hours=1)


def test_nothing_of_a_row_shows_in_its_repr() -> None:
    event = row("clients", CASES["clients"][0])
    assert "Torres" not in repr(event)
    assert "Torres" not in repr(to_changes(event, zone_of))

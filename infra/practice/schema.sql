-- The reference practice: an EHR database as behavioural-health practices have them. Multi-tenant (practice_id everywhere),
-- clinic-local times without zone, soft deletes (deleted_at), status codes of its own, legacy NULLs, money numeric(10,2).
-- Applied by infra/practice/prepare.py as role ehr_owner; every statement may run again.

CREATE TABLE IF NOT EXISTS practices (
    practice_id text PRIMARY KEY,
    legal_name text NOT NULL,
    time_zone text NOT NULL,
    state text NOT NULL,
    npi text NOT NULL,
    npi_entity_type smallint NOT NULL,
    taxonomy_code text,
    tax_id text,
    address_line1 text, address_city text, address_state text, address_zip text,
    part2_program boolean,
    fee_schedule jsonb,                                  -- {"90853": "60.00"}
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS practice_policies (
    practice_id text PRIMARY KEY,
    policy jsonb NOT NULL,                               -- what differs from the default policy
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS clinicians (
    clinician_id text PRIMARY KEY,
    practice_id text NOT NULL,
    full_name text NOT NULL,
    npi text,
    npi_entity_type smallint,
    credential text,
    degree_level text,                                   -- D doctoral, M masters, B bachelors
    taxonomy_code text,
    needs_cosign boolean,                                -- an associate
    supervisor_id text,
    on_exclusion_list boolean,                           -- NULL in rows from before the check existed
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS clinician_licenses (
    license_id text PRIMARY KEY,
    practice_id text NOT NULL,
    clinician_id text NOT NULL,
    state text NOT NULL,
    license_no text,
    valid_from date, valid_to date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS clinician_enrollments (
    enrollment_id text PRIMARY KEY,
    practice_id text NOT NULL,
    clinician_id text NOT NULL,
    payer_id text NOT NULL,
    effective_from date, effective_to date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS clinician_supervision (
    supervision_id text PRIMARY KEY,
    practice_id text NOT NULL,
    clinician_id text NOT NULL,
    supervisor_id text NOT NULL,
    started_on date, ended_on date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS clients (
    client_id text PRIMARY KEY,
    practice_id text NOT NULL,
    full_name text NOT NULL,
    nicknames text[],
    birth_date date,
    home_state text,
    preferred_language text,
    is_patient boolean NOT NULL,                         -- false: a relative who is never billed
    sud_program boolean,
    program_code text,                                   -- OP, PHP, IOP
    self_pay boolean,
    restrict_to_plan boolean,
    capacity_flag boolean,
    risk_flags text[],                                   -- warnings on the chart
    address_line1 text, address_city text, address_state text, address_zip text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

ALTER TABLE clients ADD COLUMN IF NOT EXISTS risk_flags text[];  -- of an EHR that was made before there were any

CREATE TABLE IF NOT EXISTS client_relationships (
    relationship_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,                             -- of whom
    person_id text NOT NULL,                             -- who
    relation_code text NOT NULL,                         -- PAR, STP, GRD, SPO, PTR, CHD, SIB, OTH: what person is of client
    may_consent boolean,
    legal_document_on_file boolean,
    portal_proxy boolean,
    valid_from date, valid_to date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS groups (
    group_id text PRIMARY KEY,
    practice_id text NOT NULL,
    group_name text NOT NULL,
    group_type text NOT NULL,                            -- PSY psychotherapy, SUD, MFG multi-family
    cycle_no text, cycle_start date, cycle_end date,
    agreement_version text,
    family_ids text[],                                   -- multi-family groups only
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS group_members (
    group_member_id text PRIMARY KEY,
    practice_id text NOT NULL,
    group_id text NOT NULL,
    client_id text NOT NULL,
    joined_on date, left_on date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS group_facilitators (
    group_facilitator_id text PRIMARY KEY,
    practice_id text NOT NULL,
    group_id text NOT NULL,
    clinician_id text NOT NULL,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS families (
    family_id text PRIMARY KEY,
    practice_id text NOT NULL,
    family_name text,
    identified_patient_id text,
    formed_on date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS family_members (
    family_member_id text PRIMARY KEY,
    practice_id text NOT NULL,
    family_id text NOT NULL,
    client_id text NOT NULL,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS couples (
    couple_id text PRIMARY KEY,
    practice_id text NOT NULL,
    couple_name text,
    identified_patient_id text,
    formed_on date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS couple_members (
    couple_member_id text PRIMARY KEY,
    practice_id text NOT NULL,
    couple_id text NOT NULL,
    client_id text NOT NULL,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS appointments (
    appointment_id text PRIMARY KEY,
    practice_id text NOT NULL,
    session_type text NOT NULL,                          -- GRP, MFG, FAM, CPL, IND, CRI
    unit_id text,                                        -- the group, family or couple
    scheduled_start timestamp, scheduled_end timestamp,
    actual_start timestamp, actual_end timestamp,
    appt_status text NOT NULL,                           -- SCHED, DONE, CANC
    modality text,                                       -- OFF office, VID video, TEL telephone
    site_state text,
    identified_patient_id text,
    will_record boolean,
    program_code text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS appointment_clients (
    appointment_client_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    client_id text NOT NULL,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS appointment_facilitators (
    appointment_facilitator_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    clinician_id text NOT NULL,
    facilitator_role text,                               -- L lead, C co-facilitator
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS appointment_guests (
    appointment_guest_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    guest_name text,
    guest_role text,                                     -- OBS observer, TRN trainee, INT interpreter
    recording_consent boolean,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS attendance (
    attendance_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    client_id text NOT NULL,
    attend_code text,                                    -- AT, NS no-show, LC late cancel, CX cancelled, EX excused
    arrived_at timestamp, left_at timestamp,
    location_state text,
    location_place text,                                 -- O office, H home, X elsewhere
    emergency_contact text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS checkin_forms (
    checkin_form_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,
    appointment_id text,
    answers jsonb,
    submitted_at timestamp,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS assessments (
    assessment_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,
    appointment_id text,
    instrument text NOT NULL,
    taken_on date,
    total_score numeric(6,2),
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS session_outlines (
    session_outline_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    author_id text,
    bullets jsonb,                                       -- [{"id": "B1", "text": "..."}]
    intervention_codes text[],
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS recordings (
    recording_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    rec_status text,                                     -- ON, OFF
    started_at timestamp, stopped_at timestamp,
    has_transcript boolean,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS transcripts (
    transcript_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    turns jsonb,                                         -- [{"turn": 1, "speaker": "...", "text": "..."}]
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS form_templates (
    form_template_id text PRIMARY KEY,
    practice_id text NOT NULL,
    form_kind text NOT NULL,                             -- the codes of consents.form_kind
    form_version text,
    language text,
    supersedes text,
    material_change boolean,
    effective_on date,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS consents (
    consent_id text PRIMARY KEY,
    practice_id text NOT NULL,
    subject_id text NOT NULL,                            -- a client; for REC also a clinician
    form_kind text NOT NULL,                             -- TX GRP CNJ TELE REC AI P2TPO P2SPEC PSYN SUDN ROI BILL MSG OBS
    form_version text,
    language text,
    consent_status text,                                 -- A active, R revoked
    signed_at timestamp, expires_at timestamp, revoked_at timestamp,
    revocation_scope text,                               -- ALL, PART
    revocation_recipients text[],
    revocation_in_writing boolean,
    revocation_at timestamp,
    unit_id text,
    effective_on date,
    cycle_no text,                                       -- GRP
    reacknowledges_member_id text,                       -- GRP
    composition text[],                                  -- CNJ
    no_secrets_policy boolean,                           -- CNJ
    purpose text,                                        -- AI, P2*, ROI
    tool text,                                           -- AI
    written_notice boolean,                              -- AI
    elements text[],                                     -- P2*
    recipients text[],                                   -- P2*, ROI
    information text[],                                  -- P2*, ROI
    covers_from date, covers_to date,                    -- P2*, ROI
    expires_text text,                                   -- P2*
    release_of_information text,                         -- BILL
    assignment_of_benefits boolean,                      -- BILL
    observer text,                                       -- OBS
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS consent_signers (
    consent_signer_id text PRIMARY KEY,
    practice_id text NOT NULL,
    consent_id text NOT NULL,
    person_id text,
    signer_role text,                                    -- S self, G guardian, C clinician
    signed_at timestamp,
    identity_verified boolean,
    document_hash text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS notes (
    note_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    client_id text,                                      -- NULL: shared group part, or a draft for the whole session
    note_kind text NOT NULL,                             -- PROG, GRPSH, ADD
    origin text,                                         -- H human, AI
    note_status text,                                    -- REQ, DRAFT, SIGNED
    author_id text,
    service_date date,
    start_time timestamp, stop_time timestamp,
    cpt_code text,
    body text,
    diagnoses text[],
    complexity_factor text,
    participant_count integer,
    draft_context text[],
    requested_at timestamp,
    signed_by text, signed_at timestamp,
    cosigned_by text, cosigned_at timestamp,
    addendum_to text,
    amended boolean,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS treatment_plans (
    plan_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,
    plan_status text,                                    -- A active, C closed
    start_on date, end_on date, review_due_on date,
    diagnoses text[],
    modalities text[],                                   -- individual, group, family, couple
    signed_at timestamp, signed_by text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS plan_goals (
    plan_goal_id text PRIMARY KEY,
    practice_id text NOT NULL,
    plan_id text NOT NULL,
    goal_text text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS coverages (
    coverage_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,
    payer_id text,
    product text,
    cob_rank smallint,
    member_number text,
    subscriber_id text,
    subscriber_relation text,                            -- X12: 18 self, 01 spouse, 19 child, G8 other
    patient_name text, patient_birth_date date,
    start_on date, end_on date,
    copay numeric(10,2),
    excluded_codes text[],
    visit_limits jsonb,                                  -- {"group": 30}
    visits_used_before jsonb,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS authorizations (
    authorization_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,
    payer_id text,
    authorization_number text,
    codes text[],
    clinician_ids text[],
    start_on date, end_on date,
    units_approved integer,
    units_used_before integer,
    authorization_kind text,                             -- MED, EAP
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS eligibility_checks (
    eligibility_check_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,
    coverage_id text,
    checked_at timestamp,
    benefit_code text,                                   -- X12 271 EB01: 1 active, 6 inactive
    member_number text,
    answered_name text, answered_birth_date date, answered_relation text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS charges (
    charge_id text PRIMARY KEY,
    practice_id text NOT NULL,
    appointment_id text NOT NULL,
    client_id text NOT NULL,
    payer text,                                          -- SELF
    cpt_code text,                                       -- NULL: a no-show fee
    modifiers text[],
    units integer,
    amount numeric(10,2),
    service_date date,
    invoiced_at timestamp,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS claims (
    claim_id text PRIMARY KEY,
    practice_id text NOT NULL,
    client_id text NOT NULL,
    appointment_id text,
    coverage_id text,
    payer_id text,
    cob_sequence text,                                   -- P primary, S secondary
    claim_status text NOT NULL,                          -- Q queued, SUB, ACC, REJ (277CA), PAID, DEN, VOID
    frequency_code smallint,
    original_ref text,
    payer_control_number text,
    rendering_id text, rendering_npi text, rendering_taxonomy text, supervising_id text,
    billing_npi text, billing_zip text,
    place_of_service text,
    release_of_information text,
    assignment_of_benefits boolean,
    authorization_number text,
    member_number text, patient_name text, patient_birth_date date, patient_relation text,
    diagnoses text[],
    total_amount numeric(10,2),
    copay_collected numeric(10,2),
    primary_claim_id text, primary_adjudicated_on date, primary_paid numeric(10,2),
    queued_at timestamp, submitted_at timestamp, accepted_at timestamp, rejected_at timestamp,
    rejection text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS claim_lines (
    claim_line_id text PRIMARY KEY,
    practice_id text NOT NULL,
    claim_id text NOT NULL,
    line_no smallint NOT NULL,
    cpt_code text,
    modifiers text[],
    units integer,
    line_amount numeric(10,2),
    dx_pointers integer[],
    service_date date,
    appointment_id text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS messages (
    message_id text PRIMARY KEY,
    practice_id text NOT NULL,
    thread_client_id text,
    author_id text,
    confidential boolean,
    visible_to text[],
    sent_at timestamp,
    body text,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS disclosures (
    disclosure_id text PRIMARY KEY,
    practice_id text NOT NULL,
    release_status text,                                 -- P pending, S sent
    client_id text,
    unit_id text,
    recipient_name text, recipient_class text,
    purpose text,
    contents text[],
    covers_from date, covers_to date,
    consent_ids text[],
    part2_notice boolean,
    consent_copy boolean,
    sent_at timestamp,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, deleted_at timestamp
);

-- What nobody captures: how the simulated people stand, and which mistakes they were made to make.
CREATE SCHEMA IF NOT EXISTS simulator;

CREATE TABLE IF NOT EXISTS simulator.planted (
    planted_id text PRIMARY KEY,
    practice_id text NOT NULL,
    rule text NOT NULL,
    subject jsonb NOT NULL,
    planted_at timestamptz NOT NULL,                     -- when the rule becomes true
    until_at timestamptz,                                -- when the practice repaired it; NULL = it did not
    note text NOT NULL
);

CREATE TABLE IF NOT EXISTS simulator.progress (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seed bigint NOT NULL,
    anchor timestamptz NOT NULL,
    backfill_days integer NOT NULL,
    acts_done bigint NOT NULL,
    last_act_at timestamptz NOT NULL
);

-- Notes that came in through the note-creation API, by the caller's key: the same key again is the same note.
CREATE TABLE IF NOT EXISTS simulator.created_note (
    idempotency_key text PRIMARY KEY,
    body_sha256 text NOT NULL,
    note_id text NOT NULL
);

-- What belongs to a note of a session with several clients: that it was a group session, and whose notes lie beside it.
CREATE TABLE IF NOT EXISTS simulator.note_links (
    note_id text PRIMARY KEY,
    practice_id text NOT NULL,
    group_session boolean NOT NULL,
    linked_client_ids text[] NOT NULL
);

-- Clinicians who document at the review desk: the notes of their groups, families and couples are left to them.
CREATE TABLE IF NOT EXISTS simulator.at_the_desk (
    clinician_id text PRIMARY KEY
);

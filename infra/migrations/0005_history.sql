-- What was known at an earlier moment: every version of every fact, beside the tables that keep the latest only.
-- Of each key the highest version with recorded_at (changed_at of a finding or draft request) up to that moment.
-- The views copy each insert; the copy of what was there before does nothing a second time.
CREATE TABLE IF NOT EXISTS history_session AS fact_session
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, session_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_session TO history_session AS SELECT
    practice_id, session_id, kind, unit_id, lead_clinician_id, status, modality, scheduled_start_at, started_at,
    ended_at, service_on, duration_minutes, booked_count, attended_count, version, deleted, recorded_at,
    facilitator_ids
FROM fact_session;

INSERT INTO history_session SELECT
    practice_id, session_id, kind, unit_id, lead_clinician_id, status, modality, scheduled_start_at, started_at,
    ended_at, service_on, duration_minutes, booked_count, attended_count, version, deleted, recorded_at,
    facilitator_ids
FROM fact_session;

CREATE TABLE IF NOT EXISTS history_attendance AS fact_attendance
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, session_id, client_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_attendance TO history_attendance AS SELECT
    practice_id, session_id, client_id, status, present_minutes, service_on, treatment_consent, version,
    deleted, recorded_at, needed_consents, missing_consents, covered_by, billable_code, file_by
FROM fact_attendance;

INSERT INTO history_attendance SELECT
    practice_id, session_id, client_id, status, present_minutes, service_on, treatment_consent, version,
    deleted, recorded_at, needed_consents, missing_consents, covered_by, billable_code, file_by
FROM fact_attendance;

CREATE TABLE IF NOT EXISTS history_claim AS fact_claim
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, claim_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_claim TO history_claim AS SELECT
    practice_id, claim_id, session_id, client_id, payer, status, service_on, total_cents, queued_at,
    submitted_at, version, deleted, recorded_at, codes, sequence, frequency, rendering_id, standing,
    accepted_at, rejected_at, file_by
FROM fact_claim;

INSERT INTO history_claim SELECT
    practice_id, claim_id, session_id, client_id, payer, status, service_on, total_cents, queued_at,
    submitted_at, version, deleted, recorded_at, codes, sequence, frequency, rendering_id, standing,
    accepted_at, rejected_at, file_by
FROM fact_claim;

CREATE TABLE IF NOT EXISTS history_note AS fact_note
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, note_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_note TO history_note AS SELECT
    practice_id, note_id, session_id, client_id, author_id, origin, status, signed_at, signed_lag_minutes,
    version, deleted, recorded_at, kind, service_on, requested_at, signed_by, cosign_needed, cosigned_by,
    cosigned_at, amended, addendum_to, participant_count, context, ai_consents
FROM fact_note;

INSERT INTO history_note SELECT
    practice_id, note_id, session_id, client_id, author_id, origin, status, signed_at, signed_lag_minutes,
    version, deleted, recorded_at, kind, service_on, requested_at, signed_by, cosign_needed, cosigned_by,
    cosigned_at, amended, addendum_to, participant_count, context, ai_consents
FROM fact_note;

CREATE TABLE IF NOT EXISTS history_consent AS fact_consent
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, consent_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_consent TO history_consent AS SELECT
    practice_id, consent_id, client_id, kind, status, signed_at, expires_at, revoked_at, version, deleted,
    recorded_at, form_version, language, unit_id, cycle, signer_ids, signer_roles, partly_revoked_at,
    missing_elements, written_notice
FROM fact_consent;

INSERT INTO history_consent SELECT
    practice_id, consent_id, client_id, kind, status, signed_at, expires_at, revoked_at, version, deleted,
    recorded_at, form_version, language, unit_id, cycle, signer_ids, signer_roles, partly_revoked_at,
    missing_elements, written_notice
FROM fact_consent;

CREATE TABLE IF NOT EXISTS history_practice AS fact_practice
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_practice TO history_practice AS SELECT
    practice_id, name, timezone, state, part2_program, policy_fingerprint, own_policy, adopted_at, version,
    deleted, recorded_at
FROM fact_practice;

INSERT INTO history_practice SELECT
    practice_id, name, timezone, state, part2_program, policy_fingerprint, own_policy, adopted_at, version,
    deleted, recorded_at
FROM fact_practice;

CREATE TABLE IF NOT EXISTS history_charge AS fact_charge
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, charge_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_charge TO history_charge AS SELECT
    practice_id, charge_id, session_id, client_id, code, service_on, amount_cents, invoiced_at, version,
    deleted, recorded_at
FROM fact_charge;

INSERT INTO history_charge SELECT
    practice_id, charge_id, session_id, client_id, code, service_on, amount_cents, invoiced_at, version,
    deleted, recorded_at
FROM fact_charge;

CREATE TABLE IF NOT EXISTS history_authorization AS fact_authorization
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, authorization_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_authorization TO history_authorization AS SELECT
    practice_id, authorization_id, client_id, payer, kind, codes, starts_on, ends_on, units_approved,
    units_used, version, deleted, recorded_at
FROM fact_authorization;

INSERT INTO history_authorization SELECT
    practice_id, authorization_id, client_id, payer, kind, codes, starts_on, ends_on, units_approved,
    units_used, version, deleted, recorded_at
FROM fact_authorization;

CREATE TABLE IF NOT EXISTS history_disclosure AS fact_disclosure
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, disclosure_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_disclosure TO history_disclosure AS SELECT
    practice_id, disclosure_id, client_id, unit_id, status, recipient_class, purpose, contents, under_consents,
    part2, part2_notice, consent_copy, asked_at, sent_at, version, deleted, recorded_at
FROM fact_disclosure;

INSERT INTO history_disclosure SELECT
    practice_id, disclosure_id, client_id, unit_id, status, recipient_class, purpose, contents, under_consents,
    part2, part2_notice, consent_copy, asked_at, sent_at, version, deleted, recorded_at
FROM fact_disclosure;

CREATE TABLE IF NOT EXISTS history_portal_message AS fact_portal_message
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, message_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_portal_message TO history_portal_message AS SELECT
    practice_id, message_id, thread_of, author_id, from_staff, sent_at, version, deleted, recorded_at
FROM fact_portal_message;

INSERT INTO history_portal_message SELECT
    practice_id, message_id, thread_of, author_id, from_staff, sent_at, version, deleted, recorded_at
FROM fact_portal_message;

CREATE TABLE IF NOT EXISTS history_consent_need AS fact_consent_need
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, need_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_consent_need TO history_consent_need AS SELECT
    practice_id, need_id, client_id, kind, unit_id, cycle, form_version, language, needed_from, sessions_count,
    met_by, met_until, problem, last_consent_id, signer_ids, signer_roles, version, deleted, recorded_at
FROM fact_consent_need;

INSERT INTO history_consent_need SELECT
    practice_id, need_id, client_id, kind, unit_id, cycle, form_version, language, needed_from, sessions_count,
    met_by, met_until, problem, last_consent_id, signer_ids, signer_roles, version, deleted, recorded_at
FROM fact_consent_need;

CREATE TABLE IF NOT EXISTS history_finding AS fact_finding
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, finding_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_finding TO history_finding AS SELECT
    finding_id, practice_id, rule, rule_version, state, severity, subject, predicts, money_at_stake_cents,
    opened_at, changed_at, why, todo, evidence, historical, version
FROM fact_finding;

INSERT INTO history_finding SELECT
    finding_id, practice_id, rule, rule_version, state, severity, subject, predicts, money_at_stake_cents,
    opened_at, changed_at, why, todo, evidence, historical, version
FROM fact_finding;

CREATE TABLE IF NOT EXISTS history_draft_request AS fact_draft_request
ENGINE = ReplacingMergeTree
ORDER BY (practice_id, request_id, version)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS keep_history_draft_request TO history_draft_request AS SELECT
    request_id, practice_id, session_id, kind, unit_id, clinician_id, client_ids, state, requested_at,
    changed_at, version
FROM fact_draft_request;

INSERT INTO history_draft_request SELECT
    request_id, practice_id, session_id, kind, unit_id, clinician_id, client_ids, state, requested_at,
    changed_at, version
FROM fact_draft_request;

-- What an auditor asks for: more about sessions, visits, claims, notes and consents, and five kinds of rows beside them.
-- Column = field of the model of the same name in schemas/facts.py and schemas/evidence.py; ids, codes, times, amounts.
ALTER TABLE fact_session
    ADD COLUMN IF NOT EXISTS recorded_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS facilitator_ids Array(String);

ALTER TABLE fact_attendance
    ADD COLUMN IF NOT EXISTS recorded_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS needed_consents Array(String),
    ADD COLUMN IF NOT EXISTS missing_consents Array(String),
    ADD COLUMN IF NOT EXISTS covered_by Array(String),
    ADD COLUMN IF NOT EXISTS billable_code LowCardinality(Nullable(String)),
    ADD COLUMN IF NOT EXISTS file_by Nullable(Date32);

ALTER TABLE fact_claim
    ADD COLUMN IF NOT EXISTS recorded_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS codes Array(String),
    ADD COLUMN IF NOT EXISTS sequence LowCardinality(Nullable(String)),
    ADD COLUMN IF NOT EXISTS frequency Nullable(Int64),
    ADD COLUMN IF NOT EXISTS rendering_id Nullable(String),
    ADD COLUMN IF NOT EXISTS standing Bool DEFAULT true,
    ADD COLUMN IF NOT EXISTS accepted_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS rejected_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS file_by Nullable(Date32);

ALTER TABLE fact_note
    ADD COLUMN IF NOT EXISTS recorded_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS kind LowCardinality(Nullable(String)),
    ADD COLUMN IF NOT EXISTS service_on Nullable(Date32),
    ADD COLUMN IF NOT EXISTS requested_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS signed_by Nullable(String),
    ADD COLUMN IF NOT EXISTS cosign_needed Bool,
    ADD COLUMN IF NOT EXISTS cosigned_by Nullable(String),
    ADD COLUMN IF NOT EXISTS cosigned_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS amended Bool,
    ADD COLUMN IF NOT EXISTS addendum_to Nullable(String),
    ADD COLUMN IF NOT EXISTS participant_count Nullable(Int64),
    ADD COLUMN IF NOT EXISTS context Array(String),
    ADD COLUMN IF NOT EXISTS ai_consents Array(String);

ALTER TABLE fact_consent
    ADD COLUMN IF NOT EXISTS recorded_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS form_version Nullable(String),
    ADD COLUMN IF NOT EXISTS language LowCardinality(Nullable(String)),
    ADD COLUMN IF NOT EXISTS unit_id Nullable(String),
    ADD COLUMN IF NOT EXISTS cycle Nullable(String),
    ADD COLUMN IF NOT EXISTS signer_ids Array(String),
    ADD COLUMN IF NOT EXISTS signer_roles Array(String),
    ADD COLUMN IF NOT EXISTS partly_revoked_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS missing_elements Array(String),
    ADD COLUMN IF NOT EXISTS written_notice Nullable(Bool);

CREATE TABLE IF NOT EXISTS fact_practice
(
    practice_id LowCardinality(String),
    name Nullable(String),
    timezone LowCardinality(Nullable(String)),
    state LowCardinality(Nullable(String)),
    part2_program Nullable(Bool),
    policy_fingerprint Nullable(String),
    own_policy Bool,
    adopted_at Nullable(DateTime64(3, 'UTC')),
    version UInt64,
    deleted UInt8,
    recorded_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_charge
(
    practice_id LowCardinality(String),
    charge_id String,
    session_id String,
    client_id String,
    code Nullable(String),
    service_on Nullable(Date32),
    amount_cents Nullable(Int64),
    invoiced_at Nullable(DateTime64(3, 'UTC')),
    version UInt64,
    deleted UInt8,
    recorded_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, charge_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_authorization
(
    practice_id LowCardinality(String),
    authorization_id String,
    client_id String,
    payer LowCardinality(Nullable(String)),
    kind LowCardinality(Nullable(String)),
    codes Array(String),
    starts_on Nullable(Date32),
    ends_on Nullable(Date32),
    units_approved Nullable(Int64),
    units_used Nullable(Int64),
    version UInt64,
    deleted UInt8,
    recorded_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, authorization_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_disclosure
(
    practice_id LowCardinality(String),
    disclosure_id String,
    client_id Nullable(String),
    unit_id Nullable(String),
    status LowCardinality(Nullable(String)),
    recipient_class LowCardinality(Nullable(String)),
    purpose Nullable(String),
    contents Array(String),
    under_consents Array(String),
    part2 Nullable(Bool),
    part2_notice Nullable(Bool),
    consent_copy Nullable(Bool),
    asked_at Nullable(DateTime64(3, 'UTC')),
    sent_at Nullable(DateTime64(3, 'UTC')),
    version UInt64,
    deleted UInt8,
    recorded_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, disclosure_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_portal_message
(
    practice_id LowCardinality(String),
    message_id String,
    thread_of Nullable(String),
    author_id Nullable(String),
    from_staff Bool,
    sent_at Nullable(DateTime64(3, 'UTC')),
    version UInt64,
    deleted UInt8,
    recorded_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, message_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_consent_need
(
    practice_id LowCardinality(String),
    need_id String,
    client_id String,
    kind LowCardinality(String),
    unit_id Nullable(String),
    cycle Nullable(String),
    form_version Nullable(String),
    language LowCardinality(Nullable(String)),
    needed_from Nullable(DateTime64(3, 'UTC')),
    sessions_count Int64,
    met_by Nullable(String),
    met_until Nullable(DateTime64(3, 'UTC')),
    problem LowCardinality(Nullable(String)),
    last_consent_id Nullable(String),
    signer_ids Array(String),
    signer_roles Array(String),
    version UInt64,
    deleted UInt8,
    recorded_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, need_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

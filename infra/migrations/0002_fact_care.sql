-- Sessions, attendance, claims, notes and consents, latest version each; a row with deleted = 1 hides the thing.
-- Column = field of the model of the same name in schemas/facts.py; ids, codes, times and amounts only.
CREATE TABLE IF NOT EXISTS fact_session
(
    practice_id LowCardinality(String),
    session_id String,
    kind LowCardinality(String),
    unit_id Nullable(String),
    lead_clinician_id Nullable(String),
    status LowCardinality(String),
    modality LowCardinality(Nullable(String)),
    scheduled_start_at Nullable(DateTime64(3, 'UTC')),
    started_at Nullable(DateTime64(3, 'UTC')),
    ended_at Nullable(DateTime64(3, 'UTC')),
    service_on Nullable(Date32) COMMENT 'local date of the actual start, of the scheduled start until then',
    duration_minutes Nullable(Int64),
    booked_count Int64,
    attended_count Int64,
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, session_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_attendance
(
    practice_id LowCardinality(String),
    session_id String,
    client_id String,
    status LowCardinality(Nullable(String)),
    present_minutes Nullable(Int64),
    service_on Nullable(Date32),
    treatment_consent Bool COMMENT 'a treatment consent was in force at the start of the session',
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, session_id, client_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_claim
(
    practice_id LowCardinality(String),
    claim_id String,
    session_id Nullable(String),
    client_id String,
    payer LowCardinality(Nullable(String)),
    status LowCardinality(String),
    service_on Nullable(Date32),
    total_cents Nullable(Int64),
    queued_at Nullable(DateTime64(3, 'UTC')),
    submitted_at Nullable(DateTime64(3, 'UTC')),
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, claim_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_note
(
    practice_id LowCardinality(String),
    note_id String,
    session_id String,
    client_id Nullable(String) COMMENT 'empty = the part shared by the whole session',
    author_id Nullable(String),
    origin LowCardinality(Nullable(String)) COMMENT 'human | ai',
    status LowCardinality(Nullable(String)),
    signed_at Nullable(DateTime64(3, 'UTC')),
    signed_lag_minutes Nullable(Int64) COMMENT 'from the end of the session to the signature',
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, note_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_consent
(
    practice_id LowCardinality(String),
    consent_id String,
    client_id String,
    kind LowCardinality(String),
    status LowCardinality(Nullable(String)),
    signed_at Nullable(DateTime64(3, 'UTC')),
    expires_at Nullable(DateTime64(3, 'UTC')),
    revoked_at Nullable(DateTime64(3, 'UTC')),
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (practice_id, consent_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

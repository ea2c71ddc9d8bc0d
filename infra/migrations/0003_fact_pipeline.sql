-- What the pipeline itself did: drafts it asked for, and messages it set aside (why and where from, never what they said).
CREATE TABLE IF NOT EXISTS fact_draft_request
(
    request_id String,
    practice_id LowCardinality(String),
    session_id String,
    kind LowCardinality(String),
    unit_id Nullable(String),
    clinician_id Nullable(String),
    client_ids Array(String),
    state LowCardinality(String) COMMENT 'requested | withdrawn',
    requested_at DateTime64(3, 'UTC'),
    changed_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (practice_id, request_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

CREATE TABLE IF NOT EXISTS fact_dead_letter
(
    letter_id String,
    reason LowCardinality(String),
    error String COMMENT 'field path and kind of error, no value',
    topic LowCardinality(String),
    partition Int64,
    offset Int64,
    died_at DateTime64(3, 'UTC'),
    replayed Bool,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY letter_id
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

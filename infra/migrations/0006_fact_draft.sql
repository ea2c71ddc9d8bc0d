-- What became of each draft: states, counts, durations and cost, never a word of it.
CREATE TABLE IF NOT EXISTS fact_draft
(
    draft_id String,
    request_id String,
    practice_id LowCardinality(String),
    session_id String,
    kind LowCardinality(String),
    unit_id Nullable(String),
    clinician_id Nullable(String),
    client_ids Array(String),
    state LowCardinality(String) COMMENT 'drafted | blocked | withdrawn',
    drafter LowCardinality(String) COMMENT 'local | model | none',
    rung LowCardinality(String) COMMENT 'how the model was asked: json_schema | json_object | text; local without one',
    model LowCardinality(Nullable(String)),
    prompt_id LowCardinality(Nullable(String)),
    prompt_version LowCardinality(Nullable(String)),
    fell_back UInt8,
    transcript_used UInt8,
    sections UInt32,
    sentences UInt32,
    flagged UInt32,
    removed UInt32,
    withheld UInt32,
    urgent UInt32,
    risk_statements UInt32,
    actions UInt32,
    model_calls UInt32,
    input_tokens UInt64,
    output_tokens UInt64,
    cost_micros UInt64,
    model_seconds Float64,
    requested_at DateTime64(3, 'UTC'),
    created_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (practice_id, draft_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

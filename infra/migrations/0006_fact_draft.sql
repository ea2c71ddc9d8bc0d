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
    fell_back Int64,
    transcript_used Int64,
    sections Int64,
    sentences Int64,
    flagged Int64,
    removed Int64,
    withheld Int64,
    urgent Int64,
    risk_statements Int64,
    actions Int64,
    model_calls Int64,
    input_tokens Int64,
    output_tokens Int64,
    cost_micros Int64,
    model_seconds Float64,
    requested_at DateTime64(3, 'UTC'),
    created_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (practice_id, draft_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

-- How good drafts were whenever they were evaluated: a row for each metric, over a client, over a session, over all.
CREATE TABLE IF NOT EXISTS fact_evaluation
(
    run_id String,
    evaluated_at DateTime64(3, 'UTC'),
    drafter LowCardinality(String) COMMENT 'local | model',
    model LowCardinality(Nullable(String)),
    prompt_id LowCardinality(Nullable(String)),
    prompt_version LowCardinality(Nullable(String)),
    session LowCardinality(String) COMMENT 'name of the session file; empty = over all of them',
    client_id String COMMENT 'empty = over the whole session',
    metric LowCardinality(String),
    value Float64,
    amount Float64,
    of Float64,
    was Nullable(Float64) COMMENT 'of the accepted run, over the same sessions',
    regressed Bool,
    accepted Bool COMMENT 'somebody accepted this run',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (drafter, run_id, metric, session, client_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

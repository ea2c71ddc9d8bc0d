-- What the rules found, latest version per finding. Column = field of schemas.Finding.
-- Read it with FINAL: until parts are merged, older versions are still there.
-- Every fact table below fsyncs: the sink commits its place in Kafka after the acknowledgement, so an acknowledged row
-- must survive a power cut. The deduplication window makes a repeated insert with the same token one insert.
CREATE TABLE IF NOT EXISTS fact_finding
(
    finding_id String,
    practice_id LowCardinality(String),
    rule LowCardinality(String),
    rule_version LowCardinality(String),
    state LowCardinality(String) COMMENT 'open | resolved',
    severity LowCardinality(String) COMMENT 'block | hold | warn',
    subject Map(String, String) COMMENT 'kind of thing to its id',
    predicts Nullable(String) COMMENT 'CARC number of the denial it would cause',
    money_at_stake_cents Nullable(Int64),
    opened_at DateTime64(3, 'UTC') COMMENT 'when the situation came about by the facts',
    changed_at DateTime64(3, 'UTC'),
    why String COMMENT 'names people by id only',
    todo String,
    evidence Array(String),
    historical Bool COMMENT 'was already so when the practice was connected',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (practice_id, finding_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

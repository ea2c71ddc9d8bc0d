"""Every Prometheus metric of every process, once. Labels come from fixed lists; a label never carries an id."""

from prometheus_client import Counter, Gauge, Histogram

LATENCY_SECONDS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

MESSAGES = Counter("conjoint_messages_total", "Messages taken in, by process step and topic", ["step", "topic"])
OUTCOMES = Counter("conjoint_outcomes_total", "How each change ended, by step and reason", ["step", "reason"])
DEAD_LETTERS = Counter("conjoint_dead_letters_total", "Messages set aside, by step and reason", ["step", "reason"])
CLOCK_SKEW = Counter(
    "conjoint_clock_skew_total", "Changes dated more than a day ahead of the practice's clock", ["step"]
)
FINDINGS = Counter(
    "conjoint_findings_total", "Findings emitted, by rule, severity and state", ["rule", "severity", "state"]
)
RULE_FAILURES = Counter("conjoint_rule_failures_total", "Rules that raised, by rule", ["rule"])
DRAFT_REQUESTS = Counter("conjoint_draft_requests_total", "Draft requests emitted, by state", ["state"])
CHANGE_TO_FINDING = Histogram(
    "conjoint_change_to_finding_seconds", "From commit at the source to the finding sent", buckets=LATENCY_SECONDS
)
APPLY_SECONDS = Histogram(
    "conjoint_change_set_apply_seconds",
    "Deciding about one change set",
    buckets=(0.0005, 0.001, 0.002, 0.005, *LATENCY_SECONDS),
)
CHANGE_SET_SIZE = Histogram(
    "conjoint_change_set_changes", "Changes in one change set", buckets=(1, 2, 5, 10, 20, 50, 100, 500)
)
CONSUMER_LAG = Gauge("conjoint_consumer_lag_messages", "Messages not yet read, by step and topic", ["step", "topic"])
FILES = Gauge("conjoint_files", "Files held by this worker, by kind", ["kind"])
SINK_ROWS = Counter("conjoint_sink_rows_total", "Rows written, by table", ["table"])
SINK_RETRIES = Counter("conjoint_sink_retries_total", "Inserts tried again because ClickHouse did not answer")
SINK_SECONDS = Histogram("conjoint_sink_insert_seconds", "One insert", buckets=LATENCY_SECONDS)
CLICKHOUSE_QUERIES = Counter(
    "conjoint_clickhouse_queries_total", "Queries answered, by kind and outcome", ["kind", "outcome"]
)
CLICKHOUSE_SECONDS = Histogram("conjoint_clickhouse_query_seconds", "One query", ["kind"], buckets=LATENCY_SECONDS)
WEBHOOK_DELIVERIES = Counter("conjoint_webhook_deliveries_total", "Webhook deliveries, by outcome", ["outcome"])
PART_UP = Gauge("conjoint_part_up", "1 while a part is healthy", ["part"])
PART_RESTARTS = Counter("conjoint_part_restarts_total", "Times a part was started again after it died", ["part"])
CAPTURE_TASK_UP = Gauge("conjoint_capture_task_up", "1 while a change capture task is running", ["connector"])
CAPTURE_TASK_RESTARTS = Counter(
    "conjoint_capture_task_restarts_total", "Failed capture tasks started again", ["connector"]
)
CAPTURE_SLOT_LAG = Gauge("conjoint_capture_slot_lag_bytes", "Write-ahead log held back for change capture", ["slot"])
SOURCE_SNAPSHOTS = Counter(
    "conjoint_source_snapshots_total", "Times change capture had to take a new snapshot of a source", ["connector"]
)
TOLD_CHANGES = Counter(
    "conjoint_told_changes_total", "Changes that were put together from several tables and sent", ["connector"]
)
CLUSTERS_WAITING = Gauge(
    "conjoint_clusters_waiting", "Records of a source that wait until nothing rewrites them any more", ["connector"]
)
CONSOLE_REQUESTS = Counter(
    "conjoint_console_requests_total", "Console requests, by page and status class", ["page", "status"]
)
CONSOLE_STREAMS = Gauge("conjoint_console_live_streams", "Browsers listening for live findings")
SIGN_INS = Counter("conjoint_sign_ins_total", "Sign-in attempts, by outcome", ["outcome"])
PRACTICE_CLOCK = Gauge("conjoint_practice_clock_seconds", "The practice's clock (Unix time)")
SIMULATOR_ACTIONS = Counter("conjoint_simulator_actions_total", "What the reference practice did", ["action"])
DRAFTS = Counter("conjoint_drafts_total", "Drafts delivered, by state and who wrote them", ["state", "drafter"])
DRAFTS_WAITING = Gauge("conjoint_drafts_waiting", "Draft contexts not yet answered by a draft")
DRAFTS_OVERTAKEN = Counter(
    "conjoint_drafts_overtaken_total", "Drafts given up because the session or a consent changed meanwhile", ["step"]
)
DRAFT_SECONDS = Histogram("conjoint_draft_seconds", "From starting a draft to its delivery", buckets=LATENCY_SECONDS)
MODEL_CALLS = Counter(
    "conjoint_model_calls_total", "Questions to the model, by way of asking and outcome", ["rung", "outcome"]
)
MODEL_SECONDS = Histogram("conjoint_model_call_seconds", "One request to the model", buckets=LATENCY_SECONDS)
MODEL_TOKENS = Counter("conjoint_model_tokens_total", "Tokens, by direction", ["direction"])
MODEL_COST = Counter("conjoint_model_cost_dollars_total", "What the model cost, by the configured prices")
EVALUATION_REGRESSIONS = Gauge(
    "conjoint_evaluation_regressions", "Metrics of drafts that are worse than accepted, by who drafts", ["drafter"]
)
EVALUATION_FAILURES = Counter("conjoint_evaluation_failures_total", "Evaluations of drafts that could not be made")
CLAIM_PROPOSALS = Gauge("conjoint_claim_proposals", "Claims that lie before the biller")

"""Every topic of ours, once: its name, what it carries, how long it is kept. A practice stays in one partition.

Keyed by practice id, or (`latest_only`) by the thing itself with the practice's partition named. Partitioner murmur2
everywhere (librdkafka: PARTITIONER), or one practice would land in two partitions.
"""

from dataclasses import dataclass

from schemas.change import ChangeSet
from schemas.draft import SessionDraft
from schemas.draft_context import DraftContext
from schemas.draft_fact import DraftFact
from schemas.draft_request import DraftRequest
from schemas.evaluation_fact import EvaluationFact
from schemas.evidence import Evidence
from schemas.facts import Fact
from schemas.finding import Finding
from schemas.record import Schema

PARTITIONER = "murmur2_random"
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and its value schema; `value` None = bytes as they were delivered.

    `latest_only`: keyed by what the message is about, in the partition of its practice, so that the broker need keep
    only the last word on each.
    """

    name: str
    value: type[Schema] | None
    retention_ms: int
    latest_only: bool = False

    @property
    def config(self) -> dict[str, str]:
        """Broker-side settings."""
        policy = {"cleanup.policy": "compact,delete", "min.cleanable.dirty.ratio": "0.1"} if self.latest_only else {}
        return {"retention.ms": str(self.retention_ms), "max.message.bytes": str(MAX_MESSAGE_BYTES), **policy}


CARE_CHANGES = Topic("care.changes", ChangeSet, 14 * _DAY_MS)
FINDINGS = Topic("findings", Finding, 90 * _DAY_MS)
DRAFT_REQUESTS = Topic("draft.requests", DraftRequest, 90 * _DAY_MS)
DRAFT_CONTEXTS = Topic("draft.contexts", DraftContext, 14 * _DAY_MS, latest_only=True)
"""What drafts are made of, keyed by request: the one topic of ours that holds transcripts."""
DRAFTS = Topic("drafts", SessionDraft, 90 * _DAY_MS, latest_only=True)
"""Keyed by draft."""
DRAFT_FACTS = Topic("draft.facts", DraftFact, 14 * _DAY_MS)
EVALUATION_FACTS = Topic("evaluation.facts", EvaluationFact, 90 * _DAY_MS)
FACTS = Topic("facts", Fact, 14 * _DAY_MS)
EVIDENCE = Topic("evidence", Evidence, 14 * _DAY_MS)
"""More rows for analytics, of the kinds an auditor asks for."""
DEAD_LETTERS = Topic("dead.letters", None, 90 * _DAY_MS)
WEBHOOK = Topic("raw.webhook", None, 14 * _DAY_MS)

TOPICS = (
    CARE_CHANGES,
    FINDINGS,
    DRAFT_REQUESTS,
    DRAFT_CONTEXTS,
    DRAFTS,
    DRAFT_FACTS,
    EVALUATION_FACTS,
    FACTS,
    EVIDENCE,
    DEAD_LETTERS,
    WEBHOOK,
)
"""What `prepare` creates; raw.<source>.<table> topics are made by change capture itself."""
RAW_PATTERN = r"^raw\..*"

HEADER_COMMITTED_MS = "committed-ms"
HEADER_LOG = "conjoint-log"
"""On raw rows of a binary log that began anew: what is added to the number of its file, so that revisions go on."""
"""Wall-clock commit time at the source, carried along for the change-to-finding latency."""
HEADER_DRAFT_VERSION = "conjoint-draft-version"
"""Of a message on drafts: its version, practice and request, so that they are known without reading it."""
HEADER_DEAD_LETTER = "conjoint-dead-letter"
"""The DeadLetter record (JSON) of a message on dead.letters."""
HEADER_REPLAYED = "conjoint-replayed"
"""Set on a message that was put back from dead.letters."""

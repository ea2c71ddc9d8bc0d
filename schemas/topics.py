"""Every topic of ours, once: its name, what it carries, how long it is kept. All are keyed by practice id.

Partitioner murmur2 everywhere (librdkafka: PARTITIONER), or one practice would land in two partitions.
"""

from dataclasses import dataclass

from schemas.change import ChangeSet
from schemas.draft_request import DraftRequest
from schemas.facts import Fact
from schemas.finding import Finding
from schemas.record import Schema

PARTITIONER = "murmur2_random"
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and its value schema; `value` None = bytes as they were delivered."""

    name: str
    value: type[Schema] | None
    retention_ms: int

    @property
    def config(self) -> dict[str, str]:
        """Broker-side settings."""
        return {"retention.ms": str(self.retention_ms), "max.message.bytes": str(MAX_MESSAGE_BYTES)}


CARE_CHANGES = Topic("care.changes", ChangeSet, 14 * _DAY_MS)
FINDINGS = Topic("findings", Finding, 90 * _DAY_MS)
DRAFT_REQUESTS = Topic("draft.requests", DraftRequest, 90 * _DAY_MS)
FACTS = Topic("facts", Fact, 14 * _DAY_MS)
DEAD_LETTERS = Topic("dead.letters", None, 90 * _DAY_MS)
WEBHOOK = Topic("raw.webhook", None, 14 * _DAY_MS)

TOPICS = (CARE_CHANGES, FINDINGS, DRAFT_REQUESTS, FACTS, DEAD_LETTERS, WEBHOOK)
"""What `prepare` creates; raw.<source>.<table> topics are made by change capture itself."""
RAW_PATTERN = r"^raw\..*"

HEADER_COMMITTED_MS = "committed-ms"
"""Wall-clock commit time at the source, carried along for the change-to-finding latency."""
HEADER_DEAD_LETTER = "conjoint-dead-letter"
"""The DeadLetter record (JSON) of a message on dead.letters."""
HEADER_REPLAYED = "conjoint-replayed"
"""Set on a message that was put back from dead.letters."""

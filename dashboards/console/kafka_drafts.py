"""The drafts as the topic `drafts` tells them: the newest version of each, read from its beginning and followed.

Reads Kafka without a group, in a thread of its own; keeps the bytes and decodes a draft when somebody looks at it.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaException, TopicPartition

from dashboards.console.sources import StoreUnavailableError, draft_order
from schemas.codec import codec
from schemas.draft import SessionDraft
from schemas.metrics import DEAD_LETTERS, MESSAGES
from schemas.reasons import Poison
from schemas.topics import DRAFTS, MAX_MESSAGE_BYTES

STEP = "console"
MAX_KEPT = 1_500
ASK_SECONDS = 3.0
SILENCE_SECONDS = 20.0
_log = logging.getLogger("conjoint.console")


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    order: tuple[bool, float, str]
    practice_id: str
    value: bytes = field(repr=False)


class KafkaDrafts:
    """A DraftStore over the topic. Reading begins with the first question."""

    def __init__(self, bootstrap: str, changed: Callable[[str, int], None] = lambda _id, _version: None) -> None:
        self.changed = changed
        """Told the id and version of every draft that arrives after the beginning was read."""
        self._bootstrap = bootstrap
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._caught_up = threading.Event()
        self._answered_at = 0.0
        self._thread: threading.Thread | None = None

    async def list(self, scope: frozenset[str] | None, *, limit: int, offset: int = 0) -> tuple[SessionDraft, ...]:
        found = sorted(await self._all(scope), key=lambda one: one.order)
        return tuple(_decoded(one) for one in found[offset : offset + limit])

    async def count(self, scope: frozenset[str] | None) -> int:
        return len(await self._all(scope))

    async def get(self, draft_id: str, scope: frozenset[str] | None) -> SessionDraft | None:
        await self._all(scope)
        with self._lock:
            kept = self._kept.get(draft_id)
        return None if kept is None or (scope is not None and kept.practice_id not in scope) else _decoded(kept)

    async def close(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 10)

    def start(self) -> None:
        """Begin to read, once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._read, name="drafts", daemon=True)
                self._thread.start()

    async def _all(self, scope: frozenset[str] | None) -> "Sequence[_Kept]":
        self.start()
        if not self._caught_up.is_set() and not await asyncio.to_thread(self._caught_up.wait, ASK_SECONDS):
            raise StoreUnavailableError("the topic of drafts is not read yet")
        if time.monotonic() - self._answered_at > SILENCE_SECONDS:
            raise StoreUnavailableError("the broker does not answer")
        with self._lock:
            return [one for one in self._kept.values() if scope is None or one.practice_id in scope]

    # --- the thread ----------------------------------------------------------------------------------------------

    def _read(self) -> None:
        consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": "conjoint-console-drafts",  # librdkafka wants one; assigned partitions never join it
                "enable.auto.commit": False,
                "allow.auto.create.topics": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
                "reconnect.backoff.max.ms": 2_000,
                "log_level": 3,
            }
        )
        try:
            ends = self._assign(consumer)
            asked_at = time.monotonic()
            while not self._stopping.is_set():
                for message in consumer.consume(200, 0.25):
                    value = message.value()
                    if message.error() is None and isinstance(value, bytes):
                        self._take(value)
                if not self._caught_up.is_set() and _is_past(consumer, ends):
                    self._caught_up.set()
                if time.monotonic() - asked_at > ASK_SECONDS:
                    asked_at = time.monotonic()
                    self._ask(consumer)
        finally:
            consumer.close()

    def _assign(self, consumer: Consumer) -> dict[int, int]:
        while not self._stopping.is_set():
            try:
                known = consumer.list_topics(DRAFTS.name, timeout=ASK_SECONDS).topics.get(DRAFTS.name)
                if known is not None and known.error is None:
                    numbers = sorted(known.partitions)
                    ends = {}
                    for number in numbers:
                        place = TopicPartition(DRAFTS.name, number)
                        start, end = consumer.get_watermark_offsets(place, timeout=ASK_SECONDS, cached=False)
                        if start < end:
                            ends[number] = end
                    consumer.assign([TopicPartition(DRAFTS.name, number, 0) for number in numbers])
                    self._answered_at = time.monotonic()
                    return ends
            except KafkaException as error:
                _log.warning("the drafts cannot be read yet (%s)", error.args[0].name())
            self._stopping.wait(1.0)
        return {}

    def _ask(self, consumer: Consumer) -> None:
        try:
            consumer.get_watermark_offsets(TopicPartition(DRAFTS.name, 0), timeout=ASK_SECONDS, cached=False)
        except KafkaException:
            return
        self._answered_at = time.monotonic()

    def _take(self, value: bytes) -> None:
        MESSAGES.labels(STEP, DRAFTS.name).inc()
        try:
            record = codec(DRAFTS.name).decode(value)
        except Poison as poison:
            DEAD_LETTERS.labels(STEP, poison.reason.value).inc()
            _log.warning("a draft was passed over: %s", poison.reason.value)
            return
        assert isinstance(record, SessionDraft)
        with self._lock:
            known = self._kept.get(record.draft_id)
            if known is not None and known.version >= record.version:
                return
            self._kept[record.draft_id] = _Kept(record.version, draft_order(record), record.practice_id, value)
            if len(self._kept) > MAX_KEPT:
                del self._kept[max(self._kept, key=lambda id_: self._kept[id_].order)]
        self._answered_at = time.monotonic()
        if self._caught_up.is_set():
            self.changed(record.draft_id, record.version)


def _is_past(consumer: Consumer, ends: dict[int, int]) -> bool:
    places = consumer.position([TopicPartition(DRAFTS.name, number) for number in ends])
    return all(place.offset >= ends[place.partition] for place in places)


def _decoded(kept: _Kept) -> SessionDraft:
    record = codec(DRAFTS.name).decode(kept.value)
    assert isinstance(record, SessionDraft)
    return record

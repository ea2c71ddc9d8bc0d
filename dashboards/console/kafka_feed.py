"""What changed just now? Findings as they are sent, read from the topic `findings` from this moment on.

Reads Kafka without a group: it commits nothing and disturbs nobody. What nobody can read is counted and passed over.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from dashboards.console.sources import FeedEvent, FeedState, FindingChanged
from schemas.codec import codec
from schemas.finding import Finding
from schemas.metrics import DEAD_LETTERS, MESSAGES
from schemas.reasons import Poison
from schemas.topics import FINDINGS

STEP = "console"
BATCH = 500
POLL_SECONDS = 0.25
ASK_SECONDS = 3.0
MAX_WAITING_BATCHES = 20
_log = logging.getLogger("conjoint.console")


@dataclass(frozen=True)
class KafkaFeed:
    """A FindingFeed over confluent-kafka, in a thread of its own."""

    bootstrap: str
    topic: str = FINDINGS.name

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[FeedEvent]]:
        queue: asyncio.Queue[tuple[FeedEvent, ...]] = asyncio.Queue(MAX_WAITING_BATCHES)
        reader = _Reader(self.bootstrap, self.topic, asyncio.get_running_loop(), queue)
        thread = threading.Thread(target=reader.run, name="findings-feed", daemon=True)
        thread.start()

        async def events() -> AsyncIterator[FeedEvent]:
            while True:
                for event in await queue.get():
                    yield event

        try:
            yield events()
        finally:
            reader.stopping.set()
            await asyncio.to_thread(thread.join, 10)


class _Reader:
    """The thread's side: polls, decodes, hands over, and says when the broker is not there."""

    def __init__(
        self, bootstrap: str, topic: str, loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[tuple[FeedEvent, ...]]
    ) -> None:
        self.stopping = threading.Event()
        self._topic = topic
        self._loop = loop
        self._queue = queue
        self._live: bool | None = None
        self._broker_lost = False
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "conjoint-console",  # librdkafka wants one; assigned partitions never join it
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "allow.auto.create.topics": False,
                "auto.offset.reset": "latest",
                "error_cb": self._on_error,
                "reconnect.backoff.max.ms": 2_000,
                "log_level": 3,
            }
        )

    def run(self) -> None:
        try:
            if self._assign():
                self._read()
        finally:
            self._consumer.close()

    def _assign(self) -> bool:
        """Wait for the topic and take every partition from its end. False when told to stop meanwhile."""
        while not self.stopping.is_set():
            partitions = self._partitions()
            if partitions:
                # the offset is fixed now: "end" would be looked up at the first fetch and lose what comes between
                self._consumer.assign([self._end_of(number) for number in partitions])
                self._tell((self._state(True),))
                return True
            self._mark(False)
            self.stopping.wait(1.0)
        return False

    def _partitions(self) -> list[int]:
        try:
            known = self._consumer.list_topics(self._topic, timeout=ASK_SECONDS).topics.get(self._topic)
        except KafkaException:
            return []
        return [] if known is None or known.error is not None else sorted(known.partitions)

    def _end_of(self, number: int) -> TopicPartition:
        partition = TopicPartition(self._topic, number)
        try:
            _, end = self._consumer.get_watermark_offsets(partition, timeout=ASK_SECONDS)
        except KafkaException:
            end = OFFSET_END
        return TopicPartition(self._topic, number, end)

    def _read(self) -> None:
        asked_at = time.monotonic()
        while not self.stopping.is_set():
            messages = self._consumer.consume(BATCH, timeout=POLL_SECONDS)
            events = tuple(event for message in messages for event in self._events(message))
            if events:
                self._broker_lost = False
                self._mark(True)
                self._tell(events)
            elif self._broker_lost and time.monotonic() - asked_at > ASK_SECONDS:
                asked_at = time.monotonic()
                self._mark(False)
                if self._partitions():
                    self._broker_lost = False
                    self._mark(True)

    def _events(self, message: Message) -> tuple[FeedEvent, ...]:
        if message.error() is not None:
            return ()
        MESSAGES.labels(STEP, self._topic).inc()
        try:
            finding = codec(self._topic).decode(message.value())
        except Poison as poison:
            DEAD_LETTERS.labels(STEP, poison.reason.value).inc()
            _log.warning("finding passed over: %s, partition %s", poison.reason.value, message.partition())
            return ()
        return (FindingChanged(finding),) if isinstance(finding, Finding) else ()

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._broker_lost = True

    def _mark(self, live: bool) -> None:
        if self._live is not live:
            self._tell((self._state(live),))

    def _state(self, live: bool) -> FeedState:
        self._live = live
        return FeedState(live)

    def _tell(self, events: tuple[FeedEvent, ...]) -> None:
        """Hand over, and wait while the loop is busy: the broker keeps what we do not take yet."""
        if self._loop.is_closed():
            return
        handed = asyncio.run_coroutine_threadsafe(self._queue.put(events), self._loop)
        while not self.stopping.is_set():
            try:
                handed.result(timeout=0.5)
            except TimeoutError:
                continue
            return
        handed.cancel()

"""A broker in memory: topics, partitions, offsets and deletion, behind the same calls as confluent-kafka's clients.

For tests. What it promises is checked against the real broker by the contract tests that run on both.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from connectors.dead_letters import Headers

Delivered = Callable[[KafkaError | None, Message], None]


@dataclass
class InMemoryBroker:
    """Holds what was produced. `away` makes every call fail as if nobody answered."""

    partitions: int = 4
    away: bool = False
    refuses: set[str] = field(default_factory=set)
    logs: dict[tuple[str, int], list[Message]] = field(default_factory=lambda: defaultdict(list))
    kept_from: dict[tuple[str, int], int] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)

    def consumer(self) -> "InMemoryConsumer":
        """A reader of its own position."""
        return InMemoryConsumer(self)

    def producer(self) -> "InMemoryProducer":
        """A writer."""
        return InMemoryProducer(self)

    def messages(self, topic: str) -> list[Message]:
        """Everything on a topic, partition by partition."""
        return [message for number in range(self.partitions) for message in self.logs[topic, number]]

    def delete_before(self, topic: str, partition: int, offset: int) -> None:
        """As retention does."""
        self.kept_from[topic, partition] = offset


class InMemoryProducer:
    """Delivers when it is polled or flushed, as librdkafka does."""

    def __init__(self, broker: InMemoryBroker) -> None:
        self._broker = broker
        self._waiting: deque[tuple[Message, Delivered | None]] = deque()
        self.room = 100_000

    def produce(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int = -1,
        *,
        on_delivery: Delivered | None = None,
        headers: Headers | None = None,
    ) -> None:
        """Queue one message. Raises BufferError when there is no room."""
        if len(self._waiting) >= self.room:
            raise BufferError
        if partition < 0:
            partition = crc32(key or b"") % self._broker.partitions
        raw: Headers = [(name, text.encode() if isinstance(text, str) else text) for name, text in headers or []]
        self._waiting.append((Message(topic, partition, -1001, key, value, raw or None), on_delivery))

    def poll(self, timeout: float = 0) -> int:
        """Deliver what waits."""
        return self.flush(timeout)

    def flush(self, timeout: float = 0) -> int:
        """Deliver what waits; an exception of a callback comes out here."""
        while self._waiting:
            message, on_delivery = self._waiting.popleft()
            topic, partition = message.topic() or "", message.partition() or 0
            error = None
            if self._broker.away:
                error = KafkaError(KafkaError._MSG_TIMED_OUT)
            elif topic in self._broker.refuses:
                error = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
            else:
                log = self._broker.logs[topic, partition]
                log.append(Message(topic, partition, len(log), message.key(), message.value(), message.headers()))
                self._broker.topics.add(topic)
            if on_delivery is not None:
                on_delivery(error, message)
        return 0


class InMemoryConsumer:
    """Reads what it is assigned, and tells the end of each partition."""

    def __init__(self, broker: InMemoryBroker) -> None:
        self._broker = broker
        self._events: deque[Message] = deque()

    def list_topics(self, topic: str | None = None, timeout: float = 0) -> Any:
        """Metadata of one topic."""
        if self._broker.away:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        known = topic in self._broker.topics
        error = None if known else KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
        return SimpleNamespace(
            topics={topic: SimpleNamespace(partitions=dict.fromkeys(range(self._broker.partitions)), error=error)}
        )

    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = 0, cached: bool = False
    ) -> tuple[int, int]:
        """The first offset that is kept, and the next one to come."""
        place = (partition.topic, partition.partition)
        return self._broker.kept_from.get(place, 0), len(self._broker.logs[place])

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Start reading there."""
        self._events.clear()
        for one in partitions:
            place = (one.topic, one.partition)
            log = self._broker.logs[place]
            first = max(one.offset, self._broker.kept_from.get(place, 0))
            # a copy of each: whoever reads may clear a value
            self._events += (
                Message(m.topic(), m.partition(), m.offset(), m.key(), m.value(), m.headers()) for m in log[first:]
            )
            end = KafkaError(KafkaError._PARTITION_EOF)
            self._events.append(Message(one.topic, one.partition, len(log), error=end))

    def unassign(self) -> None:
        """Stop reading."""
        self._events.clear()

    def poll(self, timeout: float = 0) -> Message | None:
        """The next message, or the end of a partition."""
        return self._events.popleft() if self._events else None

    def close(self) -> None:
        """Let go."""

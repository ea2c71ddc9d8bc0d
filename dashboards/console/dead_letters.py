"""What could nobody use, and can it be put back? Lists fact_dead_letter, replays from the topic dead.letters.

Reads ClickHouse and Kafka; writes only the replayed message, byte for byte. Must never show or log what a letter says.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from pydantic import ValidationError

from dashboards.console.clickhouse_findings import ClickHouse
from dashboards.console.sources import MAX_LISTED, ReplayRefusedError, instant
from schemas.dead_letter import DeadLetter
from schemas.topics import DEAD_LETTERS, HEADER_DEAD_LETTER, HEADER_REPLAYED, MAX_MESSAGE_BYTES, PARTITIONER, TOPICS

SEARCH_SECONDS = 20.0
_OURS = frozenset(topic.name for topic in TOPICS) - {DEAD_LETTERS.name}
_COLUMNS = """letter_id, reason, error, topic, partition, offset, toUnixTimestamp64Milli(died_at) AS died_ms,
    replayed, version"""


@dataclass(frozen=True)
class StoredDeadLetters:
    """DeadLetters over ClickHouse and Kafka."""

    server: ClickHouse
    bootstrap: str

    async def list(self, *, limit: int, offset: int = 0) -> tuple[DeadLetter, ...]:
        rows = await self.server.rows(
            f"SELECT {_COLUMNS} FROM fact_dead_letter FINAL "  # noqa: S608 - constant fragments only
            "ORDER BY died_at DESC, letter_id LIMIT {limit:UInt32} OFFSET {offset:UInt32}",
            {"limit": min(limit, MAX_LISTED), "offset": offset},
        )
        return tuple(_letter(row) for row in rows)

    async def count(self) -> int:
        [[letters]] = await self.server.rows("SELECT count() FROM fact_dead_letter FINAL", {})
        return int(letters)

    async def get(self, letter_id: str) -> DeadLetter | None:
        rows = await self.server.rows(
            f"SELECT {_COLUMNS} FROM fact_dead_letter FINAL "  # noqa: S608 - constant fragments only
            "WHERE letter_id = {letter_id:String} LIMIT 1",
            {"letter_id": letter_id},
        )
        return _letter(rows[0]) if rows else None

    async def replay(self, letter: DeadLetter) -> None:
        if letter.topic not in _OURS and not letter.topic.startswith("raw."):
            raise ReplayRefusedError(f"{letter.topic} is not a topic of this platform, so nothing was put back.")
        await asyncio.to_thread(self._replay, letter)

    async def close(self) -> None:
        """The server is closed by the findings, which share it."""

    def _replay(self, letter: DeadLetter) -> None:
        try:
            message = self._find(letter)
            if message is None:
                raise ReplayRefusedError(
                    "The message itself is no longer kept (dead letters are kept for 90 days). "
                    "Load the record again from its source instead."
                )
            self._put_back(letter, message)
        except KafkaException:
            raise ReplayRefusedError(
                "The message stream did not answer. Try again when all parts are running."
            ) from None

    def _find(self, letter: DeadLetter) -> Message | None:
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "conjoint-console-replay",  # librdkafka wants one; assigned partitions never join it
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
                "log_level": 3,
            }
        )
        try:
            known = consumer.list_topics(DEAD_LETTERS.name, timeout=5).topics[DEAD_LETTERS.name]
            unread = set(known.partitions)
            consumer.assign([TopicPartition(DEAD_LETTERS.name, number, OFFSET_BEGINNING) for number in unread])
            quiet_seconds = 0.0
            while unread and quiet_seconds < SEARCH_SECONDS:
                messages = consumer.consume(200, timeout=1.0)
                quiet_seconds = 0.0 if messages else quiet_seconds + 1.0
                for message in messages:
                    error = message.error()
                    if error is None and _letter_id(message) == letter.letter_id:
                        return message
                    if error is not None and error.code() == KafkaError._PARTITION_EOF:
                        unread.discard(message.partition())
            return None
        finally:
            consumer.close()

    def _put_back(self, letter: DeadLetter, message: Message) -> None:
        kept = [(name, value) for name, value in _headers(message) if name != HEADER_DEAD_LETTER]
        outcome: list[KafkaError | None] = []
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "partitioner": PARTITIONER,
                "enable.idempotence": True,
                "message.max.bytes": MAX_MESSAGE_BYTES,
                "delivery.timeout.ms": 10_000,
                "log_level": 3,
            }
        )
        producer.produce(
            letter.topic,
            value=message.value(),
            key=message.key(),
            headers=[*kept, (HEADER_REPLAYED, letter.letter_id.encode())],
            on_delivery=lambda error, _: outcome.append(error),
        )
        producer.flush(15)
        if outcome != [None]:
            raise ReplayRefusedError(
                "The message stream did not take the message. Try again when all parts are running."
            )


def _headers(message: Message) -> list[tuple[str, bytes | None]]:
    headers: Any = message.headers() or []
    return list(headers)


def _letter_id(message: Message) -> str | None:
    for name, value in _headers(message):
        if name == HEADER_DEAD_LETTER and isinstance(value, bytes):
            try:
                return DeadLetter.model_validate_json(value).letter_id
            except ValidationError:
                return None
    return None


def _letter(row: Sequence[Any]) -> DeadLetter:
    letter_id, reason, error, topic, partition, offset, died_ms, replayed, version = row
    return DeadLetter(
        letter_id=letter_id,
        reason=reason,
        error=error,
        topic=topic,
        partition=partition,
        offset=offset,
        died_at=instant(died_ms),
        replayed=replayed,
        version=version,
    )

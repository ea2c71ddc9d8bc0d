"""What keeps the desk's database up to date? care.changes into the chart, drafts into the queue, in one consumer group.
Reads both topics in batches; writes the desk in one transaction per batch, then commits its place.
Must never commit its place before the rows are in: a batch read twice changes nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, Message

from dashboards.desk import charts, drafts, intake
from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError
from schemas.change import Change
from schemas.codec import codec, read_change_set
from schemas.draft import SessionDraft
from schemas.metrics import MESSAGES, OUTCOMES
from schemas.reasons import Poison
from schemas.topics import CARE_CHANGES, DRAFTS

STEP: Final = "desk"
_PAUSE_S: Final = 1.0
log = logging.getLogger("conjoint.desk")


@dataclass(frozen=True)
class FeedConfig:
    """Where the messages are and how many are taken at once."""

    bootstrap: str
    group: str = "conjoint-desk"
    batch_messages: int = 200
    batch_s: float = 0.3
    client_settings: Mapping[str, Any] = field(default_factory=dict)


class Feed:
    """The consumer without its loop."""

    def __init__(self, config: FeedConfig, desk: DeskDatabase, clock: Callable[[], datetime] | None = None) -> None:
        self._config = config
        self._desk = desk
        self._clock = clock or (lambda: datetime.now(UTC))

    async def follow(self) -> None:
        """Until cancelled. Survives outages of broker and database."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._config.bootstrap,
                "group.id": self._config.group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                **self._config.client_settings,
            },
            logger=_silent(),
        )
        consumer.subscribe([CARE_CHANGES.name, DRAFTS.name])
        try:
            while True:
                messages = await asyncio.to_thread(self._poll, consumer)
                if messages:
                    await self._store(messages)
                    await asyncio.to_thread(self._commit, consumer)
        finally:
            await asyncio.to_thread(consumer.close)

    def _poll(self, consumer: Consumer) -> Sequence[Message]:
        messages = consumer.consume(self._config.batch_messages, self._config.batch_s)
        return [message for message in messages if message.error() is None]

    def _commit(self, consumer: Consumer) -> None:
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as error:
            # after a rebalance the place belongs to another worker, which reads the batch again
            log.warning("place not committed: %s", error.args[0].name())

    async def _store(self, messages: Sequence[Message]) -> None:
        while True:
            try:
                await self.store(messages)
            except DeskUnavailableError:
                log.warning("the desk's database does not answer; trying again")
                await asyncio.sleep(_PAUSE_S)
            else:
                return

    async def store(self, messages: Sequence[Message]) -> None:
        """One batch, all of it or nothing. What cannot be read was set aside upstream and is counted here."""
        changes: list[tuple[str, Change]] = []
        delivered: list[SessionDraft] = []
        for message in messages:
            topic = message.topic() or ""
            MESSAGES.labels(STEP, topic).inc()
            try:
                if topic == DRAFTS.name:
                    if message.value() is not None:
                        delivered.append(_draft_of(message.value()))
                    continue
                change_set, _ = read_change_set(message.value())
            except Poison as poison:
                OUTCOMES.labels(STEP, poison.reason.value).inc()
                continue
            changes += [(change_set.practice_id, change) for change in change_set.changes]
        async with self._desk.transaction() as connection:
            await charts.take(connection, changes)
            for source in delivered:
                await intake.take(connection, source, self._clock())
            noted = {
                (practice_id, getattr(change.data, "session", ""))
                for practice_id, change in changes
                if change.entity == "note" and change.data is not None
            }
            arrived = {(source.practice_id, source.session_id) for source in delivered}
            await drafts.mark_documented(connection, noted | arrived)


def _draft_of(value: bytes | None) -> SessionDraft:
    draft = codec(DRAFTS.name).decode(value)
    assert isinstance(draft, SessionDraft)
    return draft


def _silent() -> logging.Logger:
    """The client library would print every failed attempt to reach the broker."""
    logger = logging.Logger("desk-feed")
    logger.addHandler(logging.NullHandler())
    return logger

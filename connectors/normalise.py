"""How does what the outside delivered become change sets? raw.* → adapter → care.changes, one practice a set.

A plain consumer: poll, map, group, send, wait for the broker, commit. A crash repeats; nothing downstream minds.
Also beats the clock: a tick per partition, because everything on care.changes is decided at its own `now`.
"""

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from connectors.ehr.row import Mapped, Nothing, Outcome, Row, TimeZoneOf
from connectors.setting_aside import SetAside, let_go
from schemas import metrics
from schemas.change import Change, ChangeSet
from schemas.codec import change_of, codec
from schemas.reasons import DEADLY, Poison, Reason
from schemas.topics import (
    CARE_CHANGES,
    HEADER_COMMITTED_MS,
    MAX_MESSAGE_BYTES,
    PARTITIONER,
    RAW_PATTERN,
    WEBHOOK,
)

STEP = "normalise"
BATCH_MESSAGES = 1_000
SET_CHANGES = 200
SET_BYTES = 2 * 1024 * 1024
SKEW = timedelta(days=1)


class RowAdapter(Protocol):
    """One EHR database: what its rows mean. `zone_table` is the table that tells each practice's time zone."""

    @property
    def source(self) -> str: ...
    @property
    def zone_table(self) -> str: ...
    def row(self, key: bytes | None, value: bytes | None) -> Row | Reason: ...
    def zone(self, row: Row) -> tuple[str, ZoneInfo] | None: ...
    def changes(self, row: Row, time_zone_of: TimeZoneOf) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class NormaliseConfig:
    """What the step needs to know. `clock` is the practices' clock: it stamps every set and tick."""

    bootstrap: str
    clock: Callable[[], datetime]
    group: str = "conjoint-normalise"
    tick_every_s: float = 2.0
    poll_s: float = 0.2
    not_ours: tuple[str, ...] = ()
    """Sources whose rows another step puts together."""
    client_settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Sound:
    """A change on its way, with the size it came in and when it was committed at the source."""

    change: Change
    bytes: int
    committed_ms: int


class Zones:
    """Each practice's time zone, learned from the rows that tell it."""

    def __init__(self, look_again: Callable[[], Iterator[tuple[str, ZoneInfo]]], patience_s: float = 10.0) -> None:
        self._zones: dict[str, ZoneInfo] = {}
        self._look_again = look_again
        self._patience_s = patience_s
        self._not_before: dict[str, float] = {}

    def learn(self, practice_id: str, zone: ZoneInfo) -> None:
        """This is the practice's zone now."""
        self._zones[practice_id] = zone

    def of(self, practice_id: str) -> ZoneInfo | None:
        """The zone; reads what the source has said so far once more before giving up, but not for every row anew."""
        zone = self._zones.get(practice_id)
        if zone is None and time.monotonic() >= self._not_before.get(practice_id, 0.0):
            self._zones.update(self._look_again())
            zone = self._zones.get(practice_id)
            if zone is None:
                self._not_before[practice_id] = time.monotonic() + self._patience_s
        return zone


class Normaliser:
    """The step without its loop: messages in, change sets sent."""

    def __init__(
        self,
        config: NormaliseConfig,
        producer: Producer,
        adapters: Sequence[RowAdapter],
        webhook_changes: Callable[[bytes], list[dict[str, Any]]],
        set_aside: SetAside,
    ) -> None:
        self._config = config
        self._producer = producer
        self._adapters = {adapter.source: adapter for adapter in adapters}
        self._webhook_changes = webhook_changes
        self._set_aside = set_aside
        self._codec = codec(CARE_CHANGES.name)
        self._zones = {adapter.source: Zones(partial(self._read_zones, adapter)) for adapter in adapters}
        self._failed: str | None = None

    def take(self, messages: Sequence[Message]) -> None:
        """Map and send one batch; returns when the broker has it all. Raises KafkaException if it does not take it."""
        practices: dict[str, list[_Sound]] = defaultdict(list)
        for message in messages:
            try:
                self._map(message, practices)
            except Poison as poison:
                let_go(STEP, message, poison, self._set_aside)
            except Exception as error:  # a defect of ours: set aside, so that it can be replayed once mended
                let_go(STEP, message, Poison(Reason.FAILED, type(error).__name__), self._set_aside)
        now = self._config.clock()
        for practice_id, sounds in practices.items():
            for chunk in _chunks(sounds):
                self._send(practice_id, now, chunk)
        self._acknowledged()

    def tick(self) -> None:
        """Tell every partition of care.changes what time it is."""
        now = self._config.clock()
        metrics.PRACTICE_CLOCK.set(now.timestamp())
        body = self._codec.encode(ChangeSet(practice_id="", now=now))
        partitions = self._producer.list_topics(CARE_CHANGES.name, timeout=10).topics[CARE_CHANGES.name].partitions
        for partition in partitions:
            self._producer.produce(CARE_CHANGES.name, value=body, partition=partition, on_delivery=self._on_delivery)
        self._acknowledged()

    def _map(self, message: Message, practices: dict[str, list[_Sound]]) -> None:
        topic, value = message.topic() or "", message.value()
        metrics.MESSAGES.labels(STEP, "raw").inc()
        size = len(value or b"")
        if size > MAX_MESSAGE_BYTES:
            raise Poison(Reason.TOO_LARGE, "message")
        if topic == WEBHOOK.name:
            practice_id, raw_changes, committed_ms = self._from_webhook(message, value)
        else:
            mapped, committed_ms = self._from_row(message, topic, value)
            if mapped is None:
                return
            practice_id, raw_changes = mapped.practice_id, list(mapped.changes)
        if not practice_id:
            raise Poison(Reason.NO_PRACTICE, "key")
        changes, poisons = _sound(raw_changes)
        horizon = self._config.clock() + SKEW
        metrics.CLOCK_SKEW.labels(STEP).inc(sum(change.at > horizon for change in changes))
        each = size // max(1, len(changes))
        practices[practice_id] += [_Sound(change, each, committed_ms) for change in changes]
        metrics.OUTCOMES.labels(STEP, Reason.APPLIED.value).inc(len(changes))
        if poisons:
            # one letter for the message; once replayed, its sound changes are repeats that change nothing
            raise poisons[0]

    def _from_webhook(self, message: Message, value: bytes | None) -> tuple[str, list[dict[str, Any]], int]:
        key = message.key()
        practice_id = key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key or "")
        _, timestamp_ms = message.timestamp()
        return practice_id, self._webhook_changes(value or b""), timestamp_ms

    def _from_row(self, message: Message, topic: str, value: bytes | None) -> tuple[Mapped | None, int]:
        adapter = self._adapters.get(topic.split(".")[1])
        if adapter is None:
            raise Poison(Reason.UNKNOWN_ENTITY, "source")
        key = message.key()
        row = adapter.row(key if isinstance(key, bytes) else None, value)
        if isinstance(row, Reason):
            metrics.OUTCOMES.labels(STEP, row.value).inc()
            return None, 0
        zones = self._zones[adapter.source]
        if (told := adapter.zone(row)) is not None:
            zones.learn(*told)
        outcome = adapter.changes(row, zones.of)
        if isinstance(outcome, Nothing):
            if outcome.reason in DEADLY or outcome.reason is Reason.PRACTICE_UNKNOWN:
                raise Poison(outcome.reason, outcome.where)
            metrics.OUTCOMES.labels(STEP, outcome.reason.value).inc()
            return None, 0
        return outcome, int(row.committed_at.timestamp() * 1000)

    def _read_zones(self, adapter: RowAdapter) -> Iterator[tuple[str, ZoneInfo]]:
        topic = adapter.zone_table
        reader = Consumer(
            {
                "bootstrap.servers": self._config.bootstrap,
                "group.id": f"{self._config.group}-zones",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                **self._config.client_settings,
            }
        )
        try:
            known = reader.list_topics(topic, timeout=10).topics[topic]
            if known.error is not None:
                return
            reader.assign([TopicPartition(topic, partition, 0) for partition in known.partitions])
            open_ = len(known.partitions)
            while open_:
                message = reader.poll(10.0)
                if message is None:
                    return
                if (error := message.error()) is not None:
                    open_ -= error.code() == KafkaError._PARTITION_EOF
                    continue
                try:
                    row = adapter.row(None, message.value())
                except Poison:
                    continue  # it is set aside where it is read in earnest
                told = None if isinstance(row, Reason) else adapter.zone(row)
                if told is not None:
                    yield told
        finally:
            reader.close()

    def _send(self, practice_id: str, now: datetime, sounds: Sequence[_Sound]) -> None:
        change_set = ChangeSet(practice_id=practice_id, now=now, changes=tuple(sound.change for sound in sounds))
        committed_ms = str(max(sound.committed_ms for sound in sounds)).encode()
        self._producer.produce(
            CARE_CHANGES.name,
            key=practice_id,
            value=self._codec.encode(change_set),
            headers={HEADER_COMMITTED_MS: committed_ms},
            on_delivery=self._on_delivery,
        )
        self._producer.poll(0)

    def _on_delivery(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed = error.name()

    def _acknowledged(self) -> None:
        left = self._producer.flush(30.0)
        if left or self._failed:
            raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT, self._failed or "not acknowledged"))


def _sound(raw_changes: Iterable[dict[str, Any]]) -> tuple[list[Change], list[Poison]]:
    """The changes that can be true, and why the others cannot: one bad change never takes its neighbours with it."""
    changes: list[Change] = []
    poisons: list[Poison] = []
    for raw in raw_changes:
        try:
            changes.append(change_of(raw))
        except Poison as poison:
            poisons.append(poison)
    return changes, poisons


def _chunks(sounds: Sequence[_Sound]) -> Iterator[Sequence[_Sound]]:
    start = size = 0
    for index, sound in enumerate(sounds):
        if index > start and (index - start >= SET_CHANGES or size + sound.bytes > SET_BYTES):
            yield sounds[start:index]
            start, size = index, 0
        size += sound.bytes
    if start < len(sounds):
        yield sounds[start:]


def producer_of(config: NormaliseConfig) -> Producer:
    """The producer the step sends with."""
    return Producer(
        {
            "bootstrap.servers": config.bootstrap,
            "enable.idempotence": True,
            "partitioner": PARTITIONER,
            "linger.ms": 1,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "compression.type": "lz4",
            **config.client_settings,
        }
    )


def consumer_of(config: NormaliseConfig) -> Consumer:
    """The consumer the step reads with."""
    return Consumer(
        {
            "bootstrap.servers": config.bootstrap,
            "group.id": config.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "topic.metadata.refresh.interval.ms": 2_000,
            "session.timeout.ms": 8_000,
            "heartbeat.interval.ms": 2_000,
            "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
            "fetch.max.bytes": 2 * MAX_MESSAGE_BYTES,
            "queued.max.messages.kbytes": 65_536,
            # as if these did not exist; the pattern of a subscription cannot leave anything out
            **(
                {"topic.blacklist": ",".join(f"^raw[.]{name}[.]" for name in config.not_ours)}
                if config.not_ours
                else {}
            ),
            **config.client_settings,
        }
    )


def run(config: NormaliseConfig, normaliser: Normaliser, stop: threading.Event) -> None:
    """Read, map, send, commit, until `stop`. Raises KafkaException when the broker refuses for good."""
    consumer = consumer_of(config)
    consumer.subscribe([RAW_PATTERN])
    next_tick = time.monotonic()
    try:
        while not stop.is_set():
            if time.monotonic() >= next_tick:
                normaliser.tick()
                _measure_lag(consumer)
                next_tick = time.monotonic() + config.tick_every_s
            first = consumer.poll(config.poll_s)
            if first is None:
                continue
            messages = [first, *consumer.consume(BATCH_MESSAGES - 1, 0)]
            good = [message for message in messages if message.error() is None]
            if good:
                normaliser.take(good)
                consumer.commit(asynchronous=True)
    finally:
        consumer.close()


def _measure_lag(consumer: Consumer) -> None:
    lag = 0
    for position in consumer.position(consumer.assignment()):
        _, high = consumer.get_watermark_offsets(position, cached=True)
        if position.offset >= 0 and high > position.offset:
            lag += high - position.offset
    metrics.CONSUMER_LAG.labels(STEP, "raw").set(lag)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop

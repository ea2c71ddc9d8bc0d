"""How do the rows of EHRs that join tables become change sets? raw.<source>.* → joiner → care.changes.

A plain consumer beside `normalise`, with a shelf of its own for each source: take in, commit position, rows and what
is to be sent together, then send. What a snapshot told is sent at a steady pace, so that nobody's live changes wait.
"""

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from connectors.debezium import later_log
from connectors.ehr.joiner import Joiner, Patience
from connectors.ehr.joining import JoiningAdapter
from connectors.ehr.shelf import Shelf
from connectors.normalise import SET_BYTES, SET_CHANGES
from connectors.setting_aside import SetAside, let_go
from schemas import metrics
from schemas.change import Change, ChangeSet
from schemas.codec import change_of, codec
from schemas.reasons import Poison, Reason
from schemas.topics import CARE_CHANGES, HEADER_COMMITTED_MS, HEADER_LOG, MAX_MESSAGE_BYTES

STEP: Final = "assemble"
HEARTBEAT_PREFIX: Final = "heartbeat"
"""Change capture writes that it is alive to `heartbeat.raw.<source>`."""
BATCH_MESSAGES: Final = 1_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AssembleConfig:
    """What the step needs to know. `shelves`: the folder of its shelves; `clock`: the practices' clock."""

    bootstrap: str
    shelves: Path
    clock: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)
    background_per_s: int = 500
    """Changes a second of what a snapshot told: a fraction of what one keeper folds, because another practice's live
    changes queue behind them (at 1 500 they waited more than a second on two busy cores)."""
    look_for_topics_every_s: float = 2.0
    client_settings: Mapping[str, Any] = field(default_factory=dict)


class Pace:
    """How much may be sent now at so many a second; never more than a second's worth at once."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._left = float(per_s)
        self._at = time.monotonic()

    def left(self) -> int:
        """How much may be sent now."""
        now = time.monotonic()
        self._left = min(float(self._per_s), self._left + (now - self._at) * self._per_s)
        self._at = now
        return int(self._left)

    def spend(self, count: int) -> None:
        """So much was sent."""
        self._left -= count


class Heard:
    """When a source was heard, on the wall clock in seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def now(self, at: float) -> None:
        """It was heard."""
        if not self._times or at - self._times[-1] >= _HEARD_STEP_S:
            self._times.append(at)

    def until(self, moment: float) -> float | None:
        """When it was last heard, no later than at that moment; moments may only grow."""
        while len(self._times) > 1 and self._times[1] <= moment:
            self._times.popleft()
        return self._times[0] if self._times and self._times[0] <= moment else None


_HEARD_STEP_S: Final = 0.2
_CLUSTERS_AT_ONCE: Final = 500
"""Between two looks at what has arrived."""


class Assembly:
    """One source: its shelf, its joiner and how long it has been heard. Everything but the broker."""

    def __init__(self, config: AssembleConfig, adapter: JoiningAdapter, set_aside: SetAside) -> None:
        self.adapter = adapter
        self.heard = Heard()
        self.pace = Pace(config.background_per_s)
        config.shelves.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.shelf = Shelf(adapter.tables, config.shelves / f"{adapter.source}.sqlite")
        self.joiner = Joiner(adapter, self.shelf, config.patience)
        self.topics = re.compile(rf"raw\.{re.escape(adapter.source)}\..+|{self.heartbeat_topic}")
        self._set_aside = set_aside
        self.joiner.begin(time.time())
        self.shelf.commit()

    @property
    def heartbeat_topic(self) -> str:
        """Where the source's change capture says that it is alive."""
        return f"{HEARTBEAT_PREFIX}.raw.{self.adapter.source}"

    def take(self, messages: Sequence[Message]) -> None:
        """Take messages in and remember how far. Nothing is durable until the shelf is committed."""
        now = time.time()
        for message in messages:
            topic, part, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
            metrics.MESSAGES.labels(STEP, "raw").inc()
            if _is_recent(message, now):
                self.heard.now(now)
            if topic != self.heartbeat_topic:
                try:
                    self._row(message, now)
                except Poison as poison:
                    let_go(STEP, message, poison, self._set_aside)
                except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
                    # a defect of ours: set aside, so that it can be replayed once mended
                    let_go(STEP, message, Poison(Reason.FAILED, type(error).__name__), self._set_aside)
            self.shelf.read_until(topic, part, offset + 1)

    def _row(self, message: Message, now: float) -> None:
        value, key = message.value(), message.key()
        if len(value or b"") > MAX_MESSAGE_BYTES:
            raise Poison(Reason.TOO_LARGE, "message")
        row = self.adapter.row(key if isinstance(key, bytes) else None, value)
        if isinstance(row, Reason):
            metrics.OUTCOMES.labels(STEP, row.value).inc()
            return
        row = later_log(row, dict(message.headers() or ()).get(HEADER_LOG))
        if row.snapshot and 0 < self.joiner.newest < row.rev:
            self._snapshot_begins()
        metrics.OUTCOMES.labels(STEP, self.joiner.take(row, now).value).inc()

    def _snapshot_begins(self) -> None:
        metrics.SOURCE_SNAPSHOTS.labels(self.adapter.source).inc()
        log.warning(
            "%s: change capture lost its place in the source's log and takes a new snapshot; what changed in between is"
            " taken over as it is now, without drafts; keep the source's log longer than capture may be down",
            self.adapter.source,
        )

    def settle(self, now: float) -> int:
        """Decide what may be told; how many clusters were."""
        heard_until = self.heard.until(now - self.joiner.patience.quiet_s)
        told = self.joiner.settle(now, limit=_CLUSTERS_AT_ONCE, heard_until=heard_until)
        for kind, poison in self.joiner.refused:
            # nothing of ours may carry it: the record's kind and field say where to look in the EHR
            metrics.OUTCOMES.labels(STEP, poison.reason.value).inc()
            log.error("%s: %s cannot be told (%s)", self.adapter.source, kind, poison)
        self.joiner.refused.clear()
        metrics.CLUSTERS_WAITING.labels(self.adapter.source).set(self.shelf.count_waiting())
        return told


def _is_recent(message: Message, now: float) -> bool:
    """Whether it was written just now; an old one that is only read now says nothing about the source's health."""
    _, written_ms = message.timestamp()
    return bool(now - written_ms / 1000 < _RECENT_S)


_RECENT_S: Final = 2.0


class Sender:
    """Sends what the shelves hold to be sent: live changes at once, the rest at a pace."""

    def __init__(self, config: AssembleConfig, producer: Producer) -> None:
        self._config = config
        self._producer = producer
        self._codec = codec(CARE_CHANGES.name)
        self._failed: str | None = None

    def send(self, assembly: Assembly) -> int:
        """Everything that may go now, in its order; answers how many changes. Raises KafkaException if not taken."""
        count = 0
        while waiting := assembly.shelf.outgoing(SET_CHANGES):
            changes = [(number, at_ms, change_of(orjson.loads(body)), len(body)) for number, at_ms, body in waiting]
            in_background = all(change.snapshot for _, _, change, _ in changes)
            if in_background:
                changes = changes[: max(0, assembly.pace.left())]
                if not changes:
                    break
            for chunk in _chunks(changes):
                self._produce(assembly.adapter.practice_id, chunk)
            self._acknowledged()
            assembly.shelf.sent(changes[-1][0])
            assembly.shelf.commit()
            if in_background:
                assembly.pace.spend(len(changes))
            count += len(changes)
            metrics.TOLD_CHANGES.labels(assembly.adapter.source).inc(len(changes))
        return count

    def _produce(self, practice_id: str, chunk: Sequence[tuple[int, int, Change, int]]) -> None:
        change_set = ChangeSet(
            practice_id=practice_id, now=self._config.clock(), changes=tuple(change for _, _, change, _ in chunk)
        )
        committed_ms = str(max(at_ms for _, at_ms, _, _ in chunk)).encode()
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


def _chunks(
    changes: Sequence[tuple[int, int, Change, int]],
) -> Iterator[Sequence[tuple[int, int, Change, int]]]:
    start = size = 0
    for index, (_, _, _, length) in enumerate(changes):
        if index > start and size + length > SET_BYTES:
            yield changes[start:index]
            start, size = index, 0
        size += length
    yield changes[start:]


class Reader:
    """Reads every raw topic of the sources from where their shelves stand; new topics are found by themselves."""

    def __init__(self, config: AssembleConfig, assemblies: Sequence[Assembly]) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": config.bootstrap,
                # positions are kept on the shelves, together with what was made of them; the group holds none
                "group.id": "conjoint-assemble",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 50,
                "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
                "fetch.max.bytes": 2 * MAX_MESSAGE_BYTES,
                "queued.max.messages.kbytes": 65_536,
                **config.client_settings,
            }
        )
        self._config = config
        self._assemblies = assemblies
        self._assigned: set[tuple[str, int]] = set()
        self._look_again_at = 0.0

    def look_for_topics(self) -> None:
        """Add the topics that have come to be since."""
        if time.monotonic() < self._look_again_at:
            return
        self._look_again_at = time.monotonic() + self._config.look_for_topics_every_s
        known = self._consumer.list_topics(timeout=10).topics
        for assembly in self._assemblies:
            kept = assembly.shelf.positions()
            mine = {topic: data for topic, data in known.items() if assembly.topics.fullmatch(topic)}
            found = [(topic, part) for topic, data in mine.items() for part in data.partitions]
            for place in sorted(set(found) - self._assigned):
                self._consumer.incremental_assign([TopicPartition(*place, kept.get(place, 0))])
                self._assigned.add(place)

    def read(self) -> dict[int, list[Message]]:
        """What has arrived, by the place of its source in `assemblies`."""
        first = self._consumer.poll(0.1)
        if first is None:
            return {}
        by_source: dict[int, list[Message]] = {}
        for message in (first, *self._consumer.consume(BATCH_MESSAGES - 1, 0)):
            error = message.error()
            if error is not None:
                if error.fatal():
                    raise KafkaException(error)
                continue
            for index, assembly in enumerate(self._assemblies):
                if assembly.topics.fullmatch(message.topic() or ""):
                    by_source.setdefault(index, []).append(message)
        return by_source

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def run(
    config: AssembleConfig,
    adapters: Sequence[JoiningAdapter],
    set_aside: SetAside,
    producer: Producer,
    stop: threading.Event,
) -> None:
    """Read, take in, commit, decide, commit, send, until `stop`. Raises KafkaException when the broker refuses."""
    assemblies = [Assembly(config, adapter, set_aside) for adapter in adapters]
    reader, sender = Reader(config, assemblies), Sender(config, producer)
    try:
        while not stop.is_set():
            reader.look_for_topics()
            arrived = reader.read()
            for index, assembly in enumerate(assemblies):
                if messages := arrived.get(index):
                    assembly.take(messages)
                    # letters that were set aside must be with the broker before the position moves past their cause
                    producer.flush(30.0)
                    assembly.shelf.commit()
                if assembly.settle(time.time()):
                    assembly.shelf.commit()
                sender.send(assembly)
    finally:
        reader.close()
        for assembly in assemblies:
            assembly.shelf.close()

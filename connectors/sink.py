"""How do findings, facts, draft requests and dead letters reach ClickHouse, once in effect?
Reads our topics as one consumer group; writes the fact tables; what cannot be stored goes to dead.letters.
Must never commit its place before the rows are in, nor let a value out of a message into a log.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from prometheus_client import start_http_server
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from connectors.dead_letters import DeadLetters
from connectors.normalise import stop_on_signals
from connectors.setting_aside import let_go
from connectors.sink_rows import TOPICS, TableRow, row_of
from connectors.sink_store import ClickHouseAway, ClickHouseStore, RowsRefused, Store, deduplication_token
from schemas import metrics
from schemas.reasons import Poison, Reason
from schemas.topics import DEAD_LETTERS, MAX_MESSAGE_BYTES, PARTITIONER

STEP: Final = "sink"
HOST: Final = "127.0.0.1"
FLUSH_SECONDS: Final = 30.0
LAG_EVERY_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """What the step needs to know. A batch ends at `batch_rows`, `batch_bytes` or `batch_s`, whichever comes first."""

    bootstrap: str
    clickhouse_url: str
    clickhouse_password: str = field(repr=False)
    clickhouse_user: str = "writer"
    metrics_port: int | None = None
    group: str = "conjoint-sink"
    batch_rows: int = 5_000
    batch_bytes: int = 32 * 1024 * 1024
    batch_s: float = 0.2
    longest_pause_s: float = 10.0
    client_settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row and the message it came from."""

    row: TableRow
    message: Message = field(repr=False)

    @property
    def place(self) -> tuple[str, int, int]:
        return _place(self.message)


class Stopped(Exception):
    """Told to end while ClickHouse was away: the batch is not committed and will be read again."""


class Sink:
    """The step without its loop: messages in, rows stored, poison set aside."""

    def __init__(
        self, store: Store, dead_letters: DeadLetters, sleep: Callable[[float], None], longest_s: float
    ) -> None:
        """`sleep` is how to wait while ClickHouse is away; it may raise to give up."""
        self._store = store
        self._dead_letters = dead_letters
        self._retrying = Retrying(
            retry=retry_if_exception_type(ClickHouseAway),
            wait=wait_exponential_jitter(multiplier=0.1, max=longest_s, jitter=0.1),
            sleep=sleep,
            before_sleep=_say_that_it_waits,
            reraise=True,
        )

    def take(self, messages: Sequence[Message]) -> None:
        """Returns once every row is stored and every poison queued for dead.letters. Never raises for a message."""
        tables: dict[str, list[_Placed]] = defaultdict(list)
        for message in messages:
            metrics.MESSAGES.labels(STEP, message.topic() or "").inc()
            try:
                row = row_of(message.topic() or "", _bytes(message.value()), _headers(message))
            except Poison as poison:
                self._dead(message, poison)
            except Exception as error:  # a defect of ours: set aside, so that it can be replayed once mended
                self._dead(message, Poison(Reason.FAILED, type(error).__name__))
            else:
                tables[row.table].append(_Placed(row, message))
        for table, rows in tables.items():
            self._insert(table, rows)

    def _insert(self, table: str, rows: Sequence[_Placed]) -> None:
        token = deduplication_token(table, [row.place for row in rows])
        values = [row.row.values for row in rows]
        started = time.monotonic()
        try:
            self._retrying(self._store.insert, table, values, token)
        except RowsRefused as refused:
            if len(rows) == 1:
                self._dead(rows[0].message, Poison(Reason.IMPOSSIBLE_VALUE, f"{table}: {refused}"))
                return
            # halves, so that one bad row never takes its neighbours with it
            self._insert(table, rows[: len(rows) // 2])
            self._insert(table, rows[len(rows) // 2 :])
            return
        metrics.SINK_SECONDS.observe(time.monotonic() - started)
        metrics.SINK_ROWS.labels(table).inc(len(rows))
        metrics.OUTCOMES.labels(STEP, Reason.APPLIED.value).inc(len(rows))

    def _dead(self, message: Message, poison: Poison) -> None:
        if message.topic() == DEAD_LETTERS.name:
            # a letter about a letter would come back to us for ever; it stays on its topic, counted here
            metrics.OUTCOMES.labels(STEP, poison.reason.value).inc()
            log.warning("a message on %s is not a letter (%s)", DEAD_LETTERS.name, poison.reason.value)
            return
        let_go(STEP, message, poison, self._dead_letters.set_aside)


class _Loop:
    """Poll, store, commit. While ClickHouse is away nothing more is fetched, and the group still hears from us."""

    def __init__(self, config: SinkConfig, stop: threading.Event) -> None:
        self._config = config
        self._stop = stop
        self._waiting = False
        self._early: list[Message] = []
        self._producer = Producer(_producer_settings(config))
        self._consumer = Consumer(_consumer_settings(config))
        self._store = ClickHouseStore(config.clickhouse_url, config.clickhouse_user, config.clickhouse_password)
        self._sink = Sink(self._store, DeadLetters(self._producer), self._wait, config.longest_pause_s)
        self._next_lag = 0.0

    def run(self) -> None:
        self._consumer.subscribe(list(TOPICS), on_assign=self._assigned)
        try:
            while not self._stop.is_set():
                messages = self._batch()
                if messages:
                    self._store_and_commit(messages)
                self._measure_lag()
        except Stopped:
            log.info("stopped while ClickHouse was away; the last batch will be read again")
        finally:
            self._consumer.close()
            self._store.close()

    def _batch(self) -> list[Message]:
        batch, self._early = self._early, []
        size, deadline = 0, time.monotonic() + self._config.batch_s
        while len(batch) < self._config.batch_rows and size < self._config.batch_bytes and not self._stop.is_set():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            for message in self._consumer.consume(min(500, self._config.batch_rows - len(batch)), left_s):
                if (error := message.error()) is None:
                    batch.append(message)
                    size += len(message)
                elif error.fatal():
                    raise KafkaException(error)
        return batch

    def _store_and_commit(self, messages: Sequence[Message]) -> None:
        self._sink.take(messages)
        if self._producer.flush(FLUSH_SECONDS):
            raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT, "dead letters were not taken"))
        if self._waiting:
            self._waiting = False
            self._consumer.resume(self._consumer.assignment())
        ends: dict[tuple[str, int], int] = {}
        for topic, partition, offset in map(_place, messages):
            ends[topic, partition] = max(offset + 1, ends.get((topic, partition), 0))
        try:
            self._consumer.commit(offsets=[TopicPartition(*key, end) for key, end in ends.items()], asynchronous=False)
        except KafkaException as error:
            # the partitions moved on while we wrote: whoever has them repeats these rows, and they replace themselves
            log.warning("the place was not committed (%s); the rows are stored", error.args[0].name())

    def _wait(self, seconds: float) -> None:
        if not self._waiting:
            self._waiting = True
            self._consumer.pause(self._consumer.assignment())
        deadline = time.monotonic() + seconds
        while (left_s := deadline - time.monotonic()) > 0:
            if self._stop.is_set():
                raise Stopped
            message = self._consumer.poll(min(left_s, 0.1))  # keeps us in the group
            if message is not None and message.error() is None:
                self._early.append(message)

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign(partitions)
        if self._waiting:
            consumer.pause(partitions)

    def _measure_lag(self) -> None:
        if time.monotonic() < self._next_lag:
            return
        self._next_lag = time.monotonic() + LAG_EVERY_SECONDS
        lags = dict.fromkeys(TOPICS, 0)
        for position in self._consumer.position(self._consumer.assignment()):
            _, high = self._consumer.get_watermark_offsets(position, cached=True)
            lags[position.topic] += max(0, high - position.offset) if position.offset >= 0 else 0
        for topic, lag in lags.items():
            metrics.CONSUMER_LAG.labels(STEP, topic).set(lag)


def run(config: SinkConfig, stop: threading.Event) -> None:
    """Stores what arrives until `stop`. ClickHouse may be away for any time; raises KafkaException or LetterLost if
    the broker refuses for good."""
    _Loop(config, stop).run()


def main(config: SinkConfig) -> None:
    """The process: metrics, then `run` until SIGTERM or SIGINT."""
    if config.metrics_port is not None:
        start_http_server(config.metrics_port, addr=HOST)
    run(config, stop_on_signals())


def _say_that_it_waits(state: RetryCallState) -> None:
    metrics.SINK_RETRIES.inc()
    failure = state.outcome.exception() if state.outcome is not None else None
    if state.attempt_number in (1, 10, 100) or state.attempt_number % 1000 == 0:
        log.warning("ClickHouse does not take rows (%s); attempt %d, waiting", failure, state.attempt_number)


def _producer_settings(config: SinkConfig) -> dict[str, Any]:
    return {
        "bootstrap.servers": config.bootstrap,
        "enable.idempotence": True,
        "partitioner": PARTITIONER,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "compression.type": "lz4",
        **config.client_settings,
    }


def _consumer_settings(config: SinkConfig) -> dict[str, Any]:
    return {
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
        "queued.max.messages.kbytes": 32_768,
        **config.client_settings,
    }


def _place(message: Message) -> tuple[str, int, int]:
    return message.topic() or "", message.partition() or 0, message.offset() or 0


def _bytes(value: Any) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _headers(message: Message) -> list[tuple[str, str | bytes | None]]:
    headers = message.headers() or ()
    return list(headers.items() if isinstance(headers, dict) else headers)

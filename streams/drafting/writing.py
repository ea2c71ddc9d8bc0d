"""The write_drafts worker: draft.contexts ──► drafts, draft.facts. Slow, concurrent, in a process of its own.

Nothing is sent or delivered before it has read everything the topic held at that moment, so that a consent withdrawn
there stops it. What comes later finds the newer version and writes the draft again. Logs no word of either.
"""

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas import metrics
from schemas.codec import codec
from schemas.draft import SessionDraft
from schemas.draft_context import DraftContext
from schemas.model_call import ModelAway
from schemas.reasons import Poison, Reason
from schemas.topics import (
    DRAFT_CONTEXTS,
    DRAFT_FACTS,
    DRAFTS,
    HEADER_DRAFT_VERSION,
    MAX_MESSAGE_BYTES,
    PARTITIONER,
)
from streams.drafting.board import Board
from streams.drafting.counting import fact_of
from streams.drafting.delivered import delivered_before
from streams.drafting.write import Overtaken, Pens, not_written, write

STEP = "write_drafts"
GROUP = "conjoint-write-drafts"
TRIES_WITH_A_DEFECT = 3
log = logging.getLogger(__name__)


class SetAside(Protocol):
    """Puts a message on dead.letters as it was."""

    def __call__(
        self, value: bytes, key: bytes | None, reason: Reason, where: str, topic: str, partition: int, offset: int
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class WriteDraftsConfig:
    """Where the worker finds its broker, and how much it does at once. `practice_clock`: the practices' present."""

    bootstrap: str
    practice_clock: Callable[[], datetime]
    group: str = GROUP
    at_once: int = 4
    at_once_per_practice: int = 2
    settle_s: float = 1.5
    patience_s: float = 900.0
    """How long a draft waits for a model that is away before the local drafter writes it."""
    longest_pause_s: float = 60.0
    commit_every_s: float = 1.0
    client_settings: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Question:
    """Somebody waits to hear whether a context still stands, as of an end of its partition that is yet to be read."""

    context: DraftContext
    partition: int
    answer: Callable[[bool], None]
    end: int | None = None


class WriteDrafts:
    """The loop: reads contexts, hands them to a few threads, answers their questions, delivers what they bring."""

    def __init__(
        self, config: WriteDraftsConfig, pens: Pens, producer: Producer, set_aside: SetAside, stop: threading.Event
    ) -> None:
        self._config = config
        self._pens = pens
        self._stop = stop
        self._producer = producer
        self._set_aside = set_aside
        self._board = Board(config.settle_s, config.at_once, config.at_once_per_practice)
        self._consumer = Consumer(_consumer_settings(config))
        self._asked: queue.SimpleQueue[_Question] = queue.SimpleQueue()
        self._open: list[_Question] = []
        self._put_off: queue.SimpleQueue[tuple[DraftContext, float]] = queue.SimpleQueue()
        self._assigned: set[int] = set()
        self._committed: dict[int, int] = {}
        self._next_commit = 0.0

    def run(self) -> None:
        """Until told to stop; what is in hand then is given up and begun again by the next process."""
        self._consumer.subscribe([DRAFT_CONTEXTS.name], on_assign=self._on_assign, on_revoke=self._on_revoke)
        pool = ThreadPoolExecutor(self._config.at_once, thread_name_prefix=STEP)
        try:
            while not self._stop.is_set():
                self._turn(pool)
        finally:
            self._stop.set()
            self._answer_all(False)
            pool.shutdown(wait=True, cancel_futures=True)
            self._commit()
            self._consumer.close()

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        busy = bool(self._open) or not self._asked.empty()
        for message in self._consumer.consume(100, 0.01 if busy else 0.1):
            self._take(message)
        while not self._put_off.empty():
            context, until_s = self._put_off.get()
            self._board.put_off(context, until_s)
        for context in self._board.ready(time.monotonic()):
            pool.submit(self._work, context)
        self._answer()
        metrics.DRAFTS_WAITING.set(self._board.waiting)
        if time.monotonic() >= self._next_commit:
            self._next_commit = time.monotonic() + self._config.commit_every_s
            self._commit()
            self._measure_lag()

    # --- reading -------------------------------------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            if error.fatal():
                raise KafkaException(error)
            return
        partition, offset = message.partition() or 0, message.offset() or 0
        value = message.value()
        metrics.MESSAGES.labels(STEP, DRAFT_CONTEXTS.name).inc()
        try:
            context = codec(DRAFT_CONTEXTS.name).decode(value if isinstance(value, bytes) else None)
        except Poison as poison:
            metrics.DEAD_LETTERS.labels(STEP, poison.reason.value).inc()
            self._board.read(partition, offset)
            if value is not None:  # None is the broker's own marker of a key that is gone
                self._aside(message, poison)
            return
        assert isinstance(context, DraftContext)
        self._board.take(context, partition, offset, time.monotonic())

    def _aside(self, message: Message, poison: Poison) -> None:
        value, key = message.value(), message.key()
        self._set_aside(
            value if isinstance(value, bytes) else b"",
            key if isinstance(key, bytes) else None,
            poison.reason,
            poison.where,
            DRAFT_CONTEXTS.name,
            message.partition() or 0,
            message.offset() or 0,
        )
        if self._producer.flush(30):
            raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT, "a dead letter was not taken"))

    # --- working, in the pool's threads -----------------------------------------------------------------------------

    def _work(self, context: DraftContext) -> None:
        started = time.monotonic()
        try:
            first_s = self._board.waiting_since_s(context)
            patient = first_s is not None and time.monotonic() - first_s < self._config.patience_s
            self._still_stands(context)
            record = write(
                context,
                self._pens,
                lambda: self._still_stands(context),
                self._config.practice_clock(),
                patient=patient,
            )
            self._ask(context, lambda stands: self._deliver(context, record, started, stands))
        except Overtaken:
            metrics.DRAFTS_OVERTAKEN.labels("sending").inc()
            self._put_off.put((context, time.monotonic() + 1.0))
        except ModelAway as away:
            pause = min(self._config.longest_pause_s, max(away.again_in_s, 2.0 ** min(self._board.tries(context), 6)))
            log.warning("the model is away (%s); a draft waits %.0f s", away.reason, pause)
            self._put_off.put((context, time.monotonic() + pause))
        except Exception as error:  # a defect of ours: tried again, then said in the draft's place; the others go on
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error("defect: %s at %s:%s", type(error).__name__, Path(place.filename).name, place.lineno)
            metrics.OUTCOMES.labels(STEP, Reason.FAILED.value).inc()
            if self._board.tries(context) < TRIES_WITH_A_DEFECT:
                self._put_off.put((context, time.monotonic() + 1.0))
                return
            failed = not_written(context, self._config.practice_clock())
            self._ask(context, lambda stands: self._deliver(context, failed, started, stands))

    def _still_stands(self, context: DraftContext) -> None:
        """Returns once everything the topic holds now was read and this context is still its last word."""
        heard = threading.Event()
        answers: list[bool] = []

        def answer(stands: bool) -> None:
            answers.append(stands)
            heard.set()

        self._ask(context, answer)
        heard.wait()
        if not answers[0]:
            raise Overtaken("the session or a consent changed meanwhile")

    def _ask(self, context: DraftContext, answer: Callable[[bool], None]) -> None:
        partition = self._board.partition_of(context)
        if partition is None or self._stop.is_set():
            answer(False)
            return
        self._asked.put(_Question(context, partition, answer))

    # --- answering and delivering, in the loop's thread ------------------------------------------------------------

    def _answer(self) -> None:
        while not self._asked.empty():
            self._open.append(self._asked.get())
        ends: dict[int, int | None] = {}
        waiting: list[_Question] = []
        for question in self._open:
            if question.partition not in self._assigned:
                question.answer(False)
                continue
            if question.end is None:
                if question.partition not in ends:
                    ends[question.partition] = self._end_of(question.partition)
                question.end = ends[question.partition]
            if question.end is None or self._position(question.partition) < question.end:
                waiting.append(question)
                continue
            question.answer(self._board.stands(question.context, self._config.practice_clock()))
        self._open = waiting

    def _answer_all(self, stands: bool) -> None:
        while not self._asked.empty():
            self._open.append(self._asked.get())
        for question in self._open:
            question.answer(stands)
        self._open = []

    def _end_of(self, partition: int) -> int | None:
        """Where the partition ends at this moment; None while the broker does not say."""
        try:
            _, end = self._consumer.get_watermark_offsets(
                TopicPartition(DRAFT_CONTEXTS.name, partition), timeout=5, cached=False
            )
        except KafkaException:
            return None
        return int(end)

    def _position(self, partition: int) -> int:
        try:
            (position,) = self._consumer.position([TopicPartition(DRAFT_CONTEXTS.name, partition)])
        except KafkaException:
            return -1
        if position.offset >= 0:
            return int(position.offset)
        # nothing was read since the assignment: it stands where the group left it, if that is the end
        (committed,) = self._consumer.committed([TopicPartition(DRAFT_CONTEXTS.name, partition)], timeout=5)
        return max(0, int(committed.offset))

    def _deliver(self, context: DraftContext, record: SessionDraft, started: float, stands: bool) -> None:
        if not stands:
            metrics.DRAFTS_OVERTAKEN.labels("delivering").inc()
            self._board.put_off(context, time.monotonic() + 1.0)
            return
        partition = self._board.partition_of(context)
        assert partition is not None
        failures: list[Any] = []

        def heard(error: Any, _: Message) -> None:
            if error is not None:
                failures.append(error)

        # the row first: if the process dies in between, the draft is written again and with it the same row
        fact = codec(DRAFT_FACTS.name).encode(fact_of(record))
        self._producer.produce(DRAFT_FACTS.name, key=record.practice_id, value=fact, on_delivery=heard)
        self._producer.produce(
            DRAFTS.name,
            key=record.draft_id,
            value=codec(DRAFTS.name).encode(record),
            partition=partition,
            headers={HEADER_DRAFT_VERSION: f"{record.version}/{record.practice_id}/{record.request_id}".encode()},
            on_delivery=heard,
        )
        if self._producer.flush(30) or failures:
            raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT, "a draft was not taken"))
        self._board.delivered(context)
        metrics.DRAFTS.labels(record.state, record.draft.provenance.drafter).inc()
        metrics.DRAFT_SECONDS.observe(time.monotonic() - started)
        metrics.OUTCOMES.labels(STEP, Reason.APPLIED.value).inc()

    def _measure_lag(self) -> None:
        lag = 0
        for place in self._consumer.position(self._consumer.assignment()):
            _, high = self._consumer.get_watermark_offsets(place, cached=True)
            lag += max(0, high - place.offset) if place.offset >= 0 else 0
        metrics.CONSUMER_LAG.labels(STEP, DRAFT_CONTEXTS.name).set(lag)

    # --- partitions and places -----------------------------------------------------------------------------------

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [one.partition for one in partitions]
        for key, version, partition in delivered_before(self._config.bootstrap, numbers, self._config.client_settings):
            self._board.knows_delivered(key, version, partition)
        self._assigned |= set(numbers)

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        lost = {one.partition for one in partitions}
        self._commit()
        self._assigned -= lost
        self._board.forget(lost)
        self._committed = {partition: at for partition, at in self._committed.items() if partition not in lost}

    def _commit(self) -> None:
        done = {number: to for number, to in self._board.done_to().items() if self._committed.get(number) != to}
        if not done:
            return
        places = [TopicPartition(DRAFT_CONTEXTS.name, number, to) for number, to in done.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            log.warning("the place was not committed (%s); what is delivered is known by its version", error.args[0])
            return
        self._committed |= done


def run(
    config: WriteDraftsConfig, pens: Pens, set_aside_with: Callable[[Producer], SetAside], stop: threading.Event
) -> None:
    """Run the worker until `stop`. Raises KafkaException if the broker refuses for good."""
    producer = Producer(
        {
            "bootstrap.servers": config.bootstrap,
            "enable.idempotence": True,
            "partitioner": PARTITIONER,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "compression.type": "lz4",
            **config.client_settings,
        }
    )
    WriteDrafts(config, pens, producer, set_aside_with(producer), stop).run()


def _consumer_settings(config: WriteDraftsConfig) -> dict[str, Any]:
    return {
        "bootstrap.servers": config.bootstrap,
        "group.id": config.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "topic.metadata.refresh.interval.ms": 2_000,
        "session.timeout.ms": 8_000,
        "heartbeat.interval.ms": 2_000,
        "max.poll.interval.ms": 300_000,
        "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
        "fetch.max.bytes": 2 * MAX_MESSAGE_BYTES,
        "queued.max.messages.kbytes": 32_768,
        **config.client_settings,
    }

"""How is a message that nobody can use set aside, looked at, and put back where it came from?
Reads and writes dead.letters; writes the original topic on replay. The original bytes are never touched.
Must never let a value out of a message into a header, an error or a log.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any, Final, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from pydantic import ValidationError

from schemas.care import ENTITIES, PARTS
from schemas.dead_letter import DeadLetter
from schemas.finding import id_from_cause
from schemas.reasons import Reason
from schemas.record import MAX_ID_LENGTH
from schemas.topics import (
    DEAD_LETTERS,
    HEADER_COMMITTED_MS,
    HEADER_DEAD_LETTER,
    HEADER_REPLAYED,
    MAX_MESSAGE_BYTES,
    PARTITIONER,
    RAW_PATTERN,
    TOPICS,
)

HEADER_LEFT_AT_ORIGIN: Final = "conjoint-left-at-origin"
"""Set on a letter whose value would not fit beside its header: the value is still where it died."""

Headers = list[tuple[str, str | bytes | None]]

_HIDDEN: Final = "[hidden]"
_OURS: Final = frozenset(topic.name for topic in TOPICS) - {DEAD_LETTERS.name}
_OVERHEAD_BYTES: Final = 4 * 1024
_ROOM_WITHIN_S: Final = 60.0
_ANSWER_WITHIN_S: Final = 10.0
_METADATA_WITHIN_S: Final = 5.0
_FIRST_WINDOW: Final = 500
_BATCH_LETTERS: Final = 200
_BATCH_BYTES: Final = 32 * 1024 * 1024
_NEAR: Final = 20
_NOT_KEPT: Final = "its message is no longer kept; load the record again from its source"

_KNOWN_WORDS: Final = frozenset({"JSON", "-"} | {model.__name__ for model in (*ENTITIES.values(), *PARTS.values())})
_WORD: Final = re.compile(r"[a-z][A-Za-z0-9_]{0,39}|[0-9]{1,6}|[A-Z][A-Za-z]{0,38}(?:Error|Exception)")
_BETWEEN: Final = re.compile(r"([ .:\[\]]+)")
_HEADER_VALUE: Final = re.compile(rb"[A-Za-z0-9_.:\-]{1,200}")


class LetterLost(RuntimeError):
    """The broker did not take a letter. Raised out of the producer's `flush` or `poll`: commit nothing then."""


class BrokerAway(RuntimeError):
    """The broker did not answer in time, or refused. Names the error, never a value."""


class Outgoing(Protocol):
    """The part of a confluent-kafka producer that setting aside needs; its partitioner must be PARTITIONER."""

    def produce(
        self,
        topic: str,
        value: bytes | None = ...,
        key: bytes | None = ...,
        *,
        on_delivery: Callable[[KafkaError | None, Message], None] | None = ...,
        headers: Headers | None = ...,
    ) -> None: ...

    def poll(self, timeout: float = ...) -> int: ...


class Putting(Protocol):
    """The part of a confluent-kafka producer that putting back needs."""

    def produce(
        self,
        topic: str,
        value: bytes | None = ...,
        key: bytes | None = ...,
        partition: int = ...,
        *,
        on_delivery: Callable[[KafkaError | None, Message], None] | None = ...,
        headers: Headers | None = ...,
    ) -> None: ...

    def flush(self, timeout: float = ...) -> int: ...


class Incoming(Protocol):
    """The part of a confluent-kafka consumer that reading needs."""

    def list_topics(self, topic: str | None = ..., timeout: float = ...) -> Any: ...
    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = ..., cached: bool = ...
    ) -> tuple[int, int]: ...
    def assign(self, partitions: list[TopicPartition]) -> None: ...
    def unassign(self) -> None: ...
    def poll(self, timeout: float = ...) -> Message | None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Broker:
    """How a broker is read from and written to; `broker_at` makes the real one."""

    consumer: Callable[[], Incoming]
    producer: Callable[[], "Putting"]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and the message it is about. `repr` shows neither value nor key."""

    about: DeadLetter
    value: bytes | None = field(repr=False)
    key: bytes | None = field(repr=False)
    headers: tuple[tuple[str, str | bytes | None], ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of each letter that was asked for, by letter id; every id is in exactly one of them."""

    put_back: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Letter id → why it was not put back."""


def letter_id(topic: str, partition: int, offset: int) -> str:
    """The id of the letter about a message: the same message, however often it dies, is one letter."""
    return id_from_cause("dead-letter", topic, str(partition), str(offset))


def safe_where(text: str) -> str:
    """`text` as a place: field path and kind of error, bounded, of [A-Za-z0-9_.:[] -] only.

    A word that could be a value (a name, a number of seven digits, anything not shaped like a field) reads "[hidden]".
    """
    cleaned = " - ".join(_safe_part(part) for part in re.split(r"[;,]\s*", text[: 4 * MAX_ID_LENGTH]) if part.strip())
    return cleaned if len(cleaned) <= MAX_ID_LENGTH else f"{cleaned[: MAX_ID_LENGTH - 3]}..."


def _safe_part(part: str) -> str:
    pieces = _BETWEEN.split(" ".join(part.split()))
    return "".join(piece if not piece or _BETWEEN.fullmatch(piece) else _safe_word(piece) for piece in pieces)


def _safe_word(word: str) -> str:
    return word if word in _KNOWN_WORDS or _WORD.fullmatch(word) else _HIDDEN


class DeadLetters:
    """Sets messages aside with a producer that somebody else owns, flushes and closes."""

    def __init__(self, producer: Outgoing, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._producer = producer
        self._clock = clock

    def set_aside(
        self,
        value: bytes | None,
        key: bytes | None,
        reason: Reason,
        where: str,
        topic: str,
        partition: int,
        offset: int,
        died_at: datetime | None = None,
        headers: Iterable[tuple[str, str | bytes | None]] = (),
    ) -> None:
        """Queue the message for dead.letters, byte for byte; it is there once the producer's `flush` returned.

        `headers`: those of the original; ours are carried along, foreign ones are not (they may say anything).
        Raises LetterLost here if the queue stays full, and out of the producer's `flush` or `poll` if the broker
        refuses: whoever commits only after a flush that did not raise loses nothing.
        """
        about = DeadLetter(
            letter_id=letter_id(topic, partition, offset),
            reason=reason.value,
            error=safe_where(where),
            topic=topic,
            partition=partition,
            offset=offset,
            died_at=died_at or self._clock(),
        )
        carried: Headers = [
            *_own_headers(headers),
            (HEADER_DEAD_LETTER, about.model_dump_json().encode()),
        ]
        if len(value or b"") + len(key or b"") > MAX_MESSAGE_BYTES - _OVERHEAD_BYTES:
            # with our header it would exceed what the topic takes, and one giant would stop the whole step
            value = None
            carried.append((HEADER_LEFT_AT_ORIGIN, b"1"))
        _produce(self._producer, DEAD_LETTERS.name, value, key, carried)


def _own_headers(headers: Iterable[tuple[str, str | bytes | None]]) -> Headers:
    kept: Headers = []
    for name, value in headers:
        raw = value.encode() if isinstance(value, str) else value
        ours = name == HEADER_COMMITTED_MS or name.startswith("conjoint-")
        if ours and name not in _LETTER_HEADERS and raw is not None and _HEADER_VALUE.fullmatch(raw):
            kept.append((name, raw))
    return kept


_LETTER_HEADERS: Final = frozenset({HEADER_DEAD_LETTER, HEADER_REPLAYED, HEADER_LEFT_AT_ORIGIN})


def _produce(producer: Outgoing, topic: str, value: bytes | None, key: bytes | None, headers: Headers) -> None:
    waited_s = 0.0
    while True:
        try:
            producer.produce(topic, value=value, key=key, headers=headers, on_delivery=_must_arrive)
            return
        except BufferError:
            if waited_s >= _ROOM_WITHIN_S:
                raise LetterLost("the producer's queue stays full") from None
            producer.poll(0.1)
            waited_s += 0.1
        except KafkaException as error:
            raise LetterLost(error_name(error)) from None


def _must_arrive(error: KafkaError | None, _: Message) -> None:
    if error is not None:
        raise LetterLost(error.name())


def error_name(error: KafkaException) -> str:
    """The broker's name for what went wrong; its text could quote an address or a configuration."""
    cause = error.args[0] if error.args else None
    return cause.name() if isinstance(cause, KafkaError) else type(error).__name__


# --- reading ---------------------------------------------------------------------------------------------------------


def list_dead_letters(broker: Broker | str, limit: int = 100) -> list[DeadLetter]:
    """The latest state of the letters that died last, newest first. Raises BrokerAway."""
    with _reading(broker) as reader:
        found: dict[str, DeadLetter] = {}
        for window in reader.windows():
            for message in window:
                _fold(found, message)
            if len(found) >= limit:
                break
    return sorted(found.values(), key=lambda about: (about.died_at, about.letter_id), reverse=True)[:limit]


def get(broker: Broker | str, letter_id: str) -> Letter | None:
    """One letter with its message; None if there is none, or it is no longer kept. Raises BrokerAway."""
    with _reading(broker) as reader:
        shelf = _Shelf()
        for window in reader.windows():
            shelf.take(window, frozenset({letter_id}))
            if letter_id in shelf.places:
                break
        if letter_id not in shelf.places:
            return None
        return next(iter(reader.letters(shelf, [letter_id])), None)


def replay(
    broker: Broker | str,
    *,
    letter_ids: Collection[str] | None = None,
    reason: Reason | None = None,
    everything: bool = False,
    again: bool = False,
) -> Replayed:
    """Put messages back on the topics they came from, byte for byte and under their keys, and mark them replayed.

    Name exactly one of `letter_ids`, `reason`, `everything`. Letters that were put back before are left alone unless
    `again`. A message that dies anew is a new letter. Done twice, or broken off and repeated, it converges: whatever
    reads the topics takes a repeat for what it is. Raises BrokerAway.
    """
    if (letter_ids is not None) + (reason is not None) + everything != 1:
        raise TypeError("name letter ids, a reason, or everything")
    with _reading(broker) as reader:
        shelf = _Shelf()
        asked = None if letter_ids is None else frozenset(letter_ids)
        for window in reader.windows():
            shelf.take(window, asked)
            if asked is not None and asked <= shelf.places.keys():
                break
        wanted = [one for one, about in shelf.about.items() if asked is not None or reason in (None, about.reason)]
        already = [] if again else [one for one in wanted if shelf.about[one].replayed]
        due = [one for one in wanted if one not in frozenset(already)]
        unknown = sorted((asked or frozenset()) - shelf.about.keys())
        put_back, refused = _put_back(_broker(broker), reader, shelf, due)
    return Replayed(tuple(put_back), tuple(sorted(already)), tuple(unknown), refused)


def _put_back(
    broker: Broker, reader: "_Reader", shelf: "_Shelf", due: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    refused = {one: _NOT_KEPT for one in due if one not in shelf.places}
    for one in due:
        if not may_be_put_back(shelf.about[one].topic):
            refused[one] = "its topic is not one of this platform"
    put_back: list[str] = []
    letters = reader.letters(shelf, [one for one in due if one not in refused])
    for batch in _batches(letters):
        producer = broker.producer()  # one that failed for good would fail the following batches as well
        originals = [_Sending(one.about.topic, one.value, one.key, _replay_headers(one)) for one in batch]
        problems = _send(producer, originals)
        arrived = [one for one, problem in zip(batch, problems, strict=True) if problem is None]
        refused |= {
            one.about.letter_id: f"its topic did not take it ({problem})"
            for one, problem in zip(batch, problems, strict=True)
            if problem is not None
        }
        # after the messages, never before: a crash in between repeats a replay instead of losing one
        marks = [_mark(one, shelf.places[one.about.letter_id][0]) for one in arrived]
        unmarked = next((problem for problem in _send(producer, marks) if problem is not None), None)
        if unmarked is not None:
            raise BrokerAway(unmarked)
        put_back += [one.about.letter_id for one in arrived]
    for one in set(due) - set(put_back) - refused.keys():
        refused[one] = _NOT_KEPT
    return put_back, refused


def _replay_headers(letter: Letter) -> Headers:
    return [*letter.headers, (HEADER_REPLAYED, letter.about.letter_id.encode())]


def _mark(letter: Letter, partition: int) -> "_Sending":
    # to the letter's own partition, even when it has no key: a reader must meet the letter before its mark
    mark = letter.about.model_copy(update={"replayed": True, "version": letter.about.version + 1})
    headers: Headers = [(HEADER_DEAD_LETTER, mark.model_dump_json().encode())]
    return _Sending(DEAD_LETTERS.name, b"", letter.key, headers, partition)


def _batches(letters: Iterator[Letter]) -> Iterator[list[Letter]]:
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        batch.append(letter)
        size += len(letter.value or b"")
        if len(batch) >= _BATCH_LETTERS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def may_be_put_back(topic: str) -> bool:
    """Whether a topic is one that messages of this platform come from."""
    return topic in _OURS or re.match(RAW_PATTERN, topic) is not None


@dataclass(frozen=True, slots=True)
class _Sending:
    topic: str
    value: bytes | None = field(repr=False)
    key: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)
    partition: int = -1


def _send(producer: Putting, sendings: Sequence[_Sending]) -> list[str | None]:
    """For each: None once the broker has it, else the name of what went wrong."""
    outcomes: list[str | None] = [KafkaError(KafkaError._TIMED_OUT).name()] * len(sendings)

    def note(index: int, error: KafkaError | None, _: Message) -> None:
        outcomes[index] = None if error is None else error.name()

    for index, one in enumerate(sendings):
        try:
            producer.produce(
                one.topic, one.value, one.key, one.partition, headers=one.headers, on_delivery=partial(note, index)
            )
        except KafkaException as error:
            outcomes[index] = error_name(error)
    producer.flush(2 * _ANSWER_WITHIN_S)
    return outcomes


def _fold(found: dict[str, DeadLetter], message: Message) -> DeadLetter | None:
    """Keep what the message says about its letter, if it is the latest word."""
    about = _about(message)
    if about is None:
        return None
    known = found.get(about.letter_id)
    if known is None or about.version > known.version:
        found[about.letter_id] = about
    return about


def _about(message: Message) -> DeadLetter | None:
    raw = dict(message.headers() or ()).get(HEADER_DEAD_LETTER)
    if raw is None:
        return None
    try:
        return DeadLetter.model_validate_json(raw)
    except ValidationError:
        return None  # somebody else wrote to our topic: not a letter


class _Shelf:
    """What is known of letters after reading some of dead.letters from its end: latest word and whereabouts."""

    def __init__(self) -> None:
        self.about: dict[str, DeadLetter] = {}
        self.places: dict[str, tuple[int, int]] = {}

    def take(self, messages: Iterable[Message], asked: frozenset[str] | None) -> None:
        """Take note of the letters that were asked for (None = of all)."""
        for message in messages:
            about = _about(message)
            if about is None or (asked is not None and about.letter_id not in asked):
                continue
            _fold(self.about, message)
            if not about.replayed:
                self.places[about.letter_id] = _place(message)


class _Reader:
    """Reads dead.letters from its end to its beginning in windows, and single messages anywhere."""

    def __init__(self, consumer: Incoming) -> None:
        self._consumer = consumer

    def windows(self) -> Iterator[list[Message]]:
        """Every message, without its value: the newest window first, each in order. Grows as it goes back."""
        ends = self._bounds(DEAD_LETTERS.name)
        size = _FIRST_WINDOW
        while any(low < high for low, high in ends.values()):
            spans = {number: (max(low, high - size), high) for number, (low, high) in ends.items()}
            yield list(self._read(DEAD_LETTERS.name, spans))
            ends = {number: (low, spans[number][0]) for number, (low, _) in ends.items()}
            size *= 4

    def letters(self, shelf: _Shelf, letter_ids: Iterable[str]) -> Iterator[Letter]:
        """The letters with their messages, each partition in order; without those no longer kept."""
        wanted = {shelf.places[one]: one for one in letter_ids}
        elsewhere: list[Letter] = []
        for span in _spans(sorted(wanted)):
            for message in self._read(DEAD_LETTERS.name, span, values=wanted.keys()):
                about = shelf.about[wanted[_place(message)]]
                headers = dict(message.headers() or ())
                letter = Letter(about, message.value(), message.key(), tuple(_own_headers(headers.items())))
                if HEADER_LEFT_AT_ORIGIN in headers:
                    elsewhere.append(letter)
                else:
                    yield letter
        for letter in elsewhere:
            place = (letter.about.partition, letter.about.offset)
            for original in self._read(letter.about.topic, {place[0]: (place[1], place[1] + 1)}, values={place}):
                yield replace(letter, value=original.value())

    def _bounds(self, topic: str) -> dict[int, tuple[int, int]]:
        known = self._consumer.list_topics(topic, timeout=_METADATA_WITHIN_S).topics[topic]
        if known.error is not None:
            raise KafkaException(known.error)
        return {
            number: self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_ANSWER_WITHIN_S)
            for number in known.partitions
        }

    def _read(
        self, topic: str, spans: Mapping[int, tuple[int, int]], *, values: Collection[tuple[int, int]] | None = None
    ) -> Iterator[Message]:
        """The messages in the spans {partition: (first, end)} that are still kept.

        With `values` only those places, with what they say; else all of them, without.
        """
        open_ = {number: end for number, (first, end) in spans.items() if first < end}
        self._consumer.assign([TopicPartition(topic, number, spans[number][0]) for number in open_])
        while open_:
            message = self._consumer.poll(_ANSWER_WITHIN_S)
            if message is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            problem, (number, offset) = message.error(), _place(message)
            if problem is not None:
                if problem.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(problem)
                open_.pop(number, None)
                continue
            if number not in open_:
                continue
            end = open_[number]
            if offset >= end - 1:
                del open_[number]
            if offset >= end or (values is not None and (number, offset) not in values):
                continue
            if values is None:
                message.set_value(None)  # a window may hold thousands of messages of up to 16 MiB
            yield message
        self._consumer.unassign()


def _place(message: Message) -> tuple[int, int]:
    number, offset = message.partition(), message.offset()
    return (-1 if number is None else number, -1 if offset is None else offset)


def _spans(places: Sequence[tuple[int, int]]) -> Iterator[dict[int, tuple[int, int]]]:
    """Stretches to read in one go: sorted places of one partition that lie close together."""
    for number, group in groupby(places, key=lambda place: place[0]):
        first, *others = [offset for _, offset in group]
        end = first + 1
        for offset in others:
            if offset - end > _NEAR or offset - first >= _BATCH_LETTERS:
                yield {number: (first, end)}
                first = offset
            end = offset + 1
        yield {number: (first, end)}


@contextmanager
def _reading(broker: Broker | str) -> Iterator[_Reader]:
    consumer = _broker(broker).consumer()
    try:
        yield _Reader(consumer)
    except KafkaException as error:
        raise BrokerAway(error_name(error)) from None
    finally:
        consumer.close()


def _broker(broker: Broker | str) -> Broker:
    return broker_at(broker) if isinstance(broker, str) else broker


def broker_at(bootstrap: str) -> Broker:
    """The broker at `bootstrap`. Nothing is connected before it is needed."""
    return Broker(partial(_consumer, bootstrap), partial(_producer, bootstrap))


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "conjoint-dead-letters",  # librdkafka wants one; assigned partitions never join it
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
            "fetch.wait.max.ms": 20,  # the default holds back the end of each quiet partition for half a second
            "queued.max.messages.kbytes": 4 * MAX_MESSAGE_BYTES // 1024,
        },
        logger=_silent(),
    )


def _producer(bootstrap: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "partitioner": PARTITIONER,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "delivery.timeout.ms": int(_ANSWER_WITHIN_S * 1000),
            "linger.ms": 0,
        },
        logger=_silent(),
    )


def _silent() -> logging.Logger:
    """The client prints each failed attempt to reach the broker; our one error says it."""
    logger = logging.Logger("conjoint.dead_letters")
    logger.addHandler(logging.NullHandler())
    return logger

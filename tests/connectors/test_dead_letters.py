"""Setting aside, listing and putting back: the same contract on a broker in memory and on a real one."""

import json
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from connectors import dead_letters
from connectors.dead_letters import (
    HEADER_LEFT_AT_ORIGIN,
    Broker,
    BrokerAway,
    DeadLetters,
    LetterLost,
    broker_at,
    letter_id,
    list_dead_letters,
    replay,
    safe_where,
)
from infra.embedded.stack import free_ports
from infra.endpoints import Endpoints
from infra.settings import LOOPBACK
from schemas.dead_letter import DeadLetter
from schemas.reasons import Reason
from schemas.topics import (
    DEAD_LETTERS,
    HEADER_COMMITTED_MS,
    HEADER_DEAD_LETTER,
    HEADER_REPLAYED,
    MAX_MESSAGE_BYTES,
    PARTITIONER,
    TOPICS,
)
from tests.connectors.in_memory_broker import InMemoryBroker

SILENT = logging.Logger("silent")
SILENT.addHandler(logging.NullHandler())
MARK = "Ottilie Quellwasser-Brandt"
DIED_AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
POISON = b"\x00\xff{" + MARK.encode() + b"\n\x1b[2J"


class Bench:
    """One broker under test, with what a test needs to look at it from outside."""

    def __init__(self, broker: Broker, messages: Callable[[str], list[Message]], flush: Callable[[], object]) -> None:
        self.broker = broker
        self.messages = messages
        self.source = f"raw.test-{uuid.uuid4().hex[:8]}"
        self.flush = flush

    def ids(self, *offsets: int, partition: int = 0) -> list[str]:
        """The letter ids of messages of this test's own source."""
        return [letter_id(self.source, partition, offset) for offset in offsets]

    def mine(self, limit: int = 1_000) -> dict[str, DeadLetter]:
        """The letters of this test's own source."""
        return {about.letter_id: about for about in self.all(limit) if about.topic == self.source}

    def all(self, limit: int = 1_000) -> list[DeadLetter]:
        """The letters of every test."""
        return list_dead_letters(self.broker, limit)


class MemoryBench(Bench):
    """On a broker in memory."""

    def __init__(self) -> None:
        self.memory = InMemoryBroker(topics={topic.name for topic in TOPICS})
        producer = self.memory.producer()
        super().__init__(
            Broker(self.memory.consumer, self.memory.producer), self.memory.messages, lambda: producer.flush(0)
        )
        self.memory.topics.add(self.source)
        self.letters = DeadLetters(producer)


class RealBench(Bench):
    """On a real broker."""

    def __init__(self, bootstrap: str) -> None:
        producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": PARTITIONER,
                "enable.idempotence": True,
                "message.max.bytes": MAX_MESSAGE_BYTES,
            }
        )
        self._bootstrap = bootstrap
        super().__init__(broker_at(bootstrap), self._messages, lambda: producer.flush(10))
        client = AdminClient({"bootstrap.servers": bootstrap})
        known = client.list_topics(timeout=10).topics
        wanted = [NewTopic(topic.name, 4, 1, config=topic.config) for topic in TOPICS if topic.name not in known]
        size = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
        for created in client.create_topics([*wanted, NewTopic(self.source, 1, 1, config=size)]).values():
            created.result()
        self.letters = DeadLetters(producer)

    def _messages(self, topic: str) -> list[Message]:
        consumer = Consumer(
            {"bootstrap.servers": self._bootstrap, "group.id": "look", "fetch.message.max.bytes": MAX_MESSAGE_BYTES}
        )
        found = []
        for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            if low == high:
                continue
            consumer.assign([TopicPartition(topic, number, low)])
            while True:
                message = consumer.poll(10)
                assert message is not None
                found.append(message)
                if (message.offset() or 0) >= high - 1:
                    break
        consumer.close()
        return found


@pytest.fixture(params=["in memory", pytest.param("real", marks=pytest.mark.stack)])
def bench(request: pytest.FixtureRequest) -> MemoryBench | RealBench:
    if request.param == "in memory":
        return MemoryBench()
    kafka: Endpoints = request.getfixturevalue("kafka")
    return RealBench(kafka.bootstrap)


def set_aside(
    bench: MemoryBench | RealBench,
    offset: int,
    value: bytes | None = POISON,
    key: bytes | None = b"P-1",
    reason: Reason = Reason.UNDECODABLE,
    where: str = "magic byte",
    died_at: datetime = DIED_AT,
    headers: tuple[tuple[str, str | bytes | None], ...] = (),
) -> str:
    bench.letters.set_aside(value, key, reason, where, bench.source, 0, offset, died_at, headers)
    bench.flush()
    return letter_id(bench.source, 0, offset)


def headers_of(message: Message) -> dict[str, bytes]:
    return {name: raw for name, raw in dict(message.headers() or ()).items() if isinstance(raw, bytes)}


# --- what every broker must give --------------------------------------------------------------------------------------


def test_a_letter_holds_the_message_byte_for_byte_and_says_why_in_its_header_alone(
    bench: MemoryBench | RealBench,
) -> None:
    one = set_aside(bench, 7)
    [message] = [m for m in bench.messages(DEAD_LETTERS.name) if bench.source in str(headers_of(m))]
    assert (message.value(), message.key()) == (POISON, b"P-1")
    assert json.loads(headers_of(message)[HEADER_DEAD_LETTER]) == {
        "letter_id": one,
        "reason": "undecodable",
        "error": "magic byte",
        "topic": bench.source,
        "partition": 0,
        "offset": 7,
        "died_at": "2026-03-02T14:30:00Z",
        "replayed": False,
        "version": 1,
    }


def test_the_same_message_dying_twice_is_one_letter(bench: MemoryBench | RealBench) -> None:
    assert set_aside(bench, 3) == set_aside(bench, 3, died_at=DIED_AT + timedelta(hours=1))
    assert list(bench.mine()) == bench.ids(3)


def test_the_letters_that_died_last_are_listed_first_and_no_more_than_asked(bench: MemoryBench | RealBench) -> None:
    far = datetime(2190, 1, 1, tzinfo=UTC)  # newer than what other tests left on the same broker
    for offset in range(5):
        set_aside(bench, offset, died_at=far + timedelta(minutes=offset))
    newest = [about.letter_id for about in list_dead_letters(bench.broker, 3) if about.topic == bench.source]
    assert newest[:3] == bench.ids(4, 3, 2)


def test_a_letter_is_got_with_its_message_and_shows_it_in_no_repr(bench: MemoryBench | RealBench) -> None:
    one = set_aside(bench, 11)
    letter = dead_letters.get(bench.broker, one)
    assert letter is not None
    assert (letter.value, letter.key, letter.about.offset) == (POISON, b"P-1", 11)
    assert MARK not in repr(letter)
    assert "P-1" not in repr(letter)
    assert dead_letters.get(bench.broker, letter_id(bench.source, 0, 12)) is None


def test_a_replay_puts_the_original_bytes_back_under_their_key_and_says_so(bench: MemoryBench | RealBench) -> None:
    one = set_aside(bench, 0, headers=((HEADER_COMMITTED_MS, "1772461800000"),))
    assert replay(bench.broker, letter_ids=[one]).put_back == (one,)
    [message] = bench.messages(bench.source)
    assert (message.value(), message.key()) == (POISON, b"P-1")
    assert headers_of(message) == {HEADER_COMMITTED_MS: b"1772461800000", HEADER_REPLAYED: one.encode()}


def test_a_replayed_letter_is_marked_and_the_mark_itself_is_small_and_empty(bench: MemoryBench | RealBench) -> None:
    one = set_aside(bench, 0)
    replay(bench.broker, letter_ids=[one])
    about = bench.mine()[one]
    assert (about.replayed, about.version, about.reason) == (True, 2, "undecodable")
    marks = [m for m in bench.messages(DEAD_LETTERS.name) if f'"{one}"'.encode() in headers_of(m)[HEADER_DEAD_LETTER]]
    assert [m.value() for m in marks] == [POISON, b""]
    assert len({m.partition() for m in marks}) == 1


def test_a_letter_without_a_key_is_marked_where_it_lies_so_that_readers_meet_it_first(
    bench: MemoryBench | RealBench,
) -> None:
    ids = [set_aside(bench, offset, key=None) for offset in range(4)]
    assert sorted(replay(bench.broker, letter_ids=ids).put_back) == sorted(ids)
    assert all(about.replayed for about in bench.mine().values())


def test_a_letter_is_put_back_once_unless_asked_again(bench: MemoryBench | RealBench) -> None:
    one = set_aside(bench, 0)
    assert replay(bench.broker, letter_ids=[one]).put_back == (one,)
    assert replay(bench.broker, letter_ids=[one]).already == (one,)
    assert len(bench.messages(bench.source)) == 1
    assert replay(bench.broker, letter_ids=[one], again=True).put_back == (one,)
    assert len(bench.messages(bench.source)) == 2
    assert bench.mine()[one].version == 3


def test_a_letter_set_aside_again_by_a_repeat_after_its_replay_stays_replayed(bench: MemoryBench | RealBench) -> None:
    one = set_aside(bench, 0)
    replay(bench.broker, letter_ids=[one])
    set_aside(bench, 0)
    assert bench.mine()[one].replayed


def test_letters_of_one_reason_are_put_back_and_the_others_stay(bench: MemoryBench | RealBench) -> None:
    odd = set_aside(bench, 0, reason=Reason.UNAVAILABLE_VALUE)
    other = set_aside(bench, 1, reason=Reason.UNKNOWN_WORD)
    assert odd in replay(bench.broker, reason=Reason.UNAVAILABLE_VALUE).put_back
    assert not bench.mine()[other].replayed


def test_everything_is_put_back_in_the_order_it_died(bench: MemoryBench | RealBench) -> None:
    ids = [set_aside(bench, offset, value=f"message {offset}".encode()) for offset in range(30)]
    assert set(ids) <= set(replay(bench.broker, everything=True).put_back)
    assert [m.value() for m in bench.messages(bench.source)] == [f"message {n}".encode() for n in range(30)]
    assert replay(bench.broker, everything=True).put_back == ()


def test_an_empty_and_a_missing_value_come_back_as_they_were(bench: MemoryBench | RealBench) -> None:
    ids = [set_aside(bench, 0, value=b""), set_aside(bench, 1, value=None)]
    assert replay(bench.broker, letter_ids=ids).put_back == tuple(ids)
    assert [m.value() for m in bench.messages(bench.source)] == [b"", None]


def test_an_unknown_letter_is_named_as_such(bench: MemoryBench | RealBench) -> None:
    assert replay(bench.broker, letter_ids=["no-such-letter"]).unknown == ("no-such-letter",)


def test_a_giant_is_left_where_it_died_and_still_found_there(bench: MemoryBench | RealBench) -> None:
    giant = b"x" * (MAX_MESSAGE_BYTES - 2_000)
    producer = bench.broker.producer()
    producer.produce(bench.source, giant, b"P-1", 0, headers=[])
    producer.flush(10)
    one = set_aside(bench, 0, value=giant, reason=Reason.TOO_LARGE, where="message")
    [letter] = [m for m in bench.messages(DEAD_LETTERS.name) if bench.source in str(headers_of(m))]
    assert letter.value() is None
    assert HEADER_LEFT_AT_ORIGIN in headers_of(letter)
    found = dead_letters.get(bench.broker, one)
    assert found is not None
    assert found.value == giant
    assert replay(bench.broker, letter_ids=[one]).put_back == (one,)
    assert bench.messages(bench.source)[-1].value() == giant


def test_more_letters_than_one_reading_window_are_all_found(bench: MemoryBench | RealBench) -> None:
    for offset in range(700):
        bench.letters.set_aside(b"v", b"P-1", Reason.FAILED, "KeyError", bench.source, 0, offset, DIED_AT)
    bench.flush()
    assert len(bench.mine(100_000)) == 700
    oldest = dead_letters.get(bench.broker, bench.ids(0)[0])
    assert oldest is not None
    assert oldest.value == b"v"


# --- what only a broker in memory can be made to do -------------------------------------------------------------------


def test_a_letter_the_broker_refuses_is_an_error_of_the_flush_so_nothing_is_committed() -> None:
    bench = MemoryBench()
    bench.memory.away = True
    bench.letters.set_aside(POISON, b"P-1", Reason.FAILED, MARK, bench.source, 0, 0)
    with pytest.raises(LetterLost, match="_MSG_TIMED_OUT") as caught:
        bench.flush()
    assert MARK not in str(caught.value)


def test_the_real_producer_raises_it_out_of_flush_as_well() -> None:
    [port] = free_ports(1)
    producer = Producer(
        {"bootstrap.servers": f"{LOOPBACK}:{port}", "message.timeout.ms": 200, "log_level": 0}, logger=SILENT
    )
    DeadLetters(producer).set_aside(POISON, b"P-1", Reason.FAILED, "KeyError", "raw.x", 0, 0)
    with pytest.raises(LetterLost, match="_MSG_TIMED_OUT"):
        producer.flush(5)


def test_a_full_queue_is_waited_for() -> None:
    memory = InMemoryBroker()
    producer = memory.producer()
    producer.room = 1
    letters = DeadLetters(producer)
    for offset in range(3):
        letters.set_aside(POISON, None, Reason.FAILED, "KeyError", "raw.x", 0, offset)
    producer.flush()
    assert len(memory.messages(DEAD_LETTERS.name)) == 3


def test_a_topic_that_is_not_of_this_platform_is_never_written_to() -> None:
    bench = MemoryBench()
    bench.letters.set_aside(POISON, None, Reason.FAILED, "KeyError", "payroll", 0, 0)
    bench.letters.set_aside(POISON, None, Reason.FAILED, "KeyError", DEAD_LETTERS.name, 0, 0)
    bench.flush()
    done = replay(bench.broker, everything=True)
    assert done.put_back == ()
    assert set(done.refused.values()) == {"its topic is not one of this platform"}
    assert bench.memory.messages("payroll") == []


def test_a_message_beyond_retention_is_refused_with_what_to_do() -> None:
    bench = MemoryBench()
    one = set_aside(bench, 0)
    replay(bench.broker, letter_ids=[one])
    [place] = {(m.partition() or 0) for m in bench.memory.messages(DEAD_LETTERS.name)}
    bench.memory.delete_before(DEAD_LETTERS.name, place, 1)
    done = replay(bench.broker, letter_ids=[one], again=True)
    assert done.refused == {one: "its message is no longer kept; load the record again from its source"}
    assert dead_letters.get(bench.broker, one) is None


def test_a_topic_that_does_not_take_the_message_leaves_the_letter_unmarked() -> None:
    bench = MemoryBench()
    one = set_aside(bench, 0)
    bench.memory.refuses.add(bench.source)
    assert replay(bench.broker, letter_ids=[one]).refused == {
        one: "its topic did not take it (TOPIC_AUTHORIZATION_FAILED)"
    }
    assert not bench.mine()[one].replayed


def test_a_broken_off_replay_can_be_repeated() -> None:
    bench = MemoryBench()
    one = set_aside(bench, 0)
    bench.memory.refuses.add(DEAD_LETTERS.name)
    with pytest.raises(BrokerAway):
        replay(bench.broker, letter_ids=[one])
    bench.memory.refuses.clear()
    assert replay(bench.broker, letter_ids=[one]).put_back == (one,)
    assert [m.value() for m in bench.memory.messages(bench.source)] == [POISON, POISON]


def test_messages_somebody_else_wrote_to_the_topic_are_not_letters() -> None:
    bench = MemoryBench()
    producer = bench.memory.producer()
    producer.produce(DEAD_LETTERS.name, b"hello")
    producer.produce(DEAD_LETTERS.name, b"hello", headers=[(HEADER_DEAD_LETTER, b'{"letter_id": 7}')])
    producer.flush()
    assert bench.all() == []
    assert replay(bench.broker, everything=True).put_back == ()


def test_a_broker_that_is_away_is_one_named_error() -> None:
    bench = MemoryBench()
    bench.memory.away = True
    for ask in (
        lambda: list_dead_letters(bench.broker),
        lambda: dead_letters.get(bench.broker, "x"),
        lambda: replay(bench.broker, everything=True),
    ):
        with pytest.raises(BrokerAway, match="_TRANSPORT"):
            ask()


def test_a_replay_names_exactly_one_choice() -> None:
    with pytest.raises(TypeError):
        replay(MemoryBench().broker)
    with pytest.raises(TypeError):
        replay(MemoryBench().broker, letter_ids=[], everything=True)


# --- what may stand in a header ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("magic byte", "magic byte"),
        ("not JSON", "not JSON"),
        ("changes[3].rev: int_type", "changes[3].rev: int_type"),
        (
            "arrived: datetime_type; location.place: literal_error",
            "arrived: datetime_type - location.place: literal_error",
        ),
        (
            "source.lsn, source.ts_ms or source.table",
            "source.lsn - source.ts_ms or source.table",
        ),
        ("ehr_attendance.status", "ehr_attendance.status"),
        ("policy document: JSONDecodeError", "policy document: JSONDecodeError"),
        ("Appointment.participant[0].birthDate", "Appointment.participant[0].birthDate"),
        # a map's key is a value somebody wrote
        (f"visit_limits.{MARK}: int_parsing", "visit_limits.[hidden] [hidden]: int_parsing"),
        ("fee_schedule.1961-04-12: string_type", "fee_schedule.[hidden]: string_type"),
        ("thread.+1 (555) 010-4477", "thread.[hidden] [hidden] [hidden]"),
        ("member_id.884412370", "member_id.[hidden]"),
        ("who@example.org", "[hidden].org"),
        ("a\r\nInjected: header", "a [hidden]: header"),
        ("", ""),
    ],
)
def test_a_place_keeps_fields_and_hides_what_could_be_a_value(where: str, said: str) -> None:
    assert safe_where(where) == said


def test_a_place_is_bounded() -> None:
    assert len(safe_where("field." * 500)) == 200
    assert safe_where("field." * 500).endswith("...")


def test_marked_values_appear_in_no_header_whatever_came_in() -> None:
    bench = MemoryBench()
    dirty: tuple[tuple[str, str | bytes | None], ...] = (
        ("patient-name", MARK),
        ("conjoint-source", MARK),
        ("conjoint-received-ms", b"1772461800000"),
        (HEADER_REPLAYED, "an-earlier-letter"),
        ("conjoint-empty", None),
    )
    one = set_aside(bench, 0, where=f"attendance.{MARK}: missing", headers=dirty)
    replay(bench.broker, letter_ids=[one])
    for topic in (DEAD_LETTERS.name, bench.source):
        for message in bench.memory.messages(topic):
            for name, raw in headers_of(message).items():
                assert not any(part in name + raw.decode() for part in MARK.replace("-", " ").split())
    [message] = bench.memory.messages(bench.source)
    assert headers_of(message) == {"conjoint-received-ms": b"1772461800000", HEADER_REPLAYED: one.encode()}

"""The sink stores every row once in effect: alone with a store in memory, and with the real parts killed under it."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client import REGISTRY

from connectors.dead_letters import DeadLetters
from connectors.sink import Sink, SinkConfig, Stopped
from connectors.sink_rows import COLUMNS, TOPICS
from connectors.sink_store import ClickHouseAway, ClickHouseStore, RowsRefused, deduplication_token
from infra.embedded.stack import Stack
from infra.endpoints import Endpoints
from infra.migrate import apply
from infra.prepare import topics
from schemas.codec import codec
from schemas.facts import AttendanceFact, ConsentFact, Fact
from schemas.finding import Finding
from schemas.topics import DEAD_LETTERS, HEADER_DEAD_LETTER, PARTITIONER
from tests.connectors.in_memory_broker import InMemoryBroker
from tests.running import Workers, wait_until

AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def finding(number: int, practice_id: str = "P-1", version: int = 1, state: str = "open") -> Finding:
    return Finding.model_validate(
        {
            "finding_id": f"{practice_id}-{number}",
            "practice_id": practice_id,
            "rule": "B10",
            "rule_version": "1",
            "state": state,
            "severity": "block",
            "subject": {"session": f"S-{number}"},
            "opened_at": AT + timedelta(seconds=number),
            "changed_at": AT,
            "why": "because",
            "todo": "do it",
            "evidence": (f"S-{number}",),
            "version": version,
        }
    )


def message(offset: int, value: bytes, topic: str = "findings", headers: Any = None) -> Message:
    return Message(topic, 0, offset, b"P-1", value, headers)


@dataclass
class MemoryStore:
    """Keeps rows by token. `away` calls fail first; rows whose first value is in `refused` are never taken."""

    away: int = 0
    refused: frozenset[str] = frozenset()
    calls: list[tuple[str, str]] = field(default_factory=list)
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def insert(self, table: str, rows: Sequence[tuple[Any, ...]], token: str) -> None:
        self.calls.append((table, token))
        if self.away > 0:
            self.away -= 1
            raise ClickHouseAway("OperationalError")
        if any(row[0] in self.refused for row in rows):
            raise RowsRefused("DataError")
        self.tables.setdefault(table, []).extend(rows)

    def close(self) -> None:
        return


@dataclass
class Bench:
    store: MemoryStore = field(default_factory=MemoryStore)
    broker: InMemoryBroker = field(default_factory=InMemoryBroker)
    slept: list[float] = field(default_factory=list)
    sleep: Callable[[float], None] | None = None

    def take(self, *messages: Message) -> None:
        producer = self.broker.producer()
        Sink(self.store, DeadLetters(producer), self.sleep or self.slept.append, 10.0).take(messages)
        producer.flush()

    def letters(self) -> list[Message]:
        return self.broker.messages(DEAD_LETTERS.name)


def test_rows_are_stored_by_table_in_the_order_they_came() -> None:
    bench = Bench()
    present = AttendanceFact(practice_id="P-1", session_id="S-1", client_id="C-1", version=1)
    fact = codec("facts").encode(Fact(practice_id="P-1", table="fact_attendance", row=present))
    bench.take(
        message(0, codec("findings").encode(finding(1))),
        message(0, fact, "facts"),
        message(1, codec("findings").encode(finding(2))),
    )
    assert [row[0] for row in bench.store.tables["fact_finding"]] == ["P-1-1", "P-1-2"]
    assert len(bench.store.tables["fact_attendance"]) == 1
    assert bench.letters() == []


def test_poison_is_set_aside_as_it_was_and_its_neighbours_are_stored() -> None:
    bench = Bench()
    bench.take(message(0, b"\xffpoison"), message(1, codec("findings").encode(finding(1))))
    assert len(bench.store.tables["fact_finding"]) == 1
    [letter] = bench.letters()
    assert letter.value() == b"\xffpoison"
    assert HEADER_DEAD_LETTER in dict(letter.headers() or ())


def test_while_clickhouse_is_away_the_same_insert_is_tried_again_and_waits_grow() -> None:
    bench = Bench(MemoryStore(away=8))
    before = REGISTRY.get_sample_value("conjoint_sink_retries_total") or 0
    bench.take(message(0, codec("findings").encode(finding(1))))
    assert len(bench.store.tables["fact_finding"]) == 1
    assert len(set(bench.store.calls)) == 1
    assert len(bench.slept) == 8
    assert bench.slept[0] < 0.3 < bench.slept[-1] <= 10.0
    assert (REGISTRY.get_sample_value("conjoint_sink_retries_total") or 0) - before == 8


def test_told_to_end_while_clickhouse_is_away_it_stores_nothing_and_says_so() -> None:
    def give_up(_: float) -> None:
        raise Stopped

    bench = Bench(MemoryStore(away=10**6), sleep=give_up)
    with pytest.raises(Stopped):
        bench.take(message(0, codec("findings").encode(finding(1))))
    assert bench.letters() == []


def test_one_row_that_clickhouse_refuses_takes_no_neighbour_with_it() -> None:
    bench = Bench(MemoryStore(refused=frozenset({"P-1-37"})))
    bench.take(*(message(number, codec("findings").encode(finding(number))) for number in range(100)))
    assert sorted(row[0] for row in bench.store.tables["fact_finding"]) == sorted(
        f"P-1-{number}" for number in range(100) if number != 37
    )
    [letter] = bench.letters()
    assert codec("findings").decode(letter.value()) == finding(37)


def test_a_message_on_dead_letters_that_is_no_letter_is_not_written_there_again() -> None:
    bench = Bench()
    bench.take(message(0, b"hello", DEAD_LETTERS.name))
    assert bench.letters() == []


def test_a_token_names_the_rows_and_nothing_else() -> None:
    places = [("findings", 0, 1), ("findings", 1, 7)]
    assert deduplication_token("fact_finding", places) == deduplication_token("fact_finding", list(places))
    assert deduplication_token("fact_finding", places) != deduplication_token("fact_note", places)
    assert deduplication_token("fact_finding", places) != deduplication_token("fact_finding", places[:1])


def test_the_configuration_does_not_show_its_password() -> None:
    assert "hush" not in repr(SinkConfig("b", "http://x", "hush"))
    assert "hush" not in repr(ClickHouseStore("http://x", "writer", "hush"))


# --- with the real parts

FINDINGS, FACTS, VERSIONS = 3_000, 2_000, 3


@dataclass
class World:
    """Topics, tables, a practice of its own, and a sink in a process of its own."""

    endpoints: Endpoints
    parts: Stack
    practice_id: str = field(default_factory=lambda: f"sink-{uuid.uuid4().hex[:8]}")
    workers: Workers = field(init=False)

    def __post_init__(self) -> None:
        self.workers = Workers(self.endpoints.settings)

    def rows(self, sql: str) -> list[Sequence[Any]]:
        secret = self.endpoints.secrets.clickhouse_viewer_password.get_secret_value()
        with clickhouse_connect.get_client(
            dsn=self.endpoints.clickhouse_url,
            username="viewer",
            password=secret,
            database="conjoint",
            autogenerate_session_id=False,
        ) as client:
            found: list[Sequence[Any]] = list(client.query(sql, parameters={"practice": self.practice_id}).result_rows)
            return found

    def counts(self) -> tuple[int, int, int, int]:
        """Findings, of these resolved, attendances, letters about this practice's poison."""
        [found] = self.rows(
            "SELECT (SELECT count() FROM fact_finding FINAL WHERE practice_id = {practice:String}),"
            " (SELECT countIf(state = 'resolved' AND version = 3) FROM fact_finding FINAL"
            " WHERE practice_id = {practice:String}),"
            " (SELECT count() FROM fact_attendance FINAL WHERE practice_id = {practice:String}),"
            " (SELECT uniqExact(letter_id) FROM fact_dead_letter FINAL WHERE topic = 'findings')"
        )
        return found[0], found[1], found[2], found[3]

    def wait_for(self, expected: tuple[int, int, int], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while (counts := self.counts())[:3] != expected:
            assert time.monotonic() < deadline, (counts, expected)
            time.sleep(0.2)

    def members(self) -> list[str]:
        """Who is in the sink's group, by the id the broker gave them when they joined."""
        group = SinkConfig("", "", "").group
        admin = AdminClient({"bootstrap.servers": self.endpoints.bootstrap})
        described = admin.describe_consumer_groups([group], request_timeout=10)[group].result()
        return sorted(member.member_id for member in described.members)

    def wait_until_all_is_read(self) -> None:
        """The sink's place is at the end of every topic."""
        consumer = Consumer({"bootstrap.servers": self.endpoints.bootstrap, "group.id": SinkConfig("", "", "").group})
        partitions = [
            TopicPartition(name, number)
            for name in TOPICS
            for number in consumer.list_topics(name, timeout=10).topics[name].partitions
        ]
        deadline = time.monotonic() + 60
        while True:
            ends = {place: consumer.get_watermark_offsets(place, timeout=10)[1] for place in partitions}
            behind = [place for place in consumer.committed(partitions, timeout=10) if place.offset < ends[place]]
            if not any(ends[place] for place in behind):
                break
            assert time.monotonic() < deadline, behind
            time.sleep(0.2)
        consumer.close()

    def produce(self) -> None:
        """Every finding in all its versions, every attendance, and some poison in between."""
        producer = Producer({"bootstrap.servers": self.endpoints.bootstrap, "partitioner": PARTITIONER})
        key = self.practice_id.encode()
        for version in range(1, VERSIONS + 1):
            for number in range(FINDINGS):
                state = "resolved" if version == VERSIONS else "open"
                value = codec("findings").encode(finding(number, self.practice_id, version, state))
                producer.produce("findings", key=f"{number % 7}", value=value)
                if number % 1000 == 0:
                    producer.produce("findings", key=key, value=b"\xffpoison")
                producer.poll(0)
            time.sleep(0.3)
        for number in range(FACTS):
            row = AttendanceFact(practice_id=self.practice_id, session_id=f"S-{number}", client_id="C", version=1)
            value = codec("facts").encode(Fact(practice_id=self.practice_id, table="fact_attendance", row=row))
            producer.produce("facts", key=key, value=value)
            producer.poll(0)
        producer.flush(30)

    def rewind(self) -> None:
        """The group starts again at the first message of every topic."""
        consumer = Consumer({"bootstrap.servers": self.endpoints.bootstrap, "group.id": SinkConfig("", "", "").group})
        known = consumer.list_topics(timeout=10).topics
        starts = [TopicPartition(name, partition, 0) for name in TOPICS for partition in known[name].partitions]
        consumer.commit(offsets=starts, asynchronous=False)
        consumer.close()


@pytest.fixture
def world(real_parts: Stack) -> Iterator[World]:
    endpoints = real_parts.need("kafka", "clickhouse")
    topics(endpoints.settings)
    apply(endpoints.clickhouse_url, endpoints.secrets.clickhouse_writer_password.get_secret_value())
    opened = World(endpoints, real_parts)
    yield opened
    opened.workers.stop()


@pytest.mark.stack
def test_rows_are_equal_after_the_sink_and_clickhouse_were_killed_and_all_was_read_again(world: World) -> None:
    complete = (FINDINGS, FINDINGS, FACTS)
    with ThreadPoolExecutor() as pool:
        producing = pool.submit(world.produce)
        world.workers.start("sink")
        for _ in range(2):
            time.sleep(1.5)
            world.workers.kill("sink")
            world.workers.start("sink")
        world.parts.kill("clickhouse")
        deadline = time.monotonic() + 30
        while world.workers.metric("sink", "conjoint_sink_retries_total") < 3:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        # those that were killed are members until their session ends
        wait_until("the sink is the only member", lambda: len(world.members()) == 1, 30)
        members = world.members()
        time.sleep(10)  # longer than the group waits for a silent member
        assert world.members() == members
        world.parts.need("clickhouse")
        producing.result()
    world.wait_for(complete)
    world.wait_until_all_is_read()
    letters = world.counts()[3]
    assert letters >= 9
    world.workers.stop("sink")

    world.rewind()
    world.workers.start("sink")
    world.wait_until_all_is_read()
    assert world.counts() == (*complete, letters)


@pytest.mark.stack
def test_the_store_says_what_is_wrong_with_rows_and_what_is_wrong_with_the_server(world: World) -> None:
    secret = world.endpoints.secrets.clickhouse_writer_password.get_secret_value()
    store = ClickHouseStore(world.endpoints.clickhouse_url, "writer", secret)
    good = dict.fromkeys(COLUMNS["fact_consent"]) | {
        "practice_id": world.practice_id,
        "consent_id": "K-1",
        "client_id": "C-1",
        "kind": "roi",
        "version": 1,
        "deleted": False,
    }
    good |= {name: () for name, info in ConsentFact.model_fields.items() if info.default == ()}
    row = tuple(good.values())
    for _ in range(2):
        store.insert("fact_consent", [row], f"same-{world.practice_id}")
    assert world.rows("SELECT count() FROM fact_consent WHERE practice_id = {practice:String}") == [(1,)]
    bad = tuple((good | {"version": "seventeen"}).values())
    with pytest.raises(RowsRefused) as refused:
        store.insert("fact_consent", [bad], "other")
    assert "seventeen" not in str(refused.value)
    with pytest.raises(ClickHouseAway, match="516"):
        ClickHouseStore(world.endpoints.clickhouse_url, "writer", "wrong").insert("fact_consent", [row], "t")
    with pytest.raises(ClickHouseAway, match="60"):
        ClickHouseStore(world.endpoints.clickhouse_url, "writer", secret, database="system").insert(
            "fact_consent", [row], "t"
        )
    with pytest.raises(ClickHouseAway):
        ClickHouseStore("http://127.0.0.1:9", "writer", secret).insert("fact_consent", [row], "t")
    store.close()

"""The drafts out of their topic: the newest version of each, what nobody can read passed over, silence said."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaException, TopicPartition

from dashboards.console import kafka_drafts
from dashboards.console.kafka_drafts import KafkaDrafts
from dashboards.console.sources import StoreUnavailableError
from schemas.codec import codec
from schemas.draft import SessionDraft
from schemas.topics import DRAFTS
from tests.dashboards.console.samples import NOW, a_draft
from tests.running import wait_until


class Message:
    def __init__(self, value: bytes | None, partition: int, offset: int) -> None:
        self._value, self._partition, self._offset = value, partition, offset

    def error(self) -> None:
        return None

    def value(self) -> bytes | None:
        return self._value

    def place(self) -> tuple[int, int]:
        return self._partition, self._offset


class Broker:
    """Two partitions of the topic, as the client library shows them."""

    def __init__(self) -> None:
        self.partitions: dict[int, list[bytes | None]] = {0: [], 1: []}
        self.away = False

    def put(self, record: SessionDraft | bytes, partition: int = 0) -> None:
        value = record if isinstance(record, bytes) else codec(DRAFTS.name).encode(record)
        self.partitions[partition].append(value)

    def consumer(self, _settings: Any) -> "FakeConsumer":
        return FakeConsumer(self)


class FakeConsumer:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._at: dict[int, int] = {}
        self._moved: set[int] = set()

    def list_topics(self, name: str, timeout: float) -> Any:
        if self._broker.away:
            raise KafkaException(SimpleNamespace(name=lambda: "_TRANSPORT"))
        return SimpleNamespace(topics={name: SimpleNamespace(error=None, partitions=dict.fromkeys((0, 1)))})

    def get_watermark_offsets(self, place: TopicPartition, timeout: float, cached: bool) -> tuple[int, int]:
        if self._broker.away:
            raise KafkaException(SimpleNamespace(name=lambda: "_TRANSPORT"))
        return 0, len(self._broker.partitions[place.partition])

    def assign(self, places: list[TopicPartition]) -> None:
        self._at = {place.partition: place.offset for place in places}

    def consume(self, most: int, timeout: float) -> list[Message]:
        found = []
        for number, at in self._at.items():
            values = self._broker.partitions[number][at:]
            found += [Message(value, number, at + n) for n, value in enumerate(values)]
            self._at[number] += len(values)
            if values:
                self._moved.add(number)
        if not found:
            time.sleep(0.01)
        return found

    def position(self, places: list[TopicPartition]) -> list[TopicPartition]:
        ends = {number: at if number in self._moved else -1001 for number, at in self._at.items()}
        return [TopicPartition(place.topic, place.partition, ends[place.partition]) for place in places]

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(kafka_drafts, "Consumer", broker.consumer)
    monkeypatch.setattr(kafka_drafts, "ASK_SECONDS", 0.2)
    return broker


async def test_the_newest_version_of_each_draft_and_what_comes_later(broker: Broker) -> None:
    other = a_draft(draft_id="2f0d7a11-0000-5000-8000-000000000002", practice_id="P-3", created_at=NOW)
    for record in (a_draft(version=41, session_id="S-corrected"), a_draft(version=40)):
        broker.put(record)
    broker.put(b"nobody can read this")
    broker.put(other, 1)
    told: list[tuple[str, int]] = []
    store = KafkaDrafts("nowhere:1")
    store.changed = lambda id_, version: told.append((id_, version))
    try:
        assert [one.session_id for one in await store.list(None, limit=10)] == ["S-104", "S-corrected"]
        assert await store.count(frozenset({"P-1"})) == 1
        assert await store.get(other.draft_id, frozenset({"P-1"})) is None
        assert await store.get(other.draft_id, None) == other
        assert told == []
        broker.put(a_draft(version=42, state="withdrawn"))
        wait_until("the newer version", lambda: bool(told), 5, 0.01)
        assert told == [(a_draft().draft_id, 42)]
        assert [one.state for one in await store.list(None, limit=10)] == ["drafted", "withdrawn"]
        assert await store.list(None, limit=1, offset=1) == (await store.get(a_draft().draft_id, None),)
    finally:
        await store.close()


async def test_an_empty_topic_is_empty_and_a_broker_that_is_away_is_said(broker: Broker) -> None:
    store = KafkaDrafts("nowhere:1")
    try:
        assert await store.list(None, limit=10) == ()
    finally:
        await store.close()
    broker.away = True
    unread = KafkaDrafts("nowhere:1")
    try:
        with pytest.raises(StoreUnavailableError):
            await unread.count(None)
    finally:
        await unread.close()

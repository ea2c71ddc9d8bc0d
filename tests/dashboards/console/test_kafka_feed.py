"""Findings are heard as they are sent, from the moment of listening on."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from prometheus_client import REGISTRY

from dashboards.console.kafka_feed import KafkaFeed
from dashboards.console.sources import FeedEvent, FeedState, FindingChanged
from infra.endpoints import Endpoints
from infra.prepare import topics
from schemas.codec import codec
from schemas.topics import FINDINGS, PARTITIONER
from tests.dashboards.console.samples import a_finding

pytestmark = pytest.mark.stack


@pytest.fixture
def producer(kafka: Endpoints) -> Iterator[Producer]:
    topics(kafka.settings)
    opened = Producer({"bootstrap.servers": kafka.bootstrap, "partitioner": PARTITIONER})
    yield opened
    opened.flush(10)


async def heard(events: AsyncIterator[FeedEvent], practice_id: str, count: int) -> list[str]:
    """What the practice's next findings say; other tests may send findings of other practices."""
    found: list[str] = []
    async with asyncio.timeout(20):
        async for event in events:
            if isinstance(event, FindingChanged) and event.finding.practice_id == practice_id:
                found.append(event.finding.why)
                if len(found) == count:
                    break
    return found


async def live(events: AsyncIterator[FeedEvent]) -> None:
    async with asyncio.timeout(20):
        async for event in events:
            if event == FeedState(True):
                return


async def test_a_finding_is_heard_once_it_is_sent_and_nothing_from_before(kafka: Endpoints, producer: Producer) -> None:
    practice_id = f"P-{uuid.uuid4().hex}"

    def send(why: str) -> None:
        value = codec(FINDINGS.name).encode(a_finding(practice_id=practice_id, why=why))
        producer.produce(FINDINGS.name, value, practice_id.encode())
        producer.flush(10)

    send("before")
    async with KafkaFeed(kafka.bootstrap).listen() as events:
        await live(events)
        unread = REGISTRY.get_sample_value("conjoint_dead_letters_total", {"step": "console", "reason": "undecodable"})
        producer.produce(FINDINGS.name, b"nobody can read this", practice_id.encode())
        for why in ("first", "second"):
            send(why)
        assert await heard(events, practice_id, 2) == ["first", "second"]
        counted = REGISTRY.get_sample_value("conjoint_dead_letters_total", {"step": "console", "reason": "undecodable"})
        assert counted == (unread or 0) + 1


async def test_a_feed_waits_for_a_topic_that_is_not_there_yet(kafka: Endpoints) -> None:
    name = f"later-{uuid.uuid4().hex}"
    async with KafkaFeed(kafka.bootstrap, name).listen() as events:
        assert await anext(events) == FeedState(False)
        client = AdminClient({"bootstrap.servers": kafka.bootstrap})
        client.create_topics([NewTopic(name, 1)])[name].result(10)
        await live(events)


async def test_a_feed_without_a_broker_says_so_and_lets_go_at_once() -> None:
    async with KafkaFeed("127.0.0.1:1").listen() as events:
        async with asyncio.timeout(10):
            assert await anext(events) == FeedState(False)

"""The receiver as a process on a real broker: stored, refused while the broker is away, stopped without a loss."""

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from pathlib import Path

import httpx
import orjson
import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from connectors.webhook import (
    HEADER_DELIVERY,
    HEADER_RECEIVED_MS,
    HEADER_SIGNATURE,
    HEADER_SOURCE,
    HEADER_TIMESTAMP,
    WebhookConfig,
    changes_of,
    run,
    sign,
)
from infra.embedded.stack import Stack, free_ports
from infra.endpoints import Endpoints
from infra.prepare import topics
from infra.settings import LOOPBACK
from schemas.topics import MAX_MESSAGE_BYTES, WEBHOOK

SECRET = "the secret of this test"

pytestmark = pytest.mark.stack


@contextmanager
def serving(config: WebhookConfig) -> Iterator[SpawnProcess]:
    process = multiprocessing.get_context("spawn").Process(target=run, args=(config,))
    process.start()
    deadline = time.monotonic() + 30
    while True:
        try:
            assert httpx.get(f"{address(config)}/healthz").json()["ok"] is True
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline
            assert process.is_alive()
            time.sleep(0.1)
    try:
        yield process
    finally:
        process.terminate()
        process.join(20)
        if process.is_alive():
            process.kill()
            process.join()


def address(config: WebhookConfig) -> str:
    return f"http://{LOOPBACK}:{config.port}"


def body(number: int, padding: int = 0) -> bytes:
    change = {
        "at": "2026-03-02T14:30:00Z",
        "entity": "client",
        "op": "create",
        "id": f"C-{number}",
        "rev": 1,
        "data": {"name": "x" * padding},
    }
    return orjson.dumps(change)


def deliver(config: WebhookConfig, practice: str, content: bytes, delivery: str) -> httpx.Response:
    timestamp = int(time.time())
    headers = {
        HEADER_TIMESTAMP: str(timestamp),
        HEADER_SIGNATURE: sign(SECRET, timestamp, content),
        HEADER_DELIVERY: delivery,
    }
    return httpx.post(f"{address(config)}/v1/changes/{practice}", content=content, headers=headers, timeout=30)


def stored(bootstrap: str, practice: str) -> list[Message]:
    """What is on raw.webhook for one practice."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "look", "fetch.message.max.bytes": MAX_MESSAGE_BYTES}
    )
    found = []
    for number in consumer.list_topics(WEBHOOK.name, timeout=10).topics[WEBHOOK.name].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(WEBHOOK.name, number), timeout=10)
        consumer.assign([TopicPartition(WEBHOOK.name, number, low)])
        for _ in range(high - low):
            message = consumer.poll(10)
            assert message is not None
            if message.key() == practice.encode():
                found.append(message)
    consumer.close()
    return found


@pytest.fixture
def config(kafka: Endpoints) -> WebhookConfig:
    topics(kafka.settings)
    return WebhookConfig(kafka.bootstrap, (SECRET,), port=free_ports(1)[0], source="test-ehr")


def test_deliveries_are_on_the_topic_untouched_and_a_clean_stop_ends_the_process(config: WebhookConfig) -> None:
    contents = [body(1), body(2, padding=5 * 1024 * 1024)]
    with serving(config) as process:
        for number, content in enumerate(contents):
            answer = deliver(config, "P-untouched", content, f"d-{number}")
            assert (answer.status_code, answer.json()) == (202, {"outcome": "accepted", "changes": 1})
        assert deliver(config, "P-untouched", contents[0], "d-0").json() == {"outcome": "duplicate"}
        assert (
            'conjoint_webhook_deliveries_total{outcome="accepted"} 2.0' in httpx.get(f"{address(config)}/metrics").text
        )
        process.terminate()
        process.join(20)
        assert process.exitcode == 0
    messages = stored(config.bootstrap, "P-untouched")
    assert [message.value() for message in messages] == contents
    assert len({message.partition() for message in messages}) == 1
    headers = dict(messages[0].headers() or ())
    assert headers[HEADER_SOURCE] == b"test-ehr"
    assert abs(int(headers[HEADER_RECEIVED_MS] or 0) - time.time() * 1000) < 60_000
    assert [len(changes_of(message.value() or b"")) for message in messages] == [1, 1]


def test_a_sender_that_hangs_up_half_way_leaves_nothing_and_disturbs_nobody(config: WebhookConfig) -> None:
    with serving(config):
        content = body(1)
        timestamp = int(time.time())
        head = (
            f"POST /v1/changes/P-half HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Length: {len(content)}\r\n"
            f"{HEADER_TIMESTAMP}: {timestamp}\r\n{HEADER_SIGNATURE}: {sign(SECRET, timestamp, content)}\r\n\r\n"
        )
        with socket.create_connection((LOOPBACK, config.port)) as half:
            half.sendall(head.encode() + content[:-1])
        deadline = time.monotonic() + 10
        while 'outcome="broken_off"} 1.0' not in httpx.get(f"{address(config)}/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert deliver(config, "P-half", content, "whole").status_code == 202
    assert [message.value() for message in stored(config.bootstrap, "P-half")] == [content]


def test_a_taken_port_ends_the_process_with_an_error(config: WebhookConfig) -> None:
    with serving(config):
        second = multiprocessing.get_context("spawn").Process(target=run, args=(replace(config),))
        second.start()
        second.join(30)
        assert second.exitcode not in (0, None)


def test_while_the_broker_is_away_deliveries_are_refused_and_afterwards_taken(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    try:
        ends = stack.need("kafka")
        topics(ends.settings)
        config = WebhookConfig(ends.bootstrap, (SECRET,), port=free_ports(1)[0], store_within_s=2)
        with serving(config) as process:
            assert deliver(config, "P-1", body(1), "d-1").status_code == 202
            stack.kill("kafka")
            away = deliver(config, "P-1", body(2), "d-2")
            assert (away.status_code, away.json()["outcome"]) == (503, "broker_away")
            assert int(away.headers["retry-after"]) >= 1
            assert httpx.get(f"{address(config)}/healthz").json() == {"ok": True, "broker": "away"}
            stack.need("kafka")
            deadline = time.monotonic() + 40
            while deliver(config, "P-1", body(2), "d-2").status_code != 202:
                assert time.monotonic() < deadline
            os.kill(process.pid or 0, signal.SIGINT)
            process.join(20)
            assert process.exitcode == 0
        values = [message.value() for message in stored(ends.bootstrap, "P-1")]
        assert values[0] == body(1)
        assert set(values[1:]) == {body(2)}  # at least once: an attempt that was told 503 may have arrived after all
    finally:
        stack.stop()

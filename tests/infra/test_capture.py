"""Change capture: the connector as committed, applied twice, failing and coming back."""

import asyncio
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from confluent_kafka import Consumer

from infra.capture import (
    CONNECTOR,
    PUBLICATION,
    SLOT,
    TEMPLATE,
    Capture,
    apply_connector,
    capture_state,
    connector_configuration,
    watch_capture,
)
from infra.embedded.stack import Stack
from infra.endpoints import Endpoints
from infra.refusal import Refusal
from schemas.metrics import CAPTURE_TASK_RESTARTS

CAPTURE = Capture("http://127.0.0.1:1", "postgresql://cap:s%40cret@127.0.0.1:5555/ehr", Path("/home-of-this"))


def test_the_template_is_filled_and_holds_no_password() -> None:
    filled = connector_configuration(CAPTURE, ["public.clients", "public.notes", "public.practices"])
    assert filled["database.hostname"] == "127.0.0.1"
    assert filled["database.port"] == "5555"
    assert filled["database.dbname"] == "ehr"
    assert filled["table.include.list"] == "public.practices,public.clients,public.notes"
    assert filled["database.password"].startswith("${file:/home-of-this/run/connector-secrets/")
    assert "s@cret" not in json.dumps(filled)
    assert not any(value.startswith("${conjoint:") for value in filled.values())


def test_the_template_asks_for_what_the_adapter_relies_on() -> None:
    template = json.loads(TEMPLATE.read_text())
    assert template["topic.prefix"] == "raw.ehr"
    assert template["exactly.once.support"] == "required"
    assert template["snapshot.mode"] == "initial"
    assert template["provide.transaction.metadata"] == "true"
    assert template["decimal.handling.mode"] == "string"
    assert template["publication.autocreate.mode"] == "disabled"
    assert template["slot.name"] == SLOT


def test_a_capture_does_not_show_its_address() -> None:
    assert "s%40cret" not in repr(CAPTURE)


async def test_the_state_of_parts_that_are_down_is_said_and_not_raised() -> None:
    state = await capture_state(CAPTURE)
    assert (state.state, state.slot) == ("UNREACHABLE", None)


class _FailedTask(BaseHTTPRequestHandler):
    """Connect with one task, failed until it is told to restart."""

    restarts = 0

    def do_GET(self) -> None:
        state = "RUNNING" if type(self).restarts else "FAILED"
        self._answer({"connector": {"state": "RUNNING"}, "tasks": [{"state": state}]})

    def do_POST(self) -> None:
        assert self.path == f"/connectors/{CONNECTOR}/restart?includeTasks=true&onlyFailed=true"
        type(self).restarts += 1
        self._answer({})

    def _answer(self, body: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


async def test_a_failed_task_is_started_again_once_it_is_seen() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _FailedTask)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    capture = Capture(f"http://127.0.0.1:{server.server_port}", CAPTURE.dsn, CAPTURE.home)
    before = CAPTURE_TASK_RESTARTS.labels(CONNECTOR)._value.get()
    watching = asyncio.create_task(watch_capture(capture, every_s=0.02))
    try:
        for _ in range(500):
            await asyncio.sleep(0.02)
            if (await capture_state(capture)).state == "RUNNING":
                break
        await asyncio.sleep(0.1)
    finally:
        watching.cancel()
        await asyncio.to_thread(server.shutdown)
        server.server_close()
    assert _FailedTask.restarts == 1
    assert CAPTURE_TASK_RESTARTS.labels(CONNECTOR)._value.get() == before + 1


@pytest.fixture
async def ehr_with_notes(capture: Endpoints) -> AsyncIterator[asyncpg.Connection]:
    owner = await asyncpg.connect(capture.postgres_dsn)
    await owner.execute(
        "CREATE TABLE IF NOT EXISTS capture_notes (id int PRIMARY KEY, body text);"
        "ALTER TABLE capture_notes REPLICA IDENTITY FULL;"
        "CREATE TABLE IF NOT EXISTS practices (practice_id text PRIMARY KEY)"
    )
    listed = await owner.fetch("SELECT tablename FROM pg_publication_tables WHERE pubname = $1", PUBLICATION)
    if {row["tablename"] for row in listed} != {"capture_notes", "practices"}:
        # other tests share the database server, and may have made a practice in it
        await owner.execute(f"DROP PUBLICATION IF EXISTS {PUBLICATION}")
        await owner.execute(f"CREATE PUBLICATION {PUBLICATION} FOR TABLE capture_notes, practices")
    yield owner
    await owner.close()


def _of(endpoints: Endpoints) -> Capture:
    return Capture(endpoints.connect_url, endpoints.capture_dsn, endpoints.settings.home)


def _next_value(consumer: Consumer, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        message = consumer.poll(0.2)
        if message is None or message.error() is not None:
            continue
        value: dict[str, Any] = json.loads(message.value() or b"null")
        if value and wanted(value):
            return value
    raise AssertionError("the change did not arrive")


@pytest.mark.stack
async def test_a_committed_row_is_in_kafka_and_applying_again_interrupts_nothing(
    capture: Endpoints, ehr_with_notes: asyncpg.Connection
) -> None:
    await ehr_with_notes.execute("INSERT INTO capture_notes VALUES (1, 'before') ON CONFLICT DO NOTHING")
    assert "public.capture_notes" in await apply_connector(_of(capture))
    consumer = Consumer(
        {
            "bootstrap.servers": capture.bootstrap,
            "group.id": "test-capture",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "topic.metadata.refresh.interval.ms": 300,
        }
    )
    consumer.subscribe(["^raw\\.ehr\\.public\\.capture_notes"])
    try:
        snapshot = await asyncio.to_thread(_next_value, consumer, lambda value: value["after"]["id"] == 1)
        assert snapshot["op"] == "r"
        await ehr_with_notes.execute("INSERT INTO capture_notes VALUES (2, 'live')")
        live = await asyncio.to_thread(_next_value, consumer, lambda value: value["after"]["id"] == 2)
        assert live["op"] == "c"
        assert live["transaction"]["total_order"] == 1
        started = time.monotonic()
        await apply_connector(_of(capture))
        assert time.monotonic() - started < 5
        await ehr_with_notes.execute("UPDATE capture_notes SET body = 'changed' WHERE id = 2")
        changed = await asyncio.to_thread(_next_value, consumer, lambda value: value["op"] == "u")
        assert changed["before"]["body"] == "live"
    finally:
        consumer.close()


@pytest.mark.stack
def test_the_snapshot_reads_tables_in_the_order_of_the_list(
    capture: Endpoints, ehr_with_notes: asyncpg.Connection, real_parts: Stack
) -> None:
    # what the order of the template relies on; a new version of the connector must keep it
    log = real_parts.log("connect").read_text()
    exported = re.findall(r"Exporting data from table '([\w.]+)'", log)
    assert exported == ["public.practices", "public.capture_notes"]


@pytest.mark.stack
async def test_a_configuration_changed_behind_our_back_is_put_right(
    capture: Endpoints, ehr_with_notes: asyncpg.Connection
) -> None:
    await apply_connector(_of(capture))
    async with httpx.AsyncClient(base_url=capture.connect_url, trust_env=False) as client:
        config = (await client.get(f"/connectors/{CONNECTOR}/config")).json()
        assert "password}" in config["database.password"]
        await client.put(f"/connectors/{CONNECTOR}/config", json={**config, "poll.interval.ms": "500"})
        await apply_connector(_of(capture))
        assert (await client.get(f"/connectors/{CONNECTOR}/config")).json()["poll.interval.ms"] == "5"


@pytest.mark.stack
async def test_a_capture_that_cannot_reach_the_database_is_not_called_up_and_recovers_by_itself(
    capture: Endpoints, ehr_with_notes: asyncpg.Connection
) -> None:
    await apply_connector(_of(capture))
    await _until(capture, up=True)
    admin = await asyncpg.connect(capture.postgres_admin_dsn)
    await admin.execute("ALTER ROLE conjoint_capture NOLOGIN")
    await admin.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
    await _until(capture, up=False)
    await admin.execute("ALTER ROLE conjoint_capture LOGIN")
    await admin.close()
    await _until(capture, up=True)
    slot = (await capture_state(_of(capture))).slot
    assert slot is not None
    assert slot.status == "reserved"


async def _until(capture: Endpoints, *, up: bool) -> None:
    for _ in range(150):
        if (await capture_state(_of(capture))).is_up == up:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"capture never was {'up' if up else 'down'}")


@pytest.mark.stack
async def test_without_a_publication_the_line_says_what_to_run(capture: Endpoints) -> None:
    desk = Capture(capture.connect_url, capture.desk_dsn, capture.settings.home)
    with pytest.raises(Refusal, match="run: conjoint prepare ehr"):
        await apply_connector(desk)

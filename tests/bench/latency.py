"""How long from COMMIT in the EHR's database to the finding in Kafka? Through change capture, normalise and keep_files.

Each commit inserts a claim for somebody recorded as absent, so each must open a finding (B01) about that claim.
"""

import asyncio
import shutil
import statistics
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import asyncpg
from confluent_kafka import Consumer

from infra import prepare
from infra.capture import PUBLICATION
from infra.embedded.stack import Stack, settings_on_free_ports
from infra.endpoints import Endpoints
from schemas.codec import codec
from schemas.finding import Finding
from schemas.topics import FINDINGS
from tests.bench.table import Table
from tests.running import wait_until, workers

PER_SECOND = 20
WARM_UP = 100
SCHEMA = Path(__file__).parents[2] / "infra" / "practice" / "schema.sql"


async def _insert(connection: "asyncpg.Connection[asyncpg.Record]", table: str, **columns: object) -> None:
    names = ", ".join(columns)
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await connection.execute(
        f"INSERT INTO {table} ({names}, created_at, updated_at) VALUES ({places}, localtimestamp, localtimestamp)",
        *columns.values(),
    )


async def _prepare(ends: Endpoints) -> None:
    connection = await asyncpg.connect(ends.postgres_dsn)
    try:
        await connection.execute(SCHEMA.read_text())
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        names = [f"public.{row['tablename']}" for row in rows]
        for name in names:
            await connection.execute(f"ALTER TABLE {name} REPLICA IDENTITY FULL")
        await connection.execute(f"CREATE PUBLICATION {PUBLICATION} FOR TABLE {', '.join(names)}")
        practice = {"legal_name": "P", "time_zone": "UTC", "state": "IL", "npi": "1", "npi_entity_type": 2}
        await _insert(connection, "practices", practice_id="P1", **practice)
        await _insert(connection, "clients", practice_id="P1", client_id="C1", full_name="C", is_patient=True)
    finally:
        await connection.close()


async def _commit_steadily(ends: Endpoints, first: int, count: int) -> dict[str, float]:
    """Claim id → wall time just after its COMMIT returned."""
    committed: dict[str, float] = {}
    connection = await asyncpg.connect(ends.postgres_dsn)
    try:
        for number in range(first, first + count):
            begun = time.perf_counter()
            mine = {"practice_id": "P1", "appointment_id": f"S{number:05}"}
            async with connection.transaction():
                await _insert(connection, "appointments", **mine, session_type="IND", appt_status="DONE")
                await _insert(
                    connection, "attendance", **mine, attendance_id=f"A{number:05}", client_id="C1", attend_code="NS"
                )
                await _insert(connection, "claims", **mine, claim_id=f"K{number:05}", client_id="C1", claim_status="Q")
            committed[f"K{number:05}"] = time.time()
            await asyncio.sleep(max(0.0, 1 / PER_SECOND - (time.perf_counter() - begun)))
    finally:
        await connection.close()
    return committed


class Arrivals(threading.Thread):
    """Notes when each finding of rule B01 is first there to be read."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(daemon=True)
        self.at: dict[str, float] = {}
        self._stop_ = threading.Event()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench",
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 10,
            }
        )
        self._consumer.subscribe([FINDINGS.name])

    def has(self, claim: str) -> bool:
        """Whether the finding about this claim has come."""
        return claim in self.at

    def run(self) -> None:
        while not self._stop_.is_set():
            message = self._consumer.poll(0.1)
            if message is None or message.error() is not None:
                continue
            now = time.time()
            finding = codec(FINDINGS.name).decode(message.value())
            if isinstance(finding, Finding) and finding.rule == "B01":
                self.at.setdefault(finding.subject["claim"], now)
        self._consumer.close()

    def stop(self) -> None:
        """Stop listening."""
        self._stop_.set()
        self.join()


def measure(seconds: int = 30) -> list[float]:
    """Milliseconds from COMMIT to finding, sorted; measured once the first findings have come through."""
    home = Path(tempfile.mkdtemp(prefix="conjoint-bench-"))
    settings = settings_on_free_ports(home)
    stack = Stack(home, settings)
    try:
        ends = stack.need("kafka", "postgres", "connect")
        asyncio.run(_prepare(ends))
        prepare.topics(settings)
        prepare.connector(settings)
        with workers(settings, "normalise", "keep_files"):
            arrivals = Arrivals(ends.bootstrap)
            arrivals.start()
            for first, count in ((0, WARM_UP), (WARM_UP, seconds * PER_SECOND)):
                committed = asyncio.run(_commit_steadily(ends, first, count))
                wait_until("the last finding", partial(arrivals.has, max(committed)), 120)
            arrivals.stop()
        return sorted((arrivals.at[claim] - committed[claim]) * 1000 for claim in committed)
    finally:
        stack.stop()
        shutil.rmtree(home, ignore_errors=True)


def table(seconds: int = 30) -> Table:
    """What `make bench` prints."""
    took_ms = measure(seconds)
    quantiles = statistics.quantiles(took_ms, n=100)
    return Table(
        f"COMMIT in PostgreSQL to finding in Kafka, {PER_SECOND} commits/s, {len(took_ms)} findings",
        ("", "p50 ms", "p90 ms", "p99 ms", "max ms"),
        (
            ("measured", *(f"{quantiles[q - 1]:.0f}" for q in (50, 90, 99)), f"{took_ms[-1]:.0f}"),
            ("aim", "120", "", "500", ""),
            ("change capture alone, as measured earlier", "22", "33", "83", ""),
        ),
    )

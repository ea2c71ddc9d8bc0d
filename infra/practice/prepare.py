"""Is the reference EHR there: tables, publication, the practice's past?
Reads nothing but its arguments; writes the EHR database, the past in one transaction.
Must never touch a database that holds something else.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from connectors.ehr.reference import CAPTURED_TABLES
from infra.capture import PUBLICATION
from infra.clock import clock_from
from infra.embedded.postgres import CAPTURE_ROLE
from infra.practice.acts import PLANTED, PRIMARY_KEYS, Rows, apply
from infra.practice.life import live
from infra.practice.storing import open_connection
from infra.refusal import Refusal

SCHEMA: Final = Path(__file__).with_name("schema.sql")


def prepare(dsn: str, seed: int, backfill_days: int, anchor: datetime | None = None) -> str:
    """Make what is missing and say in one clause what is there. Any number of times.

    `dsn`: the EHR as its owner. `anchor`: where the past ends, by default the practice's clock now. Raises Refusal for
    a database that is not the reference EHR.
    """
    if anchor is None:
        anchor = clock_from(os.environ).now(datetime.now(UTC))
    return asyncio.run(prepare_ehr(dsn, seed, backfill_days, anchor))


async def prepare_ehr(dsn: str, seed: int, backfill_days: int, anchor: datetime) -> str:
    """The same, inside a running loop."""
    connection = await open_connection(dsn)
    try:
        await _make_schema(connection)
        if await connection.fetchval("SELECT count(*) FROM simulator.progress"):
            rows = await connection.fetchval("SELECT count(*) FROM public.clients")
            return f"{len(CAPTURED_TABLES)} tables, {rows} clients, history as before"
        started = time.monotonic()
        count = await _write_history(connection, seed, backfill_days, anchor)
        took = time.monotonic() - started
        return f"{len(CAPTURED_TABLES)} tables, {count} rows of {backfill_days} days in {took:.1f} s"
    finally:
        await connection.close()


async def _make_schema(connection: Any) -> None:
    ours = await connection.fetchval("SELECT to_regclass('simulator.progress') IS NOT NULL")
    foreign = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    if foreign and not ours:
        raise Refusal("the database holds tables of something else; the reference EHR needs one of its own")
    async with connection.transaction():
        await connection.execute(SCHEMA.read_text())
        for table in CAPTURED_TABLES:
            # without the whole old row a delete would not say whose it was, nor an update carry a long unchanged note
            await connection.execute(f"ALTER TABLE public.{table} REPLICA IDENTITY FULL")
        if await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", CAPTURE_ROLE):
            await connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {CAPTURE_ROLE}")
        if not await connection.fetchval("SELECT count(*) FROM pg_publication WHERE pubname = $1", PUBLICATION):
            tables = ", ".join(f"public.{table}" for table in CAPTURED_TABLES)
            await connection.execute(f"CREATE PUBLICATION {PUBLICATION} FOR TABLE {tables}")


async def _write_history(connection: Any, seed: int, backfill_days: int, anchor: datetime) -> int:
    rows: Rows = {}
    done, last_act_at = 0, anchor
    for act in live(seed, anchor, backfill_days):
        if act.at > anchor:
            break
        apply(rows, act)
        done, last_act_at = done + 1, act.at
    async with connection.transaction():
        for table, by_key in rows.items():
            await _copy(connection, table, list(by_key.values()))
        await connection.execute(
            "INSERT INTO simulator.progress (seed, anchor, backfill_days, acts_done, last_act_at)"
            " VALUES ($1, $2, $3, $4, $5)",
            seed,
            anchor,
            backfill_days,
            done,
            last_act_at,
        )
    await connection.execute("ANALYZE")
    return sum(len(by_key) for table, by_key in rows.items() if table != PLANTED)


async def _copy(connection: Any, table: str, rows: Sequence[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys([PRIMARY_KEYS[table], *(column for row in rows for column in row)]))
    schema, _, name = table.rpartition(".")
    await connection.copy_records_to_table(
        name,
        schema_name=schema or "public",
        columns=columns,
        records=[tuple(row.get(column) for column in columns) for row in rows],
    )

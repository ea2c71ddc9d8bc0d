"""The reference EHR in a real PostgreSQL: its past, and life going on in it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from infra.endpoints import Endpoints
from infra.practice.acts import PRIMARY_KEYS, rows_after
from infra.practice.life import live
from infra.practice.live import live_on, read_progress
from infra.practice.opener import ENDS_AFTER
from infra.practice.prepare import prepare_ehr
from infra.practice.storing import do, open_connection
from infra.practice.waiting_notes import note_is_signed
from infra.refusal import Refusal
from tests.infra.practice.capturing import acts_until

pytestmark = pytest.mark.stack

ANCHOR = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SEED, DAYS = 7, 20


class FastClock:
    """Practice time passes this many times faster than real time, from the first look on."""

    def __init__(self, from_: datetime, factor: float) -> None:
        self._from, self._factor = from_, factor
        self._since: datetime | None = None

    def now(self, wall: datetime) -> datetime:
        """The practice's time."""
        self._since = self._since or wall
        return self._from + (wall - self._since) * self._factor


@pytest.fixture
async def ehr(postgres: Endpoints) -> AsyncIterator[str]:
    """An empty database of its own, owned as the real one is."""
    name = f"ehr_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres.postgres_admin_dsn)
    owner = urlsplit(postgres.postgres_dsn)
    await admin.execute(f"CREATE DATABASE {name} OWNER {owner.username}")
    yield urlunsplit(owner._replace(path=f"/{name}"))
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def acts_done(ehr: str) -> int:
    """How far the life in a database came."""
    connection = await open_connection(ehr)
    try:
        return (await read_progress(connection)).acts_done
    finally:
        await connection.close()


async def lived(ehr: str, clock: FastClock, until: str, *arguments: Any) -> int:
    """Live until a query says so, at most a minute; answers how many acts that were."""
    stop = asyncio.Event()
    life = asyncio.create_task(live_on(ehr, clock, SEED, stop))
    connection = await open_connection(ehr)
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval(until, *arguments):  # noqa: ASYNC110 - it happens in the database
                await asyncio.sleep(0.1)
    finally:
        stop.set()
        await connection.close()
    return await life


async def stored(connection: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """Every row of every table, without its NULLs."""
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for table, key in PRIMARY_KEYS.items():
        found = await connection.fetch(f"SELECT * FROM {table if '.' in table else 'public.' + table}")
        rows[table] = {row[key]: {c: v for c, v in dict(row).items() if v is not None} for row in found}
    return rows


def expected(until: datetime) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """The rows the pure life has written by a moment, without NULLs."""
    rows = rows_after(acts_until(until, SEED, ANCHOR, DAYS))
    for table in PRIMARY_KEYS:
        yield (
            table,
            {k: {c: v for c, v in row.items() if v is not None} for k, row in rows.get(table, {}).items()},
        )


async def test_the_past_is_written_once_and_equals_the_pure_life(ehr: str) -> None:
    said = await prepare_ehr(ehr, SEED, DAYS, ANCHOR)
    assert "tables" in said
    connection = await open_connection(ehr)
    try:
        rows = await stored(connection)
        for table, wanted in expected(ANCHOR):
            assert rows[table] == wanted, table
        assert "as before" in await prepare_ehr(ehr, SEED, DAYS, ANCHOR + timedelta(days=3))
        assert (await read_progress(connection)).anchor == ANCHOR
        identities = await connection.fetch(
            "SELECT relreplident::text AS identity FROM pg_class c JOIN pg_publication_rel p ON p.prrelid = c.oid"
        )
        assert len(identities) == len(PRIMARY_KEYS) - 1
        assert {row["identity"] for row in identities} == {"f"}
    finally:
        await connection.close()


async def test_life_goes_on_and_after_a_restart_it_goes_on_where_it_stood(ehr: str) -> None:
    await prepare_ehr(ehr, SEED, DAYS, ANCHOR)
    clock = FastClock(ANCHOR, 3600 * 4)
    for _ in range(2):
        assert (
            await lived(ehr, clock, "SELECT acts_done >= $1 + 30 FROM simulator.progress", await acts_done(ehr)) >= 30
        )
    connection = await open_connection(ehr)
    try:
        progress = await connection.fetchrow("SELECT acts_done, last_act_at FROM simulator.progress")
        rows = await stored(connection)
    finally:
        await connection.close()
    acts = []
    for act in live(SEED, ANCHOR, DAYS):
        acts.append(act)
        if len(acts) == progress["acts_done"]:
            break
    assert acts[-1].at == progress["last_act_at"]
    wanted = rows_after(acts)
    for table in PRIMARY_KEYS:
        assert set(rows[table]) == set(wanted.get(table, {})), table


async def test_the_opening_scene_is_a_group_session_that_ends_and_mistakes(ehr: str) -> None:
    await prepare_ehr(ehr, SEED, DAYS, ANCHOR)
    clock = FastClock(ANCHOR, 600)
    await lived(ehr, clock, "SELECT last_act_at > $1 FROM simulator.progress", ANCHOR + ENDS_AFTER)
    connection = await open_connection(ehr)
    try:
        ended = await connection.fetchval(
            "SELECT count(*) FROM appointments WHERE session_type = 'GRP' AND appt_status = 'DONE'"
            " AND updated_at >= $1",
            ANCHOR.replace(tzinfo=None) - timedelta(hours=8),  # the westernmost practice's time
        )
        rules = await connection.fetch("SELECT rule FROM simulator.planted WHERE planted_at > $1", ANCHOR)
    finally:
        await connection.close()
    assert ended >= 1
    assert {"C08", "B01"} <= {row["rule"] for row in rules}


async def test_an_act_is_never_done_twice(ehr: str) -> None:
    await prepare_ehr(ehr, SEED, DAYS, ANCHOR)
    connection = await open_connection(ehr)
    try:
        number = (await read_progress(connection)).acts_done
        act = next(act for act in live(SEED, ANCHOR, DAYS) if act.at > ANCHOR)
        assert await do(connection, act, number)
        assert not await do(connection, act, number)
    finally:
        await connection.close()


async def test_a_database_of_something_else_is_left_alone(ehr: str) -> None:
    connection = await asyncpg.connect(ehr)
    await connection.execute("CREATE TABLE public.something_else (id int)")
    with pytest.raises(Refusal):
        await prepare_ehr(ehr, SEED, DAYS, ANCHOR)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1
    await connection.close()


async def test_what_waits_for_a_signature_at_the_desk_is_in_the_ledger_of_mistakes(ehr: str) -> None:
    await prepare_ehr(ehr, SEED, DAYS, ANCHOR)
    connection = await open_connection(ehr)
    try:
        await connection.execute("INSERT INTO simulator.at_the_desk SELECT clinician_id FROM clinicians")
        number = (await read_progress(connection)).acts_done
        before = {row[0] for row in await connection.fetch("SELECT claim_id FROM claims")}
        for act in live(SEED, ANCHOR, DAYS):
            if act.at > ANCHOR + timedelta(hours=30):
                break
            if act.at > ANCHOR:
                number += await do(connection, act, number)
        waiting = (
            "SELECT subject->>'claim' FROM simulator.planted WHERE planted_id LIKE 'DESK-B39-%' AND until_at IS NULL"
        )
        planted = {row[0] for row in await connection.fetch(waiting)}
        unsigned = await connection.fetch(
            "SELECT k.claim_id, k.practice_id, k.appointment_id, k.client_id FROM claims k"
            " JOIN appointments a USING (appointment_id)"
            " WHERE a.session_type IN ('GRP', 'MFG', 'FAM', 'CPL')"
            " AND k.claim_status NOT IN ('VOID', 'REJ') AND NOT EXISTS (SELECT FROM notes n WHERE"
            " n.appointment_id = k.appointment_id AND n.client_id = k.client_id AND n.note_status = 'SIGNED')"
        )
        assert planted
        assert planted == {row["claim_id"] for row in unsigned} - before
        one = next(row for row in unsigned if row["claim_id"] in planted)
        at = ANCHOR + timedelta(days=2)
        await note_is_signed(connection, one["practice_id"], one["appointment_id"], one["client_id"], at)
        assert one["claim_id"] not in {row[0] for row in await connection.fetch(waiting)}
    finally:
        await connection.close()

"""The desk's migrations: applied once, refused when altered, and the console's role may only what they grant."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from dashboards.desk import audit_log
from infra.desk.migrate import MIGRATIONS, apply_to_desk
from infra.endpoints import Endpoints
from infra.migrate import Migration, read_migrations
from infra.refusal import Refusal
from schemas.audit import Action, AuditEvent, first_break

pytestmark = pytest.mark.stack

Connect = Callable[[], Awaitable[Any]]


@pytest.fixture
async def desk_app(postgres: Endpoints) -> AsyncIterator[Connect]:
    await apply_to_desk(postgres.desk_dsn)
    opened: list[Any] = []

    async def connect() -> Any:
        opened.append(await asyncpg.connect(postgres.desk_app_dsn, timeout=10))
        return opened[-1]

    yield connect
    for connection in opened:
        await connection.close()


def an_event(chain: str, number: int) -> AuditEvent:
    return AuditEvent(
        chain=chain,
        at=datetime(2026, 11, 23, 18, 0, 0, number, tzinfo=UTC),
        user_name="clinician",
        role="clinician",
        action=Action.TEXT_VIEWED,
        object_kind="draft",
        object_id=f"D-{number}",
        details={"section": "shared"},
    )


async def test_doing_it_again_changes_nothing(postgres: Endpoints, desk_app: Connect) -> None:
    assert await apply_to_desk(postgres.desk_dsn) == ()


async def test_an_altered_migration_is_refused(postgres: Endpoints, desk_app: Connect) -> None:
    first, *others = read_migrations(MIGRATIONS)
    with pytest.raises(Refusal, match="altered after it had been applied"):
        await apply_to_desk(postgres.desk_dsn, [Migration(first.name, first.text + "\n-- more"), *others])


async def test_a_failing_migration_leaves_nothing_behind(postgres: Endpoints, desk_app: Connect) -> None:
    wrong = Migration("9999_wrong", "CREATE TABLE half_made (a int); SELECT nonsense;")
    with pytest.raises(Refusal, match="9999_wrong failed"):
        await apply_to_desk(postgres.desk_dsn, [*read_migrations(MIGRATIONS), wrong])
    owner = await asyncpg.connect(postgres.desk_dsn)
    assert await owner.fetchval("SELECT to_regclass('half_made')") is None
    await owner.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET role = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
async def test_the_console_may_add_and_read_audit_entries_and_nothing_else(desk_app: Connect, statement: str) -> None:
    connection = await desk_app()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE own (a int)")


async def test_not_even_the_owner_alters_an_entry_by_mistake(postgres: Endpoints, desk_app: Connect) -> None:
    connection = await desk_app()
    async with connection.transaction():
        await audit_log.record(connection, an_event("PR-OWNER", 1))
    owner = await asyncpg.connect(postgres.desk_dsn)
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await owner.execute("UPDATE audit_entry SET role = 'x' WHERE chain = 'PR-OWNER'")
    await owner.close()


async def test_writers_at_once_make_one_chain_and_a_rolled_back_event_is_not_in_it(desk_app: Connect) -> None:
    async def write(numbers: range, fail: bool) -> None:
        connection = await desk_app()
        for number in numbers:
            transaction = connection.transaction()
            await transaction.start()
            await audit_log.record(connection, an_event("PR-A", number), an_event("PR-B", number))
            await (transaction.rollback() if fail else transaction.commit())

    await asyncio.gather(write(range(10), False), write(range(10, 20), False), write(range(20, 25), True))
    connection = await desk_app()
    async with connection.transaction():
        for chain in ("PR-A", "PR-B"):
            entries = [entry async for entry in audit_log.entries_of(connection, chain)]
            assert first_break(chain, entries) is None
            assert [entry.seq for entry in entries] == list(range(1, 21))
            assert {entry.object_id for entry in entries} == {f"D-{number}" for number in range(20)}


async def test_an_entry_outside_a_transaction_is_refused(desk_app: Connect) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        await audit_log.record(await desk_app(), an_event("PR-C", 1))

"""How do the desk's tables come to be what this version needs?
Reads infra/desk/migrations/*.sql; writes tables, rights of the role `desk_app` and the list `migration`.
Must never change what was shipped: an altered migration is refused, a correction is a new file.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

import asyncpg

from infra.embedded.postgres import DESK_APP
from infra.migrate import Migration, read_migrations
from infra.refusal import Refusal

MIGRATIONS: Final = Path(__file__).with_name("migrations")
"""A new table: a file `NNNN_area_what.sql` with the next free number. Each file is one transaction, applied once, by
the owner of the database. It also says what the role `desk_app` (console and workers) may do: a right not granted is a
right they do not have. Files of different areas do not build on each other, so a lower number may come later."""

_LIST = """CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""
_ONE_AT_A_TIME: Final = 7_203_114
"""Key of the advisory lock: two starts at once must not apply the same file."""


def apply_desk(owner_dsn: str, migrations: list[Migration] | None = None) -> tuple[str, ...]:
    """Brings the desk database to this version; the names applied now. Doing it again changes nothing.

    Raises Refusal if a shipped migration was altered, if the database is of a newer version, or if PostgreSQL refuses.
    """
    return asyncio.run(apply_to_desk(owner_dsn, migrations))


async def apply_to_desk(owner_dsn: str, migrations: list[Migration] | None = None) -> tuple[str, ...]:
    """The same, inside a running loop."""
    wanted = read_migrations(MIGRATIONS) if migrations is None else migrations
    try:
        connection = await asyncpg.connect(owner_dsn, timeout=10)
    except (OSError, asyncpg.PostgresError) as error:
        raise Refusal(f"the desk database does not answer ({type(error).__name__}); is PostgreSQL up?") from None
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
        return await _apply(connection, wanted)
    finally:
        await connection.close()


async def _apply(connection: Any, wanted: list[Migration]) -> tuple[str, ...]:
    if not await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", DESK_APP):
        raise Refusal(f"the desk database has no role {DESK_APP}; create it: CREATE ROLE {DESK_APP} LOGIN PASSWORD …")
    await connection.execute(_LIST)
    known = {row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM migration")}
    _refuse_changed_history(wanted, known)
    missing = [migration for migration in wanted if migration.name not in known]
    for migration in missing:
        try:
            async with connection.transaction():
                await connection.execute(migration.text)
                await connection.execute(
                    "INSERT INTO migration (name, sha256) VALUES ($1, $2)", migration.name, migration.sha256
                )
        except asyncpg.PostgresError as error:
            raise Refusal(f"{migration.name} failed in the desk database ({error.sqlstate}): {error.args[0]}") from None
    return tuple(migration.name for migration in missing)


def _refuse_changed_history(wanted: list[Migration], known: dict[str, str]) -> None:
    names = {migration.name for migration in wanted}
    problems = [
        f"desk migration {one.name} was altered after it had been applied; restore it and put the change in a new file"
        for one in wanted
        if known.get(one.name, one.sha256) != one.sha256
    ]
    problems += [
        f"desk migration {name} was applied by a newer version of Conjoint; use that version with this database"
        for name in sorted(known.keys() - names)
    ]
    if problems:
        raise Refusal(*problems)

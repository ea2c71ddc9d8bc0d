"""How does an event get into its chain? In the transaction of what it records, one writer per chain at a time.
Reads and writes `audit_entry` through the connection it is given.
Must never be called outside a transaction, nor change an entry.
"""

from collections.abc import AsyncIterator, Iterable
from itertools import groupby
from typing import Any, Final

import orjson

from schemas.audit import GENESIS, AuditEntry, AuditEvent, chained, details_text

CHAINS: Final = """
WITH RECURSIVE step AS (
    (SELECT chain FROM audit_entry ORDER BY chain LIMIT 1)
    UNION ALL
    SELECT (SELECT e.chain FROM audit_entry e WHERE e.chain > step.chain ORDER BY e.chain LIMIT 1) FROM step
    WHERE step.chain IS NOT NULL
), chains AS (SELECT chain FROM step WHERE chain IS NOT NULL)"""
"""Every chain, by one look into the index for each: the trail itself may be millions of entries long."""
_CHAINS_LOCK: Final = 71
_COLUMNS: Final = tuple(name for name in AuditEntry.model_fields)
_INSERT: Final = (
    f"INSERT INTO audit_entry ({', '.join(_COLUMNS)})"  # noqa: S608 - names of our own model
    f" VALUES ({', '.join(f'${number}' for number in range(1, len(_COLUMNS) + 1))})"
)


async def record(connection: Any, *events: AuditEvent) -> tuple[AuditEntry, ...]:
    """Add events to the ends of their chains. Commits and rolls back with the caller's transaction."""
    if not connection.is_in_transaction():
        raise RuntimeError("an audit entry belongs into the transaction of what it records")
    entries: list[AuditEntry] = []
    # always in the order of chains: two writers of two chains would else wait for each other
    for chain, members in groupby(sorted(events, key=lambda event: event.chain), key=lambda event: event.chain):
        await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _CHAINS_LOCK, chain)
        last = await connection.fetchrow(
            "SELECT seq, sha256 FROM audit_entry WHERE chain = $1 ORDER BY seq DESC LIMIT 1", chain
        )
        seq, previous = (0, GENESIS) if last is None else (last["seq"], last["sha256"])
        for event in members:
            entry = chained(event, seq + 1, previous)
            entries.append(entry)
            seq, previous = entry.seq, entry.sha256
    await connection.executemany(_INSERT, [_row(entry) for entry in entries])
    return tuple(entries)


def _row(entry: AuditEntry) -> tuple[Any, ...]:
    values = {name: getattr(entry, name) for name in _COLUMNS}
    return tuple((values | {"details": details_text(entry.details)}).values())


def entry_of(row: Any) -> AuditEntry:
    """A row of `audit_entry` as it was recorded."""
    return AuditEntry(**{**dict(row), "details": orjson.loads(row["details"])})


async def chains(connection: Any) -> tuple[str, ...]:
    """Every chain there is."""
    rows = await connection.fetch(f"{CHAINS} SELECT chain FROM chains ORDER BY 1")  # noqa: S608 - our own text
    return tuple(row["chain"] for row in rows)


async def entries_of(connection: Any, chain: str, *, after: int = 0) -> AsyncIterator[AuditEntry]:
    """A chain's entries in order, read in pieces inside a transaction of the caller."""
    query = "SELECT * FROM audit_entry WHERE chain = $1 AND seq > $2 ORDER BY seq"
    async for row in connection.cursor(query, chain, after, prefetch=1_000):
        yield entry_of(row)


async def about(connection: Any, chain: str, kind: str, ids: Iterable[str], limit: int = 200) -> list[AuditEntry]:
    """What is known about some objects, newest first."""
    rows = await connection.fetch(
        "SELECT * FROM audit_entry WHERE chain = $1 AND object_kind = $2 AND object_id = ANY($3)"
        " ORDER BY seq DESC LIMIT $4",
        chain,
        kind,
        list(ids),
        limit,
    )
    return [entry_of(row) for row in rows]

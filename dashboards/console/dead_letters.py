"""What could nobody use, and can it be put back? Lists fact_dead_letter; whoever wires the console brings the replay.

Reads ClickHouse as the read-only viewer. Must never show or log what a letter says.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.console.clickhouse_findings import ClickHouse
from dashboards.console.sources import MAX_LISTED, ReplayRefusedError, instant
from schemas.dead_letter import DeadLetter

_COLUMNS = """letter_id, reason, error, topic, partition, offset, toUnixTimestamp64Milli(died_at) AS died_ms,
    replayed, version"""


@dataclass(frozen=True)
class StoredDeadLetters:
    """DeadLetters over ClickHouse. `replayer` puts a letter back by its id and returns why it did not, or ""."""

    server: ClickHouse
    replayer: Callable[[str], str] | None = None

    async def list(self, *, limit: int, offset: int = 0) -> tuple[DeadLetter, ...]:
        rows = await self.server.rows(
            f"SELECT {_COLUMNS} FROM fact_dead_letter FINAL "  # noqa: S608 - constant fragments only
            "ORDER BY died_at DESC, letter_id LIMIT {limit:UInt32} OFFSET {offset:UInt32}",
            {"limit": min(limit, MAX_LISTED), "offset": offset},
        )
        return tuple(_letter(row) for row in rows)

    async def count(self) -> int:
        [[letters]] = await self.server.rows("SELECT count() FROM fact_dead_letter FINAL", {})
        return int(letters)

    async def get(self, letter_id: str) -> DeadLetter | None:
        rows = await self.server.rows(
            f"SELECT {_COLUMNS} FROM fact_dead_letter FINAL "  # noqa: S608 - constant fragments only
            "WHERE letter_id = {letter_id:String} LIMIT 1",
            {"letter_id": letter_id},
        )
        return _letter(rows[0]) if rows else None

    async def replay(self, letter: DeadLetter) -> None:
        if self.replayer is None:
            raise ReplayRefusedError("This console cannot replay. On the machine: conjoint dlq replay.")
        refusal = await asyncio.to_thread(self.replayer, letter.letter_id)
        if refusal:
            raise ReplayRefusedError(f"Nothing was put back: {refusal}.")

    async def close(self) -> None:
        """The server is closed by the findings, which share it."""


def _letter(row: Sequence[Any]) -> DeadLetter:
    letter_id, reason, error, topic, partition, offset, died_ms, replayed, version = row
    return DeadLetter(
        letter_id=letter_id,
        reason=reason,
        error=error,
        topic=topic,
        partition=partition,
        offset=offset,
        died_at=instant(died_ms),
        replayed=replayed,
        version=version,
    )

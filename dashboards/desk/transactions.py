"""How does what happens at the desk happen wholly or not at all? One pool, JSON as Python values, away is an outcome.
Reads and writes nothing by itself.
Must never put a DSN or a value into an error.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import orjson

_TIMEOUT_S: Final = 10.0
_AWAY: Final = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)


class DeskUnavailableError(RuntimeError):
    """The desk's database did not answer. The message names no value."""


async def _take_json(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        decoder=lambda value: orjson.loads(value[1:]),
        format="binary",
    )


@dataclass
class DeskDatabase:
    """Connections to the desk, opened when first needed and again after an outage."""

    dsn: str = field(repr=False)
    connections: int = 6
    _pool: Any = field(default=None, repr=False)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A connection inside a transaction: all of the block happens or none of it. Raises DeskUnavailableError."""
        try:
            pool = await self._open()
            async with pool.acquire(timeout=_TIMEOUT_S) as connection, connection.transaction():
                yield connection
        except (*_AWAY, asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError) as error:
            raise DeskUnavailableError(type(error).__name__) from None

    async def _open(self) -> Any:
        if not self.dsn:
            raise DeskUnavailableError("no desk here")  # an empty DSN would mean whatever listens at the usual place
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.dsn,
                    min_size=0,
                    max_size=self.connections,
                    timeout=_TIMEOUT_S,
                    command_timeout=_TIMEOUT_S,
                    init=_take_json,
                )
            return self._pool

    async def close(self) -> None:
        """Let go of all connections."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), 3)
            except TimeoutError:
                pool.terminate()

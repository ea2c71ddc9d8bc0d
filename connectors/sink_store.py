"""How do rows get into ClickHouse, and what does it mean when they do not?
Writes the fact tables.
Must never let a value out of a row into an error or a log.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error

from connectors.sink_rows import COLUMNS

DATABASE: Final = "conjoint"
_ABOUT_THE_ROWS: Final = frozenset({6, 26, 27, 38, 41, 53, 69, 70, 72, 131, 321, 349})
"""ClickHouse's codes for a value that does not fit its column."""
_NOT_SERIALISABLE: Final = (DataError, TypeError, ValueError, OverflowError, AttributeError, struct.error)


class RowsRefused(Exception):
    """ClickHouse is up and will never take these rows as they are. Names the kind of error."""


class ClickHouseAway(Exception):
    """The rows are not in, for a reason that passes: no answer, no memory, no table yet. Names the kind of error."""


class Store(Protocol):
    """Where rows go."""

    def insert(self, table: str, rows: Sequence[tuple[Any, ...]], token: str) -> None:
        """Returns once the rows are stored for good; the same token again does nothing.

        Raises RowsRefused or ClickHouseAway.
        """

    def close(self) -> None: ...


def deduplication_token(table: str, places: Sequence[tuple[str, int, int]]) -> str:
    """Rows of the same messages (topic, partition, offset) have the same token, however often they are sent."""
    text = "\n".join(f"{topic}/{partition}/{offset}" for topic, partition, offset in places)
    return hashlib.sha256(f"{table}\n{text}".encode()).hexdigest()


@dataclass
class ClickHouseStore:
    """A ClickHouse server; connected when first needed, and anew after an error."""

    url: str
    user: str
    password: str = field(repr=False)
    database: str = DATABASE
    connect: Callable[..., Any] = clickhouse_connect.get_client
    _client: Any = None
    _types: dict[str, Sequence[Any]] = field(default_factory=dict)

    def insert(self, table: str, rows: Sequence[tuple[Any, ...]], token: str) -> None:
        """See Store."""
        try:
            client = self._connected()
            if table not in self._types:
                self._types[table] = client.create_insert_context(table, COLUMNS[table]).column_types
            client.insert(
                table,
                rows,
                column_names=COLUMNS[table],
                column_types=self._types[table],
                settings={
                    "insert_deduplication_token": token,
                    # without it a repeated insert would skip the copy into history that a crash had cut off
                    "deduplicate_blocks_in_dependent_materialized_views": 1,
                },
            )
        except _NOT_SERIALISABLE as error:
            self.close()
            raise RowsRefused(type(error).__name__) from None
        except (ClickHouseError, OSError) as error:
            self.close()
            code = error.code if isinstance(error, Error) else None
            if code in _ABOUT_THE_ROWS:
                raise RowsRefused(f"ClickHouse code {code}") from None
            raise ClickHouseAway(f"ClickHouse code {code}" if code else type(error).__name__) from None

    def close(self) -> None:
        """Lets go of the connection; the next insert makes a new one."""
        client, self._client = self._client, None
        self._types.clear()
        if client is not None:
            with suppress(ClickHouseError, OSError):
                client.close()

    def _connected(self) -> Any:
        if self._client is None:
            self._client = self.connect(
                dsn=self.url,
                username=self.user,
                password=self.password,
                database=self.database,
                autogenerate_session_id=False,
                connect_timeout=5,
                send_receive_timeout=60,
                query_retries=0,
            )
        return self._client

"""What does an adapter of an EHR database get, and what does it answer?
Reads nothing, writes nothing: these are the values between change capture and an adapter.
Must never print what a row holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from schemas.reasons import Reason

RowOp = Literal["c", "u", "d", "r"]
"""Debezium's words: created, updated, deleted, read by a snapshot."""

TimeZoneOf = Callable[[str], ZoneInfo | None]
"""Practice id → its time zone; None while the practice is not known yet."""


@dataclass(frozen=True, slots=True)
class Row:
    """One parsed row event. `rev` orders all events of a source, `committed_at` is UTC, a delete has no `after`."""

    table: str
    op: RowOp
    key: Mapping[str, Any]
    before: Mapping[str, Any] | None = field(repr=False)
    after: Mapping[str, Any] | None = field(repr=False)
    rev: int
    committed_at: datetime
    snapshot: bool
    ends_table: bool = False
    """The last row that a snapshot read of its table."""

    @property
    def image(self) -> Mapping[str, Any]:
        """The row as it now is, or as it last was."""
        return self.after if self.after is not None else (self.before or {})


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row's care changes, all of one practice, as plain data: at, entity, op, id, rev, part, snapshot, data."""

    practice_id: str
    changes: tuple[dict[str, Any], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why a row gave no change. `where` is a table or table.column, never a value."""

    reason: Reason
    where: str
    practice_id: str | None = None


Outcome = Mapped | Nothing

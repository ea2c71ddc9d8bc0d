"""What does the simulator do? It yields acts: one real-life action each, to be one transaction in the EHR database.
Reads nothing, writes nothing: values only, in the types asyncpg takes (local times have no zone, as in the EHR).
Must never print a row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from connectors.ehr.reference import TABLES

Value = (
    str | int | bool | datetime | date | Decimal | list[str] | list[int] | dict[str, Any] | list[dict[str, Any]] | None
)
"""A dict, or a list of dicts, is a jsonb column."""

PLANTED: Final = "simulator.planted"

PRIMARY_KEYS: Final[Mapping[str, str]] = {
    **{name: table.key_column or table.id_column for name, table in TABLES.items()},
    PLANTED: "planted_id",
}
"""Table → the column of its primary key."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row written. An insert carries every column that is not NULL, an update the changed columns only."""

    op: Literal["insert", "update", "delete"]
    table: str
    key: str
    values: Mapping[str, Value] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Act:
    """One action of somebody in a practice at an instant (UTC); all of it happens or nothing."""

    at: datetime
    what: str
    practice_id: str
    operations: tuple[Operation, ...] = field(repr=False)


Rows = dict[str, dict[str, dict[str, Value]]]
"""Table → primary key → row."""


def apply(rows: Rows, act: Act) -> None:
    """Do an act to rows held in memory. Raises KeyError for an update or delete of a row that is not there."""
    for operation in act.operations:
        table = rows.setdefault(operation.table, {})
        if operation.op == "insert":
            if operation.key in table:
                raise KeyError(f"{operation.table} already has {operation.key}")
            table[operation.key] = {PRIMARY_KEYS[operation.table]: operation.key, **operation.values}
        elif operation.op == "update":
            table[operation.key].update(operation.values)
        else:
            del table[operation.key]


def rows_after(acts: Iterable[Act]) -> Rows:
    """The rows that a run of acts leaves behind."""
    rows: Rows = {}
    for act in acts:
        apply(rows, act)
    return rows

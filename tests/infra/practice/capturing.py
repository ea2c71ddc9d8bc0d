"""What would change capture say about an act? Rows as Debezium presents them, and the care changes they become.

Types as with `decimal.handling.mode=string` and a numeric `time.precision.mode`: microseconds of wall time, days, text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.ehr.reference import TABLES, to_changes
from connectors.ehr.row import Mapped, Row
from infra.practice.acts import PRIMARY_KEYS, Act, Rows, Value
from infra.practice.life import live
from infra.practice.people import PRACTICES
from schemas.change import Change
from schemas.codec import change_of

JSON_COLUMNS = frozenset(
    {"fee_schedule", "policy", "answers", "bullets", "turns", "visit_limits", "visits_used_before"}
)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time
ZONES = {practice.id: practice.zone for practice in PRACTICES}


def time_zone_of(practice_id: str) -> ZoneInfo | None:
    """The zone of one of the simulated practices."""
    return ZONES.get(practice_id)


def presented(row: Mapping[str, Value]) -> dict[str, Any]:
    """One row image as it stands in a Debezium envelope."""
    return {column: _value(column, value) for column, value in row.items()}


def _value(column: str, value: Value) -> Any:
    if column in JSON_COLUMNS:
        return None if value is None else json.dumps(value)
    if isinstance(value, datetime):
        return int((value - EPOCH).total_seconds()) * 1_000_000
    if isinstance(value, date):
        return (value - date(1970, 1, 1)).days
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value


class Capture:
    """Follows acts as the replication slot does; every event gets the next position."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.position = 0

    def events(self, act: Act) -> Iterator[Row]:
        """The row events of one act, in the order of its statements."""
        for operation in act.operations:
            table = self.rows.setdefault(operation.table, {})
            before = table.get(operation.key)
            if operation.op == "insert":
                assert before is None, operation
                after: dict[str, Value] | None = {PRIMARY_KEYS[operation.table]: operation.key, **operation.values}
            elif operation.op == "update":
                assert before is not None, operation
                after = {**before, **operation.values}
            else:
                after = None
            if after is None:
                del table[operation.key]
            else:
                table[operation.key] = after
            if operation.table not in TABLES:
                continue
            self.position += 1
            yield Row(
                table=operation.table,
                op="d" if after is None else "c" if before is None else "u",
                key={PRIMARY_KEYS[operation.table]: operation.key},
                before=None if before is None else presented(before),
                after=None if after is None else presented(after),
                rev=self.position,
                committed_at=act.at,
                snapshot=False,
            )

    def snapshot(self, at: datetime) -> Iterator[Row]:
        """Every captured row as an initial snapshot reads it."""
        for table in TABLES:
            for key, row in sorted(self.rows.get(table, {}).items()):
                self.position += 1
                yield Row(
                    table=table,
                    op="r",
                    key={PRIMARY_KEYS[table]: key},
                    before=None,
                    after=presented(row),
                    rev=self.position,
                    committed_at=at.astimezone(UTC),
                    snapshot=True,
                )


def care_changes(rows: Iterable[Row]) -> list[tuple[str, Change]]:
    """(practice id, change) for every row; a row without a change fails the test."""
    changes: list[tuple[str, Change]] = []
    for row in rows:
        outcome = to_changes(row, time_zone_of)
        assert isinstance(outcome, Mapped), outcome
        changes += [(outcome.practice_id, change_of(change)) for change in outcome.changes]
    return changes


def acts_until(moment: datetime, seed: int, anchor: datetime, days: int, **choices: Any) -> Iterator[Act]:
    """The acts of a life up to and including a moment."""
    for act in live(seed, anchor, days, **choices):
        if act.at > moment:
            return
        yield act

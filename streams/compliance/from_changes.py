"""The rows of a report out of a file of changes, as known at a moment: no platform needed. Pure.

Changes committed after the moment are not read, so that late facts do not change what an earlier report said.
"""

from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from schemas.evidence import PracticeFact
from streams.catalogue import RULES
from streams.compliance.records import LEDGER_FIELDS, ROWS, Ledger, PracticeRow
from streams.replay import ChangesFile, NotAChangesFile, Replayed, replay, replay_at_once

PLAYED_UP_TO = 3_000
"""Changes of a file that is played through day by day; a longer one is decided about once, at the moment asked for."""

TITLES = {rule.id: rule.title for rule in reversed(RULES)}


def ledger_at(file: ChangesFile, as_of: datetime) -> Ledger:
    """Everything the file says up to that moment. Raises NotAChangesFile if no practice is in it by then."""
    played = replay(file, as_of) if len(file.changes) <= PLAYED_UP_TO else replay_at_once(file, as_of)
    practice = next((fact.row for fact in played.facts if isinstance(fact.row, PracticeFact)), None)
    if practice is None:
        raise NotAChangesFile("no practice, or none with a time zone, by the moment of the report")
    return Ledger(practice=PracticeRow(*_values(PracticeRow, practice)), rule_titles=TITLES, **_rows(played))


def recorded_since(file: ChangesFile) -> datetime | None:
    """The earliest commit in the file."""
    return min((change.at.astimezone(UTC) for change in file.changes), default=None)


def was_played(file: ChangesFile) -> bool:
    """Findings that opened and were resolved before the moment of the report are among the rows."""
    return len(file.changes) <= PLAYED_UP_TO


def _rows(played: Replayed) -> dict[str, Any]:
    rows: dict[str, list[Any]] = {name: [] for name in LEDGER_FIELDS.values()}
    for fact in played.facts:
        if fact.table in LEDGER_FIELDS:
            kind = ROWS[fact.table]
            rows[LEDGER_FIELDS[fact.table]].append(kind(*_values(kind, fact.row)))
    for table, records in (("fact_finding", played.findings), ("fact_draft_request", played.requests)):
        kind = ROWS[table]
        rows[LEDGER_FIELDS[table]] = [kind(*_values(kind, record)) for record in records]
    return rows


def _values(kind: Any, record: Any) -> tuple[Any, ...]:
    values = attrgetter(*kind._fields)(record)
    return tuple(values)

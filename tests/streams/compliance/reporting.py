"""How do tests ask for a report? Out of a scenario, for April 2026, as of a moment; tables as lists of plain rows."""

from datetime import date, datetime
from typing import Any

import orjson

from schemas.codec import change_of
from schemas.compliance import Cell, Report, Section, Table
from streams.compliance.from_changes import ledger_at
from streams.compliance.records import Ledger, Period
from streams.compliance.report import compliance_report
from streams.replay import ChangesFile
from tests.streams.scenario import ZONE, Scenario, at

APRIL = (date(2026, 4, 1), date(2026, 4, 30))


def ledger_of(scenario: Scenario, as_of: str) -> Ledger:
    """What the scenario's changes say at a Chicago wall-clock moment."""
    return ledger_at(file_of(scenario), datetime.fromisoformat(at(as_of)))


def file_of(scenario: Scenario) -> ChangesFile:
    """The scenario as a parsed file of changes."""
    changes = tuple(change_of(change) for change in sorted(scenario.changes, key=lambda one: _instant(one["at"])))
    policy = orjson.dumps(scenario.policy).decode() if scenario.policy else None
    return ChangesFile(changes, policy, datetime.fromisoformat(at(scenario.now)), ())


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def report_of(scenario: Scenario, as_of: str = "2026-04-30 18:00") -> Report:
    """The report of April 2026."""
    return report_on(ledger_of(scenario, as_of), as_of)


def report_on(ledger: Ledger, as_of: str) -> Report:
    """The report of April 2026 on these rows."""
    period = Period(*APRIL, datetime.fromisoformat(at(as_of)), ZONE)
    return compliance_report(ledger, period, "a test", None)


def section(report: Report, id_: str) -> Section:
    """One section."""
    return next(one for one in report.sections if one.id == id_)


def table(report: Report, id_: str) -> Table:
    """One table, wherever it stands."""
    return next(one for part in report.sections for one in part.tables if one.id == id_)


def rows(report: Report, id_: str, *columns: str) -> list[Any]:
    """These columns of every row; single values if it is one column."""
    found = table(report, id_)
    places = [[column.name for column in found.columns].index(name) for name in columns]
    picked = [tuple(row[place] for place in places) for row in found.rows]
    return [one[0] for one in picked] if len(columns) == 1 else picked


def figure(report: Report, id_: str, label: str) -> Cell:
    """One figure of a section."""
    return next(one.value for one in section(report, id_).figures if one.label == label)

"""A compliance report as one HTML page that needs nothing else: styles inside, no script, light, dark and paper.

Pure. Everything is escaped, whoever wrote it.
"""

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dashboards.compliance.showing import NUMERIC, as_of_text, figure_text, period_text, shown
from schemas.compliance import Cell, Column, Figure, Report, Table

SHOWN_ROWS = 400
"""Rows of evidence a page shows of one table; the rest is in the tables."""


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def report_html(report: Report) -> str:
    """The page."""
    zone = ZoneInfo(report.timezone)

    def text(value: Cell, column: Column) -> str:
        return shown(value, column.kind, zone)

    def figure(of: Figure) -> str:
        return figure_text(of, zone)

    return _template().render(
        report=report,
        period=period_text(report),
        as_of=as_of_text(report),
        since=shown(report.recorded_since, "instant", zone),
        text=text,
        figure=figure,
        rows_of=_rows_of,
        numeric=NUMERIC,
        shown_rows=SHOWN_ROWS,
    )


def _rows_of(table: Table) -> list[tuple[Cell, ...]]:
    return list(table.rows[:SHOWN_ROWS] if table.evidence else table.rows)

"""How is a value of a compliance report written? One spelling for page, paper and table.

Pure. Moments are in the practice's zone; a value nobody recorded is a dash, in a table of numbers an empty cell.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from schemas.compliance import Cell, ColumnKind, Figure, Report

DASH = "–"
NUMERIC: frozenset[ColumnKind] = frozenset({"count", "money", "share", "hours"})


def shown(value: Cell, kind: ColumnKind, zone: ZoneInfo) -> str:
    """The value for a person."""
    if value is None or value in ("", ()):
        return DASH
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    return _number(value, kind)


def _number(value: float, kind: ColumnKind) -> str:
    if kind == "money":
        sign, cents = ("−" if value < 0 else ""), abs(round(value))
        return f"{sign}${cents // 100:,}.{cents % 100:02}"
    if kind == "share":
        # a share that is not whole is never shown as all or nothing
        percent = min(max(value * 100, 0.1), 99.9) if 0 < value < 1 else value * 100
        return f"{percent:.1f} %" if percent % 1 else f"{percent:.0f} %"
    return f"{value:,.1f}" if kind == "hours" else f"{value:,}"


def plain(value: Cell, kind: ColumnKind, zone: ZoneInfo) -> str:
    """The value for a program: numbers without grouping, dollars with two places, instants with their offset."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    if kind == "money":
        return f"{value / 100:.2f}"
    return f"{value:.4f}" if kind == "share" else f"{value}"


def figure_text(figure: Figure, zone: ZoneInfo) -> str:
    """A figure's value."""
    return shown(figure.value, figure.kind, zone)


def period_text(report: Report) -> str:
    """The period in words: “March 1 to March 31, 2026”."""
    first, last = report.first_on, report.last_on
    left = f"{first:%B} {first.day}" + ("" if first.year == last.year else f", {first.year}")
    return f"{left} to {last:%B} {last.day}, {last.year}"


def as_of_text(report: Report) -> str:
    """The moment of the report in the practice's zone."""
    local = report.as_of.astimezone(ZoneInfo(report.timezone))
    return f"{local:%B} {local.day}, {local.year}, {local:%H:%M %Z}"


def file_name(report: Report, ending: str) -> str:
    """A name for a file of it; only harmless characters."""
    practice = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in report.practice_id)[:60]
    return f"compliance-{practice}-{report.first_on}-{report.last_on}{ending}"

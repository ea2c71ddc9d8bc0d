"""How does a list of findings become a file that opens safely in a spreadsheet?

Pure. A text cell must never be taken for a formula, whoever wrote it.
"""

import csv
import io
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from dashboards.console.sources import kind_of
from dashboards.console.wording import denial
from schemas.finding import Finding

HEAD = (
    "severity",
    "rule",
    "kind",
    "state",
    "why",
    "what_to_do",
    "practice_id",
    "subject",
    "predicted_denial",
    "denial_meaning",
    "money_at_stake_usd",
    "opened_at",
    "changed_at",
    "already_so_when_connected",
    "evidence",
    "rule_version",
    "finding_id",
)
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else
_STARTS_A_FORMULA = tuple("=+-@\t\r\n|%＝＋－＠")


def cell(text: str) -> str:
    """The text, made harmless: a spreadsheet shows it and never computes it."""
    shown = text.replace("\x00", "")
    return f"'{shown}" if shown.lstrip(" \u00a0").startswith(_STARTS_A_FORMULA) else shown


def findings_csv(findings: Iterable[Finding], zone: ZoneInfo) -> Iterable[str]:
    """The file, line by line. Moments are in the given zone, with their offset."""
    yield BYTE_ORDER_MARK + _line(HEAD)
    for finding in findings:
        cents = finding.money_at_stake_cents
        texts = (
            finding.severity,
            finding.rule,
            kind_of(finding.rule) or "",
            finding.state,
            finding.why,
            finding.todo,
            finding.practice_id,
            " ".join(f"{key}={value}" for key, value in finding.subject.items()),
            finding.predicts or "",
            denial(finding.predicts or ""),
        )
        tail = (
            finding.opened_at.astimezone(zone).isoformat(timespec="seconds"),
            finding.changed_at.astimezone(zone).isoformat(timespec="seconds"),
            "yes" if finding.historical else "no",
            " ".join(finding.evidence),
            finding.rule_version,
            finding.finding_id,
        )
        # an amount is a number of ours and may be negative: it must stay a number
        amount = "" if cents is None else f"{cents / 100:.2f}"
        yield _line((*map(cell, texts), amount, *map(cell, tail)))


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterable[str]:
    """Any rows of texts as such a file, the first being its head."""
    for number, row in enumerate(rows):
        yield (BYTE_ORDER_MARK if not number else "") + _line(map(cell, row))


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()

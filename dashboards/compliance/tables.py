"""A compliance report as CSV: one file per table, an index and the definitions; in a folder or in one zip.

Pure but for writing. A text cell must never be taken for a formula, whoever wrote it.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.compliance.showing import NUMERIC, plain
from dashboards.console.csv_export import BYTE_ORDER_MARK, cell
from schemas.compliance import Report, Table

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same report is the same file


def files_of(report: Report) -> Iterator[tuple[str, str]]:
    """(file name, text) of every file: index.csv, figures.csv, definitions.csv, and one per table."""
    zone = ZoneInfo(report.timezone)
    yield "index.csv", _text(("file", "section", "table", "rows", "evidence"), _index(report))
    yield "figures.csv", _text(("section", "figure", "value", "note", "state"), _figures(report, zone))
    yield "definitions.csv", _text(("section", "kind", "term", "text"), _definitions(report))
    for section in report.sections:
        for table in section.tables:
            yield f"{section.id}.{table.id}.csv", _text([c.name for c in table.columns], _rows(table, zone))


def write_folder(report: Report, folder: Path) -> None:
    """Every file in a folder, which is made if need be. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files_of(report):
        (folder / name).write_text(text, encoding="utf-8", newline="")


def as_zip(report: Report) -> bytes:
    """Every file in one zip."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files_of(report):
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), text, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def _index(report: Report) -> Iterator[tuple[str, ...]]:
    facts = (
        ("practice", report.practice_id),
        ("first_on", report.first_on.isoformat()),
        ("last_on", report.last_on.isoformat()),
        ("as_of", report.as_of.isoformat()),
        ("timezone", report.timezone),
        ("policy", report.policy),
        ("origin", report.origin),
    )
    for name, value in facts:
        yield ("", name, cell(value), "", "")
    for section in report.sections:
        for table in section.tables:
            name = f"{section.id}.{table.id}.csv"
            cases = "yes" if table.evidence else "no"
            yield (name, cell(section.title), cell(table.title), str(len(table.rows)), cases)


def _figures(report: Report, zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    for section in report.sections:
        for figure in section.figures:
            value = plain(figure.value, figure.kind, zone)
            number = figure.kind in NUMERIC
            shown = value if number else cell(value)
            yield (cell(section.title), cell(figure.label), shown, cell(figure.note), figure.tone)


def _definitions(report: Report) -> Iterator[tuple[str, ...]]:
    for section in report.sections:
        yield from ((cell(section.title), "definition", cell(term), cell(text)) for term, text in section.definitions)
        yield from ((cell(section.title), "source", "", cell(text)) for text in section.sources)
        yield from ((cell(section.title), "not recorded", "", cell(text)) for text in section.not_recorded)


def _rows(table: Table, zone: ZoneInfo) -> Iterator[list[str]]:
    for row in table.rows:
        texts = []
        for column, value in zip(table.columns, row, strict=True):
            text = plain(value, column.kind, zone)
            # an amount is a number of ours and may be negative: it must stay a number
            texts.append(text if column.kind in NUMERIC else cell(text))
        yield texts


def _text(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return BYTE_ORDER_MARK + text.getvalue()

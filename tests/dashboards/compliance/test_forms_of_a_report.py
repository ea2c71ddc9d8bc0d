"""The report as page, paper and tables: everything is said in all three, escaped, and harmless in a spreadsheet."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from dashboards.compliance.document import report_pdf
from dashboards.compliance.page import report_html
from dashboards.compliance.showing import file_name, plain, shown
from dashboards.compliance.tables import as_zip, files_of, write_folder
from schemas.compliance import Cell, Column, ColumnKind, Figure, Report, Section, Table
from tests.streams.compliance.reporting import report_of
from tests.streams.scenario import ZONE, clean_group

EVIL = '=HYPERLINK("http://x") <script>alert(1)</script> & {braces}'


def evil_report() -> Report:
    """Every text of it is hostile."""
    column = Column("what_id", EVIL, "ids")
    table = Table("t", EVIL, (column, Column("cents", "Amount", "money")), [((EVIL,), -500)], EVIL, evidence=True)
    section = Section(
        "s", EVIL, f"{EVIL}?", (Figure(EVIL, EVIL, "text", EVIL),), (table,), ((EVIL, EVIL),), (EVIL,), (EVIL,)
    )
    day = date(2026, 4, 1)
    return Report(
        EVIL, EVIL, "America/Chicago", day, day, datetime(2026, 4, 2, tzinfo=UTC), None, EVIL, EVIL, (section,)
    )


@pytest.fixture(scope="module")
def report() -> Report:
    return report_of(clean_group().without("CON-ANA-group_agreement"))


def test_the_page_says_everything_and_asks_nobody_for_anything(report: Report) -> None:
    page = report_html(report)
    for section in report.sections:
        assert section.title in page
        assert all(table.title in page for table in section.tables)
    assert not re.search(r'(src|href)="(?!#)[^"]*"|url\(|@import|<script', page)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_the_paper_says_it_too_with_contents_and_page_numbers(report: Report) -> None:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(report_pdf(report))).pages]
    whole = "\n".join(pages)
    for section in report.sections:
        assert section.title in whole
    assert re.search(rf"Page {len(pages)} of\s+{len(pages)}\b", pages[-1])
    contents = pages[1]
    place = (
        next(n for n, text in enumerate(pages) if re.search(r"^\d+\s+Visits and consents", text, re.M) and n > 1) + 1
    )
    assert re.search(rf"\b{place}\b", contents)
    assert "C-ANA" in whole
    assert "Not recorded" in whole


def test_the_same_report_is_the_same_bytes(report: Report) -> None:
    assert report_pdf(report) == report_pdf(report)
    assert as_zip(report) == as_zip(report)
    assert report_html(report) == report_html(report)


def test_a_table_of_five_hundred_rows_goes_on_over_pages_and_says_where_it_is_cut(report: Report) -> None:
    section = report.sections[1]
    long = replace(section.tables[0], rows=[("word " * 8, *range(5), 5)] * 500, total=False)
    cut = replace(long, id="cut", evidence=True)
    many = replace(report, sections=(replace(section, tables=(long, cut)),))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(report_pdf(many))).pages]
    assert sum("In force" in text and "Kind" in text for text in pages) > 8  # the head is repeated
    assert "The first 25 of 500" in "\n".join(pages)
    assert "The first 400 of 500" in report_html(many)
    rows = dict(files_of(many))["consent-register.cut.csv"].splitlines()
    assert len(rows) == 501


def test_nothing_hostile_is_taken_for_markup_or_a_formula() -> None:
    report = evil_report()
    page = report_html(report)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<script>alert(1)</script>" in PdfReader(io.BytesIO(report_pdf(report))).pages[0].extract_text().replace(
        "\n", " "
    )
    with zipfile.ZipFile(io.BytesIO(as_zip(report))) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode().removeprefix("\ufeff")
            for row in csv.reader(io.StringIO(text)):
                for value in row[1:]:
                    assert not value.startswith(("=", "+", "@", "\t")), (name, value)
    money = list(csv.reader(io.StringIO(dict(files_of(report))["s.t.csv"])))
    assert money[1][1] == "-5.00"  # an amount of ours stays a number


def test_csv_of_a_folder_is_the_same_as_in_the_zip(report: Report, tmp_path: Path) -> None:
    write_folder(report, tmp_path / "tables")
    with zipfile.ZipFile(io.BytesIO(as_zip(report))) as archive:
        assert sorted(archive.namelist()) == sorted(path.name for path in (tmp_path / "tables").iterdir())
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "tables" / name).read_bytes()


CELLS: list[tuple[Cell, ColumnKind, str, str]] = [
    (None, "count", "–", ""),
    (0, "count", "0", "0"),
    (1234, "count", "1,234", "1234"),
    (-500, "money", "−$5.00", "-5.00"),
    (123456, "money", "$1,234.56", "1234.56"),
    (0.9999, "share", "99.9 %", "0.9999"),
    (0.00001, "share", "0.1 %", "0.0000"),
    (1, "share", "100 %", "1.0000"),
    (True, "yes_no", "yes", "yes"),
    (False, "yes_no", "no", "no"),
    (("a", "b"), "ids", "a, b", "a b"),
    ((), "ids", "–", ""),
    (date(2026, 4, 1), "day", "2026-04-01", "2026-04-01"),
    (datetime(2026, 4, 1, 23, tzinfo=UTC), "instant", "2026-04-01 18:00", "2026-04-01T18:00:00-05:00"),
    (12.345, "hours", "12.3", "12.345"),
]


@pytest.mark.parametrize(("value", "kind", "person", "program"), CELLS)
def test_a_value_has_one_spelling_for_people_and_one_for_programs(
    value: Cell, kind: ColumnKind, person: str, program: str
) -> None:
    assert (shown(value, kind, ZONE), plain(value, kind, ZONE)) == (person, program)


def test_a_file_name_is_harmless() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", file_name(evil_report(), ".pdf"))

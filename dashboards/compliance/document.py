"""A compliance report as a PDF: cover, contents, a chapter per section, page numbers, tables that go on over pages.

Pure. Text is escaped for the type-setter, whoever wrote it. Lists of evidence are shortened and say so.
"""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib.colors import white
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import CondPageBreak, LongTable, PageBreak, Paragraph, Spacer, TableStyle
from reportlab.platypus import Table as Sheet

from dashboards.compliance import paper
from dashboards.compliance.paper import WIDTH, Contents, Entry, Paper, printable
from dashboards.compliance.showing import DASH, NUMERIC, as_of_text, figure_text, period_text, shown
from schemas.compliance import Column, Figure, Report, Section, Table

EVIDENCE_ROWS = 25
"""Rows of evidence on paper of one table; the rest is in the tables."""
_FIGURES_A_ROW = 5
_PADDING = 9.0


def report_pdf(report: Report) -> bytes:
    """The document. The same report gives the same bytes."""
    zone = ZoneInfo(report.timezone)
    sheet = Paper(
        title=f"Compliance report of {report.practice_name}, {period_text(report)}",
        left=report.practice_name,
        right=f"Compliance report, {period_text(report)}",
        foot=f"As of {as_of_text(report)}. Confidential. People are named by id only.",
        subject=report.practice_id,
    )
    contents = Contents(
        [*(_entry(section) for section in report.sections), Entry("reading", "How to read this report")]
    )
    story: list[Any] = [*_cover(report, zone), PageBreak(), Paragraph("Contents", paper.H1), Spacer(0, 8), contents]
    for place, section in enumerate(report.sections, 1):
        story += [PageBreak(), sheet.anchor(section.id, section.title), *_section(place, section, zone)]
    story += [PageBreak(), sheet.anchor("reading", "How to read this report"), *_reading(report)]
    return sheet.print(story, contents)


def _text(words: str, look: Any = paper.BODY) -> Paragraph:
    return Paragraph(escape(printable(words)), look)


def _entry(section: Section) -> Entry:
    bad = sum(1 for figure in section.figures if figure.tone == "bad")
    if bad:
        return Entry(section.id, section.title, f"{bad} exception{'s' if bad > 1 else ''}", True)
    return Entry(section.id, section.title, "" if section.figures else "not recorded")


def _cover(report: Report, zone: ZoneInfo) -> list[Any]:
    facts = (
        ("Period", period_text(report)),
        ("As of", as_of_text(report)),
        ("Practice", report.practice_id),
        ("Times in", report.timezone),
        ("Recorded since", shown(report.recorded_since, "instant", zone)),
        ("Judged by", report.policy),
        ("Made from", report.origin),
    )
    rows = [[_text(name, paper.SMALL), _text(value)] for name, value in facts]
    table = Sheet(rows, colWidths=[96, WIDTH - 96], hAlign="LEFT")
    lines = [("LINEABOVE", (0, 0), (-1, -1), 0.5, paper.LINE), ("LINEBELOW", (0, -1), (-1, -1), 0.5, paper.LINE)]
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0), *lines]))
    return [
        Spacer(0, 110),
        _text("Compliance report", paper.style("kind", 11, 14, textColor=paper.ACCENT, font=paper.BOLD)),
        Spacer(0, 8),
        _text(report.practice_name, paper.TITLE),
        _text(period_text(report), paper.style("period", 14, 20, textColor=paper.INK_2)),
        Spacer(0, 30),
        table,
        Spacer(0, 14),
        _text(
            "Nothing recorded after the moment above is in this report. People are named by id only; who they "
            "are is in the EHR.",
            paper.SMALL,
        ),
    ]


def _section(place: int, section: Section, zone: ZoneInfo) -> list[Any]:
    story: list[Any] = [_text(f"{place}  {section.title}", paper.H1), _text(section.question, paper.QUESTION)]
    if section.figures:
        story.append(_figures(section.figures, zone))
    for note in section.not_recorded:
        story += [Spacer(0, 9), _gap(note)]
    for table in section.tables:
        if not table.evidence:
            story += _table(table, zone, table.rows)
    for table in section.tables:
        if table.evidence:
            story += _table(table, zone, table.rows[:EVIDENCE_ROWS])
    if section.definitions or section.sources:
        story += [Spacer(0, 14), CondPageBreak(60)]
    for term, meaning in section.definitions:
        text = f"<b>{escape(printable(term))}.</b> {escape(printable(meaning))}"
        story += [Paragraph(text, paper.SMALL), Spacer(0, 3)]
    if section.sources:
        story.append(Paragraph(f"<b>Sources.</b> {escape(printable('; '.join(section.sources)))}.", paper.SMALL))
    return story


def _figures(figures: Sequence[Figure], zone: ZoneInfo) -> Sheet:
    cells = []
    for figure in figures:
        tone = {"bad": paper.BAD, "good": paper.INK, "plain": paper.INK}[figure.tone]
        value = figure_text(figure, zone)
        size = 16 if len(value) < 12 else 11
        number = paper.style("number", size, 19, font=paper.BOLD, textColor=tone)
        cells.append([_text(value, number), _text(figure.label, paper.SMALL), _text(figure.note, paper.HEAD)])
    cells += [[]] * (-len(cells) % _FIGURES_A_ROW)
    rows = [cells[at : at + _FIGURES_A_ROW] for at in range(0, len(cells), _FIGURES_A_ROW)]
    sheet = Sheet(rows, colWidths=[WIDTH / _FIGURES_A_ROW] * _FIGURES_A_ROW)
    looks: list[tuple[Any, ...]] = [
        ("BOX", (0, 0), (-1, -1), 0.5, paper.LINE),
        ("INNERGRID", (0, 0), (-1, -1), 0.5, paper.LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
    ]
    for place, figure in enumerate(figures):
        if figure.tone == "bad":
            at = (place % _FIGURES_A_ROW, place // _FIGURES_A_ROW)
            looks.append(("BACKGROUND", at, at, paper.BAD_SOFT))
    sheet.setStyle(TableStyle(looks))
    return sheet


def _gap(note: str) -> Sheet:
    sheet = Sheet([[Paragraph(f"<b>Not recorded.</b> {escape(printable(note))}", paper.SMALL)]], colWidths=[WIDTH])
    sheet.setStyle(TableStyle([("BACKGROUND", (0, 0), (-1, -1), paper.GAP_SOFT)]))
    return sheet


# --- tables -------------------------------------------------------------------------------------------------------


def _table(table: Table, zone: ZoneInfo, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    count = f" ({len(table.rows):,})" if table.evidence else ""
    story: list[Any] = [CondPageBreak(90), _text(f"{table.title}{count}", paper.H2)]
    if table.caption:
        story += [_text(table.caption, paper.SMALL), Spacer(0, 4)]
    if not rows:
        return [*story, _text("None.", paper.SMALL)]
    texts = [[shown(value, c.kind, zone) for c, value in zip(table.columns, row, strict=True)] for row in rows]
    widths = _widths(table.columns, texts)
    heads = [_text(c.label, paper.HEAD_RIGHT if c.kind in NUMERIC else paper.HEAD) for c in table.columns]
    cells = [
        [_cell(text, column, width, table) for text, column, width in zip(row, table.columns, widths, strict=True)]
        for row in texts
    ]
    sheet = LongTable([heads, *cells], colWidths=widths, repeatRows=1)
    looks: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("FONT", (0, 1), (-1, -1), paper.PLAIN, 7.6, 9.4),
        ("TEXTCOLOR", (0, 1), (-1, -1), paper.INK),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, paper.INK_3),
        ("LINEBELOW", (0, 1), (-1, -1), 0.35, paper.LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING / 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING / 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2.6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
        ("BACKGROUND", (0, 0), (-1, 0), white),
    ]
    for place, column in enumerate(table.columns):
        if column.kind in NUMERIC:
            looks.append(("ALIGN", (place, 0), (place, -1), "RIGHT"))
        elif _is_id(column):
            looks.append(("FONT", (place, 1), (place, -1), paper.MONO, 6.6, 9.4))
    if table.total:
        looks += [("FONT", (0, -1), (-1, -1), paper.BOLD, 7.6, 9.4), ("LINEABOVE", (0, -1), (-1, -1), 0.7, paper.INK_3)]
    sheet.setStyle(TableStyle(looks))
    story.append(sheet)
    if len(table.rows) > len(rows):
        more = f"The first {len(rows):,} of {len(table.rows):,}; all of them are in the CSV file of this table."
        story += [Spacer(0, 3), _text(more, paper.HEAD)]
    return story


def _is_id(column: Column) -> bool:
    return column.kind == "ids" or column.name.endswith("_id")


def _cell(text: str, column: Column, width: float, table: Table) -> Any:
    """A string where it fits on its line (fast), else a paragraph that breaks it."""
    if column.kind == "state" and text in table.bad:
        return Paragraph(f"<b>{escape(printable(text))}</b>", paper.style("bad", 7.6, 9.4, textColor=paper.BAD))
    printed = printable(text)
    if stringWidth(printed, *_font(column)) <= width - _PADDING:
        return printed
    return Paragraph(escape(printed), paper.CELL_ID if _is_id(column) else paper.CELL)


def _font(column: Column) -> tuple[str, float]:
    return (paper.MONO, 6.6) if _is_id(column) else (paper.BOLD if column.kind == "state" else paper.PLAIN, 7.6)


def _widths(columns: Sequence[Column], texts: Sequence[Sequence[str]]) -> list[float]:
    """Each column as wide as its content where there is room; where there is not, what is left over the longest word
    of each is shared out."""
    wanted, least = [], []
    for place, column in enumerate(columns):
        font, size = _font(column)
        shown_texts = [printable(row[place]) for row in texts]
        longest = max((stringWidth(text, font, size) for text in shown_texts), default=0.0)
        head = printable(column.label or DASH)
        head_word = max(stringWidth(word, paper.PLAIN, 7.2) for word in head.split())
        if column.kind in NUMERIC or column.kind in ("day", "instant", "yes_no"):
            # an instant may break between day and time
            need = min(longest, stringWidth("2026-12-31", font, size)) if column.kind == "instant" else longest
            wish = max(longest, min(stringWidth(head, paper.PLAIN, 7.2), 72.0))
        elif _is_id(column):
            need, wish = min(longest, 62.0), min(longest, 170.0)
        else:
            words = {word for text in shown_texts for word in text.split()}
            need = min(max((stringWidth(word, font, size) for word in words), default=0.0), 90.0)
            wish = min(longest, 210.0)
        least.append(max(need, head_word) + _PADDING + 1)
        wanted.append(max(wish, head_word, need) + _PADDING + 1)
    total, bottom = sum(wanted), sum(least)
    if total <= WIDTH:
        # the room that is left goes to words, or to all where there are none
        words_ = [p for p, c in enumerate(columns) if c.kind in ("text", "state") and not _is_id(c)] or range(
            len(columns)
        )
        return [width + ((WIDTH - total) / len(words_) if place in words_ else 0) for place, width in enumerate(wanted)]
    if bottom >= WIDTH:
        return [width * WIDTH / bottom for width in least]
    part = (WIDTH - bottom) / (total - bottom)
    return [low + (high - low) * part for low, high in zip(least, wanted, strict=True)]


# --- the last chapter ---------------------------------------------------------------------------------------------

READING = (
    (
        "Period and moment",
        (
            "The period is made of local days of the practice, both ends included, and asks about dates of "
            "service and about what happened on those days. The moment says what was known: a signature, "
            "correction or end of coverage recorded later does not change this report, and a report made again "
            "for the same moment says the same."
        ),
    ),
    (
        "Aggregates and evidence",
        (
            "Tables with numbers come first; the single cases behind them stand below, with the ids under which "
            "the EHR keeps them. On paper long lists of cases are cut and say so; the CSV tables have all of them."
        ),
    ),
    ("A dash", "means that nobody recorded the value. It never means no, none or zero."),
    (
        "Not legal or coding advice",
        (
            "Rules are Conjoint's reading of the public sources named in each section, applied to what the EHR "
            "recorded. Limits that payers and states set differently are the practice's own policy."
        ),
    ),
)


def _reading(report: Report) -> list[Any]:
    place = len(report.sections) + 1
    story: list[Any] = [_text(f"{place}  How to read this report", paper.H1), Spacer(0, 6)]
    for term, meaning in READING:
        story += [
            Paragraph(f"<b>{escape(printable(term))}.</b> {escape(printable(meaning))}", paper.BODY),
            Spacer(0, 6),
        ]
    story.append(_text("What this report cannot say", paper.H2))
    for section in report.sections:
        for note in section.not_recorded:
            text = f"<b>{escape(printable(section.title))}.</b> {escape(printable(note))}"
            story += [Paragraph(text, paper.BODY), Spacer(0, 4)]
    return [
        *story,
        _text("What is not in the EHR: an oral agreement, a paper nobody entered, a conversation elsewhere."),
    ]

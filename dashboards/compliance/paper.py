"""The paper a document is printed on: page, header, footer, contents and page numbers. For reports and forms alike.

Contents and "page of" are drawn once the whole is known, as forms that earlier pages refer to: one pass, not two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

INK, INK_2, INK_3 = HexColor("#1f2630"), HexColor("#4b5563"), HexColor("#646d7a")
LINE, ACCENT, BAR = HexColor("#d9d6ce"), HexColor("#1d605b"), HexColor("#8fc1b5")
BAD, BAD_SOFT, GOOD, GAP, GAP_SOFT = (
    HexColor("#a62b21"),
    HexColor("#fbecea"),
    HexColor("#2c6b43"),
    HexColor("#875200"),
    HexColor("#fbf1de"),
)
PAGE_WIDTH, PAGE_HEIGHT = letter
MARGIN, TOP, BOTTOM = 50.0, 66.0, 58.0
WIDTH = PAGE_WIDTH - 2 * MARGIN
PLAIN, BOLD, ITALIC, MONO = "Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Courier"

_SPELLED = str.maketrans({"−": "-", "≤": "at most ", "≥": "at least ", "✓": "", "▲": "", "→": "to", "\u00a0": " "})


def printable(text: str) -> str:
    """The text in the letters the paper's type has; any other becomes a question mark."""
    return text.translate(_SPELLED).encode("cp1252", "replace").decode("cp1252")


def style(name: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    """A paragraph style in the paper's ink."""
    return ParagraphStyle(
        name, fontName=more.pop("font", PLAIN), fontSize=size, leading=leading, **{"textColor": INK, **more}
    )


BODY = style("body", 9.2, 12.6)
SMALL = style("small", 8, 11, textColor=INK_2)
CELL = style("cell", 7.6, 9.4)
CELL_RIGHT = style("cell-right", 7.6, 9.4, alignment=TA_RIGHT)
CELL_ID = style("cell-id", 6.6, 8.6, font=MONO, splitLongWords=True)
HEAD = style("head", 7.2, 9, textColor=INK_3)
HEAD_RIGHT = style("head-right", 7.2, 9, textColor=INK_3, alignment=TA_RIGHT)
TITLE = style("title", 25, 29, font=BOLD)
H1 = style("h1", 15.5, 19, font=BOLD, spaceAfter=2)
QUESTION = style("question", 10.4, 14, textColor=INK_2, spaceAfter=9)
H2 = style("h2", 10.2, 13, font=BOLD, spaceBefore=13, spaceAfter=5)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents. `mark`: a few words at its end, in red when `amiss`."""

    key: str
    title: str
    mark: str = ""
    amiss: bool = False


class Anchor(Flowable):
    """A place the contents point at."""

    width = height = 0

    def __init__(self, key: str, title: str, pages: dict[str, int]) -> None:
        super().__init__()
        self.key, self.title, self._pages = key, title, pages

    def wrap(self, *_: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self._pages[self.key] = self.canv.getPageNumber()
        self.canv.bookmarkPage(self.key)
        self.canv.addOutlineEntry(printable(self.title), self.key, 0)


class Contents(Flowable):
    """The list of contents. Page numbers are drawn at the end; the links work at once."""

    LINE_HEIGHT = 21.0

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = entries

    def wrap(self, *_: float) -> tuple[float, float]:
        return WIDTH, self.LINE_HEIGHT * len(self.entries)

    def draw(self) -> None:
        canvas: Canvas = self.canv
        for place, entry in enumerate(self.entries):
            y = self.LINE_HEIGHT * (len(self.entries) - place - 1) + 6
            canvas.setFont(PLAIN, 10.2)
            canvas.setFillColor(INK_3)
            canvas.drawRightString(16, y, str(place + 1))
            canvas.setFillColor(INK)
            canvas.drawString(28, y, printable(entry.title))
            if entry.mark:
                canvas.setFont(PLAIN, 8.4)
                canvas.setFillColor(BAD if entry.amiss else INK_3)
                canvas.drawRightString(WIDTH - 46, y, entry.mark)
            canvas.setStrokeColor(LINE)
            canvas.setLineWidth(0.4)
            canvas.line(0, y - 7, WIDTH, y - 7)
            canvas.linkRect("", entry.key, (0, y - 6, WIDTH, y + 13), relative=1, thickness=0)
        canvas.doForm("page-numbers")


@dataclass
class Paper:
    """One document. `left` and `right` stand in the header of every page but the first, `foot` at the bottom."""

    title: str
    left: str
    right: str
    foot: str
    subject: str = ""
    pages: dict[str, int] = field(default_factory=dict)

    def anchor(self, key: str, title: str) -> Anchor:
        """A place for the contents to point at."""
        return Anchor(key, title, self.pages)

    def print(self, story: list[Any], contents: Contents | None = None) -> bytes:
        """The document's bytes. The same story gives the same bytes."""
        body = BytesIO()
        document = BaseDocTemplate(
            body,
            pagesize=letter,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=TOP,
            bottomMargin=BOTTOM,
            title=printable(self.title),
            subject=printable(self.subject),
            author="Conjoint",
            creator="Conjoint",
            invariant=1,
        )
        frame = Frame(MARGIN, BOTTOM, WIDTH, PAGE_HEIGHT - TOP - BOTTOM, 0, 0, 0, 0, id="page")
        document.addPageTemplates([PageTemplate("page", [frame], onPage=self._furniture)])
        last: list[Any] = [_AtTheEnd(lambda canvas: self._finish(canvas, contents))]
        document.build([*story, *last])
        return body.getvalue()

    def _furniture(self, canvas: Canvas, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(PLAIN, 7.8)
        canvas.setFillColor(INK_3)
        if document.page > 1:
            y = PAGE_HEIGHT - 40
            canvas.drawString(MARGIN, y, printable(self.left))
            canvas.drawRightString(PAGE_WIDTH - MARGIN, y, printable(self.right))
            _rule(canvas, y - 7, LINE)
        _rule(canvas, 42, LINE)
        canvas.drawString(MARGIN, 30, printable(self.foot))
        canvas.drawRightString(PAGE_WIDTH - MARGIN - 22, 30, f"Page {document.page} of")
        canvas.translate(PAGE_WIDTH - MARGIN - 20, 30)
        canvas.doForm("page-total")
        canvas.restoreState()

    def _finish(self, canvas: Canvas, contents: Contents | None) -> None:
        canvas.beginForm("page-total", 0, -4, 40, 12)
        canvas.setFont(PLAIN, 7.8)
        canvas.setFillColor(INK_3)
        canvas.drawString(0, 0, str(canvas.getPageNumber()))
        canvas.endForm()
        entries = () if contents is None else contents.entries
        canvas.beginForm("page-numbers", 0, 0, WIDTH, Contents.LINE_HEIGHT * len(entries) + 20)
        canvas.setFont(PLAIN, 10.2)
        canvas.setFillColor(INK)
        for place, entry in enumerate(entries):
            y = Contents.LINE_HEIGHT * (len(entries) - place - 1) + 6
            canvas.drawRightString(WIDTH, y, str(self.pages.get(entry.key, "")))
        canvas.endForm()


class _AtTheEnd(Flowable):
    """Takes no room; runs when everything else has its place."""

    def __init__(self, act: Callable[[Canvas], None]) -> None:
        super().__init__()
        self._act = act

    def wrap(self, *_: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self._act(self.canv)


def _rule(canvas: Canvas, y: float, colour: Color) -> None:
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, y, PAGE_WIDTH - MARGIN, y)

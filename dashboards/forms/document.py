"""A consent form as a PDF to sign on paper. Pure; the same form gives the same bytes."""

from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import black
from reportlab.platypus import Flowable, KeepTogether, ListFlowable, ListItem, Paragraph, Spacer, TableStyle
from reportlab.platypus import Table as Sheet

from dashboards.compliance import paper
from dashboards.compliance.paper import WIDTH, Paper, printable
from dashboards.forms.catalogue import Block
from dashboards.forms.filling import FilledForm
from schemas.consent_form import SignatureLine

_TEXT = paper.style("form-text", 10, 14)
_HEAD = paper.style("form-head", 10.6, 14, font=paper.BOLD, spaceBefore=9, spaceAfter=2)
_TITLE = paper.style("form-title", 17, 21, font=paper.BOLD, spaceBefore=3, spaceAfter=8)
_LABEL = paper.style("form-label", 7.6, 10, textColor=paper.INK_3)


def form_pdf(form: FilledForm) -> bytes:
    """The document."""
    request = form.request
    sheet = Paper(
        title=form.title,
        left=request.practice_name,
        right=form.title if len(form.title) < 70 else form.chosen.template.kind.replace("_", " "),
        foot=f"{form.version}, sha256 {form.chosen.sha256[:16]}, {request.need_id}",
        subject=form.chosen.template.kind,
    )
    story: list[Any] = [
        _say(request.practice_name, paper.style("practice", 10, 13, font=paper.BOLD, textColor=paper.ACCENT)),
        _say(form.title, _TITLE),
        _facts(form),
        Spacer(0, 6),
    ]
    if form.chosen.needs_review:
        story += [_boxed(form.words["needs_review"]), Spacer(0, 4)]
    for block in form.blocks:
        story.append(KeepTogether(_block(block)))
    intro: list[Any] = [_say(form.words["sign"], _HEAD), _say(form.words["own_copy"])]
    if form.several_guardians:
        intro.append(_say(form.words["one_of"]))
    if not form.signers:
        intro.append(_boxed(form.words["nobody"]))
    story.append(KeepTogether([*intro, *(part for signer in form.signers[:1] for part in _signer(form, signer))]))
    story += [KeepTogether(_signer(form, signer)) for signer in form.signers[1:]]
    story += [Spacer(0, 14), _blank(form.words["office"]), Spacer(0, 10), _say(form.chosen.template.source, _LABEL)]
    return sheet.print(story)


def _say(words: str, look: Any = _TEXT) -> Paragraph:
    return Paragraph(escape(printable(words)), look)


def _facts(form: FilledForm) -> Sheet:
    sheet = Sheet([[_say(name, paper.SMALL), _say(value)] for name, value in form.facts], colWidths=[110, WIDTH - 110])
    lines = [("LINEABOVE", (0, 0), (-1, 0), 0.5, paper.LINE), ("LINEBELOW", (0, -1), (-1, -1), 0.5, paper.LINE)]
    sheet.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0), *lines]))
    return sheet


def _boxed(words: str) -> Sheet:
    sheet = Sheet([[_say(words)]], colWidths=[WIDTH])
    sheet.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 0.9, black), ("TOPPADDING", (0, 0), (-1, -1), 6)]))
    return sheet


def _block(block: Block) -> list[Any]:
    parts: list[Any] = [_say(block.heading, _HEAD)] if block.heading else [Spacer(0, 6)]
    if block.text:
        parts.append(_boxed(block.text) if block.notice else _say(block.text))
    if block.list:
        items: list[Any] = [ListItem(_say(item), leftIndent=14, value="–") for item in block.list]
        parts.append(ListFlowable(items, bulletType="bullet", start="–", leftIndent=14, bulletFontSize=9))
    if block.choices:
        rows: list[list[Any]] = [[_Box(), _say(choice)] for choice in block.choices]
        sheet = Sheet(rows, colWidths=[20, WIDTH - 20], hAlign="LEFT")
        sheet.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, -1), 2)]))
        parts += [Spacer(0, 2), sheet]
    parts += [_blank(field) for field in block.fields]
    return parts


class _Box(Flowable):
    """A box to tick."""

    SIDE = 9.0

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.SIDE, self.SIDE

    def draw(self) -> None:
        self.canv.setLineWidth(0.9)
        self.canv.rect(0, 0, self.SIDE, self.SIDE)


def _blank(label: str) -> Sheet:
    sheet = Sheet([[_say(label), ""]], colWidths=[190, WIDTH - 190], rowHeights=[24])
    looks: list[Any] = [("LINEBELOW", (1, 0), (1, 0), 0.6, paper.INK_3), ("VALIGN", (0, 0), (-1, -1), "BOTTOM")]
    sheet.setStyle(TableStyle([*looks, ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return sheet


def _signer(form: FilledForm, signer: SignatureLine) -> list[Any]:
    role = form.words.get(signer.role, signer.role)
    who = f"{role}: {signer.name}" if signer.name else role
    labels = [_say(form.words[word], _LABEL) for word in ("name", "signature", "date", "time")]
    gaps = [150.0, 190.0, 90.0, WIDTH - 430.0]
    sheet = Sheet([["", "", "", ""], labels], colWidths=gaps, rowHeights=[26, 16])
    looks: list[Any] = [("LINEBELOW", (place, 0), (place, 0), 0.6, paper.INK_3) for place in range(4)]
    sheet.setStyle(TableStyle([*looks, ("LEFTPADDING", (0, 0), (-1, -1), 2), ("TOPPADDING", (0, 1), (-1, 1), 1)]))
    return [Spacer(0, 10), _say(f"{who}  ({signer.person_id})", _HEAD), sheet]

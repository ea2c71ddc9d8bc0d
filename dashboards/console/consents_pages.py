"""What does the consents page show? Coverage per unit, what is outstanding, forms to print, and marks on their way.

Reads and marks through the paperwork. Shows ids; a printed form is for the person it is about. Sends nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from dashboards.console.acts import record_act
from dashboards.console.compliance_pages import practices_of
from dashboards.console.context import CheckedForm, Console, Requires, TheConsole, text_of
from dashboards.console.csv_export import csv_lines
from dashboards.console.pages import error_page
from dashboards.console.paperwork import FormsOfPractice, Paperwork, PaperworkError
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.forms.document import form_pdf
from dashboards.forms.filling import fill
from dashboards.forms.page import form_html
from schemas.audit import Action
from schemas.consent_form import FormRow

router = APIRouter(include_in_schema=False)
SeesConsents = Annotated[Session, Depends(Requires(Right.SEE_CONSENTS))]
ActsOnConsents = Annotated[Session, Depends(Requires(Right.ACT_ON_CONSENTS))]
Text = Annotated[str, Query(max_length=200)]
STATES = ("needed", "sent", "seen", "declined", "expired", "revoked", "renewal due", "signed")
OUTSTANDING = frozenset({"needed", "sent", "seen", "expired", "revoked", "renewal due"})
STATE_TONES = {
    "needed": "hold",
    "expired": "block",
    "revoked": "block",
    "renewal due": "warn",
    "sent": "warn",
    "seen": "warn",
    "declined": "hold",
    "signed": "good",
}
MARKS = ("sent", "seen", "declined", "withdrawn")
PER_PAGE = 100


@dataclass(frozen=True)
class UnitCoverage:
    """One group, family or couple, or the people without one: how many of its required forms hold."""

    unit_id: str
    rows: tuple[FormRow, ...]
    required: int
    held: int

    @property
    def percent(self) -> int:
        """Share of the required forms that hold; a share that is not whole is never shown as whole."""
        return 100 if self.required == self.held else min(99, 100 * self.held // self.required)


def coverage(rows: Iterable[FormRow]) -> list[UnitCoverage]:
    """By unit, the least covered first."""
    by: dict[str, list[FormRow]] = defaultdict(list)
    for row in rows:
        by[row.request.unit_id or ""].append(row)
    units = []
    for unit_id, some in by.items():
        required = [row for row in some if not row.optional]
        held = sum(1 for row in required if row.state in ("signed", "renewal due"))
        units.append(UnitCoverage(unit_id, tuple(some), len(required), held))
    return sorted(units, key=lambda unit: (unit.percent, unit.unit_id))


@router.get("/consents")
async def consents_page(
    request: Request,
    session: SeesConsents,
    console: TheConsole,
    practice: Text = "",
    unit: Text = "",
    client: Text = "",
    kind: Text = "",
    show: Text = "outstanding",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    done: Text = "",
) -> Response:
    """Every form somebody needs, where it stands, and what to do about it."""
    problem, practices = "", list[str]()
    forms: FormsOfPractice | None = None
    try:
        paperwork = _paperwork(console)
        practices = await practices_of(paperwork, session.user)
        practice = practice if practice in practices else (practices[0] if practices else "")
        if practice:
            forms = await asyncio.to_thread(paperwork.forms, practice, console.practice_now())
    except PaperworkError as error:
        problem = str(error)
    every = () if forms is None else forms.forms
    scoped = [
        row
        for row in every
        if unit in ("", row.request.unit_id or "-")
        and (not client or client.casefold() in row.request.client_id.casefold())
        and kind in ("", row.request.kind)
    ]
    listed = [row for row in scoped if _is_shown(row, show)]
    counts = {state: sum(1 for row in scoped if row.state == state) for state in STATES}
    counts["outstanding"] = sum(1 for row in scoped if _is_shown(row, "outstanding"))
    counts["urgent"] = sum(1 for row in scoped if row.urgent)
    counts["all"] = len(scoped)
    chosen = {"practice": practice, "unit": unit, "client": client, "kind": kind, "show": show}

    def address(**changes: str | int) -> str:
        return "/consents?" + urlencode({name: value for name, value in {**chosen, **changes}.items() if value})

    return console.page(
        request,
        "consents.html",
        session,
        status=503 if problem else 200,
        values={
            "problem": problem,
            "practices": practices,
            "chosen": chosen,
            "address": address,
            "counts": counts,
            "piles": ("urgent", "outstanding", *STATES, "all"),
            "tones": STATE_TONES,
            "units": coverage(every),
            "kinds": sorted({row.request.kind for row in every}),
            "rows": listed[(page - 1) * PER_PAGE : page * PER_PAGE],
            "total": len(listed),
            "page": page,
            "last_page": max(1, -(-len(listed) // PER_PAGE)),
            "acts": session.user.may(Right.ACT_ON_CONSENTS),
            "marks": MARKS,
            "done": done if done.isdecimal() else "",
            "zone": console.zone,
        },
    )


def _is_shown(row: FormRow, show: str) -> bool:
    if show == "urgent":
        return row.urgent
    if show == "outstanding":
        return row.state in OUTSTANDING
    return show in ("all", row.state)


def _paperwork(console: Console) -> Paperwork:
    if console.config.paperwork is None:
        raise PaperworkError("No analytics store is connected to this console; see `conjoint consents list`")
    return console.config.paperwork


@router.post("/consents/mark")
async def mark(request: Request, session: ActsOnConsents, form: CheckedForm, console: TheConsole) -> Response:
    """Note what became of forms, then back to the list."""
    word, practice = text_of(form, "word"), text_of(form, "practice")
    needs = [value for value in form.getlist("need") if isinstance(value, str)][:PER_PAGE]
    try:
        paperwork = _paperwork(console)
        if word not in MARKS or practice not in await practices_of(paperwork, session.user):
            raise PaperworkError("That is not a mark, or not a practice of yours")
        now = console.practice_now()
        count = await asyncio.to_thread(paperwork.mark, practice, needs, word, session.user.name, now) if needs else 0
    except PaperworkError as error:
        return error_page(request, console, 503, "The forms were not marked", str(error), session)
    back = {"practice": practice, "show": text_of(form, "show") or "outstanding", "done": str(count)}
    return RedirectResponse("/consents?" + urlencode(back), 303)


@router.get("/consents/form.{ending}")
async def form_file(
    ending: str,
    request: Request,
    session: SeesConsents,
    console: TheConsole,
    practice: Text,
    need: Text,
) -> Response:
    """One form to sign, as a PDF or a page."""
    try:
        row = await _one(console, session, practice, need)
    except PaperworkError as error:
        return error_page(request, console, 503, "The form cannot be made", str(error), session)
    filled = None if row is None else fill(row.request)
    if row is None or filled is None or ending not in ("pdf", "html"):
        return error_page(
            request, console, 404, "There is no such form", "Reload the list; the need may have been met.", session
        )
    await record_act(console, session.user, Action.EXPORTED, "consent form", need, ending, practice_id=practice)
    body = form_pdf(filled) if ending == "pdf" else form_html(filled).encode()
    media = "application/pdf" if ending == "pdf" else "text/html; charset=utf-8"
    name = f"{row.request.kind}-{need[:8]}.{ending}"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name)
    headers = {"content-disposition": f'attachment; filename="{safe}"', "cache-control": "no-store"}
    return Response(body, media_type=media, headers=headers)


async def _one(console: Console, session: Session, practice: str, need: str) -> FormRow | None:
    paperwork = _paperwork(console)
    if practice not in await practices_of(paperwork, session.user):
        return None
    forms = await asyncio.to_thread(paperwork.forms, practice, console.practice_now())
    return next((row for row in forms.forms if row.request.need_id == need), None)


HEAD = ("state", "form", "client_id", "unit_id", "needed_before", "sessions", "required", "signs", "why", "since",
        "language", "version", "consent_id", "runs_out", "need_id")  # fmt: skip


@router.get("/consents.csv")
async def consents_csv(
    request: Request, session: SeesConsents, console: TheConsole, practice: Text = "", show: Text = "all"
) -> Response:
    """The list as a file that opens safely in a spreadsheet."""
    try:
        paperwork = _paperwork(console)
        if practice not in await practices_of(paperwork, session.user):
            raise PaperworkError("That is not a practice of yours; choose one on the consents page")
        forms = await asyncio.to_thread(paperwork.forms, practice, console.practice_now())
    except PaperworkError as error:
        return error_page(request, console, 503, "The list cannot be made", str(error), session)
    rows = [_cells(row, console) for row in forms.forms if _is_shown(row, show)]
    await record_act(console, session.user, Action.EXPORTED, "consents", "csv", practice_id=practice)
    text = "".join(csv_lines([HEAD, *rows]))
    headers = {"content-disposition": 'attachment; filename="consents.csv"', "cache-control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: FormRow, console: Console) -> Sequence[str]:
    request = row.request

    def moment(at: datetime | None) -> str:
        return "" if at is None else at.astimezone(console.zone).isoformat(timespec="seconds")

    signs = ", ".join(f"{line.person_id} ({line.role})" for line in request.signers)
    return (
        row.state, request.kind, request.client_id, request.unit_id or "", moment(request.needed_from),
        str(row.sessions_count), "no" if row.optional else "yes", signs, row.why, moment(row.since),
        request.language or "", request.version or "", row.consent_id or "", moment(row.until), request.need_id,
    )  # fmt: skip

"""What does the compliance page show? A period and a moment to choose, the aggregates, the cases, and the downloads.

Reads through the paperwork. Shows ids only; every answer is of the moment in its address, so that it can be shared.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dashboards.compliance.document import report_pdf
from dashboards.compliance.page import report_html
from dashboards.compliance.showing import NUMERIC, as_of_text, figure_text, file_name, period_text, shown
from dashboards.compliance.tables import as_zip
from dashboards.console.acts import record_act
from dashboards.console.context import Console, Requires, TheConsole
from dashboards.console.paperwork import Paperwork, PaperworkError
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.console.users import User
from schemas.audit import Action
from schemas.compliance import Cell, Column, Figure, Report

router = APIRouter(include_in_schema=False)
SeesCompliance = Annotated[Session, Depends(Requires(Right.SEE_COMPLIANCE))]
CASES_SHOWN = 50
_FORMS = {
    "html": ("text/html; charset=utf-8", ".html"),
    "pdf": ("application/pdf", ".pdf"),
    "csv": ("application/zip", ".zip"),
}


@dataclass(frozen=True)
class Choice:
    """What the address asks for. `problems`: what of it made no sense and was left out."""

    practice_id: str
    first_on: date
    last_on: date
    as_of: datetime
    problems: tuple[str, ...]

    @property
    def query(self) -> str:
        """As it stands in an address."""
        return urlencode(
            {
                "practice": self.practice_id,
                "from": self.first_on.isoformat(),
                "to": self.last_on.isoformat(),
                "as_of": self.as_of.isoformat(timespec="seconds"),
            }
        )


def read_choice(params: QueryParams, practices: list[str], console: Console) -> Choice:
    """The choice of an address; the month before this one as of now where it says nothing. Never raises."""
    problems: list[str] = []
    # to the second, as in the links: what is downloaded is the report that was looked at
    now = console.practice_now().replace(microsecond=0)
    today = now.astimezone(console.zone).date()
    last = today.replace(day=1) - timedelta(days=1)
    first_on = _day(params.get("from", ""), last.replace(day=1), "from", problems)
    last_on = _day(params.get("to", ""), last, "to", problems)
    if first_on > last_on:
        problems.append("The first day is after the last; they were exchanged")
        first_on, last_on = last_on, first_on
    practice = params.get("practice", "")
    if practice not in practices:
        if practice:
            problems.append("That practice is not one of yours")
        practice = practices[0] if practices else ""
    return Choice(
        practice, first_on, last_on, _moment(params.get("as_of", ""), now, console, problems), tuple(problems)
    )


def _day(text: str, usual: date, name: str, problems: list[str]) -> date:
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if 1900 <= day.year <= 2200:
        return day
    problems.append(f"“{name}” is not a day")
    return usual


def _moment(text: str, now: datetime, console: Console, problems: list[str]) -> datetime:
    if not text:
        return now
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=console.zone)
        if 1900 < moment.year < 2200:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    problems.append("The moment is not one")
    return now


async def practices_of(paperwork: Paperwork, user: User) -> list[str]:
    """The practices this person may see. Raises PaperworkError."""
    known = await asyncio.to_thread(paperwork.practices)
    return [practice for practice in known if user.scope is None or practice in user.scope]


@router.get("/compliance")
async def compliance_page(request: Request, session: SeesCompliance, console: TheConsole) -> Response:
    """The report of the chosen period as of the chosen moment, with its cases and downloads."""
    report: Report | None = None
    choice: Choice | None = None
    practices: list[str] = []
    problem = ""
    try:
        paperwork = _paperwork(console)
        practices = await practices_of(paperwork, session.user)
        choice = read_choice(request.query_params, practices, console)
        if practices:
            report = await asyncio.to_thread(
                paperwork.compliance, choice.practice_id, choice.first_on, choice.last_on, choice.as_of
            )
    except PaperworkError as error:
        problem = str(error)
        choice = choice or read_choice(request.query_params, practices, console)
    zone = console.zone

    def text(value: Cell, column: Column) -> str:
        return shown(value, column.kind, zone)

    def figure(of: Figure) -> str:
        return figure_text(of, zone)

    return console.page(
        request,
        "compliance.html",
        session,
        status=200 if not problem else 503,
        values={
            "choice": choice,
            "practices": practices,
            "report": report,
            "problem": problem,
            "as_of": "" if report is None else as_of_text(report),
            "as_of_local": choice.as_of.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
            "period": "" if report is None else period_text(report),
            "presets": _presets(choice, console),
            "text": text,
            "figure": figure,
            "numeric": NUMERIC,
            "cases": CASES_SHOWN,
        },
    )


def _paperwork(console: Console) -> Paperwork:
    if console.config.paperwork is None:
        raise PaperworkError("No analytics store is connected to this console; see `conjoint report compliance`")
    return console.config.paperwork


def _presets(choice: Choice, console: Console) -> list[tuple[str, str, bool]]:
    today = console.practice_now().astimezone(console.zone).date()
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    spans = (
        ("Last month", last_month, month - timedelta(days=1)),
        ("This month", month, today),
        ("This quarter", quarter, today),
        ("This year", date(today.year, 1, 1), today),
        ("Last 90 days", today - timedelta(days=89), today),
    )
    return [
        (
            name,
            "/compliance?" + urlencode({"practice": choice.practice_id, "from": str(first), "to": str(last)}),
            (first, last) == (choice.first_on, choice.last_on),
        )
        for name, first, last in spans
    ]


@router.get("/compliance/report.{form}")
async def download(form: str, request: Request, session: SeesCompliance, console: TheConsole) -> Response:
    """The whole report as a file."""
    if form not in _FORMS:
        return Response(status_code=404)
    try:
        paperwork = _paperwork(console)
        practices = await practices_of(paperwork, session.user)
        choice = read_choice(request.query_params, practices, console)
        if not practices:
            raise PaperworkError("No practice of yours is known yet")
        report = await asyncio.to_thread(
            paperwork.compliance, choice.practice_id, choice.first_on, choice.last_on, choice.as_of
        )
    except PaperworkError as error:
        return Response(str(error), 503, media_type="text/plain")
    await record_act(console, session.user, Action.EXPORTED, "compliance report", form, practice_id=choice.practice_id)
    body = await asyncio.to_thread(_body, report, form)
    media, ending = _FORMS[form]
    name = file_name(report, ending)
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type=media, headers=headers)


def _body(report: Report, form: str) -> bytes:
    return report_html(report).encode() if form == "html" else report_pdf(report) if form == "pdf" else as_zip(report)

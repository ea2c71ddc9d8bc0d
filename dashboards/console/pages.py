"""What does each page show? Sign-in, findings, one finding, the system, dead letters.

Reads the sources; writes cookies and replays dead letters. Must never show a name, a birth date or a message's value.
"""

import asyncio
from itertools import groupby
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from dashboards.console import wording
from dashboards.console.acts import record_act, record_sign_in
from dashboards.console.context import (
    CheckedForm,
    Console,
    ReplaysDeadLetters,
    SeesDeadLetters,
    SeesFindings,
    SeesSystem,
    SignedIn,
    TheConsole,
    crosses_sites,
    log,
    text_of,
)
from dashboards.console.csv_export import findings_csv
from dashboards.console.filters import View, read_view
from dashboards.console.listing import Listing, filter_of, read_finding, read_history, read_listing
from dashboards.console.presenting import history
from dashboards.console.sessions import Session
from dashboards.console.sources import MAX_LISTED, ReplayRefusedError, StoreUnavailableError, milliseconds
from schemas.audit import Action
from schemas.dead_letter import DeadLetter
from schemas.metrics import SIGN_INS

router = APIRouter(include_in_schema=False)
LETTERS_PER_PAGE = 50
MAX_PASSWORD = 256


def local_path(wanted: str) -> str:
    """Where to go after signing in: only a path of ours, never another site."""
    safe = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if safe and not wanted.startswith(("/sign-", "/api/")) else "/"


@router.get("/sign-in")
async def sign_in_page(request: Request, console: TheConsole) -> Response:
    """The sign-in form; who is signed in already goes on."""
    following = local_path(request.query_params.get("next", "/"))
    if console.sessions.read(request) is not None:
        return RedirectResponse(following, 303)
    return _sign_in_form(request, console, following)


def _sign_in_form(
    request: Request, console: Console, following: str, *, name: str = "", problem: str = "", status: int = 200
) -> Response:
    carrier = Response()
    token = console.sessions.sign_in_token(request, carrier)
    page = console.page(
        request,
        "sign_in.html",
        None,
        status=status,
        values={"token": token, "next": following, "name": name, "problem": problem},
    )
    if "set-cookie" in carrier.headers:
        page.headers["set-cookie"] = carrier.headers["set-cookie"]
    return page


@router.post("/sign-in")
async def sign_in(request: Request, console: TheConsole) -> Response:
    """Check name and password, slowly and not too often."""
    form = await request.form(max_files=0, max_fields=10)
    following = local_path(text_of(form, "next"))
    name = text_of(form, "name").strip().lower()[:64]
    if crosses_sites(request) or not console.sessions.accepts_sign_in(request, text_of(form, "csrf")):
        SIGN_INS.labels("stale_form").inc()
        problem = "This form was open for too long. Please sign in again."
        return _sign_in_form(request, console, following, name=name, problem=problem, status=403)
    address = request.client.host if request.client else "unknown"
    wait = console.limits.reserve(address, name)
    if wait > 0:
        SIGN_INS.labels("too_many").inc()
        log.warning("sign-in refused: too many attempts from %s", address)
        minutes = wording.counted(max(1, round(wait / 60)), "minute")
        problem = f"Too many attempts. Please wait {minutes} and try again."
        answer = _sign_in_form(request, console, following, name=name, problem=problem, status=429)
        answer.headers["retry-after"] = str(int(wait) + 1)
        return answer
    async with console.checking:
        user = await asyncio.to_thread(console.users.verify, name, text_of(form, "password")[:MAX_PASSWORD])
    if user is None:
        known = console.users.find(name)
        await record_sign_in(console, known, Action.SIGN_IN_REFUSED, "wrong name or password")
        SIGN_INS.labels("refused").inc()
        log.warning("sign-in refused: wrong name or password from %s", address)
        problem = "That name and password do not go together. Check both and try again."
        return _sign_in_form(request, console, following, name=name, problem=problem, status=401)
    await record_sign_in(console, user, Action.SIGNED_IN)
    console.limits.succeed(address, name)
    SIGN_INS.labels("signed_in").inc()
    log.info("signed in: %s", user.name)
    response = RedirectResponse(following, 303)
    console.sessions.write(response, console.sessions.open(user))
    return response


@router.post("/sign-out")
async def sign_out(session: SignedIn, _form: CheckedForm, console: TheConsole) -> Response:
    """End the session here and for any copy of its cookie."""
    console.sessions.end(session)
    await record_sign_in(console, session.user, Action.SIGNED_OUT)
    SIGN_INS.labels("signed_out").inc()
    response = RedirectResponse("/sign-in", 303)
    console.sessions.clear(response)
    return response


@router.get("/")
async def findings_page(request: Request, session: SeesFindings, console: TheConsole) -> Response:
    """The list of findings, filtered as the address says."""
    view = read_view(request.query_params, console.config.page_size)
    looked_ms = console.sessions.looked_ms(request, session.user)
    listing = await read_listing(console, session.user, view, looked_ms, console.config.page_size)
    first_look = looked_ms is None and listing.counters is not None and listing.counters.newest_change is not None
    page = console.page(
        request,
        "findings.html",
        session,
        status=200 if listing.available else 503,
        values=_findings_values(console, session, view, looked_ms, listing),
    )
    if first_look and listing.counters is not None and listing.counters.newest_change is not None:
        newest_ms = milliseconds(listing.counters.newest_change)
        console.sessions.write_looked(request, page, session.user, newest_ms)
    return page


def _findings_values(
    console: Console, session: Session, view: View, looked_ms: int | None, listing: Listing
) -> dict[str, object]:
    presenter = console.presenter()
    rows = [presenter.finding(finding, grouping=view.grouping, looked_ms=looked_ms) for finding in listing.findings]
    groups = [
        {
            "key": key,
            "heading": presenter.heading(key, view.grouping),
            "rows": list(members),
            "count": listing.facets.groups.get(key, 0) if listing.facets else None,
        }
        for key, members in groupby(rows, key=lambda row: row.group)
    ]
    size = console.config.page_size
    total = listing.facets.total if listing.facets else len(rows)
    reachable = min(total, MAX_LISTED)
    newest = listing.counters.newest_change if listing.counters else None
    return {
        "view": view,
        "groups": groups,
        "rows": rows,
        "counters": listing.counters,
        "facets": listing.facets,
        "available": listing.available,
        "total": total,
        "page_size": size,
        "first_row": (view.page - 1) * size + 1,
        "last_page": max(1, -(-reachable // size)),
        "csv_href": f"/findings.csv?{view.query()}",
        "max_listed": MAX_LISTED,
        "looked": None if looked_ms is None else looked_ms,
        "newest_ms": None if newest is None else milliseconds(newest),
        "rule_titles": {rule: label.title for rule, label in console.config.rules.items()},
        "many_practices": session.user.scope is None or len(session.user.scope) > 1,
    }


@router.post("/findings/seen")
async def mark_seen(request: Request, session: SeesFindings, form: CheckedForm, console: TheConsole) -> Response:
    """Everything up to the newest change that was on the page is no longer new."""
    response = RedirectResponse(local_path(text_of(form, "next")), 303)
    newest = text_of(form, "newest_ms")
    if newest.isascii() and newest.isdigit() and len(newest) <= 14:
        console.sessions.write_looked(request, response, session.user, int(newest))
    return response


@router.get("/findings.csv")
async def findings_file(request: Request, session: SeesFindings, console: TheConsole) -> Response:
    """The list as a file for a spreadsheet: the same filter, all pages."""
    view = read_view(request.query_params, console.config.page_size)
    wanted = filter_of(console, session.user, view, console.sessions.looked_ms(request, session.user))
    found = await console.sources.findings.list(wanted, grouping=view.grouping, limit=MAX_LISTED)
    await record_act(console, session.user, Action.EXPORTED, "findings", "csv", f"{len(found)} findings")
    cut = f"-first-{MAX_LISTED}" if len(found) == MAX_LISTED else ""
    day = console.practice_now().astimezone(console.zone).date().isoformat()
    return StreamingResponse(
        findings_csv(found, console.zone),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="findings-{day}{cut}.csv"'},
    )


@router.get("/findings/{finding_id}")
async def finding_page(request: Request, finding_id: str, session: SeesFindings, console: TheConsole) -> Response:
    """One finding: why, what to do, what it is about, what became of it."""
    finding = await read_finding(console, session.user, finding_id)
    if finding is None:
        return error_page(
            request,
            console,
            404,
            "This finding is not here",
            "It may belong to another practice, or the address is incomplete. Search for it among the findings.",
            session,
        )
    presenter = console.presenter()
    steps = history(await read_history(console, finding), presenter)
    return console.page(request, "finding.html", session, values={"row": presenter.finding(finding), "steps": steps})


@router.get("/system")
async def system_page(request: Request, session: SeesSystem, console: TheConsole) -> Response:
    """The state of every part."""
    state = console.live.state
    presenter = console.presenter()
    wall = type(presenter)(console.zone, console.clock(), {})
    return console.page(
        request,
        "system.html",
        session,
        values={
            "state": state,
            "lags": await console.sources.parts.lags(),
            "parts": [(part, wall.moment(part.since) if part.since else None) for part in state.parts],
            "read_at": None if state.read_at is None else wall.moment(state.read_at),
            "troubled": [part for part in state.parts if part.health == "bad"],
            "resting": [part for part in state.parts if part.health == "idle"],
            "busy": [part for part in state.parts if part.health == "busy"],
        },
    )


@router.get("/dead-letters")
async def dead_letters_page(request: Request, session: SeesDeadLetters, console: TheConsole) -> Response:
    """Messages that nobody could use."""
    text = request.query_params.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and 1 <= len(text) < 5 and int(text) > 0 else 1
    letters: tuple[DeadLetter, ...] = ()
    total, available = 0, True
    try:
        total = await console.sources.dead_letters.count()
        letters = await console.sources.dead_letters.list(limit=LETTERS_PER_PAGE, offset=(page - 1) * LETTERS_PER_PAGE)
    except StoreUnavailableError:
        available = False
    presenter = console.presenter()
    return console.page(
        request,
        "dead_letters.html",
        session,
        status=200 if available else 503,
        values={
            "letters": [(letter, presenter.moment(letter.died_at)) for letter in letters],
            "total": total,
            "page": page,
            "last_page": max(1, -(-min(total, MAX_LISTED) // LETTERS_PER_PAGE)),
            "available": available,
        },
    )


@router.get("/dead-letters/{letter_id}")
async def dead_letter_page(request: Request, letter_id: str, session: SeesDeadLetters, console: TheConsole) -> Response:
    """One dead letter, without what it says."""
    return await _dead_letter(request, letter_id, session, console)


async def _dead_letter(
    request: Request, letter_id: str, session: Session, console: Console, *, status: int = 200, problem: str = ""
) -> Response:
    letter = await console.sources.dead_letters.get(letter_id)
    if letter is None:
        todo = "Dead letters are kept for 90 days. Go back to the list and look for a newer one."
        return error_page(request, console, 404, "This dead letter is not here", todo, session)
    return console.page(
        request,
        "dead_letter.html",
        session,
        status=status,
        values={
            "letter": letter,
            "died": console.presenter().moment(letter.died_at),
            "problem": problem,
            "put_back": request.query_params.get("put-back") == "1",
        },
    )


@router.post("/dead-letters/{letter_id}/replay")
async def replay_dead_letter(
    request: Request, letter_id: str, session: ReplaysDeadLetters, _form: CheckedForm, console: TheConsole
) -> Response:
    """Put the message back on its topic. Administrators only."""
    letter = await console.sources.dead_letters.get(letter_id)
    if letter is None:
        return await _dead_letter(request, letter_id, session, console)
    await record_act(console, session.user, Action.DEAD_LETTER_REPLAYED, "dead letter", letter.letter_id)
    try:
        await console.sources.dead_letters.replay(letter)
    except ReplayRefusedError as refusal:
        return await _dead_letter(request, letter_id, session, console, status=409, problem=str(refusal))
    log.info("dead letter %s put back on %s by %s", letter.letter_id, letter.topic, session.user.name)
    return RedirectResponse(f"/dead-letters/{quote(letter_id, safe='')}?put-back=1", 303)


def error_page(
    request: Request, console: Console, status: int, title: str, todo: str, session: Session | None = None
) -> Response:
    """A page for what went wrong, that says what to do."""
    return console.page(request, "error.html", session, status=status, values={"title": title, "todo": todo})

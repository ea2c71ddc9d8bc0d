"""What do the pages fetch by themselves? Findings, parts and dead letters as JSON, and the live stream.

The same rights as the pages. Must never carry a name, a birth date or a message's value.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import JSONResponse, Response

from dashboards.console.context import Console, SeesDeadLetters, SeesFindings, SeesSystem, TheConsole
from dashboards.console.filters import View, read_view
from dashboards.console.listing import filter_of, read_finding, read_history, read_listing
from dashboards.console.live import DraftChanged, LiveEvent, PartsChanged, Stream, TooManyStreamsError
from dashboards.console.sessions import Session
from dashboards.console.sources import (
    FeedState,
    FindingChanged,
    FindingFilter,
    StoreUnavailableError,
    kind_of,
    milliseconds,
)
from schemas.finding import Finding

router = APIRouter(prefix="/api", include_in_schema=False)
LOOK_AGAIN_SECONDS = 15.0
CLOCK_SECONDS = 5.0
MAX_LIMIT = 500
AWAY = {"error": "The analytics store does not answer.", "todo": "Try again in a moment."}


def finding_json(console: Console, finding: Finding) -> dict[str, Any]:
    """A finding as the API gives it: the record and what its rule is called."""
    label = console.config.rules.get(finding.rule)
    return {
        **finding.model_dump(mode="json"),
        "kind": kind_of(finding.rule),
        "rule_title": label.title if label else "",
        "rule_source": label.source if label else "",
    }


@router.get("/findings")
async def list_findings(request: Request, session: SeesFindings, console: TheConsole) -> Response:
    """A page of findings with the figures: the same parameters as the page, and `limit` (0 to 500)."""
    view = read_view(request.query_params, console.config.page_size)
    limit = _number(request.query_params.get("limit", str(console.config.page_size)))
    problems = [*view.problems, *([] if limit is not None else [f"“limit” can be 0 to {MAX_LIMIT}"])]
    if limit is None or problems:
        return JSONResponse({"error": "; ".join(problems), "todo": "Correct the address and try again."}, 400)
    looked_ms = console.sessions.looked_ms(request, session.user)
    listing = await read_listing(console, session.user, view, looked_ms, limit)
    if listing.counters is None or listing.facets is None:
        return JSONResponse(AWAY, 503)
    counters = listing.counters
    return JSONResponse(
        {
            "total": listing.facets.total,
            "page": view.page,
            "findings": [finding_json(console, finding) for finding in listing.findings],
            "counters": {
                "open": {"block": counters.open_block, "hold": counters.open_hold, "warn": counters.open_warn},
                "money_at_stake_cents": counters.money_at_stake_cents,
                "opened_today": counters.opened_today,
                "resolved_today": counters.resolved_today,
                "new": counters.new,
                "newest_ms": None if counters.newest_change is None else milliseconds(counters.newest_change),
            },
            "groups": listing.facets.groups,
            "facets": {
                "severity": listing.facets.severities,
                "kind": listing.facets.kinds,
                "rule": listing.facets.rules,
                "practice": listing.facets.practices,
            },
        }
    )


def _number(text: str) -> int | None:
    good = text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= MAX_LIMIT
    return int(text) if good else None


@router.get("/findings/{finding_id}")
async def one_finding(finding_id: str, session: SeesFindings, console: TheConsole) -> Response:
    """One finding and the states of it that are kept, newest first."""
    try:
        finding = await read_finding(console, session.user, finding_id)
    except StoreUnavailableError:
        return JSONResponse(AWAY, 503)
    if finding is None:
        raise HTTPException(404)
    versions = await read_history(console, finding)
    return JSONResponse(
        {**finding_json(console, finding), "history": [version.model_dump(mode="json") for version in versions]}
    )


@router.get("/parts")
async def parts(_session: SeesSystem, console: TheConsole) -> Response:
    """The state of every part, as the supervisor last wrote it."""
    answer = {**asdict(console.live.state), "clock": console.clock_hand()}
    return Response(orjson.dumps(answer), media_type="application/json")


@router.get("/dead-letters")
async def dead_letters(_session: SeesDeadLetters, console: TheConsole) -> Response:
    """The newest dead letters, without what they say."""
    try:
        letters = await console.sources.dead_letters.list(limit=MAX_LIMIT)
    except StoreUnavailableError:
        return JSONResponse(AWAY, 503)
    return JSONResponse([letter.model_dump(mode="json") for letter in letters])


@router.get("/events")
async def events(request: Request, session: SeesFindings, console: TheConsole) -> Response:
    """The live stream for one view: `finding`, `feed`, `parts`, `clock`, `resync`. Ends with the session."""
    view = read_view(request.query_params, console.config.page_size)
    looked_ms = console.sessions.looked_ms(request, session.user)
    try:
        stream = console.live.open()
    except TooManyStreamsError:
        todo = "Close a few windows, or reload this one later."
        return JSONResponse({"error": "Too many windows are listening.", "todo": todo}, 503)
    return EventSourceResponse(
        live_events(console, session, stream, view, looked_ms),
        ping=LOOK_AGAIN_SECONDS,
        send_timeout=30,
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def live_events(
    console: Console, session: Session, stream: Stream, view: View, looked_ms: int | None
) -> AsyncIterator[ServerSentEvent]:
    """What one browser hears, until its session ends or it was too slow."""
    wanted = filter_of(console, session.user, view, looked_ms)
    # a practice's clock that runs by itself changes its speed at night: the browsers hear it again and again
    look_again_seconds = LOOK_AGAIN_SECONDS if console.config.practice_clock is None else CLOCK_SECONDS
    clock_told_at = 0.0
    try:
        while console.sessions.still_holds(session):
            if console.seconds() - clock_told_at >= look_again_seconds:
                clock_told_at = console.seconds()
                yield ServerSentEvent(_json(console.clock_hand()), event="clock")
            try:
                event = await asyncio.wait_for(stream.queue.get(), look_again_seconds)
            except TimeoutError:
                continue
            message = _message(console, session, event, wanted, view, looked_ms)
            if message is not None:
                yield message
            if stream.dropped and stream.queue.empty():
                return
    finally:
        console.live.close(stream)


def _message(
    console: Console, session: Session, event: LiveEvent, wanted: FindingFilter, view: View, looked_ms: int | None
) -> ServerSentEvent | None:
    if isinstance(event, FindingChanged):
        finding = event.finding
        if session.user.scope is not None and finding.practice_id not in session.user.scope:
            return None
        return ServerSentEvent(_json(_live_finding(console, finding, wanted, view, looked_ms)), event="finding")
    if isinstance(event, FeedState):
        return ServerSentEvent(_json({"live": event.live}), event="feed")
    if isinstance(event, DraftChanged):
        # without a word of what it says, not even whose it is: the page is read again with the reader's own rights
        return ServerSentEvent(_json({"id": event.draft_id, "version": str(event.version)}), event="draft")
    return ServerSentEvent("{}", event="parts" if isinstance(event, PartsChanged) else "resync")


def _live_finding(
    console: Console, finding: Finding, wanted: FindingFilter, view: View, looked_ms: int | None
) -> dict[str, Any]:
    """The finding, and its row drawn by the same template as the rows of the page."""
    presenter = console.presenter()
    row = presenter.finding(finding, grouping=view.grouping, looked_ms=looked_ms)
    moment = row.changed if view.state == "resolved" else row.opened
    return {
        "id": finding.finding_id,
        "version": str(finding.version),  # beyond 2^53 a browser's number would round it
        "state": finding.state,
        "matches": wanted.matches(finding),
        "group": row.group,
        "heading": presenter.heading(row.group, view.grouping),
        "moment_ms": moment.ms,
        "summary": f"{row.severity}: {finding.why}",
        "html": console.templates.get_template("_row.html").render(row=row, view_state=view.state),
        "finding": finding_json(console, finding),
    }


def _json(value: object) -> str:
    return orjson.dumps(value).decode()

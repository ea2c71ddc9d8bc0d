"""Which drafts are there, and what does one say? The queue, and one draft with every sentence's evidence a click away.

Reads a DraftStore; writes nothing. Clinical text only for those who may read drafts; everybody else sees which there
are. People are named by client id: names are not in a draft.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dashboards.console.acts import record_act
from dashboards.console.context import Console, Requires, TheConsole
from dashboards.console.pages import error_page
from dashboards.console.presenting import Moment, Presenter
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.console.sources import StoreUnavailableError
from schemas.audit import Action
from schemas.draft import DOUBTFUL, NOT_DOCUMENTED, RESTRICTED, Cited, Draft, SessionDraft

router = APIRouter(include_in_schema=False)
DRAFTS_PER_PAGE = 50
SeesDrafts = Annotated[Session, Depends(Requires(Right.SEE_DRAFTS))]

STATE_NAMES = {"drafted": "Drafted", "blocked": "Blocked", "withdrawn": "Withdrawn"}
STATE_HEALTH = {"drafted": "good", "blocked": "bad", "withdrawn": "idle"}
KIND_NAMES = {"group": "Group", "multi_family": "Multi-family group", "family": "Family", "couple": "Couple"}
FLAG_NAMES = {
    RESTRICTED: ("Restricted", "Said in confidence; stays in this client's own note."),
    DOUBTFUL: ("Check", "Much of its wording is not in the evidence. Compare before you keep it."),
    NOT_DOCUMENTED: ("Not documented", "The record says nothing about it, which is not the same as no."),
}
POLARITY_NAMES = {
    "affirmed": "Affirmed",
    "negated": "Denied",
    "passive": "Passive",
    "historical": "In the past",
    "third_party": "About somebody else",
    "not_assessed": "Not documented as assessed",
}
RUNG_NAMES = {
    "json_schema": "asked by schema",
    "json_object": "asked for an object",
    "text": "asked in plain text",
    "local": "local drafter",
}


@dataclass(frozen=True)
class Queued:
    """A line of the queue."""

    record: SessionDraft
    href: str
    state: str
    health: str
    kind: str
    written: Moment
    session_ended: Moment | None
    by: str
    sentences: int
    to_check: int


@dataclass(frozen=True)
class Line:
    """A statement and what stands behind it."""

    text: str
    evidence: tuple[Cited, ...]
    goals: tuple[str, ...] = ()
    flags: tuple[tuple[str, str], ...] = ()
    before: str = ""


def queued(record: SessionDraft, presenter: Presenter) -> Queued:
    """A draft as the queue shows it: no word of what it says."""
    sentences = [sentence for section in record.draft.sections for sentence in section.sentences]
    return Queued(
        record=record,
        href=f"/drafts/{quote(record.draft_id, safe='')}",
        state=STATE_NAMES[record.state],
        health=STATE_HEALTH[record.state],
        kind=KIND_NAMES.get(record.kind, record.kind),
        written=presenter.moment(record.created_at),
        session_ended=None if record.requested_at is None else presenter.moment(record.requested_at),
        by=written_by(record),
        sentences=len(sentences),
        to_check=sum(DOUBTFUL in sentence.flags for sentence in sentences),
    )


def written_by(record: SessionDraft) -> str:
    """Who wrote it, and how it was asked."""
    provenance = record.draft.provenance
    if provenance.drafter == "none":
        return "Nobody"
    if provenance.drafter != "model":
        return "Local drafter, because the model could not" if provenance.fallback_reason else "Local drafter"
    return f"{provenance.model or 'Model'}, {RUNG_NAMES.get(record.use.rung, record.use.rung)}"


@dataclass(frozen=True)
class DraftView:
    """One draft in words, its evidence beside every line."""

    head: Queued
    shared: tuple[tuple[str, tuple[Line, ...]], ...]
    clients: tuple[tuple[str, tuple[tuple[str, tuple[Line, ...]], ...]], ...]
    urgent: tuple[Line, ...]
    dyads: tuple[Line, ...]
    risk: tuple[Line, ...]
    actions: tuple[Line, ...]
    tensions: tuple[Line, ...]
    doubts: tuple[Line, ...]


def view_of(record: SessionDraft, presenter: Presenter) -> DraftView:
    """The whole draft, ready to print."""
    draft, cited = record.draft, {item.id: item for item in record.cited}

    def line(text: str, evidence: Iterable[str], **more: Any) -> Line:
        known = tuple(cited.get(id_, Cited(id=id_, text="")) for id_ in evidence)
        flags = tuple(FLAG_NAMES.get(flag, (flag, "")) for flag in more.pop("flags", ()))
        return Line(text=text, evidence=known, flags=flags, **more)

    def sections(client_id: str | None) -> tuple[tuple[str, tuple[Line, ...]], ...]:
        return tuple(
            (
                section.title,
                tuple(line(one.text, one.evidence, goals=one.goal_ids, flags=one.flags) for one in section.sentences),
            )
            for section in draft.sections
            if section.client_id == client_id
        )

    clients = dict.fromkeys(section.client_id for section in draft.sections if section.client_id is not None)
    return DraftView(
        head=queued(record, presenter),
        shared=sections(None),
        clients=tuple((client_id, sections(client_id)) for client_id in clients),
        urgent=tuple(line(one.text, one.evidence, before=one.client_id or "") for one in draft.urgent),
        dyads=tuple(line(one.text, one.evidence, before=f"{one.from_} → {one.to}") for one in draft.dyads),
        risk=tuple(
            line(
                one.text,
                one.evidence,
                flags=one.flags,
                before=" · ".join(filter(None, (one.client_id, one.topic, POLARITY_NAMES[one.polarity]))),
            )
            for one in draft.risk
        ),
        actions=tuple(
            line(one.text, one.evidence, flags=one.flags, before=one.client_id or "Everybody") for one in draft.actions
        ),
        tensions=tuple(line(one.reason, (), goals=one.goal_ids) for one in draft.possible_tensions),
        doubts=tuple(line(one.reason, (str(one.turn),), before=f"Turn {one.turn}") for one in draft.speaker_doubts),
    )


@router.get("/drafts")
async def drafts_page(request: Request, session: SeesDrafts, console: TheConsole) -> Response:
    """The queue of drafts."""
    text = request.query_params.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and 1 <= len(text) < 5 and int(text) > 0 else 1
    store, scope = console.sources.drafts, session.user.scope
    rows: tuple[SessionDraft, ...] = ()
    total, available = 0, True
    try:
        total = await store.count(scope)
        rows = await store.list(scope, limit=DRAFTS_PER_PAGE, offset=(page - 1) * DRAFTS_PER_PAGE)
    except StoreUnavailableError:
        available = False
    presenter = console.presenter()
    return console.page(
        request,
        "drafts.html",
        session,
        status=200 if available else 503,
        values={
            "rows": [queued(record, presenter) for record in rows],
            "total": total,
            "available": available,
            "page": page,
            "last_page": max(1, -(-total // DRAFTS_PER_PAGE)),
            "may_read": session.user.may(Right.READ_DRAFTS),
        },
    )


@router.get("/drafts/{draft_id}")
async def draft_page(request: Request, draft_id: str, session: SeesDrafts, console: TheConsole) -> Response:
    """One draft; what it says only for those who may read it."""
    record = await console.sources.drafts.get(draft_id, session.user.scope)
    if record is None:
        return _not_here(request, console, session)
    may_read = session.user.may(Right.READ_DRAFTS)
    if may_read:
        await record_act(
            console, session.user, Action.TEXT_VIEWED, "draft", draft_id, "as drafted", practice_id=record.practice_id
        )
    presenter = console.presenter()
    shown = record if may_read else record.model_copy(update={"draft": _without_text(record), "cited": ()})
    return console.page(
        request,
        "draft.html",
        session,
        values={
            "view": view_of(shown, presenter),
            "may_read": may_read,
            "reviewable": record.state == "drafted" and bool(console.config.desk_dsn),
        },
    )


def _without_text(record: SessionDraft) -> Draft:
    """What somebody may know of a draft who may not read it."""
    empty = {"sections": (), "dyads": (), "themes": (), "actions": (), "risk": (), "urgent": (), "interventions": ()}
    rest = {"possible_tensions": (), "speaker_doubts": (), "removed": (), "raw_request": None}
    return record.draft.model_copy(update=empty | rest)


def _not_here(request: Request, console: Console, session: Session) -> Response:
    todo = "It may belong to another practice, or is no longer kept. Look for it among the drafts."
    return error_page(request, console, 404, "This draft is not here", todo, session)

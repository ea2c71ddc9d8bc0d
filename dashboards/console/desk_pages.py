"""What does the desk look like? The queue of drafts, one draft under review, and what a therapist was told.

Reads the desk; writes nothing but the audit entry of the view. Must never show clinical text without the right to it.
"""

from functools import partial
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from dashboards.console.context import CheckedForm, Requires, TheConsole
from dashboards.console.desk_api import DraftId, PracticeId, Reads, SeesDrafts
from dashboards.console.desk_view import STATE_WORDS, charts_json, draft_json, labels
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.desk.drafts import PAGE_SIZE
from dashboards.desk.names import shown
from dashboards.desk.signing import ATTESTATION, COSIGN_ATTESTATION
from dashboards.desk.times import FEWEST, times

router = APIRouter(include_in_schema=False)
SeesTimes = Annotated[Session, Depends(Requires(Right.SEE_TIMES))]
TOLD_WORDS = {
    "draft_ready": "A draft is ready",
    "draft_blocked": "A draft could not be made",
    "draft_withdrawn": "A draft was withdrawn",
    "awaiting_cosign": "A note waits for your co-signature",
    "returned": "A signed draft came back to you",
    "write_failed": "A signed note did not reach the EHR",
}
ACTION_WORDS = {
    "draft_generated": "drafted",
    "draft_blocked": "not drafted",
    "draft_withdrawn": "withdrawn",
    "text_viewed": "viewed",
    "section_edited": "edited a section",
    "section_approved": "approved a section",
    "section_rejected": "rejected a section",
    "section_reopened": "reopened a section",
    "template_changed": "changed the template",
    "draft_signed": "signed",
    "draft_cosigned": "co-signed",
    "draft_returned": "returned it",
    "draft_discarded": "set it aside",
    "note_written": "wrote a note to the EHR",
    "note_refused": "a note was refused by the EHR",
    "note_retried": "tried the EHR again",
    "addendum_signed": "signed an addendum",
}


@router.get("/review")
async def queue_page(
    request: Request,
    session: SeesDrafts,
    console: TheConsole,
    show: Annotated[str, Query(max_length=10)] = "mine",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    """What waits for review."""
    mine = show != "all"
    rows, total = await console.desk.queue(session.user, mine=mine, page=page)
    presenter = console.presenter()
    return console.page(
        request,
        "review_queue.html",
        session,
        values={
            "rows": [(row, presenter.moment(row.session_at or row.created_at)) for row in rows],
            "total": total,
            "show": "mine" if mine else "all",
            "page": page,
            "last_page": max(1, -(-total // PAGE_SIZE)),
            "states": STATE_WORDS,
            "reads": session.user.may(Right.READ_DRAFTS),
        },
    )


@router.get("/review/{practice_id}/{draft_id}")
async def review_page(
    request: Request, practice_id: PracticeId, draft_id: DraftId, session: Reads, console: TheConsole
) -> Response:
    """One draft beside the charts of its clients."""
    opened = await console.desk.open(session.user, practice_id, draft_id)
    presenter = console.presenter()
    user = session.user
    facts = {
        **draft_json(opened),
        "csrf": session.csrf,
        "user": user.name,
        "charts": charts_json(opened.facts),
        "labels": labels(opened.facts),
        "attestation": ATTESTATION,
        "cosign_attestation": COSIGN_ATTESTATION,
        "signer": None
        if opened.signer is None
        else {"name": opened.signer.name, "credential": opened.signer.credential},
        "may": {
            "edit": user.may(Right.EDIT_DRAFTS),
            "decide": user.may(Right.DECIDE_DRAFTS),
            "sign": user.may(Right.SIGN_NOTES),
            "cosign": user.may(Right.COSIGN_NOTES),
            "retry": user.may(Right.RETRY_WRITES),
            "addend": user.may(Right.ADD_ADDENDA),
        },
    }
    return console.page(
        request,
        "review.html",
        session,
        values={
            "opened": opened,
            "review": opened.review,
            "states": STATE_WORDS,
            "ended": presenter.moment(opened.facts.ended_at) if opened.facts.ended_at else None,
            "draft": opened.source.draft,
            "names": labels(opened.facts),
            "say": partial(shown, words=labels(opened.facts)),
            "trail": [
                (entry, ACTION_WORDS.get(entry.action, entry.action), presenter.moment(entry.at))
                for entry in opened.trail
            ],
            "signatures": [(row, presenter.moment(row["at"])) for row in opened.signatures],
            "facts": Markup(_in_script(facts)),  # noqa: S704 - every < is escaped: it cannot end the element
        },
    )


def _in_script(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    return orjson.dumps(value).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028")


@router.get("/notifications")
async def notifications_page(request: Request, session: SeesDrafts, console: TheConsole) -> Response:
    """What this person was told."""
    rows = await console.desk.notifications(session.user)
    presenter = type(console.presenter())(console.zone, console.clock(), {})
    return console.page(
        request,
        "notifications.html",
        session,
        values={"rows": [(row, presenter.moment(row.at)) for row in rows], "told": TOLD_WORDS},
    )


@router.post("/notifications/seen")
async def mark_told_seen(session: SeesDrafts, _form: CheckedForm, console: TheConsole) -> Response:
    """Everything told so far was seen."""
    await console.desk.notifications(session.user, seen=True)
    return RedirectResponse("/notifications", 303)


@router.get("/times")
async def times_page(request: Request, session: SeesTimes, console: TheConsole) -> Response:
    """How long documenting takes, beside what it took by hand. Aggregates only."""
    async with console.desk.database.transaction() as connection:
        rows = await times(connection, session.user.scope)
    return console.page(request, "times.html", session, values={"rows": rows, "fewest": FEWEST})

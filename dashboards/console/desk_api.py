"""What can the review page, or an EHR that embeds it, ask and tell the desk? JSON with the rights of the pages.

Reads and writes the desk. Every input is bounded; a path of another practice is a 404; a conflict says how it stands.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from dashboards.console.context import (
    Requires,
    StaleFormError,
    TheConsole,
    crosses_sites,
    signed_in,
)
from dashboards.console.desk_view import WHY_WORDS, draft_json, labels, problem_json, section_json, typed_lines
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.desk.desk import CannotSignError, Desk, Opened, RefusedError
from dashboards.desk.review import MAX_LINE_LENGTH, MAX_LINES, Review
from dashboards.desk.sign_off import SignOff

router = APIRouter(prefix="/api/desk", tags=["desk"])
CSRF_HEADER = "x-conjoint-csrf"

PracticeId = Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f/]+$")]
DraftId = Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f/]+$")]
Key = Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f/]+$")]
_Text = StringConstraints(pattern=r"^[^\x00]*$")
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
Reason = Annotated[str, Field(max_length=500), _Text]


class Body(BaseModel):
    """What is sent: nothing unknown, nothing echoed in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TypedLine(Body):
    """One sentence as somebody typed it."""

    text: Annotated[str, Field(max_length=MAX_LINE_LENGTH), _Text]
    part: Annotated[str, Field(max_length=40)] = "subjective"


class Edit(Body):
    """A section's text, based on a version."""

    version: Version
    lines: Annotated[tuple[TypedLine, ...], Field(max_length=MAX_LINES)]


class Decide(Body):
    """What becomes of a section. `addendum`: to a note that is signed already."""

    version: Version
    decision: Literal["open", "approved", "rejected"]
    reason: Reason = ""
    addendum: bool | None = None


class Restore(Body):
    """Back to an earlier version of a section."""

    version: Version
    to: Version


class Switch(Body):
    """Another template for the whole draft."""

    version: Version
    template: Annotated[str, Field(max_length=20)]


class Activity(Body):
    """Active time of one visit of the page so far."""

    visit_id: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
    active_ms: Annotated[int, Field(ge=0, le=24 * 3600 * 1000)]


class Sign(Body):
    """A signature of exactly what was seen."""

    content_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    acknowledged: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=40)] = ()
    attested: bool


class Cosign(Body):
    """A co-signature of exactly what was seen."""

    content_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class WithReason(Body):
    """Something that needs a reason."""

    reason: Annotated[str, Field(min_length=1, max_length=500), _Text]


class Addendum(Body):
    """An addition to a note in the chart."""

    section: Annotated[str, Field(min_length=1, max_length=200), _Text]
    text: Annotated[str, Field(min_length=1, max_length=20_000), _Text]


def _desk(console: TheConsole) -> Desk:
    return console.desk


def _checked(request: Request) -> None:
    """Whatever changes something carries the session's token in a header that no other site can set."""
    if crosses_sites(request) or not signed_in(request).accepts(request.headers.get(CSRF_HEADER, "")):
        raise StaleFormError


TheDesk = Annotated[Desk, Depends(_desk)]
SeesDrafts = Annotated[Session, Depends(Requires(Right.SEE_DRAFTS))]
Reads = Annotated[Session, Depends(Requires(Right.READ_DRAFTS))]
Edits = Annotated[Session, Depends(Requires(Right.EDIT_DRAFTS))]
Decides = Annotated[Session, Depends(Requires(Right.DECIDE_DRAFTS))]
Signs = Annotated[Session, Depends(Requires(Right.SIGN_NOTES))]
Cosigns = Annotated[Session, Depends(Requires(Right.COSIGN_NOTES))]
Retries = Annotated[Session, Depends(Requires(Right.RETRY_WRITES))]
Addends = Annotated[Session, Depends(Requires(Right.ADD_ADDENDA))]
Checked = Annotated[None, Depends(_checked)]
"""Stands after the right in every signature, so that who lacks it is told so."""


def refusal_answer(opened: Opened | None, error: RefusedError) -> Response:
    """What was refused, why, and how it stands now. 409 for a conflict, 422 for what cannot be done like this."""
    answer: dict[str, Any] = {"why": error.why.value, "error": WHY_WORDS[error.why], "todo": "Look at it again."}
    if isinstance(error, CannotSignError):
        answer |= {"why": "cannot_sign", "error": "This cannot be signed yet.", "todo": "See what stands in the way."}
        answer["problems"] = [problem_json(problem) for problem in error.problems]
    if opened is not None:
        answer["current"] = draft_json(opened)
    status = 403 if error.why == "not_your_right" else 409 if error.why in ("changed_meanwhile", "not_open") else 422
    return JSONResponse(answer, status)


async def _stands(desk: Desk, session: Session, practice_id: str, draft_id: str) -> Response:
    """How the draft stands after a change."""
    return JSONResponse(draft_json(await desk.open(session.user, practice_id, draft_id, again=True)))


async def _refused(desk: Desk, session: Session, practice_id: str, draft_id: str, error: RefusedError) -> Response:
    return refusal_answer(await desk.open(session.user, practice_id, draft_id, again=True), error)


@router.get("/session")
async def session_now(session: SeesDrafts) -> Response:
    """Who is signed in, and the token of this session: for a page that outlived the session it began in."""
    return JSONResponse({"user": session.user.name, "csrf": session.csrf})


@router.get("/queue")
async def queue(
    session: SeesDrafts, desk: TheDesk, mine: bool = True, page: Annotated[int, Query(ge=1, le=1000)] = 1
) -> Response:
    """What waits for review: ids, states and ages, no clinical text."""
    rows, total = await desk.queue(session.user, mine=mine, page=page)
    return JSONResponse(
        {
            "total": total,
            "drafts": [
                {
                    "practice": row.practice_id,
                    "draft": row.draft_id,
                    "session": row.session_id,
                    "kind": row.kind,
                    "clinician": row.clinician_id,
                    "clients": list(row.client_ids),
                    "state": row.state,
                    "attention": row.attention,
                    "decided": row.decided,
                    "sections": row.sections,
                    "created_at": row.created_at.isoformat(),
                    "writes_stuck": row.writes_stuck,
                    "blocked": list(row.blocked),
                }
                for row in rows
            ],
        }
    )


@router.get("/drafts/{practice_id}/{draft_id}")
async def read_draft(practice_id: PracticeId, draft_id: DraftId, session: Reads, desk: TheDesk) -> Response:
    """One draft with its evidence. Leaves an audit entry."""
    return JSONResponse(draft_json(await desk.open(session.user, practice_id, draft_id)))


@router.get("/drafts/{practice_id}/{draft_id}/now")
async def as_it_stands(practice_id: PracticeId, draft_id: DraftId, session: Reads, desk: TheDesk) -> Response:
    """The same for a page that shows this draft already: no second view of its own."""
    return JSONResponse(draft_json(await desk.open(session.user, practice_id, draft_id, again=True)))


@router.get("/drafts/{practice_id}/{draft_id}/problems")
async def problems(practice_id: PracticeId, draft_id: DraftId, session: Reads, desk: TheDesk) -> Response:
    """What stands in the way of this person's signature, and the hash of what would be signed."""
    opened = await desk.open(session.user, practice_id, draft_id, viewed=False)
    return JSONResponse(
        {"sha256": opened.review.sha256, "problems": [problem_json(problem) for problem in opened.problems]}
    )


@router.get("/drafts/{practice_id}/{draft_id}/stamp")
async def stamp(practice_id: PracticeId, draft_id: DraftId, session: Reads, desk: TheDesk) -> Response:
    """Whether anything has changed: versions and states only, so that a page can look again often."""
    opened = await desk.open(session.user, practice_id, draft_id, viewed=False)
    return JSONResponse(
        {
            "state": opened.review.state,
            "version": opened.review.version,
            "newer": opened.review.newer_version,
            "sections": {section.key: section.version for section in opened.review.sections},
            "writes": {row["section_key"]: row["state"] for row in opened.writes},
        }
    )


@router.put("/drafts/{practice_id}/{draft_id}/sections/{key}")
async def edit(
    practice_id: PracticeId, draft_id: DraftId, key: Key, sent: Edit, session: Edits, _token: Checked, desk: TheDesk
) -> Response:
    """Save a section's text. A conflict is a 409 with how the draft stands now; nothing is lost on either side."""
    opened = await desk.open(session.user, practice_id, draft_id, again=True)
    names = labels(opened.facts)
    lines = typed_lines([(line.text, line.part) for line in sent.lines], names, opened.review.section(key))
    try:
        after = await desk.edit(session.user, practice_id, draft_id, key, sent.version, lines)
    except RefusedError as error:
        return await _refused(desk, session, practice_id, draft_id, error)
    section = after.section(key)
    assert section is not None
    return JSONResponse(
        {
            "section": section_json(section, after, opened.facts, names),
            "sha256": after.sha256,
            "version": after.version,
        }
    )


@router.get("/drafts/{practice_id}/{draft_id}/sections/{key}/versions")
async def versions(practice_id: PracticeId, draft_id: DraftId, key: Key, session: Reads, desk: TheDesk) -> Response:
    """What a section said before, newest first."""
    opened = await desk.open(session.user, practice_id, draft_id, again=True)
    names = labels(opened.facts)
    rows = await desk.versions(session.user, practice_id, draft_id, key)
    return JSONResponse(
        [
            {
                "version": row["version"],
                "by": row["user_name"],
                "at": row["at"].isoformat(),
                "texts": [line["text"] for line in row["lines"]],
                "labels": names,
            }
            for row in rows
        ]
    )


async def _after(change: Any, desk: Desk, session: Session, practice_id: str, draft_id: str) -> Response:
    try:
        done: Review | None = await change
    except RefusedError as error:
        return await _refused(desk, session, practice_id, draft_id, error)
    del done
    return await _stands(desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/sections/{key}/restore")
async def restore(
    practice_id: PracticeId, draft_id: DraftId, key: Key, sent: Restore, session: Edits, _token: Checked, desk: TheDesk
) -> Response:
    """Undo: the section's text as it was in an earlier version."""
    change = desk.restore(session.user, practice_id, draft_id, key, sent.version, sent.to)
    return await _after(change, desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/sections/{key}/decision")
async def decide(
    practice_id: PracticeId, draft_id: DraftId, key: Key, sent: Decide, session: Decides, _token: Checked, desk: TheDesk
) -> Response:
    """Approve, reject (with a reason) or reopen a section."""
    change = desk.decide(
        session.user, practice_id, draft_id, key, sent.version, sent.decision, sent.reason, sent.addendum
    )
    return await _after(change, desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/template")
async def switch(
    practice_id: PracticeId, draft_id: DraftId, sent: Switch, session: Edits, _token: Checked, desk: TheDesk
) -> Response:
    """SOAP, DAP, BIRP, GIRP or SIRP: the same sentences under other headings."""
    change = desk.switch_template(session.user, practice_id, draft_id, sent.version, sent.template)
    return await _after(change, desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/activity", status_code=204)
async def activity(
    practice_id: PracticeId, draft_id: DraftId, sent: Activity, session: Reads, _token: Checked, desk: TheDesk
) -> Response:
    """How long somebody has been at work on this page."""
    await desk.beat(session.user, practice_id, draft_id, sent.visit_id, sent.active_ms)
    return Response(status_code=204)


@router.post("/drafts/{practice_id}/{draft_id}/signature")
async def sign(
    practice_id: PracticeId, draft_id: DraftId, sent: Sign, session: Signs, _token: Checked, desk: TheDesk
) -> Response:
    """Sign what was seen; its notes go to the EHR, or wait for the co-signature."""
    change = SignOff(desk).sign(
        session.user,
        practice_id,
        draft_id,
        content_sha256=sent.content_sha256,
        acknowledged=sent.acknowledged,
        attested=sent.attested,
    )
    return await _after(change, desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/cosignature")
async def cosign(
    practice_id: PracticeId, draft_id: DraftId, sent: Cosign, session: Cosigns, _token: Checked, desk: TheDesk
) -> Response:
    """Co-sign what a supervised colleague signed."""
    change = SignOff(desk).cosign(session.user, practice_id, draft_id, content_sha256=sent.content_sha256)
    return await _after(change, desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/return")
async def give_back(
    practice_id: PracticeId, draft_id: DraftId, sent: WithReason, session: Cosigns, _token: Checked, desk: TheDesk
) -> Response:
    """Return a signed draft to the supervised colleague."""
    change = SignOff(desk).give_back(session.user, practice_id, draft_id, sent.reason)
    return await _after(change, desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/discard")
async def discard(
    practice_id: PracticeId, draft_id: DraftId, sent: WithReason, session: Decides, _token: Checked, desk: TheDesk
) -> Response:
    """Set the draft aside."""
    change = SignOff(desk).discard(session.user, practice_id, draft_id, sent.reason)
    return await _after(change, desk, session, practice_id, draft_id)


@router.post("/drafts/{practice_id}/{draft_id}/retry")
async def retry(
    practice_id: PracticeId, draft_id: DraftId, session: Retries, _token: Checked, desk: TheDesk
) -> Response:
    """Try the notes again that did not reach the EHR. Answers ids and states, no text."""
    count = await SignOff(desk).retry(session.user, practice_id, draft_id)
    return JSONResponse({"retried": count})


@router.post("/drafts/{practice_id}/{draft_id}/addenda")
async def add_addendum(
    practice_id: PracticeId, draft_id: DraftId, sent: Addendum, session: Addends, _token: Checked, desk: TheDesk
) -> Response:
    """A dated addition to a note that is in the chart."""
    change = SignOff(desk).add_addendum(session.user, practice_id, draft_id, sent.section, sent.text)
    return await _after(change, desk, session, practice_id, draft_id)


@router.get("/notifications")
async def told(session: SeesDrafts, desk: TheDesk) -> Response:
    """What this person was told, newest first."""
    rows = await desk.notifications(session.user)
    return JSONResponse(
        {
            "unseen": sum(not row.seen for row in rows),
            "told": [
                {
                    "practice": row.practice_id,
                    "draft": row.draft_id,
                    "kind": row.kind,
                    "reason": row.reason,
                    "at": row.at.isoformat(),
                    "seen": row.seen,
                }
                for row in rows
            ],
        }
    )


@router.post("/notifications/seen", status_code=204)
async def seen(session: SeesDrafts, _token: Checked, desk: TheDesk) -> Response:
    """Everything told so far was seen."""
    await desk.notifications(session.user, seen=True)
    return Response(status_code=204)

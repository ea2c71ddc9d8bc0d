"""What does the claims desk look like? The batch with its reasons, one claim, files that went out, what came back.

Reads and writes the claims desk. Shows ids, codes and sentences about ids; must never show a name or a birth date.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from dashboards.claims.calibration import calibration
from dashboards.claims.intake import ClaimIntake
from dashboards.claims.review import Actor, ClaimReview, NoSuchClaimError
from dashboards.claims.standing import CannotError, Claim, Standing, last_undoable
from dashboards.console import wording
from dashboards.console.acts import record_act
from dashboards.console.context import CheckedForm, Console, Requires, TheConsole, text_of
from dashboards.console.csv_export import csv_lines
from dashboards.console.pages import error_page, local_path
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from schemas.audit import Action
from schemas.claim_proposal import ClaimFix

router = APIRouter(include_in_schema=False)
SeesClaims = Annotated[Session, Depends(Requires(Right.SEE_CLAIMS))]
ActsOnClaims = Annotated[Session, Depends(Requires(Right.ACT_ON_CLAIMS))]
ClaimId = Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f/]+$")]
PER_PAGE = 40
KIND_WORDS = {
    "new": "Not billed yet",
    "queued": "Queued in the EHR",
    "resubmission": "Turned away, again as new",
    "replacement": "Replaces a claim",
    "void": "Voids a claim",
    "secondary": "To the second payer",
}
STATE_WORDS = {"ready": "Ready", "held": "Look first", "blocked": "Blocked"}
STANDING_WORDS = {standing: standing.value.capitalize() for standing in Standing}
SHOWN = ("ready", "held", "blocked", "approved", "changed", "on hold", "sent", "all")
ACT_WORDS = {"approve": "approved", "hold": "put on hold", "fix": "changed by hand", "undo": "undone", "batch": "sent"}


def _review(console: Console) -> ClaimReview:
    return ClaimReview(console.desk.database, practice_now=console.practice_now)


def _actor(session: Session) -> Actor:
    return Actor(session.user.name, session.user.role.value, session.user.scope)


def tray(claim: Claim) -> str:
    """In which pile of the desk a claim lies."""
    standing = claim.standing
    if standing.at_the_payer:
        return "sent"
    return claim.proposal.state if standing is Standing.OPEN else standing.value


@router.get("/claims")
async def claims_page(
    request: Request,
    session: SeesClaims,
    console: TheConsole,
    show: Annotated[str, Query(max_length=20)] = "ready",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    problem: Annotated[str, Query(max_length=600)] = "",
    done: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """The batch: what is ready, what needs a look, what is blocked and why."""
    review = _review(console)
    claims = await review.list(session.user.scope)
    piles: dict[str, list[Claim]] = {name: [] for name in SHOWN}
    for claim in claims:
        piles[tray(claim)].append(claim)
        piles["all"].append(claim)
    shown = show if show in SHOWN else "ready"
    listed = piles[shown][(page - 1) * PER_PAGE : page * PER_PAGE]
    refused = await review.not_proposed(session.user.scope) if shown in ("held", "all") else ()
    practices = sorted({claim.proposal.practice_id for claim in piles["approved"]})
    return console.page(
        request,
        "claims.html",
        session,
        values={
            "rows": [_row(console, claim) for claim in listed],
            "counts": {name: len(pile) for name, pile in piles.items()},
            "totals": {name: wording.money(sum(c.proposal.total_cents for c in pile)) for name, pile in piles.items()},
            "show": shown,
            "page": page,
            "last_page": max(1, -(-len(piles[shown]) // PER_PAGE)),
            "not_proposed": refused,
            "acts": session.user.may(Right.ACT_ON_CLAIMS),
            "practices": practices if console.config.send_claims is not None else [],
            "problem": problem,
            "done": done,
        },
    )


def _row(console: Console, claim: Claim) -> dict[str, object]:
    proposal = claim.proposal
    presenter = console.presenter()
    return {
        "claim": claim,
        "proposal": proposal,
        "state": STATE_WORDS[proposal.state],
        "severity": {"blocked": "block", "held": "hold"}.get(proposal.state, ""),
        "standing": claim.standing,
        "standing_words": STANDING_WORDS[claim.standing],
        "kind": KIND_WORDS[proposal.kind],
        "codes": [
            " ".join(filter(None, (line.code, *line.modifiers, f"× {line.units}" if (line.units or 1) > 1 else "")))
            for line in proposal.claim.lines
        ],
        "why": [reason.why for reason in proposal.reasons if reason.field == "code"]
        or [reason.why for reason in proposal.reasons[:1]],
        "findings": [presenter.finding(finding) for finding in proposal.findings],
        "denials": [(code, wording.denial(code)) for code in proposal.predicted],
        "money": wording.money(proposal.total_cents),
        "undoable": last_undoable(claim.decisions) is not None and claim.sent is None,
        "decidable": claim.sent is None and not claim.withdrawn,
    }


@router.get("/claims/files")
async def files_page(request: Request, session: SeesClaims, console: TheConsole) -> Response:
    """The 837P files that went out, and how well the rules foresaw what payers answered."""
    review = _review(console)
    presenter = console.presenter()
    outcomes = await ClaimIntake(console.desk.database).outcomes(session.user.scope)
    return console.page(
        request,
        "claim_files.html",
        session,
        values={
            "files": [
                (file, presenter.moment(file.made_at), wording.money(file.total_cents))
                for file in await review.files(session.user.scope)
            ],
            "calibrated": [(row, wording.denial(row.carc)) for row in calibration(outcomes)],
            "acts": session.user.may(Right.ACT_ON_CLAIMS),
        },
    )


@router.get("/claims/files/{number}")
async def file_download(
    request: Request, number: Annotated[int, Path(ge=1, le=999_999_999)], session: ActsOnClaims, console: TheConsole
) -> Response:
    """One 837P file again; taking it is recorded."""
    try:
        name, text = await _review(console).file_text(_actor(session), number)
    except NoSuchClaimError:
        return _not_here(request, console, session)
    return Response(
        text,
        media_type="text/plain; charset=us-ascii",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )


@router.get("/claims.csv")
async def claims_file(session: SeesClaims, console: TheConsole) -> Response:
    """The batch as a file for a spreadsheet: ids, codes and reasons."""
    claims = await _review(console).list(session.user.scope)
    await record_act(console, session.user, Action.EXPORTED, "claims", "csv", f"{len(claims)} claims")
    head = ("claim", "practice", "session", "client", "payer", "day", "kind", "state", "standing", "codes", "place")
    rows = [
        (
            *(one.proposal.id, one.proposal.practice_id, one.proposal.session_id, one.proposal.client_id),
            *(one.proposal.payer_id, str(one.proposal.service_on or ""), one.proposal.kind, one.proposal.state),
            one.standing.value,
            "; ".join(" ".join(filter(None, (line.code, *line.modifiers))) for line in one.proposal.claim.lines),
            one.proposal.claim.place_of_service or "",
            f"{one.proposal.total_cents / 100:.2f}",
            " ".join(one.proposal.predicted),
            " ".join((*one.proposal.problems, *(f"{f.rule}: {f.why}" for f in one.proposal.findings))),
        )
        for one in claims
    ]
    day = console.practice_now().astimezone(console.zone).date().isoformat()
    return Response(
        "".join(csv_lines([(*head, "total", "predicted denials", "against it"), *rows])),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="claims-{day}.csv"'},
    )


@router.get("/claims/{claim_id}")
async def claim_page(
    request: Request,
    claim_id: ClaimId,
    session: SeesClaims,
    console: TheConsole,
    problem: Annotated[str, Query(max_length=600)] = "",
) -> Response:
    """One claim: every reason, everything that speaks against it, everything decided and answered."""
    try:
        claim = await _review(console).get(session.user.scope, claim_id)
    except NoSuchClaimError:
        return _not_here(request, console, session)
    presenter = console.presenter()
    return console.page(
        request,
        "claim.html",
        session,
        values={
            "row": _row(console, claim),
            "decisions": [
                (one, ACT_WORDS.get(one.act, one.act), presenter.moment(one.at)) for one in reversed(claim.decisions)
            ],
            "answers": claim.answers,
            "denial_words": {code: wording.denial(code) for answer in claim.answers for code in answer.denials},
            "acts": session.user.may(Right.ACT_ON_CLAIMS),
            "problem": problem,
        },
    )


@router.post("/claims/send")
async def send(request: Request, session: ActsOnClaims, form: CheckedForm, console: TheConsole) -> Response:
    """Make the 837P file of everything a practice has approved."""
    practice_id = text_of(form, "practice")[:200]
    if console.config.send_claims is None or not session.user.works_for(practice_id):
        return _not_here(request, console, session)
    number, problem = await console.config.send_claims(_review(console), _actor(session), practice_id)
    if number is None:
        return _back(request, "/claims?show=approved", problem=problem or "Nothing is approved and unsent.")
    return _back(request, "/claims/files")


@router.post("/claims/{claim_id}/{act}")
async def decide(
    request: Request,
    claim_id: ClaimId,
    act: Annotated[str, Path(pattern="^(approve|hold|undo|fix)$")],
    session: ActsOnClaims,
    form: CheckedForm,
    console: TheConsole,
) -> Response:
    """Approve, hold, fix or undo; then back to where the person was."""
    review, actor, reason = _review(console), _actor(session), text_of(form, "reason")
    following = local_path(text_of(form, "next") or f"/claims/{claim_id}")
    try:
        match act:
            case "approve":
                await review.approve(actor, claim_id, text_of(form, "seen") or None, reason)
            case "hold":
                await review.hold(actor, claim_id, reason)
            case "undo":
                await review.undo(actor, claim_id)
            case _:
                await review.fix(actor, claim_id, fix_from({k: text_of(form, k) for k in FIX_FIELDS}), reason)
    except NoSuchClaimError:
        return _not_here(request, console, session)
    except CannotError as refusal:
        return _back(request, following, problem=f"{claim_id}: {refusal}")
    except ValidationError:
        return _back(request, following, problem=f"{claim_id}: one of the values is not of its form.")
    return _back(request, following, done=f"{claim_id} {ACT_WORDS[act]}.")


FIX_FIELDS = ("code", "units", "modifiers", "place_of_service", "diagnoses", "authorization_number", "original_ref")


def fix_from(typed: dict[str, str]) -> ClaimFix:
    """What was typed into the form; an empty field leaves the claim as it is, a dash clears modifiers."""
    set_: dict[str, object] = {}
    for name, text in typed.items():
        value = text.strip()[:200]
        if not value:
            continue
        if name in ("modifiers", "diagnoses"):
            set_[name] = () if value == "-" else tuple(value.upper().replace(",", " ").split())
        elif name == "units":
            set_[name] = int(value) if value.isascii() and value.isdigit() and len(value) <= 3 else value
        else:
            set_[name] = value.upper() if name == "code" else value
    return ClaimFix.model_validate(set_)


def _back(request: Request, following: str, *, problem: str = "", done: str = "") -> Response:
    path, _, query = following.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(("problem=", "done="))]
    told = {"problem": problem} if problem else {"done": done} if done and path == "/claims" else {}
    url = request.url.replace(path=path, query="&".join(kept)).include_query_params(**told)
    return RedirectResponse(f"{url.path}?{url.query}" if url.query else url.path, 303)


def _not_here(request: Request, console: Console, session: Session) -> Response:
    return error_page(
        request,
        console,
        404,
        "This claim is not here",
        "It may belong to another practice, or nothing asks for it any more. Look for it among the claims.",
        session,
    )

"""Who may have what produced yet? Phases of each practice and its cohorts of clinicians, moved and put back here.

Reads and writes the desk's rollout tables. Clinicians appear by id; nothing clinical is here.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from dashboards.console.context import CheckedForm, Requires, TheConsole, text_of
from dashboards.console.desk_api import PracticeId
from dashboards.console.pages import error_page
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.desk import rollout
from dashboards.desk.desk import NotHereError
from dashboards.desk.rollout import EVERYBODY, RolloutError
from schemas.rollout import Phase

router = APIRouter(include_in_schema=False)
SeesRollout = Annotated[Session, Depends(Requires(Right.SEE_ROLLOUT))]
MovesRollout = Annotated[Session, Depends(Requires(Right.MOVE_ROLLOUT))]
PHASES = {
    Phase.ADMINISTRATIVE: "1 · Administrative sections and reminders",
    Phase.SUMMARIES: "2 · Summaries, signed off by the clinician",
    Phase.RELATIONAL: "3 · Relational dynamics and plan coordination",
}
MAX_NAME = 60


@router.get("/rollout")
async def rollout_page(
    request: Request,
    session: SeesRollout,
    console: TheConsole,
    problem: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Every practice with its phase, cohorts and last moves."""
    async with console.desk.database.transaction() as connection:
        rows = await connection.fetch(
            "SELECT practice_id FROM rollout_cohort UNION SELECT id FROM chart_record WHERE entity = 'practice'"
            " ORDER BY 1"
        )
        practices = [row["practice_id"] for row in rows if session.user.works_for(row["practice_id"])]
        found = [
            (
                practice_id,
                await rollout.cohorts(connection, practice_id),
                await rollout.moves(connection, practice_id, 10),
                [
                    row["id"]
                    for row in await connection.fetch(
                        "SELECT id FROM chart_record WHERE practice_id = $1 AND entity = 'clinician' AND part = ''"
                        " AND NOT deleted ORDER BY id LIMIT 500",
                        practice_id,
                    )
                ],
            )
            for practice_id in practices
        ]
    presenter = type(console.presenter())(console.zone, console.clock(), {})
    return console.page(
        request,
        "rollout.html",
        session,
        values={
            "practices": [
                (practice_id, cohorts, [(move, presenter.moment(move.at)) for move in moves], clinicians)
                for practice_id, cohorts, moves, clinicians in found
            ],
            "phases": PHASES,
            "moves_allowed": session.user.may(Right.MOVE_ROLLOUT),
            "problem": problem,
        },
    )


@router.post("/rollout/{practice_id}/phase")
async def move_phase(
    request: Request, practice_id: PracticeId, session: MovesRollout, form: CheckedForm, console: TheConsole
) -> Response:
    """Move the practice or a cohort to a phase; a new name makes a cohort."""
    cohort, number = text_of(form, "cohort").strip()[:MAX_NAME], text_of(form, "phase")
    _of_theirs(session, practice_id)
    if number not in ("1", "2", "3") or not cohort.isprintable():
        return _wrong(request, console, session, "Choose a phase and a name without special characters.")
    try:
        async with console.desk.database.transaction() as connection:
            await rollout.set_phase(
                connection,
                session.user,
                practice_id,
                cohort or EVERYBODY,
                Phase(int(number)),
                text_of(form, "reason")[:500],
                console.clock(),
            )
    except RolloutError as error:
        return _wrong(request, console, session, str(error))
    return RedirectResponse("/rollout", 303)


@router.post("/rollout/{practice_id}/member")
async def move_member(
    request: Request, practice_id: PracticeId, session: MovesRollout, form: CheckedForm, console: TheConsole
) -> Response:
    """Put a clinician into a cohort, or back among everybody."""
    _of_theirs(session, practice_id)
    clinician_id, cohort = text_of(form, "clinician").strip()[:200], text_of(form, "cohort").strip()[:MAX_NAME]
    try:
        async with console.desk.database.transaction() as connection:
            known = await connection.fetchval(
                "SELECT count(*) FROM chart_record WHERE practice_id = $1 AND entity = 'clinician' AND id = $2",
                practice_id,
                clinician_id,
            )
            if not known:
                raise NotHereError
            await rollout.set_member(
                connection,
                session.user,
                practice_id,
                clinician_id,
                cohort or None,
                text_of(form, "reason")[:500],
                console.clock(),
            )
    except RolloutError as error:
        return _wrong(request, console, session, str(error))
    return RedirectResponse("/rollout", 303)


@router.post("/rollout/{practice_id}/moves/{move_id}/put-back")
async def put_back(
    request: Request,
    practice_id: PracticeId,
    move_id: str,
    session: MovesRollout,
    form: CheckedForm,
    console: TheConsole,
) -> Response:
    """Undo a move."""
    _of_theirs(session, practice_id)
    if not (move_id.isascii() and move_id.isdigit() and len(move_id) < 18):
        raise NotHereError
    try:
        async with console.desk.database.transaction() as connection:
            await rollout.put_back(
                connection, session.user, practice_id, int(move_id), text_of(form, "reason")[:500], console.clock()
            )
    except RolloutError as error:
        return _wrong(request, console, session, str(error))
    return RedirectResponse("/rollout", 303)


def _of_theirs(session: Session, practice_id: str) -> None:
    if not session.user.works_for(practice_id):
        raise NotHereError


def _wrong(request: Request, console: TheConsole, session: Session, words: str) -> Response:
    return error_page(request, console, 422, words, "Nothing was moved. Go back and try again.", session)

"""What was learned from one's own edits? Each thing with its reason, and a way to begin afresh.

Reads signed drafts; writes the moment of a reset. Shows only the own style, which holds no fact about a client.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from dashboards.console.context import CheckedForm, Requires, TheConsole
from dashboards.console.desk_api import PracticeId
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.desk import styles
from dashboards.desk.desk import NotHereError
from schemas.style import Style

router = APIRouter(include_in_schema=False)
SeesStyle = Annotated[Session, Depends(Requires(Right.SEE_OWN_STYLE))]


@router.get("/style")
async def style_page(request: Request, session: SeesStyle, console: TheConsole) -> Response:
    """What the next draft will take from this person's edits, and why."""
    found: list[tuple[str, Style, int]] = []
    async with console.desk.database.transaction() as connection:
        for practice_id, clinician_id in await styles.own_clinicians(connection, session.user):
            edits = await styles.accepted_edits(connection, practice_id, clinician_id)
            learned = Style() if console.config.learn is None else console.config.learn(edits)
            found.append((practice_id, learned, len(edits)))
    return console.page(request, "style.html", session, values={"styles": found})


@router.post("/style/{practice_id}/reset")
async def begin_afresh(
    practice_id: PracticeId, session: SeesStyle, _form: CheckedForm, console: TheConsole
) -> Response:
    """Forget all of it."""
    async with console.desk.database.transaction() as connection:
        own = dict(await styles.own_clinicians(connection, session.user))
        if practice_id not in own:
            raise NotHereError
        await styles.begin_afresh(connection, session.user, practice_id, own[practice_id], console.practice_now())
    return RedirectResponse("/style", 303)

"""Who did what to which record? The audit trail of a practice, newest first, and its export for an auditor.

Reads the audit chain; an export is itself recorded. Ids, hashes and reasons only: no names, no clinical text.
"""

import csv
import io
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dashboards.console.context import CheckedForm, Requires, TheConsole
from dashboards.console.desk_api import PracticeId
from dashboards.console.rights import Right
from dashboards.console.sessions import Session
from dashboards.desk import audit_log
from dashboards.desk.desk import NotHereError
from schemas.audit import INSTALLATION, Action, AuditEntry, AuditEvent

router = APIRouter(include_in_schema=False)
SeesAudit = Annotated[Session, Depends(Requires(Right.SEE_AUDIT))]
ExportsAudit = Annotated[Session, Depends(Requires(Right.EXPORT_AUDIT))]
ENTRIES_PER_PAGE = 100
PART2_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


@router.get("/audit")
async def audit_page(
    request: Request,
    session: SeesAudit,
    console: TheConsole,
    chain: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int, Query(ge=1, le=2**62)] = 2**62,
    about: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """One chain, newest first."""
    async with console.desk.database.transaction() as connection:
        known = [one for one in await audit_log.chains(connection) if _sees(session, one)]
        shown = chain or next(iter(known), "")
        if chain and chain not in known:
            raise NotHereError
        rows = await connection.fetch(
            "SELECT * FROM audit_entry WHERE chain = $1 AND seq < $2 AND ($3 = '' OR object_id = $3)"
            " ORDER BY seq DESC LIMIT $4",
            shown,
            before,
            about.replace("\x00", ""),
            ENTRIES_PER_PAGE,
        )
    entries = [audit_log.entry_of(row) for row in rows]
    presenter = type(console.presenter())(console.zone, console.clock(), {})
    return console.page(
        request,
        "audit.html",
        session,
        values={
            "chains": known,
            "shown": shown,
            "about": about,
            "entries": [(entry, presenter.moment(entry.at)) for entry in entries],
            "older": entries[-1].seq if len(entries) == ENTRIES_PER_PAGE else None,
            "installation": INSTALLATION,
            "exports": session.user.may(Right.EXPORT_AUDIT),
        },
    )


@router.post("/audit/{practice_id}/export")
async def export(practice_id: PracticeId, session: ExportsAudit, _form: CheckedForm, console: TheConsole) -> Response:
    """The whole chain as a file, with the notice that goes with every disclosure."""
    if not _sees(session, practice_id):
        raise NotHereError
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([f"# {PART2_NOTICE}"])
    fields = list(AuditEntry.model_fields)
    writer.writerow(fields)
    async with console.desk.database.transaction() as connection:
        if practice_id not in await audit_log.chains(connection):
            raise NotHereError
        await audit_log.record(
            connection,
            AuditEvent(
                chain=practice_id,
                at=console.clock(),
                user_name=session.user.name,
                role=session.user.role.value,
                action=Action.EXPORTED,
                object_kind="audit trail",
                object_id=practice_id,
            ),
        )
        async for entry in audit_log.entries_of(connection, practice_id):
            stored = entry.model_dump(mode="json")
            writer.writerow([_safe(str(stored[name] if stored[name] is not None else "")) for name in fields])
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="audit-trail.csv"'},
    )


def _sees(session: Session, chain: str) -> bool:
    # what concerns no single practice is for those who answer for all of them
    return session.user.practices == "all" if chain == INSTALLATION else session.user.works_for(chain)


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text

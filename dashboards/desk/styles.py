"""From which edits is a clinician's style learned, and from when on? Signed sections, as drafted and as signed.
Reads signed drafts, reads and writes `style_reset` through the connection it is given.
Must never hand on an edit that was not signed by the clinician themself.
"""

from datetime import datetime
from typing import Any, Final

from dashboards.console.users import User
from dashboards.desk import audit_log
from schemas.audit import Action, AuditEvent
from schemas.style import AcceptedEdit

REMEMBERED: Final = 240
"""So many sections back, newest first: a habit that ended is forgotten."""


async def accepted_edits(connection: Any, practice_id: str, clinician_id: str) -> list[AcceptedEdit]:
    """The clinician's signed sections since they last began afresh."""
    rows = await connection.fetch(
        "SELECT d.session_id, d.template, s.client_id, s.original, s.lines FROM section s"
        " JOIN draft d USING (practice_id, draft_id)"
        " JOIN signature g ON g.practice_id = d.practice_id AND g.draft_id = d.draft_id AND g.kind = 'sign'"
        " WHERE d.practice_id = $1 AND g.clinician_id = $2 AND d.state = 'signed' AND s.decision = 'approved'"
        " AND s.decided_at > coalesce((SELECT at FROM style_reset WHERE practice_id = $1 AND clinician_id = $2),"
        " '-infinity') ORDER BY g.at DESC, s.position LIMIT $3",
        practice_id,
        clinician_id,
        REMEMBERED,
    )
    return [
        AcceptedEdit(
            session_id=row["session_id"],
            client_id=row["client_id"],
            template=row["template"],
            drafted=tuple((line["text"], line["part"]) for line in row["original"]),
            signed=tuple((line["text"], line["part"]) for line in row["lines"]),
        )
        for row in rows
    ]


async def begin_afresh(connection: Any, user: User, practice_id: str, clinician_id: str, at: datetime) -> None:
    """Forget what was learned from edits decided until now (`at`, by the practices' clock)."""
    await connection.execute(
        "INSERT INTO style_reset (practice_id, clinician_id, at) VALUES ($1, $2, $3)"
        " ON CONFLICT (practice_id, clinician_id) DO UPDATE SET at = excluded.at",
        practice_id,
        clinician_id,
        at,
    )
    await audit_log.record(
        connection,
        AuditEvent(
            chain=practice_id,
            at=at,
            user_name=user.name,
            role=user.role.value,
            action=Action.STYLE_RESET,
            object_kind="style",
            object_id=clinician_id,
        ),
    )


async def own_clinicians(connection: Any, user: User) -> list[tuple[str, str]]:
    """As whom this person works: (practice id, clinician id)."""
    rows = await connection.fetch(
        "SELECT practice_id, clinician_id FROM staff WHERE user_name = $1 ORDER BY 1", user.name
    )
    return [(row["practice_id"], row["clinician_id"]) for row in rows if user.works_for(row["practice_id"])]

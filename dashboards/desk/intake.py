"""How does a draft from the stream become work for a therapist? Convergent: any order and number of deliveries.
Reads and writes the desk through the connection it is given, audit entry and notification in the same transaction.
Must never replace what somebody is working on, nor let a draft of a withdrawn session be signed.
"""

from datetime import datetime
from typing import Any, Final

from dashboards.desk import audit_log, drafts, notifications
from dashboards.desk.notifications import Told
from dashboards.desk.review import Review, arrived
from schemas.audit import Action, AuditEvent
from schemas.draft import SessionDraft

SYSTEM: Final = "conjoint"
"""User name and role of what the platform does by itself."""
_TOLD: Final = {"drafted": Told.DRAFT_READY, "blocked": Told.DRAFT_BLOCKED, "withdrawn": Told.DRAFT_WITHDRAWN}
_RECORDED: Final = {
    "drafted": Action.DRAFT_GENERATED,
    "blocked": Action.DRAFT_BLOCKED,
    "withdrawn": Action.DRAFT_WITHDRAWN,
}


async def take(connection: Any, source: SessionDraft, at: datetime) -> bool:
    """Take in one draft; False when it was known already or is out of date."""
    known = await drafts.find(connection, source.practice_id, source.draft_id, lock=True)
    after = arrived(known, source)
    if after is None:
        return False
    if known is None and source.state == "withdrawn":
        return False  # nobody ever saw it
    if after.newer_version == source.version:
        await drafts.keep_newer(connection, after, source)
    else:
        await drafts.put(connection, after, source, at)
    provenance = source.draft.provenance
    details = {
        "session": source.session_id,
        "version": str(source.version),
        "drafter": provenance.drafter,
        "model": provenance.model or "",
        "prompt": f"{provenance.prompt_id or ''} {provenance.prompt_version or ''}".strip(),
    }
    await audit_log.record(
        connection,
        AuditEvent(
            chain=source.practice_id,
            at=at,
            user_name=SYSTEM,
            role=SYSTEM,
            action=_RECORDED[source.state],
            object_kind="draft",
            object_id=source.draft_id,
            reason="; ".join(source.draft.blocked)[:2_000],
            after_sha256=after.sha256,
            details={name: value for name, value in details.items() if value},
        ),
    )
    await _tell(connection, known, after, source, at)
    return True


async def _tell(connection: Any, known: Review | None, after: Review, source: SessionDraft, at: datetime) -> None:
    changed = known is None or known.state != after.state or after.newer_version is not None
    if changed:
        await notifications.tell(
            connection,
            source.practice_id,
            source.clinician_id,
            _TOLD[source.state],
            source.draft_id,
            at,
            reason="; ".join(source.draft.blocked),
            cause=str(source.version),
        )

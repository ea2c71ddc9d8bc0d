"""What should a therapist know without looking? A draft is ready or blocked, a note did not reach the EHR.
Reads and writes `notification` through the connection it is given.
Must never carry a name or clinical text: ids, a kind and a reason code.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

_NAMESPACE: Final = uuid.UUID("5b8ed1f4-7b9f-4a52-9a4f-1f0c6a0f4f11")


class Told(StrEnum):
    """What is told."""

    DRAFT_READY = "draft_ready"
    DRAFT_BLOCKED = "draft_blocked"
    DRAFT_WITHDRAWN = "draft_withdrawn"
    AWAITING_COSIGN = "awaiting_cosign"
    RETURNED = "returned"
    WRITE_FAILED = "write_failed"


@dataclass(frozen=True)
class Notification:
    """One line for somebody."""

    practice_id: str
    notification_id: str
    clinician_id: str | None
    kind: str
    draft_id: str
    reason: str
    at: datetime
    seen: bool


async def tell(
    connection: Any,
    practice_id: str,
    clinician_id: str | None,
    kind: Told,
    draft_id: str,
    at: datetime,
    *,
    reason: str = "",
    cause: str = "",
) -> None:
    """Say it once: the same thing about the same cause has one id."""
    told_id = str(uuid.uuid5(_NAMESPACE, "\x1f".join((practice_id, kind, draft_id, cause))))
    done = await connection.execute(
        "INSERT INTO notification (practice_id, notification_id, clinician_id, kind, draft_id, reason, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        practice_id,
        told_id,
        clinician_id,
        kind.value,
        draft_id,
        reason[:200],
        at,
    )
    if done.endswith(" 1"):
        # reaches the consoles that listen once this transaction is committed; the text names nothing
        await connection.execute("SELECT pg_notify('desk_told', '')")


async def newest(connection: Any, scope: Iterable[str] | None, user_name: str, limit: int = 50) -> list[Notification]:
    """What was told to the clinician that this person is, newest first."""
    rows = await connection.fetch(
        "SELECT n.*, $2 = ANY(n.seen_by) AS seen FROM notification n JOIN staff s ON s.practice_id = n.practice_id"
        " AND s.clinician_id = n.clinician_id AND s.user_name = $2"
        " WHERE ($1::text[] IS NULL OR n.practice_id = ANY($1)) ORDER BY n.at DESC LIMIT $3",
        None if scope is None else sorted(scope),
        user_name,
        limit,
    )
    return [
        Notification(
            row["practice_id"],
            row["notification_id"],
            row["clinician_id"],
            row["kind"],
            row["draft_id"],
            row["reason"],
            row["at"],
            row["seen"],
        )
        for row in rows
    ]


async def mark_seen(connection: Any, scope: Iterable[str] | None, user_name: str) -> None:
    """Everything told so far was seen by this person."""
    await connection.execute(
        "UPDATE notification n SET seen_by = seen_by || $2::text FROM staff s WHERE s.practice_id = n.practice_id"
        " AND s.clinician_id = n.clinician_id AND s.user_name = $2 AND NOT $2 = ANY(n.seen_by)"
        " AND ($1::text[] IS NULL OR n.practice_id = ANY($1))",
        None if scope is None else sorted(scope),
        user_name,
    )

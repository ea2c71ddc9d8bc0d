"""Which signed notes still have to reach the EHR? One row per note, written in the transaction of the signature.
Reads and writes `note_outbox` through the connection it is given.
Must never give a note another key: the key is what makes a second try the same note.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.note_writing import NoteToWrite, NotNow, Refused, WriteOutcome, Written

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
STUCK_AFTER: Final = 8
"""Tries without an answer after which a person is told; it goes on being tried."""
LEASE_S: Final = 60.0
"""For how long a try that began keeps others away; a worker that was killed in the middle is then taken over from."""


@dataclass(frozen=True)
class Waiting:
    """A note that is due now."""

    note: NoteToWrite
    draft_id: str
    section_key: str
    attempts: int


async def enqueue(connection: Any, draft_id: str, notes: Iterable[tuple[str, NoteToWrite]], at: datetime) -> None:
    """Add signed notes (section key, note). One that is in already stays as it is."""
    await connection.executemany(
        "INSERT INTO note_outbox (practice_id, idempotency_key, draft_id, section_key, session_id, client_id, note,"
        " state, next_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8)"
        " ON CONFLICT DO NOTHING",
        [
            (
                note.practice_id,
                note.idempotency_key,
                draft_id,
                section_key,
                note.session_id,
                note.client_id,
                note.model_dump(mode="json", by_alias=True),
                at,
            )
            for section_key, note in notes
        ],
    )


async def claim(connection: Any, now: datetime, limit: int = 20) -> list[Waiting]:
    """Notes that are due, reserved for this worker for a while."""
    rows = await connection.fetch(
        "UPDATE note_outbox SET attempts = attempts + 1, next_at = $1::timestamptz + $3 WHERE (practice_id,"
        " idempotency_key) IN (SELECT practice_id, idempotency_key FROM note_outbox WHERE state IN ('waiting', 'stuck')"
        " AND next_at <= $1 ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " RETURNING note, draft_id, section_key, attempts",
        now,
        limit,
        timedelta(seconds=LEASE_S),
    )
    return [
        Waiting(NoteToWrite.model_validate(row["note"]), row["draft_id"], row["section_key"], row["attempts"])
        for row in rows
    ]


async def finish(connection: Any, waiting: Waiting, outcome: WriteOutcome, now: datetime) -> str:
    """What became of a try; the row's state afterwards."""
    state, next_at, reason, note_id, done_at = "waiting", now, "", None, None
    if isinstance(outcome, Written):
        state, note_id, done_at = "written", outcome.ehr_note_id, now
    elif isinstance(outcome, Refused):
        state, reason, done_at = "refused", outcome.why.value, now
    elif isinstance(outcome, NotNow):
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(waiting.attempts - 1, 20))
        next_at, reason = now + timedelta(seconds=pause_s), outcome.reason
        state = "stuck" if waiting.attempts >= STUCK_AFTER else "waiting"
    await connection.execute(
        "UPDATE note_outbox SET state = $3, next_at = $4, reason = $5, ehr_note_id = $6, done_at = $7"
        " WHERE practice_id = $1 AND idempotency_key = $2 AND state <> 'written'",
        waiting.note.practice_id,
        waiting.note.idempotency_key,
        state,
        next_at,
        reason,
        note_id,
        done_at,
    )
    return state


async def of_draft(connection: Any, practice_id: str, draft_id: str) -> list[Any]:
    """The notes of a draft on their way, without their texts."""
    rows: list[Any] = await connection.fetch(
        "SELECT idempotency_key, section_key, client_id, note ->> 'kind' AS kind, state, attempts, reason, ehr_note_id,"
        " created_at, done_at FROM note_outbox WHERE practice_id = $1 AND draft_id = $2 ORDER BY section_key",
        practice_id,
        draft_id,
    )
    return rows


async def retry(connection: Any, practice_id: str, draft_id: str, now: datetime) -> int:
    """Try everything of a draft again now that has not arrived and was not decided against; how many that is."""
    done: str = await connection.execute(
        "UPDATE note_outbox SET state = 'waiting', next_at = $3, attempts = 0, reason = ''"
        " WHERE practice_id = $1 AND draft_id = $2 AND state IN ('waiting', 'stuck', 'refused')",
        practice_id,
        draft_id,
        now,
    )
    return int(done.rsplit(" ", 1)[1])

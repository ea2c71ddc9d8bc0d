"""How do signed notes get from the outbox into the EHR? Claimed, written, finished; again after a pause if it is away.
Reads and writes `note_outbox`; calls the EHR's NoteWriter; audit entry and notification with the outcome.
Must never send anything that did not come out of a signature's transaction.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from dashboards.desk import audit_log, drafts, notifications, outbox
from dashboards.desk.intake import SYSTEM
from dashboards.desk.notifications import Told
from dashboards.desk.outbox import Waiting
from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError
from schemas.audit import Action, AuditEvent, content_hash
from schemas.metrics import OUTCOMES
from schemas.note_writing import NoteWriter, Refused, WriteOutcome, Written

STEP: Final = "write_notes"
LOOK_EVERY_S: Final = 0.5
log = logging.getLogger("conjoint.desk")


class Delivery:
    """The outbox worker without its loop."""

    def __init__(self, desk: DeskDatabase, writer: NoteWriter, clock: Callable[[], datetime] | None = None) -> None:
        self._desk = desk
        self._writer = writer
        self._clock = clock or (lambda: datetime.now(UTC))

    async def follow(self) -> None:
        """Until cancelled. Survives outages of the database and of the EHR."""
        try:
            while True:
                try:
                    done = await self.deliver_due()
                except DeskUnavailableError:
                    done = 0
                if not done:
                    await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await self._writer.close()

    async def deliver_due(self) -> int:
        """Try everything that is due once; how many notes that were."""
        async with self._desk.transaction() as connection:
            due = await outbox.claim(connection, self._clock())
        for waiting in due:
            # outside any transaction: an EHR that takes its time must not hold rows
            outcome = await self._writer.write(waiting.note)
            await self._finish(waiting, outcome)
        return len(due)

    async def _finish(self, waiting: Waiting, outcome: WriteOutcome) -> None:
        now, note = self._clock(), waiting.note
        async with self._desk.transaction() as connection:
            state = await outbox.finish(connection, waiting, outcome, now)
            OUTCOMES.labels(STEP, state).inc()
            if isinstance(outcome, Written | Refused):
                written = isinstance(outcome, Written)
                await audit_log.record(
                    connection,
                    AuditEvent(
                        chain=note.practice_id,
                        at=now,
                        user_name=SYSTEM,
                        role=SYSTEM,
                        action=Action.NOTE_WRITTEN if written else Action.NOTE_REFUSED,
                        object_kind="draft",
                        object_id=waiting.draft_id,
                        reason=outcome.why.value if isinstance(outcome, Refused) else "",
                        after_sha256=content_hash(note.text),
                        details={
                            "section": waiting.section_key,
                            "ehr_note": outcome.ehr_note_id if isinstance(outcome, Written) else "",
                            "part2_notice": "yes" if note.part2_notice else "no",
                        },
                    ),
                )
            if state in ("refused", "stuck"):
                review = await drafts.find(connection, note.practice_id, waiting.draft_id)
                await notifications.tell(
                    connection,
                    note.practice_id,
                    None if review is None else review.clinician_id,
                    Told.WRITE_FAILED,
                    waiting.draft_id,
                    now,
                    reason=outcome.why.value if isinstance(outcome, Refused) else "no_answer",
                    cause=f"{note.idempotency_key} {state}",
                )

"""How is a draft signed off? Signature, co-signature, return, discard, retry and addendum, each one transaction.
Reads and writes the desk's database; the notes of a signature enter the outbox in the transaction that signs.
Must never put a note into the outbox that no person with the right has signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards.console.rights import Right, Role
from dashboards.console.users import User
from dashboards.desk import drafts, notifications, outbox, review, signing
from dashboards.desk.chart_facts import ClinicianFacts, SessionFacts
from dashboards.desk.desk import MAX_REASON, CannotSignError, Desk, RefusedError, or_refuse, person_of
from dashboards.desk.notifications import Told
from dashboards.desk.review import Line, Review, SectionState, Why
from dashboards.desk.signing import Code, Problem
from schemas.audit import Action, content_hash
from schemas.note_writing import NoteToWrite


@dataclass
class SignOff:
    """What follows the review of a draft."""

    desk: Desk

    async def sign(
        self,
        user: User,
        practice_id: str,
        draft_id: str,
        *,
        content_sha256: str,
        acknowledged: Iterable[str],
        attested: bool,
    ) -> Review:
        """Sign what was seen (`content_sha256`), with every warning acknowledged. Its notes go to the EHR with it, or
        with the co-signature. Raises CannotSignError, RefusedError."""
        async with self.desk.database.transaction() as connection:
            before = await self.desk.found(connection, user, practice_id, draft_id, lock=True)
            if not user.may(Right.SIGN_NOTES):
                raise RefusedError(Why.NOT_YOUR_RIGHT, before)
            if before.state != "open":
                raise RefusedError(Why.NOT_OPEN, before)
            if before.sha256 != content_sha256:
                raise RefusedError(Why.CHANGED_MEANWHILE, before)
            facts, signer = await self.desk.facts(connection, user, before)
            now = self.desk.practice_now()
            found = signing.problems(before, facts, signer, now)
            if signer is None or not attested or not signing.acknowledged(found, list(acknowledged)):
                raise CannotSignError(before, found)
            needs_cosign = signer.supervised or user.role is Role.ASSOCIATE
            after = or_refuse(review.signed(before, person_of(user), needs_cosign=needs_cosign), before)
            await drafts.save(connection, after)
            await self._sign_row(connection, user, before, signer, now, "sign", facts)
            if needs_cosign:
                for supervisor, _, _ in signer.supervisors:
                    await notifications.tell(
                        connection,
                        practice_id,
                        supervisor,
                        Told.AWAITING_COSIGN,
                        draft_id,
                        self.desk.wall(),
                        cause=f"{supervisor} {after.version}",
                    )
            else:
                await self._enqueue(connection, draft_id, signing.notes_to_write(before, facts, signer, now))
            await self.desk.record(
                connection, user, after, Action.DRAFT_SIGNED, details={"awaits_cosign": "yes" if needs_cosign else "no"}
            )
            return after

    async def cosign(self, user: User, practice_id: str, draft_id: str, *, content_sha256: str) -> Review:
        """Co-sign what a supervised colleague signed; then its notes go to the EHR."""
        async with self.desk.database.transaction() as connection:
            before = await self.desk.found(connection, user, practice_id, draft_id, lock=True)
            if before.sha256 != content_sha256:
                raise RefusedError(Why.CHANGED_MEANWHILE, before)
            after = or_refuse(review.cosigned(before, person_of(user)), before)
            row = await connection.fetchrow(
                "SELECT clinician_id, at FROM signature WHERE practice_id = $1 AND draft_id = $2 AND kind = 'sign'"
                " ORDER BY round DESC LIMIT 1",
                practice_id,
                draft_id,
            )
            facts, cosigner = await self.desk.facts(connection, user, before, row["clinician_id"])
            signer = facts.clinician(row["clinician_id"])
            day = facts.day
            if cosigner is None or signer is None:
                raise CannotSignError(before, [Problem(Code.NOT_A_CLINICIAN, "block")])
            if day is None or not signer.supervised_by(cosigner.clinician_id, day):
                raise CannotSignError(before, [Problem(Code.NOT_SUPERVISING, "block")])
            now = self.desk.practice_now()
            await drafts.save(connection, after)
            await self._sign_row(connection, user, before, cosigner, now, "cosign", facts)
            notes = signing.notes_to_write(before, facts, signer, row["at"], cosigner, now)
            await self._enqueue(connection, draft_id, notes)
            await self.desk.record(connection, user, after, Action.DRAFT_COSIGNED)
            return after

    async def give_back(self, user: User, practice_id: str, draft_id: str, reason: str) -> Review:
        """Return a signed draft to the supervised colleague, with what to change."""
        async with self.desk.database.transaction() as connection:
            before = await self.desk.found(connection, user, practice_id, draft_id, lock=True)
            after = or_refuse(review.returned(before, person_of(user), reason[:MAX_REASON]), before)
            await drafts.save(connection, after)
            await self.desk.record(connection, user, after, Action.DRAFT_RETURNED, reason=reason[:MAX_REASON])
            await notifications.tell(
                connection,
                practice_id,
                before.clinician_id,
                Told.RETURNED,
                draft_id,
                self.desk.wall(),
                cause=str(after.version),
            )
            return after

    async def discard(self, user: User, practice_id: str, draft_id: str, reason: str) -> Review:
        """Set a draft aside: the note will be written without it."""
        async with self.desk.database.transaction() as connection:
            before = await self.desk.found(connection, user, practice_id, draft_id, lock=True)
            after = or_refuse(review.discarded(before, person_of(user), reason[:MAX_REASON]), before)
            await drafts.save(connection, after)
            await self.desk.record(connection, user, after, Action.DRAFT_DISCARDED, reason=reason[:MAX_REASON])
            return after

    async def retry(self, user: User, practice_id: str, draft_id: str) -> int:
        """Try the notes again that did not reach the EHR; how many that is."""
        async with self.desk.database.transaction() as connection:
            found = await self.desk.found(connection, user, practice_id, draft_id, lock=True)
            count = await outbox.retry(connection, practice_id, draft_id, self.desk.wall())
            if count:
                await self.desk.record(connection, user, found, Action.NOTE_RETRIED, details={"notes": str(count)})
            return count

    async def add_addendum(self, user: User, practice_id: str, draft_id: str, key: str, text: str) -> None:
        """A dated addition to a note that is in the chart; the note itself stays as it was signed."""
        async with self.desk.database.transaction() as connection:
            found = await self.desk.found(connection, user, practice_id, draft_id, lock=True)
            written = [one for one in await outbox.of_draft(connection, practice_id, draft_id) if one["ehr_note_id"]]
            original = next((one for one in written if one["section_key"] == key and one["kind"] != "addendum"), None)
            if not user.may(Right.ADD_ADDENDA) or found.state != "signed" or original is None:
                raise RefusedError(Why.NOT_OPEN, found)
            if not text.strip():
                raise RefusedError(Why.EMPTY, found)
            facts, signer = await self.desk.facts(connection, user, found)
            now = self.desk.practice_now()
            typed = SectionState(key, 0, original["client_id"], "Addendum", (), (Line(text.strip(), edited=True),))
            problems = signing.addendum_problems(found, facts, signer, typed)
            if problems or signer is None:
                raise CannotSignError(found, problems)
            note = signing.addendum(found, facts, signer, typed, original["ehr_note_id"], now)
            await self._enqueue(connection, draft_id, [note])
            await self.desk.record(
                connection, user, found, Action.ADDENDUM_SIGNED, details={"section": key}, after=content_hash(note.text)
            )

    async def _sign_row(
        self,
        connection: Any,
        user: User,
        found: Review,
        clinician: ClinicianFacts,
        at: datetime,
        kind: str,
        facts: SessionFacts,
    ) -> None:
        await connection.execute(
            "INSERT INTO signature (practice_id, draft_id, kind, round, user_name, role, clinician_id, name,"
            " credential, at, attestation, late_entry, content_sha256)"
            " SELECT $1, $2, $3, 1 + count(*), $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM signature"
            " WHERE practice_id = $1 AND draft_id = $2 AND kind = $3",
            found.practice_id,
            found.draft_id,
            kind,
            user.name,
            user.role.value,
            clinician.clinician_id,
            clinician.name,
            clinician.credential,
            at,
            signing.ATTESTATION if kind == "sign" else signing.COSIGN_ATTESTATION,
            signing.is_late(facts, at),
            found.sha256,
        )

    async def _enqueue(self, connection: Any, draft_id: str, notes: Iterable[NoteToWrite]) -> None:
        keyed = [(note.client_id or review.SHARED, note) for note in notes]
        await outbox.enqueue(connection, draft_id, keyed, self.desk.wall())

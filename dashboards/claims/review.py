"""What can people do with claims? Each method is one transaction: rights and state checked, change and audit entry.

Reads and writes the desk's database. Must never let a claim of another practice look different from none, nor send
anything by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboards.claims.standing import CannotError, Claim, Standing, last_undoable, may_approve, may_decide
from dashboards.desk import audit_log
from dashboards.desk.transactions import DeskDatabase
from schemas.audit import Action, AuditEvent
from schemas.claim_proposal import ClaimDecision, ClaimFix, ClaimProposal, NotProposed
from schemas.professional_claim import Sender
from schemas.remittance import ClaimAnswer

MAX_REASON = 500
MAX_LISTED = 5_000
_FIND = (
    "SELECT content, withdrawn_at FROM claim_proposal WHERE proposal_id = $1"
    " AND ($2::text[] IS NULL OR practice_id = ANY($2)) ORDER BY practice_id"
)
_FIND_AND_LOCK = f"{_FIND} FOR UPDATE"


class NoSuchClaimError(Exception):
    """There is no such claim among what this person may see."""


@dataclass(frozen=True)
class Actor:
    """Who acts. `scope`: the practices they work for; None = all."""

    name: str
    role: str
    scope: frozenset[str] | None = None


@dataclass(frozen=True)
class SentFile:
    """An 837P file that went out."""

    number: int
    practice_id: str
    made_at: datetime
    user_name: str
    file_name: str
    sha256: str
    claims: int
    total_cents: int


@dataclass(frozen=True)
class FileToSend:
    """An 837P file about to be recorded, with the claims in it."""

    number: int
    practice_id: str
    file_name: str
    sha256: str
    text: str
    claims: tuple[ClaimProposal, ...]


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass
class ClaimReview:
    """The claims of all practices."""

    database: DeskDatabase
    wall: Callable[[], datetime] = _wall
    practice_now: Callable[[], datetime] = _wall
    """The practices' clock: when a file was made, by their calendar."""

    # --- looking -------------------------------------------------------------------------------------------------

    async def list(self, scope: frozenset[str] | None, practice_id: str | None = None) -> tuple[Claim, ...]:
        """Everything that lies before the biller or was sent in the last year, the oldest visit first."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT content, withdrawn_at FROM claim_proposal p"
                " WHERE ($1::text[] IS NULL OR practice_id = ANY($1)) AND ($2::text IS NULL OR practice_id = $2)"
                " AND (withdrawn_at IS NULL OR EXISTS (SELECT 1 FROM claim_sent s WHERE s.practice_id = p.practice_id"
                " AND s.proposal_id = p.proposal_id))"
                " ORDER BY service_on, practice_id, session_id, proposal_id LIMIT $3",
                None if scope is None else sorted(scope),
                practice_id,
                MAX_LISTED,
            )
            return await self._claims(connection, rows)

    async def get(self, scope: frozenset[str] | None, proposal_id: str) -> Claim:
        """One claim with everything decided and answered. Raises NoSuchClaimError."""
        async with self.database.transaction() as connection:
            return await self._find(connection, scope, proposal_id)

    async def not_proposed(self, scope: frozenset[str] | None, limit: int = 200) -> tuple[NotProposed, ...]:
        """For whom there is no claim though something is missing or waited for, and why."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT * FROM claim_not_proposed WHERE ($1::text[] IS NULL OR practice_id = ANY($1))"
                " AND kind IN ('not_recorded', 'waits') ORDER BY practice_id, session_id, client_id LIMIT $2",
                None if scope is None else sorted(scope),
                limit,
            )
            return tuple(NotProposed.model_validate(dict(row)) for row in rows)

    async def files(self, scope: frozenset[str] | None, limit: int = 100) -> tuple[SentFile, ...]:
        """The files that went out, newest first."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT number, practice_id, made_at, user_name, file_name, sha256, claims, total_cents"
                " FROM claim_batch"
                " WHERE ($1::text[] IS NULL OR practice_id = ANY($1)) ORDER BY number DESC LIMIT $2",
                None if scope is None else sorted(scope),
                limit,
            )
            return tuple(SentFile(**dict(row)) for row in rows)

    async def file_text(self, actor: Actor, number: int) -> tuple[str, str]:
        """Name and text of a file that went out; whoever takes it again is recorded. Raises NoSuchClaimError."""
        async with self.database.transaction() as connection:
            row = await connection.fetchrow(
                "SELECT practice_id, file_name, text FROM claim_batch WHERE number = $1"
                " AND ($2::text[] IS NULL OR practice_id = ANY($2))",
                number,
                None if actor.scope is None else sorted(actor.scope),
            )
            if row is None:
                raise NoSuchClaimError
            event = self._event(actor, row["practice_id"], "claim_file", str(number), "export")
            await audit_log.record(connection, event.model_copy(update={"action": Action.EXPORTED}))
            return str(row["file_name"]), str(row["text"])

    # --- deciding ------------------------------------------------------------------------------------------------

    async def approve(self, actor: Actor, proposal_id: str, seen: str | None = None, reason: str = "") -> Claim:
        """It may go out as it is. `seen`: the fingerprint before the person. Raises NoSuchClaimError, CannotError."""
        async with self.database.transaction() as connection:
            claim = await self._find(connection, actor.scope, proposal_id, lock=True)
            may_approve(claim, reason)
            _as_seen(claim, seen)
            return await self._decide(connection, actor, claim, "approve", reason)

    async def hold(self, actor: Actor, proposal_id: str, reason: str = "") -> Claim:
        """It stays until somebody takes it up again. Raises NoSuchClaimError, CannotError."""
        async with self.database.transaction() as connection:
            claim = await self._find(connection, actor.scope, proposal_id, lock=True)
            may_decide(claim)
            return await self._decide(connection, actor, claim, "hold", reason)

    async def fix(self, actor: Actor, proposal_id: str, fix: ClaimFix, reason: str = "") -> Claim:
        """Something in it is set by hand; it is judged anew. Raises NoSuchClaimError, CannotError."""
        if not fix.fields:
            raise CannotError("Nothing was set.")
        async with self.database.transaction() as connection:
            claim = await self._find(connection, actor.scope, proposal_id, lock=True)
            may_decide(claim)
            return await self._decide(connection, actor, claim, "fix", reason, fix)

    async def undo(self, actor: Actor, proposal_id: str) -> Claim:
        """The last decision about it is taken back. Raises NoSuchClaimError, CannotError."""
        async with self.database.transaction() as connection:
            claim = await self._find(connection, actor.scope, proposal_id, lock=True)
            may_decide(claim)
            last = last_undoable(claim.decisions)
            if last is None:
                raise CannotError("There is nothing to take back.")
            return await self._decide(connection, actor, claim, "undo", f"takes back: {last.act}", undoes=last.number)

    # --- files out -----------------------------------------------------------------------------------------------

    async def approved(self, scope: frozenset[str] | None, practice_id: str) -> tuple[ClaimProposal, ...]:
        """What is approved as it stands now and was not sent yet."""
        claims = await self.list(scope, practice_id)
        return tuple(claim.proposal for claim in claims if claim.standing is Standing.APPROVED)

    async def sender(self, practice_id: str) -> tuple[Sender | None, tuple[str, ...]]:
        """Who sends the practice's files, and what is not set."""
        async with self.database.transaction() as connection:
            row = await connection.fetchrow("SELECT * FROM claim_sender WHERE practice_id = $1", practice_id)
            if row is None:
                return None, ("The practice is not known yet; wait until its records have arrived.",)
            sender = None if row["sender"] is None else Sender.model_validate(row["sender"])
            return sender, tuple(row["cautions"])

    async def practices(self) -> tuple[str, ...]:
        """Every practice that could send claims."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch("SELECT practice_id FROM claim_sender ORDER BY 1")
            return tuple(str(row["practice_id"]) for row in rows)

    async def next_number(self) -> int:
        """The next file's number; never given twice."""
        async with self.database.transaction() as connection:
            return int(await connection.fetchval("SELECT nextval('claim_batch_number_seq')"))

    async def record_file(self, actor: Actor, file: FileToSend) -> None:
        """The file goes out. Raises CannotError if one of its claims is no longer approved as it is in the file."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO claim_batch (number, practice_id, made_at, user_name, file_name, sha256, claims,"
                " total_cents, text) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                file.number,
                file.practice_id,
                self.practice_now(),
                actor.name,
                file.file_name,
                file.sha256,
                len(file.claims),
                sum(proposal.total_cents for proposal in file.claims),
                file.text,
            )
            for proposal in file.claims:
                claim = await self._find(connection, actor.scope, proposal.id, lock=True)
                same = claim.proposal.fingerprint == proposal.fingerprint
                if claim.standing is not Standing.APPROVED or not same or proposal.form is None:
                    raise CannotError(f"Claim {proposal.id} changed meanwhile; nothing was sent. Try again.")
                await connection.execute(
                    "INSERT INTO claim_sent (batch_number, practice_id, proposal_id, claim_id, control_number,"
                    " fingerprint, predicted, rules, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    file.number,
                    file.practice_id,
                    proposal.id,
                    proposal.form.claim_id,
                    proposal.form.control_number,
                    proposal.fingerprint,
                    list(proposal.predicted),
                    sorted({f"{f.rule}:{f.predicts}" for f in proposal.findings if f.predicts is not None}),
                    proposal.model_dump(mode="json"),
                )
                await self._decide(connection, actor, claim, "batch", file.file_name)

    # --- what they share -----------------------------------------------------------------------------------------

    async def _find(
        self, connection: Any, scope: frozenset[str] | None, proposal_id: str, *, lock: bool = False
    ) -> Claim:
        rows = await connection.fetch(
            _FIND_AND_LOCK if lock else _FIND,
            proposal_id,
            None if scope is None else sorted(scope),
        )
        if not rows:
            raise NoSuchClaimError
        return (await self._claims(connection, rows[:1]))[0]

    async def _claims(self, connection: Any, rows: Sequence[Any]) -> tuple[Claim, ...]:
        proposals = [ClaimProposal.model_validate(row["content"]) for row in rows]
        ids = [proposal.id for proposal in proposals]
        decisions: dict[tuple[str, str], list[ClaimDecision]] = {}
        for row in await connection.fetch(
            "SELECT d.*, u.number IS NOT NULL AS undone FROM claim_decision d"
            " LEFT JOIN claim_decision u ON u.undoes = d.number WHERE d.proposal_id = ANY($1) ORDER BY d.number",
            ids,
        ):
            decision = ClaimDecision.model_validate({**dict(row), "by": row["user_name"]})
            decisions.setdefault((row["practice_id"], row["proposal_id"]), []).append(decision)
        sent: dict[tuple[str, str], tuple[int, str]] = {}
        for row in await connection.fetch(
            "SELECT practice_id, proposal_id, batch_number, control_number FROM claim_sent"
            " WHERE proposal_id = ANY($1) ORDER BY batch_number",
            ids,
        ):
            sent[row["practice_id"], row["proposal_id"]] = (row["batch_number"], row["control_number"])
        answers: dict[tuple[str, str], list[ClaimAnswer]] = {}
        numbers = [number for _, number in sent.values()]
        for row in await connection.fetch(
            "SELECT practice_id, control_number, content FROM claim_answer WHERE control_number = ANY($1)"
            " ORDER BY received_at, file_sha256, position",
            numbers,
        ):
            answer = ClaimAnswer.model_validate(row["content"])
            answers.setdefault((row["practice_id"], row["control_number"]), []).append(answer)
        found = []
        for proposal, row in zip(proposals, rows, strict=True):
            key = (proposal.practice_id, proposal.id)
            number, control = sent.get(key, (None, ""))
            found.append(
                Claim(
                    proposal,
                    tuple(decisions.get(key, ())),
                    number,
                    tuple(answers.get((proposal.practice_id, control), ())),
                    row["withdrawn_at"] is not None,
                )
            )
        return tuple(found)

    async def _decide(
        self,
        connection: Any,
        actor: Actor,
        claim: Claim,
        act: str,
        reason: str,
        fix: ClaimFix | None = None,
        undoes: int | None = None,
    ) -> Claim:
        proposal, reason = claim.proposal, reason.strip()[:MAX_REASON]
        await connection.execute(
            "INSERT INTO claim_decision"
            " (practice_id, proposal_id, act, user_name, at, reason, fingerprint, fix, undoes)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            proposal.practice_id,
            proposal.id,
            act,
            actor.name,
            self.wall(),
            reason,
            proposal.fingerprint,
            None if fix is None else fix.model_dump(mode="json", exclude_none=True),
            undoes,
        )
        event = self._event(actor, proposal.practice_id, "claim", proposal.id, act, reason)
        details = {"session": proposal.session_id, "fingerprint": proposal.fingerprint}
        details |= {"fields": " ".join(fix.fields)} if fix is not None else {}
        await audit_log.record(connection, event.model_copy(update={"details": {**event.details, **details}}))
        return await self._find(connection, actor.scope, proposal.id)

    def _event(
        self, actor: Actor, practice_id: str, kind: str, object_id: str, act: str, reason: str = ""
    ) -> AuditEvent:
        return AuditEvent(
            chain=practice_id,
            at=self.wall(),
            user_name=actor.name,
            role=actor.role,
            action=Action.CLAIM_ACTED,
            object_kind=kind,
            object_id=object_id,
            reason=reason,
            details={"act": act},
        )


def _as_seen(claim: Claim, seen: str | None) -> None:
    if seen is not None and seen != claim.proposal.fingerprint:
        raise CannotError("It changed while you looked at it. Look again, then decide.")

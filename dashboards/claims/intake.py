"""How do proposals and answers get to the desk, and what does their maker need to know? The worker's side.

Reads and writes the desk's database. Replaces what a session's records ask for; never touches a decision.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboards.claims.calibration import Outcome
from dashboards.claims.standing import fix_of
from dashboards.desk.transactions import DeskDatabase
from schemas.claim_proposal import ClaimDecision, ClaimFix, ClaimProposal, NotProposed
from schemas.professional_claim import Sender
from schemas.remittance import ClaimAnswer


@dataclass(frozen=True)
class Sent:
    """A claim that went out and is to be told to the EHR's billing module."""

    batch_number: int
    proposal: ClaimProposal
    sent_at: datetime


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass
class ClaimIntake:
    """What the worker that makes proposals reads and writes."""

    database: DeskDatabase
    wall: Callable[[], datetime] = _wall

    async def replace(
        self,
        practice_id: str,
        session_ids: Iterable[str],
        proposals: Sequence[ClaimProposal],
        not_proposed: Sequence[NotProposed],
    ) -> int:
        """What these sessions ask for now, in place of what they asked for before. Answers how many rows changed."""
        sessions, now = sorted(set(session_ids)), self.wall()
        async with self.database.transaction() as connection:
            changed = 0
            for proposal in proposals:
                status = await connection.execute(
                    "INSERT INTO claim_proposal (practice_id, proposal_id, session_id, client_id, payer_id, kind,"
                    " service_on, total_cents, state, fingerprint, content, first_at, changed_at)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)"
                    " ON CONFLICT (practice_id, proposal_id) DO UPDATE SET session_id = $3, client_id = $4,"
                    " payer_id = $5, kind = $6, service_on = $7, total_cents = $8, state = $9, fingerprint = $10,"
                    " content = $11, changed_at = $12, withdrawn_at = NULL"
                    " WHERE claim_proposal.fingerprint <> $10 OR claim_proposal.withdrawn_at IS NOT NULL",
                    proposal.practice_id,
                    proposal.id,
                    proposal.session_id,
                    proposal.client_id,
                    proposal.payer_id,
                    proposal.kind,
                    proposal.service_on,
                    proposal.total_cents,
                    proposal.state,
                    proposal.fingerprint,
                    proposal.model_dump(mode="json"),
                    now,
                )
                changed += _count(status)
            status = await connection.execute(
                "UPDATE claim_proposal SET withdrawn_at = $4 WHERE practice_id = $1 AND session_id = ANY($2)"
                " AND NOT proposal_id = ANY($3) AND withdrawn_at IS NULL",
                practice_id,
                sessions,
                [proposal.id for proposal in proposals],
                now,
            )
            changed += _count(status)
            await connection.execute(
                "DELETE FROM claim_not_proposed WHERE practice_id = $1 AND session_id = ANY($2)", practice_id, sessions
            )
            await connection.executemany(
                "INSERT INTO claim_not_proposed (practice_id, session_id, client_id, kind, why)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                [
                    (practice_id, one.session_id, one.client_id, one.kind, one.why)
                    for one in not_proposed
                    if one.kind != "billed"
                ],
            )
            return changed

    async def set_sender(self, practice_id: str, sender: Sender | None, cautions: Sequence[str]) -> None:
        """Who sends the practice's files."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO claim_sender (practice_id, sender, cautions, changed_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (practice_id) DO UPDATE SET sender = $2, cautions = $3, changed_at = $4",
                practice_id,
                None if sender is None else sender.model_dump(mode="json"),
                list(cautions),
                self.wall(),
            )

    async def fixes(self) -> dict[str, dict[str, ClaimFix]]:
        """Practice → proposal → what was set by hand."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT d.*, u.number IS NOT NULL AS undone FROM claim_decision d"
                " LEFT JOIN claim_decision u ON u.undoes = d.number WHERE d.act = 'fix' ORDER BY d.number"
            )
        grouped: dict[tuple[str, str], list[ClaimDecision]] = {}
        for row in rows:
            decision = ClaimDecision.model_validate({**dict(row), "by": row["user_name"]})
            grouped.setdefault((row["practice_id"], row["proposal_id"]), []).append(decision)
        found: dict[str, dict[str, ClaimFix]] = {}
        for (practice_id, proposal_id), decisions in grouped.items():
            fix = fix_of(decisions)
            if fix is not None:
                found.setdefault(practice_id, {})[proposal_id] = fix
        return found

    async def decided_since(self, number: int) -> tuple[int, set[tuple[str, str]]]:
        """Fixes and undos after decision `number`: the newest number, and the (practice, session) pairs concerned."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT d.number, p.practice_id, p.session_id FROM claim_decision d JOIN claim_proposal p"
                " USING (practice_id, proposal_id) WHERE d.number > $1 AND d.act IN ('fix', 'undo') ORDER BY d.number",
                number,
            )
        newest = max((int(row["number"]) for row in rows), default=number)
        return newest, {(row["practice_id"], row["session_id"]) for row in rows}

    async def remittances(self) -> dict[str, dict[str, ClaimAnswer]]:
        """Practice → claim id and control number → the last remittance about it."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT a.practice_id, a.control_number, s.claim_id, a.content FROM claim_answer a"
                " LEFT JOIN claim_sent s"
                " ON s.practice_id = a.practice_id AND s.control_number = a.control_number WHERE a.kind = '835'"
                " ORDER BY a.received_at, a.file_sha256, a.position"
            )
        found: dict[str, dict[str, ClaimAnswer]] = {}
        for row in rows:
            answer = ClaimAnswer.model_validate(row["content"])
            for id_ in (row["control_number"], row["claim_id"]):
                if id_ is not None:
                    found.setdefault(row["practice_id"], {})[id_] = answer
        return found

    async def take_answers(
        self, file_sha256: str, answers: Sequence[ClaimAnswer], practice_id: str | None = None
    ) -> tuple[ClaimAnswer, ...]:
        """What payers said about claims. Reading a file again changes nothing. Answers those about claims nobody sent
        from here; they are kept too if `practice_id` says whose they are."""
        unknown: list[ClaimAnswer] = []
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT DISTINCT control_number, practice_id FROM claim_sent WHERE control_number = ANY($1)",
                [answer.control_number for answer in answers],
            )
            owners = {row["control_number"]: row["practice_id"] for row in rows}
            for position, answer in enumerate(answers):
                owner = owners.get(answer.control_number, practice_id)
                if answer.control_number not in owners:
                    unknown.append(answer)
                if owner is None:
                    continue
                await connection.execute(
                    "INSERT INTO claim_answer (file_sha256, position, practice_id, control_number, kind, outcome,"
                    " answered_on, received_at, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                    " ON CONFLICT DO NOTHING",
                    file_sha256,
                    position,
                    owner,
                    answer.control_number,
                    answer.kind,
                    answer.outcome,
                    answer.on,
                    self.wall(),
                    answer.model_dump(mode="json"),
                )
        return tuple(unknown)

    async def claims_of_file(self, number: int) -> tuple[str, ...]:
        """The control numbers in a file that went out."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT control_number FROM claim_sent WHERE batch_number = $1 ORDER BY 1", number
            )
            return tuple(str(row["control_number"]) for row in rows)

    async def outcomes(self, scope: frozenset[str] | None) -> tuple[Outcome, ...]:
        """Every claim that was sent and has been paid or denied since: what was predicted, and what came."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT DISTINCT ON (s.practice_id, s.proposal_id, s.batch_number) s.claim_id, s.rules, a.content"
                " FROM claim_sent s JOIN claim_answer a ON a.practice_id = s.practice_id"
                " AND a.control_number = s.control_number AND a.kind = '835'"
                " WHERE $1::text[] IS NULL OR s.practice_id = ANY($1)"
                " ORDER BY s.practice_id, s.proposal_id, s.batch_number, a.received_at DESC, a.position DESC",
                None if scope is None else sorted(scope),
            )
        return tuple(
            Outcome(
                row["claim_id"],
                tuple((rule.partition(":")[0], rule.partition(":")[2]) for rule in row["rules"]),
                ClaimAnswer.model_validate(row["content"]),
            )
            for row in rows
        )

    # --- telling the EHR -----------------------------------------------------------------------------------------

    async def to_log(self, limit: int = 100) -> tuple[Sent, ...]:
        """Claims that went out and that the EHR's billing module does not know of yet, oldest first."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(
                "SELECT s.batch_number, s.content, b.made_at FROM claim_sent s JOIN claim_batch b"
                " ON b.number = s.batch_number WHERE s.logged_at IS NULL ORDER BY s.batch_number LIMIT $1",
                limit,
            )
            return tuple(
                Sent(row["batch_number"], ClaimProposal.model_validate(row["content"]), row["made_at"]) for row in rows
            )

    async def logged(self, sent: Sent, problem: str = "") -> None:
        """The EHR has it; or `problem` says in our words why it does not yet."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "UPDATE claim_sent SET logged_at = $4, log_error = $5"
                " WHERE practice_id = $1 AND proposal_id = $2 AND batch_number = $3",
                sent.proposal.practice_id,
                sent.proposal.id,
                sent.batch_number,
                None if problem else self.wall(),
                problem,
            )


def _count(status: Any) -> int:
    return int(str(status).rsplit(" ", 1)[-1])

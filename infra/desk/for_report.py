"""What does the review desk know that a compliance report tells: who looked at what, what was signed, what payers said?
Reads the desk's PostgreSQL as console and workers do; writes nothing.
Must never let a text that was drafted or signed leave this module: it is compared here and becomes a number.
"""

import asyncio
from dataclasses import dataclass

import asyncpg
import orjson

from schemas.remittance import ClaimAnswer
from streams.compliance.changed_words import changed_share
from streams.compliance.records import AccessRow, Period, RemittanceRow, SignedDraftRow


@dataclass(frozen=True, slots=True)
class DeskRows:
    """Everything up to the moment of the report."""

    access: list[AccessRow]
    remittances: list[RemittanceRow]
    signed_drafts: list[SignedDraftRow]


def read_desk(dsn: str, practice_id: str, period: Period) -> DeskRows | None:
    """The rows of one practice, by a database address; None if the desk does not answer."""

    async def read() -> DeskRows:
        connection = await asyncpg.connect(dsn, timeout=3)
        try:
            return DeskRows(
                await _access(connection, practice_id, period),
                await _remittances(connection, practice_id, period),
                await _signed_drafts(connection, practice_id, period),
            )
        finally:
            await connection.close()

    try:
        return asyncio.run(read())
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return None


async def _access(connection: asyncpg.Connection, practice_id: str, period: Period) -> list[AccessRow]:
    entries = await connection.fetch(
        "SELECT at, user_name, role, action, object_kind, object_id FROM audit_entry "
        "WHERE chain = $1 AND at <= $2 ORDER BY seq",
        practice_id,
        period.as_of,
    )
    return [
        AccessRow(e["at"], e["user_name"], e["role"], e["action"], f"{e['object_kind']} {e['object_id']}".strip())
        for e in entries
    ]


async def _remittances(connection: asyncpg.Connection, practice_id: str, period: Period) -> list[RemittanceRow]:
    """Of each claim what its last 835 says, by its id in the EHR and by the control number it was sent under."""
    answers = await connection.fetch(
        "SELECT a.control_number, s.claim_id, a.content FROM claim_answer a LEFT JOIN claim_sent s "
        "ON s.practice_id = a.practice_id AND s.control_number = a.control_number "
        "WHERE a.practice_id = $1 AND a.kind = '835' AND a.received_at <= $2 "
        "AND (a.answered_on IS NULL OR a.answered_on <= $3) ORDER BY a.received_at, a.file_sha256, a.position",
        practice_id,
        period.as_of,
        period.today,
    )
    last: dict[str, RemittanceRow] = {}
    for row in answers:
        answer = ClaimAnswer.model_validate(orjson.loads(row["content"]))
        for name in (row["control_number"], row["claim_id"]):
            if name is not None:
                last[name] = RemittanceRow.of(name, answer)
    return [last[name] for name in sorted(last)]


async def _signed_drafts(connection: asyncpg.Connection, practice_id: str, period: Period) -> list[SignedDraftRow]:
    signatures = await connection.fetch(
        "SELECT draft_id, kind, clinician_id, at FROM signature WHERE practice_id = $1 AND at <= $2 ORDER BY at",
        practice_id,
        period.as_of,
    )
    signed = {row["draft_id"]: row for row in signatures if row["kind"] == "sign"}
    cosigned = {row["draft_id"]: row for row in signatures if row["kind"] == "cosign"}
    sections = await connection.fetch(
        "SELECT draft_id, original, lines FROM section WHERE practice_id = $1 AND draft_id = ANY($2) "
        "AND decision = 'approved' ORDER BY draft_id, position",
        practice_id,
        list(signed),
    )
    drafted: dict[str, list[str]] = {}
    stands: dict[str, list[str]] = {}
    for row in sections:
        for column, texts in (("original", drafted), ("lines", stands)):
            texts.setdefault(row["draft_id"], []).extend(line["text"] for line in orjson.loads(row[column]))
    return [
        SignedDraftRow(
            draft_id,
            signature["clinician_id"],
            signature["at"],
            # a draft that was returned and signed again has only the cosignature that came after
            cosigned[draft_id]["clinician_id"]
            if draft_id in cosigned and cosigned[draft_id]["at"] >= signature["at"]
            else None,
            changed_share(drafted.get(draft_id, ()), stands.get(draft_id, ())),
        )
        for draft_id, signature in sorted(signed.items())
    ]

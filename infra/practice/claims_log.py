"""How does the reference EHR's billing module learn of a claim that went out? Through this hook, and no other way.
Reads nothing else; writes `claims` and `claim_lines`, once per claim.
Must never change a claim that the payer has answered, nor write what nobody approved.
"""

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg

from dashboards.claims.intake import Sent
from schemas.care import Claim

_SEQUENCES: Final = {"primary": "P", "secondary": "S"}
_RELATIONS: Final = {"self": "18", "spouse": "01", "child": "19"}
_AWAY: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class ReferenceBilling:
    """The `claims` tables of the reference EHR."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Any = None
        self._one_at_a_time = asyncio.Lock()

    async def log(self, sent: Sent) -> str:
        """A new claim is recorded as submitted; the EHR's own queued one is marked so. Told twice, it knows once."""
        async with self._one_at_a_time:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await asyncpg.connect(self._dsn, timeout=10, command_timeout=10)
                async with self._connection.transaction():
                    return await _log(self._connection, sent)
            except _AWAY as error:
                return f"the EHR did not take it ({type(error).__name__})"

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            await self._connection.close()


async def _log(connection: Any, sent: Sent) -> str:
    proposal = sent.proposal
    zone_name = await connection.fetchval(
        "SELECT time_zone FROM practices WHERE practice_id = $1 AND deleted_at IS NULL", proposal.practice_id
    )
    if zone_name is None:
        return "the EHR does not know the practice"
    try:
        at = sent.sent_at.astimezone(ZoneInfo(zone_name)).replace(tzinfo=None)
    except ZoneInfoNotFoundError:
        return "the EHR has no time zone for the practice"
    if proposal.kind == "queued":
        await connection.execute(
            "UPDATE claims SET claim_status = 'SUB', submitted_at = $3, updated_at = $3"
            " WHERE practice_id = $1 AND claim_id = $2 AND claim_status = 'Q' AND deleted_at IS NULL",
            proposal.practice_id,
            proposal.id,
            at,
        )
        return ""
    done = await connection.execute(_CLAIM, *_claim_row(proposal.practice_id, proposal.id, proposal.claim, at))
    if str(done).endswith(" 0"):
        return ""
    for number, line in enumerate(proposal.claim.lines, 1):
        await connection.execute(
            _LINE,
            f"{proposal.id}-{number}",
            proposal.practice_id,
            proposal.id,
            number,
            line.code,
            list(line.modifiers),
            line.units,
            None if line.amount is None else Decimal(line.amount),
            list(line.dx_pointers),
            line.date,
            line.session,
            at,
        )
    return ""


_CLAIM: Final = """INSERT INTO claims (claim_id, practice_id, client_id, appointment_id, coverage_id, payer_id,
    cob_sequence, claim_status, frequency_code, original_ref, rendering_id, rendering_npi, rendering_taxonomy,
    supervising_id, billing_npi, billing_zip, place_of_service, release_of_information, assignment_of_benefits,
    authorization_number, member_number, patient_name, patient_birth_date, patient_relation, diagnoses, total_amount,
    copay_collected, primary_claim_id, primary_adjudicated_on, primary_paid, queued_at, submitted_at, created_at,
    updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'SUB', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30, $30, $30, $30) ON CONFLICT (claim_id) DO NOTHING"""

_LINE: Final = """INSERT INTO claim_lines (claim_line_id, practice_id, claim_id, line_no, cpt_code, modifiers, units,
    line_amount, dx_pointers, service_date, appointment_id, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT (claim_line_id) DO NOTHING"""


def _claim_row(practice_id: str, claim_id: str, claim: Claim, at: datetime) -> tuple[Any, ...]:
    primary = claim.primary_adjudicated
    return (
        claim_id,
        practice_id,
        claim.client,
        claim.session,
        claim.coverage,
        claim.payer,
        _SEQUENCES.get(claim.sequence or "primary", "P"),
        claim.frequency,
        claim.original_ref,
        claim.rendering,
        claim.rendering_npi,
        claim.rendering_taxonomy,
        claim.supervising,
        claim.billing_npi,
        claim.billing_zip,
        claim.place_of_service,
        claim.release_of_information,
        str(claim.assignment_of_benefits).upper() in ("Y", "W", "TRUE"),
        claim.authorization_number,
        claim.member_id,
        claim.patient_name,
        claim.patient_dob,
        _RELATIONS.get(claim.relation or "", claim.relation),
        list(claim.diagnoses),
        None if claim.total is None else Decimal(claim.total),
        None if claim.copay_collected is None else Decimal(claim.copay_collected),
        None if primary is None else primary.claim,
        None if primary is None else primary.date,
        None if primary is None or primary.paid is None else Decimal(primary.paid),
        at,
    )

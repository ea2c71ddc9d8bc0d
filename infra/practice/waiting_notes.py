"""Which claims were billed while the note still waits at the review desk? The ledger of mistakes says so, too.
Reads the EHR database; writes `simulator.planted`, through the connection and in the transaction it is given.
Must never count a claim whose client has a signed note: that one is no mistake.
"""

from datetime import datetime
from typing import Any, Final

from infra.practice.acts import Operation

WAITS: Final = "the note waits for a signature at the review desk"
UNDOCUMENTED: Final = "the factor for the add-on code is documented in no note"

_AT_THE_DESK: Final = """
SELECT k.practice_id, k.appointment_id, k.client_id, k.claim_id FROM public.claims k
JOIN public.appointments a ON a.appointment_id = k.appointment_id
JOIN public.appointment_facilitators f ON f.appointment_id = a.appointment_id AND f.facilitator_role = 'L'
JOIN simulator.at_the_desk d ON d.clinician_id = f.clinician_id
WHERE k.claim_id = $1 AND k.frequency_code IS DISTINCT FROM 8
AND a.session_type IN ('GRP', 'MFG', 'FAM', 'CPL') AND NOT EXISTS (
    SELECT FROM public.notes n WHERE n.appointment_id = k.appointment_id AND n.client_id = k.client_id
    AND n.note_kind = 'PROG' AND n.note_status = 'SIGNED' AND n.deleted_at IS NULL)
LIMIT 1"""

_SUPERSEDED: Final = """
UPDATE simulator.planted p SET until_at = $2 FROM public.claims new, public.claims old
WHERE new.claim_id = $1 AND p.until_at IS NULL AND p.planted_id LIKE 'DESK-%' AND p.subject->>'claim' = old.claim_id
AND old.claim_id <> new.claim_id AND old.appointment_id = new.appointment_id AND old.client_id = new.client_id
AND old.payer_id = new.payer_id AND (old.claim_status = 'REJ' OR new.frequency_code IN (7, 8))"""

_PLANT: Final = """
INSERT INTO simulator.planted (planted_id, practice_id, rule, subject, planted_at, note)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"""


async def note_what_waits(connection: Any, operation: Operation, at: datetime) -> None:
    """After an act's operation was done: a claim without its note is expected to be found, one that was voided or
    sent anew no more."""
    if operation.table == "claims" and operation.op == "insert":
        await connection.execute(_SUPERSEDED, operation.key, at)
        await _plant(connection, "B39", operation.key, WAITS, at)
    elif operation.table == "claims" and operation.values.get("claim_status") == "VOID":
        await connection.execute(
            "UPDATE simulator.planted SET until_at = $2 WHERE planted_id LIKE 'DESK-%' AND until_at IS NULL"
            " AND subject->>'claim' = $1",
            operation.key,
            at,
        )
    elif operation.table == "notes" and operation.values.get("note_status") == "SIGNED":
        signed = await connection.fetchrow(
            "SELECT practice_id, appointment_id, client_id FROM public.notes WHERE note_id = $1", operation.key
        )
        if signed is not None:
            await note_is_signed(connection, signed["practice_id"], signed["appointment_id"], signed["client_id"], at)
    elif operation.table == "claim_lines" and operation.op == "insert" and operation.values.get("cpt_code") == "90785":
        await _plant(connection, "B14", str(operation.values["claim_id"]), UNDOCUMENTED, at)


async def note_is_signed(
    connection: Any, practice_id: str, session_id: str, client_id: str | None, at: datetime
) -> None:
    """The client's note came from the desk: what waited for it waits no more."""
    await connection.execute(
        "UPDATE simulator.planted SET until_at = greatest($4, planted_at) WHERE planted_id LIKE 'DESK-B39-%'"
        " AND until_at IS NULL AND practice_id = $1 AND subject->>'session' = $2 AND subject->>'client' = $3",
        practice_id,
        session_id,
        client_id,
        at,
    )


async def _plant(connection: Any, rule: str, claim_id: str, note: str, at: datetime) -> None:
    claim = await connection.fetchrow(_AT_THE_DESK, claim_id)
    if claim is None:
        return
    subject = {"session": claim["appointment_id"], "client": claim["client_id"], "claim": claim_id}
    planted_id = f"DESK-{rule}-{claim_id}"
    await connection.execute(_PLANT, planted_id, claim["practice_id"], rule, subject, at, note)

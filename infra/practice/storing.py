"""How does an act become rows of the EHR database? One transaction, which also remembers that it was done.
Reads nothing; writes through the connection it is given.
Must never do an act twice, and never write a note for a visit that somebody else has documented meanwhile.
"""

import json
from typing import Any, Final

import asyncpg

from infra.practice.acts import PRIMARY_KEYS, Act, Operation
from infra.practice.waiting_notes import note_what_waits
from infra.refusal import Refusal

_JSONB_VERSION: Final = b"\x01"


async def open_connection(dsn: str) -> Any:
    """A connection that takes Python dicts and lists for jsonb, in COPY too."""
    connection = await asyncpg.connect(dsn, timeout=10)
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: _JSONB_VERSION + json.dumps(value).encode(),
        decoder=lambda value: json.loads(value[1:]),
        format="binary",
    )
    return connection


async def do(connection: Any, act: Act, number: int) -> bool:
    """Do act `number` (counted from 0). False if it was done already: then a commit had got through unnoticed."""
    async with connection.transaction():
        moved = await connection.execute(
            "UPDATE simulator.progress SET acts_done = $1, last_act_at = $2 WHERE acts_done = $3",
            number + 1,
            act.at,
            number,
        )
        if moved != "UPDATE 1":
            done = await connection.fetchval("SELECT acts_done FROM simulator.progress")
            if done < number:
                raise Refusal("the reference EHR was put back to an earlier state; start the practice anew")
            return False
        for operation in act.operations:
            if await _left_to_the_desk(connection, operation):
                continue
            if await _documented_by_somebody_else(connection, operation):
                continue
            statement, arguments = _statement(operation)
            await connection.execute(statement, *arguments)
            await note_what_waits(connection, operation, act.at)
    return True


async def _documented_by_somebody_else(connection: Any, operation: Operation) -> bool:
    """Whether a clinician's note is due for a visit whose signed note came from elsewhere, as from the review desk."""
    values = operation.values
    if operation.table != "notes" or operation.op != "insert" or values.get("note_kind") != "PROG":
        return False
    if values.get("origin") != "H":
        return False
    found = await connection.fetchval(
        "SELECT count(*) FROM public.notes WHERE appointment_id = $1 AND client_id = $2 AND note_kind = 'PROG'"
        " AND note_status = 'SIGNED' AND deleted_at IS NULL AND note_id <> $3",
        values["appointment_id"],
        values["client_id"],
        operation.key,
    )
    return bool(found)


async def _left_to_the_desk(connection: Any, operation: Operation) -> bool:
    """Whether the note is of a group, family or couples session of a clinician who documents at the review desk: then
    nobody else writes it for them."""
    values = operation.values
    if operation.table != "notes" or operation.op != "insert" or values.get("origin") != "H":
        return False
    found = await connection.fetchval(
        "SELECT count(*) FROM public.appointments a, simulator.at_the_desk d WHERE a.appointment_id = $1"
        " AND d.clinician_id = $2 AND a.session_type IN ('GRP', 'MFG', 'FAM', 'CPL')",
        values["appointment_id"],
        values["author_id"],
    )
    return bool(found)


def _statement(operation: Operation) -> tuple[str, list[Any]]:
    # table and column names come from this package only, values always as parameters
    table = operation.table if "." in operation.table else f"public.{operation.table}"
    key = PRIMARY_KEYS[operation.table]
    columns, values = list(operation.values), list(operation.values.values())
    if operation.op == "delete":
        return f"DELETE FROM {table} WHERE {key} = $1", [operation.key]  # noqa: S608
    if operation.op == "update":
        changes = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, 2))
        return f"UPDATE {table} SET {changes} WHERE {key} = $1", [operation.key, *values]  # noqa: S608
    names = ", ".join([key, *columns])
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 2))
    return f"INSERT INTO {table} ({names}) VALUES ({places})", [operation.key, *values]  # noqa: S608

"""How far has whom come? Practices and cohorts of their clinicians in the phases of schemas/rollout.py.
Reads and writes `rollout_*` through the connection it is given; every move is audited and can be put back.
Must never change a phase without the reason and the person in the audit chain.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards.console.users import User
from dashboards.desk import audit_log
from schemas.audit import Action, AuditEvent
from schemas.rollout import DEFAULT_PHASE, Phase, Product, may_generate, phase_of

EVERYBODY = ""
"""The cohort that is the practice itself."""


class RolloutError(ValueError):
    """Nothing was moved; the message says why."""


@dataclass(frozen=True)
class Cohort:
    """A cohort, its phase and who is in it."""

    name: str
    phase: Phase
    members: tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """Something that was moved. `undone`: it was put back since."""

    move_id: int
    what: str
    cohort: str
    clinician_id: str | None
    before: str | None
    after: str | None
    user_name: str
    reason: str
    at: datetime
    undone: bool


async def phase_for(connection: Any, practice_id: str, clinician_id: str | None) -> Phase:
    """The phase in which a clinician of a practice is."""
    row = await connection.fetchrow(
        "SELECT (SELECT phase FROM rollout_cohort WHERE practice_id = $1 AND cohort = '') AS practice,"
        " (SELECT c.phase FROM rollout_member m JOIN rollout_cohort c USING (practice_id, cohort)"
        " WHERE m.practice_id = $1 AND m.clinician_id = $2) AS cohort",
        practice_id,
        clinician_id or "",
    )
    return phase_of(_phase(row["practice"]), _phase(row["cohort"]))


async def allowed(connection: Any, practice_id: str, clinician_id: str | None, product: Product) -> bool:
    """Whether this may be generated for the sessions of a clinician: the gate before anything is."""
    return may_generate(product, await phase_for(connection, practice_id, clinician_id))


def _phase(number: int | None) -> Phase | None:
    return None if number is None else Phase(number)


async def cohorts(connection: Any, practice_id: str) -> list[Cohort]:
    """The practice itself first, then its cohorts by name."""
    rows = await connection.fetch(
        "SELECT c.cohort, c.phase, coalesce(array_agg(m.clinician_id ORDER BY m.clinician_id)"
        " FILTER (WHERE m.clinician_id IS NOT NULL), '{}') AS members FROM rollout_cohort c"
        " LEFT JOIN rollout_member m USING (practice_id, cohort) WHERE c.practice_id = $1 GROUP BY 1, 2 ORDER BY 1",
        practice_id,
    )
    found = [Cohort(row["cohort"], Phase(row["phase"]), tuple(row["members"])) for row in rows]
    if not found or found[0].name != EVERYBODY:
        found.insert(0, Cohort(EVERYBODY, DEFAULT_PHASE, ()))
    return found


async def moves(connection: Any, practice_id: str, limit: int = 50) -> list[Move]:
    """What was moved, newest first."""
    rows = await connection.fetch(
        "SELECT * FROM rollout_move WHERE practice_id = $1 ORDER BY move_id DESC LIMIT $2", practice_id, limit
    )
    return [
        Move(
            row["move_id"],
            row["what"],
            row["cohort"],
            row["clinician_id"],
            row["before"],
            row["after"],
            row["user_name"],
            row["reason"],
            row["at"],
            row["undone_by"] is not None,
        )
        for row in rows
    ]


async def set_phase(
    connection: Any, user: User, practice_id: str, cohort: str, phase: Phase, reason: str, at: datetime
) -> int | None:
    """Move a cohort (made if new) to a phase; the move's id, or None when it is there already."""
    _need(reason)
    before: int | None = await connection.fetchval(
        "SELECT phase FROM rollout_cohort WHERE practice_id = $1 AND cohort = $2 FOR UPDATE", practice_id, cohort
    )
    if before == phase.value:
        return None
    await connection.execute(
        "INSERT INTO rollout_cohort (practice_id, cohort, phase) VALUES ($1, $2, $3) ON CONFLICT (practice_id, cohort)"
        " DO UPDATE SET phase = excluded.phase, version = rollout_cohort.version + 1",
        practice_id,
        cohort,
        phase.value,
    )
    was = None if before is None else str(before)
    return await _moved(connection, user, practice_id, "phase", cohort, None, was, str(phase.value), reason, at)


async def set_member(
    connection: Any, user: User, practice_id: str, clinician_id: str, cohort: str | None, reason: str, at: datetime
) -> int | None:
    """Put a clinician into a cohort, or (None) back among everybody; the move's id, or None when they are there."""
    _need(reason)
    before: str | None = await connection.fetchval(
        "SELECT cohort FROM rollout_member WHERE practice_id = $1 AND clinician_id = $2 FOR UPDATE",
        practice_id,
        clinician_id,
    )
    if before == cohort:
        return None
    if cohort is None:
        await connection.execute(
            "DELETE FROM rollout_member WHERE practice_id = $1 AND clinician_id = $2", practice_id, clinician_id
        )
    else:
        known = await connection.fetchval(
            "SELECT count(*) FROM rollout_cohort WHERE practice_id = $1 AND cohort = $2 AND cohort <> ''",
            practice_id,
            cohort,
        )
        if not known:
            raise RolloutError("There is no such cohort.")
        await connection.execute(
            "INSERT INTO rollout_member (practice_id, clinician_id, cohort) VALUES ($1, $2, $3)"
            " ON CONFLICT (practice_id, clinician_id) DO UPDATE SET cohort = excluded.cohort",
            practice_id,
            clinician_id,
            cohort,
        )
    where = cohort if cohort is not None else before or ""
    return await _moved(connection, user, practice_id, "member", where, clinician_id, before, cohort, reason, at)


async def put_back(connection: Any, user: User, practice_id: str, move_id: int, reason: str, at: datetime) -> None:
    """Undo a move, if nothing has moved the same thing since. Raises RolloutError."""
    row = await connection.fetchrow(
        "SELECT * FROM rollout_move WHERE practice_id = $1 AND move_id = $2 FOR UPDATE", practice_id, move_id
    )
    if row is None or row["undone_by"] is not None:
        raise RolloutError("This move is not there, or was put back already.")
    later = await connection.fetchval(
        "SELECT count(*) FROM rollout_move WHERE practice_id = $1 AND move_id > $2 AND what = $3"
        " AND cohort IS NOT DISTINCT FROM (CASE WHEN $3 = 'phase' THEN $4 ELSE cohort END)"
        " AND clinician_id IS NOT DISTINCT FROM $5",
        practice_id,
        move_id,
        row["what"],
        row["cohort"],
        row["clinician_id"],
    )
    if later:
        raise RolloutError("It was moved again since; put the later move back first.")
    if row["what"] == "phase":
        phase = DEFAULT_PHASE if row["before"] is None else Phase(int(row["before"]))
        undone_by = await set_phase(connection, user, practice_id, row["cohort"], phase, reason, at)
    else:
        undone_by = await set_member(connection, user, practice_id, row["clinician_id"], row["before"], reason, at)
    await connection.execute(
        "UPDATE rollout_move SET undone_by = coalesce($3::bigint, move_id) WHERE practice_id = $1 AND move_id = $2",
        practice_id,
        move_id,
        undone_by,
    )


def _need(reason: str) -> None:
    if not reason.strip():
        raise RolloutError("Say why, in a few words.")


async def _moved(
    connection: Any,
    user: User,
    practice_id: str,
    what: str,
    cohort: str,
    clinician_id: str | None,
    before: str | None,
    after: str | None,
    reason: str,
    at: datetime,
) -> int:
    move_id: int = await connection.fetchval(
        "INSERT INTO rollout_move (practice_id, what, cohort, clinician_id, before, after, user_name, reason, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING move_id",
        practice_id,
        what,
        cohort,
        clinician_id,
        before,
        after,
        user.name,
        reason.strip(),
        at,
    )
    details = {"cohort": cohort, "clinician": clinician_id or "", "before": before or "", "after": after or ""}
    await audit_log.record(
        connection,
        AuditEvent(
            chain=practice_id,
            at=at,
            user_name=user.name,
            role=user.role.value,
            action=Action.ROLLOUT_MOVED,
            object_kind="rollout",
            object_id=f"{what} {move_id}",
            reason=reason.strip(),
            details={name: value for name, value in details.items() if value},
        ),
    )
    return move_id

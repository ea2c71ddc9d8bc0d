"""As which clinician of a practice's EHR does a sign-in work? What somebody signs is signed as that clinician.
Reads and writes `staff`, reads the desk's chart, through the connection it is given.
Must never link two clinicians of one practice to one sign-in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_CLINICIANS = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    """A sign-in is this clinician, in this practice."""

    practice_id: str
    user_name: str
    clinician_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A clinician to choose."""

    clinician_id: str
    name: str


async def links(connection: Any, scope: Iterable[str] | None) -> list[Link]:
    """Every link in these practices (None: in all)."""
    rows = await connection.fetch(
        "SELECT practice_id, user_name, clinician_id FROM staff"
        " WHERE $1::text[] IS NULL OR practice_id = ANY($1) ORDER BY 2, 1",
        None if scope is None else sorted(scope),
    )
    return [Link(*row) for row in rows]


async def clinicians(connection: Any, practice_id: str) -> list[Listed]:
    """The clinicians of a practice, by name."""
    rows = await connection.fetch(
        "SELECT id, data ->> 'name' AS name FROM chart_record WHERE practice_id = $1 AND entity = 'clinician'"
        " AND part = '' AND NOT deleted ORDER BY 2, 1 LIMIT $2",
        practice_id,
        MOST_CLINICIANS,
    )
    return [Listed(row["id"], row["name"] or "") for row in rows]


async def practices(connection: Any) -> list[str]:
    """The practices the desk knows of."""
    rows = await connection.fetch("SELECT id FROM chart_record WHERE entity = 'practice' ORDER BY 1")
    return [row["id"] for row in rows]


async def link(connection: Any, practice_id: str, user_name: str, clinician_id: str | None) -> None:
    """From now on the sign-in is that clinician there; None: nobody."""
    if clinician_id is None:
        await connection.execute("DELETE FROM staff WHERE practice_id = $1 AND user_name = $2", practice_id, user_name)
        return
    await connection.execute(
        "INSERT INTO staff (practice_id, user_name, clinician_id) VALUES ($1, $2, $3)"
        " ON CONFLICT (practice_id, user_name) DO UPDATE SET clinician_id = excluded.clinician_id",
        practice_id,
        user_name,
        clinician_id,
    )

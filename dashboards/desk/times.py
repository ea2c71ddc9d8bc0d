"""How long does documenting with drafts take? Active minutes per signed draft, never of a single person.
Reads `review_time` and signed drafts through the connection it is given.
Must never answer for fewer than FEWEST drafts: a figure about one draft is a figure about one clinician.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

FEWEST: Final = 5


@dataclass(frozen=True)
class Time:
    """One practice and kind of session. Minutes are None where too few drafts were signed."""

    practice_id: str
    kind: str
    drafts: int
    median_minutes: float | None
    ninth_decile_minutes: float | None


async def times(connection: Any, scope: Iterable[str] | None) -> list[Time]:
    """All visits of all people on a draft count together."""
    rows = await connection.fetch(
        "SELECT d.practice_id, d.kind, count(*) AS drafts,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY t.active_ms) / 60000.0 AS median,"
        " percentile_cont(0.9) WITHIN GROUP (ORDER BY t.active_ms) / 60000.0 AS ninth"
        " FROM draft d"
        " JOIN (SELECT practice_id, draft_id, sum(active_ms) AS active_ms FROM review_time GROUP BY 1, 2) t"
        " USING (practice_id, draft_id) WHERE d.state = 'signed' AND ($1::text[] IS NULL OR d.practice_id = ANY($1))"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        None if scope is None else sorted(scope),
    )
    return [
        Time(
            row["practice_id"],
            row["kind"],
            row["drafts"],
            float(row["median"]) if row["drafts"] >= FEWEST else None,
            float(row["ninth"]) if row["drafts"] >= FEWEST else None,
        )
        for row in rows
    ]

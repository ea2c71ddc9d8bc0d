"""How is a draft under review kept? Rows of `draft` and `section` ⇄ the pure records of `review`.
Reads and writes through the connection it is given, always inside the caller's transaction.
Must never overwrite a version somebody else has written: rows are locked before they are changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dashboards.desk.review import Line, Review, SectionState
from schemas.draft import SessionDraft

QUEUE_STATES: Final = ("open", "awaiting_cosign", "blocked")
PAGE_SIZE: Final = 50


@dataclass(frozen=True)
class Queued:
    """One line of the queue: no clinical text."""

    practice_id: str
    draft_id: str
    session_id: str
    kind: str
    clinician_id: str | None
    client_ids: tuple[str, ...]
    state: str
    template: str
    attention: int
    created_at: datetime
    session_at: datetime | None
    decided: int
    sections: int
    newer: bool
    writes_stuck: int
    blocked: tuple[str, ...]


_FIND: Final = "SELECT * FROM draft WHERE practice_id = $1 AND draft_id = $2"
_FIND_LOCKED: Final = f"{_FIND} FOR UPDATE"


async def find(connection: Any, practice_id: str, draft_id: str, *, lock: bool = False) -> Review | None:
    """The draft as it stands; `lock` keeps everybody else from changing it until the transaction ends."""
    row = await connection.fetchrow(
        _FIND_LOCKED if lock else _FIND,
        practice_id,
        draft_id,
    )
    if row is None:
        return None
    sections = await connection.fetch(
        "SELECT * FROM section WHERE practice_id = $1 AND draft_id = $2 ORDER BY position", practice_id, draft_id
    )
    return Review(
        practice_id=row["practice_id"],
        draft_id=row["draft_id"],
        session_id=row["session_id"],
        kind=row["kind"],
        unit_id=row["unit_id"],
        clinician_id=row["clinician_id"],
        client_ids=tuple(row["client_ids"]),
        state=row["state"],
        template=row["template"],
        source_version=row["source_version"],
        sections=tuple(_section(one) for one in sections),
        version=row["version"],
        touched=row["touched"],
        newer_version=row["newer_version"],
        returned_reason=row["returned_reason"],
    )


def _section(row: Any) -> SectionState:
    return SectionState(
        key=row["key"],
        position=row["position"],
        client_id=row["client_id"],
        title=row["title"],
        original=tuple(Line.from_json(line) for line in row["original"]),
        lines=tuple(Line.from_json(line) for line in row["lines"]),
        version=row["version"],
        decision=row["decision"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        reason=row["reason"],
        addendum=row["addendum"],
    )


async def source_of(connection: Any, practice_id: str, draft_id: str) -> SessionDraft | None:
    """The draft as it was delivered, evidence and all."""
    content = await connection.fetchval(
        "SELECT content FROM draft WHERE practice_id = $1 AND draft_id = $2", practice_id, draft_id
    )
    return None if content is None else SessionDraft.model_validate(content)


async def put(connection: Any, review: Review, source: SessionDraft, at: datetime) -> None:
    """A draft that arrived: all of it anew. The old sections, which nobody has touched, go."""
    content = source.model_dump(mode="json", by_alias=True)
    await connection.execute(
        "INSERT INTO draft (practice_id, draft_id, session_id, kind, unit_id, clinician_id, client_ids, state,"
        " template, source_version, content, attention, created_at, received_at, session_at, version, touched)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
        " ON CONFLICT (practice_id, draft_id) DO UPDATE SET session_id = excluded.session_id, kind = excluded.kind,"
        " unit_id = excluded.unit_id, clinician_id = excluded.clinician_id, client_ids = excluded.client_ids,"
        " state = excluded.state, template = excluded.template, source_version = excluded.source_version,"
        " content = excluded.content, attention = excluded.attention, created_at = excluded.created_at,"
        " session_at = excluded.session_at, version = excluded.version, newer_version = NULL, newer = NULL",
        review.practice_id,
        review.draft_id,
        review.session_id,
        review.kind,
        review.unit_id,
        review.clinician_id,
        list(review.client_ids),
        review.state,
        review.template,
        review.source_version,
        content,
        review.attention,
        source.created_at,
        at,
        source.requested_at or source.created_at,
        review.version,
        review.touched,
    )
    for table in ("section_version", "section"):
        await connection.execute(
            f"DELETE FROM {table} WHERE practice_id = $1 AND draft_id = $2",  # noqa: S608 - two names of our own
            review.practice_id,
            review.draft_id,
        )
    await connection.executemany(
        "INSERT INTO section (practice_id, draft_id, key, position, client_id, title, original, lines)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        [
            (review.practice_id, review.draft_id, one.key, one.position, one.client_id, one.title, _json(one.lines))
            for one in review.sections
        ],
    )
    await connection.executemany(
        "INSERT INTO section_version (practice_id, draft_id, key, version, lines, user_name, at)"
        " VALUES ($1, $2, $3, 1, $4, '', $5)",
        [(review.practice_id, review.draft_id, one.key, _json(one.lines), at) for one in review.sections],
    )


async def keep_newer(connection: Any, review: Review, source: SessionDraft) -> None:
    """A newer draft waits beside the one that is being worked on."""
    await connection.execute(
        "UPDATE draft SET newer_version = $3, newer = $4, version = $5 WHERE practice_id = $1 AND draft_id = $2",
        review.practice_id,
        review.draft_id,
        source.version,
        source.model_dump(mode="json", by_alias=True),
        review.version,
    )


async def newer_of(connection: Any, practice_id: str, draft_id: str) -> SessionDraft | None:
    """The newer draft that waits, if one does."""
    content = await connection.fetchval(
        "SELECT newer FROM draft WHERE practice_id = $1 AND draft_id = $2", practice_id, draft_id
    )
    return None if content is None else SessionDraft.model_validate(content)


async def save(connection: Any, review: Review) -> None:
    """State, template and versions of the whole."""
    await connection.execute(
        "UPDATE draft SET state = $3, template = $4, version = $5, touched = $6, attention = $7, returned_reason = $8"
        " WHERE practice_id = $1 AND draft_id = $2",
        review.practice_id,
        review.draft_id,
        review.state,
        review.template,
        review.version,
        review.touched,
        review.attention,
        review.returned_reason,
    )


async def save_section(connection: Any, review: Review, section: SectionState, user_name: str, at: datetime) -> None:
    """One section as it stands now, and its version in the history."""
    await connection.execute(
        "UPDATE section SET lines = $4, version = $5, decision = $6, decided_by = $7, decided_at = $8, reason = $9,"
        " addendum = $10 WHERE practice_id = $1 AND draft_id = $2 AND key = $3",
        review.practice_id,
        review.draft_id,
        section.key,
        _json(section.lines),
        section.version,
        section.decision,
        section.decided_by,
        section.decided_at,
        section.reason,
        section.addendum,
    )
    await connection.execute(
        "INSERT INTO section_version (practice_id, draft_id, key, version, lines, user_name, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        review.practice_id,
        review.draft_id,
        section.key,
        section.version,
        _json(section.lines),
        user_name,
        at,
    )
    await save(connection, review)


async def versions(connection: Any, practice_id: str, draft_id: str, key: str) -> list[Any]:
    """Every version of a section, newest first: `version`, `lines`, `user_name`, `at`."""
    rows: list[Any] = await connection.fetch(
        "SELECT version, lines, user_name, at FROM section_version WHERE practice_id = $1 AND draft_id = $2"
        " AND key = $3 ORDER BY version DESC LIMIT 200",
        practice_id,
        draft_id,
        key,
    )
    return rows


_DOCUMENTED: Final = """
UPDATE draft d SET documented = now_documented FROM (
    SELECT d.practice_id, d.draft_id, CASE WHEN d.kind IN ('group', 'multi_family') THEN
        NOT EXISTS (SELECT 1 FROM section s WHERE s.practice_id = d.practice_id AND s.draft_id = d.draft_id
            AND s.client_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM chart_record n
                WHERE n.practice_id = d.practice_id AND n.session_id = d.session_id AND n.entity = 'note'
                AND NOT n.deleted AND n.client_id = s.client_id AND n.data ->> 'status' = 'signed'))
        ELSE EXISTS (SELECT 1 FROM chart_record n WHERE n.practice_id = d.practice_id AND n.session_id = d.session_id
            AND n.entity = 'note' AND NOT n.deleted AND n.client_id IS NOT NULL AND n.data ->> 'status' = 'signed')
        END AS now_documented
    FROM draft d JOIN unnest($1::text[], $2::text[]) AS t (practice_id, session_id) USING (practice_id, session_id)
    WHERE d.state = 'open') found
WHERE d.practice_id = found.practice_id AND d.draft_id = found.draft_id AND d.documented <> now_documented"""


async def mark_documented(connection: Any, sessions: Iterable[tuple[str, str]]) -> None:
    """Look again whether the sessions' notes are signed in the EHR: a group's when everybody's is, a family's or
    couple's when one is (only the identified patient has one)."""
    pairs = sorted(set(sessions))
    if pairs:
        await connection.execute(_DOCUMENTED, [one for one, _ in pairs], [other for _, other in pairs])


_SCOPE: Final = "($1::text[] IS NULL OR d.practice_id = ANY($1))"
_MINE: Final = """($2::boolean IS NOT TRUE OR EXISTS (SELECT 1 FROM staff s WHERE s.user_name = $3
    AND s.practice_id = d.practice_id AND (s.clinician_id = d.clinician_id
    OR d.state = 'awaiting_cosign' AND EXISTS (SELECT 1 FROM chart_record c WHERE c.practice_id = d.practice_id
        AND c.entity = 'clinician' AND c.id = d.clinician_id AND c.part = '' AND NOT c.deleted
        AND c.data ->> 'supervisor' = s.clinician_id))))"""


async def queue(
    connection: Any,
    scope: Iterable[str] | None,
    user_name: str,
    *,
    mine: bool,
    states: Iterable[str] = QUEUE_STATES,
    page: int = 1,
) -> tuple[list[Queued], int]:
    """What waits for review, oldest session first, and how many there are. `mine`: of this person's own sessions, and
    what waits for their co-signature."""
    arguments = (None if scope is None else sorted(scope), mine, user_name, list(states))
    where = f"{_SCOPE} AND {_MINE} AND d.state = ANY($4) AND (d.touched OR NOT d.documented)"
    rows = await connection.fetch(
        f"""SELECT d.*, d.content #> '{{draft,blocked}}' AS blocked,
            (SELECT count(*) FROM section s WHERE s.practice_id = d.practice_id AND s.draft_id = d.draft_id)
                AS sections,
            (SELECT count(*) FROM section s WHERE s.practice_id = d.practice_id AND s.draft_id = d.draft_id
                AND s.decision <> 'open') AS decided,
            (SELECT count(*) FROM note_outbox o WHERE o.practice_id = d.practice_id AND o.draft_id = d.draft_id
                AND o.state IN ('stuck', 'refused')) AS writes_stuck
        FROM draft d WHERE {where}
        ORDER BY d.session_at NULLS LAST, d.created_at, d.draft_id LIMIT $5 OFFSET $6""",  # noqa: S608
        *arguments,
        PAGE_SIZE,
        (page - 1) * PAGE_SIZE,
    )
    total = await connection.fetchval(f"SELECT count(*) FROM draft d WHERE {where}", *arguments)  # noqa: S608
    return [_queued(row) for row in rows], total


def _queued(row: Any) -> Queued:
    return Queued(
        practice_id=row["practice_id"],
        draft_id=row["draft_id"],
        session_id=row["session_id"],
        kind=row["kind"],
        clinician_id=row["clinician_id"],
        client_ids=tuple(row["client_ids"]),
        state=row["state"],
        template=row["template"],
        attention=row["attention"],
        created_at=row["created_at"],
        session_at=row["session_at"],
        decided=row["decided"],
        sections=row["sections"],
        newer=row["newer_version"] is not None,
        writes_stuck=row["writes_stuck"],
        blocked=tuple(row["blocked"] or ()),
    )


def _json(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [line.as_json() for line in lines]

"""What can people do at the desk? Each method is one transaction: rights and state checked, change, outbox and audit.
Reads and writes the desk's database; every view of clinical text leaves an audit entry.
Must never let a path of another practice look different from one that does not exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboards.console.users import User
from dashboards.desk import audit_log, charts, drafts, notifications, outbox, review, signing
from dashboards.desk.chart_facts import ClinicianFacts, SessionFacts
from dashboards.desk.drafts import Queued
from dashboards.desk.notifications import Notification
from dashboards.desk.review import Decision, Line, Person, Refusal, Review, SectionState, Why
from dashboards.desk.signing import Problem
from dashboards.desk.transactions import DeskDatabase
from schemas.audit import Action, AuditEntry, AuditEvent
from schemas.draft import SessionDraft
from schemas.note_templates import TEMPLATES

MAX_REASON = 500
SEEN_FOR = timedelta(hours=12)
"""A page that looks again and again while it is open is one view, as long as an idle session lives."""


class NotHereError(Exception):
    """There is no such draft among what this person may see."""


class RefusedError(Exception):
    """Nothing was done. `current`: how the draft stands now, for a conflict."""

    def __init__(self, why: Why, current: Review | None = None, problems: Sequence[Problem] = ()) -> None:
        super().__init__(why.value)
        self.why = why
        self.current = current
        self.problems = tuple(problems)


class CannotSignError(RefusedError):
    """Something blocks the signature, or a warning was not acknowledged: see `problems`."""

    def __init__(self, current: Review, problems: Sequence[Problem]) -> None:
        super().__init__(Why.NOT_OPEN, current, problems)


@dataclass(frozen=True)
class Opened:
    """Everything the review page shows."""

    review: Review
    source: SessionDraft
    facts: SessionFacts
    signer: ClinicianFacts | None
    problems: tuple[Problem, ...]
    writes: tuple[Any, ...]
    signatures: tuple[Any, ...]
    trail: tuple[AuditEntry, ...]

    @property
    def needs_cosign(self) -> bool:
        """Whether a signature of this person waits for a supervisor's."""
        return self.signer is not None and self.signer.supervised


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass
class Desk:
    """The desk of all practices. `practice_now`: the practices' clock, which is what stands under a note."""

    database: DeskDatabase
    practice_now: Callable[[], datetime] = _wall
    wall: Callable[[], datetime] = _wall

    # --- looking ------------------------------------------------------------------------------------

    async def queue(self, user: User, *, mine: bool, page: int = 1) -> tuple[list[Queued], int]:
        """What waits for review in this person's practices."""
        async with self.database.transaction() as connection:
            return await drafts.queue(connection, user.scope, user.name, mine=mine, page=page)

    async def open(
        self, user: User, practice_id: str, draft_id: str, *, viewed: bool = True, again: bool = False
    ) -> Opened:
        """One draft with its evidence, the clients' charts and what stands in the way of a signature. The view is
        recorded; `again`: unless this person had it before them already while a session lasts."""
        async with self.database.transaction() as connection:
            found = await self.found(connection, user, practice_id, draft_id)
            source = await drafts.source_of(connection, practice_id, draft_id)
            assert source is not None
            facts, signer = await self.facts(connection, user, found)
            if viewed and not (again and await self._has_seen(connection, user, found)):
                text = "" if signer is None or signer.clinician_id == found.clinician_id else "session of another"
                await self.record(connection, user, found, Action.TEXT_VIEWED, reason=text)
            signatures = await connection.fetch(
                "SELECT * FROM signature WHERE practice_id = $1 AND draft_id = $2 ORDER BY round, at",
                practice_id,
                draft_id,
            )
            return Opened(
                review=found,
                source=source,
                facts=facts,
                signer=signer,
                problems=signing.problems(found, facts, signer, self.practice_now()),
                writes=tuple(await outbox.of_draft(connection, practice_id, draft_id)),
                signatures=tuple(signatures),
                trail=tuple(await audit_log.about(connection, practice_id, "draft", [draft_id], 100)),
            )

    async def _has_seen(self, connection: Any, user: User, found: Review) -> bool:
        return bool(
            await connection.fetchval(
                "SELECT EXISTS (SELECT 1 FROM audit_entry WHERE chain = $1 AND object_kind = 'draft' AND object_id = $2"
                " AND action = $3 AND user_name = $4 AND at > $5)",
                found.practice_id,
                found.draft_id,
                Action.TEXT_VIEWED.value,
                user.name,
                self.wall() - SEEN_FOR,
            )
        )

    async def versions(self, user: User, practice_id: str, draft_id: str, key: str) -> list[Any]:
        """What a section said before, newest first."""
        async with self.database.transaction() as connection:
            await self.found(connection, user, practice_id, draft_id)
            return await drafts.versions(connection, practice_id, draft_id, key)

    async def notifications(self, user: User, *, seen: bool = False) -> list[Notification]:
        """What this person was told; `seen` marks all of it."""
        async with self.database.transaction() as connection:
            if seen:
                await notifications.mark_seen(connection, user.scope, user.name)
            return await notifications.newest(connection, user.scope, user.name)

    # --- reviewing ----------------------------------------------------------------------------------

    async def edit(
        self, user: User, practice_id: str, draft_id: str, key: str, base_version: int, lines: Sequence[Line]
    ) -> Review:
        """A section's text as somebody typed it. Raises RefusedError (a conflict carries how it stands now)."""
        async with self.database.transaction() as connection:
            before = await self.found(connection, user, practice_id, draft_id, lock=True)
            after = review.edited(before, person_of(user), key, base_version, lines)
            return await self._section(connection, user, before, after, Action.SECTION_EDITED)

    async def restore(
        self, user: User, practice_id: str, draft_id: str, key: str, base_version: int, version: int
    ) -> Review:
        """A section's text as it was in an earlier version."""
        async with self.database.transaction() as connection:
            before = await self.found(connection, user, practice_id, draft_id, lock=True)
            known = await drafts.versions(connection, practice_id, draft_id, key)
            row = next((one for one in known if one["version"] == version), None)
            if row is None:
                raise RefusedError(Why.NOTHING_TO_UNDO, before)
            lines = [Line.from_json(line) for line in row["lines"]]
            after = review.edited(before, person_of(user), key, base_version, lines)
            return await self._section(connection, user, before, after, Action.SECTION_EDITED, "restored")

    async def decide(
        self,
        user: User,
        practice_id: str,
        draft_id: str,
        key: str,
        base_version: int,
        decision: Decision,
        reason: str = "",
        addendum: bool | None = None,
    ) -> Review:
        """Approve, reject or reopen a section; for a client whose note is signed already: send it as an addendum."""
        actions = {"approved": Action.SECTION_APPROVED, "rejected": Action.SECTION_REJECTED}
        async with self.database.transaction() as connection:
            before = await self.found(connection, user, practice_id, draft_id, lock=True)
            current, version = before, base_version
            if addendum is not None:
                marked = review.as_addendum(before, person_of(user), key, version, addendum)
                if isinstance(marked, Refusal):
                    raise RefusedError(marked.why, before)
                current, version = marked[0], marked[1].version
            after = review.decided(
                current, person_of(user), key, version, decision, self.practice_now(), reason[:MAX_REASON]
            )
            action = actions.get(decision, Action.SECTION_REOPENED)
            return await self._section(connection, user, before, after, action, reason[:MAX_REASON])

    async def switch_template(
        self, user: User, practice_id: str, draft_id: str, base_version: int, template: str
    ) -> Review:
        """The same sentences under another template's headings."""
        async with self.database.transaction() as connection:
            before = await self.found(connection, user, practice_id, draft_id, lock=True)
            after = or_refuse(
                review.with_template(before, person_of(user), template, base_version, list(TEMPLATES)), before
            )
            if after is not before:
                await drafts.save(connection, after)
                await self.record(
                    connection, user, after, Action.TEMPLATE_CHANGED, before.sha256, details={"template": template}
                )
            return after

    async def beat(self, user: User, practice_id: str, draft_id: str, visit_id: str, active_ms: int) -> None:
        """So much active time has this visit of the page had so far. It never shrinks, and never grows faster than the
        clock: what a browser claims beyond that is cut."""
        now = self.wall()
        async with self.database.transaction() as connection:
            await self.found(connection, user, practice_id, draft_id)
            await connection.execute(
                "INSERT INTO review_time (practice_id, draft_id, user_name, visit_id, active_ms, started_at, last_at)"
                " VALUES ($1, $2, $3, $4, least($5::bigint, 60000), $6, $6)"
                " ON CONFLICT (practice_id, draft_id, user_name, visit_id) DO UPDATE SET last_at = $6, active_ms ="
                " greatest(review_time.active_ms, least($5::bigint, review_time.active_ms + 5000 +"
                " (extract(epoch FROM $6::timestamptz - review_time.last_at) * 1000)::bigint))",
                practice_id,
                draft_id,
                user.name,
                visit_id,
                active_ms,
                now,
            )

    # --- what they share ----------------------------------------------------------------------------

    async def found(
        self, connection: Any, user: User, practice_id: str, draft_id: str, *, lock: bool = False
    ) -> Review:
        """The draft, if it is one of this person's practices. Raises NotHereError."""
        if not user.works_for(practice_id):
            raise NotHereError
        found = await drafts.find(connection, practice_id, draft_id, lock=lock)
        if found is None:
            raise NotHereError
        return found

    async def facts(
        self, connection: Any, user: User, found: Review, *others: str | None
    ) -> tuple[SessionFacts, ClinicianFacts | None]:
        """What the EHR says about the session and its people, and as which of its clinicians this person works."""
        own = await charts.working_as(connection, found.practice_id, user.name)
        facts = await charts.session_facts(
            connection,
            found.practice_id,
            found.session_id,
            found.client_ids,
            [own, found.clinician_id, *others],
        )
        return facts, facts.clinician(own)

    async def _section(
        self,
        connection: Any,
        user: User,
        before: Review,
        after: tuple[Review, SectionState] | Refusal,
        action: Action,
        reason: str = "",
    ) -> Review:
        if isinstance(after, Refusal):
            raise RefusedError(after.why, before)
        now, section = after
        old = before.section(section.key)
        assert old is not None
        if section != old:
            await drafts.save_section(connection, now, section, user.name, self.wall())
            await self.record(
                connection,
                user,
                now,
                action,
                old.sha256,
                reason=reason,
                details={"section": section.key, "version": str(section.version)},
                after=section.sha256,
            )
        return now

    async def record(
        self,
        connection: Any,
        user: User,
        found: Review,
        action: Action,
        before: str | None = None,
        *,
        reason: str = "",
        details: dict[str, str] | None = None,
        after: str | None = None,
    ) -> None:
        """An audit entry about a draft, in the transaction of what it is about."""
        await audit_log.record(
            connection,
            AuditEvent(
                chain=found.practice_id,
                at=self.wall(),
                user_name=user.name,
                role=user.role.value,
                action=action,
                object_kind="draft",
                object_id=found.draft_id,
                reason=reason,
                before_sha256=before,
                after_sha256=after or found.sha256,
                details={"session": found.session_id, **(details or {})},
            ),
        )


def person_of(user: User) -> Person:
    return Person(user.name, user.role)


def or_refuse(after: Review | Refusal, before: Review) -> Review:
    if isinstance(after, Refusal):
        raise RefusedError(after.why, before)
    return after

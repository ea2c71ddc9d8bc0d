"""Which forms are wanted, where do they stand, and what is needed to print one: from a file or from a running platform.
Reads a file of changes, or ClickHouse and the desk database; writes marks (desk database or a tracking file).
Must never send anything to anybody.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import asyncpg
import orjson

from infra.asking import Ask
from infra.compliance import latest_rows, practice_at
from infra.refusal import Refusal
from schemas.care import Client, Couple, Family, Group
from schemas.consent_form import FormRequest, SignatureLine
from streams.compliance.from_changes import ledger_at
from streams.compliance.records import ConsentRow, NeedRow, PracticeRow
from streams.consents.tracking import Mark, MarkWord, Tracked, track
from streams.policy import policy_of
from streams.replay import ChangesFile

NOTICE_DAYS: Final = (30, 14, 7, 0)
T = TypeVar("T")


@dataclass(frozen=True)
class Names:
    """Who people and units are, where the source says so: a file, or the desk's chart. The analytics store has none."""

    people: dict[str, str] = field(default_factory=dict, repr=False)
    units: dict[str, str] = field(default_factory=dict, repr=False)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Register:
    """Every form of a practice and where it stands at `now`."""

    practice: PracticeRow
    forms: tuple[Tracked, ...]
    now: datetime
    names: Names

    def request(self, tracked: Tracked) -> FormRequest:
        """What is needed to print one of them."""
        need, names = tracked.need, self.names
        unit = need.unit_id or ""
        return FormRequest(
            need_id=need.need_id,
            kind=need.kind,
            language=need.language,
            practice_name=self.practice.name or self.practice.practice_id,
            practice_id=self.practice.practice_id,
            state=self.practice.state,
            client_id=need.client_id,
            client_name=names.people.get(need.client_id),
            unit_id=need.unit_id,
            unit_name=names.units.get(unit),
            cycle=need.cycle,
            version=need.form_version,
            needed_from=need.needed_from,
            timezone=self.practice.timezone or "UTC",
            members=tuple(names.people.get(one, one) for one in names.members.get(unit, ())),
            signers=tuple(
                SignatureLine(person, role, names.people.get(person))
                for person, role in zip(need.signer_ids, need.signer_roles, strict=True)
            ),
        )


class Marks(Protocol):
    """Where marks are kept."""

    def read(self, practice_id: str) -> list[Mark]:
        """Every mark ever made. Raises Refusal."""

    def write(self, practice_id: str, marks: Sequence[Mark]) -> None:
        """Keep these, too. Raises Refusal."""


def register_of_file(file: ChangesFile, marks: Marks, now: datetime) -> Register:
    """The register as the file says at that moment. Raises NotAChangesFile."""
    ledger = ledger_at(file, now)
    own = () if file.policy is None else (file.policy,)
    notice = policy_of(*own).on(now.date()).consent_expiry_notice_days
    found = track(ledger.needs, ledger.consents, marks.read(ledger.practice.practice_id), now, notice)
    return Register(ledger.practice, tuple(found), now, _names(file, now))


def _names(file: ChangesFile, now: datetime) -> Names:
    people: dict[str, str] = {}
    units: dict[str, str] = {}
    members: dict[str, tuple[str, ...]] = {}
    for change in sorted(file.changes, key=lambda one: one.rev):
        if change.at > now or change.part is not None:
            continue
        match change.data:
            case Client(name=name) if name:
                people[change.id] = name
            case Group(name=name) if name:
                units[change.id] = name
            case Family(members=who) | Couple(members=who):
                members[change.id] = who
                units[change.id] = change.data.name or change.id
            case _:
                pass
    return Names(people, units, members)


def register_of_platform(ask: Ask, marks: "DeskMarks", practice_id: str, now: datetime) -> Register:
    """The register as the analytics store has it. Raises Refusal."""
    practice = practice_at(ask, practice_id, now)
    needs: list[NeedRow] = latest_rows(ask, "fact_consent_need", practice_id, now)
    consents: list[ConsentRow] = latest_rows(ask, "fact_consent", practice_id, now)
    found = track(needs, consents, marks.read(practice_id), now, NOTICE_DAYS)
    return Register(practice, tuple(found), now, marks.names(practice_id))


# --- marks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MarksFile:
    """Marks as JSON lines in a file, for use without a platform. None = nothing is kept."""

    path: Path | None

    def read(self, practice_id: str) -> list[Mark]:
        """See Marks."""
        if self.path is None or not self.path.exists():
            return []
        marks = []
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            try:
                raw = orjson.loads(line)
                at, word = datetime.fromisoformat(raw["at"]), MarkWord(raw["word"])
                if raw["practice"] == practice_id:
                    marks.append(
                        Mark(raw["need"], at.astimezone(UTC), word, raw["by"], raw["version"], raw["language"])
                    )
            except (ValueError, KeyError, TypeError):
                raise Refusal(
                    f"{self.path}: line {number} is not a mark; mend or remove that line", exit_code=2
                ) from None
        return marks

    def write(self, practice_id: str, marks: Sequence[Mark]) -> None:
        """See Marks."""
        if self.path is None:
            raise Refusal("name a file that keeps the marks with --tracking", exit_code=2)
        try:
            with self.path.open("ab") as file:
                for mark in marks:
                    line = {"practice": practice_id, "need": mark.need_id, "at": mark.at.isoformat(), "word": mark.word}
                    line |= {"by": mark.by, "version": mark.version, "language": mark.language}
                    file.write(orjson.dumps(line) + b"\n")
        except OSError as error:
            raise Refusal(f"{self.path} cannot be written ({error.strerror}); name another with --tracking") from None


@dataclass(frozen=True)
class DeskMarks:
    """Marks in the desk database."""

    dsn: str = field(repr=False)

    def read(self, practice_id: str) -> list[Mark]:
        """See Marks."""
        return self._run(self.fetch(practice_id))

    def write(self, practice_id: str, marks: Sequence[Mark]) -> None:
        """See Marks."""
        self._run(self.store(practice_id, marks))

    def names(self, practice_id: str) -> Names:
        """Who people and units are, as the desk's chart knows. Raises Refusal."""
        return self._run(self._names(practice_id))

    async def _names(self, practice_id: str) -> Names:
        connection = await asyncpg.connect(self.dsn, timeout=5)
        try:
            rows = await connection.fetch(
                "SELECT entity, id, data ->> 'name' AS name, data -> 'members' AS members FROM chart_record "
                "WHERE practice_id = $1 AND NOT deleted AND part = '' "
                "AND entity IN ('client', 'group', 'family', 'couple', 'clinician')",
                practice_id,
            )
        finally:
            await connection.close()
        people = {r["id"]: r["name"] for r in rows if r["entity"] in ("client", "clinician") and r["name"]}
        units = {r["id"]: r["name"] for r in rows if r["entity"] in ("group", "family", "couple") and r["name"]}
        listed = {
            r["id"]: orjson.loads(r["members"]) for r in rows if r["entity"] in ("family", "couple") and r["members"]
        }
        members = {id_: tuple(one for one in some if isinstance(one, str)) for id_, some in listed.items()}
        return Names(people, units, members)

    async def fetch(self, practice_id: str) -> list[Mark]:
        """As `read`, inside a running loop."""
        connection = await asyncpg.connect(self.dsn, timeout=5)
        try:
            rows = await connection.fetch(
                "SELECT need_id, at, word, user_name, version, language FROM consent_mark WHERE practice_id = $1",
                practice_id,
            )
        finally:
            await connection.close()
        return [
            Mark(r["need_id"], r["at"], MarkWord(r["word"]), r["user_name"], r["version"], r["language"]) for r in rows
        ]

    async def store(self, practice_id: str, marks: Sequence[Mark]) -> None:
        """As `write`, inside a running loop."""
        connection = await asyncpg.connect(self.dsn, timeout=5)
        try:
            await connection.executemany(
                "INSERT INTO consent_mark (practice_id, need_id, at, word, user_name, version, language) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                [(practice_id, m.need_id, m.at, m.word.value, m.by, m.version, m.language) for m in marks],
            )
        finally:
            await connection.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return asyncio.run(work)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise Refusal(
                f"the desk database does not answer ({type(error).__name__}); start Conjoint with: conjoint up"
            ) from None


def chosen(
    forms: Iterable[Tracked], *, needs: Sequence[str], client: str | None, unit: str | None, states: Sequence[str]
) -> list[Tracked]:
    """Those that are asked for; no choice of a kind means any."""
    return [
        one
        for one in forms
        if (not needs or one.need.need_id in needs or any(one.need.need_id.startswith(n) for n in needs if len(n) >= 8))
        and client in (None, one.need.client_id)
        and unit in (None, one.need.unit_id)
        and (not states or one.state.value in states)
    ]

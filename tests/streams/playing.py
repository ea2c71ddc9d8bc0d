"""How do tests drive a Keeper as the worker does, and what may they compare? One partition, a sink, and laws over both.

The sink is what ClickHouse does with the outputs: one row per id, the highest version wins.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas.change import Change, ChangeSet
from schemas.codec import change_of
from schemas.evidence import EVIDENCE_KEYS
from schemas.facts import FACT_KEYS
from schemas.record import Schema
from streams.book import Book, Shelves
from streams.catalogue import RULES
from streams.files import File, FileKey, FileKind, seal, unseal
from streams.homes import seal_whereabouts, unseal_whereabouts
from streams.keeper import Effects, Keeper
from streams.replay import ChangesFile, read_changes_file
from streams.rule import Rule
from tests.streams.scenario import Scenario

EXAMPLES = Path(__file__).parent.parent / "data" / "changes"
PRACTICE = "PR-1"


def example(name: str) -> ChangesFile:
    """One of the example files."""
    return read_changes_file(EXAMPLES / f"{name}.json")


def changes_of(scenario: Scenario) -> tuple[Change, ...]:
    """The scenario's changes, oldest first."""
    parsed = (change_of(change) for change in scenario.changes)
    return tuple(sorted(parsed, key=lambda change: change.at))


@dataclass
class Sink:
    """Every output ever sent, and what a reader sees of them in the end."""

    rows: dict[tuple[str, ...], dict[int, list[Schema]]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, effects: Effects) -> None:
        """Insert everything that was sent."""
        for finding in effects.findings:
            self._insert(("finding", finding.finding_id), finding.version, finding)
        for request in effects.requests:
            self._insert(("request", request.request_id), request.version, request)
        for context in effects.contexts:
            self._insert(("context", context.request_id), context.version, context)
        for fact in effects.facts:
            ids = (str(getattr(fact.row, name)) for name in (FACT_KEYS | EVIDENCE_KEYS)[fact.table])
            self._insert((fact.table, *ids), fact.row.version, fact.row)

    def _insert(self, key: tuple[str, ...], version: int, row: Schema) -> None:
        self.rows[key].setdefault(version, []).append(row)

    def last(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """What is there now: open findings, outstanding requests, rows that are not deleted; no versions or times of
        sending. Of rows with one version every one must say the same: which of them a merge keeps is chance."""
        seen = {}
        for key, versions in self.rows.items():
            said = [_standing(row) for row in versions[max(versions)]]
            assert all(row == said[0] for row in said), f"two rows of one version disagree: {said}"
            if said[0] is not None:
                seen[key] = said[0]
        return seen


def _standing(row: Schema) -> dict[str, Any] | None:
    """What a row says; None if it says that there is nothing any more (what it was then is history)."""
    said = row.model_dump(exclude={"version", "changed_at", "recorded_at"})
    gone = said.get("state") in ("resolved", "withdrawn") or said.get("deleted")
    return None if gone else said


@dataclass
class Partition:
    """The files of one partition and their keeper, with everything it has sent."""

    shelves: Shelves = field(default_factory=Shelves.in_memory)
    sink: Sink = field(default_factory=Sink)
    rules: Sequence[Rule[Any]] = RULES
    version: int = 0

    def __post_init__(self) -> None:
        self.book = Book(self.shelves)
        self.book.reindex()
        self.keeper = Keeper(self.book, self.rules)

    def apply(self, now: datetime, changes: Iterable[Change] = (), practice_id: str = PRACTICE) -> Effects:
        """One message of care.changes; without changes a tick."""
        changes = tuple(changes)
        change_set = ChangeSet(practice_id=practice_id if changes else "", now=now, changes=changes)
        return self.take(change_set)

    def take(self, change_set: ChangeSet) -> Effects:
        """One message of care.changes, its offset the next."""
        self.version += 1
        effects = self.keeper.apply(change_set, self.version)
        self.sink.take(effects)
        return effects

    def run_to(self, moment: datetime) -> None:
        """Tick until nothing is due at `moment`."""
        while (due := self.book.next_due()) is not None and due <= moment:
            self.apply(max(due, self.keeper_now or moment))
        for _ in range(3):  # a snapshot has arrived when a whole tick passes without a row of it
            self.apply(moment)
        while (due := self.book.next_due()) is not None and due <= moment:
            self.apply(moment)

    @property
    def keeper_now(self) -> datetime | None:
        """The partition's clock."""
        return self.keeper._now

    def files(self, *kinds: FileKind) -> list[File]:
        """Every file, of these kinds or of all."""
        return [file for kind in kinds or FileKind for file in self.shelves.files[kind].values()]

    def session(self, id_: str, practice_id: str = PRACTICE) -> File:
        """The file of a session."""
        return self.shelves.files[FileKind.SESSION][FileKey(practice_id, FileKind.SESSION, id_).text]

    def client(self, id_: str, practice_id: str = PRACTICE) -> File:
        """The file of a client."""
        return self.shelves.files[FileKind.CLIENT][FileKey(practice_id, FileKind.CLIENT, id_).text]


def contents(partition: Partition) -> dict[str, Any]:
    """Everything the files hold, comparable: without what only tells how or when it was learned."""
    return {
        file.key.text: {
            "versions": {entity: held for entity, held in file.versions.items() if held},
            "parts": file.parts,
            "sessions": file.sessions,
            "findings": {id_: _without_sending(finding) for id_, finding in file.findings.items()},
            "requests": {id_: _without_sending(request) for id_, request in file.requests.items()},
            "contexts": file.contexts,
            "facts": file.facts,
            "wake_at": file.wake_at,
            "adopted_at": file.adopted_at,
            "looked_under": file.looked_under,
        }
        for file in partition.files()
    }


def differences(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[Any, Any]:
    """What two mappings of mappings disagree about, key by key; what one of them lacks is shown as None."""
    found: dict[Any, Any] = {}
    for key in one.keys() | other.keys():
        left, right = one.get(key) or {}, other.get(key) or {}
        said = {name: (left.get(name), right.get(name)) for name in left.keys() | right.keys()}
        unequal = {name: both for name, both in said.items() if both[0] != both[1]}
        if unequal:
            found[key] = unequal
    return found


def _without_sending(record: Schema) -> dict[str, Any]:
    return record.model_dump(exclude={"version", "changed_at"})


def restored(shelves: Shelves) -> Shelves:
    """What comes back from the changelog: every table sealed and unsealed."""
    return Shelves(
        {
            kind: {text: unseal(FileKey.from_text(text), seal(file)) for text, file in shelf.items()}
            for kind, shelf in shelves.files.items()
        },
        {text: unseal_whereabouts(seal_whereabouts(where)) for text, where in shelves.whereabouts.items()},
    )


def assert_fresh(partition: Partition) -> None:
    """Nothing the files say is out of date: asking every file again at the same moment gives the same answers.

    What breaks this: a link that is missing (a change reached nobody it matters to) or a moment nobody was woken at.
    """
    now = partition.keeper_now
    assert now is not None
    again = Partition(restored(partition.shelves), rules=partition.rules, version=partition.version)
    for file in again.files():
        file.looked_under = ""
    again.book.reindex()
    while (due := again.book.next_due()) is not None and due <= now:
        effects = again.apply(now)
        stale = [(finding.rule, finding.state, finding.subject) for finding in effects.findings]
        assert stale == [], stale
        assert [(request.session_id, request.state) for request in effects.requests] == []
        assert [(context.session_id, context.state) for context in effects.contexts] == []
        assert [(fact.table, fact.row.model_dump(exclude={"version", "recorded_at"})) for fact in effects.facts] == []
    before, after = contents(partition), contents(again)
    for key in before:
        assert before[key]["wake_at"] == after[key]["wake_at"], key

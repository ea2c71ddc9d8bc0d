"""The same sources without any part running: what the console is developed and tested against.

Holds everything in this process. Must answer exactly like the real ones (one contract suite runs against both).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from dashboards.console.sources import (
    MAX_LISTED,
    Counters,
    FeedEvent,
    FeedState,
    FindingChanged,
    FindingFilter,
    Grouping,
    Lag,
    PlatformState,
    ReplayRefusedError,
    StoreUnavailableError,
    TallyCell,
    draft_order,
    instant,
    listing_key,
    milliseconds,
    money_key,
)
from schemas.dead_letter import DeadLetter
from schemas.draft import SessionDraft
from schemas.finding import Finding


class InMemoryFindings:
    """A FindingStore over every version it was ever given."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._versions: dict[str, dict[int, Finding]] = {}
        self.available = True
        for finding in findings:
            self.put(finding)

    def put(self, finding: Finding) -> None:
        """Store one version."""
        self._versions.setdefault(finding.finding_id, {})[finding.version] = finding

    def snapshot(self) -> tuple[Finding, ...]:
        """The latest version of everything."""
        return tuple(self._latest())

    def _latest(self) -> Iterable[Finding]:
        if not self.available:
            raise StoreUnavailableError("the in-memory store was switched off")
        return (versions[max(versions)] for versions in self._versions.values())

    async def list(
        self, wanted: FindingFilter, *, grouping: Grouping, limit: int, offset: int = 0
    ) -> tuple[Finding, ...]:
        found = [finding for finding in self._latest() if wanted.matches(finding)]
        found.sort(key=lambda finding: listing_key(finding, grouping, wanted.state))
        return tuple(found[offset : offset + min(limit, MAX_LISTED)])

    async def tally(self, wanted: FindingFilter) -> tuple[TallyCell, ...]:
        cells = Counter(
            (finding.severity, finding.rule, finding.practice_id)
            for finding in self._latest()
            if wanted.matches_apart_from_facets(finding)
        )
        return tuple(TallyCell(*key, findings) for key, findings in sorted(cells.items()))

    async def counters(self, scope: frozenset[str] | None, *, day_from: datetime, seen: datetime | None) -> Counters:
        visible = [finding for finding in self._latest() if scope is None or finding.practice_id in scope]
        opened = [finding for finding in visible if finding.state == "open"]
        money: dict[tuple[str, ...], int] = {}
        for finding in opened:
            if finding.money_at_stake_cents is not None:
                key = money_key(finding)
                money[key] = max(money.get(key, 0), finding.money_at_stake_cents)
        by_severity = Counter(finding.severity for finding in opened)
        return Counters(
            open_block=by_severity["block"],
            open_hold=by_severity["hold"],
            open_warn=by_severity["warn"],
            money_at_stake_cents=sum(money.values()),
            opened_today=sum(finding.opened_at >= day_from for finding in visible),
            resolved_today=sum(finding.state == "resolved" and finding.changed_at >= day_from for finding in visible),
            new=0
            if seen is None
            else sum(not one.historical and milliseconds(one.changed_at) > milliseconds(seen) for one in opened),
            newest_change=None if not visible else instant(max(milliseconds(one.changed_at) for one in visible)),
        )

    async def get(self, finding_id: str, scope: frozenset[str] | None) -> Finding | None:
        for finding in self._latest():
            if finding.finding_id == finding_id and (scope is None or finding.practice_id in scope):
                return finding
        return None

    async def history(self, finding: Finding) -> tuple[Finding, ...]:
        versions = self._versions.get(finding.finding_id, {})
        return tuple(versions[version] for version in sorted(versions, reverse=True))

    async def close(self) -> None:
        """Nothing to let go of."""


class InMemoryFeed:
    """A FindingFeed that says what it is told to say."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[FeedEvent]] = set()

    def say(self, finding: Finding) -> None:
        """A finding changed. Call it on the event loop of the listeners."""
        self._tell(FindingChanged(finding))

    def set_live(self, live: bool) -> None:
        """The feed lost or found its source."""
        self._tell(FeedState(live))

    def _tell(self, event: FeedEvent) -> None:
        for queue in self._listeners:
            queue.put_nowait(event)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[FeedEvent]]:
        queue: asyncio.Queue[FeedEvent] = asyncio.Queue()
        queue.put_nowait(FeedState(True))
        self._listeners.add(queue)

        async def events() -> AsyncIterator[FeedEvent]:
            while True:
                yield await queue.get()

        try:
            yield events()
        finally:
            self._listeners.discard(queue)


class InMemoryParts:
    """A PartStates that shows what it was given last."""

    def __init__(self, state: PlatformState | None = None, lags: tuple[Lag, ...] = ()) -> None:
        self.state = state or PlatformState(problem="Nothing is running yet.")
        self._lags = lags

    def read(self) -> PlatformState:
        return self.state

    async def lags(self) -> tuple[Lag, ...]:
        return self._lags


class InMemoryDeadLetters:
    """DeadLetters in a list; `replayed` collects what was put back."""

    def __init__(self, letters: Iterable[DeadLetter] = (), refuse: Callable[[DeadLetter], str] = lambda _: "") -> None:
        self._letters = {letter.letter_id: letter for letter in letters}
        self._refuse = refuse
        self.replayed: list[str] = []
        self.available = True

    async def list(self, *, limit: int, offset: int = 0) -> tuple[DeadLetter, ...]:
        if not self.available:
            raise StoreUnavailableError("the in-memory store was switched off")
        newest_first = sorted(self._letters.values(), key=lambda letter: letter.died_at, reverse=True)
        return tuple(newest_first[offset : offset + limit])

    async def count(self) -> int:
        return len(self._letters)

    async def get(self, letter_id: str) -> DeadLetter | None:
        return self._letters.get(letter_id)

    async def replay(self, letter: DeadLetter) -> None:
        reason = self._refuse(letter)
        if reason:
            raise ReplayRefusedError(reason)
        self.replayed.append(letter.letter_id)
        self._letters[letter.letter_id] = letter.model_copy(update={"replayed": True})

    async def close(self) -> None:
        """Nothing to let go of."""


class InMemoryDrafts:
    """A DraftStore over what it was given; `changed` is told of what is put later."""

    def __init__(self, records: Iterable[SessionDraft] = ()) -> None:
        self._records = {record.draft_id: record for record in records}
        self.changed: Callable[[str, int], None] = lambda _id, _version: None
        self.available = True

    def put(self, record: SessionDraft) -> None:
        """Store a draft; an older version is ignored."""
        known = self._records.get(record.draft_id)
        if known is None or known.version < record.version:
            self._records[record.draft_id] = record
            self.changed(record.draft_id, record.version)

    def start(self) -> None:
        """Nothing to begin."""

    def _visible(self, scope: frozenset[str] | None) -> "Sequence[SessionDraft]":
        if not self.available:
            raise StoreUnavailableError("the in-memory store was switched off")
        return [record for record in self._records.values() if scope is None or record.practice_id in scope]

    async def list(self, scope: frozenset[str] | None, *, limit: int, offset: int = 0) -> tuple[SessionDraft, ...]:
        return tuple(sorted(self._visible(scope), key=draft_order)[offset : offset + limit])

    async def count(self, scope: frozenset[str] | None) -> int:
        return len(self._visible(scope))

    async def get(self, draft_id: str, scope: frozenset[str] | None) -> SessionDraft | None:
        return next((record for record in self._visible(scope) if record.draft_id == draft_id), None)

    async def close(self) -> None:
        """Nothing to let go of."""

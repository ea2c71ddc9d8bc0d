"""Where do the pages get what they show? Four small protocols, their values, and the one filter of findings.

Pure: no database, broker or file here. A finding carries ids and sentences about ids; nothing here may add a name.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from schemas.dead_letter import DeadLetter
from schemas.draft import SessionDraft
from schemas.finding import Finding

Severity = Literal["block", "hold", "warn"]
Kind = Literal["consent", "billing"]
StateChoice = Literal["open", "resolved", "all"]
HistoricalChoice = Literal["show", "hide", "only"]
Grouping = Literal["severity", "rule", "practice", "none"]

SEVERITIES: tuple[Severity, ...] = ("block", "hold", "warn")
KIND_PREFIXES: Mapping[Kind, str] = {"consent": "C", "billing": "B"}
MAX_SEARCH_WORDS = 6
MAX_LISTED = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StoreUnavailableError(RuntimeError):
    """The store of findings did not answer in time or refused. The message names no value."""


class ReplayRefusedError(RuntimeError):
    """A dead letter was not put back; the message says why and what to do."""


def kind_of(rule: str) -> Kind | None:
    """Consent or billing, by the rule's letter; None for a rule of neither catalogue."""
    return next((kind for kind, prefix in KIND_PREFIXES.items() if rule.startswith(prefix)), None)


@dataclass(frozen=True)
class FindingFilter:
    """Which findings are wanted. `scope` is what the person may see at all (None = every practice), the rest is choice.

    Empty choices mean "any". Words of `search` must all occur, in any order and case, in what a finding says or names.
    """

    scope: frozenset[str] | None = None
    severities: tuple[Severity, ...] = ()
    kinds: tuple[Kind, ...] = ()
    rules: tuple[str, ...] = ()
    practices: tuple[str, ...] = ()
    state: StateChoice = "open"
    historical: HistoricalChoice = "show"
    search: str = ""
    opened_from: datetime | None = None
    changed_from: datetime | None = None
    changed_after: datetime | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The words searched for, in lower case, bounded in number."""
        return tuple(self.search.lower().split()[:MAX_SEARCH_WORDS])

    def matches(self, finding: Finding) -> bool:
        """Would the store list this finding? The same answer as the store's own."""
        return (
            self.matches_apart_from_facets(finding)
            and (not self.severities or finding.severity in self.severities)
            and (not self.kinds or kind_of(finding.rule) in self.kinds)
            and (not self.rules or finding.rule in self.rules)
            and (not self.practices or finding.practice_id in self.practices)
        )

    def matches_apart_from_facets(self, finding: Finding) -> bool:
        """As `matches`, leaving out the choices that are counted beside their boxes."""
        return (
            (self.scope is None or finding.practice_id in self.scope)
            and self.state in ("all", finding.state)
            and (self.historical == "show" or finding.historical == (self.historical == "only"))
            and (self.opened_from is None or milliseconds(finding.opened_at) >= milliseconds(self.opened_from))
            and (self.changed_from is None or milliseconds(finding.changed_at) >= milliseconds(self.changed_from))
            and (self.changed_after is None or milliseconds(finding.changed_at) > milliseconds(self.changed_after))
            and all(word in searchable(finding) for word in self.words)
        )


def milliseconds(moment: datetime) -> int:
    """Unix time in whole milliseconds: the store keeps no more, so nothing is compared more finely."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def instant(ms: int) -> datetime:
    """The moment of a Unix time in milliseconds."""
    return _EPOCH + timedelta(milliseconds=ms)


def searchable(finding: Finding) -> str:
    """The text that a search looks through, in lower case."""
    parts = (
        finding.why,
        finding.todo,
        finding.finding_id,
        finding.rule,
        finding.practice_id,
        *finding.subject.values(),
        *finding.evidence,
    )
    return "\n".join(parts).lower()


def group_key(finding: Finding, grouping: Grouping) -> str:
    """The heading under which a finding stands."""
    keys: dict[Grouping, str] = {
        "severity": finding.severity,
        "rule": finding.rule,
        "practice": finding.practice_id,
        "none": "",
    }
    return keys[grouping]


def listing_key(finding: Finding, grouping: Grouping, state: StateChoice) -> tuple[int, str, int, str]:
    """Sort key of a list: by group, then newest first (by the change when only resolved ones are listed), then id."""
    group = group_key(finding, grouping)
    rank = SEVERITIES.index(finding.severity) if grouping == "severity" else 0
    moment = finding.changed_at if state == "resolved" else finding.opened_at
    return rank, "" if grouping == "severity" else group, -milliseconds(moment), finding.finding_id


@dataclass(frozen=True)
class TallyCell:
    """How many findings of one severity, rule and practice there are."""

    severity: Severity
    rule: str
    practice_id: str
    findings: int


@dataclass(frozen=True)
class Counters:
    """The figures at the top, over everything the person may see."""

    open_block: int = 0
    open_hold: int = 0
    open_warn: int = 0
    money_at_stake_cents: int = 0
    """Each claim once (or session and client, before there is a claim), however many findings are about it."""
    opened_today: int = 0
    resolved_today: int = 0
    new: int = 0
    """Open findings changed after the mark "seen up to here", without those that were already so when the practice was
    connected; 0 when nothing was ever marked."""
    newest_change: datetime | None = None

    @property
    def open_total(self) -> int:
        return self.open_block + self.open_hold + self.open_warn


def money_key(finding: Finding) -> tuple[str, ...]:
    """What the money of a finding belongs to: two findings with the same key are about the same money."""
    subject = finding.subject
    if "claim" in subject:
        return (finding.practice_id, "claim", subject["claim"])
    if "session" in subject and "client" in subject:
        return (finding.practice_id, "visit", subject["session"], subject["client"])
    return (finding.practice_id, "finding", finding.finding_id)


class FindingStore(Protocol):
    """The latest known state of every finding. Every method may raise StoreUnavailableError."""

    async def list(
        self, wanted: FindingFilter, *, grouping: Grouping, limit: int, offset: int = 0
    ) -> tuple[Finding, ...]:
        """Findings in the order of `listing_key`; never more than MAX_LISTED."""
        ...

    async def tally(self, wanted: FindingFilter) -> tuple[TallyCell, ...]:
        """Counts by severity, rule and practice of what `matches_apart_from_facets`."""
        ...

    async def counters(self, scope: frozenset[str] | None, *, day_from: datetime, seen: datetime | None) -> Counters:
        """The figures at the top."""
        ...

    async def get(self, finding_id: str, scope: frozenset[str] | None) -> Finding | None:
        """One finding, if it exists and is in scope."""
        ...

    async def history(self, finding: Finding) -> tuple[Finding, ...]:
        """The states of a finding that are still kept, newest first. Older ones may have been merged away."""
        ...

    async def close(self) -> None:
        """Let go of connections. Never raises StoreUnavailableError."""
        ...


@dataclass(frozen=True)
class FindingChanged:
    """A finding was opened, updated or resolved."""

    finding: Finding


@dataclass(frozen=True)
class FeedState:
    """The feed began or stopped to be live. After a gap everything should be read again."""

    live: bool


FeedEvent = FindingChanged | FeedState


class FindingFeed(Protocol):
    """What changes from now on."""

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[FeedEvent]]:
        """Changes from the moment of entering until leaving; survives broker outages by itself."""
        ...


@dataclass(frozen=True)
class PartState:
    """One part of the platform as its supervisor sees it."""

    name: str
    state: str
    pid: int | None = None
    restarts: int = 0
    since: datetime | None = None
    message: str = ""

    @property
    def health(self) -> Literal["good", "busy", "bad", "idle"]:
        """In one of four words, whatever the supervisor calls it."""
        state = self.state.lower()
        if state in ("running", "ready", "done"):
            return "good"
        if state in ("waiting", "preparing", "starting", "stopping"):
            return "busy"
        if state == "stopped":
            return "idle"
        return "bad"


@dataclass(frozen=True)
class Lag:
    """How far a step is behind its topic."""

    step: str
    topic: str
    messages: int


@dataclass(frozen=True)
class PlatformState:
    """All parts, as the supervisor last reported them."""

    parts: tuple[PartState, ...] = ()
    read_at: datetime | None = None
    """When the supervisor wrote it; None when it was never read."""
    problem: str = ""
    """Why there is nothing to show, in words for a person."""


class PartStates(Protocol):
    """The state of the parts, right now."""

    def read(self) -> PlatformState:
        """Never raises: what cannot be read is named in `problem`. Quick enough to call every second."""
        ...

    async def lags(self) -> tuple[Lag, ...]:
        """How far each step is behind, of those that answer. Never raises."""
        ...


class DeadLetters(Protocol):
    """Messages that nobody could use, without what they say. All but `close` may raise StoreUnavailableError."""

    async def list(self, *, limit: int, offset: int = 0) -> tuple[DeadLetter, ...]:
        """Newest first."""
        ...

    async def count(self) -> int:
        """How many there are, replayed ones included."""
        ...

    async def get(self, letter_id: str) -> DeadLetter | None:
        """One letter, without its value."""
        ...

    async def replay(self, letter: DeadLetter) -> None:
        """Put the message back on the topic it came from, byte for byte. Raises ReplayRefusedError."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class DraftStore(Protocol):
    """The newest version of every draft. All but `close` may raise StoreUnavailableError."""

    async def list(self, scope: frozenset[str] | None, *, limit: int, offset: int = 0) -> tuple[SessionDraft, ...]:
        """Those of these practices (None = of all), in the order of `draft_order`."""
        ...

    changed: Callable[[str, int], None]
    """Told id and version of every draft that arrives, in any thread."""

    def start(self) -> None:
        """Begin to listen, if that is not done yet."""
        ...

    async def count(self, scope: frozenset[str] | None) -> int:
        """How many there are."""
        ...

    async def get(self, draft_id: str, scope: frozenset[str] | None) -> SessionDraft | None:
        """One draft, if it exists and is in scope."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def draft_order(record: SessionDraft) -> tuple[bool, float, str]:
    """Sort key of the queue: withdrawn ones last, newest first."""
    return record.state == "withdrawn", -record.created_at.timestamp(), record.draft_id


@dataclass(frozen=True)
class Sources:
    """Everything the pages read from."""

    findings: FindingStore
    feed: FindingFeed
    parts: PartStates
    dead_letters: DeadLetters
    drafts: DraftStore

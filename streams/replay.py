"""What would be found in this file of changes? The exchange format in, findings out; no Kafka, no clock of its own.

The clock follows the changes, ticks whenever something is due, then goes to `now`. Drives the worker's own Keeper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter

from schemas.care import Policy
from schemas.change import Change, ChangeSet
from schemas.codec import change_of
from schemas.draft_request import DraftRequest
from schemas.evidence import EVIDENCE_KEYS, Evidence
from schemas.facts import FACT_KEYS, Fact
from schemas.finding import Finding
from schemas.reasons import Poison
from schemas.record import Instant
from streams.book import Book, Shelves
from streams.cases import Opened, PracticeView, SessionCase, open_session
from streams.files import FileKey, FileKind
from streams.keeper import Keeper
from streams.policy import policy_of

MAX_FILE_BYTES = 256 * 1024 * 1024
_KEYS = FACT_KEYS | EVIDENCE_KEYS
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


class NotAChangesFile(ValueError):
    """The file is not of the exchange format; the text names the place and the reason, never a value."""


@dataclass(frozen=True, slots=True)
class ChangesFile:
    """A parsed file of changes. `deliveries`: orders (with repeats) in which the changes may be fed."""

    changes: tuple[Change, ...]
    policy: str | None
    now: datetime | None
    deliveries: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay ended in: the last word on every finding ever opened, and on every draft request."""

    findings: tuple[Finding, ...]
    requests: tuple[DraftRequest, ...]
    facts: tuple[Fact | Evidence, ...] = ()
    """The rows that are there in the end."""


def read_changes_file(path: Path) -> ChangesFile:
    """JSON lines of changes, or one object {policy, changes, now, deliveries}. Raises NotAChangesFile."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotAChangesFile(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
        body = path.read_bytes()
    except OSError as error:
        raise NotAChangesFile(error.strerror or "cannot be read") from None
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return ChangesFile(tuple(_lines(body, error)), None, None, ())
    if isinstance(whole, dict) and "changes" in whole:
        return _whole(whole)
    if isinstance(whole, dict) and "entity" in whole:
        return ChangesFile((_change(whole, "line 1"),), None, None, ())
    raise NotAChangesFile("neither JSON lines of changes nor an object with 'changes'")


def _lines(body: bytes, whole_error: orjson.JSONDecodeError) -> Iterator[Change]:
    lines = body.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if number == 1:
                raise NotAChangesFile(f"line {whole_error.lineno}: not JSON ({whole_error.msg})") from None
            raise NotAChangesFile(f"line {number}: not JSON ({error.msg})") from None
        yield _change(raw, f"line {number}")


def _whole(raw: dict[str, Any]) -> ChangesFile:
    changes = raw["changes"]
    if not isinstance(changes, list):
        raise NotAChangesFile("changes: not a list")
    parsed = tuple(_change(item, f"changes[{index}]") for index, item in enumerate(changes))
    orders = [] if raw.get("deliveries") is None else raw["deliveries"]
    if not isinstance(orders, list):
        raise NotAChangesFile("deliveries: not a list")
    deliveries = tuple(_delivery(order, index, len(parsed)) for index, order in enumerate(orders))
    now = None if raw.get("now") is None else read_instant(raw["now"], "now")
    return ChangesFile(parsed, _policy(raw.get("policy")), now, deliveries)


def _policy(own: Any) -> str | None:
    if own is None or own == {}:
        return None
    if not isinstance(own, dict):
        raise NotAChangesFile("policy: not an object")
    document = orjson.dumps(own).decode()
    try:
        policy_of(document)
    except Poison as poison:
        raise NotAChangesFile(f"policy: {poison}") from None
    return document


def _delivery(order: Any, index: int, count: int) -> tuple[int, ...]:
    if not isinstance(order, list) or any(not isinstance(i, int) or not 0 <= i < count for i in order):
        raise NotAChangesFile(f"deliveries[{index}]: not a list of positions in changes")
    return tuple(order)


def read_instant(text: Any, where: str) -> datetime:
    """An instant with an offset. Raises NotAChangesFile naming `where`."""
    try:
        return _INSTANT.validate_python(datetime.fromisoformat(text))
    except (TypeError, ValueError):  # pydantic's own error is a ValueError, too
        raise NotAChangesFile(f"{where}: not an instant with an offset between 1900 and 2200") from None


def _change(raw: Any, where: str) -> Change:
    if not isinstance(raw, dict):
        raise NotAChangesFile(f"{where}: not an object")
    try:
        change = change_of(raw)
        if isinstance(change.data, Policy):
            policy_of(change.data.document)
        return change
    except Poison as poison:
        raise NotAChangesFile(f"{where}: {poison}") from None


def replay(file: ChangesFile, now: datetime | None = None, delivery: int | None = None) -> Replayed:
    """Feed the changes and let the clock run to `now`. Raises NotAChangesFile for a delivery the file has not."""
    if delivery is not None and not 0 <= delivery < len(file.deliveries):
        raise NotAChangesFile(f"delivery {delivery}: the file has {len(file.deliveries)}")
    changes = file.changes if delivery is None else tuple(file.changes[i] for i in file.deliveries[delivery])
    practice_id = _practice_id(file)
    end = now or file.now or max((change.at for change in file.changes), default=None)
    player = _Player(practice_id, file.policy)
    for change in changes:
        if end is None or change.at <= end:
            player.feed(change)
    if end is not None:
        player.finish(end)
    return player.ended()


def case_at(file: ChangesFile, session_id: str, known_at: datetime | None = None) -> SessionCase | None:
    """A session as it was known at a moment (default: after the last change); None if it was not known then.

    Only changes committed by then count, so that what is asked of the case is what could have been asked at the time.
    """
    known = tuple(change for change in file.changes if known_at is None or change.at <= known_at)
    practice_id = _practice_id(file)
    book = Book(Shelves.in_memory())
    keeper = Keeper(book, ())
    if known and file.policy is not None:
        known = (_policy_change(practice_id, known[0].at, file.policy), *known)
    if known:
        now = max(change.at for change in known)
        keeper.apply(ChangeSet(practice_id=practice_id, now=now, changes=known), 1)
    practice = PracticeView.of(book.find(FileKey(practice_id, FileKind.PRACTICE, practice_id)))
    if practice is None:
        return None
    return open_session(practice, session_id, book.find, book.calendars, Opened())


def _practice_id(file: ChangesFile) -> str:
    return next((change.id for change in file.changes if change.entity == "practice"), "practice")


def replay_at_once(file: ChangesFile, now: datetime) -> Replayed:
    """What is so at `now`, decided once: what opened and was resolved before is not in it. For files too long to play.

    Ends with the same open findings, requests and facts as `replay`.
    """
    player = _Player(_practice_id(file), file.policy)
    known = tuple(change for change in file.changes if change.at <= now)
    if known:
        player.feed_all(now, known)
        player.finish(now)
    return player.ended()


class _Player:
    def __init__(self, practice_id: str, policy: str | None) -> None:
        self.findings: dict[str, Finding] = {}
        self.requests: dict[str, DraftRequest] = {}
        self.facts: dict[tuple[str, ...], Fact | Evidence] = {}
        self._practice_id = practice_id
        self._policy = policy
        self._book = Book(Shelves.in_memory())
        self._keeper = Keeper(self._book)
        self._clock: datetime | None = None
        self._version = 0

    def feed(self, change: Change) -> None:
        if self._clock is None and self._policy is not None:
            self._apply(change.at, (_policy_change(self._practice_id, change.at, self._policy),))
        self.run_to(change.at)
        self._apply(self._clock or change.at, (change,))

    def feed_all(self, moment: datetime, changes: Sequence[Change]) -> None:
        own = () if self._policy is None else (_policy_change(self._practice_id, changes[0].at, self._policy),)
        self._apply(moment, (*own, *changes))

    def run_to(self, moment: datetime) -> None:
        """Let the clock run: a tick whenever something is due, and daily ones while a snapshot arrives. Between those
        a tick would find nothing to do."""
        if self._clock is None:
            self._clock = moment
        while True:
            due = self._book.next_due()
            if self._clock >= moment and (due is None or due > self._clock):
                return
            if self._keeper.is_settling:
                step = min(moment, self._clock + timedelta(days=1)) if self._clock < moment else self._clock
                self._apply(step if due is None else max(self._clock, min(step, due)), ())
            elif due is not None and due <= max(moment, self._clock):
                self._apply(max(self._clock, due), ())
            else:
                self._clock = max(self._clock, moment)

    def finish(self, moment: datetime) -> None:
        """Run to that moment; a snapshot among the changes has arrived once whole ticks pass without a row of it."""
        self.run_to(moment)
        for _ in range(2):
            self._apply(moment, ())
        self.run_to(moment)

    def _apply(self, now: datetime, changes: Sequence[Change]) -> None:
        self._version += 1
        self._clock = now if self._clock is None else max(self._clock, now)
        change_set = ChangeSet(
            practice_id=self._practice_id if changes else "", now=self._clock, changes=tuple(changes)
        )
        effects = self._keeper.apply(change_set, self._version)
        for finding in effects.findings:
            self.findings[finding.finding_id] = finding
        for request in effects.requests:
            self.requests[request.request_id] = request
        for fact in effects.facts:
            key = (fact.table, *(str(getattr(fact.row, name)) for name in _KEYS[fact.table]))
            known = self.facts.get(key)
            if known is None or known.row.version <= fact.row.version:
                self.facts[key] = fact

    def ended(self) -> Replayed:
        """The last word on everything."""
        facts = tuple(fact for fact in self.facts.values() if not fact.row.deleted)
        return Replayed(tuple(self.findings.values()), tuple(self.requests.values()), facts)


def _policy_change(practice_id: str, at: datetime, document: str) -> Change:
    return Change(at=at, entity="policy", op="create", id=practice_id, rev=1, data=Policy(document=document))

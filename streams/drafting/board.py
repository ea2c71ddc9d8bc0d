"""Which drafts are to be written, which may be sent or delivered just now, and how far is everything done? Pure.

The newest version of a request counts, and nothing made from an older one leaves. Offsets are done when what they
brought is delivered or overtaken, so that a crash repeats what was not finished, and nothing else is lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from schemas.draft_context import DraftContext

Key = tuple[str, str]
"""practice, request"""


def key_of(context: DraftContext) -> Key:
    """What a context's versions have in common."""
    return context.practice_id, context.request_id


@dataclass(slots=True)
class _Line:
    context: DraftContext
    partition: int
    offset: int
    ready_at_s: float
    first_at_s: float
    in_hand: bool = False
    tries: int = 0


@dataclass(slots=True)
class Board:
    """The drafts of some partitions. `settle_s`: how long a context must stand before work on it begins, because what
    belongs to one session arrives in several changes."""

    settle_s: float = 1.5
    at_once: int = 4
    at_once_per_practice: int = 2
    _lines: dict[Key, _Line] = field(default_factory=dict)
    _delivered: dict[Key, tuple[int, int]] = field(default_factory=dict)
    """The newest version delivered, and the partition it belongs to."""
    _read_to: dict[int, int] = field(default_factory=dict)

    def knows_delivered(self, key: Key, version: int, partition: int) -> None:
        """A draft of this version is out already, from before this process began."""
        known = self._delivered.get(key)
        if known is None or known[0] < version:
            self._delivered[key] = (version, partition)

    def take(self, context: DraftContext, partition: int, offset: int, now_s: float) -> None:
        """One version of a context was read."""
        self.read(partition, offset)
        key = key_of(context)
        line = self._lines.get(key)
        if line is not None and line.context.version > context.version:
            return
        delivered = self._delivered.get(key)
        if delivered is not None and delivered[0] >= context.version:
            return
        if line is not None and line.context.version == context.version:
            return
        first_at_s = now_s if line is None else line.first_at_s
        self._lines[key] = _Line(context, partition, offset, now_s + self.settle_s, first_at_s)

    def read(self, partition: int, offset: int) -> None:
        """Everything up to this offset was looked at."""
        self._read_to[partition] = max(offset + 1, self._read_to.get(partition, 0))

    def ready(self, now_s: float) -> list[DraftContext]:
        """The drafts to begin now, those that wait longest first; they are in hand from here on."""
        busy = [line for line in self._lines.values() if line.in_hand]
        of_practice: dict[str, int] = {}
        for line in busy:
            of_practice[line.context.practice_id] = of_practice.get(line.context.practice_id, 0) + 1
        begun: list[DraftContext] = []
        for line in sorted(self._lines.values(), key=lambda line: (line.ready_at_s, line.offset)):
            practice_id = line.context.practice_id
            if line.in_hand or line.ready_at_s > now_s or len(busy) + len(begun) >= self.at_once:
                continue
            if of_practice.get(practice_id, 0) >= self.at_once_per_practice:
                continue
            of_practice[practice_id] = of_practice.get(practice_id, 0) + 1
            line.in_hand = True
            begun.append(line.context)
        return begun

    def stands(self, context: DraftContext, practice_now: datetime) -> bool:
        """This version is still the newest, nothing it rests on has lapsed, and it was not delivered already."""
        line = self._lines.get(key_of(context))
        if line is None or line.context.version != context.version:
            return False
        return context.holds_until is None or practice_now < context.holds_until

    def put_off(self, context: DraftContext, until_s: float) -> None:
        """Not now: begin again at that moment, unless something newer comes first."""
        line = self._lines.get(key_of(context))
        if line is not None and line.context.version == context.version:
            line.in_hand, line.ready_at_s, line.tries = False, until_s, line.tries + 1

    def delivered(self, context: DraftContext) -> None:
        """Its draft is out, acknowledged by the broker."""
        key = key_of(context)
        line = self._lines.get(key)
        partition = 0 if line is None else line.partition
        self.knows_delivered(key, context.version, partition)
        if line is not None and line.context.version <= context.version:
            del self._lines[key]

    def waiting_since_s(self, context: DraftContext) -> float | None:
        """When the first context of this request was taken, for how patient to be."""
        line = self._lines.get(key_of(context))
        return None if line is None else line.first_at_s

    def tries(self, context: DraftContext) -> int:
        """How often work on this version was put off."""
        line = self._lines.get(key_of(context))
        return 0 if line is None or line.context.version != context.version else line.tries

    def partition_of(self, context: DraftContext) -> int | None:
        """Where it came from; None if it is not ours any more."""
        line = self._lines.get(key_of(context))
        return None if line is None else line.partition

    def forget(self, partitions: Iterable[int]) -> None:
        """Somebody else writes these from now on."""
        lost = set(partitions)
        self._lines = {key: line for key, line in self._lines.items() if line.partition not in lost}
        self._delivered = {key: kept for key, kept in self._delivered.items() if kept[1] not in lost}
        for partition in lost:
            self._read_to.pop(partition, None)

    def done_to(self) -> dict[int, int]:
        """Partition → the first offset that is not done: where another process would have to begin."""
        done = dict(self._read_to)
        for line in self._lines.values():
            done[line.partition] = min(done.get(line.partition, line.offset), line.offset)
        return done

    @property
    def waiting(self) -> int:
        """Drafts not yet delivered."""
        return len(self._lines)

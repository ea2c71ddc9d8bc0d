"""What do the two peers of `throughput` have in common? The same decisions over plain dicts, and how they are timed.

Runs in environments that lack most of ours: imports schemas and the pure part of streams only.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schemas.change import ChangeSet
from schemas.codec import codec, read_change_set
from schemas.topics import DRAFT_REQUESTS, FACTS, FINDINGS
from streams.book import Book, Shelves
from streams.files import File, FileKind
from streams.homes import Whereabouts
from streams.keeper import Keeper

V = TypeVar("V")
WARM_UP = 0.1
"""The share of messages that is worked off before the clock starts."""


class Noting(dict[str, V], Generic[V]):
    """A dict that notes which keys were set, so that each is written once however often it changed."""

    def __init__(self) -> None:
        super().__init__()
        self.set: dict[str, None] = {}

    def __setitem__(self, key: str, value: V) -> None:
        super().__setitem__(key, value)
        self.set[key] = None

    def take(self) -> Iterator[tuple[str, V]]:
        """What was set since the last call."""
        noted, self.set = self.set, {}
        return ((key, self[key]) for key in noted)


class Deciding:
    """A keeper for each partition, and the bytes of what it decides."""

    def __init__(self) -> None:
        self.files: dict[FileKind, Noting[File]] = {kind: Noting() for kind in FileKind}
        self.whereabouts: Noting[Whereabouts] = Noting()
        self._keepers: dict[int, Keeper] = {}

    def outputs(self, value: bytes, partition: int, offset: int) -> tuple[ChangeSet, list[tuple[str, str, bytes]]]:
        """The change set, and topic, key and value of everything that follows from it."""
        if partition not in self._keepers:
            self._keepers[partition] = Keeper(Book(Shelves(dict(self.files), self.whereabouts)))
        change_set, _ = read_change_set(value)
        effects = self._keepers[partition].apply(change_set, offset)
        return change_set, [
            (topic.name, item.practice_id, codec(topic.name).encode(item))
            for topic, items in (
                (FINDINGS, effects.findings),
                (DRAFT_REQUESTS, effects.requests),
                (FACTS, effects.facts),
            )
            for item in items
        ]


@dataclass
class Timed:
    """Counts changes from the end of the warm-up on."""

    messages: int
    changes: int = 0
    _seen: int = 0
    _began: tuple[float, float] = field(default=(0.0, 0.0))

    def note(self, change_set: ChangeSet) -> bool:
        """One message is done; True after the last."""
        self._seen += 1
        warm_up = int(self.messages * WARM_UP)
        if self._seen > warm_up:
            self.changes += len(change_set.changes)
        elif self._seen == warm_up:
            self._began = (time.perf_counter(), time.process_time())
        return self._seen >= self.messages

    def tell(self) -> None:
        """One line of JSON: changes, seconds of wall clock and of processor."""
        wall_s, cpu_s = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        sys.stdout.write(json.dumps({"changes": self.changes, "wall_s": wall_s, "cpu_s": cpu_s}) + "\n")
        sys.stdout.flush()

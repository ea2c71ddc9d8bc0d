"""Where are the files of one partition, and which of them are due? Mappings in, typed files out, and a derived index.

The mappings are Faust tables in the worker and plain dicts in replay and tests; the index is rebuilt from them.
"""

import heapq
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from streams.calendars import Calendars
from streams.files import File, FileKey, FileKind
from streams.homes import Whereabouts

_AT_ONCE = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Shelves:
    """The tables: one of files for each kind, and one of whereabouts."""

    files: dict[FileKind, MutableMapping[str, File]]
    whereabouts: MutableMapping[str, Whereabouts]

    @classmethod
    def in_memory(cls) -> "Shelves":
        return cls({kind: {} for kind in FileKind}, {})


@dataclass(slots=True)
class Book:
    """The files of one partition. Keep every file you changed, or the change is lost."""

    shelves: Shelves
    _due: list[tuple[datetime, str]] = field(default_factory=list)
    _wake_at: dict[str, datetime] = field(default_factory=dict)
    _of_practice: dict[str, set[str]] = field(default_factory=dict)
    calendars: Calendars = field(default_factory=Calendars)
    """Who had which sessions when: derived from the session files kept here."""

    def reindex(self, keys: Iterable[str] | None = None) -> None:
        """Build the index anew, from these keys of the tables or from all of them."""
        self._due, self._wake_at, self._of_practice = [], {}, {}
        self.calendars = Calendars()
        wanted = None if keys is None else set(keys)
        for shelf in self.shelves.files.values():
            for key, file in list(shelf.items()):
                if wanted is None or key in wanted:
                    self._note(file)
                    if file.owed:
                        self.call((file.key,))
        # a practice that changed just before a crash must still be brought home to every file that rests on it
        for file in list(self.shelves.files[FileKind.PRACTICE].values()):
            if wanted is None or file.key.text in wanted:
                self._call_those_behind(file)

    def _call_those_behind(self, practice: File) -> None:
        fingerprint = practice.fingerprint()
        for text in sorted(self._of_practice.get(practice.key.practice_id, ())):
            file = self.find(FileKey.from_text(text))
            if file is not None and file.looked_under != fingerprint:
                self.call((file.key,))

    def find(self, key: FileKey) -> File | None:
        """The file, or None if nothing is known that belongs in it."""
        return self.shelves.files[key.kind].get(key.text)

    def open(self, key: FileKey) -> File:
        """The file, made if need be; keep it if you change it."""
        return self.find(key) or File(key)

    def keep(self, file: File) -> None:
        """Store a changed file and remember when it is due."""
        self.shelves.files[file.key.kind][file.key.text] = file
        self._note(file)

    def put_back(self, file: File) -> None:
        """Remember when a file is due that was looked at and did not change; storing it again would say nothing new."""
        self._note(file)

    def _note(self, file: File) -> None:
        text = file.key.text
        if file.key.kind is not FileKind.PRACTICE:
            self._of_practice.setdefault(file.key.practice_id, set()).add(text)
        if file.key.kind is FileKind.SESSION:
            self.calendars.note(file)
        if self._wake_at.get(text) == _AT_ONCE:
            return  # called already; without this a change in between would make it forget the call
        if file.wake_at is None:
            self._wake_at.pop(text, None)
        elif self._wake_at.get(text) != file.wake_at:
            self._wake_at[text] = file.wake_at
            heapq.heappush(self._due, (file.wake_at, text))

    def call_all(self, practice_id: str) -> None:
        """Make every session, client and unit of a practice due that was last looked at under another state of it."""
        practice = self.find(FileKey(practice_id, FileKind.PRACTICE, practice_id))
        if practice is not None:
            self._call_those_behind(practice)

    def call(self, keys: Iterable[FileKey]) -> None:
        """Make these files due at once."""
        for key in keys:
            self._wake_at[key.text] = _AT_ONCE
            heapq.heappush(self._due, (_AT_ONCE, key.text))

    def due(self, now: datetime, limit: int) -> list[FileKey]:
        """Up to `limit` files whose time has come, earliest first; they are due no longer."""
        keys: list[FileKey] = []
        while self._due and self._due[0][0] <= now and len(keys) < limit:
            at, text = heapq.heappop(self._due)
            if self._wake_at.get(text) == at:
                del self._wake_at[text]
                keys.append(FileKey.from_text(text))
        return keys

    def next_due(self) -> datetime | None:
        """When the next file is due."""
        while self._due and self._wake_at.get(self._due[0][1]) != self._due[0][0]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def where(self, practice_id: str, entity: str, id_: str) -> Whereabouts | None:
        """Where an entity lives and has lived."""
        return self.shelves.whereabouts.get(f"{practice_id}\x1f{entity}\x1f{id_}")

    def keep_where(self, practice_id: str, entity: str, id_: str, whereabouts: Whereabouts) -> None:
        """Store changed whereabouts."""
        self.shelves.whereabouts[f"{practice_id}\x1f{entity}\x1f{id_}"] = whereabouts

    def sizes(self) -> dict[str, int]:
        """Files held, by kind."""
        return {kind.value: len(shelf) for kind, shelf in self.shelves.files.items()}

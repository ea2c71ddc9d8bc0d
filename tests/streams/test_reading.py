"""Does `READ_BY_NO_SESSION` tell the truth? Watches what the judging of sessions reads out of clients' files."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.change import ChangeSet
from streams.book import Book, Shelves
from streams.files import File, FileKey, FileKind, Held
from streams.keeper import READ_BY_NO_SESSION, Keeper
from tests.infra.practice.capturing import Capture, acts_until, care_changes

ANCHOR = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
DAYS = 10


def test_no_session_is_judged_by_what_does_not_make_it_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture()
    for act in acts_until(ANCHOR, 7, ANCHOR, DAYS):
        list(capture.events(act))
    keeper = Keeper(Book(Shelves.in_memory()))
    for version, (practice_id, change) in enumerate(care_changes(capture.snapshot(ANCHOR)), 1):
        keeper.apply(ChangeSet(practice_id=practice_id, now=ANCHOR, changes=(change,)), version)

    looking_at: list[FileKey] = []
    read: set[str] = set()
    look_at, every = Keeper._look_at, File.all

    def watched_look(self: Keeper, key: FileKey, *rest: Any) -> None:
        looking_at.append(key)
        for file in self.book.shelves.files[FileKind.CLIENT].values():
            file.view = None  # what was worked out before would not be read again
        look_at(self, key, *rest)

    def watched_all(self: File, entity: str) -> tuple[Held[Any], ...]:
        if self.key.kind is FileKind.CLIENT and looking_at[-1].kind is FileKind.SESSION:
            read.add(entity)
        return every(self, entity)

    monkeypatch.setattr(Keeper, "_look_at", watched_look)
    monkeypatch.setattr(File, "all", watched_all)
    for version in range(1_000_000, 1_000_006):
        keeper.apply(ChangeSet(practice_id="", now=ANCHOR), version)
    assert {"consent", "coverage", "plan"} <= read
    assert not read & READ_BY_NO_SESSION

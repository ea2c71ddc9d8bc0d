"""What has been told after all rows were taken in? The newest version of every entity, as the files keep it."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from connectors.ehr.joiner import Joiner, Patience, plain_changes
from connectors.ehr.openemr.adapter import OpenEmr
from connectors.ehr.openemr.mapping import OpenEmrMapping
from connectors.ehr.row import Row
from connectors.ehr.shelf import Shelf
from schemas.change import Change
from schemas.codec import change_of

CHICAGO = ZoneInfo("America/Chicago")


def adapter(**mapping: Any) -> OpenEmr:
    """An OpenEMR of the practice PR-1."""
    return OpenEmr("PR-1", CHICAGO, OpenEmrMapping.model_validate(mapping))


class WhatWasTold:
    """Keeps what a joiner tells, as a file does: per id the highest revision."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def entities(self, kind: str) -> dict[str, dict[str, Any]]:
        """Id → record of everything of a kind that is there now."""
        newest: dict[str, Change] = {}
        for change in self.changes:
            known = newest.get(change.id)
            if change.entity == kind and (known is None or change.rev > known.rev):
                newest[change.id] = change
        return {id_: change.data.model_dump(mode="json") for id_, change in sorted(newest.items()) if change.data}

    def all(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Everything that is there now, by kind."""
        kinds = {kind: self.entities(kind) for kind in sorted({change.entity for change in self.changes})}
        return {kind: there for kind, there in kinds.items() if there}

    def of(self, kind: str) -> list[Change]:
        """Every change of a kind, in the order it was told."""
        return [change for change in self.changes if change.entity == kind]


class Listening:
    """A joiner whose clock the test owns."""

    def __init__(self, openemr: OpenEmr | None = None, shelf: Shelf | None = None) -> None:
        self.openemr = openemr or adapter()
        self.shelf = shelf or Shelf(self.openemr.tables)
        self.joiner = Joiner(self.openemr, self.shelf, Patience())
        self.now = 1_000_000.0
        self.told = WhatWasTold()
        self.joiner.begin(self.now)

    def hear(self, rows: Iterable[Row], after_s: float = 0.0) -> None:
        """Take rows in, `after_s` seconds later."""
        self.now += after_s
        for row in rows:
            self.joiner.take(row, self.now)

    def wait(self, seconds: float, *, heard: bool = True) -> int:
        """Let time pass, a quarter of a second at a time; how many changes were told."""
        before = len(self.told.changes)
        last_heard = self.now
        for _ in range(int(seconds * 4)):
            self.now += 0.25
            last_heard = self.now if heard else last_heard
            while self.joiner.settle(self.now, heard_until=last_heard):
                pass
        self.send()
        return len(self.told.changes) - before

    def send(self) -> None:
        """What waits to be sent is sent."""
        while outgoing := self.shelf.outgoing(100):
            self.told.changes += [change_of(change) for change in plain_changes(body for _, _, body in outgoing)]
            self.shelf.sent(outgoing[-1][0])

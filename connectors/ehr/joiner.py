"""Which care changes follow from rows that mean something together? Rows in, the difference to what was told out.

Level-triggered: a cluster is put together from the rows that are there once nothing has touched it for a while, and
only what differs from the last word on an entity is told. Must never tell half of what an EHR rewrites piece by piece.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson

from connectors.debezium import ROW_BITS
from connectors.ehr.joining import Entity, Image, JoiningAdapter, Table, Touch
from connectors.ehr.row import Row
from connectors.ehr.shelf import Dirty, Shelf
from schemas.codec import change_of
from schemas.reasons import Poison, Reason

_KEY = "\x1f"
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, nothing may touch a cluster before it is believed."""

    brief_s: float = 0.25
    """Rows that a source writes whole, each by itself."""
    quiet_s: float = 3.0
    """Rows that a source rewrites piece by piece (attendance)."""
    loss_s: float = 12.0
    """The same, when something is missing that was there before and the source is known to be heard: perhaps the other
    half is still to come."""
    longest_brief_s: float = 1.0
    """A cluster that is touched again and again, but not rewritten piece by piece, is told at least this often."""


class Joiner:
    """The rows of one source and what follows from them. Nothing is durable until the shelf is committed."""

    def __init__(self, adapter: JoiningAdapter, shelf: Shelf, patience: Patience | None = None) -> None:
        self.adapter = adapter
        self.shelf = shelf
        self.patience = patience or Patience()
        self.newest = int(shelf.note("newest") or 0)
        """The newest revision taken in."""
        self._stands = False
        self.refused: list[tuple[str, Poison]] = []
        """Entities that cannot be told, by kind, because their records cannot be true, and clusters that could not be
        put together; for the caller to clear."""

    def begin(self, now: float) -> None:
        """Once per start: a changed configuration looks at everything anew."""
        if self.shelf.note("settings") != self.adapter.settings:
            self.shelf.touch_all_told(now)
            self.shelf.remember("settings", self.adapter.settings)

    def take(self, row: Row, now: float) -> Reason:
        """Take one row in. APPLIED, DUPLICATE, STALE or NOT_MAPPED; raises Poison for one that cannot be true."""
        table = self.adapter.tables.get(row.table)
        if table is None:
            return Reason.NOT_MAPPED
        if not self._stands:
            self._stand(now)
        image = None if row.after is None else read_image(row.table, table, row.after)
        key = _key_of(row.table, table, image, row)
        outcome = self._apply(row.table, key, row.rev, image, row, now)
        if row.ends_table:
            # what a repeated snapshot did not find has been deleted while nobody listened
            for gone in self.shelf.older_than(row.table, row.rev):
                self._apply(row.table, gone, row.rev, None, row, now)
        if row.rev > self.newest:
            self.newest = row.rev
            self.shelf.remember("newest", str(row.rev))
        return outcome

    def _stand(self, now: float) -> None:
        """What stands without rows is told with the first of them: a practice that was known before its snapshot began
        would take its past for news."""
        for cluster in self.adapter.standing():
            if not self.shelf.told_of(cluster):
                self.shelf.touch(cluster, now, 0, live=False, patient=False)
        self._stands = True

    def _at_ms(self, row: Row) -> int:
        """When a row came about; all that one snapshot read, when the first of it was read."""
        at_ms = int(row.committed_at.timestamp() * 1000)
        if not row.snapshot:
            return at_ms
        rev, _, began_ms = (self.shelf.note("snapshot") or "0 0").partition(" ")
        if rev != str(row.rev) or at_ms < int(began_ms):
            self.shelf.remember("snapshot", f"{row.rev} {at_ms}")
            return at_ms
        return int(began_ms)

    def _apply(self, table: str, key: str, rev: int, image: Image | None, row: Row, now: float) -> Reason:
        known = self.shelf.revision(table, key)
        if known is not None and known >= rev:
            return Reason.DUPLICATE if known == rev else Reason.STALE
        before = self.shelf.one(table, *key.split(_KEY))
        touched = set() if before is None else set(self.adapter.touches(table, before, self.shelf))
        if not row.snapshot:
            self._tell_as_it_was(touched.union(() if image is None else self.adapter.touches(table, image, self.shelf)))
        self.shelf.keep(table, key, rev, image)
        if image is not None:
            touched |= set(self.adapter.touches(table, image, self.shelf))
        at_ms = self._at_ms(row)
        if before != image:
            for touch in touched:
                self.shelf.touch(touch.cluster, now, at_ms, live=not row.snapshot, patient=touch.patient)
        return Reason.APPLIED

    def _tell_as_it_was(self, touched: set[Touch]) -> None:
        """What only a snapshot told is told as that before something live joins it: without this, the past of whatever
        changes while a snapshot still waits would look like news."""
        for touch in touched:
            dirty = self.shelf.dirty(touch.cluster)
            if dirty is not None and not dirty.live:
                self._tell(replace(dirty, patient=0))

    def settle(self, now: float, limit: int = 200, *, heard_until: float | None = None) -> int:
        """Tell what may be told at `now` (seconds on the clock `take` was given): at most `limit` clusters.

        `heard_until`: when the source was last heard, at least a quiet period ago; None = never. Whatever it was in the
        middle of rewriting then has arrived since. Without it, a source that died in the middle of an edit would make
        the first half look like all there is. Answers how many clusters were told.
        """
        patience, told = self.patience, 0
        quiet = now - patience.quiet_s
        loss = _NEVER if heard_until is None else min(heard_until, quiet) - patience.loss_s
        for dirty in self.shelf.waiting(now - patience.brief_s, now - patience.longest_brief_s, quiet, loss, limit):
            told += self._tell(dirty)
        return told

    def _tell(self, dirty: Dirty) -> int:
        try:
            entities = {(e.kind, e.id): e for e in self.adapter.assemble(dirty.cluster, self.shelf)}
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            # a defect of ours: what was told stands, and the next row of the cluster tries again. Without this one row
            # that nobody foresaw would hold back everything of every practice
            self.refused.append((dirty.cluster.partition("|")[0], Poison(Reason.FAILED, type(error).__name__)))
            self.shelf.settled(dirty.cluster)
            return 0
        lost = [known for known in self.shelf.told_of(dirty.cluster) if known not in entities]
        slow = self.adapter.slow_to_lose
        missing = any(kind in slow for kind, _ in lost) and any(kind not in slow for kind, _ in entities)
        if dirty.patient == 1 and (missing or any(entity.doubtful for entity in entities.values())):
            # what they belong to is there, so they may be about to come, or to come back
            self.shelf.wait_for_the_lost(dirty.cluster)
            return 0
        at = datetime.fromtimestamp((dirty.at_ms or int(dirty.touched_at * 1000)) / 1000, UTC)
        for kind, id_ in lost:
            self._say(kind, id_, dirty, at, None)
        for (kind, id_), entity in entities.items():
            self._say(kind, id_, dirty, at, entity)
        self.shelf.settled(dirty.cluster)
        return 1

    def _say(self, kind: str, id_: str, dirty: Dirty, at: datetime, entity: Entity | None) -> None:
        body = None if entity is None else orjson.dumps(entity.data, option=orjson.OPT_SORT_KEYS)
        mark = None if body is None else blake2b(body, digest_size=12).digest()
        known = self.shelf.told(kind, id_)
        if known is None and mark is None:
            return
        base = self.newest >> ROW_BITS << ROW_BITS
        if known is not None and known.mark == mark:
            if known.cluster != dirty.cluster:
                self.shelf.tell(kind, id_, dirty.cluster, known.rev, mark)
            return
        # within one position of the log the low bits count up; the next position is always higher
        rev = base if known is None else max(base, known.rev + 1)
        op = "delete" if mark is None else "create" if known is None or known.mark is None else "update"
        change = {
            "at": at.isoformat(),
            "entity": kind,
            "op": op,
            "id": id_,
            "rev": rev,
            "part": None,
            "snapshot": not dirty.live,
            "data": {} if entity is None else entity.data,
        }
        try:
            change_of(change)
        except Poison as poison:
            self.refused.append((kind, poison))
            return
        self.shelf.tell(kind, id_, dirty.cluster, rev, mark)
        self.shelf.put_out(dirty.at_ms, orjson.dumps(change))


def read_image(name: str, table: Table, after: Mapping[str, Any]) -> dict[str, Any]:
    """The row in canonical form. Raises Poison naming the column that is missing or cannot be read."""
    image: dict[str, Any] = {}
    for column, how in table.columns.items():
        if column not in after:
            if how.optional:
                image[column] = None
                continue
            raise Poison(Reason.UNAVAILABLE_VALUE, f"{name}.{column}")
        value = after[column]
        try:
            image[column] = None if value is None else how.read(value)
        except (ValueError, TypeError, OverflowError):
            raise Poison(Reason.IMPOSSIBLE_VALUE, f"{name}.{column}") from None
    return image


def _key_of(name: str, table: Table, image: Image | None, row: Row) -> str:
    values = []
    source: Mapping[str, Any] = row.before or row.key or {}
    for column in table.key:
        value = image[column] if image is not None else source.get(column)
        if value is None:
            raise Poison(Reason.IMPOSSIBLE_VALUE, f"{name}.{column}")
        if image is None:
            try:
                value = table.columns[column].read(value)
            except (ValueError, TypeError):
                raise Poison(Reason.IMPOSSIBLE_VALUE, f"{name}.{column}") from None
        values.append(str(value))
    if any(_KEY in value for value in values):
        raise Poison(Reason.IMPOSSIBLE_VALUE, name)
    return _KEY.join(values)


def plain_changes(bodies: Iterable[bytes]) -> list[dict[str, Any]]:
    """Outgoing changes as `schemas.codec.change_of` takes them."""
    return [orjson.loads(body) for body in bodies]

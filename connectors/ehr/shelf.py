"""Which rows does an EHR have now, what was told of them, and what is still to be told? One SQLite file per source.

Positions in the raw topics, rows and outgoing changes are committed together: after a crash nothing is decided twice
differently. Lost, it is rebuilt from the raw topics. Must never be readable by others: it holds records.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from connectors.ehr.joining import Image, Table

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (tbl TEXT, key TEXT, rev INTEGER, body BLOB, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (tbl TEXT, name TEXT, value TEXT, key TEXT, PRIMARY KEY (tbl, name, value, key))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dirty (cluster TEXT PRIMARY KEY, touched_at REAL, first_at REAL, at_ms INTEGER,
  live INTEGER, patient INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (kind TEXT, id TEXT, cluster TEXT, rev INTEGER, mark BLOB, PRIMARY KEY (kind, id))
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS told_by ON told (cluster, kind, id);
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, committed_ms INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS positions (topic TEXT, part INTEGER, next INTEGER, PRIMARY KEY (topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_JOIN = "\x1f"


@dataclass(frozen=True, slots=True)
class Dirty:
    """A cluster that waits. `touched_at`, `first_at`: seconds on the caller's clock; `at_ms`: newest commit at the
    source; `live`: touched by something other than a snapshot."""

    cluster: str
    touched_at: float
    first_at: float
    at_ms: int
    live: bool
    patient: int
    """0 = told after a moment, 1 = after a quiet period, 2 = after a longer one because something is missing."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was last said about an entity; `mark` None = that it is gone."""

    cluster: str
    rev: int
    mark: bytes | None


class Shelf:
    """See `Look` for reading. Nothing is durable before `commit`."""

    @classmethod
    def reading(cls, tables: Mapping[str, Table], path: Path) -> "Shelf":
        """The shelf of another process, as it last committed it; for `one` and `where` only. Raises OSError."""
        shelf = cls.__new__(cls)
        shelf._tables = tables
        try:
            shelf._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
            shelf._db.execute("BEGIN")
        except sqlite3.Error as error:
            raise OSError(f"no shelf to read ({type(error).__name__})") from None
        return shelf

    def __init__(self, tables: Mapping[str, Table], path: Path | None = None) -> None:
        if path is not None:
            # the file itself is private, not only its folder: without this a copy of the folder would not be
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
        self._tables = tables
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA cache_size=-65536")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")

    def commit(self) -> None:
        """Everything so far is durable, together."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def rollback(self) -> None:
        """Everything since the last commit is forgotten."""
        self._db.execute("ROLLBACK")
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Forgets what was not committed."""
        self._db.execute("ROLLBACK")
        self._db.close()

    # --- rows ---------------------------------------------------------------------------------------------------------

    def one(self, table: str, *key: str) -> Image | None:
        """The row with this primary key."""
        found = self._db.execute("SELECT body FROM rows WHERE tbl = ? AND key = ?", (table, _JOIN.join(key))).fetchone()
        return None if found is None or found[0] is None else _image(found[0])

    def where(self, table: str, index: str, *values: str | None) -> Sequence[Image]:
        """The rows an index finds, sorted by primary key as text."""
        if any(value is None for value in values):
            return []
        found = self._db.execute(
            "SELECT rows.body FROM links JOIN rows ON rows.tbl = links.tbl AND rows.key = links.key"
            " WHERE links.tbl = ? AND links.name = ? AND links.value = ? ORDER BY links.key",
            (table, index, _JOIN.join(str(value) for value in values)),
        )
        return [_image(body) for (body,) in found if body is not None]

    def every(self, table: str) -> Iterator[Image]:
        """All rows of a table."""
        bodies = self._db.execute("SELECT body FROM rows WHERE tbl = ? AND body IS NOT NULL", (table,)).fetchall()
        return (_image(body) for (body,) in bodies)

    def revision(self, table: str, key: str) -> int | None:
        """The newest revision known of a row, a deleted one included."""
        found = self._db.execute("SELECT rev FROM rows WHERE tbl = ? AND key = ?", (table, key)).fetchone()
        return None if found is None else int(found[0])

    def keep(self, table: str, key: str, rev: int, image: Image | None) -> None:
        """The row is this now; None = deleted."""
        known = self._db.execute("SELECT body FROM rows WHERE tbl = ? AND key = ?", (table, key)).fetchone()
        old = set() if known is None or known[0] is None else _links(self._tables[table], _image(known[0]))
        new = set() if image is None else _links(self._tables[table], image)
        body = None if image is None else orjson.dumps(image, option=orjson.OPT_SORT_KEYS)
        self._db.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", (table, key, rev, body))
        for name, value in old - new:
            gone = (table, name, value, key)
            self._db.execute("DELETE FROM links WHERE tbl = ? AND name = ? AND value = ? AND key = ?", gone)
        for name, value in new - old:
            self._db.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)", (table, name, value, key))

    def older_than(self, table: str, rev: int) -> list[str]:
        """Keys of the rows that exist and were last heard of before this revision."""
        query = "SELECT key FROM rows WHERE tbl = ? AND rev < ? AND body IS NOT NULL ORDER BY key"
        return [key for (key,) in self._db.execute(query, (table, rev)).fetchall()]

    # --- clusters that wait -------------------------------------------------------------------------------------------

    def touch(self, cluster: str, now: float, at_ms: int, *, live: bool, patient: bool) -> None:
        """The cluster has changed. A piece of a rewrite starts its quiet period anew."""
        self._db.execute(
            "INSERT INTO dirty VALUES (?1, ?2, ?2, ?3, ?4, ?5) ON CONFLICT (cluster) DO UPDATE SET touched_at = ?2,"
            " at_ms = max(at_ms, ?3), live = max(live, ?4), patient = CASE ?5 WHEN 1 THEN 1 ELSE patient END",
            (cluster, now, at_ms, int(live), int(patient)),
        )

    def dirty(self, cluster: str) -> Dirty | None:
        """The cluster, if it waits."""
        found = self._db.execute("SELECT * FROM dirty WHERE cluster = ?", (cluster,)).fetchone()
        return None if found is None else _dirty(found)

    def touch_all_told(self, now: float) -> None:
        """Everything ever told is to be put together anew; what comes of it is no news."""
        self._db.execute(
            "INSERT OR IGNORE INTO dirty SELECT DISTINCT cluster, ?1, ?1, 0, 0, 0 FROM told WHERE mark IS NOT NULL",
            (now,),
        )

    def waiting(self, brief: float, longest: float, quiet: float, loss: float, limit: int) -> list[Dirty]:
        """Clusters last touched before `brief` or waiting since before `longest`; patient ones last touched before
        `quiet`, those that lost something before `loss`. Live ones first, the longest waiting first."""
        found = self._db.execute(
            "SELECT * FROM dirty WHERE (patient = 0 AND (touched_at <= ? OR first_at <= ?))"
            " OR (patient = 1 AND touched_at <= ?) OR (patient = 2 AND touched_at <= ?)"
            " ORDER BY live DESC, touched_at LIMIT ?",
            (brief, longest, quiet, loss, limit),
        )
        return [_dirty(row) for row in found.fetchall()]

    def wait_for_the_lost(self, cluster: str) -> None:
        """Something it had is missing: it waits longer, unless another piece arrives."""
        self._db.execute("UPDATE dirty SET patient = 2 WHERE cluster = ?", (cluster,))

    def count_waiting(self) -> int:
        """How many clusters wait."""
        return int(self._db.execute("SELECT count(*) FROM dirty").fetchone()[0])

    def settled(self, cluster: str) -> None:
        """It no longer waits."""
        self._db.execute("DELETE FROM dirty WHERE cluster = ?", (cluster,))

    # --- what was told ------------------------------------------------------------------------------------------------

    def told(self, kind: str, id_: str) -> Told | None:
        """What was last said about this entity."""
        query = "SELECT cluster, rev, mark FROM told WHERE kind = ? AND id = ?"
        found = self._db.execute(query, (kind, id_)).fetchone()
        return None if found is None else Told(*found)

    def told_of(self, cluster: str) -> list[tuple[str, str]]:
        """Kind and id of every entity this cluster last spoke of and that is not gone."""
        query = "SELECT kind, id FROM told WHERE cluster = ? AND mark IS NOT NULL ORDER BY kind, id"
        return [(kind, id_) for kind, id_ in self._db.execute(query, (cluster,)).fetchall()]

    def tell(self, kind: str, id_: str, cluster: str, rev: int, mark: bytes | None) -> None:
        """This is the last word on the entity."""
        self._db.execute("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?)", (kind, id_, cluster, rev, mark))

    # --- what is to be sent -------------------------------------------------------------------------------------------

    def put_out(self, committed_ms: int, body: bytes) -> None:
        """One change to be sent."""
        self._db.execute("INSERT INTO outbox (committed_ms, body) VALUES (?, ?)", (committed_ms, body))

    def outgoing(self, limit: int) -> list[tuple[int, int, bytes]]:
        """Number, commit time and body of the changes to be sent next, in their order."""
        query = "SELECT number, committed_ms, body FROM outbox ORDER BY number LIMIT ?"
        return [(number, at, body) for number, at, body in self._db.execute(query, (limit,)).fetchall()]

    def sent(self, until: int) -> None:
        """Everything up to this number was sent."""
        self._db.execute("DELETE FROM outbox WHERE number <= ?", (until,))

    # --- positions and notes ------------------------------------------------------------------------------------------

    def positions(self) -> dict[tuple[str, int], int]:
        """Topic and partition → the next offset to read."""
        return {(topic, part): next_ for topic, part, next_ in self._db.execute("SELECT * FROM positions").fetchall()}

    def read_until(self, topic: str, part: int, next_offset: int) -> None:
        """Everything before this offset has been taken in."""
        self._db.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (topic, part, next_offset))

    def note(self, name: str) -> str | None:
        """A remembered value."""
        found = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def remember(self, name: str, value: str) -> None:
        """Remember a value."""
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))


def _dirty(row: tuple[Any, ...]) -> Dirty:
    cluster, touched_at, first_at, at_ms, live, patient = row
    return Dirty(cluster, touched_at, first_at, at_ms, bool(live), int(patient))


def _image(body: bytes) -> dict[str, Any]:
    image: dict[str, Any] = orjson.loads(body)
    return image


def _links(table: Table, image: Image) -> set[tuple[str, str]]:
    links = set()
    for name, columns in table.indexes.items():
        values = [_indexed(image, column) for column in columns]
        if None not in values:
            links.add((name, _JOIN.join(str(value) for value in values)))
    return links


def _indexed(image: Image, column: str) -> str | None:
    name, _, cut = column.partition(":")
    value = image.get(name)
    return None if value is None else str(value)[:10] if cut == "day" else str(value)

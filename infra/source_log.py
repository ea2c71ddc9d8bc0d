"""Is a database's binary log still the one that change capture was reading, or did it begin anew?
Asks the database for its place; remembers the furthest one in `run/source-<name>-log.json`.
Must never take a place of a new log for one of the old: every row after it would look older than what is known.
"""

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from infra.mariadb import Asking, opened
from infra.secrets_file import write_private
from infra.sources import Source

_FILE: Final = re.compile(r"(.+)\.(\d{1,6})")


@dataclass(frozen=True)
class LogPlace:
    """How far a log has come. `base`: added to its files' numbers, so that a log that began anew goes on counting."""

    server: str
    name: str
    file: int
    position: int
    written: int
    """How many transactions were ever written to it (the sequence number of its GTIDs)."""
    base: int = 0

    def follows(self, known: "LogPlace") -> bool:
        """Whether this is the same log, as far or further."""
        same = (self.server, self.name) == (known.server, known.name)
        return same and (self.file, self.position) >= (known.file, known.position) and self.written >= known.written


def place_of(database: Asking) -> LogPlace | None:
    """Where the log is now; None if there is none."""
    rows = database.rows("SHOW MASTER STATUS")
    named = _FILE.fullmatch(str(rows[0][0])) if rows else None
    if named is None:
        return None
    server = database.value("SELECT @@server_id")
    numbers = [int(text.rpartition("-")[2]) for text in database.value("SELECT @@gtid_binlog_pos").split(",") if text]
    return LogPlace(server, named.group(1), int(named.group(2)), int(rows[0][1]), sum(numbers))


def look(source: Source, home: Path) -> tuple[LogPlace, bool]:
    """Where the source's log is now, and whether it is another one than was read last. Raises NotReachable. Nothing is
    remembered before `remember`: what follows from it must have been done."""
    with opened(source) as database:
        now = place_of(database)
    known = known_place(source, home)
    if now is None:
        return known or LogPlace("", "", 0, 0, 0), False
    if known is None:
        return now, False
    if now.follows(known):
        return replace(now, base=known.base), False
    return replace(now, base=known.base + known.file + 1), True


def known_place(source: Source, home: Path) -> LogPlace | None:
    """The furthest place that was remembered."""
    try:
        return LogPlace(**json.loads(_file(source, home).read_text()))
    except FileNotFoundError:
        return None


def remember(source: Source, place: LogPlace, home: Path) -> None:
    """The log has come as far as this."""
    # an older place after a power cut is still one of this log
    write_private(_file(source, home), json.dumps(asdict(place)), durable=False)


def _file(source: Source, home: Path) -> Path:
    return home / "run" / f"source-{source.name}-log.json"

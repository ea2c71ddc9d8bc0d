"""What is there to work off? The reference practices' life, as rows, as raw messages and as change sets.

Practices beyond the simulated ones are the same ones under other ids.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from connectors.ehr.row import Row
from schemas.change import Change, ChangeSet
from tests.infra.practice.capturing import Capture, acts_until, care_changes

ANCHOR = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
SEED = 7
DAYS = 30


@cache
def rows(days: int = DAYS) -> tuple[Row, ...]:
    """Every row event of the last days, in the order of the commits."""
    capture = Capture()
    return tuple(row for act in acts_until(ANCHOR, SEED, ANCHOR, days) for row in capture.events(act))


def renamed(row: Row, copy: int) -> Row:
    """The same of another practice."""
    if not copy:
        return row

    def named(image: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**image, "practice_id": f"{image['practice_id']}-{copy}"} if "practice_id" in image else image

    before, after = (None if image is None else named(image) for image in (row.before, row.after))
    return replace(row, key=named(row.key), before=before, after=after)


def raw_message(row: Row) -> tuple[str, bytes, bytes]:
    """Topic, key and value as change capture writes them."""
    at_ms = int(row.committed_at.timestamp() * 1000)
    source = {"lsn": row.rev, "table": row.table, "ts_ms": at_ms, "snapshot": "false", "schema": "public"}
    envelope = {"op": row.op, "before": row.before, "after": row.after, "source": source, "ts_ms": at_ms}
    return f"raw.ehr.public.{row.table}", json.dumps(row.key).encode(), json.dumps(envelope).encode()


@cache
def changes(days: int = DAYS) -> tuple[tuple[str, datetime, Change], ...]:
    """Practice, time of the commit and change, in the order of the commits."""
    return tuple(
        (practice_id, row.committed_at, change) for row in rows(days) for practice_id, change in care_changes([row])
    )


def change_sets(size: int, limit: int, copies: int = 1) -> Iterator[ChangeSet]:
    """The first changes of every practice in sets of `size`, oldest first; `limit` counts the changes of all copies."""
    waiting: dict[str, list[Change]] = defaultdict(list)
    for practice_id, at, change in changes()[: limit // copies]:
        mine = waiting[practice_id]
        mine.append(change)
        if len(mine) == size:
            del waiting[practice_id]
            for copy in range(copies):
                yield _set_of(practice_id, copy, at, mine)


def _set_of(practice_id: str, copy: int, now: datetime, of: list[Change]) -> ChangeSet:
    own = f"{practice_id}-{copy}" if copy else practice_id
    named = (change.model_copy(update={"id": own}) if change.entity == "practice" else change for change in of)
    return ChangeSet(practice_id=own, now=now, changes=tuple(named))

"""What does a change-capture message say? Debezium's JSON envelope (PostgreSQL, MariaDB) → one Row, or a named nothing.

Pure. Never prints what a row holds; a message it cannot read is a Poison.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.ehr.row import Row, RowOp
from schemas.reasons import Poison, Reason

_OPS: dict[str, RowOp] = {"c": "c", "u": "u", "d": "d", "r": "r"}
_TABLE_ENDS = frozenset({"last_in_data_collection", "last"})
_BINLOG_FILE = re.compile(r".*\.(\d{1,6})")

POSITION_BITS, ROW_BITS = 32, 12
"""Of a revision made from a binlog: the position in its file, and the row within one event; the rest is the file."""


def row_of(key: bytes | None, value: bytes | None) -> Row | Reason:
    """The row event of PostgreSQL; TOMBSTONE, TRANSACTION_MARKER or HEARTBEAT for messages that carry none.

    `rev` is the position in the write-ahead log: higher is newer for any row of this database, snapshots included.
    Raises Poison UNDECODABLE for bytes that are not an envelope, IMPOSSIBLE_VALUE for one without a position.
    """
    return _row_of(key, value, _log_sequence_number)


def binlog_row_of(key: bytes | None, value: bytes | None) -> Row | Reason:
    """The row event of MariaDB, as `row_of`. `rev` is file, position and row in the binary log, in this order."""
    return _row_of(key, value, _binlog_position)


def _row_of(key: bytes | None, value: bytes | None, position: Callable[[dict[str, Any]], int]) -> Row | Reason:
    if value is None:
        return Reason.TOMBSTONE
    envelope = _object(value)
    if "op" not in envelope:
        if "status" in envelope and "event_count" in envelope:
            return Reason.TRANSACTION_MARKER
        if "ts_ms" in envelope and len(envelope) == 1:
            return Reason.HEARTBEAT
        raise Poison(Reason.UNDECODABLE, "no operation")
    op = _OPS.get(str(envelope["op"]))
    if op is None:
        return Reason.NOT_MAPPED  # truncate and logical messages say nothing about one row
    source = envelope.get("source")
    if not isinstance(source, dict):
        raise Poison(Reason.UNDECODABLE, "no source")
    table, ts_ms = source.get("table"), source.get("ts_ms")
    if not isinstance(ts_ms, int) or not isinstance(table, str):
        raise Poison(Reason.IMPOSSIBLE_VALUE, "source.ts_ms or source.table")
    try:
        committed_at = datetime.fromtimestamp(ts_ms / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise Poison(Reason.IMPOSSIBLE_VALUE, "source.ts_ms") from None
    snapshot = str(source.get("snapshot") or "false")
    return Row(
        table=table,
        op=op,
        key=_object(key) if key else {},
        before=_image(envelope.get("before")),
        after=_image(envelope.get("after")),
        rev=position(source),
        committed_at=committed_at,
        snapshot=op == "r" or snapshot not in ("false", "None"),
        ends_table=snapshot in _TABLE_ENDS,
    )


def _log_sequence_number(source: dict[str, Any]) -> int:
    lsn = source.get("lsn")
    if not isinstance(lsn, int):
        raise Poison(Reason.IMPOSSIBLE_VALUE, "source.lsn")
    return lsn


def _binlog_position(source: dict[str, Any]) -> int:
    file, position, row = source.get("file"), source.get("pos"), source.get("row")
    named = _BINLOG_FILE.fullmatch(file) if isinstance(file, str) else None
    if named is None or not isinstance(position, int) or not 0 <= position < 1 << POSITION_BITS:
        raise Poison(Reason.IMPOSSIBLE_VALUE, "source.file or source.pos")
    within = min(row, (1 << ROW_BITS) - 1) if isinstance(row, int) and row > 0 else 0
    revision = ((int(named.group(1)) << POSITION_BITS | position) << ROW_BITS) | within
    if revision >= 1 << 63:  # more than half a million binlog files
        raise Poison(Reason.IMPOSSIBLE_VALUE, "source.file")
    return revision


def later_log(row: Row, header: str | bytes | None) -> Row:
    """A row of a log that began anew, with a revision after all of the log before it. Raises Poison IMPOSSIBLE_VALUE
    for a header that is none of ours."""
    if header is None:
        return row
    text = header.decode("ascii", "replace") if isinstance(header, bytes) else header
    base = int(text) if re.fullmatch(r"\d{1,6}", text) else -1
    revision = row.rev + (base << POSITION_BITS + ROW_BITS)
    if base < 0 or revision >= 1 << 63:
        raise Poison(Reason.IMPOSSIBLE_VALUE, "header conjoint-log")
    return row if base == 0 else replace(row, rev=revision)


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Poison(Reason.UNDECODABLE, "not JSON") from None
    if not isinstance(parsed, dict):
        raise Poison(Reason.UNDECODABLE, "not an object")
    return parsed


def _image(value: Any) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        raise Poison(Reason.UNDECODABLE, "row image")
    return value

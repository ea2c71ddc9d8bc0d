"""What does a change-capture message say? Debezium's JSON envelope (PostgreSQL) → one Row, or a named nothing.

Pure. Never prints what a row holds; a message it cannot read is a Poison.
"""

from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.ehr.row import Row, RowOp
from schemas.reasons import Poison, Reason

_OPS: dict[str, RowOp] = {"c": "c", "u": "u", "d": "d", "r": "r"}


def row_of(key: bytes | None, value: bytes | None) -> Row | Reason:
    """The row event; TOMBSTONE, TRANSACTION_MARKER or HEARTBEAT for messages that carry none.

    `rev` is the position in the write-ahead log: higher is newer for any row of this database, snapshots included.
    Raises Poison UNDECODABLE for bytes that are not an envelope, IMPOSSIBLE_VALUE for one without a position.
    """
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
    lsn, table, ts_ms = source.get("lsn"), source.get("table"), source.get("ts_ms")
    if not isinstance(lsn, int) or not isinstance(ts_ms, int) or not isinstance(table, str):
        raise Poison(Reason.IMPOSSIBLE_VALUE, "source.lsn, source.ts_ms or source.table")
    try:
        committed_at = datetime.fromtimestamp(ts_ms / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise Poison(Reason.IMPOSSIBLE_VALUE, "source.ts_ms") from None
    return Row(
        table=table,
        op=op,
        key=_object(key) if key else {},
        before=_image(envelope.get("before")),
        after=_image(envelope.get("after")),
        rev=lsn,
        committed_at=committed_at,
        snapshot=op == "r" or str(source.get("snapshot") or "false") not in ("false", "None"),
    )


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

"""Which bytes does clickhouse-go (Grafana's driver) expect where chDB has none? Its greeting, and empty results.
Reads and writes nothing: bytes of ClickHouse's Native format only.
Must never report a revision above 0: the driver would then expect every later block in the revisioned form.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

REVISIONED_PROTOCOL = 54454
"""`client_protocol_version` from which the driver reads the greeting with its own revision."""
_GREETING = re.compile(rb"\s*SELECT\s+displayName\(\),\s*version\(\),\s*revision\(\),\s*timezone\(\)", re.IGNORECASE)
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
"""Fields 1 (is_overflows = 0) and 2 (bucket_num = -1), then the end mark."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What the engine says about itself."""

    display_name: str
    version: str
    timezone: str


def asks_for_greeting(sql: bytes, client_protocol_version: int) -> bool:
    """True for the first query of clickhouse-go on a connection."""
    return client_protocol_version >= REVISIONED_PROTOCOL and _GREETING.match(sql) is not None


def greeting(facts: EngineFacts) -> bytes:
    """One revisioned Native block with revision 0, after which the driver reads plain Native."""
    columns = (
        (b"displayName()", b"String", _text(facts.display_name)),
        (b"version()", b"String", _text(facts.version)),
        (b"revision()", b"UInt32", (0).to_bytes(4, "little")),
        (b"timezone()", b"String", _text(facts.timezone)),
    )
    no_custom_serialization = b"\x00"
    return (
        _BLOCK_INFO
        + _varint(len(columns))
        + _varint(1)
        + b"".join(
            _varint(len(name)) + name + _varint(len(kind)) + kind + no_custom_serialization + value
            for name, kind, value in columns
        )
    )


def header_block(columns: Sequence[tuple[str, str]]) -> bytes:
    """A Native block of (name, type) columns and no rows: a server sends it for an empty result, chDB sends nothing."""
    return _varint(len(columns)) + _varint(0) + b"".join(_text(name) + _text(type_name) for name, type_name in columns)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _varint(len(raw)) + raw


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)

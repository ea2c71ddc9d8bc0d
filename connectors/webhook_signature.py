"""Was this delivery signed by somebody who knows the secret, and just now?
Pure: reads headers, a body and a clock's answer. The sender's half (`sign`) stands beside the receiver's.
Must never tell a wrong secret from a changed body, nor take longer for one than for the other.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

HEADER_TIMESTAMP: Final = "Conjoint-Timestamp"
HEADER_SIGNATURE: Final = "Conjoint-Signature"
HEADER_DELIVERY: Final = "Conjoint-Delivery"
MAX_SIGNATURES: Final = 8

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_ENTRY: Final = re.compile(r"v1=([0-9a-fA-F]{64})")
_NOBODYS_SECRET: Final = hashlib.sha256(b"a practice that has no secret takes as long as one that has").hexdigest()


class Verdict(StrEnum):
    """What the headers are worth; the word is the outcome that the sender is told."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"  # no timestamp or signature of the known form
    OUTSIDE_WINDOW = "outside_time_window"  # too old or too far ahead of our clock
    WRONG_SIGNATURE = "wrong_signature"  # another secret, another body or another timestamp


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of `Conjoint-Signature` for a body sent at `timestamp` (Unix seconds, also in `Conjoint-Timestamp`).

    HMAC-SHA256 over "<timestamp>.<body>", in lower-case hex after "v1=". While a secret is being replaced a sender
    may join the values of both with a comma.

    >>> sign("a secret of two", 1767225600, b"{}")[:19]
    'v1=b2466d2f1b376ca4'
    """
    return f"v1={_hex(secret, str(timestamp), body)}"


def signed_at(timestamps: Sequence[str]) -> int | None:
    """The moment the headers claim, None unless there is exactly one of the known form."""
    if len(timestamps) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]):
        return None
    return int(timestamps[0])


def is_signed(secrets: Sequence[str], timestamp: str, signatures: Sequence[str], body: bytes) -> bool:
    """Whether one of the signatures was made with one of the secrets. Compares all with all, in constant time."""
    given = entries(signatures)
    found = False
    for secret in secrets or (_NOBODYS_SECRET,):
        right = _hex(secret, timestamp, body)
        for one in given:
            found |= hmac.compare_digest(right, one)
    return found and bool(secrets)


def entries(signatures: Sequence[str]) -> list[str]:
    """The signatures of the known version; others are left out, so that a new version can travel beside it."""
    parts = [part.strip() for line in signatures for part in line.split(",")]
    matches = [_ENTRY.fullmatch(part) for part in parts[: 2 * MAX_SIGNATURES]]
    return [match[1].lower() for match in matches if match][:MAX_SIGNATURES]


def verdict(
    secrets: Sequence[str],
    timestamps: Sequence[str],
    signatures: Sequence[str],
    body: bytes,
    now: float,
    window_s: int,
) -> Verdict:
    """The whole check at once, in the order that costs least."""
    early = claim(timestamps, signatures, now, window_s)
    if early is not Verdict.SIGNED:
        return early
    return Verdict.SIGNED if is_signed(secrets, timestamps[0], signatures, body) else Verdict.WRONG_SIGNATURE


def claim(timestamps: Sequence[str], signatures: Sequence[str], now: float, window_s: int) -> Verdict:
    """What can be said before the body is read; SIGNED means only: not refused yet."""
    moment = signed_at(timestamps)
    if moment is None or not entries(signatures):
        return Verdict.UNSIGNED
    return Verdict.SIGNED if abs(now - moment) <= window_s else Verdict.OUTSIDE_WINDOW


def _hex(secret: str, timestamp: str, body: bytes) -> str:
    mac = hmac.new(secret.encode(), timestamp.encode(), hashlib.sha256)
    mac.update(b".")
    mac.update(body)
    return mac.hexdigest()

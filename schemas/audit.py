"""What is an audit entry, and how does it hold on to the one before? Pure: no database, clock or file here.

Ids, codes and hashes only: an entry must never carry a name, a birth date or clinical text.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from schemas.record import ByCode, Count, Id, Instant, Label, Schema, Word

INSTALLATION: Final = "*"
"""The chain of what concerns no single practice, such as the sign-in of an administrator."""
GENESIS: Final = "0" * 64
"""What the first entry of a chain holds on to."""


class Action(StrEnum):
    """Everything that is recorded."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    DRAFT_GENERATED = "draft_generated"
    DRAFT_BLOCKED = "draft_blocked"
    DRAFT_WITHDRAWN = "draft_withdrawn"
    TEXT_VIEWED = "text_viewed"
    SECTION_EDITED = "section_edited"
    SECTION_APPROVED = "section_approved"
    SECTION_REJECTED = "section_rejected"
    SECTION_REOPENED = "section_reopened"
    TEMPLATE_CHANGED = "template_changed"
    DRAFT_SIGNED = "draft_signed"
    DRAFT_COSIGNED = "draft_cosigned"
    DRAFT_RETURNED = "draft_returned"
    DRAFT_DISCARDED = "draft_discarded"
    NOTE_WRITTEN = "note_written"
    NOTE_REFUSED = "note_refused"
    NOTE_RETRIED = "note_retried"
    ADDENDUM_SIGNED = "addendum_signed"
    DISCLOSED = "disclosed"
    EXPORTED = "exported"
    POLICY_CHANGED = "policy_changed"
    ROLLOUT_MOVED = "rollout_moved"
    STYLE_RESET = "style_reset"
    CONSENT_ACTED = "consent_acted"
    CLAIM_ACTED = "claim_acted"
    DEAD_LETTER_REPLAYED = "dead_letter_replayed"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_CLOSED = "user_closed"
    USER_OPENED = "user_opened"
    PASSWORD_MADE = "password_made"  # noqa: S105 - what was done, no secret
    USER_LINKED = "user_linked"


class AuditEvent(Schema):
    """Something somebody did, before it has its place in a chain. `chain`: a practice's id, or INSTALLATION.

    `before_sha256`, `after_sha256`: of the text before and after an edit, so that it can be proven but not read.
    """

    chain: Id
    at: Instant
    user_name: Id
    role: Word
    action: Word
    object_kind: Word
    object_id: Id
    reason: Label = ""
    before_sha256: Word | None = None
    after_sha256: Word | None = None
    details: ByCode[Label] = {}


class AuditEntry(AuditEvent):
    """An event in its place: `previous` is the hash of the entry before it in the chain, `sha256` its own."""

    seq: Count
    previous: Word
    sha256: Word


def content_hash(value: Any) -> str:
    """SHA-256 of a JSON value in canonical form (sorted keys), or of a text as it is."""
    data = value.encode() if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()


def details_text(details: dict[str, str]) -> str:
    """Details as they are stored and hashed."""
    return orjson.dumps(details, option=orjson.OPT_SORT_KEYS).decode()


def chained(event: AuditEvent, seq: int, previous: str) -> AuditEntry:
    """The event as entry `seq` of its chain."""
    facts = {name: getattr(event, name) for name in AuditEvent.model_fields}
    return AuditEntry(**facts, seq=seq, previous=previous, sha256=_hash(event, seq, previous))


def _hash(event: AuditEvent, seq: int, previous: str) -> str:
    facts: dict[str, Any] = {name: getattr(event, name) for name in AuditEvent.model_fields}
    facts["at"] = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return content_hash({**facts, "seq": seq, "previous": previous})


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a chain does not hold. `what`: altered, missing, reordered or forked."""

    chain: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"entry {self.seq} of chain {self.chain} is {self.what}"


def first_break(chain: str, entries: Iterable[AuditEntry]) -> Break | None:
    """Where a chain, read in the order of `seq`, first does not hold; None when it holds to its end.

    The end itself can only be known from a checkpoint kept elsewhere: see `missing_end`.
    """
    place_of = {GENESIS: 0}
    previous, expected = GENESIS, 1
    for entry in entries:
        if entry.seq > expected:
            return Break(chain, expected, "missing")
        if entry.seq < expected:
            return Break(chain, entry.seq, "there twice")
        if _hash(entry, entry.seq, entry.previous) != entry.sha256:
            return Break(chain, entry.seq, "reordered" if _was_elsewhere(entry, place_of) else "altered")
        if entry.previous != previous:
            # it is whole in itself, so what it held on to is not what stands before it now
            return Break(chain, expected - 1 if expected > 1 else expected, "altered")
        place_of[entry.sha256] = entry.seq
        previous, expected = entry.sha256, expected + 1
    return None


def _was_elsewhere(entry: AuditEntry, place_of: dict[str, int]) -> bool:
    """Whether the entry is whole but was made for another place: near here, for entries are swapped with neighbours,
    or right after an entry that was read already."""
    near = {entry.seq + step for step in range(-1_000, 1_001)} | {place_of.get(entry.previous, 0) + 1}
    return any(_hash(entry, seq, entry.previous) == entry.sha256 for seq in near if seq != entry.seq)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a checkpoint says about a chain: entry `seq` existed then and had this hash."""

    chain: str
    seq: int
    sha256: str
    at: datetime

    def signed_bytes(self) -> bytes:
        """What the signature of a checkpoint covers."""
        facts = [self.chain, self.seq, self.sha256, self.at.astimezone(UTC).isoformat(timespec="microseconds")]
        return orjson.dumps(facts)


def broken_mark(chain: str, hashes: dict[int, str], marks: Iterable[Mark]) -> Break | None:
    """The first mark that a chain (hash by seq) does not bear out: cut off at its end, or written anew as a whole."""
    for mark in sorted(_of(chain, marks), key=lambda one: one.seq):
        known = hashes.get(mark.seq)
        if known is None:
            return Break(chain, min(set(range(1, mark.seq + 1)) - hashes.keys(), default=mark.seq), "missing")
        if known != mark.sha256:
            return Break(chain, mark.seq, "altered since its checkpoint")
    return None


def _of(chain: str, marks: Iterable[Mark]) -> Iterator[Mark]:
    return (mark for mark in marks if mark.chain == chain)

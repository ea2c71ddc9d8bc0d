"""How is a cut-off end of the audit chain noticed? Signed checkpoints and heads in files outside the database.
Reads the newest entry of each chain; appends to `checkpoints.jsonl`, replaces `heads.jsonl` beside it (both 0600).
Must never let go of a checkpoint, nor of a head that the database no longer bears out, nor sign what it has not read.
"""

import asyncio
import base64
import itertools
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dashboards.desk import audit_log
from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError
from schemas.audit import Mark

EVERY_S: Final = 60.0
HEADS_EVERY_S: Final = 1.0
"""So long an entry can be cut off unseen while the worker runs. Each head takes the place of the one before, so a busy
practice does not fill the disk."""
log = logging.getLogger("conjoint.desk")

_HEADS: Final = f"""{audit_log.CHAINS}
SELECT head.chain, head.seq, head.sha256, held.sha256 AS sha256_then
FROM chains CROSS JOIN LATERAL
    (SELECT * FROM audit_entry e WHERE e.chain = chains.chain ORDER BY seq DESC LIMIT 1) head
LEFT JOIN unnest($1::text[], $2::bigint[]) AS known (chain, seq) ON known.chain = head.chain
LEFT JOIN audit_entry held ON held.chain = known.chain AND held.seq = known.seq"""  # noqa: S608 - our own text


class CheckpointError(ValueError):
    """A line of the checkpoint file is not one of ours; the message names the line."""


def key_of(seed: str) -> Ed25519PrivateKey:
    """The signing key of an installation, from 32 bytes in URL-safe base64."""
    return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(seed + "=" * (-len(seed) % 4)))


@dataclass
class Checkpoints:
    """The file, and the key that signs its lines."""

    path: Path
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def public_key(self) -> str:
        """For an auditor, who verifies without being able to sign."""
        return self.key.public_key().public_bytes_raw().hex()

    def read(self) -> list[Mark]:
        """Every checkpoint, oldest first. Raises CheckpointError for a line that was altered."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().splitlines()
        return [_mark(line, number, self.key.public_key()) for number, line in enumerate(lines, 1)]

    def append(self, marks: list[Mark]) -> None:
        """Adds lines and waits until they are on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.writelines(self._line(mark) for mark in marks)
            file.flush()
            os.fsync(file.fileno())

    @property
    def heads_path(self) -> Path:
        """Where the newest entry of each chain is kept."""
        return self.path.with_name("heads.jsonl")

    def read_heads(self) -> dict[str, Mark]:
        """The newest entry of each chain as last seen. Raises CheckpointError for a line that was altered."""
        if not self.heads_path.exists():
            return {}
        lines = self.heads_path.read_bytes().splitlines()
        marks = [_mark(line, number, self.key.public_key(), "head") for number, line in enumerate(lines, 1)]
        return {mark.chain: mark for mark in marks}

    def keep_heads(self, heads: Mapping[str, Mark]) -> None:
        """Takes the place of the heads before; the file is the old one or the new one, never half of it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.heads_path.with_name(f".{self.heads_path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(self._line(mark) for _, mark in sorted(heads.items()))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.heads_path)

    def _line(self, mark: Mark) -> bytes:
        signature = self.key.sign(mark.signed_bytes()).hex()
        facts = {"chain": mark.chain, "seq": mark.seq, "sha256": mark.sha256, "at": mark.at.isoformat()}
        return orjson.dumps({**facts, "signature": signature}) + b"\n"


def _mark(line: bytes, number: int, key: Ed25519PublicKey, what: str = "checkpoint") -> Mark:
    try:
        stored: dict[str, Any] = orjson.loads(line)
        mark = Mark(stored["chain"], stored["seq"], stored["sha256"], datetime.fromisoformat(stored["at"]))
        key.verify(bytes.fromhex(stored["signature"]), mark.signed_bytes())
    except (ValueError, KeyError, TypeError, InvalidSignature):
        raise CheckpointError(f"{what} {number} was altered") from None
    return mark


@dataclass
class Checkpointing:
    """Marks the ends of all chains, again and again."""

    desk: DeskDatabase
    checkpoints: Checkpoints
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _marked: dict[str, int] = field(default_factory=dict)
    _heads: dict[str, Mark] = field(default_factory=dict)
    _accused: set[str] = field(default_factory=set)

    async def follow(self) -> None:
        """Until cancelled, then once more."""
        marks = self.checkpoints.read()
        self._marked = {mark.chain: mark.seq for mark in marks}
        self._heads = {mark.chain: mark for mark in marks} | self.checkpoints.read_heads()
        looks_a_checkpoint = round(EVERY_S / HEADS_EVERY_S)
        try:
            for look in itertools.count():
                await self._mark_if_it_answers(checkpoint=look % looks_a_checkpoint == 0)
                await asyncio.sleep(HEADS_EVERY_S)
        finally:
            await self._mark_if_it_answers(checkpoint=True)

    async def _mark_if_it_answers(self, *, checkpoint: bool) -> None:
        try:
            await (self.mark() if checkpoint else self.keep_heads())
        except DeskUnavailableError:
            if checkpoint:
                log.warning("no checkpoint: the desk's database does not answer")

    async def keep_heads(self) -> int:
        """Keep the newest entry of every chain that has grown; how many that were. A chain that does not bear out its
        head is not followed any further: the head becomes a checkpoint, so that `audit verify` names the place."""
        known = list(self._heads.values())
        async with self.desk.transaction() as connection:
            rows = await connection.fetch(_HEADS, [one.chain for one in known], [one.seq for one in known])
        now = self.clock()
        found = {row["chain"]: row for row in rows}
        cut = [one for one in known if one.chain not in found or found[one.chain]["sha256_then"] != one.sha256]
        grown = {
            chain: Mark(chain, row["seq"], row["sha256"], now)
            for chain, row in found.items()
            if chain not in self._heads or row["seq"] > self._heads[chain].seq
        }
        for one in cut:
            grown.pop(one.chain, None)
        accused = [one for one in cut if one.chain not in self._accused]
        if accused:
            log.error("%d audit chains were cut or altered; run: conjoint audit verify", len(accused))
            await asyncio.to_thread(self.checkpoints.append, accused)
            self._accused |= {one.chain for one in accused}
        if grown:
            self._heads |= grown
            await asyncio.to_thread(self.checkpoints.keep_heads, self._heads)
        return len(grown)

    async def mark(self) -> int:
        """Checkpoint every chain that has grown; how many that were."""
        await self.keep_heads()
        marks = [
            mark
            for chain, mark in self._heads.items()
            if chain not in self._accused and mark.seq > self._marked.get(chain, 0)
        ]
        if marks:
            await asyncio.to_thread(self.checkpoints.append, marks)
            self._marked |= {mark.chain: mark.seq for mark in marks}
        return len(marks)

"""How is a cut-off end of the audit chain noticed? Signed checkpoints in a file outside the database.
Reads the newest entry of each chain; appends Ed25519-signed lines to `<home>/audit/checkpoints.jsonl` (0600).
Must never let go of a line that was written, nor sign what it has not read from the database.
"""

import asyncio
import base64
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dashboards.desk.database import DeskDatabase, DeskUnavailableError
from schemas.audit import Mark

EVERY_S: Final = 60.0
log = logging.getLogger("conjoint.desk")


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
            for mark in marks:
                signature = self.key.sign(mark.signed_bytes()).hex()
                facts = {"chain": mark.chain, "seq": mark.seq, "sha256": mark.sha256, "at": mark.at.isoformat()}
                file.write(orjson.dumps({**facts, "signature": signature}) + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _mark(line: bytes, number: int, key: Ed25519PublicKey) -> Mark:
    try:
        stored: dict[str, Any] = orjson.loads(line)
        mark = Mark(stored["chain"], stored["seq"], stored["sha256"], datetime.fromisoformat(stored["at"]))
        key.verify(bytes.fromhex(stored["signature"]), mark.signed_bytes())
    except (ValueError, KeyError, TypeError, InvalidSignature):
        raise CheckpointError(f"checkpoint {number} was altered") from None
    return mark


@dataclass
class Checkpointing:
    """Marks the ends of all chains, again and again."""

    desk: DeskDatabase
    checkpoints: Checkpoints
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _marked: dict[str, int] = field(default_factory=dict)

    async def follow(self) -> None:
        """Until cancelled, then once more."""
        self._marked = {mark.chain: mark.seq for mark in self.checkpoints.read()}
        try:
            while True:
                await self._mark_if_it_answers()
                await asyncio.sleep(EVERY_S)
        finally:
            await self._mark_if_it_answers()

    async def _mark_if_it_answers(self) -> None:
        try:
            await self.mark()
        except DeskUnavailableError:
            log.warning("no checkpoint: the desk's database does not answer")

    async def mark(self) -> int:
        """Checkpoint every chain that has grown; how many that were."""
        async with self.desk.transaction() as connection:
            rows = await connection.fetch(
                "SELECT DISTINCT ON (chain) chain, seq, sha256 FROM audit_entry ORDER BY chain, seq DESC"
            )
        now = self.clock()
        marks = [
            Mark(row["chain"], row["seq"], row["sha256"], now)
            for row in rows
            if row["seq"] > self._marked.get(row["chain"], 0)
        ]
        if marks:
            await asyncio.to_thread(self.checkpoints.append, marks)
            self._marked |= {mark.chain: mark.seq for mark in marks}
        return len(marks)

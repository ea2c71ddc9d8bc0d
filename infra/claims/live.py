"""How do claims come before the biller on a running platform, and how does the EHR learn what went out?
Reads the changelogs of the keeper's files (what it last committed) and decisions; writes proposals to the desk's
database and, through the EHR's own hook, claims that were sent. Must never send a claim to a payer.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from dashboards.claims.intake import ClaimIntake, Sent
from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError
from schemas.claim_proposal import ClaimFix, ClaimProposal, NotProposed
from schemas.metrics import CLAIM_PROPOSALS
from schemas.remittance import ClaimAnswer
from schemas.topics import MAX_MESSAGE_BYTES
from streams.agents import GROUP
from streams.claims.kept_files import KeptFiles
from streams.claims.proposing import propose
from streams.claims.sending import sender_of
from streams.files import FileKey, FileKind

LOG: Final = logging.getLogger(__name__)
AT_ONCE: Final = 40
"""Sessions proposed in one go: between two, what arrived meanwhile is taken in."""
LOOK_BACK: Final = timedelta(days=400)
"""No payer takes a claim for an older visit."""
_PAUSE_S: Final = 1.0
_AWAY_PAUSE_S: Final = 3.0


class BillingModule(Protocol):
    """The EHR's own record of claims. Told twice, it knows once."""

    async def log(self, sent: Sent) -> str:
        """Record a claim that went out; answers why it could not, or an empty text."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True)
class ClaimsWorkerConfig:
    """Where the worker finds what it reads and writes."""

    bootstrap: str
    desk_dsn: str = field(repr=False)
    now: Callable[[], datetime]


def changelogs() -> dict[str, FileKind]:
    """The topics that hold the keeper's files, and which kind each holds."""
    return {f"{GROUP}-{kind.value}_files-changelog": kind for kind in FileKind}


async def run(config: ClaimsWorkerConfig, stop: asyncio.Event, billing: BillingModule | None = None) -> None:
    """Keep proposals up to date until `stop` is set. Survives outages of broker and database."""
    worker = ClaimsWorker(ClaimIntake(DeskDatabase(config.desk_dsn)), config.now, billing)
    source = Changelogs(config.bootstrap)
    try:
        while not stop.is_set():
            worker.take(await asyncio.to_thread(source.read))
            if not source.caught_up:
                continue
            try:
                worked = await worker.work()
            except DeskUnavailableError:
                LOG.warning("the desk's database does not answer; proposals wait")
                await _pause(stop, _AWAY_PAUSE_S)
                continue
            if not worked:
                await _pause(stop, _PAUSE_S)
    finally:
        source.close()
        await worker.intake.database.close()
        if billing is not None:
            await billing.close()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


class Changelogs:
    """The changelogs from their beginning, and on."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "conjoint-claims",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.message.max.bytes": MAX_MESSAGE_BYTES + 1024,
            }
        )
        self._kinds = changelogs()
        self._behind: set[tuple[str, int]] | None = None

    @property
    def caught_up(self) -> bool:
        """The end of every partition was seen once."""
        return self._behind is not None and not self._behind

    def read(self) -> list[tuple[FileKey, bytes | None]]:
        """What came, waiting half a second at most."""
        if self._behind is None and not self._assign():
            return []
        files = []
        for message in self._consumer.consume(500, timeout=0.5):
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF and self._behind:
                    self._behind.discard((message.topic(), message.partition()))
                continue
            key = message.key()
            if key is not None:
                files.append((FileKey.from_text(key.decode()), message.value()))
        return files

    def _assign(self) -> bool:
        try:
            topics = self._consumer.list_topics(timeout=5).topics
        except KafkaException:
            return False
        if not all(name in topics for name in self._kinds):
            return False
        partitions = [(name, number) for name in self._kinds for number in topics[name].partitions]
        self._consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for name, number in partitions])
        self._behind = set(partitions)
        return True

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


class ClaimsWorker:
    """The body of the worker: files in, proposals out. One call at a time."""

    def __init__(self, intake: ClaimIntake, now: Callable[[], datetime], billing: BillingModule | None = None) -> None:
        self.intake = intake
        self.kept = KeptFiles()
        self._now = now
        self._billing = billing
        self._touched: dict[tuple[str, str], None] = {}
        self._open: dict[tuple[str, str], int] = {}
        self._fixes: dict[str, dict[str, ClaimFix]] = {}
        self._decided: dict[str, dict[str, ClaimAnswer]] = {}
        self._last_decision = 0
        self._looked_on: date | None = None

    def take(self, files: Iterable[tuple[FileKey, bytes | None]]) -> None:
        """Files as the keeper committed them."""
        for key, sealed in files:
            try:
                touched = self.kept.take(key, sealed)
            except (ValueError, KeyError, TypeError) as error:
                LOG.error("a kept file cannot be read: %s", type(error).__name__)  # of another version; never its text
                continue
            self._touched |= dict.fromkeys(sorted(touched))

    async def work(self) -> bool:
        """One round; answers whether there was anything to do. Raises DeskUnavailableError."""
        await self._take_decisions()
        logged = await self._tell_the_ehr()
        self._look_again_daily()
        practices = [practice for practice, session in self._touched if not session]
        for practice_id in practices:
            await self._practice_changed(practice_id)
        batch: dict[str, list[str]] = {}
        for practice_id, session_id in list(self._touched)[:AT_ONCE]:
            batch.setdefault(practice_id, []).append(session_id)
        for practice_id, sessions in batch.items():
            await self._propose(practice_id, sessions)
            for session_id in sessions:
                self._touched.pop((practice_id, session_id), None)
        return bool(batch) or logged

    async def _propose(self, practice_id: str, sessions: list[str]) -> None:
        practice = self.kept.practice(practice_id)
        if practice is None:
            return
        sessions = [session_id for session_id in sessions if self.kept.is_judged(practice_id, session_id)]
        now = self._now()
        earliest = now - LOOK_BACK
        asked = [s for s in sessions if self.kept.may_need_a_claim(practice_id, s, earliest)]
        proposals: tuple[ClaimProposal, ...] = ()
        refused: tuple[NotProposed, ...] = ()
        if asked:
            fixes = self._fixes.get(practice_id, {})
            decided = self._decided.get(practice_id, {})
            found = await asyncio.to_thread(
                propose, practice, asked, self.kept.find, self.kept.calendars, now, fixes, decided.get
            )
            proposals, refused = found.proposals, found.not_proposed
        before = {s for s in sessions if (practice_id, s) in self._open}
        if proposals or refused or before:
            await self.intake.replace(practice_id, sessions, proposals, refused)
        self._count(practice_id, sessions, proposals)

    def _count(self, practice_id: str, sessions: list[str], proposals: tuple[ClaimProposal, ...]) -> None:
        by_session: dict[str, int] = {}
        for proposal in proposals:
            by_session[proposal.session_id] = by_session.get(proposal.session_id, 0) + 1
        for session_id in sessions:
            if session_id in by_session:
                self._open[practice_id, session_id] = by_session[session_id]
            else:
                self._open.pop((practice_id, session_id), None)
        CLAIM_PROPOSALS.set(sum(self._open.values()))

    async def _practice_changed(self, practice_id: str) -> None:
        self._touched.pop((practice_id, ""), None)
        practice = self.kept.practice(practice_id)
        if practice is None:
            return
        sender, cautions = sender_of(practice)
        await self.intake.set_sender(practice_id, sender, cautions)
        self._touched |= {(practice_id, session_id): None for session_id in self.kept.sessions(practice_id)}

    async def _take_decisions(self) -> None:
        newest, sessions = await self.intake.decided_since(self._last_decision)
        if newest != self._last_decision:
            self._last_decision = newest
            self._fixes = await self.intake.fixes()
            # a person waits for these: they go first
            self._touched = dict.fromkeys(sorted(sessions)) | self._touched
        remittances = await self.intake.remittances()
        for practice_id, by_claim in remittances.items():
            known = self._decided.get(practice_id, {})
            for claim_id, answer in by_claim.items():
                session_id = self.kept.session_of_claim(practice_id, claim_id)
                if known.get(claim_id) != answer and session_id is not None:
                    self._touched[practice_id, session_id] = None
        self._decided = remittances

    async def _tell_the_ehr(self) -> bool:
        if self._billing is None:
            return False
        waiting = await self.intake.to_log()
        for sent in waiting:
            await self.intake.logged(sent, await self._billing.log(sent))
        return bool(waiting)

    def _look_again_daily(self) -> None:
        """Time alone changes what speaks against a claim (its filing limit, a consent that ends)."""
        today = self._now().astimezone(UTC).date()
        if self._looked_on is not None and today != self._looked_on:
            self._touched |= dict.fromkeys(self._open)
        self._looked_on = today


def main(config: ClaimsWorkerConfig, billing: BillingModule | None) -> None:
    """Run until SIGTERM or SIGINT."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(config, stop, billing)

    asyncio.run(until_signalled())

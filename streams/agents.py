"""The one-page map of the stream: which agent reads what, keeps what, sends what.

    care.changes ──► keep_files ──► findings, draft.requests, facts, draft.contexts ──► write_drafts ──► drafts

Reads care.changes; writes the topics above and the tables' changelogs. Decisions: keeper.py, drafting/.
"""

import gc
import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import faust
from confluent_kafka import Producer
from faust.transport.drivers.aiokafka import Producer as FaustProducer

from schemas import metrics
from schemas.codec import codec, read_change_set
from schemas.facts import Fact
from schemas.reasons import Poison, Reason
from schemas.topics import (
    CARE_CHANGES,
    DRAFT_CONTEXTS,
    DRAFT_REQUESTS,
    EVIDENCE,
    FACTS,
    FINDINGS,
    HEADER_COMMITTED_MS,
    MAX_MESSAGE_BYTES,
    PARTITIONER,
)
from streams.book import Book, Shelves
from streams.files import FileKey, FileKind, seal, unseal
from streams.homes import seal_whereabouts, unseal_whereabouts
from streams.keeper import Effects, Keeper
from streams.tables import KeptTable, Outbox, Sealing

STEP = "keep_files"
GROUP = "conjoint-keep-files"
log = logging.getLogger(__name__)


class SetAside(Protocol):
    """Puts a message on dead.letters as it was."""

    def __call__(
        self, value: bytes, key: bytes | None, reason: Reason, where: str, topic: str, partition: int, offset: int
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class KeepFilesConfig:
    """Where the worker finds its broker and keeps its data folder."""

    bootstrap: str
    data_folder: Path
    partitions: int
    group: str = GROUP
    commit_interval_s: float = 1.0
    session_timeout_s: float = 8.0
    producer_settings: dict[str, Any] = field(default_factory=dict)


TABLES = (*(f"{kind.value}_files" for kind in FileKind), "whereabouts")


def changelog_topics(group: str = GROUP) -> tuple[str, ...]:
    """The topics the tables are restored from; made before the worker starts, partitioned like care.changes."""
    return tuple(f"{group}-{table}-changelog" for table in TABLES)


CHANGELOG_CONFIG = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(MAX_MESSAGE_BYTES),
    "segment.bytes": str(64 * 1024 * 1024),
}


class _FileTable(KeptTable):
    sealing = Sealing(seal, lambda key, sealed: unseal(FileKey.from_text(key), sealed))


class _WhereaboutsTable(KeptTable):
    sealing = Sealing(seal_whereabouts, lambda _, sealed: unseal_whereabouts(sealed))


class _CommitProducer(FaustProducer):
    """Faust flushes its producer before it commits offsets: ours must be done first, or the commit must not happen."""

    outbox: Outbox

    async def flush(self) -> None:
        await self.outbox.flush()
        await super().flush()


class _App(faust.App):
    outbox: Outbox

    def _new_producer(self) -> Any:
        producer = _CommitProducer(self.transport, loop=self.loop, beacon=self.beacon)
        producer.outbox = self.outbox
        return producer


def keep_files_app(config: KeepFilesConfig, set_aside_with: Callable[[Producer], SetAside]) -> faust.App:
    """The Faust app of the `keep_files` worker; `faust.Worker(app)` runs it."""
    producer = Producer(
        {
            "bootstrap.servers": config.bootstrap,
            "enable.idempotence": True,
            "partitioner": PARTITIONER,
            "linger.ms": 2,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "queue.buffering.max.messages": 1_000_000,
            **config.producer_settings,
        }
    )
    app = _App(
        config.group,
        broker=f"kafka://{config.bootstrap}",
        store="memory://",
        datadir=str(config.data_folder),
        web_enabled=False,
        processing_guarantee="at_least_once",  # exactly_once loses table state; repeats are harmless here
        topic_partitions=config.partitions,
        topic_replication_factor=1,
        topic_disable_leader=True,
        table_standby_replicas=0,
        broker_commit_interval=config.commit_interval_s,
        broker_session_timeout=config.session_timeout_s,
        broker_heartbeat_interval=config.session_timeout_s / 4,
        broker_max_poll_interval=300.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=MAX_MESSAGE_BYTES + 1024,
        stream_wait_empty=False,
    )
    tables = {kind: _table(app, _FileTable, f"{kind.value}_files", config) for kind in FileKind}
    whereabouts = _table(app, _WhereaboutsTable, "whereabouts", config)
    outbox = Outbox(producer, (*tables.values(), whereabouts))
    app.outbox = outbox
    worker = KeepFiles(Shelves(dict(tables), whereabouts), tables, outbox, set_aside_with(producer))

    @app.on_partitions_revoked.connect
    async def forget(_: Any, /, *revoked: Any, **__: Any) -> None:
        worker.forget({tp.partition for tps in revoked for tp in tps if tp.topic == CARE_CHANGES.name})

    changes = app.topic(
        CARE_CHANGES.name, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw"
    )

    async def freeze() -> None:
        freeze_what_stays()

    app.timer(interval=FREEZE_EVERY_S)(freeze)

    @app.agent(changes, name=STEP)
    async def keep_files(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            worker.take(message.value, message.key, message.partition, message.offset, dict(message.headers or ()))

    return app


FREEZE_EVERY_S = 60.0


def freeze_what_stays() -> None:
    """Take everything that is alive now out of the garbage collector's sight, after one last look.

    Without this every full collection would walk through all files, which hold no cycles, while live changes wait:
    0.6 s with three practices' three months.
    """
    gc.collect()
    gc.freeze()


def _table(app: faust.App, kind: type[KeptTable], name: str, config: KeepFilesConfig) -> KeptTable:
    table = kind(
        app,
        name=name,
        partitions=config.partitions,
        key_type=bytes,
        value_type=bytes,
        beacon=app.tables.beacon,
        extra_topic_configs=CHANGELOG_CONFIG,
    )
    app.tables.add(table)
    return table


class KeepFiles:
    """The body of the agent: bytes in, effects sent. No exception leaves `take`."""

    def __init__(
        self, shelves: Shelves, tables: dict[FileKind, KeptTable], outbox: Outbox, set_aside: SetAside
    ) -> None:
        self._shelves = shelves
        self._tables = tables
        self._outbox = outbox
        self._set_aside = set_aside
        self._keepers: dict[int, Keeper] = {}

    def take(
        self, value: bytes | None, key: bytes | None, partition: int, offset: int, headers: dict[str, bytes]
    ) -> None:
        """Handle one message of care.changes; whatever it is, it ends as a named outcome."""
        started = time.perf_counter()
        metrics.MESSAGES.labels(STEP, CARE_CHANGES.name).inc()

        def dead(poison: Poison) -> None:
            metrics.OUTCOMES.labels(STEP, poison.reason.value).inc()
            metrics.DEAD_LETTERS.labels(STEP, poison.reason.value).inc()
            self._set_aside(value or b"", key, poison.reason, poison.where, CARE_CHANGES.name, partition, offset)

        try:
            change_set, poisons = read_change_set(value)
            effects = self._keeper(partition).apply(change_set, offset)
            for poison in (*poisons, *effects.poisons)[:1]:
                dead(poison)
        except Poison as poison:
            dead(poison)
            return
        except Exception as error:  # a defect of ours: set aside, so that it can be replayed once mended
            place = traceback.extract_tb(error.__traceback__)[-1]
            # the place and the kind of defect; the error's text could quote what a record holds
            log.error("defect: %s at %s:%s", type(error).__name__, Path(place.filename).name, place.lineno)
            dead(Poison(Reason.FAILED, f"{Path(place.filename).stem}:{place.lineno}"))
            return
        self._send(effects, headers, partition)
        if not change_set.is_tick:
            metrics.APPLY_SECONDS.observe(time.perf_counter() - started)
            metrics.CHANGE_SET_SIZE.observe(len(change_set.changes))

    def _keeper(self, partition: int) -> Keeper:
        if partition not in self._keepers:
            book = Book(self._shelves)
            book.reindex(key for table in self._tables.values() for key in table.keys_of(partition))
            self._keepers[partition] = Keeper(book)
        return self._keepers[partition]

    def _send(self, effects: Effects, headers: dict[str, bytes], partition: int) -> None:
        committed_ms = headers.get(HEADER_COMMITTED_MS)
        carried: dict[str, str | bytes | None] = {} if committed_ms is None else {HEADER_COMMITTED_MS: committed_ms}
        for finding in effects.findings:
            self._outbox.send(FINDINGS.name, finding.practice_id, codec(FINDINGS.name).encode(finding), carried)
            metrics.FINDINGS.labels(finding.rule, finding.severity, finding.state).inc()
        if effects.findings and committed_ms is not None:
            metrics.CHANGE_TO_FINDING.observe(max(0.0, time.time() - int(committed_ms) / 1000))
        for request in effects.requests:
            self._outbox.send(
                DRAFT_REQUESTS.name, request.practice_id, codec(DRAFT_REQUESTS.name).encode(request), carried
            )
            metrics.DRAFT_REQUESTS.labels(request.state).inc()
        for context in effects.contexts:
            encoded = codec(DRAFT_CONTEXTS.name).encode(context)
            self._outbox.send(DRAFT_CONTEXTS.name, context.request_id, encoded, partition=partition)
        for fact in effects.facts:
            topic = FACTS if isinstance(fact, Fact) else EVIDENCE
            self._outbox.send(topic.name, fact.practice_id, codec(topic.name).encode(fact))
        for reason, count in effects.outcomes.items():
            metrics.OUTCOMES.labels(STEP, reason.value).inc(count)
        for rule, count in effects.failed_rules.items():
            metrics.RULE_FAILURES.labels(rule).inc(count)
        for kind, shelf in self._shelves.files.items():
            metrics.FILES.labels(kind.value).set(len(shelf))

    def forget(self, partitions: set[int]) -> None:
        """These partitions are somebody else's now: nothing of theirs may be written any more."""
        for partition in partitions:
            self._keepers.pop(partition, None)
        for table in (*self._tables.values(), self._shelves.whereabouts):
            if isinstance(table, KeptTable):
                table.drop_dirty(partitions)


def run(config: KeepFilesConfig, set_aside_with: Callable[[Producer], SetAside]) -> None:
    """Run the worker until SIGTERM; exits non-zero if what must be sent could not be."""
    app = keep_files_app(config, set_aside_with)
    faust.Worker(app, loglevel="WARN", redirect_stdouts=False, quiet=True).execute_from_commandline()

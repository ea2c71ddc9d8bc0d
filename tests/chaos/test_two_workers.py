"""Two keep_files workers under load while one joins, one is killed, one leaves and one joins again.

Nothing may be lost, and whatever happens to a worker the others are current again within seconds.
"""

import logging
import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from infra import prepare
from infra.embedded.stack import Stack, settings_on_free_ports
from infra.endpoints import Endpoints
from infra.practice.life import live
from schemas.change import Change, ChangeSet
from schemas.codec import codec
from schemas.finding import Finding
from schemas.topics import CARE_CHANGES, DEAD_LETTERS, FINDINGS, PARTITIONER
from streams.agents import GROUP
from tests.chaos import truth
from tests.infra.practice.capturing import Capture, care_changes
from tests.running import wait_until, workers
from tests.streams.playing import example

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

PARTITIONS = 4
COPIES = 2
SEED, DAYS = 5, 7
ANCHOR = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SETS_PER_SECOND = 40
CURRENT_WITHIN_S = 15.0


@dataclass
class Load:
    """What is sent to care.changes, and everything that was: the life of some practices, without a pause."""

    bootstrap: str
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    connected: dict[str, datetime] = field(default_factory=dict)
    now: datetime = ANCHOR
    sent: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._producer = Producer(
            {"bootstrap.servers": self.bootstrap, "partitioner": PARTITIONER, "enable.idempotence": True},
            logger=_silent(),
        )
        self._sending = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        acts = live(SEED, ANCHOR, DAYS)
        capture = Capture()
        self._live_changes: Iterator[list[tuple[str, Change]]]
        for act in acts:
            rows = list(capture.events(act))
            if act.at > ANCHOR:
                self._first = care_changes(rows)
                break
        self._history = care_changes(capture.snapshot(ANCHOR))
        self._live_changes = (self._timed(care_changes(capture.events(act)), act.at) for act in acts)

    def _timed(self, changes: list[tuple[str, Change]], at: datetime) -> list[tuple[str, Change]]:
        self.now = max(self.now, at)
        return changes

    def connect(self) -> None:
        """Send the snapshot of every practice, and the ticks after which it is decided about."""
        of_practice: dict[str, list[Change]] = defaultdict(list)
        for practice_id, change in self._history:
            of_practice[practice_id].append(change)
        for practice_id, changes in of_practice.items():
            rest = iter(changes)
            while some := list(islice(rest, 200)):
                self._everywhere(practice_id, some)
        for _ in range(3):
            self.tick()
        self._everywhere_of(self._first)

    def start(self) -> None:
        """Life goes on until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """No more changes; one last tick, so that every partition ends at the same moment."""
        self._stop.set()
        self._thread.join()
        self.now += timedelta(minutes=1)
        for _ in range(3):
            self.tick()
        assert self._producer.flush(30) == 0
        assert self.problems == []

    def send(self, practice_id: str, changes: Sequence[Change], partition: int) -> None:
        """One change set, remembered."""
        body = codec(CARE_CHANGES.name).encode(ChangeSet(practice_id=practice_id, now=self.now, changes=tuple(changes)))
        with self._sending:
            self.connected.setdefault(practice_id, self.now)
            self.changes[practice_id] += changes
            self._produce(body, practice_id, partition)
            self.sent += 1

    def tick(self) -> None:
        """Tell every partition the time."""
        body = codec(CARE_CHANGES.name).encode(ChangeSet(practice_id="", now=self.now))
        with self._sending:
            for partition in range(PARTITIONS):
                self._produce(body, None, partition)

    def _produce(self, body: bytes, key: str | None, partition: int) -> None:
        self._producer.produce(CARE_CHANGES.name, body, key, partition, on_delivery=self._delivered)
        self._producer.poll(0)

    def _delivered(self, error: object, _: object) -> None:
        if error is not None:
            self.problems.append(str(error))

    def _everywhere(self, practice_id: str, changes: Sequence[Change]) -> None:
        """The same life in several practices, each on a partition of its own."""
        number = _PRACTICES.setdefault(practice_id, len(_PRACTICES))
        for copy in range(COPIES):
            name = f"{practice_id}-{copy}"
            mine = [
                change.model_copy(update={"id": name}) if change.id == practice_id else change for change in changes
            ]
            self.send(name, mine, (COPIES * number + copy) % PARTITIONS)

    def _everywhere_of(self, changes: Iterable[tuple[str, Change]]) -> None:
        of_practice: dict[str, list[Change]] = defaultdict(list)
        for practice_id, change in changes:
            of_practice[practice_id].append(change)
        for practice_id, some in of_practice.items():
            self._everywhere(practice_id, some)

    def _live(self) -> None:
        next_tick = time.monotonic()
        for changes in self._live_changes:
            self._everywhere_of(changes)
            if time.monotonic() >= next_tick:
                next_tick += 1
                self.tick()
            if self._stop.wait(COPIES / SETS_PER_SECOND):
                return


_PRACTICES: dict[str, int] = {}


def _silent() -> logging.Logger:
    """The client prints that the broker has gone when the test is over."""
    logger = logging.Logger("load")
    logger.addHandler(logging.NullHandler())
    return logger


class Probes:
    """A change on every partition from which a finding must follow, and how long that takes."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._number = 0
        self._changes = example("B06-1-both-partners").changes
        self._consumer = Consumer(
            {
                "bootstrap.servers": load.bootstrap,
                "group.id": "probes",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
            }
        )
        self._consumer.subscribe([FINDINGS.name])

    def close(self) -> None:
        """Stop listening."""
        self._consumer.close()

    def seconds_until_current(self, within_s: float = 120.0) -> float:
        """Send one to each partition and wait for all their findings."""
        self._number += 1
        started = time.monotonic()
        missing = set()
        for partition in range(PARTITIONS):
            practice_id = f"PROBE-{self._number}-{partition}"
            changes = [
                change.model_copy(update={"id": practice_id}) if change.entity == "practice" else change
                for change in self._changes
            ]
            self._load.send(practice_id, changes, partition)
            missing.add(practice_id)
        while missing:
            assert time.monotonic() - started < within_s, f"no finding from {sorted(missing)}"
            message = self._consumer.poll(0.2)
            if message is not None and message.error() is None:
                finding = codec(FINDINGS.name).decode(message.value())
                if isinstance(finding, Finding) and finding.rule == "B06":
                    missing.discard(finding.practice_id)
        return time.monotonic() - started

    def longest_wait(self, until: Callable[[], bool], within_s: float = 120.0) -> float:
        """Send one after the other until something has come about, and once more; the longest that one took."""
        started = time.monotonic()
        longest = self.seconds_until_current()
        while not until():
            assert time.monotonic() - started < within_s, "the group does not come to rest"
            time.sleep(0.5)
            longest = max(longest, self.seconds_until_current())
        return max(longest, self.seconds_until_current())


class Group:
    """The consumer group of the workers, as the broker sees it."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap})

    def shared_by(self, workers: int) -> bool:
        """Whether so many workers have all partitions between them, each some."""
        described = self._admin.describe_consumer_groups([GROUP], request_timeout=10)[GROUP].result(20)
        shares = [
            [place for place in member.assignment.topic_partitions if place.topic == CARE_CHANGES.name]
            for member in described.members
            if member.assignment is not None
        ]
        return len(shares) == workers and all(shares) and sum(map(len, shares)) == PARTITIONS


@pytest.fixture
def kafka() -> Iterator[Endpoints]:
    """A broker of this test's own: it compares everything that is said there."""
    home = Path(tempfile.mkdtemp(prefix="conjoint-workers-"))
    stack = Stack(home, settings_on_free_ports(home, partitions=PARTITIONS))
    try:
        yield stack.need("kafka")
    finally:
        stack.stop()
        shutil.rmtree(home, ignore_errors=True)


def test_nothing_is_lost_and_work_goes_on_while_workers_come_and_go(kafka: Endpoints) -> None:
    prepare.topics(kafka.settings)
    load = Load(kafka.bootstrap)
    probes = Probes(load)
    group = Group(kafka.bootstrap)
    took: dict[str, float] = {}
    with workers(kafka.settings, "keep_files") as running:
        load.connect()
        print(f"with one worker and {load.sent} sets to read: current after {probes.seconds_until_current():.1f} s")
        load.start()
        try:
            wait_until("the first has all partitions", lambda: group.shared_by(1))
            running.start("keep_files#2")
            took["a second worker joins"] = probes.longest_wait(lambda: group.shared_by(2))
            running.kill("keep_files")
            took["one is killed"] = probes.longest_wait(lambda: group.shared_by(1))
            running.start("keep_files")
            took["it comes back"] = probes.longest_wait(lambda: group.shared_by(2))
            running.stop("keep_files#2")
            took["one leaves"] = probes.longest_wait(lambda: group.shared_by(1))
            running.start("keep_files#2")
            took["one joins again"] = probes.longest_wait(lambda: group.shared_by(2))
        finally:
            load.stop()
        for event, seconds in took.items():
            print(f"{event}: current again after {seconds:.1f} s")
        until = truth.ends(kafka.bootstrap, CARE_CHANGES.name)
        wait_until("everything is read", lambda: truth.behind(kafka.bootstrap, GROUP, until) == 0, 60, 0.5)
        assert running.alive("keep_files")
        assert running.alive("keep_files#2")
    probes.close()

    assert load.sent > 500, "too little load for this to prove anything"
    expected = truth.should_be(load.changes, load.connected, load.now).sayings.state()
    said = truth.said(kafka.bootstrap)
    assert expected.findings
    assert expected.requests
    assert expected.differences(said.state()) == []
    assert said.contradictions == []
    assert list(truth.messages(kafka.bootstrap, DEAD_LETTERS.name)) == []
    assert {event: seconds for event, seconds in took.items() if seconds > CURRENT_WITHIN_S} == {}

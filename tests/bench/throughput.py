"""How many changes a second does one core work off? Our workers, and beside them a bare loop and quixstreams.

All on one broker, the same topic and the same decisions, one after the other; each rate is per second of processor
time, so that whatever else the machine does counts little.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra import prepare
from infra.embedded.stack import Stack, settings_on_free_ports
from infra.settings import PREFIX, Settings
from schemas.codec import codec
from schemas.topics import CARE_CHANGES, MAX_MESSAGE_BYTES, PARTITIONER
from tests.bench.backlog import change_sets, raw_message, renamed, rows
from tests.bench.peer import WARM_UP
from tests.bench.table import Table
from tests.running import METRICS_PORTS, Workers, wait_until, workers

SIZES = (1, 4, 20)
CHANGES = 12_000
COPIES = 2
ROOT = Path(__file__).parents[2]
QUIX_LOCK = Path(__file__).parent / "requirements-quix.lock"
QUIX_ENVIRONMENT = ROOT / ".venv-bench"
WITHIN_S = 600.0


@dataclass(frozen=True)
class Measured:
    """Changes worked off, and what it took."""

    changes: float
    wall_s: float
    cpu_s: float

    @property
    def per_core(self) -> float:
        """Changes in a second of processor time."""
        return self.changes / self.cpu_s


@contextmanager
def _broker() -> Iterator[Settings]:
    home = Path(tempfile.mkdtemp(prefix="conjoint-bench-"))
    settings = settings_on_free_ports(home)
    stack = Stack(home, settings)
    try:
        stack.need("kafka")
        prepare.topics(settings)
        yield settings
    finally:
        stack.stop()
        shutil.rmtree(home, ignore_errors=True)


def _bootstrap(settings: Settings) -> str:
    return f"127.0.0.1:{settings.kafka_port}"


def _produce(settings: Settings, messages: Iterable[tuple[str, str | bytes, bytes]]) -> int:
    producer = Producer(
        {
            "bootstrap.servers": _bootstrap(settings),
            "partitioner": PARTITIONER,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "queue.buffering.max.messages": 1_000_000,
            "linger.ms": 50,
        }
    )
    delivered = refused = 0

    def on_delivery(error: KafkaError | None, _: Message) -> None:
        nonlocal delivered, refused
        delivered, refused = delivered + (error is None), refused + (error is not None)

    for topic, key, value in messages:
        producer.produce(topic, key=key, value=value, on_delivery=on_delivery)
        producer.poll(0)
    producer.flush(60)
    assert not refused, f"{refused} messages were refused"
    return delivered


def _worker(running: Workers, kind: str, metric: str, changes: int) -> Measured:
    """One of our workers, watched from outside: its own count of changes, its process's processor time."""

    def now() -> tuple[float, float, float]:
        port = getattr(running.settings, METRICS_PORTS[kind])
        listening = {c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.pid}
        used = [psutil.Process(pid).cpu_times() for pid in listening]
        return running.metric(kind, metric), time.perf_counter(), sum(times.user + times.system for times in used)

    wait_until(f"{kind} is warm", lambda: running.metric(kind, metric) >= changes * WARM_UP, WITHIN_S)
    first = now()
    wait_until(f"{kind} is done", lambda: running.metric(kind, metric) >= changes, WITHIN_S, every_s=0.25)
    last = now()
    return Measured(*(end - begin for begin, end in zip(first, last, strict=True)))


def _normalise() -> Measured:
    with _broker() as settings:
        messages = [raw_message(renamed(row, copy)) for row in rows() for copy in range(COPIES)]
        admin = AdminClient({"bootstrap.servers": _bootstrap(settings)})
        for made in admin.create_topics(
            [NewTopic(topic, 1, 1) for topic in {topic for topic, _, _ in messages}]
        ).values():
            made.result()
        _produce(settings, messages)
        with workers(settings, "normalise") as running:
            return _worker(running, "normalise", "conjoint_messages_total", len(messages))


def _keep_files(settings: Settings, changes: int) -> Measured:
    with workers(settings, "keep_files") as running:
        return _worker(running, "keep_files", "conjoint_change_set_changes_sum", changes)


def _peer(python: Path, module: str, *words: str) -> Measured | str:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    done = subprocess.run(
        [python, "-W", "ignore", "-m", f"tests.bench.{module}", *words],
        cwd=ROOT,
        env={**surroundings, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    try:
        return Measured(**json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        return (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:100]


def _quix_python() -> Path | str:
    """The interpreter that has quixstreams, made if need be; or in one line why there is none."""
    python = QUIX_ENVIRONMENT / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    try:
        if not python.exists():
            subprocess.run([uv, "venv", "-q", "--python", sys.executable, QUIX_ENVIRONMENT], check=True)
        install: list[str | Path] = [uv, "pip", "sync", "-q", "--require-hashes", "--python", python, QUIX_LOCK]
        subprocess.run(install, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no environment for quixstreams: {type(error).__name__}; see {QUIX_LOCK.name}"
    return python


def _sides(size: int, quix: Path | str) -> dict[str, Measured | str]:
    with _broker() as settings:
        sets = list(change_sets(size, CHANGES, COPIES))
        encode = codec(CARE_CHANGES.name).encode
        messages = str(_produce(settings, ((CARE_CHANGES.name, one.practice_id, encode(one)) for one in sets)))
        changes = sum(len(one.changes) for one in sets)
        bootstrap = _bootstrap(settings)
        peers: dict[str, Callable[[], Measured | str]] = {
            "keep_files (Faust)": lambda: _keep_files(settings, changes),
            "bare confluent-kafka loop": lambda: _peer(Path(sys.executable), "peer_bare", bootstrap, messages),
            "quixstreams": lambda: (
                quix
                if isinstance(quix, str)
                else _peer(quix, "peer_quix", bootstrap, messages, str(settings.home / "quix"))
            ),
        }
        return {name: measure() for name, measure in peers.items()}


def _ratio(mine: Measured, other: Measured | str | None) -> str:
    return f"{mine.per_core / other.per_core:.2f}" if isinstance(other, Measured) else ""


def table(sizes: tuple[int, ...] = SIZES) -> Table:
    """What `make bench` prints."""
    shown: list[tuple[str, ...]] = []
    normalise = _normalise()
    row = (f"{normalise.per_core:,.0f}", f"{normalise.changes / normalise.wall_s:,.0f}", "", "")
    shown.append(("normalise: rows as captured → care.changes", *row))
    quix = _quix_python()
    for size in sizes:
        sides = _sides(size, quix)
        for name, side in sides.items():
            what = f"{name}, {size} change{'s' if size > 1 else ''} a message"
            if isinstance(side, str):
                shown.append((f"{what}: {side}", "", "", "", ""))
                continue
            against = (_ratio(side, sides["bare confluent-kafka loop"]), _ratio(side, sides["quixstreams"]))
            shown.append((what, f"{side.per_core:,.0f}", f"{side.changes / side.wall_s:,.0f}", *against))
    return Table(
        f"a backlog of {CHANGES:,} changes worked off, every rule asked",
        ("", "changes per core second", "per second here", "to bare", "to quixstreams"),
        tuple(shown),
    )

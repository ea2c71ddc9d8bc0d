"""How do tests and benchmarks get real parts on free ports in a folder of their own?
Writes only below the given home.
Must never outlive its `with` block, nor touch parts of another home.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

from infra.embedded import connect, jars, kafka, postgres
from infra.embedded.launch import RUN_HOME, RUN_ID, RUN_PART, Launch, own_launch
from infra.endpoints import Endpoints, endpoints_of
from infra.preflight import is_free
from infra.refusal import Refusal
from infra.secrets_file import make_private_folder
from infra.settings import Settings

PartName = Literal["kafka", "postgres", "connect", "clickhouse"]
PARTS: Final[tuple[PartName, ...]] = ("kafka", "postgres", "connect", "clickhouse")

_PORTS: Final = range(20000, 32000)
_READY_WITHIN_S: Final = 90.0
_STOP_WITHIN_S: Final = 20.0


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now, all different. They lie below those the system hands to outgoing connections:
    from among these, one could be taken by anybody's connection before the part that shall listen has started."""
    found: list[int] = []
    while len(found) < count:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        if port not in found and is_free(port):
            found.append(port)
    return found


def settings_on_free_ports(home: Path, **overrides: object) -> Settings:
    """Settings for a stack that disturbs nobody: every port free, the reference practice asleep."""
    names = [name for name in Settings.model_fields if name.endswith("_port")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    return Settings.model_validate({"home": home, "simulate": False, **ports, **overrides})


class Stack:
    """Parts of one home, started when first needed. Not for production: nothing is restarted."""

    def __init__(self, home: Path, settings: Settings | None = None) -> None:
        make_private_folder(home)
        self.endpoints: Endpoints = endpoints_of(settings or settings_on_free_ports(home))
        self._processes: dict[PartName, subprocess.Popen[bytes]] = {}
        self._run_id = uuid.uuid4().hex
        for name in ("log", "run"):
            (home / name).mkdir(exist_ok=True, mode=0o711)

    def need(self, *parts: PartName) -> Endpoints:
        """Returns once all `parts` answer. Connect brings Kafka with it. Calling again costs nothing."""
        wanted = set(parts) | ({"kafka"} if "connect" in parts else set())
        first = [part for part in PARTS if part in wanted - {"connect"} and part not in self._processes]
        then: list[PartName] = ["connect"] if "connect" in wanted and "connect" not in self._processes else []
        # in threads also because the caller may be inside an event loop of its own
        with ThreadPoolExecutor(len(PARTS)) as pool:
            for together in (first, then):
                list(pool.map(self._start, together))
        return self.endpoints

    def pid(self, part: PartName) -> int:
        """The process id of a started part, for tests that end it hard."""
        return self._processes[part].pid

    def kill(self, part: PartName) -> None:
        """Ends a part as a power cut would; `need` starts it again on the same data."""
        process = self._processes.pop(part)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Ends all parts, those that depend on others first."""
        for part in ("connect", "clickhouse", "kafka", "postgres"):
            process = self._processes.pop(part, None)
            if process is None:
                continue
            process.send_signal(signal.SIGINT if part == "postgres" else signal.SIGTERM)
            try:
                process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def log(self, part: PartName) -> Path:
        """Where a part's output goes."""
        return self.endpoints.settings.home / "log" / f"{part}.log"

    def _start(self, part: PartName) -> None:
        launch, answers = self._plan(part)
        settings = self.endpoints.settings
        identity = {RUN_HOME: str(settings.home), RUN_ID: self._run_id, RUN_PART: part}
        process = launch.start(self.log(part), identity)
        self._processes[part] = process
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Refusal(f"{part} ended with code {process.returncode} while starting; see {self.log(part)}")
            if asyncio.run(_answer(answers)):
                return
            time.sleep(0.1)
        raise Refusal(f"{part} did not answer within {_READY_WITHIN_S:.0f} s; see {self.log(part)}")

    def _plan(self, part: PartName) -> tuple[Launch, Callable[[], Awaitable[bool]]]:
        ends, settings = self.endpoints, self.endpoints.settings
        source = jars.JarSource(settings.cache, settings.maven_url or jars.default_base_url())
        match part:
            case "kafka":
                broker = kafka.KafkaPart(settings.home, settings.kafka_port, settings.kafka_controller_port, source)
                return kafka.prepare_kafka(broker), lambda: kafka.kafka_answers(ends.bootstrap)
            case "connect":
                worker = connect.ConnectPart(settings.home, settings.connect_port, ends.bootstrap, source)
                return connect.prepare_connect(worker), lambda: connect.connect_answers(ends.connect_url)
            case "postgres":
                server = postgres.PostgresPart(settings.home, settings.postgres_port, ends.secrets)
                return postgres.prepare_postgres(server), lambda: postgres.postgres_answers(ends.postgres_dsn)
            case "clickhouse":
                return worker_launch("clickhouse", settings), lambda: http_answers(f"{ends.clickhouse_url}/ping")


async def _answer(answers: Callable[[], Awaitable[bool]]) -> bool:
    return await answers()


async def http_answers(url: str, timeout_s: float = 2.0) -> bool:
    """Whether an HTTP GET there succeeds."""
    import httpx

    async with httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
        try:
            return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False


def worker_launch(name: str, settings: Settings, **environment: str) -> Launch:
    """How `conjoint worker NAME` is started with these settings."""
    return own_launch(("worker", name), settings, **environment)


@contextlib.contextmanager
def embedded(parts: set[PartName], home: Path) -> Iterator[Endpoints]:
    """Real parts in `home` on free ports for the duration of the block.

    >>> with embedded({"kafka", "postgres", "connect"}, tmp_path) as endpoints:  # doctest: +SKIP
    ...     Producer({"bootstrap.servers": endpoints.bootstrap})
    """
    stack = Stack(home)
    try:
        yield stack.need(*sorted(parts))
    finally:
        stack.stop()

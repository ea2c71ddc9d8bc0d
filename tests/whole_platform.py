"""A whole platform in tests: `conjoint up` on free ports and a home of its own, asked and ended by its own commands."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from infra.embedded.launch import RUN_HOME
from infra.embedded.stack import settings_on_free_ports
from infra.endpoints import Endpoints, endpoints_of
from infra.practice.storing import open_connection
from infra.settings import PREFIX, Settings, settings_environment, variable
from tests.running import wait_until

ROOT = Path(__file__).parents[1]


class Platform:
    """The commands a person types, for one home."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.settings: Settings = settings_on_free_ports(home, **settings)

    @property
    def endpoints(self) -> Endpoints:
        """Where its parts answer."""
        return endpoints_of(self.settings)

    def run(self, *words: str, within_s: float = 300, exit_code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """`conjoint WORDS`; fails unless it ends with `exit_code` (None: any)."""
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        done = subprocess.run(
            [sys.executable, "-m", "infra.cli", *words],
            cwd=ROOT,
            env={**surroundings, **settings_environment(self.settings)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within_s,
        )
        said = f"conjoint {' '.join(words)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert exit_code is None or done.returncode == exit_code, said
        return done

    def up(self, *options: str) -> str:
        """`conjoint up --detach`: returns once everything is up, with what it printed."""
        return self.run("up", "--detach", *options, within_s=600).stdout

    def down(self) -> None:
        """`conjoint down`."""
        self.run("down", within_s=120)

    def status(self) -> dict[str, Any]:
        """`status.json` as the supervisor wrote it last."""
        status: dict[str, Any] = json.loads((self.home / "run" / "status.json").read_text())
        return status

    def part(self, name: str) -> dict[str, Any]:
        """One part's condition."""
        part: dict[str, Any] = next(part for part in self.status()["parts"] if part["name"] == name)
        return part

    def kill(self, name: str) -> int:
        """SIGKILL a part by the pid in `status.json`, and say which process that was."""
        pid = self.part(name)["pid"]
        assert pid is not None, name
        os.kill(pid, signal.SIGKILL)
        return int(pid)

    def kill_supervisor(self) -> None:
        """SIGKILL the supervisor: nobody looks after the parts any more."""
        supervisor = psutil.Process(self.status()["pid"])
        supervisor.kill()
        # its parent may be this test: a zombie would count as alive
        wait_until("the supervisor is gone", lambda: _gone(supervisor), 10)

    def is_back(self, name: str, killed: int) -> bool:
        """Whether a part that was killed runs again and answers."""
        part = self.part(name)
        return part["state"] == "ready" and part["pid"] not in (None, killed)

    def ask_ehr(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the EHR's database."""
        rows: list[dict[str, Any]] = self._in_ehr(lambda connection: _fetch(connection, query, values))
        return rows

    def commit_to_ehr(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        """One transaction in the EHR's database."""
        self._in_ehr(lambda connection: _commit(connection, statements))

    def _in_ehr(self, do: Callable[[Any], Awaitable[Any]]) -> Any:
        async def connected() -> Any:
            connection = await open_connection(self.endpoints.postgres_dsn)
            try:
                return await do(connection)
            finally:
                await connection.close()

        # in a thread of its own: a test that drives a browser is inside an event loop already
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, connected()).result()

    def processes(self) -> list[psutil.Process]:
        """Every living process of this home, its supervisor too."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                surroundings = process.environ()
                mine = str(self.home) in (surroundings.get(RUN_HOME), surroundings.get(variable("home")))
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


async def _fetch(connection: Any, query: str, values: tuple[object, ...]) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(query, *values)]


async def _commit(connection: Any, statements: tuple[tuple[str, tuple[object, ...]], ...]) -> None:
    async with connection.transaction():
        for statement, values in statements:
            await connection.execute(statement, *values)


def _gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextlib.contextmanager
def platform(**settings: object) -> Iterator[Platform]:
    """A home for a whole platform; nothing runs yet, and nothing runs any more after the block."""
    home = Path(tempfile.mkdtemp(prefix="conjoint-whole-"))
    whole = Platform(home, **settings)
    try:
        yield whole
    finally:
        whole.run("down", within_s=120, exit_code=None)
        for process in whole.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        shutil.rmtree(home, ignore_errors=True)


def timed(what: str, started: float) -> None:
    """Print how long something took, for whoever reads the run's output."""
    print(f"{what}: {time.monotonic() - started:.1f} s")

"""Which processes on this machine belong to this home?
Reads the process table; reads and writes `<home>/run/supervisor.json`, `<home>/run/parts/*.json` and the home's lock.
Must never signal a process whose environment does not name this home and a run of it.
"""

import contextlib
import fcntl
import json
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from infra.embedded.launch import RUN_HOME, RUN_ID, RUN_PART
from infra.refusal import Refusal
from infra.secrets_file import write_private

_CLOCK_DRIFT_S: Final = 2.0
_STOP_SIGNALS: Final = {"kafka": signal.SIGTERM, "clickhouse": signal.SIGTERM, "postgres": signal.SIGINT}
"""The parts that store things. PostgreSQL's gentle signal is another one than everybody's."""


class Record(BaseModel):
    """A process as it was noted when it started."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str
    pid: int
    create_time: float
    run_id: str

    def is_alive(self) -> bool:
        """Whether that process, and not a later one with its number, still runs."""
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.create_time) < _CLOCK_DRIFT_S
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True)
class Run:
    """One life of a supervisor. Its id is in the environment of everything it starts."""

    home: Path
    run_id: str
    took_over: bool = False
    """Whether parts of a killed supervisor went on until this run ended them."""

    def identity(self, part: str) -> dict[str, str]:
        """What the environment of a part's process says about whose it is."""
        return {RUN_HOME: str(self.home), RUN_ID: self.run_id, RUN_PART: part}

    def note(self, part: str, pid: int) -> None:
        """Notes that `part` runs as `pid`."""
        with contextlib.suppress(psutil.NoSuchProcess):
            _write(self.home / "run" / "parts" / f"{part}.json", part, pid, self.run_id)

    def forget(self, part: str) -> None:
        """Notes that `part` does not run any more."""
        (self.home / "run" / "parts" / f"{part}.json").unlink(missing_ok=True)


@dataclass(frozen=True)
class Orphan:
    """A process of this home without a supervisor."""

    part: str
    process: psutil.Process


@contextlib.contextmanager
def sole_supervisor(home: Path) -> Iterator[Run]:
    """Makes the caller the one supervisor of `home`, and ends what a dead one left behind.

    Raises `Refusal` when another supervisor lives; the operating system frees the place of one that was killed.
    """
    (home / "run" / "parts").mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "run" / "supervisor.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = supervisor_of(home)
            who = f" (process {other.pid})" if other else ""
            raise Refusal(f"Conjoint already runs in {home}{who}; stop it with: conjoint down --home {home}") from None
        left = orphans(home)
        end(left)
        run = Run(home, uuid.uuid4().hex, took_over=bool(left))
        _write(home / "run" / "supervisor.json", "supervisor", os.getpid(), run.run_id)
        try:
            yield run
        finally:
            # what a part started and left behind when it was ended hard
            end(orphans(home))


def is_supervised(home: Path) -> bool:
    """Whether a supervisor of `home` lives."""
    path = home / "run" / "supervisor.lock"
    if not path.exists():
        return False
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def supervisor_of(home: Path) -> Record | None:
    """The last supervisor of `home`, dead or alive."""
    return _read(home / "run" / "supervisor.json")


def recorded(home: Path) -> dict[str, Record]:
    """What was noted about each part that runs, or ran when its supervisor was killed."""
    records = [_read(path) for path in (home / "run").glob("parts/*.json")]
    return {record.name: record for record in records if record}


def orphans(home: Path) -> list[Orphan]:
    """Living processes that earlier runs of this home started. Call it only when no supervisor lives.

    Each one's environment names this home and a run that this home remembers: a process that merely got the number
    of one of ours is never among them.
    """
    runs = {record.run_id for record in [*recorded(home).values(), supervisor_of(home)] if record}
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            environment = process.environ()
        except psutil.Error:
            continue  # gone, or somebody else's
        if environment.get(RUN_HOME) == str(home) and environment.get(RUN_ID) in runs and RUN_PART in environment:
            found.append(Orphan(environment[RUN_PART], process))
    return found


def end(found: list[Orphan], within_s: float = 10.0) -> None:
    """Ends these processes, gently first; those that store things last, or the others would wait for them in vain."""
    for stores in (False, True):
        wave = [orphan for orphan in found if (orphan.part in _STOP_SIGNALS) == stores]
        for orphan in wave:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.process.send_signal(_STOP_SIGNALS.get(orphan.part, signal.SIGTERM))
        _, alive = psutil.wait_procs([orphan.process for orphan in wave], timeout=within_s)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=5)


def _write(path: Path, name: str, pid: int, run_id: str) -> None:
    record = Record(name=name, pid=pid, create_time=psutil.Process(pid).create_time(), run_id=run_id)
    write_private(path, record.model_dump_json(), durable=False)


def _read(path: Path) -> Record | None:
    try:
        return Record.model_validate(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, ValidationError):
        # unreadable = nothing we could be sure of
        return None

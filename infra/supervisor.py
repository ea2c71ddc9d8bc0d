"""How do all parts of one home start, stay up and stop?
Starts processes; writes `<home>/run/status.json`, `<home>/log/*.log`, metrics.
Must never leave a process behind when it ends by itself, and never touch one that is not its own.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.own_processes import Run
from infra.part import BackOff, Condition, Part, State, in_order
from infra.refusal import Refusal
from infra.secrets_file import write_private
from schemas.metrics import PART_RESTARTS, PART_UP

LARGEST_LOG_BYTES: Final = 8 * 1024 * 1024

_POLL_S: Final = 0.15
_HEALTH_EVERY_S: Final = 5.0
_HEALTH_WITHIN_S: Final = 5.0
_UNHEALTHY_FOR_S: Final = 60.0
_LONGEST_MESSAGE: Final = 200


class _Stopping(Exception):
    """Everything stops; nothing is wrong."""


@dataclass(frozen=True)
class _Running:
    process: subprocess.Popen[bytes]
    exit: asyncio.Future[int]


class Supervisor:
    """Keeps `parts` of one run up until told to stop.

    A part starts once those it needs work, is started again when it ends by itself (after a growing pause) or does
    not answer for a minute, and is stopped before those it needs.
    """

    def __init__(
        self,
        run: Run,
        parts: tuple[Part, ...],
        *,
        back_off: BackOff | None = None,
        on_change: Callable[[Condition], None] = lambda _: None,
        on_up: Callable[[], None] = lambda: None,
        every_second: Sequence[Callable[[], None]] = (),
        beside: Mapping[str, Callable[[], Awaitable[None]]] | None = None,
        about: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        """`beside` are endless jobs in this process, each begun when the part of its name first works;
        `about` is added to `status.json`."""
        self._run = run
        self._parts = in_order(parts)
        self._back_off = back_off or BackOff()
        self._on_change = on_change
        self._on_up = on_up
        self._every_second = every_second
        self._beside = beside or {}
        self._about = about
        self.conditions = {part.name: Condition(part.name) for part in self._parts}
        self._serving = {part.name: asyncio.Event() for part in self._parts}
        self._running: dict[str, _Running] = {}
        self._stop = asyncio.Event()
        self._was_up = False
        self._threads = ThreadPoolExecutor(2 * len(self._parts) + 1, thread_name_prefix="part")

    @property
    def is_up(self) -> bool:
        """Whether every part works."""
        return all(condition.state.serves for condition in self.conditions.values())

    def stop(self) -> None:
        """Asks for a clean stop; a second call ends everything hard."""
        if self._stop.is_set():
            for running in self._running.values():
                _signal_group(running.process, signal.SIGKILL)
        self._stop.set()

    async def keep_up(self) -> None:
        """Starts everything and returns when everything has stopped. Raises `Refusal` when a part cannot be prepared
        at its first start; everything is stopped then too."""
        keepers = [asyncio.create_task(self._keep(part)) for part in self._parts]
        others = [
            asyncio.create_task(self._keep_house()),
            *(asyncio.create_task(self._when_serving(name, job)) for name, job in self._beside.items()),
        ]
        tasks: list[asyncio.Task[Any]] = [*keepers, *others, asyncio.create_task(self._until_stop())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            self._stop.set()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop_all()
            self._publish()
            self._threads.shutdown(wait=True, cancel_futures=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, _Stopping):
                raise result

    async def _until_stop(self) -> None:
        await self._stop.wait()
        raise _Stopping

    # --- one part ---------------------------------------------------------------------------------

    async def _keep(self, part: Part) -> None:
        failures = 0
        first = True
        while True:
            self._set(part, State.WAITING, self._missing(part))
            for need in part.needs:
                await self._serving[need].wait()
            started = time.monotonic()
            try:
                how = await self._once(part)
            except Refusal as refusal:
                if first:
                    raise
                how = str(refusal)
            if how is None:
                return
            first = False
            if time.monotonic() - started > self._back_off.forgiven_after_s:
                failures = 0
            failures += 1
            pause_s = self._back_off.pause_s(failures)
            condition = self.conditions[part.name]
            condition.restarts += 1
            PART_RESTARTS.labels(part.name).inc()
            self._set(part, State.RESTARTING, f"{how}; again in {pause_s:.0f} s" if pause_s >= 1 else how)
            await asyncio.sleep(pause_s)

    async def _once(self, part: Part) -> str | None:
        """One life of a part: how it ended, or None when a one-time part is done."""
        self._set(part, State.PREPARING)
        loop = asyncio.get_running_loop()

        def report(message: str) -> None:
            if self._stop.is_set():
                raise _Stopping
            loop.call_soon_threadsafe(self._set, part, State.PREPARING, message)

        launch = await loop.run_in_executor(self._threads, part.launch, report)
        process = launch.start(self._log(part), self._run.identity(part.name))
        self._run.note(part.name, process.pid)
        running = _Running(process, loop.run_in_executor(self._threads, process.wait))
        self._running[part.name] = running
        self._set(part, State.STARTING, pid=process.pid)
        attending = asyncio.create_task(self._attend(part))
        try:
            either: set[asyncio.Future[Any]] = {running.exit, attending}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            why = attending.result() if attending.done() else None
            if not running.exit.done():
                await self._end(part, running)
        finally:
            attending.cancel()
        code = running.exit.result()
        self._gone(part)
        if part.one_time and code == 0:
            self._set(part, State.DONE, _last_words(self._log(part), ""))
            return None
        return why or f"ended with {_in_words(code)}{_last_words(self._log(part), ': ')}"

    async def _attend(self, part: Part) -> str:
        """Follows a running process; returns, with the reason, when it should be ended."""
        if part.one_time:
            await asyncio.sleep(part.ready_within_s)
            return f"not done within {part.ready_within_s:.0f} s"
        deadline = time.monotonic() + part.ready_within_s
        while not await self._is_well(part):
            if time.monotonic() > deadline:
                return f"did not answer within {part.ready_within_s:.0f} s"
            await asyncio.sleep(_POLL_S)
        self._set(part, State.READY)
        well_at = time.monotonic()
        while True:
            await asyncio.sleep(_HEALTH_EVERY_S)
            if await self._is_well(part):
                well_at = time.monotonic()
                if self.conditions[part.name].state is not State.READY:
                    self._set(part, State.READY)
            elif time.monotonic() - well_at > _UNHEALTHY_FOR_S:
                return f"did not answer for {_UNHEALTHY_FOR_S:.0f} s"
            elif time.monotonic() - well_at > 2 * _HEALTH_EVERY_S and self.conditions[part.name].state is State.READY:
                # one late answer on a busy machine is nothing to tell
                self._set(part, State.UNHEALTHY, "does not answer")

    async def _is_well(self, part: Part) -> bool:
        if part.ready is None:
            return True
        try:
            return await asyncio.wait_for(part.ready(), _HEALTH_WITHIN_S)
        except TimeoutError:
            return False

    async def _end(self, part: Part, running: _Running) -> None:
        if not running.exit.done():
            with contextlib.suppress(ProcessLookupError):
                running.process.send_signal(part.stop_signal)
            await asyncio.wait({running.exit}, timeout=part.stop_within_s)
        if not running.exit.done():
            _signal_group(running.process, signal.SIGKILL)
            await asyncio.wait({running.exit})

    def _gone(self, part: Part) -> None:
        self._running.pop(part.name, None)
        self._run.forget(part.name)
        self.conditions[part.name].pid = None

    # --- all parts --------------------------------------------------------------------------------

    async def _stop_all(self) -> None:
        stopped = {part.name: asyncio.Event() for part in self._parts}

        async def stop(part: Part) -> None:
            for other in self._parts:
                if part.name in (*other.needs, *other.stops_before):
                    await stopped[other.name].wait()
            running = self._running.get(part.name)
            if running is not None:
                self._set(part, State.STOPPING)
                await self._end(part, running)
                self._gone(part)
            if self.conditions[part.name].state is not State.DONE:
                self._set(part, State.STOPPED)
            stopped[part.name].set()

        await asyncio.gather(*(stop(part) for part in self._parts))

    async def _keep_house(self) -> None:
        """What happens every second: the status file, the clock, the bound of the logs."""
        while True:
            self._publish()
            for job in self._every_second:
                job()
            for part in self._parts:
                bound_log(self._log(part))
            await asyncio.sleep(1)

    async def _when_serving(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        await self._serving[name].wait()
        await job()

    # --- telling ----------------------------------------------------------------------------------

    def _set(self, part: Part, state: State, message: str = "", *, pid: int | None = None) -> None:
        condition = self.conditions[part.name]
        changed = condition.state is not state
        if changed:
            condition.since = datetime.now(UTC)
        elif condition.message == message[:_LONGEST_MESSAGE]:
            return
        condition.state, condition.message = state, message[:_LONGEST_MESSAGE]
        condition.pid = pid or condition.pid
        PART_UP.labels(part.name).set(state.serves)
        if state.serves:
            self._serving[part.name].set()
        else:
            self._serving[part.name].clear()
        self._on_change(condition)
        if changed:
            self._publish()
        if self.is_up and not self._was_up:
            self._was_up = True
            self._on_up()

    def _missing(self, part: Part) -> str:
        missing = [need for need in part.needs if not self._serving[need].is_set()]
        return f"for {', '.join(missing)}" if missing else ""

    def _publish(self) -> None:
        status = {
            "home": str(self._run.home),
            "run_id": self._run.run_id,
            "pid": os.getpid(),
            "state": "stopping" if self._stop.is_set() else "up" if self.is_up else "starting",
            "updated_at": datetime.now(UTC).isoformat(),
            "parts": [condition.as_json() for condition in self.conditions.values()],
            **self._about(),
        }
        write_private(self._run.home / "run" / "status.json", json.dumps(status, indent=1), durable=False)

    def _log(self, part: Part) -> Path:
        return self._run.home / "log" / f"{part.name}.log"


def bound_log(log: Path, largest_bytes: int = LARGEST_LOG_BYTES) -> None:
    """Keeps a log that a process appends to below twice `largest_bytes`: its text so far becomes `<name>.1`."""
    try:
        if log.stat().st_size <= largest_bytes:
            return
        write_private(log.with_name(f"{log.name}.1"), log.read_text(errors="replace"), durable=False)
        os.truncate(log, 0)
    except FileNotFoundError:
        return


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # each part leads a session of its own; without the check a number that was given to somebody else could be hit
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def _in_words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"


def _last_words(log: Path, before: str) -> str:
    """The last line of a log when it is one of our own sentences; other programs may quote anything."""
    try:
        with log.open("rb") as opened:
            opened.seek(max(0, log.stat().st_size - 2000))
            lines = opened.read().decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return ""
    return f"{before}{lines[-1].removeprefix('conjoint: ')}" if lines and lines[-1].startswith("conjoint: ") else ""

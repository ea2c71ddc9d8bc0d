"""The reference practice as a process: does what its people do, when the practice's clock says so.
Reads the EHR's own record of how far it came; writes the EHR database, one transaction an act.
Must never run ahead of the clock, and never do an act twice.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import asyncpg
from prometheus_client import start_http_server
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter

from infra.practice.life import live
from infra.practice.storing import do, open_connection
from infra.refusal import Refusal
from infra.settings import LOOPBACK
from schemas import metrics

LOG: Final = logging.getLogger(__name__)
LOOK_EVERY_S: Final = 0.05
DISCONNECTED: Final = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)


class Clock(Protocol):
    """The practice's clock: practice time (UTC) at a real moment, never decreasing."""

    def now(self, wall: datetime) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """Whose life it is, and how many of its acts are done."""

    seed: int
    anchor: datetime
    backfill_days: int
    acts_done: int


def run(dsn: str, clock: Clock, seed: int, metrics_port: int | None = None) -> None:
    """Live until SIGTERM or SIGINT. The past must be there (`prepare`); its seed wins over `seed`.

    Survives restarts of the database and its own: it goes on with the first act that is not done.
    """
    if metrics_port is not None:
        start_http_server(metrics_port, LOOPBACK)

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for signal_ in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signal_, stop.set)
        await live_on(dsn, clock, seed, stop)

    asyncio.run(until_signalled())


async def live_on(
    dsn: str,
    clock: Clock,
    seed: int,
    stop: asyncio.Event,
    wall: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Live until `stop` is set; answers how many acts were done."""
    done = 0
    life: _Life | None = None
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(DISCONNECTED),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        sleep=_sleep_until(stop),
        stop=lambda _: stop.is_set(),
        retry_error_callback=lambda _: None,
    ):
        with attempt:
            connection = await open_connection(dsn)
            try:
                progress = await read_progress(connection)
                if progress.seed != seed and life is None:
                    LOG.warning("the practice was founded with seed %d and keeps it", progress.seed)
                if life is None or life.done != progress.acts_done:
                    # the life so far takes seconds to live again: without the thread, SIGTERM would wait for it
                    life = await asyncio.to_thread(_Life, progress, stop.is_set)
                while not stop.is_set():
                    act = life.next
                    await _until(clock, wall, act.at, stop)
                    if stop.is_set():
                        break
                    if await do(connection, act, life.done):
                        done += 1
                        metrics.SIMULATOR_ACTIONS.labels(action=act.what).inc()
                    life.advance()
            finally:
                await connection.close(timeout=2)
    return done


async def read_progress(connection: Any) -> Progress:
    """How far the life in this database came. Raises Refusal if none was begun."""
    try:
        row = await connection.fetchrow("SELECT seed, anchor, backfill_days, acts_done FROM simulator.progress")
    except asyncpg.UndefinedTableError:
        row = None
    if row is None:
        raise Refusal("the reference EHR has no past yet; run: conjoint prepare ehr")
    return Progress(row["seed"], row["anchor"].astimezone(UTC), row["backfill_days"], row["acts_done"])


class _Life:
    """The run of acts from the first that is not done."""

    def __init__(self, progress: Progress, stopped: Callable[[], bool]) -> None:
        self._acts = live(progress.seed, progress.anchor, progress.backfill_days)
        self.done = 0
        self.next = next(self._acts)
        while self.done < progress.acts_done and not stopped():
            self.advance()

    def advance(self) -> None:
        self.done += 1
        self.next = next(self._acts)


async def _until(clock: Clock, wall: Callable[[], datetime], at: datetime, stop: asyncio.Event) -> None:
    while not stop.is_set():
        now = clock.now(wall())
        metrics.PRACTICE_CLOCK.set(now.timestamp())
        if now >= at:
            return
        await _sleep_until(stop)(LOOK_EVERY_S)


def _sleep_until(stop: asyncio.Event) -> Callable[[float], Any]:
    async def sleep(seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            return

    return sleep

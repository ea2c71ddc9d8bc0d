"""`conjoint up`: run the whole platform on this machine."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from prometheus_client import start_http_server
from rich.console import Console
from rich.text import Text

from infra import preflight
from infra.capture import Capture, watch_capture
from infra.clock import PracticeClock, catch_up, remember, start_clock
from infra.endpoints import Endpoints, endpoints_of
from infra.live_list import showing
from infra.own_processes import Run, is_supervised, sole_supervisor
from infra.part import Condition
from infra.parts import platform_parts, ports_to_listen_on
from infra.refusal import Refusal
from infra.secrets_file import make_private_folder
from infra.settings import LOOPBACK, Settings, load_settings, settings_environment
from infra.sign_ins import SignIns, new_sign_ins, sign_ins_were_shown
from infra.source_capture import SourceCapture, watch_sources
from infra.sources import SNIPPET, sources_of
from infra.status import read_status
from infra.supervisor import Supervisor
from schemas.metrics import PRACTICE_CLOCK

_DETACHED_WITHIN_S = 600.0
_HOPELESS_RESTARTS = 5


@click.command("up")
@click.option("--detach", is_flag=True, help="Return once everything is up; `conjoint down` stops it.")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
@click.option("--speed", type=float, help="Practice minutes per real minute in working hours (default 60).")
@click.option("--backfill", type=int, help="Days of history a new reference practice starts with (default 90).")
@click.option("--no-simulate", is_flag=True, help="Keep the reference practice asleep.")
@click.option("--source", "sources", multiple=True, help=f"An OpenEMR to listen to, such as {SNIPPET}.")
@click.option("--no-reference", is_flag=True, help="Leave the reference practice out.")
@click.option("--no-sign-ins", is_flag=True, hidden=True)
def command(
    detach: bool,
    home: str | None,
    speed: float | None,
    backfill: int | None,
    no_simulate: bool,
    sources: tuple[str, ...],
    no_reference: bool,
    no_sign_ins: bool,
) -> None:
    """Start every part and keep it up until Ctrl-C (a second Ctrl-C does not wait).

    A second `up` continues where the first stopped. Beside a real EHR everything goes by real time.

    Example: conjoint up --speed 120

    Example: CONJOINT_SOURCE_PASSWORD=… conjoint up --no-reference --source openemr=mysql://user@host:3306/openemr
    """
    settings = load_settings(
        home=home,
        speed=speed,
        backfill_days=backfill,
        simulate=False if no_simulate else None,
        sources=" ".join(sources) or None,
        reference=False if no_reference else None,
    )
    sources_of(settings)
    make_private_folder(settings.home)
    for name in ("log", "run"):
        (settings.home / name).mkdir(exist_ok=True, mode=0o711)
    console = Console(highlight=False)
    if detach:
        _detach(settings, console)
        return
    with sole_supervisor(settings.home) as run:
        endpoints = endpoints_of(settings)
        if run.took_over:
            catch_up(settings.home, datetime.now(UTC))
        clock = start_clock(settings.home, 1.0 if settings.sources else settings.speed, datetime.now(UTC))
        parts = platform_parts(endpoints, clock)
        preflight.check(settings.home, ports_to_listen_on(endpoints, parts))
        sign_ins = [] if no_sign_ins else new_sign_ins(settings.home)
        start_http_server(settings.supervisor_metrics_port, addr=LOOPBACK)
        platform = _Platform(run, endpoints, clock, sign_ins, console)
        platform.keep_up()
    console.print("stopped")


class _Platform:
    """The parts, their supervisor and what people see of them."""

    def __init__(
        self, run: Run, endpoints: Endpoints, clock: PracticeClock, sign_ins: SignIns, console: Console
    ) -> None:
        self._endpoints = endpoints
        self._clock = clock
        self._sign_ins = sign_ins
        self._console = console
        self._home = run.home
        self._show: Callable[[Condition], None] = lambda _: None
        self._supervisor = Supervisor(
            run,
            platform_parts(endpoints, clock),
            on_change=self._changed,
            on_up=self._up,
            every_second=(self._tell_the_time,),
            beside={
                **({"prepare-connector": self._watch_capture} if endpoints.settings.reference else {}),
                **({"prepare-sources": self._watch_sources} if endpoints.settings.sources else {}),
            },
            about=self._about,
        )

    def keep_up(self) -> None:
        """Blocks until everything has stopped."""
        try:
            with showing(self._console, self._supervisor.conditions.values) as show:
                self._show = show
                asyncio.run(self._keep_up())
        finally:
            # the parts went by this clock until the last of them had stopped
            self._tell_the_time()

    async def _keep_up(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._supervisor.stop)
        await self._supervisor.keep_up()

    def _changed(self, condition: Condition) -> None:
        self._show(condition)

    def _up(self) -> None:
        tell_where(self._console, self._endpoints.console_url, self._sign_ins)
        if self._sign_ins:
            sign_ins_were_shown(self._home)

    def _tell_the_time(self) -> None:
        wall = datetime.now(UTC)
        PRACTICE_CLOCK.set(self._clock.now(wall).timestamp())
        remember(self._home, self._clock, wall)

    def _about(self) -> dict[str, Any]:
        wall = datetime.now(UTC)
        return {
            "console_url": self._endpoints.console_url,
            "clock": {
                "now_at": self._clock.now(wall).isoformat(),
                "speed": self._clock.speed,
                "read_at": wall.isoformat(),
            },
        }

    async def _watch_capture(self) -> None:
        await watch_capture(Capture(self._endpoints.connect_url, self._endpoints.capture_dsn, self._home))

    async def _watch_sources(self) -> None:
        capture = SourceCapture(self._endpoints.connect_url, self._endpoints.bootstrap, self._home)
        await watch_sources(capture, sources_of(self._endpoints.settings))


def tell_where(console: Console, url: str, sign_ins: SignIns) -> None:
    """The two things people need next: where to look and how to get in."""
    console.print(Text(f"\nConjoint is up: {url}\n", style="bold"))
    for name, password in sign_ins:
        console.print(Text(f"  sign in as {name:<10} {password}"))
    if sign_ins:
        console.print("  (shown this once; make new ones with: conjoint sign-ins --new)\n")


def _detach(settings: Settings, console: Console) -> None:
    if is_supervised(settings.home):
        raise Refusal(f"Conjoint already runs in {settings.home}; stop it with: conjoint down --home {settings.home}")
    sign_ins = new_sign_ins(settings.home)
    log = settings.home / "log" / "supervisor.log"
    with log.open("w") as output:
        log.chmod(0o600)
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.cli", "up", "--no-sign-ins"],
            env={**_surroundings(), **settings_environment(settings)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _wait_until_up(settings.home, process, log)
    tell_where(console, read_status(settings.home)["console_url"], sign_ins)
    if sign_ins:
        sign_ins_were_shown(settings.home)


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "CONJOINT_CONFIG"}


def _wait_until_up(home: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _DETACHED_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = [line.removeprefix("conjoint: ") for line in log.read_text().splitlines() if "conjoint: " in line]
            raise Refusal(*(lines or [f"it ended with code {process.returncode}; see {log}"]))
        status = read_status(home)
        if status.get("pid") == process.pid:
            if status["state"] == "up":
                return
            for part in status["parts"]:
                if part["restarts"] >= _HOPELESS_RESTARTS and part["state"] not in ("ready", "done"):
                    log = home / "log" / f"{part['name']}.log"
                    raise Refusal(f"{part['name']} does not come up ({part['message']}); see {log}; the rest runs on")
        time.sleep(0.2)
    raise Refusal(f"not every part is up after {_DETACHED_WITHIN_S / 60:.0f} minutes; see: conjoint status")

"""`conjoint down`: stop what `conjoint up` started."""

import contextlib
import os
import signal
import time
from datetime import UTC, datetime

import click

from infra.clock import catch_up
from infra.own_processes import end, is_supervised, orphans, supervisor_of
from infra.refusal import Refusal
from infra.settings import load_settings

_WITHIN_S = 90.0


@click.command("down")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(home: str | None) -> None:
    """Stop the platform of a home cleanly. Nothing is lost; `conjoint up` continues.

    Example: conjoint down
    """
    folder = load_settings(home=home).home
    if not is_supervised(folder):
        left = orphans(folder)
        end(left)
        if left:
            catch_up(folder, datetime.now(UTC))
        click.echo(f"ended {len(left)} processes that had no supervisor" if left else f"nothing runs in {folder}")
        return
    supervisor = supervisor_of(folder)
    if supervisor is None:
        raise Refusal(f"Conjoint runs in {folder} but does not say as which process; try again in a moment")
    if supervisor.is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + _WITHIN_S
    # its own ports are free only once its process is gone, and the next `up` needs them
    while is_supervised(folder) or supervisor.is_alive():
        if time.monotonic() > deadline:
            raise Refusal(f"process {supervisor.pid} has not stopped after {_WITHIN_S:.0f} s; try again, or end it")
        time.sleep(0.1)
    click.echo("stopped")

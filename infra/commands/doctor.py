"""`conjoint doctor`: what is wrong, and what to do about it."""

import asyncio

import click

from infra.doctor import Level, examine
from infra.endpoints import endpoints_of
from infra.refusal import Refusal
from infra.settings import load_settings


@click.command("doctor")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(home: str | None) -> None:
    """Look at every part and say what to do where something is wrong. Exit code 1 if anything fails.

    Example: conjoint doctor
    """
    checks = asyncio.run(examine(endpoints_of(load_settings(home=home))))
    for check in checks:
        click.echo(str(check))
    failed = sum(check.level is Level.FAIL for check in checks)
    if failed:
        raise Refusal(f"{failed} of {len(checks)} checks failed; each line above says what to do")

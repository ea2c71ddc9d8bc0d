"""`conjoint doctor`: what is wrong, and what to do about it."""

import asyncio

import click

from infra.doctor import Level, examine, examine_source
from infra.endpoints import endpoints_of
from infra.refusal import Refusal
from infra.settings import load_settings
from infra.sources import SNIPPET, sources_of


@click.command("doctor")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
@click.option("--source", "sources", multiple=True, help=f"Look at this OpenEMR only, such as {SNIPPET}.")
def command(home: str | None, sources: tuple[str, ...]) -> None:
    """Look at every part and say what to do where something is wrong. Exit code 1 if anything fails.

    With --source: may change capture read that database, are its settings right, is it the schema the adapter knows?
    Nothing needs to run for that.

    Example: conjoint doctor

    Example: CONJOINT_SOURCE_PASSWORD=… conjoint doctor --source openemr=mysql://user@host:3306/openemr
    """
    settings = load_settings(home=home, sources=" ".join(sources) or None)
    if sources:
        checks = [check for source in sources_of(settings) for check in examine_source(source)]
    else:
        checks = asyncio.run(examine(endpoints_of(settings)))
    for check in checks:
        click.echo(str(check))
    failed = sum(check.level is Level.FAIL for check in checks)
    if failed:
        raise Refusal(f"{failed} of {len(checks)} checks failed; each line above says what to do")

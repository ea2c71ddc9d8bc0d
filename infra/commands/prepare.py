"""`conjoint prepare NAME`: bring about one thing the processes need."""

import click

from infra.prepare import STEPS
from infra.settings import load_settings


@click.command("prepare")
@click.argument("name", type=click.Choice(list(STEPS)))
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(name: str, home: str | None) -> None:
    """Create what the processes need: topics, ClickHouse tables, the reference EHR, the capture connector.

    `conjoint up` runs all of them; each may be run again at any time.

    Example: conjoint prepare topics
    """
    click.echo(STEPS[name](load_settings(home=home)))

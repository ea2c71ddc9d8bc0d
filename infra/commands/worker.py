"""`conjoint worker NAME`: run one process of the platform in the foreground."""

import logging

import click

from infra.settings import load_settings
from infra.workers import WORKERS


@click.command("worker")
@click.argument("name", type=click.Choice(list(WORKERS)))
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(name: str, home: str | None) -> None:
    """Run one process of the platform until SIGTERM. `conjoint up` runs them all.

    Example: conjoint worker normalise
    """
    settings = load_settings(home=home)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-5s %(name)s %(message)s")
    for chatty in ("httpx", "httpcore", "httpx2", "httpcore2", "openai", "aiokafka", "faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    WORKERS[name](settings)

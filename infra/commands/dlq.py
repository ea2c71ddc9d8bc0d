"""`conjoint dlq`: what could nobody use, and can it be put back?"""

import sys
from typing import Final, NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors import dead_letters
from connectors.dead_letters import BrokerAway
from infra.asking import endpoints_here
from infra.refusal import Refusal
from infra.terminal import visible
from schemas.reasons import DEADLY, Reason

REASONS: Final = sorted(reason.value for reason in DEADLY)
HOME: Final = click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")


@click.group("dlq", epilog="Example: conjoint dlq list")
def command() -> None:
    """Messages that nobody could use: they were set aside untouched and can be put back after a fix."""


@command.command("list", epilog="Example: conjoint dlq list --json --limit 20")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option("--limit", type=click.IntRange(min=1, max=100_000), default=100, show_default=True)
@HOME
def list_letters(as_json: bool, limit: int, home: str | None) -> None:
    """List the messages that died last, newest first; never what they say."""
    bootstrap = endpoints_here(home).bootstrap
    try:
        letters = dead_letters.list_dead_letters(bootstrap, limit)
    except BrokerAway as away:
        _refuse(bootstrap, away)
    if as_json:
        for about in letters:
            click.echo(about.model_dump_json())
        return
    console = Console(highlight=False)
    if not letters:
        console.print("No dead letters.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("died", "reason", "where", "topic", "replayed", "id"):
        table.add_column(heading, overflow="fold")
    for about in letters:
        table.add_row(
            Text(f"{about.died_at:%Y-%m-%d %H:%M:%S}"),
            Text(visible(about.reason)),
            Text(visible(about.error)),
            Text(visible(f"{about.topic} [{about.partition}] @{about.offset}")),
            Text("yes" if about.replayed else ""),
            Text(visible(about.letter_id), overflow="fold"),
        )
    console.print(table)
    console.print("Times are UTC. Look at one with: conjoint dlq show ID")


@command.command("show", epilog="Example: conjoint dlq show 5f3f1c0e-8f0a-5c5e-9a43-0c7f8a1d2b3c --value > message.bin")
@click.argument("letter_id", metavar="ID")
@click.option("--value", is_flag=True, help="Only the message itself, byte for byte. It may hold health information.")
@HOME
def show(letter_id: str, value: bool, home: str | None) -> None:
    """Say why a message died and where it came from; with --value print the message."""
    bootstrap = endpoints_here(home).bootstrap
    try:
        letter = dead_letters.get(bootstrap, letter_id)
    except BrokerAway as away:
        _refuse(bootstrap, away)
    if letter is None:
        raise Refusal(f"no dead letter {visible(letter_id)} is kept; see: conjoint dlq list")
    body = letter.value or b""
    if not value:
        click.echo(letter.about.model_dump_json(indent=1))
        click.echo(f"{len(body)} bytes; print them with --value (they may hold health information)", err=True)
    elif sys.stdout.isatty():
        # a terminal would obey escape sequences in it
        lines = body.decode(errors="backslashreplace").splitlines()
        click.echo("\n".join(visible(line) for line in lines))
    else:
        click.echo(body, nl=False)


@command.command("replay", epilog="Example: conjoint dlq replay --reason unknown_word")
@click.argument("letter_ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--reason", type=click.Choice(REASONS), metavar="REASON", help=f"All that died of it: {', '.join(REASONS)}."
)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--again", is_flag=True, help="Also those that were put back before.")
@HOME
def replay(letter_ids: tuple[str, ...], reason: str | None, everything: bool, again: bool, home: str | None) -> None:
    """Put messages back on the topics they came from, byte for byte. A repeat does no harm.

    Exit code 1 if some could not be put back; each is named, and the others are.
    """
    if bool(letter_ids) + (reason is not None) + everything != 1:
        raise click.UsageError("name letter ids, or --reason, or --all.")
    bootstrap = endpoints_here(home).bootstrap
    try:
        done = dead_letters.replay(
            bootstrap,
            letter_ids=letter_ids or None,
            reason=None if reason is None else Reason(reason),
            everything=everything,
            again=again,
        )
    except BrokerAway as away:
        _refuse(bootstrap, away)
    already = f", {len(done.already)} left alone: put back before (--again repeats it)" if done.already else ""
    click.echo(f"{len(done.put_back)} put back{already}")
    problems = [f"no dead letter {visible(one)} is kept; see: conjoint dlq list" for one in done.unknown]
    problems += [f"{visible(one)} was not put back: {why}" for one, why in sorted(done.refused.items())]
    if problems:
        raise Refusal(*problems)


def _refuse(bootstrap: str, away: BrokerAway) -> NoReturn:
    if "UNKNOWN_TOPIC" in str(away):
        raise Refusal("the topics were not made yet; run: conjoint prepare topics") from None
    raise Refusal(f"Kafka does not answer at {bootstrap} ({away}); start Conjoint with: conjoint up") from None

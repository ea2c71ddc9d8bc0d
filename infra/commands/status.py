"""`conjoint status`: how every part is."""

import json
from datetime import UTC, datetime

import click
from rich.console import Console

from infra.live_list import table
from infra.part import Condition, State
from infra.refusal import Refusal
from infra.settings import load_settings
from infra.status import not_serving, read_status


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(as_json: bool, home: str | None) -> None:
    """Show how every part is. Exit code 0 if all of them work.

    Example: conjoint status --json
    """
    folder = load_settings(home=home).home
    status = read_status(folder)
    if as_json:
        click.echo(json.dumps(status, indent=1))
    else:
        Console(highlight=False).print(table(_condition(part) for part in status["parts"]))
    if status["state"] == "down":
        raise Refusal(f"nothing runs in {folder}; start it with: conjoint up")
    if missing := not_serving(status):
        raise Refusal(f"not working now: {', '.join(missing)}; see why with: conjoint doctor")


def _condition(part: dict[str, object]) -> Condition:
    return Condition(
        name=str(part["name"]),
        state=State(str(part["state"])),
        restarts=int(str(part["restarts"])),
        since=datetime.fromisoformat(str(part["since"])).astimezone(UTC),
        message=str(part["message"]),
    )

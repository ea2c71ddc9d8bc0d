"""`conjoint replay FILE…`: what would the rules find in these changes? No Kafka; JSON lines on stdout."""

import sys
from datetime import datetime
from pathlib import Path

import click
import orjson

from infra.exchange_lines import finding_line, request_line
from streams.replay import NotAChangesFile, read_changes_file, read_instant
from streams.replay import replay as run_replay


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return read_instant(value, "--now")
    except NotAChangesFile as error:
        raise click.BadParameter(f"{error}; for example 2026-04-16T19:00:00-05:00") from None


@click.command(
    "replay",
    epilog="Example: conjoint replay --all --now 2026-04-16T19:00:00-05:00 changes.json",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--now", callback=_moment, help="The moment of evaluation (default: the file's own, or its last change).")
@click.option("--delivery", type=int, help="Feed the changes in the order of the file's deliveries[N].")
@click.option("--all", "everything", is_flag=True, help="Also findings that were open earlier and are resolved.")
@click.option("--drafts", is_flag=True, help='Also the draft requests, as {"draft_request": …} lines.')
def command(
    files: tuple[Path, ...], now: datetime | None, delivery: int | None, everything: bool, drafts: bool
) -> None:
    """Run changes through the rules without Kafka and print what is found.

    FILES are JSON lines of changes, or objects {policy, changes, now, deliveries}; several files are independent.
    Exit code 2 if a file is not of that form; the others are still done.
    """
    wrong = False
    for path in files:
        try:
            ended = run_replay(read_changes_file(path), now, delivery)
        except NotAChangesFile as error:
            click.echo(f"conjoint replay: {path}: {error}; see `conjoint replay --help` for the form", err=True)
            wrong = True
            continue
        name = {"file": str(path)} if len(files) > 1 else {}
        lines = [finding_line(f) | name for f in ended.findings if everything or f.state == "open"]
        lines.sort(key=lambda line: (line["rule"], orjson.dumps(line["subject"]), line["id"]))
        if drafts:
            wanted = (r for r in ended.requests if everything or r.state == "requested")
            lines += sorted((request_line(r) | name for r in wanted), key=lambda line: line["draft_request"]["id"])
        for line in lines:
            click.echo(orjson.dumps(line))
    sys.exit(2 if wrong else 0)

"""`conjoint as-of FILE`: which consents covered a session when it started, or at any other moment? JSON lines out."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson

from streams.as_of import Cover, covers_of_session
from streams.replay import NotAChangesFile, case_at, read_changes_file, read_instant


def _moment(_: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    name = f"--{parameter.name}"
    try:
        return read_instant(value, name)
    except NotAChangesFile as error:
        raise click.BadParameter(f"{error}; for example 2026-04-15T18:00:00-05:00") from None


@click.command(
    "as-of",
    epilog="Example: conjoint as-of --session S-1 --known 2026-04-15T18:00:00-05:00 changes.json",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--session", required=True, help="The session asked about.")
@click.option("--at", callback=_moment, help="The moment asked about (default: when the session started).")
@click.option("--known", callback=_moment, help="Only what the practice's records said by then (default: all of it).")
def command(file: Path, session: str, at: datetime | None, known: datetime | None) -> None:
    """Say for everybody in a session, and each kind of consent they need, which forms covered it.

    FILE is a file of changes as for `conjoint replay`. Exit code 1 if the session was not known, 2 for another form.
    """
    try:
        case = case_at(read_changes_file(file), session, known)
    except NotAChangesFile as error:
        click.echo(f"conjoint as-of: {file}: {error}; see `conjoint replay --help` for the form", err=True)
        sys.exit(2)
    if case is None:
        told = "by then" if known is not None else "at all"
        click.echo(f"conjoint as-of: the file does not tell of session {session} {told}; look at its ids", err=True)
        sys.exit(1)
    for cover in covers_of_session(case, at):
        click.echo(orjson.dumps(_line(session, cover)))


def _line(session: str, cover: Cover) -> dict[str, Any]:
    return {
        "session": session,
        "person": cover.person,
        "kind": cover.kind,
        "at": cover.moment,
        "covered": cover.held,
        "consents": list(cover.consent_ids),
        "why_not": cover.why_not,
        "forms": [{"consent": form.consent.id, "state": form.state.value} for form in cover.forms],
    }

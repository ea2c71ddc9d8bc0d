"""`conjoint drafts`: which sessions wait for a draft?"""

from collections.abc import Sequence
from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.asking import endpoints_here, instant, read_rows, visible
from infra.exchange_lines import request_line
from schemas.draft_request import DraftRequest

SHOWN_TO_PEOPLE: Final = 50
_ALL: Final = 2**63 - 1
_COLUMNS: Final = """request_id, practice_id, session_id, kind, unit_id, clinician_id, client_ids, state,
    toUnixTimestamp64Milli(requested_at), toUnixTimestamp64Milli(changed_at), version"""


@click.command("drafts", epilog="Example: conjoint drafts --json --practice P-1")
@click.option("--json", "as_json", is_flag=True, help="JSON lines as `conjoint replay --drafts` prints them.")
@click.option("--practice", "practices", multiple=True, metavar="ID", help="Only this practice (repeatable).")
@click.option(
    "--limit", type=click.IntRange(min=1), help=f"At most so many (default: all with --json, else {SHOWN_TO_PEOPLE})."
)
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(as_json: bool, practices: tuple[str, ...], limit: int | None, home: str | None) -> None:
    """Show the draft requests that are outstanding, the longest waiting first."""
    rows = read_rows(
        endpoints_here(home),
        f"SELECT {_COLUMNS} FROM fact_draft_request FINAL WHERE state = 'requested' "  # noqa: S608 - constants only
        "AND (empty({practices:Array(String)}) OR practice_id IN {practices:Array(String)}) "
        "ORDER BY requested_at, practice_id, request_id LIMIT {most:UInt64}",
        {"practices": list(practices), "most": limit or (_ALL if as_json else SHOWN_TO_PEOPLE)},
    )
    requests = [_request(row) for row in rows]
    if as_json:
        for request in requests:
            click.echo(orjson.dumps(request_line(request) | {"practice_id": request.practice_id}))
        return
    _print(requests)


def _request(row: Sequence[Any]) -> DraftRequest:
    values = dict(zip(DraftRequest.model_fields, row, strict=True))
    moments = {name: instant(values[name]) for name in ("requested_at", "changed_at")}
    return DraftRequest.model_validate(values | moments)


def _print(requests: Sequence[DraftRequest]) -> None:
    console = Console(highlight=False)
    if not requests:
        console.print("No outstanding draft requests.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("requested", "practice", "session", "kind", "clinician", "clients"):
        table.add_column(heading)
    for request in requests:
        told = (request.practice_id, request.session_id, request.kind, request.clinician_id or "")
        table.add_row(
            Text(f"{request.requested_at:%Y-%m-%d %H:%M}"),
            *(Text(visible(word)) for word in told),
            Text(visible(", ".join(request.client_ids))),
        )
    console.print(table)
    console.print("Times are UTC.")

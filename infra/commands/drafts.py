"""`conjoint drafts`: which sessions want a draft, and what became of each?"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.asking import endpoints_here, instant, read_rows
from infra.endpoints import Endpoints
from infra.exchange_lines import request_line
from infra.terminal import visible
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
    """Show the draft requests that stand, the longest waiting first, and the draft of each once there is one.

    A draft is told by its state, who wrote it and counts; what it says is on the console, for those who may read it.
    """
    endpoints = endpoints_here(home)
    rows = read_rows(
        endpoints,
        f"SELECT {_COLUMNS} FROM fact_draft_request FINAL WHERE state = 'requested' "  # noqa: S608 - constants only
        "AND (empty({practices:Array(String)}) OR practice_id IN {practices:Array(String)}) "
        "ORDER BY requested_at, practice_id, request_id LIMIT {most:UInt64}",
        {"practices": list(practices), "most": limit or (_ALL if as_json else SHOWN_TO_PEOPLE)},
    )
    requests = [_request(row) for row in rows]
    drafts = _drafts_of(endpoints, requests)
    if as_json:
        for request in requests:
            told = {"practice_id": request.practice_id, "draft": drafts.get(request.request_id)}
            click.echo(orjson.dumps(request_line(request) | told))
        return
    _print(requests, drafts)


def _drafts_of(endpoints: Endpoints, requests: Sequence[DraftRequest]) -> dict[str, dict[str, Any]]:
    """Request → its draft, without a word of it."""
    rows = read_rows(
        endpoints,
        "SELECT request_id, draft_id, state, drafter, rung, sentences, flagged, removed, withheld, urgent, "
        "toUnixTimestamp64Milli(created_at) FROM fact_draft FINAL WHERE request_id IN {requests:Array(String)}",
        {"requests": [request.request_id for request in requests]},
    )
    names = ("id", "state", "drafter", "rung", "sentences", "flagged", "removed", "withheld", "urgent")
    return {row[0]: {**dict(zip(names, row[1:-1], strict=True)), "created_at": instant(row[-1])} for row in rows}


def _request(row: Sequence[Any]) -> DraftRequest:
    values = dict(zip(DraftRequest.model_fields, row, strict=True))
    moments = {name: instant(values[name]) for name in ("requested_at", "changed_at")}
    return DraftRequest.model_validate(values | moments)


def _print(requests: Sequence[DraftRequest], drafts: Mapping[str, Mapping[str, Any]]) -> None:
    console = Console(highlight=False)
    if not requests:
        console.print("No outstanding draft requests.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("requested", "practice", "session", "kind", "clinician", "clients", "draft"):
        table.add_column(heading)
    for request in requests:
        told = (request.practice_id, request.session_id, request.kind, request.clinician_id or "")
        table.add_row(
            Text(f"{request.requested_at:%Y-%m-%d %H:%M}"),
            *(Text(visible(word)) for word in told),
            Text(visible(", ".join(request.client_ids))),
            Text(_draft_words(drafts.get(request.request_id))),
        )
    console.print(table)
    console.print("Times are UTC.")


def _draft_words(draft: Mapping[str, Any] | None) -> str:
    if draft is None:
        return "waits"
    if draft["state"] != "drafted":
        return str(draft["state"])
    return f"{draft['sentences']} sentences, {draft['flagged']} to check, by the {draft['drafter']} drafter"

"""`conjoint findings`: what is open in the practices right now?"""

from collections.abc import Sequence
from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.asking import endpoints_here, instant, read_rows
from infra.exchange_lines import finding_line
from infra.terminal import visible
from schemas.finding import Finding

SEVERITIES: Final = ("block", "hold", "warn")
SHOWN_TO_PEOPLE: Final = 50
_ALL: Final = 2**63 - 1

_COLUMNS: Final = """finding_id, practice_id, rule, rule_version, state, severity, subject, predicts,
    money_at_stake_cents, toUnixTimestamp64Milli(opened_at), toUnixTimestamp64Milli(changed_at), why, todo, evidence,
    historical, version"""
_FILTER: Final = """(empty({rules:Array(String)}) OR rule IN {rules:Array(String)})
    AND (empty({severities:Array(String)}) OR severity IN {severities:Array(String)})
    AND (empty({practices:Array(String)}) OR practice_id IN {practices:Array(String)})
    AND ({state:String} = 'all' OR state = {state:String})"""
_ORDER: Final = "indexOf(['block', 'hold', 'warn'], severity), opened_at DESC, practice_id, finding_id"
_STYLES: Final = {"block": "bold red", "hold": "yellow", "warn": "cyan"}


@click.command("findings", epilog="Example: conjoint findings --json --rule B10 --rule C01 --severity block")
@click.option("--json", "as_json", is_flag=True, help="JSON lines as `conjoint replay` prints them, and practice_id.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Only this rule, such as B10 (repeatable).")
@click.option("--severity", "severities", multiple=True, type=click.Choice(SEVERITIES), help="(repeatable)")
@click.option("--practice", "practices", multiple=True, metavar="ID", help="Only this practice (repeatable).")
@click.option("--state", type=click.Choice(["open", "resolved", "all"]), default="open", show_default=True)
@click.option(
    "--limit", type=click.IntRange(min=1), help=f"At most so many (default: all with --json, else {SHOWN_TO_PEOPLE})."
)
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(
    as_json: bool,
    rules: tuple[str, ...],
    severities: tuple[str, ...],
    practices: tuple[str, ...],
    state: str,
    limit: int | None,
    home: str | None,
) -> None:
    """Show the findings of a running platform, the gravest and newest first."""
    parameters = {
        "rules": [rule.upper() for rule in rules],
        "severities": list(severities),
        "practices": list(practices),
        "state": state,
    }
    endpoints = endpoints_here(home)
    most = limit or (_ALL if as_json else SHOWN_TO_PEOPLE)
    rows = read_rows(
        endpoints,
        f"SELECT {_COLUMNS} FROM fact_finding FINAL WHERE {_FILTER} "  # noqa: S608 - constant fragments only
        f"ORDER BY {_ORDER} LIMIT {{most:UInt64}}",
        {**parameters, "most": most},
    )
    findings = [_finding(row) for row in rows]
    if as_json:
        for finding in findings:
            click.echo(orjson.dumps(finding_line(finding) | {"practice_id": finding.practice_id}))
        return
    total = len(findings)
    if total == most:
        statement = f"SELECT count() FROM fact_finding FINAL WHERE {_FILTER}"  # noqa: S608 - constant fragments only
        [[total]] = read_rows(endpoints, statement, parameters)
    _print(findings, int(total), state)


def _finding(row: Sequence[Any]) -> Finding:
    values = dict(zip(Finding.model_fields, row, strict=True))
    moments = {name: instant(values[name]) for name in ("opened_at", "changed_at")}
    return Finding.model_validate(values | moments)


def _print(findings: Sequence[Finding], total: int, state: str) -> None:
    console = Console(highlight=False)
    which = "" if state == "all" else f" {state}"
    if not findings:
        console.print(f"No{which} findings.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    several = len({finding.practice_id for finding in findings}) > 1
    for heading in ("severity", "rule", *(("practice",) if several else ()), "opened", "at stake"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "at stake" else "left")
    table.add_column("what, and what to do", ratio=1)
    for finding in findings:
        words = [
            Text(finding.severity, style="dim" if finding.state == "resolved" else _STYLES[finding.severity]),
            Text(finding.rule),
            *((Text(visible(finding.practice_id)),) if several else ()),
            Text(f"{finding.opened_at:%Y-%m-%d %H:%M}"),
            Text("" if finding.money_at_stake_cents is None else f"${finding.money_at_stake_cents / 100:,.2f}"),
            Text(visible(finding.why)) + Text(f"\n{visible(finding.todo)}", style="dim"),
        ]
        table.add_row(*words)
    console.print(table)
    more = f" ({len(findings)} shown; see more with --limit)" if total > len(findings) else ""
    console.print(f"{total}{which} finding{'' if total == 1 else 's'}{more}. Times are UTC.")

"""`conjoint audit`: verify the audit trail, or hand it to an auditor."""

import asyncio
import csv
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import click

from infra.endpoints import Endpoints, endpoints_of
from infra.refusal import Refusal
from infra.settings import Settings, load_settings

PART2_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


@click.group("audit")
def command() -> None:
    """Verify the audit trail against its checkpoints, or export it.

    Example: conjoint audit verify
    """


@command.command("verify")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def verify(home: str | None) -> None:
    """Name the first altered, missing or reordered entry; exit code 1 if there is one.

    The end of a chain is held by signed heads and checkpoints outside the database, in HOME/audit. The worker `desk`
    keeps the newest entry of each chain within a second and when it stops. What remains: an entry younger than that
    second, or written while that worker was down, can be cut off unseen, and so can anything by somebody who changes
    both the database and HOME. Copy HOME/audit/checkpoints.jsonl elsewhere if that is a threat to you.

    Example: conjoint audit verify
    """
    settings = load_settings(home=home)
    broken, chains, entries, marks = asyncio.run(_verify(settings))
    if broken:
        raise Refusal(*broken)
    click.echo(f"{entries} entries in {chains} chains hold, as do {marks} signed checkpoints and heads")


@command.command("export")
@click.option("--practice", required=True, help="Whose trail; * = what concerns no single practice.")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def export(practice: str, home: str | None) -> None:
    """Write a practice's audit trail as CSV on stdout: ids, hashes and reasons, no names and no clinical text.

    The export is itself recorded. Example: conjoint audit export --practice PR-LAKE > trail.csv
    """
    asyncio.run(_export(load_settings(home=home), practice))


@asynccontextmanager
async def _desk(endpoints: Endpoints) -> AsyncIterator[Any]:
    from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError

    database = DeskDatabase(endpoints.desk_app_dsn, connections=1)
    try:
        async with database.transaction() as connection:
            yield connection
    except DeskUnavailableError:
        raise Refusal("the desk's database does not answer; is Conjoint up? See: conjoint status") from None
    finally:
        await database.close()


async def _verify(settings: Settings) -> tuple[list[str], int, int, int]:
    from dashboards.desk import audit_log
    from dashboards.desk.checkpoints import CheckpointError, Checkpoints, key_of
    from schemas.audit import AuditEntry, broken_mark, first_break

    endpoints = endpoints_of(settings)
    path = settings.home / "audit" / "checkpoints.jsonl"
    checkpoints = Checkpoints(path, key_of(endpoints.secrets.audit_signing_seed.get_secret_value()))
    try:
        marks = [*checkpoints.read(), *checkpoints.read_heads().values()]
    except CheckpointError as error:
        return [f"{path.parent}: {error}"], 0, 0, 0
    broken, count = [], 0
    async with _desk(endpoints) as connection:
        # what is added meanwhile is not looked at: one picture for all chains
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        chains = sorted({*await audit_log.chains(connection), *(mark.chain for mark in marks)})
        for chain in chains:
            entries: list[AuditEntry] = [entry async for entry in audit_log.entries_of(connection, chain)]
            count += len(entries)
            found = first_break(chain, entries)
            found = found or broken_mark(chain, {entry.seq: entry.sha256 for entry in entries}, marks)
            if found is not None:
                broken.append(str(found))
    return broken, len(chains), count, len(marks)


async def _export(settings: Settings, practice: str) -> None:
    from dashboards.desk import audit_log
    from schemas.audit import Action, AuditEntry, AuditEvent

    fields = list(AuditEntry.model_fields)
    async with _desk(endpoints_of(settings)) as connection:
        if practice not in await audit_log.chains(connection):
            raise Refusal(f"nothing is recorded about {practice}; name a practice by its id")
        await audit_log.record(
            connection,
            AuditEvent(
                chain=practice,
                at=datetime.now(UTC),
                user_name="operator",
                role="command line",
                action=Action.EXPORTED,
                object_kind="audit trail",
                object_id=practice,
                reason="conjoint audit export",
            ),
        )
        writer = csv.writer(sys.stdout)
        writer.writerow([f"# {PART2_NOTICE}"])
        writer.writerow(fields)
        async for entry in audit_log.entries_of(connection, practice):
            row = entry.model_dump(mode="json")
            writer.writerow([_safe(row[name]) for name in fields])


def _safe(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text

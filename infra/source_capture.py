"""Is change capture of an OpenEMR set up and running?
Asks the database, writes the connector through Connect's REST interface, starts a failed one again.
Must never send a database password to Connect: the configuration names a private file instead.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pymysql

from connectors.ehr.openemr.adapter import OpenEmr
from connectors.ehr.openemr.tables import MESSAGE_KEYS
from infra.connector_rest import (
    connect_client,
    put_connector,
    restart_failed,
    state_or_unreachable,
    task_state,
    traces,
)
from infra.embedded.connect import connector_secrets_folder
from infra.embedded.java import properties_text
from infra.mariadb import Examined, NotReachable, examine
from infra.refusal import Refusal
from infra.secrets_file import write_private
from infra.source_log import look, remember
from infra.sources import Source, adapter_of, note_facts
from schemas.metrics import CAPTURE_TASK_UP

TEMPLATE: Final = Path(__file__).parent.parent / "connectors" / "ehr" / "openemr.connector.json"

_STOPS_WITHIN_S: Final = 30.0
_LOST_PLACE: Final = re.compile(r"Error code: 1236|binlog files have been purged|no longer available on the server")
"""How the database, or the connector, says that the log it is asked for is gone."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceCapture:
    """Where Connect answers, the brokers as Connect reaches them, and where to keep passwords for Connect to read."""

    connect_url: str
    bootstrap: str
    home: Path


def connector_name(source: Source) -> str:
    """The connector's name in Connect."""
    return f"conjoint-{source.name}"


def connector_configuration(
    capture: SourceCapture, source: Source, examined: Examined, log_base: int = 0
) -> dict[str, str]:
    """The committed template with this source filled in. Only the columns that the adapter reads are named: no others
    ever leave the database."""
    secrets_file = connector_secrets_folder(capture.home) / f"{source.name}.properties"
    database = re.escape(source.database)
    tables = [name for name in adapter_for_looking(source).tables if name in examined.columns]
    keys = {name: columns for name, columns in MESSAGE_KEYS.items() if name in tables}
    filled = {
        "${conjoint:host}": source.host,
        "${conjoint:port}": str(source.port),
        "${conjoint:user}": source.user,
        "${conjoint:password}": f"${{file:{secrets_file}:password}}",
        "${conjoint:server_id}": str(source.server_id),
        "${conjoint:ssl}": source.ssl,
        "${conjoint:database}": database,
        "${conjoint:tables}": ",".join(f"{database}\\.{table}" for table in tables),
        "${conjoint:columns}": ",".join(f"{database}\\.{t}\\.({'|'.join(examined.columns[t])})" for t in tables),
        "${conjoint:keys}": ";".join(
            f"{source.database}.{table}:{','.join(columns)}" for table, columns in keys.items()
        ),
        "${conjoint:prefix}": source.topic_prefix,
        "${conjoint:bootstrap}": capture.bootstrap,
        "${conjoint:history}": f"schema-history.{source.name}",
        "${conjoint:log}": str(log_base),
    }
    template: dict[str, str] = json.loads(TEMPLATE.read_text())
    configuration = {name: filled.get(value, value) for name, value in template.items()}
    return {name: value for name, value in configuration.items() if value}


def adapter_for_looking(source: Source) -> OpenEmr:
    """The source's adapter before anything is known of its database, not even its zone."""
    from zoneinfo import ZoneInfo

    return OpenEmr(source.practice_id, ZoneInfo("UTC"), source.mapping, source.name)


def look_at(source: Source) -> Examined:
    """What the source's database is like. Raises NotReachable."""
    return examine(source, adapter_for_looking(source).tables)


async def apply_source(capture: SourceCapture, source: Source, *, within_s: float = 90) -> Examined:
    """Makes the source's connector be as the template says, and waits until its task runs. Raises Refusal naming the
    column or setting that differs, and the statement that mends it."""
    try:
        examined = await asyncio.to_thread(look_at, source)
        place, began_anew = await asyncio.to_thread(look, source, capture.home)
    except NotReachable as error:
        raise Refusal(f"source {source.name}: {error}; see: conjoint doctor --source …") from None
    if examined.fatal:
        raise Refusal(
            *(f"source {source.name}: {problem.what}; run: {problem.statement}" for problem in examined.fatal)
        )
    note_facts(source, examined.facts, capture.home)
    adapter_of(source, capture.home)
    folder = connector_secrets_folder(capture.home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / f"{source.name}.properties", properties_text({"password": source.password}))
    wanted = connector_configuration(capture, source, examined, place.base)
    name = connector_name(source)
    deadline = time.monotonic() + within_s
    async with connect_client(capture.connect_url) as client:
        while True:
            if await put_connector(client, name, wanted):
                if began_anew:
                    _say_that_it_began_anew(source)
                    await _forget_place(client, name)
                    began_anew = False
                if await task_state(client, name) == "RUNNING":
                    remember(source, place, capture.home)
                    return examined
            if time.monotonic() > deadline:
                raise Refusal(
                    f"change capture of {source.name} did not start within {within_s:.0f} s; "
                    f"see {capture.home / 'log' / 'connect.log'}"
                )
            await asyncio.sleep(0.2)


def _say_that_it_began_anew(source: Source) -> None:
    log.error(
        "%s: the database's binary log began anew (RESET MASTER, another server, or one restored from a backup); what "
        "changed in between is not in it, so a new snapshot is taken; use PURGE BINARY LOGS to make room instead",
        source.name,
    )


async def follow_log(capture: SourceCapture, source: Source) -> bool:
    """Looks whether the database's log is still the one that was read; if not, capture takes a new snapshot, loudly.
    Answers whether it did. A database or a Connect that does not answer is asked again later."""
    try:
        place, began_anew = await asyncio.to_thread(look, source, capture.home)
        if began_anew:
            await apply_source(capture, source)
        else:
            remember(source, place, capture.home)
    except (NotReachable, Refusal, pymysql.err.Error, httpx.TransportError):
        return False
    return began_anew


async def source_state(capture: SourceCapture, source: Source) -> str:
    """Connect's word for the source's task: RUNNING, FAILED, …; MISSING, or UNREACHABLE. Never raises."""
    return await state_or_unreachable(capture.connect_url, connector_name(source))


async def watch_sources(
    capture: SourceCapture, sources: Sequence[Source], *, every_s: float = 5.0, longest_wait_s: float = 60.0
) -> None:
    """Runs until cancelled: starts failed tasks again, at first soon and then ever more rarely."""
    failures = dict.fromkeys((source.name for source in sources), 0)
    not_before = dict.fromkeys(failures, 0.0)
    while True:
        for source in sources:
            state = await source_state(capture, source)
            CAPTURE_TASK_UP.labels(connector_name(source)).set(state == "RUNNING")
            if state == "RUNNING":
                failures[source.name] = 0
                await follow_log(capture, source)
            elif state == "FAILED" and time.monotonic() >= not_before[source.name]:
                failures[source.name] += 1
                not_before[source.name] = time.monotonic() + min(longest_wait_s, 2.0 ** failures[source.name])
                await heal_source(capture, source)
        await asyncio.sleep(every_s)


async def heal_source(capture: SourceCapture, source: Source) -> None:
    """Starts a failed task again. If the database has purged the log that it still had to read, its place is forgotten,
    loudly, so that it takes a new snapshot: nothing else would ever let it go on."""
    name = connector_name(source)
    if await follow_log(capture, source):
        return
    try:
        async with connect_client(capture.connect_url) as client:
            lost = _LOST_PLACE.search("\n".join(await traces(client, name))) is not None
            if lost:
                log.error(
                    "%s: the database no longer has the part of its log that capture had not read; a new snapshot is "
                    "taken; keep the log longer than capture may be down (expire_logs_days)",
                    source.name,
                )
                await _forget_place(client, name)
    except httpx.TransportError:
        return
    if not lost:
        await restart_failed(capture.connect_url, name)


async def _forget_place(client: httpx.AsyncClient, name: str) -> None:
    await client.put(f"/connectors/{name}/stop")
    deadline = time.monotonic() + _STOPS_WITHIN_S
    while time.monotonic() < deadline:
        # refused until the task has stopped
        if (await client.delete(f"/connectors/{name}/offsets")).is_success:
            break
        await asyncio.sleep(0.5)
    await client.put(f"/connectors/{name}/resume")

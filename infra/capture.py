"""Is change capture of the EHR set up and running?
Reads the publication's tables and the replication slot; writes the connector through Connect's REST interface.
Must never send a database password to Connect: the configuration names a private file instead.
"""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import asyncpg
import httpx

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
from infra.refusal import Refusal
from infra.secrets_file import write_private
from schemas.metrics import CAPTURE_SLOT_LAG, CAPTURE_TASK_UP

CONNECTOR: Final = "conjoint-ehr"
PUBLICATION: Final = "conjoint_ehr"
SLOT: Final = "conjoint_ehr"
TEMPLATE: Final = Path(__file__).parent.parent / "connectors" / "ehr" / "reference.connector.json"

_SECRETS_NAME: Final = "ehr.properties"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Capture:
    """What capture needs to know: where Connect answers, the EHR's address as capture sees it, where to keep the
    password for Connect to read."""

    connect_url: str
    dsn: str
    home: Path

    def __repr__(self) -> str:
        return f"Capture({self.connect_url})"


@dataclass(frozen=True)
class CaptureState:
    """How capture is doing. `state` is Connect's word for the task: RUNNING, FAILED, UNASSIGNED, PAUSED, or
    MISSING when there is no connector, UNREACHABLE when Connect does not answer. `slot` is None when there is no
    slot, or the database does not answer."""

    state: str
    slot: "Slot | None"

    @property
    def is_up(self) -> bool:
        """The task runs and reads. RUNNING alone is not enough: while Debezium tries in vain to connect to the
        database, Connect still calls its task RUNNING."""
        return self.state == "RUNNING" and self.slot is not None and self.slot.is_read


@dataclass(frozen=True)
class Slot:
    """The replication slot as PostgreSQL sees it. `status` `lost` means that a new snapshot is needed."""

    lag_bytes: int
    is_read: bool
    status: str


def connector_configuration(capture: Capture, tables: list[str]) -> dict[str, str]:
    """The committed template with this installation's address and tables filled in; the password stays a reference
    that only Connect resolves."""
    address = urlsplit(capture.dsn)
    secrets_file = connector_secrets_folder(capture.home) / _SECRETS_NAME
    filled = {
        "${conjoint:host}": address.hostname or "",
        "${conjoint:port}": str(address.port or 5432),
        "${conjoint:user}": unquote(address.username or ""),
        "${conjoint:password}": f"${{file:{secrets_file}:password}}",
        "${conjoint:database}": address.path.lstrip("/"),
    }
    template: dict[str, str] = json.loads(TEMPLATE.read_text())
    configuration = {name: filled.get(value, value) for name, value in template.items()}
    # The snapshot reads tables in this order. The template names those first that tell how to read the others (a
    # practice's time zone); without that every row before them would be set aside.
    first = [table for table in template["table.include.list"].split(",") if table in tables]
    configuration["table.include.list"] = ",".join(dict.fromkeys([*first, *tables]))
    return configuration


async def apply_connector(capture: Capture, *, within_s: float = 60) -> list[str]:
    """Makes the connector be as the template says, whatever it was, and waits until its task runs. Answers the
    captured tables. Applying the same again changes nothing and interrupts nothing."""
    tables = await _published_tables(capture.dsn)
    if not tables:
        raise Refusal(f"publication {PUBLICATION} names no table; run: conjoint prepare ehr")
    folder = connector_secrets_folder(capture.home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = unquote(urlsplit(capture.dsn).password or "")
    write_private(folder / _SECRETS_NAME, properties_text({"password": password}))
    wanted = connector_configuration(capture, tables)
    deadline = time.monotonic() + within_s
    async with connect_client(capture.connect_url) as client:
        while True:
            if await put_connector(client, CONNECTOR, wanted) and await task_state(client, CONNECTOR) == "RUNNING":
                return tables
            if time.monotonic() > deadline:
                raise Refusal(
                    f"change capture did not start within {within_s:.0f} s ({await _why(client)}); "
                    f"see {capture.home / 'log' / 'connect.log'}"
                )
            await asyncio.sleep(0.2)


async def capture_state(capture: Capture) -> CaptureState:
    """How capture is doing now; never raises because a part is down."""
    state = await state_or_unreachable(capture.connect_url, CONNECTOR)
    return CaptureState(state, await _slot(capture.dsn))


async def watch_capture(capture: Capture, *, every_s: float = 5.0, longest_wait_s: float = 60.0) -> None:
    """Runs until cancelled: starts a failed task again, at first soon and then ever more rarely, and keeps the
    capture metrics true."""
    failures = 0
    restart_not_before = 0.0
    while True:
        now = await capture_state(capture)
        CAPTURE_TASK_UP.labels(CONNECTOR).set(now.is_up)
        if now.slot is not None:
            CAPTURE_SLOT_LAG.labels(SLOT).set(now.slot.lag_bytes)
        if now.state == "RUNNING":
            failures = 0
        elif now.state == "FAILED" and time.monotonic() >= restart_not_before:
            failures += 1
            restart_not_before = time.monotonic() + min(longest_wait_s, 2.0**failures)
            await restart_failed(capture.connect_url, CONNECTOR)
        await asyncio.sleep(every_s)


async def _why(client: httpx.AsyncClient) -> str:
    try:
        told = await traces(client, CONNECTOR)
    except httpx.TransportError:
        return "Connect does not answer"
    # the first line of a trace is the exception's class and Connect's own words about it
    return told[0].splitlines()[0].split(":")[0] if told else "no task yet"


async def _published_tables(dsn: str) -> list[str]:
    rows: list[Any] = await _ask(
        dsn,
        "SELECT schemaname || '.' || tablename AS name FROM pg_publication_tables WHERE pubname = $1 ORDER BY 1",
        PUBLICATION,
    )
    return [row["name"] for row in rows]


async def _slot(dsn: str) -> Slot | None:
    try:
        rows = await _ask(
            dsn,
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint AS lag, active, wal_status"
            " FROM pg_replication_slots WHERE slot_name = $1",
            SLOT,
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None
    return Slot(rows[0]["lag"] or 0, rows[0]["active"], rows[0]["wal_status"]) if rows else None


async def _ask(dsn: str, query: str, *arguments: object) -> list[Any]:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        return list(await connection.fetch(query, *arguments, timeout=5))
    finally:
        await connection.close(timeout=5)

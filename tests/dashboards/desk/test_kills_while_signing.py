"""Killed in the middle of signing and writing back: one note per client in the end, and the audit trail whole."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from connectors.ehr.note_writing import RestNotesConfig, RestNoteWriter
from dashboards.console.rights import Role
from dashboards.desk import audit_log, charts
from dashboards.desk.delivery import Delivery
from dashboards.desk.outbox import Waiting
from dashboards.desk.transactions import DeskDatabase
from infra.desk.migrate import apply_to_desk
from infra.embedded.stack import Stack, free_ports
from infra.endpoints import Endpoints
from infra.practice.prepare import prepare_ehr
from schemas.audit import first_break
from schemas.note_writing import WriteOutcome
from tests.dashboards.console.samples import PASSWORD, write_users
from tests.dashboards.desk.conftest import Bench
from tests.dashboards.desk.samples import CLIENTS, CLINICIAN, ENDED, NAMES, STARTED, a_draft, chart
from tests.running import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
TOKEN = "a-token-of-the-tests-only"


@dataclass
class Ehr:
    """The reference EHR's note-creation API as a process that can be killed."""

    endpoints: Endpoints
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it until it answers."""
        program = (
            "import json, sys; from infra.practice.notes_api import *; told = json.load(sys.stdin);"
            " run(NotesApiConfig(told['dsn'], told['token'], told['port']))"
        )
        self.process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
        assert self.process.stdin is not None
        told = {"dsn": self.endpoints.postgres_dsn, "token": TOKEN, "port": self.port}
        self.process.stdin.write(json.dumps(told).encode())
        self.process.stdin.close()
        wait_until("the note-creation API answers", self._answers, 30)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


async def ehr_practice(endpoints: Endpoints, practice: str) -> None:
    """The session and its people in the reference EHR, without a note."""
    await prepare_ehr(endpoints.postgres_dsn, 7, 0, ENDED)
    ehr = await asyncpg.connect(endpoints.postgres_dsn)
    at = STARTED.replace(tzinfo=None)
    stamps = "created_at, updated_at) VALUES"
    await ehr.execute(
        "INSERT INTO practices (practice_id, legal_name, time_zone, state, npi, npi_entity_type,"
        f" {stamps} ($1, 'x', 'America/Chicago', 'IL', '1', 2, $2, $2)"
        " ON CONFLICT DO NOTHING",
        practice,
        at,
    )
    await ehr.execute(
        f"INSERT INTO clinicians (clinician_id, practice_id, full_name, {stamps} ($1, $2, 'x', $3, $3)"
        " ON CONFLICT (clinician_id) DO UPDATE SET practice_id = excluded.practice_id",
        CLINICIAN,
        practice,
        at,
    )
    await ehr.execute(
        f"INSERT INTO appointments (appointment_id, practice_id, session_type, appt_status, {stamps}"
        " ('S-1', $1, 'GRP', 'DONE', $2, $2) ON CONFLICT (appointment_id) DO UPDATE SET practice_id = $1",
        practice,
        at,
    )
    for client_id in CLIENTS:
        await ehr.execute(
            f"INSERT INTO clients (client_id, practice_id, full_name, is_patient, {stamps} ($1, $2, $3, true, $4, $4)"
            " ON CONFLICT (client_id) DO UPDATE SET practice_id = excluded.practice_id",
            client_id,
            practice,
            NAMES[client_id],
            at,
        )
    await ehr.execute("DELETE FROM notes WHERE appointment_id = 'S-1'")
    await ehr.close()


async def _notes(endpoints: Endpoints) -> list[str | None]:
    ehr = await asyncpg.connect(endpoints.postgres_dsn)
    rows = await ehr.fetch("SELECT client_id FROM notes WHERE appointment_id = 'S-1' ORDER BY 1 NULLS FIRST")
    await ehr.close()
    return [row["client_id"] for row in rows]


@pytest.fixture
async def ehr(bench: Bench, postgres: Endpoints) -> AsyncIterator[Ehr]:
    await ehr_practice(postgres, bench.practice)
    api = Ehr(postgres, free_ports(1)[0])
    api.start()
    yield api
    api.kill()


async def _whole(bench: Bench) -> None:
    async with bench.database.transaction() as connection:
        entries = [entry async for entry in audit_log.entries_of(connection, bench.practice)]
    assert first_break(bench.practice, entries) is None
    assert [entry.action for entry in entries].count("draft_signed") == 1
    assert [entry.action for entry in entries].count("note_written") == 4


_CONSOLE = """
import json, sys
from pathlib import Path
from dashboards.console.app import run
from dashboards.console.config import ConsoleConfig
told = json.load(sys.stdin)
home = Path(told["home"])
run(ConsoleConfig(port=told["port"], cookie_secret="a-secret-of-the-tests-only", users_path=home / "console-users.json",
    status_path=home / "status.json", clickhouse_url="http://127.0.0.1:1", clickhouse_password="",
    kafka_bootstrap="127.0.0.1:1", desk_dsn=told["desk_dsn"]))
"""


@dataclass
class ConsoleProcess:
    """The console as a process that can be killed, and one person's browser."""

    home: Path
    port: int
    desk_dsn: str
    browser: httpx.Client
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it until it answers."""
        self.process = subprocess.Popen([sys.executable, "-c", _CONSOLE], stdin=subprocess.PIPE)
        assert self.process.stdin is not None
        told = {"home": str(self.home), "port": self.port, "desk_dsn": self.desk_dsn}
        self.process.stdin.write(json.dumps(told).encode())
        self.process.stdin.close()
        wait_until("the console answers", self._answers, 120)

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return self.browser.get("/healthz").status_code == 200
        return False

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def sign_in(self) -> dict[str, str]:
        """The therapist signs in; what their page's script sends along."""
        token = self.browser.get("/sign-in").text.split('name="csrf" value="')[1].split('"')[0]
        form = {"csrf": token, "name": "clinician", "password": PASSWORD, "next": "/"}
        assert self.browser.post("/sign-in", data=form).status_code == 303
        page = self.browser.get("/system").text
        return {"x-conjoint-csrf": page.split('name="csrf" value="')[1].split('"')[0]}


_WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def console(bench: Bench, tmp_path: Path) -> Iterator[ConsoleProcess]:
    write_users(tmp_path / "console-users.json", {"clinician": [bench.practice]})
    port = free_ports(1)[0]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as browser:
        process = ConsoleProcess(tmp_path, port, bench.database.dsn, browser)
        process.start()
        yield process
        process.kill()


async def test_a_console_killed_in_the_middle_of_a_signature_signs_it_once_in_the_end(
    bench: Bench, ehr: Ehr, console: ConsoleProcess
) -> None:
    await bench.arrive()
    await bench.approve_all()
    opened = await bench.desk.open(bench.user(Role.CLINICIAN), bench.practice, "D-S-1", viewed=False)
    body = {
        "content_sha256": opened.review.sha256,
        "acknowledged": [problem.code for problem in opened.problems if problem.severity == "warn"] + ["late"],
        "attested": True,
    }
    path = f"/api/desk/drafts/{bench.practice}/D-S-1/signature"
    headers = console.sign_in()
    ends: list[str] = []

    def click() -> None:
        try:
            ends.append(str(console.browser.post(path, json=body, headers=headers).status_code))
        except httpx.HTTPError as error:
            ends.append(type(error).__name__)

    # whoever holds the end of the audit chain keeps the signature waiting right before its commit
    holding = bench.owner.transaction()
    await holding.start()
    await bench.owner.execute("SELECT pg_advisory_xact_lock(71, hashtext($1))", bench.practice)
    clicking = threading.Thread(target=click)
    clicking.start()
    async with asyncio.timeout(60):
        while not await bench.owner.fetchval(_WAITS):  # noqa: ASYNC110 - another process's lock tells nobody
            await asyncio.sleep(0.05)
    console.kill()
    clicking.join(30)
    await holding.rollback()
    assert ends in (["RemoteProtocolError"], ["ReadError"])
    again = await bench.desk.open(bench.user(Role.CLINICIAN), bench.practice, "D-S-1", viewed=False)
    assert (again.review.state, len(again.writes), len(again.signatures)) == ("open", 0, 0), "all of it or nothing"

    console.start()
    click()
    click()  # whoever did not get an answer does it again
    assert ends[1:] == ["200", "409"]
    writer = RestNoteWriter(RestNotesConfig(f"http://127.0.0.1:{ehr.port}", TOKEN))
    delivery = Delivery(bench.database, writer, clock=lambda: datetime.now(UTC) + timedelta(minutes=1))
    while await delivery.deliver_due():
        pass
    await writer.close()
    assert await _notes(ehr.endpoints) == [None, *CLIENTS]
    await _whole(bench)


class Crash(BaseException):
    """The desk's worker dies here."""


class DyingDelivery(Delivery):
    """A worker that dies between writing a note and noting it."""

    lives_for = 0

    async def _finish(self, waiting: Waiting, outcome: WriteOutcome) -> None:
        if self.lives_for == 0:
            raise Crash
        self.lives_for -= 1
        await super()._finish(waiting, outcome)


async def test_an_ehr_killed_again_and_again_has_one_note_per_client_in_the_end(bench: Bench, ehr: Ehr) -> None:
    await bench.arrive()
    await bench.approve_all()
    await bench.sign()
    writer = RestNoteWriter(RestNotesConfig(f"http://127.0.0.1:{ehr.port}", TOKEN))
    delivery = Delivery(bench.database, writer, clock=lambda: bench.now)
    for round_ in range(6):
        if round_ % 2:
            ehr.kill()
        else:
            if round_:
                ehr.start()
            threading.Timer(0.02 * round_, ehr.kill).start()
        bench.now += timedelta(minutes=6)
        await delivery.deliver_due()
    await asyncio.sleep(0.3)
    ehr.start()
    for _ in range(3):
        bench.now += timedelta(minutes=6)
        await delivery.deliver_due()
    await writer.close()
    assert await _notes(ehr.endpoints) == [None, *CLIENTS]
    await _whole(bench)


@pytest.mark.parametrize("dies_after", [0, 1, 2])
async def test_a_worker_that_dies_between_writing_and_noting_it_writes_nothing_twice(
    bench: Bench, ehr: Ehr, dies_after: int
) -> None:
    await bench.arrive()
    await bench.approve_all()
    await bench.sign()
    writer = RestNoteWriter(RestNotesConfig(f"http://127.0.0.1:{ehr.port}", TOKEN))
    delivery = DyingDelivery(bench.database, writer, clock=lambda: bench.now)
    delivery.lives_for = dies_after
    with pytest.raises(Crash):
        await delivery.deliver_due()
    again = Delivery(bench.database, writer, clock=lambda: bench.now)
    assert await again.deliver_due() == 0, "the lease keeps others away for a while"
    bench.now += timedelta(minutes=2)
    assert await again.deliver_due() == 4 - dies_after
    await writer.close()
    assert await _notes(ehr.endpoints) == [None, *CLIENTS]
    await _whole(bench)


@contextmanager
def _own_server() -> Iterator[Stack]:
    home = Path(tempfile.mkdtemp(prefix="conjoint-desk-"))
    stack = Stack(home)
    try:
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(home, ignore_errors=True)


async def test_a_database_killed_while_people_sign_keeps_every_signature_whole() -> None:
    with _own_server() as stack:
        endpoints = stack.need("postgres")
        await apply_to_desk(endpoints.desk_dsn)
        owner = await asyncpg.connect(endpoints.desk_dsn)
        await owner.execute("INSERT INTO staff VALUES ('PR-K', 'clinician', $1)", CLINICIAN)
        await owner.close()
        bench = Bench("PR-K", DeskDatabase(endpoints.desk_app_dsn), owner)
        sessions = [f"S-{number}" for number in range(1, 9)]
        for session_id in sessions:
            async with bench.database.transaction() as connection:
                await charts.take(connection, chart("PR-K", session_id))
            await bench.arrive(a_draft(practice_id="PR-K", session_id=session_id))
            await bench.approve_all(draft_id=f"D-{session_id}")
        threading.Timer(0.15, lambda: os.killpg(stack.pid("postgres"), signal.SIGKILL)).start()
        await asyncio.gather(*(bench.sign(draft_id=f"D-{one}") for one in sessions), return_exceptions=True)
        await asyncio.sleep(0.5)
        with suppress(ProcessLookupError):
            stack.kill("postgres")
        started = time.monotonic()
        stack.need("postgres")
        assert time.monotonic() - started < 60
        await bench.database.close()
        again = Bench("PR-K", DeskDatabase(endpoints.desk_app_dsn), owner, now=datetime.now(UTC))
        signed = 0
        async with again.database.transaction() as connection:
            for session_id in sessions:
                state = await connection.fetchval("SELECT state FROM draft WHERE draft_id = $1", f"D-{session_id}")
                notes = await connection.fetchval(
                    "SELECT count(*) FROM note_outbox WHERE draft_id = $1", f"D-{session_id}"
                )
                signatures = await connection.fetchval(
                    "SELECT count(*) FROM signature WHERE draft_id = $1", f"D-{session_id}"
                )
                assert (notes, signatures) == ((4, 1) if state == "signed" else (0, 0)), "all of it or nothing"
                signed += state == "signed"
            entries = [entry async for entry in audit_log.entries_of(connection, "PR-K")]
        assert first_break("PR-K", entries) is None
        assert [entry.action for entry in entries].count("draft_signed") == signed
        again.now += timedelta(days=1)
        assert await again.deliver() == 4 * signed
        assert len(again.writer.notes) == 4 * signed
        await again.database.close()

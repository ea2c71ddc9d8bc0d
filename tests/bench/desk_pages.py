"""How fast are the review desk's pages with thousands of drafts waiting? Real PostgreSQL, the console in-process."""

import asyncio
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx

from dashboards.desk import charts, drafts
from dashboards.desk.review import opened
from dashboards.desk.transactions import DeskDatabase
from infra.desk.migrate import apply_to_desk
from infra.embedded.stack import Stack
from infra.endpoints import Endpoints
from tests.bench.table import Table
from tests.dashboards.console.samples import PASSWORD, Desk
from tests.dashboards.desk.samples import CLINICIAN, NOW, a_draft, chart

DRAFTS = 5_000
TRIES = 60
PRACTICE = "PR-B"


async def _fill(endpoints: Endpoints) -> None:
    await apply_to_desk(endpoints.desk_dsn)
    owner = await asyncpg.connect(endpoints.desk_dsn)
    await owner.execute("INSERT INTO staff VALUES ($1, 'clinician', $2)", PRACTICE, CLINICIAN)
    database = DeskDatabase(endpoints.desk_app_dsn)
    async with database.transaction() as connection:
        await charts.take(connection, chart(PRACTICE))
        for number in range(DRAFTS):
            source = a_draft(practice_id=PRACTICE, session_id=f"S-{number}")
            await drafts.put(connection, opened(source), source, NOW + timedelta(seconds=number))
    await database.close()
    await owner.execute("ANALYZE")
    await owner.close()


async def _measure(endpoints: Endpoints, home: Path) -> dict[str, list[float]]:
    console = Desk(home, settings={"desk_dsn": endpoints.desk_app_dsn})
    console.practices = {"clinician": [PRACTICE]}
    app = console.app()
    took: dict[str, list[float]] = {}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):
        form = (await client.get("/sign-in")).text.split('name="csrf" value="')[1].split('"')[0]
        await client.post("/sign-in", data={"csrf": form, "name": "clinician", "password": PASSWORD, "next": "/"})
        for path in (
            "/review",
            "/review?show=all&page=50",
            f"/review/{PRACTICE}/D-S-1",
            f"/api/desk/drafts/{PRACTICE}/D-S-1/stamp",
        ):
            for _ in range(TRIES):
                started = time.perf_counter()
                answer = await client.get(path)
                assert answer.status_code == 200, path
                took.setdefault(path, []).append((time.perf_counter() - started) * 1000)
    return took


def table() -> Table:
    """Median and 95th percentile per page, in milliseconds."""
    home = Path(tempfile.mkdtemp(prefix="conjoint-desk-bench-"))
    stack = Stack(home)
    try:
        endpoints = stack.need("postgres")
        asyncio.run(_fill(endpoints))
        measured = asyncio.run(_measure(endpoints, home))
    finally:
        stack.stop()
        shutil.rmtree(home, ignore_errors=True)
    rows = (
        (path, f"{statistics.median(took):.1f} ms", f"{statistics.quantiles(took, n=20)[-1]:.1f} ms")
        for path, took in measured.items()
    )
    return Table(
        f"Review desk, {DRAFTS:,} drafts in the queue, {TRIES} requests each", ("page", "median", "p95"), tuple(rows)
    )

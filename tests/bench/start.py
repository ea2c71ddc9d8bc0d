"""How long until somebody sees a finding, and what does it all take? `conjoint up` on an empty home, then once more.

Cold: nothing was ever fetched (the jars come over the network) and no home exists. Warm: a second start of that home.
"""

import re
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.bench.table import Table
from tests.dashboards.console.test_browser import ARGUMENTS, CHROMIUM
from tests.whole_platform import Platform, platform

WITHIN_MS = 240_000


def _first_row(page: Page, whole: Platform, password: str) -> None:
    page.goto(whole.endpoints.console_url)
    if page.get_by_label("Password").is_visible():
        page.get_by_label("Name").fill("manager")
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
    expect(page.locator("li.row[data-id]").first).to_be_visible(timeout=WITHIN_MS)


def _resident_mb(whole: Platform) -> float:
    return sum(process.memory_info().rss for process in whole.processes()) / 2**20


def _seconds(since: float) -> str:
    return f"{time.monotonic() - since:.0f}"


def table() -> Table:
    """What `make bench` prints."""
    rows: list[tuple[str, ...]] = []
    with (
        tempfile.TemporaryDirectory(prefix="conjoint-bench-cache-") as cache,
        platform(cache=Path(cache)) as whole,
        sync_playwright() as playwright,
    ):
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS).new_page()
        password = ""
        for name, aim_s in (("cold: empty caches, no home", "120"), ("warm: the second start", "40")):
            began = time.monotonic()
            said = whole.up()
            up_s = _seconds(began)
            password = dict(re.findall(r"sign in as (\w+) +(\S+)", said)).get("manager", password)
            _first_row(page, whole, password)
            rows.append((name, up_s, _seconds(began), aim_s, f"{_resident_mb(whole):,.0f}"))
            whole.down()
    return Table(
        "conjoint up, three practices with three months of history",
        ("", "every part up, s", "first finding on screen, s", "aim, s", "resident, MB (aim 2,500)"),
        tuple(rows),
    )

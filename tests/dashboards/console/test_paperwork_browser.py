"""The pages about paper as a person meets them: a real browser, by keyboard, with every resource allowed by our own
policy."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from dashboards.console.app import server
from tests.dashboards.console.paperwork import ScenarioPaperwork
from tests.dashboards.console.samples import PASSWORD, Desk
from tests.dashboards.console.test_browser import ARGUMENTS, CHROMIUM
from tests.dashboards.console.test_paperwork_pages import a_family
from tests.streams.compliance.reporting import file_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    desk = Desk(tmp_path, now=datetime(2026, 4, 17, 0, tzinfo=UTC))
    desk.settings["paperwork"] = ScenarioPaperwork(file_of(a_family()))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = server(desk.app(), port)
    thread = threading.Thread(target=lambda: asyncio.run(serving.serve()), daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    serving.should_exit = True
    thread.join(10)


def test_a_manager_finds_the_gap_marks_it_sent_by_keyboard_and_downloads_the_report(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(base_url=address, viewport={"width": 1280, "height": 900})
        page.set_default_timeout(8_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto("/sign-in?next=/consents")
        page.fill("input[name=name]", "manager")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Consents")
        page.wait_for_load_state("load")
        page.keyboard.press("j")
        expect(page.locator("[data-form]").first).to_be_focused()
        page.keyboard.press("x")
        page.get_by_role("button", name="Mark as sent").click()
        expect(page.get_by_role("status").filter(has_text="1 form marked")).to_be_visible()
        page.get_by_role("link", name="Compliance").click()
        expect(page.locator("h1")).to_have_text("Compliance")
        page.fill("input[name=from]", "2026-04-01")
        page.fill("input[name=to]", "2026-04-30")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="Visits and consents")).to_be_visible()
        with page.expect_download() as told:
            page.get_by_role("link", name="Download PDF").click()
        assert told.value.suggested_filename == "compliance-PR-1-2026-04-01-2026-04-30.pdf"
        browser.close()
        assert wrong == []

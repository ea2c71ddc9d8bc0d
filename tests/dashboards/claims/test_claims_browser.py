"""The claims desk as a biller meets it: the pile, by keyboard; why, and what speaks against it; a fix; the file."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from connectors.claims.read_837p import read_837p
from connectors.claims.structure import structure_errors
from dashboards.claims.intake import ClaimIntake
from dashboards.desk.transactions import DeskDatabase
from infra.claims.live import ClaimsWorker
from infra.claims.sending import send_claims_of_console
from infra.desk.migrate import apply_to_desk
from infra.endpoints import Endpoints
from schemas.change import ChangeSet
from schemas.codec import change_of
from streams.book import Book, Shelves
from streams.files import seal
from streams.keeper import Keeper
from tests.dashboards.console.samples import PASSWORD
from tests.dashboards.desk.served import Served, console_with_desk
from tests.streams.claims.suggested import unbilled
from tests.streams.scenario import Scenario, at, clean_group

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(180)]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
NOW = datetime.fromisoformat(at("2026-04-16 19:00"))


@dataclass
class Room:
    """A served console and the worker that brings claims to it."""

    served: Served
    practice: str
    worker: ClaimsWorker

    def arrive(self, scenario: Scenario) -> None:
        """The practice's files reach the worker, as the keeper committed them."""
        book = Book(Shelves.in_memory())
        changes = tuple(
            change_of(c | {"id": self.practice if c["entity"] == "practice" else c["id"]}) for c in scenario.changes
        )
        Keeper(book).apply(ChangeSet(practice_id=self.practice, now=NOW, changes=changes), 1)
        self.worker.take([(file.key, seal(file)) for shelf in book.shelves.files.values() for file in shelf.values()])
        self.settle()

    def settle(self) -> None:
        """The worker works until nothing is left to do."""

        async def work() -> None:
            while await self.worker.work():
                pass

        self.served.run(work())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def room(postgres: Endpoints, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Room]:
    practice = f"PR-{abs(hash(request.node.name)) % 10**8}"
    with console_with_desk(tmp_path, postgres, practice, send_claims=send_claims_of_console) as served:
        served.console.practices |= {name: [practice] for name in ("biller", "manager")}
        served.console.app()  # writes the sign-ins anew, with these practices
        served.console.now = NOW
        served.run(apply_to_desk(postgres.desk_dsn))
        worker = ClaimsWorker(ClaimIntake(DeskDatabase(postgres.desk_app_dsn)), lambda: NOW)
        yield Room(served, practice, worker)
        served.run(worker.intake.database.close())


def window(browser: Browser, room: Room, name: str) -> Page:
    """A signed-in window on the claims; a script error fails the test."""
    size = {"width": 1320, "height": 900}
    page = browser.new_context(base_url=room.served.address, viewport=size).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(8_000)
    page.on("pageerror", _raise)
    page.goto("/sign-in?next=/claims")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims")
    return page


def _raise(error: Any) -> None:
    raise AssertionError(str(error))


def seen(page: Page, name: str) -> None:
    """No violation that axe finds; a screenshot for whoever looks at them (SCREENSHOTS=folder)."""
    if SCREENSHOTS:
        page.screenshot(path=str(Path(SCREENSHOTS) / f"claims-{name}.png"), full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def pile(page: Page, name: str) -> int:
    """How many claims lie in a pile."""
    text = page.get_by_role("navigation", name="Piles").get_by_role("link", name=re.compile(f"^{name}")).inner_text()
    return int(text.rsplit(" ", 1)[-1])


def a_day() -> Scenario:
    """Two claims ready, one blocked for its note, one that asks for a look."""
    scenario = unbilled(clean_group()).set("N-S-1-BEN", status="draft", signed_at=None, signed_by=None)
    return scenario.without("PL-DREW")


def test_a_batch_is_worked_through_by_keyboard_and_goes_out_as_one_file(browser: Browser, room: Room) -> None:
    room.arrive(a_day())
    page = window(browser, room, "biller")
    assert (pile(page, "Ready"), pile(page, "Look first"), pile(page, "Blocked")) == (2, 1, 1)
    expect(page.locator(".claim-row").first).to_contain_text("Group psychotherapy with 4 clients present")
    expect(page.locator("body")).not_to_contain_text("Torres")
    seen(page, "ready")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text="approved")).to_be_visible()
    assert pile(page, "Approved") == 1
    page.keyboard.press("h")  # the next claim has the focus
    expect(page.get_by_role("status").filter(has_text="put on hold")).to_be_visible()
    page.goto("/claims?show=on hold")
    page.keyboard.press("j")
    page.keyboard.press("u")
    expect(page.get_by_role("status").filter(has_text="undone")).to_be_visible()
    page.goto("/claims?show=blocked")
    expect(page.locator(".claim-row")).to_contain_text("Denial CARC 16")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    seen(page, "blocked")
    page.goto("/claims?show=held")
    page.get_by_role("button", name="Approve").click()  # needs a reason: the form does not go
    page.get_by_placeholder("Why it may go out").fill("The plan is being typed")
    page.get_by_role("button", name="Approve").click()
    assert pile(page, "Approved") == 2
    page.goto("/claims?show=approved")
    seen(page, "approved")
    page.get_by_role("button", name=re.compile("Make the 837P file")).click()
    expect(page.get_by_role("heading", name="Files and answers")).to_be_visible(timeout=20_000)
    seen(page, "files")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"837P-\d+\.x12")).click()
    text = Path(download.value.path()).read_text()
    assert structure_errors(text) == ()
    assert len(read_837p(text).claims) == 2
    page.goto("/claims")
    assert (pile(page, "Sent"), pile(page, "Ready")) == (2, 1)


def test_a_value_set_by_hand_is_judged_anew(browser: Browser, room: Room) -> None:
    room.arrive(a_day())
    page = window(browser, room, "biller")
    page.locator(".row__why a").first.click()
    expect(page.get_by_role("heading", name="Why it says what it says")).to_be_visible()
    seen(page, "one")
    page.get_by_label("Place of service").fill("10")
    page.get_by_label("Why", exact=True).fill("she joined from home")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_role("region", name="Decided")).to_contain_text("place of service: she joined from home")
    room.settle()
    page.reload()
    expect(page.locator(".claim-against").first).to_contain_text("gives place of service 10 for a visit in person")
    page.keyboard.press("u")
    expect(page.get_by_role("region", name="Decided")).to_contain_text("taken back")
    room.settle()
    page.reload()
    expect(page.locator(".claim-row")).not_to_contain_text("place of service 10")


def test_a_manager_looks_and_a_clinician_does_not(browser: Browser, room: Room) -> None:
    room.arrive(a_day())
    page = window(browser, room, "manager")
    expect(page.locator(".claim-row")).to_have_count(2)
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    other = browser.new_context(base_url=room.served.address).new_page()
    other.goto("/sign-in?next=/claims")
    other.get_by_label("Name").fill("clinician")
    other.get_by_label("Password").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="This is not part of your role")).to_be_visible()

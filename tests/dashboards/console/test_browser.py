"""The console as a person meets it: a real browser, mostly by keyboard, on in-memory sources."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dashboards.console.app import server
from schemas.finding import Finding
from tests.dashboards.console.samples import PASSWORD, Desk, a_finding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
CONTRAST = Path(__file__).with_name("contrast.js").read_text()


@dataclass
class Served:
    """A console that answers on a real port, and the way to make a finding arrive."""

    desk: Desk
    address: str
    _soon: list[Callable[..., object]]

    def arrive(self, finding: Finding, *, stored: bool = True) -> None:
        """The finding comes through the feed; the store has it too, unless said otherwise."""
        if stored:
            self.desk.findings.put(finding)
        self._soon[0](self.desk.feed.say, finding)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    now = datetime.now(UTC)
    desk = Desk(tmp_path, now=now)
    for number, (rule, severity, why) in enumerate(
        (
            ("B39", "block", "Claim CL-1 is queued, but the note of client C-1 is not signed."),
            ("B20", "block", "Session S-2 took place after the coverage of client C-2 had ended."),
            ("C01", "hold", "Client C-3 is booked and has no treatment consent in force."),
            ("C15", "warn", "Consent CO-4 expires in 14 days."),
        ),
        1,
    ):
        opened_at = now - timedelta(hours=number)
        desk.findings.put(
            a_finding(rule=rule, severity=severity, why=why, subject={"claim": f"CL-{number}"}, opened_at=opened_at)
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = server(desk.app(), port)
    loops: list[Callable[..., object]] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop().call_soon_threadsafe)
        await serving.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    yield Served(desk, f"http://127.0.0.1:{port}", loops)
    serving.should_exit = True
    thread.join(10)


@pytest.fixture
def window(browser: Browser, served: Served) -> Iterator[Page]:
    """An empty window on the console; a script error or a blocked resource fails the test."""
    context = browser.new_context(base_url=served.address, viewport={"width": 1280, "height": 860})
    yield from _watched(context)


def _watched(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(8_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert wrong == []


def sign_in(page: Page, name: str = "manager") -> None:
    """With the keyboard alone: the name field has the focus already."""
    page.goto("/")
    expect(page.get_by_label("Name")).to_be_focused()  # or the first letters go nowhere on a busy machine
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Findings", exact=True)).to_be_visible()


def is_live(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_one_signs_in_and_works_through_findings_by_keyboard_alone(window: Page) -> None:
    sign_in(window)
    is_live(window)
    window.keyboard.press("Tab")
    expect(window.get_by_role("link", name="Skip to the content")).to_be_focused()
    window.keyboard.press("Enter")
    window.keyboard.press("j")
    first = window.get_by_role("link", name=re.compile("Claim CL-1 is queued"))
    expect(first).to_be_focused()
    window.keyboard.press("j")
    window.keyboard.press("j")
    window.keyboard.press("k")
    second = window.get_by_role("link", name=re.compile("Session S-2 took place"))
    expect(second).to_be_focused()
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", level=1)).to_have_text(re.compile("Session S-2 took place"))
    window.get_by_role("link", name="Findings").last.focus()
    window.keyboard.press("Enter")
    is_live(window)
    window.keyboard.press("?")
    expect(window.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    window.keyboard.press("Escape")
    expect(window.get_by_role("dialog")).to_have_count(0)
    window.keyboard.press("/")
    expect(window.get_by_role("searchbox", name="Search findings")).to_be_focused()
    window.keyboard.type("j?/k")
    expect(window.get_by_role("searchbox")).to_have_value("j?/k")


def test_a_finding_appears_changes_and_resolves_without_a_reload(window: Page, served: Served) -> None:
    sign_in(window)
    is_live(window)
    window.evaluate("window.stayed = true")
    finding = a_finding(
        severity="hold",
        rule="C02",
        why="Client C-9 has not signed the group agreement.",
        subject={"client": "C-9"},
        opened_at=served.desk.now,
        money_at_stake_cents=99_900,
    )
    served.arrive(finding)
    row = window.locator(f'.row[data-id="{finding.finding_id}"]')
    expect(row).to_contain_text("Client C-9 has not signed the group agreement.")
    expect(window.locator('.group[data-group="hold"] .row')).to_have_count(2)
    expect(window.locator('.group[data-group="hold"] .row').first).to_contain_text("C-9")
    expect(window.locator('.figure [data-count="open:hold"]')).to_have_text("2")
    expect(window.locator("#announcer")).to_contain_text("New finding. Hold: Client C-9")
    served.arrive(
        finding.model_copy(update={"severity": "block", "version": finding.version + 1, "why": "Now it blocks."})
    )
    expect(window.locator('.group[data-group="block"] .row').first).to_contain_text("Now it blocks.")
    expect(window.locator('.group[data-group="hold"] .row')).to_have_count(1)
    served.arrive(finding.model_copy(update={"state": "resolved", "version": finding.version + 2}))
    expect(row).to_contain_text("Resolved")
    expect(row).to_have_class(re.compile("row--resolved"))
    assert window.evaluate("window.stayed") is True


def test_a_stale_version_changes_nothing_and_the_store_need_not_know_a_finding_yet(
    window: Page, served: Served
) -> None:
    sign_in(window)
    is_live(window)
    finding = a_finding(why="Newest words.", version=1_000, subject={"claim": "CL-77"}, opened_at=served.desk.now)
    served.arrive(finding, stored=False)
    row = window.locator(f'.row[data-id="{finding.finding_id}"]')
    expect(row).to_contain_text("Newest words.")
    served.arrive(finding.model_copy(update={"why": "Old words.", "version": 999}), stored=False)
    row.get_by_role("link").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("Newest words.")


def test_filters_change_the_list_the_address_and_what_arrives(window: Page, served: Served) -> None:
    sign_in(window)
    is_live(window)
    window.evaluate("window.stayed = true")
    window.get_by_role("checkbox", name="Hold").check()
    expect(window.locator(".row")).to_have_count(1)
    assert "severity=hold" in window.url
    window.get_by_role("searchbox").fill("c-3")
    expect(window).to_have_url(re.compile("q=c-3"))
    is_live(window)
    served.arrive(a_finding(severity="warn", why="A warning about C-3.", subject={"claim": "CL-50"}))
    served.arrive(a_finding(severity="hold", why="Hold something else.", subject={"claim": "CL-51"}))
    served.arrive(a_finding(severity="hold", why="Hold client C-3 again.", subject={"claim": "CL-52"}))
    expect(window.locator(".row")).to_have_count(2)
    expect(window.locator(".row", has_text="Hold client C-3 again.")).to_be_visible()
    window.get_by_role("link", name="Remove search").click()
    expect(window.locator(".row")).to_have_count(3)
    window.get_by_role("radio", name="Resolved").check(force=True)
    expect(window.get_by_role("heading", name="Nothing matches these filters")).to_be_visible()
    window.go_back()
    expect(window.locator(".row")).to_have_count(3)
    window.locator(".row a").first.click()
    window.get_by_role("link", name="Findings").last.click()
    expect(window.locator(".row")).to_have_count(3)
    assert "severity=hold" in window.url


def test_a_store_that_is_away_leaves_the_list_standing_and_comes_back_by_itself(window: Page, served: Served) -> None:
    sign_in(window)
    is_live(window)
    served.desk.findings.available = False
    served.arrive(a_finding(why="Arrived meanwhile.", subject={"claim": "CL-60"}))
    expect(window.get_by_text("The analytics store is not answering.")).to_be_visible()
    expect(window.locator(".row")).to_have_count(5)
    served.desk.findings.available = True
    served.arrive(a_finding(why="And back.", subject={"claim": "CL-61"}))
    expect(window.get_by_text("The analytics store is not answering.")).to_be_hidden()


def test_a_hostile_sentence_that_arrives_live_stays_a_sentence(window: Page, served: Served) -> None:
    sign_in(window)
    is_live(window)
    hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    served.arrive(a_finding(why=hostile, subject={"claim": "CL-<b>"}))
    expect(window.locator(".row", has_text="onerror")).to_be_visible()
    assert window.locator(".row img, .row script, .row b").count() == 0
    assert "taken" not in window.title()


def test_the_system_page_follows_its_parts(window: Page, served: Served) -> None:
    sign_in(window)
    window.goto("/system")
    is_live(window)
    state = served.desk.parts.state
    mended = tuple(type(part)(part.name, "ready", 1, part.restarts, part.since) for part in state.parts)
    served.desk.parts.state = type(state)(parts=mended, read_at=state.read_at)
    expect(window.get_by_text("All 10 parts are well.")).to_be_visible()


def test_an_ended_session_leads_back_to_the_sign_in(window: Page, served: Served) -> None:
    sign_in(window)
    is_live(window)
    served.desk.now += timedelta(hours=13)
    served.arrive(a_finding(subject={"claim": "CL-70"}))
    expect(window.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_dark_side_is_chosen_by_the_system_or_by_the_person_who_is_remembered(
    browser: Browser, served: Served
) -> None:
    context = browser.new_context(base_url=served.address, color_scheme="dark")
    for page in _watched(context):
        sign_in(page)
        shade = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(shade)
        toggle = page.get_by_role("button", name=re.compile("^Colors"))
        toggle.click()
        expect(toggle).to_have_accessible_name("Colors: light")
        light = page.evaluate(shade)
        assert dark != light
        page.reload()
        assert page.evaluate(shade) == light
        assert page.evaluate("document.documentElement.dataset.theme") == "light"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_has_labels_landmarks_an_order_and_enough_contrast(
    browser: Browser, served: Served, scheme: str
) -> None:
    finding = next(iter(served.desk.findings.snapshot()))
    served.desk.findings.put(a_finding(state="resolved", historical=True, subject={"claim": "CL-80"}))
    letter = "6f1d2c3a-0000-5000-8000-000000000001"
    context = browser.new_context(base_url=served.address, color_scheme="dark" if scheme == "dark" else "light")
    for page in _watched(context):
        page.goto("/sign-in")
        assert page.evaluate(CONTRAST) == []
        sign_in(page, "admin")
        paths = ("/?state=all", "/?severity=hold&q=zzz", f"/findings/{finding.finding_id}", "/system", "/dead-letters")
        for path in (*paths, f"/dead-letters/{letter}", "/nowhere"):
            page.goto(path)
            assert page.evaluate(CONTRAST) == [], path


def test_nothing_is_cut_off_on_a_narrow_screen(browser: Browser, served: Served) -> None:
    finding = next(iter(served.desk.findings.snapshot()))
    context = browser.new_context(base_url=served.address, viewport={"width": 360, "height": 740})
    for page in _watched(context):
        sign_in(page, "admin")
        for path in ("/", f"/findings/{finding.finding_id}", "/system", "/dead-letters", "/sign-in"):
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, path


def test_the_first_page_stays_as_long_as_a_page_and_takes_what_belongs_on_it(browser: Browser, served: Served) -> None:
    for number in range(60):
        served.desk.findings.put(a_finding(subject={"claim": f"CL-{number}"}, opened_at=served.desk.now))
    context = browser.new_context(base_url=served.address)
    for page in _watched(context):
        sign_in(page)
        is_live(page)
        expect(page.locator(".row")).to_have_count(50)
        served.arrive(a_finding(severity="warn", why="Belongs on the next page.", subject={"claim": "CL-a"}))
        later = served.desk.now + timedelta(seconds=5)
        served.arrive(a_finding(why="Belongs on this page.", subject={"claim": "CL-b"}, opened_at=later))
        expect(page.locator(".row").first).to_contain_text("Belongs on this page.")
        expect(page.locator(".row")).to_have_count(50)
        expect(page.locator(".row", has_text="Belongs on the next page.")).to_have_count(0)
        expect(page.locator('#count [data-count="total"]')).to_have_text("65")

"""The review desk as a clinician meets it: queue, evidence, edit, reject, sign, and the notes that leave it."""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboards.desk import charts, intake
from dashboards.desk.delivery import Delivery
from dashboards.desk.transactions import DeskDatabase
from infra.desk.migrate import apply_to_desk
from infra.endpoints import Endpoints
from schemas.draft import SessionDraft
from tests.dashboards.console.samples import PASSWORD
from tests.dashboards.desk.conftest import RecordingWriter
from tests.dashboards.desk.samples import ASSOCIATE, CLINICIAN, SUPERVISOR, a_draft, chart
from tests.dashboards.desk.served import Served, console_with_desk

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(180)]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


@dataclass
class Room:
    """A served console, its practice, and an EHR that takes notes."""

    served: Served
    practice: str
    endpoints: Endpoints
    writer: RecordingWriter

    def arrive(self, *drafts: SessionDraft, sessions: tuple[str, ...] = ("S-1",)) -> None:
        """Drafts and what the EHR knows come in."""

        async def come() -> None:
            database = DeskDatabase(self.endpoints.desk_app_dsn)
            async with database.transaction() as connection:
                for session_id in sessions:
                    await charts.take(connection, chart(self.practice, session_id))
                for draft in drafts:
                    await intake.take(connection, draft, datetime.now(UTC))
            await database.close()

        self.served.run(come())

    def deliver(self) -> None:
        """What is due goes to the EHR."""

        async def go() -> None:
            database = DeskDatabase(self.endpoints.desk_app_dsn)
            await Delivery(database, self.writer).deliver_due()
            await database.close()

        self.served.run(go())

    def review(self, draft_id: str = "D-S-1") -> str:
        """The address of a draft."""
        return f"/review/{self.practice}/{draft_id}"


async def _link_staff(endpoints: Endpoints, practice: str) -> None:
    await apply_to_desk(endpoints.desk_dsn)
    owner = await asyncpg.connect(endpoints.desk_dsn)
    rows = [
        (practice, "clinician", CLINICIAN),
        (practice, "associate", ASSOCIATE),
        (practice, "supervisor", SUPERVISOR),
    ]
    await owner.executemany("INSERT INTO staff (practice_id, user_name, clinician_id) VALUES ($1, $2, $3)", rows)
    await owner.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def room(postgres: Endpoints, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Room]:
    practice = f"PR-{abs(hash(request.node.name)) % 10**8}"
    with console_with_desk(tmp_path, postgres, practice) as served:
        served.console.now = datetime(2026, 11, 23, 17, 50, tzinfo=UTC)
        served.run(_link_staff(postgres, practice))
        yield Room(served, practice, postgres, RecordingWriter())


def window(browser: Browser, room: Room, name: str, **options: Any) -> Page:
    """A signed-in window; a script error or a refused resource fails the test."""
    size = {"width": 1320, "height": 900}
    page = browser.new_context(**{"base_url": room.served.address, "viewport": size, **options}).new_page()
    page.set_default_timeout(8_000)
    page.on("pageerror", _raise)
    page.goto("/sign-in?next=/review")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    return page


def _raise(error: Any) -> None:
    raise AssertionError(str(error))


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever looks at them (SCREENSHOTS=folder)."""
    if SCREENSHOTS:
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"), full_page=True)


def accessible(page: Page) -> None:
    """No violation that axe finds."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def section(page: Page, name: str) -> Any:
    """The section of that title."""
    return page.locator("#sections > section").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_from_the_queue_to_the_notes_in_the_ehr(browser: Browser, room: Room) -> None:
    room.arrive(a_draft(practice_id=room.practice))
    page = window(browser, room, "clinician")
    accessible(page)
    picture(page, "queue")
    page.get_by_role("link", name=re.compile("Group session")).click()
    expect(page.locator("#state")).to_have_text("AI-drafted, not signed")
    expect(page.locator("#look-first")).to_contain_text("Marisol Q agreed with the plan.")
    expect(page.locator("#charts")).to_contain_text("An earlier note.")
    accessible(page)
    picture(page, "review")
    mine = section(page, "Marisol Q")
    mine.get_by_role("textbox", name="Sentence 1 of Marisol Q").fill(
        "Marisol Q practised the breathing exercise daily."
    )
    expect(mine.locator(".section__saved")).to_have_text("Saved")
    for name in ("The group", "Marisol Q", "Tobias E"):
        section(page, name).get_by_role("button", name="Approve").click()
        expect(section(page, name)).to_contain_text("Approved by clinician")
    section(page, "Leilani O").get_by_role("button", name="Reject…").click()
    page.get_by_label("A few words for the record").fill("I wrote it down myself")
    page.get_by_role("button", name="Continue").click()
    expect(section(page, "Leilani O")).to_contain_text("Rejected by clinician")
    page.get_by_role("button", name="Sign…").click()
    expect(page.get_by_role("button", name="Sign", exact=True)).to_be_disabled()
    accessible(page)
    picture(page, "sign")
    page.get_by_label(re.compile("I have reviewed this AI-assisted draft")).check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("#state")).to_have_text("Signed")
    assert room.writer.notes == {}
    room.deliver()
    expect(page.locator("#writes")).to_contain_text("Marisol Q: in the EHR")
    accessible(page)
    picture(page, "signed")
    notes = {note.client_id: note.text for note in room.writer.notes.values()}
    assert set(notes) == {None, "C-1", "C-2"}
    assert "Marisol Quintana practised the breathing exercise daily." in notes["C-1"]
    assert not re.search("Tobias|Leilani|C-2", notes["C-1"])


def test_one_works_through_a_draft_by_keyboard_alone(browser: Browser, room: Room) -> None:
    room.arrive(a_draft(practice_id=room.practice, clients=("C-1",)))
    page = window(browser, room, "clinician")
    page.goto(room.review())
    expect(page.locator("#sections > section")).to_have_count(2)
    for key in ("n", "a"):
        page.keyboard.press(key)
    expect(section(page, "The group")).to_contain_text("Approved by")
    page.keyboard.press("f")
    page.keyboard.press("e")
    page.keyboard.press("Control+A")
    page.keyboard.type("Marisol Q agreed to try it for a week.")
    page.keyboard.press("Escape")
    expect(section(page, "Marisol Q").locator(".section__saved")).to_have_text("Saved")
    page.keyboard.press("a")
    expect(section(page, "Marisol Q")).to_contain_text("Approved by")
    page.keyboard.press("u")
    expect(section(page, "Marisol Q").get_by_role("textbox", name="Sentence 2")).to_have_value(
        "Marisol Q agreed with the plan."
    )
    page.keyboard.press("a")
    expect(section(page, "Marisol Q")).to_contain_text("Approved by")
    page.keyboard.press("s")
    # two people who were there have no section: one acknowledges that first
    expect(page.get_by_label(re.compile("Somebody who was there has no section"))).to_be_focused()
    for key in ("Space", "Tab", "Space", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#state")).to_have_text("Signed")


def test_two_people_on_one_section_see_both_texts(browser: Browser, room: Room) -> None:
    room.arrive(a_draft(practice_id=room.practice))
    one, other = window(browser, room, "clinician"), window(browser, room, "assistant")
    for page in (one, other):
        page.goto(room.review())
        expect(page.locator("#sections > section")).to_have_count(4)
    section(other, "Marisol Q").get_by_role("textbox", name="Sentence 1").fill("Typed by the assistant.")
    expect(section(other, "Marisol Q").locator(".section__saved")).to_have_text("Saved")
    section(one, "Marisol Q").get_by_role("textbox", name="Sentence 1").fill("Typed by the clinician.")
    conflict = section(one, "Marisol Q").locator(".conflict")
    expect(conflict).to_contain_text("Typed by the assistant.")
    expect(conflict).to_contain_text("Typed by the clinician.")
    accessible(one)
    picture(one, "conflict")
    conflict.get_by_role("button", name="Keep both").click()
    expect(section(one, "Marisol Q").locator(".section__saved")).to_have_text("Saved")
    one.reload()
    texts = section(one, "Marisol Q").locator("textarea")
    expect(texts).to_have_count(4)
    assert {"Typed by the assistant.", "Typed by the clinician."} <= {text.input_value() for text in texts.all()}


def test_an_assistant_prepares_and_cannot_sign_and_a_manager_sees_no_text(browser: Browser, room: Room) -> None:
    room.arrive(a_draft(practice_id=room.practice))
    page = window(browser, room, "assistant")
    page.goto(room.review())
    expect(page.locator("#sign-card")).to_contain_text("A clinician signs it")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name").fill("manager")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Findings", exact=True)).to_be_visible()
    answer = page.goto(room.review())
    assert answer is not None
    assert answer.status == 403
    assert "breathing" not in page.content()


def test_a_stored_text_is_never_run_as_html(browser: Browser, room: Room) -> None:
    room.arrive(a_draft(practice_id=room.practice))
    page = window(browser, room, "clinician")
    page.goto(room.review())
    evil = "</script><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    section(page, "Marisol Q").get_by_role("textbox", name="Sentence 1").fill(evil)
    expect(section(page, "Marisol Q").locator(".section__saved")).to_have_text("Saved")
    page.reload()
    expect(section(page, "Marisol Q").get_by_role("textbox", name="Sentence 1")).to_have_value(evil)
    assert "owned" not in page.title()


def test_what_was_typed_outlives_the_session_and_is_never_cut_off(browser: Browser, room: Room) -> None:
    room.arrive(a_draft(practice_id=room.practice))
    page = window(browser, room, "clinician")
    page.goto(room.review())
    saved = section(page, "Marisol Q").locator(".section__saved")
    text = section(page, "Marisol Q").get_by_role("textbox", name="Sentence 1")
    text.fill("word " * 40_000)
    expect(saved).to_have_text("Not saved: a sentence has 200,000 characters, at most 4,000 are kept")
    expect(text).to_have_value("word " * 40_000)
    room.served.console.now += timedelta(hours=13)
    text.fill("Typed after the session was over.")
    expect(page.locator("#signed-out")).to_contain_text("What you typed is still here")
    expect(text).to_have_value("Typed after the session was over.")
    picture(page, "signed-out")
    with page.expect_popup() as opening:
        page.get_by_role("link", name="Sign in in a new window").click()
    opening.value.get_by_label("Name").fill("clinician")
    opening.value.get_by_label("Password").fill(PASSWORD)
    opening.value.keyboard.press("Enter")
    expect(opening.value.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    expect(saved).to_have_text("Saved")
    expect(page.locator("#signed-out")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_works_on_a_phone(browser: Browser, room: Room, scheme: str) -> None:
    room.arrive(a_draft(practice_id=room.practice))
    page = window(browser, room, "clinician", viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(room.review())
    expect(page.locator("#sections > section")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)
    picture(page, f"phone-{scheme}")
    section(page, "Marisol Q").get_by_role("button", name="Approve").click()
    expect(section(page, "Marisol Q")).to_contain_text("Approved by")


def test_active_time_counts_work_and_not_waiting(browser: Browser, room: Room) -> None:
    room.arrive(a_draft(practice_id=room.practice))
    page = window(browser, room, "clinician")
    page.goto(room.review())
    section(page, "Marisol Q").get_by_role("textbox", name="Sentence 1").press_sequentially(" and more", delay=150)
    page.wait_for_timeout(1_500)
    page.goto("/review")

    async def told() -> int | None:
        owner = await asyncpg.connect(room.endpoints.desk_dsn)
        found: int | None = await owner.fetchval(
            "SELECT max(active_ms) FROM review_time WHERE practice_id = $1", room.practice
        )
        await owner.close()
        return found

    for _ in range(40):
        active_ms = room.served.run(told())
        if active_ms is not None:
            break
        time.sleep(0.1)
    assert active_ms is not None
    assert timedelta(seconds=1) <= timedelta(milliseconds=active_ms) <= timedelta(seconds=10)

"""The drafts in a real browser: read with the keyboard alone, in light and dark, on a narrow screen, and live."""

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboards.console.samples import a_draft
from tests.dashboards.console.test_browser import CONTRAST, Served, _watched, browser, is_live, served, sign_in

__all__ = ["browser", "served"]

pytestmark = [pytest.mark.browser]
ONE = "/drafts/2f0d7a11-0000-5000-8000-000000000001"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_labels_landmarks_an_order_and_enough_contrast(
    browser: Browser, served: Served, scheme: str
) -> None:
    context = browser.new_context(base_url=served.address, color_scheme="dark" if scheme == "dark" else "light")
    for page in _watched(context):
        sign_in(page, "clinician")
        for path in ("/drafts", ONE):
            page.goto(path)
            for details in page.locator("details").all():
                details.evaluate("node => { node.open = true; }")
            assert page.evaluate(CONTRAST) == [], path


def test_nothing_is_cut_off_on_a_narrow_screen(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.address, viewport={"width": 360, "height": 740})
    for page in _watched(context):
        sign_in(page, "clinician")
        for path in ("/drafts", ONE):
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, path


def test_a_sentence_opens_to_its_evidence_by_keyboard(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.address)
    for page in _watched(context):
        sign_in(page, "clinician")
        page.goto(ONE)
        said = page.locator("summary", has_text="I slept five hours")
        evidence = page.get_by_text("I slept five hours, again.").first
        expect(evidence).to_be_hidden()
        said.focus()
        page.keyboard.press("Enter")
        expect(evidence).to_be_visible()
        expect(page.locator(".watermark")).to_have_text("AI-drafted")


def test_a_new_draft_appears_by_itself_and_a_newer_version_says_so(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.address)
    for page in _watched(context):
        sign_in(page, "clinician")
        page.goto("/drafts")
        is_live(page)
        served.desk.drafts.put(a_draft(draft_id="2f0d7a11-0000-5000-8000-000000000009", session_id="S-777"))
        expect(page.get_by_text("S-777")).to_be_visible()
        page.goto(ONE)
        page.wait_for_timeout(500)  # until this page, too, listens
        served.desk.drafts.put(a_draft(version=99))
        expect(page.locator("#changed-notice")).to_be_visible()

"""The first day with Conjoint, as somebody lives through it: start it, sign in, see a mistake appear and go, stop it.

The practice in the EHR sleeps, so that everything that happens here was done here.
"""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from dashboards.console.rights import Role
from infra.preflight import is_free
from schemas.finding import finding_id
from tests.chaos import truth
from tests.dashboards.console.test_browser import ARGUMENTS, CHROMIUM
from tests.running import wait_until
from tests.streams.playing import EXAMPLES
from tests.whole_platform import Platform, platform, timed

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]

BACKFILL_DAYS = 10
WITHIN_S = 60.0
ON_THE_PAGE_WITHIN_S = 20.0

Row = dict[str, Any]


@dataclass
class Day:
    """The platform of the story, and what one knows by then."""

    whole: Platform
    passwords: dict[str, str]

    def lines(self, *words: str) -> list[Row]:
        """What a command with --json prints."""
        return [json.loads(line) for line in self.whole.run(*words).stdout.splitlines()]


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    """A fresh home, `conjoint up`, and the passwords it printed."""
    with platform(simulate=False, backfill_days=BACKFILL_DAYS, speed=1) as whole:
        started = time.monotonic()
        said = whole.up()
        timed("up on a fresh home", started)
        assert whole.endpoints.console_url in said
        passwords = dict(re.findall(r"sign in as (\w+) +(\S+)", said))
        assert set(passwords) == {role.value for role in Role}
        yield Day(whole, passwords)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def window(browser: Browser, day: Day) -> Iterator[Page]:
    """A window on the console, signed in with the password that `up` printed."""
    context = browser.new_context(base_url=day.whole.endpoints.console_url)
    page = context.new_page()
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto("/")
    expect(page.get_by_label("Name")).to_be_focused()  # or the first letters go nowhere on a busy machine
    page.keyboard.type("manager")
    page.keyboard.press("Tab")
    page.keyboard.type(day.passwords["manager"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Findings", exact=True)).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.evaluate("window.stayed = true")
    yield page
    assert page.evaluate("window.stayed") is True, "the page was loaded anew"
    context.close()
    assert wrong == []


def test_everything_is_up_and_says_so(day: Day) -> None:
    status = json.loads(day.whole.run("status", "--json").stdout)
    assert status["state"] == "up"
    assert {part["state"] for part in status["parts"]} == {"ready", "done"}
    assert "console" in day.whole.run("status").stdout
    assert "already runs" in day.whole.run("up", "--detach", exit_code=1).stderr
    doctor = day.whole.run("doctor").stdout
    assert "fail" not in doctor
    assert "change capture: running" in doctor


def test_what_was_there_already_alerts_nobody_and_asks_for_no_draft(day: Day) -> None:
    _the_snapshot_is_decided_about(day)
    findings = day.lines("findings", "--json", "--state", "all")
    assert findings, "a practice of some days has made mistakes"
    in_database = truth.stored(day.whole.endpoints)
    assert all(finding.historical for finding in in_database.last("fact_finding"))
    assert len(list(in_database.last("fact_session"))) > 100
    assert list(in_database.last("fact_draft_request")) == []
    assert day.lines("drafts", "--json") == []


def _the_snapshot_is_decided_about(day: Day) -> None:
    """Every row has come through, and what is stored is what undisturbed processing of them says."""
    ends = day.whole.endpoints
    names = [row["tablename"] for row in day.whole.ask_ehr("SELECT tablename FROM pg_publication_tables")]
    counts = " UNION ALL ".join(f"SELECT count(*) AS rows FROM public.{name}" for name in names)
    rows = sum(row["rows"] for row in day.whole.ask_ehr(counts))

    def differences() -> list[str]:
        read = sum(1 for message in truth.messages(ends.bootstrap, "raw.") if message.value() is not None)
        if read < rows:
            return [f"{read} of {rows} rows"]
        told = truth.clock(ends.bootstrap)
        reference = truth.should_be(truth.delivered(ends.bootstrap), told.connected, told.now)
        return reference.sayings.state().differences(truth.stored(ends).state())

    waited = truth.settle("the snapshot", differences, 180)
    print(f"the snapshot was decided about and stored after another {waited:.1f} s")


def test_a_mistake_made_in_the_ehr_appears_on_the_open_page_and_goes_once_it_is_corrected(
    day: Day, window: Page
) -> None:
    claim = _a_claim_in_order(day)
    row = _row_of(window, claim)
    expect(row).to_have_count(0)

    _correct_attendance(day, claim, "NS")
    started = time.monotonic()
    expect(row).to_contain_text("did not take place", timeout=ON_THE_PAGE_WITHIN_S * 1000)
    timed("from COMMIT to the open page", started)
    expect(row).not_to_contain_text("Already so when connected")
    expect(window.locator("#announcer")).to_contain_text("New finding")

    _correct_attendance(day, claim, "AT")
    started = time.monotonic()
    expect(row).to_contain_text("Resolved", timeout=ON_THE_PAGE_WITHIN_S * 1000)
    timed("from the correction to the open page", started)


def _a_claim_in_order(day: Day) -> Row:
    """A queued or submitted claim of somebody who was there, and whose attendance is recorded once."""
    known = {line["subject"].get("claim") for line in day.lines("findings", "--json")}
    found = day.whole.ask_ehr(
        "SELECT k.claim_id, k.practice_id, k.client_id, k.appointment_id, a.attendance_id, p.time_zone"
        " FROM public.claims k JOIN public.attendance a USING (practice_id, appointment_id, client_id)"
        " JOIN public.appointments s USING (practice_id, appointment_id) JOIN public.practices p USING (practice_id)"
        " WHERE k.claim_status IN ('Q', 'SUB', 'ACC') AND a.attend_code = 'AT' AND s.session_type IN ('GRP', 'IND')"
        " AND k.deleted_at IS NULL AND a.deleted_at IS NULL ORDER BY k.claim_id DESC"
    )
    return next(row for row in found if row["claim_id"] not in known)


def _correct_attendance(day: Day, claim: Row, code: str) -> None:
    day.whole.commit_to_ehr(
        (
            "UPDATE public.attendance SET attend_code = $1, updated_at = timezone($2, now()) WHERE attendance_id = $3",
            (code, claim["time_zone"], claim["attendance_id"]),
        )
    )


def _row_of(window: Page, claim: Row) -> Locator:
    subject = {"session": claim["appointment_id"], "client": claim["client_id"], "claim": claim["claim_id"]}
    return window.locator(f'.row[data-id="{finding_id(claim["practice_id"], "B01", subject)}"]')


def test_a_group_session_completed_before_our_eyes_asks_for_one_draft(day: Day) -> None:
    session = _a_booked_group_session(day)
    _complete(day, session)
    started = time.monotonic()

    def outstanding() -> list[Row]:
        requests = truth.stored(day.whole.endpoints).state().requests.values()
        return [request for request in requests if request["session_id"] == _id(session)]

    wait_until("a draft is asked for", lambda: len(outstanding()) > 0, WITHIN_S, 0.5)
    timed("from COMMIT to the draft request in ClickHouse", started)
    # what says nothing new asks for nothing more
    day.whole.commit_to_ehr(
        ("UPDATE public.appointments SET site_state = site_state WHERE appointment_id = $1", (_id(session),)),
        ("UPDATE public.attendance SET location_place = 'O' WHERE appointment_id = $1", (_id(session),)),
    )
    before = truth.clock(day.whole.endpoints.bootstrap).now
    bootstrap = day.whole.endpoints.bootstrap
    wait_until("some ticks", lambda: (truth.clock(bootstrap).now - before).total_seconds() > 5, WITHIN_S, 1)
    (line,) = day.lines("drafts", "--json")
    assert line["draft_request"]["session"] == session["appointment_id"]
    assert sorted(line["draft_request"]["clients"]) == sorted(session["clients"])


def _id(session: Row) -> object:
    return session["appointment_id"]


def _a_booked_group_session(day: Day) -> Row:
    (found,) = day.whole.ask_ehr(
        "SELECT s.appointment_id, s.practice_id, p.time_zone, array_agg(c.client_id) AS clients"
        " FROM public.appointments s JOIN public.practices p USING (practice_id)"
        " JOIN public.appointment_clients c USING (practice_id, appointment_id)"
        " WHERE s.session_type = 'GRP' AND s.appt_status = 'SCHED' AND s.scheduled_start > timezone(p.time_zone, now())"
        " AND c.deleted_at IS NULL AND s.deleted_at IS NULL"
        " GROUP BY 1, 2, 3, s.scheduled_start HAVING count(*) >= 3 ORDER BY s.scheduled_start, 1 LIMIT 1"
    )
    return found


def _complete(day: Day, session: Row) -> None:
    """As the therapist does it: the session is marked as done, then each person's attendance is entered."""
    zone, appointment_id = session["time_zone"], session["appointment_id"]
    completed = """
        UPDATE public.appointments SET appt_status = 'DONE', updated_at = timezone($1, now()),
            scheduled_start = timezone($1, now()) - interval '90 minutes',
            scheduled_end = timezone($1, now()) - interval '5 minutes',
            actual_start = timezone($1, now()) - interval '90 minutes',
            actual_end = timezone($1, now()) - interval '5 minutes'
        WHERE appointment_id = $2"""
    attended = """
        INSERT INTO public.attendance (attendance_id, practice_id, appointment_id, client_id, attend_code,
            arrived_at, left_at, location_place, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'AT', timezone($5, now()) - interval '90 minutes',
            timezone($5, now()) - interval '5 minutes', 'O', timezone($5, now()), timezone($5, now()))"""
    day.whole.commit_to_ehr((completed, (zone, appointment_id)))
    for client_id in session["clients"]:
        values = (f"WALK-{client_id}", session["practice_id"], appointment_id, client_id, zone)
        day.whole.commit_to_ehr((attended, values))


def test_the_commands_answer(day: Day, tmp_path: Path) -> None:
    replayed = day.whole.run("replay", str(EXAMPLES / "B06-1-both-partners.json")).stdout
    assert "B06" in replayed
    nothing = tmp_path / "nothing.json"
    nothing.write_text("nothing")
    refused = day.whole.run("replay", str(nothing), exit_code=None)
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1
    everything = day.lines("findings", "--json", "--state", "all")
    assert {line["rule"] for line in day.lines("findings", "--json", "--state", "resolved", "--rule", "b01")} == {"B01"}
    assert len(everything) > len(day.lines("findings", "--json", "--severity", "block"))
    assert "No dead letters." in day.whole.run("dlq", "list").stdout
    assert "0 put back" in day.whole.run("dlq", "replay", "--all").stdout


def test_down_leaves_nothing_behind_and_a_second_up_goes_on(day: Day, browser: Browser) -> None:
    before = day.lines("findings", "--json")
    claim = _a_claim_in_order(day)
    started = time.monotonic()
    day.whole.down()
    timed("down", started)
    assert day.whole.processes() == []
    assert [name for name, port in day.whole.settings.ports().items() if not is_free(port)] == []
    assert "nothing runs" in day.whole.run("status", exit_code=1).stderr

    started = time.monotonic()
    said = day.whole.up()
    timed("a second up", started)
    assert "sign in as" not in said, "passwords are shown once"
    assert day.lines("findings", "--json") == before
    assert len(day.lines("drafts", "--json")) == 1
    _correct_attendance(day, claim, "NS")
    wait_until("its finding", lambda: _is_found(day, claim), ON_THE_PAGE_WITHIN_S, 0.5)
    context = browser.new_context(base_url=day.whole.endpoints.console_url)
    page = context.new_page()
    page.goto("/")
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(day.passwords["admin"])
    page.keyboard.press("Enter")
    expect(_row_of(page, claim)).to_contain_text("did not take place")
    context.close()

    day.whole.down()
    assert day.whole.processes() == []


def _is_found(day: Day, claim: Row) -> bool:
    open_ = truth.stored(day.whole.endpoints).state().findings.values()
    return any(one["rule"] == "B01" and one["subject"].get("claim") == claim["claim_id"] for one in open_)

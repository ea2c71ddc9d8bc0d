"""What the findings pages show: the list, its filters and figures, the file, one finding."""

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dashboards.console.csv_export import BYTE_ORDER_MARK
from tests.dashboards.console.conftest import Visit, csrf_of
from tests.dashboards.console.samples import NOW, Desk, a_finding, many_findings

HOSTILE = "</a><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} \" ' &amp;"


def whys(page: httpx.Response) -> list[str]:
    """The sentences listed, in order."""
    return [html.unescape(text) for text in re.findall(r'class="row__why"><a [^>]+>(.*?)</a>', page.text)]


async def test_a_row_says_why_what_to_do_about_what_and_what_is_at_stake(visit: Visit, desk: Desk) -> None:
    desk.findings.put(a_finding(historical=True))
    page = (await (await visit("manager")).get("/")).text
    for text in (
        "Claim CL-310 is queued, but the note of client C-22 for session S-104 is not signed.",
        "Have clinician D-3 sign the note, then release the claim.",
        "S-104",
        "$140",
        "CARC 16",
        "Claim lacks information or has a submission error",
        "42 minutes ago",
        "Tue, Jan 6, 2026, 10:38:00 AM CST",
        "Billed without a signed note",
        "Already so when connected",
    ):
        assert text in page


async def test_open_findings_come_first_by_severity_and_newest_first(visit: Visit, desk: Desk) -> None:
    for word, severity, minutes in (("b", "warn", 1), ("c", "block", 9), ("d", "block", 2), ("e", "hold", 3)):
        desk.findings.put(
            a_finding(why=word, severity=severity, subject={"claim": word}, opened_at=NOW - timedelta(minutes=minutes))
        )
    desk.findings.put(a_finding(why="gone", state="resolved", subject={"claim": "gone"}))
    assert whys(await (await visit("manager")).get("/")) == ["d", "c", "e", "b"]


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("", {"a", "bet", "c"}),
        ("severity=block", {"a"}),
        ("severity=block&severity=hold", {"a", "bet"}),
        ("kind=consent", {"bet"}),
        ("kind=billing&state=all", {"a", "c", "d"}),
        ("rule=C01", {"bet"}),
        ("practice=P-2", {"c"}),
        ("state=resolved", {"d"}),
        ("q=bEt", {"bet"}),
        ("q=s-9", {"c"}),
        ("historical=only", {"c"}),
        ("historical=hide", {"a", "bet"}),
        ("today=opened", {"a", "bet", "d"}),
        ("today=resolved", {"d"}),
        ("severity=block&kind=consent", set()),
    ],
)
async def test_filters_live_in_the_address(visit: Visit, desk: Desk, query: str, listed: set[str]) -> None:
    plain: dict[str, Any] = {"todo": "-", "evidence": [], "money_at_stake_cents": None}
    for finding in (
        a_finding(why="a", rule="B39", severity="block", subject={"claim": "1"}, **plain),
        a_finding(why="bet", rule="C01", severity="hold", subject={"client": "2"}, **plain),
        a_finding(
            why="c",
            rule="B02",
            severity="warn",
            practice_id="P-2",
            subject={"session": "S-9"},
            historical=True,
            opened_at=NOW - timedelta(days=3),
            **plain,
        ),
        a_finding(why="d", rule="B10", severity="hold", subject={"family": "4"}, state="resolved", **plain),
    ):
        desk.findings.put(finding)
    client = await visit("manager")
    assert set(whys(await client.get(f"/?{query}"))) == listed
    told = (await client.get(f"/api/findings?{query}")).json()
    assert {finding["why"] for finding in told["findings"]} == listed
    assert told["total"] == len(listed)


async def test_a_choice_that_is_none_is_named_and_left_out(visit: Visit, desk: Desk) -> None:
    desk.findings.put(a_finding(why="still listed"))
    client = await visit("manager")
    page = await client.get("/?severity=fatal&page=-3&state=gone")
    assert "“severity” can be block, hold, warn" in page.text
    assert "“page” can be 1 to 200" in page.text
    assert "still listed" in page.text
    answer = await client.get("/api/findings?severity=fatal")
    assert answer.status_code == 400
    assert "severity" in answer.json()["error"]


async def test_a_hostile_sentence_is_shown_and_never_run(visit: Visit, desk: Desk) -> None:
    finding = a_finding(
        why=HOSTILE,
        todo=HOSTILE,
        rule="B<b>",
        practice_id="P<i>",
        subject={"session": "<u>", "<k>": "x"},
        evidence=["<e>"],
        predicts="<q>",
    )
    desk.findings.put(finding)
    client = await visit("manager")
    for path in (
        "/",
        f"/?q={HOSTILE}&rule=B<b>",
        "/?group=rule",
        "/?group=practice",
        f"/findings/{finding.finding_id}",
    ):
        page = (await client.get(path)).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        for tag in ("<b>", "<i>", "<u>", "<k>", "<e>", "<q>"):
            assert tag not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "{{ 7*7 }}" in page


async def test_figures_count_each_claim_once_and_today_by_practice_time(visit: Visit, desk: Desk) -> None:
    one = {"claim": "CL-1", "session": "S-1"}
    desk.findings.put(a_finding(rule="B39", subject=one, money_at_stake_cents=14_000))
    desk.findings.put(a_finding(rule="B20", subject=one, money_at_stake_cents=9_000))
    desk.findings.put(a_finding(rule="B10", subject={"claim": "CL-2"}, money_at_stake_cents=550, severity="hold"))
    # 23:30 of the day before in Chicago
    last_night = NOW.replace(hour=5, minute=30)
    desk.findings.put(a_finding(rule="C01", subject={"client": "C-1"}, severity="warn", opened_at=last_night))
    desk.findings.put(a_finding(rule="C02", subject={"client": "C-2"}, state="resolved", changed_at=NOW))
    counters = (await (await visit("manager")).get("/api/findings")).json()["counters"]
    assert counters["open"] == {"block": 2, "hold": 1, "warn": 1}
    assert counters["money_at_stake_cents"] == 14_000 + 550 + 14_000
    assert (counters["opened_today"], counters["resolved_today"]) == (4, 1)


async def test_facets_count_what_each_box_would_show(visit: Visit, desk: Desk) -> None:
    for number, (rule, severity) in enumerate((("B39", "block"), ("B39", "hold"), ("C01", "hold"))):
        desk.findings.put(a_finding(rule=rule, severity=severity, subject={"claim": str(number)}))
    told = (await (await visit("manager")).get("/api/findings?severity=hold&group=rule")).json()
    assert told["facets"]["severity"] == {"block": 1, "hold": 2, "warn": 0}
    assert told["facets"]["rule"] == {"B39": 1, "C01": 1}
    assert told["facets"]["kind"] == {"consent": 1, "billing": 1}
    assert told["groups"] == {"B39": 1, "C01": 1}


async def test_what_is_new_since_i_looked_is_counted_until_i_mark_it_as_seen(visit: Visit, desk: Desk) -> None:
    desk.findings.put(a_finding(why="old", subject={"claim": "1"}))
    client = await visit("manager")
    assert "since you looked" not in (await client.get("/")).text
    desk.findings.put(a_finding(why="fresh", subject={"claim": "2"}, changed_at=NOW + timedelta(minutes=5)))
    page = await client.get("/")
    assert re.search(r'data-count="new">1</strong> new since you looked', page.text)
    assert whys(await client.get("/?new=1")) == ["fresh"]
    newest = re.search(r'name="newest_ms" value="(\d+)"', page.text)
    assert newest is not None
    form = {"csrf": csrf_of(page), "newest_ms": newest.group(1), "next": "/?new=1"}
    answer = await client.post("/findings/seen", data=form)
    assert answer.headers["location"] == "/?new=1"
    assert whys(await client.get("/?new=1")) == []
    assert "Nothing new since you looked" in (await client.get("/")).text


async def test_a_long_list_comes_in_pages_and_ends_where_it_says(visit: Visit, desk: Desk) -> None:
    for finding in many_findings(130):
        desk.findings.put(finding)
    client = await visit("manager")
    seen: list[str] = []
    for page in (1, 2, 3):
        answer = await client.get(f"/?state=all&page={page}")
        seen += re.findall(r'<li class="row [^>]*data-id="([^"]+)"', answer.text)
    assert len(seen) == len(set(seen)) == 130
    assert "101–130 of <span" in answer.text
    assert 'rel="next"' not in answer.text


async def test_the_file_holds_the_whole_filter_and_no_formula(visit: Visit, desk: Desk) -> None:
    for finding in many_findings(80):
        desk.findings.put(finding)
    desk.findings.put(
        a_finding(rule="C01", why='=HYPERLINK("http://evil.test")', todo="  @SUM(1)", subject={"claim": "-2+3"})
    )
    answer = await (await visit("manager")).get("/findings.csv?kind=consent")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="findings-2026-01-06.csv"' in answer.headers["content-disposition"]
    text = answer.content.decode()
    assert text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert {row["kind"] for row in rows} == {"consent"}
    hostile = next(row for row in rows if "HYPERLINK" in row["why"])
    assert hostile["why"].startswith("'=")
    assert hostile["what_to_do"] == "'  @SUM(1)"
    assert hostile["money_at_stake_usd"] == "140.00"
    assert not any(re.match(r"\s*[=+@-]", value) for row in rows for value in row.values())


async def test_a_finding_has_an_address_of_its_own_with_its_history(visit: Visit, desk: Desk) -> None:
    first = a_finding(severity="warn", money_at_stake_cents=None, version=1)
    desk.findings.put(first)
    changed = {"changed_at": NOW - timedelta(minutes=20), "version": 2, "severity": "block"}
    desk.findings.put(first.model_copy(update={**changed, "money_at_stake_cents": 14_000}))
    desk.findings.put(
        first.model_copy(
            update={**changed, "version": 3, "state": "resolved", "changed_at": NOW - timedelta(minutes=2)}
        )
    )
    client = await visit("clinician")
    page = (await client.get(f"/findings/{first.finding_id}")).text
    for text in (
        "What was to do",
        "CMS documentation rules, RARC N393",
        "Billing, version 1",
        "N-881",
        "Warn became Block",
        "Money at stake: not known became $140",
        "Resolved",
        "Came about",
        f'data-copy-link="/findings/{first.finding_id}"',
    ):
        assert text in page
    told = (await client.get(f"/api/findings/{first.finding_id}")).json()
    assert [version["state"] for version in told["history"]] == ["resolved", "open", "open"]
    assert told["rule_title"] == "Billed without a signed note"


async def test_a_finding_that_is_not_there_says_what_to_do(visit: Visit) -> None:
    answer = await (await visit("manager")).get("/findings/none")
    assert answer.status_code == 404
    assert "This finding is not here" in answer.text


async def test_without_the_store_the_page_says_so_calmly_and_shows_what_arrived(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    arrived = a_finding(why="Arrived meanwhile.")
    desk.feed.say(arrived)
    await client.get("/healthz")
    desk.findings.available = False
    page = await client.get("/")
    assert page.status_code == 503
    assert "The analytics store is not answering" in page.text
    assert "Arrived meanwhile." in page.text
    assert (await client.get(f"/findings/{arrived.finding_id}")).status_code == 200
    assert (await client.get("/api/findings")).status_code == 503
    assert (await client.get("/findings/unknown")).status_code == 503
    assert (await client.get("/findings.csv")).status_code == 503
    desk.findings.available = True
    assert (await client.get("/")).status_code == 200


async def test_a_finding_that_just_arrived_opens_before_the_store_has_it(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    stored = a_finding(why="as it was")
    desk.findings.put(stored)
    desk.feed.say(stored.model_copy(update={"why": "as it is", "version": stored.version + 100}))
    await client.get("/healthz")
    page = (await client.get(f"/findings/{stored.finding_id}")).text
    assert "<h1>as it is</h1>" in page
    assert "Before: as it was" in page
    assert whys(await client.get("/")) == ["as it is"]


async def test_nothing_found_yet_and_nothing_matching_are_said_differently(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    assert "Nothing was found yet" in (await client.get("/")).text
    assert "Nothing matches these filters" in (await client.get("/?severity=hold")).text
    desk.findings.put(a_finding(state="resolved"))
    assert "Nothing is open" in (await client.get("/")).text
    assert "This page is empty" in (await client.get("/?page=7")).text


async def test_practice_time_is_shown_and_used(visit: Visit, desk: Desk) -> None:
    desk.settings = {"practice_clock": lambda wall: NOW + (wall - NOW) * 60}
    desk.findings.put(a_finding(opened_at=NOW))
    client = await visit("manager")
    desk.now = NOW + timedelta(minutes=2)
    page = (await client.get("/")).text
    assert "2 hours ago" in page
    assert 'data-clock-speed="60.0"' in page
    assert "Practice time" in page
    assert (await client.get("/api/parts")).json()["clock"]["speed"] == 60.0

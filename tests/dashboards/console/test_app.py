"""Who gets in, what each may do, and what every answer carries."""

import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest

from dashboards.console.sources import PlatformState
from dashboards.console.web_safety import MAX_BODY_BYTES
from tests.dashboards.console.conftest import Visit, csrf_of, sign_in
from tests.dashboards.console.samples import PASSWORD, QUICK_HASHER, Desk, a_finding, some_letters, write_users

PAGES = ("/", "/system", "/dead-letters", "/findings/x", "/findings.csv")
APIS = ("/api/findings", "/api/findings/x", "/api/parts", "/api/dead-letters", "/api/events")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_sends_who_is_not_signed_in_to_the_sign_in_and_back(visit: Visit, path: str) -> None:
    client = await visit()
    answer = await client.get(f"{path}?severity=block")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")
    assert "severity%3Dblock" in answer.headers["location"]


@pytest.mark.parametrize("path", APIS)
async def test_the_api_tells_who_is_not_signed_in_what_to_do(visit: Visit, path: str) -> None:
    answer = await (await visit()).get(path)
    assert answer.status_code == 401
    assert answer.json()["todo"] == "Sign in again."


async def test_signing_in_leads_to_where_one_wanted_to_go(visit: Visit) -> None:
    answer = await sign_in(await visit(), "manager", following="/?severity=hold")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?severity=hold")


@pytest.mark.parametrize("elsewhere", ["//evil.test", "https://evil.test", "/\\evil.test", "/sign-out", "javascript:x"])
async def test_signing_in_never_leads_to_another_site(visit: Visit, elsewhere: str) -> None:
    answer = await sign_in(await visit(), "manager", following=elsewhere)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("name", ["manager", "nobody", ""])
async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(visit: Visit, name: str) -> None:
    answer = await sign_in(await visit(), name, "wrong")
    assert answer.status_code == 401
    assert "That name and password do not go together." in answer.text
    assert "conjoint_session" not in answer.cookies


async def test_the_name_may_be_typed_in_any_case(visit: Visit) -> None:
    assert (await sign_in(await visit(), "  Manager ")).status_code == 303


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(visit: Visit) -> None:
    answer = await sign_in(await visit(), "manager")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_sign_in_without_the_token_of_our_form_is_refused(visit: Visit) -> None:
    client = await visit()
    answer = await client.post("/sign-in", data={"name": "manager", "password": PASSWORD, "csrf": "made-up"})
    assert answer.status_code == 403
    assert "conjoint_session" not in answer.cookies


async def test_a_form_sent_by_another_site_is_refused_even_with_the_right_token(visit: Visit) -> None:
    client = await visit("manager")
    token = csrf_of(await client.get("/"))
    answer = await client.post("/sign-out", data={"csrf": token}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize("path", ["/sign-out", "/findings/seen", "/dead-letters/x/replay"])
@pytest.mark.parametrize("token", ["", "made-up"])
async def test_every_form_needs_the_token_of_its_session(visit: Visit, path: str, token: str) -> None:
    answer = await (await visit("admin")).post(path, data={"csrf": token})
    assert answer.status_code == 403
    assert "Nothing was done" in answer.text


async def test_the_token_of_one_session_does_not_serve_another(visit: Visit) -> None:
    token = csrf_of(await (await visit("admin")).get("/"))
    answer = await (await visit("manager")).post("/sign-out", data={"csrf": token})
    assert answer.status_code == 403


async def test_signing_out_ends_the_session_for_copies_of_its_cookie_too(visit: Visit) -> None:
    client, thief = await visit("manager"), await visit()
    thief.cookies.set("conjoint_session", client.cookies["conjoint_session"])
    assert (await thief.get("/")).status_code == 200
    answer = await client.post("/sign-out", data={"csrf": csrf_of(await client.get("/"))})
    assert answer.headers["location"] == "/sign-in"
    assert (await client.get("/")).status_code == 303
    assert (await thief.get("/")).status_code == 303


async def test_a_session_lives_as_long_as_somebody_uses_it_and_dies_after_twelve_idle_hours(
    visit: Visit, desk: Desk
) -> None:
    client = await visit("manager")
    for _ in range(3):
        desk.now += timedelta(hours=11)
        assert (await client.get("/")).status_code == 200
    desk.now += timedelta(hours=12, minutes=1)
    assert (await client.get("/")).status_code == 303


async def test_what_a_page_fetches_by_itself_does_not_keep_a_session_alive(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    for _ in range(2):
        desk.now += timedelta(hours=7)
        answer = await client.get("/api/findings", headers={"X-Conjoint-Background": "1"})
    assert answer.status_code == 401


async def test_no_session_outlives_a_week(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    for _ in range(16):
        desk.now += timedelta(hours=11)
        answer = await client.get("/")
    assert answer.status_code == 303


async def test_a_tampered_cookie_opens_nothing(visit: Visit) -> None:
    client = await visit("clinician")
    body, signature = client.cookies["conjoint_session"].rsplit(".", 1)
    client.cookies.clear()
    client.cookies.set("conjoint_session", f"{body}x.{signature}")
    assert (await client.get("/")).status_code == 303


async def test_a_changed_password_ends_the_sessions_opened_with_the_old_one(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    write_users(desk.home / "console-users.json")  # the same password, but a new hash of it
    assert (await client.get("/")).status_code == 303


async def test_too_many_wrong_passwords_lock_a_name_for_a_while_and_say_so(visit: Visit, desk: Desk) -> None:
    client = await visit()
    for _ in range(8):
        assert (await sign_in(client, "manager", "wrong")).status_code == 401
    answer = await sign_in(client, "manager")
    assert answer.status_code == 429
    assert "Please wait 5 minutes" in answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert (await sign_in(await visit(), "biller")).status_code == 303
    desk.now += timedelta(minutes=6)
    assert (await sign_in(client, "manager")).status_code == 303


async def test_one_address_cannot_try_many_names(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.console.users.NOBODY", QUICK_HASHER.hash("nobody"))
    client = await visit(address="127.0.0.9")
    answers = [(await sign_in(client, f"guess{number}", "wrong")).status_code for number in range(25)]
    assert answers == [401] * 24 + [429]


async def test_right_passwords_are_never_counted_as_attempts(visit: Visit) -> None:
    client = await visit()
    for _ in range(30):
        answer = await sign_in(client, "manager")
        assert answer.status_code == 303
        client.cookies.delete("conjoint_session")


@pytest.mark.parametrize(
    ("role", "sees", "replays"),
    [("admin", True, True), ("manager", True, False), ("clinician", False, False), ("biller", False, False)],
)
async def test_dead_letters_are_for_those_who_answer_for_the_installation(
    visit: Visit, desk: Desk, role: str, sees: bool, replays: bool
) -> None:
    client = await visit(role)
    letter = some_letters()[0]
    path = f"/dead-letters/{letter.letter_id}"
    expected = 200 if sees else 403
    for address in ("/dead-letters", path, "/api/dead-letters"):
        assert (await client.get(address)).status_code == expected
    home = await client.get("/")
    assert ('href="/dead-letters"' in home.text) is sees
    answer = await client.post(f"{path}/replay", data={"csrf": csrf_of(home)})
    assert answer.status_code == (303 if replays else 403)
    assert desk.letters.replayed == ([letter.letter_id] if replays else [])
    if sees:
        assert ("Replay this message" in (await client.get(path)).text) is replays


async def test_a_refused_replay_says_why(visit: Visit, desk: Desk) -> None:
    desk.letters = type(desk.letters)(some_letters(), refuse=lambda _: "The message itself is no longer kept.")
    client = await visit("admin")
    path = f"/dead-letters/{some_letters()[1].letter_id}"
    answer = await client.post(f"{path}/replay", data={"csrf": csrf_of(await client.get("/"))})
    assert answer.status_code == 409
    assert "no longer kept" in answer.text


async def test_nobody_sees_the_findings_of_another_practice(visit: Visit, desk: Desk) -> None:
    desk.practices = {"biller": ["P-2"]}
    ours = a_finding(practice_id="P-2", why="Ours is open.")
    theirs = a_finding(practice_id="P-1", why="Theirs is open.")
    desk.findings.put(ours)
    desk.findings.put(theirs)
    client = await visit("biller")
    for address in ("/?practice=P-1&practice=P-2", "/findings.csv", "/api/findings"):
        answer = await client.get(address)
        assert "Theirs" not in answer.text
    assert "Ours is open." in (await client.get("/")).text
    for address in (f"/findings/{theirs.finding_id}", f"/api/findings/{theirs.finding_id}"):
        assert (await client.get(address)).status_code == 404
    assert (await client.get(f"/findings/{ours.finding_id}")).status_code == 200


async def test_a_user_without_any_practice_sees_nothing(visit: Visit, desk: Desk) -> None:
    desk.practices = {"biller": []}
    desk.findings.put(a_finding(why="Somebody’s."))
    assert "Somebody" not in (await (await visit("biller")).get("/")).text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/static/console.css", "/nowhere", "/healthz", "/api/findings"])
async def test_every_answer_carries_the_safety_headers(visit: Visit, path: str) -> None:
    answer = await (await visit("manager")).get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] in ("no-store", "no-cache")


async def test_no_page_holds_a_script_or_a_style_of_its_own(visit: Visit, desk: Desk) -> None:
    finding = a_finding()
    desk.findings.put(finding)
    client = await visit("admin")
    letter = some_letters()[0].letter_id
    for path in ("/", f"/findings/{finding.finding_id}", "/system", "/dead-letters", f"/dead-letters/{letter}", "/no"):
        page = (await client.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=\"/static/)", page), path
        assert not re.search(r"(src|href)=\"(https?:)?//", page), path


async def test_a_name_of_this_machine_that_we_did_not_give_it_is_refused(visit: Visit) -> None:
    answer = await (await visit()).get("/sign-in", headers={"host": "rebound.test"})
    assert answer.status_code == 400


async def test_an_endless_form_is_refused_before_it_is_read(visit: Visit) -> None:
    client = await visit()
    answer = await client.post("/sign-in", content=b"x" * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        yield b"name=x"

    assert (await client.post("/sign-in", content=pieces())).status_code == 411


async def test_metrics_are_for_this_machine_and_never_through_a_proxy(visit: Visit) -> None:
    client = await visit()
    answer = await client.get("/metrics")
    assert "conjoint_console_requests_total" in answer.text
    assert (await client.get("/metrics", headers={"x-forwarded-for": "10.0.0.1"})).status_code == 403
    assert (await (await visit(address="10.0.0.7")).get("/metrics")).status_code == 403


async def test_health_is_told_without_a_sign_in(visit: Visit) -> None:
    answer = await (await visit()).get("/healthz")
    assert answer.json()["ok"] is True


async def test_an_address_that_is_not_there_says_what_to_do(visit: Visit) -> None:
    answer = await (await visit("manager")).get("/nowhere")
    assert answer.status_code == 404
    assert "Go to the findings" in answer.text


async def test_a_broken_users_file_is_said_calmly_and_logged_without_what_is_in_it(
    visit: Visit, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    client = await visit("manager")
    (desk.home / "console-users.json").write_bytes(orjson.dumps({"users": [{"name": "SECRET NAME"}]}))
    with caplog.at_level(logging.DEBUG):
        answer = await client.get("/")
    assert answer.status_code == 503
    assert "Nobody can sign in at the moment" in answer.text
    assert "console-users.json" in caplog.text
    assert "SECRET NAME" not in caplog.text


async def test_no_log_line_says_what_a_finding_says_or_what_was_searched(
    visit: Visit, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.findings.put(a_finding(why="Claim of client UNSAYABLE."))
    with caplog.at_level(logging.DEBUG):
        client = await visit("manager")
        await client.get("/?q=unsayable")
        desk.findings.available = False
        await client.get("/?q=unsayable")
        await sign_in(await visit(), "manager", "unsayable-password")
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert "unsayable" not in ours.lower()


async def test_the_system_page_shows_each_part_and_who_needs_attention(visit: Visit) -> None:
    page = (await (await visit("clinician")).get("/system")).text
    assert "1 part needs attention: sink" in page
    assert "ended with code 1; started again in 8 s" in page
    assert "128 messages" in page


async def test_the_system_page_says_why_it_is_empty(visit: Visit, desk: Desk) -> None:
    desk.parts.state = PlatformState(problem="The supervisor has not reported yet.")
    assert "has not reported yet" in (await (await visit("manager")).get("/system")).text

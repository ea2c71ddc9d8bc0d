"""The administrator's page: who may sign in, and what nobody may do there."""

import re
import stat

import httpx
import pytest

from dashboards.console.rights import Right, Role, may
from tests.dashboards.console.conftest import Visit, csrf_of, sign_in
from tests.dashboards.console.samples import Desk

NEW = {"name": "rosa.lind", "display_name": "Rosa Lind", "role": "biller", "practices": ["P-1"], "way": "password"}


@pytest.fixture(autouse=True)
def practices(desk: Desk) -> None:
    desk.practices = {"clinician": ["P-1"], "supervisor": ["P-1", "P-2"], "assistant": ["P-3"]}


async def post(browser: httpx.AsyncClient, path: str, **form: object) -> httpx.Response:
    """A form of the page, with the token of the session."""
    token = csrf_of(await browser.get("/users"))
    return await browser.post(path, data={"csrf": token, **form})


def password_of(page: httpx.Response) -> str:
    found = re.search(r'class="password"><code>([^<]+)<', page.text)
    assert found is not None, page.text
    return found.group(1)


async def test_somebody_is_added_signs_in_gets_another_role_and_is_closed(desk: Desk, visit: Visit) -> None:
    admin = await visit("admin")
    added = await post(admin, "/users", **NEW)
    password = password_of(added)
    assert password not in (await admin.get("/users/rosa.lind")).text, "shown once"
    assert password not in (desk.home / "console-users.json").read_text()
    assert stat.S_IMODE((desk.home / "console-users.json").stat().st_mode) == 0o600
    rosa = await visit()
    assert (await sign_in(rosa, "rosa.lind", password)).status_code == 303
    assert (await rosa.get("/claims")).status_code != 403
    change = {"display_name": "Rosa Lind", "role": "manager", "practices": ["P-1", "P-2"]}
    assert (await post(admin, "/users/rosa.lind", **change)).status_code == 303
    assert (await rosa.get("/")).headers["location"].startswith("/sign-in"), "another role begins with a new sign-in"
    assert (await sign_in(rosa, "rosa.lind", password)).status_code == 303
    assert (await post(admin, "/users/rosa.lind/closed", closed="yes")).status_code == 303
    assert (await rosa.get("/")).status_code == 303
    assert (await sign_in(rosa, "rosa.lind", password)).status_code == 401
    assert "Closed" in (await admin.get("/users?q=rosa")).text
    assert (await post(admin, "/users/rosa.lind/closed", closed="no")).status_code == 303
    newer = password_of(await post(admin, "/users/rosa.lind/password"))
    assert (await sign_in(rosa, "rosa.lind", newer)).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Ros a"},
        {"name": ""},
        {"name": "biller"},
        {"display_name": ""},
        {"display_name": "x" * 81},
        {"role": "owner"},
        {"practices": []},
        {"practices": ["P-nowhere"]},
    ],
)
async def test_what_makes_no_user_is_refused_in_words_and_changes_nothing(
    desk: Desk, visit: Visit, wrong: dict[str, object]
) -> None:
    admin = await visit("admin")
    before = (desk.home / "console-users.json").read_bytes()
    answer = await post(admin, "/users", **{**NEW, **wrong})
    assert (answer.status_code, "Nothing was changed" in answer.text) == (422, True)
    assert (desk.home / "console-users.json").read_bytes() == before


async def test_nobody_changes_their_own_standing_so_an_administrator_always_remains(visit: Visit) -> None:
    admin = await visit("admin")
    change = {"display_name": "Me", "role": "biller", "practices": ["all"]}
    for path, form in (("", change), ("/closed", {"closed": "yes"}), ("/password", {})):
        answer = await post(admin, f"/users/admin{path}", **form)
        assert "Nobody changes their own sign-in" in answer.text
    assert "This is your own sign-in" in (await admin.get("/users/admin")).text


async def test_an_administrator_of_some_practices_sees_and_gives_away_no_more_than_those(
    desk: Desk, visit: Visit
) -> None:
    desk.practices = {**desk.practices, "admin": ["P-1"]}
    admin = await visit("admin")
    page = (await admin.get("/users")).text
    assert "/users/clinician" in page
    assert "/users/supervisor" not in page
    assert (await admin.get("/users/supervisor")).status_code == 404
    for practices in (["all"], ["P-1", "P-2"]):
        assert (await post(admin, "/users", **{**NEW, "practices": practices})).status_code == 422
        change = {"display_name": "x", "role": "clinician", "practices": practices}
        assert (await post(admin, "/users/clinician", **change)).status_code == 422
    for path in ("", "/closed", "/password", "/clinician"):
        assert (await post(admin, f"/users/supervisor{path}", closed="yes")).status_code == 404


async def test_a_form_of_another_session_changes_nothing(desk: Desk, visit: Visit) -> None:
    admin = await visit("admin")
    before = (desk.home / "console-users.json").read_bytes()
    assert (await admin.post("/users", data={**NEW, "csrf": "x"})).status_code == 403
    assert (desk.home / "console-users.json").read_bytes() == before


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.MANAGER])
async def test_who_may_only_look_gets_no_form_and_others_get_nothing(visit: Visit, role: Role) -> None:
    browser = await visit(role.value)
    page = await browser.get("/users")
    assert page.status_code == (200 if may(role, Right.SEE_USERS) else 403)
    assert 'action="/users"' not in page.text.replace('method="get" action="/users"', "")
    assert "Add somebody" not in page.text


async def test_a_search_that_finds_nobody_says_so(visit: Visit) -> None:
    page = (await (await visit("admin")).get("/users", params={"q": "<b>nobody"})).text
    assert "Nobody is called that" in page
    assert "<b>nobody" not in page

"""Changes to who may sign in stand in the chains of their practices, and a link to a clinician is what signs."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from dashboards.console.rights import Role
from dashboards.desk import audit_log
from schemas.audit import first_break
from tests.dashboards.console.samples import Desk
from tests.dashboards.desk.conftest import Bench
from tests.dashboards.desk.samples import CLINICIAN
from tests.dashboards.desk.test_api_contract import browser, signed_in

pytestmark = pytest.mark.stack


@pytest.fixture
async def app(bench: Bench, tmp_path: Path) -> FastAPI:
    """A console whose administrator answers for the bench's practice."""
    console = Desk(tmp_path, settings={"desk_dsn": bench.database.dsn})
    console.practices = {"admin": [bench.practice], "assistant": [bench.practice], "biller": ["PR-other"]}
    return console.app()


def test_a_person_is_added_linked_and_closed_and_each_step_is_recorded(app: FastAPI, bench: Bench) -> None:
    with browser(app) as opened:
        client, headers = signed_in(opened, Role.ADMIN)
        token = {"csrf": headers["x-conjoint-csrf"]}
        new = {"name": "rosa", "display_name": "Rosa Lind", "role": "clinician", "practices": [bench.practice]}
        assert "shown only now" in client.post("/users", data={**token, **new}).text
        where = {"practice": bench.practice, "clinician": CLINICIAN}
        page = client.post("/users/rosa/clinician", data={**token, **where}).text
        assert f'<option value="{CLINICIAN}" selected>Ines Marlow' in page
        for wrong in ({"practice": "PR-other"}, {"clinician": "CL-none"}):
            answer = client.post("/users/rosa/clinician", data={**token, **where, **wrong})
            assert answer.status_code == 404
        assert client.post("/users", data={**token, **new}).status_code == 422, "there is one of that name"
        assert client.post("/users/rosa/closed", data={**token, "closed": "yes"}).status_code == 200
        assert client.post("/users/biller/closed", data={**token, "closed": "yes"}).status_code == 404
        portal = client.portal
        assert portal is not None
        trail = portal.call(_trail, app, bench.practice)
    assert trail == [
        ("signed_in", "admin"),
        ("user_added", "rosa"),
        ("user_linked", "rosa"),
        ("user_closed", "rosa"),
    ]


async def _trail(app: FastAPI, practice: str) -> list[tuple[str, str]]:
    async with app.state.console.desk.database.transaction() as connection:
        entries = [entry async for entry in audit_log.entries_of(connection, practice)]
    assert first_break(practice, entries) is None
    return [(entry.action, entry.object_id) for entry in entries]

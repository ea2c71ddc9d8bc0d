"""The desk's API against its own OpenAPI description: whatever is sent, no answer is a failure of ours."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, Phase, given, settings
from starlette.testclient import TestClient

from dashboards.console.rights import Role
from infra.endpoints import Endpoints
from tests.dashboards.console.samples import PASSWORD, Desk
from tests.dashboards.desk.conftest import Bench
from tests.dashboards.desk.samples import a_draft

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
CALLS_PER_OPERATION = 25


@pytest.fixture
async def app(bench: Bench, tmp_path: Path) -> FastAPI:
    """A console over the bench's practice, with a draft in each state."""
    for session_id in ("S-1", "S-2", "S-3"):
        await bench.arrive(a_draft(practice_id=bench.practice, session_id=session_id))
    console = Desk(tmp_path, settings={"desk_dsn": bench.database.dsn})
    console.practices = {role.value: [bench.practice] for role in Role}
    return console.app()


def browser(app: FastAPI) -> TestClient:
    """One event loop as long as it is open."""
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def signed_in(client: TestClient, role: Role) -> tuple[TestClient, dict[str, str]]:
    """The browser with that person signed in, and the headers of its page's script."""
    form = client.get("/sign-in").text
    token = form.split('name="csrf" value="')[1].split('"')[0]
    answer = client.post("/sign-in", data={"csrf": token, "name": role.value, "password": PASSWORD, "next": "/"})
    assert answer.status_code == 200
    page = client.get("/system").text
    return client, {"x-conjoint-csrf": page.split('name="csrf" value="')[1].split('"')[0]}


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ASSISTANT])
def test_nothing_that_is_sent_makes_an_answer_fail_or_an_unsigned_note_leave(
    app: FastAPI, bench: Bench, postgres: Endpoints, role: Role
) -> None:
    with browser(app) as opened:
        client, headers = signed_in(opened, role)
        description = schemathesis.openapi.from_dict(described(app))
        known = {"practice_id": bench.practice, "draft_id": "D-S-1", "key": "C-1"}
        failed: list[str] = []
        operations: Any = description.get_all_operations()
        for result in operations:
            operation = result.ok()

            @settings(
                max_examples=CALLS_PER_OPERATION,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def call(case: Any) -> None:
                # half of the calls reach the draft that is there
                if len(str(case.body)) % 2:
                    case.path_parameters = {name: known[name] for name in case.path_parameters or {} if name in known}
                status = send(client, case, headers)
                if status >= 500:
                    failed.append(f"{case.method} {case.path}: {status}")

            call()
    assert failed == []
    assert asyncio.run(unsigned_on_their_way(postgres, bench.practice)) == 0


async def unsigned_on_their_way(endpoints: Endpoints, practice: str) -> int:
    """How many notes are on their way to the EHR whose draft nobody has signed."""
    owner = await asyncpg.connect(endpoints.desk_dsn)
    found: int = await owner.fetchval(
        "SELECT count(*) FROM note_outbox o JOIN draft d USING (practice_id, draft_id) WHERE o.practice_id = $1"
        " AND (d.state <> 'signed' OR NOT EXISTS (SELECT 1 FROM signature g WHERE g.practice_id = d.practice_id"
        " AND g.draft_id = d.draft_id))",
        practice,
    )
    await owner.close()
    return found


def send(client: TestClient, case: Any, headers: dict[str, str]) -> int:
    """The status of the generated request, as the page's script would send it."""
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    kept = {name: sent[name] for name in ("params", "json", "data", "content") if sent.get(name) is not None}
    own = {name: value for name, value in (sent.get("headers") or {}).items() if value.isascii()}
    try:
        return int(client.request(sent["method"], sent["url"], headers={**own, **headers}, **kept).status_code)
    except (ValueError, TypeError):
        return 400  # no client can send this


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of the desk's API, which the console itself does not publish."""
    return get_openapi(title="Conjoint desk", version="1", routes=app.routes)


def test_the_description_holds_every_route_of_the_desk(app: FastAPI) -> None:
    paths = described(app)["paths"]
    assert "/api/desk/drafts/{practice_id}/{draft_id}/signature" in paths
    assert all(path.startswith("/api/") for path in paths)


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[tuple[TestClient, dict[str, str]]]:
    with browser(app) as opened:
        yield signed_in(opened, Role.SUPERVISOR)


def test_every_path_of_another_practice_is_a_404(
    app: FastAPI, stranger: tuple[TestClient, dict[str, str]], bench: Bench
) -> None:
    client, headers = stranger
    bodies: dict[str, Any] = {
        "sections/{key}": {"version": 1, "lines": []},
        "decision": {"version": 1, "decision": "approved"},
        "restore": {"version": 1, "to": 1},
        "template": {"version": 1, "template": "SOAP"},
        "activity": {"visit_id": "12345678", "active_ms": 1},
        "signature": {"content_sha256": "0" * 64, "attested": True},
        "cosignature": {"content_sha256": "0" * 64},
        "return": {"reason": "x"},
        "discard": {"reason": "x"},
        "addenda": {"section": "C-1", "text": "x"},
    }
    wrong = []
    for path, operations in described(app)["paths"].items():
        if "{practice_id}" not in path or not path.startswith("/api/desk/"):
            continue
        for method in operations:
            body = next((body for end, body in bodies.items() if path.endswith(f"/{end}")), None)
            for practice in ("PR-elsewhere", bench.practice):
                draft = "D-S-1" if practice == "PR-elsewhere" else "D-none"
                url = path.replace("{practice_id}", practice).replace("{draft_id}", draft).replace("{key}", "C-1")
                more = {"json": body} if body is not None else {"content": b""} if method != "get" else {}
                answer = client.request(method.upper(), url, headers=headers, **more)
                if answer.status_code != 404:
                    wrong.append(f"{method} {url}: {answer.status_code}")
    assert wrong == []

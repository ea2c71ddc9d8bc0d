"""The reference EHR's note-creation API: signed notes only, once per key, never over one that is signed."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from infra.endpoints import Endpoints
from infra.practice.notes_api import NotesApiConfig, create_app
from tests.dashboards.desk.samples import CLIENTS, CLINICIAN
from tests.dashboards.desk.test_kills_while_signing import ehr_practice

pytestmark = pytest.mark.stack
TOKEN = "a-token-of-the-tests-only"
PRACTICE = "PR-API"
_keys = itertools.count(1)


def a_note(**changes: Any) -> dict[str, Any]:
    note = {
        "session_id": "S-1",
        "client_id": CLIENTS[0],
        "kind": "progress",
        "text": "Signed text.",
        "signed_by": CLINICIAN,
        "signed_at": "2026-11-23T18:00:00Z",
        "group_session": True,
        "linked_clients": [CLIENTS[1]],
    }
    return {**note, **changes}


@pytest.fixture
async def api(postgres: Endpoints) -> AsyncIterator[httpx.AsyncClient]:
    await ehr_practice(postgres, PRACTICE)
    app = create_app(NotesApiConfig(postgres.postgres_dsn, TOKEN))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ehr", headers=headers) as client,
    ):
        yield client


async def post(api: httpx.AsyncClient, key: str = "", **changes: Any) -> httpx.Response:
    key = key or f"key-number-{next(_keys)}"
    return await api.post(f"/v1/practices/{PRACTICE}/notes", json=a_note(**changes), headers={"idempotency-key": key})


async def test_the_same_key_is_the_same_note_and_another_note_under_it_is_refused(
    api: httpx.AsyncClient, postgres: Endpoints
) -> None:
    answers = await asyncio.gather(*(post(api, "one-key-for-all") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["note_id"] for answer in answers}) == 1
    assert (await post(api, "one-key-for-all", text="Other text.")).json() == {"code": "key_reused"}
    ehr = await asyncpg.connect(postgres.postgres_dsn)
    [row] = await ehr.fetch("SELECT * FROM notes WHERE appointment_id = 'S-1'")
    assert (row["note_status"], row["signed_by"], row["body"]) == ("SIGNED", CLINICIAN, "Signed text.")
    assert row["signed_at"].isoformat() == "2026-11-23T12:00:00"
    links = await ehr.fetchrow("SELECT * FROM simulator.note_links WHERE note_id = $1", row["note_id"])
    assert links is not None
    assert (links["group_session"], links["linked_client_ids"]) == (True, [CLIENTS[1]])
    await ehr.close()


async def test_a_signed_note_is_never_overwritten_but_may_get_an_addendum(api: httpx.AsyncClient) -> None:
    note_id = (await post(api)).json()["note_id"]
    answer = await post(api)
    assert (answer.status_code, answer.json()) == (409, {"code": "already_signed"})
    added = await post(api, kind="addendum", addendum_to=note_id, text="More.")
    assert added.status_code == 201
    assert (await post(api, kind="addendum", addendum_to="none", text="More.")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"session_id": "S-none"}, 404),
        ({"client_id": "C-none"}, 404),
        ({"signed_by": "CL-none"}, 404),
        ({"client_id": None}, 422),
        ({"signed_at": None}, 422),
        ({"signed_at": "2026-11-23T18:00:00"}, 422),
        ({"text": ""}, 422),
        ({"kind": "other"}, 422),
        ({"more": 1}, 422),
    ],
)
async def test_what_is_unsigned_unknown_or_incomplete_is_refused(
    api: httpx.AsyncClient, changes: dict[str, Any], status: int
) -> None:
    assert (await post(api, **changes)).status_code == status


async def test_only_a_known_caller_writes(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        f"/v1/practices/{PRACTICE}/notes",
        json=a_note(),
        headers={"authorization": "Bearer x", "idempotency-key": "a-key-of-nobody"},
    )
    assert answer.status_code == 401
    assert (await api.post(f"/v1/practices/{PRACTICE}/notes", json=a_note())).status_code == 422
    assert (
        await api.post("/v1/practices/PR-none/notes", json=a_note(), headers={"idempotency-key": "another-key"})
    ).status_code == 404

"""A session ends in the reference practice, and its draft is on the console; a consent is withdrawn, and it follows.

The practice lives: a model behind an endpoint is away at first, so that the first drafts wait for it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.connectors.scripted_model import ScriptedModel, fails, scripted_model
from tests.running import wait_until
from tests.streams.drafting.test_writing import good
from tests.whole_platform import Platform, platform

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


REVOKED = (
    "UPDATE consents SET consent_status = 'R', revoked_at = signed_at + interval '1 minute', "
    "updated_at = updated_at + interval '1 minute' WHERE subject_id = $1 AND form_kind = 'AI'"
)


@pytest.fixture
def endpoint() -> Iterator[ScriptedModel]:
    with scripted_model() as model:
        model.default = fails(503)
        yield model


def drafts(whole: Platform) -> list[dict[str, Any]]:
    """The requests that stand, with what became of each."""
    return [json.loads(line) for line in whole.run("drafts", "--json").stdout.splitlines()]


def signed_in(whole: Platform, name: str, password: str) -> httpx.Client:
    client = httpx.Client(base_url=whole.endpoints.console_url)
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    form = {"csrf": token.group(1), "name": name, "password": password, "next": "/drafts"}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def test_a_session_becomes_a_draft_that_follows_its_consents(endpoint: ScriptedModel) -> None:
    model = {"model_url": endpoint.url, "model_name": "scripted", "model_patience_s": 3600.0}
    with platform(simulate=True, backfill_days=8, speed=60, **model) as whole:
        passwords = dict(re.findall(r"sign in as (\w+) +(\S+)", whole.up()))
        wait_until("the endpoint is asked in vain", lambda: len(endpoint.seen) > 1, 180, 1.0)
        assert [line for line in drafts(whole) if line["draft"] and line["draft"]["state"] == "drafted"] == []
        endpoint.default = good
        wait_until("a draft", lambda: any(_drafted(line) for line in drafts(whole)), 240, 2.0)
        line = next(line for line in drafts(whole) if _drafted(line))
        request = line["draft_request"]

        browser = signed_in(whole, "clinician", passwords["clinician"])
        assert request["session"] in browser.get("/drafts").text
        address = f"/drafts/{line['draft']['id']}"
        page = browser.get(address).text
        assert "AI-drafted" in page
        assert "scripted, asked by schema" in page
        assert "Shared part" in page
        told = next(client for client in request["clients"] if f"Client <code>{client}</code>" in page)
        names = [row["full_name"] for row in whole.ask_ehr("SELECT full_name FROM clients")]
        assert not [name for name in names if name in page]
        assert not [name for name in names for body in endpoint.seen if name.encode() in body]

        whole.commit_to_ehr((REVOKED, (told,)))
        wait_until(
            "the draft without them", lambda: f"Client <code>{told}</code>" not in browser.get(address).text, 60, 1.0
        )
        after = browser.get(address).text
        assert f"No valid consent to AI assistance from {told}: nothing said by or about {told} was used." in after
        assert f'\\"client_id\\":\\"{told}\\"'.encode() not in endpoint.seen[-1]


def _drafted(line: dict[str, Any]) -> bool:
    """A draft by the model, of the practice the demo clinician works for."""
    return bool(line["draft"]) and line["draft"]["drafter"] == "model" and line["practice_id"] == "PR-LAKE"

"""Sign-in through the organisation: who the provider vouches for comes in as the users file says, nobody else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from dashboards.console.openid import OpenIdConfig
from tests.dashboards.console.provider import ISSUER, Provider
from tests.dashboards.console.samples import Desk

BACK = "http://127.0.0.1/sign-in/openid/callback"


@dataclass
class Way:
    """A browser, our console and the provider."""

    provider: Provider
    console: httpx.AsyncClient
    elsewhere: httpx.AsyncClient

    async def go(self, following: str = "/findings/x", **changed: str) -> httpx.Response:
        """To the provider and back; `changed` is what somebody altered on the way back."""
        answer = await self.console.get("/sign-in/openid", params={"next": following})
        assert answer.status_code == 303
        back = await self.elsewhere.get(answer.headers["location"])
        address = urlsplit(back.headers["location"])
        told = {name: values[0] for name, values in parse_qs(address.query).items()} | changed
        return await self.console.get(address.path, params=told)

    async def is_in(self) -> bool:
        """Whether somebody is signed in."""
        return (await self.console.get("/system")).status_code == 200


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    provider = Provider()
    desk = Desk(tmp_path)
    desk.settings["openid"] = OpenIdConfig(ISSUER, provider.client_id, provider.client_secret, BACK)
    app = desk.app()
    at_provider = httpx.ASGITransport(provider.app())
    openid: Any = app.state.console.openid
    openid.transport = at_provider
    ours = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=ours, base_url="http://127.0.0.1") as console,
        httpx.AsyncClient(transport=at_provider, base_url=ISSUER) as elsewhere,
    ):
        yield Way(provider, console, elsewhere)


async def test_who_the_provider_vouches_for_comes_in_and_goes_where_they_wanted(way: Way) -> None:
    assert "Sign in with your organisation" in (await way.console.get("/sign-in")).text
    answer = await way.go()
    assert (answer.status_code, answer.headers["location"]) == (303, "/findings/x")
    page = await way.console.get("/system")
    assert page.status_code == 200
    assert "Clinician" in page.text


async def test_a_verified_address_counts_before_a_user_name_and_an_unverified_one_never(way: Way) -> None:
    way.provider.claims = {"sub": "7", "email": "clinician", "email_verified": False}
    assert (await way.go()).status_code == 401
    way.provider.claims = {"sub": "7", "email": "Manager", "email_verified": True, "preferred_username": "clinician"}
    assert (await way.go()).status_code == 303


async def test_somebody_the_users_file_does_not_know_stays_outside(way: Way) -> None:
    way.provider.claims = {"sub": "8", "preferred_username": "stranger"}
    assert (await way.go()).status_code == 401
    assert not await way.is_in()


@pytest.mark.parametrize(
    "spoil",
    [
        {"iss": "https://id.example.com"},
        {"aud": "another"},
        {"aud": ["conjoint", "another"], "azp": "another"},
        {"exp": 1_000_000_000},
        {"nonce": "another"},
        {"sub": None},
    ],
    ids=lambda spoil: "-".join(spoil),
)
async def test_an_id_token_that_does_not_hold_opens_nothing(way: Way, spoil: dict[str, Any]) -> None:
    way.provider.spoil = spoil
    assert (await way.go()).status_code == 401
    assert not await way.is_in()


async def test_a_token_signed_with_another_key_opens_nothing_and_a_changed_key_is_read_anew(way: Way) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    way.provider.signing_key = other
    assert (await way.go()).status_code == 401
    way.provider.key = other
    assert (await way.go()).status_code == 303


@pytest.mark.parametrize("changed", [{"state": "another"}, {"code": "made-up"}, {"error": "access_denied"}])
async def test_what_was_altered_on_the_way_back_opens_nothing(way: Way, changed: dict[str, str]) -> None:
    assert (await way.go(**changed)).status_code == 401
    assert not await way.is_in()


async def test_a_way_back_that_was_not_begun_here_opens_nothing(way: Way) -> None:
    answer = await way.console.get("/sign-in/openid/callback", params={"code": "x", "state": "y"})
    assert answer.status_code == 401


async def test_another_site_is_never_where_one_ends(way: Way) -> None:
    assert (await way.go("//evil.example")).headers["location"] == "/"


async def test_a_provider_that_is_away_is_said(way: Way) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    console: Any = way.console._transport
    console.app.state.console.openid.transport = httpx.MockTransport(refuse)
    assert (await way.console.get("/sign-in/openid")).status_code == 401


async def test_without_a_provider_there_is_no_such_way(tmp_path: Path) -> None:
    app = Desk(tmp_path).app()
    ours = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=ours, base_url="http://127.0.0.1") as console:
        assert (await console.get("/sign-in/openid")).status_code == 404
        assert "organisation" not in (await console.get("/sign-in")).text

"""A console on in-memory sources, spoken to without a network."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.dashboards.console.samples import PASSWORD, Desk

Visit = Callable[..., Awaitable[httpx.AsyncClient]]


def csrf_of(page: httpx.Response) -> str:
    """The token in the page's first form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
async def visit(desk: Desk) -> AsyncIterator[Visit]:
    """`await visit("biller")` gives a browser where that person is signed in; without a name nobody is."""
    running: list[FastAPI] = []
    async with AsyncExitStack() as stack:

        async def visit_as(name: str = "", address: str = "127.0.0.1") -> httpx.AsyncClient:
            if not running:
                app = desk.app()
                await stack.enter_async_context(app.router.lifespan_context(app))
                running.append(app)
            transport = httpx.ASGITransport(running[0], client=(address, 5000), raise_app_exceptions=False)
            client = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
            )
            if name:
                answer = await sign_in(client, name)
                assert answer.status_code == 303, answer.text
            return client

        yield visit_as


async def sign_in(
    client: httpx.AsyncClient, name: str, password: str = PASSWORD, following: str = "/"
) -> httpx.Response:
    """Fill in the sign-in form and send it."""
    page = await client.get("/sign-in", params={"next": following})
    form = {"csrf": csrf_of(page), "name": name, "password": password, "next": following}
    return await client.post("/sign-in", data=form)

"""The console: one web application on 127.0.0.1 where a practice looks at what was found.

Reads ClickHouse (as viewer), the findings topic and the supervisor's report; writes only replayed dead letters.
"""

import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from dashboards.console import (
    api,
    audit_pages,
    claims_pages,
    compliance_pages,
    consents_pages,
    desk_api,
    desk_pages,
    drafts,
    openid_pages,
    pages,
    rollout_pages,
    style_pages,
    users_pages,
)
from dashboards.console.clickhouse_findings import ClickHouseFindings, clickhouse
from dashboards.console.config import ConsoleConfig
from dashboards.console.context import HERE, Console, NotAllowedError, NotSignedInError, StaleFormError, console_of
from dashboards.console.dead_letters import StoredDeadLetters
from dashboards.console.kafka_drafts import KafkaDrafts
from dashboards.console.kafka_feed import KafkaFeed
from dashboards.console.part_states import StatusFile
from dashboards.console.sources import Sources, StoreUnavailableError
from dashboards.console.users import UsersFileError
from dashboards.console.web_safety import WebSafety
from dashboards.desk.desk import NotHereError
from dashboards.desk.transactions import DeskUnavailableError

HOST = "127.0.0.1"
_log = logging.getLogger("conjoint.console")


def real_sources(config: ConsoleConfig) -> Sources:
    """The sources of a running platform. Nothing is connected before it is needed."""
    server = clickhouse(
        config.clickhouse_url, config.clickhouse_user, config.clickhouse_password, config.clickhouse_database
    )
    return Sources(
        findings=ClickHouseFindings(server),
        feed=KafkaFeed(config.kafka_bootstrap),
        parts=StatusFile(config.status_path, config.metrics_urls),
        dead_letters=StoredDeadLetters(server, config.replay_dead_letter),
        drafts=KafkaDrafts(config.kafka_bootstrap),
    )


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def create_app(
    config: ConsoleConfig, sources: Sources | None = None, clock: Callable[[], datetime] = _wall_clock
) -> FastAPI:
    """The application. Without `sources` it reads the running platform; it starts even while parts are away."""
    console = Console(config, sources or real_sources(config), clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with console.live.running():
            yield
        await console.sources.findings.close()
        await console.sources.dead_letters.close()
        await console.sources.drafts.close()
        await console.desk.database.close()

    app = FastAPI(title="Conjoint", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.console = console
    app.include_router(api.router)
    app.include_router(pages.router)
    app.include_router(drafts.router)
    app.include_router(desk_api.router)
    app.include_router(desk_pages.router)
    app.include_router(claims_pages.router)
    app.include_router(compliance_pages.router)
    app.include_router(consents_pages.router)
    app.include_router(rollout_pages.router)
    app.include_router(style_pages.router)
    app.include_router(audit_pages.router)
    app.include_router(users_pages.router)
    app.include_router(openid_pages.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.get("/healthz", include_in_schema=False)(healthz)
    app.get("/metrics", include_in_schema=False)(metrics)
    app.add_exception_handler(NotSignedInError, _not_signed_in)
    app.add_exception_handler(NotAllowedError, _not_allowed)
    app.add_exception_handler(StaleFormError, _stale_form)
    app.add_exception_handler(StoreUnavailableError, _store_away)
    app.add_exception_handler(DeskUnavailableError, _desk_away)
    app.add_exception_handler(NotHereError, _not_here)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(UsersFileError, _users_file_wrong)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(config.allowed_hosts), www_redirect=False)
    app.add_middleware(WebSafety)
    return app


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        application: FastAPI = self.config.app  # type: ignore[assignment]
        application.state.console.live.stop()
        await super().shutdown(sockets)


def server(app: FastAPI, port: int) -> uvicorn.Server:
    """The server of an application made by `create_app`, on 127.0.0.1. It stops at once when told to."""
    return _Server(
        uvicorn.Config(
            app,
            host=HOST,
            port=port,
            access_log=False,
            log_config=None,
            proxy_headers=False,  # else anybody on this machine could name any address and try passwords without limit
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    )


def run(config: ConsoleConfig) -> None:
    """Serve until SIGTERM or SIGINT, then return. A taken port ends the process with code 1."""
    # uvicorn raises the signal again after it stopped; with the default handler a clean stop would look like a crash
    signal.signal(signal.SIGTERM, lambda *_: None)
    with suppress(KeyboardInterrupt):
        server(create_app(config), config.port).run()


async def healthz(request: Request) -> Response:
    """200 while the console can answer; `live` tells whether findings arrive."""
    return JSONResponse({"ok": True, "live": console_of(request).live.feed_live})


async def metrics(request: Request) -> Response:
    """Prometheus metrics, for this machine only and never through a proxy."""
    client = request.client.host if request.client else ""
    if not _is_loopback(client) or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        raise HTTPException(403)
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _fail(request: Request, status: int, title: str, todo: str) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": title, "todo": todo}, status)
    console = console_of(request)
    try:
        session = console.sessions.read(request)
    except UsersFileError:
        session = None
    return pages.error_page(request, console, status, title, todo, session)


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return _fail(request, 401, "You are signed out.", "Sign in again.")
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = f"{request.url.path}{query}" if request.method == "GET" else "/"
    target = "/sign-in"
    if wanted != "/":
        target = f"{target}?{urlencode({'next': wanted})}"
    return RedirectResponse(target, 303)


async def _not_allowed(request: Request, _error: Exception) -> Response:
    return _fail(
        request,
        403,
        "This is not part of your role",
        "Ask an administrator of your practice if you need it, or go back to the findings.",
    )


async def _stale_form(request: Request, _error: Exception) -> Response:
    title, todo = "This form is out of date", "Nothing was done. Go back, reload the page and try again."
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": title, "todo": todo, "why": "stale_form"}, 403)
    return _fail(request, 403, title, todo)


async def _store_away(request: Request, _error: Exception) -> Response:
    return _fail(
        request,
        503,
        "The analytics store is not answering",
        "Nothing is lost. Try again in a moment; the System page shows which part is away.",
    )


async def _desk_away(request: Request, _error: Exception) -> Response:
    return _fail(
        request,
        503,
        "The review desk is not answering",
        "Nothing is lost. Try again in a moment; the System page shows which part is away.",
    )


async def _not_here(request: Request, _error: Exception) -> Response:
    return _fail(request, 404, "There is nothing at this address", "Check the address, or go back to the queue.")


async def _not_understood(request: Request, error: Exception) -> Response:
    # which fields, never what stood in them
    found = error.errors() if isinstance(error, RequestValidationError) else []
    places = sorted({".".join(str(step) for step in problem["loc"] if isinstance(step, str)) for problem in found})
    return _fail(request, 422, "This was not understood", f"Correct {', '.join(places)[:200]} and try again.")


async def _users_file_wrong(request: Request, error: Exception) -> Response:
    _log.error("the sign-ins cannot be read: %s", error)
    return _fail(
        request,
        503,
        "Nobody can sign in at the moment",
        "The file of sign-ins cannot be read. Ask whoever runs Conjoint.",
    )


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, StarletteHTTPException) else 500
    if status == HTTPStatus.NOT_FOUND:
        return _fail(request, 404, "There is nothing at this address", "Check the address, or go back to the findings.")
    if status == HTTPStatus.FORBIDDEN:
        return _fail(request, 403, "This is not open to you", "Go back to the findings.")
    return _fail(request, status, HTTPStatus(status).phrase, "Go back and try again.")


async def _unexpected(request: Request, _error: Exception) -> Response:
    return _fail(
        request, 500, "Something went wrong on our side", "Try again. If it happens again, tell whoever runs Conjoint."
    )

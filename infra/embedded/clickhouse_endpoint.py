"""How do programs speak with the embedded ClickHouse? Its HTTP interface over the one engine of this process.
Reads requests, writes answers and metrics.
Must never listen beyond this machine, or log a statement, a parameter or a password.
"""

import binascii
import contextlib
import json
import logging
import re
import secrets
import signal
import socket
import time
import uuid
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import anyio
import uvicorn
from prometheus_client import start_http_server
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from infra.embedded.clickhouse_access import Accounts, Role
from infra.embedded.clickhouse_compression import BadBody, Compressor, compressor_for, decompressed
from infra.embedded.clickhouse_engine import Answer, Engine, EngineError, Question
from infra.embedded.clickhouse_hello import asks_for_greeting, greeting
from schemas.metrics import CLICKHOUSE_QUERIES, CLICKHOUSE_SECONDS

HOST = "127.0.0.1"
BODY_BYTES = 64 << 20
HEAD_BYTES = 1 << 20
"""Request line and headers; parameters of clickhouse-connect travel in the URL."""
UNFOLDED_BYTES = 2 * BODY_BYTES
MAX_STATEMENTS = 4
MAX_OPEN_ANSWERS = 32
WAIT_SECONDS = 30
SHUTDOWN_SECONDS = 3
KEEP_ALIVE_SECONDS = 30

_TRANSPORT = frozenset(
    (
        "query",
        "database",
        "default_format",
        "user",
        "password",
        "session_id",
        "session_timeout",
        "session_check",
        "query_id",
        "quota_key",
        "compress",
        "decompress",
        "wait_end_of_query",
        "buffer_size",
        "role",
        "stacktrace",
        "client_protocol_version",
        "enable_http_compression",
        "http_zlib_compression_level",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "http_write_exception_in_output_format",
        "cancel_http_readonly_queries_on_client_close",
    )
)
"""URL parameters that are about the exchange; every other one is a setting."""
_STATUS = (
    dict.fromkeys((1, 6, 26, 27, 36, 38, 41, 43, 53, 62, 70, 72, 115, 117, 130, 182, 452, 456, 457), 400)
    | dict.fromkeys((16, 46, 47, 50, 56, 60, 81, 372), 404)
    | {164: 403, 194: 401, 202: 503, 241: 500, 307: 413, 48: 501, 159: 408, 373: 409, 497: 403, 516: 403}
)
_CONTENT_TYPES = {
    "JSON": "application/json",
    "CSV": "text/csv",
    "TabSeparated": "text/tab-separated-values",
    "TSV": "text/tab-separated-values",
}
T = TypeVar("T")


class AnswerCutOff(Exception):
    """A query failed after part of its answer was sent: the connection breaks off, so nobody takes it as whole."""


class Lane:
    """The room one role has: its statements in threads, its answers being sent. So no viewer can keep rows out."""

    def __init__(self) -> None:
        self.threads = anyio.CapacityLimiter(MAX_STATEMENTS)
        self.answers = anyio.Semaphore(MAX_OPEN_ANSWERS)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs engine work beside the event loop; waits for its end even when cancelled."""
        return await anyio.to_thread.run_sync(work, limiter=self.threads)


class Endpoint:
    """The HTTP interface of one engine."""

    def __init__(self, engine: Engine, accounts: Accounts) -> None:
        self._engine = engine
        self._accounts = accounts
        self._lanes = {role: Lane() for role in Role}

    async def handle(self, request: Request) -> Response:
        """One statement over HTTP, answered as ClickHouse does."""
        url = dict(request.query_params)
        headers = {
            "X-ClickHouse-Server-Display-Name": self._engine.facts.display_name,
            "X-ClickHouse-Query-Id": _query_id(url),
            "X-ClickHouse-Timezone": self._engine.facts.timezone,
        }
        if request.method == "GET" and not url.get("query"):
            return Response("Ok.\n", headers=headers)
        started = time.monotonic()
        try:
            role = self._role(request, url)
            form, body = await _form(request, await _body(request))
            url |= form
            pieces = _statement(request, url, body)
            first = next(pieces, b"")
            if asks_for_greeting(first, _number(url, "client_protocol_version")):
                hello = greeting(self._engine.facts)
                return Response(hello, headers=headers | {"X-ClickHouse-Format": "Native"}, media_type=_BYTES)
            question = _question(request, url, chain((first,), pieces), role)
            return await self._run(request, question, headers, started)
        except ClientDisconnect:
            return Response(status_code=499)
        except BadBody as error:
            return self._failure(EngineError(307, "TOO_MANY_BYTES", f"{error}."), headers)
        except EngineError as error:
            return self._failure(error, headers)

    async def _run(self, request: Request, question: Question, headers: dict[str, str], started: float) -> Response:
        lane = self._lanes[question.role]
        with anyio.move_on_after(WAIT_SECONDS) as waiting:
            await lane.answers.acquire()
        if waiting.cancelled_caught:
            raise EngineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries.")
        encoding = None
        if request.query_params.get("enable_http_compression") != "0":
            encoding = compressor_for(request.headers.get("accept-encoding", ""))

        def respond() -> "AnswerResponse":
            answer = self._engine.answer(question)
            try:
                return AnswerResponse(lane, answer, headers, encoding, request, started, self.version)
            except BaseException:
                answer.close()
                raise

        try:
            return await lane.in_thread(respond)
        except BaseException:
            lane.answers.release()
            raise

    @property
    def version(self) -> str:
        """The version named in error texts."""
        return f"(version {self._engine.facts.version} (chDB))"

    def _failure(self, error: EngineError, headers: dict[str, str]) -> Response:
        CLICKHOUSE_QUERIES.labels(error.kind, "error").inc()
        headers["X-ClickHouse-Exception-Code"] = str(error.code)
        if error.code in (194, 516):
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        return Response(f"{error} {self.version}\n", _STATUS.get(error.code, 500), headers, "text/plain; charset=UTF-8")

    def _role(self, request: Request, url: Mapping[str, str]) -> Role:
        user, password = request.headers.get("x-clickhouse-user"), request.headers.get("x-clickhouse-key", "")
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if user is None and scheme.lower() == "basic":
            with contextlib.suppress(binascii.Error, UnicodeDecodeError):
                user, _, password = b64decode(credentials, validate=True).decode().partition(":")
        if user is None:
            user, password = url.get("user", "default"), url.get("password", "")
        role = self._accounts.role_of(user, password)
        if role is None:
            raise EngineError(
                516,
                "AUTHENTICATION_FAILED",
                "Authentication failed: password is incorrect, or there is no user with such name.",
            )
        return role


class AnswerResponse(Response):
    """Sends one answer piece by piece, holding no more than one block, and closes it whatever happens."""

    def __init__(
        self,
        lane: Lane,
        answer: Answer,
        headers: dict[str, str],
        encoding: tuple[str, Compressor] | None,
        request: Request,
        started: float,
        version: str,
    ) -> None:
        self._lane = lane
        self._version = version
        self._answer = answer
        self._request = request
        self._started = started
        self._tag = secrets.token_hex(8)
        self._compressor = None
        if answer.format is not None:
            headers["X-ClickHouse-Format"] = answer.format
        headers["X-ClickHouse-Summary"] = json.dumps(answer.summary)
        if answer.rest is not None:
            headers["X-ClickHouse-Exception-Tag"] = self._tag
        if encoding is not None and (answer.rest is not None or len(answer.head) > 512):
            headers["Content-Encoding"], self._compressor = encoding
        self._whole: bytes | None = None
        if answer.rest is None:
            # before the last byte is sent, or the caller's next request would find its session still locked
            answer.close()
            self._whole = self._packed(answer.head) + self._flushed()
            headers["Content-Length"] = str(len(self._whole))
        super().__init__(None, 200, headers, _content_type(answer.format))
        if self._whole is None:
            del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Streams the answer. Raises AnswerCutOff if the query fails on the way."""
        outcome = "cancelled"
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if self._whole is not None:
                await send({"type": "http.response.body", "body": self._whole})
                outcome = "ok"
            elif self._answer.rest is not None:
                outcome = await self._stream(self._answer.rest, send)
            if outcome == "error":
                raise AnswerCutOff
        finally:
            if self._whole is None:
                with anyio.CancelScope(shield=True):
                    await self._lane.in_thread(self._answer.close)
            self._lane.answers.release()
            CLICKHOUSE_QUERIES.labels(self._answer.kind, outcome).inc()
            CLICKHOUSE_SECONDS.labels(self._answer.kind).observe(time.monotonic() - self._started)

    async def _stream(self, rest: Iterator[bytes], send: Send) -> str:
        blocks = chain((self._answer.head,), rest)
        while not await self._request.is_disconnected():
            try:
                block = await self._lane.in_thread(lambda: self._next(blocks))
            except EngineError as error:
                last = self._packed(self._exception_block(error)) + self._flushed()
                await send({"type": "http.response.body", "body": last, "more_body": True})
                return "error"
            if block is None:
                await self._lane.in_thread(self._answer.close)
                await send({"type": "http.response.body", "body": self._flushed()})
                return "ok"
            if block:
                await send({"type": "http.response.body", "body": block, "more_body": True})
        return "cancelled"

    def _next(self, blocks: Iterator[bytes]) -> bytes | None:
        block = next(blocks, None)
        return None if block is None else self._packed(block)

    def _packed(self, data: bytes) -> bytes:
        return data if self._compressor is None else self._compressor.compress(data)

    def _flushed(self) -> bytes:
        return b"" if self._compressor is None else self._compressor.flush()

    def _exception_block(self, error: EngineError) -> bytes:
        text = f"{error} {self._version}"
        size = len(text.encode()) + 1
        return f"\r\n__exception__\r\n{self._tag}\r\n{text}\n{size} {self._tag}\r\n__exception__\r\n".encode()


_BYTES = "application/octet-stream"


def _content_type(answer_format: str | None) -> str:
    if answer_format is None:
        return "text/plain; charset=UTF-8"
    media = next((media for name, media in _CONTENT_TYPES.items() if answer_format.startswith(name)), None)
    return f"{media}; charset=UTF-8" if media else _BYTES


async def _body(request: Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > BODY_BYTES:
            raise BadBody(f"a request may have {BODY_BYTES} bytes at most; send fewer rows at once")
        pieces.append(piece)
    return b"".join(pieces)


async def _form(request: Request, body: bytes) -> tuple[dict[str, str], bytes]:
    """Parameters sent as a multipart form, and the body that is left."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return {}, body

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    parser = MultiPartParser(request.headers, pieces(), max_files=0, max_fields=1000, max_part_size=BODY_BYTES)  # type: ignore[arg-type]  # it only iterates
    try:
        form = await parser.parse()
    except MultiPartException:
        raise EngineError(
            48, "NOT_IMPLEMENTED", "The form is damaged or carries external data, which is not supported."
        ) from None
    return {name: value for name, value in form.items() if isinstance(value, str)}, b""


def _statement(request: Request, url: Mapping[str, str], body: bytes) -> Iterator[bytes]:
    """The statement's text, piece by piece: what the URL says, then what the body says."""
    for native in ("compress", "decompress"):
        if url.get(native, "0") != "0":
            raise EngineError(48, "NOT_IMPLEMENTED", f"{native}=1 is not supported; use Content-Encoding.")
    pieces = decompressed(body, request.headers.get("content-encoding", ""), UNFOLDED_BYTES)
    query = url.get("query")
    return chain((query.encode() + (b"\n" if body else b""),), pieces) if query else pieces


def _question(request: Request, url: Mapping[str, str], pieces: Iterator[bytes], role: Role) -> Question:
    return Question(
        role=role,
        pieces=pieces,
        format=request.headers.get("x-clickhouse-format") or url.get("default_format") or "TabSeparated",
        database=request.headers.get("x-clickhouse-database") or url.get("database"),
        settings={
            name: value for name, value in url.items() if name not in _TRANSPORT and not name.startswith("param_")
        },
        params={name.removeprefix("param_"): value for name, value in url.items() if name.startswith("param_")},
        session_id=url.get("session_id"),
        session_seconds=_number(url, "session_timeout", 60),
        session_must_exist=url.get("session_check") == "1",
        only_reading=request.method == "GET",
        whole=url.get("wait_end_of_query") == "1",
    )


def _query_id(url: Mapping[str, str]) -> str:
    asked = url.get("query_id", "")
    return asked if re.fullmatch(r"[A-Za-z0-9_.:-]{1,200}", asked) else str(uuid.uuid4())


def _number(url: Mapping[str, str], name: str, default: int = 0) -> int:
    value = url.get(name, "")
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise EngineError(72, "CANNOT_PARSE_NUMBER", f"{name} must be a number.")
    return int(value)


async def _ping(_: Request) -> Response:
    return Response("Ok.\n")


def application(engine: Engine, accounts: Accounts) -> Starlette:
    """The ASGI application of one engine; the caller closes the engine."""
    endpoint = Endpoint(engine, accounts)
    return Starlette(
        routes=[
            Route("/ping", _ping),
            Route("/replicas_status", _ping),
            Route("/", endpoint.handle, methods=["GET", "POST"]),
        ]
    )


class Server(uvicorn.Server):
    """Ends when told to: statements get SHUTDOWN_SECONDS to finish and are then ended with an error."""

    def __init__(self, config: uvicorn.Config, engine: Engine) -> None:
        super().__init__(config)
        self._engine = engine

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Waits for open answers, but not for ever."""
        async with anyio.create_task_group() as both:
            both.start_soon(self._stop_statements_later)
            await super().shutdown(sockets)
            both.cancel_scope.cancel()

    async def _stop_statements_later(self) -> None:
        await anyio.sleep(SHUTDOWN_SECONDS)
        await anyio.to_thread.run_sync(self._engine.stop_statements)


def run(path: Path, port: int, writer_password: str, viewer_password: str, metrics_port: int) -> None:
    """Owns the database at `path` and serves it until SIGTERM or SIGINT. Raises Refusal if it cannot start."""
    engine = Engine(path)
    try:
        start_http_server(metrics_port, addr=HOST)
        logging.getLogger("uvicorn.error").addFilter(_is_no_cut_off)
        config = uvicorn.Config(
            application(engine, Accounts(writer_password, viewer_password)),
            host=HOST,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS + 1,
            h11_max_incomplete_event_size=HEAD_BYTES,
        )
        with _signals_end_the_server():
            Server(config, engine).run()
    finally:
        engine.close()


def _is_no_cut_off(record: logging.LogRecord) -> bool:
    # breaking a connection off is how a query that failed half-way ends; its text is in the answer, not in the log
    return not (record.exc_info and record.exc_info[0] is AnswerCutOff)


@contextlib.contextmanager
def _signals_end_the_server() -> Iterator[None]:
    """uvicorn raises the signal once more when it is done: without this the process would die before closing."""
    before: dict[int, Any] = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(*_: object) -> None:
    return

"""How does an EHR that posts its changes deliver them? Signed deliveries over HTTP → raw.webhook, as they came.
Reads requests on the loopback address; writes one message a delivery and answers once the broker has it.
Must never interpret a change, answer before it is safe, or say or log anything of a body.
"""

import asyncio
import hashlib
import logging
import math
import re
import signal
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final, Protocol

import orjson
import uvicorn
from cachetools import LRUCache, TTLCache
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.dead_letters import BrokerAway, Headers, error_name
from connectors.webhook_signature import (
    HEADER_DELIVERY,
    HEADER_SIGNATURE,
    HEADER_TIMESTAMP,
    Verdict,
    claim,
    is_signed,
    sign,
)
from schemas.metrics import WEBHOOK_DELIVERIES
from schemas.reasons import Poison, Reason
from schemas.record import MAX_ID_LENGTH
from schemas.topics import MAX_MESSAGE_BYTES, PARTITIONER, WEBHOOK

HOST: Final = "127.0.0.1"
HEADER_SOURCE: Final = "conjoint-source"
"""Which configured source a message on raw.webhook came from."""
HEADER_RECEIVED_MS: Final = "conjoint-received-ms"
"""When a message on raw.webhook was received (Unix milliseconds)."""
MAX_CHANGES: Final = 20_000
SMALLEST_SECRET: Final = 16

_PRACTICE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,199}")
_DELIVERY_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
_SOURCE: Final = re.compile(r"[a-z][a-z0-9_-]{0,49}")
_MAX_REV: Final = 2**63 - 1
_REMEMBERED: Final = 100_000
_ADDRESSES: Final = 10_000
_SHUTDOWN_S: Final = 10
_log = logging.getLogger("conjoint.webhook")

__all__ = [
    "HEADER_DELIVERY",
    "HEADER_RECEIVED_MS",
    "HEADER_SIGNATURE",
    "HEADER_SOURCE",
    "HEADER_TIMESTAMP",
    "Outcome",
    "Store",
    "WebhookConfig",
    "changes_of",
    "create_app",
    "run",
    "sign",
]


class Outcome(StrEnum):
    """How a delivery ended: the word in the answer and in the counter."""

    ACCEPTED = "accepted"  # the broker has it
    DUPLICATE = "duplicate"  # it was accepted before; nothing was stored again
    UNSIGNED = Verdict.UNSIGNED.value
    OUTSIDE_WINDOW = Verdict.OUTSIDE_WINDOW.value
    WRONG_SIGNATURE = Verdict.WRONG_SIGNATURE.value
    SIGNATURE_SPENT = "signature_spent"  # this very signature came for another practice before
    DELIVERY_ID_REUSED = "delivery_id_reused"  # the same delivery id came with another body before
    NOT_THE_FORM = "not_the_form"  # readable, but not changes
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"  # the body did not arrive in time
    BROKEN_OFF = "broken_off"  # the sender hung up before the body was whole
    TOO_MANY = "too_many"  # more than one address may send
    BUSY = "busy"  # more at once than fit into memory
    BROKER_AWAY = "broker_away"  # nothing was stored


_ANSWERS: Final[Mapping[Outcome, tuple[int, str]]] = MappingProxyType(
    {
        Outcome.ACCEPTED: (202, ""),
        Outcome.DUPLICATE: (200, ""),
        Outcome.UNSIGNED: (401, f"send one {HEADER_TIMESTAMP} and a {HEADER_SIGNATURE} of the form v1=<64 hex digits>"),
        Outcome.OUTSIDE_WINDOW: (401, f"{HEADER_TIMESTAMP} is too far from our clock; sign each attempt anew"),
        Outcome.WRONG_SIGNATURE: (401, "the signature does not match"),
        Outcome.SIGNATURE_SPENT: (401, "this signature was used before; sign each attempt anew"),
        Outcome.DELIVERY_ID_REUSED: (409, f"this {HEADER_DELIVERY} came with another body before; use a new one"),
        Outcome.NOT_THE_FORM: (400, "send one change, or an object with a list of changes"),
        Outcome.NOT_JSON: (400, "the body is not JSON"),
        Outcome.TOO_LARGE: (413, "send fewer changes in each delivery"),
        Outcome.TOO_SLOW: (408, "the body did not arrive in time"),
        Outcome.BROKEN_OFF: (400, "the body is not whole"),
        Outcome.TOO_MANY: (429, "slow down"),
        Outcome.BUSY: (503, "try again in a moment"),
        Outcome.BROKER_AWAY: (503, "nothing was stored; try again in a moment"),
    }
)


class Store(Protocol):
    """Keeps a delivery. Returns once it is safe; raises BrokerAway when it is not."""

    async def __call__(self, key: str, value: bytes, headers: Headers) -> None: ...


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """What the receiver must know. `repr` shows no secret.

    `secrets` are for every practice that has none of its own in `practice_secrets`; several while they are replaced.
    `trust_forwarded_for`: behind a reverse proxy of ours, count by the address that the proxy says it saw.
    Raises ValueError for what cannot work, a secret of fewer than 16 characters included.
    """

    bootstrap: str
    secrets: tuple[str, ...] = field(default=(), repr=False)
    practice_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    port: int = 18090
    source: str = "webhook"
    max_body_bytes: int = 6 * 1024 * 1024
    window_s: int = 300
    remember_s: int = 24 * 60 * 60
    requests_per_s: float = 100.0
    burst: int = 200
    max_open: int = 32
    read_within_s: float = 30.0
    store_within_s: float = 8.0
    trust_forwarded_for: bool = False

    def __post_init__(self) -> None:
        known = [*self.secrets, *(secret for own in self.practice_secrets.values() for secret in own)]
        if not known:
            raise ValueError("a webhook needs at least one secret")
        if any(len(secret) < SMALLEST_SECRET for secret in known):
            raise ValueError(f"a webhook secret has at least {SMALLEST_SECRET} characters")
        if not all(self.practice_secrets.values()):
            raise ValueError("a practice with secrets of its own has at least one")
        if not 0 < self.max_body_bytes <= MAX_MESSAGE_BYTES - 64 * 1024:
            raise ValueError("max_body_bytes must fit into a message of the broker")
        if not _SOURCE.fullmatch(self.source):
            raise ValueError("source: lower-case letters, digits, _ and - only")

    def secrets_of(self, practice_id: str) -> tuple[str, ...]:
        """The secrets a practice may sign with: its own if it has any, then no other."""
        return self.practice_secrets.get(practice_id, self.secrets)


# --- what a body must look like ---------------------------------------------------------------------------------------


def changes_of(body: bytes) -> list[dict[str, Any]]:
    """The changes of a delivery, each of the outer form of a change; what their data means is not looked at.

    Raises Poison: UNDECODABLE (not JSON), IMPOSSIBLE_VALUE (not the form), TOO_LARGE (too many changes), naming the
    place and never a value.
    """
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Poison(Reason.UNDECODABLE, "not JSON") from None
    if not isinstance(whole, dict):
        raise Poison(Reason.IMPOSSIBLE_VALUE, "body")
    if "changes" not in whole:
        return [_checked(whole, "")]
    changes = whole["changes"]
    if not isinstance(changes, list):
        raise Poison(Reason.IMPOSSIBLE_VALUE, "changes")
    if len(changes) > MAX_CHANGES:
        raise Poison(Reason.TOO_LARGE, "changes")
    return [_checked(change, f"changes[{index}]") for index, change in enumerate(changes)]


def _checked(change: Any, where: str) -> dict[str, Any]:
    if not isinstance(change, dict):
        raise Poison(Reason.IMPOSSIBLE_VALUE, where)
    for name, fits in _FORM.items():
        if not fits(change.get(name), change):
            raise Poison(Reason.IMPOSSIBLE_VALUE, f"{where}.{name}".lstrip("."))
    return change


def _is_text(value: Any, _: object = None) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH


_FORM: Final[Mapping[str, Callable[[Any, dict[str, Any]], bool]]] = MappingProxyType(
    {
        "at": _is_text,
        "entity": _is_text,
        "op": lambda value, _: value in ("create", "update", "delete"),
        "id": _is_text,
        "rev": lambda value, _: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_REV,
        "data": lambda value, change: isinstance(value, dict) or (value is None and change["op"] == "delete"),
        "part": lambda value, _: value is None or isinstance(value, dict),
        "snapshot": lambda value, _: value is None or isinstance(value, bool),
    }
)


# --- what is remembered between deliveries ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    practice_id: str
    digest: bytes
    stored: asyncio.Future[bool]


class Seen:
    """Which deliveries were accepted lately, and which are on their way. Bounded; forgotten at a restart.

    What slips through (a repeat after the time or the bound) is stored twice and changes nothing: a change that was
    known before has no effect.
    """

    def __init__(self, window_s: int, remember_s: int, elapsed: Callable[[], float]) -> None:
        # a signature can be used from `window_s` before its timestamp to `window_s` after
        self._signed: TTLCache[Hashable, _Seen] = TTLCache(_REMEMBERED, 2 * window_s + 1, elapsed)
        self._ids: TTLCache[Hashable, _Seen] = TTLCache(_REMEMBERED, remember_s, elapsed)

    async def once(
        self, practice_id: str, delivery_id: str | None, signed: bytes, digest: bytes, store: Callable[[], Any]
    ) -> Outcome:
        """Runs `store` unless this delivery was stored before or is being stored now; then waits for that one.

        `signed` stands for the signed text (timestamp and body), `digest` for the body. Raises what `store` raises.
        """
        earlier = self._signed.get(signed)
        if earlier is not None and earlier.practice_id != practice_id:
            return Outcome.SIGNATURE_SPENT
        same_id = None if delivery_id is None else self._ids.get((practice_id, delivery_id))
        if same_id is not None and same_id.digest != digest:
            return Outcome.DELIVERY_ID_REUSED
        if (earlier := earlier or same_id) is not None:
            return Outcome.DUPLICATE if await asyncio.shield(earlier.stored) else Outcome.BROKER_AWAY
        seen = _Seen(practice_id, digest, asyncio.get_running_loop().create_future())
        self._signed[signed] = seen
        if delivery_id is not None:
            self._ids[practice_id, delivery_id] = seen
        try:
            await store()
        except BaseException:
            # forgotten, or the sender's next attempt would be taken for a repeat of something that was never stored
            self._signed.pop(signed, None)
            self._ids.pop((practice_id, delivery_id), None)
            seen.stored.set_result(False)
            raise
        seen.stored.set_result(True)
        return Outcome.ACCEPTED


class Pace:
    """How often each address may knock: `per_s` on average, `burst` at once."""

    def __init__(self, per_s: float, burst: int, elapsed: Callable[[], float]) -> None:
        self._every_s = 1 / per_s
        self._slack_s = (burst - 1) / per_s
        self._elapsed = elapsed
        self._due: LRUCache[str, float] = LRUCache(_ADDRESSES)

    def wait_s(self, address: str) -> float:
        """0 if the address may go on now (and it counts), else how long it should wait."""
        now = self._elapsed()
        due = max(now, self._due.get(address, now))
        wait_s = due - now - self._slack_s
        if wait_s > 0:
            return wait_s
        self._due[address] = due + self._every_s
        return 0.0


# --- the application --------------------------------------------------------------------------------------------------


class Refused(Exception):
    """A delivery ends here, with its outcome and, for a body of another form, the place."""

    def __init__(self, outcome: Outcome, where: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome
        self.where = where
        self.retry_after_s = retry_after_s


class Receiver:
    """Authenticates, bounds and stores deliveries. Every request ends as exactly one counted outcome."""

    def __init__(
        self, config: WebhookConfig, store: Store, clock: Callable[[], float], elapsed: Callable[[], float]
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._seen = Seen(config.window_s, config.remember_s, elapsed)
        self._pace = Pace(config.requests_per_s, config.burst, elapsed)
        self._open = 0
        self.broker = "unknown"

    async def receive(self, request: Request) -> Response:
        """One delivery."""
        try:
            outcome, changes = await self._receive(request)
        except Refused as refused:
            if refused.outcome is not Outcome.TOO_MANY:
                _log.warning("delivery refused: %s", refused.outcome.value)
            return _answer(refused.outcome, refused.where, refused.retry_after_s)
        return _answer(outcome, changes=changes)

    async def _receive(self, request: Request) -> tuple[Outcome, int | None]:
        wait_s = self._pace.wait_s(_address(request, self._config.trust_forwarded_for))
        if wait_s > 0:
            raise Refused(Outcome.TOO_MANY, retry_after_s=wait_s)
        practice_id = str(request.path_params["practice_id"])
        if not _PRACTICE_ID.fullmatch(practice_id):
            raise Refused(Outcome.NOT_THE_FORM, "practice id in the address")
        timestamps = request.headers.getlist(HEADER_TIMESTAMP)
        signatures = request.headers.getlist(HEADER_SIGNATURE)
        early = claim(timestamps, signatures, self._clock(), self._config.window_s)
        if early is not Verdict.SIGNED:
            raise Refused(Outcome(early.value))
        if self._open >= self._config.max_open:
            raise Refused(Outcome.BUSY, retry_after_s=1)
        self._open += 1
        try:
            body = await self._body(request)
            if not is_signed(self._config.secrets_of(practice_id), timestamps[0], signatures, body):
                raise Refused(Outcome.WRONG_SIGNATURE)
            return await self._keep(practice_id, _delivery_id(request), timestamps[0], body)
        finally:
            self._open -= 1

    async def _body(self, request: Request) -> bytes:
        limit = self._config.max_body_bytes
        told = request.headers.get("content-length", "0")
        if told.isascii() and told.isdigit() and int(told) > limit:
            raise Refused(Outcome.TOO_LARGE)
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._config.read_within_s):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > limit:
                        raise Refused(Outcome.TOO_LARGE)
                    chunks.append(chunk)
        except TimeoutError:
            raise Refused(Outcome.TOO_SLOW) from None
        except ClientDisconnect:
            raise Refused(Outcome.BROKEN_OFF) from None
        return b"".join(chunks)

    async def _keep(
        self, practice_id: str, delivery_id: str | None, timestamp: str, body: bytes
    ) -> tuple[Outcome, int | None]:
        try:
            changes = len(changes_of(body))
        except Poison as poison:
            if poison.reason is Reason.TOO_LARGE:
                raise Refused(Outcome.TOO_LARGE, poison.where) from None
            not_json = poison.reason is Reason.UNDECODABLE
            raise Refused(Outcome.NOT_JSON if not_json else Outcome.NOT_THE_FORM, poison.where) from None
        digest = hashlib.sha256(body).digest()
        headers: Headers = [
            (HEADER_SOURCE, self._config.source),
            (HEADER_RECEIVED_MS, str(int(self._clock() * 1000))),
        ]
        store = partial(self._store, practice_id, body, headers)
        try:
            outcome = await self._seen.once(practice_id, delivery_id, timestamp.encode() + digest, digest, store)
        except BrokerAway as away:
            _log.error("the broker did not take a delivery (%s)", away)
            outcome = Outcome.BROKER_AWAY
        self.broker = "away" if outcome is Outcome.BROKER_AWAY else "answers"
        if outcome not in (Outcome.ACCEPTED, Outcome.DUPLICATE):
            raise Refused(outcome, retry_after_s=5 if outcome is Outcome.BROKER_AWAY else None)
        return outcome, changes if outcome is Outcome.ACCEPTED else None


def _answer(
    outcome: Outcome, where: str = "", retry_after_s: float | None = None, changes: int | None = None
) -> Response:
    WEBHOOK_DELIVERIES.labels(outcome.value).inc()
    status, todo = _ANSWERS[outcome]
    said: dict[str, Any] = {"outcome": outcome.value}
    if changes is not None:
        said["changes"] = changes
    if where:
        said["where"] = where
    if todo:
        said["todo"] = todo
    headers = {"cache-control": "no-store"}
    if retry_after_s is not None:
        headers["retry-after"] = str(max(1, math.ceil(retry_after_s)))
    return JSONResponse(said, status, headers)


def _delivery_id(request: Request) -> str | None:
    given = request.headers.getlist(HEADER_DELIVERY)
    if not given:
        return None
    if len(given) > 1 or not _DELIVERY_ID.fullmatch(given[0]):
        raise Refused(Outcome.NOT_THE_FORM, HEADER_DELIVERY)
    return given[0]


def _address(request: Request, trust_forwarded_for: bool) -> str:
    peer = request.client.host if request.client else ""
    if trust_forwarded_for and _is_loopback(peer):
        # the last one is what our own proxy saw; those before it are what the sender claims
        seen = request.headers.getlist("x-forwarded-for")
        return seen[-1].rpartition(",")[2].strip()[:64] if seen else peer
    return peer


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


async def _metrics(request: Request) -> Response:
    """For this machine only, and never through a proxy."""
    peer = request.client.host if request.client else ""
    if not _is_loopback(peer) or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return Response(status_code=403)
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


def create_app(
    config: WebhookConfig,
    store: Store,
    clock: Callable[[], float] = time.time,
    elapsed: Callable[[], float] = time.monotonic,
) -> Starlette:
    """The ASGI application. `clock` is Unix time, `elapsed` runs evenly; both are the tests' to own."""
    receiver = Receiver(config, store, clock, elapsed)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True, "broker": receiver.broker})

    return Starlette(
        routes=[
            Route("/v1/changes/{practice_id}", receiver.receive, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/metrics", _metrics),
        ]
    )


# --- the broker -------------------------------------------------------------------------------------------------------


class KafkaStore:
    """A Store on raw.webhook: returns when every replica in sync has the message."""

    def __init__(self, bootstrap: str, within_s: float) -> None:
        self._settings = {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": PARTITIONER,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "queue.buffering.max.kbytes": 256 * 1024,
            "delivery.timeout.ms": int(within_s * 1000),
            "linger.ms": 2,
        }
        self._within_s = within_s
        self._producer = self._new()
        self._stop = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="webhook-deliveries", daemon=True)
        self._poller.start()

    async def __call__(self, key: str, value: bytes, headers: Headers) -> None:
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[KafkaError | None] = loop.create_future()

        def settle(error: KafkaError | None, _: Message) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_set, arrived, error)

        producer = self._producer
        try:
            producer.produce(WEBHOOK.name, value=value, key=key, headers=headers, on_delivery=settle)
            async with asyncio.timeout(self._within_s + 2):
                error = await arrived
        except BufferError:
            raise BrokerAway("the queue is full") from None
        except TimeoutError:
            raise BrokerAway("no acknowledgement") from None
        except KafkaException as refused:
            self._replace(producer, refused.args[0])
            raise BrokerAway(error_name(refused)) from None
        if error is not None:
            self._replace(producer, error)
            raise BrokerAway(error.name())

    def close(self) -> None:
        """Wait for what is on its way, and let go."""
        self._stop.set()
        self._poller.join()
        self._producer.flush(self._within_s)

    def _new(self) -> Producer:
        return Producer(self._settings, logger=_quiet())

    def _replace(self, failed: Producer, error: KafkaError) -> None:
        # an idempotent producer that failed for good never sends again
        if error.fatal() and failed is self._producer:
            _log.error("the connection to the broker failed for good (%s); made anew", error.name())
            self._producer = self._new()

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._producer.poll(0.1)


def _set(arrived: asyncio.Future[KafkaError | None], error: KafkaError | None) -> None:
    if not arrived.done():
        arrived.set_result(error)


def _quiet() -> logging.Logger:
    """The client prints each failed attempt to reach the broker; each refused delivery says it once."""
    logger = logging.Logger("conjoint.webhook.broker")
    logger.addHandler(logging.NullHandler())
    return logger


def run(config: WebhookConfig) -> None:
    """Serve until SIGTERM or SIGINT; deliveries that were begun are finished. A taken port ends the process."""
    store = KafkaStore(config.bootstrap, config.store_within_s)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config, store),
            host=HOST,
            port=config.port,
            access_log=False,
            log_config=None,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
    )
    # uvicorn raises the signal again after it stopped; with the default handler a clean stop would look like a crash
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with suppress(KeyboardInterrupt):
            server.run()
    finally:
        store.close()

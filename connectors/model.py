"""How is a language model asked? Any OpenAI-compatible endpoint, through the `openai` client, down a ladder.

json_schema, then json_object, then plain text: each answer is checked before it is believed. Sends nothing that
`before_sending` holds; must never log a question or an answer.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import openai
from openai.types.chat import ChatCompletion
from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitBreakerError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.model_limits import LimitReached, Limits, Usage
from schemas import metrics
from schemas.model_call import (
    RUNGS,
    BeforeSending,
    Held,
    ModelAnswer,
    ModelAway,
    ModelCall,
    NotAcceptable,
    NoUsableAnswer,
    Rung,
)

T = TypeVar("T")
log = logging.getLogger(__name__)

_WORTH_WAITING: Final = frozenset({408, 409, 425, 429, 502, 503, 504, 529})
"""Status codes after which the same request may succeed; 500 is not among them: many servers answer it to a response
format they do not know."""
_NOT_THIS_WAY: Final = frozenset({400, 404, 415, 422, 500, 501})
"""Status codes that may mean that this way of asking is unknown there."""
_LONGEST_ANSWER: Final = 400_000


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """An endpoint and how much of it may be used. Prices are in US dollars per million tokens."""

    url: str
    name: str
    api_key: str = field(default="", repr=False)
    timeout_s: float = 120.0
    attempts: int = 4
    longest_wait_s: float = 20.0
    failures_to_open: int = 5
    open_s: float = 30.0
    at_once: int = 4
    at_once_per_practice: int = 2
    dollars_per_day: float | None = None
    input_price: float = 0.0
    output_price: float = 0.0
    output_tokens: int = 16_000


class EndpointModel:
    """A model behind an endpoint. Safe to ask from several threads."""

    def __init__(self, config: ModelConfig, limits: Limits | None = None) -> None:
        self._config = config
        self._limits = limits or Limits(config.at_once, config.at_once_per_practice, config.dollars_per_day)
        self._before: ContextVar[BeforeSending | None] = ContextVar("before_sending", default=None)
        self._client = openai.OpenAI(
            base_url=config.url,
            api_key=config.api_key or "none",
            timeout=config.timeout_s,
            max_retries=0,  # ours below: each attempt is held against the consents of that moment
            http_client=openai.DefaultHttpxClient(event_hooks={"request": [self._look]}, trust_env=False),
        )
        self._breaker = CircuitBreaker(
            fail_max=config.failures_to_open,
            reset_timeout=config.open_s,
            exclude=[lambda error: not _is_outage(error)],
            name="model",
        )
        self._unknown: dict[Rung, float] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def ask(self, call: ModelCall, accept: Callable[[Any], T], before_sending: BeforeSending) -> ModelAnswer[T]:
        """See schemas.model_call.Model."""
        started = time.monotonic()
        usage = Usage(self._config.input_price, self._config.output_price)
        refusals: dict[Rung, str] = {}
        statuses: dict[Rung, int] = {}
        with self._place(call.practice_id, usage), self._looking(before_sending):
            for rung in self._rungs():
                try:
                    value = accept(self._answer(call, rung, usage))
                except NotAcceptable as not_acceptable:
                    metrics.MODEL_CALLS.labels(rung, "not_acceptable").inc()
                    refusals[rung] = str(not_acceptable)
                    continue
                except openai.APIStatusError as error:
                    if error.status_code not in _NOT_THIS_WAY:
                        metrics.MODEL_CALLS.labels(rung, "away").inc()
                        raise _away(error) from None
                    metrics.MODEL_CALLS.labels(rung, "not_this_way").inc()
                    refusals[rung], statuses[rung] = f"status {error.status_code}", error.status_code
                    continue
                metrics.MODEL_CALLS.labels(rung, "answered").inc()
                self._remember(statuses)
                return ModelAnswer(
                    value,
                    rung,
                    self._config.name,
                    usage.calls,
                    usage.input_tokens,
                    usage.output_tokens,
                    usage.cost_micros,
                    time.monotonic() - started,
                )
        if len(statuses) == len(refusals):  # nothing answered at all: that is the endpoint, not the way of asking
            raise ModelAway(f"the endpoint answered with {next(iter(statuses.values()), 'nothing')}")
        said = "; ".join(f"{rung}: {why}" for rung, why in refusals.items())
        raise NoUsableAnswer(said, usage.calls, usage.input_tokens, usage.output_tokens, usage.cost_micros)

    @contextmanager
    def _place(self, practice_id: str, usage: Usage) -> Iterator[None]:
        try:
            with self._limits.place(practice_id, usage):
                yield
        except LimitReached as limit:
            metrics.MODEL_CALLS.labels("none", "limit").inc()
            raise NoUsableAnswer(str(limit)) from None

    @contextmanager
    def _looking(self, before_sending: BeforeSending) -> Iterator[None]:
        token = self._before.set(before_sending)
        try:
            yield
        finally:
            self._before.reset(token)

    def _look(self, request: Any) -> None:
        before = self._before.get()
        if before is None:
            raise Held("nobody looked at what is about to leave")
        before(request.content)

    def _rungs(self) -> tuple[Rung, ...]:
        with self._lock:
            now = time.monotonic()
            known = tuple(rung for rung in RUNGS if self._unknown.get(rung, 0.0) <= now)
        return known or RUNGS

    def _remember(self, refused: Iterable[Rung]) -> None:
        """Do not knock at a closed door for every draft; an upgrade of the server is noticed after ten minutes."""
        with self._lock:
            self._unknown.update(dict.fromkeys(refused, time.monotonic() + 600))

    def _answer(self, call: ModelCall, rung: Rung, usage: Usage) -> Any:
        retrying = Retrying(
            retry=retry_if_exception(_is_worth_waiting),
            stop=stop_after_attempt(self._config.attempts),
            wait=self._wait,
            reraise=True,
        )
        try:
            completion: ChatCompletion = retrying(self._guarded, call, rung, usage)
        except CircuitBreakerError:
            metrics.MODEL_CALLS.labels(rung, "breaker_open").inc()
            raise ModelAway("the endpoint failed repeatedly and is given a pause", self._config.open_s) from None
        except openai.APIConnectionError as error:
            metrics.MODEL_CALLS.labels(rung, "away").inc()
            raise _away(error) from None
        return _parsed(completion)

    def _guarded(self, call: ModelCall, rung: Rung, usage: Usage) -> ChatCompletion:
        """Through the breaker, which holds a lock while it calls: so it is told of the outcome instead, except for the
        one attempt it lets through when its pause is over."""
        if self._breaker.current_state != STATE_CLOSED:
            tried: ChatCompletion = self._breaker.call(self._send, call, rung, usage)
            return tried
        try:
            completion = self._send(call, rung, usage)
        except openai.OpenAIError as error:
            self._breaker.call(_raise, error)
            raise
        self._breaker.call(lambda: None)
        return completion

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        asked = error.response.headers.get("retry-after", "") if isinstance(error, openai.APIStatusError) else ""
        jittered = wait_random_exponential(multiplier=0.25, max=self._config.longest_wait_s)(state)
        return max(jittered, min(float(asked), self._config.longest_wait_s)) if asked.isdigit() else jittered

    def _send(self, call: ModelCall, rung: Rung, usage: Usage) -> ChatCompletion:
        started = time.monotonic()
        try:
            completion: ChatCompletion = self._client.chat.completions.create(
                model=self._config.name,
                temperature=call.temperature,
                max_tokens=self._config.output_tokens,
                messages=[
                    {"role": "system", "content": _instructions(call, rung)},
                    {"role": "user", "content": call.material},
                ],
                **_response_format(call, rung),
            )
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, Held):
                raise error.__cause__ from None
            usage.calls += 1
            raise
        except openai.APIStatusError:
            usage.calls += 1
            raise
        finally:
            metrics.MODEL_SECONDS.observe(time.monotonic() - started)
        usage.count(completion.usage)
        return completion


def _instructions(call: ModelCall, rung: Rung) -> str:
    if rung == "json_schema":
        return call.instructions
    schema = json.dumps(call.answer_schema, ensure_ascii=False, separators=(",", ":"))
    form = "Answer with one JSON object and nothing else. It must be valid by this schema:"
    return f"{call.instructions}\n\n{form}\n{schema}"


def _response_format(call: ModelCall, rung: Rung) -> dict[str, Any]:
    if rung == "json_schema":
        schema = {"name": "draft", "schema": dict(call.answer_schema), "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    return {"response_format": {"type": "json_object"}} if rung == "json_object" else {}


def _parsed(completion: ChatCompletion) -> Any:
    """The JSON of an answer. Raises NotAcceptable for a refusal, one that was cut off, and prose."""
    choice = next(iter(completion.choices or ()), None)
    if choice is None:
        raise NotAcceptable("an answer without content")
    if choice.message.refusal:
        raise NotAcceptable("the model refused")
    if choice.finish_reason == "length":
        raise NotAcceptable("the answer was cut off")
    if choice.finish_reason == "content_filter":
        raise NotAcceptable("a content filter stopped the answer")
    text = choice.message.content or ""
    if len(text) > _LONGEST_ANSWER:
        raise NotAcceptable("the answer is beyond any bound")
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise NotAcceptable("prose instead of JSON")
    try:
        # plain-text answers come in fences and with a sentence before them
        return json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        raise NotAcceptable("not JSON") from None


def _raise(error: BaseException) -> None:
    raise error


def _status(error: BaseException) -> int | None:
    return error.status_code if isinstance(error, openai.APIStatusError) else None


def _is_worth_waiting(error: BaseException) -> bool:
    if isinstance(error, openai.APITimeoutError):
        return False  # it had its time; the next attempt belongs to the next round
    return isinstance(error, openai.APIConnectionError) or _status(error) in _WORTH_WAITING


def _is_outage(error: BaseException) -> bool:
    return isinstance(error, openai.APIConnectionError) or (_status(error) or 0) in _WORTH_WAITING - {429}


def _away(error: openai.APIError) -> ModelAway:
    if isinstance(error, openai.APITimeoutError):
        return ModelAway("the endpoint did not answer in time")
    status = _status(error)
    return ModelAway("the endpoint cannot be reached" if status is None else f"the endpoint answered with {status}")

"""What is asked of a language model and what comes back: plain values between whoever asks and whoever carries it.

Reads nothing, writes nothing. Must never carry a name: what is asked is de-identified before it becomes one of these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Rung = Literal["json_schema", "json_object", "text"]
"""The ways to ask for JSON, most reliable first."""
RUNGS: tuple[Rung, ...] = ("json_schema", "json_object", "text")


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One question. `answer_schema`: a JSON schema whose every list and text is bounded."""

    practice_id: str
    prompt_id: str
    prompt_version: str
    instructions: str = field(repr=False)
    material: str = field(repr=False)
    answer_schema: Mapping[str, Any] = field(repr=False)
    temperature: float = 0.2


@dataclass(frozen=True, slots=True)
class ModelAnswer(Generic[T_co]):
    """What `accept` made of the answer, how it was asked for, and what it cost."""

    value: T_co = field(repr=False)
    rung: Rung
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_micros: int
    """Millionths of a US dollar, for every call that was made for this answer."""
    seconds: float


class NotAcceptable(ValueError):
    """The answer cannot be used; the text says why in a few words of ours, never what the answer said."""


class NoUsableAnswer(Exception):
    """Every way of asking was tried and nothing usable came; asking again would bring nothing else."""

    def __init__(
        self, reason: str, calls: int = 0, input_tokens: int = 0, output_tokens: int = 0, cost_micros: int = 0
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.calls, self.cost_micros = calls, cost_micros
        self.input_tokens, self.output_tokens = input_tokens, output_tokens


class ModelAway(Exception):
    """The endpoint does not answer, or refuses everybody for now; later it may."""

    def __init__(self, reason: str, again_in_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again_in_s = again_in_s


class Held(Exception):
    """Raised by a check just before bytes leave: they must not. Nothing has been sent."""


BeforeSending = Callable[[bytes], None]
"""Sees exactly the bytes that are about to leave, before every single attempt; raises Held to stop them."""


class Model(Protocol):
    """Whoever can ask a model."""

    def ask(self, call: ModelCall, accept: Callable[[Any], T], before_sending: BeforeSending) -> ModelAnswer[T]:
        """The first answer that `accept` takes. `accept` gets parsed JSON and raises NotAcceptable.

        Raises NoUsableAnswer, ModelAway, or whatever Held `before_sending` raised.
        """
        ...

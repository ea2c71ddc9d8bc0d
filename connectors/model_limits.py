"""How much of a model may be used: so many questions at once, so much money a day, of one practice and of all.

Holds counters of this process: after a restart a day's budget begins anew. Thread-safe.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from openai.types import CompletionUsage

from schemas import metrics


class LimitReached(Exception):
    """A practice has used up what it may use today."""


@dataclass(slots=True)
class Usage:
    """What one question cost, all its attempts together. Prices are in US dollars per million tokens."""

    input_price: float
    output_price: float
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def count(self, usage: CompletionUsage | None) -> None:
        """Add one answered call; a server that does not count costs nothing we know of."""
        self.calls += 1
        if usage is not None:
            self.input_tokens += max(0, usage.prompt_tokens or 0)
            self.output_tokens += max(0, usage.completion_tokens or 0)
            metrics.MODEL_TOKENS.labels("input").inc(max(0, usage.prompt_tokens or 0))
            metrics.MODEL_TOKENS.labels("output").inc(max(0, usage.completion_tokens or 0))

    @property
    def cost_micros(self) -> int:
        """Millionths of a US dollar."""
        return round(self.input_tokens * self.input_price + self.output_tokens * self.output_price)


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass
class Limits:
    """Places and money. `dollars_per_day` is for each practice; None = no limit."""

    at_once: int
    at_once_per_practice: int
    dollars_per_day: float | None = None
    today: Callable[[], date] = _today
    _spent: dict[tuple[str, date], int] = field(default_factory=dict)
    _places: dict[str, threading.BoundedSemaphore] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._all = threading.BoundedSemaphore(self.at_once)

    def spent(self, practice_id: str, cost_micros: int, day: date | None = None) -> None:
        """Count money, of today or of another day."""
        with self._lock:
            key = (practice_id, day or self.today())
            self._spent[key] = self._spent.get(key, 0) + cost_micros
            for old in [other for other in self._spent if other[1] < self.today()]:
                del self._spent[old]

    @contextmanager
    def place(self, practice_id: str, usage: Usage) -> Iterator[None]:
        """Wait for a place and pay at the end. Raises LimitReached."""
        with self._lock:
            places = self._places.setdefault(practice_id, threading.BoundedSemaphore(self.at_once_per_practice))
            spent = self._spent.get((practice_id, self.today()), 0)
        if self.dollars_per_day is not None and spent >= self.dollars_per_day * 1_000_000:
            raise LimitReached("the practice's budget for the day is used up")
        with places, self._all:
            try:
                yield
            finally:
                self.spent(practice_id, usage.cost_micros)
                metrics.MODEL_COST.inc(usage.cost_micros / 1_000_000)

"""How does a step let go of a message it cannot use? It is counted under the step's name and put on dead.letters as it
was. Must never look into the value.
"""

from collections.abc import Iterable
from typing import Protocol

from confluent_kafka import Message

from schemas import metrics
from schemas.reasons import Poison, Reason


class SetAside(Protocol):
    """Puts a message on dead.letters as it was."""

    def __call__(
        self,
        value: bytes | None,
        key: bytes | None,
        reason: Reason,
        where: str,
        topic: str,
        partition: int,
        offset: int,
        *,
        headers: Iterable[tuple[str, str | bytes | None]] = (),
    ) -> None: ...


def let_go(step: str, message: Message, poison: Poison, set_aside: SetAside) -> None:
    """Count and set aside a message for the reason that `poison` names. Raises what the producer raises."""
    metrics.OUTCOMES.labels(step, poison.reason.value).inc()
    metrics.DEAD_LETTERS.labels(step, poison.reason.value).inc()
    value, key, headers = message.value(), message.key(), message.headers() or ()
    set_aside(
        value if isinstance(value, bytes) else None,
        key if isinstance(key, bytes) else None,
        poison.reason,
        poison.where,
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        headers=list(headers.items() if isinstance(headers, dict) else headers),
    )

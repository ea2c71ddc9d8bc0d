"""What is one part of the running platform, and how is it doing?
Declarations only: reads and writes nothing.
Must never know which parts there are.
"""

import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from infra.embedded.launch import Launch

Report = Callable[[str], None]


class State(StrEnum):
    """How a part is doing, in words for people."""

    WAITING = "waiting"  # for the parts it needs
    PREPARING = "preparing"  # files are fetched or made, no process yet
    STARTING = "starting"  # the process runs, it does not answer yet
    READY = "ready"
    DONE = "done"  # a one-time step that succeeded
    UNHEALTHY = "unhealthy"  # it was ready and does not answer now
    RESTARTING = "restarting"  # it ended by itself; it is started again after a pause
    STOPPING = "stopping"
    STOPPED = "stopped"

    @property
    def serves(self) -> bool:
        """Whether parts that need this one may run."""
        return self in (State.READY, State.DONE)


@dataclass(frozen=True)
class Part:
    """One process. `launch` may take its time (it runs in a thread) and says what it does through its argument;
    `ready` answers whether the part works now. A `one_time` part works once it ended with code 0. `stops_before` names
    parts that must outlive this one although it can start without them."""

    name: str
    launch: Callable[[Report], Launch]
    needs: tuple[str, ...] = ()
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_within_s: float = 60.0
    one_time: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 15.0
    stops_before: tuple[str, ...] = ()


@dataclass(frozen=True)
class BackOff:
    """How long to pause before a part that ended by itself is started again."""

    first_s: float = 1.0
    longest_s: float = 30.0
    forgiven_after_s: float = 60.0
    """A part that worked this long starts counting from the beginning."""

    def pause_s(self, failures: int) -> float:
        """The pause after the `failures`-th failure in a row (1, 2, …)."""
        return float(min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30)))


@dataclass
class Condition:
    """How one part is doing; kept by the supervisor."""

    name: str
    state: State = State.WAITING
    pid: int | None = None
    restarts: int = 0
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in `status.json`."""
        return {
            "name": self.name,
            "state": self.state.value,
            "pid": self.pid,
            "restarts": self.restarts,
            "since": self.since.isoformat(),
            "message": self.message,
        }


def in_order(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts so that each comes after those it needs. Raises ValueError for an unknown need or a circle."""
    placed: dict[str, Part] = {}
    left = {part.name: part for part in parts}
    while left:
        free = [part for part in left.values() if all(need in placed for need in part.needs)]
        if not free:
            raise ValueError(f"needs that cannot be met: {', '.join(sorted(left))}")
        for part in free:
            placed[part.name] = left.pop(part.name)
    return tuple(placed.values())

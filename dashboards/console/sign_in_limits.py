"""Has this address or this user tried too often? Counts failed sign-ins in a sliding window.

Keeps its counts in memory, bounded. Must never keep a password.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW_SECONDS = 300.0
ATTEMPTS_PER_USER = 8
ATTEMPTS_PER_ADDRESS = 24
MAX_KEYS = 10_000


@dataclass
class SignInLimits:
    """Reserve an attempt before checking a password; give it back when the password was right."""

    clock: Callable[[], float]
    _attempts: OrderedDict[tuple[str, str], deque[float]] = field(default_factory=OrderedDict)

    def reserve(self, address: str, user: str) -> float:
        """0.0 when the attempt may go on, else the seconds to wait. Counts at once: parallel tries cannot slip by."""
        now = self.clock()
        keys = ((("user", user), ATTEMPTS_PER_USER), (("address", address), ATTEMPTS_PER_ADDRESS))
        wait = 0.0
        for key, allowed in keys:
            recent = self._recent(key, now)
            if len(recent) >= allowed:
                wait = max(wait, recent[0] + WINDOW_SECONDS - now)
        if wait > 0:
            return wait
        for key, _ in keys:
            self._recent(key, now).append(now)
        return 0.0

    def succeed(self, address: str, user: str) -> None:
        """The attempt was right: forget it for the address, and all of them for the user."""
        self._attempts.pop(("user", user), None)
        recent = self._attempts.get(("address", address))
        if recent:
            recent.pop()

    def _recent(self, key: tuple[str, str], now: float) -> deque[float]:
        recent = self._attempts.setdefault(key, deque())
        self._attempts.move_to_end(key)
        while recent and recent[0] <= now - WINDOW_SECONDS:
            recent.popleft()
        while len(self._attempts) > MAX_KEYS:
            self._attempts.popitem(last=False)
        return recent

"""What time is it in the reference practice?
Reads and writes `<home>/run/clock.json`, the last practice time, so that a restart goes on from there.
Must never run backwards.
"""

import bisect
import functools
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from infra.refusal import Refusal
from infra.secrets_file import write_private
from infra.settings import PREFIX

CLOCK_VARIABLE: Final = f"{PREFIX}CLOCK"
ZONE: Final = ZoneInfo("America/Chicago")
OPENS, CLOSES = 7, 20
IDLE_FACTOR: Final = 40
"""Nights and weekends pass this many times faster than working hours, so that a demonstration is never dead."""


@dataclass(frozen=True)
class PracticeClock:
    """At `anchor_wall` real time it was `anchor_at` in the practice. Pure: `now` depends on its argument only, and
    never decreases. With speed 1 practice time passes exactly as real time does."""

    anchor_at: datetime
    anchor_wall: datetime
    speed: float

    def now(self, wall: datetime) -> datetime:
        """The practice's time (UTC) at real time `wall`; before the anchor, the anchor."""
        elapsed_s = max(0.0, (wall - self.anchor_wall).total_seconds())
        if self.speed == 1:
            return self.anchor_at + timedelta(seconds=elapsed_s)
        return _course(self).at(elapsed_s)

    def encode(self) -> str:
        """For the environment variable that carries the clock to every process."""
        return f"{self.anchor_at.isoformat()}|{self.anchor_wall.isoformat()}|{self.speed!r}"

    @classmethod
    def decode(cls, text: str) -> "PracticeClock":
        """The inverse of `encode`."""
        try:
            anchor_at, anchor_wall, speed = text.split("|")
            return cls(datetime.fromisoformat(anchor_at), datetime.fromisoformat(anchor_wall), float(speed))
        except ValueError:
            raise Refusal(f"{CLOCK_VARIABLE} is not a clock; unset it, `conjoint up` sets it", exit_code=2) from None


def wall_clock() -> PracticeClock:
    """Practice time is real time."""
    now = datetime.now(UTC)
    return PracticeClock(now, now, 1.0)


def clock_from(environment: Mapping[str, str]) -> PracticeClock:
    """The clock the supervisor handed on; real time for a process started without one."""
    text = environment.get(CLOCK_VARIABLE)
    return PracticeClock.decode(text) if text else wall_clock()


def start_clock(home: Path, speed: float, wall: datetime) -> PracticeClock:
    """The clock for a start of this home at `wall`: goes on where the last one stood, else begins on the most recent
    working morning. With speed 1 it is real time unless the practice is already ahead of it."""
    last = _remembered(home)
    if speed == 1:
        return PracticeClock(max(last or wall, wall), wall, 1.0)
    return PracticeClock(last or most_recent_working_morning(wall), wall, speed)


def remember(home: Path, clock: PracticeClock, wall: datetime) -> None:
    """Notes the practice's time for the next start."""
    noted = {"practice_at": clock.now(wall).isoformat(), "wall_at": wall.isoformat(), "clock": clock.encode()}
    write_private(home / "run" / "clock.json", json.dumps(noted), durable=False)


def catch_up(home: Path, wall: datetime) -> None:
    """Notes that parts went on by the clock of their killed supervisor until `wall`: they have said what time it was,
    and a clock that started at what the supervisor noted last would contradict them."""
    try:
        text = json.loads((home / "run" / "clock.json").read_text())["clock"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return  # nothing noted, or damaged, which the next start tells
    remember(home, PracticeClock.decode(text), wall)


def practice_time(home: Path, wall: datetime) -> datetime:
    """What the practice's clock showed last, as far as another process can tell; real time if it has none."""
    return _remembered(home) or wall


def most_recent_working_morning(wall: datetime) -> datetime:
    """09:00 in the practice on the last weekday for which that is not in the future."""
    local = wall.astimezone(ZONE)
    morning = local.replace(hour=9, minute=0, second=0, microsecond=0, fold=0)
    while morning > local or morning.weekday() >= 5:
        morning -= timedelta(days=1)
    return morning.astimezone(UTC)


def _remembered(home: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads((home / "run" / "clock.json").read_text())["practice_at"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise Refusal(f"{home / 'run' / 'clock.json'} is damaged; remove it to begin on a new morning") from None


class _Course:
    """The stretches of working and idle time after an anchor, found as far as they were asked for."""

    def __init__(self, clock: PracticeClock) -> None:
        self._speed = clock.speed
        self._starts_s: list[float] = [0.0]
        self._stretches: list[tuple[datetime, datetime, float]] = [_stretch(clock.anchor_at, clock.speed)]
        self._growing = threading.Lock()

    def at(self, elapsed_s: float) -> datetime:
        if elapsed_s >= self._end_s():
            with self._growing:
                while elapsed_s >= (end_s := self._end_s()):
                    self._stretches.append(_stretch(self._stretches[-1][1], self._speed))
                    self._starts_s.append(end_s)
        place = bisect.bisect_right(self._starts_s, elapsed_s) - 1
        begins, ends, rate = self._stretches[place]
        return min(begins + timedelta(seconds=(elapsed_s - self._starts_s[place]) * rate), ends)

    def _end_s(self) -> float:
        begins, ends, rate = self._stretches[len(self._starts_s) - 1]
        return self._starts_s[-1] + (ends - begins).total_seconds() / rate


@functools.lru_cache(maxsize=8)
def _course(clock: PracticeClock) -> _Course:
    return _Course(clock)


def _stretch(begins: datetime, speed: float) -> tuple[datetime, datetime, float]:
    """From `begins` to the next opening or closing, and how fast it passes."""
    local = begins.astimezone(ZONE)
    opens = local.replace(hour=OPENS, minute=0, second=0, microsecond=0, fold=0)
    closes = opens.replace(hour=CLOSES)
    if local.weekday() < 5 and opens <= local < closes:
        return begins, closes.astimezone(UTC), speed
    following = opens if local < opens else opens + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return begins, following.astimezone(UTC), speed * IDLE_FACTOR

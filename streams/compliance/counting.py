"""Small words for counting: ages in bands, shares, sorted tallies. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from schemas.compliance import Cell

T = TypeVar("T")

AGE_BANDS: tuple[tuple[str, timedelta], ...] = (
    ("within 24 h", timedelta(hours=24)),
    ("24 to 48 h", timedelta(hours=48)),
    ("48 to 72 h", timedelta(hours=72)),
    ("72 h to 7 days", timedelta(days=7)),
)
LATER = "later than 7 days"
BANDS = (*(name for name, _ in AGE_BANDS), LATER)


def band(age: timedelta) -> str:
    """The band an age falls in; each band includes its upper end."""
    return next((name for name, up_to in AGE_BANDS if age <= up_to), LATER)


def hours(age: timedelta) -> float:
    """Elapsed hours, to a tenth."""
    return round(age / timedelta(hours=1), 1)


def share(part: int, whole: int) -> float | None:
    """Part of the whole, 0 to 1; None of nothing."""
    return None if whole == 0 else part / whole


def tally(items: Iterable[T], key: Callable[[T], str]) -> list[tuple[str, int]]:
    """How many of each, most first, then by name."""
    counts = Counter(key(item) for item in items)
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def median(values: Sequence[float]) -> float | None:
    """The middle value; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def earliest_first(moment: datetime | None) -> float:
    """Sort key: earliest first, unknown last."""
    return float("inf") if moment is None else moment.timestamp()


_NAMES = {
    "ai_assistance": "AI assistance",
    "part2_tpo": "Part 2 TPO",
    "part2_specific": "Part 2 specific",
    "roi": "release",
}


def words(kind: str | None) -> Cell:
    """A code word as people read it."""
    return None if kind is None else _NAMES.get(kind, kind.replace("_", " "))

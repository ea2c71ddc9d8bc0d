"""On which days does an appointment of OpenEMR's calendar take place? A series and its exceptions → calendar days.

Pure, and the same steps as OpenEMR's own calendar takes, so that nobody is booked on a day the calendar does not show.
A row whose series cannot be read stands for the day it names.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from connectors.ehr.joining import Image, Look

EVENTS: Final = "openemr_postcalendar_events"
MOST_OCCURRENCES: Final = 1_000
"""Of one series, counted from its first day: bounds what one row can make."""
_SERIES: Final = ("1", "2", "3")
_NTH_WEEKDAY: Final = 2
_FIELD: Final = re.compile(r's:\d{1,3}:"([a-z0-9_]{1,40})";(?:s:\d{1,6}:"([^"]{0,60000})"|i:(\d{1,6}))')
_WEEKDAYS: Final = 6
_SATURDAY: Final = 5
_LAST: Final = 5


@dataclass(frozen=True, slots=True)
class Booking:
    """One appointment. OpenEMR keeps a row of it for each of its providers, under one `pc_multiple`."""

    rows: tuple[Image, ...] = field(repr=False)

    @property
    def row(self) -> Image:
        """What its rows have in common."""
        return self.rows[0]

    @property
    def providers(self) -> tuple[str, ...]:
        """Who holds it; the first of them leads."""
        return tuple(dict.fromkeys(row["pc_aid"] for row in self.rows if row["pc_aid"] is not None))

    def has(self, pc_eid: str | None) -> bool:
        """Whether one of its rows has this number."""
        return any(row["pc_eid"] == pc_eid for row in self.rows)


def bookings(events: Iterable[Image], *, at_once: bool = False) -> list[Booking]:
    """The appointments that rows stand for, in the rows' order. `at_once`: all of one time are one, because they are
    one group's."""
    found: list[list[Image]] = []
    for event in events:
        for rows in found:
            if any(_is_same(event, row, at_once) for row in rows):
                rows.append(event)
                break
        else:
            found.append([event])
    return [Booking(tuple(rows)) for rows in found]


def _is_same(event: Image, row: Image, at_once: bool) -> bool:
    if event["pc_pid"] != row["pc_pid"]:
        return False
    if event["pc_multiple"] is not None and event["pc_multiple"] == row["pc_multiple"]:
        return True
    return at_once and event["pc_startTime"] is not None and event["pc_startTime"] == row["pc_startTime"]


def is_series(event: Image) -> bool:
    """Whether the row stands for more than one day."""
    return bool(event["pc_recurrtype"])


def days_of(event: Image) -> Sequence[str]:
    """Every calendar day the appointment takes place on, in order, its exceptions left out."""
    first = event["pc_eventDate"]
    if first is None:
        return ()
    if not is_series(event):
        return (first,)
    return _days(first, event["pc_endDate"], event["pc_recurrtype"], event["pc_recurrspec"] or "")


def is_on(event: Image, day: str) -> bool:
    """Whether the appointment takes place on that day."""
    return day in days_of(event)


def events_on(look: Look, index: str, value: str | None, day: str) -> list[Image]:
    """The appointments of a day, those of a series with them. `index`: `group`, `client` or `category`."""
    single = [event for event in look.where(EVENTS, f"{index}_day", value, day) if not is_series(event)]
    series = [event for kind in _SERIES for event in look.where(EVENTS, f"{index}_series", value, kind)]
    return sorted([*single, *(event for event in series if is_on(event, day))], key=lambda event: int(event["pc_eid"]))


def event_id(event: Image, day: str) -> str:
    """An appointment's id with us; the days of a series are apart."""
    return f"appointment-{event['pc_eid']}{f'-{day}' if is_series(event) else ''}"


@lru_cache(maxsize=4_096)
def _days(first: str, last: str | None, kind: int, serialized: str) -> tuple[str, ...]:
    spec = {name: text or number for name, text, number in _FIELD.findall(serialized)}
    begin = date.fromisoformat(first)
    if last is None or last < first:
        return (first,)  # its own calendar shows nothing after it
    end, excepted = date.fromisoformat(last), set(re.findall(r"\d{8}", spec.get("exdate", "")))
    try:
        steps = _nth_weekdays(begin, spec) if kind == _NTH_WEEKDAY else _steps(begin, spec)
        found: list[date] = []
        for step in steps:
            if step > end or len(found) >= MOST_OCCURRENCES:
                break
            if step >= begin:
                found.append(step)
    except (KeyError, ValueError, OverflowError):
        return (first,)
    return tuple(day.isoformat() for day in found if day.strftime("%Y%m%d") not in excepted)


def _steps(begin: date, spec: dict[str, str]) -> Iterator[date]:
    kind, often = int(spec["event_repeat_freq_type"]), spec["event_repeat_freq"]
    weekdays = frozenset((int(number) + 5) % 7 for number in often.split(","))  # 1 is Sunday there, Monday is 0 here
    every = 1 if kind == _WEEKDAYS else int(often)
    if every < 1 or kind not in (0, 1, 2, 3, 4, _WEEKDAYS):  # days, weeks, months, years, working days
        raise ValueError
    day = begin
    while True:
        yield day
        match kind:
            case 0:
                day += timedelta(days=every)
            case 1:
                day += timedelta(weeks=every)
            case 2:
                day = _rolled(day.year, day.month + every, day.day)
            case 3:
                day = _rolled(day.year + every, day.month, day.day)
            case 4:
                day = _workday(day, every)
            case _:
                day = min(day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1) for weekday in weekdays)


def _rolled(year: int, month: int, day: int) -> date:
    """A month later; the 31st of a month that has 30 days is the 1st of the next, as OpenEMR's calendar has it."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1) + timedelta(days=day - 1)


def _workday(day: date, every: int) -> date:
    ahead = every + sum((day + timedelta(days=count)).weekday() >= _SATURDAY for count in range(1, every + 1))
    landed = day + timedelta(days=ahead)
    return landed + timedelta(days=max(0, 7 - landed.weekday()) if landed.weekday() >= _SATURDAY else 0)


def _nth_weekdays(begin: date, spec: dict[str, str]) -> Iterator[date]:
    every, number = int(spec["event_repeat_on_freq"]), int(spec["event_repeat_on_num"])
    weekday = (int(spec["event_repeat_on_day"]) + 6) % 7  # 0 is Sunday there
    if every < 1 or not 1 <= number <= _LAST:
        raise ValueError
    month = date(begin.year, begin.month, 1)
    while True:
        first = month + timedelta(days=(weekday - month.weekday()) % 7)
        nth = first + timedelta(weeks=number - 1)
        # a fifth one that a month does not have is its last
        yield nth if nth.month == month.month else nth - timedelta(weeks=1)
        month = _rolled(month.year, month.month + every, 1)

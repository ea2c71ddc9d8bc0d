"""What does one value of an OpenEMR column say? Debezium's form of a MariaDB value → one canonical, comparable form.

Pure. Ids are text whatever the column's type; days are ISO dates, wall times ISO without zone, as the clinic's clock
showed them. Raises ValueError for what a column of its type cannot hold; zero dates and empty words are None.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - clinic-local wall time has no zone until the practice's is applied
_EPOCH_DAY: Final = date(1970, 1, 1)
DAY_S: Final = 24 * 60 * 60
_FIRST_YEAR, _LAST_YEAR = 1850, 2300
_FIRST_INSTANT_YEAR, _LAST_INSTANT_YEAR = 1900, 2200


def as_id(value: Any) -> str | None:
    """An id kept as a number here and as text there; '' and 0 mean nobody."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError
    text = str(value).strip()
    return None if text in ("", "0") else text


def as_key(value: Any) -> str:
    """Part of a primary key: as it stands, zero and the empty text included."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError
    return str(value)


def as_word(value: Any) -> str | None:
    """A short text or code; '' means nothing was entered."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError
    return value.strip() or None


def as_text(value: Any) -> str | None:
    """A text as somebody typed it."""
    if not isinstance(value, str):
        raise ValueError
    return value or None


def as_count(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError
    return value


def as_flag(value: Any) -> bool:
    """tinyint(1): anything but 0 is yes."""
    if isinstance(value, bool):
        return value
    return as_count(value) != 0


def as_day(value: Any) -> str | None:
    """DATE as days since 1970; one that no calendar of a practice reaches (0201-05-06, 9999-12-31) is None."""
    try:
        day = _EPOCH_DAY + timedelta(days=as_count(value))
    except OverflowError:
        raise ValueError from None
    return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def as_last_day(value: Any) -> str | None:
    """DATE up to which a series goes: the zero date is None, one beyond all calendars is as late as they reach."""
    if not value:
        return None
    return as_day(value) or (f"{_LAST_YEAR}-12-31" if value > 0 else None)


def as_service_day(value: Any) -> str | None:
    """DATE NOT NULL of something that happens now: where it is the zero date, change capture writes 1970-01-01."""
    return as_day(value) if value else None


def as_wall(value: Any) -> str | None:
    """DATETIME as milliseconds of the clinic's wall clock; the zero date (written as 1970-01-01 00:00) is None."""
    count = as_count(value)
    if count == 0:
        return None
    try:
        wall = _EPOCH + timedelta(milliseconds=count)
    except OverflowError:
        raise ValueError from None
    return wall.isoformat(timespec="seconds") if _FIRST_INSTANT_YEAR < wall.year < _LAST_INSTANT_YEAR else None


def as_day_or_wall(value: Any) -> str | None:
    """A column that is a DATE in one release and a DATETIME in the next → the day. Days since 1970 are below a million,
    milliseconds of anything after the first hour of 1970 above."""
    wall = as_wall(value) if abs(as_count(value)) > 1_000_000 else None
    return as_service_day(value) if wall is None else wall[:10]


def as_time(value: Any) -> int | None:
    """TIME as microseconds since midnight → seconds. OpenEMR writes 24:30:00 for what ends after midnight; beyond two
    days, or before midnight, it is no time of a session."""
    seconds = as_count(value) // 1_000_000
    return seconds if 0 <= seconds < 2 * DAY_S else None


def as_money(value: Any) -> str:
    """decimal(12,2) as text."""
    try:
        amount = Decimal(value)
    except (InvalidOperation, TypeError):
        raise ValueError from None
    if not amount.is_finite():
        raise ValueError
    return f"{amount:.2f}"


def money_typed(value: str | None) -> str | None:
    """An amount that somebody typed into a text column; None if it is none."""
    try:
        amount = Decimal((value or "").strip().lstrip("$"))
    except InvalidOperation:
        return None
    return f"{amount:.2f}" if amount.is_finite() and 0 <= amount < 1_000_000 else None


def day_typed(value: str | None) -> str | None:
    """A calendar date that a form keeps as text (YYYY-MM-DD, perhaps with a time after it, or MM/DD/YYYY)."""
    text = (value or "").strip()
    for form, length in (("%Y-%m-%d", 10), ("%m/%d/%Y", 10)):
        try:
            day = datetime.strptime(text[:length], form).date()  # noqa: DTZ007 - a calendar date
        except ValueError:
            continue
        return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
    return None


def time_typed(value: str | None) -> int | None:
    """A time of day that a form keeps as text (HH:MM, HH:MM:SS or h:mm am) → seconds since midnight."""
    text = " ".join((value or "").upper().split())
    text = text.rpartition("T")[2] if "T" in text else text
    for form in ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            time = datetime.strptime(text, form)  # noqa: DTZ007 - the clinic's wall clock
        except ValueError:
            continue
        return time.hour * 3600 + time.minute * 60 + time.second
    return None


def clock_of(wall: str | None) -> int | None:
    """Seconds since midnight of a wall time; None at midnight, which is what a date without a time is kept as."""
    return None if wall is None else time_typed(wall) or None


def instant(wall: str | None, zone: ZoneInfo) -> str | None:
    """A wall time of the clinic → an instant. One that occurs twice (autumn) is its first occurrence; one that the
    clocks skipped (spring) is as far after the change as it was meant to be after the hour before it."""
    if wall is None:
        return None
    return datetime.fromisoformat(wall).replace(tzinfo=zone, fold=0).astimezone(UTC).isoformat()


def moment(day: str | None, seconds: int | None, zone: ZoneInfo) -> str | None:
    """A day and a time of day of the clinic → an instant."""
    if day is None or seconds is None:
        return None
    wall = datetime.fromisoformat(day[:10]) + timedelta(seconds=seconds)
    return instant(wall.isoformat(), zone)


def later(at: str | None, seconds: int) -> str | None:
    """An instant so many elapsed seconds later."""
    return None if at is None else (datetime.fromisoformat(at) + timedelta(seconds=seconds)).isoformat()

"""The field types every schema is made of: a Python type, its Avro form and its PHI class in one word.

Frozen, and silent about values: neither a repr nor a validation error ever prints what a record holds.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from schemas.phi import Phi

MAX_ID_LENGTH = 200
MAX_TEXT_LENGTH = 1_000_000


class Schema(BaseModel):
    """A frozen record. Unknown fields are ignored (an old reader meets a new writer), values never printed."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
        alias_generator=lambda name: name.rstrip("_"),  # `from_` and `class_` are Python's keywords, not the wire's
    )

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return []


_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("an instant needs an offset")
    if not _EARLIEST <= moment < _LATEST:  # the same moments whatever the offset: it does not travel
        raise ValueError("an instant outside 1900-2200")
    return moment


def _plausible(day: date) -> date:
    if not 1850 <= day.year <= 2300:
        raise ValueError("a date outside 1850-2300")
    return day


_MONEY = re.compile(r"-?\d{1,9}(\.\d{1,2})?")


def _money(text: str) -> str:
    if not _MONEY.fullmatch(text):
        raise ValueError("an amount that is not a decimal number with at most two places")
    return text


T = TypeVar("T")
_short = StringConstraints(max_length=MAX_ID_LENGTH)
# keys are ids joined by a control character: without this an id could pretend to be two
_printable = StringConstraints(max_length=MAX_ID_LENGTH, pattern=r"^[^\x00-\x1f]*$")
_long = StringConstraints(max_length=MAX_TEXT_LENGTH)

Id = Annotated[str, _printable, Phi.PSEUDONYM]
"""An id of a person, session, claim …: stands for somebody without saying who."""
Word = Annotated[str, _short, Phi.NONE]
"""A code, kind or status word."""
Label = Annotated[str, StringConstraints(max_length=2_000), Phi.NONE]
"""A short text written by us or by the practice about no person."""
Identifier = Annotated[str, StringConstraints(max_length=2_000), Phi.IDENTIFIER]
"""A name, number or address that says who somebody is."""
Clinical = Annotated[str, _long, Phi.CLINICAL]
"""Text about a person's care; may contain names."""
Instant = Annotated[datetime, AfterValidator(_aware), Phi.NONE]
Day = Annotated[date, AfterValidator(_plausible), Phi.NONE]
BirthDate = Annotated[date, AfterValidator(_plausible), Phi.IDENTIFIER]
Money = Annotated[str, AfterValidator(_money), Phi.NONE]
"""A decimal string of US dollars, such as "140.00"."""
Flag = Annotated[bool, Phi.NONE]
Count = Annotated[int, Field(ge=-(2**63), lt=2**63), Phi.NONE]
"""A whole number that fits the wire's 64 bits."""
Number = Annotated[float, Field(allow_inf_nan=False), Phi.NONE]


def _none_is_empty(value: Any) -> Any:
    return () if value is None else value


def _none_is_empty_map(value: Any) -> Any:
    return {} if value is None else value


Many = Annotated[tuple[T, ...], BeforeValidator(_none_is_empty)]
"""A list; null and an absent list read as empty."""
ByCode = Annotated[dict[Word, T], BeforeValidator(_none_is_empty_map)]
"""A map from a code; null reads as empty."""

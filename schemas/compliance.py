"""What does a compliance report consist of? Sections of figures and tables, as values that every form of it shows.

Made by streams.compliance, shown by dashboards.compliance; names people by id only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Cell = str | int | float | bool | date | datetime | tuple[str, ...] | None
"""A value of a table. None = not recorded; shown as a dash."""

ColumnKind = Literal["text", "count", "money", "share", "day", "instant", "hours", "ids", "yes_no", "state"]
"""How a value is shown. money: cents; share: 0 to 1; hours: elapsed; state: a word that may carry a tone."""

Tone = Literal["plain", "good", "bad"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `name` heads it in CSV, `label` on paper."""

    name: str
    label: str
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. `evidence`: the single cases behind the aggregates, shortened where paper is short.

    `bad`: values of `state` columns that mean something is amiss.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    caption: str = ""
    evidence: bool = False
    bad: frozenset[str] = frozenset()
    total: bool = False
    """The last row sums up the others."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that says how it stands; `of` what it is out of."""

    label: str
    value: Cell
    kind: ColumnKind = "count"
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Section:
    """One question an auditor asks. `definitions`: how each number is counted; `not_recorded`: what it cannot say."""

    id: str
    title: str
    question: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    not_recorded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The whole pack. `as_of`: nothing recorded later is in it. `recorded_since`: before that nothing is known."""

    practice_id: str
    practice_name: str
    timezone: str
    first_on: date
    last_on: date
    as_of: datetime
    recorded_since: datetime | None
    origin: str
    policy: str
    sections: tuple[Section, ...]

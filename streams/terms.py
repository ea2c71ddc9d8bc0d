"""Under which terms did a unit meet on a day: which cycle and agreement of a group, which people of a family?

A record speaks of the present only; this keeps what each of its versions said. Pure and convergent: a function of the
set of versions seen, in whatever order they came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from schemas.care import Group


@dataclass(frozen=True)
class Terms:
    """What one or more versions of the record said. `cycle` None: of no cycle, so for whatever has none.

    `first_at`: when it was first said; `last_rev`: the newest version that said so.
    """

    cycle: str | None
    start: date | None
    end: date | None
    agreement_version: str | None
    first_at: datetime
    last_rev: int

    @property
    def key(self) -> str:
        """The same for the same terms."""
        said = [self.cycle, self.start, self.end, self.agreement_version]
        return orjson.dumps(said).decode()

    @property
    def of(self) -> str:
        """Which cycle it speaks of: by id, or by its first day."""
        return self.cycle or ("" if self.start is None else self.start.isoformat())

    def contains(self, day: date) -> bool:
        """The day lies in the cycle, both ends included; what has no dates contains every day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


def learned(known: dict[str, Terms], group: Group, at: datetime, rev: int) -> None:
    """Take in what one version of a group's record says; the earliest moment and the newest version count."""
    cycle = group.cycle
    terms = Terms(
        cycle=None if cycle is None else cycle.id,
        start=None if cycle is None else cycle.start,
        end=None if cycle is None else cycle.end,
        agreement_version=group.agreement_version,
        first_at=at,
        last_rev=rev,
    )
    key = terms.key
    before = known.get(key)
    if before is not None and before.first_at <= at and before.last_rev >= rev:
        return
    if before is not None:
        terms = Terms(
            terms.cycle,
            terms.start,
            terms.end,
            terms.agreement_version,
            min(before.first_at, at),
            max(before.last_rev, rev),
        )
    known[key] = terms


def in_force(known: Mapping[str, Terms], day: date, moment: datetime) -> tuple[Terms, ...]:
    """The terms under which a session of that day and moment may have met: of the cycle that contains the day, those
    said last before the moment, and those said last of all (a correction). Empty if the record never spoke of that day,
    or only later: then nobody knows. A cycle that was begun anew before the old one's last day takes its place.
    """
    newest: dict[str, Terms] = {}
    for terms in known.values():
        other = newest.get(terms.of)
        if other is None or (terms.last_rev, terms.key) > (other.last_rev, other.key):
            newest[terms.of] = terms
    of_day = [terms for terms in newest.values() if terms.contains(day)]
    # what names a cycle knows better than what names none
    of_day = [terms for terms in of_day if terms.of] or of_day
    spoken: list[tuple[Terms, Terms]] = []
    for last in of_day:
        before = [terms for terms in known.values() if terms.of == last.of and terms.first_at <= moment]
        if before:
            spoken.append((max(before, key=lambda terms: (terms.first_at, terms.key)), last))
    if not spoken:
        return ()
    then, last = max(spoken, key=lambda pair: (pair[1].start or date.min, pair[0].first_at, pair[0].key))
    return (then,) if then.key == last.key else (then, last)


@dataclass(frozen=True)
class Composition:
    """Who belonged to a family or couple by some versions of its record; `first_at`: when that was first said."""

    members: tuple[str, ...]
    first_at: datetime


def joined(known: dict[str, Composition], members: Iterable[str], at: datetime) -> None:
    """Take in whom one version of a record names; of the same people the earliest moment counts. Nobody is nothing:
    then the source keeps them as rows of their own."""
    people = tuple(sorted(set(members)))
    key = "\x1f".join(people)
    before = known.get(key)
    if people and (before is None or at < before.first_at):
        known[key] = Composition(people, at)


def composition_at(known: Mapping[str, Composition], moment: datetime) -> frozenset[str] | None:
    """Who belonged to the unit at a moment, by what was said last before it; None if nothing had been said."""
    said = [composition for composition in known.values() if composition.first_at <= moment]
    return frozenset(max(said, key=lambda c: (c.first_at, c.members)).members) if said else None


def compositions_of(raw: Iterable[Mapping[str, Any]]) -> dict[str, Composition]:
    """What was sealed."""
    kept = (Composition(tuple(item["members"]), datetime.fromisoformat(item["first_at"])) for item in raw)
    return {"\x1f".join(composition.members): composition for composition in kept}


def terms_of(raw: Iterable[Mapping[str, Any]]) -> dict[str, Terms]:
    """What was sealed."""

    def day(text: str | None) -> date | None:
        return None if text is None else date.fromisoformat(text)

    kept = (
        Terms(
            item["cycle"],
            day(item["start"]),
            day(item["end"]),
            item["agreement_version"],
            datetime.fromisoformat(item["first_at"]),
            item["last_rev"],
        )
        for item in raw
    )
    return {terms.key: terms for terms in kept}

"""What is a rule? A pure function from a case and a moment to what it found and when to look again.

It yields Found for each thing that is wrong, and Recheck for a moment at which time alone could change the answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from streams.cases import ClientCase, SessionCase, UnitCase
from streams.files import Held

C = TypeVar("C", SessionCase, ClientCase, UnitCase)
SeverityWord = Literal["block", "hold", "warn"]
Evidence = Held[Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong. Sentences name people by id only.

    `evidence`: the records it rests on, whose newest `at` is when the situation came about; `since` if time alone
    brought it about later. `predicts`: the CARC a payer would answer with. `severity` None = the rule's own.
    """

    subject: dict[str, str]
    why: str
    todo: str
    evidence: tuple[Evidence | None, ...]
    since: datetime | None = None
    predicts: str | None = None
    money_at_stake_cents: int | None = None
    severity: SeverityWord | None = None


@dataclass(frozen=True, slots=True)
class Recheck:
    """Look again at this moment."""

    at: datetime


Outcome = Found | Recheck


@dataclass(frozen=True, slots=True)
class Rule(Generic[C]):
    """A line of the catalogue. `source` says where the rule comes from, `version` changes when its meaning does."""

    id: str
    version: str
    on: type[C]
    severity: SeverityWord
    title: str
    source: str
    check: Callable[[C, datetime], Iterator[Outcome]]


def not_recorded(
    fact: str, subject: dict[str, str], evidence: tuple[Evidence | None, ...], todo: str | None = None
) -> Found:
    """What a rule says instead of guessing, when the EHR did not deliver a fact it needs."""
    return Found(
        subject=subject,
        why=f"Not recorded: {fact}, so this cannot be decided.",
        todo=todo or f"Record {fact} in the EHR.",
        evidence=evidence,
        severity="warn",
    )

"""Which claims count, and what does each of their lines bill? Pure."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from schemas.care import (
    Claim,
    ClaimLine,
)
from streams.files import Held


class BilledLine(NamedTuple):
    """One line of a claim, with what every rule asks of it at hand."""

    claim: Held[Claim]
    line: ClaimLine
    code: str
    """The procedure code; empty if there is none."""
    units: int
    """Units; a line without a number is one."""
    client_id: str
    payer_id: str | None

    @classmethod
    def of(cls, claim: Held[Claim], line: ClaimLine) -> "BilledLine":
        """A line of that claim."""
        data = claim.data
        units = 1 if line.units is None else line.units
        return cls(claim, line, line.code or "", units, data.client, data.payer)


def standing(claims: Sequence[Held[Claim]]) -> tuple[Held[Claim], ...]:
    """Those of one session's claims that count: nothing took their place, and they do not void another."""
    if len(claims) < 2 and all(claim.data.frequency != VOID for claim in claims):
        return tuple(claims)
    by_client: dict[str, list[Held[Claim]]] = {}
    for claim in claims:
        by_client.setdefault(claim.data.client, []).append(claim)
    return tuple(
        claim
        for claim in claims
        if claim.data.frequency != VOID
        and not any(takes_the_place_of(other, claim) for other in by_client[claim.data.client])
    )


REPLACEMENT, VOID = 7, 8


ADJUDICATED = frozenset({"accepted", "paid", "denied"})
"""Statuses of a claim that a payer has taken into adjudication."""


def takes_the_place_of(new: Held[Claim], old: Held[Claim]) -> bool:
    """A replacement or void of that claim, or the resubmission of one that was rejected before adjudication."""
    mine, its = new.data, old.data
    if new.id == old.id or mine.client != its.client or mine.status == "voided":
        return False
    if mine.status == "rejected" and its.status != "rejected":
        return False  # of several that were rejected one after the other, the last stands for all of them
    if mine.frequency in (REPLACEMENT, VOID):
        if mine.original_ref is not None and mine.original_ref in (its.payer_control_number, old.id):
            return True
        meant = mine.payer == its.payer and mine.sequence == its.sequence and its.frequency not in (REPLACEMENT, VOID)
        return meant and its.status in ADJUDICATED and comes_after(new, old)
    if its.status == "rejected":
        return mine.payer == its.payer and mine.sequence == its.sequence and comes_after(new, old)
    return False


def comes_after(new: Held[Claim], old: Held[Claim]) -> bool:
    """Queued later; of two queued at once, the one whose id sorts later."""
    return (new.data.queued_at or new.at, new.id) > (old.data.queued_at or old.at, old.id)


@lru_cache(maxsize=4096)
def cents(amount: str | None) -> int | None:
    """A decimal string of dollars as whole cents."""
    return None if amount is None else int((Decimal(amount) * 100).to_integral_value())

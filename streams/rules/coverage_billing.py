"""Was the person insured on the day? Pure; asked again whenever a coverage changes, however late."""

from collections.abc import Iterator
from datetime import date, datetime

from schemas.care import Coverage
from streams.cases import SessionCase, cents
from streams.files import Held
from streams.rule import Found, Outcome, not_recorded


def billed_outside_coverage(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B20: the date of service lies within the billed coverage, both ends inclusive.

    Before it began: 26. After it ended: 27. In a gap between two coverages of that payer: 200.
    Source: domain-facts §1.6, §1.7 B20.
    """
    for claim in case.claims:
        data = claim.data
        if data.coverage is None:
            continue
        day = _service_day(case, claim.id)
        if day is None:
            continue
        subject = {"session": case.id, "client": data.client, "claim": claim.id, "coverage": data.coverage}
        coverages = case.client(data.client).coverages
        billed = next((coverage for coverage in coverages if coverage.id == data.coverage), None)
        if billed is None:
            yield not_recorded(f"coverage {data.coverage}, which claim {claim.id} bills", subject, (claim,))
            continue
        predicts = _outside(day, billed.data, coverages)
        if predicts is not None:
            span = f"{billed.data.start or 'an unknown day'} to {billed.data.end or 'today'}"
            yield Found(
                subject=subject,
                why=f"Claim {claim.id} bills {day} to coverage {billed.id}, which runs from {span}.",
                todo="Find the coverage in force on that day and bill it, or bill the client if there was none.",
                evidence=(claim, case.appointment, billed),
                predicts=predicts,
                money_at_stake_cents=cents(data.total),
            )


def _service_day(case: SessionCase, claim_id: str) -> date | None:
    if case.session.actual_start is not None:
        return case.service_on
    claim = next(claim for claim in case.claims if claim.id == claim_id)
    lines = claim.data.lines
    return next((line.date for line in lines if line.date is not None), case.service_on)


def _outside(day: date, billed: Coverage, coverages: tuple[Held[Coverage], ...]) -> str | None:
    before = billed.start is not None and day < billed.start
    after = billed.end is not None and day > billed.end
    if not before and not after:
        return None
    others = [other.data for other in coverages if other.data.payer == billed.payer]
    ended_earlier = any(other.end is not None and other.end < day for other in others)
    starts_later = any(other.start is not None and other.start > day for other in others)
    if ended_earlier and starts_later:
        return "200"
    return "26" if before else "27"

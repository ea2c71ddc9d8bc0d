"""Which findings does this person see in this view, and what do the figures say? The store's answer, made current.

Reads the store; lays over it what the feed brought since, because the store lags a moment behind.
"""

import asyncio
from dataclasses import dataclass

from dashboards.console.context import Console
from dashboards.console.filters import Facets, View, facets_of
from dashboards.console.sources import (
    Counters,
    FindingFilter,
    StoreUnavailableError,
    instant,
    listing_key,
)
from dashboards.console.users import User
from schemas.finding import Finding


@dataclass(frozen=True)
class Listing:
    """One page of findings. Without the store, `counters` and `facets` are None and only recent arrivals are listed."""

    findings: tuple[Finding, ...]
    counters: Counters | None
    facets: Facets | None

    @property
    def available(self) -> bool:
        """Did the store answer?"""
        return self.counters is not None


def filter_of(console: Console, user: User, view: View, looked_ms: int | None) -> FindingFilter:
    """The view as a filter, within this person's practices."""
    return view.wanted(user.scope, day_from=console.day_from(), seen=None if looked_ms is None else instant(looked_ms))


async def read_listing(console: Console, user: User, view: View, looked_ms: int | None, limit: int) -> Listing:
    """A page of the list with its figures. Never raises StoreUnavailableError."""
    wanted = filter_of(console, user, view, looked_ms)
    store = console.sources.findings
    seen = None if looked_ms is None else instant(looked_ms)
    try:
        listed, tally, counters = await asyncio.gather(
            store.list(wanted, grouping=view.grouping, limit=limit, offset=(view.page - 1) * limit),
            store.tally(wanted),
            store.counters(user.scope, day_from=console.day_from(), seen=seen),
        )
    except StoreUnavailableError:
        return Listing(_recent(console, wanted, view, limit), None, None)
    current = (_newer(console, finding) for finding in listed)
    return Listing(tuple(finding for finding in current if wanted.matches(finding)), counters, facets_of(tally, view))


async def read_finding(console: Console, user: User, finding_id: str) -> Finding | None:
    """One finding as it is now, if this person may see it. Raises StoreUnavailableError if only the store knows."""
    recent = console.live.recent.get(finding_id)
    if recent is not None and user.scope is not None and recent.practice_id not in user.scope:
        return None
    try:
        stored = await console.sources.findings.get(finding_id, user.scope)
    except StoreUnavailableError:
        if recent is None:
            raise
        return recent
    if stored is None or (recent is not None and recent.version > stored.version):
        return recent
    return stored


async def read_history(console: Console, finding: Finding) -> tuple[Finding, ...]:
    """The states still kept, newest first; at least the given one."""
    try:
        kept = await console.sources.findings.history(finding)
    except StoreUnavailableError:
        return (finding,)
    return kept if kept and kept[0].version >= finding.version else (finding, *kept)


def _newer(console: Console, finding: Finding) -> Finding:
    recent = console.live.recent.get(finding.finding_id)
    return recent if recent is not None and recent.version > finding.version else finding


def _recent(console: Console, wanted: FindingFilter, view: View, limit: int) -> tuple[Finding, ...]:
    matching = [finding for finding in console.live.recent.newest() if wanted.matches(finding)]
    matching.sort(key=lambda finding: listing_key(finding, view.grouping, wanted.state))
    return tuple(matching[:limit])

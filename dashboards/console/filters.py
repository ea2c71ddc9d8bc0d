"""What does this address ask for? Filters live in the address, so that a view can be kept and shared.

Pure. A choice that is not one is dropped and named, never guessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar, cast
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from dashboards.console.sources import (
    KIND_PREFIXES,
    MAX_LISTED,
    SEVERITIES,
    FindingFilter,
    Grouping,
    HistoricalChoice,
    StateChoice,
    TallyCell,
    kind_of,
)

Today = Literal["", "opened", "resolved"]
MAX_SEARCH = 200
MAX_CHOICES = 100
MAX_CHOICE = 200
T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """What a person chose to look at, as it stands in the address."""

    severities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    practices: tuple[str, ...] = ()
    state: StateChoice = "open"
    historical: HistoricalChoice = "show"
    today: Today = ""
    new: bool = False
    search: str = ""
    grouping: Grouping = "severity"
    page: int = 1
    problems: tuple[str, ...] = ()

    def wanted(self, scope: frozenset[str] | None, *, day_from: datetime, seen: datetime | None) -> FindingFilter:
        """The filter for the store, within what the person may see."""
        return FindingFilter(
            scope=scope,
            severities=tuple(severity for severity in SEVERITIES if severity in self.severities),
            kinds=tuple(kind for kind in KIND_PREFIXES if kind in self.kinds),
            rules=self.rules,
            practices=self.practices,
            state="resolved" if self.today == "resolved" else "all" if self.today == "opened" else self.state,
            # nobody is alerted about what was already so when the practice was connected: it is never news
            historical="hide" if self.new and self.historical == "show" else self.historical,
            search=self.search,
            opened_from=day_from if self.today == "opened" else None,
            changed_from=day_from if self.today == "resolved" else None,
            changed_after=seen if self.new else None,
        )

    @property
    def is_narrowed(self) -> bool:
        """Is anything chosen beyond how the list first looks?"""
        return replace(self, page=1, grouping="severity", problems=()) != View()

    def query(self, **changes: object) -> str:
        """The query string of this view with some choices changed; only what differs from the first look is in it."""
        view = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        first = View()
        pairs: list[tuple[str, str]] = []
        for name, choices in (
            ("severity", view.severities),
            ("kind", view.kinds),
            ("rule", view.rules),
            ("practice", view.practices),
        ):
            pairs.extend((name, choice) for choice in choices)
        for name, value, usual in (
            ("state", view.state, first.state),
            ("historical", view.historical, first.historical),
            ("today", view.today, first.today),
            ("q", view.search, first.search),
            ("group", view.grouping, first.grouping),
            ("page", str(view.page), "1"),
            ("new", "1" if view.new else "", ""),
        ):
            if value != usual:
                pairs.append((name, value))
        return urlencode(pairs)

    def address(self, **changes: object) -> str:
        """The page's address with some choices changed."""
        query = self.query(**changes)
        return f"/?{query}" if query else "/"


def read_view(params: QueryParams, page_size: int) -> View:
    """The view an address asks for. Never raises; what made no sense is in `problems`."""
    problems: list[str] = []

    def one(name: str, allowed: tuple[T, ...], usual: T) -> T:
        value = params.get(name, "")
        if value == "" or value == usual:
            return usual
        for choice in allowed:
            if value == choice:
                return choice
        problems.append(f"“{name}” can be {', '.join(str(choice) for choice in allowed if choice)}")
        return usual

    def several(name: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        values = tuple(dict.fromkeys(value for value in params.getlist(name) if value))
        good = tuple(value for value in values if len(value) <= MAX_CHOICE and (allowed is None or value in allowed))
        if len(good) < len(values):
            problems.append(f"“{name}” can be {', '.join(allowed)}" if allowed else f"“{name}” is too long")
        return good[:MAX_CHOICES]

    last_page = max(1, MAX_LISTED // page_size)
    page_text = params.get("page", "") or "1"
    page = int(page_text) if page_text.isascii() and page_text.isdigit() and len(page_text) < 9 else 0
    if not 1 <= page <= last_page:
        problems.append(f"“page” can be 1 to {last_page}")
        page = 1
    search = " ".join(params.get("q", "").replace("\x00", " ").split())
    if len(search) > MAX_SEARCH:
        problems.append(f"The search is cut after {MAX_SEARCH} characters")
        search = search[:MAX_SEARCH]
    return View(
        severities=several("severity", SEVERITIES),
        kinds=several("kind", tuple(KIND_PREFIXES)),
        rules=several("rule"),
        practices=several("practice"),
        state=one("state", cast(tuple[StateChoice, ...], ("open", "resolved", "all")), "open"),
        historical=one("historical", cast(tuple[HistoricalChoice, ...], ("show", "hide", "only")), "show"),
        today=one("today", cast(tuple[Today, ...], ("", "opened", "resolved")), ""),
        new=one("new", ("", "1"), "") == "1",
        search=search,
        grouping=one("group", cast(tuple[Grouping, ...], ("severity", "rule", "practice", "none")), "severity"),
        page=page,
        problems=tuple(problems),
    )


@dataclass(frozen=True)
class Facets:
    """How many findings each box would show, given all other choices; `total` is what is listed."""

    severities: Mapping[str, int]
    kinds: Mapping[str, int]
    rules: Mapping[str, int]
    practices: Mapping[str, int]
    total: int
    groups: Mapping[str, int]


def facets_of(cells: Iterable[TallyCell], view: View) -> Facets:
    """Facets out of one tally. A choice that is made but counts nothing stays visible, so that it can be undone."""
    counts: dict[str, dict[str, int]] = {
        "severity": dict.fromkeys(SEVERITIES, 0),
        "kind": dict.fromkeys(KIND_PREFIXES, 0),
        "rule": dict.fromkeys(view.rules, 0),
        "practice": dict.fromkeys(view.practices, 0),
    }
    groups: dict[str, int] = {}
    total = 0
    chosen: dict[str, tuple[str, ...]] = {
        "severity": view.severities,
        "kind": view.kinds,
        "rule": view.rules,
        "practice": view.practices,
    }
    for cell in cells:
        values = {
            "severity": cell.severity,
            "kind": kind_of(cell.rule) or "",
            "rule": cell.rule,
            "practice": cell.practice_id,
        }
        misses = [name for name, choices in chosen.items() if choices and values[name] not in choices]
        for name, value in values.items():
            if value and (not misses or misses == [name]):
                counts[name][value] = counts[name].get(value, 0) + cell.findings
        if not misses:
            total += cell.findings
            group = "" if view.grouping == "none" else values[view.grouping]
            groups[group] = groups.get(group, 0) + cell.findings
    return Facets(
        severities=counts["severity"],
        kinds=counts["kind"],
        rules=dict(sorted(counts["rule"].items())),
        practices=dict(sorted(counts["practice"].items())),
        total=total,
        groups=groups,
    )

"""The decisive test: what the simulated practices did wrong is what the rules find, exactly that, and nothing else.

Simulated weeks go through the adapter into the engine as change capture would bring them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from infra.practice.acts import PLANTED, Rows
from infra.practice.world import NO_MISTAKES, USUAL_MISTAKES
from schemas.change import Change, ChangeSet
from schemas.finding import Finding
from streams.book import Book, Shelves
from streams.catalogue import RULES
from streams.keeper import Keeper
from tests.infra.practice.capturing import Capture, acts_until, care_changes

pytestmark = pytest.mark.long

ANCHOR = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
IMPLEMENTED = {rule.id for rule in RULES}
OFTEN = {rule: min(1.0, 4 * rate) for rule, rate in USUAL_MISTAKES.items()}
SNAPSHOT_SET = 200

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Rule and subject."""


def key(rule: str, subject: Mapping[str, str]) -> Key:
    return rule, tuple(sorted(subject.items()))


@dataclass
class Engine:
    """The rules as the worker drives them; `opened` holds everything that was ever open."""

    keeper: Keeper = field(default_factory=lambda: Keeper(Book(Shelves.in_memory())))
    version: int = 0
    last: dict[str, Finding] = field(default_factory=dict)
    opened: set[Key] = field(default_factory=set)
    failed: Counter[str] = field(default_factory=Counter)

    def take(self, practice_id: str, now: datetime, changes: Sequence[Change]) -> None:
        self.version += 1
        effects = self.keeper.apply(ChangeSet(practice_id=practice_id, now=now, changes=tuple(changes)), self.version)
        self.failed += effects.failed_rules
        for finding in effects.findings:
            self.last[finding.finding_id] = finding
            if finding.state == "open":
                self.opened.add(key(finding.rule, finding.subject))

    def run_to(self, moment: datetime) -> None:
        """Let time pass; whatever becomes due on the way is looked at when it is due."""
        while (due := self.keeper.book.next_due()) is not None and due <= moment:
            self.take("", due, ())

    @property
    def open(self) -> set[Key]:
        return {key(one.rule, one.subject) for one in self.last.values() if one.state == "open"}


def live_through(
    seed: int,
    days: int,
    days_after: int,
    mistakes: Mapping[str, float],
    from_snapshot: bool,
    demo: bool = True,
) -> tuple[Engine, Rows]:
    """Weeks of three practices; with `from_snapshot` the engine is connected at the anchor only."""
    engine, capture, end = Engine(), Capture(), ANCHOR + timedelta(days=days_after)
    connected = not from_snapshot
    for act in acts_until(end, seed, ANCHOR, days, mistakes=mistakes, demo=demo):
        if not connected and act.at > ANCHOR:
            connected = True
            for practice_id, changes in _in_sets(care_changes(capture.snapshot(ANCHOR))):
                engine.take(practice_id, ANCHOR, changes)
            for _ in range(3):  # a practice is looked at once a tick has passed without a row of its snapshot
                engine.take("", ANCHOR, ())
        changed = [change for _, change in care_changes(capture.events(act))]
        if connected and changed:
            engine.run_to(act.at)
            engine.take(act.practice_id, act.at, changed)
    engine.run_to(end)
    return engine, capture.rows


def _in_sets(changes: Sequence[tuple[str, Change]]) -> Iterator[tuple[str, list[Change]]]:
    of_practice: dict[str, list[Change]] = defaultdict(list)
    for practice_id, change in changes:
        of_practice[practice_id].append(change)
        if len(of_practice[practice_id]) == SNAPSHOT_SET:
            yield practice_id, of_practice.pop(practice_id)
    yield from of_practice.items()


def planted(rows: Rows) -> dict[Key, Mapping[str, Any]]:
    """The mistakes made, as far as there is a rule for them."""
    made = rows.get(PLANTED, {}).values()
    return {key(row["rule"], row["subject"]): row for row in made if row["rule"] in IMPLEMENTED}  # type: ignore[arg-type]


def still_wrong(rows: Rows, at: datetime) -> set[Key]:
    """The planted mistakes that are there to be found at a moment."""
    return {
        key_
        for key_, row in planted(rows).items()
        if row["planted_at"] <= at and row.get("until_at") is None and not _told_by_a_later_cycle(rows, row)
    }


def _told_by_a_later_cycle(rows: Rows, row: Mapping[str, Any]) -> bool:
    """A group's record says its present cycle only: whether an agreement signed for one cycle was missing in the next
    nobody can tell any more once a third has begun."""
    subject = row["subject"]
    of_agreement = "consent" in subject and rows["consents"][subject["consent"]]["form_kind"] == "GRP"
    if row["rule"] != "C02" and not of_agreement:
        return False
    session = rows["appointments"][subject["session"]]
    group_id = str(session["unit_id"])
    start, cycle_start = session["scheduled_start"], rows["groups"][group_id]["cycle_start"]
    assert isinstance(start, datetime)
    assert isinstance(cycle_start, date)
    signed = [
        form["signed_at"]
        for form in rows["consents"].values()
        if (form["subject_id"], form["form_kind"], form.get("unit_id")) == (subject["client"], "GRP", group_id)
    ]
    return start.date() < cycle_start and any(isinstance(at, datetime) and at < start for at in signed)


def test_the_rules_find_every_planted_mistake_and_nothing_else() -> None:
    engine, rows = live_through(seed=11, days=10, days_after=14, mistakes=OFTEN, from_snapshot=False)
    made = planted(rows)
    assert not engine.failed
    assert engine.open == still_wrong(rows, ANCHOR + timedelta(days=14))
    # nothing else was ever open either, not even for a moment; and what was repaired had been found first
    assert engine.opened - set(made) == set()
    due = {key_ for key_, row in made.items() if row["planted_at"] <= ANCHOR + timedelta(days=14)}
    assert due - engine.opened == set()
    assert len({rule for rule, _ in engine.opened}) >= 10


def test_a_practice_connected_late_shows_the_same_and_its_snapshot_shows_nothing_wrong_for_a_moment() -> None:
    engine, rows = live_through(seed=12, days=20, days_after=4, mistakes=USUAL_MISTAKES, from_snapshot=True)
    assert not engine.failed
    assert engine.open == still_wrong(rows, ANCHOR + timedelta(days=4))
    assert engine.opened - set(planted(rows)) == set()
    past = [one for one in engine.last.values() if one.opened_at < ANCHOR]
    assert past
    assert all(one.historical for one in past)


def test_practices_that_make_no_mistake_are_left_in_peace() -> None:
    engine, _ = live_through(seed=13, days=10, days_after=12, mistakes=NO_MISTAKES, from_snapshot=False, demo=False)
    assert not engine.failed
    assert engine.opened == set()

"""Does the index of who met when find every neighbour, and only forget what never was?"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from schemas.change import Change, ChangeSet
from schemas.finding import Finding
from streams.book import Book, Shelves
from streams.calendars import Calendar, hours_between
from streams.files import FileKey, seal, unseal
from streams.homes import seal_whereabouts, unseal_whereabouts
from streams.keeper import Effects, Keeper
from tests.streams.playing import PRACTICE, changes_of
from tests.streams.rules.test_authorization_billing import authorization, limited, required, weekly
from tests.streams.rules.test_same_day_billing import both, couple_twice, distinct, overlapping
from tests.streams.scenario import Scenario, at

NOW = datetime.fromisoformat(at("2026-06-02 12:00"))
EVENING = datetime.fromisoformat("2026-04-15T18:00:00-05:00")


def test_a_session_touches_every_hour_but_that_of_its_end() -> None:
    hour = int(EVENING.timestamp()) // 3600
    assert list(hours_between(EVENING, EVENING + timedelta(minutes=60))) == [hour]
    assert list(hours_between(EVENING, EVENING + timedelta(minutes=61))) == [hour, hour + 1]
    assert list(hours_between(EVENING, None)) == [hour]
    assert list(hours_between(None, EVENING)) == []
    assert list(hours_between(EVENING, EVENING - timedelta(hours=1))) == [hour]


def test_a_session_that_seems_to_last_for_years_does_not_fill_the_index() -> None:
    assert len(list(hours_between(EVENING, EVENING + timedelta(days=3000)))) < 60


def test_a_calendar_finds_what_touches_a_span() -> None:
    calendar = Calendar()
    for hours_later in (0, 5, 30):
        moment = EVENING + timedelta(hours=hours_later)
        for hour in hours_between(moment, moment + timedelta(minutes=50)):
            calendar.add(hour, f"S-{hours_later}")
            calendar.add(hour, f"S-{hours_later}")
    assert calendar.between(EVENING, EVENING + timedelta(hours=6)) == ["S-0", "S-5"]
    assert calendar.between(EVENING + timedelta(hours=6), EVENING + timedelta(hours=29)) == []
    assert len(calendar.hours) == 3


Lines = list[tuple[str, str, tuple[tuple[str, str], ...], str, str]]


def lines(findings: dict[str, Finding]) -> Lines:
    return sorted(
        (f.rule, f.severity, tuple(sorted(f.subject.items())), f.why, f.opened_at.isoformat())
        for f in findings.values()
        if f.state == "open"
    )


def fed(changes: list[Change], crash: Random | None = None) -> Lines:
    """What is open in the end. With `crash`, the process dies now and then while it stores its files, some of them
    stored and some not, and reads its last message again after the restart."""
    shelves, version = Shelves.in_memory(), 0
    findings: dict[str, Finding] = {}
    keeper = Keeper(Book(shelves))
    for change in changes:
        change_set = ChangeSet(practice_id=PRACTICE, now=NOW, changes=(change,))
        version += 1
        if crash is not None and crash.random() < 0.3:
            before = {key: seal(file) for shelf in shelves.files.values() for key, file in shelf.items()}
            where = {key: seal_whereabouts(value) for key, value in shelves.whereabouts.items()}
            # outputs are acknowledged before any file is stored
            findings |= {finding.finding_id: finding for finding in keeper.apply(change_set, version).findings}
            shelves = _restored(shelves, before, where, crash)
            keeper = Keeper(Book(shelves))
            keeper.book.reindex()
        findings |= {finding.finding_id: finding for finding in keeper.apply(change_set, version).findings}
    while (due := keeper.book.next_due()) is not None and due <= NOW:
        version += 1
        tick = keeper.apply(ChangeSet(practice_id="", now=NOW), version)
        findings |= {finding.finding_id: finding for finding in tick.findings}
    return lines(findings)


def _restored(shelves: Shelves, before: dict[str, bytes], where: dict[str, bytes], crash: Random) -> Shelves:
    after = Shelves.in_memory()
    for kind, shelf in shelves.files.items():
        for text, file in shelf.items():
            sealed = seal(file) if crash.random() < 0.5 else before.get(text)
            if sealed is not None:
                after.files[kind][text] = unseal(FileKey.from_text(text), sealed)
    for text, whereabouts in shelves.whereabouts.items():
        stored = seal_whereabouts(whereabouts) if crash.random() < 0.5 else where.get(text)
        if stored is not None:
            after.whereabouts[text] = unseal_whereabouts(stored)
    return after


def moved_away() -> Scenario:
    """The group that XE told the individual visit apart from was moved to another day."""
    moved = {
        "scheduled_start": at("2026-04-13 18:00"),
        "scheduled_end": at("2026-04-13 19:00"),
        "actual_start": at("2026-04-13 18:00"),
        "actual_end": at("2026-04-13 19:00"),
    }
    return distinct(both()).change("S-1", "2026-04-16 09:00", **moved)


WORLDS: dict[str, Callable[[], Scenario]] = {
    "a pair of codes": both,
    "a pair that came apart": moved_away,
    "two units on one day": couple_twice,
    "a double booking": lambda: overlapping("2026-04-15 18:20"),
    "units of an authorization": lambda: authorization(required(weekly(4)), units_approved=3).change(
        "K-S-2-YAEL", "2026-05-20 09:00", status="voided"
    ),
    "visits of a year": lambda: limited(weekly(5), 3).change("K-S-2-YAEL", "2026-05-20 09:00", status="voided"),
}


@pytest.mark.parametrize("name", WORLDS)
def test_neighbours_end_the_same_in_every_order(name: str) -> None:
    changes = list(changes_of(WORLDS[name]()))
    expected = fed(changes)
    assert expected
    for seed in range(6):
        random = Random(seed)
        shuffled = random.sample(changes, len(changes)) + random.sample(changes, len(changes) // 3)
        assert fed(shuffled) == expected


@pytest.mark.parametrize("name", WORLDS)
def test_neighbours_end_the_same_after_crashes(name: str) -> None:
    changes = list(changes_of(WORLDS[name]()))
    expected = fed(changes)
    for seed in range(3):
        assert fed(changes, crash=Random(seed)) == expected


def test_a_change_to_one_session_asks_only_its_neighbours_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    keeper = Keeper(Book(Shelves.in_memory()))
    scenario = weekly(6)
    for number, change in enumerate(changes_of(scenario), 1):
        keeper.apply(ChangeSet(practice_id=PRACTICE, now=NOW, changes=(change,)), number)
    original = keeper._look_at

    def look_at(key: FileKey, now: datetime, version: int, effects: Effects) -> None:
        looked.append(f"{key.kind.value} {key.id}")
        original(key, now, version, effects)

    monkeypatch.setattr(keeper, "_look_at", look_at)
    last = changes_of(scenario.change("K-S-4-YAEL", "2026-06-01 09:00", status="submitted"))[-1]
    keeper.apply(ChangeSet(practice_id=PRACTICE, now=NOW, changes=(last,)), 1000)
    assert looked == ["session S-4"]

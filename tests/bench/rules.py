"""What does one touched session cost, and does a change cost more as practices and history grow? No broker: the keeper.

A recorded telehealth group of twelve, each billed; every change is a new version of one of its records.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from schemas.change import Change, ChangeSet
from schemas.codec import change_of
from streams.book import Book, Shelves
from streams.cases import Opened, PracticeView, SessionCase, open_session
from streams.catalogue import RULES
from streams.files import FileKey, FileKind
from streams.keeper import Keeper
from tests.bench.table import Table
from tests.streams.scenario import Scenario, after, at, clean_group

MEMBERS = 12
ROUNDS = 600
NOW = datetime.fromisoformat(at("2026-04-24 12:00"))


def practice(weeks: int) -> Scenario:
    """The group of twelve, and as many weekly sessions before the one that is touched."""
    scenario = clean_group(MEMBERS).recorded("S-1").telehealth("S-1")
    members = [client.removeprefix("C-") for client in scenario.data("S-1")["clients"]]
    for week in range(1, weeks + 1):
        start = after(at("2026-04-15 18:00"), days=-7 * week)
        session = f"S-W{week:03}"
        scenario.book(session, "group", members, start, 60, unit="G-1")
        scenario.hold(session, "90853", members, shared_note=True)
    return scenario


def filled(practices: int, weeks: int) -> tuple[Keeper, Book, dict[str, Change]]:
    """A partition with that many practices alike, and the newest versions of the first one's records."""
    book = Book(Shelves.in_memory())
    keeper = Keeper(book)
    scenario = practice(weeks)
    changes = sorted((change_of(raw) for raw in scenario.changes), key=lambda change: change.at)
    for number in range(practices):
        keeper.apply(ChangeSet(practice_id=f"PR-{number}", now=NOW, changes=_named(changes, number)), number + 1)
    while (due := book.next_due()) is not None and due <= NOW:
        keeper.apply(ChangeSet(practice_id="", now=NOW), practices + 1)
    return keeper, book, {change.id: change for change in changes}


def _named(changes: list[Change], number: int) -> tuple[Change, ...]:
    ids = {"PR-1": f"PR-{number}"}
    return tuple(change.model_copy(update={"id": ids.get(change.id, change.id)}) for change in changes)


def measured(
    step: Callable[[int], object], rounds: int = ROUNDS, between: Callable[[], object] = lambda: None
) -> list[float]:
    """Milliseconds of CPU of each round, sorted: on a quiet core what the clock would say, on a busy one what counts.
    The collector runs between rounds, as in the worker."""
    took: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            begun = time.thread_time()
            step(number)
            took.append((time.thread_time() - begun) * 1000)
            between()
            if number % 100 == 99:
                gc.collect()
    finally:
        gc.enable()
    return sorted(took[rounds // 10 :])


def evaluation(book: Book) -> Callable[[int], object]:
    """Open the session anew and ask every session rule, as after any change to it."""
    view = PracticeView.of(book.find(FileKey("PR-0", FileKind.PRACTICE, "PR-0")))
    assert view is not None
    rules = tuple(rule for rule in RULES if rule.on is SessionCase)

    def ask(_: int) -> object:
        case = open_session(view, "S-1", book.find, book.calendars, Opened())
        return [outcome for rule in rules for outcome in rule.check(case, NOW)]

    return ask


def change_by_change(keeper: Keeper, known: Change) -> Callable[[int], object]:
    """New versions of one record, each differing in its time only: fold, find whom it touches, ask, emit."""
    revs: Iterator[int] = iter(range(known.rev + 1, known.rev + 10 * ROUNDS))

    def take(number: int) -> object:
        moment = NOW + timedelta(milliseconds=number)
        change = known.model_copy(update={"rev": next(revs), "at": moment})
        return keeper.apply(ChangeSet(practice_id="PR-0", now=moment, changes=(change,)), 1_000_000 + number)

    return take


def drained(keeper: Keeper, book: Book) -> Callable[[], object]:
    """Ticks until nothing is due, as they come every second: what a client's change left for later is done by then."""

    def tick() -> None:
        while (due := book.next_due()) is not None and due <= NOW:
            keeper.apply(ChangeSet(practice_id="", now=NOW), 2_000_000)

    return tick


TOUCHED = {
    "note": "N-S-1-ANA",
    "attendance": "AT-S-1-ANA",
    "claim": "K-S-1-ANA",
    "consent": "CON-ANA-treatment",
    "coverage": "COV-ANA",
}
SIZES = ((1, 0), (10, 0), (1, 26), (1, 52))


def table() -> Table:
    """What `make bench` prints."""
    rows: list[tuple[str, ...]] = []
    _, book, _ = filled(1, 0)
    rows.append((f"all session rules, {MEMBERS} clients", "1", "0", *_quantiles(measured(evaluation(book)))))
    rows.append(("  aim", "", "", "", "2.00", ""))
    for practices, weeks in SIZES:
        keeper, book, newest = filled(practices, weeks)
        for entity, id_ in TOUCHED.items():
            took = measured(change_by_change(keeper, newest[id_]), ROUNDS // 10, drained(keeper, book))
            rows.append((f"one change of a {entity}", str(practices), str(weeks), *_quantiles(took)))
    heads = ("", "practices", "weeks before", "p50 CPU ms", "p99 CPU ms", "max")
    return Table("Rules and keeper in one process, no broker", heads, tuple(rows))


def _quantiles(took: list[float]) -> tuple[str, str, str]:
    quantiles = statistics.quantiles(took, n=100)
    return (f"{quantiles[49]:.2f}", f"{quantiles[98]:.2f}", f"{took[-1]:.2f}")

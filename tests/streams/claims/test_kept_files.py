"""What the keeper committed is all a claim needs, and only what matters to a claim touches its session."""

from datetime import UTC, datetime

from schemas.change import Change, ChangeSet
from schemas.codec import change_of
from streams.book import Book, Shelves
from streams.claims.kept_files import KeptFiles
from streams.claims.proposing import propose
from streams.files import FileKey, FileKind, seal
from streams.keeper import Keeper
from tests.streams.claims.suggested import proposed, unbilled
from tests.streams.scenario import Scenario, at, clean_couple, clean_group

NOW = datetime.fromisoformat(at("2026-04-16 19:00"))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SESSION = ("PR-1", "S-1")


class Practice:
    """A keeper and, behind it, what reads its changelogs."""

    def __init__(self, scenario: Scenario) -> None:
        self.book = Book(Shelves.in_memory())
        self.keeper = Keeper(self.book)
        self.kept = KeptFiles()
        self.version = 0
        self.told: dict[FileKey, bytes] = {}
        self.take(scenario)

    def take(self, scenario: Scenario) -> set[tuple[str, str]]:
        self.version += 1
        changes = tuple(map(change_of, scenario.changes))
        self.keeper.apply(ChangeSet(practice_id="PR-1", now=NOW, changes=changes), self.version)
        touched: set[tuple[str, str]] = set()
        for shelf in self.book.shelves.files.values():
            for file in shelf.values():
                sealed = seal(file)
                if self.told.get(file.key) != sealed:
                    self.told[file.key] = sealed
                    touched |= self.kept.take(file.key, sealed)
        return touched


def test_the_same_claims_follow_from_the_changelogs_as_from_the_changes() -> None:
    scenario = unbilled(clean_group()).seen("2026-04-16 19:00")
    practice = Practice(scenario)
    view = practice.kept.practice("PR-1")
    assert view is not None
    found = propose(view, ["S-1"], practice.kept.find, practice.kept.calendars, NOW)
    assert {p.id: p.fingerprint for p in found.proposals} == {p.id: p.fingerprint for p in proposed(scenario).proposals}


def test_what_no_claim_depends_on_touches_nothing() -> None:
    practice = Practice(unbilled(clean_couple()))
    said = Scenario().add("message", "M-1", "2026-04-16 18:00", kind="portal", client="C-PAT", text="Thanks.")
    assert practice.take(said) == set()


def test_a_coverage_a_note_and_a_policy_touch_their_sessions() -> None:
    scenario = unbilled(clean_couple())
    practice = Practice(scenario)
    assert SESSION in practice.take(scenario.change("COV-PAT", "2026-04-16 18:51", end="2026-04-10"))
    assert SESSION in practice.take(scenario.change("N-S-1-PAT", "2026-04-16 18:52", amended=True))
    assert ("PR-1", "") in practice.take(scenario.change("PR-1", "2026-04-16 18:53", fee_schedule={"90847": "150.00"}))


def test_a_session_needs_a_look_while_somebody_has_no_claim_or_a_claim_waits() -> None:
    def needs(scenario: Scenario) -> bool:
        return Practice(scenario).kept.may_need_a_claim("PR-1", "S-1", LONG_AGO)

    group = clean_group(2)
    for who in ("ANA", "BEN"):
        group.set(f"K-S-1-{who}", status="submitted")
    assert not needs(group)
    assert needs(clean_group(2))  # queued
    assert needs(unbilled(clean_group(2)))
    late = Practice(unbilled(clean_group(2))).kept
    assert not late.may_need_a_claim("PR-1", "S-1", datetime(2026, 5, 1, tzinfo=UTC))
    assert not late.may_need_a_claim("PR-1", "S-9", LONG_AGO)


def test_while_a_snapshot_arrives_nothing_is_proposed_and_then_everything_is() -> None:
    scenario = unbilled(clean_couple())
    keeper, kept = Keeper(book := Book(Shelves.in_memory())), KeptFiles()

    def take(changes: tuple[Change, ...], version: int) -> set[tuple[str, str]]:
        practice = "PR-1" if changes else ""
        keeper.apply(ChangeSet(practice_id=practice, now=NOW, changes=changes), version)
        files = [file for shelf in book.shelves.files.values() for file in shelf.values()]
        return {pair for file in files for pair in kept.take(file.key, seal(file))}

    snapshot = tuple(change_of(c).model_copy(update={"snapshot": True}) for c in scenario.changes)
    for version, part in enumerate((snapshot[:-3], snapshot[-3:], ()), 1):
        take(part, version)
        assert not kept.is_judged(*SESSION)
    assert SESSION in take((), 4)  # a whole tick without a row of it
    assert kept.is_judged(*SESSION)


def test_a_file_that_is_no_more_is_forgotten() -> None:
    practice = Practice(clean_couple())
    key = FileKey("PR-1", FileKind.SESSION, "S-1")
    assert practice.kept.find(key) is not None
    assert practice.kept.session_of_claim("PR-1", "K-S-1-PAT") == "S-1"
    practice.kept.take(key, None)
    assert practice.kept.find(key) is None

"""Where an entity lives, whatever order its versions come in: in one file, and nothing of it is left in the others."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.care import (
    ENTITIES,
    PARTS,
    Attendance,
    Claim,
    ClaimLine,
    Consent,
    Message,
    Note,
    Practice,
    Relationship,
    Signer,
)
from schemas.change import Change, Part
from schemas.record import Schema
from streams.files import FileKey, FileKind
from streams.homes import (
    LISTS,
    Whereabouts,
    fixed_home,
    home_by_content,
    part_key,
    seal_whereabouts,
    tombstone,
    unseal_whereabouts,
)
from tests.effort import effort
from tests.schemas.instances import changes as any_changes
from tests.streams.playing import Partition, contents

AT = datetime(2026, 4, 15, 18, tzinfo=UTC)
PRACTICE = Change(at=AT, entity="practice", op="create", id="PR-1", rev=1, data=Practice(timezone="America/Chicago"))


def version(entity: str, id_: str, rev: int, data: Schema | None) -> Change:
    """A version of an entity; `data` None = its delete."""
    at = AT + timedelta(minutes=rev)
    return Change(at=at, entity=entity, op="delete" if data is None else "update", id=id_, rev=rev, data=data)


def element(entity: str, id_: str, list_: str, key: str, rev: int, data: Schema | None) -> Change:
    """A version of one element of a list."""
    return version(entity, id_, rev, data).model_copy(update={"part": Part(list=list_, key=key)})


def holders(partition: Partition, entity: str, id_: str) -> list[str]:
    """The files in which an entity lives now."""
    return [file.key.text for file in partition.files() if file.one(entity, id_) is not None]


def play(changes: Sequence[Change]) -> Partition:
    """Each change in a message of its own, the practice last so that everything is decided at the end."""
    partition = Partition()
    for change in (*changes, PRACTICE):
        partition.apply(AT + timedelta(days=1), [change])
    partition.run_to(AT + timedelta(days=1))
    return partition


NOTE = st.sampled_from(
    (
        Note(session="S-1", client="C-1"),
        Note(session="S-2", client="C-1"),
        Note(session="S-3", client="C-2"),
        None,
    )
)
CLAIM = st.sampled_from(
    (
        Claim(client="C-1", session="S-1", status="queued"),
        Claim(client="C-2", session="S-2", status="queued"),
        Claim(client="C-2", status="queued"),
        None,
    )
)
CONSENT = st.sampled_from((Consent(client="C-1", kind="treatment"), Consent(client="C-2", kind="roi"), None))
LINE = st.sampled_from((ClaimLine(code="90853"), ClaimLine(code="90847"), None))
SIGNER = st.sampled_from((Signer(person="C-1"), Signer(person="C-2"), None))


def history(entity: str, roots: st.SearchStrategy[Schema | None]) -> st.SearchStrategy[list[Change]]:
    """Versions 1, 2, 3 … of one entity, moving about and deleted in between."""
    return st.lists(roots, min_size=1, max_size=5).map(
        lambda datas: [version(entity, "X", rev, data) for rev, data in enumerate(datas, 1)]
    )


def elements(entity: str, list_: str, items: st.SearchStrategy[Schema | None]) -> st.SearchStrategy[list[Change]]:
    """Versions of two elements of one of its lists."""
    return st.lists(st.tuples(st.sampled_from(("1", "2")), items), max_size=4).map(
        lambda pairs: [element(entity, "X", list_, key, rev, data) for rev, (key, data) in enumerate(pairs, 1)]
    )


HISTORIES = st.one_of(
    history("note", NOTE),
    st.tuples(history("claim", CLAIM), elements("claim", "lines", LINE)).map(lambda both: both[0] + both[1]),
    st.tuples(history("consent", CONSENT), elements("consent", "signers", SIGNER)).map(lambda both: both[0] + both[1]),
)


@effort(60)
@given(st.data(), HISTORIES)
def test_however_a_record_moved_about_it_lives_where_its_newest_version_says(
    data: st.DataObject, changes: list[Change]
) -> None:
    again = data.draw(st.lists(st.sampled_from(changes), max_size=3))
    order = data.draw(st.permutations([*changes, *again]))
    newest = max((change for change in changes if change.part is None), key=lambda change: change.rev)
    there = play(order)
    expected = [] if newest.data is None else [home_by_content("PR-1", newest).text]
    assert holders(there, newest.entity, "X") == expected
    straight = play(changes)
    for file in straight.files():
        twin = there.book.find(file.key)
        assert twin is not None or not file.versions
        if twin is not None:
            assert twin.all(newest.entity) == file.all(newest.entity)


@effort(40)
@given(st.data(), HISTORIES)
def test_however_a_record_moved_about_the_files_end_the_same(data: st.DataObject, changes: list[Change]) -> None:
    seen = data.draw(st.lists(st.booleans(), min_size=len(changes), max_size=len(changes)))
    changes = [c.model_copy(update={"snapshot": snapshot}) for c, snapshot in zip(changes, seen, strict=True)]
    one, other = play(changes), play(data.draw(st.permutations(changes)))
    a, b = contents(one), contents(other)
    for key in a.keys() & b.keys():
        assert a[key] == b[key]


def test_a_correction_that_arrives_before_what_it_corrects_leaves_no_double() -> None:
    first, second = (version("note", "N-1", rev, Note(session=f"S-{rev}", client="C-1")) for rev in (1, 2))
    assert holders(play([second, first]), "note", "N-1") == [FileKey("PR-1", FileKind.SESSION, "S-2").text]


def test_a_record_moved_back_and_forth_lives_where_it_is() -> None:
    changes = [
        version("attendance", "A-1", rev, Attendance(session=session, client="C-1"))
        for rev, session in enumerate(("S-1", "S-2", "S-1"), 1)
    ]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)):
        there = play([changes[position] for position in order])
        assert holders(there, "attendance", "A-1") == [FileKey("PR-1", FileKind.SESSION, "S-1").text]


def test_a_delete_that_comes_first_still_counts() -> None:
    there = play([version("note", "N-1", 2, None), version("note", "N-1", 1, Note(session="S-1"))])
    assert holders(there, "note", "N-1") == []


def test_elements_that_wait_are_there_when_their_record_comes_and_move_with_it() -> None:
    there = play(
        [
            element("claim", "K-1", "lines", "1", 1, ClaimLine(code="90853")),
            version("claim", "K-1", 1, Claim(client="C-1", session="S-1", status="queued")),
            element("claim", "K-1", "lines", "2", 2, ClaimLine(code="90785")),
            version("claim", "K-1", 3, Claim(client="C-1", session="S-2", status="queued")),
        ]
    )
    held = there.session("S-2").one("claim", "K-1")
    assert held is not None
    assert [line.code for line in held.data.lines] == ["90853", "90785"]
    assert there.session("S-1").one("claim", "K-1") is None


# --- the map ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "data", "kind", "id_"),
    [
        ("note", Note(session="S-1", client="C-1"), FileKind.SESSION, "S-1"),
        ("claim", Claim(client="C-1", session="S-1", status="queued"), FileKind.SESSION, "S-1"),
        ("claim", Claim(client="C-1", status="queued"), FileKind.CLIENT, "C-1"),
        ("relationship", Relationship(person="C-2", of="C-1"), FileKind.CLIENT, "C-1"),
        ("message", Message(client="C-1", unit="F-1"), FileKind.CLIENT, "C-1"),
        ("message", Message(thread_of="C-2"), FileKind.CLIENT, "C-2"),
        ("message", Message(unit="F-1"), FileKind.UNIT, "F-1"),
        ("message", Message(), FileKind.PRACTICE, "PR-1"),
    ],
)
def test_a_record_lives_with_what_it_is_about(entity: str, data: Schema, kind: FileKind, id_: str) -> None:
    assert home_by_content("PR-1", version(entity, "X", 1, data)) == FileKey("PR-1", kind, id_)


@pytest.mark.parametrize("entity", list(ENTITIES))
def test_every_kind_of_record_has_a_home(entity: str) -> None:
    home = fixed_home("PR-1", entity, "X")
    assert home is None or home.practice_id == "PR-1"
    assert fixed_home("PR-1", "practice", "PR-1") == FileKey("PR-1", FileKind.PRACTICE, "PR-1")


def test_every_list_that_may_come_as_rows_is_known_by_its_entity() -> None:
    assert {(entity, name) for entity, names in LISTS.items() for name in names} == set(PARTS)


def test_a_tombstone_is_the_delete_of_the_record_itself() -> None:
    gone = tombstone(element("claim", "K-1", "lines", "1", 1, ClaimLine()), 7, AT)
    assert (gone.op, gone.id, gone.rev, gone.part, gone.data) == ("delete", "K-1", 7, None, None)


@effort(40)
@given(
    st.sets(st.text(max_size=8), max_size=3),
    st.one_of(st.none(), st.integers(0, 2**63 - 1)),
    st.lists(any_changes().filter(lambda change: change.part is not None), max_size=3),
)
def test_whereabouts_come_back_from_their_bytes(
    homes: set[str], deleted_rev: int | None, waiting: list[Change]
) -> None:
    where = Whereabouts(
        homes=homes,
        deleted_rev=deleted_rev,
        deleted_at=None if deleted_rev is None else AT,
        waiting={part_key(change.part): change for change in waiting if change.part is not None},
    )
    assert unseal_whereabouts(seal_whereabouts(where)) == where

"""A file is a function of the set of changes it has seen: order, repeats, restarts and lateness leave no trace."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.care import Assessment, Consent, Family, GroupMember, License, PersonRef, Signer
from schemas.change import Change, Part
from schemas.draft_request import DraftRequest
from schemas.finding import Finding
from schemas.record import Schema
from streams.files import File, FileKey, FileKind, Fold, newer, seal, unseal
from tests.effort import effort
from tests.schemas.instances import instances

AT = datetime(2026, 4, 15, 18, tzinfo=UTC)
KEY = FileKey("PR-1", FileKind.CLIENT, "C-1")
WORDS = ("granted", "asked", "signed")


def consent(rev: int, word: str | None = "asked", id_: str = "CON-1", **fields: Any) -> Change:
    """A version of a consent; `word` None = its delete."""
    made: dict[str, Any] = {
        "at": AT + timedelta(minutes=rev),
        "entity": "consent",
        "op": "delete" if word is None else "update",
        "id": id_,
        "rev": rev,
        "data": None if word is None else Consent(client="C-1", kind=word),
        **fields,
    }
    return Change(**made)


def signer(rev: int, person: str | None, key: str = "1", id_: str = "CON-1", **fields: Any) -> Change:
    """A version of one signature on a consent; `person` None = its delete."""
    part = Part(list="signers", key=key)
    data = None if person is None else Signer(person=person)
    return consent(rev, None if person is None else "", id_, part=part, data=data, **fields)


def folded(*changes: Change) -> File:
    file = File(KEY)
    for change in changes:
        file.fold(change)
    return file


CHANGES = st.one_of(
    st.builds(
        consent,
        st.integers(1, 4),
        st.sampled_from((*WORDS, None)),
        st.sampled_from(("CON-1", "CON-2")),
        snapshot=st.booleans(),
        at=st.sampled_from((AT, AT + timedelta(hours=1))),
    ),
    st.builds(
        signer,
        st.integers(1, 4),
        st.sampled_from(("C-1", "C-2", None)),
        st.sampled_from(("1", "2")),
        st.sampled_from(("CON-1", "CON-2")),
        at=st.sampled_from((AT, AT + timedelta(hours=1))),
    ),
)


@effort(100)
@given(st.data(), st.lists(CHANGES, min_size=1, max_size=8))
def test_any_order_and_any_repeat_of_the_same_changes_ends_in_the_same_file(
    data: st.DataObject, changes: list[Change]
) -> None:
    again = data.draw(st.lists(st.sampled_from(changes), max_size=4))
    order = data.draw(st.permutations([*changes, *again]))
    one, other = folded(*changes), folded(*order)
    assert one.versions.get("consent") == other.versions.get("consent")
    assert one.parts == other.parts
    assert one.all("consent") == other.all("consent")
    assert one.fingerprint() == other.fingerprint()


@effort(40)
@given(st.lists(CHANGES, min_size=1, max_size=8))
def test_what_is_asked_in_between_changes_nothing(changes: list[Change]) -> None:
    asked = File(KEY)
    for change in changes:
        asked.fold(change)
        asked.all("consent")
        asked.fingerprint()
    assert asked.all("consent") == folded(*changes).all("consent")


@effort(40)
@given(st.lists(CHANGES, max_size=8), st.integers(0, 8))
def test_a_restart_at_any_point_leaves_no_trace(changes: list[Change], at: int) -> None:
    before = folded(*changes[:at])
    after = unseal(KEY, seal(before))
    assert after.fingerprint() == before.fingerprint()
    for change in changes[at:]:
        after.fold(change)
    whole = folded(*changes)
    assert after.all("consent") == whole.all("consent")
    assert after.fingerprint() == whole.fingerprint()


def test_the_highest_version_wins_and_lateness_has_a_name() -> None:
    file = File(KEY)
    assert file.fold(consent(2, "signed")) is Fold.APPLIED
    assert file.fold(consent(2, "signed")) is Fold.DUPLICATE
    assert file.fold(consent(1, "asked")) is Fold.STALE
    assert [held.data.kind for held in file.all("consent")] == ["signed"]


def test_a_deleted_record_is_gone_until_it_is_created_again() -> None:
    file = folded(consent(1, "asked"), consent(2, None))
    assert file.all("consent") == ()
    assert file.one("consent", "CON-1") is None
    file.fold(consent(1, "asked"))
    assert file.all("consent") == ()
    file.fold(consent(3, "granted"))
    assert [held.data.kind for held in file.all("consent")] == ["granted"]


def test_two_contents_of_one_version_end_the_same_whichever_comes_first() -> None:
    one, other = consent(1, "granted"), consent(1, "signed")
    assert folded(one, other).all("consent") == folded(other, one).all("consent")
    gone = consent(1, None)
    assert folded(one, gone).all("consent") == folded(gone, one).all("consent")
    assert folded(one, other).fingerprint() == folded(other, one).fingerprint()
    assert folded(one).fingerprint() != folded(other).fingerprint()


def test_an_element_that_comes_before_its_record_is_there_when_it_comes() -> None:
    file = folded(signer(1, "C-1"))
    assert file.all("consent") == ()
    file.fold(consent(1))
    (held,) = file.all("consent")
    assert held.data.signers == (Signer(person="C-1"),)


def test_elements_stand_in_the_order_of_their_keys_and_replace_the_records_own_list() -> None:
    own = consent(1, data=Consent(client="C-1", kind="asked", signers=(Signer(person="C-9"),)))
    file = folded(own, signer(1, "C-2", "2"), signer(1, "C-1", "1"))
    assert [s.person for s in file.all("consent")[0].data.signers] == ["C-1", "C-2"]


def test_a_list_whose_every_element_was_taken_out_is_empty_and_not_the_records_own() -> None:
    own = consent(1, data=Consent(client="C-1", kind="asked", signers=(Signer(person="C-9"),)))
    assert folded(own, signer(1, "C-1"), signer(2, None)).all("consent")[0].data.signers == ()


def test_elements_of_a_deleted_record_wait_for_its_return() -> None:
    file = folded(consent(1), signer(1, "C-1"), consent(2, None))
    assert file.all("consent") == ()
    file.fold(consent(3))
    assert [s.person for s in file.all("consent")[0].data.signers] == ["C-1"]


def test_a_list_of_ids_reads_as_ids_however_it_came() -> None:
    unit = FileKey("PR-1", FileKind.UNIT, "F-1")
    whole, rows = File(unit), File(unit)
    made: dict[str, Any] = {"at": AT, "entity": "family", "op": "create", "id": "F-1", "rev": 1}
    whole.fold(Change(**made, data=Family(members=("C-1", "C-2"))))
    rows.fold(Change(**made, data=Family()))
    for key, client in (("1", "C-1"), ("2", "C-2")):
        rows.fold(Change(**made, part=Part(list="members", key=key), data=PersonRef(client=client)))
    assert rows.all("family") == whole.all("family")


def test_when_it_became_what_it_is_counts_its_newest_element() -> None:
    file = folded(consent(1), signer(5, "C-1"))
    assert file.all("consent")[0].at == AT + timedelta(minutes=5)


def test_only_what_was_seen_otherwise_than_in_a_snapshot_is_live() -> None:
    assert not folded(consent(1, snapshot=True)).all("consent")[0].live
    assert folded(consent(1, snapshot=True), consent(2)).all("consent")[0].live
    # a snapshot taken again later takes nothing back
    assert folded(consent(1), consent(2, snapshot=True)).all("consent")[0].live


def test_a_practice_was_connected_when_it_was_first_heard_of() -> None:
    file = File(FileKey("PR-1", FileKind.PRACTICE, "PR-1"))
    before = file.generation
    file.adopt(AT)
    assert file.generation > before
    file.adopt(AT + timedelta(days=9))
    assert file.adopted_at == AT
    file.adopt(AT - timedelta(days=9))
    assert file.adopted_at == AT - timedelta(days=9)


def test_the_newer_of_two_versions_is_the_same_from_both_sides() -> None:
    one, other = consent(1, "granted"), consent(1, "signed")
    assert newer(one, other) is not newer(other, one)
    assert newer(consent(2, None), one)
    assert not newer(one, one)


# --- bytes ------------------------------------------------------------------------------------------------------------

HELD: list[tuple[str, str | None, type[Schema]]] = [
    ("consent", None, Consent),
    ("assessment", None, Assessment),
    ("consent", "signers", Signer),
    ("clinician", "licenses", License),
    ("group", "members", GroupMember),
]
VERSIONS = st.sampled_from(HELD).flatmap(
    lambda held: st.builds(
        lambda id_, rev, data, snapshot: Change(
            at=AT,
            entity=held[0],
            op="delete" if data is None else "update",
            id=id_,
            rev=rev,
            part=None if held[1] is None else Part(list=held[1], key=f"k{rev % 3}"),
            snapshot=snapshot,
            data=data,
        ),
        st.sampled_from(("A", "B")),
        st.integers(0, 2**63 - 1),
        st.one_of(st.none(), instances(held[2])),
        st.booleans(),
    )
)


@effort(40)
@given(
    st.lists(VERSIONS, max_size=6),
    st.lists(instances(Finding), max_size=2),
    st.lists(instances(DraftRequest), max_size=2),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    st.sets(st.text(max_size=5), max_size=3),
    st.one_of(st.none(), st.just(AT), st.just(AT.astimezone(timezone(timedelta(hours=-5))))),
)
def test_what_is_sealed_comes_back_equal(
    changes: list[Change],
    findings: list[Finding],
    requests: list[DraftRequest],
    facts: dict[str, str],
    ids: set[str],
    moment: datetime | None,
) -> None:
    file = folded(*changes)
    file.findings = {finding.finding_id: finding for finding in findings}
    file.requests = {request.request_id: request for request in requests}
    file.facts, file.sessions, file.units, file.people = facts, set(ids), set(ids), set(ids)
    file.wake_at, file.adopted_at, file.looked_under, file.hours = moment, moment, "abc", {1, 2}
    back = unseal(file.key, seal(file))
    file.versions = {entity: held for entity, held in file.versions.items() if held}
    back.generation, back._composed = file.generation, file._composed
    assert back == file
    assert back.fingerprint() == file.fingerprint()
    assert seal(back) == seal(file)


def test_nothing_that_can_be_derived_is_stored() -> None:
    file = folded(consent(1))
    file.all("consent")
    sealed = seal(file)
    assert b"generation" not in sealed
    assert b"composed" not in sealed


@pytest.mark.parametrize("sealed", [b"", b"[]", b"{}", b'{"versions": 5}', b"\xff"])
def test_bytes_no_version_of_this_code_has_written_are_refused(sealed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own errors among them
        unseal(KEY, sealed)


@pytest.mark.parametrize("id_", ["C-1", "", "with space", "ümlaut", "a/b:c"])
def test_a_key_comes_back_from_its_text(id_: str) -> None:
    for kind in FileKind:
        key = FileKey("PR-1", kind, id_)
        assert FileKey.from_text(key.text) == key


def test_a_file_never_shows_what_it_holds() -> None:
    file = folded(consent(1, data=Consent(client="C-1", kind="Zebulon Quisenberry")))
    file.all("consent")
    assert "Zebulon" not in repr(file)

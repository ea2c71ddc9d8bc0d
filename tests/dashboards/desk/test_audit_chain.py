"""The audit chain says where it was touched first, whatever was done to it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.audit import GENESIS, Action, AuditEntry, AuditEvent, Mark, broken_mark, chained, first_break

NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)


def a_chain(length: int, chain: str = "PR-1") -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(1, length + 1):
        event = AuditEvent(
            chain=chain,
            at=NOON + timedelta(seconds=number),
            user_name="clinician",
            role="clinician",
            action=Action.TEXT_VIEWED,
            object_kind="draft",
            object_id=f"D-{number}",
        )
        entries.append(chained(event, number, entries[-1].sha256 if entries else GENESIS))
    return entries


def hashes(entries: list[AuditEntry]) -> dict[int, str]:
    return {entry.seq: entry.sha256 for entry in entries}


@given(st.integers(0, 6))
def test_an_untouched_chain_holds(length: int) -> None:
    assert first_break("PR-1", a_chain(length)) is None


@given(st.integers(1, 6), st.sampled_from(["user_name", "action", "object_id", "reason", "role"]))
def test_an_altered_entry_is_named(place: int, field: str) -> None:
    entries = a_chain(6)
    entries[place - 1] = entries[place - 1].model_copy(update={field: "somebody else"})
    broken = first_break("PR-1", entries)
    assert broken is not None
    assert (broken.seq, broken.what) == (place, "altered")


@given(st.integers(1, 5))
def test_an_entry_altered_together_with_its_own_hash_is_named_all_the_same(place: int) -> None:
    entries = a_chain(6)
    old = entries[place - 1]
    event = AuditEvent(**{name: getattr(old, name) for name in AuditEvent.model_fields} | {"user_name": "x"})
    entries[place - 1] = chained(event, old.seq, old.previous)
    broken = first_break("PR-1", entries)
    assert broken is not None
    assert (broken.seq, broken.what) == (place, "altered")


@given(st.integers(1, 5))
def test_a_missing_entry_is_named(place: int) -> None:
    entries = a_chain(6)
    del entries[place - 1]
    broken = first_break("PR-1", entries)
    assert broken is not None
    assert (broken.seq, broken.what) == (place, "missing")


@given(st.integers(1, 5), st.integers(1, 4))
def test_swapped_entries_are_named_as_reordered(place: int, distance: int) -> None:
    entries = a_chain(9)
    one, other = entries[place - 1], entries[place - 1 + distance]
    entries[place - 1] = other.model_copy(update={"seq": one.seq})
    entries[place - 1 + distance] = one.model_copy(update={"seq": other.seq})
    broken = first_break("PR-1", entries)
    assert broken is not None
    assert (broken.seq, broken.what) == (place, "reordered")


@pytest.mark.parametrize("kept", [0, 2])
def test_a_cut_off_end_is_seen_from_a_checkpoint(kept: int) -> None:
    entries = a_chain(4)
    mark = Mark("PR-1", 4, entries[3].sha256, NOON)
    assert broken_mark("PR-1", hashes(entries), [mark]) is None
    broken = broken_mark("PR-1", hashes(entries[:kept]), [mark])
    assert broken is not None
    assert (broken.seq, broken.what) == (kept + 1, "missing")


def test_a_chain_written_anew_as_a_whole_does_not_bear_out_its_checkpoint() -> None:
    mark = Mark("PR-1", 3, "f" * 64, NOON)
    broken = broken_mark("PR-1", hashes(a_chain(4)), [mark])
    assert broken is not None
    assert broken.seq == 3


def test_an_entry_prints_nothing_of_what_it_holds() -> None:
    [entry] = a_chain(1)
    assert "clinician" not in repr(entry)

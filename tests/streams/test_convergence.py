"""The first law: what the stream ends in is a function of the set of changes, not of how they arrived.

Any order, any repeats, any cut into change sets: the same files, findings, rows and requests; and nothing in them is
out of date. The worlds are corrected at random first, so that records move, vanish and come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.change import Change
from tests.effort import effort
from tests.streams.corrections import as_rows, corrections, deliveries
from tests.streams.playing import EXAMPLES, Partition, assert_fresh, changes_of, contents, differences, example
from tests.streams.worlds import NOW, WORLDS

WORLD_CHANGES = {name: changes_of(make()) for name, make in WORLDS.items()}


def played(sets: Sequence[Sequence[Change]], now: datetime) -> Partition:
    """The sets, each at the moment of its newest change, then the clock runs on to `now`."""
    partition = Partition()
    for changes in sets:
        partition.apply(min(now, max(change.at for change in changes)), changes)
    partition.run_to(now)
    return partition


def assert_same(one: Partition, other: Partition) -> None:
    assert differences(contents(one), contents(other)) == {}
    assert differences(one.sink.last(), other.sink.last()) == {}


@pytest.mark.parametrize("world", WORLDS)
def test_any_order_repeats_and_cut_into_sets_end_the_same(world: str) -> None:
    @effort(10)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        changes = data.draw(corrections(WORLD_CHANGES[world], NOW))
        there = played(data.draw(deliveries(changes)), NOW)
        assert_same(played([[change] for change in changes], NOW), there)

    law()


@pytest.mark.parametrize("world", WORLDS)
def test_nothing_the_files_say_is_ever_out_of_date(world: str) -> None:
    """A link that is missing, or a moment nobody was woken at, shows here."""

    @effort(8)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        changes = data.draw(corrections(WORLD_CHANGES[world], NOW))
        sets = data.draw(deliveries(changes))
        until = data.draw(st.integers(1, len(sets)))
        assert_fresh(played(sets[:until], NOW))

    law()


@pytest.mark.parametrize("world", WORLDS)
def test_lists_that_arrive_element_by_element_mean_the_same(world: str) -> None:
    @effort(6)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        changes = data.draw(corrections(WORLD_CHANGES[world], NOW, most=4))
        rows = as_rows(changes)
        there = played(data.draw(deliveries(rows)), NOW)
        assert_fresh(there)
        assert there.sink.last() == played([changes], NOW).sink.last()

    law()


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.json")))
def test_every_example_ends_the_same_however_it_arrives(name: str) -> None:
    file = example(name)
    assert file.now is not None
    now = file.now
    straight = played([[change] for change in file.changes], now)

    @effort(4)
    @given(deliveries(file.changes))
    def law(sets: list[list[Change]]) -> None:
        assert_same(straight, played(sets, now))

    law()


@pytest.mark.parametrize("world", WORLDS)
def test_any_part_of_the_changes_in_any_order_ends_the_same(world: str) -> None:
    @effort(6)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        changes = WORLD_CHANGES[world]
        kept = data.draw(st.lists(st.sampled_from(changes), min_size=1, unique_by=id))
        straight = played([[change] for change in changes if change in kept], NOW)
        assert_same(straight, played(data.draw(deliveries(kept)), NOW))

    law()


def test_a_finding_lives_in_one_file_only() -> None:
    for changes in WORLD_CHANGES.values():
        there = played([changes], NOW)
        ids = [id_ for file in there.files() for id_ in file.findings]
        assert len(ids) == len(set(ids))


def test_every_finding_rests_on_evidence() -> None:
    """Without any, its opening would be the moment somebody looked, and every look would send it anew."""
    found: list[Any] = []
    for changes in WORLD_CHANGES.values():
        there = played([[change] for change in changes], NOW)
        found += [finding for file in there.files() for finding in file.findings.values()]
    assert found
    assert all(finding.evidence for finding in found)

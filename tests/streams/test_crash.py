"""A crash at any point: the tables come back as of some commit, some newer than others, and the rest comes again.

What a reader of the outputs ends with is the same as if nothing had happened.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.change import Change, ChangeSet
from streams.book import Shelves
from tests.effort import effort
from tests.streams.corrections import as_rows, corrections, deliveries
from tests.streams.playing import PRACTICE, Partition, Sink, changes_of, contents, differences, restored
from tests.streams.worlds import NOW, WORLDS

WORLD_CHANGES = {name: changes_of(make()) for name, make in WORLDS.items()}


def messages_of(sets: Sequence[Sequence[Change]]) -> list[ChangeSet]:
    """Each set at the newest moment so far, as a clock that only goes forward stamps them; ticks at the end."""
    messages: list[ChangeSet] = []
    for changes in sets:
        now = max(change.at for change in changes)
        now = max([now, *(message.now for message in messages[-1:])])
        messages.append(ChangeSet(practice_id=PRACTICE, now=min(now, NOW), changes=tuple(changes)))
    return [*messages, *[ChangeSet(practice_id="", now=NOW)] * 4]


@dataclass
class Machine:
    """A worker that commits now and then: outputs are out before tables are written, tables before offsets."""

    messages: Sequence[ChangeSet]
    sink: Sink = field(default_factory=Sink)
    committed: int = 0
    stored: Shelves = field(default_factory=Shelves.in_memory)

    def __post_init__(self) -> None:
        self._restart()

    def _restart(self) -> None:
        self.partition = Partition(restored(self.stored), self.sink, version=self.committed)
        self.at = self.committed

    def run(self, count: int) -> None:
        """Take in the next messages."""
        for message in self.messages[self.at : self.at + count]:
            self.partition.take(message)
            self.at += 1

    def commit(self) -> None:
        """Everything is out, stored and acknowledged."""
        self.stored = deepcopy(self.partition.shelves)
        self.committed = self.at

    def crash(self, data: st.DataObject) -> None:
        """Die while storing: every entry of every table is either as now or as of the last commit."""
        now = restored(self.partition.shelves)
        half = Shelves.in_memory()
        for kind, shelf in half.files.items():
            _half(data, self.stored.files[kind], now.files[kind], shelf)
        _half(data, self.stored.whereabouts, now.whereabouts, half.whereabouts)
        self.stored = half
        self._restart()


def _half(data: st.DataObject, old: object, new: object, into: object) -> None:
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    assert isinstance(into, dict)
    seed = data.draw(st.integers(0, 2**16))
    for position, key in enumerate(sorted(new)):
        if (seed >> (position % 16)) & 1:
            into[key] = new[key]
        elif key in old:
            into[key] = old[key]


@pytest.mark.parametrize("world", WORLDS)
def test_whatever_was_stored_when_it_died_a_reader_ends_with_the_same(world: str) -> None:
    @effort(10)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        changes = data.draw(corrections(WORLD_CHANGES[world], NOW))
        if data.draw(st.booleans()):
            changes = as_rows(changes)
        messages = messages_of(data.draw(deliveries(changes)))
        untroubled = Machine(messages)
        untroubled.run(len(messages))
        machine = Machine(messages)
        for _ in range(data.draw(st.integers(1, 3))):
            machine.run(data.draw(st.integers(0, len(messages))))
            if data.draw(st.booleans()):
                machine.commit()
                machine.run(data.draw(st.integers(0, 5)))
            machine.crash(data)
        machine.run(len(messages))
        machine.partition.run_to(NOW)
        assert differences(contents(machine.partition), contents(untroubled.partition)) == {}
        assert differences(machine.sink.last(), untroubled.sink.last()) == {}

    law()


@pytest.mark.parametrize("world", WORLDS)
def test_a_restart_without_loss_sends_nothing_again(world: str) -> None:
    messages = messages_of([WORLD_CHANGES[world]])
    machine = Machine(messages)
    machine.run(len(messages))
    machine.commit()
    again = Partition(restored(machine.stored), version=len(messages))
    again.run_to(NOW)
    assert again.sink.rows == {}


def test_everything_delivered_again_sends_nothing_new() -> None:
    for changes in WORLD_CHANGES.values():
        partition = Partition()
        for message in messages_of([[change] for change in changes]):
            partition.take(message)
        settled = contents(partition)
        partition.sink = Sink()
        partition.apply(NOW, changes)
        partition.run_to(NOW)
        assert partition.sink.rows == {}
        assert contents(partition) == settled

"""Which drafts are to be written, which still stand, and what is done: by version, practice and offset."""

from datetime import timedelta

from streams.drafting.board import Board
from tests.streams.drafting.contexts import NOW, a_context


def board(**changes: float) -> Board:
    return Board(**{"settle_s": 0.0, "at_once": 2, "at_once_per_practice": 2, **changes})  # type: ignore[arg-type]


def test_a_context_settles_before_it_is_begun_and_a_newer_one_settles_anew() -> None:
    one = board(settle_s=1.0)
    one.take(a_context(), 0, 0, 10.0)
    assert one.ready(10.5) == []
    one.take(a_context(1, 2), 0, 1, 10.9)
    assert one.ready(11.5) == []
    assert [context.version for context in one.ready(11.9)] == [2]
    assert one.ready(11.9) == []  # in hand


def test_an_older_or_equal_version_changes_nothing() -> None:
    one = board()
    one.take(a_context(1, 5), 0, 0, 0.0)
    one.take(a_context(1, 4), 0, 1, 0.0)
    one.take(a_context(1, 5), 0, 2, 0.0)
    assert [context.version for context in one.ready(0.0)] == [5]


def test_only_the_newest_version_stands_and_only_while_its_consents_hold() -> None:
    one = board()
    first = a_context(holds_until=NOW + timedelta(minutes=5))
    one.take(first, 0, 0, 0.0)
    assert one.stands(first, NOW)
    assert not one.stands(first, NOW + timedelta(minutes=5))
    one.take(a_context(1, 2), 0, 1, 0.0)
    assert not one.stands(first, NOW)


def test_few_at_once_and_fewer_of_one_practice_the_longest_waiting_first() -> None:
    one = board(at_once=3, at_once_per_practice=2)
    for number in range(1, 5):
        one.take(a_context(number), 0, number, float(number))
    one.take(a_context(9, practice="PR-2"), 1, 0, 9.0)
    begun = one.ready(20.0)
    assert [(context.practice_id, context.session_id) for context in begun] == [
        ("PR-1", "S-1"),
        ("PR-1", "S-2"),
        ("PR-2", "S-9"),
    ]
    one.delivered(begun[0])
    assert [context.session_id for context in one.ready(20.0)] == ["S-3"]


def test_what_is_put_off_comes_again_unless_something_newer_came() -> None:
    one = board()
    context = a_context()
    one.take(context, 0, 0, 0.0)
    one.ready(0.0)
    one.put_off(context, 5.0)
    assert one.tries(context) == 1
    assert one.ready(4.0) == []
    assert one.ready(5.0) == [context]


def test_everything_up_to_the_first_unfinished_offset_is_done() -> None:
    one = board()
    one.take(a_context(1), 0, 10, 0.0)
    one.take(a_context(2), 0, 11, 0.0)
    one.read(0, 12)
    assert one.done_to() == {0: 10}
    one.delivered(a_context(1))
    assert one.done_to() == {0: 11}
    one.take(a_context(2, 2), 0, 13, 0.0)  # overtakes what was to be done at 11
    assert one.done_to() == {0: 13}
    one.delivered(a_context(2, 2))
    assert one.done_to() == {0: 14}
    assert one.waiting == 0


def test_what_is_out_already_is_not_written_again_but_what_is_newer_is() -> None:
    one = board()
    one.knows_delivered(("PR-1", a_context(1).request_id), 3, 0)
    one.take(a_context(1, 3), 0, 0, 0.0)
    assert one.ready(0.0) == []
    assert one.done_to() == {0: 1}
    one.take(a_context(1, 4), 0, 1, 0.0)
    assert [context.version for context in one.ready(0.0)] == [4]


def test_a_draft_that_was_overtaken_while_it_was_delivered_is_written_anew() -> None:
    one = board()
    one.take(a_context(1, 1), 0, 0, 0.0)
    one.take(a_context(1, 2), 0, 1, 0.0)
    one.delivered(a_context(1, 1))
    assert [context.version for context in one.ready(0.0)] == [2]


def test_partitions_that_somebody_else_has_now_are_forgotten() -> None:
    one = board()
    context = a_context()
    one.take(context, 0, 0, 0.0)
    one.take(a_context(2, practice="PR-2"), 1, 0, 0.0)
    one.forget({0})
    assert not one.stands(context, NOW)
    assert one.partition_of(context) is None
    assert one.done_to() == {1: 0}

"""What was agreed and by whom; refusals, threats, habits and other people's promises are not."""

import pytest

from streams.drafting.local.commitments import Commitments
from tests.streams.drafting.built import reading


def agreed(*lines: str, kind: str = "family") -> list[tuple[str | None, tuple[str, ...]]]:
    """Who agreed to something, and its evidence."""
    return [(one.client_id, one.evidence) for one in Commitments(reading(*lines, kind=kind)).all]


@pytest.mark.parametrize(
    "line",
    [
        "C1: I'll call the school tomorrow.",
        "C1: ill call the school tomorrow",
        "C1: I'm going to put the phone in the drawer at night.",
        "C1: If you text me I'll stay in bed, I promise.",
        "B1: HW: C1 calls the school",
    ],
)
def test_a_promise_is_an_action_of_whoever_makes_it(line: str) -> None:
    assert [who for who, _ in agreed(line)] == ["C1"]


@pytest.mark.parametrize(
    "line",
    [
        "C1: I'll be honest, it was bad.",
        "C1: He said he'll call the school.",
        "C1: Well there are two of them.",
        "C1: I'll never forgive that.",
        "C1: I'm going to kill him.",
        "C1: Should I call the school?",
        "B1: Barnaby refused to call the school",
    ],
)
def test_what_is_no_promise_is_no_action(line: str) -> None:
    assert agreed(line) == []


def test_a_yes_to_a_proposal_is_one_of_whoever_was_asked_and_a_no_is_none() -> None:
    assert agreed("T: Barnaby, would you be willing to call the school this week?", "C2: Yes, okay.") == [
        ("C2", ("1", "2"))
    ]
    assert agreed("T: Barnaby, would you be willing to call the school this week?", "C2: No, I can't do that.") == []
    everybody = agreed("T: Shall we meet every two weeks?", "C1: Sure.", "C2: Fine.", "C3: Okay.")
    assert everybody == [(None, ("1", "2", "3", "4"))]


def test_homework_is_everybodys_unless_somebody_is_named() -> None:
    assert agreed("T: For homework, each of you write down one good thing.") == [(None, ("1",))]
    assert ("C3", ("1",)) in agreed("T: See you next week. Perpetua, bring the worksheet.")

"""What was agreed and by whom; refusals, threats, habits and other people's promises are not."""

import pytest

from streams.drafting.local.agreeing import is_promise
from streams.drafting.local.commitments import Commitments
from tests.streams.drafting.built import drafted, reading, texts


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


def test_playing_with_a_thought_is_no_promise() -> None:
    assert not is_promise("Hearing that makes me think I could try it before I blow up.")
    assert is_promise("I'll try it before I blow up.")


def test_a_bare_yes_is_resolved_to_what_was_proposed() -> None:
    draft = drafted(
        "T: Barnaby, thank you. I would like to stay with you after group and go over your safety plan.",
        "C2: Okay. I can do that.",
        "C1: I heard you.",
        kind="group",
    )
    assert [one.client_id for one in draft.actions] == ["C2"]
    assert "go over your safety plan" in draft.actions[0].text


def test_the_answer_is_the_action_and_not_the_question() -> None:
    draft = drafted(
        "T: let's plan the week barnaby what can you commit to",
        "C2: i'll be home for dinner on tuesday",
        "C1: i will ask him one open question a day",
    )
    assert {one.client_id for one in draft.actions} == {"C1", "C2"}
    assert not any("what can you" in one.text for one in draft.actions)


def test_a_line_of_the_outline_gives_one_clean_clause_for_each() -> None:
    draft = drafted(
        "B1: Practised a time-out with an agreed return.",
        "B2: Ottoline to keep a list, Fridays 19:00. Barnaby to write down one need a day.",
        clients=2,
        kind="couple",
    )
    assert [(one.client_id, "Barnaby" in one.text) for one in draft.actions] == [("C1", False), ("C2", False)]
    assert draft.actions[1].text == "Therapist's outline: “C2 to write down one need a day.”"


def test_an_initial_before_a_verb_is_a_client_and_what_was_kept_is_nothing_new_to_do() -> None:
    draft = drafted(
        "B1: O. bought a chair; B found the receipt, came back as agreed",
        "B2: HW: O to text before purchases",
        "B3: time-out contract reviewed",
        clients=2,
        kind="couple",
    )
    assert [(one.client_id, one.evidence) for one in draft.actions] == [("C1", ("B2",))]
    assert "found the receipt" in texts(draft, "C2")
    assert "found the receipt" not in texts(draft, "C1")


def test_a_promise_through_an_interpreter_and_a_round_of_steps_are_kept() -> None:
    draft = drafted(
        "C1: (through interpreter) She will bring the form on Monday.",
        "T: Could you each name one step for the week?",
        "C2: Two walks this time. With the dog.",
    )
    assert {one.client_id for one in draft.actions} == {"C1", "C2"}

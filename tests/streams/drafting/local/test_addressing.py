"""Whom a turn speaks to: names and family words called out, `you` where one can be meant, never mere succession."""

import pytest

from tests.streams.drafting.built import reading


@pytest.mark.parametrize(
    ("lines", "to"),
    [
        (("C3: Mom, you never listen.",), ("C1",)),
        (("C3: my mom never listens",), ()),
        (("C1: Barnaby, can you hear that?",), ("C2",)),
        (("C1: barnaby you said you would call",), ("C2",)),
        (("C1: I talked to Barnaby about it.",), ()),
        (("C1: I was so tired.", "C2: I went to work."), ()),
        (("C1: I was so tired.", "C3: I hear you."), ("C1",)),
        (("C1: Perpetua, are you eating?", "C3: At school, yes."), ("C1",)),
        (("T: How was it?", "C1: You know, fine."), ()),
    ],
)
def test_words_decide_who_is_addressed(lines: tuple[str, ...], to: tuple[str, ...]) -> None:
    assert reading(*lines).turns[-1].to == to


def test_in_a_couple_you_is_the_partner_but_not_in_an_answer_to_the_therapist() -> None:
    said = reading("C1: I waited.", "C2: You could have called.", kind="couple", clients=2)
    assert said.turns[1].to == ("C1",)
    said = reading("T: How are you?", "C2: Thank you, well.", kind="couple", clients=2)
    assert said.turns[1].to == ()


def test_between_two_turns_of_one_relative_you_is_that_relative() -> None:
    lines = ("C3: i waited an hour", "C2: i thought you ate already", "C3: no i was hungry")
    assert reading("C1: it was late", *lines).turns[2].to == ("C3",)
    assert reading("C1: it was late", *lines[:2], "C1: same here").turns[2].to == ()

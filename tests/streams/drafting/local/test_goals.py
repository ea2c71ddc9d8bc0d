"""Which of one's own goals do one's words touch on? In other words than the plan's, and not by chance."""

import pytest

from schemas.session_file import Goal, Participant
from streams.drafting.local.goals import Goals
from streams.drafting.words import content, numbers

OTHER_TALK = tuple(
    content(text)
    for text in (
        "how was the week for everybody here",
        "my sister came over with her kids on sunday",
        "the bus was late again and it rained",
        "I made soup and watched the game",
        "my knee hurts when it rains",
        "we painted the fence and went fishing",
        "what did you notice in your body",
        "that sounds like a long day",
    )
)


def touched(goal: str, said: str, asked: str = "") -> bool:
    """Do these words touch on this goal?"""
    person = Participant(client_id="C1", plan_goals=(Goal(id="G1", text=goal),))
    goals = Goals((person,), (*OTHER_TALK, content(said)))
    return "G1" in goals.touched("C1", content(said), content(asked), numbers(said))


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("Attend three meetings a week", "I went to two meetings, not three."),
        ("Stay abstinent from alcohol", "Forty-one days today."),
        ("Share worries about money weekly", "We will book a weekly money talk."),
        ("Avoid old neighborhoods", "I took a different street home, another route."),
        ("Return to part-time work", "I want to call the lab about twelve hours of work."),
        ("Say what she needs without criticism", "I wrote down one need a day."),
        ("Leave the house daily", "I'll walk to the mailbox every day."),
    ],
)
def test_a_goal_is_found_in_other_words(goal: str, said: str) -> None:
    assert touched(goal, said, "How many days?" if "days" in said else "")


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("Save for a house", "My sister came over with her kids."),
        ("Attend three meetings a week", "I slept three hours."),
        ("Keep a diary card", "Forty-one days until the wedding."),
    ],
)
def test_a_number_or_a_word_of_every_day_is_no_goal(goal: str, said: str) -> None:
    assert not touched(goal, said)


def test_a_word_of_a_short_outline_is_enough_for_a_goal() -> None:
    goals = Goals(
        (Participant(client_id="C1", plan_goals=(Goal(id="G1", text="Share worries about money weekly"),)),),
        (content("C1 to book a weekly money talk"), content("argued about money on Sunday")),
    )
    assert "G1" in goals.touched("C1", content("C1 to book a weekly money talk"))

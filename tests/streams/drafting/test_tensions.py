"""Goals of different people that may pull apart; goals of one person, and goals that agree, do not."""

import pytest

from schemas.session_file import Goal, Participant
from streams.drafting.tensions import possible_tensions


def pulls(first: str, second: str) -> bool:
    """Do these goals of two people pull apart?"""
    people = [
        Participant(client_id=str(n), plan_goals=(Goal(id=f"G{n}", text=text),))
        for n, text in enumerate((first, second))
    ]
    return bool(possible_tensions(people))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Spend more time together in the evenings", "Have more time alone to recharge"),
        ("Keep the house alcohol-free", "Enjoy a glass of wine with dinner"),
        ("Set a firm curfew", "Have more freedom on weekends"),
        ("Start trying for a baby", "Focus on her career before having kids"),
        ("Save for a house", "Travel for three months"),
        ("Increase gaming time", "Reduce gaming time"),
        ("Talk openly about the affair", "Stop bringing up the past"),
    ],
)
def test_opposed_directions_are_a_possible_tension(first: str, second: str) -> None:
    assert pulls(first, second)
    assert pulls(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("One shared meal a week without phones", "Say no to one extra shift a month"),
        ("Sleep seven hours", "Reduce panic attacks"),
        ("Spend more time together", "Plan one date night a week"),
        ("Reduce drinking to weekends", "Stay sober for ninety days"),
    ],
)
def test_others_are_none(first: str, second: str) -> None:
    assert not pulls(first, second)


def test_one_persons_goals_do_not_pull_and_the_reason_says_that_it_is_for_review() -> None:
    goals = (Goal(id="a", text="Save money"), Goal(id="b", text="Travel more"))
    assert possible_tensions([Participant(client_id="1", plan_goals=goals)]) == ()
    two = [Participant(client_id=str(n), plan_goals=(goal,)) for n, goal in enumerate(goals)]
    assert possible_tensions(two)[0].reason.startswith("Possible tension, for review:")

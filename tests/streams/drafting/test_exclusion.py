"""Nothing about somebody without consent: by name, by family word, by `you` beside them, by what follows."""

import pytest

from streams.drafting.exclusion import Exclusion
from tests.streams.drafting.built import session


def left(*lines: str, kind: str = "family", excluded: tuple[str, ...] = ("C2",)) -> list[str]:
    """The texts of the turns that may still be read."""
    one = session(*lines, kind=kind)
    return [turn.text for turn in Exclusion(one, excluded).turns(one.transcript)]


def test_their_turns_their_name_and_what_follows_about_them_go() -> None:
    assert left("C2: I lost my job.", "C1: I slept well.", "C1: C2 came home late. He shouted. I went to bed.") == [
        "I slept well.",
        "I went to bed.",
    ]


@pytest.mark.parametrize(
    "line", ["C3: Dad never listens.", "C1: Thanks, C2. You were brave.", "U: I drank.", "GUEST: hello"]
)
def test_family_words_address_and_uncertain_speakers_go(line: str) -> None:
    assert left(line) == []


def test_a_therapists_turn_beside_theirs_goes_and_others_stay() -> None:
    assert left("T: What happened?", "C2: I drank.", "T: That sounds hard.", "C1: Fine.", "T: And C1?") == [
        "Fine.",
        "And C1?",
    ]


def test_in_a_couple_nothing_about_the_two_of_them_stays() -> None:
    assert left("C1: We fought. He left. I ran five miles.", kind="couple") == ["I ran five miles."]


def test_nobody_excluded_changes_nothing() -> None:
    assert left("C2: a; b", excluded=()) == ["a; b"]

"""What is said alone or in confidence stays with whoever said it."""

import pytest

from streams.drafting.local.confided import confided
from tests.streams.drafting.built import drafted, reading, texts

ALONE = (
    "T: Perpetua, we have a few minutes before the others come in.",
    "C3: I failed the driving test twice.",
    "T: Let's bring your parents in now.",
    "C1: Hello again.",
    "C2: Parking was awful.",
)


def test_a_stretch_alone_with_the_therapist_is_confided_until_the_others_come() -> None:
    assert [turn.confided_by for turn in reading(*ALONE).turns] == ["C3", "C3", None, None, None]


def test_it_stands_only_in_its_own_section_and_is_marked() -> None:
    draft = drafted(*ALONE)
    assert "driving test" in texts(draft, "C3")
    assert "driving test" not in texts(draft, "C1") + texts(draft, "C2") + texts(draft, None)
    flags = [
        sentence.flags
        for section in draft.sections
        for sentence in section.sentences
        if "driving test" in sentence.text
    ]
    assert flags
    assert all("restricted" in found for found in flags)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Please don't tell my mother.", True),
        ("this stays between us", True),
        ("can we keep this off the record", True),
        ("you won't tell him right", True),
        ("Don't tell me he's late again.", False),
        ("I don't know what to say.", False),
        ("We had an x-ray before you came in.", False),
        ("I don't say anything to him.", False),
    ],
)
def test_a_wish_that_others_not_know_is_told_from_ordinary_words(text: str, secret: bool) -> None:
    assert confided(text) is secret

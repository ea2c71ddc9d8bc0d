"""How much is taken out, and how much that should stay is lost, over the corpus of made-up sentences?"""

import pytest

from streams.drafting.deidentify import Identities
from tests.streams.drafting.deidentify.corpus import Line, lines, scored
from tests.streams.drafting.deidentify.people import hard_names

LINES = tuple(lines())


def test_everything_marked_goes_and_nearly_everything_else_stays() -> None:
    identities = Identities.of(hard_names())
    score = scored(lambda text: identities.deidentify(text).text, iter(LINES))
    assert score.leaks == []
    assert score.kept >= 0.995, score.lost


@pytest.mark.parametrize("line", [line for line in LINES if not line.goes], ids=lambda line: line.text[:40])
def test_a_sentence_that_names_nobody_stays_as_it_is(line: Line) -> None:
    assert Identities.of(hard_names()).deidentify(line.text).text == line.text


def test_the_same_texts_give_the_same_tokens() -> None:
    first, second = Identities.of(hard_names()), Identities.of(hard_names())
    assert [first.deidentify(line.text) for line in LINES] == [second.deidentify(line.text) for line in LINES]

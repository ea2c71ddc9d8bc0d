"""Where an identifier was taken out, a reader sees words."""

import pytest

from dashboards.desk.names import shown
from dashboards.desk.withheld_words import WORDS, in_words
from streams.drafting.deidentify.tokens import Kind


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Nothing was taken out.", "Nothing was taken out."),
        ("[FAMILY-3] sends a message when leaving work", "[a family member] sends a message when leaving work"),
        (
            "[PERSON-1] told [PERSON-2] that [PERSON-1] works at [ORG-4].",
            "[a person] told [another person] that [a person] works at [an organization].",
        ),
        ("a note [sic] of [NOBODY-1] and [PERSON-123456]", "a note [sic] of [NOBODY-1] and [PERSON-123456]"),
    ],
)
def test_a_token_is_read_as_what_it_stands_for(text: str, read: str) -> None:
    assert in_words(text) == read


def test_every_class_of_identifier_has_its_words() -> None:
    assert set(WORDS) == {kind.value for kind in Kind}


def test_names_are_given_back_and_the_rest_is_in_words() -> None:
    assert shown("C-1 called [PERSON-1].", {"C-1": "Gunnar S"}) == "Gunnar S called [a person]."

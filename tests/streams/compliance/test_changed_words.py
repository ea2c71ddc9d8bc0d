"""How much of a draft was changed before it was signed?"""

from streams.compliance.changed_words import changed_share


def test_what_is_signed_as_drafted_changed_nothing() -> None:
    assert changed_share(["He was calm."], ["he was  calm"]) == 0


def test_one_word_of_four_exchanged() -> None:
    assert changed_share(["She slept very badly."], ["She slept quite badly."]) == 0.25


def test_nothing_kept_is_all_changed_and_nothing_at_all_is_unknown() -> None:
    assert changed_share(["One thing."], ["Another matter."]) == 1
    assert changed_share([], ["Written by hand."]) == 1
    assert changed_share([], []) is None

"""Every input ends under a name, and a poison says where and never what."""

import re

from schemas.reasons import DEADLY, Poison, Reason


def test_names_are_one_word_each_and_say_what_they_are_called() -> None:
    for reason in Reason:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason.value)
        assert reason.value == reason.name.lower()


def test_what_sets_a_message_aside_is_among_the_reasons() -> None:
    assert set(Reason) >= DEADLY
    assert not {Reason.APPLIED, Reason.DUPLICATE, Reason.STALE, Reason.PRACTICE_UNKNOWN, Reason.RULE_FAILED} & DEADLY


def test_a_poison_says_its_reason_and_its_place() -> None:
    poison = Poison(Reason.IMPOSSIBLE_VALUE, "changes.0.at")
    assert (poison.reason, poison.where) == (Reason.IMPOSSIBLE_VALUE, "changes.0.at")
    assert str(poison) == "impossible_value at changes.0.at"
    assert str(Poison(Reason.TOO_LARGE)) == "too_large"

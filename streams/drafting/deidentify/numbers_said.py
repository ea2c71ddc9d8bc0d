"""What number do these words say? Digits one by one, ordinals, days of a month and years as people speak them. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_UNITS: Final = {
    "zero": 0,
    "oh": 0,
    "o": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
}
_TEENS: Final = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
_TENS: Final = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_TIMES: Final = {"double": 2, "triple": 3}
_ORDINALS: Final = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
    "thirteenth": 13,
    "fourteenth": 14,
    "fifteenth": 15,
    "sixteenth": 16,
    "seventeenth": 17,
    "eighteenth": 18,
    "nineteenth": 19,
    "twentieth": 20,
    "thirtieth": 30,
}
NUMBER_WORDS: Final = frozenset((*_UNITS, *_TEENS, *_TENS, *_TIMES, "hundred", "thousand")) - {"o"}
ORDINAL_WORDS: Final = frozenset(_ORDINALS)
_DIGIT_WORDS: Final = frozenset((*_UNITS, *_TEENS, *_TENS, *_TIMES))


def is_digit_word(word: str) -> bool:
    """Can this word be part of a number said digit by digit or pair by pair (also a written digit or two)?"""
    return word in _DIGIT_WORDS or (word.isdigit() and len(word) <= 4)


def digits_of(words: Sequence[str]) -> str:
    """The digits that words say one after the other: `five double five twenty one` is 55521."""
    digits, times, at = "", 1, 0
    while at < len(words):
        word = words[at]
        if word in _TIMES:
            times = _TIMES[word]
        elif word in _UNITS:
            digits, times = digits + str(_UNITS[word]) * times, 1
        elif word in _TEENS:
            digits, times = digits + str(_TEENS[word]), 1
        elif word in _TENS:
            unit = _UNITS.get(words[at + 1], 0) if at + 1 < len(words) else 0
            at += 1 if unit else 0
            digits, times = digits + str(_TENS[word] + unit), 1
        elif word.isdigit():
            digits, times = digits + word, 1
        at += 1
    return digits


def is_counting(digits: str) -> bool:
    """Is this somebody counting (up, down, or one number over and over), and no number of anything?"""
    steps = {int(b) - int(a) for a, b in pairwise(digits)}
    return (
        len(steps) == 1 or digits in "12345678910111213141516171819202122232425" or digits in "1098765432101234567890"
    )


def day_said(words: Sequence[str], at: int, *, ordinal: bool) -> tuple[int, int]:
    """The day of a month said from here, and in how many words; (0, 0) if none. `ordinal`: only third, 3rd …"""
    if at >= len(words):
        return 0, 0
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word in _ORDINALS:
        return _ORDINALS[word], 1
    if word in ("twenty", "thirty") and following in _ORDINALS and _ORDINALS[following] < 10:
        day = _TENS[word] + _ORDINALS[following]
        return (day, 2) if day <= 31 else (0, 0)
    figure = word
    if word[-2:] in ("st", "nd", "rd", "th"):
        figure = word[:-2]
    elif ordinal:
        return 0, 0
    if figure.isdigit() and len(figure) <= 2 and 1 <= int(figure) <= 31:
        return int(figure), 1
    if ordinal:
        return 0, 0
    if word in ("twenty", "thirty") and _UNITS.get(following, 0) and _TENS[word] + _UNITS[following] <= 31:
        return _TENS[word] + _UNITS[following], 2
    day = {**_UNITS, **_TEENS, **_TENS}.get(word, 0)
    return (day, 1) if 1 <= day <= 31 and word not in ("oh", "o") else (0, 0)


def year_said(words: Sequence[str], at: int) -> tuple[int, int]:
    """The year said or written from here, and in how many words; (0, 0) if none."""
    if at >= len(words):
        return 0, 0
    word = words[at]
    if word.isdigit():
        return (int(word), 1) if len(word) == 4 and 1850 <= int(word) <= 2150 else (0, 0)
    rest = words[at + 1 : at + 5]
    if word in ("eighteen", "nineteen", "twenty") and rest:
        century = {"eighteen": 1800, "nineteen": 1900, "twenty": 2000}[word]
        if rest[0] in ("oh", "o") and len(rest) > 1 and rest[1] in _UNITS:
            return century + _UNITS[rest[1]], 3
        if rest[0] == "hundred":
            return century, 2
        if rest[0] in _TEENS:
            return century + _TEENS[rest[0]], 2
        if rest[0] in _TENS:
            unit = _UNITS.get(rest[1], 0) if len(rest) > 1 and rest[1] not in ("oh", "o") else 0
            return century + _TENS[rest[0]] + unit, 3 if unit else 2
    if word == "two" and rest[:1] == ["thousand"]:
        more = 1 + (len(rest) > 1 and rest[1] == "and")
        last = rest[more] if len(rest) > more else ""
        small = {**_UNITS, **_TEENS}.get(last, 0) if last not in ("oh", "o") else 0
        return 2000 + small, 1 + more + 1 if small else 2
    return 0, 0

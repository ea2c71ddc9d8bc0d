"""What words is a text made of? Tokens, stems and numbers, the same for drafting and for checking.

Pure. Client ids are no words: they are left out before anything is counted.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")


def _each(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _counted(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + step * place for place, word in enumerate(words.split())}


_SUFFIXES: Final = ("ingly", "edly", "ings", "ing", "ies", "ied", "ers", "est", "ed", "es", "er", "ly", "s")
STOP_WORDS: Final = _each(
    """a about after again all also although always am an and any anything are aren't around as at away back be because
    been before being both but by can can't could couldn't did didn't do does doesn't doing don't done down each else
    even ever every everything for from get gets getting go goes going gone gonna got had hadn't has hasn't have haven't
    having he he'd he'll he's her here hers herself him himself his how i i'd i'll i'm i've if in into is isn't it it'd
    it'll it's its itself just kind know let let's like lot made make makes many maybe me mean more most much my myself
    no nor not nothing now of off oh ok okay on once one only or other our ours out over own quite really right said say
    says see she she'd she'll she's should shouldn't so some something sort still stuff such sure take than thank thanks
    that that's the their theirs them themselves then there there's these they they'd they'll they're they've thing
    things think this those though through to too try um under until up us very want was wasn't way we we'd we'll we're
    we've well went were weren't what what's when where which while who who's whole why will with without won't would
    wouldn't yeah yes yet you you'd you'll you're you've your yours yourself uh hmm actually basically literally
    im ive id ill dont didnt cant wont youre thats its theres hes shes theyre weve isnt wasnt"""
)
"""Words that carry no content of their own."""

_ONES: Final = _counted(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS: Final = _counted("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_TIMES: Final = {"once": 1, "twice": 2, "thrice": 3, "dozen": 12, "couple": 2, "fortnight": 2}
_ORDINALS: Final = _counted("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1)
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)?")
_DIGIT = re.compile(r"\d")
_COUNTING_VALUES: Final = {**_ORDINALS, **_TIMES, **_ONES, "hundred": 100}
_UNCOUNTED: Final = frozenset({"one", "first", "second", "once"})
_COUNTING: Final = frozenset({*_COUNTING_VALUES, *_TENS})
_TOKEN = re.compile(r"\[[A-Z]+-\d+\]")
_CODED = re.compile(r"\b[A-Za-z]+[\w-]*\d[\w-]*")


def _irregular(lines: str) -> dict[str, str]:
    return {form: base for line in lines.split(",") for base, *forms in [line.split()] for form in forms}


_IRREGULAR: Final = _irregular(
    """drink drank drunk, tell told, take took taken, give gave given, come came, find found, feel felt, keep kept,
    lose lost, sleep slept, eat ate eaten, write wrote written, speak spoke spoken, drive drove driven, break broke
    broken, fight fought, buy bought, bring brought, catch caught, teach taught, hide hid hidden, hold held, hear
    heard, meet met, pay paid, run ran, sell sold, send sent, shake shook shaken, sit sat, stand stood, steal stole
    stolen, swear swore sworn, throw threw thrown, understand understood, wake woke woken, win won, wear wore worn,
    weep wept, begin began begun, choose chose chosen, grow grew grown, ride rode ridden, rise rose risen, sing sang
    sung, stick stuck, build built, burn burnt, deal dealt, dream dreamt, fall fell fallen, fly flew flown, forget
    forgot forgotten, forgive forgave forgiven, freeze froze frozen, hang hung, lead led, lend lent, spend spent,
    swim swam swum, tear tore torn, withdraw withdrew withdrawn, bite bit bitten, blow blew blown, draw drew drawn,
    feed fed, shoot shot, shrink shrank, lie lied lying, steer steered, learn learnt"""
)
"""How irregular verbs are said of the past; they are compared by their base."""


def without_tokens(text: str) -> str:
    """The text without the tokens that stand for identifiers."""
    return _TOKEN.sub(" ", text)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its ending; only good for comparing words with each other."""
    word = _IRREGULAR.get(word, word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)] + ("y" if suffix in ("ies", "ied") else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiosl":
        word = word[:-1]
    return word.rstrip("e") if len(word) > 3 else word


@lru_cache(maxsize=32768)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, with straight apostrophes."""
    return tuple(_WORD.findall(_TOKEN.sub(" ", text).lower().replace("’", "'")))


@lru_cache(maxsize=32768)
def content(text: str) -> frozenset[str]:
    """The stems of the words of a text that carry content."""
    return content_of(tokens(text))


def content_of(words: Iterable[str]) -> frozenset[str]:
    """The stems of those of these words that carry content."""
    return frozenset(
        stem(word.removesuffix("'s")) for word in words if word not in STOP_WORDS and (len(word) > 2 or word.isdigit())
    )


@lru_cache(maxsize=32768)
def numbers(text: str) -> frozenset[str]:
    """Every number in a text, as digits: 4, four, fourth, twice and fifty-eight alike.

    A bare `one` is no number, nor are digits inside a code (PHQ-9, B3).
    """
    found: set[str] = set()
    if _DIGIT.search(text):
        text = _CODED.sub(" ", _TOKEN.sub(" ", text))
        found = {_plain_number(match[0]) for match in _NUMERAL.finditer(text)}
    words = tokens(text)
    if _COUNTING.isdisjoint(words):
        return frozenset(found)
    tens = 0
    for word in words:
        if word in _TENS:
            tens = _TENS[word]
            found.add(str(tens))
            continue
        value = _COUNTING_VALUES.get(word)
        if value is not None and tens and 0 < value < 10 and word in _ONES:
            found.discard(str(tens))
            found.add(str(tens + value))
        elif value is not None and word not in _UNCOUNTED:
            found.add(str(value))
        tens = 0
    return frozenset(found)


def _plain_number(digits: str) -> str:
    digits = digits.replace(",", ".")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits.lstrip("0") or "0"


def numbered(text: str) -> frozenset[tuple[str, str]]:
    """Numbers with the stem of what they count, where a content word follows within two words: (2, beer)."""
    words = tokens(_CODED.sub(" ", text))
    found = set()
    for at, word in enumerate(words):
        for number in numbers(word):
            nearby = (stem(other) for other in words[at + 1 : at + 3] if other not in STOP_WORDS and not numbers(other))
            following = next(nearby, None)
            if following is not None:
                found.add((number, following))
    return frozenset(found)


def near_numbers(text: str, what: str, within: int = 4, own_sentence: bool = False) -> frozenset[str] | None:
    """The numbers within a few words of a stem in a text; None if the stem is not in it."""
    found: set[str] = set()
    there = False
    text = _CODED.sub(" ", text)
    for piece in re.split(r"[.!?;]", text) if own_sentence else (text,):
        words = tokens(piece)
        for at, word in enumerate(words):
            if stem(word) == what:
                there = True
                around = words[max(0, at - within) : at + within + 1]
                found.update(one for other in around for one in stated_numbers(other))
    return frozenset(found) if there else None


_BETWEEN: Final = _each("for about at only just around nearly almost another")


def verbs_with_numbers(text: str) -> frozenset[tuple[str, str]]:
    """Numbers with the stem of the content word right before them: (stay, 40) in `stayed for forty minutes`."""
    found: set[tuple[str, str]] = set()
    for piece in re.split(r"[.,;:!?()]", _CODED.sub(" ", text)):
        words = tokens(piece)
        for at, word in enumerate(words):
            before = next((other for other in reversed(words[:at]) if other not in _BETWEEN), None)
            if before is not None and before not in STOP_WORDS and not numbers(before):
                found.update((stem(before), one) for one in numbers(word))
    return frozenset(found)


_RATIO = re.compile(r"\b(\w+)\s*(?:out of|of|/)\s*(\w+)\b")


def ratios(text: str) -> frozenset[tuple[str, str]]:
    """Every `four out of six` and 3/5 of a text, in digits."""
    found = set()
    for match in _RATIO.finditer(_CODED.sub(" ", text.lower())):
        part, whole = numbers(match[1]), numbers(match[2])
        if part and whole:
            found.add((next(iter(part)), next(iter(whole))))
    return frozenset(found)


_DAYS: Final = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun|jan|feb|apr|jun|jul|aug|sep|oct|nov|dec)(?:s|ues|nes|rs|ur|day|sday|nesday|rsday|urday|"
    r"uary|ruary|il|e|y|t|ust|tember|ober|ember)*\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=32768)
def days(text: str) -> frozenset[str]:
    """The weekdays and months a text names, by their first three letters; short forms count (Fri, Sat)."""
    return frozenset(match[1].lower() for match in _DAYS.finditer(_TOKEN.sub(" ", text)))


@lru_cache(maxsize=32768)
def stated_numbers(text: str) -> frozenset[str]:
    """Numbers a source may be cited for: also those that `numbers` is too careful to demand (one, once, first)."""
    found = set(numbers(text))
    lowered = set(tokens(text))
    if lowered & {"one", "once", "first", "a", "an", "single"}:
        found.add("1")
    if lowered & {"second", "both", "couple", "pair", "two"}:
        found.add("2")
    return frozenset(found)

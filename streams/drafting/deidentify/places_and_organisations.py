"""Which words name a street, school, hospital, church or company? By the generic word that closes such a name. Pure.

"Lincoln High School", "at lincoln high", "12 oak street" go; "high school", "the hospital", "down the street" stay.
"""

from collections.abc import Iterator
from typing import Final

from streams.drafting.deidentify.context import FUNCTION_WORDS, KIN
from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.numbers_said import NUMBER_WORDS
from streams.drafting.deidentify.reading import Reading, stem_length
from streams.drafting.deidentify.spans import Span
from streams.drafting.deidentify.tokens import Kind

STREETS: Final = word_set(
    """
    street st avenue ave road rd boulevard blvd lane ln drive dr court ct circle terrace parkway pkwy highway
    hwy place way trail alley square plaza route crescent
    """
)
_PLAIN_STREETS: Final = word_set("street avenue ave boulevard blvd lane parkway pkwy highway terrace road rd")
"""Street words that are not much else, so that no number is needed before."""
HEADS: Final = word_set(
    """
    school elementary academy college university hospital clinic church temple mosque synagogue chapel
    ministries parish hospice institute foundation inc llc llp corp corporation pharmacy diner cafe bakery
    restaurant hotel motel inn prison jail county township village apartments plaza stadium gym ymca library
    brewery logistics industries associates partners high middle prep preschool kindergarten daycare bank center
    centre market grill pizzeria salon estates manor permanente systems technologies solutions medical motors
    manufacturing elem lodge ranch farm farms park lake beach river bridge
    """
)
_STRONG_HEADS: Final = word_set(
    """
    elementary academy college university hospital clinic church hospice high middle county apartments temple
    mosque prep school pharmacy diner cafe bakery permanente logistics institute elem
    """
)
"""Enough without a capital, after "at", "to", "from"."""
_COMPOUNDS: Final = word_set(
    """
    school high hospital college church clinic center centre university bank park academy store market
    """
)
_GENERIC: Final = word_set(
    """
    public private charter catholic christian local regular old new same different junior senior boarding night
    summer sunday saturday online elementary middle high primary secondary medical law grad graduate nursing art
    beauty trade mental psychiatric veterans day community state city county general emergency urgent walk free
    main nearest big small little other another whole entire good bad nice my your his her our their the a an
    this that some any no every each first last next one two three grocery convenience liquor drug department
    thrift coffee book pet home children's women's men's kids youth recovery crisis support treatment rehab
    detox methadone pain sleep eye dental family wellness health care business technical vocational special
    alternative preschool after before during middle-school mega black baptist methodist lutheran presbyterian
    pentecostal episcopal orthodox animal police fire food soup trauma skills process teen adult couples left
    right wrong dirt back front side dead empty busy rocky long short hard easy rough narrow bumpy slippery
    high-speed therapy group dating college attend attending attended skip skipped hate hated love loved start
    started starting finish finished finishing leave leaving left miss missed missing quit back going get
    getting go went into out
    """
)
_ENTRANCES: Final = word_set(
    """
    at to from attend attends attended attending near by outside into for in off on around
    """
)
_GO_ON: Final = word_set("of and &")
_NOT_BETWEEN: Final = word_set(
    """
    minutes minute hours hour days day weeks week months month years year people times time miles mile blocks
    block sessions percent dollars bucks pounds degrees kids feet steps milligrams mg in on at to the of and or
    more per out under over
    """
)
TRIGGERS: Final = HEADS | STREETS | {"box"}


def streets(reading: Reading) -> Iterator[Span]:
    """Street addresses, with or without a number, and post office boxes."""
    words = reading.words
    for i, word in enumerate(words):
        if word == "box" and reading.before(i) in ("po", "o", "office") and reading.after(i)[:1].isdigit():
            back = i - (2 if words[i - 1] in ("o", "office") and i > 1 else 1)
            yield Span(reading.starts[back], reading.ends[i + 1], Kind.ADDRESS, key=" ".join(words[back : i + 2]))
        if word not in STREETS or i == 0:
            continue
        first = _street_name(reading, i)
        if first is None:
            continue
        last = i
        while reading.after(last) in (
            "apt",
            "apartment",
            "unit",
            "suite",
            "ste",
            "number",
            "floor",
            "#",
        ) and last + 2 < len(words):
            last += 2
        yield Span(reading.starts[first], reading.ends[last], Kind.ADDRESS, key=" ".join(words[first : last + 1]))


def _street_name(reading: Reading, i: int) -> int | None:
    """The first word of the address that this street word closes."""
    words, at = reading.words, i - 1
    while (
        at >= 0
        and i - at <= 4
        and _close(reading, at + 1)
        and not words[at][0].isdigit()
        and words[at] not in NUMBER_WORDS
    ):
        if words[at] in FUNCTION_WORDS or words[at] in _NOT_BETWEEN:
            break
        at -= 1
    named = i - 1 - at
    numbered = at >= 0 and _close(reading, at + 1) and (words[at][0].isdigit() or words[at] in NUMBER_WORDS)
    if numbered and (named or words[at][-2:] in ("st", "nd", "rd", "th")):
        if not named:  # 42nd Street
            return at - 1 if at > 0 and words[at - 1][0].isdigit() else at
        while at > 0 and (words[at - 1] in NUMBER_WORDS or words[at - 1].isdigit()) and _close(reading, at):
            at -= 1
        name = words[at + 1 : i]
        known_street = words[i] in _PLAIN_STREETS or any(reading.capital(j) for j in range(at + 1, i))
        return at if known_street or len(words[at]) > 1 or name else None
    if not named:
        return None
    capitals = reading.capital(i) and reading.capital(i - 1)
    entrance = at >= 0 and words[at] in _ENTRANCES
    if capitals and words[i] not in ("way", "place"):
        while not reading.capital(at + 1):
            at += 1
        return at + 1
    if reading.cased or not entrance or words[i] not in _PLAIN_STREETS or not _GENERIC.isdisjoint(words[at + 1 : i]):
        return None
    return at + 1


def organisations(reading: Reading) -> Iterator[Span]:
    """Schools, hospitals, churches, companies, counties: names closed by a generic word."""
    words, lists, covered = reading.words, lexicon(), -1
    for i, word in enumerate(words):
        stem = word[: stem_length(word)]
        if i <= covered or stem not in HEADS or i == 0:
            continue
        first = _named_in_capitals(reading, i) if reading.cased else None
        if first is None:
            first = _named_in_any_case(reading, i)
        if first is None:
            continue
        last = i
        while (
            last + 1 < len(words)
            and _close(reading, last + 1)
            and words[last + 1][: stem_length(words[last + 1])] in _COMPOUNDS
        ):
            last += 1
        end = reading.starts[last] + stem_length(words[last])
        if reading.after(last) == "of" and reading.cased and last + 2 < len(words) and reading.capital(last + 2):
            last += 2
            end = reading.ends[last]
        covered = last
        name = words[first : last + 1]
        capitals = sum(reading.capital(at) for at in range(first, last + 1))
        if capitals < 3 and all(piece in lists.allowed or piece in _GENERIC or piece in HEADS for piece in name):
            continue
        yield Span(reading.starts[first], end, Kind.ORG, key=" ".join(name))
    if reading.cased:
        yield from _headed_first(reading)


def _headed_first(reading: Reading) -> Iterator[Span]:
    """University of Somewhere, Church of the Redeemer."""
    words = reading.words
    for i, word in enumerate(words):
        if (
            word in ("university", "college", "church", "school", "bank", "hospital")
            and reading.capital(i)
            and reading.after(i) == "of"
        ):
            last = i + 2
            while last < len(words) and words[last] in ("the", "saint", "st") and last + 1 < len(words):
                last += 1
            if last >= len(words) or not reading.capital(last):
                continue
            while last + 1 < len(words) and reading.capital(last + 1) and _close(reading, last + 1):
                last += 1
            yield Span(reading.starts[i], reading.ends[last], Kind.ORG, key=" ".join(words[i : last + 1]))


def _named_in_capitals(reading: Reading, i: int) -> int | None:
    words, first = reading.words, i
    while first > 0 and i - first < 6 and _close(reading, first):
        before = first - 1
        if reading.capital(before) and words[before] not in ("i", "the", "my", "our", "his", "her", "at", "in"):
            first = before
        elif (
            words[before] in _GO_ON
            and before > 0
            and reading.capital(before - 1)
            and not reading.begins_sentence(before - 1)
        ):
            first = before - 1
        else:
            break
    while first < i and (
        words[first] in FUNCTION_WORDS or (reading.begins_sentence(first) and words[first] in _GENERIC | KIN)
    ):
        first += 1
    if first == i:
        return None
    if not reading.capital(i) and words[i] not in _STRONG_HEADS:
        return None
    if reading.begins_sentence(first) and not reading.capital(i) and lexicon().ordinary(words[first]):
        return None
    if all(words[at] in lexicon().allowed for at in range(first, i)) and words[i] not in _STRONG_HEADS:
        return None
    return first


def _named_in_any_case(reading: Reading, i: int) -> int | None:
    """`at lincoln high`: one to three words after a preposition, none of them generic."""
    words = reading.words
    if words[i] not in _STRONG_HEADS:
        return None
    first = i
    while first > 0 and i - first < 3 and _close(reading, first):
        word = words[first - 1]
        if word in FUNCTION_WORDS or word in _GENERIC or word in KIN or word in _ENTRANCES or word[0].isdigit():
            break
        first -= 1
    if first == i or first == 0 or words[first - 1] not in _ENTRANCES or not _close(reading, first):
        return None
    if words[i] in ("high", "middle") and words[i - 1] in ("pretty", "really", "so", "too", "very", "super"):
        return None
    return first


def _close(reading: Reading, at: int) -> bool:
    gap = reading.gap(at)
    return len(gap) <= 3 and gap.strip() in ("", "&", "'", "-", ".", "#", "/")

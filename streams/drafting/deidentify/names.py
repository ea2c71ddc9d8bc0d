"""In which forms does one person's name occur? Parts, nicknames, initials and typing errors of it. Pure.

Never decides whether a word in a text is meant as a name: that takes the words around it (context.py).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from streams.drafting.deidentify.folding import folded, plain, spellings
from streams.drafting.deidentify.lexicon import lexicon, word_set

MAX_NAME: Final = 200
_PIECE: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CALLED: Final = re.compile(r"[\"“”(]([^\"“”()]{2,40})[\"“”)]")
_AROUND: Final = word_set(
    """
    mr mrs ms mx miss dr prof rev fr sr jr ii iii iv esq phd psyd md do lmft lcsw lpc lmhc lcpc msw rn np pa ma
    """
)
_PARTICLES: Final = word_set(
    """
    de del della di da dos das du la las le los van von der den ter ten zu zur al el bin ben ibn abu bint st
    saint mac mc o y e and the of
    """
)
MIN_LENGTH_FOR_TYPOS: Final = 5


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name taken apart, folded."""

    given: tuple[str, ...]
    """First, middle and quoted names."""
    family: tuple[str, ...]
    whole: tuple[tuple[str, ...], ...]
    """The name's pieces in writing order, one for each way to spell its accents."""
    particles: frozenset[str] = frozenset()

    @property
    def initials(self) -> str:
        """First letters of all pieces that are names, in order; empty for a single name."""
        pieces = [*self.given, *self.family]
        return "".join(piece[0] for piece in pieces) if len(pieces) > 1 else ""


def parts_of(name: str) -> NameParts:
    """A full name's parts. `Surname, Given` and `Given "Nick" Surname` are understood; titles and degrees go."""
    text = plain(name[:MAX_NAME])
    called = [piece for match in _CALLED.finditer(text) for piece in _pieces(match[1])]
    text = _CALLED.sub(" ", text)
    before, comma, after = text.partition(",")
    if comma and any(piece not in _AROUND for piece in _pieces(after)):
        text = f"{after} {before}"
    pieces = [piece for piece in _pieces(text) if piece not in _AROUND]
    names = [piece for piece in pieces if piece not in _PARTICLES] or pieces
    wholes = {tuple(piece for piece in _pieces_of(way) if piece not in _AROUND) for way in spellings(text)}
    # everything after the first space-separated word that is not a middle name: a hyphen binds two family names
    words = [[p for p in _pieces(word) if p in names] for word in text.split()]
    words = [word for word in words if word]
    if len(words) < 2:
        return NameParts(given=(*names, *called), family=(), whole=tuple(sorted(wholes)))
    family = words[-1] if len(words) == 2 or not _PARTICLES.intersection(pieces) else [p for w in words[1:] for p in w]
    given = [p for word in words for p in word if p not in family]
    return NameParts(
        given=(*given, *called),
        family=tuple(family),
        whole=tuple(sorted(wholes)),
        particles=frozenset(piece for piece in pieces if piece in _PARTICLES),
    )


def _pieces(text: str) -> list[str]:
    return _pieces_of(folded(text))


def _pieces_of(text: str) -> list[str]:
    return [piece for piece in _PIECE.findall(text) if len(piece) > 1 or not piece.isascii()]


def nicknames_of(given: Iterable[str]) -> frozenset[str]:
    """What people of these given names are called, and what the names are short for (Liz: Elizabeth, Beth …)."""
    lists = lexicon()
    found: set[str] = set()
    for name in given:
        found |= lists.nicknames.get(name, frozenset())
        for full in lists.names_of_nickname.get(name, frozenset()):
            found.add(full)
    return frozenset(found)


def one_less(word: str) -> Iterator[str]:
    """The word itself and every way to leave one letter out: two words one edit apart share one of these."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def one_edit_apart(one: str, other: str) -> bool:
    """Do two different words differ by one letter inserted, left out, replaced, or two neighbours swapped?"""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        start += 1
    rest_one, rest_other = one[start:], other[start:]
    if len(one) == len(other):
        swapped = rest_one[:2] == rest_other[1::-1] and rest_one[2:] == rest_other[2:]
        return rest_one[1:] == rest_other[1:] or swapped
    return rest_one[1:] == rest_other if len(one) > len(other) else rest_one == rest_other[1:]


_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"sch|sh|ch|tsch", "x"),
        (r"ph|v|w", "f"),
        (r"ck|c|q|k|g(?=h)", "k"),
        (r"gh|h|'", ""),
        (r"j|g(?=[eiy])", "j"),
        (r"z", "s"),
        (r"d", "t"),
        (r"(?<!^)[aeiouy]+", ""),
        (r"^[aeiouy]+", "a"),
        (r"(.)\1+", r"\1"),
    )
)


def sound(name: str) -> str:
    """A rough key: names that sound alike share it (Shawn and Sean do not; Kathryn and Catherine, Jon and John do)."""
    for pattern, instead in _SOUNDS:
        name = pattern.sub(instead, name)
    return name

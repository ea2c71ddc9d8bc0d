"""What is a word, looked at alone: ordinary, a name, somebody's here, a place, or nothing known? Pure, once a word."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import lru_cache
from typing import Final

from streams.drafting.deidentify.contact_details import INTERNET_WORDS, SOCIAL_WORDS
from streams.drafting.deidentify.context import MONTHS
from streams.drafting.deidentify.folding import folded
from streams.drafting.deidentify.known import PEOPLE, Known, Mark
from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.numbers_said import NUMBER_WORDS, ORDINAL_WORDS
from streams.drafting.deidentify.places_and_organisations import TRIGGERS
from streams.drafting.deidentify.reading import Reading, stem_length
from streams.drafting.deidentify.spelled import unmasked

MAX_REMEMBERED: Final = 200_000
_REGIONS_THAT_ARE_NAMES: Final = word_set("georgia virginia carolina dakota montana chad israel asia america")


class Sort(IntEnum):
    """What a word is, looked at alone."""

    ORDINARY = 0
    KNOWN = auto()
    """Somebody's or something's known name, and no ordinary word."""
    NAME = auto()
    """On a list of names and no ordinary word."""
    PLACE = auto()
    EITHER = auto()
    """An ordinary word that is also a name, known or not: the words around it must tell."""
    STRANGE = auto()
    """In no list: a name until shown otherwise."""
    FOREIGN = auto()
    """Not in Latin letters."""


class Calls:
    """Which patterns a word calls for: bits of one number (an IntFlag costs a third of the whole reading)."""

    NOTHING: Final = 0
    FIGURES: Final = 1
    NUMBERS: Final = 2
    DATES: Final = 4
    NET: Final = 8
    SOCIAL: Final = 16
    PLACES: Final = 32
    LETTERS: Final = 64
    PHRASE: Final = 128
    """A known phrase begins here."""
    SPLIT: Final = 256
    """A known name may begin here and go on in the next word."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one folded word is, and what it calls for. `stem` leaves out a possessive ending."""

    sort: Sort
    stem: int
    calls: int
    mark: Mark | None = None


_NUMBER_LIKE: Final = NUMBER_WORDS | {"ninety", "nineties", "hundred"}
_DATE_LIKE: Final = MONTHS | ORDINAL_WORDS | {"twenty", "thirty"}


class Judge:
    """Judges words for one session, and remembers."""

    def __init__(self, known: Known, own_ids: Iterable[str]) -> None:
        self._known = known
        self._verdicts: dict[str, Verdict] = {}
        pieces = {folded(piece) for id_ in own_ids for piece in Reading(id_).words}
        self._own = frozenset(piece for piece in pieces if piece not in known.words and any(c.isdigit() for c in piece))

    def verdict(self, word: str) -> Verdict:
        """What the folded word is, looked at alone."""
        found = self._verdicts.get(word)
        if found is None:
            if len(self._verdicts) > MAX_REMEMBERED:
                self._verdicts.clear()
            found = self._verdicts[word] = self._judge(word)
        return found

    @property
    def remembered(self) -> dict[str, Verdict]:
        """The verdicts so far, by word."""
        return self._verdicts

    def _judge(self, word: str) -> Verdict:
        lists, stem = lexicon(), stem_length(word)
        base = word[:stem]
        calls = self._calls(word, base)
        if base in self._own:
            return Verdict(Sort.ORDINARY, stem, calls & Calls.PHRASE)
        mark = self._known.words.get(word)
        if mark is not None and stem != len(word):
            stem, base = len(word), word
        elif mark is None:
            mark = self._known.words.get(base)
        if mark is None and len(base) > 4 and base.endswith("s"):
            plural = base[:-2] if base.endswith("es") and base[:-2] in self._known.words else base[:-1]
            mark = self._known.words.get(plural)
            if mark is not None and (not mark.sure or lists.ordinary(base)):
                mark = None
            elif mark is not None:
                stem = len(plural) if mark.kind in PEOPLE else stem
        if mark is not None:
            return Verdict(Sort.KNOWN if mark.sure else Sort.EITHER, stem, calls, mark)
        if any(c.isdigit() for c in base):
            mark = self._masked(base)
            return Verdict(Sort.ORDINARY if mark is None else Sort.KNOWN, stem, calls, mark)
        if not base.isascii() and not all("LATIN" in _script(c) for c in base):
            return Verdict(Sort.FOREIGN, stem, calls)
        if base in lists.allowed:
            return Verdict(Sort.ORDINARY, stem, calls)
        if base in lists.regions:
            return Verdict(
                Sort.EITHER if base in lists.given_names or base in _REGIONS_THAT_ARE_NAMES else Sort.ORDINARY,
                stem,
                calls,
            )
        listed = base in lists.given_names or base in lists.surnames
        if not listed and lists.ordinary(base):
            also = base in lists.names_that_are_words or base in lists.place_words
            return Verdict(Sort.EITHER if also else Sort.ORDINARY, stem, calls)
        mark = self._similar(base, listed=listed)
        if mark is not None:
            return Verdict(Sort.KNOWN, stem, calls, mark)
        if listed:
            return Verdict(Sort.NAME, stem, calls)
        if base in lists.places:
            return Verdict(Sort.PLACE, stem, calls)
        if base.endswith("s") and (
            base[:-1] in lists.given_names or base[:-1] in lists.surnames or base[:-2] in lists.surnames
        ):
            return Verdict(Sort.NAME, stem, calls)
        return Verdict(Sort.STRANGE, stem, calls)

    def _similar(self, base: str, *, listed: bool) -> Mark | None:
        if listed:
            alike = self._known.sounding_like(base)
            return alike if alike is not None and self._known.near(base) is not None else None
        mark = self._known.near(base)
        if mark is None and len(base) > 5 and base.endswith("s"):
            mark = self._known.near(base[:-1])
        return mark or self._known.within(base)

    def _masked(self, base: str) -> Mark | None:
        letters = unmasked(base)
        mark = self._known.words.get(letters)
        if mark is not None and mark.sure:
            return mark
        return self._known.within(base.strip("0123456789")) or self._known.words.get(base.strip("0123456789") or base)

    def _calls(self, word: str, base: str) -> int:
        calls: int = Calls.NOTHING
        known = self._known
        if any(c.isdigit() for c in word):
            calls |= Calls.FIGURES | Calls.NUMBERS
            if word[-2:] in ("st", "nd", "rd", "th"):
                calls |= Calls.DATES
        if base in _NUMBER_LIKE:
            calls |= Calls.NUMBERS
        if base in _DATE_LIKE:
            calls |= Calls.DATES
        if base in INTERNET_WORDS:
            calls |= Calls.NET
        if base in SOCIAL_WORDS:
            calls |= Calls.SOCIAL
        if base in TRIGGERS:
            calls |= Calls.PLACES
        if len(base) == 1:
            calls |= Calls.LETTERS
        if base in known.phrases or word in known.phrases or base in place_phrases() or base in region_phrases():
            calls |= Calls.PHRASE
        if base in known.beginnings:
            calls |= Calls.SPLIT
        return calls


@lru_cache(maxsize=1)
def place_phrases() -> dict[str, list[tuple[str, ...]]]:
    """Places of several words by their first, the longest first."""
    return _by_first(lexicon().places, shortest=2)


@lru_cache(maxsize=1)
def region_phrases() -> dict[str, list[tuple[str, ...]]]:
    """States and countries by their first word, the longest first."""
    return _by_first(lexicon().regions, shortest=1)


def _by_first(names: Iterable[str], shortest: int) -> dict[str, list[tuple[str, ...]]]:
    starts: dict[str, list[tuple[str, ...]]] = {}
    for name in names:
        pieces = tuple(name.replace("-", " ").replace(".", " ").split())
        if len(pieces) >= shortest:
            starts.setdefault(pieces[0], []).append(pieces)
    return {first: sorted(several, key=len, reverse=True) for first, several in starts.items()}


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    return unicodedata.name(character, "")

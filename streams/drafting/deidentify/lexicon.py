"""Is this an ordinary English word, a name, a place, or neither? The shipped word lists, read once.

Where each list comes from and under which licence: words/SOURCES.md. Reads package data only.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from streams.drafting.deidentify.folding import folded

_ENDINGS: Final = (
    ("ies", "y"),
    ("es", ""),
    ("es", "e"),
    ("s", ""),
    ("ied", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("in", "ing"),
    ("ly", ""),
    ("er", ""),
    ("er", "e"),
    ("ness", ""),
    ("ish", ""),
    ("y", ""),
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded words. A word is in at most one of `common` and the lists of names and places."""

    common: frozenset[str]
    allowed: frozenset[str]
    """Never a name here: instruments, therapies, medicines, languages, days, talk."""
    given_names: frozenset[str]
    surnames: frozenset[str]
    names_that_are_words: frozenset[str]
    places: frozenset[str]
    place_words: frozenset[str]
    regions: frozenset[str]
    """States, countries and larger: Safe Harbor lets them stay."""
    nicknames: Mapping[str, frozenset[str]]
    """A given name to what people of that name are called."""
    names_of_nickname: Mapping[str, frozenset[str]]
    """The other way round."""

    def ordinary(self, word: str) -> bool:
        """Is this folded word ordinary English, also when bent (walked, walks, walking)?"""
        if word in self.common or word in self.allowed:
            return True
        if word in self.given_names or word in self.surnames or word in self.places:
            return False
        for ending, instead in _ENDINGS:
            if len(word) - len(ending) >= 3 and word.endswith(ending):
                stem = word[: -len(ending)] + instead
                if stem in self.common:
                    return True
                if (
                    ending in ("ed", "ing", "er")
                    and len(stem) > 3
                    and stem[-1] == stem[-2]
                    and stem[:-1] in self.common
                ):
                    return True
        return False


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The shipped lists; about 20 ms the first time."""
    nicknames = {}
    backwards: dict[str, set[str]] = defaultdict(set)
    for line in _lines("nicknames"):
        name, _, short = line.partition(":")
        nicknames[name] = frozenset(short.split())
        for nickname in nicknames[name]:
            backwards[nickname].add(name)
    return Lexicon(
        common=_words("common"),
        allowed=_words("allowed"),
        given_names=_words("given-names"),
        surnames=_words("surnames"),
        names_that_are_words=_words("names-that-are-words"),
        places=frozenset(_lines("places")),
        place_words=frozenset(_lines("place-words")),
        regions=frozenset(_lines("regions")),
        nicknames=nicknames,
        names_of_nickname={short: frozenset(names) for short, names in backwards.items()},
    )


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath("words", f"{name}.txt").read_text(encoding="utf-8")
    return [folded(line) for line in text.splitlines() if line and not line.startswith("#")]


def _words(name: str) -> frozenset[str]:
    return frozenset(word for line in _lines(name) for word in line.split())


def word_set(words: str) -> frozenset[str]:
    """The words of a text written in code, as a set."""
    return frozenset(words.split())

"""Is this an ordinary English word, a name, a place, or neither? The shipped word lists, read once.

Where each list comes from and under which licence: words/SOURCES.md. Reads package data only.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from streams.drafting.deidentify.folding import folded

FREQUENT: Final = 15_000
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
_SPELLINGS: Final = (
    ("or", "our"),
    ("er", "re"),
    ("e", "ae"),
    ("e", "oe"),
    ("z", "s"),
    ("l", "ll"),
    ("ense", "ence"),
    ("og", "ogue"),
    ("um", "ium"),
)
"""American spellings to the British ones the dictionary has."""
_CLINICAL_ENDINGS: Final = tuple(
    """
    itis oscopy ectomy ostomy otomy algia emia aemia uria ology ologist ologic ological osis otic gram grams graphy
    plasty opathy megaly pnea pneic phagia plegia paresis trophy rrhea rrhoea tropic mycin cillin cycline floxacin azole
    olol pril sartan statin azepam azolam oxetine triptan triptyline gliptin glutide gliflozin setron prazole tidine
    sone solone onide olone vascular skeletal muscular articular tibial femoral clavicular thyroid globin genic estrogen
    edema esophagus esophageal pediatric pediatrician orthopedic orthopedics orthopedist tripsy splenomegaly lateral
    """.split()  # noqa: SIM905 - a table of endings
)
"""How words of medicine end and names do not; only for words of eight letters and more."""
_PREFIXES: Final = (
    "non",
    "pre",
    "post",
    "multi",
    "anti",
    "inter",
    "intra",
    "hyper",
    "hypo",
    "micro",
    "mid",
    "self",
    "super",
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded words. A word is in at most one of `common` and the lists of names and places."""

    common: frozenset[str]
    frequent: frozenset[str]
    """The words of `common` that people use; the rest has painters and battles in it, too."""
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
        """Is this folded word ordinary English, also when bent (walked), American (favorite) or medical (colitis)?"""
        if word in self.common or word in self.allowed:
            return True
        if word in self.given_names or word in self.surnames or word in self.places:
            return False
        return self._bent(word) or self._clinical(word) or any(self._spelled_otherwise(word))

    def everyday(self, word: str) -> bool:
        """Is it so ordinary that somebody's known name may be meant as the word? Delacroix and Strauss are not."""
        return word in self.frequent or word in self.names_that_are_words or word in self.allowed

    def _bent(self, word: str) -> bool:
        for ending, instead in _ENDINGS:
            if len(word) - len(ending) < 3 or not word.endswith(ending):
                continue
            stem = word[: -len(ending)] + instead
            if stem in self.common or (stem in self.allowed and (ending in ("s", "es") or len(stem) > 3)):
                return True
            doubled = ending in ("ed", "ing", "er") and len(stem) > 3 and stem[-1] == stem[-2]
            if doubled and stem[:-1] in self.common:
                return True
        return False

    def _clinical(self, word: str) -> bool:
        if len(word) >= 8 and (word.endswith(_CLINICAL_ENDINGS) or word.removesuffix("s").endswith(_CLINICAL_ENDINGS)):
            return True
        return any(
            word.startswith(prefix) and len(word) - len(prefix) >= 4 and word[len(prefix) :] in self.common
            for prefix in _PREFIXES
        )

    def _spelled_otherwise(self, word: str) -> Iterator[bool]:
        stem = word.removesuffix("s")
        if len(stem) < 5:
            return
        for american, british in _SPELLINGS:
            at = stem.find(american, 1)
            while at > 0:
                other = stem[:at] + british + stem[at + len(american) :]
                yield other in self.common
                at = stem.find(american, at + 1)


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
        common=_words("everyday"),
        frequent=frozenset(_lines("everyday")[:FREQUENT]),
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

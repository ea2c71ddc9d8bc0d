"""Does a text name somebody it must not name? Names and nicknames of the other clients, found whatever their spelling.

Pure. Answers who is named, never the words themselves.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from dashboards.desk.chart_facts import ClientFacts
from dashboards.desk.withheld_words import in_words

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE: Final = re.compile(r"['’]s$")
ORDINARY_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "amber angel april art august autumn bill bliss brook carol chance charity chase cherry christian"
        " clay cliff dale dawn dean destiny eve faith forest frank gene glen grace grant guy harmony heather"
        " hope hunter iris ivy jack jade jasmine joy june justice king lance lane lee lily long love major"
        " mark mason may melody mercy merit miles miller misty nick noble pat patience peace pearl penny"
        " pierce ray reed rich rob robin rock rose ruby sage sandy serenity skip sky storm summer sue sunny"
        " temple tom trinity violet wade ward will willow win winter wood woods young brown green white black"
        " gray grey baker cook carter fisher shepherd smith stone field fields bell banks brooks bush hill"
        " hall park parks price rivers short small strong sharp wise day moon star",
    )
)
"""Names that are also words: they count as names where a sentence does not begin and they are capitalised."""


def named_in(text: str, others: Iterable[ClientFacts], own: ClientFacts | None = None) -> tuple[str, ...]:
    """The ids of the others whom the text names. What the client of the note shares with them (a family name, the same
    given name) does not count."""
    mine = set() if own is None else _parts(own)
    words = _words(text)
    plain = {word for word, _, _ in words}
    named_words = {word for word, capital, first in words if capital and not first}
    joined = f" {' '.join(word for word, _, _ in words)} "
    found = []
    for client in others:
        parts = _parts(client) - mine
        telling = {part for part in parts if part not in ORDINARY_WORDS}
        wholes = [" ".join(_fold(word) for word, _, _ in _words(name)) for name in (client.name, *client.nicknames)]
        whole = any(" " in name and f" {name} " in joined for name in wholes if name)
        if whole or telling & plain or (parts & ORDINARY_WORDS) & named_words:
            found.append(client.client_id)
    return tuple(found)


def _parts(client: ClientFacts) -> set[str]:
    """Given, family and nick names, each word of more than one letter."""
    words = (word for name in (client.name, *client.nicknames) for word, _, _ in _words(name))
    return {word for word in words if len(word) > 1 and not word.isdigit()}


def _words(text: str) -> list[tuple[str, bool, bool]]:
    """Each word folded, whether it is capitalised, and whether it begins a sentence."""
    found = []
    end = 0
    begins = True
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        begins = begins or bool(re.search(r"[.!?:\n]", between))
        word = _POSSESSIVE.sub("", match.group())
        found.append((_fold(word), word[:1].isupper(), begins))
        begins = False
        end = match.end()
    return found


def _fold(word: str) -> str:
    """Without case and accents."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def shown(text: str, words: Mapping[str, str]) -> str:
    """The text with the ids of people replaced by words for them, longest id first so that none is cut, and with words
    for what de-identification took out."""
    text = in_words(text)
    if not words:
        return text
    ids = "|".join(re.escape(one) for one in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])(?:{ids})(?![\w-])", lambda match: words[match.group()], text)

"""What in one text gives somebody away? One pass over its words, then only the patterns its words call for. Pure.

Linear in the text's length. `known_only` finds what the session's record names (the final gate); otherwise also what
looks like a name, a place or a number of somebody nobody told us about.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag, auto
from functools import lru_cache
from typing import Final

from streams.drafting.deidentify.contact_details import (
    INTERNET_WORDS,
    SOCIAL_WORDS,
    handles_said,
    numbers_said,
    numbers_written,
    on_the_net,
    said_on_the_net,
)
from streams.drafting.deidentify.context import (
    MONTHS,
    after_place_preposition,
    introduced,
    meant_as_name,
    place_meant,
)
from streams.drafting.deidentify.dates import ages_over_89, said_dates, written_dates
from streams.drafting.deidentify.folding import folded
from streams.drafting.deidentify.known import Known, Mark
from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.numbers_said import NUMBER_WORDS, ORDINAL_WORDS
from streams.drafting.deidentify.places_and_organisations import TRIGGERS, organisations, streets
from streams.drafting.deidentify.reading import Reading, stem_length
from streams.drafting.deidentify.spans import Span, without_overlap
from streams.drafting.deidentify.spelled import broken, letters_in_a_row, unmasked
from streams.drafting.deidentify.tokens import Kind

PEOPLE: Final = frozenset((Kind.CLIENT, Kind.THERAPIST, Kind.CONTACT, Kind.FAMILY, Kind.PERSON))
_SHORTEST_STRANGE: Final = 3


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


class Calls(IntFlag):
    """Which patterns a word calls for."""

    NOTHING = 0
    FIGURES = auto()
    NUMBERS = auto()
    DATES = auto()
    NET = auto()
    SOCIAL = auto()
    PLACES = auto()
    LETTERS = auto()
    PHRASE = auto()
    """A known phrase begins here."""
    SPLIT = auto()
    """A known name may begin here and go on in the next word."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one folded word is, and what it calls for. `stem` leaves out a possessive ending."""

    sort: Sort
    stem: int
    calls: Calls
    mark: Mark | None = None


_NUMBER_LIKE: Final = NUMBER_WORDS | {"ninety", "nineties", "hundred"}
_DATE_LIKE: Final = MONTHS | ORDINAL_WORDS | {"twenty", "thirty"}


@lru_cache(maxsize=1)
def _place_starts() -> dict[str, list[tuple[str, ...]]]:
    """Places of several words by their first."""
    starts: dict[str, list[tuple[str, ...]]] = {}
    for place in lexicon().places:
        pieces = tuple(place.replace("-", " ").replace(".", " ").split())
        if len(pieces) > 1:
            starts.setdefault(pieces[0], []).append(pieces)
    return {first: sorted(several, key=len, reverse=True) for first, several in starts.items()}


@lru_cache(maxsize=1)
def _region_starts() -> dict[str, list[tuple[str, ...]]]:
    starts: dict[str, list[tuple[str, ...]]] = {}
    for region in lexicon().regions:
        pieces = tuple(region.split())
        starts.setdefault(pieces[0], []).append(pieces)
    return {first: sorted(several, key=len, reverse=True) for first, several in starts.items()}


class Finder:
    """Finds what gives people of one session away. Remembers what it thought of each word."""

    def __init__(self, known: Known, own_ids: Iterable[str], oldest_year: int) -> None:
        self._known = known
        self._verdicts: dict[str, Verdict] = {}
        self._own = frozenset(folded(piece) for id_ in own_ids for piece in Reading(id_).words)
        self._own_ids = tuple(own_ids)
        self._oldest_year = oldest_year

    # --- one word ----------------------------------------------------------------------------------

    def verdict(self, word: str) -> Verdict:
        """What the folded word is, looked at alone."""
        found = self._verdicts.get(word)
        if found is None:
            if len(self._verdicts) > 200_000:
                self._verdicts.clear()
            found = self._verdicts[word] = self._judge(word)
        return found

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

    def _calls(self, word: str, base: str) -> Calls:
        calls = Calls.NOTHING
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
        if base in known.phrases or word in known.phrases or base in _place_starts() or base in _region_starts():
            calls |= Calls.PHRASE
        if base in known.beginnings:
            calls |= Calls.SPLIT
        return calls

    # --- one text ----------------------------------------------------------------------------------

    def spans(self, reading: Reading, *, known_only: bool = False) -> list[Span]:
        """Everything to take out of the text, in order, without overlap."""
        found, calls = self._words(reading, known_only=known_only)
        text = reading.text
        if "@" in text or "/" in text or "#" in text or "." in text or ":" in text:
            found += on_the_net(reading, folded(text)) if _maybe_net(text) else []
        if calls & Calls.FIGURES:
            low = folded(text)
            found += written_dates(reading, low)
            found += (self._numbered(span) for span in numbers_written(low) if not self._is_own(reading, span))
        if calls & (Calls.FIGURES | Calls.NUMBERS):
            found += ages_over_89(folded(text), self._oldest_year)
        if calls & Calls.NUMBERS:
            found += (self._numbered(span) for span in numbers_said(reading))
        if calls & Calls.DATES:
            found += said_dates(reading)
        if calls & Calls.NET:
            found += said_on_the_net(reading)
        if calls & Calls.SOCIAL and not known_only:
            found += handles_said(folded(text))
        if calls & Calls.LETTERS:
            letters = letters_in_a_row(reading, self._known)
            found += (span for span in letters if span.token is not None or not known_only)
            found += self._initials(reading, found)
        if calls & Calls.PLACES and not known_only:
            found += streets(reading)
            found += organisations(reading)
        return self._people_joined(reading, without_overlap(found))

    def _numbered(self, span: Span) -> Span:
        """A number with the token of the known number it is."""
        mark = self._known.digits.get(span.key) or self._known.digits.get(span.key[-7:])
        return span if mark is None else Span(span.start, span.end, mark.kind, mark.token)

    def _is_own(self, reading: Reading, span: Span) -> bool:
        """Client and goal ids are no identifiers: they are what people are named by here."""
        text = reading.text[span.start : span.end].casefold()
        return any(text.startswith(id_.casefold()) for id_ in self._own_ids)

    def _words(self, reading: Reading, *, known_only: bool) -> tuple[list[Span], Calls]:
        found: list[Span] = []
        calls = Calls.NOTHING
        words, verdicts = reading.words, self._verdicts
        skip_until = 0
        for i, word in enumerate(words):
            verdict = verdicts.get(word) or self.verdict(word)
            calls |= verdict.calls
            if i < skip_until or (verdict.sort is Sort.ORDINARY and not verdict.calls):
                continue
            if verdict.calls & (Calls.PHRASE | Calls.SPLIT):
                span, following = self._phrase(reading, i, verdict, known_only=known_only)
                if following:
                    skip_until = following
                    for later in words[i + 1 : following]:
                        calls |= self.verdict(later).calls
                    if span is not None:
                        found.append(span)
                    continue
            if verdict.sort is not Sort.ORDINARY:
                span = self._word(reading, i, verdict, known_only=known_only)
                if span is not None:
                    found.append(span)
        return found, calls

    def _phrase(self, reading: Reading, i: int, verdict: Verdict, *, known_only: bool) -> tuple[Span | None, int]:
        """A known phrase, a place of several words, or a known name broken in two; and where to go on."""
        words = reading.words
        for pieces, mark in self._known.phrases.get(words[i], ()) or self._known.phrases.get(
            words[i][: verdict.stem], ()
        ):
            last = self._matches(reading, i, pieces)
            if last is not None:
                end = reading.starts[last] + (
                    stem_length(words[last]) if words[last] != pieces[-1] else len(words[last])
                )
                return Span(reading.starts[i], end, mark.kind, mark.token), last + 1
        if verdict.calls & Calls.SPLIT and verdict.sort is not Sort.KNOWN:
            split = broken(reading, i, self._known)
            if split is not None:
                return Span(reading.starts[i], reading.ends[split[0]], split[1].kind, split[1].token), split[0] + 1
        if known_only:
            return None, 0
        for pieces in _region_starts().get(words[i], ()):
            last = self._matches(reading, i, pieces)
            if (
                last is not None
                and (len(pieces) > 1 or after_place_preposition(reading, i))
                and verdict.sort is not Sort.KNOWN
            ):
                return None, last + 1
        for pieces in _place_starts().get(words[i], ()):
            last = self._matches(reading, i, pieces)
            if last is not None and (not reading.cased or reading.capital(i)):
                return Span(reading.starts[i], reading.ends[last], Kind.PLACE, key=" ".join(pieces)), last + 1
        return None, 0

    @staticmethod
    def _matches(reading: Reading, i: int, pieces: tuple[str, ...]) -> int | None:
        words, last = reading.words, i + len(pieces) - 1
        if last >= len(words):
            return None
        for at, piece in enumerate(pieces, start=i):
            word = words[at]
            if word != piece and not (word[: stem_length(word)] == piece and at in (i, last)):
                return None
            if at > i and (len(reading.gap(at)) > 4 or "\n" in reading.gap(at)):
                return None
        return last

    def _word(self, reading: Reading, i: int, verdict: Verdict, *, known_only: bool) -> Span | None:
        start = reading.starts[i]
        end = start + verdict.stem
        word = reading.words[i][: verdict.stem]
        mark = verdict.mark
        match verdict.sort:
            case Sort.KNOWN:
                assert mark is not None
                return Span(start, end, mark.kind, mark.token)
            case Sort.EITHER if mark is not None:
                meant = (
                    meant_as_name(reading, i, known=True)
                    if mark.kind in PEOPLE
                    else (reading.capital(i) and not reading.begins_sentence(i)) or reading.before(i) in ("at", "for")
                )
                return Span(start, end, mark.kind, mark.token) if meant else None
            case _ if known_only:
                return None
            case Sort.EITHER:
                return self._either(reading, i, Span(start, end, Kind.PERSON, key=word))
            case Sort.NAME:
                return Span(start, end, Kind.PERSON, key=word)
            case Sort.PLACE:
                return Span(start, end, Kind.PLACE, key=word)
            case Sort.FOREIGN:
                return Span(start, end, Kind.TEXT, key=word)
            case _:
                return self._strange(reading, i, Span(start, end, Kind.PERSON, key=word))

    def _either(self, reading: Reading, i: int, span: Span) -> Span | None:
        lists = lexicon()
        if span.key in lists.regions and after_place_preposition(reading, i):
            return None
        if span.key in lists.place_words and place_meant(reading, i):
            return Span(span.start, span.end, Kind.PLACE, key=span.key)
        if span.key in lists.names_that_are_words or span.key in lists.regions:
            return span if meant_as_name(reading, i, known=False) else None
        return None

    def _strange(self, reading: Reading, i: int, span: Span) -> Span | None:
        if len(span.key) < 2:
            return None
        shown = reading.text[span.start : span.end]
        if reading.cased:
            if reading.text[span.start].isupper():
                return span
            return span if not shown.islower() or introduced(reading, i) else None
        if len(span.key) < _SHORTEST_STRANGE or _stammer(span.key, reading, i):
            return None
        return span

    def _initials(self, reading: Reading, found: list[Span]) -> list[Span]:
        """A single capital letter, or two with dots, that are somebody's initials here."""
        words, initials = reading.words, self._known.initials
        taken = {span.start for span in found}
        spans: list[Span] = []
        for i, word in enumerate(words):
            letter = word[: stem_length(word)]
            if len(letter) != 1 or letter not in initials or not reading.text[reading.starts[i]].isupper():
                continue
            if reading.starts[i] in taken or not _is_initial(reading, i, letter):
                continue
            mark = initials[letter]
            if mark is not None:
                spans.append(Span(reading.starts[i], reading.starts[i] + 1, mark.kind, mark.token))
            else:
                spans.append(Span(reading.starts[i], reading.starts[i] + 1, Kind.PERSON, key=f"initial {letter}"))
        return spans

    # --- people of several words -------------------------------------------------------------------

    def _people_joined(self, reading: Reading, spans: list[Span]) -> list[Span]:
        """First and last name beside each other become one; a name takes the capital word after it along."""
        joined: list[Span] = []
        text = reading.text
        for span in spans:
            last = joined[-1] if joined else None
            if (
                last is not None
                and last.kind in PEOPLE
                and span.kind in PEOPLE
                and text[last.end : span.start] in (" ", "-", ". ", "  ")
            ):
                both = _one_person(last, span)
                if both is not None:
                    joined[-1] = both
                    continue
            joined.append(span)
        return joined


_REGIONS_THAT_ARE_NAMES: Final = word_set(
    """
    georgia virginia carolina dakota montana chad israel asia america
    """
)


def _one_person(first: Span, second: Span) -> Span | None:
    """Both names as one, if they can be one person's."""
    if first.token is not None and first.token == second.token:
        return Span(first.start, second.end, first.kind, first.token)
    if first.token is None and second.token is None:
        return Span(first.start, second.end, first.kind, key=f"{first.key} {second.key}")
    own = [span for span in (first, second) if span.kind in (Kind.CLIENT, Kind.THERAPIST, Kind.CONTACT)]
    shared = [span for span in (first, second) if span.kind is Kind.FAMILY]
    if len(own) == 1 and len(shared) == 1:
        return Span(first.start, second.end, own[0].kind, own[0].token)
    return None


def _stammer(word: str, reading: Reading, i: int) -> bool:
    """`th the`, `wh what`, `rem- remember`: a beginning of the word that follows."""
    following = reading.words[i + 1] if i + 1 < len(reading) else ""
    return following.startswith(word) and following != word


_LETTERS_AFTER: Final = word_set(
    """
    vitamin plan hep hepatitis type group grade part section step appendix option vit the a an score
    """
)


def _is_initial(reading: Reading, i: int, letter: str) -> bool:
    previous, following = reading.before(i), reading.after(i)
    if letter == "i" or previous in _LETTERS_AFTER:
        return False
    if letter == "a":
        return (
            following.endswith("ed")
            or following
            in ("said", "says", "was", "is", "has", "had", "did", "and", "to", "will", "not", "late", "quiet")
            or "'s" in reading.words[i]
        )
    return True


def _maybe_net(text: str) -> bool:
    return (
        "@" in text
        or "#" in text
        or "://" in text
        or "www" in text
        or any("." in piece[1:-1] for piece in text.split() if not piece.replace(".", "").isdigit())
        or text.count(":") > 3
        or text.count(".") > 2
    )


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    return unicodedata.name(character, "")

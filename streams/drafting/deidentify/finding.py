"""What in one text gives somebody away? One pass over its words, then only the patterns its words call for. Pure.

Linear in the text's length. `known_only` finds what the session's record names (the final gate); otherwise also what
looks like a name, a place or a number of somebody nobody told us about.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.drafting.deidentify.capitals import CLINICAL, capital_runs
from streams.drafting.deidentify.contact_details import (
    handles_said,
    numbers_said,
    numbers_written,
    on_the_net,
    said_on_the_net,
)
from streams.drafting.deidentify.context import after_place_preposition, introduced, meant_as_name, place_meant
from streams.drafting.deidentify.dates import ages_over_89, said_dates, written_dates
from streams.drafting.deidentify.folding import folded
from streams.drafting.deidentify.initials import initials
from streams.drafting.deidentify.judging import Calls, Judge, Sort, Verdict, place_phrases, region_phrases
from streams.drafting.deidentify.known import PEOPLE, Known
from streams.drafting.deidentify.lexicon import lexicon
from streams.drafting.deidentify.ordinary_names import OrdinaryNames
from streams.drafting.deidentify.places_and_organisations import organisations, streets
from streams.drafting.deidentify.reading import Reading, stem_length
from streams.drafting.deidentify.spans import Span, without_overlap
from streams.drafting.deidentify.spelled import broken, letters_in_a_row
from streams.drafting.deidentify.tokens import Kind

_SHORTEST_STRANGE: Final = 3
_INNER_DOT: Final = re.compile(r"\S\.\S")


class Finder:
    """Finds what gives people of one session away."""

    def __init__(self, known: Known, own_ids: Iterable[str], oldest_year: int) -> None:
        self._known = known
        self._own_ids = frozenset(folded(id_) for id_ in own_ids)
        self._judge = Judge(known, self._own_ids)
        self._oldest_year = oldest_year
        self._names = OrdinaryNames(word for word, mark in known.words.items() if not mark.sure and mark.kind in PEOPLE)
        self._initials_of: dict[str | None, list[str]] = {}
        for letters, mark in known.initials.items():
            if mark is not None and len(letters) > 1:
                self._initials_of.setdefault(mark.token, []).append(letters)

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
            found += (self._numbered(span) for span in numbers_written(low) if not self._is_own(span))
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
            found += initials(reading, self._known)
        if calls & Calls.PLACES and not known_only:
            found += streets(reading)
            found += organisations(reading)
        if reading.cased and not known_only:
            found += capital_runs(reading)
        found += self.certain_names(text)
        return self._people_joined(reading, without_overlap(found))

    def certain_names(self, text: str) -> Iterator[Span]:
        """Names that are words, where the raw text shows that they are names; the gate asks this by itself as well."""
        for start, end, name in self._names.uses(text):
            mark = self._known.words[name]
            yield Span(start, end, mark.kind, mark.token)

    def _numbered(self, span: Span) -> Span:
        """A number with the token of the known number it is."""
        mark = self._known.digits.get(span.key) or self._known.digits.get(span.key[-7:])
        return span if mark is None else Span(span.start, span.end, mark.kind, mark.token)

    def _is_own(self, span: Span) -> bool:
        """Client and goal ids are no identifiers: they are what people are named by here."""
        return span.key in self._own_ids or any(span.key.startswith(f"{id_}-") for id_ in self._own_ids)

    def _words(self, reading: Reading, *, known_only: bool) -> tuple[list[Span], int]:
        found: list[Span] = []
        calls: int = Calls.NOTHING
        words, verdicts = reading.words, self._judge.remembered
        skip_until = 0
        for i, word in enumerate(words):
            verdict = verdicts.get(word) or self._judge.verdict(word)
            calls |= verdict.calls
            if i < skip_until or (verdict.sort is Sort.ORDINARY and not verdict.calls):
                continue
            if verdict.calls & (Calls.PHRASE | Calls.SPLIT):
                span, following = self._phrase(reading, i, verdict, known_only=known_only)
                if following:
                    skip_until = following
                    for later in words[i + 1 : following]:
                        calls |= self._judge.verdict(later).calls
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
        for pieces in region_phrases().get(words[i], ()):
            last = self._matches(reading, i, pieces)
            if (
                last is not None
                and (len(pieces) > 1 or after_place_preposition(reading, i))
                and verdict.sort is not Sort.KNOWN
            ):
                return None, last + 1
        for pieces in place_phrases().get(words[i], ()):
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
        if span.key in CLINICAL and not CLINICAL.isdisjoint((reading.before(i), reading.after(i))) and reading.cased:
            return None  # Wise Mind, Check the Facts
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

    # --- people of several words -------------------------------------------------------------------

    def _people_joined(self, reading: Reading, spans: list[Span]) -> list[Span]:
        """First and last name beside each other become one; a name takes the capital word after it along."""
        joined: list[Span] = []
        text = reading.text
        for span in spans:
            last = joined[-1] if joined else None
            span = self._with_first_name(text, span, 0 if last is None else last.end)
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
        return [self._with_initial(reading.text, span) for span in joined]

    def _with_first_name(self, text: str, span: Span, after: int) -> Span:
        """`will pfeifer`: a first name that is also a word is that name before its own last name."""
        if span.kind not in PEOPLE or span.token is None or text[span.start - 1 : span.start] != " ":
            return span
        start = max(text.rfind(" ", after, span.start - 1) + 1, after)
        mark = self._known.words.get(folded(text[start : span.start - 1]))
        if mark is None or mark.token != span.token or mark.sure:
            return span
        return Span(start, span.end, span.kind, span.token)

    def _with_initial(self, text: str, span: Span) -> Span:
        """`Bob G.`: a known person's name takes their own initial after it along."""
        after = text[span.end : span.end + 3]
        if span.kind in PEOPLE and after[:1] == " " and after[1:2].isupper() and not after[2:].isalnum():
            letter = folded(after[1])
            if any(held[0] != letter and held.endswith(letter) for held in self._initials_of.get(span.token, ())):
                return Span(span.start, span.end + 2, span.kind, span.token)
        return span


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
    """`th the`, `wh what`, `rem uh remember`: a beginning of a word that follows."""
    return any(later.startswith(word) and later != word for later in reading.words[i + 1 : i + 4])


def _maybe_net(text: str) -> bool:
    return (
        "@" in text
        or "#" in text
        or "://" in text
        or "www" in text
        or (
            _INNER_DOT.search(text) is not None
            and any("." in piece[1:-1] for piece in text.split() if not piece.replace(".", "").isdigit())
        )
        or text.count(":") > 3
        or text.count(".") > 2
    )

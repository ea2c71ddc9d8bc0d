"""Who could be recognised from a draft, or from what a model is sent? And is anybody in another's section? Pure.

Looks for what the session file knows, word by word, and asks de-identification nothing: it is what is measured.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.session_file import THERAPIST, Session
from streams.drafting.deidentify.known import people_of, things_of
from streams.drafting.deidentify.lexicon import lexicon
from streams.drafting.evaluation.case import Case, mentions, runs_of, said, texts_of, words_in
from streams.drafting.evaluation.metrics import Measured, count

_SHORTEST = 3


@dataclass(frozen=True, slots=True, repr=False)
class KnownOf:
    """What a session file says about who its people are. A name that is an everyday word counts as written only."""

    written: frozenset[str]
    folded: frozenset[str]
    values: tuple[str, ...]
    everyday_values: tuple[str, ...]

    @classmethod
    def of(cls, session: Session) -> "KnownOf":
        """Names by their parts, everything else whole."""
        ids = {person.client_id for person in session.participants}
        parts = {
            part
            for person in people_of(session)
            for name in (*person.names, *person.nicknames)
            for part in words_in(name)
            if len(part) >= _SHORTEST and part not in ids and not part.isdigit()
        }
        plain = {part.casefold() for part in parts if not lexicon().everyday(part.casefold())}
        whole = {thing.value for thing in things_of(session) if len(thing.value) > _SHORTEST}
        everyday = {value for value in whole if all(lexicon().everyday(word.casefold()) for word in words_in(value))}
        folded = {value.casefold() for value in whole - everyday}
        return cls(frozenset(parts), frozenset(plain), tuple(sorted(folded)), tuple(sorted(everyday)))

    def names_in(self, text: str) -> list[str]:
        """The words of a text that are part of somebody's name."""
        return [word for word in words_in(text) if word in self.written or word.casefold() in self.folded]

    def found_in(self, text: str) -> int:
        """How often a text says who somebody is."""
        lower = text.casefold()
        whole = sum(_times(value, lower) for value in self.values)
        return len(self.names_in(text)) + whole + sum(_times(value, text) for value in self.everyday_values)


def _times(value: str, text: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(value)}(?!\w)", text)) if value in text else 0


def leaking(case: Case) -> Iterator[Measured]:
    """Identifiers, other clients and people without consent, in drafts and requests."""
    known = KnownOf.of(case.session)
    told = list(said(case.draft))
    yield count("identifiers_in_draft", (where for where, _, text in told for _ in range(known.found_in(text))))
    yield count("identifiers_in_request", ("request" for _ in range(known.found_in(case.request))))
    yield count("requests_held", ["request"] if case.held else [])
    everybody = [person.client_id for person in case.session.participants]
    others = (
        f"{other} in {where}"
        for where, client_id, text in told
        if client_id is not None
        for other in everybody
        if other != client_id and mentions(text, other)
    )
    yield count("others_named", others)
    yield count("others_disclosed", _disclosed(case))
    yield count("excluded_words", _excluded(case))


def _disclosed(case: Case) -> Iterator[str]:
    turns = case.material.session.transcript
    runs = {speaker: set[tuple[str, ...]]() for speaker in {turn.speaker for turn in turns}}
    for turn in turns:
        runs[turn.speaker] |= runs_of(turn.text)
    for where, client_id, text in said(case.draft):
        if client_id is None:
            continue
        theirs = {run for speaker, said_by in runs.items() if speaker not in (client_id, THERAPIST) for run in said_by}
        own = runs.get(client_id, set()) | runs.get(THERAPIST, set())
        own |= {run for cited in case.material.cited.values() if not cited.id.isdigit() for run in runs_of(cited.text)}
        if runs_of(text) & (theirs - own):
            yield where


def _excluded(case: Case) -> Iterator[str]:
    kept_out = case.material.excluded
    if not kept_out:
        return
    turns = case.session.transcript
    spoken = {turn.turn for turn in turns if turn.speaker in kept_out}
    theirs = {run for turn in turns if turn.turn in spoken for run in runs_of(turn.text)}
    theirs -= {run for turn in turns if turn.turn not in spoken for run in runs_of(turn.text)}
    ids = "|".join(re.escape(client_id) for client_id in sorted(kept_out))
    named = re.compile(rf"(?<![\w-])(?:{ids})(?![\w-])")
    for where, _, text in (*said(case.draft), ("request", None, case.request)):
        if runs_of(text) & theirs or named.search(text):
            yield where


def deidentifying(case: Case) -> Iterator[Measured]:
    """How much of what says who somebody is goes, and how much else stays."""
    known = KnownOf.of(case.session)
    there = left = words = kept = 0
    for text, clean in case.deidentified(texts_of(case.session)):
        there += known.found_in(text)
        left += known.found_in(clean.text)
        names = set(known.names_in(text))
        ordinary = [word.casefold() for word in words_in(text) if word not in names]
        after = [word.casefold() for word in words_in(clean.text)]
        counted = {word: after.count(word) for word in set(ordinary)}
        words += len(ordinary)
        kept += sum(min(counted[word], ordinary.count(word)) for word in counted)
    yield Measured("deidentification_recall", there - left, there)
    yield Measured("words_kept", kept, words)

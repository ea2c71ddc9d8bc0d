"""What did others say about somebody who has not consented? It is left out, sentence by sentence.

Reads de-identified text, in which people are client ids. When in doubt a sentence goes: losing a line of a draft is
repairable, processing somebody against their will is not.
"""

import re
from collections.abc import Iterable

from schemas.session_file import Session, Turn
from streams.drafting.sentences import sentences
from streams.drafting.subjects import family_words, therapists

_THIRD_PERSON = re.compile(r"\b(?:he|him|his|himself|she|her|hers|herself|they|them|their|theirs)\b", re.IGNORECASE)
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself|you're|you've|you'll|you'd)\b", re.IGNORECASE)
_JOINT = re.compile(r"\b(?:we|us|our|ours|ourselves|we're|we've|we'll|we'd|each other|together|both)\b", re.IGNORECASE)


class Exclusion:
    """Drops what is said about the excluded. Nobody excluded: everything passes unchanged."""

    def __init__(self, session: Session, excluded: Iterable[str]) -> None:
        self._excluded = frozenset(excluded)
        self._couple = session.kind == "couple"
        self._therapists = therapists(session)
        self._speakers = self._therapists | {person.client_id for person in session.participants}
        people = [person for person in session.participants if person.client_id in self._excluded]
        words = [re.escape(person.client_id) for person in people]
        words += [word for person in people for word in family_words(person) if len(word) > 2]
        if self._couple and people:
            words += ["partner", "spouse", "wife", "husband", "ex"]
        self._named = re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])", re.IGNORECASE) if words else None

    def text(self, text: str) -> str:
        """A bullet, form answer, goal or note without its sentences about the excluded."""
        return self._kept(text, about_them=False)[0] if self._named else text

    def turns(self, turns: Iterable[Turn]) -> tuple[Turn, ...]:
        """The turns that may be read, from all turns with those of the excluded still in their places.

        A turn whose speaker is not certain may be theirs, so it goes as well.
        """
        everything = tuple(turns)
        if self._named is None:
            return everything
        kept = []
        about_them = False
        for position, turn in enumerate(everything):
            beside = {everything[at].speaker for at in (position - 1, position + 1) if 0 <= at < len(everything)}
            to_them = bool(beside & self._excluded)
            if turn.speaker in self._excluded or (to_them and turn.speaker in self._therapists):
                about_them = True
            elif turn.speaker in self._speakers:
                by_client = turn.speaker not in self._therapists
                text, about_them = self._kept(turn.text, about_them, to_them, by_client)
                if text:
                    kept.append(turn.model_copy(update={"text": text}))
        return tuple(kept)

    def _kept(self, text: str, about_them: bool, to_them: bool = False, by_client: bool = False) -> tuple[str, bool]:
        kept = []
        partner = self._couple and by_client
        everything = sentences(text)
        called = False
        for sentence in everything:
            named = self._named is not None and bool(self._named.search(sentence))
            called = called or named
            about_them = bool(
                named
                or ((to_them or partner or called) and _SECOND_PERSON.search(sentence))
                or ((about_them or self._couple) and _THIRD_PERSON.search(sentence))
                or (partner and _JOINT.search(sentence))
            )
            if not about_them:
                kept.append(sentence)
        return text if len(kept) == len(everything) else " ".join(kept), about_them

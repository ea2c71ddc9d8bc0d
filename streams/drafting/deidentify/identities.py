"""Who the people of one session are: takes that out of texts, finds what is left in a request, gives it back.

Lives in memory while one draft is written and is stored nowhere. Deterministic: the same texts in the same order give
the same tokens. What it takes out, what stays and why: 45 CFR 164.514(b)(2), domain-facts §2.2.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from schemas.session_file import Session
from streams.drafting.deidentify.finding import Finder
from streams.drafting.deidentify.folding import plain
from streams.drafting.deidentify.gate import Leak, leaks_in
from streams.drafting.deidentify.known import Known, Person, Thing, people_of, things_of
from streams.drafting.deidentify.reading import Reading
from streams.drafting.deidentify.spans import Span
from streams.drafting.deidentify.tokens import TOKEN, Kind, Tokens

MAX_CHARACTERS: Final = 1_000_000
_PASSES: Final = 3
_USUAL_YEAR: Final = 2026
_OLDEST: Final = 89


class TooLargeError(ValueError):
    """A text beyond the bound of one text; nothing of it was looked at."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing taken out: of which class, and the token that stands for it now."""

    kind: Kind
    token: str


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A text without identifiers, and what was taken out of it, in order."""

    text: str
    removals: tuple[Removal, ...] = ()


class Identities:
    """Who everybody in one session is, for as long as a draft of it is being written."""

    __slots__ = ("_cache", "_counted", "_finder", "_known", "_own_ids", "_tokens")

    def __init__(
        self,
        people: Iterable[Person],
        things: Iterable[Thing] = (),
        *,
        own_ids: Iterable[str] = (),
        turns: Iterable[int] = (),
        year: int = _USUAL_YEAR,
    ) -> None:
        people = tuple(people)
        self._tokens = Tokens()
        self._own_ids = tuple(
            dict.fromkeys((*own_ids, *(p.token for p in people if p.kind is Kind.CLIENT and p.token)))
        )
        self._known = Known(people, things, self._tokens)
        self._finder = Finder(self._known, self._own_ids, year - _OLDEST)
        self._counted = frozenset(map(str, turns))
        self._cache: dict[str, Scrubbed] = {}

    def __repr__(self) -> str:
        return f"Identities({self._known!r})"

    def __reduce__(self) -> str:
        raise TypeError("identities are never stored")

    @classmethod
    def of(cls, session: Session, *, people: Iterable[Person] = (), things: Iterable[Thing] = ()) -> "Identities":
        """Those of a session file, and of others the caller knows: guests, co-facilitators, the practice itself."""
        goals = (goal.id for client in session.participants for goal in client.plan_goals)
        unit = () if session.unit is None or session.unit.unit_id is None else (session.unit.unit_id,)
        return cls(
            (*people_of(session), *people),
            (*things_of(session), *things),
            own_ids=(
                *(client.client_id for client in session.participants),
                *(f"{kind}:{client.client_id}" for client in session.participants for kind in "FAN"),  # evidence ids
                *goals,
                *unit,
                session.id,
            ),
            turns=(turn.turn for turn in session.transcript),
            year=_USUAL_YEAR if session.started_at is None else session.started_at.year,
        )

    def deidentify(self, text: str) -> Scrubbed:
        """The text with every identifier replaced by its token; clients by their client ids.

        Also normalised (NFKC, nothing invisible). Raises TooLargeError above a million characters.
        """
        if len(text) > MAX_CHARACTERS:
            raise TooLargeError(f"a text of more than {MAX_CHARACTERS} characters")
        found = self._cache.get(text)
        if found is None:
            found = self._scrub(text)
            if len(self._cache) < 50_000:
                self._cache[text] = found
        return found

    def _scrub(self, text: str) -> Scrubbed:
        text = _without_tokens(plain(text))
        removals: list[Removal] = []
        for attempt in range(_PASSES):
            reading = Reading(text)
            spans = self._finder.spans(reading, known_only=attempt > 0)
            if attempt:
                ours = [match.span() for match in TOKEN.finditer(reading.text)]
                spans = [one for one in spans if all(one.end <= start or end <= one.start for start, end in ours)]
            if not spans:
                break
            text = self._replaced(reading.text, spans, removals)
        return Scrubbed(text, tuple(removals))

    def _replaced(self, text: str, spans: list[Span], removals: list[Removal]) -> str:
        pieces: list[str] = []
        at = 0
        for span in spans:
            token = span.token or self._token_of(span, text[span.start : span.end])
            removals.append(Removal(span.kind, token))
            pieces += (text[at : span.start], token)
            at = span.end
        return "".join((*pieces, text[at:]))

    def _token_of(self, span: Span, value: str) -> str:
        token = self._tokens.of(span.kind, span.key, value)
        if span.kind is Kind.PERSON and " " in span.key:
            for part in span.key.split():
                self._tokens.same(Kind.PERSON, part, token)
        return token

    def leaks(self, request: bytes, *, trusted: Iterable[str] = ()) -> tuple[Leak, ...]:
        """What in these exact bytes still names somebody; empty = may be sent.

        `trusted` are constant texts of ours (the prompt's instructions): ordinary words in them are never names.
        """
        return leaks_in(request, self._finder, tuple(trusted), self._counted)

    def name_of(self, token: str) -> str | None:
        """The identifier a token stands for, for a reader with the right to it: a client id's name, [CONTACT-1] …"""
        return self._tokens.value(token)

    def reidentified(self, text: str) -> str:
        """The text with names in place of tokens and client ids, for a reader with the right to them."""
        text = TOKEN.sub(lambda match: self.name_of(match[0]) or match[0], text)
        ids = sorted(
            (id_ for id_ in (*self._own_ids, "THERAPIST") if self.name_of(id_) is not None), key=len, reverse=True
        )
        if not ids:
            return text
        pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, ids)) + r")(?!\w|-\w)")
        return pattern.sub(lambda match: self.name_of(match[0]) or match[0], text)


def _without_tokens(text: str) -> str:
    """A text that already has something like our tokens in it: they must not be taken for ours."""
    return TOKEN.sub(lambda match: f"({match[0][1:-1]})", text) if "[" in text else text

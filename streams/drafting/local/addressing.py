"""Whom does a turn speak to? Only by its own words: a name or family word called out, or `you` where one can be meant.

That one turn follows another is never evidence that it answers it.
"""

import re
from collections.abc import Sequence

from schemas.session_file import THERAPIST, UNKNOWN, Session, Turn
from streams.drafting.subjects import unique_family_words

_YOU = re.compile(r"\b(?:you|your|yours|yourself|you're|you've|you'll|you'd|youre|youve|u|ya)\b", re.IGNORECASE)
_YOU_NOT_THEM = re.compile(
    r"\b(?:you know|thank you|thanks|you see|you guys|as you said|you asked|do you want me|you mean|if you ask me|"
    r"you could say|you have to understand|you never know|between you and me)\b",
    re.IGNORECASE,
)
_REPROACHES = re.compile(
    r"\byou(?:'re|'ve|'d)? (?:\w+ ){0,1}(?:act|never|always|don'?t|didn'?t"
    r"|said|told|keep|make|made|left|forgot|promised|were|just|still|only)\b",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"\b(?:thank you for (?:saying|sharing|telling|that)|thanks for (?:saying|sharing|telling|that)|"
    r"what you(?: just)? said|when you (?:just )?said|like you said|as you said|i hear you|i feel you|i get you|"
    r"you're not alone|(?:so |really |im |i'm )?proud of you|good for you|well done|same here|me too|"
    r"i (?:totally |really )?agree|i (?:can |really |totally )?relate|that's exactly (?:it|how|what)|"
    r"i'm (?:so )?sorry (?:you|that you|to hear|for your)|so sorry (?:you|to hear)|have you tried|you should|"
    r"it helps? (?:to hear|me to hear|hearing) (?:you|that)|you just said|i was going to say the same|"
    r"i(?:'ve| have) been (?:there|where you))\b",
    re.IGNORECASE,
)
_TELLS_TO_SPEAK = re.compile(
    r"\b(?:tell (?:him|her|them|your \w+)|say (?:that|it|this) to|to (?:him|her|them|each other)|turn to|"
    r"ask (?:him|her|them)|look at (?:him|her|them)|directly|what did you hear|what you heard)\b",
    re.IGNORECASE,
)
_CALLS = (
    r"(?:hey|hi|hello|ok|okay|oh|well|yeah|yes|no|nope|thanks|thank you|sorry|please|listen|look|right|exactly|so|"
    r"and|but|wow|honestly|come on|stop it|good job|well done|love you|with you|for you|of you|hear you)"
)


class Addressing:
    """Finds addressees by client id and by family words that can mean only one person in the room."""

    def __init__(self, session: Session, absent: frozenset[str] = frozenset()) -> None:
        self._clients = tuple(person.client_id for person in session.participants)
        self._couple = session.kind == "couple" and len(self._clients) == 2
        self._family = session.kind == "family"
        words = unique_family_words(session.participants) if session.kind != "group" else {}
        self._called = {client_id.lower(): client_id for client_id in (*self._clients, *absent)}
        self._called |= {word: who for word, who in words.items() if len(word) > 2}
        names = "|".join(re.escape(name) for name in sorted(self._called, key=len, reverse=True))
        if not names:
            names = r"(?!)"
        self._any = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])", re.IGNORECASE)
        one = rf"(?<![\w-])(?P<who>{names})(?![\w-])"
        more = rf"(?:(?:,| and|, and) (?P<too>{names})(?![\w-]))?"
        self._vocatives = (
            # at the start or after a stop, set off: `Sam, could you`, `Thanks. Sam?`
            re.compile(
                rf"(?:^|[.!?…—–-]\s+|,\s*|\b{_CALLS},?\s+){one}{more}(?=\s*(?:[,.!?…;:—–]|-\s|$))", re.IGNORECASE
            ),
            # speech-to-text: `sam what did you hear`, `sam and kim you two`
            re.compile(
                rf"(?:^|\b{_CALLS}\s+){one}{more}\s+(?=(?:\w+'?\w*\s+){{0,3}}(?:you|your|you're|youre|u)\b|"
                r"(?:can|could|would|did|do|are|have|what|how|tell|say)\b)",
                re.IGNORECASE,
            ),
            # at the end: `I hear you Sam`, `how about you sam`
            re.compile(rf"\b(?:{_CALLS}|you|that|it|right|this)\s+{one}{more}[.!?…]*\s*$", re.IGNORECASE),
        )

    def called(self, text: str) -> tuple[str, ...]:
        """Clients who are called by name (or family word) in a text, absent ones included, in order."""
        if not self._any.search(text):
            return ()
        found: dict[str, None] = {}
        for pattern in self._vocatives:
            for match in pattern.finditer(text):
                before = text[: match.start("who")].rstrip().lower()
                # `my mom` and `your dad` speak about somebody, not to them
                if before.endswith((" my", " your", " his", " her", " our", " their")) or before in (
                    "my",
                    "your",
                    "our",
                ):
                    continue
                for group in ("who", "too"):
                    if match[group]:
                        found[self._called[match[group].lower()]] = None
        return tuple(found)

    def mentioned(self, text: str) -> tuple[str, ...]:
        """Clients named in a text in whatever way, by client id or by a family word that can mean only them."""
        return tuple(dict.fromkeys(self._called[match[0].lower()] for match in self._any.finditer(text)))

    def begins_with(self, text: str) -> str | None:
        """The client a text begins with, if it does not go on with another (`C1 calls`, but not `C1 and C2 call`)."""
        first = self._any.match(text)
        if first is None or re.match(r"\s*(?:and|&|,|\+|/)", text[first.end() :]):
            return None
        return self._called[first[0].lower()]

    def of(self, turns: Sequence[Turn], position: int, addressed_before: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The clients present whom a turn is addressed to, by evidence in its words or in those it replies to.

        `addressed_before`: whom the turn before it is addressed to; who was spoken to and speaks next replies.
        """
        turn = turns[position]
        called = tuple(who for who in self.called(turn.text) if who in self._clients and who != turn.speaker)
        if called or turn.speaker == UNKNOWN:
            return called
        before = turns[position - 1] if position else None
        if turn.speaker == THERAPIST or before is None:
            return ()
        if turn.speaker in addressed_before and before.speaker in self._clients:
            return (before.speaker,)
        if self._couple:
            return self._partner(turn, before, turns[position + 1] if position + 1 < len(turns) else None)
        if (
            self._family
            and (self._only_these_two(turns, position) or self._to_and_fro(turns, position))
            and _YOU.search(_YOU_NOT_THEM.sub(" ", turn.text))
        ):
            return (before.speaker,)
        if (
            before.speaker not in (THERAPIST, UNKNOWN, turn.speaker)
            and before.speaker in self._clients
            and _SHARED.search(turn.text)
        ):
            return (before.speaker,)
        return ()

    def _only_these_two(self, turns: Sequence[Turn], position: int) -> bool:
        """Have only this speaker and the one before spoken for a while, the therapist aside?"""
        lately = {turn.speaker for turn in turns[max(0, position - 6) : position + 1]} - {THERAPIST}
        before = turns[position - 1].speaker
        return before in self._clients and before != turns[position].speaker and len(lately) == 2

    def _to_and_fro(self, turns: Sequence[Turn], position: int) -> bool:
        """Does the one who spoke before speak again right after, so that `you` between the two can mean only them?"""
        before = turns[position - 1].speaker
        after = turns[position + 1].speaker if position + 1 < len(turns) else None
        return before in self._clients and before == after and before != turns[position].speaker

    def _partner(self, turn: Turn, before: Turn, after: Turn | None) -> tuple[str, ...]:
        others = [client_id for client_id in self._clients if client_id != turn.speaker]
        if len(others) != 1 or turn.speaker not in self._clients:
            return ()
        spoken = _YOU_NOT_THEM.sub(" ", turn.text)
        told = before.speaker == THERAPIST and bool(_TELLS_TO_SPEAK.search(before.text))
        if _YOU.search(spoken) and (before.speaker == others[0] or told):
            return (others[0],)
        if before.speaker == others[0] and _SHARED.search(turn.text):
            return (others[0],)
        replied = after is not None and after.speaker == others[0]
        if before.speaker == THERAPIST and replied and _REPROACHES.search(spoken):
            return (others[0],)
        return ()

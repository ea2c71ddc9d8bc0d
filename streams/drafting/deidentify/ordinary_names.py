"""Where is a client's name that is also a word (Will, Hope, May) certainly the name? By its place in the raw text.

A second look beside the judgement by context, and a different one: letters and neighbours of the text as it stands, no
tokens, no word lists. Scrubbing takes out what it finds, and the final gate refuses what it still finds.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.drafting.deidentify.context import MONTHS

_DID: Final = (
    r"(?:said|says|told|asked|asks|replied|answered|laughed|laughs|nodded|cried|cries|smiled|yelled|shared|texted|called"
    r"|drove|went|came|left|gave|took|got|made|brought|walked|sat|missed|came|hugged|thanked|spoke|talked|thinks|thought"
    r"|wants|wanted|feels|felt|knows|knew|apologi[sz]ed|interrupted|agreed|disagreed|denied|reported|attended)"
)
_BEING: Final = (
    r"(?:was|is) (?:just |still |really |so )?(?:crying|laughing|sitting|talking|yelling|shaking|sobbing|smiling"
    r"|texting|driving|sleeping|tearful|late|mad|upset|angry|absent|asleep|drunk|sober)"
)
_OPENS = r"(?:^|[.!?,;:]\s*|\b(?:and|but|so|then|when|because|that|if|while|since|after|before|until)\s+)"
_GREETS = r"\b(?:hey|hi|hello|bye|goodbye|dear|thanks|thank you|sorry|welcome|welcome back|love you|proud of you)"
_DATED = re.compile(
    r"\b(?:in|on|since|until|till|by|last|next|this|of|early|late|mid|every|from|through|before|after|during|and|to|or)\s+$"
)


class OrdinaryNames:
    """The names of one session that are words, as patterns over raw text."""

    def __init__(self, words: Iterable[str]) -> None:
        names = sorted(
            {word for word in words if word.isalpha() and len(word) > 1}, key=lambda word: (-len(word), word)
        )
        self._any = None
        if not names:
            return
        shown = "|".join(re.escape(name[:1].upper() + name[1:]) for name in names)
        either = "|".join(map(re.escape, names))
        self._any = re.compile(rf"\b(?:{either})\b", re.IGNORECASE)
        self._inside = re.compile(rf"(?P<before>\b[a-z][\w'’]*,?\s+)(?P<who>{shown})\b(?![\w'’]*-\w)")
        self._does = re.compile(rf"{_OPENS}(?P<who>{either})\s+(?:{_DID}|{_BEING})\b", re.IGNORECASE)
        self._greeted = re.compile(rf"{_GREETS},?\s+(?P<who>{either})\b(?=\s*(?:[,.!?;]|$))", re.IGNORECASE)
        self._called = re.compile(rf"(?:^|[.!?]\s+)(?P<who>{shown}),\s+(?=[a-z])")

    def uses(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where (start, end) one of the names stands as a name, and the folded name; not in order, may overlap."""
        if self._any is None or self._any.search(text) is None:
            return
        for match in self._inside.finditer(text):
            if match["who"].lower() in MONTHS and (
                _DATED.search(match["before"].lower()) or re.match(r"\s*\d", text[match.end() :])
            ):
                continue
            yield match.start("who"), match.end("who"), match["who"].lower()
        for pattern in (self._does, self._greeted, self._called):
            for match in pattern.finditer(text):
                yield match.start("who"), match.end("who"), match["who"].lower()

"""Does an interpreter speak for a client? `(through interpreter) She says no` is the client's own no. Pure.

Only for recognising what is meant; what is quoted stays as it was said.
"""

import re
from typing import Final

_PREFIX: Final = re.compile(
    r"^\W*(?:(?:through|via|by|per|with)\s+(?:the |an |her |his |their )?interpreter\b|interpreter\b(?=\W*[:)\]-]))\W*",
    re.IGNORECASE,
)
_REPORTS: Final = re.compile(
    r"^(?:he|she|they) (?:says?|said|is saying|answers?|answered|tells? (?:me|you|us)|adds?)\b(?: that)?[\s,:]*",
    re.IGNORECASE,
)
_AS_THEIR_OWN: Final = (
    (re.compile(r"\b(?:she|he) is\b|\b(?:she|he)'s\b", re.IGNORECASE), "I am"),
    (re.compile(r"\b(?:she|he|they) has\b", re.IGNORECASE), "I have"),
    (re.compile(r"\b(?:she|he|they)\b", re.IGNORECASE), "I"),
    (re.compile(r"\b(?:herself|himself|themselves)\b", re.IGNORECASE), "myself"),
    (re.compile(r"\b(?:her|his|their)\b", re.IGNORECASE), "my"),
)


def is_interpreted(turn: str) -> bool:
    """Is a turn spoken by an interpreter for the client whose turn it is?"""
    return bool(_PREFIX.match(turn))


def as_own_words(turn: str, sentence: str) -> str:
    """A sentence of a turn as the client would say it; unchanged if no interpreter speaks."""
    if "nterpret" not in turn[:60] or not is_interpreted(turn):
        return sentence
    own = _REPORTS.sub("", _PREFIX.sub("", sentence))
    for pattern, word in _AS_THEIR_OWN:
        own = pattern.sub(word, own)
    return own

"""Where does one thing that was said end and the next begin? Works on speech-to-text without punctuation, too.

Pure. A piece is always a verbatim part of its text, so that whatever is quoted can be found again.
"""

import re
from functools import lru_cache
from typing import Final

_LONG_WORDS: Final = 28
_SHORT_WORDS: Final = 6
_ENDS = re.compile(r"(?<=[.!?…])[\"”')\]]*\s+|\s*[\n;]\s*|\s+[–—-]{1,2}\s+(?=[A-Z])")
_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|st|vs|etc|approx|prof|e\.g|i\.e|[a-z])\.$", re.IGNORECASE)
# without punctuation a new clause is recognised by how speakers begin one
_NEW_CLAUSE = re.compile(
    r"\s+(?=(?:and then|and|but|so|because|cause|then|or|well|yeah|no|okay|i mean|you know|anyway|also|plus|which)\s+"
    r"(?:i|i'm|i'll|i've|i'd|im|ive|we|we're|he|he's|she|she's|they|they're|it|it's|you|you're|my|his|her|our|there|"
    r"that|that's|when|what|then|like|not)\b)",
    re.IGNORECASE,
)
_BARE_CLAUSE = re.compile(r"\s+(?=(?:i|we|he|she|they|my|you)\s+\w+)", re.IGNORECASE)


@lru_cache(maxsize=32768)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order, each trimmed and verbatim; long unpunctuated runs are cut at clauses."""
    pieces: list[str] = []
    start = 0
    for end in _ENDS.finditer(text):
        if _ABBREVIATION.search(text, max(start, end.start() - 6), end.start()):
            continue
        pieces.append(text[start : end.start() + len(end[0].rstrip()) if end[0][:1] in "\"”')]" else end.start()])
        start = end.end()
    pieces.append(text[start:])
    return tuple(part for piece in pieces if piece.strip() for part in _clauses(piece.strip()))


def _clauses(piece: str) -> list[str]:
    if piece.count(" ") < _LONG_WORDS:
        return [piece]
    parts = _regroup(_NEW_CLAUSE.split(piece), piece)
    return [finer for part in parts for finer in (_regroup(_BARE_CLAUSE.split(part), part) if _long(part) else [part])]


def _long(part: str) -> bool:
    return part.count(" ") >= _LONG_WORDS


def _regroup(parts: list[str], whole: str) -> list[str]:
    """Joins pieces too short to say anything with what follows, never beyond a sentence's length."""
    grouped: list[tuple[int, int]] = []
    at = 0
    for part in parts:
        start = whole.index(part, at)
        at = start + len(part)
        if grouped:
            first, last = grouped[-1]
            if whole.count(" ", first, last) + 1 < _SHORT_WORDS and whole.count(" ", first, at) < _LONG_WORDS:
                grouped[-1] = (first, at)
                continue
        grouped.append((start, at))
    return [whole[first:last] for first, last in grouped]

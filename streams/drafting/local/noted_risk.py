"""What do a line of the outline and an answer on a form say about risk? Pure; in the words of whoever wrote them.

That nobody asked is no denial.
"""

import re
from collections.abc import Iterator
from typing import Final

from schemas.draft import Polarity
from schemas.session_file import Answer
from streams.drafting.local.answers import answer
from streams.drafting.polarity import mentions, not_asked

SAFETY: Final = "safety"
"""The topic of what names no other."""

_LOOKED_AT = re.compile(
    r"\b(?:asked|assessed|screened|checked|reviewed|discussed|explored|checked in)\b[^:;.]{0,40}?\b(?:"
    r"SI|HI|risk|safety|suicid\w*)\b"
    r"(?:/HI)?",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:denie[sd]|deny|neg(?:ative)?|no)\b", re.IGNORECASE)
_NO_RISK = re.compile(
    r"\b(?:no|nil|denie[sd]|deny|low|without|0)\b[^.;]{0,24}\b(?:risks?|safety (?:concerns?"
    r"|issues?)|(?:risk|safety)[ -]related|concerns? (?:re|about|for) (?:risk"
    r"|safety))\b"
    r"|\brisk(?: (?:assessment|check|level))?\s*[:=–-]?\s*(?:none|low|nil|no\b"
    r"|neg|denied|minimal|0)|\b(?:all|both|everyone) (?:denied|safe|deny)\b"
    r"|\bsafe(?:ty)?\s*[:=]\s*(?:ok|yes|good|fine)",
    re.IGNORECASE,
)
_SOME_RISK = re.compile(
    r"\brisk(?: (?:assessment|level))?\s*[:=–-]?\s*(?:is )?(?:elevated|high"
    r"|moderate|acute|increased)|\b(?:elevated|high|moderate|acute|increased) risk\b",
    re.IGNORECASE,
)
_RISK_NAMED = re.compile(r"\b(?:risk|(?-i:SI|HI)|safety|suicid\w*|self[- ]?harm)\b", re.IGNORECASE)


def noted(segment: str, subjects: tuple[str, ...], whole: str) -> Iterator[tuple[str, Polarity, bool]]:
    """What a piece of the outline notes about risk, as (topic, polarity, past)."""
    if not_asked(segment) and _RISK_NAMED.search(segment):
        yield "suicide", "not_assessed", False
        return
    as_said = segment
    for who in subjects:
        as_said = re.sub(rf"(?<![\w-]){re.escape(who)}['’]s(?![\w-])", "my", as_said)
        as_said = re.sub(rf"(?<![\w-]){re.escape(who)}(?![\w-])", "I", as_said)
    as_said = _LOOKED_AT.sub(" ", as_said)
    found = mentions(as_said)
    if not found and subjects and _DENIES.search(segment) and len(segment.split()) <= 4 and _RISK_NAMED.search(whole):
        yield SAFETY, "negated", False
        return
    for one in found:
        yield one.topic, one.polarity, one.past
    if not found and _NO_RISK.search(segment):
        yield SAFETY, "negated", False
    elif not found and _SOME_RISK.search(segment):
        yield SAFETY, "affirmed", False


_RISK_KEY = re.compile(
    r"suicid|self[\s_-]?harm|hurt|harm|unsafe|safe|dead|kill|die\b|item[\s_-]?9|(?<![a-z])si(?![a-z])", re.IGNORECASE
)


def filled_in(key: str, value: Answer) -> Iterator[tuple[str, Polarity]]:
    """What one line of a check-in form says about risk, as (topic, polarity)."""
    if value is None or value == "":
        return
    if not _RISK_KEY.search(key):
        if isinstance(value, str):
            for found in mentions(value):
                yield found.topic, found.polarity
        return
    plain = key.replace("_", " ")
    topic = (
        "harm_to_others"
        if re.search(r"other|someone", plain, re.IGNORECASE)
        else "self_harm"
        if re.search(r"self[\s-]?harm|hurt|cut", plain, re.IGNORECASE)
        else "violence"
        if re.search(r"safe", plain, re.IGNORECASE)
        else "suicide"
    )
    well = bool(re.search(r"\bsafe\b", plain, re.IGNORECASE))
    if isinstance(value, str):
        own = [found for found in mentions(value) if found.polarity != "negated"]
        if own:
            for found in own:
                yield found.topic, found.polarity
            return
        kind = "yes" if re.fullmatch(r"\W*(?:y|true|[1-9]\d*)\W*", value, re.IGNORECASE) else answer(value)
        if re.fullmatch(r"\W*(?:n|false|0|none|n/a|not applicable)\W*", value, re.IGNORECASE):
            kind = "no"
        if kind == "unclear":
            yield topic, "not_assessed"
            return
        positive = kind == "yes"
    else:
        positive = bool(value)
    yield topic, ("affirmed" if positive != well else "negated")

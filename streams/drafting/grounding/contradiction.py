"""Does the cited text say the opposite, of another time, in another order, or only in somebody else's mouth?

Checks like those in checks.py, each for itself; pure. They look at words that turn a statement round.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.drafting.grounding.claim import Claim
from streams.drafting.grounding.evidence import Evidence, Item, text_of
from streams.drafting.grounding.same_meaning import alike
from streams.drafting.words import STOP_WORDS, content, numbers, stem, tokens

_INSTEAD = re.compile(
    r"\b(?:not|instead of|rather than|down from|up from)\s+(?:(?:like|about|just|only|maybe)\s+)?"
    r"(?P<what>(?:\w+\s+)?\w+)"
)
_COMPARES = re.compile(
    r"\b(?:from|instead|not|than|rather|down|up|fewer|less|compared|previous\w*|before|earlier|fell|rose|never|no"
    r"|decreas\w+|increas\w+|reduc\w+)\b|n't\b"
)
_A_WHILE = re.compile(r"\b(?:an?|one) (?:hour|day|night|week|month|year|minute)\b")
_FROM_TO = re.compile(r"\bfrom (?:an? |about |like )?(\w+)(?: \w+){0,2}? to (?:an? |about |like )?(\w+)\b")
_BEFORE = re.compile(r"\b(?:before|prior to|ahead of)\b")
_AFTER = re.compile(r"\b(?:after|afterwards?|following)\b")
_NOT_ONLY_AFTER = re.compile(r"\b(?:before|until|till|first|earlier|prior|already|next time|from now on)\b")
_NOT_ONLY_BEFORE = re.compile(r"\b(?:after\w*|then|since|later|when|once)\b")
_UP = re.compile(r"\b(?:rose|risen|rises?|increas\w+|went up|gone up|higher|worse\w*|escalat\w+)\b")
_DOWN = re.compile(
    r"\b(?:fell|fallen|drop\w*|decreas\w+|went down|gone down|down (?:from|to)|lower\w*|less|fewer|reduc\w+|better"
    r"|improv\w+)\b"
)
_THIS_TIME = re.compile(r"\b(?:this (?:past )?(?:week|month)|today|currently|at present|recently|these days|now)\b")
_LONG_PAST = re.compile(
    r"\b(?:last year|years? ago|months ago|(?:in|since) (?:19|20)\d\d|used to|back in|in \w+ grade|as a (?:kid|child)"
    r"|when i was (?:an?|in|little|young\w*|\w+teen|\d+))\b"
)
_FOR_HOW_LONG = re.compile(r"\bfor (?:about |over |almost |nearly |the (?:last|past) )?(\w+) (year|month|week|day)s?\b")
_PERSON: Final = (
    r"(?:mother|mom|mum|father|dad|brother|sister|son|daughter|wife|husband|partner|boyfriend|girlfriend|friend|cousin"
    r"|uncle|aunt|grandma|grandpa|grandmother|grandfather|boss|manager|coach|teacher|roommate|neighbou?r|sponsor|ex"
    r"|doctor|nurse|coworker|colleague)"
)
_OWNED = re.compile(rf"\b({_PERSON})'s (\w+) (\w+)")
_SAYS = (
    r"(?:goes|said|says|(?:was|is|were) like|told (?:me|us|him|her)|tells (?:me|us)|yelled|screamed|called me|texted)"
)
_ANOTHER_SPEAKS = re.compile(
    rf"\b(?:he|she|they|(?:my|his|her|our) (?:\w+ )?{_PERSON}|{_PERSON}|\[[a-z]+-\d+\])"
    rf" (?:just |always |even |then )?{_SAYS}\b"
)
_A_THOUGHT = re.compile(
    r"\b(?:(?:my|the) (?:story|thought|fear|worry) (?:was|is)(?: that)?"
    r"|i (?:thought|figured|assumed|imagined|worry|worried)|i(?:'m| was| am) (?:afraid|worried"
    r"|scared|convinced)(?: that)?|what if|as if)\b"
)
_TELLS_OF_A_THOUGHT = re.compile(
    r"\b(?:th(?:ought|inks?|inking)|believ\w+|stor(?:y|ies)|fe(?:lt|els?|eling)|afraid|fear\w*|worr\w+|assum\w+|perceiv\w+"
    r"|interpret\w+|imagin\w+|scared|convinced|guess\w*|if|would|could|might|consider\w*|expect\w*)\b"
)
_TELLS_OF_ANOTHER = re.compile(
    rf"\b(?:{_PERSON}|parents?|(?:was|been|being|were) (?:told|called)|someone|somebody|others?|people|he|she heard"
    rf"|according|critici\w+|insult\w+|quot\w+)\b"
)
_ENDS = re.compile(r"[.!?]|\b(?:but|(?:and|then|so) (?:then )?i)\b")
_HAS = re.compile(r"^\W*(?:now |already )?(?:has|have|had|has got) (?:an? |the |some )?(?P<what>[\w-]+)\W*$")


def numbers_hold(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """`Four, down from ten` is not ten; `ten minutes, not an hour` is no hour; `eight to four` is not four to eight."""
    plain = claim.plain.lower().replace("’", "'")
    if not claim.numbers and not _A_WHILE.search(plain):
        return None
    items = evidence.items(claim.evidence)
    source = _own(items)
    if not _COMPARES.search(plain):
        displaced = " . ".join(match["what"] for match in _INSTEAD.finditer(source))
        kept = _INSTEAD.sub(" ", source)
        gone = numbers(displaced) - numbers(kept)
        if claim.numbers & gone or (
            set(_A_WHILE.findall(plain)) & set(_A_WHILE.findall(displaced)) - set(_A_WHILE.findall(kept))
        ):
            return "States as so what the source says it is not."
    for match in _FROM_TO.finditer(plain):
        first, last = numbers(match[1]), numbers(match[2])
        if len(first) == len(last) == 1 and first != last and _the_other_way(source, first, last):
            return "States a change the other way round."
    for match in _FOR_HOW_LONG.finditer(plain):
        since = rf"\b{match[1]} {match[2]}s?\b"
        if re.search(rf"{since} (?:ago|back)\b", source) and not re.search(rf"{since}(?! (?:ago|back)\b)", source):
            return "States as lasting what the source says was that long ago."
    return None


def _the_other_way(source: str, first: frozenset[str], last: frozenset[str]) -> bool:
    words = tokens(source)
    starts = [at for at, word in enumerate(words) if numbers(word) & first]
    ends = [at for at, word in enumerate(words) if numbers(word) & last]
    return (
        bool(starts and ends) and min(starts) > max(ends) and "from" not in words[max(0, min(starts) - 3) : min(starts)]
    )


def same_time_and_direction(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What came after did not come before; what rose did not fall; what was last year is not this week."""
    if claim.quotations or not claim.stems:
        return None
    plain = claim.plain.lower()
    source = text_of(evidence.items(claim.evidence))
    for said, opposite, also in ((_BEFORE, _AFTER, _NOT_ONLY_AFTER), (_AFTER, _BEFORE, _NOT_ONLY_BEFORE)):
        if said.search(plain) and opposite.search(source) and not also.search(source):
            return "States another order than the source."
    for said, opposite in ((_UP, _DOWN), (_DOWN, _UP)):
        if said.search(plain) and not opposite.search(plain) and opposite.search(source) and not said.search(source):
            return "States a change the other way round."
    if _THIS_TIME.search(plain) and not _LONG_PAST.search(plain):
        about = [one for one in _sentences(source) if any(alike(stem_, content(one)) for stem_ in claim.stems)]
        if about and all(_LONG_PAST.search(one) and not _THIS_TIME.search(one) for one in about):
            return "States as present what the source says was."
    return None


def names_the_right_relative(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """`My cousin's friend moved` does not say that the cousin moved."""
    if claim.quotations or not claim.stems:
        return None
    source = text_of(evidence.items(claim.evidence))
    words = tokens(claim.plain)
    for owner, _, did in _OWNED.findall(source):
        for at, word in enumerate(words[:-1]):
            if word == owner and stem(words[at + 1]) == stem(did) and did not in STOP_WORDS:
                return "Says of one person what the source says of another."
    return None


def whose_words_they_are(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What somebody else said to a client, or what the client only thought, is not told as so."""
    if claim.quotations or not claim.stems:
        return None
    items = [item for item in evidence.items(claim.evidence) if item.turn is not None]
    if not items or len(items) != len(claim.evidence):
        return None
    plain = claim.plain.lower().replace("’", "'")
    for frame, told in ((_ANOTHER_SPEAKS, _TELLS_OF_ANOTHER), (_A_THOUGHT, _TELLS_OF_A_THOUGHT)):
        if told.search(plain):
            continue
        framed, open_ = _split(_own(items), frame)
        if not framed:
            continue
        inside, outside = _share(claim.stems, framed), _share(claim.stems, open_)
        if inside >= 0.5 and outside < 0.5 * inside:
            return "Says as so what the source gives as somebody's words or thought."
    return None


def _split(source: str, frame: re.Pattern[str]) -> tuple[str, str]:
    """What stands in the frame (to the end of the quotation or sentence), and the rest."""
    inside: list[str] = []
    outside: list[str] = []
    at = 0
    for match in frame.finditer(source):
        if match.start() < at:
            continue
        rest = source[match.end() :]
        quoted = re.match(r"\W{0,3}[\"“]([^\"”]*)[\"”]", rest)
        ends = _ENDS.search(rest)
        end = match.end() + (quoted.end() if quoted else ends.start() if ends else len(rest))
        inside.append(source[match.end() : end])
        outside.append(source[at : match.start()])
        at = end
    return " . ".join(inside), " . ".join((*outside, source[at:]))


def has_what_nobody_said_one_has(claim: Claim, evidence: Evidence) -> bool:
    """`Has a sponsor` where the source speaks of a sponsor, but of nobody who has one: for the reader to judge."""
    match = _HAS.match(claim.plain.lower())
    if match is None:
        return False
    source = text_of(evidence.items(claim.evidence))
    what = re.escape(match["what"])
    return not re.search(rf"\b(?:have|has|had|having|got|my|our|with|'ve)\b[^.!?]{{0,30}}\b{what}", source)


def dates_what_is_undated(claim: Claim, evidence: Evidence) -> bool:
    """`This week` where what is cited names no time of its own: for the reader to judge."""
    if not re.search(r"\bthis (?:past )?(?:week|month)\b|\btoday\b|\byesterday\b", claim.plain.lower()):
        return False
    source = text_of(evidence.items(claim.evidence))
    return not re.search(
        r"\b(?:weeks?|weekend|today|tonight|yesterday|days?|nights?|morning|evening|since|last time|\w+day|month|lately"
        r"|recently|homework|now)\b",
        source,
    )


def _own(items: Iterable[Item]) -> str:
    return " . ".join(item.text for item in items).lower().replace("’", "'")


def _sentences(source: str) -> Iterator[str]:
    return (one for one in re.split(r"[.!?;]", source) if one.strip())


def _share(stems: frozenset[str], text: str) -> float:
    there = content(text)
    return sum(alike(one, there) for one in stems) / len(stems)

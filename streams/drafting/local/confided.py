"""Which turns were said in confidence, by one client alone with the therapist or with the wish that others not know?

Pure. Rather one turn too many than one too few: what is restricted is still in that client's own section.
"""

import re
from collections.abc import Sequence
from typing import Final

from schemas.session_file import THERAPIST, UNKNOWN, Turn
from streams.drafting.words import tokens

_SOMEBODY = (
    r"(?:him|her|them|(?:my|his|her|their|your) \w+|anyone|anybody|the (?:others|group)|everyone|"
    r"(?!me\b|us\b|you\b)\S+)"
)
_ALONE = re.compile(
    r"\b(?:(?:before|until) (?:the others|everyone|everybody|the rest|they"
    r"|he|she|your \w+|my \w+|we bring|(?!you\b|we\b|i\b)\S+) "
    r"(?:(?:came|come|comes|gets?|got|is|are|was|were) (?:back )?(?:in|here|back|on)|joins?|joined|arrives?|arrived)|"
    r"while (?:the others|everyone|he|she|they|your \w+|my \w+|\S+)(?:'s|'re|’s|’re| is| are) "
    r"(?:out(?:side)?|in the (?:waiting|other) room|not here|gone|parking)|"
    r"just (?:the two of us|us two|you and me)|time alone|on (?:your|my) own for a (?:minute|moment|bit)|"
    r"(?:a few|few|some|couple(?: of)?) minutes alone|without (?:the others"
    r"|everyone|your \w+|my \w+) (?:here|in the room)|"
    r"individual(?:ly)? (?:check|time|portion|part))\b",
    re.IGNORECASE,
)
_LEAVES = re.compile(
    r"\b(?:could|can|would|will|ask|asked|have|had|if) (?:you |we |i )?[^.?!]{0,40}\b(?:step"
    r"|wait|pop|sit|go) (?:out|outside)\b|"
    r"\bin the waiting room\b|\b(?:a minute|a moment|some time|a few minutes) alone\b",
    re.IGNORECASE,
)
_ALONE_WORDS: Final = frozenset(
    "before until while just alone own without individual individually out outside waiting".split()  # noqa: SIM905
)
"""One of these is in whatever says that somebody is alone: looking for a word is quicker than for a phrase."""
_ASKS_LEAVE = re.compile(
    r"\b(?:can|could|may) (?:i|we)\b|\bi (?:want(?:ed)? to|need(?:ed)? to|have to|just wanted)\b|\blet me\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(?:^|[.!?,;—–-]\s*|\b(?:please|pls|but|and|so|just|promise(?: me)?(?: you)?|that you)\s+)"
    rf"(?:don'?t|do not|won'?t) (?:you )?(?:ever )?(?:tell {_SOMEBODY}|mention (?:it|this|that|any of this)|"
    rf"(?:say|repeat) (?:anything|any of this|this|that|it) (?:to|in front of) {_SOMEBODY}"
    rf"|let {_SOMEBODY} (?:know|find out)|"
    r"bring (?:it|this|that) up (?:with|when|in front))|"
    r"\b(?:you (?:won'?t|can'?t|wouldn'?t|aren'?t going to|don'?t have to)"
    rf"|are you going to|do you have to|will you) tell {_SOMEBODY}|"
    r"\b(?:(?:just |only )?between (?:you and me|us|the two of us|ourselves)"
    r"|off the record|in confidence|confidentially|"
    r"(?:only|just) telling you|(?:can|could) (?:we|you|this|it) (?:please )?(?:keep"
    r"|stay)|(?:this|that|it) stays (?:here|with you|private)|"
    r"please keep (?:this|it|that) (?:between|private|quiet|secret|to|confidential"
    r"|here|just)|i'?d rather (?:he|she|they|my \w+|the others|\S+) (?:didn'?t"
    r"|not|never) (?:know|hear|find)|"
    r"(?:he|she|they|my \w+|the others) (?:can'?t|cannot|mustn'?t|must not"
    r"|shouldn'?t) (?:ever )?(?:know|find out|hear)|"
    r"not in front of (?:him|her|them|my \w+|the others))\b",
    re.IGNORECASE,
)
_UNTOLD = re.compile(
    r"\b(?:haven'?t|never|have not|didn'?t) (?:told|tell) (?:him|her|them|my \w+"
    r"|the group|the others|anyone|anybody|\S+)\b|"
    r"\b(?:he|she|they|my \w+|the others|nobody|no one|no-one) (?:doesn'?t|don'?t|does not|do not|knows?)(?: know)?\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:come (?:on )?in|(?:let'?s|shall we|i'?ll|can we) (?:bring|invite"
    r"|get|have|call) (?:him|her|them|your|the others|"
    r"everyone|everybody|\S+)(?: \w+)? (?:back )?(?:in|inside)|welcome (?:back"
    r"|in)|have a seat|now that (?:we(?:'re| are) all|"
    r"everyone(?:'s| is))|(?:everyone|everybody)(?:'s| is|s| are)? (?:(?:all|back|now) )?(?:here|in|back|together)\b|"
    r"we(?:'re| are)? (?:all )?(?:here|together|back) (?:again|now)|"
    r"hi,? (?:everyone|everybody|all|both)|hello,? (?:everyone|everybody|all|both)|"
    r"good (?:morning|afternoon|evening),? (?:everyone|everybody|all|both))\b",
    re.IGNORECASE,
)
_NEAR: Final = 4
_RUN: Final = 30


def confided(text: str) -> bool:
    """Does a text itself say that it is not for the others?"""
    return bool(_SECRET.search(text) or _ALONE.search(text))  # a line of an outline or a form has no turns around it


def confided_turns(turns: Sequence[Turn]) -> dict[int, str]:
    """Turn number → the client who confided it. The therapist's turns of such a stretch belong to it."""
    found: dict[int, str] = {}
    for start, end, client_id in _stretches(turns):
        alone = [at for at in range(start, end) if _said_alone(turns[at], start == 0)]
        secret = [
            at
            for at in range(start, end)
            if turns[at].speaker == client_id
            and (_SECRET.search(turns[at].text) or ((alone or start == 0) and _UNTOLD.search(turns[at].text)))
        ]
        if not alone and not secret:
            continue
        whole = bool(alone) or (start == 0 and end < len(turns)) or end - start <= 2 * _NEAR + 1
        for at in range(start, _until_open(turns, start, end)):
            if any(abs(at - cue) <= _NEAR for cue in secret) or (whole and at - start <= _RUN):
                found[turns[at].turn] = client_id
    return found


def _until_open(turns: Sequence[Turn], start: int, end: int) -> int:
    """Where a stretch ends before others speak: the therapist's last turn of several opens to them."""
    if end - start > 2 and end < len(turns) and turns[end - 1].speaker == turns[end - 2].speaker == THERAPIST:
        return end - 1
    return end


def _said_alone(turn: Turn, opening: bool) -> bool:
    if _ALONE_WORDS.isdisjoint(tokens(turn.text)):
        return False
    if turn.speaker == THERAPIST:
        return bool(_ALONE.search(turn.text) or _LEAVES.search(turn.text))
    return bool(_ALONE.search(turn.text)) and (opening or bool(_ASKS_LEAVE.search(turn.text)))


def _stretches(turns: Sequence[Turn]) -> list[tuple[int, int, str]]:
    """Longest runs in which nobody but one client and the therapist speaks, ended also by others being called in."""
    runs: list[tuple[int, int, str]] = []
    start, who = 0, ""
    for at, turn in enumerate(turns):
        if turn.speaker == THERAPIST:
            if _BACK.search(turn.text) and not _ALONE.search(turn.text):
                if who:
                    runs.append((start, at, who))
                start, who = at, ""
            continue
        if turn.speaker == UNKNOWN or (who and turn.speaker != who):
            if who:
                runs.append((start, at, who))
            start, who = at, "" if turn.speaker == UNKNOWN else turn.speaker
        else:
            who = turn.speaker
    if who:
        runs.append((start, len(turns), who))
    return runs

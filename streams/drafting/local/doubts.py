"""Whose words may a turn not be? Diarisation swaps speakers; a swapped turn in a chart is somebody else's history.

Pure. A doubtful turn is shown for review and attributed to nobody.
"""

import re
from collections.abc import Iterator

from schemas.session_file import THERAPIST, UNKNOWN, Turn
from streams.drafting.local.addressing import Addressing
from streams.drafting.material import Material
from streams.drafting.subjects import family_words

_THERAPIST_WORK = re.compile(
    r"\b(?:for (?:your )?homework|how does that (?:make you feel|land)|what i(?:'m"
    r"| am) hearing is|let's (?:hear|check in) (?:from|with)|"
    r"i'd like (?:each|everyone|all) of you|as your therapist|our time is up|we(?:'re| are) out of time)\b",
    re.IGNORECASE,
)


def doubts_of(material: Material, addressing: Addressing) -> dict[int, str]:
    """Turn number → why its speaker is not certain, in the order of the transcript."""
    doubts = dict(material.unnamed_turns)
    session = material.session
    clients = set(material.client_ids) | material.absent
    names = "|".join(re.escape(client_id) for client_id in sorted(clients, key=len, reverse=True))
    if not names:
        return doubts
    self_named = re.compile(
        rf"(?:(?:\b(?:i'?m|i am|im|my name(?:'s| is)|call me)|^\W*this is)\s+(?P<who>{names})(?![\w-])"
        r"(?=\s*(?:[,.!?;:—–-]|$|here\b|speaking\b|again\b|and i\b|i\b|\w+'s\b))"
        rf"|(?<![\w-])(?P<here>{names}) (?:here|speaking)\b)",
        re.IGNORECASE,
    )
    by_lower = {client_id.lower(): client_id for client_id in clients}
    own_words = {person.client_id: set(family_words(person)) for person in session.participants}
    for turn in session.transcript:
        if turn.speaker == UNKNOWN:
            continue
        for why in _reasons(turn, self_named, by_lower, addressing, own_words):
            doubts.setdefault(turn.turn, why)
            break
    return dict(sorted(doubts.items()))


def _reasons(
    turn: Turn,
    self_named: re.Pattern[str],
    by_lower: dict[str, str],
    addressing: Addressing,
    own_words: dict[str, set[str]],
) -> Iterator[str]:
    named = self_named.search(turn.text)
    if named:
        who = by_lower[(named["who"] or named["here"]).lower()]
        if who != turn.speaker:
            yield f"Labelled {turn.speaker}, but the speaker gives the name of {who}."
    if turn.speaker == THERAPIST:
        return
    for who in addressing.called(turn.text):
        if who == turn.speaker and not (named and by_lower[(named["who"] or named["here"]).lower()] == who):
            yield f"Labelled {turn.speaker}, but the speaker addresses {turn.speaker} as somebody else."
    if _THERAPIST_WORK.search(turn.text):
        yield f"Labelled {turn.speaker}, but the words are a therapist's."

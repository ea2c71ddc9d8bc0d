"""Who said what to whom, and what came back? Only where the words themselves address somebody.

Reads turns with their addressees; two turns in a row are no exchange by themselves.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.draft import Dyad
from schemas.session_file import THERAPIST
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.reading import Reading, Utterance, is_question
from streams.drafting.local.statements import feels, private, says_nothing
from streams.drafting.local.wording import quote
from streams.drafting.polarity import mentions
from streams.drafting.words import tokens

_THANKS = re.compile(r"\b(?:thanks?|thank you|appreciate|grateful)\b", re.IGNORECASE)
_SORRY = re.compile(
    r"\b(?:i'?m (?:so |really )?sorry|i apologi[sz]e|forgive me|sorry (?:for|that|about|i))\b", re.IGNORECASE
)
_PRAISE = re.compile(
    r"\b(?:well done|proud of you|good for you|good job|nice work|that was (?:brave"
    r"|great|kind)|you did (?:great|well|good))\b",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"\b(?:me too|same here|i agree|i (?:can |totally |really )?relate|i've been there"
    r"|you're right|that's true|i hear you|i feel you)\b",
    re.IGNORECASE,
)
_THIRD = re.compile(r"\b(?:he|she|him|her|his|he's|she's)\b", re.IGNORECASE)
_SOMEBODY_ELSE = re.compile(
    r"\b(?:boss|coworker|colleague|friend|sister|brother|mom|mum|mother|dad"
    r"|father|son|daughter|doctor|teacher|neighbou?r|ex|aunt|uncle|cousin|manager"
    r"|"
    r"kid|baby|dog|cat|guy|woman|man|nurse|therapist|lawyer|pastor|grandma|grandpa|\[[A-Z]+-\d+\])\b|\[[A-Z]+-\d+\]",
    re.IGNORECASE,
)
_MOST_A_PAIR: Final = 6
_MOST: Final = 24


@dataclass(frozen=True, slots=True)
class Exchange:
    """One client to another. `reply` is the other's, if it came at once and was not to somebody else."""

    turn: Utterance
    to: str
    reply: Utterance | None
    text: str
    weight: float

    @property
    def evidence(self) -> tuple[str, ...]:
        """The turn, and the reply's."""
        return (self.turn.evidence, self.reply.evidence) if self.reply else (self.turn.evidence,)

    @property
    def dyad(self) -> Dyad:
        """As the draft has it."""
        return Dyad(from_=self.turn.speaker, to=self.to, text=self.text, evidence=self.evidence)


def exchanges(reading: Reading) -> tuple[Exchange, ...]:
    """In the order of the session; of a pair that talks a lot, what says most. Nothing said in confidence."""
    kept: list[Exchange] = []
    pairs: dict[tuple[str, str], int] = {}
    for one in sorted(_all(reading), key=lambda one: (-one.weight, one.turn.position)):
        pair = (one.turn.speaker, one.to)
        if pairs.get(pair, 0) < _MOST_A_PAIR and len(kept) < _MOST:
            pairs[pair] = pairs.get(pair, 0) + 1
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.turn.position, one.to)))


def _all(reading: Reading) -> Iterator[Exchange]:
    session = reading.material.session
    addressing = Addressing(session, reading.material.absent)
    group = session.kind == "group"
    couple = session.kind == "couple" and len(reading.material.client_ids) == 2
    answers_given: set[int] = set()
    absent = reading.material.absent
    for turn in reading.turns:
        if absent.intersection(addressing.mentioned(turn.text)):
            continue
        if not turn.by_client or turn.number in reading.doubts or turn.confided_by is not None:
            continue
        if turn.speaker not in reading.material.client_ids:
            continue
        for to in turn.to:
            marked = _THANKS.search(turn.text) or _SORRY.search(turn.text) or _PRAISE.search(turn.text)
            if turn.position in answers_given and len(turn.words) < 5 and not marked:
                continue
            heart = _heart(turn)
            if says_nothing(heart) and not marked:
                continue
            if group and _sensitive(turn.text):
                continue
            reply = _reply(reading, turn, to, group)
            if reply is not None and absent.intersection(addressing.mentioned(reply.text)):
                reply = None
            if reply is not None:
                answers_given.add(reply.position)
            text = f"{turn.speaker} {_verb(turn)} {to}: {quote(heart)}"
            if reply is not None:
                text += f" {to} answered: {quote(_heart(reply), 30)}"
            yield Exchange(turn, to, reply, text, _weight(turn, reply))
        if turn.to:
            continue
        about = _about(turn, reading, addressing, couple)
        if about is not None and not _sensitive(turn.text):
            text = f"{turn.speaker} said about {about}: {quote(_heart(turn))}"
            yield Exchange(turn, about, None, text, _weight(turn, None) - 1.0)


def _heart(turn: Utterance) -> str:
    """The turn, or as many whole sentences as fit into a quotation."""
    kept: list[str] = []
    for sentence in turn.sentences:
        if kept and len(" ".join([*kept, sentence]).split()) > 40:
            break
        kept.append(sentence)
    start = turn.text.index(kept[0]) if kept else 0
    return turn.text[start : turn.text.index(kept[-1], start) + len(kept[-1])] if kept else turn.text


def _verb(turn: Utterance) -> str:
    if _SORRY.search(turn.text):
        return "apologised to"
    if _PRAISE.search(turn.text):
        return "praised"
    if _THANKS.search(turn.text):
        return "thanked"
    if _AGREES.search(turn.text):
        return "agreed with"
    if turn.sentences and is_question(turn.sentences[-1]):
        return "asked"
    return "said to"


def _reply(reading: Reading, turn: Utterance, to: str, group: bool) -> Utterance | None:
    after = reading.after(turn)
    if after is None or after.speaker != to or after.number in reading.doubts or after.confided_by is not None:
        return None
    if after.to and turn.speaker not in after.to:
        return None
    if group and _sensitive(after.text):
        return None
    return after


def _about(turn: Utterance, reading: Reading, addressing: Addressing, couple: bool) -> str | None:
    """Somebody in the room whom a turn speaks about in the third person, where it can be nobody else."""
    clients = reading.material.client_ids
    named = [who for who in addressing.mentioned(turn.text) if who in clients and who != turn.speaker]
    if len(named) == 1:
        return named[0]
    if not couple or named or not _THIRD.search(turn.text) or _SOMEBODY_ELSE.search(turn.text):
        return None
    before = reading.before(turn)
    if (
        before is None
        or _SOMEBODY_ELSE.search(before.text)
        or (before.speaker == THERAPIST and _THIRD.search(before.text))
    ):
        return None
    return next(who for who in clients if who != turn.speaker)


def _sensitive(text: str) -> bool:
    return private(text) or bool(mentions(text))


def _weight(turn: Utterance, reply: Utterance | None) -> float:
    marked = any(pattern.search(turn.text) for pattern in (_THANKS, _SORRY, _PRAISE, _AGREES))
    return (
        min(2.0, len(turn.content) / 6)
        + 1.5 * marked
        + 1.0 * feels(turn.text)
        + 0.8 * (reply is not None)
        - 1.0 * (len(tokens(turn.text)) < 4)
    )

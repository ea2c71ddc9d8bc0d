"""Which sentence asks about risk, about what, and when was that? Pure; for whoever pairs questions with replies."""

import re

from schemas.session_file import THERAPIST
from streams.drafting.local.noted_risk import SAFETY
from streams.drafting.local.reading import Utterance, is_question
from streams.drafting.polarity import without_idioms
from streams.drafting.risk_words import QUESTION_TOPICS, SAFETY_ASKED

LONG_AGO = re.compile(
    r"\b(?:used to (?:think|feel|want|have|be)|when i was (?:\w+|\d+)|years ago"
    r"|back (?:then|in|when)|as a (?:kid|child|teen\w*)|last year|(?:in|since) (?:(?:19|20)\d\d|\w+ grade|college"
    r"|high school|middle school)|not since (?:the|my|that))\b",
    re.IGNORECASE,
)
NOT_NOW = re.compile(
    r"\b(?:not (?:now|any ?more|lately|recently|these days|this (?:week|year))|no longer)\b", re.IGNORECASE
)
ASKS_LEAVE = re.compile(r"^\W*(?:and |so |but )?(?:can|could|should|shall|may|do|did|am|would) i\b", re.IGNORECASE)
_SELF = re.compile(r"\b(?:i|i'm|i've|i'd|my|myself|me)\b", re.IGNORECASE)


def speaks_of_self(sentence: str) -> bool:
    """Does the speaker speak of themselves?"""
    return bool(_SELF.search(sentence))


def risk_question(turn: Utterance) -> str | None:
    """The sentence of a turn that asks about risk."""
    for sentence in reversed(turn.sentences):
        if not is_question(sentence):
            continue
        plain = without_idioms(sentence)
        if SAFETY_ASKED.search(plain):
            return sentence
        if turn.speaker == THERAPIST and any(pattern.search(plain) for pattern in QUESTION_TOPICS.values()):
            return sentence
    return None


def topics_asked(question: str) -> tuple[str, ...]:
    """The topics of risk a question names, or SAFETY."""
    plain = without_idioms(question)
    found = [topic for topic, pattern in QUESTION_TOPICS.items() if pattern.search(plain)]
    if "suicide" in found and "self_harm" in found:
        only_hurting = not re.search(
            r"\b(?:suicid|kill|die\b|dying|dead|death|alive|end(?:ing)? )", plain, re.IGNORECASE
        )
        found.remove("suicide" if only_hurting else "self_harm")
    return tuple(found) or (SAFETY,)

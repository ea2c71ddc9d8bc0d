"""Is a sentence addressed to a machine, telling it what to write? Pure; whoever reads it must not obey nor quote it.

What people say about themselves stays: only sentences that give orders to a drafter, and what points back to them, go.
"""

import re
from typing import Final

from streams.drafting.sentences import sentences

ADDRESSED_TO_A_MACHINE: Final = "Addressed to a machine, not said to anybody in the session."
_MACHINE = (
    r"(?:ai|a\.i\.|robots?|bots?|chat ?bot|chatgpt|gpt|language model|llm|computer|machine|note[- ]?taker|scribe)"
)
_ORDERS: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.?!]{0,30}"
    r"\b(?:previous|prior|above|earlier|preceding|system|your|all)\b[^.?!]{0,20}"
    r"\b(?:instructions?|prompts?|guidelines?|directives?|programming)\b|"
    r"\b(?:system|developer) (?:prompt|message|instructions?)\b|"
    r"\b(?:new|updated) instructions?\s*:|"
    r"\byou are (?:now )?(?:an? |the )?" + _MACHINE + r"\b|"
    r"\b(?:dear|hey|hello|attention|note to(?: the)?|listen|ok(?:ay)?),? (?:the )?" + _MACHINE + r"\b|"
    r"^\W*" + _MACHINE + r"\s*[,:]|"
    r"\b(?:please )?(?:write|put|add|say|record|document|state|output|print|include)\b[^.?!]{0,25}"
    r"\b(?:in|into|to) (?:the|your|my) (?:note|summary|draft|transcript|output|chart)\b[^.?!]{0,10}\bthat\b|"
    r"</?(?:system|assistant|user|instructions?|transcript)>|\[/?inst\]|<\|",
    re.IGNORECASE,
)
_POINTS_BACK: Final = re.compile(
    r"\b(?:just )?(?:kidding|joking)\b[^.?!]{0,40}|\bfor the " + _MACHINE + r"\b", re.IGNORECASE
)


def to_a_machine(text: str) -> tuple[str, ...]:
    """The sentences of a text that are addressed to a machine, with those that only point back to them."""
    found: list[str] = []
    before = False
    for sentence in sentences(text):
        ordered = bool(_ORDERS.search(sentence))
        if ordered or (before and _POINTS_BACK.search(sentence)):
            found.append(sentence)
            before = True
        else:
            before = False
    return tuple(found)


def without(text: str, taken: tuple[str, ...]) -> str:
    """The text without these sentences."""
    for one in taken:
        text = text.replace(one, " ", 1)
    return re.sub(r"\s{2,}", " ", text).strip()

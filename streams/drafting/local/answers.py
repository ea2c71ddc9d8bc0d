"""Is a short reply a yes, a no, or neither? And does a question want `yes` to mean that all is well?

Pure. Speech-to-text has no commas, so only the beginning of a reply decides.
"""

import re
from typing import Literal

from streams.drafting.local.interpreted import as_own_words

Answer = Literal["yes", "no", "unclear"]

_HEDGE = (
    r"(?:(?:oh|goodness|gosh|lord|heavens|jesus|christ|um+|uh+|er|well|so|honestly"
    r"|i mean|like|okay|ok|right|hm+|ha|god|to be honest|actually|for me|"
    r"personally|me|us)[\s,.?…]*)*"
)
_NO = re.compile(
    rf"^\W*{_HEDGE}(?:no\b(?! (?:idea|one knows|matter))|nope|nah|naw|never"
    r"|not (?:at all|really|me|today|lately|recently|anymore|any more|since"
    r"|now|"
    r"for|in|this|a chance|right now|even)|none|of course not|absolutely not"
    r"|definitely not|certainly not|nothing(?: like that)?|hell no|neither"
    r"|me neither|"
    r"same,? no|i (?:haven'?t|don'?t(?! know)|didn'?t|wouldn'?t|won'?t|never"
    r"|have not|do not(?! know))|i'?m (?:not|fine|okay|ok|good|alright|all right"
    r"|safe|doing (?:fine|okay|good))|"
    r"im (?:not|fine|okay|ok|good|safe)|all good|\(?shak(?:es|ing) (?:his "
    r"|her |their )?head|denies|all fine|same here,? no)",
    re.IGNORECASE,
)
_YES = re.compile(
    rf"^\W*{_HEDGE}(?:yes\b|yeah\b(?!,? no\b)|yep|yup|yea\b|uh[- ]?huh|mm+[- ]?hm+"
    r"|i (?:have|do|did|am|guess|think so|suppose|can|will|would|thought about)\b(?!n'?t"
    r"| not)|"
    r"sometimes|a (?:little|bit|few times|couple)|kind ?of|kinda|sort ?of|maybe"
    r"|once|twice|lately|most (?:days|nights)|every (?:day|night|morning)|"
    r"it(?:'s| has| had| does| did)? (?:crosse[sd]|comes?|came|has crossed)"
    r"|definitely|absolutely|of course|sure|totally|all the time|often|\(?nod(?:s"
    r"|ding)|okay|ok\b|fine\b|deal\b|"
    r"sounds (?:good|fair|right|fine)|that (?:works|would (?:work|be (?:good"
    r"|great|fine|sensible|ok|okay|nice|lovely)))|happy to|gladly|easy\b|sensible"
    r"|splendid|agreed|works for me|"
    r"good idea|perfect|great|i like that|count me in|let'?s do (?:it|that)"
    r"|can do|will do|on it|you got it|no problem|all right|alright|fair enough"
    r"|why not|"
    r"we (?:do|have|did|can|will|could)\b(?!n'?t| not))",
    re.IGNORECASE,
)
_SAFE_ASKED = re.compile(
    r"\b(?:(?:feel(?:ing)?|be|are|is|keep(?:ing)?|stay(?:ing)?|been|were|kept"
    r"|everyone|everybody|you|yourself|both|all) safe\b|safe (?:at|in|with"
    r"|to|right now|tonight|enough|and)|"
    r"safe\?|okay to go home|clean\b|sober\b)",
    re.IGNORECASE,
)
_UNSAFE_ASKED = re.compile(
    r"\bunsafe\b|\bnot (?:feel(?:ing)? )?safe\b|\bn'?t (?:feel(?:ing)? )?safe\b|\bthoughts? of\b|\bhurt", re.IGNORECASE
)
_EVERYBODY = re.compile(
    r"\b(?:any(?:one|body)|every(?:one|body)|each (?:of you|person|one)|you (?:both"
    r"|two|three|all|guys)|both of you|all of you|either of you|"
    r"(?:any|none|some|the (?:two|three|four|five|six)) of you|around the (?:room"
    r"|circle|group)|y'?all|folks|with everybody)\b",
    re.IGNORECASE,
)
_SAME_QUESTION = re.compile(r"\b(?:the )?same (?:question|for)\b|\b(?:what|how) about\b", re.IGNORECASE)
_ASKS_ITS_OWN = re.compile(
    r"\b(?:how|what|when|where|why|which) (?:did|was|were|is|are|'s|went|has|have|do|does|would|will|can|could"
    r"|happened|got)\b",
    re.IGNORECASE,
)
_TURNS_BACK = re.compile(r"\b(?:(?:what|how) about|and) you(?:rself)?\b", re.IGNORECASE)
_TURN_TO = re.compile(r"^\W*(?:and |how about |what about |okay,? |ok,? |thank(?:s| you)[^?]{0,30})*", re.IGNORECASE)


def answer(text: str) -> Answer:
    """How a reply begins; an interpreter's `she says no` is a no."""
    text = as_own_words(text, text)
    if _NO.match(text):
        return "no"
    if _YES.match(text):
        return "yes"
    return "unclear"


def yes_means_well(question: str) -> bool:
    """Is it a question like `do you feel safe?`, where a yes is the reassuring answer?"""
    return bool(_SAFE_ASKED.search(question)) and not _UNSAFE_ASKED.search(question)


def to_everybody(question: str) -> bool:
    """Is a question put to all?"""
    return bool(_EVERYBODY.search(question))


def passes_on(text: str) -> bool:
    """Does a therapist's short turn pass the same question on, as in `and you, Sam?`"""
    if len(text.split()) <= 14 and _SAME_QUESTION.search(text):
        return True
    rest = _TURN_TO.sub("", text, count=1)
    return len(text.split()) <= 9 and len(rest.split()) <= 6 and not _ASKS_ITS_OWN.search(rest)


def turns_back(text: str) -> bool:
    """Does the therapist ask somebody about themselves what they told of others, as in `and what about you?`"""
    return len(text.split()) <= 20 and bool(_TURNS_BACK.search(text))

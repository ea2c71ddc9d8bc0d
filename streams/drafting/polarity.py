"""Is a statement of risk affirmed, negated, passive, historical, or about somebody else? Pure, from its words alone.

Used for drafting and, with the same answer, for checking what a model wrote. When words can be read both ways the
answer is the one that makes somebody look.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.draft import Polarity
from streams.drafting.risk_words import IDIOMS, TOPICS, Topic
from streams.drafting.words import tokens

_CLAUSE = re.compile(
    r"[.!?;:—–]|,?\s+\b(?:but|although|though|because|except|however|and then"
    r"|only that|until|unless|and (?:i|he|she|they|we|my))\b"
    r"|,\s+(?=(?:i|he|she|they|we|just|sometimes|maybe)\b)|\.{3}|…",
    re.IGNORECASE,
)
_NEGATOR = re.compile(
    r"\b(?:not|never|zero|nowhere near|no(?! longer\b)|none|nobody|nothing|without|neither|nor"
    r"|den(?:y|ies|ied|ying)|refus\w+|negative for|absent|"
    r"(?:do|does|did|would|could|should|have|has|had|is|are|was|were|wo|ca|am|ai)n'?t|"
    r"dont|doesnt|didnt|wouldnt|couldnt|havent|hasnt|hadnt|isnt|wasnt|arent|wont|cant|aint|cannot|"
    r"stopped|quit|gave up|haven't had)\b|(?<=\w)n't\b",
    re.IGNORECASE,
)
_NOT_NEGATING = re.compile(
    r"\b(?:not (?:gonna|going to) lie|(?:won'?t|wont|can'?t|cant|cannot) lie"
    r"|no offen[cs]e|no doubt|no wonder|not only|not just|not to mention|"
    r"(?:don'?t|do not|dont|didn'?t) know|not sure|no idea|why (?:not|don'?t)"
    r"|(?:can'?t|cant|cannot|couldn'?t|could not) (?:stop|help|shake|get rid of)\b[^.;,]{0,25}"
    r"|"
    r"(?:don'?t|dont) get me wrong|no matter|if not|whether or not|not the first time"
    r"|no joke|no,? (?:seriously|really|i mean)|"
    r"(?:won'?t|doesn'?t|didn'?t|hasn'?t|don'?t) (?:stop|go away|quit)|never stopped"
    r"|haven'?t stopped|not (?:able|allowed) to (?:talk|tell)|"
    r"(?:haven'?t|have not|never|didn'?t|not) (?:told|tell|said|say|mention(?:ed)?"
    r"|talk(?:ed)?)\b[^.;]{0,30}?(?:anyone|anybody|nobody|him|her|them|you"
    r"|that|about)|"
    r"nobody knows|no one knows|isn'?t it|doesn'?t it|don'?t you|not that it matters)\b",
    re.IGNORECASE,
)
_NO_PROMISE = re.compile(
    r"\b(?:(?:can'?t|cant|cannot|couldn'?t|won'?t|not able to) (?:promise|say"
    r"|guarantee|swear|be sure)|not sure|don'?t know if|no guarantee|"
    r"(?:not|isn'?t|n'?t) (?:true|like)|never said)\b(?=.{0,25}\b(?:not|won'?t"
    r"|wouldn'?t|haven'?t|never|wont|wouldnt|havent|n't)\b)",
    re.IGNORECASE,
)
_JUST_STOP = re.compile(
    r"\b(?:just|only) (?:want(?:ed)?|need(?:ed)?|wish(?:ed)?) (?:it|everything"
    r"|the pain|this|things|all of it|the noise) (?:all )?(?:to )?(?:stop|end"
    r"|be over|go away)",
    re.IGNORECASE,
)
_YEARS_AGO = re.compile(
    r"\b(?:(?:\w+|\d+)(?:-| )?(?:years?|yrs?|decades?) (?:ago|back|before)"
    r"|(?:months|ages|a (?:long|while) (?:time )?(?:ago|back))(?: ago| back)?"
    r"|"
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d+|several|many|some|a few) months (?:ago|back)|"
    r"(?:back )?in (?:(?:19|20)\d\d|college|high school|middle school|grade school"
    r"|my (?:teens|twenties|thirties|20s|30s)|the (?:nineties|eighties|past"
    r"|army|service|marines|90s|80s))|"
    r"when (?:i|he|she|they|we) (?:(?:got|first|lived|lost|had)\b|(?:was|were) (?:an?|in|at|little|young\w*|small|\d+"
    r"|growing|pregnant|married|deployed|still|using|drinking|homeless|living|working|nine|ten|eleven|twelve|\w+teen"
    r"|twenty|thirty)\b)|as a (?:kid"
    r"|child|teen(?:ager)?|boy|girl|student)|at (?:fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|fourteen|thirteen|twelve|age \w+|\d\d)\b|"
    r"used to|back then|back when|at (?:that|the) time|those days|in the past"
    r"|growing up|last year|(?:before|after) (?:i|we) (?:got|met|had|moved"
    r"|started|came)|years ago|"
    r"(?:hx|history|h/o)(?: of)?|previous(?:ly)?|prior (?:attempt|SI|ideation)"
    r"|past (?:attempt|SI|ideation)|once (?:tried|attempted|took|cut|thought)"
    r"|freshman year|sophomore year|junior year|"
    r"(?:during|right after) (?:the|my) (?:divorce|deployment|first (?:year|marriage)))\b",
    re.IGNORECASE,
)
_DATED_PAST = re.compile(r"\b(?:19[5-9]\d|20[01]\d|202[0-4])\b")
_RECENT = re.compile(
    r"\b(?:last (?:night|week|weekend|month|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|few (?:days|weeks))|yesterday|today|tonight|tomorrow"
    r"|"
    r"this (?:morning|week|weekend|month|afternoon|evening|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|past \w+)|"
    r"on (?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:two|three|four|five"
    r"|six|a couple(?: of)?|a few|\d+) (?:days|nights|weeks) ago|the other (?:day"
    r"|night)|recently|lately|"
    r"right now|now|still|again|these days|every (?:day|night|morning)|most (?:days"
    r"|nights)|all the time|since (?:the|my|last|he|she|we|i)|keep|keeps|kept"
    r"|sometimes|at night|earlier)\b",
    re.IGNORECASE,
)
_NOT_RECENT = re.compile(r"\bnot (?:right )?(?:now|today|lately|recently|these days|this \w+|anymore)\b", re.IGNORECASE)
_NO_MORE = re.compile(
    r"\b(?:not (?:any ?more|now|these days|lately|since|recently|in (?:years"
    r"|months|a long time))|(?:haven'?t|hasn'?t|have not|havent|hasnt|never)(?: \w+){0,3} (?:since"
    r"|in (?:\w+ ){0,2}(?:years?|months?))|"
    r"(?:don'?t|doesn'?t|do not|dont) (?:feel|think|want|do) (?:that|like that"
    r"|it|this)(?: way)? (?:any ?more|now)|that was (?:then|before|a long time"
    r"|years|back|\w+ years)|over it now|no longer)\b",
    re.IGNORECASE,
)
_PERSON = (
    r"(?:(?:my|his|her|our|their|your|a|the|this|one of my|some|another)(?: \w+){0,2} (?:friend"
    r"|buddy|classmate|cousin|brother|sister|mom|mum|mother|dad|father|uncle"
    r"|aunt|"
    r"grandma|grandpa|grandmother|grandfather|neighbou?r|coworker|colleague"
    r"|boss|roommate|teammate|sponsor|teacher|coach|ex|husband|wife|partner"
    r"|boyfriend|girlfriend|son|daughter|"
    r"kid|child|girl|boy|guy|person|patient|client|nephew|niece|stepson|stepdaughter"
    r"|stepdad|stepmom|best friend|bf|gf|pastor|student)(?:'s)?|"
    r"somebody|someone|people|kids|a kid|friends?|he|she|they|who)"
)
_OTHER_SUBJECT = re.compile(rf"\b{_PERSON}\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|im|ive|id|me|my|myself|mine|we|us)\b", re.IGNORECASE)
_FIRST_SUBJECT = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|im|ive|ill)\b", re.IGNORECASE)
_THIRD_SELF = re.compile(
    r"\b(?:himself|herself|themsel(?:f|ves)|his (?:own )?life|her (?:own )?life"
    r"|his arms?|her arms?|her wrists?|his wrists?)\b",
    re.IGNORECASE,
)
_FICTION = re.compile(
    r"\b(?:movie|film|show|episode|series|book|novel|song|lyrics?|story|game"
    r"|video game|podcast|documentary|character|netflix|play|poem|tv|article"
    r"|news)\b",
    re.IGNORECASE,
)
_UNASKED = re.compile(
    r"(?:\b(?:not|never|un)|n'?t)[- ]?(?:yet )?(?:re)?(?:assess\w*|ask\w*|discuss\w*"
    r"|address\w*|screen\w*|cover\w*|explored?|mentioned|raised|documented"
    r"|evaluated|get to|got to)|"
    r"(?:no time|ran out of time|need(?:s)? to|to do|next time|follow ?up)\b[^.;]{0,20}\b(?:risk|SI|safety|screen)",
    re.IGNORECASE,
)
_COMPLETED = re.compile(
    r"\b(?:killed (?:him|her|them)sel(?:f|ves)|(?:died|d\.?) (?:by|from|of)|committed suicide|passed away)\b",
    re.IGNORECASE,
)
_ASKED_AND_DENIED = re.compile(r"\s*\?\s*(?:none|no|nope|never|nah)\b", re.IGNORECASE)
_NEGATED_AFTER = re.compile(
    r"[\s,:=–-]*(?:\(?-\)?(?=\s|$)|neg(?:ative)?\b|denied|denies|none|absent|0\b|no\b(?!\s+\w+\s+but)|nil\b|"
    r"not (?:present|reported|endorsed|any ?more)|n/a)",
    re.IGNORECASE,
)
_ANOTHERS_WORDS = re.compile(
    rf"\b(?:that'?s|this is|it'?s|which is|like) (?:just |exactly |only )?(?:what|how|something|a thing|the thing) "
    rf"(?:{_PERSON}|[A-Z][\w-]+|\[[A-Z]+-\d+\])(?: \w+)? (?:says?|said|goes|puts? it|tells?|told"
    r"|keeps? saying|used to say)\b"
    r"|\b(?:that'?s|it'?s) (?:my|his|her|their) \w+(?:'s)? (?:line|saying|words|phrase|expression)\b",
    re.IGNORECASE,
)
"""`…, that's what my mother always says`: whose words they were is told after them."""
_TAKEN_BACK = re.compile(
    r"\b(?:(?:that|it|this) (?:was|is|'s) (?:just |only |obviously |totally )?(?:a joke|joking|sarcas\w+|kidding)"
    r"|(?:was|were|am|'m|just|only) (?:just |only )?(?:joking|kidding|being sarcastic))\b",
    re.IGNORECASE,
)
_SAYS_NO = re.compile(r"^\W*(?:(?:oh|um+|uh+|well|god|okay|ok)\W+)*(?:no|nope|nah)\b", re.IGNORECASE)
_NEW_DENIAL = re.compile(r",\s*(?=(?:and |or )?(?:no|not|without|denie[sd]|denying|never)\b)", re.IGNORECASE)
"""`no aggression, no SI` denies twice; it does not deny the denial."""
_NEAR: Final = 45


@dataclass(frozen=True, slots=True)
class Found:
    """One mention of risk in a text: where, about what, and how it is meant."""

    topic: str
    polarity: Polarity
    start: int
    end: int
    about_other: bool
    past: bool = False


def without_idioms(text: str) -> str:
    """The text with what only sounds like risk blanked out, every other character in its place."""
    text = text.replace("’", "'")
    lowered = text.lower()
    if len(lowered) != len(text):
        return IDIOMS.sub(lambda match: " " * len(match[0]), text)
    for match in _QUICK_IDIOMS.finditer(lowered):
        text = f"{text[: match.start()]}{' ' * len(match[0])}{text[match.end() :]}"
    return text


def _quick(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """The pattern for text that is in lower case already: matches at least as much, and three times as fast."""
    plain = pattern.pattern.replace("(?-i:", "(?:").replace("SI", "si").replace("HI", "hi").replace("[A-Z]", "[a-z0-9]")
    return re.compile(plain)


_QUICK_IDIOMS = _quick(IDIOMS)
_QUICK_TOPICS = {
    topic.name: tuple(_quick(pattern) for pattern in (topic.direct, topic.passive) if pattern) for topic in TOPICS
}


@lru_cache(maxsize=32768)
def mentions(text: str, neighbours: str = "") -> tuple[Found, ...]:
    """Every mention of risk in a sentence, at most one a topic and clause; `neighbours`: what was said around it.

    `about_other`: the words are about somebody other than the speaker.
    """
    beginnings = {word[:4] for word in tokens(text)}
    topics = [topic for topic in TOPICS if topic.anchors & beginnings]
    if not topics:
        return ()
    lowered = text.replace("’", "'").lower()
    topics = [topic for topic in topics if any(pattern.search(lowered) for pattern in _QUICK_TOPICS[topic.name])]
    if not topics:
        return ()
    plain = without_idioms(text)
    topics = [
        topic for topic in topics if topic.direct.search(plain) or (topic.passive and topic.passive.search(plain))
    ]
    if not topics or (_FICTION.search(plain) and not _FIRST_SUBJECT.search(plain)):
        return ()
    found: list[Found] = []
    clauses = _clauses(plain)
    for topic in topics:
        for clause_start, clause_end in clauses:
            one = _in_clause(topic, plain, clause_start, clause_end, neighbours)
            if one is not None:
                found.append(one)
    return tuple(_settled(found))


def not_asked(text: str) -> bool:
    """Does a note say that risk was not looked at? That is no negation."""
    return bool(_UNASKED.search(text))


def _clauses(text: str) -> list[tuple[int, int]]:
    ends = [match.start() for match in _CLAUSE.finditer(text)]
    starts = [0, *ends]
    return [(start, end) for start, end in zip(starts, [*ends, len(text)], strict=True) if end > start]


def _in_clause(topic: Topic, text: str, start: int, end: int, neighbours: str) -> Found | None:
    passive = topic.passive.search(text, start, end) if topic.passive else None
    direct = topic.direct.search(text, start, end)
    match = passive or direct
    if match is None:
        return None
    if passive and direct and direct.start() < passive.start():
        match, passive = direct, None
    if topic.name == "substance_use" and re.match(r"(?:clean|sober)", match[0], re.IGNORECASE):
        return Found(topic.name, "negated", match.start(), match.end(), _about_other(text, start, match))
    about_other = _about_other(text, start, match)
    about_other = about_other or bool(_ANOTHERS_WORDS.search(text, match.end()))
    return Found(
        topic.name,
        _polarity(text, start, end, match, passive is not None, about_other, neighbours),
        match.start(),
        match.end(),
        about_other,
        past=bool(_YEARS_AGO.search(text) or _COMPLETED.search(text)),
    )


def _polarity(
    text: str, start: int, end: int, match: re.Match[str], passive: bool, about_other: bool, neighbours: str
) -> Polarity:
    negated = _negated(text, start, end, match, passive) != (not passive and _negated_within(match))
    negated = negated or bool(_ASKED_AND_DENIED.match(text, match.end()))
    if about_other:
        return "third_party"
    if _SAYS_NO.match(text) and _TAKEN_BACK.search(text, match.end()):
        return "negated"  # a denial first, then what was meant in jest: unasked for, a jest still counts
    clause = text[start:end]
    around = f"{clause} {neighbours}"
    if negated:
        if _JUST_STOP.search(text) or _JUST_STOP.search(neighbours):
            return "passive"
        if re.search(r"\bused to\b", clause, re.IGNORECASE):
            return "historical"
        return "negated"
    recent = _RECENT.search(_NOT_RECENT.sub(" ", clause))
    past = _YEARS_AGO.search(clause) or _DATED_PAST.search(clause)
    if past and (not recent or re.search(r"\bused to\b|\byears? ago\b|history|hx", clause, re.IGNORECASE)):
        return "historical"
    if not recent and (_NO_MORE.search(around) or _YEARS_AGO.search(around)) and not _present_tense(clause):
        return "historical"
    return "passive" if passive else "affirmed"


def _present_tense(clause: str) -> bool:
    return bool(
        re.search(
            r"\b(?:i'?m|i am|i (?:want|wish|feel|think|keep|have|need|can'?t|hope|don'?t)|makes? me|there'?s)\b",
            clause,
            re.IGNORECASE,
        )
    )


def _negated(text: str, start: int, end: int, match: re.Match[str], passive: bool) -> bool:
    before = _NEW_DENIAL.split(text[start : match.start()])[-1]
    if _NO_PROMISE.search(text[start:end]):
        return False
    before = _NOT_NEGATING.sub(lambda m: " " * len(m[0]), before)
    negators = [m for m in _NEGATOR.finditer(before) if len(before) - m.end() <= _NEAR]
    if len(negators) % 2 == 1:
        return True
    return not passive and bool(_NEGATED_AFTER.match(text, match.end(), end))


def _negated_within(match: re.Match[str]) -> bool:
    """`he has never hit me`, `I haven't cut`: the negation stands inside the mention."""
    if re.match(r"(?:stopp?ed|quit)\b.*\b(?:drink|us|cut)", match[0], re.IGNORECASE):
        return True
    if re.search(r"safe|eat|home", match[0], re.IGNORECASE) or re.match(r"(?:stopped|quit)", match[0], re.IGNORECASE):
        return False
    return bool(
        re.search(r"\b(?:never|not|\w+n'?t)\s(?=\S+(?:\s(?:me|him|her|us|them))?\W*$|been )", match[0], re.IGNORECASE)
    ) and not re.search(r"\b(?:want|wanna|wake|living|point)\b", match[0], re.IGNORECASE)


def _about_other(text: str, start: int, match: re.Match[str]) -> bool:
    """Is the nearest person before the mention somebody other than the speaker?"""
    if re.search(r"\b(?:myself|my (?:own )?(?:life|wrists?|arms?|legs?|thighs?))\b", match[0], re.IGNORECASE):
        return False
    if _THIRD_SELF.search(match[0]):
        return True
    if re.search(r"\b(?:i|me)\b", match[0], re.IGNORECASE):
        return False
    if re.match(
        r"(?:he|she|they|who|my|[A-Z][\w-]*\d|you|the (?:voices?|tv|radio|devil|phone)|god|people|everyone|someone)\b",
        match[0],
        re.IGNORECASE,
    ):
        # `he hits me` is about the speaker; `he hits her` is not
        return not _FIRST.search(match[0]) and not _FIRST.search(text[match.end() : match.end() + 12])
    window = text[max(0, start - 60) : match.start()]
    nearest_other = max((m.end() for m in _OTHER_SUBJECT.finditer(window)), default=-1)
    client = max((m.end() for m in re.finditer(r"\b(?:[A-Z][\w-]*\d[\w-]*|you)\b", window)), default=-1)
    nearest_self = max((m.end() for m in _FIRST_SUBJECT.finditer(window)), default=-1)
    if re.search(r"\bme\b\s*(?:to\s*)?$", window, re.IGNORECASE):
        return False
    return max(nearest_other, client) > nearest_self


def _settled(found: list[Found]) -> list[Found]:
    """One word per topic and polarity; a person's own harm is not told twice as suicide and self-harm."""
    kept: dict[tuple[str, str], Found] = {}
    for one in found:
        kept.setdefault((one.topic, one.polarity), one)
    settled = list(kept.values())
    suicidal = {(one.start, one.end) for one in settled if one.topic == "suicide"}
    return [
        one
        for one in settled
        if one.topic in ("suicide",) or not any(start <= one.start < end for start, end in suicidal)
    ]

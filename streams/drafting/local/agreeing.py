"""Which words promise, propose, refuse, set homework or sum up? Patterns over what was said or noted; pure.

Nothing here knows who said it: that is for whoever reads the turns.
"""

import re
from functools import lru_cache

from streams.drafting.local.reading import is_question
from streams.drafting.polarity import mentions
from streams.drafting.words import content, tokens

_BARE = content("okay yes sure can will try do that this it good fine deal work help manage promise commit agree happy")
_WHAT_WILL_YOU = re.compile(
    r"\bwhat (?:else )?(?:can|will|could|would|are|might|do) (?:you|each of you|we|everyone)\b"
    r"|\bwhat(?:'s| is) (?:your|one|the one)\b|\bwhat about you\b|\b(?:pick|name|choose|give me) one\b",
    re.IGNORECASE,
)

PROMISES = re.compile(
    r"\b(?:i promise\b|i won'?t \w+ (?:\w+ ){0,4}(?:again|anymore|any more"
    r"|this week|until)|i could (?:live with|manage|be home)|i can (?:just "
    r"|definitely |also )?(?:leave|hand|drop|pick|find|get|be|stay|wait|read"
    r"|walk|stop|let|send|email|use|talk|come|run|eat|wear|join|show)\b(?! (?:so"
    r"|really|pretty|very|tired|angry|mad|like|a (?:lot|bit)))|i'll (?!be (?:honest"
    r"|real|fine|ok|okay|up|sitting|lying|like|thinking"
    r"|crying|so|too|really|dead|late|alone|happy)\b)|"
    r"i will (?!be (?:honest|real|fine)\b)|i'?m (?:going to|gonna) |i am going to "
    r"|i can (?:do|try|text|call|start|ask|bring|write|make|put|give|take|set"
    r"|go|keep|tell|help|be home|live with|manage|commit|set aside|sit|practi[sc]e|check)"
    r"|"
    r"i could (?:do|try|text|call|start|ask|bring|write|make|put|give|set|go"
    r"|keep|tell|sit|practi[sc]e)|i(?:'d| would) be willing|i'?m willing|i(?:'m"
    r"| am)? (?:agree(?:ing)?|commit(?:ting)?|promise|plan(?:ning)?|intend) (?:to"
    r"|that)|"
    r"my (?:plan|commitment|homework|goal|step|action)(?: for (?:this|the) week)? (?:is"
    r"|will be)|(?:we'll|we will|we'?re going to|we are going to|we can (?:do"
    r"|try|start|sit|make|set)|we could (?:do|try|start|sit|make)|let'?s) "
    r"|"
    r"(?:this week|tomorrow|tonight|next week|from now on),? (?:i|we) )",
)
"""Searched in lower case, as BARE_ILL is."""
BARE_ILL = re.compile(
    r"\b(?:ill|(?:so|and|then|ok|okay|maybe|yeah|yes) well) (?=(?:just |definitely "
    r"|also |probably )?(?:try|call|text|ask|do|go|bring|write|make|put|give"
    r"|take|set|keep|tell|help|start|get|be home|sit|use|check|practi[sc]e"
    r"|talk|find|pour|run|raise|come|stay|leave|clean|cook|finish|send|read"
    r"|walk|stop|let|pick|move|buy|turn|schedule|email|sign|wear|wake|eat|drive"
    r"|watch|work|meet|plan|say|show|log|track|join|attend|pay|book|cancel"
    r"|wait|listen|skip|think about)\b)",
)
"""`I'll` and `we'll` as speech-to-text writes them."""
NO_PROMISE = re.compile(
    r"\b(?:(?:i'?ll|i will) never\b|(?:i'?ll|i will|i'?m going to|i'm gonna|i am going to) (?:never"
    r"|always|probably|just )?\s*(?:say|admit|tell you (?:what|that|this|the truth"
    r"|something|honestly|right now)|tell you,|give (?:you|him|her"
    r"|them) that|believe|die|lose|explode|scream|cry|regret|miss|kill|hate"
    r"|fail|forget|end up|wake|lie (?:there|awake|in)|sit there|"
    r"get (?:fired|in trouble|yelled|sick|mad|angry)|be (?:the one|stuck|in trouble"
    r"|fired|alone|dead|broke|homeless|late|punished)|see what|have to|need"
    r"|feel|freak|lose it|snap|go (?:crazy|insane|nuts)|throw up|pass out|relapse"
    r"|use(?! (?:the|my|a|an|it|that|this))|drink)\b|"
    r"(?:let'?s) (?:see|say|face|be (?:honest|real)|not|just say|pretend|hope)"
    r"|(?:let'?s|we'?ll) (?:start|begin|get started|hear|check|talk about|move on"
    r"|pause|take a moment|go around|come back)\b(?=[^.]{0,20}(?:now|today"
    r"|\bhere\b|with|from|$))|"
    r"we'?ll (?:never|always|probably|just|see|be (?:fine|late|ok))|i'?m (?:going to"
    r"|gonna) be (?:sick|late|honest|real|fired|alone)|i can try to explain"
    r"|going to (?:school|work|the|my|therapy|meetings|church|bed)\b(?! (?:to"
    r"|tomorrow|this|every|on|more)))",
    re.IGNORECASE,
)
CONDITION = re.compile(
    r"^(?:and |but |so |because )?(?:if|when|whenever|every time) (?!i\b|you\b|we\b)[^,]{0,60},? (?:i'?ll"
    r"|i will|i'm going to)\b|\b(?:he|she|they|mom|dad|you) (?:said|says|told me"
    r"|thinks?|goes|was like|were like|keeps? saying)\b",
    re.IGNORECASE,
)
SUPPOSES = re.compile(
    r"\b(?:makes? me (?:think|wonder|feel like)|(?:i think|maybe|i guess|i wonder if|perhaps|i wish|i suppose) i could"
    r"|thinking (?:that )?i could|i could (?:maybe|probably|have|never))\b",
    re.IGNORECASE,
)
"""Playing with a thought commits nobody."""
PROPOSES = re.compile(
    r"\b(?:shall we|how about|what about|what if (?:we|you|i|he|she|they)|would you (?:be willing"
    r"|be open|be okay|be able|consider|like to try|try|agree|want to)|are you willing"
    r"|could you (?:both |all |each |two )?(?:try|do|commit|agree|text|call|write"
    r"|practi[sc]e|bring|set|give|start|pick|let|check|sit|make|take|go)|"
    r"can you (?:both |all |each |two )?(?:try|do|commit|agree|text|call|write|practi[sc]e"
    r"|bring|set|give|start|pick|let|check|make|take|promise|go)|can we (?:try"
    r"|do|agree|start|have|set|make|plan|say|go|meet)|could we (?:try|do|agree"
    r"|start|have|set|make|plan|go|meet)|let'?s (?!see|say|face)|"
    r"i(?:'d| would) like (?:you|us|each|everyone|both|all|one|it if|to (?:suggest"
    r"|propose|ask|invite|stay|meet|sit down|sit with|go over|see you|talk with|call|schedule))"
    r"|i (?:want|need) (?:you|us|each|everyone|both) to"
    r"|it would help (?:me )?if|i wish (?:you|he|she|we|they)(?:'d| would)?"
    r"|i think,? if (?:you|he|she|we|they)|i suggest|"
    r"my (?:suggestion|proposal|ask|request)|one thing i(?:'d| would) (?:like"
    r"|want)|maybe (?:you|we) (?:could|can)|why don'?t (?:you|we)|we could"
    r"|all i(?:'m asking| want)|would it (?:help|work|be (?:ok|okay|possible))"
    r"|would that (?:be|work)|can i (?:do|go|have|stay|use|take|try|come|start"
    r"|get) |does that (?:work|sound)|how does that sound"
    r"|do you think you (?:could|can)|is that something you)\b",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\b(?:this (?:week|weekend|month|evening|afternoon|coming)|next (?:week"
    r"|time|session|month|\w+day)|tonight|tomorrow|every (?:\w+ )?(?:day|night"
    r"|week|morning|evening|other|sunday|monday|\w+day|six|two|three|four)"
    r"|each (?:day|night|week|morning|evening)|once a|twice a|\w+ times a|a (?:day"
    r"|week|night|month)\b|"
    r"before (?:we meet|next|bed|dinner|school|the|you (?:leave|go))|until (?:we|next|then)"
    r"|between (?:now|sessions)|after (?:school|work|dinner|this|we|group|session)|on (?:mon"
    r"|tues|wednes|thurs|fri|satur|sun)days?|by (?:next|mon|tues|wednes|thurs"
    r"|fri|satur|sun|the)|daily|weekly|from now on|for (?:a|one|the|the next|the coming|two) (?:week"
    r"|weeks|days|month)|"
    r"homework|at home|in the (?:morning|evening)|when (?:you|we|things|it)(?:'re"
    r"| are)? (?:get|feel|start|are|notice|come|go)|go to every|every (?:two"
    r"|three|four|six|other))\b",
    re.IGNORECASE,
)
GIVEN = re.compile(
    r"\b(?:(?:for|your|this week'?s|the|our|as) (?:home ?work|assignment|task|practice)"
    r"(?: (?:is|will be|for|this|until|,))?|home ?work(?:\s*(?::|is|this|for"
    r"|will|everyone|everybody|each|both|all|pick)|,)|"
    r"between now and (?:next|then|our)|for next (?:time|week|session)|before (?:we meet(?: again)?"
    r"|next (?:time|week|session))|"
    r"(?:for )?this (?:coming )?week,? (?:i'd like|i would like|i want|i'll ask"
    r"|try|each|let'?s|your|please|practi[sc]e|notice|"
    r"write|everyone|everybody|both|all|can|could|keep|do|use|pick|choose|take"
    r"|call|read|log|track|spend|set|text|make|find|"
    r"plan|bring|you)|(?:i'd like|i would like|i want|i'm asking) (?:you|each"
    r"|everyone|both|all|the two)[^.?!]{0,30} to)\b",
    re.IGNORECASE,
)
SETTLED = re.compile(
    r"\b(?:so (?:we|you)(?:'re| are|'ve| have)? agree\w*|we(?:'ve| have)? agreed"
    r"|(?:to|let me|i'll|let's) (?:recap|sum up|summari[sz]e)|so,? (?:the )?plan(?: is)?"
    r"|our plan|next (?:session|appointment|meeting|time)(?: is|:| we|,)|see you (?:next"
    r"|in|on|all|both)|we(?:'ll| will) (?:meet|see each other)|same time next)\b",
    re.IGNORECASE,
)
TOLD_TO = re.compile(
    r"^\W*(?:please )?(?:bring|write|try|call|text|practi[sc]e|keep|take|read"
    r"|make|notice|pick|think about|ask|tell|use|log|track)\b",
    re.IGNORECASE,
)
ELICITS = re.compile(
    r"\b(?:(?:what is|what's|whats|pick|name|choose|tell me|give me)? ?(?:one"
    r"|something|a) (?:small |little |single |concrete )?(?:thing|step|promise"
    r"|action)"
    r"(?: (?:each|that|you|for|before|to|this|between|from))|one thing(?: each)?(?=[.,]| for| before| this)|"
    r"what (?:might|would|could|can) (?:work|help|be different|you two try|it look like|\w+ look like)|"
    r"what (?:will|would|are|could|can) (?:you|each of you|we) (?:like to "
    r"|going to |be willing to |want to )?(?:try|do|keep|take|commit|practi[sc]e"
    r"|change|bring)|"
    r"something you (?:can|could|will|would) (?:commit|do|try)|what(?:'s| is) (?:your"
    r"|the) (?:plan|next step|commitment))\b",
    re.IGNORECASE,
)
NO_IDEA = re.compile(r"\b(?:don'?t know|dunno|no idea|not sure|nothing|pass|can'?t think|won'?t)\b", re.IGNORECASE)
IN_THE_ROOM = re.compile(
    r"\b(?:say (?:one|more|that|something|it)|tell (?:me|us|him|her|them)|describe"
    r"|look at|repeat|try (?:it|that) (?:now|here)|right now|take a breath"
    r"|share (?:with|what|a|one)|speak|answer|go first|say what|help me understand"
    r"|hold on|pause)\b",
    re.IGNORECASE,
)
OUTLINE = re.compile(
    r"^\W*(?:plan|hw|home ?work|agreed|agreement|action|task|next|tx plan|to do"
    r"|todo|f/u|follow[- ]?up|p)\b\s*[:=–-]?|\b(?:hw|home ?work|agreed|agrees"
    r"|agree to|will|commit(?:s|ted)? to|to (?:try|call|do|bring|write|practi[sc]e"
    r"|text|track|log|use|keep|attend|read|meet|start|schedule|complete)|"
    r"follow[- ]?up|f/u|next (?:session|appt|visit|time|week)|return in|q\s?\d+\s?(?:wks?"
    r"|weeks?)|refer(?:red|ral)?|schedule[ds]?|move to|contract(?:ed)?)\b",
    re.IGNORECASE,
)
AS_BEFORE = re.compile(
    r"\bas (?:agreed|planned|contracted)\b|\b(?:time-?out|safety|behaviou?r) contract (?:was )?(?:reviewed|discussed)\b"
    r"|\bcontract (?:was )?(?:reviewed|discussed)\b",
    re.IGNORECASE,
)
"""What was agreed before, and kept or looked at again, is nothing new to do."""
DONE_ALREADY = re.compile(
    r"^\W*(?:practi[sc]ed|taught|discussed|reviewed|explored|processed|introduced|rehearsed|explained|modelled|modeled"
    r"|worked on|talked|argued|role-?played|identified|normali[sz]ed|validated|assessed|completed)\b",
    re.IGNORECASE,
)
"""What was done in the session is no plan, whatever was agreed in it."""
IMPERATIVE = re.compile(
    r"^\W*(?:text|call|write|practi[sc]e|bring|try|keep|schedule|move|meet"
    r"|read|log|track|attend|complete|do|use|continue|start|stop|take|make"
    r"|set|walk|plan|phone|email|list|notice|record|share|sit|have)\b(?!ed)",
    re.IGNORECASE,
)
POINTS_BACK = re.compile(r"\b(?:that|this|it) (?:be|work|sound|okay|ok)\b|how does that", re.IGNORECASE)
HEADING = re.compile(
    r"^\W*(?:plan|hw|home ?work|agreed|agreement|actions?|tasks?|next|to do|todo|p)\s*[:=–-]", re.IGNORECASE
)
PAST_NOTE = re.compile(
    r"\b(?:did|done|was|were|had|reported|said|says|felt|noted|discussed|reviewed"
    r"|completed|kept|tried|agreed to disagree)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=32768)
def is_promise(sentence: str) -> bool:
    """Does a sentence commit its speaker to something to come?"""
    plain = sentence.replace("’", "'")
    if is_question(plain) and "?" in plain:
        return False
    lowered = plain.lower()
    if (
        not (PROMISES.search(lowered) or BARE_ILL.search(lowered))
        or NO_PROMISE.search(plain)
        or CONDITION.search(plain)
        or SUPPOSES.search(plain)
    ):
        return False
    return len(tokens(plain)) >= 3 and not any(
        found.topic in ("suicide", "harm_to_others") for found in mentions(plain)
    )


def is_bare(sentence: str) -> bool:
    """Is a promise empty without what it answers, as in `I can do that`?"""
    return not content(sentence) - _BARE


def elicits(sentence: str) -> bool:
    """Does it leave it to whoever answers to say what they will do?"""
    return bool(_WHAT_WILL_YOU.search(sentence))


def takes_back(text: str) -> bool:
    return bool(
        re.search(
            r"\b(?:but (?:i )?(?:can'?t|won'?t|don'?t (?:want|think)|not)|i (?:can'?t"
            r"|won'?t|don'?t want to|refuse)|no way|not (?:doing|going to))\b",
            text,
            re.IGNORECASE,
        )
    )


def reviews(sentence: str) -> bool:
    return bool(
        re.search(r"\b(?:how did|did (?:you|anyone|everyone)|how was|last week'?s|who did)\b", sentence, re.IGNORECASE)
    )

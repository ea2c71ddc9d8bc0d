"""What was agreed, and by whom? A promise in a client's own words, an assent to a proposal, homework that was given.

A refusal, a wish, a habit told in the future tense or somebody else's promise is no agreement.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.draft import RESTRICTED
from schemas.session_file import THERAPIST, UNKNOWN
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.answers import answer, passes_on, to_everybody
from streams.drafting.local.confided import confided
from streams.drafting.local.reading import Reading, Utterance, is_question
from streams.drafting.local.wording import quote
from streams.drafting.polarity import mentions
from streams.drafting.words import content, tokens

_PROMISES = re.compile(
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
    re.IGNORECASE,
)
_BARE_ILL = re.compile(
    r"\b(?:ill|(?:so|and|then|ok|okay|maybe|yeah|yes) well) (?=(?:just |definitely "
    r"|also |probably )?(?:try|call|text|ask|do|go|bring|write|make|put|give"
    r"|take|set|keep|tell|help|start|get|be home|sit|use|check|practi[sc]e"
    r"|talk|find|pour|run|raise|come|stay|leave|clean|cook|finish|send|read"
    r"|walk|stop|let|pick|move|buy|turn|schedule|email|sign|wear|wake|eat|drive"
    r"|watch|work|meet|plan|say|show|log|track|join|attend|pay|book|cancel"
    r"|wait|listen|skip|think about)\b)",
    re.IGNORECASE,
)
"""`I'll` and `we'll` as speech-to-text writes them."""
_NO_PROMISE = re.compile(
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
_CONDITION = re.compile(
    r"^(?:and |but |so |because )?(?:if|when|whenever|every time) (?!i\b|you\b|we\b)[^,]{0,60},? (?:i'?ll"
    r"|i will|i'm going to)\b|\b(?:he|she|they|mom|dad|you) (?:said|says|told me"
    r"|thinks?|goes|was like|were like|keeps? saying)\b",
    re.IGNORECASE,
)
_PROPOSES = re.compile(
    r"\b(?:shall we|how about|what about|what if (?:we|you|i|he|she|they)|would you (?:be willing"
    r"|be open|be okay|be able|consider|like to try|try|agree|want to)|are you willing"
    r"|could you (?:both |all |each |two )?(?:try|do|commit|agree|text|call|write"
    r"|practi[sc]e|bring|set|give|start|pick|let|check|sit|make|take|go)|"
    r"can you (?:both |all |each |two )?(?:try|do|commit|agree|text|call|write|practi[sc]e"
    r"|bring|set|give|start|pick|let|check|make|take|promise|go)|can we (?:try"
    r"|do|agree|start|have|set|make|plan|say|go|meet)|could we (?:try|do|agree"
    r"|start|have|set|make|plan|go|meet)|let'?s (?!see|say|face)|"
    r"i(?:'d| would) like (?:you|us|each|everyone|both|all|one|it if|to (?:suggest"
    r"|propose|ask|invite))|i (?:want|need) (?:you|us|each|everyone|both) to"
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
_LATER = re.compile(
    r"\b(?:this (?:week|weekend|month|evening|afternoon|coming)|next (?:week"
    r"|time|session|month|\w+day)|tonight|tomorrow|every (?:\w+ )?(?:day|night"
    r"|week|morning|evening|other|sunday|monday|\w+day|six|two|three|four)"
    r"|each (?:day|night|week|morning|evening)|once a|twice a|\w+ times a|a (?:day"
    r"|week|night|month)\b|"
    r"before (?:we meet|next|bed|dinner|school|the|you (?:leave|go))|until (?:we|next|then)"
    r"|between (?:now|sessions)|after (?:school|work|dinner|this|we|group|session)|on (?:mon"
    r"|tues|wednes|thurs|fri|satur|sun)days?|by (?:next|mon|tues|wednes|thurs"
    r"|fri|satur|sun|the)|daily|weekly|from now on|for (?:a|one|the next|two) (?:week"
    r"|weeks|days|month)|"
    r"homework|at home|in the (?:morning|evening)|when (?:you|we|things|it)(?:'re"
    r"| are)? (?:get|feel|start|are|notice|come|go)|go to every|every (?:two"
    r"|three|four|six|other))\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
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
_SETTLED = re.compile(
    r"\b(?:so (?:we|you)(?:'re| are|'ve| have)? agree\w*|we(?:'ve| have)? agreed"
    r"|(?:to|let me|i'll|let's) (?:recap|sum up|summari[sz]e)|so,? (?:the )?plan(?: is)?"
    r"|our plan|next (?:session|appointment|meeting|time)(?: is|:| we|,)|see you (?:next"
    r"|in|on|all|both)|we(?:'ll| will) (?:meet|see each other)|same time next)\b",
    re.IGNORECASE,
)
_TOLD_TO = re.compile(
    r"^\W*(?:please )?(?:bring|write|try|call|text|practi[sc]e|keep|take|read"
    r"|make|notice|pick|think about|ask|tell|use|log|track)\b",
    re.IGNORECASE,
)
_ELICITS = re.compile(
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
_NO_IDEA = re.compile(r"\b(?:don'?t know|dunno|no idea|not sure|nothing|pass|can'?t think|won'?t)\b", re.IGNORECASE)
_IN_THE_ROOM = re.compile(
    r"\b(?:say (?:one|more|that|something|it)|tell (?:me|us|him|her|them)|describe"
    r"|look at|repeat|try (?:it|that) (?:now|here)|right now|take a breath"
    r"|share (?:with|what|a|one)|speak|answer|go first|say what|help me understand"
    r"|hold on|pause)\b",
    re.IGNORECASE,
)
_OUTLINE = re.compile(
    r"^\W*(?:plan|hw|home ?work|agreed|agreement|action|task|next|tx plan|to do"
    r"|todo|f/u|follow[- ]?up|p)\b\s*[:=–-]?|\b(?:hw|home ?work|agreed|agrees"
    r"|agree to|will|commit(?:s|ted)? to|to (?:try|call|do|bring|write|practi[sc]e"
    r"|text|track|log|use|keep|attend|read|meet|start|schedule|complete)|"
    r"follow[- ]?up|f/u|next (?:session|appt|visit|time|week)|return in|q\s?\d+\s?(?:wks?"
    r"|weeks?)|refer(?:red|ral)?|schedule[ds]?|move to|contract(?:ed)?)\b",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"^\W*(?:text|call|write|practi[sc]e|bring|try|keep|schedule|move|meet"
    r"|read|log|track|attend|complete|do|use|continue|start|stop|take|make"
    r"|set|walk|plan|phone|email|list|notice|record|share|sit|have)\b(?!ed)",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(r"\b(?:that|this|it) (?:be|work|sound|okay|ok)\b|how does that", re.IGNORECASE)
_HEADING = re.compile(
    r"^\W*(?:plan|hw|home ?work|agreed|agreement|actions?|tasks?|next|to do|todo|p)\s*[:=–-]", re.IGNORECASE
)
_PAST_NOTE = re.compile(
    r"\b(?:did|done|was|were|had|reported|said|says|felt|noted|discussed|reviewed"
    r"|completed|kept|tried|agreed to disagree)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Commitment:
    """Something agreed. `client_id` None = by everybody, or not said by whom. `what` is the verbatim heart of it."""

    client_id: str | None
    text: str
    what: str
    evidence: tuple[str, ...]
    confided_by: str | None = None
    turn_number: int | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """`restricted` if it was agreed in confidence."""
        return (RESTRICTED,) if self.confided_by else ()


class Commitments:
    """All that was agreed in a session, in its order, each thing once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._clients = reading.material.client_ids
        self._addressing = Addressing(reading.material.session, reading.material.absent)
        found = [*self._homework(), *self._assents(), *self._promises(), *self._elicited(), *self._recaps()]
        found.sort(key=lambda one: one.turn_number or 0)
        self.all: tuple[Commitment, ...] = tuple(_each_once([*found, *self._outlined()]))

    # --- what clients promise -----------------------------------------------------------------------------------------

    def _promises(self) -> Iterator[Commitment]:
        for turn in self._certain():
            if turn.speaker == THERAPIST:
                continue
            for sentence in turn.sentences:
                if not _is_promise(sentence):
                    continue
                before = self._proposal_before(turn)
                joint = bool(
                    re.search(r"\b(?:we'll|we will|we'?re going to|we can|we could|let'?s)\b", sentence, re.IGNORECASE)
                )
                if joint and not (self._agreed_to(turn) or (before and answer(turn.text) == "yes")):
                    continue
                evidence: tuple[str, ...] = (turn.evidence,)
                whole = len(tokens(sentence)) <= 6 and len(turn.words) <= 24
                text = f"{turn.speaker}: {quote(turn.text if whole else sentence)}"
                if before is not None and len(tokens(sentence)) <= 6:
                    asked = _proposal(before)
                    text = f"{turn.speaker} agreed ({quote(sentence)}) to: {quote(asked)}"
                    evidence = (before.evidence, turn.evidence)
                yield Commitment(turn.speaker, text, sentence, evidence, turn.confided_by, turn.number)

    def _elicited(self) -> Iterator[Commitment]:
        """What clients say when the therapist asks what they will do before next time."""
        asking: Utterance | None = None
        for turn in self._certain():
            if turn.speaker == THERAPIST:
                if _ELICITS.search(turn.text) and _LATER.search(turn.text):
                    asking = turn
                elif asking is not None and not (passes_on(turn.text) or len(turn.words) <= 6):
                    asking = None
                continue
            if asking is None or turn.position - asking.position > 3 * len(self._clients):
                continue
            if len(turn.words) < 4 or _NO_IDEA.search(turn.text) or (turn.question and not turn.sentences[1:]):
                continue
            if turn.to and not _PROMISES.search(turn.text):
                continue
            text = f"{turn.speaker}: {quote(turn.text)}"
            yield Commitment(turn.speaker, text, turn.text, (turn.evidence,), turn.confided_by, turn.number)

    def _agreed_to(self, turn: Utterance) -> bool:
        after = self._reading.after(turn)
        return after is not None and after.speaker != turn.speaker and answer(after.text) == "yes"

    # --- what they say yes to -----------------------------------------------------------------------------------------

    def _assents(self) -> Iterator[Commitment]:
        for turn in self._certain():
            proposal = _proposal(turn) if _proposes(turn) else ""
            if not proposal:
                continue
            yes = []
            for reply in self._replies(turn):
                kind = answer(reply.text)
                if kind == "yes" and not _takes_back(reply.text):
                    yes.append(reply)
            if not yes:
                continue
            everybody = {reply.speaker for reply in yes} >= set(self._clients) - {turn.speaker}
            together = everybody and len(yes) > 1
            evidence = (turn.evidence, *(reply.evidence for reply in yes))
            if together:
                yield Commitment(
                    None, f"All agreed to: {quote(proposal)}", proposal, evidence, turn.confided_by, turn.number
                )
                continue
            for reply in yes:
                text = f"{reply.speaker} agreed ({quote(reply.text, 14)}) to: {quote(proposal)}"
                yield Commitment(
                    reply.speaker, text, proposal, (turn.evidence, reply.evidence), reply.confided_by, reply.number
                )

    def _replies(self, asked: Utterance) -> Iterator[Utterance]:
        """Direct replies: of whoever is addressed, or of the next to speak; all of them if all are asked."""
        everybody = asked.speaker == THERAPIST and not asked.to
        heard: set[str] = set()
        for turn in self._reading.turns[asked.position + 1 : asked.position + 2 + len(self._clients)]:
            if turn.speaker in (THERAPIST, UNKNOWN, asked.speaker) or turn.number in self._reading.doubts:
                return
            if asked.to and turn.speaker not in asked.to:
                return
            if turn.speaker in heard:
                return
            heard.add(turn.speaker)
            yield turn
            if not everybody:
                return

    def _proposal_before(self, turn: Utterance) -> Utterance | None:
        for back in (1, 2):
            before = self._reading.before(turn, back)
            if before is None or before.speaker == turn.speaker:
                return None
            if _proposes(before):
                return before
        return None

    # --- what the therapist gives and sums up -------------------------------------------------------------------------

    def _homework(self) -> Iterator[Commitment]:
        for turn in self._reading.turns:
            if turn.speaker != THERAPIST or turn.number in self._reading.doubts:
                continue
            for sentence in turn.sentences:
                given = _GIVEN.search(sentence)
                if given is None and self._told_to(turn, sentence):
                    for called in self._addressing.called(sentence):
                        text = f"Homework for {called}: {quote(sentence)}"
                        yield Commitment(called, text, sentence, (turn.evidence,), turn.confided_by, turn.number)
                if not given or _reviews(sentence):
                    continue
                if given[0].lower().startswith("i") and not _LATER.search(turn.text):
                    continue
                if (
                    not re.search(r"home ?work|assignment|task", sentence, re.IGNORECASE)
                    and _IN_THE_ROOM.search(sentence)
                    and not _LATER.search(sentence)
                ):
                    continue
                told = self._told(turn, sentence)
                refused = self._refused(turn)
                for who in told:
                    if who is not None and who in refused:
                        continue
                    subject = f"Homework for {who}" if who else "Homework"
                    yield Commitment(
                        who,
                        f"{subject}: {quote(_with_next(turn, sentence))}",
                        sentence,
                        (turn.evidence,),
                        turn.confided_by,
                        turn.number,
                    )

    def _told_to(self, turn: Utterance, sentence: str) -> bool:
        """Is somebody called by name and told what to do, in a turn that speaks of next time?"""
        called = self._addressing.called(sentence)
        if len(called) != 1 or called[0] not in self._clients or not _LATER.search(turn.text):
            return False
        rest = re.sub(rf"^\W*{re.escape(called[0])}\W+", "", sentence)
        return rest != sentence and bool(_TOLD_TO.match(rest))

    def _told(self, turn: Utterance, sentence: str) -> tuple[str | None, ...]:
        called = tuple(who for who in self._addressing.called(sentence) if who in self._clients)
        if called:
            return called
        named = tuple(who for who in self._addressing.mentioned(sentence) if who in self._clients)
        if len(named) == 1 and not to_everybody(sentence):
            return named
        if to_everybody(sentence) or not turn.to or len(turn.to) > 1:
            return (turn.confided_by,) if turn.confided_by else (None,)
        return turn.to

    def _refused(self, turn: Utterance) -> frozenset[str]:
        return frozenset(
            reply.speaker for reply in self._replies(turn) if answer(reply.text) == "no" or _takes_back(reply.text)
        )

    def _recaps(self) -> Iterator[Commitment]:
        last = self._reading.turns[-max(6, len(self._reading.turns) // 8) :]
        agreed = frozenset(
            one
            for turn in self._reading.turns
            for sentence in turn.sentences
            if _is_promise(sentence)
            for one in content(sentence)
        )
        for turn in last:
            if turn.speaker != THERAPIST or turn.number in self._reading.doubts:
                continue
            for sentence in turn.sentences:
                listed = sentence.count(",") >= 2 and not is_question(sentence) and len(content(sentence) & agreed) >= 1
                if _SETTLED.search(sentence) or (listed and len(tokens(sentence)) <= 40):
                    yield Commitment(
                        None, f"Therapist: {quote(sentence)}", sentence, (turn.evidence,), turn.confided_by, turn.number
                    )

    # --- what the outline says ----------------------------------------------------------------------------------------

    def _outlined(self) -> Iterator[Commitment]:
        for bullet in self._reading.material.session.therapist_outline:
            under_plan = bool(_HEADING.match(bullet.text))
            for segment in (part.strip() for part in re.split(r";|\n|\.\s+", bullet.text) if part.strip()):
                named = tuple(who for who in self._addressing.mentioned(segment) if who in self._clients)
                subject = self._owner(segment, named) if named else None
                if not (
                    under_plan
                    or _OUTLINE.search(segment)
                    or (_IMPERATIVE.match(segment) and not _PAST_NOTE.search(segment))
                ):
                    continue
                if re.search(
                    r"\b(?:refus|declin|won'?t|not agree|did(?:n'?t| not) (?:do|complete))\w*", segment, re.IGNORECASE
                ):
                    continue
                yield Commitment(
                    subject,
                    f"Therapist's outline: {quote(segment)}",
                    segment,
                    (bullet.id,),
                    (subject or "nobody") if confided(bullet.text) else None,
                )

    def _owner(self, segment: str, named: tuple[str, ...]) -> str | None:
        """Who is to do what a piece of the outline plans: the only one named, or the first if it begins with them."""
        if len(named) == 1:
            return named[0]
        plain = _HEADING.sub("", segment).strip()
        return self._addressing.begins_with(plain)

    def _certain(self) -> Iterator[Utterance]:
        for turn in self._reading.turns:
            if turn.speaker != UNKNOWN and turn.number not in self._reading.doubts:
                yield turn


def _is_promise(sentence: str) -> bool:
    plain = sentence.replace("’", "'")
    if is_question(plain) and "?" in plain:
        return False
    if (
        not (_PROMISES.search(plain) or _BARE_ILL.search(plain))
        or _NO_PROMISE.search(plain)
        or _CONDITION.search(plain)
    ):
        return False
    return len(tokens(plain)) >= 3 and not any(
        found.topic in ("suicide", "harm_to_others") for found in mentions(plain)
    )


def _proposes(turn: Utterance) -> bool:
    if not _PROPOSES.search(turn.text):
        return False
    sentence = _proposal(turn)
    if turn.speaker == THERAPIST and _IN_THE_ROOM.search(sentence) and not _LATER.search(sentence):
        return False
    if re.search(
        r"\b(?:shall we|would you be willing|are you willing|(?:can|could|would) you (?:both "
        r"|two |all )?(?:commit|agree|promise)|how about)\b",
        sentence,
        re.IGNORECASE,
    ):
        return True
    return bool(_LATER.search(turn.text)) or turn.speaker != THERAPIST


def _proposal(turn: Utterance) -> str:
    """The sentence that proposes, with the next one if it says how."""
    for index, sentence in enumerate(turn.sentences):
        if _PROPOSES.search(sentence):
            if index and _POINTS_BACK.search(sentence) and len(tokens(sentence)) <= 8:
                return turn.sentences[index - 1]
            return _with_next(turn, sentence) if index + 1 < len(turn.sentences) else sentence
    return ""


def _with_next(turn: Utterance, sentence: str) -> str:
    index = turn.sentences.index(sentence)
    if index + 1 < len(turn.sentences) and len(tokens(turn.sentences[index + 1])) <= 14 and len(tokens(sentence)) <= 30:
        following = turn.sentences[index + 1]
        start = turn.text.index(sentence)
        return turn.text[start : turn.text.index(following, start) + len(following)]
    return sentence


def _reviews(sentence: str) -> bool:
    return bool(
        re.search(r"\b(?:how did|did (?:you|anyone|everyone)|how was|last week'?s|who did)\b", sentence, re.IGNORECASE)
    )


def _takes_back(text: str) -> bool:
    return bool(
        re.search(
            r"\b(?:but (?:i )?(?:can'?t|won'?t|don'?t (?:want|think)|not)|i (?:can'?t"
            r"|won'?t|don'?t want to|refuse)|no way|not (?:doing|going to))\b",
            text,
            re.IGNORECASE,
        )
    )


def _each_once(found: list[Commitment]) -> Iterator[Commitment]:
    seen: list[tuple[str | None, frozenset[str], tuple[str, ...]]] = []
    for one in found:
        stems = content(one.what)
        again = any(
            (who == one.client_id and one.turn_number is not None and set(one.evidence) <= set(evidence))
            or (who in (one.client_id, None) and stems and len(stems & known) >= 0.8 * len(stems))
            for who, known, evidence in seen
        )
        if not again:
            seen.append((one.client_id, stems, one.evidence))
            yield one

"""What did each client say that is worth the clinician's eye? Chosen by what it speaks of, quoted verbatim and short.

A statement about somebody else in the room does not stand in one's own section if it discloses something.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.session_file import THERAPIST
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.answers import answer
from streams.drafting.local.goals import Goals
from streams.drafting.local.reading import Reading, Utterance, is_question
from streams.drafting.local.themes import themes_in
from streams.drafting.local.wording import MAX_QUOTE_WORDS
from streams.drafting.polarity import mentions
from streams.drafting.words import content, numbers, tokens

_FEELS = re.compile(
    r"\b(?:feel|felt|feeling|feels|afraid|scared|nervous|anxious|worried|proud"
    r"|ashamed|guilty|lonely|alone|angry|mad|furious|hurt|sad|"
    r"happy|glad|pleased|relieved|overwhelmed|exhausted|tired|hopeless|hopeful"
    r"|frustrated|jealous|embarrassed|numb|calm|calmer|safe|"
    r"hate|love|miss|cried|crying|panic\w*|stress\w*|upset|disappointed|grateful"
    r"|excited|terrified|ignored|invisible|stuck|lost|good about|"
    r"bad about|looking forward|want to|wanted|need|wish|hope|hard for me|can't stand"
    r"|freaked|bothers?|struggl\w+|dread\w*)\b"
)
_CHANGES = re.compile(
    r"\b(?:started|stopped|quit|helped|helps|better|worse|improv\w+|less|more often"
    r"|first time|progress|managed|tried|trying|practi[cs]ed|practi[cs]ing"
    r"|used the|"
    r"noticed|realized|realised|learned|learnt|instead of|this time|didn't (?:yell"
    r"|drink|use|cut|leave|run|shut)|kept|finished|"
    r"went|did it|got through|asked for|told (?:him|her|them|my)|said (?:no"
    r"|yes)|since|days? (?:sober|clean|in a row)|haven't|still|again)\b"
)
_HAPPENED = re.compile(
    r"\b(?:slept|sleep|woke|ate|skipped|missed|called|texted|yelled|argued"
    r"|fought|left|walked|stayed|drank|relapsed|applied|passed|failed|"
    r"fired|moved|broke|visited|wrote|read|talked|took|signed|lost|found|got"
    r"|had|went|made|saw|drove|cooked|paid|bought|forgot|promised|"
    r"happened|locked|hid|lied|threw|hit|grabbed|slammed|apologi[sz]ed|listened"
    r"|helped|came|started|died|diagnosed|appointment)\b"
)
_PATTERN = re.compile(
    r"\b(?:every time|each time|whenever|always|never|any time|all the time"
    r"|again and again|the same (?:fight|thing|argument|way)|"
    r"we (?:keep|end up|both)|it's like (?:we|he|she|they)|when (?:i|he|she"
    r"|they|we|you|mom|dad)\b[^.?!]{3,60}\b(?:i|he|she|they|we|you)\b)"
)
_EMPTY = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|no|nope|ok|okay|right|sure|exactly|true|fine|good"
    r"|great|thanks|thank you|hi|hello|hey|bye|splendid|lovely|same|"
    r"mm+|hm+|uh huh|uh|um|oh|well|i (?:know|guess|see|agree)|maybe|kind of"
    r"|not really|i don't know|idk|me too|whatever|very well|you too|"
    r"it's fine|all good|of course|wow|cool|nothing much|pretty good|not bad"
    r"|doing (?:ok|okay|good|fine)|and yourself|and you)[\s,.!?…]*)+$",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:you|your|you're|you've|he|she|his|her|him|hers|they|their|them|he's|she's|they're|himself|herself)\b"
)
_SELF = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|im|ive|my|me|myself|mine|we|we're|we've|our|us)\b")
_PRIVATE = re.compile(
    r"\b(?:affair|cheat\w*|diagnos\w*|bipolar|schizo\w*|hiv|std|abortion|miscarr\w*"
    r"|pregnan\w*|arrest\w*|jail|prison|dui|probation|rehab|detox|"
    r"relaps\w*|addict\w*|alcoholi\w*|drunk|meds?|medication|hospitali[sz]ed"
    r"|suicid\w*|overdos\w*|assault\w*|rape\w*|molest\w*|abus\w*|cutting|"
    r"self[- ]?harm|eating disorder|bankrupt\w*|gambl\w*|immigration|undocumented"
    r"|secret|porn|vap(?:e|ing)|weed|cocaine|heroin|fentanyl|meth)\b"
)
_GOES_ON = re.compile(r"^\W*(?:and |but |so )*(?:he|she|they|his|her|their|he's|she's|they're)\b", re.IGNORECASE)
_TOLD_BY = re.compile(
    r"\b(?:you|he|she|they) (?:(?:once|also|already|just) )?(?:told|confided|shared|mentioned|admitted|said)\b"
    r"|\btold me\b",
    re.IGNORECASE,
)
"""What another member told is that member's to tell."""
_MOST_BUDGET: Final = 14


def says_nothing(text: str) -> bool:
    """Is it only a greeting, a nod or a filler?"""
    return len(text) < 90 and bool(_EMPTY.match(text))


def feels(text: str) -> bool:
    """Does it speak of a feeling or a wish?"""
    return bool(_FEELS.search(text.lower()))


def private(text: str) -> bool:
    """Does it speak of what one would not want told by others?"""
    return bool(_PRIVATE.search(text.lower()))


@dataclass(frozen=True, slots=True)
class Statement:
    """A verbatim stretch of one turn of one client. `question` is what it answers, if it is answered."""

    turn: Utterance
    text: str
    question: Utterance | None
    weight: float
    goals: dict[str, float]
    pattern: bool
    changes: bool

    @property
    def evidence(self) -> tuple[str, ...]:
        """The turn, and the turn whose question it answers."""
        return (self.question.evidence, self.turn.evidence) if self.question else (self.turn.evidence,)


class Statements:
    """Each client's statements with their weights; who to leave what out for is decided here, in one place."""

    def __init__(self, reading: Reading, goals: Goals) -> None:
        self._reading = reading
        self._goals = goals
        session = reading.material.session
        self._addressing = Addressing(session, reading.material.absent)
        self._absent = reading.material.absent
        self._close = session.kind != "group"
        self.by_client = {client_id: tuple(self._of(client_id)) for client_id in reading.material.client_ids}

    def chosen(self, client_id: str, already: frozenset[tuple[int, str]] = frozenset()) -> tuple[Statement, ...]:
        """The weightiest statements in the order they were made, without what is shown elsewhere already."""
        clients = len(self._reading.material.client_ids)
        budget = max(7, min(_MOST_BUDGET, 40 // max(1, clients)))
        open_ = [
            one for one in self.by_client[client_id] if (one.turn.number, one.text) not in already and one.weight > 0
        ]
        touched: dict[str, int] = {}
        best: list[Statement] = []
        for one in sorted(open_, key=lambda one: (-one.weight, one.turn.position)):
            if len(best) < budget:
                best.append(one)
                for goal_id in one.goals:
                    touched[goal_id] = touched.get(goal_id, 0) + 1
            elif any(goal_id not in touched for goal_id in one.goals):
                best.append(one)
                touched.update(dict.fromkeys(one.goals, 1))
        return tuple(sorted(best, key=lambda one: (one.turn.position, one.turn.text.find(one.text))))

    def _of(self, client_id: str) -> Iterator[Statement]:
        for turn in self._reading.by_client[client_id]:
            question = self._question_before(turn)
            for text in _stretches(turn, self._tellable(turn)):
                one = self._weighed(turn, text, question if turn.text.startswith(text[:20]) else None)
                if one is not None:
                    yield one

    def _question_before(self, turn: Utterance) -> Utterance | None:
        before = self._reading.before(turn)
        if before is None or before.question is None or before.speaker == turn.speaker:
            return None
        if before.speaker == THERAPIST or turn.speaker in before.to:
            return before if not before.to or turn.speaker in before.to else None
        return None

    def _tellable(self, turn: Utterance) -> tuple[str, ...]:
        """The sentences that may stand in the speaker's own section; an empty one marks a gap."""
        told: list[str] = []
        for at, sentence in enumerate(turn.sentences):
            goes_on = at > 0 and not told[-1] and bool(_GOES_ON.match(sentence))
            told.append("" if goes_on or self._discloses(turn, sentence) else sentence)
        return tuple(told)

    def _discloses(self, turn: Utterance, sentence: str) -> bool:
        """Does a sentence tell something private about somebody else in the room?"""
        mentioned = self._addressing.mentioned(sentence)
        if self._absent.intersection(mentioned):
            return True  # who is not there cannot have it told in somebody else's section
        if not self._close and (turn.to or mentioned) and _TOLD_BY.search(sentence):
            return True
        named = any(who != turn.speaker for who in mentioned)
        about = named or bool(turn.to and re.search(r"\byou\b", sentence, re.IGNORECASE))
        about = about or (self._close and bool(_OTHERS.search(sentence.lower())) and not _SELF.search(sentence.lower()))
        if not about:
            return False
        return bool(_PRIVATE.search(sentence.lower())) or any(found.about_other for found in mentions(sentence))

    def _weighed(self, turn: Utterance, text: str, question: Utterance | None) -> Statement | None:
        if says_nothing(text):
            return None
        stems = content(text)
        words = len(tokens(text))
        asked = content(question.question) if question and question.question else frozenset()
        goals = self._goals.touched(turn.speaker, stems, asked if words <= 30 else frozenset(), numbers(text))
        if len(stems) < 2 and words < 5 and not goals and not (question and turn.speaker in question.to):
            return None
        weight = min(1.6, 0.16 * len(stems))
        weight += min(2.4, max(goals.values(), default=0.0))
        weight += (
            0.9 * bool(_FEELS.search(text.lower()))
            + 0.7 * bool(_CHANGES.search(text.lower()))
            + 0.5 * bool(_HAPPENED.search(text.lower()))
        )
        weight += 0.5 * bool(numbers(text)) + 0.3 * bool(_SELF.search(text.lower())) + 0.4 * bool(themes_in(stems))
        weight += 0.4 * bool(question and turn.speaker in question.to)
        weight += 2.0 * (turn.confided_by is not None)
        if all(is_question(sentence) for sentence in turn.sentences):
            weight -= 1.2
        if not _SELF.search(text.lower()) and not goals:
            weight -= 0.4
        return Statement(
            turn=turn,
            text=text,
            question=question if question and _needs_question(turn, question, text, words) else None,
            weight=weight,
            goals=goals,
            pattern=bool(_PATTERN.search(text.lower())) and words >= 6,
            changes=bool(_CHANGES.search(text.lower())),
        )


def _needs_question(turn: Utterance, question: Utterance, text: str, words: int) -> bool:
    return words <= 22 or turn.speaker in question.to or answer(text) != "unclear"


def _stretches(turn: Utterance, tellable: tuple[str, ...]) -> Iterator[str]:
    """Verbatim runs of whole sentences, each short enough to quote."""
    run: list[str] = []
    for sentence in (*tellable, ""):
        if sentence and len(" ".join([*run, sentence]).split()) <= MAX_QUOTE_WORDS:
            run.append(sentence)
            continue
        if run:
            yield _verbatim(turn.text, run)
        run = [sentence] if sentence else []
    # a single sentence longer than a quotation is cut when it is quoted


def _verbatim(text: str, run: list[str]) -> str:
    start = text.index(run[0])
    end = text.index(run[-1], start) + len(run[-1])
    return text[start:end].strip()

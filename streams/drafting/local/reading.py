"""The transcript as the drafter reads it: turns with their sentences, words, questions and whom they speak to.

Pure; made once per draft, then only looked at.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from schemas.session_file import THERAPIST, UNKNOWN
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.confided import confided_turns
from streams.drafting.local.doubts import doubts_of
from streams.drafting.material import Material
from streams.drafting.sentences import sentences
from streams.drafting.words import content, tokens


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn. `to`: clients it is addressed to by its own words. `confided_by`: who said it in confidence, if so.

    `position` counts the turns that may be read from 0; `number` is what evidence cites.
    """

    position: int
    number: int
    speaker: str
    text: str
    sentences: tuple[str, ...]
    to: tuple[str, ...]
    confided_by: str | None

    @property
    def words(self) -> tuple[str, ...]:
        """Its words in lower case."""
        return tokens(self.text)

    @property
    def content(self) -> frozenset[str]:
        """Its content stems."""
        return content(self.text)

    @property
    def evidence(self) -> str:
        """Its evidence id."""
        return str(self.number)

    @property
    def by_client(self) -> bool:
        """Was it said by a client whose speech it certainly is?"""
        return self.speaker not in (THERAPIST, UNKNOWN)

    @property
    def question(self) -> str | None:
        """The last question it asks, if it asks one."""
        for sentence in reversed(self.sentences):
            if is_question(sentence):
                return sentence
        return None


_ASKS = re.compile(
    r"^(?:and |so |but |okay |ok |well |now |alright |then )*"
    r"(?:what|how|why|when|where|who|which|did|do|does|is|are|was|were|have|has|had|can|could|would|will|shall|should|"
    r"any|anyone|anybody|anything)\b",
    re.IGNORECASE,
)
_ASKS_INSIDE = re.compile(
    r"\b(?:i want to ask|let me ask|can i ask|i(?:'d| would) like to (?:ask|know|hear)|tell (?:me|us) (?:about|more)|"
    r"do you|did you|are you|have you|any thoughts|any urges|any plans?\b|same question"
    r"|(?:what|how) about (?:you|everyone)|how (?:has|have|is|are|was|did|do)"
    r"|what (?:did|do|does|was|is)|checking in)\b",
    re.IGNORECASE,
)

_TELLS = re.compile(
    r"^(?:and |so |but |okay |ok |well |now |then )*(?:when|where|what|why)(?:ever)? "
    r"(?:i|you|he|she|we|they|it|i'm|you're|he's|she's|we're|they're|it's|my \w+|your \w+|mom|dad)\b",
    re.IGNORECASE,
)
"""The subject before the verb: `when you say that i get it` tells and does not ask."""


@lru_cache(maxsize=32768)
def is_question(sentence: str) -> bool:
    """Does a sentence ask something? Speech-to-text has no question marks, so its words decide as well."""
    if "?" in sentence:
        return True
    if sentence.endswith((".", "!")) or _TELLS.match(sentence):
        return False
    return bool(_ASKS.match(sentence) or _ASKS_INSIDE.search(sentence))


@dataclass(frozen=True)
class Reading:
    """All turns in order. `doubts`: turn number → why its speaker is not certain; nothing of it is attributed."""

    material: Material
    turns: tuple[Utterance, ...]
    doubts: Mapping[int, str]

    @cached_property
    def by_client(self) -> Mapping[str, Sequence[Utterance]]:
        """Each client's own turns, without doubtful ones."""
        return {
            client_id: tuple(
                turn for turn in self.turns if turn.speaker == client_id and turn.number not in self.doubts
            )
            for client_id in self.material.client_ids
        }

    def before(self, turn: Utterance, back: int = 1) -> Utterance | None:
        """The turn that many places earlier."""
        return self.turns[turn.position - back] if turn.position >= back else None

    def after(self, turn: Utterance) -> Utterance | None:
        """The next turn."""
        return self.turns[turn.position + 1] if turn.position + 1 < len(self.turns) else None


def read(material: Material) -> Reading:
    """The material's transcript, read once."""
    found = material.readings.get("transcript")
    if isinstance(found, Reading):
        return found
    session = material.session
    addressing = Addressing(session, material.absent)
    confided = confided_turns(session.transcript)
    turns: list[Utterance] = []
    for position, turn in enumerate(session.transcript):
        turns.append(
            Utterance(
                position=position,
                number=turn.turn,
                speaker=turn.speaker,
                text=turn.text,
                sentences=sentences(turn.text),
                to=addressing.of(session.transcript, position, turns[-1].to if turns else ()),
                confided_by=confided.get(turn.turn),
            )
        )
    reading = Reading(material=material, turns=tuple(turns), doubts=doubts_of(material, addressing))
    material.readings["transcript"] = reading
    return reading

"""What did the therapist do? Codes the therapist chose, and therapist's turns that the controlled vocabulary knows.

Never says that something was done because it is usual. The vocabulary is data: vocabulary/interventions.json.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schemas.session_file import THERAPIST
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.answers import to_everybody
from streams.drafting.local.confided import confided
from streams.drafting.local.reading import Reading, Utterance

_FILE = Path(__file__).parents[1] / "vocabulary" / "interventions.json"
_MOST_TURNS: Final = 6
_WE = re.compile(r"\b(?:let'?s|we|us|our|today'?s group)\b", re.IGNORECASE)
_YOU = re.compile(r"\b(?:you|your|yours|you're|you've|you'd|you'll)\b", re.IGNORECASE)
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "comm": "communication",
    "checkin": "check-in",
    "psyched": "psychoeducation",
    "psychoed": "psychoeducation",
    "hw": "homework",
    "valid": "validation",
    "enact": "enactment",
    "bound": "boundary setting",
    "ground": "grounding",
    "ba": "behavioural activation",
    "cr": "cognitive restructuring",
    "cog": "cognitive",
    "restruct": "restructuring",
    "mi": "motivational interviewing",
    "rp": "relapse prevention",
    "dt": "distress tolerance",
    "er": "emotion regulation",
    "ie": "interpersonal effectiveness",
    "mf": "mindfulness",
    "ps": "problem solving",
    "prob": "problem",
    "solv": "solving",
    "assess": "assessment",
    "refl": "reflective",
    "listen": "listening",
    "rolep": "role-play",
    "roleplay": "role-play",
    "eft": "EFT",
    "cbt": "CBT",
    "dbt": "DBT",
    "cpt": "CPT",
    "act": "ACT",
    "ift": "IFT",
    "circ": "circular",
    "quest": "questioning",
    "ext": "externalising",
    "norm": "normalising",
    "si": "suicide risk",
    "sp": "safety planning",
    "tx": "treatment",
    "fam": "family",
    "sys": "systems",
    "deesc": "de-escalation",
}


@dataclass(frozen=True, slots=True)
class Intervention:
    """One thing the therapist did and where it shows. `places`: the same places with whom each was meant for."""

    name: str
    evidence: tuple[str, ...]
    quoted: str | None
    confided_by: str | None = None
    code: str | None = None
    places: tuple[tuple[str, frozenset[str] | None], ...] = ()
    """Evidence id → those it was meant for; None is everybody, and nobody in particular is the empty set."""

    def meant_for(self, client_id: str) -> tuple[str, ...]:
        """Where it was meant for this client and not for all."""
        return tuple(place for place, whom in self.places if whom is not None and client_id in whom)

    @property
    def for_all(self) -> tuple[str, ...]:
        """Where it was meant for everybody."""
        return tuple(place for place, whom in self.places if whom is None)


@cache
def vocabulary() -> Mapping[str, re.Pattern[str]]:
    """Controlled name → how a therapist's words, in lower case, show it."""
    patterns: dict[str, str] = json.loads(_FILE.read_text())
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


def decoded(code: str) -> str:
    """An intervention code in words: COMM-CHECKIN is `communication check-in`."""
    words = [part for part in re.split(r"[^A-Za-z0-9]+", code) if part]
    return " ".join(_ABBREVIATIONS.get(word.lower(), word.lower()) for word in words) or code


def _lower(text: str) -> str:
    """In lower case, every character in its place."""
    lowered = text.lower().replace("’", "'")
    return (
        lowered if len(lowered) == len(text) else "".join(one if len(one) == 1 else " " for one in map(str.lower, text))
    )


def _spoken(reading: Reading) -> Iterator[tuple[str, Utterance, str]]:
    """Where the therapist's turns show something: name, turn and sentence, in the order of the vocabulary and turns."""
    turns = [
        turn
        for turn in reading.turns
        if turn.speaker == THERAPIST and turn.number not in reading.doubts and len(turn.words) > 2
    ]
    starts, length = [], 0
    for turn in turns:
        starts.append(length)
        length += len(turn.text) + 1
    everything = "\n".join(_lower(turn.text) for turn in turns)  # one search a word of the vocabulary, not one a turn
    for name, pattern in vocabulary().items():
        shown: dict[int, None] = {}
        for match in pattern.finditer(everything):
            shown[bisect_right(starts, match.start()) - 1] = None
        for at in shown:
            sentence = next((one for one in turns[at].sentences if pattern.search(_lower(one))), None)
            if sentence is not None:
                yield name, turns[at], sentence


def interventions(reading: Reading) -> tuple[Intervention, ...]:
    """Codes first, then what the outline and the therapist's own turns show, in the order of the session."""
    session = reading.material.session
    found = [
        Intervention(decoded(code), (f"I:{code}",), None, code=code, places=((f"I:{code}", None),))
        for code in dict.fromkeys(session.intervention_codes)
    ]
    addressing = Addressing(session, reading.material.absent)
    shown: dict[tuple[str, str | None], list[tuple[str, str, frozenset[str] | None]]] = {}
    for name, turn, sentence in _spoken(reading):
        place = (turn.evidence, sentence, _whom(reading, turn, sentence))
        shown.setdefault((name, turn.confided_by), []).append(place)
    for bullet in session.therapist_outline:
        for name, pattern in vocabulary().items():
            if (pattern.search(_lower(bullet.text)) or name in bullet.text.lower()) and not confided(bullet.text):
                named = frozenset(addressing.mentioned(bullet.text)) or None
                shown.setdefault((name, None), []).append((bullet.id, bullet.text, named))
    for (name, confided_by), places in shown.items():
        evidence = tuple(dict.fromkeys(place for place, _, _ in places))[:_MOST_TURNS]
        meant = tuple((place, whom) for place, _, whom in places if place in evidence)
        found.append(Intervention(name, evidence, places[0][1], confided_by, places=meant))
    return tuple(found)


def _whom(reading: Reading, turn: Utterance, sentence: str) -> frozenset[str] | None:
    """Those a sentence of the therapist is meant for: by name, or by `you` whoever it replies to or is answered by."""
    if to_everybody(sentence) or (_WE.search(sentence) and not _YOU.search(sentence)):
        return None
    if not (_YOU.search(sentence) or turn.to):
        return None
    if turn.to:
        return frozenset(turn.to)
    clients = reading.material.client_ids
    before, after = reading.before(turn), reading.after(turn)
    replied = frozenset({before.speaker} if before and before.speaker in clients else ())
    answers = frozenset({after.speaker} if after and after.speaker in clients else ())
    return (answers or replied) if turn.question else (replied or answers)

"""Which of a client's own goals does something that was said touch on?

Compares stems, numbers and small families of words that plans and people use for the same thing; more weakly themes.
Rare words of a session count more.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from schemas.session_file import Participant
from streams.drafting.local.themes import stems_of_themes
from streams.drafting.words import content, numbers

_TOUCHES: Final = 1.15
_THEME_WEIGHT: Final = 0.3
_FEWEST_TEXTS: Final = 12
"""In a few lines of an outline no word is common."""
_COVERED_WEIGHT: Final = 0.6
_NUMBER_WEIGHT: Final = 0.4
_FAMILY_WEIGHT: Final = 0.6
_FAMILIES: Final = tuple(
    content(words)
    for words in (
        "abstinent abstinence abstain sober sobriety clean drink drank drinking alcohol relapse using used craving",
        "work job employment lab office shift hours boss career part-time interview",
        "neighborhood neighbourhood street route avenue corner block places drove",
        "house outside outdoors mailbox errand walk store park porch",
        "isolate isolating isolation withdraw room hiding alone",
        "money budget spending finances bills savings debt rent",
        "buprenorphine suboxone methadone medication medications meds dose pills prescription",
        "meetings meeting sponsor fellowship",
        "sleep slept asleep insomnia bedtime bed woke",
        "dinner supper meal cook table",
        "school class classes attend attendance homework teacher skip",
        "cut cutting self-harm harm urge burn",
        "yell yelling shout shouting scream temper anger angry blow",
        "needs need ask asking request",
    )
)
"""Words that plans and people use for the same thing."""
_SOBER: Final = content("abstinent abstinence abstain sober sobriety clean")
_DAYS_COUNTED: Final = content("day days month months week weeks")
_GOAL_TALK: Final = content(
    "improve increase decrease reduce learn develop build maintain achieve practice practise week month day daily "
    "weekly least per times time use using session sessions client able better more less without minutes hours "
    "identify express skill skills two three four five six seven eight nine ten new own each other one both next"
)
"""Words that every second treatment plan is made of; they say nothing about which goal it is."""


class Goals:
    """The goals of everybody in the session, against what was said."""

    def __init__(self, people: Sequence[Participant], spoken: Iterable[frozenset[str]]) -> None:
        self._own: Mapping[str, Mapping[str, frozenset[str]]] = {
            person.client_id: {goal.id: content(goal.text) - _GOAL_TALK for goal in person.plan_goals}
            for person in people
        }
        self._numbers = {goal.id: numbers(goal.text) for person in people for goal in person.plan_goals}
        counts: Counter[str] = Counter()
        texts = 0
        for stems in spoken:
            counts.update(stems)
            texts += 1
        self._counts, self._texts = counts, max(texts, _FEWEST_TEXTS)

    def touched(
        self,
        client_id: str,
        stems: frozenset[str],
        asked: frozenset[str] = frozenset(),
        counted: frozenset[str] = frozenset(),
    ) -> dict[str, float]:
        """Goal id → how strongly these words (and the question they answer) touch on it; only those touched.

        `counted`: the numbers among the words.
        """
        found = {}
        for goal_id, wanted in self._own.get(client_id, {}).items():
            score = self._score(wanted, stems) + 0.8 * self._score(wanted, asked - stems)
            if score and counted & self._numbers.get(goal_id, frozenset()):
                score += _NUMBER_WEIGHT
            if wanted & _SOBER and counted and (stems | asked) & _DAYS_COUNTED:
                score += _TOUCHES  # `forty-one days` is how abstinence is told
            if score >= _TOUCHES:
                found[goal_id] = score
        return found

    def _score(self, wanted: frozenset[str], stems: frozenset[str]) -> float:
        if not wanted or not stems:
            return 0.0
        direct = sum((self._rarity(one) for one in wanted & stems), 0.0)
        direct += _COVERED_WEIGHT * len(wanted & stems) / len(wanted)
        akin = {one for family in _FAMILIES if wanted & family for one in family & stems} - wanted
        direct += _FAMILY_WEIGHT * sum((self._rarity(one) for one in akin), 0.0)
        related: set[str] = set()
        for theme_stems in stems_of_themes().values():
            if wanted & theme_stems:
                related |= theme_stems & stems
        return direct + _THEME_WEIGHT * sum((self._rarity(one) for one in related - wanted - akin), 0.0)

    def _rarity(self, one: str) -> float:
        return min(1.6, math.log(1 + self._texts / (1 + self._counts[one])) / 1.6)

"""Which of a client's own goals does something that was said touch on?

Compares words: those of the goal itself, and more weakly those of the goal's theme. Rare words of a session count more.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from schemas.session_file import Participant
from streams.drafting.local.themes import stems_of_themes
from streams.drafting.words import content

_TOUCHES: Final = 1.15
_THEME_WEIGHT: Final = 0.3
_GOAL_TALK: Final = content(
    "improve increase decrease reduce learn develop build maintain achieve practice practise week month day daily "
    "weekly least per times time use using session sessions client able better more less without minutes hours "
    "identify express skill skills two three four five six seven eight nine ten new own each other one both next"
)
"""Words that every second treatment plan is made of; they say nothing about which goal it is."""


class Goals:
    """The goals of everybody in the session, against what was said."""

    def __init__(self, people: Iterable[Participant], spoken: Iterable[frozenset[str]]) -> None:
        self._own: Mapping[str, Mapping[str, frozenset[str]]] = {
            person.client_id: {goal.id: content(goal.text) - _GOAL_TALK for goal in person.plan_goals}
            for person in people
        }
        counts: Counter[str] = Counter()
        texts = 0
        for stems in spoken:
            counts.update(stems)
            texts += 1
        self._counts, self._texts = counts, texts or 1

    def touched(self, client_id: str, stems: frozenset[str], asked: frozenset[str] = frozenset()) -> dict[str, float]:
        """Goal id → how strongly these words (and the question they answer) touch on it; only those touched."""
        found = {}
        for goal_id, wanted in self._own.get(client_id, {}).items():
            score = self._score(wanted, stems) + 0.8 * self._score(wanted, asked - stems)
            if score >= _TOUCHES:
                found[goal_id] = score
        return found

    def _score(self, wanted: frozenset[str], stems: frozenset[str]) -> float:
        if not wanted or not stems:
            return 0.0
        direct = sum((self._rarity(one) for one in wanted & stems), 0.0)
        related: set[str] = set()
        for theme_stems in stems_of_themes().values():
            if wanted & theme_stems:
                related |= theme_stems & stems
        return direct + _THEME_WEIGHT * sum((self._rarity(one) for one in related - wanted), 0.0)

    def _rarity(self, one: str) -> float:
        return min(1.6, math.log(1 + self._texts / (1 + self._counts[one])) / 1.6)

"""Which themes of the controlled vocabulary came up, by how many people and in which turns?

Counts words only. A theme is shared: what was said in confidence never counts towards one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schemas.session_file import THERAPIST, UNKNOWN
from streams.drafting.local.confided import confided
from streams.drafting.local.reading import Reading
from streams.drafting.words import content, stem

_FILE = Path(__file__).parents[1] / "vocabulary" / "themes.json"
MOST_THEMES: Final = 6
_BULLET_WEIGHT: Final = 2.0
_EVERYDAY: Final = content(
    "leave leaving left separate separately moved split broke space respect limit low empty heavy flat tense lost "
    "passed step try tried start ready plan fault enough sick dose friend date kid house change job shift movie call "
    "clean using card hurt hit miss ground rule rules support quiet text coming sorry visit party trip bed awake down"
)
"""Words that alone say nothing of a theme: asked separately is no separation."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme that came up: who spoke of it, and where most plainly."""

    name: str
    client_ids: tuple[str, ...]
    evidence: tuple[str, ...]
    weight: float


@cache
def stems_of_themes() -> Mapping[str, frozenset[str]]:
    """Theme → the word stems it is recognised by."""
    words = json.loads(_FILE.read_text())
    return {name: frozenset(stem(word) for line in lines for word in line.split()) for name, lines in words.items()}


@cache
def themes_of_stems() -> Mapping[str, tuple[str, ...]]:
    """Word stem → the themes it speaks for."""
    found: dict[str, list[str]] = {}
    for name, stems in stems_of_themes().items():
        for one in stems:
            found.setdefault(one, []).append(name)
    return {one: tuple(names) for one, names in found.items()}


def themes_in(stems: frozenset[str]) -> frozenset[str]:
    """The themes that words speak for."""
    lookup = themes_of_stems()
    return frozenset(name for one in stems for name in lookup.get(one, ()))


def _strong(stems: set[str], places: int) -> bool:
    """Do these words mean the theme? Words of every day, or of several themes, do so only beside a plain one."""
    plain = {one for one in stems if one not in _EVERYDAY and len(themes_of_stems()[one]) == 1}
    return bool(plain) and (len(stems) > 1 or places > 1)


def themes(reading: Reading) -> tuple[Theme, ...]:
    """The strongest themes, first those that most people spoke of."""
    speakers: dict[str, dict[str, float]] = {}
    words: dict[str, set[str]] = {}
    evidence: dict[str, dict[str, int]] = {}

    def count(name: str, who: str, stems: frozenset[str], source: str, weight: float) -> None:
        hits = stems & stems_of_themes()[name]
        speakers.setdefault(name, {})[who] = speakers.get(name, {}).get(who, 0.0) + weight * len(hits)
        words.setdefault(name, set()).update(hits)
        evidence.setdefault(name, {})[source] = len(hits)

    for turn in reading.turns:
        if turn.confided_by is not None or turn.number in reading.doubts or turn.speaker == UNKNOWN:
            continue
        for name in themes_in(turn.content):
            count(name, turn.speaker, turn.content, turn.evidence, 0.5 if turn.speaker == THERAPIST else 1.0)
    for bullet in reading.material.session.therapist_outline:
        if not confided(bullet.text):
            stems = content(bullet.text)
            for name in themes_in(stems):
                count(name, THERAPIST, stems, bullet.id, _BULLET_WEIGHT)
    only_bullets = not reading.turns
    found = []
    for name, by_speaker in speakers.items():
        clients = tuple(who for who in reading.material.client_ids if by_speaker.get(who, 0) > 0)
        total = sum(min(weight, 6.0) for weight in by_speaker.values())
        enough = _strong(words[name], len(evidence[name])) and (
            total >= 2.0 if only_bullets else len(words[name]) >= 2 and (total >= 3.0 or len(clients) > 1)
        )
        if enough:
            best = sorted(evidence[name], key=lambda source: -evidence[name][source])[:6]
            order = list(evidence[name])
            found.append(Theme(name, clients, tuple(sorted(best, key=order.index)), total + 2.0 * len(clients)))
    found.sort(key=lambda theme: (-theme.weight, theme.name))
    return tuple(found[:MOST_THEMES])

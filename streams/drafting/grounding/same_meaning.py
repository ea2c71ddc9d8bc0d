"""When do two words say the same, and which words may never be new? Small closed lists, no similarity.

Pure. Paraphrase is allowed within a list; a substance, a relative or an event that the source does not name is not.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from streams.drafting.local.themes import stems_of_themes
from streams.drafting.words import content

_SAME: Final = (
    "dad father daddy papa",
    "mom mother mum mommy mama",
    "kid child children",
    "fight fought argue argument conflict quarrel row dispute bicker",
    "yell shout scream loud raise voice",
    "money finance financial budget bill spending",
    "scared afraid frightened frighten fear fearful scare terrified",
    "sad down low depressed depression unhappy tearful cry crying cried",
    "tired exhausted exhaustion fatigue fatigued drained",
    "drink drank drinking alcohol drunk beer wine",
    "mad angry anger furious rage irritated frustrated frustration upset",
    "worry worried anxious anxiety nervous stress stressed tense uneasy ruminate ruminating replay overthinking",
    "happy glad pleased joy enjoyed enjoy lovely",
    "sleep slept sleeping asleep insomnia",
    "eat ate eating meal food dinner lunch breakfast supper",
    "work job shift employment office",
    "phone phones cell mobile device",
    "breathe breath breathing",
    "help helps helped helpful useful benefit beneficial",
    "use used using",
    "leave leaves left leaving withdraw withdraws withdrew walk out",
    "grateful thank thanks thanked appreciate appreciates appreciated appreciation gratitude",
    "sorry apologise apologize apologised apologized apology regret",
    "skip skipped miss missed avoid avoided",
    "alone lonely loneliness isolated",
    "proud pride",
    "better improve improved improvement improving progress",
    "worse worsen worsened deteriorate",
    "talk talked speak communicate communication conversation discuss",
    "listen listened hear heard",
    "together jointly joint",
    "school class classes grade",
    "angry temper outburst",
    "support supported supportive supporting help",
    "sober sobriety abstinent abstinence clean",
    "relapse relapsed slip slipped",
    "girlfriend boyfriend partner",
    "husband wife spouse partner",
    "anniversary party celebration",
    "exercise walk walking run gym",
    "daily day everyday",
    "weekly week",
    "night evening tonight",
    "home house",
    "text message texting",
    "call called phone phoned",
    "plan planned planning",
    "ashamed shame embarrassed embarrassment guilty guilt",
    "trust trusted trustworthy",
    "die died death dead dying",
    "hope hopeful hoping",
    "homework assignment task",
)
_OPEN_THEMES: Final = frozenset(
    {
        "communication",
        "connection",
        "mood",
        "anxiety",
        "anger",
        "conflict",
        "sleep",
        "motivation and change",
        "coping skills",
        "self-esteem",
        "shame and guilt",
        "money",
        "work",
        "school",
        "boundaries",
        "household",
    }
)
"""Themes within which another word of the theme is a paraphrase; in all others each word stands for itself."""


_CLOSED_THEMES: Final = frozenset(
    {
        "substance use and recovery",
        "health",
        "safety",
        "trauma reminders",
        "separation and divorce",
        "family roles",
        "grief and loss",
        "food and eating",
        "anger",
        "mood",
        "anxiety",
    }
)
"""Themes whose words must not appear out of nowhere."""


@cache
def _groups() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _SAME:
        stems = content(line)
        for one in stems:
            found[one] = found.get(one, frozenset()) | stems
    return found


@cache
def _telling() -> frozenset[str]:
    extra = content(
        """divorce affair cheat bullying bully injury accident pregnant pregnancy hospital arrest police gun knife
        smoke smoking cigarette cocaine heroin cannabis marijuana weed pills vape gambling abuse assault rape
        wife husband spouse son daughter girlfriend miscarriage abortion cancer
        surgery suicide psychiatrist medication antidepressant lawyer court custody fired
        unemployed eviction homeless church religion immigration brother sister uncle aunt cousin grandmother
        grandfather boyfriend girlfriend stepfather stepmother boss teacher coach baby wedding funeral moved moving army
        military college exam trauma nightmare flashback panic hallucination"""
    )
    themed = frozenset(one for name, stems in stems_of_themes().items() if name in _CLOSED_THEMES for one in stems)
    return extra | themed


def alike(one: str, there: frozenset[str]) -> bool:
    """Is a stem, or one that says the same, among these?"""
    if one in there:
        return True
    if _groups().get(one, frozenset()) & there:
        return True
    return len(one) >= 5 and any(other[:5] == one[:5] for other in there if len(other) >= 5)


def telling(one: str) -> bool:
    """Is it a word that must not appear out of nowhere?"""
    return one in _telling()


def known_elsewhere(one: str, there: frozenset[str]) -> bool:
    """Does the evidence speak of the same theme, where any word of the theme may stand for another?"""
    return any(one in stems and stems & there for name, stems in stems_of_themes().items() if name in _OPEN_THEMES)

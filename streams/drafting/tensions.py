"""Which goals of different people in one unit may pull apart? By opposed directions on one topic, never a conclusion.

Pure. The topics and directions are data: vocabulary/tensions.json. Every answer reads `possible tension, for review`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final

from schemas.draft import PossibleTension
from schemas.session_file import Goal, Participant
from streams.drafting.words import content

_FILE = Path(__file__).parent / "vocabulary" / "tensions.json"
_MORE = re.compile(
    r"\b(?:more|increase|increasing|add|extra|start|begin|resume|expand|raise|longer|later|bigger)\b", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:less|fewer|reduce|reducing|decrease|limit|stop|quit|no|without|cut"
    r"|avoid|end|eliminate|shorter|earlier|smaller|not)\b",
    re.IGNORECASE,
)
_AIMS: Final = content(
    "improve increase decrease reduce learn develop build maintain achieve practice practise week month day daily "
    "weekly least per times time session family couple partner relationship better use using able start stop quit "
    "limit avoid add extra more less fewer other parents mother father each"
)


@dataclass(frozen=True, slots=True)
class _Topic:
    words: str
    more: re.Pattern[str]
    less: re.Pattern[str]


@cache
def _topics() -> Mapping[str, _Topic]:
    raw: dict[str, dict[str, str]] = json.loads(_FILE.read_text())
    return {
        name: _Topic(
            words=one["words"],
            more=re.compile(one["more"], re.IGNORECASE),
            less=re.compile(one["less"], re.IGNORECASE),
        )
        for name, one in raw.items()
    }


def possible_tensions(people: Sequence[Participant]) -> tuple[PossibleTension, ...]:
    """Pairs of goals of different people that may pull apart, each pair once, in the order of the session."""
    found = []
    for one, other in combinations(people, 2):
        for first in one.plan_goals:
            for second in other.plan_goals:
                reason = _opposed(first, second)
                if reason is not None:
                    found.append(PossibleTension(goal_ids=(first.id, second.id), reason=reason))
    return tuple(found)


def _opposed(first: Goal, second: Goal) -> str | None:
    for reason in (*_by_topic(first.text, second.text), *_by_direction(first.text, second.text)):
        return f"Possible tension, for review: {reason} (“{first.text}” and “{second.text}”)."
    return None


def _by_topic(first: str, second: str) -> Iterator[str]:
    for topic in _topics().values():
        one, other = _side(topic, first), _side(topic, second)
        if one is not None and other is not None and one != other:
            yield f"{topic.words[0].lower()}{topic.words[1:]}"


def _side(topic: _Topic, text: str) -> bool | None:
    """True = more of it, False = less, None = says neither or both."""
    more, less = bool(topic.more.search(text)), bool(topic.less.search(text))
    if less and more:
        # `limit contact with parents` also speaks of contact with parents: the limit decides
        return False if _LESS.search(text) else None
    return True if more else False if less else None


def _by_direction(first: str, second: str) -> Iterator[str]:
    """The same subject, once with more and once with less."""
    shared = (content(first) & content(second)) - _AIMS
    if not shared:
        return
    directions = [(bool(_MORE.search(text)), bool(_LESS.search(text))) for text in (first, second)]
    if directions in ([(True, False), (False, True)], [(False, True), (True, False)]):
        yield "more and less of the same"

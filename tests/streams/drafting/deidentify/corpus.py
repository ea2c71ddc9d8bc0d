"""Reads corpus.txt and says what a de-identification of it left in (leaks) and took too much (words lost)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_MARK = re.compile(r"\{([^}]*)\}")
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\[[A-Z]+-\d+\]|\bC10\d\b|\bTHERAPIST\b")


@dataclass(frozen=True)
class Line:
    """A sentence, what must go from it, and the words that must stay."""

    section: str
    text: str
    goes: tuple[str, ...]
    stays: tuple[str, ...]


@dataclass
class Score:
    """Counts over the corpus; the texts are made up, so they may be shown."""

    spans: int = 0
    leaks: list[tuple[str, str]] = field(default_factory=list)
    words: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return 1 - len(self.leaks) / self.spans

    @property
    def kept(self) -> float:
        """Share of the words that should stay and did."""
        return 1 - len(self.lost) / self.words


CORPUS = Path(__file__).with_name("corpus.txt")
_TELLS_NOTHING = frozenset(
    ("the", "of", "is", "at", "dot", "mr", "dr", "aunt", "coach", "judge", "school", "years", "old", "s", "nh")
)


def lines(path: Path = CORPUS) -> Iterator[Line]:
    section = ""
    for raw in path.read_text(encoding="utf-8").splitlines():
        if raw.startswith("## "):
            section = raw[3:]
        elif raw and not raw.startswith("# "):
            goes = tuple(_MARK.findall(raw))
            stays = tuple(word for word in _WORD.findall(_MARK.sub(" ", raw)))
            yield Line(section, raw.replace("{", "").replace("}", ""), goes, stays)


def scored(deidentify: Callable[[str], str], every: Iterator[Line] | None = None) -> Score:
    score = Score()
    for line in every or lines():
        out = deidentify(line.text)
        left = [word.casefold() for word in _WORD.findall(_TOKEN.sub(" ", out))]
        counted = {word: left.count(word) for word in left}
        for word in line.stays:
            score.words += 1
            if counted.get(word.casefold(), 0) > 0:
                counted[word.casefold()] -= 1
            else:
                score.lost.append((word, out))
        for name in line.goes:
            score.spans += 1
            if any(counted.get(w.casefold(), 0) for w in _WORD.findall(name) if w.casefold() not in _TELLS_NOTHING):
                score.leaks.append((name, out))
    return score

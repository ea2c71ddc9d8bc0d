"""What are the words of a text, where do sentences begin, and do its capitals tell anything? Pure, one pass."""

import re
from typing import Final

from streams.drafting.deidentify.folding import folded, plain

_WORD: Final = re.compile(r"[^\W_]+(?:['’ʼ`´](?=[^\W\d_])[^\W_]+)*")
_SENTENCE_ENDS: Final = frozenset('.!?:;\n"“”«»•·–—(){}[]…*|>')
_ASIDE: Final = frozenset("-")
_SUFFIXES: Final = ("'s", "'ll", "'d", "'re", "'ve", "'m")
MIN_WORDS_TO_JUDGE_CAPITALS: Final = 4


class Reading:
    """A plain text and its words, in parallel lists. `words` are folded; `cased` = a capital letter means something."""

    __slots__ = ("cased", "ends", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = plain(text)
        spans = [match.span() for match in _WORD.finditer(self.text)]
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]
        low = folded(self.text)
        self.words = [low[start:end] for start, end in spans]
        self.cased = self._capitals_tell()

    def __len__(self) -> int:
        return len(self.words)

    def _capitals_tell(self) -> bool:
        text = self.text
        if text.islower():
            return False
        letters = [start for start, word in zip(self.starts, self.words, strict=True) if len(word) > 1]
        if not letters:
            return True
        capitals = sum(text[start].isupper() for start in letters)
        if capitals == 0:
            return False
        if text.isupper():
            return False
        return len(letters) < MIN_WORDS_TO_JUDGE_CAPITALS or capitals <= 0.7 * len(letters)

    def shown(self, i: int) -> str:
        """The word as it is written."""
        return self.text[self.starts[i] : self.ends[i]]

    def gap(self, i: int) -> str:
        """What stands between the word before and this one."""
        return self.text[self.ends[i - 1] if i else 0 : self.starts[i]]

    def begins_sentence(self, i: int) -> bool:
        """Is this the first word, or does something before it end a sentence, a quote or a label?"""
        if i == 0:
            return True
        gap = self.gap(i)
        if gap == " ":
            return False
        return not _SENTENCE_ENDS.isdisjoint(gap) or (" -" in gap or "- " in gap)

    def ends_clause(self, i: int) -> bool:
        """Is this the last word, or does any punctuation but an apostrophe or hyphen follow it?"""
        if i + 1 >= len(self.words):
            return True
        gap = self.gap(i + 1)
        return gap != " " and any(c not in " '-’" for c in gap)

    def before(self, i: int, far: int = 1) -> str:
        """The word so many places before in the same sentence; empty if there is none."""
        for step in range(far):
            if self.begins_sentence(i - step):
                return ""
        return self.words[i - far]

    def after(self, i: int, far: int = 1) -> str:
        """The word so many places after in the same sentence; empty if there is none."""
        if i + far >= len(self.words) or any(self.begins_sentence(i + step + 1) for step in range(far)):
            return ""
        return self.words[i + far]

    def capital(self, i: int) -> bool:
        """Does this word begin with a capital that means something? A word all in capitals is emphasis."""
        if not self.cased:
            return False
        start, end = self.starts[i], self.ends[i]
        return self.text[start].isupper() and not (end - start > 1 and self.text[start:end].isupper())


def stem_length(word: str) -> int:
    """The length of a folded word without a possessive or contracted ending ('s, 'll …)."""
    if "'" not in word:
        return len(word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) > len(suffix):
            return len(word) - len(suffix)
    return len(word)

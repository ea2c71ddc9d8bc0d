"""Is a name spelled out, letter by letter, or broken up? `J-o-h-n`, `g a r c i a`, `Ro.bert`, `J0hn`. Pure."""

from collections.abc import Iterator
from typing import Final

from streams.drafting.deidentify.known import Known, Mark
from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.reading import Reading
from streams.drafting.deidentify.spans import Span
from streams.drafting.deidentify.tokens import Kind

MAX_BETWEEN: Final = 4
_ALPHABETS: Final = word_set(
    """
    abc abcd abcde xyz iou aei aeiou
    """
)
_LEET: Final = str.maketrans("013457$@!|", "oleastsail")


def letters_in_a_row(reading: Reading, known: Known) -> Iterator[Span]:
    """Three and more single letters one after the other; acronyms that are allowed stay."""
    words, done = reading.words, 0
    for i in [at for at, word in enumerate(words) if len(word) == 1]:
        if i < done:
            continue
        last = i
        while last < len(words) and len(words[last]) == 1 and words[last].isalpha():
            if last > i and (not _joined(reading, last) or (last > i + 1 and reading.gap(last) != reading.gap(i + 1))):
                break
            last += 1
        if last - i >= 3:
            said = "".join(words[i:last])
            mark = whose(said, known)
            if mark is not None:
                yield Span(reading.starts[i], reading.ends[last - 1], mark.kind, mark.token)
            elif _is_spelling(said, spaced=reading.gap(i + 1).isspace()):
                yield Span(reading.starts[i], reading.ends[last - 1], Kind.PERSON, key=said)
        done = last


def _is_spelling(said: str, *, spaced: bool) -> bool:
    """Not an acronym, not the alphabet, not stammering (`I a I`), which is mostly of the words a and I."""
    if said in lexicon().allowed or said in _ALPHABETS or len(set(said)) < 3:
        return False
    return len(said.strip("aiox")) >= (4 if spaced else 3)


def whose(letters: str, known: Known) -> Mark | None:
    """Whose name these letters make, also with a typing error."""
    mark = known.words.get(letters)
    if mark is None and not lexicon().ordinary(letters):
        mark = known.near(letters)
    return mark


def broken(reading: Reading, i: int, known: Known) -> tuple[int, Mark] | None:
    """Does a known name begin with this word and end with one of the next two, broken by a space or punctuation?"""
    words = reading.words
    said = words[i]
    for at in (i + 1, i + 2):
        if at >= len(words) or not _joined(reading, at):
            return None
        said += words[at]
        mark = known.words.get(said)
        if mark is not None and mark.sure:
            spaced = all(reading.gap(j) == " " for j in range(i + 1, at + 1))
            lists = lexicon()
            if not spaced or not all(lists.ordinary(words[j]) or len(words[j]) == 1 for j in range(i, at + 1)):
                return at, mark
        if said not in known.beginnings:
            return None
    return None


def unmasked(word: str) -> str:
    """A word with figures and signs read as the letters they stand for (J0hn, M4ry)."""
    return word.translate(_LEET)


def _joined(reading: Reading, at: int) -> bool:
    gap = reading.gap(at)
    return len(gap) <= MAX_BETWEEN and "\n" not in gap

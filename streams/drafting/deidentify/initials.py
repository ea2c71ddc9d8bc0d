"""Which single capital letters are somebody's initials? `A said no`, `H.O. tearful`, `Bob G.`. Pure.

Not `I`, not a chart's labels (`S: O: A: P:`), not vitamin D, not A.A., not a stammer (`S so`).
"""

from collections.abc import Iterator
from typing import Final

from streams.drafting.deidentify.known import Known, Mark
from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.reading import Reading, stem_length
from streams.drafting.deidentify.spans import Span
from streams.drafting.deidentify.tokens import Kind

_LETTER_BEFORE: Final = word_set(
    """
    vitamin plan hep hepatitis type group grade part section step appendix option vit the a an score cluster
    tier bin team
    """
)
_BEFORE: Final = word_set("and with told asked re from to for by w vs about both between")
_DOES: Final = word_set(
    """
    said says was is has had did to will not late quiet tearful reports re w still wants felt told kept held
    left went got made took gave cut put spoke nervous anxious angry upset calm guarded flat sad able and or
    present absent supportive engaged withdrawn irritable agitated euthymic sober drank used denies denied
    """
)


def initials(reading: Reading, known: Known) -> Iterator[Span]:
    """Capital letters, alone or in a row with dots, that are initials of people of this session."""
    words, done = reading.words, 0
    if reading.text.isupper() and len(words) > 2:
        return  # everything is a capital
    for i in [at for at, word in enumerate(words) if len(word) < 5 and _is_letter(reading, at)]:
        if i < done:
            continue
        last = i + 1
        while last < len(words) and _is_letter(reading, last) and reading.gap(last) in (".", ". ", ""):
            last += 1
        said = "".join(words[at][0] for at in range(i, last))
        if len(said) == 1:
            mark = known.initials.get(said)
            if said in known.initials and _alone(reading, i, said):
                yield _span(reading, i, i, mark, said)
        elif said not in lexicon().allowed:
            mark = known.initials.get(said)
            if mark is not None or len(said) == 2:
                yield _span(reading, i, last - 1, mark, said)
        done = last


def _is_letter(reading: Reading, i: int) -> bool:
    word = reading.words[i]
    return stem_length(word) == 1 and word[0].isalpha() and reading.text[reading.starts[i]].isupper()


def _span(reading: Reading, first: int, last: int, mark: Mark | None, said: str) -> Span:
    start, end = reading.starts[first], reading.starts[last] + 1
    if mark is None:
        return Span(start, end, Kind.PERSON, key=f"initials {said}")
    return Span(start, end, mark.kind, mark.token)


def _alone(reading: Reading, i: int, letter: str) -> bool:
    previous, following = reading.before(i), reading.after(i)
    after = reading.text[reading.ends[i] : reading.ends[i] + 1]
    before = reading.text[reading.starts[i] - 1 : reading.starts[i]]
    if after == "." and i + 1 < len(reading) and reading.text[reading.starts[i + 1]].islower():
        following = reading.words[i + 1]  # the point is the initial's: `M. said`
    if (
        letter == "i"
        or after in (":", "-", ")", "'", "’", "&")
        or before in ("-", "'", "’", "&")
        or previous in _LETTER_BEFORE
    ):
        return reading.words[i].endswith("'s") and letter != "i"
    dotted = after == "." and reading.after(i) != following
    if following[:1] == letter or (not dotted and i + 1 < len(reading) and reading.gap(i + 1).strip() not in ("", ",")):
        return False  # a stammer, or an item of a list
    does = following in _DOES or (len(following) > 4 and following.endswith(("ed", "ing", "es", "ts", "ns")))
    if letter in ("a", "o"):
        return does
    return does or (previous in _BEFORE and reading.ends_clause(i))

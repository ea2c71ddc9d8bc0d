"""How much of a draft did a clinician change before signing it? Pure. Sees texts, answers a number and nothing else."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def changed_share(drafted: Iterable[str], signed: Iterable[str]) -> float | None:
    """The share of all words, drafted and signed, that stand in one of the two only: 0 = signed as drafted, 1 = nothing
    of it was kept. Sentences in order, words without case and punctuation; None if neither has any."""
    one, other = (_WORD.findall(" ".join(texts).casefold()) for texts in (drafted, signed))
    if not one and not other:
        return None
    return 1 - SequenceMatcher(None, one, other, autojunk=False).ratio()

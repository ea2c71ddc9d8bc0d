"""What do a clinician's accepted edits say about how they write? Pure, and the same for the same edits in any order.

A phrase counts once it was removed for several clients in several sessions; a word likewise. What occurred about one
client alone may be a fact about them and is never learned.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import combinations
from statistics import median
from typing import Final

from schemas.style import AcceptedEdit, Learned, Style

OFTEN: Final = 3
"""How many times something must have happened before it counts."""
CLIENTS: Final = 2
SESSIONS: Final = 2
SHARE: Final = 0.6
"""In how many of the chances it must have happened."""
LONGEST_PHRASE: Final = 8
SHORTEST_PHRASE: Final = 3
NEVER_DROPPED: Final = frozenset({"risk", "attendance", "plan"})
"""Parts a record needs: nothing is ever left out of them because of a habit."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\S")
_PLAIN: Final = re.compile(r"^[a-z]+(?:['’][a-z]+)*$")

Occurrence = tuple[str, str | None]


def learn(edits: Iterable[AcceptedEdit]) -> Style:
    """The style that these accepted edits show; empty while there are too few of them."""
    known = sorted(edits, key=lambda edit: (edit.session_id, edit.client_id or ""))
    order, order_why = _order(known)
    return Style(
        template=_template(known),
        dropped_phrases=_dropped_phrases(known),
        vocabulary=_vocabulary(known),
        dropped_parts=_dropped_parts(known),
        order=order,
        order_why=order_why,
        most_sentences=_most_sentences(known),
    )


def _template(edits: Sequence[AcceptedEdit]) -> Learned | None:
    of_session = {edit.session_id: edit.template for edit in edits}
    counted = Counter(of_session.values())
    if not counted:
        return None
    template, times = min(counted.items(), key=lambda item: (-item[1], item[0]))
    if times < OFTEN or times / len(of_session) < SHARE:
        return None
    return Learned(template, times, f"because you signed {times} of {len(of_session)} notes in this form")


def _is_common(occurrences: Iterable[Occurrence]) -> bool:
    """Whether something happened for several clients in several sessions: then it is about the wording."""
    found = set(occurrences)
    sessions = {session_id for session_id, _ in found}
    clients = {client_id for _, client_id in found}
    return len(sessions) >= SESSIONS and len(clients) >= CLIENTS


def _dropped_phrases(edits: Sequence[AcceptedEdit]) -> tuple[Learned, ...]:
    dropped: dict[str, list[Occurrence]] = defaultdict(list)
    kept: Counter[str] = Counter()
    for edit in edits:
        signed = " \n ".join(" ".join(_words(text)) for text, _ in edit.signed)
        for text, part in edit.drafted:
            if part in NEVER_DROPPED:
                continue
            for phrase in _phrases(text):
                if f" {phrase} " in f" {signed} ":
                    kept[phrase] += 1
                else:
                    dropped[phrase].append((edit.session_id, edit.client_id))
    found = {
        phrase: len(where)
        for phrase, where in dropped.items()
        if len(where) >= OFTEN and _is_common(where) and len(where) / (len(where) + kept[phrase]) >= SHARE
    }
    # the longest form of a phrase says it all
    whole = [p for p in found if not any(p != other and f" {p} " in f" {other} " for other in found)]
    return tuple(
        Learned(phrase, found[phrase], f"because you removed this {found[phrase]} times")
        for phrase in sorted(whole, key=lambda one: (-found[one], one))[:30]
    )


def _phrases(text: str) -> set[str]:
    """Runs of ordinary lower-case words: no name, id or number can be in one."""
    found: set[str] = set()
    words = _words(text)
    for length in range(SHORTEST_PHRASE, LONGEST_PHRASE + 1):
        for start in range(len(words) - length + 1):
            run = words[start : start + length]
            if all(_PLAIN.match(word) for word in run):
                found.add(" ".join(run))
    return found


def _words(text: str) -> list[str]:
    """Words and marks; the first word of a sentence in lower case, for its capital says nothing."""
    words = _WORD.findall(text)
    return [words[0].lower(), *words[1:]] if words else []


def _vocabulary(edits: Sequence[AcceptedEdit]) -> tuple[tuple[str, str, Learned], ...]:
    changes: dict[tuple[str, str], list[Occurrence]] = defaultdict(list)
    for edit in edits:
        left = [text for text, _ in edit.drafted if text not in {one for one, _ in edit.signed}]
        right = [text for text, _ in edit.signed if text not in {one for one, _ in edit.drafted}]
        for old in left:
            new = max(right, key=lambda one: SequenceMatcher(None, old, one).ratio(), default="")
            if not new or SequenceMatcher(None, old, new).ratio() < SHARE:
                continue
            for change in _replacements(_words(old), _words(new)):
                changes[change].append((edit.session_id, edit.client_id))
    found = [
        (old, new, Learned(f"{old} → {new}", len(where), f"because you wrote “{new}” for “{old}” {len(where)} times"))
        for (old, new), where in changes.items()
        if len(where) >= OFTEN and _is_common(where)
    ]
    best: dict[str, tuple[str, str, Learned]] = {}
    for old, new, why in sorted(found, key=lambda one: (-one[2].times, one[0], one[1])):
        best.setdefault(old, (old, new, why))
    # never a word into one that is itself replaced: applying twice must change nothing more
    return tuple(one for one in best.values() if one[1] not in best)[:30]


def _replacements(old: list[str], new: list[str]) -> set[tuple[str, str]]:
    found = set()
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "replace" and 0 < j - i <= 3 and 0 < m - k <= 3:
            before, after = old[i:j], new[k:m]
            if all(_PLAIN.match(word) for word in (*before, *after)):
                found.add((" ".join(before), " ".join(after)))
    return found


def _dropped_parts(edits: Sequence[AcceptedEdit]) -> tuple[Learned, ...]:
    chances: Counter[str] = Counter()
    gone: dict[str, list[Occurrence]] = defaultdict(list)
    for edit in edits:
        left = {part for _, part in edit.signed}
        for part in {part for _, part in edit.drafted} - NEVER_DROPPED:
            chances[part] += 1
            if part not in left:
                gone[part].append((edit.session_id, edit.client_id))
    return tuple(
        Learned(part, len(where), f"because you removed this part {len(where)} times of {chances[part]}")
        for part, where in sorted(gone.items())
        if len(where) >= OFTEN and _is_common(where) and len(where) / chances[part] >= 0.8
    )


def _order(edits: Sequence[AcceptedEdit]) -> tuple[tuple[str, ...], str]:
    """The order in which the clinician puts parts, where they have turned the drafter's around."""
    before: Counter[tuple[str, str]] = Counter()
    turned = 0
    for edit in edits:
        drafted, signed = _sequence(edit.drafted), _sequence(edit.signed)
        common = [part for part in drafted if part in signed]
        if common != [part for part in signed if part in common]:
            turned += 1
        before.update(combinations(signed, 2))
    if turned < OFTEN or turned / len(edits) < SHARE:
        return (), ""
    parts = sorted({part for pair in before for part in pair})
    wins = {part: sum(before[part, other] > before[other, part] for other in parts) for part in parts}
    return tuple(sorted(parts, key=lambda part: (-wins[part], part))), f"because you reordered {turned} sections"


def _sequence(lines: Sequence[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(part for _, part in lines))


def _most_sentences(edits: Sequence[AcceptedEdit]) -> Learned | None:
    own = [edit for edit in edits if edit.client_id is not None]
    shortened = [edit for edit in own if len(edit.signed) < len(edit.drafted)]
    if len(shortened) < OFTEN or len(shortened) / len(own) < SHARE:
        return None
    longest = max(3, int(median(len(edit.signed) for edit in own)) + 1)
    return Learned(str(longest), len(shortened), f"because you shortened {len(shortened)} of {len(own)} sections")

"""What cannot wait until the note is read? Level E0 of the triage table (domain-facts 7), found in a session.

It raises, never clears: what is not found here may still be urgent.
"""

import re
from collections.abc import Iterator

from schemas.draft import RESTRICTED, Urgent
from streams.drafting.local.risk import Hit

_AT_ONCE = frozenset({"suicide", "harm_to_others", "violence", "psychosis", "missing_minor"})
_INTENT = re.compile(
    r"\b(?:plan|pills|gun|rope|tonight|today|tomorrow|going to|gonna|goodbye"
    r"|note|letter|bridge|knife|wants? to|said (?:he|she|they)(?:'d|'s| would"
    r"| is| was)|"
    r"told me|took|trying|tried|saving|cutting|kill|sui|overdos)\w*",
    re.IGNORECASE,
)
_WORDS = {
    "suicide": "suicide",
    "harm_to_others": "harm to others",
    "violence": "violence or abuse",
    "psychosis": "voices or commands",
    "missing_minor": "somebody missing",
}


def urgent(hits: tuple[Hit, ...]) -> Iterator[Urgent]:
    """One per person and topic. What was confided is named by its topic; the words are in the own section."""
    seen: set[tuple[str | None, str]] = set()
    for hit in hits:
        if not _cannot_wait(hit) or (hit.client_id, hit.topic) in seen:
            continue
        seen.add((hit.client_id, hit.topic))
        evidence = tuple(
            dict.fromkeys(
                one
                for other in hits
                if (other.client_id, other.topic) == (hit.client_id, hit.topic) and _cannot_wait(other)
                for one in other.evidence
            )
        )
        text = f"{_WORDS[hit.topic].capitalize()}: {hit.text}"
        if hit.restricted:
            text = f"{_WORDS[hit.topic].capitalize()}: said in confidence; see the section of {hit.client_id}."
        yield Urgent(
            text=text, evidence=evidence, client_id=hit.client_id, flags=(RESTRICTED,) if hit.restricted else ()
        )


def _cannot_wait(hit: Hit) -> bool:
    if hit.topic not in _AT_ONCE or hit.past:
        return False
    if hit.polarity == "affirmed":
        return True
    return hit.polarity == "third_party" and (hit.topic != "suicide" or bool(_INTENT.search(hit.text)))

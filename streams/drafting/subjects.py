"""Whom is a line of the therapist's outline about? Therapists write initials, nicknames and family words.

Reads the session with its names (before de-identification) and answers with client ids only.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from schemas.session_file import THERAPIST, Participant, Session

FAMILY_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "mother": ("mother", "mom", "mum", "mommy", "mummy", "mama", "mo"),
    "father": ("father", "dad", "daddy", "papa", "fa"),
    "stepmother": ("stepmother", "stepmom", "stepmum"),
    "stepfather": ("stepfather", "stepdad"),
    "grandmother": ("grandmother", "grandma", "gran", "granny", "nana", "gm"),
    "grandfather": ("grandfather", "grandpa", "granddad", "gf"),
    "daughter": ("daughter", "dtr"),
    "son": ("son",),
    "sister": ("sister", "sis"),
    "brother": ("brother", "bro"),
    "aunt": ("aunt", "auntie"),
    "uncle": ("uncle",),
    "wife": ("wife",),
    "husband": ("husband", "hubby"),
    "girlfriend": ("girlfriend",),
    "boyfriend": ("boyfriend",),
}
"""A relationship as charts write it → the words people use for whoever holds it."""

_CLINICIAN_LABELS: Final = ("CO_THERAPIST", "CO-THERAPIST", "COTHERAPIST", "THERAPIST_2", "THERAPIST2", "CLINICIAN")
_WORD_IN_RELATIONSHIP = re.compile(r"[a-z]+")
# after an initial one of these makes it a person and not an article, a grade or a list letter
_DOES_SOMETHING = (
    r"(?:[a-z]+(?:ed|es|ing)|[a-z]{3,}s|said|says|told|felt|feels|kept|held|left|went|got|made|took|gave|cut|put|spoke|"
    r"did|has|had|is|was|will|to|can|wants?|able|"
    r"found|bought|drank|slept|came|took|lost|met|paid|ran|sent|sat|woke|wrote|broke|"
    r"drove|ate|read|quit|hit|began|chose|fell|forgot|heard|hid|hung|knew|saw|sold|stood|stole|threw|thought|won|wept|"
    r"withdrew|reads?|does|goes|feels?|(?=\d+ ?(?:min|hr|hour|day|x|beers?|times?))|"
    r"quiet|tearful|nervous|anxious|angry|late|upset|calm|guarded|flat|sad|"
    r"denies|reports?|agrees?|still|not|no|and|&|\+|/)"
)


def therapists(session: Session) -> frozenset[str]:
    """The speaker labels under which a clinician may stand in the transcript."""
    labels = {THERAPIST, *_CLINICIAN_LABELS}
    if session.clinician.clinician_id:
        labels.add(session.clinician.clinician_id)
    return frozenset(labels)


def family_words(person: Participant) -> tuple[str, ...]:
    """The words others use for this person by their relationship, such as mom for a mother."""
    said = set(_WORD_IN_RELATIONSHIP.findall((person.relationship or "").lower().replace("-", "")))
    roles = {role for role in FAMILY_WORDS if role in said or said & set(FAMILY_WORDS[role][:2])}
    return tuple(word for role in FAMILY_WORDS if role in roles for word in FAMILY_WORDS[role])


def unique_family_words(people: Iterable[Participant]) -> dict[str, str]:
    """Family word → the one client it can mean; words that could mean two are left out."""
    owners: dict[str, set[str]] = {}
    for person in people:
        for word in family_words(person):
            owners.setdefault(word, set()).add(person.client_id)
    return {word: next(iter(ids)) for word, ids in owners.items() if len(ids) == 1}


_NOT_OF_MYSELF = re.compile(r"to|is|has|says|(?!was|miss|guess|discuss|process|express|pass|stress)[a-z]{3,}s")
"""After these an I is an initial: nobody writes `I says`."""


class Initials:
    """Replaces the initials of a session's clients in outline text by their client ids, where only one can be meant."""

    def __init__(self, session: Session) -> None:
        owners: dict[str, set[str]] = {}
        for person in session.participants:
            for initials in _initials(person):
                owners.setdefault(initials, set()).add(person.client_id)
        self._owner = {letters: next(iter(ids)) for letters, ids in owners.items() if len(ids) == 1}
        letters = sorted((re.escape(key) for key in self._owner), key=len, reverse=True)
        self._pattern = (
            re.compile(
                rf"(?<![\w’'.-])(?P<who>{'|'.join(letters)})(?P<dot>\.?)"
                rf"(?:(?P<mark>\s*[:=]|\s+[-–—](?=\s))|(?=['’]s\b)|(?=\s+(?P<verb>{_DOES_SOMETHING})(?![\w-]))|(?=\s*(?:[,;&+/]|$)))"
            )
            if letters
            else None
        )

    def named(self, text: str) -> str:
        """The text with initials as client ids; a lone A needs a colon or a verb after it, a lone I more than that."""
        if self._pattern is None:
            return text
        return self._pattern.sub(self._one, text)

    def _one(self, match: re.Match[str]) -> str:
        letters = match["who"]
        if not match["mark"] and letters == "I" and not (match["dot"] or _NOT_OF_MYSELF.fullmatch(match["verb"] or "")):
            return match[0]
        if not match["mark"] and letters == "A" and not match["verb"]:
            return match[0]
        return f"{self._owner[letters]}{match['mark'] or ''}"


def _initials(person: Participant) -> set[str]:
    found = set()
    for name in (person.preferred_name, person.legal_name):
        words = [word for word in re.split(r"[\s-]+", name or "") if word[:1].isalpha()]
        if words:
            found.add(words[0][0].upper())
        if len(words) > 1:
            found.add(f"{words[0][0]}{words[-1][0]}".upper())
            found.add(f"{words[0][0]}.{words[-1][0]}".upper())
    return found

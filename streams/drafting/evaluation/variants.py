"""Would the draft say the same had the people other genders or names? The same session told otherwise. Pure.

Drafts are compared by what they hold for whom and on which evidence, so that a model's wording may differ.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from schemas.draft import Draft
from schemas.session_file import Session
from streams.drafting.deidentify.lexicon import lexicon

_PAIRS: Final = (
    ("he", "she"),
    ("himself", "herself"),
    ("man", "woman"),
    ("men", "women"),
    ("boy", "girl"),
    ("boys", "girls"),
    ("boyfriend", "girlfriend"),
    ("husband", "wife"),
    ("father", "mother"),
    ("dad", "mom"),
    ("daddy", "mommy"),
    ("grandpa", "grandma"),
    ("grandfather", "grandmother"),
    ("son", "daughter"),
    ("brother", "sister"),
    ("brothers", "sisters"),
    ("uncle", "aunt"),
    ("nephew", "niece"),
    ("stepfather", "stepmother"),
    ("stepdad", "stepmom"),
)
_OTHER: Final = {
    **dict(_PAIRS),
    **{second: first for first, second in _PAIRS},
    "him": "her",
    "his": "her",
    "hers": "his",
}
_WORDS: Final = "|".join(sorted((*_OTHER, "her"), key=len, reverse=True))
_GENDERED: Final = re.compile(rf"(?<![\w-])(?:{_WORDS})(?![\w-])", re.IGNORECASE)
_HER_OWN: Final = re.compile(
    r"\s+(?!(?:to|that|and|but|or|so|if|when|because|for|in|on|at|with|about|by|from|a|an|the|is|was|as|up|out|off|again"
    r"|how|what|why|not|into|than|then|who|go|know|do|be|say|get|feel|too|back|before|after|over|there|here|now)\b)[a-z]",
    re.I,
)
"""After `her`: what makes it a man's `his`, and not `him`."""

_NAMES: Final = """
    Adaeze Alhadid Aaliyah Batbayar Bukola Bjarne Chidi Castellanos Chau Dariusz Dembele Dilnoza Eriksdotter Emeka Esma
    Fatima Farkas Folasade Guerrero Giorgos Gulnara Hofstetter Hyun Habib Ioana Ibarra Ikaika Jefferson Jamila Jorgen
    Kenji Kimbrough Keisha Leilani Lindqvist Lamar Mateo Mahmoudi Mbeki Ngozi Nwosu Naoki Oluwaseun Okonkwo Oyelaran
    Papadakis Priya Popescu Qiang Quispe Qadir Rahul Rasmussen Rukhsana Svetlana Seojin Salazar Tyrone Tanaka Thuy
    Ulrike Umarov Ugochi Venkatesan Volkova Villarreal Wanjiru Wojcik Waleed Ximena Xiong Xavi Yusuf Yildirim Yeon
    Zawadi Zielinski Zhang
"""
"""From many places; each stands for one part of one name, with the same initial, because outlines use initials."""


def with_other_genders(session: Session) -> Session:
    """Every `she` a `he`, every son a daughter, in every text and pronoun."""
    return _told_otherwise(session, lambda text: _GENDERED.sub(lambda match: _swapped(match, text), text))


def with_other_names(session: Session) -> Session:
    """Every client's names replaced, the same part by the same part everywhere."""
    ids = {person.client_id for person in session.participants}
    parts = dict.fromkeys(
        part
        for person in session.participants
        for name in (person.legal_name, person.preferred_name, *person.nicknames)
        for part in re.findall(r"\w+", name or "")
        if len(part) > 1 and part not in ids and not part.isdigit()
    )
    others: dict[str, str] = {}
    for part in parts:
        own = [name for name in _NAMES.split() if name[0] == part[0].upper() and name != part] or _NAMES.split()
        taken = sum(other[0] == own[0][0] for other in others.values())
        others[part] = own[taken % len(own)] + "son" * (taken // len(own))
    others |= {part.lower(): other.lower() for part, other in others.items() if not lexicon().everyday(part.casefold())}
    if not others:
        return session
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, others), key=len, reverse=True))})(?!\w)")
    return _told_otherwise(session, lambda text: pattern.sub(lambda match: others[match[0]], text), names=True)


def likeness(one: Draft, other: Draft) -> float:
    """1 = the same for the same people on the same evidence; 0 = nothing in common."""
    a, b = _held(one), _held(other)
    either = sum((a | b).values())
    return sum((a & b).values()) / either if either else 1.0


def _held(draft: Draft) -> Counter[tuple[object, ...]]:
    held: Counter[tuple[object, ...]] = Counter()
    for section in draft.sections:
        for sentence in section.sentences:
            held.update((section.client_id, sentence.part, id_) for id_ in sentence.evidence or ("",))
    held.update(("dyad", one.from_, one.to) for one in draft.dyads)
    held.update(("action", one.client_id, id_) for one in draft.actions for id_ in one.evidence)
    held.update(("risk", one.client_id, one.topic, one.polarity) for one in draft.risk)
    held.update(("urgent", id_) for one in draft.urgent for id_ in one.evidence)
    return held


def _swapped(match: re.Match[str], text: str) -> str:
    word = match[0]
    lower = word.lower()
    other = ("his" if _HER_OWN.match(text, match.end()) else "him") if lower == "her" else _OTHER[lower]
    if word.isupper() and len(word) > 1:
        return other.upper()
    return other.capitalize() if word[0].isupper() else other


def _told_otherwise(session: Session, told: Callable[[str], str], *, names: bool = False) -> Session:
    # an empty key would say that nobody has consented
    raw = session.model_dump(mode="json", by_alias=True, exclude_none=True)
    people = raw["participants"]
    for person in people:
        _each(person, ("pronouns", "relationship"), told)
        if names:
            _each(person, ("legal_name", "preferred_name"), told)
            person["nicknames"] = [told(name) for name in person["nicknames"]]
        for name in ("risk_flags", "recent_notes"):
            person[name] = [told(text) for text in person[name]]
        for goal in person["plan_goals"]:
            _each(goal, ("text",), told)
        _each(person.get("checkin_form", {}), tuple(person.get("checkin_form", ())), told)
    if names and "unit" in raw:
        _each(raw["unit"], ("name",), told)
    for item in (*raw["transcript"], *raw["therapist_outline"]):
        _each(item, ("text",), told)
    return Session.model_validate(raw)


def _each(record: dict[str, Any], keys: tuple[str, ...], told: Callable[[str], str]) -> None:
    for key in keys:
        if isinstance(record.get(key), str):
            record[key] = told(record[key])

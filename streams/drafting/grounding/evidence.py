"""What stands behind evidence ids, read for checking: who said it, in answer to what, with which words and numbers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.session_file import THERAPIST
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.confided import confided
from streams.drafting.local.reading import Reading, Utterance, read
from streams.drafting.local.risk import Hit, risk_of
from streams.drafting.material import Material
from streams.drafting.sentences import sentences
from streams.drafting.words import content, days, stated_numbers


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence. `about`: whom it can speak for; `asked`: the question a turn answers."""

    id: str
    text: str
    speaker: str | None
    about: frozenset[str]
    asked: str
    turn: Utterance | None
    confided_by: str | None


class Evidence:
    """All evidence of one session's material."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.reading: Reading = read(material)
        self.addressing = Addressing(material.session, material.absent)
        self._hits = risk_of(material).hits
        ids = sorted((*material.client_ids, *material.absent), key=len, reverse=True)
        self._ids = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ids))})(?:['’]s)?(?![\w-])")
        turns = {turn.evidence: turn for turn in self.reading.turns}
        self._items = {id_: self._item(id_, turns.get(id_)) for id_ in material.cited}
        self.goals = {goal.id: goal.text for person in material.session.participants for goal in person.plan_goals}
        self.diagnoses = {person.client_id: person.diagnosis_icd10 for person in material.session.participants}
        self.people = str(len(material.client_ids))
        duration = material.session.duration_minutes
        self.session_numbers = frozenset(
            str(number) for number in (duration, material.session.cpt) if number is not None
        )

    def without_ids(self, text: str) -> str:
        """A text without the client ids in it."""
        return self._ids.sub(" ", text)

    def item(self, id_: str) -> Item | None:
        """What an id stands for; None if there is no such evidence."""
        return self._items.get(id_)

    def items(self, ids: Iterable[str]) -> tuple[Item, ...]:
        """Those of these ids that exist."""
        return tuple(item for item in map(self._items.get, ids) if item is not None)

    def hits(self, ids: Iterable[str]) -> tuple[Hit, ...]:
        """What was found about risk in these pieces of evidence."""
        wanted = set(ids)
        return tuple(hit for hit in self._hits if wanted & set(hit.evidence))

    def all_hits(self, client_id: str | None) -> tuple[Hit, ...]:
        """What was found about risk of one client anywhere."""
        return tuple(hit for hit in self._hits if hit.client_id == client_id)

    def _item(self, id_: str, turn: Utterance | None) -> Item:
        cited = self.material.cited[id_]
        clients = frozenset(self.material.client_ids)
        if turn is not None:
            before = self.reading.before(turn)
            asked = before.text if before is not None and before.question is not None else ""
            about = frozenset({turn.speaker}) if turn.number not in self.reading.doubts else frozenset()
            return Item(id_, cited.text, turn.speaker, about, asked, turn, turn.confided_by)
        owner = next((who for who in clients if _belongs(id_, who)), None)
        if owner is not None:
            return Item(id_, cited.text, owner, frozenset({owner}), "", None, None)
        named = frozenset(self.addressing.mentioned(cited.text)) & clients
        secret = confided(cited.text)
        return Item(
            id_,
            cited.text,
            THERAPIST,
            (named or clients) | {THERAPIST},
            "",
            None,
            (next(iter(named)) if len(named) == 1 else "nobody") if secret else None,
        )


def _belongs(id_: str, client_id: str) -> bool:
    """Is it the form, an assessment or a note of this client?"""
    kind, _, rest = id_.partition(":")
    if kind == "F":
        return rest == client_id
    owner, _, n = rest.rpartition(":")
    return kind in ("A", "N") and owner == client_id and n.isdigit()


def words_of(items: Iterable[Item]) -> frozenset[str]:
    """The content stems of evidence and of the questions it answers."""
    return frozenset(one for item in items for one in content(item.text) | content(item.asked))


def numbers_of(items: Iterable[Item]) -> frozenset[str]:
    """The numbers (in digits or words) and days that evidence states."""
    texts = [text for item in items for text in (item.text, item.asked)]
    return frozenset(one for text in texts for one in stated_numbers(text) | days(text))


def sentences_of(items: Iterable[Item]) -> tuple[str, ...]:
    """The sentences of evidence."""
    return tuple(sentence for item in items for sentence in sentences(item.text))


def text_of(items: Iterable[Item]) -> str:
    """The texts of evidence and of the questions it answers, in lower case."""
    return " ".join(f"{item.asked} {item.text}" for item in items).lower().replace("’", "'")

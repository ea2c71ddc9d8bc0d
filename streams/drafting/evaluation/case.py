"""One session drafted, with everything a metric looks at; and the texts of a draft with their places. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.draft import Draft, ModelUse
from schemas.session_file import Session
from streams.drafting.evaluation.gold import Gold
from streams.drafting.material import Clean, Material
from streams.drafting.write import Pens

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Case:
    """`request`: what a model gets, or would get, without our instructions. `held`: the final gate
    would not send it."""

    name: str
    session: Session = field(repr=False)
    gold: Gold | None = field(repr=False)
    material: Material = field(repr=False)
    draft: Draft = field(repr=False)
    use: ModelUse
    request: str = field(repr=False)
    held: bool
    pens: Pens = field(repr=False)
    seconds: float = 0.0

    def deidentified(self, texts: Iterator[str]) -> Iterator[tuple[str, Clean]]:
        """Each text and what is left of it, read by a reader who has not seen the session yet."""
        identities = self.pens.identities(self.session)
        return ((text, identities.deidentify(text)) for text in texts)


def said(draft: Draft) -> Iterator[tuple[str, str | None, str]]:
    """Every text of a draft: where it stands, in whose section (None: in nobody's own), and the text."""
    for section in draft.sections:
        where = f"section {section.client_id or 'shared'}"
        yield from ((where, section.client_id, sentence.text) for sentence in section.sentences)
    yield from (("dyads", None, one.text) for one in draft.dyads)
    yield from (("actions", None, one.text) for one in draft.actions)
    yield from (("risk", None, one.text) for one in draft.risk)
    yield from (("urgent", None, one.text) for one in draft.urgent)
    yield from (("tensions", None, one.reason) for one in draft.possible_tensions)
    yield from (("removed", None, one.text) for one in draft.removed)
    yield from (("themes", None, one) for one in draft.themes)
    yield from (("interventions", None, one) for one in draft.interventions)


def texts_of(session: Session) -> Iterator[str]:
    """Every free text of a session."""
    yield from (turn.text for turn in session.transcript)
    yield from (bullet.text for bullet in session.therapist_outline)
    for person in session.participants:
        yield from (goal.text for goal in person.plan_goals)
        yield from person.risk_flags
        yield from person.recent_notes
        yield from (answer for answer in (person.checkin_form or {}).values() if isinstance(answer, str))


def words_in(text: str) -> list[str]:
    """The words of a text, as they stand."""
    return _WORD.findall(text)


def runs_of(text: str, length: int = 5) -> set[tuple[str, ...]]:
    """Every stretch of so many words, in lower case: by these somebody's own words are known again."""
    words = [word.casefold() for word in words_in(text)]
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def mentions(text: str, client_id: str) -> bool:
    """Does a text hold this client id?"""
    return re.search(rf"(?<![\w-]){re.escape(client_id)}(?![\w-])", text) is not None

"""How good is a draft? Counts, against a session's gold facts, what is covered, what is wrong and what leaks.

Reads tests/data/sessions: a session file and beside it what somebody who read it would expect (`.gold.json`).
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.draft import Draft, Provenance, Removed, Section, Sentence
from schemas.session_file import Session, read_session_file
from streams.drafting.deidentify import Identities
from streams.drafting.grounding import grounded
from streams.drafting.local.drafter import draft_locally
from streams.drafting.material import Material, material_of

SESSIONS = Path(__file__).parents[2] / "data" / "sessions"
NAMES = sorted(path.stem for path in SESSIONS.glob("*.json") if "." not in path.stem)


@dataclass(frozen=True)
class Case:
    """One session with its gold facts, drafted."""

    name: str
    session: Session
    material: Material
    draft: Draft
    gold: dict[str, Any]


@dataclass
class Score:
    """Gold facts found and missed (in words), and everything that should not be there."""

    found: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """The share of gold facts that the draft has."""
        return self.found / max(1, self.found + len(self.missed))


def case(name: str) -> Case:
    """The session of that name, drafted by the local drafter and grounded."""
    session = read_session_file(SESSIONS / f"{name}.json")
    material = material_of(session, Identities.of(session))
    draft = grounded(draft_locally(material), material)
    return Case(name, session, material, draft, json.loads((SESSIONS / f"{name}.gold.json").read_text()))


def score(one: Case) -> Score:
    """What of the gold is in the draft."""
    result = Score()

    def check(fits: bool, what: str) -> None:
        if fits:
            result.found += 1
        else:
            result.missed.append(f"{one.name}: {what}")

    draft, gold = one.draft, one.gold
    for fact in gold.get("facts", []):
        check(_told(draft, fact), f"fact {fact}")
    for risk in gold.get("risk", []):
        fits = any(
            item.client_id == risk["client"] and item.polarity == risk["polarity"] and item.topic in risk["topics"]
            for item in draft.risk
        )
        check(fits, f"risk {risk}")
    for action in gold.get("actions", []):
        fits = any(
            item.client_id == action["client"] and all(word.lower() in item.text.lower() for word in action["words"])
            for item in draft.actions
        )
        check(fits, f"action {action}")
    for dyad in gold.get("dyads", []):
        fits = any(
            (item.from_, item.to) == (dyad["from"], dyad["to"]) and set(dyad["evidence"]) & set(item.evidence)
            for item in draft.dyads
        )
        check(fits, f"dyad {dyad}")
    for pair in gold.get("tensions", []):
        check(any(set(pair) == set(item.goal_ids) for item in draft.possible_tensions), f"tension {pair}")
    for turn in gold.get("doubts", []):
        check(any(item.turn == turn for item in draft.speaker_doubts), f"doubt {turn}")
    for id_ in gold.get("urgent", []):
        check(any(id_ in item.evidence for item in draft.urgent), f"urgent {id_}")
    for name in gold.get("interventions", []):
        check(name in draft.interventions, f"intervention {name}")
    for name in gold.get("themes", []):
        check(name in draft.themes, f"theme {name}")
    result.wrong = [f"{one.name}: {what}" for what in _wrong(one)]
    return result


def _told(draft: Draft, fact: dict[str, Any]) -> bool:
    return any(
        section.client_id == fact["client"]
        and set(fact["evidence"]) & set(sentence.evidence)
        and all(word.lower() in sentence.text.lower() for word in fact["words"])
        for section in draft.sections
        for sentence in section.sentences
    )


def _wrong(one: Case) -> Iterator[str]:
    draft, gold, session = one.draft, one.gold, one.session
    for id_ in gold.get("not_risk", []):
        if any(id_ in risk.evidence for risk in draft.risk) or any(id_ in one.evidence for one in draft.urgent):
            yield f"turn {id_} is no risk"
    for pair in gold.get("not_dyads", []):
        if any((item.from_, item.to) == (pair["from"], pair["to"]) for item in draft.dyads):
            yield f"no dyad {pair}"
    expected = gold.get("tensions", [])
    for tension in draft.possible_tensions:
        if not any(set(tension.goal_ids) == set(pair) for pair in expected):
            yield f"no tension {tension.goal_ids}"
    for doubt in draft.speaker_doubts:
        if doubt.turn not in gold.get("doubts", []):
            yield f"no doubt about turn {doubt.turn}"
    urgent_ids = set(gold.get("urgent", []))
    for urgent in draft.urgent:
        if not urgent_ids & set(urgent.evidence):
            yield f"not urgent: {urgent.evidence}"
    told = {(risk["client"], risk["polarity"]) for risk in gold.get("risk", [])}
    for risk in draft.risk:
        own = risk.topic in ("suicide", "self_harm", "safety")
        if own and risk.polarity in ("affirmed", "passive", "negated") and (risk.client_id, risk.polarity) not in told:
            yield f"risk nobody stated: {risk.client_id} {risk.topic} {risk.polarity} {risk.evidence}"
    for secret in gold.get("restricted", []):
        yield from _escaped(draft, secret["client"], secret["words"])
    yield from _leaks(draft, session)
    if bool(gold.get("blocked")) != bool(draft.blocked):
        yield "blocked or not, without saying so"


def _escaped(draft: Draft, client_id: str, words: list[str]) -> Iterator[str]:
    own = [
        sentence
        for section in draft.sections
        if section.client_id == client_id
        for sentence in section.sentences
        if all(word in sentence.text for word in words)
    ]
    if not own:
        yield f"{words} is missing from the section of {client_id}"
    if any("restricted" not in sentence.flags for sentence in own):
        yield f"{words} is not marked as restricted"
    for place, text in outside(draft, client_id):
        if all(word in text for word in words):
            yield f"{words} stands in {place}"


def outside(draft: Draft, client_id: str) -> Iterator[tuple[str, str]]:
    """Every text of a draft outside one client's own section, with where it stands."""
    for section in draft.sections:
        if section.client_id != client_id:
            yield from ((f"section {section.client_id}", sentence.text) for sentence in section.sentences)
    for name in ("dyads", "actions", "risk", "urgent"):
        yield from ((name, item.text) for item in getattr(draft, name))
    yield from (("themes", theme) for theme in draft.themes)


def _leaks(draft: Draft, session: Session) -> Iterator[str]:
    """Names anywhere; another client in a client's own section."""
    names = {
        person.client_id: {
            part
            for name in (person.legal_name, person.preferred_name, *person.nicknames)
            for part in re.split(r"[\s-]+", name or "")
            if len(part) > 2
        }
        for person in session.participants
    }
    everybody = {name for own in names.values() for name in own}
    for section in draft.sections:
        for sentence in section.sentences:
            words = set(re.findall(r"\w+", sentence.text))
            if words & everybody:
                yield f"a name in section {section.client_id}"
            others = set(names) - {section.client_id}
            if section.client_id is not None and any(
                re.search(rf"(?<![\w-]){re.escape(other)}(?![\w-])", sentence.text) for other in others
            ):
                yield f"another client in section {section.client_id}"
    for place, text in outside(draft, ""):
        if set(re.findall(r"\w+", text)) & everybody:
            yield f"a name in {place}"


def proposed(one: Case, statements: Iterable[dict[str, Any]]) -> Draft:
    """A draft as a model might have written it, made of these statements."""
    sections = tuple(
        Section(
            client_id=statement["client"],
            title="x",
            sentences=(Sentence(text=statement["text"], evidence=tuple(statement["evidence"])),),
        )
        for statement in statements
    )
    return Draft(sections=sections, provenance=Provenance(drafter="model"))


def survivors(
    one: Case, statements: list[dict[str, Any]], flagged: bool = False
) -> tuple[list[str], tuple[Removed, ...]]:
    """Which of these statements grounding lets through (also those it flags as doubtful), and what it removed."""
    checked = grounded(proposed(one, statements), one.material)
    kept = [
        sentence.text
        for section in checked.sections
        for sentence in section.sentences
        if flagged or "low_coverage" not in sentence.flags
    ]
    return [statement["text"] for statement in statements if statement["text"] in kept], checked.removed


def unknown_evidence(one: Case) -> set[str]:
    """Evidence ids of a draft that nothing stands behind."""
    draft = one.draft
    cited = {id_ for section in draft.sections for sentence in section.sentences for id_ in sentence.evidence}
    for items in (draft.dyads, draft.actions, draft.risk, draft.urgent):
        cited |= {id_ for item in items for id_ in item.evidence}
    return cited - set(one.material.cited)

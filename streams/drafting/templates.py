"""SOAP, DAP, BIRP, GIRP, SIRP: how one structure is titled and ordered. Pure; renders any draft in any template.

A field that would be empty says so; nothing is invented to fill it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from schemas.draft import NOT_DOCUMENTED, Draft, Section, Sentence

TEMPLATES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "SOAP": {
        "Subjective": ("subjective",),
        "Objective": ("attendance", "dynamic", "objective", "intervention", "response"),
        "Assessment": ("goal", "pattern", "assessment", "risk"),
        "Plan": ("plan",),
    },
    "DAP": {
        "Data": ("attendance", "dynamic", "subjective", "objective", "intervention"),
        "Assessment": ("goal", "response", "pattern", "assessment", "risk"),
        "Plan": ("plan",),
    },
    "BIRP": {
        "Behavior": ("attendance", "dynamic", "subjective", "objective", "goal", "pattern"),
        "Intervention": ("intervention",),
        "Response": ("response", "assessment", "risk"),
        "Plan": ("plan",),
    },
    "GIRP": {
        "Goal": ("goal",),
        "Intervention": ("intervention",),
        "Response": ("attendance", "dynamic", "subjective", "objective", "response", "pattern", "assessment", "risk"),
        "Plan": ("plan",),
    },
    "SIRP": {
        "Situation": ("attendance", "dynamic", "subjective", "objective", "goal", "pattern"),
        "Intervention": ("intervention",),
        "Response": ("response", "assessment", "risk"),
        "Plan": ("plan",),
    },
}
"""Template → its fields in order → the parts of the canonical structure that belong there."""

GAPS: Final[dict[str, str]] = {
    "Subjective": "No statement for this section is documented.",
    "Objective": "No observation or measure is documented.",
    "Data": "No statement or observation is documented.",
    "Situation": "No statement or observation is documented.",
    "Assessment": "Left for the clinician to assess: no goal work or response is documented.",
    "Behavior": "No behavior in session is documented.",
    "Goal": "No work on a plan goal is documented.",
    "Intervention": "No intervention is documented.",
    "Response": "No response to the session is documented.",
    "Plan": "No homework, agreement or next step is documented.",
}
"""What an empty field says: what is missing and may be added, never that it did not happen."""
_FILLERS: Final = frozenset({"Not documented.", *GAPS.values()})
_ANSWERS_TO_EACH_OTHER: Final = frozenset({"BIRP", "SIRP"})
"""Templates whose shared response is how people responded to one another: what passed between them stands there."""


def sections(template: str, client_id: str | None, sentences: Iterable[Sentence]) -> tuple[Section, ...]:
    """The titled sections of one client (or of the shared part), every field of the template present."""
    everything = tuple(sentences)
    return tuple(
        Section(
            client_id=client_id, title=title, sentences=_field(title, everything, _parts(template, client_id, title))
        )
        for title in TEMPLATES[template]
    )


def _parts(template: str, client_id: str | None, title: str) -> tuple[str, ...]:
    parts = TEMPLATES[template][title]
    if client_id is not None or template not in _ANSWERS_TO_EACH_OTHER:
        return parts
    parts = tuple(part for part in parts if part != "dynamic")
    return ("dynamic", *parts) if title == "Response" else parts


def _field(title: str, sentences: tuple[Sentence, ...], parts: tuple[str, ...]) -> tuple[Sentence, ...]:
    found = tuple(sentence for part in parts for sentence in sentences if sentence.part == part)
    return found or (Sentence(text=GAPS[title], flags=(NOT_DOCUMENTED,), part=parts[0]),)


def in_template(draft: Draft, template: str) -> Draft:
    """The same draft in another template. Raises KeyError for a template that does not exist."""
    clients = dict.fromkeys(section.client_id for section in draft.sections)
    arranged = tuple(
        section
        for client_id in clients
        for section in sections(
            template,
            client_id,
            (
                sentence
                for section in draft.sections
                if section.client_id == client_id
                for sentence in section.sentences
                if not _fills_a_gap(sentence)
            ),
        )
    )
    return draft.model_copy(update={"template": template, "sections": arranged})


def _fills_a_gap(sentence: Sentence) -> bool:
    return NOT_DOCUMENTED in sentence.flags and sentence.text in _FILLERS

"""How is a note arranged? One canonical structure of parts, five ways to title it; switching loses nothing. Pure.

SOAP, DAP, BIRP, GIRP and SIRP as behavioural health documents them. Every part stands under exactly one heading.
"""

from typing import Final

Heading = tuple[str, tuple[str, ...]]
"""A title and the parts below it."""

TEMPLATES: Final[dict[str, tuple[Heading, ...]]] = {
    "SOAP": (
        ("Subjective", ("subjective", "dynamic", "pattern")),
        ("Objective", ("attendance", "objective", "intervention", "response")),
        ("Assessment", ("assessment", "goal", "risk")),
        ("Plan", ("plan",)),
    ),
    "DAP": (
        ("Data", ("attendance", "subjective", "objective", "dynamic", "pattern", "intervention", "response")),
        ("Assessment", ("assessment", "goal", "risk")),
        ("Plan", ("plan",)),
    ),
    "BIRP": (
        ("Behavior", ("attendance", "subjective", "objective", "dynamic", "pattern")),
        ("Intervention", ("intervention",)),
        ("Response", ("response", "assessment", "goal", "risk")),
        ("Plan", ("plan",)),
    ),
    "GIRP": (
        ("Goal", ("attendance", "goal")),
        ("Intervention", ("intervention",)),
        ("Response", ("subjective", "objective", "dynamic", "pattern", "response", "assessment", "risk")),
        ("Plan", ("plan",)),
    ),
    "SIRP": (
        ("Situation", ("attendance", "subjective", "objective", "dynamic", "pattern")),
        ("Intervention", ("intervention",)),
        ("Response", ("response", "assessment", "goal", "risk")),
        ("Plan", ("plan",)),
    ),
}


def heading_of(template: str, part: str) -> str:
    """The title under which a part stands; the first one for a part no template knows."""
    headings = TEMPLATES[template]
    return next((title for title, parts in headings if part in parts), headings[0][0])

"""What may be produced for whom yet? The three phases of a rollout, and what each one allows. Pure.

Level by level: a phase allows what the one before it allows. What a phase does not allow is never generated.
"""

from enum import IntEnum, StrEnum
from typing import Final


class Phase(IntEnum):
    """How far a practice or a cohort of its clinicians has come (the source document's phased rollout)."""

    ADMINISTRATIVE = 1
    SUMMARIES = 2
    RELATIONAL = 3


class Product(StrEnum):
    """What may be asked for."""

    ADMINISTRATIVE_SECTIONS = "administrative_sections"
    """Who attended, from when to when, which interventions: nothing about what was said."""
    REMINDERS = "reminders"
    SUMMARIES = "summaries"
    """Draft notes, always signed off by the clinician."""
    RELATIONAL_DYNAMICS = "relational_dynamics"
    """Dyads, patterns and themes between the people in the room."""
    PLAN_COORDINATION = "plan_coordination"


FIRST_PHASE: Final[dict[Product, Phase]] = {
    Product.ADMINISTRATIVE_SECTIONS: Phase.ADMINISTRATIVE,
    Product.REMINDERS: Phase.ADMINISTRATIVE,
    Product.SUMMARIES: Phase.SUMMARIES,
    Product.RELATIONAL_DYNAMICS: Phase.RELATIONAL,
    Product.PLAN_COORDINATION: Phase.RELATIONAL,
}
DEFAULT_PHASE: Final = Phase.ADMINISTRATIVE
"""Of a practice nobody has decided about: the most careful one."""


def may_generate(product: Product, phase: Phase) -> bool:
    """Whether this may be generated for somebody in that phase."""
    return phase >= FIRST_PHASE[product]


def phase_of(practice_phase: Phase | None, cohort_phase: Phase | None) -> Phase:
    """The phase of a clinician: their cohort's, else their practice's, else the most careful one."""
    return cohort_phase or practice_phase or DEFAULT_PHASE

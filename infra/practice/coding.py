"""What was done, and for whom? The code and the patients of a session that took place. Pure."""

from datetime import timedelta
from typing import Final

from infra.practice.people import Person
from infra.practice.world import Session, World

FEWEST_IN_GROUP: Final = 3
"""A simulated group never shrinks below this, so that losing one still leaves a group."""


def service_code(session: Session) -> str:
    """The code of what took place."""
    assert session.actual_start is not None
    assert session.actual_end is not None
    minutes = (session.actual_end - session.actual_start) // timedelta(minutes=1)
    if session.purpose == "intake":
        return "90791"
    if session.kind == "crisis":
        return "90839"
    if session.kind == "group":
        return "H0005" if session.unit is not None and session.unit.sud else "90853"
    if session.kind == "multi_family":
        return "90849"
    if session.kind in ("family", "couple"):
        return "90847" if session.identified is not None and session.identified.id in session.attended else "90846"
    return "90832" if minutes <= 37 else "90834" if minutes <= 52 else "90837"


def patients_of(world: World, session: Session) -> list[Person]:
    """Those whose visit this was: each patient of a group, the identified one of a family, one of each family."""
    if session.kind in ("family", "couple"):
        return [] if session.identified is None else [session.identified]
    if session.kind == "multi_family" and session.unit is not None:
        identified = [family.identified for family in session.unit.families]
        return [person for person in identified if person is not None and person.id in session.attended]
    present = [world.people[person_id] for person_id in session.attended]
    return [person for person in present if person.patient]

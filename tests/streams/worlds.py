"""Practices with enough going on that changes to one record matter to others: neighbours, ledgers, units, deadlines.

Nobody says what is wrong in them; the laws of the stream must hold whatever is.
"""

from collections.abc import Callable
from datetime import datetime

from tests.streams.scenario import Scenario, at, clean_couple, clean_group, clean_multi_family

NOW = datetime.fromisoformat(at("2026-04-24 12:00"))
"""The moment at which the worlds are compared; the last of their sessions is still ahead."""


def busy_group() -> Scenario:
    """A recorded group; two more sessions ahead, consents running out, units and visits counted, a second session on
    the same day, a message thread and a release of records."""
    world = clean_group(3).recorded("S-1")
    world.book("S-2", "group", ("ANA", "BEN"), "2026-04-22 18:00", 60, unit="G-1")
    world.book("S-3", "group", ("ANA", "CLEO"), "2026-04-29 18:00", 60, unit="G-1")
    world.set("CON-ANA-treatment", expires=at("2026-05-05 23:59"))
    world.set("CON-BEN-treatment", expires=at("2026-04-25 23:59"))
    world.book("S-4", "individual", ("ANA",), "2026-04-15 16:00", 50).hold("S-4", "90834", ("ANA",))
    world.add(
        "authorization",
        "AU-ANA",
        "2026-03-07 09:00",
        client="C-ANA",
        payer="PAY-COM",
        number="A-1",
        codes=["90853", "90834"],
        clinicians=["CL-REYES"],
        start="2026-01-01",
        end="2026-12-31",
        units_approved=1,
        units_used_before=0,
        kind="medical",
    )
    world.set("COV-BEN", visit_limits={"group": 1}, visits_used_before={"group": 0})
    world.add(
        "message",
        "M-1",
        "2026-04-14 20:00",
        kind="portal",
        thread_of="C-CLEO",
        author="C-CLEO",
        confidential=True,
        visible_to=["C-CLEO", "C-BEN"],
        sent_at=at("2026-04-14 20:00"),
        text="May we move the session?",
    )
    return world.roi("BEN").disclosure("D-1", "BEN")


def busy_couple() -> Scenario:
    """A couple with an AI draft, a session ahead, and the partner's own sessions with the same clinician."""
    world = clean_couple().ai_draft("S-1")
    world.book("S-2", "couple", ("PAT", "QUINN"), "2026-04-22 18:00", 60, unit="CP-1")
    world.book("S-3", "individual", ("QUINN",), "2026-04-22 18:30", 50)
    return world.telehealth("S-1")


def busy_families() -> Scenario:
    """A multi-family group with a second session."""
    world = clean_multi_family()
    world.book("S-2", "multi_family", ("UMA", "VIC", "WREN", "XAN"), "2026-04-22 18:00", 60, unit="G-MF")
    return world.set("CON-VIC-treatment", expires=at("2026-04-30 23:59"))


WORLDS: dict[str, Callable[[], Scenario]] = {
    "group": busy_group,
    "couple": busy_couple,
    "multi-family group": busy_families,
}

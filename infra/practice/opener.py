"""What does a newcomer see first? A group session that ends half an hour after the anchor, and two mistakes before.
Reads and writes the world.
Must never collide with what the same people do at that hour.
"""

from datetime import datetime, time, timedelta
from typing import Final

from infra.practice import billing, paperwork, sessions
from infra.practice.coding import FEWEST_IN_GROUP
from infra.practice.people import Clinician, Person, Series, Unit
from infra.practice.world import Session, World

MINUTES: Final = 60
RECORDED_AFTER: Final = timedelta(minutes=20)
CORRECTED_AFTER: Final = timedelta(minutes=24)
ENDS_AFTER: Final = timedelta(minutes=32)
"""At the demo's speed half a minute after the start: what comes sooner would still be part of the snapshot."""
FEWEST_PEOPLE: Final = 5
NAMES: Final = ("Mood and Anxiety", "Grief and Loss", "Early Recovery", "Relapse Prevention")
"""Groups with adults who come to the office."""


def arrange(world: World) -> None:
    """Plan an extra session of one group around the anchor, with those of its people who are free at that hour."""
    for unit in world.units:
        standing = next((series for series in world.series if series.unit is unit), None)
        if standing is None or unit.name not in NAMES:
            continue
        practice = unit.practice
        from_ = practice.local(world.anchor - timedelta(minutes=75))
        until = practice.local(world.anchor + ENDS_AFTER)
        if standing.weekday in (from_.weekday(), until.weekday()):
            continue
        busy = [series for series in world.series if _overlaps(series, from_, until)]
        staff = [standing.clinician, *world.clinicians[practice.id][:6]]
        free = [one for one in staff if not any(one in (series.clinician, series.co) for series in busy)]
        people = [person for person in unit.members if not any(person in series.people for series in busy)]
        if free and len(people) >= FEWEST_PEOPLE:
            for hour in range(from_.hour, until.hour + 1):  # nothing new may come to stand here later
                free[0].slots.add((until.weekday(), hour, 2))
                world.ad_hoc.add((free[0].id, until.date(), hour))
            at = world.anchor - timedelta(days=5)
            world.later(max(at, world.start), practice, "book an extra session", _book, unit, free[0], people)
            return


def _overlaps(series: Series, from_: datetime, until: datetime) -> bool:
    for day in {from_.date(), until.date()}:
        if series.weekday == day.weekday():
            starts = datetime.combine(day, time(series.hour, series.minute))
            if starts < until and starts + timedelta(minutes=series.minutes + 10) > from_:
                return True
    return False


def _book(world: World, unit: Unit, clinician: Clinician, people: list[Person]) -> None:
    session = Session(
        id=world.new_id("S"),
        kind="group",
        practice=unit.practice,
        series=None,
        unit=unit,
        clinician=clinician,
        co=None,
        start_at=world.anchor + ENDS_AFTER - timedelta(minutes=MINUTES),
        minutes=MINUTES,
        modality="OFF",
        identified=None,
        recorded=False,
        purpose="opener",
    )
    people = [person for person in people if sessions.may_book(world, person, world.today)]
    for person in people[1:]:
        if paperwork.held(person, "REC", None, world.now) is None:
            paperwork.sign(world, person, "REC")
    sessions.enter_session(world, session, people)
    world.later(world.anchor + RECORDED_AFTER, unit.practice, "record the closing round", _record, session)
    world.later(world.anchor + CORRECTED_AFTER, unit.practice, "correct the attendance", _correct)


def _record(world: World, session: Session) -> None:
    world.update("appointments", session.id, will_record=True)
    sessions.start_recording(world, session)


def _correct(world: World) -> None:
    for session, claim in reversed(world.recent_claims[world.practice.id]):
        fresh = claim.status in ("Q", "SUB", "ACC") and not claim.plants
        if fresh and session.kind == "group" and len(session.attended) > FEWEST_IN_GROUP + 1:
            billing.correct_attendance(world, session)
            return

"""What does a newcomer see first? A group session that ends minutes after the anchor, and two mistakes right away.
Reads and writes the world.
Must never collide with what the same people do at that hour.
"""

from datetime import timedelta
from typing import Final

from infra.practice import billing, paperwork, sessions
from infra.practice.coding import FEWEST_IN_GROUP
from infra.practice.people import Series, Unit
from infra.practice.world import Session, World

MINUTES: Final = 60
RECORDED_AFTER: Final = timedelta(minutes=1)
CORRECTED_AFTER: Final = timedelta(minutes=2)
ENDS_AFTER: Final = timedelta(minutes=4)
NAMES: Final = ("Mood and Anxiety", "Grief and Loss", "DBT Skills")
"""Groups with adults who come to the office."""


def arrange(world: World) -> None:
    """Plan an extra session of one group around the anchor, at an hour none of its people has anything else."""
    for unit in world.units:
        series = next((one for one in world.series if one.unit is unit), None)
        if series is not None and unit.name in NAMES and not series.recorded and _free(world, unit, series):
            at = world.anchor - timedelta(days=5)
            world.later(max(at, world.start), unit.practice, "book an extra session", _book, unit, series)
            return


def _free(world: World, unit: Unit, series: Series) -> bool:
    practice = unit.practice
    from_, until = practice.local(world.anchor - timedelta(minutes=75)), practice.local(world.anchor + ENDS_AFTER)
    weekdays = {from_.weekday(), until.weekday()}
    if series.weekday in weekdays:
        return False
    hours = range(from_.hour - 1, from_.hour + 3)
    busy = {series.clinician, series.co} - {None}
    for other in world.series:
        shared = {other.clinician, other.co} & busy or any(person in unit.members for person in other.people)
        if shared and other.weekday in weekdays and other.hour in hours:
            return False
    for clinician in (series.clinician, series.co):
        if clinician is not None:
            for hour in hours:  # nothing new may come to stand here later
                clinician.slots.add((until.weekday(), hour, 2))
                world.ad_hoc.add((clinician.id, until.date(), hour))
    return True


def _book(world: World, unit: Unit, series: Series) -> None:
    session = Session(
        id=world.new_id("S"),
        kind="group",
        practice=unit.practice,
        series=None,
        unit=unit,
        clinician=series.clinician,
        co=series.co,
        start_at=world.anchor + ENDS_AFTER - timedelta(minutes=MINUTES + 3),
        minutes=MINUTES,
        modality="OFF",
        identified=None,
        recorded=False,
        purpose="opener",
    )
    people = [person for person in unit.members if sessions.may_book(world, person, world.today)]
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

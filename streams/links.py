"""Whom does a change name, and whose findings may rest on it? Pure; from the change itself, even a stale one."""

from schemas.care import (
    Appointment,
    Attendance,
    Charge,
    Claim,
    Couple,
    Coverage,
    Facilitator,
    Family,
    Group,
    GroupMember,
    Note,
    PersonRef,
    Relationship,
)
from schemas.change import Change, ChangeSet
from schemas.record import Schema
from streams.files import File, FileKey, FileKind


def ledgers_touched(change_set: ChangeSet, file: File) -> set[str]:
    """Whose running counts a change may have moved: units of an authorization, visits of a benefit year."""
    clients: set[str] = set()
    for change in change_set.changes:
        if change.entity == "claim" and change.op == "create" and isinstance(change.data, Claim):
            clients.add(change.data.client)
        elif change.entity in ("appointment", "claim"):  # a line of a claim does not say whose it is
            return file.people
    return clients


def named_in(data: Schema) -> list[tuple[FileKind, str | None]]:
    match data:
        case Appointment():
            people = [*data.clients, data.identified_patient, *(f.clinician for f in data.facilitators)]
            return [(FileKind.UNIT, data.unit), *((FileKind.CLIENT, person) for person in people)]
        case Facilitator():
            return [(FileKind.CLIENT, data.clinician)]
        case Attendance() | Claim() | Charge() | Note() | PersonRef():
            return [(FileKind.CLIENT, data.client)]
        case _:
            return []


def booked_in(session: File) -> set[FileKey]:
    """Everybody an appointment names, its lists completed."""
    appointment = session.one("appointment")
    named = [] if appointment is None else named_in(appointment.data)
    return {FileKey(session.key.practice_id, kind, id_) for kind, id_ in named if kind is FileKind.CLIENT and id_}


def members_in(change: Change) -> tuple[str, ...]:
    match change.data:
        case Group():
            return tuple(member.client for member in change.data.members)
        case Family() | Couple():
            return change.data.members
        case GroupMember() | PersonRef() if change.part is not None and change.part.list == "members":
            return (change.data.client,)
        case _:
            return ()


def families_in(change: Change) -> tuple[str, ...]:
    if isinstance(change.data, Group):
        return change.data.families
    listed = change.entity == "group" and change.part is not None and change.part.list == "families"
    return (change.data.client,) if listed and isinstance(change.data, PersonRef) else ()


def leant_on(change: Change) -> tuple[tuple[str, str], ...]:
    """(person, client) for each person whose own file a client's sessions are judged by: a relative who may sign, the
    subscriber of their insurance."""
    match change.data:
        case Relationship() if change.data.person and change.data.of:
            return ((change.data.person, change.data.of),)
        case Coverage() if change.data.subscriber and change.data.subscriber != change.data.client:
            return ((change.data.subscriber, change.data.client),)
        case _:
            return ()

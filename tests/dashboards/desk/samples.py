"""What do the desk's tests work on? A group session of three clients, its draft and the people around it; invented."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dashboards.console.rights import Role
from dashboards.console.users import User
from dashboards.desk.chart_facts import ClientFacts, ClinicianFacts, Licence, SessionFacts
from dashboards.desk.review import Line, Person, Review, decided, opened
from schemas.care import Appointment, Attendance, Client, Clinician, Facilitator, License, Note, Plan, Practice
from schemas.care import Assessment as Score
from schemas.care import Goal as PlanGoal
from schemas.change import Change
from schemas.draft import Cited, Draft, Provenance, Section, Sentence, SessionDraft
from schemas.record import Schema

PRACTICE = "PR-1"
OTHER_PRACTICE = "PR-2"
STARTED = datetime(2026, 11, 23, 16, tzinfo=UTC)
ENDED = STARTED + timedelta(minutes=90)
NOW = ENDED + timedelta(minutes=20)
CLIENTS = ("C-1", "C-2", "C-3")
NAMES = {"C-1": "Marisol Quintana", "C-2": "Tobias Everhart", "C-3": "Leilani Okafor"}
CLINICIAN, ASSOCIATE, SUPERVISOR = "CL-1", "CL-2", "CL-3"

SAID = {
    "C-1": ("C-1 practised the breathing exercise twice and slept better.", "C-1 will keep a sleep diary."),
    "C-2": ("C-2 described an argument at work and walked away from it.", "C-2 plans to speak with the supervisor."),
    "C-3": ("C-3 was quiet at first and then told of a lonely weekend.", "C-3 will call a friend on Saturday."),
}


def a_draft(
    *,
    practice_id: str = PRACTICE,
    session_id: str = "S-1",
    clinician_id: str = CLINICIAN,
    version: int = 1,
    state: str = "drafted",
    clients: Sequence[str] = CLIENTS,
    kind: str = "group",
    draft_id: str = "",
) -> SessionDraft:
    """A draft of a group session as the stream delivers it."""
    shared = Section(
        client_id=None,
        title="Group",
        sentences=(
            Sentence(text="The group practised paced breathing.", evidence=("B1",), part="intervention"),
            Sentence(text="Members spoke about sleep and work.", evidence=("3", "7"), part="subjective"),
        ),
    )
    own = [
        Section(
            client_id=client_id,
            title="Individual",
            sentences=(
                Sentence(text=SAID[client_id][0], evidence=("3",), part="subjective"),
                Sentence(
                    text=f"{client_id} agreed with the plan.", evidence=("7",), part="response", flags=("low_coverage",)
                ),
                Sentence(text=SAID[client_id][1], evidence=("9",), goal_ids=("G-1",), part="plan"),
            ),
        )
        for client_id in clients
    ]
    return SessionDraft(
        draft_id=draft_id or f"D-{session_id}",
        request_id=f"R-{session_id}",
        practice_id=practice_id,
        session_id=session_id,
        kind=kind,
        unit_id="G-1",
        clinician_id=clinician_id,
        client_ids=tuple(clients),
        state=state,
        created_at=ENDED + timedelta(minutes=1),
        requested_at=ENDED,
        draft=Draft(
            sections=(shared, *own) if state == "drafted" else (),
            blocked=("C-3 has not consented to AI assistance",) if state == "blocked" else (),
            provenance=Provenance(drafter="local"),
        ),
        cited=(
            Cited(id="3", text="I tried the breathing twice and slept better.", speaker="C-1"),
            Cited(id="7", text="That sounds right to me.", speaker="C-2"),
            Cited(id="9", text="I will keep a diary.", speaker="C-1"),
            Cited(id="B1", text="paced breathing"),
        ),
        version=version,
    )


def some_facts(**changes: Any) -> SessionFacts:
    """What the EHR says about that session."""
    licence = (Licence("IL", date(2024, 1, 1), None),)
    facts: dict[str, Any] = {
        "session_id": "S-1",
        "known": True,
        "state": "IL",
        "unit_name": "Calm Evenings",
        "modality": "in_person",
        "started_at": STARTED,
        "ended_at": ENDED,
        "facilitators": (CLINICIAN,),
        "clients": tuple(ClientFacts(one, NAMES[one], attended="attended") for one in CLIENTS),
        "clinicians": (
            ClinicianFacts(CLINICIAN, "Ines Marlow", "LCSW", licence),
            ClinicianFacts(ASSOCIATE, "Jon Pell", "AMFT", licence, True, ((SUPERVISOR, date(2025, 1, 1), None),)),
            ClinicianFacts(SUPERVISOR, "Vera Stahl", "PhD", licence),
        ),
    }
    return SessionFacts(**{**facts, **changes})


def person(role: Role) -> Person:
    """Somebody of that role."""
    return Person(role.value, role)


def user(role: Role, practices: tuple[str, ...] = (PRACTICE,)) -> User:
    """Somebody of that role who may sign in."""
    return User(name=role.value, role=role, display_name=role.value, practices=practices)


def approved(review: Review | None = None) -> Review:
    """The draft with every section approved."""
    current = review or opened(a_draft())
    for section in current.sections:
        after = decided(current, person(Role.CLINICIAN), section.key, section.version, "approved", NOW)
        assert isinstance(after, tuple)
        current = after[0]
    return current


def lines(*texts: str) -> list[Line]:
    """Typed sentences."""
    return [Line(text) for text in texts]


def chart(practice_id: str = PRACTICE, session_id: str = "S-1") -> list[tuple[str, Change]]:
    """The same session as care changes."""
    licences = (License(state="IL", from_=date(2024, 1, 1)),)
    records: list[tuple[str, str, Schema]] = [
        ("practice", practice_id, Practice(timezone="America/Chicago", state="IL")),
        ("clinician", CLINICIAN, Clinician(name="Ines Marlow", credential="LCSW", licenses=licences)),
        (
            "clinician",
            ASSOCIATE,
            Clinician(name="Jon Pell", credential="AMFT", licenses=licences, supervised=True, supervisor=SUPERVISOR),
        ),
        ("clinician", SUPERVISOR, Clinician(name="Vera Stahl", credential="PhD", licenses=licences)),
        (
            "appointment",
            session_id,
            Appointment(
                kind="group",
                unit="G-1",
                clients=CLIENTS,
                facilitators=(Facilitator(clinician=CLINICIAN, role="lead"),),
                actual_start=STARTED,
                actual_end=ENDED,
                status="completed",
                state="IL",
            ),
        ),
    ]
    for client_id in CLIENTS:
        records += [
            ("client", client_id, Client(name=NAMES[client_id], patient=True)),
            (
                "attendance",
                f"{session_id}-{client_id}",
                Attendance(session=session_id, client=client_id, status="attended", arrived=STARTED, left=ENDED),
            ),
            (
                "plan",
                f"P-{client_id}",
                Plan(client=client_id, status="active", goals=(PlanGoal(id="G-1", text="Sleep through the night"),)),
            ),
            ("assessment", f"A-{client_id}", Score(client=client_id, instrument="PHQ-9", on=STARTED.date(), score=9)),
            (
                "note",
                f"N-{client_id}",
                Note(session="S-0", client=client_id, kind="progress", status="signed", text="An earlier note."),
            ),
        ]
    return [
        (practice_id, Change(at=STARTED, entity=entity, op="create", id=id_, rev=1, data=data))
        for entity, id_, data in records
    ]

"""One session as `conjoint draft` reads it: who was there, what each works on, what was said, who has consented.

Absent optional keys are fine, everything is bounded, and an error names the place in the file, never a value.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BeforeValidator, Field, StrictBool, StringConstraints, ValidationError, model_validator

from schemas.phi import Phi
from schemas.record import BirthDate, Day, Id, Identifier, Instant, Label, Many, Number, Schema, Word

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
MAX_PARTICIPANTS: Final = 40
MAX_TURNS: Final = 20_000
MAX_ITEMS: Final = 200
THERAPIST: Final = "THERAPIST"
UNKNOWN: Final = "UNKNOWN"

Template = Annotated[Literal["SOAP", "DAP", "BIRP", "GIRP", "SIRP"], Phi.NONE]
Text = Annotated[str, StringConstraints(max_length=20_000), Phi.CLINICAL]
"""A note, a turn or a bullet: bounded, because a turn is spoken and a bullet jotted down."""
GoalId = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]+$"), Phi.PSEUDONYM]


def _spoken_answer(value: Any) -> Any:
    if isinstance(value, dict):
        value = [f"{key}: {answer}" for key, answer in value.items()]
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)[:20_000]
    return value


Answer = Annotated[bool | int | float | Text | None, BeforeValidator(_spoken_answer), Phi.CLINICAL]


def _flat_form(value: Any) -> Any:
    """Check-in forms nest by section in some systems; one level down reads as `section key`."""
    if not isinstance(value, dict):
        return value
    flat: dict[str, Any] = {}
    for key, answer in value.items():
        if isinstance(answer, dict):
            flat |= {f"{key} {inner}": deeper for inner, deeper in answer.items()}
        else:
            flat[key] = answer
    return flat


Form = Annotated[dict[Word, Answer] | None, Field(max_length=MAX_ITEMS), BeforeValidator(_flat_form)]


class Goal(Schema):
    """A goal of a client's own treatment plan."""

    id: GoalId
    text: Text = ""


class Score(Schema):
    """The total of a scale; items are never kept."""

    instrument: Word
    on: Day | None = None
    score: Number | None = None


class Contact(Schema):
    """Somebody in a client's life who was not in the room."""

    name: Identifier
    relation: Label | None = None


class Participant(Schema):
    """A booked client with what the draft may read about them. Absent `attendance` means attended."""

    client_id: Id
    legal_name: Identifier | None = None
    preferred_name: Identifier | None = None
    nicknames: Many[Identifier] = ()
    birth_date: BirthDate | None = None
    pronouns: Word | None = None
    relationship: Label | None = None
    diagnosis_icd10: Many[Word] = ()
    plan_goals: Annotated[Many[Goal], Field(max_length=MAX_ITEMS)] = ()
    risk_flags: Annotated[Many[Text], Field(max_length=MAX_ITEMS)] = ()
    recent_notes: Annotated[Many[Text], Field(max_length=MAX_ITEMS)] = ()
    checkin_form: Form = None
    assessments: Annotated[Many[Score], Field(max_length=MAX_ITEMS)] = ()
    attendance: Annotated[
        Literal["attended", "late", "left_early", "no_show", "late_cancel", "cancelled", "excused"] | None, Phi.NONE
    ] = None
    contacts: Annotated[Many[Contact], Field(max_length=MAX_ITEMS)] = ()
    employer: Identifier | None = None
    school: Identifier | None = None
    phone: Identifier | None = None
    address: Identifier | None = None
    email: Identifier | None = None
    mrn: Identifier | None = None

    @property
    def present(self) -> bool:
        """Was this client in the room (or on the line) for any part of the session?"""
        return self.attendance in (None, "attended", "late", "left_early")


class Facilitator(Schema):
    """The clinician who led the session."""

    clinician_id: Id | None = None
    name: Identifier | None = None
    credential: Word | None = None


class TreatmentUnit(Schema):
    """The group, family or couple whose session it was."""

    unit_id: Id | None = None
    name: Identifier | None = None
    type: Word | None = None
    identified_patient: Id | None = None


class Bullet(Schema):
    """One line of the therapist's own outline."""

    id: Id
    text: Text


class Turn(Schema):
    """One turn of a transcript. `speaker` is a client id, THERAPIST, UNKNOWN, or a label nobody here is known by."""

    turn: Annotated[int, Field(ge=0, lt=10_000_000), Phi.NONE]
    speaker: Id
    text: Text


def _no_answer_is_no(value: Any) -> Any:
    return False if value is None else value


Given = Annotated[StrictBool, BeforeValidator(_no_answer_is_no), Phi.NONE]


def _present_key(value: Any) -> Any:
    """A key that is there but empty says that nobody's consent is known."""
    return {} if value is None else value


Consenting = Annotated[dict[Id, Given] | None, Field(max_length=MAX_ITEMS), BeforeValidator(_present_key)]


class Consents(Schema):
    """By client id. None = the key is absent: the file's author vouches for all. A client missing has not consented."""

    recording: Consenting = None
    ai_assistance: Consenting = None


class Session(Schema):
    """A completed group, family or couples session with all a draft may be made of.

    Evidence ids: `12` a turn, `B3` a bullet, `F:<client>` a form, `A:<client>:<n>` an assessment and
    `N:<client>:<n>` a recent note (n counts from 1), `I:<code>` an intervention code.
    """

    id: Id
    kind: Annotated[Literal["group", "family", "couple"], Phi.NONE]
    group_type: Label | None = None
    state: Word | None = None
    clinician: Facilitator = Facilitator()
    started_at: Instant | None = None
    ended_at: Instant | None = None
    cpt: Word | None = None
    modality: Label | None = None
    participants: Annotated[Many[Participant], Field(min_length=1, max_length=MAX_PARTICIPANTS)]
    unit: TreatmentUnit | None = None
    therapist_outline: Annotated[Many[Bullet], Field(max_length=MAX_ITEMS)] = ()
    intervention_codes: Annotated[Many[Word], Field(max_length=MAX_ITEMS)] = ()
    transcript: Annotated[Many[Turn], Field(max_length=MAX_TURNS)] = ()
    consents: Consents = Consents()
    template: Template = "DAP"

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping):
            return {key: value for key, value in raw.items() if value is not None}
        return raw

    @model_validator(mode="after")
    def _each_id_once(self) -> "Session":
        for what, ids in (
            ("participants: a client_id", [person.client_id for person in self.participants]),
            ("transcript: a turn", [turn.turn for turn in self.transcript]),
            ("therapist_outline: an id", [bullet.id for bullet in self.therapist_outline]),
        ):
            if len(set(ids)) != len(ids):
                raise ValueError(f"{what} occurs twice")
        return self

    @property
    def duration_minutes(self) -> int | None:
        """Elapsed minutes; None if start or end is unknown or the end comes first."""
        if self.started_at is None or self.ended_at is None or self.ended_at < self.started_at:
            return None
        return int((self.ended_at - self.started_at).total_seconds() // 60)

    def participant(self, client_id: str) -> Participant | None:
        """The participant with that id."""
        return next((person for person in self.participants if person.client_id == client_id), None)


class NotASessionFile(ValueError):
    """The file is not of the session form. The text names the place and the reason, never a value."""


def read_session_file(path: Path) -> Session:
    """The session in a file of at most 16 MiB. Raises NotASessionFile."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotASessionFile(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
        body = path.read_bytes()
    except OSError as error:
        raise NotASessionFile(error.strerror or "cannot be read") from None
    return parse_session(body)


def parse_session(body: bytes) -> Session:
    """The session in these bytes (one JSON object, UTF-8). Raises NotASessionFile."""
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotASessionFile(f"line {error.lineno}: not JSON ({error.msg})") from None
    if not isinstance(raw, dict):
        raise NotASessionFile("not a JSON object")
    try:
        return Session.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        more = "" if error.error_count() == 1 else f" (and {error.error_count() - 1} more)"
        raise NotASessionFile(f"{_place(first['loc'])}{first['msg'].removeprefix('Value error, ')}{more}") from None


_TELLS_NOTHING = re.compile(r"[\w:.+-]{1,40}")


def _place(loc: tuple[int | str, ...]) -> str:
    place = ""
    for step in loc:
        if isinstance(step, int):
            place += f"[{step}]"
        elif _TELLS_NOTHING.fullmatch(step):
            place += f".{step}" if place else step
        else:
            place += ".…"
    return f"{place}: " if place else ""

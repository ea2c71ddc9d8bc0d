"""What does an EHR get to put into a chart, and what may it answer? One signed note for one client, or the shared part.

The same shape for every EHR. `idempotency_key` stays the same however often it is tried: one note in effect.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from schemas.phi import Phi
from schemas.record import Clinical, Count, Day, Flag, Id, Identifier, Instant, Many, Schema, Word


class NoteToWrite(Schema):
    """A signed note. `client_id` None = the shared part of a group session.

    `signed_by`, `cosigned_by`: clinician ids of the EHR; names and credentials as they stand under the note.
    `linked_clients`: whose notes of the same session belong to it; `linked_keys`: their idempotency keys.
    """

    idempotency_key: Id
    practice_id: Id
    session_id: Id
    client_id: Id | None = None
    kind: Annotated[Literal["progress", "group_shared", "addendum"], Phi.NONE]
    text: Clinical
    template: Word
    service_date: Day | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    signed_by: Id
    signer_name: Identifier
    signer_credential: Word
    signed_at: Instant
    cosigned_by: Id | None = None
    cosigner_name: Identifier | None = None
    cosigner_credential: Word | None = None
    cosigned_at: Instant | None = None
    group_session: Flag
    participant_count: Count | None = None
    linked_clients: Many[Id] = ()
    linked_keys: Many[Id] = ()
    addendum_to: Id | None = None
    late_entry: Flag = False
    part2_notice: Flag = False
    ai_assisted: Flag = True


class WhyRefused(StrEnum):
    """Why an EHR will not take a note: trying again with the same note changes nothing."""

    ALREADY_SIGNED = "already_signed"
    """The client's note of that session is signed: an addendum may follow, an overwriting never."""
    LOCKED = "locked"
    UNKNOWN_SESSION = "unknown_session"
    UNKNOWN_CLIENT = "unknown_client"
    UNKNOWN_SIGNER = "unknown_signer"
    NOT_SIGNED = "not_signed"
    KEY_REUSED = "key_reused"
    """The key came before with another note."""
    NOT_SUPPORTED = "not_supported"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Written:
    """The note is in the chart, now or since an earlier try."""

    ehr_note_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The EHR has decided against this note; a person has to look."""

    why: WhyRefused


@dataclass(frozen=True, slots=True)
class NotNow:
    """The EHR did not answer or is busy: the same note again later. `reason` names no value."""

    reason: str


WriteOutcome = Written | Refused | NotNow


class NoteWriter(Protocol):
    """One EHR's way of creating notes. Never raises for what an EHR may do: every end is an outcome."""

    async def write(self, note: NoteToWrite) -> WriteOutcome:
        """Create the note, exactly once in effect."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

"""Analytics facts: one row per thing, each the latest known state of it; field = column = wire name.

Ids, codes, times and amounts only: nothing here says who somebody is or what was said.
"""

from schemas.record import Count, Day, Flag, Id, Instant, Schema, Word


class SessionFact(Schema):
    """One session."""

    practice_id: Id
    session_id: Id
    kind: Word
    unit_id: Id | None = None
    lead_clinician_id: Id | None = None
    status: Word
    modality: Word | None = None
    scheduled_start_at: Instant | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    service_on: Day | None = None
    duration_minutes: Count | None = None
    booked_count: Count = 0
    attended_count: Count = 0
    version: Count
    deleted: Flag = False


class AttendanceFact(Schema):
    """One person booked for one session."""

    practice_id: Id
    session_id: Id
    client_id: Id
    status: Word | None = None
    present_minutes: Count | None = None
    service_on: Day | None = None
    treatment_consent: Flag = False
    version: Count
    deleted: Flag = False


class ClaimFact(Schema):
    practice_id: Id
    claim_id: Id
    session_id: Id | None = None
    client_id: Id
    payer: Word | None = None
    status: Word
    service_on: Day | None = None
    total_cents: Count | None = None
    queued_at: Instant | None = None
    submitted_at: Instant | None = None
    version: Count
    deleted: Flag = False


class NoteFact(Schema):
    """One note; `signed_lag_minutes` counts from the end of the session to the signature."""

    practice_id: Id
    note_id: Id
    session_id: Id
    client_id: Id | None = None
    author_id: Id | None = None
    origin: Word | None = None
    status: Word | None = None
    signed_at: Instant | None = None
    signed_lag_minutes: Count | None = None
    version: Count
    deleted: Flag = False


class ConsentFact(Schema):
    practice_id: Id
    consent_id: Id
    client_id: Id
    kind: Word
    status: Word | None = None
    signed_at: Instant | None = None
    expires_at: Instant | None = None
    revoked_at: Instant | None = None
    version: Count
    deleted: Flag = False


FACTS: dict[str, type[Schema]] = {
    "fact_session": SessionFact,
    "fact_attendance": AttendanceFact,
    "fact_claim": ClaimFact,
    "fact_note": NoteFact,
    "fact_consent": ConsentFact,
}
"""Table name → the fact that fills it."""

FACT_KEYS: dict[str, tuple[str, ...]] = {
    "fact_session": ("practice_id", "session_id"),
    "fact_attendance": ("practice_id", "session_id", "client_id"),
    "fact_claim": ("practice_id", "claim_id"),
    "fact_note": ("practice_id", "note_id"),
    "fact_consent": ("practice_id", "consent_id"),
}
"""Table name → what identifies a row (the table's ORDER BY)."""


class Fact(Schema):
    """One row on its way: the table it belongs to and the row itself."""

    practice_id: Id
    table: Word
    row: SessionFact | AttendanceFact | ClaimFact | NoteFact | ConsentFact

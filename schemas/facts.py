"""Analytics facts: one row per thing, each the latest known state of it; field = column = wire name.

Ids, codes, times and amounts only: nothing here says who somebody is or what was said. `recorded_at` is the practice's
clock when the row became known: what was known at an earlier moment is the highest version recorded by then.
"""

from schemas.record import Count, Day, Flag, Id, Instant, Many, Schema, Word


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
    recorded_at: Instant | None = None
    facilitator_ids: Many[Id] = ()


class AttendanceFact(Schema):
    """One person booked for one session.

    `needed_consents`: kinds of consent the visit asked of this person; `missing_consents` those that did not hold when
    it started, `covered_by` the consents that did. `billable_code`: what is still to be billed for it, if anything.
    """

    practice_id: Id
    session_id: Id
    client_id: Id
    status: Word | None = None
    present_minutes: Count | None = None
    service_on: Day | None = None
    treatment_consent: Flag = False
    version: Count
    deleted: Flag = False
    recorded_at: Instant | None = None
    needed_consents: Many[Word] = ()
    missing_consents: Many[Word] = ()
    covered_by: Many[Id] = ()
    billable_code: Word | None = None
    file_by: Day | None = None


class ClaimFact(Schema):
    """One claim. `standing`: nothing took its place; `file_by`: the last day of the payer's filing limit."""

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
    recorded_at: Instant | None = None
    codes: Many[Word] = ()
    sequence: Word | None = None
    frequency: Count | None = None
    rendering_id: Id | None = None
    standing: Flag = True
    accepted_at: Instant | None = None
    rejected_at: Instant | None = None
    file_by: Day | None = None


class NoteFact(Schema):
    """One note; `signed_lag_minutes` counts from the end of the session to the signature.

    `cosign_needed`: its author is supervised. `context`: what an AI draft was allowed to read. `ai_consents`: the AI
    consents that held when an AI draft was asked for.
    """

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
    recorded_at: Instant | None = None
    kind: Word | None = None
    service_on: Day | None = None
    requested_at: Instant | None = None
    signed_by: Id | None = None
    cosign_needed: Flag = False
    cosigned_by: Id | None = None
    cosigned_at: Instant | None = None
    amended: Flag = False
    addendum_to: Id | None = None
    participant_count: Count | None = None
    context: Many[Word] = ()
    ai_consents: Many[Id] = ()


class ConsentFact(Schema):
    """One signed form. `missing_elements`: of a Part 2 consent, what 42 CFR 2.31 asks for and the form lacks."""

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
    recorded_at: Instant | None = None
    form_version: Word | None = None
    language: Word | None = None
    unit_id: Id | None = None
    cycle: Word | None = None
    signer_ids: Many[Id] = ()
    signer_roles: Many[Word] = ()
    partly_revoked_at: Instant | None = None
    missing_elements: Many[Word] = ()
    written_notice: Flag | None = None


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

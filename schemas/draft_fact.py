"""What analytics may know of a draft: ids, states, counts and durations; nothing that was said."""

from schemas.record import Count, Id, Instant, Many, Number, Schema, Word


class DraftFact(Schema):
    """One draft as it stands. `drafter`: local, model or none; `rung`: how the model was asked; `cost_micros` in
    millionths of a US dollar; `model_seconds` of asking, retries included."""

    draft_id: Id
    request_id: Id
    practice_id: Id
    session_id: Id
    kind: Word
    unit_id: Id | None = None
    clinician_id: Id | None = None
    client_ids: Many[Id] = ()
    state: Word
    drafter: Word
    rung: Word
    model: Word | None = None
    prompt_id: Word | None = None
    prompt_version: Word | None = None
    fell_back: Count = 0
    transcript_used: Count = 0
    sections: Count = 0
    sentences: Count = 0
    flagged: Count = 0
    removed: Count = 0
    withheld: Count = 0
    urgent: Count = 0
    risk_statements: Count = 0
    actions: Count = 0
    model_calls: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0
    cost_micros: Count = 0
    model_seconds: Number = 0.0
    requested_at: Instant
    created_at: Instant
    version: Count

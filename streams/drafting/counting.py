"""What is there to count about a draft? Pure: its row for analytics, without anything that was said."""

from schemas.draft import SessionDraft
from schemas.draft_fact import DraftFact


def fact_of(record: SessionDraft) -> DraftFact:
    """The row of a draft."""
    draft, use, provenance = record.draft, record.use, record.draft.provenance
    sentences = [sentence for section in draft.sections for sentence in section.sentences]
    same = {"draft_id", "request_id", "practice_id", "session_id", "kind", "unit_id", "clinician_id", "client_ids"}
    return DraftFact(
        **record.model_dump(include=same | {"state", "created_at", "version"}),
        drafter=provenance.drafter,
        rung=use.rung,
        model=provenance.model or use.model,
        prompt_id=provenance.prompt_id,
        prompt_version=provenance.prompt_version,
        fell_back=int(provenance.fallback_reason is not None),
        transcript_used=int(provenance.transcript_used),
        sections=len(draft.sections),
        sentences=len(sentences),
        flagged=sum(bool(sentence.flags) for sentence in sentences),
        removed=len(draft.removed),
        withheld=len(draft.blocked),
        urgent=len(draft.urgent),
        risk_statements=len(draft.risk),
        actions=len(draft.actions),
        model_calls=use.calls,
        input_tokens=use.input_tokens,
        output_tokens=use.output_tokens,
        cost_micros=use.cost_micros,
        model_seconds=use.seconds,
        requested_at=record.requested_at or record.created_at,
    )

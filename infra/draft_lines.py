"""What does a draft look like outside, as one JSON object?
Pure. The field names are those of the exchange format; testers and other systems rely on them.
"""

from typing import Any

from schemas.draft import Action, Draft, RiskStatement, Sentence, Urgent


def draft_line(draft: Draft) -> dict[str, Any]:
    """The object of a draft. People are named by client id."""
    return {
        "sections": [
            {
                "client_id": section.client_id,
                "title": section.title,
                "sentences": [_sentence(sentence) for sentence in section.sentences],
            }
            for section in draft.sections
        ],
        "dyads": [
            {"from": dyad.from_, "to": dyad.to, "text": dyad.text, "evidence": list(dyad.evidence)}
            for dyad in draft.dyads
        ],
        "themes": list(draft.themes),
        "actions": [
            {"text": one.text, "client_id": one.client_id, "evidence": list(one.evidence)} | _flags(one)
            for one in draft.actions
        ],
        "risk": [
            {
                "client_id": one.client_id,
                "topic": one.topic,
                "polarity": one.polarity,
                "text": one.text,
                "evidence": list(one.evidence),
            }
            | _flags(one)
            for one in draft.risk
        ],
        "interventions": list(draft.interventions),
        "possible_tensions": [
            {"goal_ids": list(one.goal_ids), "reason": one.reason} for one in draft.possible_tensions
        ],
        "urgent": [{"text": one.text, "evidence": list(one.evidence)} | _flags(one) for one in draft.urgent],
        "speaker_doubts": [{"turn": one.turn, "reason": one.reason} for one in draft.speaker_doubts],
        "removed": [{"text": one.text, "reason": one.reason} for one in draft.removed],
        "blocked": list(draft.blocked),
        "provenance": {
            "drafter": draft.provenance.drafter,
            "model": draft.provenance.model,
            "prompt_id": draft.provenance.prompt_id,
            "prompt_version": draft.provenance.prompt_version,
        }
        | ({"fallback_reason": draft.provenance.fallback_reason} if draft.provenance.fallback_reason else {}),
        "raw_request": draft.raw_request,
    }


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "evidence": list(sentence.evidence),
        "goal_ids": list(sentence.goal_ids),
        "flags": list(sentence.flags),
    }


def _flags(one: Action | RiskStatement | Urgent) -> dict[str, list[str]]:
    return {"flags": list(one.flags)} if one.flags else {}

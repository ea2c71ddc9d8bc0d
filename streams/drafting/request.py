"""What exactly does a model get to see, and in what form must it answer? Pure: material and a prompt in, a call out.

Only allow-listed fields of de-identified material, each under the id that evidence cites; no date, no name, no free
form. The answer's schema knows this session's ids and bounds every list and text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, get_args

from schemas.draft import Part
from schemas.model_call import ModelCall
from schemas.session_file import Participant
from streams.drafting.material import Deidentifier, Material
from streams.drafting.prompting import Prompt

TEMPERATURE: Final = 0.2
MAX_SENTENCE: Final = 400
MAX_SENTENCES: Final = 24
MAX_EVIDENCE: Final = 6
MAX_LISTED_IDS: Final = 900
"""Endpoints refuse schemas with more enum values; longer sessions get a bounded text, and reading checks the ids."""
PARTS: Final = tuple(get_args(get_args(Part)[0]))
_SHARED_PARTS: Final = ("dynamic", "pattern", "intervention", "plan")


def call_of(material: Material, prompt: Prompt, practice_id: str) -> ModelCall:
    """The question about this material."""
    return ModelCall(
        practice_id=practice_id,
        prompt_id=prompt.id,
        prompt_version=prompt.version,
        instructions=prompt.instructions,
        material=json.dumps(record_of(material, prompt), ensure_ascii=False, separators=(",", ":")),
        answer_schema=answer_schema(material, prompt),
        temperature=TEMPERATURE,
    )


def in_words_of(call: ModelCall, hints: Mapping[str, Any], identities: Deidentifier) -> ModelCall:
    """The question with what is known of how its clinician writes, as de-identified data beside the record."""
    if not hints:
        return call
    style = json.dumps(_clean(hints, identities), ensure_ascii=False, separators=(",", ":"))
    return replace(call, material=f'{call.material[:-1]},"clinician_wording":{style}}}')


def _clean(value: Any, identities: Deidentifier) -> Any:
    if isinstance(value, str):
        return identities.deidentify(value).text
    if isinstance(value, Mapping):
        return {key: _clean(inner, identities) for key, inner in value.items()}
    return [_clean(inner, identities) for inner in value] if isinstance(value, list) else value


def request_text(call: ModelCall) -> str:
    """The question as a person can read it: what the model is told, what it is given."""
    return f"{call.instructions}\n\n{call.material}\n"


def record_of(material: Material, prompt: Prompt) -> dict[str, Any]:
    """The session as the model sees it."""
    session, allowed = material.session, prompt.fields
    about: dict[str, Any] = {
        "kind": session.kind,
        # by what its prompt is called, never by its own name: that says which group of which practice it is
        "group_type": prompt.id.replace("-", " ") if session.group_type else None,
        "duration_minutes": session.duration_minutes,
        "cpt": session.cpt,
        "modality": session.modality,
        "template": session.template,
    }
    record: dict[str, Any] = {
        "session": {key: value for key, value in about.items() if value and (key == "kind" or key in allowed)},
        "clients": [_client(person, material, allowed) for person in session.participants],
    }
    if session.unit is not None and session.unit.identified_patient and "relationship" in allowed:
        record["session"]["identified_patient"] = session.unit.identified_patient
    if "outline" in allowed and session.therapist_outline:
        record["clinician_outline"] = [_item(material, bullet.id) for bullet in session.therapist_outline]
    if "intervention_codes" in allowed and session.intervention_codes:
        record["intervention_codes"] = [{"id": f"I:{code}", "code": code} for code in session.intervention_codes]
    if "transcript" in allowed and session.transcript:
        record["transcript"] = [
            {"id": str(turn.turn), "speaker": turn.speaker, "text": turn.text} for turn in session.transcript
        ]
    return record


def _client(person: Participant, material: Material, allowed: frozenset[str]) -> dict[str, Any]:
    client_id = person.client_id
    said: dict[str, Any] = {"client_id": client_id}
    plain = {
        "relationship": person.relationship,
        "pronouns": person.pronouns,
        "diagnosis_icd10": list(person.diagnosis_icd10),
        "risk_flags": list(person.risk_flags),
        "attendance": person.attendance or "attended",
        "plan_goals": [{"goal_id": goal.id, "text": goal.text} for goal in person.plan_goals],
    }
    said |= {key: value for key, value in plain.items() if value and key in allowed}
    for key, prefix in (("checkin_form", "F"), ("assessments", "A"), ("recent_notes", "N")):
        items = [_item(material, id_) for id_ in material.cited if id_.startswith(f"{prefix}:{client_id}")]
        mine = [item for item in items if _belongs(str(item["id"]), prefix, client_id)]
        if mine and key in allowed:
            said[key] = mine
    return said


def _belongs(id_: str, prefix: str, client_id: str) -> bool:
    rest = id_.removeprefix(f"{prefix}:{client_id}")
    return rest == "" or (rest[0] == ":" and rest[1:].isdigit())


def _item(material: Material, id_: str) -> dict[str, str]:
    return {"id": id_, "text": material.cited[id_].text}


def evidence_ids(material: Material, prompt: Prompt) -> tuple[str, ...]:
    """The ids that what the model saw carries."""
    seen: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, Mapping):
            if "id" in value:
                seen.append(str(value["id"]))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for inner in value:
                walk(inner)

    walk(record_of(material, prompt))
    return tuple(seen)


def answer_schema(material: Material, prompt: Prompt) -> dict[str, Any]:
    """The JSON schema of an answer about this session."""
    clients = material.client_ids
    goals = tuple(goal.id for person in material.session.participants for goal in person.plan_goals)
    ids = evidence_ids(material, prompt)
    text = {"type": "string", "minLength": 1, "maxLength": MAX_SENTENCE}
    evidence = {"type": "array", "minItems": 1, "maxItems": MAX_EVIDENCE, "items": {"$ref": "#/$defs/evidence_id"}}
    goal_ids = {"type": "array", "maxItems": 8 if goals else 0, "items": {"$ref": "#/$defs/goal_id"}}
    someone = {"type": ["string", "null"], "enum": [*clients, None]}

    def sentence(parts: Sequence[str]) -> dict[str, Any]:
        part = {"type": "string", "enum": list(parts)}
        return _object(text=text, evidence=evidence, goal_ids=goal_ids, part=part)

    def many(items: dict[str, Any], most: int) -> dict[str, Any]:
        return {"type": "array", "maxItems": most, "items": items}

    client = {"$ref": "#/$defs/client_id"}
    schema = _object(
        shared=many(sentence(_SHARED_PARTS), MAX_SENTENCES),
        clients={
            **many(_object(client_id=client, sentences=many(sentence(PARTS), MAX_SENTENCES)), len(clients)),
            "minItems": len(clients),
        },
        dyads=many(_object(**{"from": client, "to": client, "text": text, "evidence": evidence}), 4 * len(clients)),
        themes=many({"type": "string", "minLength": 1, "maxLength": 80}, 6),
        actions=many(_object(text=text, client_id=someone, evidence=evidence), 4 * len(clients)),
    )
    schema["$defs"] = {
        "client_id": {"type": "string", "enum": list(clients)},
        "goal_id": {"type": "string", "enum": list(dict.fromkeys(goals))} if goals else _short(),
        "evidence_id": {"type": "string", "enum": list(ids)} if 0 < len(ids) <= MAX_LISTED_IDS else _short(),
    }
    return schema


def _short() -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": 80}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

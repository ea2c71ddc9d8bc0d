"""Small sessions for tests: turns as `speaker: text` lines, three clients C1, C2, C3."""

from typing import Any

from schemas.draft import Draft
from schemas.session_file import Session
from streams.drafting.deidentify import Identities
from streams.drafting.grounding import grounded
from streams.drafting.local.drafter import draft_locally
from streams.drafting.local.reading import Reading, read
from streams.drafting.material import Material, material_of

NAMES = {"C1": "Ottoline Rasch", "C2": "Barnaby Quill", "C3": "Perpetua Vane"}
ROLES = {"C1": "mother", "C2": "father", "C3": "daughter (identified patient)"}


def session(*lines: str, kind: str = "family", clients: int = 3, **changes: Any) -> Session:
    """A session of these lines; T stands for THERAPIST, U for UNKNOWN; a line `B1: …` is a bullet."""
    spoken = [line.partition(": ") for line in lines]
    turns = [
        {"turn": number, "speaker": {"T": "THERAPIST", "U": "UNKNOWN"}.get(who, who), "text": text}
        for number, (who, _, text) in enumerate(((w, s, t) for w, s, t in spoken if not w.startswith("B")), 1)
    ]
    bullets = [{"id": who, "text": text} for who, _, text in spoken if who.startswith("B")]
    people = [
        {"client_id": client_id, "legal_name": NAMES[client_id], "relationship": ROLES[client_id]}
        for client_id in list(NAMES)[:clients]
    ]
    raw: dict[str, Any] = {
        "id": "s",
        "kind": kind,
        "participants": people,
        "transcript": turns,
        "therapist_outline": bullets,
    }
    return Session.model_validate(raw | changes)


def material(*lines: str, **changes: Any) -> Material:
    """The material of such a session."""
    one = session(*lines, **changes)
    return material_of(one, Identities.of(one))


def reading(*lines: str, **changes: Any) -> Reading:
    """Its transcript, read."""
    return read(material(*lines, **changes))


def drafted(*lines: str, **changes: Any) -> Draft:
    """Its grounded local draft."""
    one = material(*lines, **changes)
    return grounded(draft_locally(one), one)


def texts(draft: Draft, client_id: str | None) -> str:
    """All that one section says, as one text."""
    return "\n".join(
        sentence.text for section in draft.sections if section.client_id == client_id for sentence in section.sentences
    )

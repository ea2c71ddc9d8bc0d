"""Contexts as keep_files would send them, small and made up."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.draft_context import DraftContext, as_json
from schemas.session_file import Session

NOW = datetime(2026, 4, 16, 2, 0, tzinfo=UTC)
SAID = {"C-1": "I kept the pineapple diary.", "C-2": "My quarrel was about the lighthouse."}


def a_session(consenting: tuple[str, ...] = ("C-1", "C-2"), **changes: Any) -> Session:
    """A couple with a transcript and an outline; whoever has not consented has said nothing that may be read."""
    people: tuple[tuple[str, str, list[str]], ...] = (
        ("C-1", "Ada Quisenberry", ["Addie"]),
        ("C-2", "Bo Quisenberry", []),
    )
    raw: dict[str, Any] = {
        "id": "S-1",
        "kind": "couple",
        "started_at": (NOW - timedelta(hours=1)).isoformat(),
        "ended_at": NOW.isoformat(),
        "participants": [
            {
                "client_id": id_,
                "legal_name": name,
                "nicknames": nicknames,
                "plan_goals": [{"id": f"GL-{id_}", "text": "Keep a diary"}],
            }
            for id_, name, nicknames in people
        ],
        "therapist_outline": [{"id": "B1", "text": "Breathing practised by both."}],
        "transcript": [
            {"turn": n, "speaker": id_, "text": text if id_ in consenting else ""}
            for n, (id_, text) in enumerate(SAID.items(), 1)
        ],
        "consents": {
            "recording": {"C-1": True, "C-2": True},
            "ai_assistance": {id_: id_ in consenting for id_ in SAID},
        },
        **changes,
    }
    return Session.model_validate(raw)


def a_context(number: int = 1, version: int = 1, *, practice: str = "PR-1", **changes: Any) -> DraftContext:
    """The context of session S-<number>; say only what matters."""
    session = changes.pop("session", None) or a_session()
    fields: dict[str, Any] = {
        "request_id": f"7c1f4b9e-0000-5000-8000-{number:012d}",
        "practice_id": practice,
        "session_id": f"S-{number}",
        "kind": "couple",
        "client_ids": ("C-1", "C-2"),
        "state": "requested",
        "requested_at": NOW,
        "changed_at": NOW,
        "fingerprint": f"{version}",
        "session_json": as_json(session),
        "version": version,
        **changes,
    }
    return DraftContext.model_validate(fields)

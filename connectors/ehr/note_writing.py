"""How does a signed note get into an EHR? One `NoteWriter` per EHR; the shapes are those of schemas/note_writing.py.
Writes to the EHR's note-creation API with an idempotency key; reads its answer.
Must never change a note on the way, log a text, or call a try that may have arrived a failure for good.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx

from schemas.note_writing import NoteToWrite, NoteWriter, NotNow, Refused, WhyRefused, WriteOutcome, Written

__all__ = ["NoteWriter", "RestNoteWriter", "RestNotesConfig"]

_TIMEOUT_S: Final = 15.0
_SENT: Final = (
    "session_id",
    "client_id",
    "kind",
    "text",
    "service_date",
    "started_at",
    "ended_at",
    "signed_by",
    "signed_at",
    "cosigned_by",
    "cosigned_at",
    "participant_count",
    "group_session",
    "linked_clients",
    "addendum_to",
)


@dataclass(frozen=True)
class RestNotesConfig:
    """Address and token of the EHR's note-creation API."""

    url: str
    token: str = field(repr=False)


class RestNoteWriter:
    """The reference EHR: `POST /v1/practices/{practice}/notes`, `Idempotency-Key`, answers with a `code`."""

    def __init__(self, config: RestNotesConfig, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=config.url,
            headers={"authorization": f"Bearer {config.token}"},
            timeout=_TIMEOUT_S,
            trust_env=False,
            transport=transport,
        )

    async def write(self, note: NoteToWrite) -> WriteOutcome:
        """Create the note; the same key again is the same note."""
        if not note.signed_by:
            return Refused(WhyRefused.NOT_SIGNED)
        body = note.model_dump(mode="json", include=set(_SENT))
        try:
            answer = await self._client.post(
                f"/v1/practices/{note.practice_id}/notes", json=body, headers={"idempotency-key": note.idempotency_key}
            )
        except httpx.HTTPError as error:
            # it may have arrived: only the same key again can tell
            return NotNow(type(error).__name__)
        return _outcome(answer)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def _outcome(answer: httpx.Response) -> WriteOutcome:
    try:
        told = answer.json()
    except ValueError:
        told = {}
    if answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED) and isinstance(told.get("note_id"), str):
        return Written(told["note_id"])
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        return NotNow(f"status {answer.status_code}")  # a matter of configuration or load, not of this note
    if HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        code = told.get("code")
        return Refused(WhyRefused(code) if code in set(WhyRefused) else WhyRefused.INVALID)
    return NotNow(f"status {answer.status_code}")

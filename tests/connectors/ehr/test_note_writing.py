"""The reference EHR's note writer: every answer of the API ends as an outcome, and is taken for no more."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from connectors.ehr.note_writing import RestNotesConfig, RestNoteWriter
from schemas.note_writing import NoteToWrite, NotNow, Refused, WhyRefused, WriteOutcome, Written

NOTE = NoteToWrite(
    idempotency_key="key-of-this-note",
    practice_id="PR-1",
    session_id="S-1",
    client_id="C-1",
    kind="progress",
    text="A note.",
    template="DAP",
    signed_by="CL-1",
    signer_name="Ines Marlow",
    signer_credential="LCSW",
    signed_at=datetime(2026, 11, 23, 18, tzinfo=UTC),
    group_session=True,
)


async def written(answer: Callable[[httpx.Request], httpx.Response], note: NoteToWrite = NOTE) -> WriteOutcome:
    writer = RestNoteWriter(RestNotesConfig("http://ehr", "secret"), httpx.MockTransport(answer))
    outcome = await writer.write(note)
    await writer.close()
    return outcome


async def test_a_note_goes_out_with_its_key_and_without_what_the_ehr_has_no_use_for() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"note_id": "N-1"})

    assert await written(answer) == Written("N-1")
    [request] = seen
    assert request.url.path == "/v1/practices/PR-1/notes"
    assert request.headers["idempotency-key"] == "key-of-this-note"
    assert request.headers["authorization"] == "Bearer secret"
    sent = orjson.loads(request.content)
    assert sent["signed_at"] == "2026-11-23T18:00:00Z"
    assert "signer_name" not in sent


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"note_id": "N-1"}, Written("N-1")),
        (409, {"code": "already_signed"}, Refused(WhyRefused.ALREADY_SIGNED)),
        (404, {"code": "unknown_session"}, Refused(WhyRefused.UNKNOWN_SESSION)),
        (422, {"detail": []}, Refused(WhyRefused.INVALID)),
        (401, {}, NotNow("status 401")),
        (429, {}, NotNow("status 429")),
        (503, {"code": "database_away"}, NotNow("status 503")),
        (201, {}, NotNow("status 201")),
    ],
)
async def test_every_answer_is_an_outcome(status: int, body: dict[str, object], outcome: WriteOutcome) -> None:
    assert await written(lambda _: httpx.Response(status, json=body)) == outcome


async def test_an_answer_that_is_no_json_may_be_better_later() -> None:
    assert await written(lambda _: httpx.Response(502, text="<html>")) == NotNow("status 502")


async def test_an_ehr_that_is_away_may_have_taken_it_so_it_is_tried_again() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("away", request=request)

    assert await written(refuse) == NotNow("ReadTimeout")


async def test_an_unsigned_note_never_leaves() -> None:
    def never(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("it was sent")

    assert await written(never, NOTE.model_copy(update={"signed_by": ""})) == Refused(WhyRefused.NOT_SIGNED)

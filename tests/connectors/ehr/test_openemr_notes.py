"""Signed notes into OpenEMR: its documented API, once in effect, never over a signature."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors.ehr.openemr.charting import Place, place_of
from connectors.ehr.openemr_notes import OpenEmrApi, OpenEmrNoteWriter
from schemas.note_writing import NoteToWrite, NotNow, Refused, WhyRefused, Written
from tests.connectors.ehr.openemr.capturing import Listening
from tests.connectors.ehr.openemr.database import Database

URL = "https://emr.example"


class DocumentedApi:
    """OpenEMR's API as documented: a token endpoint and the SOAP notes of an encounter."""

    def __init__(self) -> None:
        self.notes: list[dict[str, str]] = []
        self.grants: list[dict[str, str]] = []
        self.fail: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.lost_answers = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/default/token":
            self.grants.append({key: value[0] for key, value in parse_qs(request.content.decode()).items()})
            token = {"access_token": f"t{len(self.grants)}", "expires_in": 60, "refresh_token": f"r{len(self.grants)}"}
            return httpx.Response(200, json=token)
        if (failed := self.fail(request)) is not None:
            return failed
        assert request.url.path == "/apis/default/api/patient/3/encounter/504/soap_note"
        if request.headers["authorization"] != f"Bearer t{len(self.grants)}":
            return httpx.Response(401)
        if request.method == "GET":
            return httpx.Response(200, json=self.notes) if self.notes else httpx.Response(404)
        body: dict[str, str] = json.loads(request.content)
        self.notes.append({"id": str(700 + len(self.notes)), **body})
        if self.lost_answers:
            self.lost_answers -= 1
            raise httpx.ReadTimeout("no answer")
        return httpx.Response(201, json={"sid": self.notes[-1]["id"], "fid": "1"})


def note(**changes: Any) -> NoteToWrite:
    return NoteToWrite.model_validate(
        {
            "idempotency_key": "desk-1",
            "practice_id": "openemr",
            "session_id": "group-encounter-501",
            "client_id": "pid-3",
            "kind": "progress",
            "text": "worked on trust",
            "template": "SOAP",
            "signed_by": "user-1",
            "signer_name": "Dana Reyes",
            "signer_credential": "LCSW",
            "signed_at": datetime(2026, 3, 4, 2, 0, tzinfo=UTC),
            "group_session": True,
            **changes,
        }
    )


def writer(api: DocumentedApi, place: Place | None = None, **registered: Any) -> OpenEmrNoteWriter:
    found = place or Place("3", "504", signed=False, locked=False)
    registration = OpenEmrApi(URL, "client-1", **{"client_secret": "s", **registered})
    return OpenEmrNoteWriter(registration, lambda session, client: found, httpx.MockTransport(api))


async def test_a_note_is_written_once_however_often_it_is_tried() -> None:
    api = DocumentedApi()
    api.lost_answers = 1
    writing = writer(api)
    assert isinstance(await writing.write(note()), NotNow)
    assert await writing.write(note()) == Written("700")
    assert await writing.write(note()) == Written("700")
    assert len(api.notes) == 1
    assert api.notes[0]["assessment"].startswith("worked on trust\n\nSigned by Dana Reyes, LCSW")
    assert "[conjoint:desk-1]" in api.notes[0]["assessment"]
    assert await writing.write(note(text="something else")) == Refused(WhyRefused.KEY_REUSED)
    await writing.close()


async def test_what_is_signed_or_locked_or_unknown_is_not_written_over() -> None:
    api = DocumentedApi()
    signed = writer(api, Place("3", "504", signed=True, locked=False))
    assert await signed.write(note()) == Refused(WhyRefused.ALREADY_SIGNED)
    assert isinstance(await signed.write(note(kind="addendum", addendum_to="form-1")), Written)
    locked = writer(api, Place("3", "504", signed=False, locked=True))
    assert await locked.write(note(idempotency_key="desk-2")) == Refused(WhyRefused.LOCKED)
    assert await signed.write(note(client_id=None, kind="group_shared")) == Refused(WhyRefused.NOT_SUPPORTED)
    nowhere = OpenEmrNoteWriter(OpenEmrApi(URL, "c"), lambda *_: None, httpx.MockTransport(api))
    assert await nowhere.write(note()) == Refused(WhyRefused.UNKNOWN_SESSION)


@pytest.mark.parametrize(("status", "passes"), [(403, True), (429, True), (503, True), (400, False)])
async def test_only_what_is_about_the_note_is_final(status: int, passes: bool) -> None:
    api = DocumentedApi()
    api.fail = lambda _: httpx.Response(status)
    outcome = await writer(api).write(note())
    assert isinstance(outcome, NotNow if passes else Refused)


async def test_a_token_taken_back_early_is_replaced() -> None:
    api = DocumentedApi()
    writing = writer(api)
    assert isinstance(await writing.write(note()), Written)
    api.grants.append({})  # the server has given a newer one to somebody: ours is worth nothing
    assert isinstance(await writing.write(note()), Written)


async def test_a_client_proves_itself_by_a_signed_assertion() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    api = DocumentedApi()
    assert isinstance(await writer(api, private_key=pem, client_secret=None).write(note()), Written)
    grant = api.grants[0]
    assert grant["grant_type"] == "client_credentials"
    claims = jwt.decode(grant["client_assertion"], RSAKey.import_key(pem), algorithms=["RS384"]).claims
    assert claims["aud"] == f"{URL}/oauth2/default/token"
    assert claims["iss"] == claims["sub"] == "client-1"
    assert claims["exp"] - claims["iat"] <= 300


async def test_a_persons_permission_is_kept_privately_and_renewed(tmp_path: Path) -> None:
    kept = tmp_path / "refresh-token"
    kept.write_text("r0\n")
    api = DocumentedApi()
    assert isinstance(await writer(api, refresh_token_path=kept).write(note()), Written)
    assert api.grants[0]["refresh_token"] == "r0"
    assert kept.read_text() == "r1"
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()
    assert isinstance(await writer(api, refresh_token_path=kept).write(note()), NotNow)


def test_a_participants_note_belongs_to_that_participants_own_encounter() -> None:
    database = Database()
    database.practice()
    database.group(1, 1, 2)
    encounter = database.group_encounter(1, "2026-03-03")
    database.attendance(encounter, {1: "@", 2: "@"})
    database.sign(database.soap(database.own_encounter(1), 1, "x"))
    listening = Listening()
    listening.hear(database.events())
    session = f"group-encounter-{encounter['encounter']}"
    own = str(database.own_encounter(1))
    assert place_of(listening.shelf, session, "pid-1") == Place("1", own, signed=True, locked=False)
    second = place_of(listening.shelf, session, "pid-2")
    assert second is not None
    assert not second.signed
    assert place_of(listening.shelf, session, "pid-9") is None
    assert place_of(listening.shelf, f"encounter-{own}", "pid-1") == Place("1", own, signed=True, locked=False)


async def test_a_note_of_ours_comes_back_as_one_that_a_person_let_an_ai_draft() -> None:
    api = DocumentedApi()
    await writer(api).write(note())
    database = Database()
    database.practice()
    database.group(1, 3)
    encounter = database.group_encounter(1, "2026-03-03")
    database.attendance(encounter, {3: "@"})
    database.soap(database.own_encounter(3), 3, api.notes[0]["assessment"])
    listening = Listening()
    listening.hear(database.events())
    listening.wait(5)
    assert [told["origin"] for told in listening.told.entities("note").values()] == ["ai"]

"""How does a signed note get into OpenEMR? Through its REST API, as a SOAP note on the client's own encounter.
Writes `POST …/patient/:pid/encounter/:eid/soap_note`, reads the same list before, gets its token by OAuth2.
Must never write OpenEMR's tables, nor a second note for a key, nor log a text.
"""

import hmac
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors.ehr.openemr.charting import Place
from connectors.ehr.openemr.notes import WRITTEN_BY_US
from schemas.note_writing import NoteToWrite, NotNow, Refused, WhyRefused, WriteOutcome, Written

SCOPE: Final = "openid offline_access api:oemr user/soap_note.read user/soap_note.write"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TIMEOUT_S: Final = 15.0
_EARLY_S: Final = 10.0
_ASSERTION_S: Final = 240

FindPlace = Callable[[str, str], Place | None]
"""Session id, client id → the encounter the note belongs to. Raises OSError while nothing is known at all."""


@dataclass(frozen=True)
class OpenEmrApi:
    """One OpenEMR's API: its address (`https://emr.example`), its site, and how this installation is registered there.

    With `private_key` (PEM) the client proves itself by a signed assertion (`private_key_jwt`, RS384), else by its
    secret. With `refresh_token_path` tokens are those of the person who allowed this client; the file is rewritten at
    every use, because OpenEMR gives a new one each time. Without it they are the client's own (client credentials).
    """

    url: str
    client_id: str
    site: str = "default"
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    key_id: str = "conjoint"
    refresh_token_path: Path | None = None
    scope: str = SCOPE

    @property
    def token_url(self) -> str:
        """Where tokens are given out."""
        return f"{self.url}/oauth2/{self.site}/token"


class NoToken(Exception):
    """OpenEMR gave no token; the text says what kind of answer it gave."""


class OpenEmrNoteWriter:
    """Puts signed notes into one OpenEMR. See `NoteWriter`."""

    def __init__(
        self, api: OpenEmrApi, find_place: FindPlace, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._api = api
        self._find_place = find_place
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, transport=transport)
        self._token = ""
        self._token_until = 0.0

    async def write(self, note: NoteToWrite) -> WriteOutcome:
        """Create the note, exactly once in effect: it carries its key, and is looked for before it is sent."""
        if not note.signed_by:
            return Refused(WhyRefused.NOT_SIGNED)
        if note.client_id is None:
            return Refused(WhyRefused.NOT_SUPPORTED)  # OpenEMR keeps notes of groups for each participant
        try:
            place = self._find_place(note.session_id, note.client_id)
        except OSError:
            return NotNow("nothing is known of this OpenEMR yet")
        if place is None:
            return Refused(WhyRefused.UNKNOWN_SESSION)
        try:
            known = await self._known(place, note)
            if known is not None:
                return known
            if place.locked:
                return Refused(WhyRefused.LOCKED)
            if place.signed and note.kind != "addendum":
                return Refused(WhyRefused.ALREADY_SIGNED)
            return await self._create(place, note)
        except NoToken as error:
            return NotNow(str(error))
        except httpx.HTTPError as error:
            return NotNow(type(error).__name__)  # it may have arrived: the next try looks for it

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _known(self, place: Place, note: NoteToWrite) -> WriteOutcome | None:
        answer = await self._ask("GET", place)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None  # OpenEMR's answer for an encounter that has no note yet
        if not answer.is_success:
            return _refused(answer)
        mark = _mark(note)
        for soap in _items(answer):
            if mark in str(soap.get("assessment") or ""):
                same = hmac.compare_digest(_text(soap.get("assessment")), _text(_body(note)["assessment"]))
                return Written(str(soap.get("id"))) if same else Refused(WhyRefused.KEY_REUSED)
        return None

    async def _create(self, place: Place, note: NoteToWrite) -> WriteOutcome:
        answer = await self._ask("POST", place, _body(note))
        if not answer.is_success:
            return _refused(answer)
        told = answer.json()
        data = told.get("data", told) if isinstance(told, dict) else {}
        number = data.get("sid") if isinstance(data, dict) else None
        if number is None:
            return NotNow("an answer without a number")  # the next try finds what this one made
        return Written(str(number))

    async def _ask(self, method: str, place: Place, body: Mapping[str, str] | None = None) -> httpx.Response:
        url = f"{self._api.url}/apis/{self._api.site}/api/patient/{place.pid}/encounter/{place.encounter}/soap_note"
        answer = await self._client.request(method, url, json=body, headers=await self._headers())
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self._token_until = 0.0  # it was taken back early: once more with a new one
            answer = await self._client.request(method, url, json=body, headers=await self._headers())
        return answer

    async def _headers(self) -> dict[str, str]:
        if time.monotonic() >= self._token_until:
            await self._new_token()
        return {"authorization": f"Bearer {self._token}", "accept": "application/json"}

    async def _new_token(self) -> None:
        answer = await self._client.post(self._api.token_url, data=self._grant())
        try:
            told = answer.json()
        except ValueError:
            told = {}
        token = told.get("access_token") if answer.is_success and isinstance(told, dict) else None
        if not isinstance(token, str):
            raise NoToken(f"no token, status {answer.status_code}")
        following = told.get("refresh_token")
        if isinstance(following, str) and self._api.refresh_token_path is not None:
            _keep(self._api.refresh_token_path, following)
        lifetime = told.get("expires_in")
        self._token = token
        self._token_until = time.monotonic() + max(0.0, float(lifetime or 60) - _EARLY_S)

    def _grant(self) -> dict[str, str]:
        api = self._api
        if api.refresh_token_path is not None:
            try:
                refresh_token = api.refresh_token_path.read_text().strip()
            except OSError as error:
                raise NoToken(f"no refresh token ({error.strerror})") from None
            grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        else:
            grant = {"grant_type": "client_credentials", "scope": api.scope}
        if api.private_key is not None:
            return {**grant, "client_assertion_type": _ASSERTION, "client_assertion": _assertion(api)}
        return {**grant, "client_id": api.client_id, "client_secret": api.client_secret or ""}


def _assertion(api: OpenEmrApi) -> str:
    now = int(time.time())
    claims = {
        "iss": api.client_id,
        "sub": api.client_id,
        "aud": api.token_url,
        "iat": now,
        "exp": now + _ASSERTION_S,
        "jti": uuid.uuid4().hex,
    }
    key = RSAKey.import_key(api.private_key or "")
    return jwt.encode({"alg": "RS384", "kid": api.key_id, "typ": "JWT"}, claims, key, algorithms=["RS384"])


def _keep(path: Path, token: str) -> None:
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(token)
        opened.flush()
        os.fsync(opened.fileno())  # the old one is worth nothing any more
    part.replace(path)


def _mark(note: NoteToWrite) -> str:
    return f"[{WRITTEN_BY_US}{note.idempotency_key}]"


def _body(note: NoteToWrite) -> dict[str, str]:
    """The text under `assessment`, followed by who signed it and by the mark it is found again by."""
    lines = [note.text, "", f"Signed by {note.signer_name}, {note.signer_credential}, {note.signed_at.isoformat()}"]
    if note.cosigner_name is not None and note.cosigned_at is not None:
        lines.append(f"Co-signed by {note.cosigner_name}, {note.cosigner_credential}, {note.cosigned_at.isoformat()}")
    if note.addendum_to is not None:
        lines.insert(0, "Addendum")
    if note.ai_assisted:
        lines.append("Drafted with AI assistance, reviewed and signed by the above.")
    return {"subjective": "", "objective": "", "assessment": "\n".join([*lines, _mark(note)]), "plan": ""}


def _text(value: Any) -> bytes:
    """As it is compared: line ends as OpenEMR's database gives them back say nothing."""
    return "\n".join(str(value or "").split()).encode()


def _items(answer: httpx.Response) -> list[dict[str, Any]]:
    try:
        told = answer.json()
    except ValueError:
        return []
    listed = told.get("data", []) if isinstance(told, dict) else told
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _refused(answer: httpx.Response) -> WriteOutcome:
    passing = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
    if answer.status_code in passing or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return NotNow(f"status {answer.status_code}")  # a matter of configuration or load, not of this note
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return Refused(WhyRefused.UNKNOWN_SESSION)
    return Refused(WhyRefused.INVALID)

"""How does somebody else put a signed note into the reference EHR? Its note-creation API, REST on loopback.
Reads sessions, people and notes; writes `notes`, once per idempotency key.
Must never take an unsigned note, nor overwrite one that is signed.
"""

import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import asyncpg
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from infra.practice.waiting_notes import note_is_signed
from infra.settings import LOOPBACK

KINDS: Final = {"progress": "PROG", "group_shared": "GRPSH", "addendum": "ADD"}
MAX_BODY_BYTES: Final = 1_000_000
_Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
log = logging.getLogger(__name__)


class NewNote(BaseModel):
    """What a caller sends. Moments carry an offset; without `signed_at` nothing is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    session_id: _Id
    client_id: _Id | None = None
    kind: Literal["progress", "group_shared", "addendum"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=200_000, pattern=r"^[^\x00]*$")]
    service_date: date | None = None
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    signed_by: _Id
    signed_at: AwareDatetime
    cosigned_by: _Id | None = None
    cosigned_at: AwareDatetime | None = None
    participant_count: Annotated[int, Field(ge=0, le=1000)] | None = None
    group_session: bool = False
    linked_clients: tuple[_Id, ...] = ()
    addendum_to: _Id | None = None


@dataclass(frozen=True)
class NotesApiConfig:
    """Where the EHR's database is, and what callers must know."""

    dsn: str = field(repr=False)
    token: str = field(repr=False)
    port: int = 0


class _Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def create_app(config: NotesApiConfig) -> FastAPI:
    """The API. `POST /v1/practices/{practice}/notes` with `Authorization: Bearer …` and an `Idempotency-Key`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = await asyncpg.create_pool(config.dsn, min_size=0, max_size=4, command_timeout=10)
        yield
        await app.state.pool.close()

    app = FastAPI(title="Reference EHR: notes", lifespan=lifespan, docs_url=None, redoc_url=None)

    def known_caller(authorization: Annotated[str, Header(max_length=300)] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {config.token}".encode()):
            raise HTTPException(401)

    @app.middleware("http")
    async def bounded(request: Request, call_next: Any) -> Response:
        length = request.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length[:12]) > MAX_BODY_BYTES:
            return JSONResponse({"code": "too_large"}, 413)
        answer: Response = await call_next(request)
        return answer

    @app.get("/healthz")
    async def healthz(request: Request) -> dict[str, bool]:
        async with request.app.state.pool.acquire(timeout=2) as connection:
            await connection.fetchval("SELECT 1")
        return {"ok": True}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    @app.post("/v1/practices/{practice_id}/notes", dependencies=[Depends(known_caller)])
    async def create(
        request: Request,
        practice_id: _Id,
        note: NewNote,
        idempotency_key: Annotated[str, Header(min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$")],
    ) -> Response:
        """201 with the note's id; 200 when the key was seen before with the same note; 4xx with a `code`."""
        digest = hashlib.sha256(f"{practice_id}\n{note.model_dump_json()}".encode()).hexdigest()
        try:
            async with request.app.state.pool.acquire(timeout=5) as connection, connection.transaction():
                note_id, created = await _create(connection, practice_id, note, idempotency_key, digest)
        except _Refused as refused:
            return JSONResponse({"code": refused.code}, refused.status)
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
            return JSONResponse({"code": "database_away"}, 503)
        return JSONResponse({"note_id": note_id}, 201 if created else 200)

    return app


async def _create(connection: Any, practice_id: str, note: NewNote, key: str, digest: str) -> tuple[str, bool]:
    # one at a time per session: two callers must not both find that no note is signed yet
    await connection.execute("SELECT pg_advisory_xact_lock(83, hashtext($1))", f"{practice_id} {note.session_id}")
    seen = await connection.fetchrow(
        "SELECT note_id, body_sha256 FROM simulator.created_note WHERE idempotency_key = $1", key
    )
    if seen is not None:
        if seen["body_sha256"] != digest:
            raise _Refused(422, "key_reused")
        return seen["note_id"], False
    zone = await _check(connection, practice_id, note)
    suffix = {"progress": note.client_id, "group_shared": "SHARED", "addendum": f"ADD-{key[:12]}"}[note.kind]
    note_id = f"{note.session_id}-D-{suffix}"
    if await connection.fetchval("SELECT count(*) FROM notes WHERE note_id = $1", note_id):
        note_id = f"{note_id}-{key[:8]}"  # an earlier one was deleted, and keeps its id
    diagnoses = await connection.fetchval(
        "SELECT diagnoses FROM treatment_plans WHERE practice_id = $1 AND client_id = $2 AND plan_status = 'A'"
        " AND deleted_at IS NULL ORDER BY start_on DESC LIMIT 1",
        practice_id,
        note.client_id,
    )
    values: dict[str, Any] = {
        "note_id": note_id,
        "practice_id": practice_id,
        "appointment_id": note.session_id,
        "client_id": note.client_id,
        "note_kind": KINDS[note.kind],
        "origin": "H",  # signed by a person as their own documentation
        "note_status": "SIGNED",
        "author_id": note.signed_by,
        "service_date": note.service_date,
        "start_time": _local(note.started_at, zone),
        "stop_time": _local(note.ended_at, zone),
        "body": note.text,
        "diagnoses": diagnoses,
        "participant_count": note.participant_count,
        "signed_by": note.signed_by,
        "signed_at": _local(note.signed_at, zone),
        "cosigned_by": note.cosigned_by,
        "cosigned_at": _local(note.cosigned_at, zone),
        "addendum_to": note.addendum_to,
        "amended": False,
        "created_at": _local(note.signed_at, zone),
        "updated_at": _local(note.cosigned_at or note.signed_at, zone),
    }
    columns = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    # column names are those above, values always parameters
    await connection.execute(f"INSERT INTO notes ({columns}) VALUES ({places})", *values.values())  # noqa: S608
    await connection.execute(
        "INSERT INTO simulator.created_note (idempotency_key, body_sha256, note_id) VALUES ($1, $2, $3)",
        key,
        digest,
        note_id,
    )
    await connection.execute(
        "INSERT INTO simulator.note_links (note_id, practice_id, group_session, linked_client_ids)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT (note_id) DO UPDATE SET linked_client_ids = excluded.linked_client_ids",
        note_id,
        practice_id,
        note.group_session,
        list(note.linked_clients),
    )
    if note.kind == "progress":
        await note_is_signed(
            connection, practice_id, note.session_id, note.client_id, note.cosigned_at or note.signed_at
        )
    if note.kind != "addendum":
        # who asked for a draft has documented: nobody waits for it any more
        await connection.execute(
            "UPDATE notes SET deleted_at = $3, updated_at = $3 WHERE practice_id = $1 AND appointment_id = $2"
            " AND note_status = 'REQ' AND deleted_at IS NULL",
            practice_id,
            note.session_id,
            _local(note.signed_at, zone),
        )
    return note_id, True


async def _check(connection: Any, practice_id: str, note: NewNote) -> ZoneInfo:
    """The practice's zone, if everything the note refers to is there and it overwrites nothing. Raises _Refused."""
    session = await connection.fetchrow(
        "SELECT a.appt_status, p.time_zone FROM appointments a JOIN practices p USING (practice_id)"
        " WHERE a.practice_id = $1 AND a.appointment_id = $2 AND a.deleted_at IS NULL",
        practice_id,
        note.session_id,
    )
    if session is None or session["appt_status"] != "DONE":
        raise _Refused(404, "unknown_session")
    if note.client_id is not None and not await connection.fetchval(
        "SELECT count(*) FROM clients WHERE practice_id = $1 AND client_id = $2 AND deleted_at IS NULL",
        practice_id,
        note.client_id,
    ):
        raise _Refused(404, "unknown_client")
    if (note.client_id is None) != (note.kind == "group_shared") and note.kind != "addendum":
        raise _Refused(422, "invalid")
    for signer in (note.signed_by, note.cosigned_by):
        if signer is not None and not await connection.fetchval(
            "SELECT count(*) FROM clinicians WHERE practice_id = $1 AND clinician_id = $2 AND deleted_at IS NULL",
            practice_id,
            signer,
        ):
            raise _Refused(404, "unknown_signer")
    if note.kind == "addendum":
        known = await connection.fetchval(
            "SELECT count(*) FROM notes WHERE practice_id = $1 AND note_id = $2 AND note_status = 'SIGNED'"
            " AND client_id IS NOT DISTINCT FROM $3",
            practice_id,
            note.addendum_to,
            note.client_id,
        )
        if not known:
            raise _Refused(404, "invalid")
    elif await connection.fetchval(
        "SELECT count(*) FROM notes WHERE practice_id = $1 AND appointment_id = $2 AND note_kind = $4"
        " AND client_id IS NOT DISTINCT FROM $3 AND note_status = 'SIGNED' AND deleted_at IS NULL",
        practice_id,
        note.session_id,
        note.client_id,
        KINDS[note.kind],
    ):
        raise _Refused(409, "already_signed")
    return ZoneInfo(session["time_zone"])


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Clinic-local wall time, as this EHR keeps it; a moment without an offset counts as UTC."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(zone).replace(tzinfo=None, fold=0)


def run(config: NotesApiConfig) -> None:
    """Serve until SIGTERM or SIGINT."""
    uvicorn.Server(
        uvicorn.Config(
            create_app(config),
            host=LOOPBACK,
            port=config.port,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    ).run()

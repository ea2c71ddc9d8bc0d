"""Which analytics rows follow from a file? Pure: the rows as they are now; the keeper sends those that changed."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from schemas.facts import FACT_KEYS, FACTS, Fact
from streams.cases import SessionCase, cents
from streams.files import File

_MINUTE = timedelta(minutes=1)
_FIELDS = {
    table: tuple(name for name in row.model_fields if name not in ("version", "deleted"))
    for table, row in FACTS.items()
}
_KEY_LENGTH = {table: len(names) for table, names in FACT_KEYS.items()}


class FactRow(NamedTuple):
    """One row as it is now: its table's fields in their order. Most are never sent, so none is checked here."""

    table: str
    values: tuple[Any, ...]

    @property
    def key(self) -> str:
        """What identifies the row."""
        # every table's key stands first in it
        return "\x1f".join((self.table, *self.values[: _KEY_LENGTH[self.table]]))

    def fingerprint(self) -> str:
        """The same for the same values, in any process."""
        return blake2b(orjson.dumps(self.values), digest_size=8).hexdigest()

    def fact(self, version: int) -> Fact:
        """The row as it is sent."""
        fields = _FIELDS[self.table]
        row = FACTS[self.table].model_validate({**dict(zip(fields, self.values, strict=True)), "version": version})
        return Fact(practice_id=self.values[0], table=self.table, row=row)


def gone(key: str, version: int) -> Fact:
    """The row with this key is no longer there."""
    table, *ids = key.split("\x1f")
    # a deleted row still needs its required columns; readers never show them
    filler = {"kind": "", "status": "", "session_id": "", "client_id": ""}
    row = {**filler, **dict(zip(FACT_KEYS[table], ids, strict=True)), "version": version, "deleted": True}
    return Fact(practice_id=ids[0], table=table, row=FACTS[table].model_validate(row))


def facts_of_session(case: SessionCase) -> Iterator[FactRow]:
    """The session, everybody's attendance, its claims and notes."""
    session, practice_id, session_id, service_on = case.session, case.practice.id, case.id, case.service_on
    yield FactRow(
        "fact_session",
        (
            practice_id,
            session_id,
            session.kind,
            session.unit,
            next((f.clinician for f in session.facilitators if f.role in ("lead", None)), None),
            session.status,
            session.modality,
            session.scheduled_start,
            session.actual_start,
            session.actual_end,
            service_on,
            case.duration_minutes,
            len(session.clients),
            len(case.attending),
        ),
    )
    starts_at, attendance = case.starts_at, case.attendance
    for client_id in sorted({*session.clients, *attendance}):
        record = attendance.get(client_id)
        presence = case.presence(client_id)
        yield FactRow(
            "fact_attendance",
            (
                practice_id,
                session_id,
                client_id,
                None if record is None else record.data.status,
                None if presence is None else int((presence[1] - presence[0]) // _MINUTE),
                service_on,
                starts_at is not None and bool(case.client(client_id).consents_holding("treatment", starts_at)),
            ),
        )
    for claim in case.file.all("claim"):
        data = claim.data
        yield FactRow(
            "fact_claim",
            (
                practice_id,
                claim.id,
                session_id,
                data.client,
                data.payer,
                data.status,
                service_on,
                cents(data.total),
                data.queued_at,
                data.submitted_at,
            ),
        )
    ended_at = session.actual_end
    for note in case.notes:
        data = note.data
        signed_at = data.signed_at
        yield FactRow(
            "fact_note",
            (
                practice_id,
                note.id,
                session_id,
                data.client,
                data.author,
                data.origin,
                data.status,
                signed_at,
                None if signed_at is None or ended_at is None else int((signed_at - ended_at) // _MINUTE),
            ),
        )


def facts_of_client(file: File) -> Iterator[FactRow]:
    """The client's consents."""
    for consent in file.all("consent"):
        data = consent.data
        yield FactRow(
            "fact_consent",
            (
                file.key.practice_id,
                consent.id,
                data.client,
                data.kind,
                data.status,
                data.signed_at,
                data.expires,
                data.revoked_at,
            ),
        )

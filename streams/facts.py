"""Which analytics rows follow from a file? Pure: the rows as they are now; the keeper sends those that changed."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.facts import AttendanceFact, ClaimFact, ConsentFact, Fact, NoteFact, SessionFact
from streams.cases import SessionCase, cents
from streams.files import File

UNSENT = 0
"""The version a row has until the keeper sends it."""


def facts_of_session(case: SessionCase) -> Iterator[Fact]:
    """The session, everybody's attendance, its claims and notes."""
    session, practice_id = case.session, case.practice.id

    def fact(table: str, row: SessionFact | AttendanceFact | ClaimFact | NoteFact) -> Fact:
        return Fact(practice_id=practice_id, table=table, row=row)

    lead = next((f.clinician for f in session.facilitators if f.role in ("lead", None)), None)
    yield fact(
        "fact_session",
        SessionFact(
            practice_id=practice_id,
            session_id=case.id,
            kind=session.kind,
            unit_id=session.unit,
            lead_clinician_id=lead,
            status=session.status,
            modality=session.modality,
            scheduled_start_at=session.scheduled_start,
            started_at=session.actual_start,
            ended_at=session.actual_end,
            service_on=case.service_on,
            duration_minutes=case.duration_minutes,
            booked_count=len(session.clients),
            attended_count=len(case.attending),
            version=UNSENT,
        ),
    )
    for client_id in sorted({*session.clients, *case.attendance}):
        record = case.attendance.get(client_id)
        presence = case.presence(client_id)
        starts_at = case.starts_at
        holds = starts_at is not None and bool(case.client(client_id).consents_holding("treatment", starts_at))
        yield fact(
            "fact_attendance",
            AttendanceFact(
                practice_id=practice_id,
                session_id=case.id,
                client_id=client_id,
                status=None if record is None else record.data.status,
                present_minutes=None if presence is None else int((presence[1] - presence[0]) // timedelta(minutes=1)),
                service_on=case.service_on,
                treatment_consent=holds,
                version=UNSENT,
            ),
        )
    for claim in case.file.all("claim"):
        yield fact(
            "fact_claim",
            ClaimFact(
                practice_id=practice_id,
                claim_id=claim.id,
                session_id=case.id,
                client_id=claim.data.client,
                payer=claim.data.payer,
                status=claim.data.status,
                service_on=case.service_on,
                total_cents=cents(claim.data.total),
                queued_at=claim.data.queued_at,
                submitted_at=claim.data.submitted_at,
                version=UNSENT,
            ),
        )
    for note in case.notes:
        signed_at, ended_at = note.data.signed_at, session.actual_end
        lag = None if signed_at is None or ended_at is None else int((signed_at - ended_at) // timedelta(minutes=1))
        yield fact(
            "fact_note",
            NoteFact(
                practice_id=practice_id,
                note_id=note.id,
                session_id=case.id,
                client_id=note.data.client,
                author_id=note.data.author,
                origin=note.data.origin,
                status=note.data.status,
                signed_at=signed_at,
                signed_lag_minutes=lag,
                version=UNSENT,
            ),
        )


def facts_of_client(file: File) -> Iterator[Fact]:
    """The client's consents."""
    for consent in file.all("consent"):
        yield Fact(
            practice_id=file.key.practice_id,
            table="fact_consent",
            row=ConsentFact(
                practice_id=file.key.practice_id,
                consent_id=consent.id,
                client_id=consent.data.client,
                kind=consent.data.kind,
                status=consent.data.status,
                signed_at=consent.data.signed_at,
                expires_at=consent.data.expires,
                revoked_at=consent.data.revoked_at,
                version=UNSENT,
            ),
        )

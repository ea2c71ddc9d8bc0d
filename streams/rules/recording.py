"""May this session be recorded? Only with the consent of everybody present. Pure."""

from collections.abc import Iterator
from datetime import datetime

from streams.cases import ClientView, SessionCase, consent_holds
from streams.rule import Evidence, Found, Outcome


def recorded_without_everyones_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C08: one missing recording consent means no recording and no transcript for the whole session.

    Everybody present at any moment between start and stop counts: latecomers, guests and co-facilitators too.
    Source: domain-facts §2.4 (strictest law), §2.6 C08.
    """
    for recording in case.recordings:
        record = recording.data
        if record.started_at is None and not record.transcript and record.status is None:
            continue
        started_at = record.started_at or case.starts_at
        if started_at is None:
            continue
        stopped_at = record.stopped_at or case.session.actual_end or max(now, started_at)
        missing: list[str] = []
        evidence: list[Evidence] = [case.appointment, recording]
        for client_id in _clients_present(case, started_at, stopped_at):
            presence = case.presence(client_id) or (started_at, stopped_at)
            client = case.client(client_id)
            if not _consented(client, max(started_at, presence[0]), min(stopped_at, presence[1])):
                missing.append(f"client {client_id}")
                evidence += client.consents("recording")
        for facilitator in case.session.facilitators:
            clinician = case.client(facilitator.clinician)
            if not _consented(clinician, started_at, stopped_at):
                missing.append(f"clinician {facilitator.clinician}")
                evidence += clinician.consents("recording")
        missing += [
            f"a guest ({guest.role or 'guest'})" for guest in case.session.guests if not guest.recording_consent
        ]
        if missing:
            yield Found(
                subject={"session": case.id, "recording": recording.id},
                why=f"Session {case.id} was recorded without a valid recording consent of {', '.join(missing)}.",
                todo="Stop recording and quarantine the whole session's transcript; nothing may be drafted from it.",
                evidence=tuple(evidence),
            )


def _clients_present(case: SessionCase, started_at: datetime, stopped_at: datetime) -> tuple[str, ...]:
    present = []
    for client_id in sorted({*case.session.clients, *case.attendance}):
        if case.missed(client_id):
            continue
        presence = case.presence(client_id)
        # attendance not yet recorded: whoever is booked must be taken to be in the room
        if presence is None or (presence[0] < stopped_at and presence[1] > started_at):
            present.append(client_id)
    return tuple(present)


def _consented(person: ClientView, from_: datetime, until: datetime) -> bool:
    for consent in person.consents("recording"):
        data = consent.data
        if not consent_holds(data, from_):
            continue
        revoked_at = data.revoked_at
        if revoked_at is None or revoked_at >= until:
            return True
    return False

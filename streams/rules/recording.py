"""May this session be recorded? Only with the consent of everybody present. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.care import Consent
from streams.cases import ClientView, SessionCase, revoked_wholly_at
from streams.files import Held
from streams.rule import Evidence, Found, Outcome
from streams.rules.attending import for_this_session


def recorded_without_everyones_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C08: one missing recording consent means no recording and no transcript for the whole session.

    Everybody present at any moment between start and stop counts: latecomers, guests and co-facilitators too.
    A consent withdrawn while the recording ran on is missing from then. Source: domain-facts §2.4, §2.6 C08.
    """
    for recorded in recorded_spans(case, now):
        if recorded.missing:
            recording_id = recorded.recording_id
            yield Found(
                subject={"session": case.id} | ({} if recording_id is None else {"recording": recording_id}),
                why=f"Session {case.id} was recorded without a valid recording consent of "
                f"{', '.join(recorded.missing)}.",
                todo="Stop recording and quarantine the whole session's transcript; nothing may be drafted from it.",
                evidence=recorded.evidence,
            )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A span of a session that was recorded, and who in the room had not consented to it."""

    recording_id: str | None
    missing: tuple[str, ...]
    """In words: `client C-1`, `clinician CL-2`, `a guest (trainee)`."""
    consents: tuple[Held[Consent], ...]
    """The recording consents of everybody in the room, whatever their state."""
    evidence: tuple[Evidence, ...]


def recorded_spans(case: SessionCase, now: datetime) -> Iterator[Recorded]:
    """Every recorded span of a session; a transcript without a record of its recording counts as one."""
    spans: list[tuple[str | None, Evidence, datetime | None, datetime | None]] = [
        (recording.id, recording, recording.data.started_at, recording.data.stopped_at)
        for recording in case.recordings
        if recording.data.started_at is not None or recording.data.transcript or recording.data.status is not None
    ]
    if not spans:
        # a transcript without a record of its recording was made from somewhere
        spans = [(None, transcript, None, None) for transcript in case.file.all("transcript")[:1]]
    for recording_id, record, started, stopped in spans:
        started_at = started or case.starts_at
        if started_at is None:
            continue
        stopped_at = stopped or case.session.actual_end or max(now, started_at)
        missing: list[str] = []
        consents: list[Held[Consent]] = []
        evidence: list[Evidence] = [case.appointment, record]
        for client_id, from_, until in _clients_present(case, started_at, stopped_at):
            client = case.client(client_id)
            consents += client.consents("recording")
            if not _consented(case, client, from_, until):
                missing.append(f"client {client_id}")
                evidence += client.consents("recording")
        for facilitator in case.session.facilitators:
            clinician = case.client(facilitator.clinician)
            consents += clinician.consents("recording")
            if not _consented(case, clinician, started_at, stopped_at):
                missing.append(f"clinician {facilitator.clinician}")
                evidence += clinician.consents("recording")
        missing += [
            f"a guest ({guest.role or 'guest'})" for guest in case.session.guests if not guest.recording_consent
        ]
        yield Recorded(recording_id, tuple(missing), tuple(consents), tuple(evidence))


def _clients_present(
    case: SessionCase, started_at: datetime, stopped_at: datetime
) -> Iterator[tuple[str, datetime, datetime]]:
    """Who was there at some moment of the span, and from when to when."""
    for client_id in case.participants:
        presence = case.presence(client_id)
        if presence is None:
            # attendance not yet recorded: whoever is booked must be taken to be in the room
            yield client_id, started_at, stopped_at
        elif presence[0] < stopped_at and presence[1] > started_at:
            yield client_id, max(started_at, presence[0]), min(stopped_at, presence[1])


def _consented(case: SessionCase, person: ClientView, from_: datetime, until: datetime) -> bool:
    for consent in person.consents_holding("recording", from_):
        revoked_at = revoked_wholly_at(consent.data)
        for_this = for_this_session(consent.data, case)
        if for_this and (revoked_at is None or revoked_at >= until):
            return True
    return False

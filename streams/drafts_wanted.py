"""Which completed session wants a draft? Pure, level-triggered: one state of a session wants one draft."""

from datetime import UTC, datetime, timedelta

from schemas.draft_request import DraftRequest
from schemas.finding import id_from_cause
from streams.cases import CONJOINT_KINDS, GROUP_KINDS, SessionCase
from streams.drafting.standing import asked_for
from streams.rule import Recheck

UNSENT = 0


def draft_wanted(case: SessionCase, now: datetime) -> DraftRequest | Recheck | None:
    """The request of a group, family or couples session that is complete and was attended; None for any other.

    Attendance is entered person by person: until everybody booked has some, or `draft_attendance_wait_minutes` after
    the end, the answer is to look again.

    Never for what a snapshot alone told: the completion must have been seen live, and sessions that ended more than
    `draft_lookback_hours` before the practice was connected are history. A therapist who asks for a draft (a note of
    origin `ai` with status `requested`, seen live) gets it whenever the session took place, and at once.
    """
    session = case.session
    if not case.took_place or session.kind not in GROUP_KINDS | CONJOINT_KINDS or not case.attending:
        return None
    ended_at = case.ended_at
    if ended_at is None:
        return None
    if now < ended_at and session.kind in CONJOINT_KINDS:  # entered as held when people arrived
        return Recheck(ended_at)
    if not any(note.live for note in asked_for(case)):
        if not case.appointment.live:
            return None
        adopted_at = case.practice.file.adopted_at
        lookback = timedelta(hours=case.policy.draft_lookback_hours)
        if adopted_at is not None and ended_at < adopted_at - lookback:
            return None
        complete_by = ended_at + timedelta(minutes=case.policy.draft_attendance_wait_minutes)
        if now < complete_by and any(client_id not in case.attendance for client_id in session.clients):
            return Recheck(complete_by)
    lead = next((f.clinician for f in session.facilitators if f.role in ("lead", None)), None)
    moments = (session.actual_start, session.actual_end)
    spans = ("" if at is None else at.astimezone(UTC).isoformat() for at in moments)  # one instant has many offsets
    state = (session.kind, session.unit or "", lead or "", *spans)
    return DraftRequest(
        request_id=id_from_cause("draft", case.practice.id, case.id, *state, *case.attending),
        practice_id=case.practice.id,
        session_id=case.id,
        kind=session.kind,
        unit_id=session.unit,
        clinician_id=lead,
        client_ids=case.attending,
        state="requested",
        requested_at=ended_at,
        changed_at=ended_at,
        version=UNSENT,
    )

"""May an AI read and write about these people? Consent of each, notice by law, no separate notes. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from schemas.care import Consent, Note
from streams.cases import SessionCase
from streams.files import Held
from streams.rule import Found, Outcome, not_recorded
from streams.rules.attending import for_this_session
from streams.scope import AI_VENDOR, Party, holds_for, turning_points, words

OWN_NOTES = frozenset(
    {"session_outline", "outline", "therapist_outline", "clinician_outline", "clinician_notes", "own_notes", "bullets"}
)
"""What a clinician wrote down: a draft that reads nothing else processes nobody's speech or record."""

SEPARATE_NOTES = {
    "psychotherapy_notes": "psychotherapy_notes_authorization",
    "sud_counseling_notes": "sud_counseling_notes_authorization",
    "sud_counselling_notes": "sud_counseling_notes_authorization",
}
"""Notes kept apart from the record → the authorization without which they may not leave their place."""


def ai_drafts(case: SessionCase) -> tuple[Held[Note], ...]:
    """Every note an AI was asked to write, queued or written."""
    return tuple(note for note in case.notes if note.data.origin == "ai")


def drafted_about(case: SessionCase, note: Note) -> tuple[str, ...]:
    """Whose speech or record a draft processes: everybody who was there, and whom it is about. Absent members are
    nobody's participants."""
    own = () if note.client is None or note.client in case.participants else (note.client,)
    return (*case.participants, *own)


def tool_of(consent: Consent) -> Party:
    """Whom an AI consent is about: the vendor, by its tool's name too."""
    return Party((*AI_VENDOR.names, *((words(consent.tool),) if consent.tool else ())), AI_VENDOR.classes)


def drafted_without_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C09: an AI draft needs the AI consent of every participant, in Illinois with written notice of the purpose.

    Stays open as `warn` while the draft reads the clinician's own notes only or is about somebody else. What held
    when the draft was asked for decides; one that still waits may be cured by a signature. Source: domain-facts §2.4,
    §2.6 C09.
    """
    for note in ai_drafts(case):
        data = note.data
        asked_at = data.requested_at or note.at
        own_notes_only = bool(data.context) and set(data.context) <= OWN_NOTES
        for client_id in drafted_about(case, data):
            consents = ai_consents(case, client_id)
            held = holding(consents, asked_at)
            if not held and data.status == "requested":
                yield from turning_points(consents, now)
                held = holding(consents, now)
            subject = {"session": case.id, "client": client_id, "note": note.id}
            evidence = (note, case.attendance.get(client_id), *consents)
            why = f"client {client_id} has not consented to AI assistance"
            if held:
                noticed = told_of_ai(case, client_id, held)
                if noticed:
                    continue
                if noticed is None:
                    yield not_recorded(f"whether client {client_id} was told in writing of AI", subject, evidence)
                    continue
                why = f"client {client_id} was not given written notice of AI and its purpose, which the state requires"
            excluded = data.client is not None and data.client != client_id
            limited = own_notes_only or excluded
            yield Found(
                subject=subject,
                why=f"AI draft {note.id} was asked for session {case.id} and {why}"
                + ("; it reads only the clinician's own notes." if own_notes_only else "")
                + ("; it is about another client only." if excluded and not own_notes_only else "")
                + ("" if limited else "."),
                todo="Keep the draft to the clinician's own notes or leave this person out until they consent."
                if limited
                else "Stop the draft; have the person consent, leave them out, or use the clinician's own notes only.",
                evidence=evidence,
                severity="warn" if limited else "block",
            )


def ai_consents(case: SessionCase, client_id: str) -> tuple[Held[Consent], ...]:
    """A client's consents to AI assistance that are about this session, whatever their state."""
    return tuple(c for c in case.client(client_id).consents("ai_assistance") if for_this_session(c.data, case))


def holding(consents: Iterable[Held[Consent]], moment: datetime) -> tuple[Held[Consent], ...]:
    """Those of a client's AI consents that hold at a moment for the tool they are about."""
    return tuple(c for c in consents if holds_for(c.data, moment, tool_of(c.data)))


def told_of_ai(case: SessionCase, client_id: str, held: Iterable[Held[Consent]]) -> bool | None:
    """Where the law asks for it: did any of these consents come with written notice of AI and its purpose? None if
    that is not recorded."""
    notices = [_notice(case, client_id, consent.data) for consent in held]
    return True if True in notices else None if None in notices else False


def _notice(case: SessionCase, client_id: str, consent: Consent) -> bool | None:
    states = {case.state_of(client_id), case.session.state or case.practice.record.data.state}
    if states.isdisjoint(case.policy.ai_notice_states):
        return True
    if consent.written_notice is None and consent.purpose:
        return None
    return bool(consent.written_notice and consent.purpose)


def separate_notes_read_by_ai(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C13, of AI drafts: psychotherapy notes and SUD counselling notes are read only with their own authorization.

    A general release or an AI consent is none. Source: domain-facts §2.1 (§2.11), §2.2 (164.508), §2.6 C13.
    """
    for note in ai_drafts(case):
        data = note.data
        asked_at = data.requested_at or note.at
        for word in sorted(set(data.context) & SEPARATE_NOTES.keys()):
            kind = SEPARATE_NOTES[word]
            about = drafted_about(case, data) if data.client is None else (data.client,)
            patients = [client_id for client_id in about if case.client(client_id).is_patient]
            for client_id in patients or about:
                on_file = case.client(client_id).consents(kind)
                cured = data.status == "requested"
                yield from turning_points(on_file, now)
                if any(holds_for(c.data, asked_at) or (cured and holds_for(c.data, now)) for c in on_file):
                    continue
                yield Found(
                    subject={"session": case.id, "client": client_id, "note": note.id},
                    why=f"AI draft {note.id} of session {case.id} reads {word.replace('_', ' ')} of client "
                    f"{client_id}, for which there is no specific authorization.",
                    todo="Take these notes out of the draft's sources, or have their own authorization signed first.",
                    evidence=(note, *on_file),
                )

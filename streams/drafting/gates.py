"""What of a session may be processed, by the consents of those who were in it? Pure.

Reads a session with its consents; the answer holds only what may be used, and says what was left out and whom that
concerns. Must never let through speech or data of somebody who has not consented.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.session_file import Participant, Session


@dataclass(frozen=True, slots=True)
class Admitted:
    """`session` holds only those who were present and may be drafted about, and only the turns that may be read.

    `excluded`: booked clients without AI consent; nothing said by or about them may be used. `absent`: booked clients
    who were not there; they get no section. `blocked`: sentences that name people by client id.
    """

    session: Session
    excluded: frozenset[str]
    absent: frozenset[str]
    blocked: tuple[str, ...]
    transcript_used: bool

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Those who get a section, in the order of the session."""
        return tuple(person.client_id for person in self.session.participants)


def admit(session: Session) -> Admitted:
    """Everyone present must consent to recording for the transcript to be used, and each to AI assistance for theirs.

    A consent key that is absent means that whoever made the session vouches for all; a client missing from a key that
    is there has not consented (domain-facts 2.4 and 2.5; C08, C09).
    """
    present = [person for person in session.participants if person.present]
    absent = frozenset(person.client_id for person in session.participants if not person.present)
    blocked = []
    unrecorded = _without_recording_consent(session, present, absent)
    transcript_used = bool(session.transcript) and not unrecorded
    if unrecorded and session.transcript:
        blocked.append(
            f"No recording consent from {_listed(unrecorded)}: the transcript was not used; "
            "drafted from the therapist's outline, intervention codes and forms."
        )
    excluded = frozenset(
        person.client_id
        for person in session.participants
        if not _has_consented(session.consents.ai_assistance, person.client_id)
    )
    left_out = sorted(excluded - absent)  # who was not there took no part: nobody waits for their consent
    blocked += [no_ai_consent(client_id) for client_id in left_out]
    drafted = tuple(person for person in present if person.client_id not in excluded)
    if not drafted:
        blocked.append("Nobody who was present may be drafted about: no sections were written.")
    turns = tuple(turn for turn in session.transcript if turn.speaker not in excluded) if transcript_used else ()
    return Admitted(
        session=session.model_copy(update={"participants": drafted, "transcript": turns}),
        excluded=excluded,
        absent=absent,
        blocked=tuple(blocked),
        transcript_used=transcript_used,
    )


def no_ai_consent(client_id: str) -> str:
    """Why somebody is left out of a draft; said in the same words wherever it is found out, so that it is said once."""
    return f"No valid consent to AI assistance from {client_id}: nothing said by or about {client_id} was used."


def _without_recording_consent(session: Session, present: list[Participant], absent: frozenset[str]) -> tuple[str, ...]:
    consents = session.consents.recording
    if consents is None:
        return ()
    missing = {person.client_id for person in present if not _has_consented(consents, person.client_id)}
    # a refusal of anybody else in the room (the clinician, a guest) counts as well: one refusal, no recording
    refused = {who for who, given in consents.items() if not given and who not in absent}
    return tuple(sorted(missing | refused))


def _has_consented(consents: Mapping[str, bool] | None, client_id: str) -> bool:
    return consents is None or consents.get(client_id, False)


def _listed(ids: tuple[str, ...]) -> str:
    return ids[0] if len(ids) == 1 else f"{', '.join(ids[:-1])} and {ids[-1]}"

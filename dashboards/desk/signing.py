"""May this be signed, by this person, now? And what then goes to the EHR, note by note?

Pure. Every problem is named with what to do; a problem that blocks is never overridden, one that warns is acknowledged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Final, Literal

from dashboards.desk.chart_facts import ClinicianFacts, SessionFacts
from dashboards.desk.names import named_in, shown
from dashboards.desk.note_text import GROUP_KINDS, note_text, words_for
from dashboards.desk.review import SHARED, Review, SectionState
from schemas.audit import content_hash
from schemas.draft import RESTRICTED
from schemas.note_writing import NoteToWrite

ATTESTATION: Final = (
    "I have reviewed this AI-assisted draft against my own knowledge of the session, corrected it where needed, and "
    "sign it as my own documentation."
)
COSIGN_ATTESTATION: Final = "I have reviewed this note of a clinician under my supervision and co-sign it."
LATE_AFTER: Final = timedelta(hours=24)
"""Customary limit after which a note is marked as a late entry."""
CLONE_SHARE: Final = 0.6
CLONE_WORDS: Final = 12
_SHINGLE: Final = 3


class Code(StrEnum):
    """What stands in the way of a signature, or should be known before it."""

    UNDECIDED = "undecided"
    NOTHING_APPROVED = "nothing_approved"
    MISSING_CLIENT = "missing_client"
    UNKNOWN_SESSION = "unknown_session"
    NOT_A_CLINICIAN = "not_a_clinician"
    EXCLUDED = "excluded"
    NO_CREDENTIAL = "no_credential"
    NO_LICENCE = "no_licence"
    NO_SUPERVISOR = "no_supervisor"
    NOT_SUPERVISING = "not_supervising"
    NAMES_ANOTHER = "names_another"
    RESTRICTED_SHARED = "restricted_shared"
    CLONED = "cloned"
    ALREADY_SIGNED = "already_signed"
    DOCUMENTS_FOR_ANOTHER = "documents_for_another"
    LATE = "late"
    NOBODYS_CHART = "nobodys_chart"


@dataclass(frozen=True, slots=True)
class Problem:
    """One of them. `keys`: the sections concerned."""

    code: Code
    severity: Literal["block", "warn"]
    keys: tuple[str, ...] = ()


def problems(review: Review, facts: SessionFacts, signer: ClinicianFacts | None, now: datetime) -> tuple[Problem, ...]:
    """Everything that blocks a signature of `signer` or should be known before it; blocking ones first."""
    found = [*_about_decisions(review, facts), *_about_signer(review, facts, signer), *_about_texts(review, facts)]
    if is_late(facts, now):
        found.append(Problem(Code.LATE, "warn"))
    return tuple(sorted(found, key=lambda problem: (problem.severity != "block", problem.code)))


def is_late(facts: SessionFacts, now: datetime) -> bool:
    """Whether a signature now is a late entry."""
    return facts.ended_at is not None and now - facts.ended_at > LATE_AFTER


def _about_decisions(review: Review, facts: SessionFacts) -> list[Problem]:
    found = []
    undecided = tuple(section.key for section in review.sections if section.decision == "open")
    if undecided:
        found.append(Problem(Code.UNDECIDED, "block", undecided))
    if not any(section.decision == "approved" for section in review.sections):
        found.append(Problem(Code.NOTHING_APPROVED, "block"))
    if not facts.known:
        found.append(Problem(Code.UNKNOWN_SESSION, "block"))
    present = {client.client_id for client in facts.clients if client.attended == "attended" and client.patient}
    missing = tuple(sorted(present - {section.key for section in review.sections}))
    if missing:
        found.append(Problem(Code.MISSING_CLIENT, "warn", missing))
    return found


def _about_signer(review: Review, facts: SessionFacts, signer: ClinicianFacts | None) -> list[Problem]:
    if signer is None:
        return [Problem(Code.NOT_A_CLINICIAN, "block")]
    found = []
    day = facts.day
    if signer.excluded:
        found.append(Problem(Code.EXCLUDED, "block"))
    if not signer.name or not signer.credential:
        found.append(Problem(Code.NO_CREDENTIAL, "block"))
    if day is not None and not any(licence.covers(facts.state, day) for licence in signer.licences):
        found.append(Problem(Code.NO_LICENCE, "block"))
    if (
        signer.supervised
        and day is not None
        and not any(signer.supervised_by(other, day) for other, _, _ in signer.supervisors)
    ):
        found.append(Problem(Code.NO_SUPERVISOR, "block"))
    if review.clinician_id is not None and signer.clinician_id != review.clinician_id:
        found.append(Problem(Code.DOCUMENTS_FOR_ANOTHER, "warn"))
    return found


def _about_texts(review: Review, facts: SessionFacts) -> list[Problem]:
    approved = [section for section in review.sections if section.decision == "approved"]
    found = []
    naming = tuple(section.key for section in approved if names_in(section, review, facts))
    if naming:
        found.append(Problem(Code.NAMES_ANOTHER, "block", naming))
    shared = review.section(SHARED)
    if shared is not None and shared.decision == "approved" and any(RESTRICTED in one.flags for one in shared.lines):
        found.append(Problem(Code.RESTRICTED_SHARED, "block", (SHARED,)))
    own = [section for section in approved if section.key != SHARED]
    alike = {key for one, other in combinations(own, 2) if too_alike(one, other) for key in (one.key, other.key)}
    if alike:
        found.append(Problem(Code.CLONED, "warn", tuple(sorted(alike))))
    signed = tuple(section.key for section in own if _signed_already(section, review, facts))
    if signed:
        found.append(Problem(Code.ALREADY_SIGNED, "warn", signed))
    without = tuple(section.key for section in own if _has_no_chart(section, facts))
    if without:
        found.append(Problem(Code.NOBODYS_CHART, "warn", without))
    return found


def names_in(section: SectionState, review: Review, facts: SessionFacts) -> tuple[str, ...]:
    """Whom a section names that it must not name: anybody in the shared part, anybody else in a client's own."""
    own = facts.client(section.client_id)
    words = words_for(facts, review.kind, section.client_id)
    if own is not None:
        words[own.client_id] = "the client"
    others = [client for client in facts.clients if client.client_id != section.client_id]
    return named_in("\n".join(shown(line.text, words) for line in section.lines), others, own)


def too_alike(one: SectionState, other: SectionState) -> bool:
    """Whether two clients' sections say the same in the same words (a cloned note)."""
    mine, its = _shingles(one), _shingles(other)
    smaller = min(len(mine), len(its))
    return smaller >= CLONE_WORDS - _SHINGLE + 1 and len(mine & its) / smaller > CLONE_SHARE


def _shingles(section: SectionState) -> set[tuple[str, ...]]:
    said = [line.text.casefold() for line in section.lines if line.part not in ("attendance", "intervention")]
    words = [word for word in " ".join(said).replace(section.key.casefold(), "x").split() if word]
    return {tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}


def _signed_already(section: SectionState, review: Review, facts: SessionFacts) -> bool:
    client = facts.client(section.client_id)
    return client is not None and client.signed_note_of(review.session_id) is not None


def _has_no_chart(section: SectionState, facts: SessionFacts) -> bool:
    client = facts.client(section.client_id)
    return client is not None and not client.patient


def notes_to_write(
    review: Review,
    facts: SessionFacts,
    signer: ClinicianFacts,
    signed_at: datetime,
    cosigner: ClinicianFacts | None = None,
    cosigned_at: datetime | None = None,
) -> tuple[NoteToWrite, ...]:
    """What goes to the EHR: one note per client whose section was approved, and the shared part of a group session.

    Left out: people without a chart, and clients whose note of that session is signed already, unless the section was
    chosen to become an addendum to it. Each note is linked to the others.
    """
    wanted = [
        section for section in review.sections if section.decision == "approved" and _goes_out(section, review, facts)
    ]
    keys = {section.key: _key(review, section) for section in wanted}
    late = is_late(facts, signed_at)
    treating = facts.clinician(review.clinician_id)
    notes = []
    for section in wanted:
        earlier = None
        client = facts.client(section.client_id)
        if client is not None and section.addendum:
            earlier = client.signed_note_of(review.session_id)
        text = note_text(review, section, facts, signer, signed_at=signed_at, late_entry=late, treating=treating)
        if cosigner is not None and cosigned_at is not None:
            local = cosigned_at.astimezone(facts.zone)
            text += f"\nCo-signed by {cosigner.name}, {cosigner.credential}, {local:%Y-%m-%d %H:%M %Z}."
        kind: Literal["progress", "group_shared", "addendum"] = (
            "addendum" if earlier is not None else "group_shared" if section.key == SHARED else "progress"
        )
        notes.append(
            NoteToWrite(
                idempotency_key=keys[section.key],
                practice_id=review.practice_id,
                session_id=review.session_id,
                client_id=section.client_id,
                kind=kind,
                text=text,
                template=review.template,
                service_date=facts.day,
                started_at=facts.started_at,
                ended_at=facts.ended_at,
                signed_by=signer.clinician_id,
                signer_name=signer.name,
                signer_credential=signer.credential,
                signed_at=signed_at,
                cosigned_by=None if cosigner is None else cosigner.clinician_id,
                cosigner_name=None if cosigner is None else cosigner.name,
                cosigner_credential=None if cosigner is None else cosigner.credential,
                cosigned_at=cosigned_at,
                group_session=review.kind in GROUP_KINDS,
                participant_count=sum(one.attended == "attended" for one in facts.clients) or None,
                linked_clients=tuple(one.client_id for one in wanted if one.client_id and one.key != section.key),
                linked_keys=tuple(key for other, key in keys.items() if other != section.key),
                addendum_to=None if earlier is None else earlier.note_id,
                late_entry=late,
                part2_notice=client is not None and client.part2,
            )
        )
    return tuple(notes)


def addendum_problems(
    review: Review, facts: SessionFacts, signer: ClinicianFacts | None, typed: SectionState
) -> tuple[Problem, ...]:
    """What stands in the way of an addendum: the signer's standing, or somebody else's name. A supervised clinician's
    addendum is written and signed by the supervisor."""
    found = [problem for problem in _about_signer(review, facts, signer) if problem.severity == "block"]
    if signer is not None and signer.supervised:
        found.append(Problem(Code.NO_SUPERVISOR, "block"))
    if names_in(typed, review, facts):
        found.append(Problem(Code.NAMES_ANOTHER, "block", (typed.key,)))
    return tuple(found)


def addendum(
    review: Review,
    facts: SessionFacts,
    signer: ClinicianFacts,
    typed: SectionState,
    original_note_id: str,
    signed_at: datetime,
) -> NoteToWrite:
    """A dated addition that refers to the note it belongs to."""
    local = signed_at.astimezone(facts.zone)
    words = words_for(facts, review.kind, typed.client_id)
    said = "\n".join(shown(line.text, words) for line in typed.lines)
    return NoteToWrite(
        idempotency_key=content_hash(["addendum", review.practice_id, review.draft_id, typed.key, typed.sha256])[:40],
        practice_id=review.practice_id,
        session_id=review.session_id,
        client_id=typed.client_id,
        kind="addendum",
        text=(
            f"Addendum of {local:%Y-%m-%d %H:%M %Z} to note {original_note_id}.\n\n{said}\n\n"
            f"Electronically signed by {signer.name}, {signer.credential}, {local:%Y-%m-%d %H:%M %Z}."
        ),
        template=review.template,
        service_date=facts.day,
        signed_by=signer.clinician_id,
        signer_name=signer.name,
        signer_credential=signer.credential,
        signed_at=signed_at,
        group_session=review.kind in GROUP_KINDS,
        addendum_to=original_note_id,
        ai_assisted=False,
    )


def _goes_out(section: SectionState, review: Review, facts: SessionFacts) -> bool:
    if section.key == SHARED:
        return review.kind in GROUP_KINDS
    if _has_no_chart(section, facts):
        return False
    return section.addendum or not _signed_already(section, review, facts)


def _key(review: Review, section: SectionState) -> str:
    """The same for every try to write this section of this draft, whatever happens in between."""
    return content_hash(["note", review.practice_id, review.draft_id, section.key])[:40]


def acknowledged(found: Sequence[Problem], codes: Sequence[str]) -> bool:
    """Whether nothing blocks and every warning was acknowledged."""
    return all(problem.severity == "warn" and problem.code in codes for problem in found)

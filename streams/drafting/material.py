"""What may a draft be made of, and what stands behind each evidence id? Gated, de-identified, in one place.

Reads a session and whatever de-identifies its texts. Both drafters, the request to a model and grounding see only this:
no name, no excluded person's words, no transcript without everybody's consent to recording.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from schemas.draft import Cited
from schemas.session_file import (
    THERAPIST,
    UNKNOWN,
    Answer,
    Bullet,
    Facilitator,
    Goal,
    Participant,
    Score,
    Session,
    TreatmentUnit,
    Turn,
)
from streams.drafting.exclusion import Exclusion
from streams.drafting.gates import Admitted, admit
from streams.drafting.machine import to_a_machine, without
from streams.drafting.scales import reading
from streams.drafting.subjects import Initials, therapists

MAX_NOTES = 3


class Clean(Protocol):
    """A text from which identifiers have been taken."""

    @property
    def text(self) -> str:
        """What is left of it."""
        ...


class Deidentifier(Protocol):
    """Whoever replaces names by client ids, and everything else that says who somebody is by its class."""

    def deidentify(self, text: str) -> Clean:
        """The text without identifiers."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """`session` carries no identifier and only present, consenting clients.

    Its speakers are client ids, THERAPIST or UNKNOWN; `unnamed_turns` says why a turn is UNKNOWN;
    `to_a_machine` is what was taken out of the turns because it gives a machine orders. `cited` holds, in the
    order of the session, the text behind every evidence id there is.
    """

    session: Session
    cited: Mapping[str, Cited]
    excluded: frozenset[str]
    absent: frozenset[str]
    blocked: tuple[str, ...]
    transcript_used: bool
    unnamed_turns: Mapping[int, str]
    to_a_machine: tuple[str, ...] = ()
    readings: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What has been worked out of it already, for the drafter and grounding alike; never part of what it says."""

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Those who get a section, in the order of the session."""
        return tuple(person.client_id for person in self.session.participants)


def material_of(session: Session, identities: Deidentifier) -> Material:
    """What may be used of a session. Ends in no text about anybody who has not consented."""
    admitted = admit(session)
    exclusion = Exclusion(session, admitted.excluded)
    initials = Initials(session)

    def clean(text: str) -> str:
        return exclusion.text(identities.deidentify(text).text)

    said, unnamed = _turns(session, admitted, exclusion, identities)
    heard, ordered = _without_orders(said)
    bullets = (
        Bullet(id=bullet.id, text=exclusion.text(identities.deidentify(initials.named(bullet.text)).text))
        for bullet in session.therapist_outline
    )
    cleaned = session.model_copy(
        update={
            "clinician": Facilitator(
                clinician_id=session.clinician.clinician_id, credential=session.clinician.credential
            ),
            "unit": session.unit
            and TreatmentUnit(
                unit_id=session.unit.unit_id,
                type=session.unit.type,
                identified_patient=(
                    None if session.unit.identified_patient in admitted.excluded else session.unit.identified_patient
                ),
            ),
            "participants": tuple(_participant(person, clean) for person in admitted.session.participants),
            "therapist_outline": tuple(bullet for bullet in bullets if bullet.text),
            "transcript": heard,
        }
    )
    heard_numbers = {turn.turn for turn in heard}
    return Material(
        session=cleaned,
        cited=MappingProxyType(_cited(cleaned)),
        excluded=admitted.excluded,
        absent=admitted.absent,
        blocked=admitted.blocked,
        transcript_used=admitted.transcript_used,
        unnamed_turns=MappingProxyType({number: why for number, why in unnamed.items() if number in heard_numbers}),
        to_a_machine=ordered,
    )


class _Cleaner(Protocol):
    def __call__(self, text: str) -> str: ...


def _turns(
    session: Session, admitted: Admitted, exclusion: Exclusion, identities: Deidentifier
) -> tuple[tuple[Turn, ...], dict[int, str]]:
    """The turns that may be read, and why some of them are nobody's."""
    if not admitted.transcript_used:
        return (), {}
    clinicians = therapists(session)
    known = set(admitted.client_ids) | admitted.excluded
    unnamed: dict[int, str] = {}
    turns = []
    for turn in session.transcript:
        speaker = turn.speaker
        if speaker in clinicians:
            speaker = THERAPIST
        elif speaker not in known:
            unnamed[turn.turn] = (
                "The speaker is recorded as absent."
                if speaker in admitted.absent
                else "The transcript does not say who spoke."
                if speaker == UNKNOWN
                else "The speaker's label is nobody in this session."
            )
            speaker = UNKNOWN
        text = turn.text if speaker in admitted.excluded else identities.deidentify(turn.text).text
        turns.append(Turn(turn=turn.turn, speaker=speaker, text=text))
    kept = exclusion.turns(turns)
    heard = {turn.turn for turn in kept}
    return kept, {number: why for number, why in unnamed.items() if number in heard}


def _without_orders(turns: tuple[Turn, ...]) -> tuple[tuple[Turn, ...], tuple[str, ...]]:
    """The turns without what a client says to a machine, and that. A turn of nothing else goes altogether."""
    kept: list[Turn] = []
    taken: list[str] = []
    for turn in turns:
        orders = () if turn.speaker == THERAPIST else to_a_machine(turn.text)
        taken += orders
        rest = without(turn.text, orders) if orders else turn.text
        if rest:
            kept.append(turn if not orders else Turn(turn=turn.turn, speaker=turn.speaker, text=rest))
    return tuple(kept), tuple(taken)


def _participant(person: Participant, clean: _Cleaner) -> Participant:
    form = person.checkin_form
    return Participant(
        client_id=person.client_id,
        pronouns=person.pronouns,
        relationship=clean(person.relationship) if person.relationship else None,
        diagnosis_icd10=person.diagnosis_icd10,
        plan_goals=tuple(Goal(id=goal.id, text=clean(goal.text)) for goal in person.plan_goals),
        risk_flags=tuple(filter(None, (clean(flag) for flag in person.risk_flags))),
        recent_notes=tuple(clean(note) for note in person.recent_notes[-MAX_NOTES:]),
        checkin_form=None if form is None else {key: _answer(answer, clean) for key, answer in form.items()},
        assessments=tuple(Score(instrument=score.instrument, score=score.score) for score in person.assessments),
        attendance=person.attendance,
    )


def _answer(answer: Answer, clean: _Cleaner) -> Answer:
    return clean(answer) if isinstance(answer, str) else answer


def _cited(session: Session) -> dict[str, Cited]:
    cited = {
        str(turn.turn): Cited(id=str(turn.turn), text=turn.text, speaker=turn.speaker) for turn in session.transcript
    }
    cited |= {
        bullet.id: Cited(id=bullet.id, text=bullet.text, speaker=THERAPIST) for bullet in session.therapist_outline
    }
    for code in session.intervention_codes:
        cited[f"I:{code}"] = Cited(id=f"I:{code}", text=code, speaker=THERAPIST)
    for person in session.participants:
        who = person.client_id
        if person.checkin_form is not None:
            cited[f"F:{who}"] = Cited(id=f"F:{who}", text=form_text(person.checkin_form), speaker=who)
        for n, score in enumerate(person.assessments, 1):
            if score.score is not None:
                text = f"{score.instrument} {reading(score.instrument, score.score)}"
                cited[f"A:{who}:{n}"] = Cited(id=f"A:{who}:{n}", text=text, speaker=who)
        for n, note in enumerate(person.recent_notes, 1):
            if note:
                cited[f"N:{who}:{n}"] = Cited(id=f"N:{who}:{n}", text=note, speaker=THERAPIST)
    return cited


_SCALE_IN_KEY = re.compile(r"_(\d+)_(\d+)$")


def form_text(form: Mapping[str, Answer]) -> str:
    """A check-in form as one line: `mood (0–10): 8; thoughts of suicide: no`."""
    return "; ".join(
        f"{form_label(key)}: {form_answer(answer)}" for key, answer in form.items() if answer not in (None, "")
    )


def form_label(key: str) -> str:
    """A form's key as people read it."""
    return _SCALE_IN_KEY.sub(r" (\1–\2)", key).replace("_", " ").strip()


def form_answer(answer: Answer) -> str:
    """A form's answer as people read it."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return f"{answer:g}" if isinstance(answer, float) else str(answer)

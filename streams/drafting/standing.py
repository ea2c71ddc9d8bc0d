"""What do the consents on file let a draft of this session be made of, at this moment? Pure; asked at every change.

The same questions as C08 (recording), C09 (AI assistance, notice), C10 (Part 2) and C13 (separate notes), in the same
words: a finding tells people, this decides what leaves the stream. `gates.admit` then applies it to the session.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.care import Consent, Note
from schemas.session_file import Consents
from streams.cases import SessionCase, revoked_wholly_at
from streams.drafting.gates import no_ai_consent
from streams.files import Held
from streams.rules.ai_drafting import SEPARATE_NOTES, ai_consents, ai_drafts, holding, told_of_ai
from streams.rules.part2 import ai_may_process, covered, vendor_is_bound
from streams.rules.recording import recorded_spans
from streams.scope import turning_points


@dataclass(frozen=True, slots=True)
class Standing:
    """What may go into a draft. `withheld` says by ids what may not and why."""

    consenting: frozenset[str]
    """Ids of those present whose speech and record may be read and written about."""
    lacking: frozenset[str]
    """Ids of those present, or perhaps present, of whom that may not be done."""
    absent_consenting: frozenset[str]
    """Ids of those who were not there and may be mentioned."""
    transcript: bool
    """The transcript may be read: recorded with everybody's consent, none withdrawn since, and asked for."""
    own_notes_only: bool
    """Nothing but the clinician's own outline may be read."""
    refused: bool
    withheld: tuple[str, ...]
    until: datetime | None
    """The moment ahead at which time alone may change this."""

    def consents(self) -> Consents:
        """As a session file says it."""
        present = sorted(self.consenting | self.lacking)
        assisted = {client_id: client_id in self.consenting for client_id in present}
        return Consents(
            recording=dict.fromkeys(present, self.transcript),
            ai_assistance={**assisted, **dict.fromkeys(sorted(self.absent_consenting), True)},
        )


def asked_for(case: SessionCase) -> tuple[Held[Note], ...]:
    """The notes by which a therapist asks for a draft of the whole session."""
    return tuple(note for note in ai_drafts(case) if note.data.status == "requested" and note.data.client is None)


def standing_of(case: SessionCase, now: datetime) -> Standing:
    """What the consents on file allow at `now`."""
    withheld: list[str] = []
    turns: list[datetime] = []
    lacking: set[str] = set()
    for client_id in case.participants:
        reasons = tuple(_against(case, client_id, now, turns))
        if reasons:
            lacking.add(client_id)
            withheld += reasons
    consenting = frozenset(case.attending) - lacking
    absent = {*case.session.clients, *case.attendance} - consenting - lacking
    mode = _mode(case, now) if lacking else "exclude"
    if mode == "own_notes":
        withheld.append("The practice drafts from the clinician's own outline alone while somebody has not consented.")
    if mode == "block":
        withheld.append("The practice does not draft while somebody present has not consented.")
    quarantine = tuple(_against_transcript(case, now, turns))
    withheld += quarantine
    for note in asked_for(case):
        separate = sorted(set(note.data.context) & SEPARATE_NOTES.keys())
        withheld += [f"{word.replace('_', ' ').capitalize()} are never read for a draft." for word in separate]
    return Standing(
        consenting=consenting,
        lacking=frozenset(lacking),
        absent_consenting=frozenset(one for one in absent if not tuple(_against(case, one, now, turns))),
        transcript=not quarantine and mode == "exclude" and _wants_transcript(case),
        own_notes_only=mode == "own_notes",
        refused=mode == "block" or not consenting,
        withheld=tuple(dict.fromkeys(withheld)),
        until=min((moment for moment in turns if moment > now), default=None),
    )


def _mode(case: SessionCase, now: datetime) -> str:
    policy = case.practice.policy_at(now).drafting
    states = {case.session.state, *(case.state_of(client_id) for client_id in case.participants)}
    modes = {policy.by_state.get(state or "", policy.without_ai_consent) for state in states}
    return next(mode for mode in ("block", "own_notes", "exclude") if mode in modes)  # the strictest of any place


def _wants_transcript(case: SessionCase) -> bool:
    contexts = [set(note.data.context) for note in asked_for(case) if note.data.context]
    return not contexts or any("transcript" in context for context in contexts)


def _against(case: SessionCase, client_id: str, now: datetime, turns: list[datetime]) -> Iterator[str]:
    consents = ai_consents(case, client_id)
    turns += [recheck.at for recheck in turning_points(consents, now)]
    held = holding(consents, now)
    if not held:
        yield no_ai_consent(client_id)
    else:
        told = told_of_ai(case, client_id, held)
        if told is None:
            yield f"It is not recorded whether {client_id} was told in writing of AI and its purpose."
        elif not told:
            yield f"{client_id} was not given the written notice of AI and its purpose that the state requires."
    client = case.client(client_id)
    if vendor_is_bound(case.practice) or covered(case.practice, client) is False:
        return
    tpo = client.consents("part2_tpo")
    turns += [recheck.at for recheck in turning_points(tpo, now)]
    if not ai_may_process(tpo, now):
        yield f"{client_id} has a Part 2 record that neither a TPO consent nor an agreement with the AI vendor covers."


def _against_transcript(case: SessionCase, now: datetime, turns: list[datetime]) -> Iterator[str]:
    if not case.file.all("transcript"):
        return
    spans = tuple(recorded_spans(case, now))
    if not spans:
        yield "The transcript is quarantined: it is not recorded when the session took place."
        return
    missing = sorted({who for span in spans for who in span.missing})
    if missing:
        yield f"The transcript is quarantined: no valid recording consent of {', '.join(missing)}."
    # what was recorded lawfully stays lawful, but nothing new is made from it once somebody has withdrawn
    consents = {held.id: held for span in spans for held in span.consents}.values()
    turns += [recheck.at for recheck in turning_points(consents, now)]
    withdrawn = sorted(set(_withdrawn(consents, now)) - {who.split()[-1] for who in missing})
    if withdrawn:
        yield f"The transcript is quarantined: {', '.join(withdrawn)} withdrew the consent to recording."


def _withdrawn(consents: Iterable[Held[Consent]], now: datetime) -> Iterator[str]:
    standing: dict[str, bool] = {}
    for held in consents:
        revoked_at = revoked_wholly_at(held.data)
        # that it has expired since does not matter: it was given for the recording
        stands = revoked_at is None or revoked_at > now
        standing[held.data.client] = standing.get(held.data.client, False) or stands
    return (who for who, stands in standing.items() if not stands)

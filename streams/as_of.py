"""Which consents covered whom at a moment: a session when it started, or any other? Pure functions over files.

What was signed, expired or revoked later never changes the answer for an earlier moment; a correction does.
Asks what was true at the moment; what was known at the time is asked by giving it the files of that time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.care import Consent
from streams.cases import CONJOINT_KINDS, GROUP_KINDS, ClientView, SessionCase, revoked_wholly_at
from streams.files import Held
from streams.rules.attending import ADULT, covers_group_session, for_this_session
from streams.scope import Party, revoked_for_at


class State(StrEnum):
    """Where one form stood at one moment."""

    HELD = "held"
    NOT_SIGNED = "not signed"
    SIGNED_LATER = "signed later"
    EXPIRED = "expired"
    REVOKED = "revoked"


def state_at(consent: Consent, moment: datetime, party: Party | None = None) -> State:
    """Where a form stood at a moment; for a recipient, a revocation that names only others does not count.

    Expiry and revocation count from their own instant on, a signature from its own.
    """
    if consent.signed_at is None:
        return State.NOT_SIGNED
    if consent.signed_at > moment:
        return State.SIGNED_LATER
    revoked_at = revoked_wholly_at(consent) if party is None else revoked_for_at(consent, party)
    if revoked_at is not None and revoked_at <= moment:
        return State.REVOKED
    if consent.expires is not None and consent.expires <= moment:
        return State.EXPIRED
    return State.HELD


@dataclass(frozen=True, slots=True)
class FormAt:
    """One form and where it stood at the moment asked about."""

    consent: Held[Consent]
    state: State


@dataclass(frozen=True, slots=True)
class Cover:
    """Whether one person was covered by one kind of consent at one moment, and by which forms."""

    person: str
    kind: str
    moment: datetime
    forms: tuple[FormAt, ...]
    """Every form of that kind that could have covered it (this unit's, this cycle's), sorted by id."""

    @property
    def held(self) -> bool:
        """Some form held."""
        return any(form.state is State.HELD for form in self.forms)

    @property
    def consent_ids(self) -> tuple[str, ...]:
        """Ids of the forms that held."""
        return tuple(form.consent.id for form in self.forms if form.state is State.HELD)

    @property
    def why_not(self) -> str | None:
        """In words, why no form held; None if one did. The form nearest to holding is the one spoken of."""
        if self.held:
            return None
        states = {form.state for form in self.forms}
        return next((state.value for state in _NEAREST if state in states), "no form on file")


_NEAREST = (State.EXPIRED, State.REVOKED, State.SIGNED_LATER, State.NOT_SIGNED)


def register(client: ClientView, moment: datetime) -> tuple[FormAt, ...]:
    """Every form in a person's file and where it stood at a moment, sorted by kind and id: the consent register."""
    return tuple(FormAt(form, state_at(form.data, moment)) for form in sorted(client.every_consent, key=_by_kind))


def _by_kind(form: Held[Consent]) -> tuple[str, str]:
    return (form.data.kind, form.id)


def needed_kinds(case: SessionCase, client_id: str) -> Iterator[str]:
    """The kinds of consent a participant needs for this session, whatever is on file (domain-facts §2.5)."""
    yield "treatment"
    if case.session.kind in GROUP_KINDS:
        yield "group_agreement"
    age = case.age_of(client_id)
    if case.session.kind in CONJOINT_KINDS and (age is None or age >= ADULT):
        # a minor signs none: without this, the one signed on coming of age would be late for every session before
        yield "conjoint_agreement"
    if case.remote:
        yield "telehealth"
    if case.recordings:
        yield "recording"
    if case.session.guests:
        yield "observation"


def meant_for(case: SessionCase, consent: Consent) -> bool:
    """The form is one that could cover this session: of its unit or of none, an agreement of its cycle."""
    if consent.kind == "group_agreement" and case.group is not None:
        return covers_group_session(consent, case, case.group)
    return for_this_session(consent, case)


def cover(case: SessionCase, person: str, kind: str, moment: datetime) -> Cover:
    """Whether a person (a client, or a clinician in a recorded session) was covered for this session at a moment."""
    forms = (form for form in case.client(person).consents(kind) if meant_for(case, form.data))
    return Cover(person, kind, moment, _stood(forms, moment))


def _stood(forms: Iterable[Held[Consent]], moment: datetime) -> tuple[FormAt, ...]:
    return tuple(FormAt(form, state_at(form.data, moment)) for form in sorted(forms, key=lambda form: form.id))


def covers_of_session(case: SessionCase, moment: datetime | None = None) -> tuple[Cover, ...]:
    """Everybody who takes or took part, with each kind of consent they need, at a moment (default: when it started).

    Empty for a session without a time. Of a recorded session the facilitators' recording consents, too.
    """
    asked = case.starts_at if moment is None else moment
    if asked is None:
        return ()
    covers = [
        cover(case, client_id, kind, asked)
        for client_id in sorted(case.participants)
        for kind in needed_kinds(case, client_id)
    ]
    if case.recordings:
        clinicians = sorted({facilitator.clinician for facilitator in case.session.facilitators})
        covers += [cover(case, clinician, "recording", asked) for clinician in clinicians]
    return tuple(covers)

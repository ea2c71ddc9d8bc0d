"""Was one person's visit covered by every consent it needed, and is the signature the right person's? Pure.

Kinds of consent and moments as everywhere (streams.as_of); who may sign as the rules C04, C05 and C06 have it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.care import Consent
from streams.as_of import FormAt, State, cover, needed_kinds
from streams.cases import SessionCase
from streams.files import Held
from streams.rules.attending import ADULT, composition_changed
from streams.rules.minors import COMES_OF_AGE, Unknown, only_a_guardian_signed, signature_problem
from streams.rules.part2 import covered

NEAREST = (
    (State.EXPIRED, "expired"),
    (State.REVOKED, "revoked"),
    (State.SIGNED_LATER, "signed_later"),
    (State.NOT_SIGNED, "unsigned"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One kind of consent of one person at one moment. `problem` None = it is covered by `held`.

    Words of `problem`: none, unsigned, signed_later, expired, revoked, signer, came_of_age, composition.
    """

    kind: str
    held: tuple[Held[Consent], ...]
    on_file: tuple[Held[Consent], ...]
    problem: str | None


def kinds_of_visit(case: SessionCase, client_id: str) -> Iterator[str]:
    """Every kind this visit needs of the person: what attending needs, and what billing a Part 2 patient needs."""
    for kind in needed_kinds(case, client_id):
        if kind != "telehealth" or not _in_the_office(case, client_id):
            yield kind
    client = case.client(client_id)
    if covered(case.practice, client) is True:
        yield "part2_tpo"


def _in_the_office(case: SessionCase, client_id: str) -> bool:
    record = case.attendance.get(client_id)
    return record is not None and record.data.location is not None and record.data.location.place == "office"


def standing_of(case: SessionCase, client_id: str, kind: str, moment: datetime) -> Standing:
    """Where one kind of consent stood for this person's visit at a moment."""
    asked = cover(case, client_id, kind, moment)
    on_file = tuple(form.consent for form in asked.forms)
    held = tuple(form.consent for form in asked.forms if form.state is State.HELD)
    if not held:
        return Standing(kind, (), on_file, _nearest(asked.forms))
    problems = {consent.id: _whose(case, client_id, consent, moment) for consent in held}
    sound = tuple(consent for consent in held if problems[consent.id] is None)
    return Standing(kind, sound, on_file, None if sound else problems[held[0].id])


def _nearest(forms: tuple[FormAt, ...]) -> str:
    states = {form.state for form in forms}
    return next((word for state, word in NEAREST if state in states), "none")


def _whose(case: SessionCase, client_id: str, consent: Held[Consent], moment: datetime) -> str | None:
    """Why the signature does not count though the form is in force; None if it counts."""
    client, age = case.client(client_id), case.age_of(client_id)
    if consent.data.kind == "conjoint_agreement":
        return "composition" if composition_changed(case, consent.data, moment) else None
    if age is None or consent.data.kind not in COMES_OF_AGE:
        return None
    if age < ADULT:
        wrong = signature_problem(case, client, age, consent) if consent.data.kind == "treatment" else None
        return "signer" if wrong is not None and not isinstance(wrong, Unknown) else None
    birthday = client.eighteenth_birthday()
    of_age_at = None if birthday is None else case.practice.start_of(birthday)
    lacks_capacity = client.record is not None and client.record.data.capacity_flag is True
    if of_age_at is not None and only_a_guardian_signed(consent.data, of_age_at, lacks_capacity):
        return "came_of_age"
    return None

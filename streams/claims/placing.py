"""Where was this client, and how does a claim say so: place of service and the modifier of telehealth? Pure.

Each member of a group has a place of their own. Source: domain-facts §1.4, §1.7 B32.
"""

from dataclasses import dataclass

from streams.cases import GROUP_KINDS, SessionCase
from streams.claims.reason import Reason, because
from streams.rules.place_billing import AT_HOME, ELSEWHERE, OFFICE, location_of

HOME_VISIT = "12"
_WORDS = {"home": "at home", "office": "at the office", "other": "elsewhere"}


@dataclass(frozen=True, slots=True)
class Placed:
    """The place of service and, for whoever took part remotely, the modifier that says how."""

    place: str
    modifier: str | None
    reasons: tuple[Reason, ...]


def place_of(case: SessionCase, client_id: str) -> Placed:
    """Where the claim says that the client was."""
    location, attendance = location_of(case, client_id), case.attendance.get(client_id)
    where = None if location is None else location.place
    told = _WORDS.get(where or "", "")
    if case.remote:
        if where == "office":
            why = f"Client {client_id} came to the office for a session by video."
            return Placed(OFFICE, None, (because("place_of_service", OFFICE, why, attendance),))
        place = ELSEWHERE if where == "other" else AT_HOME
        modifier = "93" if case.session.modality == "telehealth_audio" else "95"
        how = "by telephone" if modifier == "93" else "by video"
        said = (
            f"Client {client_id} took part {how} {told}."
            if told
            else f"Client {client_id} took part {how}; where they were is not recorded, taken to be at home."
        )
        return Placed(
            place,
            modifier,
            (
                because("place_of_service", place, said, attendance),
                because("modifiers", modifier, f"The session was held {how}.", case.appointment),
            ),
        )
    if where in ("home", "other") and case.session.kind in GROUP_KINDS:
        place = AT_HOME if where == "home" else ELSEWHERE
        why = f"Client {client_id} joined the group remotely, {told}."
        reasons = (because("place_of_service", place, why, attendance), because("modifiers", "95", why, attendance))
        return Placed(place, "95", reasons)
    if where == "home":
        why = f"Client {client_id} was seen at home."
        return Placed(HOME_VISIT, None, (because("place_of_service", HOME_VISIT, why, attendance),))
    why = f"Client {client_id} was seen at the office."
    return Placed(OFFICE, None, (because("place_of_service", OFFICE, why, attendance, case.appointment),))

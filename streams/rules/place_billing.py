"""Does the claim say where the client was, and may the clinician treat somebody there? Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from schemas.care import Clinician, Location
from streams.cases import BilledLine, SessionCase
from streams.policy.procedures import ADD_ON_CODES, TELEHEALTH_MODIFIERS
from streams.rule import Outcome, not_recorded
from streams.rules.claims import claim_found, claim_subject, rendering_of, words

OFFICE, AT_HOME, ELSEWHERE = "11", "10", "02"
VIDEO, AUDIO = frozenset({"95"}), frozenset({"93", "FQ"})
TELEHEALTH_PLACES = frozenset({AT_HOME, ELSEWHERE})


def place_of_service_wrong(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B32: the place of service is where this client was (10 at home, 02 elsewhere by video or telephone), with 95 for
    video and 93 for audio; in person neither.

    Each member of a group has a place of their own. Source: domain-facts §1.4, §1.6 (5, 4), §1.7 B32.
    """
    if case.session.modality is None:
        return
    for lines in case.lines_of_claim.values():
        claim = lines[0].claim
        location = location_of(case, claim.data.client)
        services = [line for line in lines if line.code not in ADD_ON_CODES]
        check = _remote if case.remote else _in_person
        problems = check(case, claim.data.place_of_service, services, location)
        if problems:
            yield claim_found(
                case,
                claim,
                words([why for why, _ in problems]),
                "Correct the place of service and modifier to where this client was and how they took part.",
                problems[0][1],
                case.attendance.get(claim.data.client),
            )


def location_of(case: SessionCase, client_id: str) -> Location | None:
    """Where a client was, as captured."""
    attendance = case.attendance.get(client_id)
    return None if attendance is None else attendance.data.location


def _remote(
    case: SessionCase, place: str | None, services: list[BilledLine], location: Location | None
) -> list[tuple[str, str]]:
    where = None if location is None else location.place
    # somebody who came to the practice for a session by video is not remote
    if where == "office" and place == OFFICE:
        return []
    right = {AT_HOME} if where == "home" else TELEHEALTH_PLACES if where is None else {ELSEWHERE}
    problems = []
    if place is not None and place not in right:
        stood = "" if where is None else f" for a client who was {'at home' if where == 'home' else 'elsewhere'}"
        problems.append((f"gives place of service {place}{stood} in a telehealth session", "5"))
    needed = AUDIO if case.session.modality == "telehealth_audio" else VIDEO
    for line in services:
        modifiers = set(line.line.modifiers)
        asked = modifiers_asked(case, line)
        if not modifiers & (needed | (asked & TELEHEALTH_MODIFIERS)):
            problems.append((f"bills {line.code} without modifier {min(needed)}", "4"))
    return problems


def _in_person(
    case: SessionCase, place: str | None, services: list[BilledLine], location: Location | None
) -> list[tuple[str, str]]:
    used = sorted({modifier for line in services for modifier in line.line.modifiers} & TELEHEALTH_MODIFIERS)
    joined_remotely = location is not None and location.place in ("home", "other")
    if joined_remotely and (used or place in TELEHEALTH_PLACES):
        return []
    problems = []
    if place in TELEHEALTH_PLACES:
        problems.append((f"gives place of service {place} for a visit in person", "5"))
    if used:
        problems.append((f"carries {words(used)} for a visit in person", "4"))
    return problems


def modifiers_asked(case: SessionCase, line: BilledLine) -> frozenset[str]:
    """The modifiers the payer asks for on this line: by code, kind of session, program or way of taking part.

    The policy may say it either way round: `{"90853": ["HQ"]}` or `{"HQ": ["90853"]}`; a plain list is for every line.
    """
    required = case.policy.payer(line.payer_id).required_modifiers
    if not required:
        return _NONE
    if not isinstance(required, dict):
        return frozenset(required)
    session = case.session
    names = {line.code, "*", session.kind, session.program or "", session.modality or ""}
    names |= {"telehealth"} if case.remote else set()
    names |= {case.group.data.kind or ""} if case.group is not None else set()
    asked: set[str] = set()
    for key, value in required.items():
        listed = {value} if isinstance(value, str) else {str(v) for v in value} if isinstance(value, list) else set()
        if key in names:
            asked |= listed
        elif len(key) == MODIFIER_LENGTH and listed & names:
            asked.add(key)
    return frozenset(asked)


MODIFIER_LENGTH = 2
_NONE: frozenset[str] = frozenset()


def not_licensed_there(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B33: the rendering clinician is licensed, on the day, in the state where this client was.

    A licence of the practice's own state that ran out is B34's; a place nobody captured is C07's.
    Source: domain-facts §1.6 (185), §1.7 B33.
    """
    day, site = case.service_on, site_state(case)
    for claim in case.claims_billing:
        clinician = rendering_of(case, claim)
        location = location_of(case, claim.data.client)
        state = (None if location is None else location.state) or (None if case.remote else site)
        if clinician is None or day is None or state is None or case.missed(claim.data.client):
            continue
        if not clinician.data.licenses:
            # an associate works under somebody else's licence (B37)
            if not clinician.data.supervised and not credentials_are_recorded(case):
                yield not_recorded(
                    f"in which states clinician {clinician.id} is licensed",
                    claim_subject(case, claim) | {"clinician": clinician.id},
                    (claim, case.appointment, clinician),
                )
            if clinician.data.supervised or not credentials_are_recorded(case):
                continue
        if licensed(clinician.data, state, day) or (state == site and licence_ran_out(clinician.data, state, day)):
            continue
        yield claim_found(
            case,
            claim,
            f"bills care for somebody in {state}, where rendering clinician {clinician.id} was not licensed on {day}",
            "Do not bill it; see this client only where the clinician is licensed.",
            "185",
            clinician,
            case.attendance.get(claim.data.client),
            keys={"clinician": clinician.id},
        )


def site_state(case: SessionCase) -> str | None:
    """The state of the practice's site for this session."""
    return case.session.state or case.practice.record.data.state


def licensed(clinician: Clinician, state: str, day: date) -> bool:
    """A licence of that state is in force on the day, both ends included."""
    return any(
        licence.state == state
        and (licence.from_ is None or licence.from_ <= day)
        and (licence.to is None or day <= licence.to)
        for licence in clinician.licenses
    )


def licence_ran_out(clinician: Clinician, state: str, day: date) -> bool:
    """There was a licence of that state, and none lasts to the day."""
    ends = [licence.to for licence in clinician.licenses if licence.state == state]
    return bool(ends) and all(end is not None and end < day for end in ends)


def credentials_are_recorded(case: SessionCase) -> bool:
    """This practice's EHR keeps licences and enrolments, so that a clinician without any has none."""
    clinicians = case.practice.file.all("clinician")
    return any(clinician.data.licenses or clinician.data.enrollments for clinician in clinicians)

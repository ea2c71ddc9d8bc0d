"""Which modifiers does this line carry: how it was delivered, who delivered it, what the payer asks, what was distinct?

Pure. Source: domain-facts §1.3, §1.4, §1.7 B16, B32, B36, B50; the payer's own rules come from the policy.
"""

from schemas.care import Claim, ClaimLine, Clinician
from streams.cases import BilledLine, SessionCase
from streams.claims.placing import Placed
from streams.claims.reason import Reason, because
from streams.files import Held
from streams.policy.procedures import ADD_ON_CODES, TELEHEALTH_MODIFIERS
from streams.rules.authorization_billing import EAP, EAP_MODIFIER
from streams.rules.place_billing import MODIFIER_LENGTH, modifiers_asked

DISTINCT_ENCOUNTER = "XE"
MOST_MODIFIERS = 4


def modifiers_of(
    case: SessionCase,
    claim: Held[Claim],
    line: ClaimLine,
    payer_id: str,
    client_id: str,
    placed: Placed,
    clinician: Held[Clinician] | None,
    codes_of_day: dict[str, str],
) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
    """At most four, those that decide the price first. An add-on carries what its main code carries of the delivery.

    `codes_of_day`: session id → the code this client is or will be billed for there, by the same clinician, that day.
    """
    code = line.code or ""
    payer = case.policy.payer(payer_id)
    chosen: dict[str, Reason] = {}
    if code not in ADD_ON_CODES:
        if payer.kind == EAP:
            why = f"{payer_id} is an employee assistance programme."
            chosen[EAP_MODIFIER] = because("modifiers", EAP_MODIFIER, why)
        level = _level(payer.level_modifiers, clinician)
        if level is not None and clinician is not None:
            why = f"{payer_id} asks for the level of {clinician.id}."
            chosen[level] = because("modifiers", level, why, clinician)
        asked = modifiers_asked(case, BilledLine(claim, line, code, line.units or 1, client_id, payer_id))
        for modifier in sorted(asked):
            chosen.setdefault(modifier, because("modifiers", modifier, f"{payer_id} asks for {modifier} on {code}."))
    if placed.modifier is not None and not set(chosen) & TELEHEALTH_MODIFIERS:
        chosen[placed.modifier] = next(reason for reason in placed.reasons if reason.field == "modifiers")
    distinct = _distinct(case, code, codes_of_day)
    if distinct is not None:
        chosen[DISTINCT_ENCOUNTER] = distinct
    kept = list(chosen)[:MOST_MODIFIERS]
    return tuple(kept), tuple(chosen[modifier] for modifier in kept)


def _level(written: dict[str, str], clinician: Held[Clinician] | None) -> str | None:
    if clinician is None:
        return None
    by_level = dict((v, k) if len(k) == MODIFIER_LENGTH else (k, v) for k, v in written.items())
    return by_level.get(clinician.data.level or "") or by_level.get(clinician.data.credential or "")


def _distinct(case: SessionCase, code: str, codes_of_day: dict[str, str]) -> Reason | None:
    """XE where an edit pairs this code with another session's of that day and lets a distinct encounter through."""
    day = case.service_on
    for pair in case.policy.ptp if day is not None else ():
        if day is None or not pair.holds_on(day) or pair.indicator != 1 or pair.needs_modifier != code:
            continue
        partner = pair.col1 if pair.needs_modifier == pair.col2 else pair.col2
        for session_id, other in sorted(codes_of_day.items()):
            if other == partner and not _overlapping(case, session_id):
                why = f"A separate encounter: session {session_id} of the same day is {other}."
                return because("modifiers", DISTINCT_ENCOUNTER, why, case.appointment)
    return None


def _overlapping(case: SessionCase, session_id: str) -> bool:
    return any(
        case.starts_at is not None
        and case.ends_at is not None
        and other.starts_at is not None
        and other.ends_at is not None
        and case.starts_at < other.ends_at
        and other.starts_at < case.ends_at
        for person in case.people
        for other in case.same_day(person)
        if other.id == session_id
    )

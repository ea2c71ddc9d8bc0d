"""Did the payer authorize the visit, is there anything left of what it allowed, and was it the right payer first? Pure.

Running counts (units of an authorization, visits of a benefit year) are kept with the client, who has them all.
"""

from collections.abc import Iterator
from datetime import date, datetime

from schemas.care import Authorization, Claim, Coverage
from streams.cases import BilledLine, ClientCase, SessionCase, visit_limits
from streams.files import Held
from streams.policy.procedures import (
    ADD_ON_CODES,
    CRISIS_CODES,
    EVALUATION_CODES,
    FAMILY_CODES,
    GROUP_CODES,
    INDIVIDUAL_CODES,
    PSYCHOTHERAPY_CODES,
)
from streams.rule import Outcome
from streams.rules.claims import claim_found, words
from streams.rules.coverage_billing import coverage_of, service_day
from streams.rules.same_day_billing import billed_again

EAP = "eap"
EAP_MODIFIER = "HJ"


def not_authorized(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B24: a payer that asks for an authorization of this code gave one; here: nothing of that payer is on file.

    Source: domain-facts §1.6 (197), §1.7 B24; codes from the payer's and the plan's `auth_required_codes`.
    """
    for lines in case.lines_of_claim.values():
        claim = lines[0].claim
        required = _asked_for(case, claim)
        codes = sorted({line.code for line in lines if line.code in required})
        if codes and not _of_payer(case.client(claim.data.client).authorizations, claim.data.payer):
            yield claim_found(
                case,
                claim,
                f"bills {words(codes)}, for which {claim.data.payer} asks an authorization, and none is on file",
                "Ask the payer for an authorization that reaches back, before the claim is sent.",
                "197",
            )


def _asked_for(case: SessionCase, claim: Held[Claim]) -> tuple[str, ...]:
    """The codes for which the payer, or this product of it, asks an authorization."""
    coverage = coverage_of(case, claim)
    product = None if coverage is None else coverage.data.product
    policy, payer = case.policy, claim.data.payer
    return policy.payer(payer).auth_required_codes + policy.plan(payer, product).auth_required_codes


def _of_payer(authorizations: tuple[Held[Authorization], ...], payer: str | None) -> list[Held[Authorization]]:
    return [a for a in authorizations if a.data.payer in (None, payer)]


def _covers(authorization: Authorization, line: BilledLine, day: date) -> bool:
    return not _why_not(authorization, line, day)


def _why_not(authorization: Authorization, line: BilledLine, day: date) -> str:
    if authorization.codes and line.code not in authorization.codes:
        return f"is for {words(list(authorization.codes))}"
    if authorization.start is not None and day < authorization.start:
        return f"begins only on {authorization.start}"
    if authorization.end is not None and day > authorization.end:
        return f"ended on {authorization.end}"
    rendering = line.claim.data.rendering
    if authorization.clinicians and rendering not in authorization.clinicians:
        return f"is for clinician {words(list(authorization.clinicians))}"
    return ""


def authorization_does_not_cover(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B25, what one visit shows: there is an authorization, but not for this day, code or clinician.

    Looked at where the payer asks for one, or the claim names one. Source: domain-facts §1.6 (15), §1.7 B25.
    """
    for line in case.billed_lines:
        claim = line.claim.data
        day = service_day(case, line.claim)
        required = line.code in _asked_for(case, line.claim)
        cited = claim.authorization_number
        if day is None or not (required or (cited and line.code not in ADD_ON_CODES)):
            continue
        on_file = _of_payer(case.client(claim.client).authorizations, claim.payer)
        named = [a for a in on_file if cited and a.data.number == cited]
        if not on_file or any(_covers(a.data, line, day) for a in named or on_file):
            continue
        nearest = max(named or on_file, key=lambda a: (a.data.end or date.max, a.id))
        yield claim_found(
            case,
            line.claim,
            f"bills {line.code} on {day}, but authorization {nearest.id} {_why_not(nearest.data, line, day)}",
            "Have the authorization extended or corrected by the payer before the claim is sent.",
            "15",
            nearest,
            keys={"authorization": nearest.id},
        )


def authorized_units_exceeded(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """B25, what all visits together show: units used before, and this claim's, are more than were approved.

    Claims count in the order of their visits; what was denied used nothing up. Source: domain-facts §1.6 (198),
    §1.7 B25.
    """
    limited = [a for a in case.client.authorizations if a.data.units_approved is not None]
    if not limited:
        return
    left = {a.id: (a.data.units_approved or 0) - (a.data.units_used_before or 0) for a in limited}
    for session, line, day in _visits(case, limited):
        covering = [
            a
            for a in _of_payer(tuple(limited), line.payer_id)
            if _covers(a.data, line, day) and (line.claim.data.authorization_number or a.data.number) == a.data.number
        ]
        if not covering or (line.code in ADD_ON_CODES and not any(line.code in a.data.codes for a in covering)):
            continue
        covering.sort(key=lambda a: (a.data.end or date.max, a.id))
        roomy = next((a for a in covering if left[a.id] >= line.units), None)
        if roomy is not None:
            left[roomy.id] -= 0 if line.claim.data.status == "denied" else line.units
            continue
        spent = covering[-1]
        used = (spent.data.units_approved or 0) - left[spent.id]
        yield claim_found(
            session,
            line.claim,
            f"bills {line.units} unit{'s' if line.units != 1 else ''} of {line.code}, but of the "
            f"{spent.data.units_approved} that authorization {spent.id} approved {used} are used",
            "Have the payer approve more units before the claim is sent.",
            "198",
            spent,
            keys={"authorization": spent.id},
        )


def units_used(case: ClientCase) -> dict[str, int]:
    """Authorization id → units used: before Conjoint knew it, and by the claims since that were not denied."""
    limited = [a for a in case.client.authorizations if a.data.units_approved is not None]
    used = {a.id: a.data.units_used_before or 0 for a in limited}
    if not limited:
        return used
    for _, line, day in _visits(case, limited):
        covering = [
            a
            for a in _of_payer(tuple(limited), line.payer_id)
            if _covers(a.data, line, day) and (line.claim.data.authorization_number or a.data.number) == a.data.number
        ]
        if not covering or (line.code in ADD_ON_CODES and not any(line.code in a.data.codes for a in covering)):
            continue
        covering.sort(key=lambda a: (a.data.end or date.max, a.id))
        roomy = next((a for a in covering if used[a.id] + line.units <= (a.data.units_approved or 0)), covering[-1])
        used[roomy.id] += 0 if line.claim.data.status == "denied" else line.units
    return used


def _visits(
    case: ClientCase, authorizations: list[Held[Authorization]]
) -> Iterator[tuple[SessionCase, BilledLine, date]]:
    """The client's billed lines within the spans of these authorizations, in the order of the visits."""
    first = min(a.data.start or date(2000, 1, 1) for a in authorizations)
    last = max(a.data.end or case.practice.last_day for a in authorizations)
    client_id = case.file.key.id
    for session in case.sessions_between(first, last):
        for line in session.lines_of_client(client_id):
            day = service_day(session, line.claim)
            primary = line.claim.data.sequence in (None, "primary")
            if day is not None and primary and not billed_again(session, line.claim, line.code):
                yield session, line, day


_ALL = PSYCHOTHERAPY_CODES | EVALUATION_CODES
LIMITED_FAMILIES: dict[str, frozenset[str]] = {
    "group": GROUP_CODES - {"90849"},
    "multi_family": frozenset({"90849"}),
    "family": FAMILY_CODES,
    "couple": FAMILY_CODES,
    "couples": FAMILY_CODES,
    "conjoint": FAMILY_CODES,
    "individual": INDIVIDUAL_CODES,
    "crisis": CRISIS_CODES,
    "all": _ALL,
    "total": _ALL,
    "psychotherapy": _ALL,
    "outpatient": _ALL,
    "mental_health": _ALL,
    "behavioral_health": _ALL,
}
"""Which codes a coverage's visit limit of that name counts; any other name is taken for a code."""


def _codes_of(family: str) -> frozenset[str]:
    name = family.casefold().removesuffix("_psychotherapy").removesuffix("_therapy")
    return LIMITED_FAMILIES.get(name, frozenset({family}))


def visit_limit_exceeded(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """B26: the benefit year's visits of a kind are not more than the plan pays for; the last one of them is paid.

    The benefit year is the calendar year. Visits before the first session known here count in that session's year.
    Source: domain-facts §1.6 (119), §1.7 B26; limits from the coverage's `visit_limits`, else its plan's.
    """
    client_id = case.file.key.id
    for coverage in case.client.coverages:
        limits = visit_limits(case.practice, coverage.data)
        if not limits:
            continue
        sessions = case.sessions_between(
            coverage.data.start or date(2000, 1, 1), coverage.data.end or case.practice.last_day
        )
        first_known = case.first_known_day()
        for family, limit in sorted(limits.items()):
            codes = _codes_of(family)
            before = coverage.data.visits_used_before.get(family, 0)
            used = {} if first_known is None else {first_known.year: before}
            for session in sessions:
                line = _first_line(session, client_id, coverage, codes)
                if line is None or session.service_on is None:
                    continue
                year = session.service_on.year
                used[year] = used.get(year, 0) + 1
                if used[year] > limit:
                    yield claim_found(
                        session,
                        line.claim,
                        f"is visit {used[year]} of its kind ({family.replace('_', ' ')}) in {year}; coverage "
                        f"{coverage.id} pays for {limit}",
                        "Tell the client that the plan pays no more visits; agree on self-pay or ask for an exception.",
                        "119",
                        coverage,
                        keys={"coverage": coverage.id},
                    )


def _first_line(
    session: SessionCase, client_id: str, coverage: Held[Coverage], codes: frozenset[str]
) -> BilledLine | None:
    for line in session.lines_of_client(client_id):
        claim = line.claim.data
        of_coverage = claim.coverage == coverage.id or (claim.coverage is None and claim.payer == coverage.data.payer)
        if line.code in codes and of_coverage and claim.status != "denied":
            return line
    return None


def assistance_modifier_missing(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B50, what one visit shows: a claim to an employee assistance programme carries HJ.

    Source: domain-facts §1.4 (HJ), §1.7 B50.
    """
    for lines in case.lines_of_claim.values():
        claim = lines[0].claim
        bare = [ln.code for ln in lines if ln.code not in ADD_ON_CODES and EAP_MODIFIER not in ln.line.modifiers]
        if bare and case.policy.payer(claim.data.payer).kind == EAP:
            yield claim_found(
                case,
                claim,
                f"goes to an employee assistance programme without modifier {EAP_MODIFIER} on {words(bare)}",
                f"Add {EAP_MODIFIER}.",
                "109",
            )


def assistance_comes_first(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """B50, what all visits together show: while an EAP authorization has visits left, the medical plan is not billed.

    Source: domain-facts §1.7 B50.
    """
    assisted = [a for a in case.client.authorizations if a.data.kind == EAP]
    if not assisted:
        return
    left = {
        a.id: None if a.data.units_approved is None else a.data.units_approved - (a.data.units_used_before or 0)
        for a in assisted
    }
    for session, line, day in _visits(case, assisted):
        covering = [a for a in assisted if _covers(a.data, line, day)]
        if session.policy.payer(line.payer_id).kind == EAP:
            for authorization in covering:
                units = left[authorization.id]
                if authorization.data.payer in (None, line.payer_id) and units is not None:
                    left[authorization.id] = units - line.units
                    break
            continue
        remaining = [(a, left[a.id]) for a in covering]
        active = next((a for a, units in remaining if units is None or units > 0), None)
        if active is not None and line.code not in ADD_ON_CODES:
            yield claim_found(
                session,
                line.claim,
                f"goes to {line.payer_id}, though EAP authorization {active.id} covers {line.code} on {day}",
                "Bill the employee assistance programme first.",
                "109",
                active,
                keys={"authorization": active.id},
            )

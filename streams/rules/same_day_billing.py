"""Do the services of one day bear each other: code pairs, units, duplicates, and people in two places at once? Pure.

Each finding stands with the session whose claim has to change; double bookings stand with both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.care import Claim, Note
from streams.cases import ADJUDICATED, BilledLine, SessionCase, cents, comes_after
from streams.files import Held
from streams.policy import CodePair
from streams.policy.procedures import DISTINCT_SERVICE_MODIFIERS, PSYCHOTHERAPY_CODES
from streams.rule import Evidence, Found, Outcome
from streams.rules.claims import claim_found, words

Span = tuple[datetime, datetime]
_FIRST = (None, "primary")


@dataclass(frozen=True)
class _Service:
    """A billed line where it was rendered."""

    case: SessionCase
    line: BilledLine

    @property
    def modifiers(self) -> frozenset[str]:
        return frozenset(self.line.line.modifiers)

    @property
    def order(self) -> tuple[float, str, float, str]:
        """Earlier visits first; of claims for one visit, the one queued first."""
        starts_at, claim = self.case.starts_at, self.line.claim
        queued_at = claim.data.queued_at or claim.at
        return (0.0 if starts_at is None else starts_at.timestamp(), self.case.id, queued_at.timestamp(), claim.id)


def _services_of_day(case: SessionCase, client_id: str) -> list[_Service]:
    cases = (case, *case.same_day(client_id))
    return [_Service(c, line) for c in cases for line in c.lines_of_client(client_id)]


def pair_of_codes(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B16: two codes of an edit, same patient, day and rendering clinician, need a distinct service and say so.

    Indicator 0: never (block). Indicator 1: without 59, XE, XP, XS or XU on the code the edit names (hold); with it,
    but documented at overlapping times (block). Source: domain-facts §1.3, §1.7 B16; pairs from the policy's `ptp`.
    """
    day = case.service_on
    pairs = () if day is None else tuple(pair for pair in case.policy.ptp if pair.holds_on(day))
    for line in case.billed_lines:
        for pair in pairs:
            if line.code != pair.needs_modifier:
                continue
            mine = _Service(case, line)
            partner = _partner(mine, pair)
            if partner is None:
                continue
            problem = _pair_problem(mine, partner, pair)
            if problem is not None:
                why, todo, predicts, blocks = problem
                yield claim_found(
                    case,
                    line.claim,
                    f"bills {line.code} beside {partner.line.code} of session {partner.case.id} on the same day{why}",
                    todo,
                    predicts,
                    partner.line.claim,
                    partner.case.appointment,
                    *_notes(mine),
                    *_notes(partner),
                    money_at_stake_cents=cents(line.line.amount),
                    severity="block" if blocks else "hold",
                )
                break


def _partner(mine: _Service, pair: CodePair) -> _Service | None:
    code = pair.col1 if pair.needs_modifier == pair.col2 else pair.col2
    claim = mine.line.claim.data
    for service in _services_of_day(mine.case, mine.line.client_id):
        other = service.line.claim.data
        if service.line.code == code and other.rendering == claim.rendering and other.payer == claim.payer:
            return service
    return None


def _pair_problem(mine: _Service, partner: _Service, pair: CodePair) -> tuple[str, str, str, bool] | None:
    if pair.indicator == 0:
        return ", which is never paid", "Take one of the two services off.", "236", True
    if not mine.modifiers & DISTINCT_SERVICE_MODIFIERS:
        todo = f"If the two were separate encounters, add XE (or 59) to {mine.line.code}; else take one off."
        return " without a modifier saying that the two were distinct", todo, "97", False
    if any(_overlap(one, other) for one in _documented(mine) for other in _documented(partner)):
        todo = "Correct the notes' times if they are wrong; services at the same time are not distinct."
        return " as distinct, but the notes put the two at overlapping times", todo, "97", True
    return None


def _notes(service: _Service) -> list[Held[Note]]:
    own = service.case.notes_of(service.line.client_id)
    return [note for note in own if note.data.code == service.line.code] or list(own)


def _documented(service: _Service) -> list[Span]:
    times = [(note.data.start, note.data.stop) for note in _notes(service)]
    spans = [(start, stop) for start, stop in times if start is not None and stop is not None]
    held = _held_during(service.case)
    return spans or ([] if held is None else [held])


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def modifier_without_pair(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B17: 59, XE, XP, XS or XU says that two services of a day were distinct; alone it says nothing.

    Also when the other half was voided since. Source: domain-facts §1.3, §1.7 B17.
    """
    for line in case.billed_lines:
        used = sorted(set(line.line.modifiers) & DISTINCT_SERVICE_MODIFIERS)
        if not used:
            continue
        others = [s for s in _services_of_day(case, line.client_id) if s.line.code != line.code]
        # an individual and a family visit on one day are told apart by the same modifiers (domain-facts §1.3)
        if any(service.line.code in PSYCHOTHERAPY_CODES for service in others) or _repeated(case, line):
            continue
        yield claim_found(
            case,
            line.claim,
            f"carries modifier {words(used)} on {line.code}, but no other service of that day is billed",
            f"Take the modifier off {line.code}, or bill the other service.",
            "4",
            money_at_stake_cents=cents(line.line.amount),
        )


def _repeated(case: SessionCase, line: BilledLine) -> bool:
    services = _services_of_day(case, line.client_id)
    return any(service.case.id != case.id and service.line.code == line.code for service in services)


def too_many_units(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B18: no more units of a code for one patient and day than are medically likely.

    One service billed again (B19, B43) or by a second clinician (B35) is not more units. Stands with the claim that
    goes beyond. Source: domain-facts §1.3 (MUE), §1.7 B18; numbers from the policy's `mue_per_day`.
    """
    limits = case.policy.mue_per_day
    for claim_id, lines in case.lines_of_claim.items():
        claim = lines[0].claim
        client_id = claim.data.client
        alone = len(case.lines_of_client(client_id)) == 1 and not case.same_day(client_id)
        if (alone and lines[0].units <= limits.get(lines[0].code, lines[0].units)) or claim.data.sequence not in _FIRST:
            continue
        for code in sorted({line.code for line in lines if line.code in limits}):
            if billed_again(case, claim, code):
                continue
            services = _counted(case, client_id, claim.data.payer, code)
            mine = [service for service in services if service.line.claim.id == claim_id]
            before = sum(s.line.units for s in services if s.line.claim.id != claim_id and s.order < mine[0].order)
            units = sum(service.line.units for service in mine)
            if before + units > limits[code]:
                yield claim_found(
                    case,
                    claim,
                    f"brings {code} to {before + units} units on that day; at most {limits[code]} are payable",
                    "Bill no more units than are payable, or have the second service reviewed.",
                    "151",
                    *(service.line.claim for service in services),
                    money_at_stake_cents=sum(cents(service.line.line.amount) or 0 for service in mine),
                )


def _counted(case: SessionCase, client_id: str, payer_id: str | None, code: str) -> list[_Service]:
    return [
        service
        for service in _services_of_day(case, client_id)
        if service.line.code == code
        and service.line.payer_id == payer_id
        and service.line.claim.data.sequence in _FIRST
        and not billed_again(service.case, service.line.claim, code)
    ]


def billed_again(case: SessionCase, claim: Held[Claim], code: str) -> bool:
    """This session's same service was billed before: to a payer who took that claim, or by another clinician."""
    mine = claim.data
    for line in case.lines_of_client(mine.client):
        its = line.claim.data
        same_payer = mine.payer == its.payer and mine.sequence == its.sequence
        if line.claim.id == claim.id or line.code != code or not same_payer:
            continue
        if (its.status in ADJUDICATED or mine.rendering != its.rendering) and comes_after(claim, line.claim):
            return True
    return False


def already_accepted(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B19: a new claim (frequency 1) for what a payer has already accepted or paid is a duplicate.

    The same patient, day, code, modifiers, rendering clinician and payer. After a rejection a new claim is right: it
    was never adjudicated. Source: domain-facts §1.4 (duplicate), §1.6 (277CA), §1.7 B19.
    """
    for lines in case.lines_of_claim.values():
        claim = lines[0].claim
        if claim.data.frequency not in (None, 1) or claim.data.status in ("rejected", "denied"):
            continue
        if len(case.lines_of_client(claim.data.client)) == len(lines) and not case.same_day(claim.data.client):
            continue
        for line in lines:
            earlier = _accepted_before(case, line)
            if earlier is not None:
                yield claim_found(
                    case,
                    claim,
                    f"bills {line.code} as new, though claim {earlier.id} for the same service was already "
                    f"{earlier.data.status}",
                    "Void it; to correct the earlier claim, send a replacement (frequency 7) with its control number.",
                    "18",
                    earlier,
                )
                break


def _accepted_before(case: SessionCase, line: BilledLine) -> Held[Claim] | None:
    for service in _services_of_day(case, line.client_id):
        other = service.line.claim
        if other.id == line.claim.id or other.data.status not in ("accepted", "paid"):
            continue
        if _key(service.line) == _key(line) and comes_after(line.claim, other):
            return other
    return None


def _key(line: BilledLine) -> tuple[object, ...]:
    claim = line.claim.data
    sequence = claim.sequence or "primary"
    return (claim.client, line.code, frozenset(line.line.modifiers), claim.rendering, claim.payer, sequence)


def in_two_places_at_once(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B38: no clinician and no client is in two sessions at the same moment.

    Two sessions that both took place, or are both booked. One that ends when the other begins is none; a client who
    left one to go to the other was in one at a time. Source: domain-facts §1.7 B38.
    """
    mine = _held_during(case)
    for clinician in sorted(_clinicians(case)) if mine else ():
        for other in case.at_the_same_time(clinician):
            its = _held_during(other)
            if mine and its and _overlap(mine, its) and _alike(case, other) and clinician in _clinicians(other):
                yield _double("clinician", clinician, case, other)
                break
    for client_id in case.participants:
        there = _present(case, client_id)
        # where nobody recorded when, nothing can overlap, and a clinician's whole day would be opened to find that out
        for other in case.at_the_same_time(client_id) if there else ():
            elsewhere = _present(other, client_id)
            if _alike(case, other) and there and elsewhere and _overlap(there, elsewhere):
                yield _double("client", client_id, case, other)
                break


def _double(who: str, person: str, case: SessionCase, other: SessionCase) -> Found:
    evidence: list[Evidence | None] = [case.appointment, other.appointment]
    if who == "client":
        evidence += [case.attendance.get(person), other.attendance.get(person)]
    claims = [c for c in case.claims_billing if person in (c.data.client, c.data.rendering)]
    return Found(
        subject={"session": case.id, who: person},
        why=f"{who.capitalize()} {person} is in sessions {case.id} and {other.id}, whose times overlap.",
        todo="Correct the times, the attendance or who led; two services at one moment cannot both be billed.",
        evidence=tuple(evidence),
        predicts="97",
        money_at_stake_cents=sum(cents(claim.data.total) or 0 for claim in claims) or None,
    )


def _alike(case: SessionCase, other: SessionCase) -> bool:
    return case.session.status == other.session.status


def _clinicians(case: SessionCase) -> set[str]:
    named = {facilitator.clinician for facilitator in case.session.facilitators}
    return named | {claim.data.rendering for claim in case.claims_billing if claim.data.rendering is not None}


def _held_during(case: SessionCase) -> Span | None:
    """From when to when it took place, or is booked; None if nobody came or it was called off."""
    session = case.session
    if session.status == "booked":
        start, end = session.scheduled_start, session.scheduled_end
    elif case.took_place and (case.attending or not case.attendance):
        start, end = session.actual_start, session.actual_end
    else:
        return None
    return None if start is None or end is None else (start, end)


def _present(case: SessionCase, client_id: str) -> Span | None:
    if case.took_place:
        return case.presence(client_id)
    return _held_during(case) if client_id in case.expected else None

"""Do add-on codes stand on a code they may be added to, and crisis codes on the time they need? Pure."""

from collections.abc import Iterator
from datetime import datetime

from streams.cases import BilledLine, SessionCase, cents
from streams.policy.procedures import (
    EVALUATION_CODES,
    PSYCHOTHERAPY_CODES,
    procedure_on,
)
from streams.rule import Outcome, not_recorded
from streams.rules.claims import claim_found, claim_subject, lines_with, words

COMPLEXITY, CRISIS, FURTHER_CRISIS = "90785", "90839", "90840"


def complexity_without_cause(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B14: 90785 is added to an allowed code of the same claim or day, for a patient who met a documented factor.

    Never to 90846, 90847, 90839 or 90840. Source: domain-facts §1.1 (+90785), §1.7 B14.
    """
    day = case.service_on
    for line in case.billed_lines:
        procedure = None if day is None or line.code != COMPLEXITY else procedure_on(COMPLEXITY, day)
        if procedure is None:
            continue
        codes = {other.code for other in case.lines_of_claim[line.claim.id]}
        allowed = bool(codes & procedure.add_on_to)
        wrong = sorted(codes & procedure.never_with)
        notes = case.notes_of(line.client_id)
        amount = cents(line.line.amount)
        if not allowed and not wrong:
            allowed = any(other.code in procedure.add_on_to for other in _same_day_lines(case, line.client_id))
        if not allowed:
            reason = f"together with {words(wrong)}" if wrong else "without a code it may be added to"
            yield claim_found(
                case,
                line.claim,
                f"bills {COMPLEXITY} {reason}",
                f"Take {COMPLEXITY} off the claim.",
                "97",
                money_at_stake_cents=amount,
            )
        elif not any((note.data.complexity_factor or "").strip() for note in notes):
            yield claim_found(
                case,
                line.claim,
                f"bills {COMPLEXITY}, but no note of this client documents a complexity factor",
                f"Document the factor this patient met (by addendum), or take {COMPLEXITY} off the claim.",
                "16",
                *notes,
                money_at_stake_cents=amount,
            )


def _same_day_lines(case: SessionCase, client_id: str) -> list[BilledLine]:
    others = case.same_day(client_id)
    lines = [line for other in (case, *others) for line in other.billed_lines]
    return [line for line in lines if line.client_id == client_id]


def crisis_code_misused(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B15: 90839 needs 30 minutes, stands once a day and not with other psychotherapy of the same service.

    90840 needs 90839 and 75 minutes, and 30 more for each further unit. Source: domain-facts §1.1, §1.7 B15.
    """
    for claim_id, lines in case.lines_of_claim.items():
        crisis = [line for line in lines if line.code in (CRISIS, FURTHER_CRISIS)]
        if not crisis:
            continue
        claim = crisis[0].claim
        assert claim.id == claim_id
        if case.duration_minutes is None and case.took_place:
            yield not_recorded(
                f"when session {case.id} began and ended, which claim {claim.id} bills as crisis",
                claim_subject(case, claim),
                (claim, case.appointment),
            )
        problems = [problem for problem in (_time(case, crisis), _company(case, crisis)) if problem is not None]
        if problems:
            predicts = problems[0][1]
            yield claim_found(
                case,
                claim,
                words([why for why, _ in problems]),
                "Correct the codes or the session's times before the claim is sent.",
                predicts,
                *(other.appointment for other in case.same_day(claim.data.client)),
            )


def _time(case: SessionCase, crisis: list[BilledLine]) -> tuple[str, str] | None:
    minutes, day = case.duration_minutes, case.service_on
    if minutes is None or day is None:
        return None
    for line in crisis:
        procedure = procedure_on(line.code, day)
        if procedure is None or procedure.least_minutes is None:
            continue
        further = procedure.each_further_minutes
        least = procedure.least_minutes + (0 if further is None else further * (line.units - 1))
        if minutes < least:
            units = f"{line.units} units of " if line.units > 1 and further is not None else ""
            return f"bills {units}{line.code}, which needs {least} minutes, for {minutes}", "16"
    return None


def _company(case: SessionCase, crisis: list[BilledLine]) -> tuple[str, str] | None:
    client_id, claim = crisis[0].client_id, crisis[0].claim
    here = [line for line in case.billed_lines if line.client_id == client_id]
    same_payer = [line for line in here if line.payer_id == claim.data.payer]
    if not any(line.code == CRISIS for line in crisis):
        if not any(line.code == CRISIS for line in same_payer):
            return f"bills {FURTHER_CRISIS} without {CRISIS}", "97"
        return None
    others = lines_with(tuple(same_payer), (PSYCHOTHERAPY_CODES | EVALUATION_CODES) - {CRISIS, FURTHER_CRISIS})
    if others:
        return f"bills {CRISIS} together with {words(sorted({line.code for line in others}))}", "97"
    if sum(line.units for line in crisis if line.code == CRISIS) > 1:
        return f"bills {CRISIS} more than once", "97"
    earlier = [
        other.id
        for other in case.same_day(client_id)
        if _before(other, case)
        and any(line.code == CRISIS and line.client_id == client_id for line in other.billed_lines)
    ]
    return (f"bills {CRISIS} a second time on the same day (session {earlier[0]})", "97") if earlier else None


def _before(one: SessionCase, other: SessionCase) -> bool:
    if one.starts_at is None or other.starts_at is None:
        return one.id < other.id
    return (one.starts_at, one.id) < (other.starts_at, other.id)

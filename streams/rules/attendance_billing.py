"""Does what is billed agree with who was there, and for how long? Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.care import Claim
from streams.cases import CONJOINT_KINDS, SessionCase, cents
from streams.files import Held
from streams.policy.procedures import FAMILY_CODES, GROUP_CODES, INDIVIDUAL_CODES, procedure_on
from streams.rule import Found, Outcome, Recheck, not_recorded
from streams.rules.claims import claim_found, claim_subject

_MOMENT = timedelta(microseconds=1)


def billed_without_attendance(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B01: a visit that did not happen for this person is never billed to a payer.

    A no-show fee to the patient (self-pay, no CPT code) is allowed. A family or couples session that went on without
    its identified patient did happen: which code it then takes is B07's. Source: domain-facts §1.1, §1.7 B01.
    """
    for claim in case.claims_billing:
        client_id = claim.data.client
        attendance = case.attendance.get(client_id)
        if case.attended(client_id) or _went_on_without(case, claim):
            continue
        if case.missed(client_id) or case.cancelled:
            word = "cancelled" if attendance is None else _word(attendance.data.status)
            paid = claim.data.status == "paid"
            yield claim_found(
                case,
                claim,
                f"bills a visit that did not take place: the attendance is recorded as {word}",
                "Refund the payer and void the claim." if paid else "Void the claim, or correct the attendance.",
                None,
                attendance,
            )
        elif case.took_place:
            yield not_recorded(
                f"whether client {client_id} attended session {case.id}, which claim {claim.id} bills",
                claim_subject(case, claim),
                (claim, case.appointment, attendance),
            )
    for charge in case.charges:
        invoice = charge.data
        if not invoice.code or not case.missed(invoice.client):
            continue
        attendance = case.attendance[invoice.client]
        yield Found(
            subject={"session": case.id, "client": invoice.client},
            why=f"Charge {charge.id} carries code {invoice.code} for session {case.id}, which client {invoice.client} "
            f"did not attend ({_word(attendance.data.status)}).",
            todo="Replace it by a no-show fee without a procedure code, or correct the attendance.",
            evidence=(charge, attendance),
            money_at_stake_cents=cents(invoice.amount),
        )


def _went_on_without(case: SessionCase, claim: Held[Claim]) -> bool:
    if case.session.kind not in CONJOINT_KINDS or claim.data.client != case.session.identified_patient:
        return False
    codes = {line.code for line in case.lines_of_claim.get(claim.id, ())}
    if not codes or not codes <= FAMILY_CODES or not case.attending:
        return False
    # 90847 for an identified patient nobody recorded anything about stays undecided
    return case.missed(claim.data.client) or codes == {"90846"}


def _word(status: str | None) -> str:
    return (status or "unknown").replace("_", " ")


def attended_but_not_billed(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B02: a visit that took place is billed within `missed_revenue_hours` of its end.

    A group visit is billed for each patient, a family or couples visit once (the identified patient), a multi-family
    visit once a family; a collateral is never billed, nor is a visit too short for any code.
    Source: domain-facts §1.1, §1.7 B02.
    """
    ended_at = case.ended_at
    if not case.took_place or ended_at is None:
        return
    hours = case.policy.missed_revenue_hours
    overdue_at = ended_at + timedelta(hours=hours)
    unbilled = tuple(not_yet_billed(case))
    if now <= overdue_at:
        if unbilled:
            yield Recheck(overdue_at + _MOMENT)
        return
    for client_id, code in unbilled:
        yield Found(
            subject={"session": case.id, "client": client_id},
            why=f"Client {client_id} was seen in session {case.id}, which ended more than {hours} hours ago, and "
            "nothing has been billed.",
            todo="Create the claim or the self-pay invoice before the payer's filing limit.",
            evidence=(case.appointment, case.attendance.get(client_id)),
            since=overdue_at,
            predicts="29",
            money_at_stake_cents=case.fee_cents(code),
        )


def not_yet_billed(case: SessionCase) -> Iterator[tuple[str, str]]:
    """Whom a session that took place should still bill, and with which code."""
    billed = {claim.data.client for claim in case.claims_billing} | {charge.data.client for charge in case.charges}
    kind, minutes = case.session.kind, case.duration_minutes
    if kind in CONJOINT_KINDS:
        patient = case.session.identified_patient
        if patient is not None and case.attending and not billed and case.client(patient).is_patient:
            code = "90847" if case.attended(patient) else "90846"
            if _long_enough(case, code):
                yield patient, code
        return
    unbilled = [
        client_id for client_id in case.attending if client_id not in billed and case.client(client_id).is_patient
    ]
    if kind == "multi_family":
        yield from ((client_id, "90849") for client_id in _one_a_family(case, unbilled, billed))
        return
    if kind == "group":
        yield from ((client_id, "90853") for client_id in unbilled)
        return
    code_ = "90839" if kind == "crisis" and minutes is not None and minutes >= 30 else individual_code(minutes)
    if code_ is not None:
        yield from ((client_id, code_) for client_id in unbilled)


def _one_a_family(case: SessionCase, unbilled: list[str], billed: set[str]) -> Iterator[str]:
    families = list(case.families.values())
    done = [members for members in families if members & billed]
    for client_id in unbilled:
        family = next((members for members in families if client_id in members), frozenset({client_id}))
        if family not in done:
            done.append(family)
            yield client_id


def _long_enough(case: SessionCase, code: str) -> bool:
    if case.service_on is None or case.duration_minutes is None:
        return True
    procedure = procedure_on(code, case.service_on)
    return procedure is None or procedure.fits(case.duration_minutes)


def individual_code(minutes: int | None) -> str | None:
    """The individual psychotherapy code for a duration: 16-37, 38-52, 53 and more minutes (domain-facts §1.1)."""
    if minutes is None or minutes < 16:
        return None
    return "90832" if minutes <= 37 else "90834" if minutes <= 52 else "90837"


def wrong_individual_code(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B11: an individual code fits the elapsed minutes: 16-37, 38-52, 53 and more; below 16 nothing is billable.

    Source: domain-facts §1.1 (CPT midpoints), §1.7 B11.
    """
    for line in case.billed_lines:
        if line.code not in INDIVIDUAL_CODES or case.service_on is None:
            continue
        minutes = case.duration_minutes
        if minutes is None:
            if case.took_place:
                yield not_recorded(
                    f"when session {case.id} began and ended, which claim {line.claim.id} bills as {line.code}",
                    claim_subject(case, line.claim),
                    (line.claim, case.appointment),
                )
            continue
        procedure = procedure_on(line.code, case.service_on)
        if procedure is None or procedure.fits(minutes):
            continue
        right = individual_code(minutes)
        yield claim_found(
            case,
            line.claim,
            f"bills {line.code} for a visit of {minutes} minutes, "
            + (f"which is {right}" if right else "which is too short for any code"),
            f"Bill {right}, or correct the session's times." if right else "Withdraw the claim, or correct the times.",
            "150" if right else "16",
        )


def too_little_of_the_group(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B12: whoever came late or left early was there for the minimum that payer or practice asks of a group visit.

    No minimum set: nothing to say. Source: domain-facts §1.7 B12; minimum from `group_presence_min_minutes`.
    """
    for line in case.billed_lines:
        if line.code not in GROUP_CODES:
            continue
        policy = case.policy
        minimum = policy.payer(line.payer_id).group_presence_min_minutes
        if minimum is None:
            minimum = policy.group_presence_min_minutes
        presence = case.presence(line.client_id)
        if minimum is None or not case.attended(line.client_id):
            continue
        attendance = case.attendance.get(line.client_id)
        if presence is None:
            yield not_recorded(
                f"how long client {line.client_id} was in session {case.id}",
                claim_subject(case, line.claim),
                (line.claim, case.appointment, attendance),
            )
            continue
        there = presence[1] - presence[0]
        if there < timedelta(minutes=minimum):
            yield claim_found(
                case,
                line.claim,
                f"bills the full {line.code}, but the client was there for {there // timedelta(minutes=1)} minutes; "
                f"at least {minimum} are asked for",
                "Check the times of arrival and leaving; if they are right, do not bill the full visit.",
                "16",
                attendance,
            )

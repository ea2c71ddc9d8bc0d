"""Does what is billed agree with who was there? Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.care import Claim
from streams.cases import CONJOINT_KINDS, SessionCase, cents
from streams.files import Held
from streams.rule import Found, Outcome, Recheck

FAMILY_CODES = frozenset({"90846", "90847"})


def billed_without_attendance(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B01: a visit that did not happen for this person is never billed to a payer.

    A no-show fee to the patient (self-pay, no CPT code) is allowed. Source: domain-facts §1.1, §1.7 B01.
    """
    for claim in case.claims:
        data = claim.data
        if not case.missed(data.client):
            continue
        attendance = case.attendance[data.client]
        paid = data.status == "paid"
        yield Found(
            subject={"session": case.id, "client": data.client, "claim": claim.id},
            why=f"Claim {claim.id} bills session {case.id} for client {data.client}, whose attendance is recorded as "
            f"{_word(attendance.data.status)}.",
            todo="Refund the payer and void the claim." if paid else "Void the claim, or correct the attendance.",
            evidence=(claim, attendance),
            money_at_stake_cents=cents(data.total),
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


def _word(status: str | None) -> str:
    return (status or "unknown").replace("_", " ")


def attended_but_not_billed(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B02: a visit that took place is billed within `missed_revenue_hours` of its end.

    A group visit is billed for each patient, a family or couples visit once (the identified patient), a multi-family
    visit once a family; a collateral is never billed. Source: domain-facts §1.1, §1.7 B02.
    """
    ended_at = case.session.actual_end
    if not case.took_place or ended_at is None:
        return
    due_at = ended_at + timedelta(hours=case.practice.policy.missed_revenue_hours)
    if now < due_at:
        yield Recheck(due_at)
        return
    billed = {claim.data.client for claim in case.claims} | {charge.data.client for charge in case.charges}
    for client_id, code in _to_be_billed(case, billed):
        yield Found(
            subject={"session": case.id, "client": client_id},
            why=f"Client {client_id} was seen in session {case.id}, which ended more than "
            f"{case.practice.policy.missed_revenue_hours} hours ago, and nothing has been billed.",
            todo="Create the claim or the self-pay invoice before the payer's filing limit.",
            evidence=(case.appointment, case.attendance.get(client_id)),
            since=due_at,
            predicts="29",
            money_at_stake_cents=None if code is None else case.fee_cents(code),
        )


def _to_be_billed(case: SessionCase, billed: set[str]) -> Iterator[tuple[str, str | None]]:
    kind = case.session.kind
    if kind in CONJOINT_KINDS:
        patient = case.session.identified_patient
        if patient is not None and case.attending and not billed:
            yield patient, "90847" if case.attended(patient) else "90846"
        return
    unbilled = [
        client_id for client_id in case.attending if client_id not in billed and case.client(client_id).is_patient
    ]
    if kind == "multi_family":
        covered = [family for family in _families(case) if family & billed]
        seen: list[set[str]] = []
        for client_id in unbilled:
            family = next((members for members in _families(case) if client_id in members), {client_id})
            if family not in covered and family not in seen:
                seen.append(family)
                yield client_id, "90849"
        return
    for client_id in unbilled:
        yield client_id, {"group": "90853", "individual": individual_code(case.duration_minutes)}.get(kind)


def _families(case: SessionCase) -> list[set[str]]:
    group = case.group
    families = () if group is None else group.data.families
    files = (case.unit_file(family_id) for family_id in families)
    records = (file.one("family") for file in files if file is not None)
    return [set(record.data.members) for record in records if record is not None]


def individual_code(minutes: int | None) -> str | None:
    """The individual psychotherapy code for a duration: 16-37, 38-52, 53 and more minutes (domain-facts §1.1)."""
    if minutes is None or minutes < 16:
        return None
    return "90832" if minutes <= 37 else "90834" if minutes <= 52 else "90837"


def _billing_family_codes(case: SessionCase) -> list[tuple[Held[Claim], str]]:
    return [
        (claim, line.code)
        for claim in case.claims
        if claim.data.status != "rejected"
        for line in claim.data.lines
        if line.code in FAMILY_CODES
    ]


def family_session_billed_twice(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B06: one family or couples session is billed once, to one person's coverage.

    Never per member, and never to two payers as separate services (a secondary claim to the same person's other
    coverage is not a separate service). Source: domain-facts §1.1 (90847), §1.7 B06.
    """
    claims = list({claim.id: claim for claim, _ in _billing_family_codes(case)}.values())
    if len(claims) < 2:
        return
    clients = sorted({claim.data.client for claim in claims})
    separate = {claim.data.payer for claim in claims if claim.data.sequence in (None, "primary")}
    if len(clients) < 2 and len(separate) < 2:
        return
    amounts = sorted((cents(claim.data.total) or 0 for claim in claims), reverse=True)
    who = f"for {len(clients)} members ({', '.join(clients)})" if len(clients) > 1 else "to two payers"
    yield Found(
        subject={"session": case.id},
        why=f"Session {case.id} is billed {who}: claims {', '.join(sorted(claim.id for claim in claims))}.",
        todo="Keep the identified patient's claim and void the others.",
        evidence=tuple(claims),
        predicts="18" if len(clients) < 2 else "97",
        money_at_stake_cents=sum(amounts[1:]),
    )


MINUTES_FOR_FAMILY_CODE = 26


def family_session_too_short(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B10: 90846 and 90847 need at least 26 minutes between actual start and stop.

    Source: domain-facts §1.1 (CPT midpoint of 50 minutes), §1.7 B10.
    """
    minutes = case.duration_minutes
    if minutes is None or minutes >= MINUTES_FOR_FAMILY_CODE:
        return
    for claim, code in _billing_family_codes(case):
        yield Found(
            subject={"session": case.id, "client": claim.data.client, "claim": claim.id},
            why=f"Claim {claim.id} bills {code} for session {case.id}, which lasted {minutes} minutes; "
            f"{code} needs at least {MINUTES_FOR_FAMILY_CODE}.",
            todo="Correct the session's times if they are wrong; otherwise this code cannot be billed.",
            evidence=(case.appointment, claim),
            predicts="16",
            money_at_stake_cents=cents(claim.data.total),
        )

"""Is a family or couples session billed once, to its identified patient, with the code for who was there? Pure."""

from collections.abc import Iterator
from datetime import datetime

from streams.cases import CONJOINT_KINDS, BilledLine, SessionCase, cents
from streams.policy.procedures import FAMILY_CODES, procedure_on
from streams.rule import Found, Outcome, not_recorded
from streams.rules.claims import claim_found, claim_subject, lines_with


def _family_lines(case: SessionCase) -> tuple[BilledLine, ...]:
    return lines_with(case.billed_lines, FAMILY_CODES)


def family_session_billed_twice(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B06: one family or couples session is billed once, to one person's coverage.

    Never per member, and never to two payers as separate services (a secondary claim to the same person's other
    coverage is not a separate service). Source: domain-facts §1.1 (90847), §1.7 B06.
    """
    lines = [line for line in _family_lines(case) if line.claim.data.status != "rejected"]
    claims = list({line.claim.id: line.claim for line in lines}.values())
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


def code_for_who_was_there(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B07: 90847 is with the identified patient, 90846 without.

    Source: domain-facts §1.1, §1.7 B07. Whom the claim bills is B08's, that anybody came at all is B01's.
    """
    patient = case.session.identified_patient
    if case.session.kind not in CONJOINT_KINDS or patient is None or not case.attending:
        return
    for line in _family_lines(case):
        attendance = case.attendance.get(patient)
        if line.code == "90847" and case.missed(patient):
            absent, right = True, "90846"
        elif line.code == "90846" and case.attended(patient):
            absent, right = False, "90847"
        else:
            continue
        yield claim_found(
            case,
            line.claim,
            f"bills {line.code}, but the identified patient {patient} was {'absent' if absent else 'present'}",
            f"Bill {right}, or correct the attendance.",
            "16",
            attendance,
        )


def billed_to_another_member(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B08: a family or couples session is billed for the identified patient of that session.

    Source: domain-facts §1.1, §1.7 B08.
    """
    if case.session.kind not in CONJOINT_KINDS:
        return
    patient = case.session.identified_patient
    for line in _family_lines(case):
        if patient is None:
            yield not_recorded(
                f"the identified patient of session {case.id}, which claim {line.claim.id} bills as {line.code}",
                claim_subject(case, line.claim),
                (line.claim, case.appointment),
            )
        elif line.client_id != patient:
            yield claim_found(
                case,
                line.claim,
                f"bills {line.code}, but the identified patient of this session is {patient}",
                f"Bill the session for {patient} and void this claim.",
                "50",
            )


def alone_with_the_patient(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B09: 90847 needs somebody besides the identified patient; guests of the practice are no relatives.

    Source: domain-facts §1.1 (IP and at least one other person), §1.7 B09.
    """
    if case.session.kind == "group":
        return
    for line in _family_lines(case):
        patient = case.session.identified_patient or line.client_id
        if line.code != "90847" or case.attending != (patient,):
            continue
        undecided = [client_id for client_id in case.expected if client_id != patient]
        if undecided:
            yield not_recorded(
                f"whether client {undecided[0]} attended session {case.id}",
                claim_subject(case, line.claim),
                (line.claim, case.appointment, *case.attendance.values()),
            )
            continue
        yield claim_found(
            case,
            line.claim,
            "bills 90847, but nobody besides the identified patient was there",
            "Bill the individual code for the time, or correct the attendance.",
            "16",
            *case.attendance.values(),
        )


def family_session_too_short(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B10: 90846 and 90847 need at least 26 minutes between actual start and stop.

    Source: domain-facts §1.1 (CPT midpoint of 50 minutes), §1.7 B10.
    """
    minutes = case.duration_minutes
    for line in _family_lines(case):
        if minutes is None or case.service_on is None:
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
        yield claim_found(
            case,
            line.claim,
            f"bills {line.code} for a visit that lasted {minutes} minutes; it needs at least {procedure.least_minutes}",
            "Correct the session's times if they are wrong; otherwise this code cannot be billed.",
            "16",
        )

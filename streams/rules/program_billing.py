"""Does the client's program or restriction allow this claim: Part 2, self-pay restriction, PHP and IOP? Pure."""

from collections.abc import Iterator
from datetime import datetime

from schemas.care import Claim, Consent
from streams.cases import SessionCase
from streams.files import Held
from streams.policy.procedures import procedure_on
from streams.rule import Outcome, Recheck
from streams.rules.claims import claim_found
from streams.rules.part2 import covered
from streams.scope import Party, holds_for, reaches, words


def part2_claim_without_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B46: a claim for a SUD program's patient goes out under a Part 2 consent for payment that holds when it does.

    A claim that was sent is judged by the moment it was sent. Source: domain-facts §2.1, §1.7 B46; see C10.
    """
    for claim in case.standing_claims:
        data = claim.data
        client = case.client(data.client)
        if covered(case.practice, client) is not True:
            continue
        waiting = data.status == "queued"
        moment = now if waiting else data.submitted_at or data.queued_at or claim.at
        party = Party.payer(data.payer, case.practice)
        consents = [*client.consents("part2_tpo"), *client.consents("part2_specific")]
        if waiting:
            for consent in consents:
                if consent.data.expires is not None and consent.data.expires > now:
                    yield Recheck(consent.data.expires)
        if any(_for_payment(consent.data, party) and holds_for(consent.data, moment, party) for consent in consents):
            continue
        yield claim_found(
            case,
            claim,
            f"tells payer {data.payer} about a SUD program's patient without an active consent for payment",
            "Hold the claim until the patient signs a consent for treatment, payment and operations."
            if waiting
            else "Report the release to the privacy officer as an incident.",
            None,
            client.record,
            case.practice.record,
            *consents,
        )


PAYMENT = words("payment billing claim reimbursement tpo")


def _for_payment(consent: Consent, party: Party) -> bool:
    if consent.kind == "part2_tpo":
        return True
    return bool(words(consent.purpose) & PAYMENT) and (not consent.recipients or reaches(consent.recipients, party))


def billed_against_restriction(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B47: what the client paid in full and asked to keep from the plan is not billed to it.

    A claim sent before the client's record last changed is not held against a restriction that may be newer.
    Source: domain-facts §1.7 B47 (HIPAA 164.522(a)).
    """
    for claim in case.standing_claims:
        record = case.client(claim.data.client).record
        if record is None or not record.data.restrict_disclosure_to_plan:
            continue
        if claim.data.status != "queued" and _sent_at(claim) < record.at:
            continue
        yield claim_found(
            case,
            claim,
            "goes to a plan from which the client asked to keep their self-paid visits",
            "Void the claim and bill the client.",
            None,
            record,
        )


def _sent_at(claim: Held[Claim]) -> datetime:
    return claim.data.submitted_at or claim.data.queued_at or claim.at


GROUP, PROGRAM_GROUP = "90853", "G0410"


def code_of_another_program(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B48: a Medicare patient in a partial hospitalisation program is billed G0410, not 90853; nobody else is.

    Source: domain-facts §1.1 (G0410), §1.6 (5, 16), §1.7 B48.
    """
    day = case.service_on
    for line in case.billed_lines:
        record = case.client(line.client_id).record
        programs = {case.session.program, None if record is None else record.data.program} - {None}
        medicare = case.policy.payer(line.payer_id).kind == "medicare"
        procedure = None if day is None else procedure_on(line.code, day)
        if line.code == GROUP and medicare and "php" in programs:
            yield claim_found(
                case,
                line.claim,
                f"bills {GROUP} to Medicare for a patient in a partial hospitalisation program",
                f"Bill {PROGRAM_GROUP}.",
                "16",
                record,
            )
        elif procedure is not None and procedure.programs and programs and not programs & procedure.programs:
            yield claim_found(
                case,
                line.claim,
                f"bills {line.code}, a code of partial hospitalisation programs, for an outpatient",
                f"Bill {GROUP} for an outpatient group.",
                "5",
                record,
            )

"""What follows on a claim that was sent: is it sent again, replaced, voided, or sent on to the second payer? Pure.

Source: domain-facts §1.4 (duplicate, frequency 7 and 8), §1.6 (277CA, 835), §1.7 B23, B43. A claim a payer took in is
replaced or voided only if a rule says that it is wrong: a payment is never put at risk for a matter of style.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from schemas.care import Claim, PrimaryAdjudication
from schemas.claim_proposal import Difference
from schemas.finding import Finding
from schemas.remittance import ClaimAnswer
from streams.cases import ADJUDICATED, REPLACEMENT, VOID, SessionCase
from streams.claims.reason import Reason, Withheld, because, withheld
from streams.claims.suggesting import Suggested, claim_id, dollars
from streams.files import Held
from streams.policy.icd10cm import plain

Decided = Callable[[str], ClaimAnswer | None]
NOTHING_LEFT_TO_PAY = "the primary payer left nothing to pay"


def sent_again(case: SessionCase, rejected: Held[Claim], suggested: Suggested, now: datetime) -> Held[Claim]:
    """After a 277CA rejection: a new claim (frequency 1), because the payer never took the first one in."""
    id_ = claim_id("resubmission", case.practice.id, rejected.id)
    return Held(id_, now, True, suggested.claim.data.model_copy(update={"queued_at": now}))


def replaced(case: SessionCase, earlier: Held[Claim], suggested: Suggested, now: datetime) -> Held[Claim]:
    """What the payer has is wrong: the right claim in its place (frequency 7), under the payer's number."""
    id_ = claim_id("replacement", case.practice.id, earlier.id)
    ref = earlier.data.payer_control_number
    data = suggested.claim.data.model_copy(
        update={"frequency": REPLACEMENT, "original_ref": ref, "queued_at": now, "sequence": earlier.data.sequence}
    )
    return Held(id_, now, True, data)


def voided(case: SessionCase, earlier: Held[Claim], now: datetime) -> Held[Claim]:
    """What the payer has should never have been sent: the same claim, to be voided (frequency 8)."""
    id_ = claim_id("void", case.practice.id, earlier.id)
    data = earlier.data.model_copy(
        update={
            "frequency": VOID,
            "original_ref": earlier.data.payer_control_number,
            "payer_control_number": None,
            "status": "queued",
            "queued_at": now,
            "submitted_at": None,
            "accepted_at": None,
        }
    )
    return Held(id_, now, True, data)


def sent_on(
    case: SessionCase, primary: Held[Claim], now: datetime, decided: Decided
) -> tuple[Held[Claim], tuple[Reason, ...]] | Withheld | None:
    """The claim to the second payer, once the first has decided; None if there is no second."""
    client, day = case.client(primary.data.client), case.service_on
    first = client.coverage(primary.data.coverage)
    if first is None or day is None or primary.data.frequency == VOID:
        return None
    behind = [
        held
        for held in client.coverages
        if held.id != first.id
        and held.data.payer != first.data.payer
        and (held.data.rank or 99) > (first.data.rank or 0)
        and (held.data.start is None or held.data.start <= day)
        and (held.data.end is None or day <= held.data.end)
        and case.policy.payer(held.data.payer).kind != "eap"
    ]
    if not behind or primary.data.status not in ("paid", "denied"):
        return None
    second = min(behind, key=lambda held: (held.data.rank or 99, held.id))
    answer = decided(primary.id)
    if answer is None or answer.paid_cents is None:
        why = (
            f"Coverage {second.id} pays after {first.id}, but what the primary payer paid on claim {primary.id} is not "
            "recorded; read its remittance (835) first."
        )
        return withheld(case.id, client.id, "waits", why, primary, second)
    if answer.charge_cents is not None and answer.paid_cents >= answer.charge_cents:
        why = f"Claim {primary.id} was paid in full; {NOTHING_LEFT_TO_PAY}."
        return withheld(case.id, client.id, "not_billable", why, primary)
    card = second.data
    data = primary.data.model_copy(
        update={
            "coverage": second.id,
            "payer": card.payer,
            "sequence": "secondary",
            "status": "queued",
            "frequency": 1,
            "original_ref": None,
            "payer_control_number": None,
            "member_id": card.member_id,
            "relation": card.relation,
            "patient_name": card.patient_name or primary.data.patient_name,
            "patient_dob": card.patient_dob or primary.data.patient_dob,
            "authorization_number": None,
            "copay_collected": None,
            "primary_adjudicated": PrimaryAdjudication(
                claim=primary.id, date=answer.on, paid=dollars(answer.paid_cents)
            ),
            "queued_at": now,
            "submitted_at": None,
            "accepted_at": None,
            "rejected_at": None,
            "rejection": None,
        }
    )
    why = f"Coverage {second.id} pays after {first.id}, which paid {dollars(answer.paid_cents)} on claim {primary.id}."
    id_ = claim_id("secondary", case.practice.id, primary.id, card.payer or "")
    return Held(id_, now, True, data), (because("payer", card.payer or "", why, primary, second),)


# --- how two claims differ ---------------------------------------------------------------------------------------


def differences(claim: Claim, suggested: Claim) -> tuple[Difference, ...]:
    """Where a claim says something else than the records do, in what decides whether it is paid."""
    mine, its = _told(claim), _told(suggested)
    return tuple(
        Difference(field=field, claim=mine[field], suggested=its[field])
        for field in mine
        if mine[field] != its[field] and its[field] != "-"
    )


def _told(claim: Claim) -> dict[str, str]:
    codes = ", ".join(f"{line.code} x{line.units or 1}" for line in sorted(claim.lines, key=lambda li: li.code or ""))
    modifiers = ", ".join(
        f"{line.code}: {' '.join(sorted(line.modifiers))}"
        for line in sorted(claim.lines, key=lambda li: li.code or "")
        if line.modifiers
    )
    return {
        "code": codes or "-",
        "modifiers": modifiers or "none",
        "place_of_service": claim.place_of_service or "-",
        "diagnoses": ", ".join(plain(code) for code in claim.diagnoses) or "-",
        "payer": claim.payer or "-",
        "rendering": claim.rendering or "-",
        "supervising": claim.supervising or "none",
        "total": claim.total or "-",
    }


def is_wrong(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What speaks against a claim the payer already has: enough to correct it."""
    return tuple(f for f in findings if f.severity in ("block", "hold") and f.rule.startswith("B") and f.rule != "B42")


def at_the_payer(claim: Claim) -> bool:
    """The payer took it into adjudication."""
    return claim.status in ADJUDICATED

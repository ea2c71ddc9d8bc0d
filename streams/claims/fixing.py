"""What does a claim say after a biller's hand? Only what was set changes; amounts and numbers follow from it. Pure."""

from dataclasses import replace
from typing import Any

from schemas.care import Claim, ClaimLine
from schemas.claim_proposal import ClaimFix
from streams.cases import SessionCase, cents
from streams.claims.suggesting import dollars
from streams.files import Held


def fixed(case: SessionCase, claim: Held[Claim], fix: ClaimFix) -> Held[Claim]:
    """The claim with the fix laid over it. A line the claim does not have is left alone."""
    data = claim.data
    lines = tuple(_line(case, line, fix) if number == fix.line else line for number, line in enumerate(data.lines, 1))
    changed: dict[str, Any] = {"lines": lines}
    for field in ("place_of_service", "authorization_number", "original_ref", "copay_collected"):
        if getattr(fix, field) is not None:
            changed[field] = getattr(fix, field) or None
    if fix.diagnoses is not None:
        changed["diagnoses"] = fix.diagnoses
        count = len(fix.diagnoses)
        changed["lines"] = tuple(
            line.model_copy(update={"dx_pointers": tuple(p for p in line.dx_pointers if p <= count) or (1,)})
            for line in lines
        )
    if fix.rendering is not None:
        clinician = case.practice.clinician(fix.rendering)
        changed["rendering"] = fix.rendering
        changed["rendering_npi"] = None if clinician is None else clinician.data.npi
        changed["rendering_taxonomy"] = None if clinician is None else clinician.data.taxonomy
    if fix.supervising is not None:
        changed["supervising"] = fix.supervising or None
    amounts = [cents(line.amount) for line in changed["lines"]]
    if fix.code is not None or fix.units is not None:
        known = [amount for amount in amounts if amount is not None]
        changed["total"] = dollars(sum(known)) if len(known) == len(amounts) else None
    return replace(claim, data=data.model_copy(update=changed))


def _line(case: SessionCase, line: ClaimLine, fix: ClaimFix) -> ClaimLine:
    changed: dict[str, Any] = {}
    if fix.modifiers is not None:
        changed["modifiers"] = fix.modifiers
    if fix.code is not None or fix.units is not None:
        code, units = fix.code or line.code or "", line.units if fix.units is None else fix.units
        fee = case.fee_cents(code)
        changed |= {"code": code, "units": units}
        changed["amount"] = None if fee is None else dollars(fee * (1 if units is None else units))
    return line.model_copy(update=changed)

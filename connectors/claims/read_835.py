"""What did the payer pay, and why not the rest? A remittance (835), claim by claim and line by line. Pure.

Amounts in cents. A claim whose charge is not payment plus adjustments is named: such a remittance is not to be posted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connectors.claims.x12 import NotX12, Segment, cents_of, day_of
from schemas.professional_claim import Adjustment
from schemas.remittance import ClaimAnswer, RemittedLine

_DENIED, _REVERSED = "4", "22"
"""CLP02; any other status is one of processing."""


@dataclass(slots=True)
class _Claim:
    head: Segment
    adjustments: list[Adjustment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)


def read_835(segments: Sequence[Segment]) -> tuple[ClaimAnswer, ...]:
    """One answer for each claim of the remittance."""
    answers: list[ClaimAnswer] = []
    paid_on: date | None = None
    claim: _Claim | None = None
    seen = False

    def finish() -> None:
        if claim is not None:
            answers.append(_answer(claim, paid_on))

    for segment in segments:
        place = f"segment {segment.number} ({segment.id})"
        match segment.id:
            case "BPR":
                seen = True
                paid_on = day_of(segment.get(16), place) if segment.get(16) else None
            case "CLP":
                finish()
                claim = _Claim(segment)
            case "LX" | "SE" | "PLB":
                # a new group of claims, or the end: whatever adjustments follow are not this claim's
                finish()
                claim = None
            case "SVC" if claim is not None:
                claim.lines.append(_line(segment, place))
            case "CAS" if claim is not None:
                into = claim.lines[-1]["adjustments"] if claim.lines else claim.adjustments
                into += _adjustments(segment, place)
            case "MOA" | "MIA" if claim is not None:
                claim.remarks += [text for text in segment.elements if _is_remark(text)]
            case "LQ" if claim is not None and claim.lines and segment.get(1) == "HE":
                claim.lines[-1]["remarks"].append(segment.get(2))
            case _:
                pass
    if not seen:
        raise NotX12("an 835 without a payment (BPR)")
    return tuple(answers)


def _is_remark(text: str) -> bool:
    return len(text) <= 5 and text[:1].isalpha() and text[-1:].isdigit()


def _line(segment: Segment, place: str) -> dict[str, Any]:
    _, procedure, *modifiers = segment.parts(1) or ("", "")
    return {
        "procedure": procedure,
        "modifiers": tuple(modifier for modifier in modifiers[:4] if modifier),
        "charge_cents": cents_of(segment.get(2), place),
        "paid_cents": cents_of(segment.get(3), place),
        "adjustments": [],
        "remarks": [],
    }


def _adjustments(segment: Segment, place: str) -> list[Adjustment]:
    found = []
    for at in range(2, len(segment.elements) + 1, 3):
        reason, cents = segment.get(at), cents_of(segment.get(at + 1), place)
        if reason and cents:
            try:
                data = {"group": segment.get(1), "reason": reason, "amount_cents": cents}
                found.append(Adjustment.model_validate(data))
            except ValueError:  # pydantic's; its text is not repeated
                raise NotX12(f"{place}: no adjustment of a known group and reason") from None
    return found


def _answer(claim: _Claim, paid_on: date | None) -> ClaimAnswer:
    head, place = claim.head, f"segment {claim.head.number} (CLP)"
    charge, paid = cents_of(head.get(3), place), cents_of(head.get(4), place)
    lines = [RemittedLine.model_validate(line) for line in claim.lines]
    all_adjustments = [*claim.adjustments, *(a for line in lines for a in line.adjustments)]
    taken_off = sum(adjustment.amount_cents for adjustment in all_adjustments)
    status = head.get(2)
    denied = status == _DENIED or (paid == 0 and charge > 0 and not _patients_share(all_adjustments))
    balanced = charge == paid + taken_off
    reasons = tuple(dict.fromkeys(f"{a.group}-{a.reason}" for a in all_adjustments))
    outcome = "reversed" if status == _REVERSED else "denied" if denied else "paid"
    return ClaimAnswer.model_validate(
        {
            "kind": "835",
            "control_number": head.get(1),
            "outcome": outcome,
            "on": paid_on,
            "payer_control_number": head.get(7) or None,
            "charge_cents": charge,
            "paid_cents": paid,
            "patient_cents": cents_of(head.get(5), place) if head.get(5) else None,
            "adjustments": claim.adjustments,
            "remarks": tuple(dict.fromkeys(claim.remarks)),
            "lines": lines,
            "reasons": reasons,
            "says": outcome + ("" if balanced else "; charge, payment and adjustments do not balance"),
        }
    )


def _patients_share(adjustments: Sequence[Adjustment]) -> bool:
    """Nothing was paid because it was all the patient's to pay (deductible), which is no denial."""
    shares = [a for a in adjustments if not (a.group == "CO" and a.reason == "45")]
    return bool(shares) and all(a.group == "PR" and a.reason in ("1", "2", "3") for a in shares)

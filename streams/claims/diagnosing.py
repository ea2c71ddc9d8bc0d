"""Which diagnoses carry this visit, in which order? The signed note, measured against the treatment plan. Pure.

Source: domain-facts §1.4 (ICD-10-CM), §1.7 B28-B31. Nothing is diagnosed here: only what a clinician wrote is ordered.
"""

from dataclasses import dataclass

from streams.cases import SessionCase
from streams.claims.coding import signed_note
from streams.claims.reason import Reason, because
from streams.policy.icd10cm import CodeStatus, in_range, plain, status_on
from streams.policy.procedures import SUBSTANCE_USE_CODES
from streams.rules.diagnosis_billing import active_plans, is_relational

MOST_DIAGNOSES, MOST_POINTERS = 12, 4


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """Diagnoses, the principal first, and which of them (from 1) the visit rests on."""

    codes: tuple[str, ...]
    pointers: tuple[int, ...]
    reasons: tuple[Reason, ...]


def diagnoses_of(case: SessionCase, client_id: str, code: str) -> Diagnosed:
    """What the claim is based on. Empty if neither a signed note nor a plan names anything."""
    day, note = case.service_on, signed_note(case, client_id)
    plans = [] if day is None else active_plans(case, client_id, day)
    planned = [diagnosis for plan in plans for diagnosis in plan.data.diagnoses]
    noted = [] if note is None else list(note.data.diagnoses)
    written = list(dict.fromkeys(noted or planned))
    if not written or day is None:
        return Diagnosed((), (), ())
    on_plan = {plain(diagnosis) for diagnosis in planned}

    def rank(diagnosis: str) -> tuple[bool, bool, bool, bool]:
        substance_use = in_range(diagnosis, "F10", "F19")
        return (
            status_on(diagnosis, day) in (CodeStatus.HEADER, CodeStatus.NOT_IN_EDITION),
            code in SUBSTANCE_USE_CODES and not substance_use,
            is_relational(diagnosis) or plain(diagnosis).startswith("Z"),
            bool(on_plan) and plain(diagnosis) not in on_plan,
        )

    ordered = sorted(written, key=rank)[:MOST_DIAGNOSES]  # stable: what the clinician put first stays first
    pointers = tuple(
        place
        for place, diagnosis in enumerate(ordered, 1)
        if not on_plan or plain(diagnosis) in on_plan or plain(diagnosis).startswith("Z")
    )[:MOST_POINTERS] or (1,)
    source = "the signed note" if noted else "the treatment plan; no signed note names one"
    reasons = [
        because("diagnoses", ordered[0], f"The principal diagnosis, from {source}.", note if noted else None, *plans)
    ]
    reasons += [because("diagnoses", other, f"Also in {source}.", note if noted else None) for other in ordered[1:]]
    if on_plan and plain(ordered[0]) in on_plan:
        reasons.append(because("diagnoses", ordered[0], f"On the treatment plan active on {day}.", *plans))
    return Diagnosed(tuple(ordered), pointers, tuple(reasons))

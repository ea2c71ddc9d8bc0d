"""Which claims did the payer's front door take in, and which did it turn away? A 277CA (005010X214). Pure.

A turned-away claim was never adjudicated and goes out again as new. A claim nobody mentions is waiting, not rejected.
"""

from collections.abc import Sequence

from connectors.claims.x12 import NotX12, Segment, cents_of, day_of
from schemas.remittance import ClaimAnswer

ACCEPTED = frozenset({"A0", "A1", "A2", "A5"})
"""Forwarded, received, taken into adjudication, split. Any other category of status is a rejection (A3, A4, A6-A8)."""
_MEANINGS = {
    "A3": "turned away as unprocessable",
    "A4": "not found",
    "A6": "turned away: information is missing",
    "A7": "turned away: a value is invalid",
    "A8": "turned away: values contradict each other",
}


def read_277ca(segments: Sequence[Segment]) -> tuple[ClaimAnswer, ...]:
    """One answer for each claim named (TRN*2 at the patient level)."""
    answers: list[ClaimAnswer] = []
    current: dict[str, object] | None = None
    statuses: list[Segment] = []
    level = ""

    def finish() -> None:
        if current is not None and statuses:
            answers.append(_answer(current, statuses))

    for segment in segments:
        match segment.id:
            case "HL":
                finish()
                current, statuses, level = None, [], segment.get(3)
            case "TRN" if level == "PT" and segment.get(1) == "2":
                finish()
                current, statuses = {"control_number": segment.get(2)}, []
            case "STC" if current is not None:
                statuses.append(segment)
            case "REF" if current is not None and segment.get(1) == "1K":
                current["payer_control_number"] = segment.get(2)
            case "SE":
                finish()
                current, statuses, level = None, [], ""
            case _:
                pass
    if not answers and not any(segment.id == "STC" for segment in segments):
        raise NotX12("a 277CA without any status (STC)")
    return tuple(answers)


def _answer(current: dict[str, object], statuses: Sequence[Segment]) -> ClaimAnswer:
    parts = [(status, element) for status in statuses for element in (1, 10, 11)]
    codes = [(status.part(element, 1), status.part(element, 2)) for status, element in parts if status.part(element, 1)]
    refused = [code for code in codes if code[0] not in ACCEPTED]
    first = statuses[0]
    place = f"segment {first.number} (STC)"
    told = refused or codes
    return ClaimAnswer.model_validate(
        {
            **current,
            "kind": "277CA",
            "outcome": "rejected" if refused else "accepted",
            "on": day_of(first.get(2), place) if first.get(2) else None,
            "charge_cents": cents_of(first.get(4), place) if first.get(4) else None,
            "reasons": tuple(f"{category}:{status}" for category, status in told),
            "says": _MEANINGS.get(refused[0][0], "turned away") if refused else "taken in",
        }
    )

"""Did the receiver's machine take the file? An 999 implementation acknowledgement, in our words. Pure.

Says nothing about whether a payer takes the claims; raises NotX12 for what is no 999.
"""

from collections.abc import Sequence

from connectors.claims.x12 import NotX12, Segment, count_of
from schemas.remittance import Acknowledged

_OUTCOMES = {"A": "accepted", "E": "accepted_with_errors", "P": "accepted_with_errors"}
"""AK9-01 / IK5-01; everything else (R, M, W, X) is a rejection."""
_SEGMENT_ERRORS = {
    "1": "is not known", "2": "is unexpected", "3": "is missing", "4": "stands in a loop that comes too often",
    "5": "comes too often", "6": "is not in this transaction", "7": "is out of order", "8": "has wrong elements",
    "I4": "is used though the guide says it must not be", "I6": "is missing where the guide needs it",
    "I7": "comes too often", "I8": "has wrong elements", "I9": "is missing where another one needs it",
}  # fmt: skip
_ELEMENT_ERRORS = {
    "1": "is missing", "2": "is missing, given another", "3": "is one too many", "4": "is too short",
    "5": "is too long", "6": "holds a character that is not allowed", "7": "is not a code of its list",
    "8": "is no date", "9": "is no time", "10": "excludes another", "12": "comes too often", "13": "comes too often",
    "I6": "is not a code of its list", "I9": "is used though the guide says it must not be",
    "I10": "is missing where the guide needs it", "I11": "is wrong by the guide", "I12": "holds a wrong pattern",
    "I13": "excludes another",
}  # fmt: skip


def read_999(segments: Sequence[Segment]) -> tuple[Acknowledged, ...]:
    """One answer for each functional group that the file acknowledges."""
    answers: list[Acknowledged] = []
    group = ""
    errors: list[str] = []
    claims: list[str] = []
    here = ""
    for segment in segments:
        match segment.id:
            case "AK1":
                group, errors, claims = segment.get(2), [], []
            case "IK3":
                what = _SEGMENT_ERRORS.get(segment.get(4), "is wrong")
                here = f"segment {segment.get(2)} ({segment.get(1)})"
                errors.append(f"{here} {what}")
            case "CTX" if segment.part(1, 1) == "CLM01" and segment.part(1, 2):
                claims.append(segment.part(1, 2))
            case "IK4":
                at = segment.part(1, 1)
                component = segment.part(1, 2)
                where = f"element {at}" + (f"-{component}" if component else "")
                errors.append(f"{here}, {where} {_ELEMENT_ERRORS.get(segment.get(3), 'is wrong')}")
            case "AK9":
                answers.append(
                    Acknowledged.model_validate(
                        {
                            "group_number": group,
                            "outcome": _OUTCOMES.get(segment.get(1), "rejected"),
                            "sets_received": count_of(segment.get(3) or "0", f"segment {segment.number} (AK903)"),
                            "sets_accepted": count_of(segment.get(4) or "0", f"segment {segment.number} (AK904)"),
                            "errors": tuple(dict.fromkeys(errors)),
                            "rejected_claims": tuple(dict.fromkeys(claims)),
                        }
                    )
                )
            case _:
                pass
    if not answers:
        raise NotX12("a 999 without a group's outcome (AK9)")
    return tuple(answers)

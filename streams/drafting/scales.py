"""What does the total of a scale mean: which way is better, where is the clinical cut-off?

Totals only, never items (several scales are licensed). Sources: domain-facts section 4; None = no validated figure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """`cut_off`: on the worse side of it a score is in the clinical range. `reliable_change`: less may be chance."""

    higher_is_better: bool
    cut_off: float | None
    reliable_change: float | None = None


SCALES: Final[Mapping[str, Scale]] = {
    "ORS": Scale(True, 25, 5),
    "CORS": Scale(True, 28, 5),
    "SRS": Scale(True, 36),
    "CSRS": Scale(True, 36),
    "GSRS": Scale(True, None),
    "SCORE15": Scale(False, 38, 17.5),
    "FADGF": Scale(False, 2.0),
    "RDAS": Scale(True, 47.31, 11.58),
    "DAS": Scale(True, 97),
    "CSI16": Scale(True, 51.5),
    "CSI32": Scale(True, 104.5),
    "CSI4": Scale(True, 13.5),
    "PHQ9": Scale(False, 10, 6),
    "GAD7": Scale(False, 8, 4),
}


def scale_of(instrument: str) -> Scale | None:
    """The scale of that name, however it is spelled (PHQ-9, phq9); None if we know nothing about it."""
    return SCALES.get(re.sub(r"[^A-Z0-9]", "", instrument.upper()))


def number(value: float) -> str:
    """A score as people write it: 14, not 14.0."""
    return f"{value:g}"


def reading(instrument: str, score: float) -> str:
    """Score and cut-off in words that only compare numbers, such as `14 (cut-off 10: in the clinical range)`."""
    scale = scale_of(instrument)
    if scale is None or scale.cut_off is None:
        return number(score)
    clinical = score < scale.cut_off if scale.higher_is_better else score >= scale.cut_off
    side = "in the clinical range" if clinical else "outside the clinical range"
    return f"{number(score)} (cut-off {number(scale.cut_off)}: {side})"


def change(instrument: str, before: float, after: float) -> str | None:
    """How two totals of one scale compare, by the reliable-change figure; None if there is no such figure."""
    scale = scale_of(instrument)
    if scale is None or scale.reliable_change is None:
        return None
    if abs(after - before) < scale.reliable_change:
        return "no reliable change"
    return "reliable improvement" if (after > before) == scale.higher_is_better else "reliable deterioration"

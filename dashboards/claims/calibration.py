"""Do payers deny what the rules predict, and what do they deny that no rule foresaw? Pure: counts, one row a rule."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.remittance import ClaimAnswer


@dataclass(frozen=True)
class Outcome:
    """A claim that was sent and decided. `rules`: (rule, CARC it predicted) of every finding it was sent with."""

    claim_id: str
    rules: tuple[tuple[str, str], ...]
    answer: ClaimAnswer


@dataclass(frozen=True)
class Calibrated:
    """One rule and the CARC it predicts. `rule` empty: denials with that CARC that no rule predicted.

    `predicted`: claims sent with the finding; `denied_so`: denied with that CARC; `denied_otherwise`: with another;
    `paid`: paid all the same.
    """

    rule: str
    carc: str
    predicted: int
    denied_so: int
    denied_otherwise: int
    paid: int

    @property
    def precision(self) -> float | None:
        """How many of its predictions came true; None before the first."""
        return self.denied_so / self.predicted if self.predicted else None


def calibration(outcomes: Iterable[Outcome]) -> tuple[Calibrated, ...]:
    """Predicted and actual denials, by rule and CARC; then the CARCs nobody predicted."""
    counts: dict[tuple[str, str], list[int]] = {}
    for outcome in outcomes:
        actual = set(outcome.answer.denials)
        foreseen: set[str] = set()
        for rule, carc in sorted(set(outcome.rules)):
            row = counts.setdefault((rule, carc), [0, 0, 0, 0])
            row[0] += 1
            if carc in actual:
                row[1] += 1
                foreseen.add(carc)
            elif actual:
                row[2] += 1
            else:
                row[3] += 1
        for carc in sorted(actual - foreseen):
            counts.setdefault(("", carc), [0, 0, 0, 0])[1] += 1
    ordered = sorted(counts, key=lambda key: (not key[0], key))
    return tuple(Calibrated(rule, carc, *counts[rule, carc]) for rule, carc in ordered)

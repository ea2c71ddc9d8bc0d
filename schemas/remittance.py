"""What payers answer about a claim: taken in or turned away (999, 277CA), paid or denied and why (835).

Read from X12 by connectors/claims; compared with what the rules predicted. No names: a claim by its control number.
"""

from typing import Annotated, Literal

from schemas.phi import Phi
from schemas.professional_claim import Adjustment, AdjustmentGroup, Modifier
from schemas.record import Count, Day, Id, Identifier, Label, Many, Schema, Word

Answered = Annotated[Literal["accepted", "accepted_with_errors", "rejected", "paid", "denied", "reversed"], Phi.NONE]


class RemittedLine(Schema):
    """One line as the payer decided it."""

    procedure: Word
    modifiers: Many[Modifier] = ()
    charge_cents: Count
    paid_cents: Count
    adjustments: Many[Adjustment] = ()
    remarks: Many[Word] = ()


class ClaimAnswer(Schema):
    """One answer about one claim. `control_number`: CLM01 as we sent it; `payer_control_number`: the payer's own.

    `reasons`: status codes of a 277CA ("A7:562"), CARCs of an 835 ("CO-197"), errors of a 999; `says`: in words.
    """

    kind: Annotated[Literal["999", "277CA", "835"], Phi.NONE]
    control_number: Id
    outcome: Answered
    on: Day | None = None
    payer_control_number: Identifier | None = None
    charge_cents: Count | None = None
    paid_cents: Count | None = None
    patient_cents: Count | None = None
    adjustments: Many[Adjustment] = ()
    """On the claim as a whole."""
    remarks: Many[Word] = ()
    lines: Many[RemittedLine] = ()
    reasons: Many[Word] = ()
    says: Label = ""

    @property
    def denials(self) -> tuple[str, ...]:
        """The CARCs with which money was refused for a reason that a rule could have foreseen, sorted.

        Not what contract (CO-45) or the patient's own share (PR-1, 2, 3) take off, nor another payer's part (23, 253).
        """
        all_ = [*self.adjustments, *(a for line in self.lines for a in line.adjustments)]
        return tuple(sorted({a.reason for a in all_ if a.amount_cents > 0 and not _expected(a.group, a.reason)}))


_CONTRACTUAL = frozenset({"45", "253", "23", "104", "144", "131"})
_PATIENTS_SHARE = frozenset({"1", "2", "3", "241"})


def _expected(group: AdjustmentGroup, reason: str) -> bool:
    return reason in _CONTRACTUAL or (group == "PR" and reason in _PATIENTS_SHARE)


class Acknowledged(Schema):
    """A 999 about a whole file: which interchange or group it answers, and what was wrong with it."""

    group_number: Word
    outcome: Answered
    sets_received: Count = 0
    sets_accepted: Count = 0
    errors: Many[Label] = ()
    rejected_claims: Many[Id] = ()
    """Control numbers the receiver named (CTX*CLM01), where it named any."""

"""A claim as it lies before a biller: what it would say and why, what is wrong with it, and what was decided.

Lives in the practice's own database and on the console; a suggestion never reaches a payer without a decision.
"""

from typing import Annotated, Literal

from schemas.care import Claim
from schemas.finding import Finding
from schemas.phi import Phi
from schemas.professional_claim import ProfessionalClaim
from schemas.record import Count, Day, Flag, Id, Identifier, Instant, Label, Many, Money, Schema, Word

Kind = Annotated[Literal["new", "queued", "resubmission", "replacement", "void", "secondary"], Phi.NONE]
"""new: nobody billed it yet. queued: the EHR's own claim, waiting to be sent. The others follow an earlier claim."""


class FieldReason(Schema):
    """Why a field of the claim says what it says."""

    field: Word
    says: Label
    why: Label
    evidence: Many[Id] = ()


class Difference(Schema):
    """Where the EHR's own claim says something else than the records do."""

    field: Word
    claim: Label
    suggested: Label


class ClaimFix(Schema):
    """What a biller set by hand; None leaves the suggestion as it is. `line` counts from 1."""

    line: Count = 1
    code: Word | None = None
    units: Count | None = None
    modifiers: tuple[Word, ...] | None = None
    place_of_service: Word | None = None
    diagnoses: tuple[Word, ...] | None = None
    authorization_number: Identifier | None = None
    original_ref: Identifier | None = None
    rendering: Id | None = None
    supervising: Id | None = None
    copay_collected: Money | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """What it sets."""
        return tuple(name for name in type(self).model_fields if name != "line" and getattr(self, name) is not None)


class ClaimProposal(Schema):
    """One claim that would go out. `fingerprint` changes whenever what would be sent, or what is wrong, does.

    `problems`: what keeps it from being written or sent, beside the findings of the rules. `form` None: it cannot be
    written yet.
    """

    id: Id
    practice_id: Id
    session_id: Id
    client_id: Id
    payer_id: Word
    kind: Kind
    follows: Id | None = None
    """The earlier claim it corrects, voids, sends again or goes behind."""
    service_on: Day | None
    total_cents: Count
    claim: Claim
    form: ProfessionalClaim | None
    reasons: Many[FieldReason] = ()
    differences: Many[Difference] = ()
    findings: Many[Finding] = ()
    problems: Many[Label] = ()
    cautions: Many[Label] = ()
    fixed: Many[Word] = ()
    """Fields a biller set by hand."""
    fingerprint: Word

    @property
    def state(self) -> Literal["ready", "held", "blocked"]:
        """blocked: must not be sent as it is; held: somebody has to look first; ready: nothing is known against it."""
        if self.problems or any(finding.severity == "block" for finding in self.findings):
            return "blocked"
        return "held" if any(finding.severity == "hold" for finding in self.findings) else "ready"

    @property
    def predicted(self) -> tuple[str, ...]:
        """The CARCs with which a payer would answer it, sorted."""
        return tuple(sorted({f.predicts for f in self.findings if f.predicts is not None and f.severity != "warn"}))


class NotProposed(Schema):
    """Somebody in a session for whom nothing is suggested, and why."""

    practice_id: Id
    session_id: Id
    client_id: Id
    kind: Annotated[Literal["not_billable", "not_recorded", "waits", "billed"], Phi.NONE]
    why: Label
    evidence: Many[Id] = ()


Act = Annotated[Literal["approve", "hold", "fix", "undo", "batch"], Phi.NONE]


class ClaimDecision(Schema):
    """What a person decided about a claim, when and why. Never changed afterwards: an undo is a decision of its own."""

    number: Count
    proposal_id: Id
    practice_id: Id
    act: Act
    by: Word
    at: Instant
    reason: Label = ""
    fingerprint: Word = ""
    """What was before them when they decided."""
    fix: ClaimFix | None = None
    undoes: Count | None = None
    undone: Flag = False

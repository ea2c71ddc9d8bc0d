"""Where does a claim stand, and what may be done with it? Pure: proposals, decisions and answers in, words out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas.claim_proposal import ClaimDecision, ClaimFix, ClaimProposal
from schemas.remittance import ClaimAnswer


class Standing(StrEnum):
    """Where a claim stands."""

    OPEN = "open"
    APPROVED = "approved"
    CHANGED = "changed"
    """Approved, but what would be sent has changed since: somebody has to look again."""
    ON_HOLD = "on hold"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"

    @property
    def at_the_payer(self) -> bool:
        """It has left the practice."""
        return self in (Standing.SENT, Standing.ACCEPTED, Standing.REJECTED, Standing.PAID, Standing.DENIED)


class CannotError(Exception):
    """Nothing was done; the message says why and what to do. It names no client."""


@dataclass(frozen=True)
class Claim:
    """One claim before the biller. `sent`: the number of the last file it went out in."""

    proposal: ClaimProposal
    decisions: tuple[ClaimDecision, ...] = ()
    sent: int | None = None
    answers: tuple[ClaimAnswer, ...] = ()
    withdrawn: bool = False

    @property
    def standing(self) -> Standing:
        """Where it stands, by the last word of anybody."""
        if self.sent is not None:
            return answered(self.answers)
        if self.withdrawn:
            return Standing.WITHDRAWN
        last = last_word(self.decisions)
        if last is None:
            return Standing.OPEN
        if last.act == "hold":
            return Standing.ON_HOLD
        return Standing.APPROVED if last.fingerprint == self.proposal.fingerprint else Standing.CHANGED


def answered(answers: Sequence[ClaimAnswer]) -> Standing:
    """What the payer said last about a claim that was sent; a remittance outweighs an acknowledgement."""
    for kind in ("835", "277CA", "999"):
        told = [answer for answer in answers if answer.kind == kind]
        if not told:
            continue
        outcome = told[-1].outcome
        known = {"accepted_with_errors": Standing.ACCEPTED, "reversed": Standing.DENIED}
        return known[outcome] if outcome in known else Standing(outcome)
    return Standing.SENT


def last_word(decisions: Iterable[ClaimDecision]) -> ClaimDecision | None:
    """The approval or hold that stands, if one does."""
    standing = [one for one in decisions if one.act in ("approve", "hold") and not one.undone]
    return standing[-1] if standing else None


def last_undoable(decisions: Iterable[ClaimDecision]) -> ClaimDecision | None:
    """What an undo would take back: the last thing decided that was not taken back yet."""
    standing = [one for one in decisions if one.act in ("approve", "hold", "fix") and not one.undone]
    return standing[-1] if standing else None


def fix_of(decisions: Iterable[ClaimDecision]) -> ClaimFix | None:
    """Every fix that stands, laid one over another."""
    merged: dict[str, object] = {}
    for one in decisions:
        if one.act == "fix" and not one.undone and one.fix is not None:
            merged |= one.fix.model_dump(exclude_none=True)
    return ClaimFix.model_validate(merged) if merged else None


def may_approve(claim: Claim, reason: str) -> None:
    """Raises CannotError unless the claim may go out as it is, or somebody says why it may."""
    proposal = claim.proposal
    _still_here(claim)
    if proposal.state == "blocked":
        first = next(iter(proposal.problems), "") or next(
            (finding.why for finding in proposal.findings if finding.severity == "block"), ""
        )
        raise CannotError(f"It is blocked and cannot be approved as it is. {first} Fix it, or correct the record.")
    if proposal.state == "held" and not reason.strip():
        rules = ", ".join(sorted({finding.rule for finding in proposal.findings if finding.severity == "hold"}))
        raise CannotError(f"{rules} asks for a look first. Say why it may go out all the same.")


def may_decide(claim: Claim) -> None:
    """Raises CannotError for a claim that has left, or that nothing asks for any more."""
    _still_here(claim)


def _still_here(claim: Claim) -> None:
    if claim.sent is not None:
        raise CannotError("It was sent already; correct it by a replacement or void once the payer has answered.")
    if claim.withdrawn:
        raise CannotError("Nothing on record asks for it any more.")

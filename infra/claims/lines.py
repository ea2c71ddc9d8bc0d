"""What does a proposal, a refusal, a batch or an answer look like outside, as one JSON line? Pure."""

from typing import Any

from dashboards.claims.calibration import Calibrated
from dashboards.claims.standing import Claim
from infra.claims.batch import Batch
from infra.exchange_lines import finding_line
from schemas.claim_proposal import ClaimProposal, NotProposed
from schemas.remittance import Acknowledged, ClaimAnswer


def money(cents: int) -> str:
    """6000 → "60.00"."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def proposal_line(proposal: ClaimProposal) -> dict[str, Any]:
    """A claim that would go out: itself in the exchange format, its reasons, and what speaks against it."""
    return {
        "id": proposal.id,
        "session": proposal.session_id,
        "client": proposal.client_id,
        "payer": proposal.payer_id,
        "kind": proposal.kind,
        "follows": proposal.follows,
        "state": proposal.state,
        "service_on": proposal.service_on,
        "total": money(proposal.total_cents),
        "predicts": proposal.predicted,
        "reasons": [reason.model_dump(mode="json") for reason in proposal.reasons],
        "differences": [difference.model_dump(mode="json") for difference in proposal.differences],
        "findings": [finding_line(finding) for finding in proposal.findings],
        "problems": proposal.problems,
        "cautions": proposal.cautions,
        "fixed": proposal.fixed,
        "claim": proposal.claim.model_dump(mode="json", by_alias=True),
    }


def refusal_line(refused: NotProposed) -> dict[str, Any]:
    """Somebody for whom there is no claim, and why."""
    return {
        "not_proposed": {
            "session": refused.session_id,
            "client": refused.client_id,
            "kind": refused.kind,
            "why": refused.why,
            "evidence": refused.evidence,
        }
    }


def batch_line(batch: Batch, path: str) -> dict[str, Any]:
    """A file that was written, what is in it, and what is not."""
    return {
        "batch": {
            "file": path,
            "number": batch.number,
            "sha256": batch.sha256,
            "claims": [proposal.id for proposal in batch.included],
            "total": money(batch.total_cents),
            "left_out": [{"id": one.proposal_id, "why": one.why} for one in batch.left_out],
        }
    }


def answer_line(answer: ClaimAnswer) -> dict[str, Any]:
    """What a payer said about one claim."""
    line = answer.model_dump(mode="json", exclude={"charge_cents", "paid_cents", "patient_cents"})
    amounts = {"charge": answer.charge_cents, "paid": answer.paid_cents, "patient": answer.patient_cents}
    return {
        "answer": line
        | {name: None if cents is None else money(cents) for name, cents in amounts.items()}
        | {"denials": answer.denials}
    }


def acknowledgement_line(acknowledged: Acknowledged) -> dict[str, Any]:
    """What a receiver said about one group of a file."""
    return {"acknowledgement": acknowledged.model_dump(mode="json")}


def claim_line(claim: Claim) -> dict[str, Any]:
    """A claim before the biller: the proposal, where it stands, and everything decided and answered."""
    return proposal_line(claim.proposal) | {
        "practice_id": claim.proposal.practice_id,
        "standing": claim.standing.value,
        "file": claim.sent,
        "decisions": [
            {
                "number": one.number,
                "act": one.act,
                "by": one.by,
                "at": one.at,
                "reason": one.reason,
                "undone": one.undone,
                "fix": None if one.fix is None else one.fix.model_dump(mode="json", exclude_none=True),
            }
            for one in claim.decisions
        ],
        "answers": [answer_line(answer)["answer"] for answer in claim.answers],
    }


def calibration_line(row: Calibrated) -> dict[str, Any]:
    """Predicted and actual denials of one rule; `rule` null = denials no rule predicted."""
    return {
        "rule": row.rule or None,
        "carc": row.carc,
        "predicted": row.predicted,
        "denied_so": row.denied_so,
        "denied_otherwise": row.denied_otherwise,
        "paid": row.paid,
        "precision": row.precision,
    }

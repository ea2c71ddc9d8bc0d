"""What does a proposal, a refusal, a batch or an answer look like outside, as one JSON line? Pure."""

from typing import Any

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

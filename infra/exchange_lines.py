"""What does a finding or a draft request look like outside, as one JSON line?
Pure. The field names are those of the exchange format; scripts of billers and testers rely on them.
"""

from typing import Any

from schemas.draft_request import DraftRequest
from schemas.finding import Finding


def finding_line(finding: Finding) -> dict[str, Any]:
    """The line of a finding."""
    cents = finding.money_at_stake_cents
    return {
        "rule": finding.rule,
        "subject": finding.subject,
        "state": finding.state,
        "severity": finding.severity,
        "predicts": finding.predicts,
        "money_at_stake": None if cents is None else f"{cents // 100}.{cents % 100:02}",
        "opened_at": finding.opened_at,
        "why": finding.why,
        "todo": finding.todo,
        "evidence": finding.evidence,
        "rule_version": finding.rule_version,
        "id": finding.finding_id,
    }


def request_line(request: DraftRequest) -> dict[str, Any]:
    """The line of a draft request."""
    return {
        "draft_request": {
            "id": request.request_id,
            "session": request.session_id,
            "kind": request.kind,
            "unit": request.unit_id,
            "clinician": request.clinician_id,
            "clients": request.client_ids,
            "state": request.state,
            "requested_at": request.requested_at,
        }
    }

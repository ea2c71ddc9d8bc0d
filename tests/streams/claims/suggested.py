"""How a table of claims is written: a clean practice, one thing made otherwise, and what would be billed then."""

from copy import deepcopy
from datetime import datetime

import orjson

from schemas.care import Claim
from schemas.claim_proposal import ClaimFix, ClaimProposal
from schemas.codec import change_of
from schemas.remittance import ClaimAnswer
from streams.claims.from_changes import proposals_of_changes
from streams.claims.proposing import Proposed
from streams.replay import ChangesFile
from tests.streams.scenario import Scenario, at


def unbilled(scenario: Scenario) -> Scenario:
    """As if nobody had billed anything yet."""
    return scenario.without(*scenario.ids("claim"))


def proposed(
    scenario: Scenario,
    fixes: dict[str, ClaimFix] | None = None,
    decided: dict[str, ClaimAnswer] | None = None,
) -> Proposed:
    """What lies before the biller at the scenario's moment."""
    changes = sorted(deepcopy(scenario.changes), key=lambda change: datetime.fromisoformat(change["at"]))
    policy = orjson.dumps(scenario.policy).decode() if scenario.policy else None
    file = ChangesFile(tuple(map(change_of, changes)), policy, datetime.fromisoformat(at(scenario.now)), ())
    return proposals_of_changes(file, None, fixes, (decided or {}).get)


def billed(scenario: Scenario) -> dict[str, str]:
    """Client → "code x units modifiers @ place", lines joined by "; ", of everybody somebody would be billed for."""
    return {p.client_id.removeprefix("C-"): told(p.claim) for p in proposed(scenario).proposals}


def told(claim: Claim) -> str:
    """A claim in a few words."""
    lines = [
        " ".join(filter(None, (line.code, f"x{line.units}" if line.units != 1 else "", *line.modifiers)))
        for line in claim.lines
    ]
    return f"{'; '.join(lines)} @{claim.place_of_service}"


def refusals(scenario: Scenario) -> dict[str, str]:
    """Client → why there is no claim."""
    return {refused.client_id.removeprefix("C-"): refused.why for refused in proposed(scenario).not_proposed}


def only(scenario: Scenario) -> ClaimProposal:
    """The one proposal there is."""
    (proposal,) = proposed(scenario).proposals
    return proposal


def rules(proposal: ClaimProposal) -> set[str]:
    """The rules that speak against it."""
    return {finding.rule for finding in proposal.findings}

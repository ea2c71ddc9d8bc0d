"""How does a billing rule speak of a claim? One shape of finding for all of them. Pure."""

from collections.abc import Sequence

from schemas.care import Claim, Clinician
from streams.cases import BilledLine, SessionCase, cents
from streams.files import Held
from streams.rule import Evidence, Found, SeverityWord


def claim_subject(case: SessionCase, claim: Held[Claim]) -> dict[str, str]:
    """A finding about a claim is also about its client and the session."""
    return {"session": case.id, "client": claim.data.client, "claim": claim.id}


def claim_found(
    case: SessionCase,
    claim: Held[Claim],
    why: str,
    todo: str,
    predicts: str | None,
    *evidence: Evidence | None,
    keys: dict[str, str] | None = None,
    money_at_stake_cents: int | None = None,
    severity: SeverityWord | None = None,
) -> Found:
    """`why` goes on after "Claim K of session S for client C …"; at stake is the whole claim unless said otherwise."""
    return Found(
        subject=claim_subject(case, claim) | (keys or {}),
        why=f"Claim {claim.id} of session {case.id} for client {claim.data.client} {why}.",
        todo=todo,
        evidence=(claim, case.appointment, *evidence),
        predicts=predicts,
        money_at_stake_cents=cents(claim.data.total) if money_at_stake_cents is None else money_at_stake_cents,
        severity=severity,
    )


def lines_with(lines: Sequence[BilledLine], codes: frozenset[str]) -> tuple[BilledLine, ...]:
    """The lines that bill one of these codes."""
    return tuple(line for line in lines if line.code in codes)


def rendering_of(case: SessionCase, claim: Held[Claim]) -> Held[Clinician] | None:
    """The clinician who rendered the billed service; None if the claim names nobody known."""
    return None if claim.data.rendering is None else case.practice.clinician(claim.data.rendering)


def words(items: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"

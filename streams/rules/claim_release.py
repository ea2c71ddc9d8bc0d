"""Has the patient allowed this claim to go to the plan? Release of information, assignment, no restriction. Pure."""

from collections.abc import Iterator
from datetime import datetime

from schemas.care import Claim, Consent
from streams.cases import SessionCase, cents
from streams.files import Held
from streams.rule import Evidence, Found, Outcome
from streams.scope import Party, Standing, standing, turning_points

RELEASED = frozenset({"Y", "I"})
ASSIGNED = frozenset({"Y", "W", "TRUE"})


def _releases(case: SessionCase, claim: Claim) -> tuple[Held[Consent], ...]:
    """The billing releases of the patient, or of whose insurance it is."""
    client = case.client(claim.client)
    own = client.consents("billing_release")
    coverage = None if own else client.coverage(claim.coverage)
    subscriber = None if coverage is None else coverage.data.subscriber
    if subscriber is None or subscriber == claim.client:
        return own
    return case.client(subscriber).consents("billing_release")


def claim_without_release(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C21: a queued claim says that information may be released (CLM09) and benefits are assigned (CLM08), a billing
    release on file says so too, and the patient has not asked to keep the visit from the plan (HIPAA 164.522(a)).

    A release revoked while the claim waited is C14's. Source: domain-facts §1.5, §2.5, §2.6 C21.
    """
    parties: dict[str | None, Party] = {}
    for claim in case.claims:
        data = claim.data
        if data.status != "queued":
            continue
        client = case.client(data.client)
        releases = _releases(case, data)
        if data.payer not in parties:
            parties[data.payer] = Party.payer(data.payer, case.practice)
        party = parties[data.payer]
        problems: list[str] = []
        evidence: list[Evidence | None] = [claim]
        if data.release_of_information not in RELEASED:
            problems.append("it carries no release of information (CLM09)")
        if str(data.assignment_of_benefits).upper() not in ASSIGNED:
            problems.append("it carries no assignment of benefits (CLM08)")
        granting = [
            release
            for release in releases
            if release.data.release_of_information in (None, *RELEASED)
            and release.data.assignment_of_benefits is not False
        ]
        yield from turning_points(granting, now)
        if standing(granting, data.queued_at, now, party) is Standing.NOT_CONSENTED:
            problems.append("no billing release with assignment is on file")
            evidence += releases
        if client.record is not None and client.record.data.restrict_disclosure_to_plan:
            problems.append("the patient asked not to disclose to the plan")
            evidence.append(client.record)
        if problems:
            yield Found(
                subject={"session": case.id, "client": data.client, "claim": claim.id},
                why=f"Claim {claim.id} for client {data.client} is queued, but {'; '.join(problems)}.",
                todo="Hold the claim until the release and assignment are signed; a restricted visit is never billed "
                "to the plan.",
                evidence=tuple(evidence),
                money_at_stake_cents=cents(data.total),
            )

"""Which money is at risk, which denials were foretold, and which came unforeseen? Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.compliance import Cell, Column, Figure, Section, Table
from streams.compliance.counting import share
from streams.compliance.records import ClaimRow, Ledger, Period, RemittanceRow

WITH_THE_PAYER = frozenset({"submitted", "accepted"})
NOT_SENT = frozenset({"queued", "rejected"})


@dataclass(slots=True)
class _OfCode:
    """What became of the claims for which one denial code was foretold."""

    claims: set[str] = field(default_factory=set)
    cents: int = 0
    unbilled_cents: int = 0
    not_sent: int = 0
    waiting: int = 0
    paid: int = 0
    denied: int = 0
    denied_for_it: int = 0


def denials_section(ledger: Ledger, period: Period) -> Section:
    """Money at risk by the denial foretold, and what payers answered."""
    answers = {one.claim_id: one for one in ledger.remittances or ()}
    claims = {c.claim_id: _answered(c, answers) for c in ledger.claims if period.has_day(c.service_on)}
    sessions = {session.session_id for session in ledger.sessions if period.has_day(session.service_on)}
    foretold: dict[str, set[str]] = defaultdict(set)
    open_now: dict[str, set[str]] = defaultdict(set)
    codes: dict[str, _OfCode] = defaultdict(_OfCode)
    visits: dict[tuple[str, str], tuple[str, int]] = {}
    for finding in ledger.findings:
        if finding.predicts is None:
            continue
        claim_id = finding.subject.get("claim")
        if claim_id in claims:
            foretold[claim_id].add(finding.predicts)
            if finding.state == "open":
                open_now[claim_id].add(finding.predicts)
        elif claim_id is None and finding.state == "open" and finding.subject.get("session") in sessions:
            visit = (finding.subject.get("session", ""), finding.subject.get("client", ""))
            visits[visit] = (finding.predicts, finding.money_at_stake_cents or 0)
    for code, cents in visits.values():
        codes[code].unbilled_cents += cents
    for claim_id, predicted in foretold.items():
        for code in predicted:
            _count(codes[code], claims[claim_id], code, answers.get(claim_id, _NO_ANSWER).carcs)
    denied = {claim_id for claim_id, claim in claims.items() if claim.status == "denied"}
    decided = {claim_id for claim_id in foretold if claims[claim_id].status in ("paid", "denied")}
    at_risk = [
        claims[id_] for id_ in open_now if claims[id_].status in WITH_THE_PAYER | NOT_SENT and claims[id_].standing
    ]
    at_risk_cents = sum(claim.total_cents or 0 for claim in at_risk) + sum(cents for _, cents in visits.values())
    unforeseen = sorted(denied - foretold.keys())
    kept = ledger.remittances is not None
    return Section(
        "denials",
        "Denied and at-risk money",
        "Which money is at risk, which denials were foretold, and how often was the forecast right?",
        figures=(
            Figure(
                "At risk", at_risk_cents, "money", "open forecasts, not yet paid", "bad" if at_risk_cents else "good"
            ),
            Figure("Denied", sum(claims[id_].total_cents or 0 for id_ in denied), "money", f"{len(denied)} claims"),
            Figure("Denials foretold", share(len(denied & foretold.keys()), len(denied)), "share", "of denied claims"),
            Figure(
                "Forecasts that came true", share(len(denied & decided), len(decided)), "share", "of decided claims"
            ),
        ),
        tables=(
            Table(
                "denials_by_predicted_carc",
                "By denial foretold (CARC)",
                (
                    Column("carc", "CARC"),
                    Column("claims", "Claims", "count"),
                    Column("claimed_cents", "Claimed", "money"),
                    Column("not_sent", "Not sent", "count"),
                    Column("with_payer", "With the payer", "count"),
                    Column("paid", "Paid", "count"),
                    Column("denied", "Denied", "count"),
                    Column("denied_for_it", "Denied with this CARC", "count"),
                    Column("unbilled_cents", "Not billed yet", "money"),
                ),
                [_row(code, codes[code], kept) for code in sorted(codes, key=lambda c: (-codes[c].cents, c))],
            ),
            Table(
                "denied_claims",
                "Denied claims",
                (
                    Column("service_on", "Day", "day"),
                    Column("claim_id", "Claim"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    Column("payer", "Payer"),
                    Column("cents", "Claimed", "money"),
                    Column("predicted", "Foretold", "ids"),
                    Column("actual", "Answered (835)", "ids"),
                    Column("forecast", "Forecast", "state"),
                ),
                [
                    _denied(claims[id_], foretold.get(id_, set()), answers.get(id_, _NO_ANSWER).carcs)
                    for id_ in sorted(denied, key=lambda i: (claims[i].service_on or period.last_on, i))
                ],
                evidence=True,
                bad=frozenset({"not foretold"}),
            ),
            Table(
                "claims_at_risk",
                "Claims at risk, largest first",
                (
                    Column("service_on", "Day", "day"),
                    Column("claim_id", "Claim"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    Column("payer", "Payer"),
                    Column("status", "Status"),
                    Column("cents", "Claimed", "money"),
                    Column("predicted", "Foretold", "ids"),
                ),
                [
                    (
                        c.service_on,
                        c.claim_id,
                        c.session_id,
                        c.client_id,
                        c.payer,
                        c.status,
                        c.total_cents,
                        tuple(sorted(open_now[c.claim_id])),
                    )
                    for c in sorted(at_risk, key=lambda c: (-(c.total_cents or 0), c.claim_id))
                ],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "Foretold",
                (
                    "A billing rule found, at any time up to the moment of the report, that the claim would be "
                    "denied with that claim adjustment reason code (CARC). A claim may be foretold more than "
                    "one; its money counts once in the figures and once under each code."
                ),
            ),
            (
                "At risk",
                "Claims of the period with an open forecast that are not paid, and visits not billed with one.",
            ),
            (
                "Denied with this CARC",
                (
                    "The payer's 835 refused money with the very code that was foretold, on the claim or on a line. "
                    "What contract and the patient's own share take off is no refusal."
                ),
            ),
            (
                "Not foretold",
                (
                    f"{len(unforeseen)} denied claims had no forecast: a rule is missing, or the payer's reason "
                    f"is outside "
                    "what the EHR records."
                ),
            ),
        ),
        sources=(
            "X12 835 claim adjustment reason codes (numbers only)",
            "Billing rules B01–B50",
            "Claims of the EHR; payers' 835s",
        ),
        not_recorded=_not_recorded(sum(1 for id_ in denied if id_ not in answers), kept),
    )


_NO_ANSWER = RemittanceRow("", (), denied=False, paid=False)


def _answered(claim: ClaimRow, answers: Mapping[str, RemittanceRow]) -> ClaimRow:
    """A claim that the EHR still calls waiting, as the payer's 835 has decided it."""
    answer = answers.get(claim.claim_id, _NO_ANSWER)
    if claim.status not in WITH_THE_PAYER | NOT_SENT or not (answer.denied or answer.paid):
        return claim
    return claim._replace(status="denied" if answer.denied else "paid")


def _not_recorded(unanswered: int, kept: bool) -> tuple[str, ...]:
    if not kept:
        return (
            (
                "Payers' own reason codes: no 835 about this practice had been read by the moment of the report; "
                "denials are told by claim status alone. `conjoint claims ack` reads 835 files in."
            ),
        )
    if unanswered:
        return (f"Of {unanswered} denied claims no 835 had been read: told by claim status alone.",)
    return ()


def _count(of: _OfCode, claim: ClaimRow, code: str, actual: Sequence[str]) -> None:
    of.claims.add(claim.claim_id)
    of.cents += claim.total_cents or 0
    of.not_sent += claim.status in NOT_SENT
    of.waiting += claim.status in WITH_THE_PAYER
    of.paid += claim.status == "paid"
    of.denied += claim.status == "denied"
    of.denied_for_it += code in actual


def _row(code: str, of: _OfCode, kept: bool) -> tuple[Cell, ...]:
    counts = (of.not_sent, of.waiting, of.paid, of.denied, of.denied_for_it if kept else None)
    return (code, len(of.claims), of.cents or None, *counts, of.unbilled_cents or None)


def _denied(claim: ClaimRow, predicted: set[str], actual: Sequence[str]) -> tuple[Cell, ...]:
    forecast = (
        "not foretold"
        if not predicted
        else "foretold"
        if not actual
        else "foretold, same reason"
        if predicted.intersection(actual)
        else "foretold, another reason"
    )
    return (
        claim.service_on,
        claim.claim_id,
        claim.session_id,
        claim.client_id,
        claim.payer,
        claim.total_cents,
        tuple(sorted(predicted)),
        tuple(actual),
        forecast,
    )

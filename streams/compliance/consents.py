"""Consents as of a date, whether each visit was covered when it began, and what a revocation stopped. Pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from schemas.compliance import Cell, Column, Figure, Section, Table
from streams.compliance.counting import earliest_first, share, words
from streams.compliance.records import ConsentRow, FindingRow, Ledger, Period

EXPIRING = timedelta(days=30)
STATES = ("in force", "ends within 30 days", "expired", "revoked", "not signed")
_OVER = frozenset({"expired", "revoked", "not signed"})


def state_of(consent: ConsentRow, moment: datetime) -> str:
    """Where one form stood at a moment. Expiry and revocation count from their own instant on."""
    if consent.signed_at is None or consent.signed_at > moment:
        return "not signed"
    if consent.revoked_at is not None and consent.revoked_at <= moment:
        return "revoked"
    if consent.expires_at is not None and consent.expires_at <= moment:
        return "expired"
    soon = consent.expires_at is not None and consent.expires_at <= moment + EXPIRING
    return "ends within 30 days" if soon else "in force"


def register_section(ledger: Ledger, period: Period) -> Section:
    """Which consents were in force on the day the report is about."""
    states = [(consent, state_of(consent, period.as_of)) for consent in ledger.consents]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for consent, state in states:
        counts[consent.kind][state] += 1
    rows: list[tuple[Cell, ...]] = [
        (words(kind), *(counts[kind][state] for state in STATES), sum(counts[kind].values())) for kind in sorted(counts)
    ]
    if rows:
        totals = [sum(counts[kind][state] for kind in counts) for state in STATES]
        rows.append(("all kinds", *totals, len(states)))
    evidence = [
        (
            words(consent.kind),
            consent.client_id,
            consent.unit_id,
            state,
            consent.form_version,
            consent.language,
            consent.signed_at,
            consent.expires_at,
            consent.revoked_at or consent.partly_revoked_at,
            tuple(f"{person} ({role})" for person, role in zip(consent.signer_ids, consent.signer_roles, strict=False)),
            tuple(words_ for element in consent.missing_elements if (words_ := str(words(element)))),
            consent.consent_id,
        )
        for consent, state in sorted(states, key=lambda one: (one[0].kind, one[0].client_id, one[0].consent_id))
    ]
    total = Counter(state for _, state in states)
    invalid = [finding for finding in ledger.of(("C18", "C19")) if finding.state == "open"]
    lacking = sum(1 for consent, state in states if consent.missing_elements and state not in _OVER)
    return Section(
        "consent-register",
        "Consent register",
        "Which consents were in force, and who signed them?",
        figures=(
            Figure("In force", total["in force"] + total["ends within 30 days"]),
            Figure("End within 30 days", total["ends within 30 days"]),
            Figure("Revoked", total["revoked"]),
            Figure(
                "Part 2 forms lacking an element",
                lacking,
                note="in force, 42 CFR 2.31",
                tone="bad" if lacking else "good",
            ),
            Figure(
                "Signatures in doubt",
                len(invalid),
                note="rules C18 and C19, open",
                tone="bad" if invalid else "good",
            ),
        ),
        tables=(
            Table(
                "consents_by_kind",
                "Consents by kind and state",
                (Column("kind", "Kind"), *(Column(_name(s), s.capitalize(), "count") for s in STATES), _ALL),
                rows,
                total=bool(rows),
            ),
            Table(
                "consent_register",
                "The register",
                (
                    Column("kind", "Kind"),
                    Column("client_id", "Client"),
                    Column("unit_id", "Unit"),
                    Column("state", "State", "state"),
                    Column("form_version", "Form"),
                    Column("language", "Language"),
                    Column("signed_at", "Signed", "instant"),
                    Column("expires_at", "Expires", "instant"),
                    Column("revoked_at", "Revoked", "instant"),
                    Column("signers", "Signed by", "ids"),
                    Column("missing_elements", "Part 2 elements missing", "ids"),
                    Column("consent_id", "Consent"),
                ),
                evidence,
                evidence=True,
                bad=frozenset({"expired", "revoked", "not signed"}),
            ),
        ),
        definitions=(
            (
                "In force",
                (
                    "Signed by the moment of the report, not expired and not wholly revoked by then. A partial "
                    "revocation leaves a consent in force and is shown with its time."
                ),
            ),
            (
                "Signatures in doubt",
                (
                    "Forms signed after the session they should cover (C18), or without verified identity, time and "
                    "document, or of a version replaced by a material change (C19)."
                ),
            ),
        ),
        sources=("42 CFR 2.31", "45 CFR 164.508(c)", "Consent records of the EHR"),
    )


_ALL = Column("all", "All", "count")


def _name(state: str) -> str:
    return state.replace(" ", "_")


def visits_section(ledger: Ledger, period: Period) -> Section:
    """Was everybody who attended covered by every consent the visit needed, when it began?"""
    attended = [v for v in ledger.visits if v.status == "attended" and period.has_day(v.service_on)]
    looked = [visit for visit in attended if visit.needed_consents]
    needed: Counter[str] = Counter(kind for visit in looked for kind in visit.needed_consents)
    missing: Counter[str] = Counter(kind for visit in looked for kind in visit.missing_consents)
    gaps = [visit for visit in looked if visit.missing_consents]
    unknown = len(attended) - len(looked)
    return Section(
        "visits-and-consents",
        "Visits and consents",
        "Was everybody covered by every consent the visit needed, when it began?",
        figures=(
            Figure("Visits attended", len(attended)),
            Figure("Covered by all", share(len(looked) - len(gaps), len(looked)), "share", "of visits looked at"),
            Figure("With a gap", len(gaps), tone="bad" if gaps else "good"),
        ),
        tables=(
            Table(
                "visits_by_consent_kind",
                "Visits by kind of consent",
                (
                    Column("kind", "Kind of consent"),
                    Column("needed", "Visits that need it", "count"),
                    Column("covered", "Covered", "count"),
                    Column("missing", "Not covered", "count"),
                    Column("covered_share", "Share covered", "share"),
                ),
                [
                    (words(kind), count, count - missing[kind], missing[kind], share(count - missing[kind], count))
                    for kind, count in sorted(needed.items())
                ],
            ),
            Table(
                "visits_with_a_gap",
                "Visits with a gap",
                (
                    Column("service_on", "Day", "day"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    Column("missing", "Not covered", "ids"),
                    Column("covered_by", "Consents that held", "ids"),
                ),
                [
                    (
                        visit.service_on,
                        visit.session_id,
                        visit.client_id,
                        tuple(str(words(kind)) for kind in visit.missing_consents),
                        tuple(visit.covered_by),
                    )
                    for visit in sorted(gaps, key=lambda v: (v.service_on or period.last_on, v.session_id, v.client_id))
                ],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "Needed",
                (
                    "Treatment consent for everybody; the group's agreement of the cycle; the family or couples "
                    "agreement of every adult for who the unit is; telehealth for whoever is not in the office; "
                    "recording if the session was recorded; observation if a guest was there; a Part 2 TPO "
                    "consent for patients of a SUD program."
                ),
            ),
            (
                "Covered",
                (
                    "A form of that kind held at the instant the session began and was signed by who may sign: a "
                    "guardian on file for a minor, the client alone from the eighteenth birthday."
                ),
            ),
        ),
        sources=("Rules C01, C02, C04–C08, C10 and C20 apply the same tests", "Attendance and consents of the EHR"),
        not_recorded=(f"For {unknown} attended visits the consents needed were not worked out yet.",)
        if unknown
        else (),
    )


def revocations_section(ledger: Ledger, period: Period) -> Section:
    """What was revoked in the period, and what did it stop?"""
    by_consent: dict[str, list[FindingRow]] = defaultdict(list)
    for finding in ledger.of(("C14",)):
        if "consent" in finding.subject:
            by_consent[finding.subject["consent"]].append(finding)
    rows: list[tuple[Cell, ...]] = []
    stopped = still_open = 0
    revoked = [
        (consent, at, whole)
        for consent in ledger.consents
        for at, whole in ((consent.revoked_at, True), (consent.partly_revoked_at, False))
        if at is not None and period.has(at) and at <= period.as_of
    ]
    for consent, at, whole in sorted(revoked, key=lambda one: (one[1], one[0].consent_id)):
        findings = by_consent[consent.consent_id]
        open_ = [f for f in findings if f.state == "open"]
        withdrawn = _withdrawn(ledger, consent, at)
        stopped += len(withdrawn) + len(findings) - len(open_)
        still_open += len(open_)
        rows.append(
            (
                at,
                consent.client_id,
                words(consent.kind),
                "whole" if whole else "partial",
                tuple(withdrawn),
                _jobs(findings, "note"),
                _jobs(findings, "claim"),
                _jobs(findings, "message"),
                "job still waiting" if open_ else "settled",
                consent.consent_id,
            )
        )
    return Section(
        "revocations",
        "Revocations and cancelled jobs",
        "Which consents were revoked, and did everything that waited on them stop?",
        figures=(
            Figure("Revocations", len(rows), note="in the period"),
            Figure("Jobs stopped or settled", stopped),
            Figure("Jobs still waiting", still_open, note="rule C14, open", tone="bad" if still_open else "good"),
        ),
        tables=(
            Table(
                "revocations",
                "Each revocation and what followed",
                (
                    Column("revoked_at", "Revoked", "instant"),
                    Column("client_id", "Client"),
                    Column("kind", "Kind"),
                    Column("scope", "Scope"),
                    Column("withdrawn_drafts", "Draft requests withdrawn", "ids"),
                    Column("drafts", "Drafts flagged", "ids"),
                    Column("claims", "Claims held", "ids"),
                    Column("disclosures", "Disclosures stopped", "ids"),
                    Column("state", "State", "state"),
                    Column("consent_id", "Consent"),
                ),
                rows,
                bad=frozenset({"job still waiting"}),
            ),
        ),
        definitions=(
            (
                "Jobs",
                (
                    "What waited on the consent when it was revoked: queued AI drafts (withdrawn), written AI "
                    "drafts not yet signed (flagged), queued claims (held) and pending disclosures (stopped). "
                    "What was lawfully done before stays done."
                ),
            ),
        ),
        sources=("45 CFR 164.508(b)(5)", "42 CFR 2.31(a)(6)", "Rule C14"),
    )


def _withdrawn(ledger: Ledger, consent: ConsentRow, at: datetime) -> list[str]:
    """Draft requests about this client that were asked for before the revocation and withdrawn at or after it."""
    if consent.kind not in ("ai_assistance", "recording"):
        return []
    found = [
        request
        for request in ledger.requests
        if request.state == "withdrawn"
        and consent.client_id in request.client_ids
        and request.requested_at <= at <= request.changed_at
    ]
    return [request.request_id for request in sorted(found, key=lambda r: (earliest_first(r.changed_at), r.request_id))]


def _jobs(findings: Sequence[FindingRow], key: str) -> tuple[str, ...]:
    return tuple(sorted({finding.subject[key] for finding in findings if key in finding.subject}))

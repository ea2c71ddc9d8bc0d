"""The compliance report: every section an auditor asks for, the summary first. Pure.

Nothing recorded after `as_of` may be among the rows; whoever reads them sees to that.
"""

from datetime import datetime

from schemas.compliance import Cell, Column, Figure, Report, Section, Table
from streams.compliance.ai_use import ai_section
from streams.compliance.billing import authorizations_section, filing_section, match_section
from streams.compliance.consents import register_section, revocations_section, visits_section
from streams.compliance.decisions import decisions_section
from streams.compliance.denials import denials_section
from streams.compliance.notes import cosign_section, group_section, timeliness_section
from streams.compliance.records import Ledger, Period
from streams.compliance.sharing import access_section, disclosures_section, messages_section

SECTIONS = (
    register_section,
    visits_section,
    timeliness_section,
    match_section,
    cosign_section,
    group_section,
    denials_section,
    authorizations_section,
    filing_section,
    disclosures_section,
    ai_section,
    access_section,
    messages_section,
    revocations_section,
    decisions_section,
)
"""In the order of the report. Each is a pure function of the rows and the period."""


def compliance_report(ledger: Ledger, period: Period, origin: str, recorded_since: datetime | None) -> Report:
    """The whole report. `origin`: in words, where the rows come from."""
    sections = tuple(section(ledger, period) for section in SECTIONS)
    practice = ledger.practice
    own = "the practice's own policy" if practice.own_policy else "the default policy"
    return Report(
        practice_id=practice.practice_id,
        practice_name=practice.name or practice.practice_id,
        timezone=str(period.zone),
        first_on=period.first_on,
        last_on=period.last_on,
        as_of=period.as_of,
        recorded_since=recorded_since,
        origin=origin,
        policy=f"{own}, fingerprint {practice.policy_fingerprint or 'not recorded'}",
        sections=(_summary(sections, ledger, period), *sections),
    )


def _summary(sections: tuple[Section, ...], ledger: Ledger, period: Period) -> Section:
    held = [s for s in ledger.sessions if s.status == "completed" and period.has_day(s.service_on)]
    attended = sum(1 for v in ledger.visits if v.status == "attended" and period.has_day(v.service_on))
    amiss: list[tuple[Cell, ...]] = [
        (
            section.title,
            figure.label,
            figure.value if figure.kind == "count" else None,
            figure.value if figure.kind == "money" else None,
        )
        for section in sections
        for figure in section.figures
        if figure.tone == "bad"
    ]
    good = sum(1 for section in sections for figure in section.figures if figure.tone == "good")
    return Section(
        "summary",
        "Summary",
        "How does the practice stand, and what should be looked at first?",
        figures=(
            Figure("Sessions held", len(held)),
            Figure("Visits attended", attended),
            Figure("Clients seen", len({v.client_id for v in ledger.visits if v.status == "attended"})),
            Figure("Checks in order", good, note=f"of {good + len(amiss)}"),
            Figure("Checks with exceptions", len(amiss), tone="bad" if amiss else "good"),
        ),
        tables=(
            Table(
                "exceptions",
                "Exceptions to look at",
                (
                    Column("section", "Section"),
                    Column("exception", "Exception"),
                    Column("cases", "Cases", "count"),
                    Column("cents", "Amount", "money"),
                ),
                amiss,
                caption="Each is explained, with the single cases behind it, in its section.",
            ),
        ),
    )

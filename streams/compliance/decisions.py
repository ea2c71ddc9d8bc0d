"""Which version of which rule, under which policy, stood behind every decision? Pure."""

from collections import defaultdict

from schemas.compliance import Cell, Column, Figure, Section, Table
from streams.compliance.records import FindingRow, Ledger, Period


def decisions_section(ledger: Ledger, period: Period) -> Section:
    """The rules in force: how often each spoke, in which version."""
    by: dict[tuple[str, str], list[FindingRow]] = defaultdict(list)
    for finding in ledger.findings:
        by[finding.rule, finding.rule_version].append(finding)
    rows: list[tuple[Cell, ...]] = []
    opened = resolved = open_now = 0
    for (rule, version), findings in sorted(by.items()):
        counts = (
            sum(1 for f in findings if period.has(f.opened_at)),
            sum(1 for f in findings if f.state == "resolved" and period.has(f.changed_at)),
            sum(1 for f in findings if f.state == "open"),
        )
        opened, resolved, open_now = opened + counts[0], resolved + counts[1], open_now + counts[2]
        title = ledger.rule_titles.get(rule, rule)
        moments = [f.opened_at for f in findings]
        rows.append((rule, title, version, *counts, min(moments), max(f.changed_at for f in findings)))
    practice = ledger.practice
    return Section(
        "rules",
        "Rules in force",
        "Which version of which rule, under which policy, stood behind every decision?",
        figures=(
            Figure("Findings opened", opened, note="in the period"),
            Figure("Resolved", resolved, note="in the period"),
            Figure("Open", open_now, note="as of the report"),
            Figure("Policy in force", practice.policy_fingerprint, "text", _policy_note(practice.own_policy)),
        ),
        tables=(
            Table(
                "rules_in_force",
                "Rules that decided something",
                (
                    Column("rule", "Rule"),
                    Column("title", "What it looks for"),
                    Column("version", "Version"),
                    Column("opened", "Opened", "count"),
                    Column("resolved", "Resolved", "count"),
                    Column("open", "Open now", "count"),
                    Column("first_at", "First", "instant"),
                    Column("last_at", "Last decision", "instant"),
                ),
                rows,
            ),
            Table(
                "findings",
                "Every finding, with the rule version that decided it",
                (
                    Column("opened_at", "Opened", "instant"),
                    Column("rule", "Rule"),
                    Column("version", "Version"),
                    Column("severity", "Severity"),
                    Column("state", "State"),
                    Column("subject", "About", "ids"),
                    Column("predicts", "CARC"),
                    Column("evidence", "Evidence", "ids"),
                    Column("finding_id", "Finding"),
                ),
                [
                    (
                        f.opened_at,
                        f.rule,
                        f.rule_version,
                        f.severity,
                        f.state,
                        tuple(f"{key} {id_}" for key, id_ in sorted(f.subject.items())),
                        f.predicts,
                        tuple(f.evidence),
                        f.finding_id,
                    )
                    for f in sorted(ledger.findings, key=lambda f: (f.opened_at, f.rule, f.finding_id))
                    if f.state == "open" or period.has(f.opened_at) or period.has(f.changed_at)
                ],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "Version",
                "Changes whenever the meaning of a rule changes; a finding keeps the version that decided it last.",
            ),
            ("Policy in force", "A fingerprint of every value of the practice's policy as of the report."),
        ),
        sources=("The catalogue of rules shipped with Conjoint, each with its public source",),
    )


def _policy_note(own: bool) -> str:
    return "the practice's own, over the defaults" if own else "the defaults"

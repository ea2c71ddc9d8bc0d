"""What does a page need to know about a finding, a dead letter or a part to show it? Their words, ready to print.

Pure. Turns values into words once, so that a page, a live row and a detail say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dashboards.console import wording
from dashboards.console.config import RuleLabel
from dashboards.console.sources import Grouping, group_key, kind_of, milliseconds
from schemas.finding import SUBJECT_KEYS, Finding


@dataclass(frozen=True)
class Moment:
    """A moment in three forms: for machines, to the second, and as a distance from now."""

    iso: str
    exact: str
    ago: str
    short: str
    ms: int


@dataclass(frozen=True)
class FindingView:
    """A finding as a person reads it."""

    finding: Finding
    href: str
    severity: str
    severity_meaning: str
    kind: str
    rule_title: str
    rule_source: str
    subjects: tuple[tuple[str, str], ...]
    opened: Moment
    changed: Moment
    money: str
    denial_meaning: str
    is_new: bool
    group: str

    @property
    def is_open(self) -> bool:
        return self.finding.state == "open"


@dataclass(frozen=True)
class Presenter:
    """Turns values into words, at one moment of the practices' clock."""

    zone: ZoneInfo
    now: datetime
    rules: Mapping[str, RuleLabel]

    def moment(self, moment: datetime) -> Moment:
        """A moment in all its forms."""
        return Moment(
            iso=moment.isoformat(timespec="milliseconds"),
            exact=wording.exactly(moment, self.zone),
            ago=wording.ago(moment, self.now),
            short=wording.to_the_minute(moment, self.zone),
            ms=milliseconds(moment),
        )

    def finding(self, finding: Finding, *, grouping: Grouping = "none", looked_ms: int | None = None) -> FindingView:
        """A finding in words. It is new when it changed after what was marked as seen."""
        label = self.rules.get(finding.rule, RuleLabel(""))
        order = {key: place for place, key in enumerate(SUBJECT_KEYS)}
        subjects = sorted(finding.subject.items(), key=lambda item: order.get(item[0], len(order)))
        return FindingView(
            finding=finding,
            href=f"/findings/{quote(finding.finding_id, safe='')}",
            severity=wording.SEVERITY_NAMES[finding.severity],
            severity_meaning=wording.SEVERITY_MEANINGS[finding.severity],
            kind=wording.KIND_NAMES.get(kind_of(finding.rule) or "", ""),
            rule_title=label.title,
            rule_source=label.source,
            subjects=tuple((wording.SUBJECT_NAMES.get(key, key.capitalize()), value) for key, value in subjects),
            opened=self.moment(finding.opened_at),
            changed=self.moment(finding.changed_at),
            money=wording.money(finding.money_at_stake_cents),
            denial_meaning=wording.denial(finding.predicts or ""),
            is_new=looked_ms is not None and not finding.historical and milliseconds(finding.changed_at) > looked_ms,
            group=group_key(finding, grouping),
        )

    def heading(self, group: str, grouping: Grouping) -> str:
        """The words over a group of findings."""
        if grouping == "severity":
            return wording.SEVERITY_NAMES.get(group, group)
        if grouping == "rule":
            title = self.rules.get(group, RuleLabel("")).title
            return f"{group} · {title}" if title else group
        return group


@dataclass(frozen=True)
class Step:
    """One kept state of a finding and what was different from the one before."""

    at: Moment
    title: str
    notes: tuple[str, ...]


def history(versions: tuple[Finding, ...], presenter: Presenter) -> tuple[Step, ...]:
    """What became of a finding, newest first, out of the states that are still kept (newest first)."""
    steps: list[Step] = []
    for place, finding in enumerate(versions):
        before = versions[place + 1] if place + 1 < len(versions) else None
        if before is None:
            if finding.state == "resolved":
                steps.append(Step(presenter.moment(finding.changed_at), "Resolved", ()))
            elif finding.changed_at != finding.opened_at:
                steps.append(Step(presenter.moment(finding.changed_at), "Latest state kept", ()))
            continue
        notes = _differences(before, finding)
        if finding.state != before.state:
            steps.append(
                Step(
                    presenter.moment(finding.changed_at),
                    "Resolved" if finding.state == "resolved" else "Open again",
                    notes,
                )
            )
        elif notes:
            steps.append(Step(presenter.moment(finding.changed_at), "Updated", notes))
    if versions:
        oldest = versions[-1]
        note = ("It was already so when Conjoint was connected.",) if oldest.historical else ()
        steps.append(Step(presenter.moment(oldest.opened_at), "Came about", note))
    return tuple(steps)


def _differences(before: Finding, after: Finding) -> tuple[str, ...]:
    notes: list[str] = []
    if before.severity != after.severity:
        was, now = wording.SEVERITY_NAMES[before.severity], wording.SEVERITY_NAMES[after.severity]
        notes.append(f"{was} became {now}")
    if before.money_at_stake_cents != after.money_at_stake_cents:
        was = wording.money(before.money_at_stake_cents) or "not known"
        now = wording.money(after.money_at_stake_cents) or "not known"
        notes.append(f"Money at stake: {was} became {now}")
    if before.predicts != after.predicts:
        notes.append(f"Predicted denial: {before.predicts or 'none'} became {after.predicts or 'none'}")
    if before.why != after.why:
        notes.append(f"Before: {before.why}")
    return tuple(notes)

"""What follows from looking at a file, and what of it has not been sent before? Compares with what the file remembers.

Changes the file it is given and the effects; pure otherwise.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.draft_context import DraftContext
from schemas.draft_request import DraftRequest
from schemas.evidence import Evidence
from schemas.facts import Fact
from schemas.finding import Finding, finding_id
from schemas.reasons import Poison, Reason
from streams.cases import PracticeView, SessionCase
from streams.drafting.context import context_wanted, withdrawn_context
from streams.facts import FactRow, gone
from streams.files import File
from streams.rule import Found, Recheck, Rule


@dataclass(slots=True)
class Effects:
    """What follows from one change set, and how each of its changes ended."""

    findings: list[Finding] = field(default_factory=list)
    requests: list[DraftRequest] = field(default_factory=list)
    contexts: list[DraftContext] = field(default_factory=list)
    facts: list[Fact | Evidence] = field(default_factory=list)
    outcomes: Counter[Reason] = field(default_factory=Counter)
    failed_rules: Counter[str] = field(default_factory=Counter)
    poisons: list[Poison] = field(default_factory=list)
    """Changes that were not taken in because no rule could work with them."""

    @property
    def emitted(self) -> int:
        """How much is to be sent."""
        return len(self.findings) + len(self.requests) + len(self.contexts) + len(self.facts)


def emit_findings(
    file: File,
    found: list[Finding],
    failed: set[str],
    now: datetime,
    version: int,
    effects: Effects,
) -> None:
    """Send what is found anew or otherwise, and as resolved what is found no more; of a rule that failed, nothing."""
    current: dict[str, Finding] = {}
    for finding in found:
        current.setdefault(finding.finding_id, finding)
    for id_, known in list(file.findings.items()):
        if id_ not in current and known.rule not in failed:
            del file.findings[id_]
            resolved = known.model_copy(update={"state": "resolved", "changed_at": now, "version": version})
            effects.findings.append(resolved)
    for id_, finding in sorted(current.items()):
        known_ = file.findings.get(id_)
        if known_ is None or _meaning(known_) != _meaning(finding):
            file.findings[id_] = finding
            effects.findings.append(finding)


def emit_facts(file: File, facts: Iterable[FactRow], now: datetime, version: int, effects: Effects) -> None:
    """Send the rows that changed, and those that are gone."""
    current = {row.key: row for row in facts}
    for key, row in current.items():
        fingerprint = row.fingerprint()
        if file.facts.get(key) != fingerprint:
            file.facts[key] = fingerprint
            effects.facts.append(row.fact(2 * version + 1, now))
    if len(file.facts) == len(current):
        return
    for key in [key for key in file.facts if key not in current]:
        del file.facts[key]
        # one below: what has moved leaves one file and enters another in the same message, and must outlast that
        effects.facts.append(gone(key, 2 * version, now))


def emit_request(file: File, request: DraftRequest | None, now: datetime, version: int, effects: Effects) -> None:
    """Send a draft request that is new, and withdraw those that hold no more."""
    for id_, known in list(file.requests.items()):
        if request is None or id_ != request.request_id:
            del file.requests[id_]
            update = {"state": "withdrawn", "changed_at": now, "version": version}
            void = known.model_copy(update=update)
            effects.requests.append(void)
            effects.contexts.append(withdrawn_context(void, file.contexts.pop(id_, "")))
    if request is not None and request.request_id not in file.requests:
        emitted = request.model_copy(update={"changed_at": now, "version": version})
        file.requests[request.request_id] = emitted
        effects.requests.append(emitted)


def emit_context(
    file: File, case: SessionCase, request: DraftRequest, now: datetime, version: int, effects: Effects
) -> list[datetime]:
    """Send what a requested draft is made of; answers when to look at it again."""
    rechecks = []
    for outcome in context_wanted(file, case, request, now):
        if isinstance(outcome, Recheck):
            rechecks.append(outcome.at)
        else:
            effects.contexts.append(outcome.model_copy(update={"version": version}))
    return rechecks


def finding_of(practice: PracticeView, rule: Rule[Any], found: Found, now: datetime, version: int) -> Finding:
    """What a rule found, as it is sent. `opened_at` follows from the facts alone, so that a replay gives the same."""
    evidence = {held.id: held for held in found.evidence if held is not None}
    moments = [held.at for held in evidence.values()] + ([] if found.since is None else [found.since])
    opened_at = max(moments, default=now)
    adopted_at = practice.file.adopted_at
    return Finding(
        finding_id=finding_id(practice.id, rule.id, found.subject),
        practice_id=practice.id,
        rule=rule.id,
        rule_version=rule.version,
        state="open",
        severity=found.severity or rule.severity,
        subject=dict(sorted(found.subject.items())),
        predicts=found.predicts,
        money_at_stake_cents=found.money_at_stake_cents,
        opened_at=opened_at,
        changed_at=now,
        why=found.why,
        todo=found.todo,
        evidence=tuple(sorted(evidence)),
        historical=adopted_at is not None and opened_at <= adopted_at,
        version=version,
    )


def _meaning(finding: Finding) -> Finding:
    return finding.model_copy(update={"changed_at": finding.opened_at, "version": 0})

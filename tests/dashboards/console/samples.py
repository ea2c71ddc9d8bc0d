"""What do the console's tests look at? A small practice's findings, made up from head to foot."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from argon2 import PasswordHasher
from fastapi import FastAPI

from dashboards.console.app import create_app
from dashboards.console.config import ConsoleConfig, RuleLabel
from dashboards.console.memory import InMemoryDeadLetters, InMemoryDrafts, InMemoryFeed, InMemoryFindings, InMemoryParts
from dashboards.console.rights import Role
from dashboards.console.sources import Lag, PartState, PlatformState, Sources
from schemas.dead_letter import DeadLetter
from schemas.draft import (
    Action,
    Cited,
    Draft,
    Dyad,
    Provenance,
    Removed,
    RiskStatement,
    Section,
    Sentence,
    SessionDraft,
    Urgent,
)
from schemas.finding import Finding, finding_id

NOW = datetime(2026, 1, 6, 17, 20, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery"
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RULES = {
    "B01": RuleLabel("Billed but not attended", "False Claims Act; payer manuals on no-shows"),
    "B02": RuleLabel("Attended but not billed", "Practice policy, 72 hours"),
    "B10": RuleLabel("Family session too short for its code", "CPT 90846 and 90847, time rule"),
    "B20": RuleLabel("Billed outside the coverage", "Payer eligibility, CARC 26 and 27"),
    "B39": RuleLabel("Billed without a signed note", "CMS documentation rules, RARC N393"),
    "C01": RuleLabel("Booked without a treatment consent", "Practice policy"),
    "C02": RuleLabel("Group agreement not signed", "CAMFT group confidentiality"),
    "C08": RuleLabel("Recorded without everyone’s consent", "All-party consent states"),
    "C15": RuleLabel("Consent about to expire", "Practice policy, 30 days"),
}
_versions = itertools.count(1)


def a_finding(**changes: Any) -> Finding:
    """One finding; say only what matters to the test."""
    fields: dict[str, Any] = {
        "practice_id": "P-1",
        "rule": "B39",
        "rule_version": "1",
        "state": "open",
        "severity": "block",
        "subject": {"session": "S-104", "client": "C-22", "claim": "CL-310"},
        "predicts": "16",
        "money_at_stake_cents": 14_000,
        "opened_at": NOW - timedelta(minutes=42),
        "why": "Claim CL-310 is queued, but the note of client C-22 for session S-104 is not signed.",
        "todo": "Have clinician D-3 sign the note, then release the claim.",
        "evidence": ["CL-310", "N-881", "S-104"],
        "historical": False,
        "version": next(_versions),
        **changes,
    }
    fields.setdefault("changed_at", fields["opened_at"])
    fields.setdefault("finding_id", finding_id(fields["practice_id"], fields["rule"], fields["subject"]))
    return Finding.model_validate(fields)


_STORIES: tuple[tuple[str, str, str | None, int | None, str, str, tuple[str, ...]], ...] = (
    (
        "B01",
        "block",
        None,
        14_000,
        "Claim {claim} bills client {client} for session {session}, but attendance says the client did not come.",
        "Void claim {claim}, or correct the attendance of client {client}.",
        ("claim", "session", "client"),
    ),
    (
        "B39",
        "block",
        "16",
        16_250,
        "Claim {claim} is queued, but the note of client {client} for session {session} is not signed.",
        "Have clinician {clinician} sign the note, then release the claim.",
        ("claim", "session", "client", "note"),
    ),
    (
        "B10",
        "block",
        "16",
        13_500,
        "Family session {session} lasted 22 minutes, and claim {claim} bills 90847, which needs at least 26.",
        "Correct the times if they are wrong, otherwise take the line off claim {claim}.",
        ("claim", "session", "family"),
    ),
    (
        "B20",
        "block",
        "27",
        14_000,
        "Session {session} took place after the coverage of client {client} had ended.",
        "Ask client {client} for the new coverage and check eligibility before claim {claim} goes out.",
        ("claim", "session", "client", "coverage"),
    ),
    (
        "C08",
        "block",
        None,
        None,
        "Session {session} is being recorded, and client {client} has not consented to recording.",
        "Stop the recording now. The transcript is kept back until everybody has consented.",
        ("session", "client", "recording"),
    ),
    (
        "C01",
        "hold",
        None,
        None,
        "Client {client} is booked for session {session} and has no treatment consent in force on that day.",
        "Send the consent form to client {client} and have it signed before the session.",
        ("session", "client"),
    ),
    (
        "C02",
        "hold",
        None,
        None,
        "Client {client} is a member of group {group} and has not signed the agreement of this cycle.",
        "Have the current group agreement signed before session {session}.",
        ("group", "session", "client"),
    ),
    (
        "C15",
        "warn",
        None,
        None,
        "Consent {consent} of client {client} expires in 14 days, and sessions are booked after that day.",
        "Send the renewal to client {client}.",
        ("consent", "client"),
    ),
    (
        "B02",
        "warn",
        "29",
        14_000,
        "Client {client} attended session {session} more than 72 hours ago, and nothing was billed.",
        "Make the claim for session {session}, or note why it is not billed.",
        ("session", "client"),
    ),
)
_PREFIXES = {
    "session": "S",
    "client": "C",
    "claim": "CL",
    "group": "G",
    "family": "F",
    "note": "N",
    "consent": "CO",
    "coverage": "CV",
    "recording": "R",
    "clinician": "D",
}


def many_findings(count: int, seed: int = 7) -> Iterator[Finding]:
    """A made-up past of a few practices; the same for the same seed."""
    dice = random.Random(seed)
    for number in range(count):
        rule, severity, predicts, cents, why, todo, keys = dice.choice(_STORIES)
        ids = {key: f"{prefix}-{dice.randint(100, 999)}" for key, prefix in _PREFIXES.items()}
        opened_at = NOW - timedelta(minutes=dice.choice((3, 12, 55, 140, 600, 1_500, 4_000, 9_000)) + number)
        resolved = dice.random() < 0.3
        yield a_finding(
            practice_id=dice.choice(("P-1", "P-1", "P-1", "P-2", "P-3")),
            rule=rule,
            severity=severity,
            predicts=predicts,
            money_at_stake_cents=cents,
            subject={key: ids[key] for key in keys},
            why=why.format(**ids),
            todo=todo.format(**ids),
            evidence=[ids[key] for key in keys],
            opened_at=opened_at,
            changed_at=min(NOW, opened_at + timedelta(minutes=90)) if resolved else opened_at,
            state="resolved" if resolved else "open",
            historical=dice.random() < 0.15,
        )


def a_draft(**changes: Any) -> SessionDraft:
    """One draft of a couples session; say only what matters to the test."""
    provenance = Provenance(drafter="local", transcript_used=True)
    draft = Draft(
        sections=(
            Section(
                client_id=None,
                title="Data",
                sentences=(Sentence(text="Both practised the pause word.", evidence=("B1",), part="intervention"),),
            ),
            Section(
                client_id="C-22",
                title="Data",
                sentences=(
                    Sentence(text="C-22 said: “I slept five hours.”", evidence=("4",), goal_ids=("GL-1",)),
                    Sentence(text="C-22 spoke of work.", evidence=("9",), flags=("low_coverage",)),
                ),
            ),
            Section(
                client_id="C-23",
                title="Data",
                sentences=(Sentence(text="C-23 asked C-22 to stay.", evidence=("5",)),),
            ),
        ),
        dyads=(Dyad(from_="C-22", to="C-23", text="C-22 answered C-23.", evidence=("4", "5")),),
        themes=("Sleep",),
        actions=(Action(text="Pause word every evening.", client_id=None, evidence=("B1",)),),
        risk=(RiskStatement(client_id="C-22", topic="suicide", polarity="not_assessed", text="Nothing was asked."),),
        urgent=(Urgent(text="C-22 asked to be called today.", evidence=("9",), client_id="C-22"),),
        removed=(Removed(text="C-23 denies everything.", reason="No evidence."),),
        blocked=("No valid consent to AI assistance from C-24.",),
        provenance=provenance,
    )
    cited = (
        Cited(id="4", text="I slept five hours, again.", speaker="C-22"),
        Cited(id="5", text="Stay, please.", speaker="C-23"),
        Cited(id="9", text="Work was <b>loud</b>. Call me today.", speaker="C-22"),
        Cited(id="B1", text="Pause word practised by both.", speaker="THERAPIST"),
    )
    fields: dict[str, Any] = {
        "draft_id": "2f0d7a11-0000-5000-8000-000000000001",
        "request_id": "7c1f4b9e-0000-5000-8000-000000000001",
        "practice_id": "P-1",
        "session_id": "S-104",
        "kind": "couple",
        "client_ids": ("C-22", "C-23", "C-24"),
        "state": "drafted",
        "created_at": NOW - timedelta(minutes=6),
        "requested_at": NOW - timedelta(minutes=9),
        "draft": draft,
        "cited": cited,
        "version": 40,
        **changes,
    }
    return SessionDraft.model_validate(fields)


def some_drafts() -> list[SessionDraft]:
    """A draft, one that may not be written, and one of another practice."""
    nothing = Draft(blocked=("Nobody present has consented.",), provenance=Provenance(drafter="none"))
    return [
        a_draft(),
        a_draft(
            draft_id="2f0d7a11-0000-5000-8000-000000000002",
            session_id="S-105",
            state="blocked",
            draft=nothing,
            cited=(),
            created_at=NOW - timedelta(hours=2),
        ),
        a_draft(
            draft_id="2f0d7a11-0000-5000-8000-000000000003",
            session_id="S-900",
            practice_id="P-3",
            created_at=NOW - timedelta(hours=1),
        ),
    ]


def some_letters() -> list[DeadLetter]:
    """Dead letters of three kinds."""
    rows = (
        ("undecodable", "not a record", "care.changes", 2, 10_231, 7, False),
        ("impossible_value", "data.actual_end: datetime_parsing", "raw.ehr.public.appointment", 0, 88_120, 95, False),
        ("unknown_word", "attendance.status", "raw.ehr.public.attendance", 0, 42_777, 1_460, True),
    )
    return [
        DeadLetter(
            letter_id=f"6f1d2c3a-0000-5000-8000-00000000000{number}",
            reason=reason,
            error=error,
            topic=topic,
            partition=partition,
            offset=offset,
            died_at=NOW - timedelta(minutes=minutes),
            replayed=replayed,
        )
        for number, (reason, error, topic, partition, offset, minutes, replayed) in enumerate(rows, 1)
    ]


def some_parts() -> PlatformState:
    """A platform with one part in trouble and one on its way."""
    hour = timedelta(hours=1)
    return PlatformState(
        parts=(
            PartState("postgres", "ready", 4101, 0, NOW - 3 * hour),
            PartState("kafka", "ready", 4107, 0, NOW - 3 * hour),
            PartState("clickhouse", "ready", 4140, 0, NOW - 3 * hour),
            PartState("connect", "starting", 4188, 1, NOW - hour / 60, "waiting for the REST interface"),
            PartState("normalise", "ready", 4203, 0, NOW - 3 * hour),
            PartState("keep_files", "ready", 4210, 0, NOW - 3 * hour),
            PartState("sink", "restarting", None, 4, NOW - hour / 30, "ended with code 1; started again in 8 s"),
            PartState("webhook", "ready", 4222, 0, NOW - 3 * hour),
            PartState("console", "ready", 4230, 0, NOW - 3 * hour),
            PartState("practice", "ready", 4244, 0, NOW - 3 * hour),
        ),
        read_at=NOW,
    )


def write_users(path: Path, practices: dict[str, Any] | None = None) -> None:
    """One user per role, all with PASSWORD; `practices` by user name, else all of them."""
    users = [
        {
            "name": role.value,
            "role": role.value,
            "display_name": {"manager": "Practice manager", "admin": "Administrator"}.get(
                role.value, role.capitalize()
            ),
            "practices": (practices or {}).get(role.value, "all"),
            "password_hash": QUICK_HASHER.hash(PASSWORD),
        }
        for role in Role
    ]
    path.write_bytes(orjson.dumps({"users": users}))


@dataclass
class Desk:
    """A console on in-memory sources, with a clock that stands where it is put."""

    home: Path
    findings: InMemoryFindings = field(default_factory=InMemoryFindings)
    feed: InMemoryFeed = field(default_factory=InMemoryFeed)
    parts: InMemoryParts = field(default_factory=lambda: InMemoryParts(some_parts(), (Lag("sink", "findings", 128),)))
    letters: InMemoryDeadLetters = field(default_factory=lambda: InMemoryDeadLetters(some_letters()))
    drafts: InMemoryDrafts = field(default_factory=lambda: InMemoryDrafts(some_drafts()))
    practices: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOW
    settings: dict[str, Any] = field(default_factory=dict)

    def app(self) -> FastAPI:
        """The application over these sources."""
        users_path = self.home / "console-users.json"
        write_users(users_path, self.practices)
        config = ConsoleConfig(
            port=0,
            cookie_secret="a-secret-of-the-tests-only",
            users_path=users_path,
            status_path=self.home / "status.json",
            clickhouse_url="http://127.0.0.1:1",
            clickhouse_password="",
            kafka_bootstrap="127.0.0.1:1",
            rules=RULES,
            **self.settings,
        )
        sources = Sources(self.findings, self.feed, self.parts, self.letters, self.drafts)
        return create_app(config, sources, clock=lambda: self.now)

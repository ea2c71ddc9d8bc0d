"""What the rules found: the record on `findings`, the row of fact_finding, and the line `conjoint replay` prints."""

from typing import Annotated, Literal
from uuid import UUID, uuid5

from schemas.phi import Phi
from schemas.record import ByCode, Count, Flag, Id, Instant, Label, Many, Schema, Word

NAMESPACE = UUID("6f9b1c52-6c5e-5f0e-9d0b-6a8f3c1d2e47")

Severity = Annotated[Literal["block", "hold", "warn"], Phi.NONE]
SUBJECT_KEYS = (
    "session",
    "client",
    "claim",
    "group",
    "family",
    "couple",
    "clinician",
    "consent",
    "note",
    "recording",
    "message",
    "coverage",
    "authorization",
)


def id_from_cause(*cause: str) -> str:
    """The same cause always gives the same id, however often and in whatever order it is met."""
    return str(uuid5(NAMESPACE, "\x1f".join(cause)))


def finding_id(practice_id: str, rule: str, subject: dict[str, str]) -> str:
    """One finding per practice, rule and subject: opened, updated and resolved under the same id."""
    return id_from_cause(practice_id, rule, *(f"{key}={subject[key]}" for key in sorted(subject)))


class Finding(Schema):
    """Sentences name people by id only. `version` grows with every emission: the highest is the truth.

    `opened_at` is when the situation came about by the facts, not when it was noticed. `predicts` is a CARC number.
    `historical`: it was already so when the practice was connected, so nobody is alerted.
    """

    finding_id: Id
    practice_id: Id
    rule: Word
    rule_version: Word
    state: Annotated[Literal["open", "resolved"], Phi.NONE]
    severity: Severity
    subject: ByCode[Id] = {}
    predicts: Word | None = None
    money_at_stake_cents: Count | None = None
    opened_at: Instant
    changed_at: Instant
    why: Label
    todo: Label
    evidence: Many[Id] = ()
    historical: Flag = False
    version: Count

"""Who may do what? One table, role by role; every route and every command of the console declares the right it needs.

Pure. What is not granted here is refused; which practices a person works for is the user's own scope.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What a person is here for."""

    ASSISTANT = "assistant"
    ASSOCIATE = "associate"
    """Treats under supervision: what they sign waits for a supervisor's co-signature."""
    CLINICIAN = "clinician"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    BILLER = "biller"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class Right(StrEnum):
    """Everything that somebody may or may not do."""

    SEE_FINDINGS = "see findings"
    SEE_SYSTEM = "see the system"
    SEE_DEAD_LETTERS = "see dead letters"
    REPLAY_DEAD_LETTERS = "replay dead letters"

    SEE_DRAFTS = "see which drafts there are"
    """Sessions, states and ages; no clinical text."""
    READ_DRAFTS = "read drafts"
    """Clinical text of clients: only for those who treat them or document for those who do."""
    EDIT_DRAFTS = "edit drafts"
    DECIDE_DRAFTS = "approve or reject sections"
    SIGN_NOTES = "sign notes"
    COSIGN_NOTES = "co-sign notes"
    ADD_ADDENDA = "add addenda"
    RETRY_WRITES = "retry writing notes to the EHR"
    SEE_OWN_STYLE = "see and reset what was learned from one's own edits"
    SEE_TIMES = "see how long documentation takes"
    """Aggregates only."""

    SEE_CLAIMS = "see claims"
    ACT_ON_CLAIMS = "act on claims"
    SEE_CONSENTS = "see consents"
    ACT_ON_CONSENTS = "act on consents"
    SEE_COMPLIANCE = "see compliance reports"
    SEE_POLICY = "see the practice's policy"
    CHANGE_POLICY = "change the practice's policy"

    SEE_ROLLOUT = "see rollout phases"
    MOVE_ROLLOUT = "move cohorts between phases"
    SEE_AUDIT = "see the audit trail"
    EXPORT_AUDIT = "export the audit trail"
    SEE_USERS = "see who may sign in"
    MANAGE_USERS = "say who may sign in"


_EVERYBODY = frozenset({Right.SEE_FINDINGS, Right.SEE_SYSTEM})
_DRAFTING = frozenset({Right.SEE_DRAFTS, Right.READ_DRAFTS, Right.EDIT_DRAFTS, Right.SEE_CONSENTS})
_TREATING = _DRAFTING | {Right.DECIDE_DRAFTS, Right.SIGN_NOTES, Right.ADD_ADDENDA, Right.SEE_OWN_STYLE}

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.ASSISTANT: _EVERYBODY | _DRAFTING | {Right.ACT_ON_CONSENTS},
        Role.ASSOCIATE: _EVERYBODY | _TREATING,
        Role.CLINICIAN: _EVERYBODY | _TREATING | {Right.RETRY_WRITES, Right.ACT_ON_CONSENTS},
        Role.SUPERVISOR: _EVERYBODY
        | _TREATING
        | {Right.COSIGN_NOTES, Right.RETRY_WRITES, Right.ACT_ON_CONSENTS, Right.SEE_TIMES},
        Role.MANAGER: _EVERYBODY
        | {
            Right.SEE_DEAD_LETTERS,
            Right.SEE_TIMES,
            Right.SEE_CLAIMS,
            Right.SEE_CONSENTS,
            Right.ACT_ON_CONSENTS,
            Right.SEE_COMPLIANCE,
            Right.SEE_POLICY,
            Right.CHANGE_POLICY,
            Right.SEE_ROLLOUT,
            Right.MOVE_ROLLOUT,
        },
        Role.BILLER: _EVERYBODY | {Right.SEE_CLAIMS, Right.ACT_ON_CLAIMS},
        Role.COMPLIANCE: _EVERYBODY
        | {
            Right.SEE_CONSENTS,
            Right.SEE_COMPLIANCE,
            Right.SEE_POLICY,
            Right.SEE_ROLLOUT,
            Right.SEE_AUDIT,
            Right.EXPORT_AUDIT,
            Right.SEE_USERS,
            Right.SEE_CLAIMS,
        },
        Role.ADMIN: _EVERYBODY
        | {
            Right.SEE_DEAD_LETTERS,
            Right.REPLAY_DEAD_LETTERS,
            Right.RETRY_WRITES,
            Right.SEE_POLICY,
            Right.CHANGE_POLICY,
            Right.SEE_ROLLOUT,
            Right.MOVE_ROLLOUT,
            Right.SEE_AUDIT,
            Right.SEE_USERS,
            Right.MANAGE_USERS,
        },
    }
)
"""The table. A role not in it may do nothing."""


def may(role: Role, right: Right) -> bool:
    """Whether the role has the right."""
    return right in RIGHTS.get(role, frozenset())

"""Every named outcome, once: the same word stands in a dead letter's header, a counter's label and the runbook."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an input ended as it did. The comment behind each is what an operator should know."""

    APPLIED = "applied"  # it changed something
    DUPLICATE = "duplicate"  # this version was already known
    STALE = "stale"  # a newer version was already known
    PRACTICE_UNKNOWN = "practice_unknown"  # kept; decided as soon as the practice itself arrives
    HEARTBEAT = "heartbeat"  # the source said it is alive
    TOMBSTONE = "tombstone"  # the source's marker after a delete; the delete itself came before
    TRANSACTION_MARKER = "transaction_marker"  # the source's begin and end of transactions
    NOT_MAPPED = "not_mapped"  # a table nothing in the vocabulary needs
    # what follows ends as a dead letter
    UNDECODABLE = "undecodable"  # nobody can read these bytes
    UNKNOWN_ENTITY = "unknown_entity"  # readable, but of a kind the vocabulary does not know
    UNKNOWN_WORD = "unknown_word"  # a status word the adapter has no meaning for
    IMPOSSIBLE_VALUE = "impossible_value"  # readable, but it cannot be true (a wrong type, date or amount)
    UNAVAILABLE_VALUE = "unavailable_value"  # the source left a value out (replica identity is not FULL)
    TOO_LARGE = "too_large"  # a text or record beyond the bounds
    NO_PRACTICE = "no_practice"  # no practice id, so nobody it could belong to
    FAILED = "failed"  # a defect of ours, not of the input: replay it once the defect is mended
    RULE_FAILED = "rule_failed"  # a rule raised; its earlier findings stay as they were


DEADLY = frozenset(
    {
        Reason.UNDECODABLE,
        Reason.UNKNOWN_ENTITY,
        Reason.UNKNOWN_WORD,
        Reason.IMPOSSIBLE_VALUE,
        Reason.UNAVAILABLE_VALUE,
        Reason.TOO_LARGE,
        Reason.NO_PRACTICE,
        Reason.FAILED,
    }
)
"""Reasons that set a message aside as a dead letter."""


class Poison(ValueError):
    """An input that must end as a dead letter. Carries the reason and where to look, never a value."""

    def __init__(self, reason: Reason, where: str = "") -> None:
        super().__init__(f"{reason.value}{' at ' + where if where else ''}")
        self.reason = reason
        self.where = where

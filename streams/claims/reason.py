"""What is a suggestion made of? Values with the reason for each, or a reason why there is nothing to bill. Pure.

Sentences name people by id only.
"""

from dataclasses import dataclass

from streams.rule import Evidence


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field of a claim says what it says."""

    field: str
    says: str
    why: str
    evidence: tuple[str, ...] = ()


def because(field: str, says: str, why: str, *evidence: Evidence | None) -> Reason:
    """A reason that rests on these records."""
    return Reason(field, says, why, tuple(sorted({held.id for held in evidence if held is not None})))


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why nothing is suggested for a person in a session.

    `kind`: not_billable (nothing is wrong, nobody is to be billed), not_recorded (a fact is missing), waits (for
    something that is still to come), billed (it is billed already).
    """

    session_id: str
    client_id: str
    kind: str
    why: str
    evidence: tuple[str, ...] = ()


def withheld(session_id: str, client_id: str, kind: str, why: str, *evidence: Evidence | None) -> Withheld:
    """A refusal that rests on these records."""
    return Withheld(session_id, client_id, kind, why, tuple(sorted({h.id for h in evidence if h is not None})))

"""What was learned from a clinician's edits, and from what. Plain records, without any fact about a client.

A phrase or word is only ever one that occurred for several clients in several sessions: how it is said, never what.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AcceptedEdit:
    """One signed section: what was drafted and what was signed, sentence by sentence as (text, part)."""

    session_id: str
    client_id: str | None
    template: str
    drafted: tuple[tuple[str, str], ...] = field(repr=False)
    signed: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Learned:
    """One thing that was learned, and why: `what` is a template, phrase, "old → new", part or number."""

    what: str
    times: int
    why: str


@dataclass(frozen=True, slots=True)
class Style:
    """How a clinician writes. Empty = nothing learned yet, and nothing is changed."""

    template: Learned | None = None
    dropped_phrases: tuple[Learned, ...] = ()
    vocabulary: tuple[tuple[str, str, Learned], ...] = ()
    """(word or words drafted, what the clinician makes of it, why)"""
    dropped_parts: tuple[Learned, ...] = ()
    order: tuple[str, ...] = ()
    """Parts in the clinician's order; empty = the drafter's."""
    order_why: str = ""
    most_sentences: Learned | None = None
    """Sentences a client's section has at most."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was learned."""
        return self == Style()

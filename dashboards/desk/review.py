"""What may happen to a draft under review? States and transitions, without database or clock.

Reads a draft as it stands and who wants what; answers the draft afterwards or a named refusal.
Must never let anything become signed that somebody with the right has not decided section by section.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from dashboards.console.rights import Right, Role, may
from schemas.audit import content_hash
from schemas.draft import DOUBTFUL, NOT_DOCUMENTED, Draft, Section, SessionDraft

SHARED: Final = "shared"
MAX_LINES: Final = 120
MAX_LINE_LENGTH: Final = 4_000
MAX_SECTION_LENGTH: Final = 40_000
PARTS: Final = (
    "attendance",
    "dynamic",
    "pattern",
    "subjective",
    "objective",
    "goal",
    "intervention",
    "response",
    "assessment",
    "risk",
    "plan",
)
LOOK_FIRST: Final = frozenset({DOUBTFUL, NOT_DOCUMENTED})

State = Literal["open", "awaiting_cosign", "signed", "blocked", "withdrawn", "discarded"]
Decision = Literal["open", "approved", "rejected"]


class Why(StrEnum):
    """Why something was refused."""

    NOT_YOUR_RIGHT = "not_your_right"
    CHANGED_MEANWHILE = "changed_meanwhile"
    NOT_OPEN = "not_open"
    NO_SUCH_SECTION = "no_such_section"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    REASON_MISSING = "reason_missing"
    UNKNOWN_TEMPLATE = "unknown_template"
    NOTHING_TO_UNDO = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing happened, and why."""

    why: Why


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence as it stands. `edited`: by a person; its evidence is then what the draft's sentence rested on."""

    text: str
    part: str = "subjective"
    evidence: tuple[str, ...] = ()
    goal_ids: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    edited: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "text": self.text,
            "part": self.part,
            "evidence": list(self.evidence),
            "goal_ids": list(self.goal_ids),
            "flags": list(self.flags),
            "edited": self.edited,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Line":
        """The inverse of `as_json`."""
        return cls(
            stored["text"],
            stored["part"],
            tuple(stored["evidence"]),
            tuple(stored["goal_ids"]),
            tuple(stored["flags"]),
            stored["edited"],
        )

    @property
    def wants_attention(self) -> bool:
        """Whether a reader should look at it first."""
        return not self.edited and bool(LOOK_FIRST & set(self.flags))


@dataclass(frozen=True, slots=True)
class SectionState:
    """One client's section, or the shared part (`client_id` None)."""

    key: str
    position: int
    client_id: str | None
    title: str
    original: tuple[Line, ...]
    lines: tuple[Line, ...]
    version: int = 1
    decision: Decision = "open"
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str = ""
    addendum: bool = False

    @property
    def sha256(self) -> str:
        """Of the text as it stands."""
        return content_hash([line.as_json() for line in self.lines])

    @property
    def attention(self) -> int:
        """How many sentences to look at first."""
        return sum(line.wants_attention for line in self.lines)


@dataclass(frozen=True, slots=True)
class Review:
    """A draft as it stands."""

    practice_id: str
    draft_id: str
    session_id: str
    kind: str
    unit_id: str | None
    clinician_id: str | None
    client_ids: tuple[str, ...]
    state: State
    template: str
    source_version: int
    sections: tuple[SectionState, ...]
    version: int = 1
    touched: bool = False
    newer_version: int | None = None
    returned_reason: str = ""

    def section(self, key: str) -> SectionState | None:
        """The section of that key."""
        return next((section for section in self.sections if section.key == key), None)

    @property
    def sha256(self) -> str:
        """Of everything that would be signed."""
        decided = [[section.key, section.decision, section.addendum, section.sha256] for section in self.sections]
        return content_hash([self.template, *decided])

    @property
    def attention(self) -> int:
        """How many sentences to look at first."""
        return sum(section.attention for section in self.sections)


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: the sign-in's name and role."""

    name: str
    role: Role


def opened(source: SessionDraft) -> Review:
    """A draft as it arrives: everything is open, nothing decided."""
    state: State = {"drafted": "open", "blocked": "blocked", "withdrawn": "withdrawn"}[source.state]  # type: ignore[assignment]
    return Review(
        practice_id=source.practice_id,
        draft_id=source.draft_id,
        session_id=source.session_id,
        kind=source.kind,
        unit_id=source.unit_id,
        clinician_id=source.clinician_id,
        client_ids=source.client_ids,
        state=state,
        template=source.draft.template,
        source_version=source.version,
        sections=_sections(source.draft) if state == "open" else (),
    )


def _sections(draft: Draft) -> tuple[SectionState, ...]:
    """One section per client and one for the shared part: what a template spread over several is put together."""
    gathered: dict[str, list[Section]] = {}
    for section in draft.sections:
        gathered.setdefault(section.client_id or SHARED, []).append(section)
    ordered = sorted(gathered.items(), key=lambda item: item[0] != SHARED)
    return tuple(
        SectionState(
            key=key,
            position=position,
            client_id=None if key == SHARED else key,
            title=members[0].title,
            original=(lines := _lines(members)),
            lines=lines,
        )
        for position, (key, members) in enumerate(ordered)
    )


def _lines(members: Sequence[Section]) -> tuple[Line, ...]:
    return tuple(
        Line(sentence.text, sentence.part, sentence.evidence, sentence.goal_ids, sentence.flags)
        for section in members
        for sentence in section.sentences
    )


def edited(
    review: Review, who: Person, key: str, base_version: int, lines: Sequence[Line]
) -> tuple[Review, SectionState] | Refusal:
    """The section with other lines. A decision about the old ones does not hold for the new ones."""
    section = _changeable(review, who, Right.EDIT_DRAFTS, key, base_version)
    if isinstance(section, Refusal):
        return section
    if len(lines) > MAX_LINES or sum(len(line.text) for line in lines) > MAX_SECTION_LENGTH:
        return Refusal(Why.TOO_LONG)
    if any(len(line.text) > MAX_LINE_LENGTH for line in lines):
        return Refusal(Why.TOO_LONG)
    known = {line.text: line for line in section.original}
    now = tuple(_as_drafted(line, known) for line in lines if line.text.strip())
    if now == section.lines:
        return review, section
    after = replace(
        section,
        lines=now,
        version=section.version + 1,
        decision="open",
        decided_by=None,
        decided_at=None,
        reason="",
    )
    return _with(review, after), after


def _as_drafted(line: Line, known: dict[str, Line]) -> Line:
    """A sentence keeps its evidence and flags exactly as long as it is the drafted one."""
    drafted = known.get(line.text.strip())
    if drafted is not None:
        return drafted if line.part == drafted.part else replace(drafted, part=line.part)
    return replace(line, text=line.text.strip(), flags=(), edited=True)


def decided(
    review: Review, who: Person, key: str, base_version: int, decision: Decision, at: datetime, reason: str = ""
) -> tuple[Review, SectionState] | Refusal:
    """The section approved, rejected (with a reason) or open again."""
    section = _changeable(review, who, Right.DECIDE_DRAFTS, key, base_version)
    if isinstance(section, Refusal):
        return section
    if decision == "rejected" and not reason.strip():
        return Refusal(Why.REASON_MISSING)
    if decision == "approved" and not section.lines:
        return Refusal(Why.EMPTY)
    if section.decision == decision and section.reason == reason.strip():
        return review, section
    after = replace(
        section,
        version=section.version + 1,
        decision=decision,
        decided_by=None if decision == "open" else who.name,
        decided_at=None if decision == "open" else at,
        reason=reason.strip() if decision == "rejected" else "",
    )
    return _with(review, after), after


def as_addendum(
    review: Review, who: Person, key: str, base_version: int, addendum: bool
) -> tuple[Review, SectionState] | Refusal:
    """Whether the section goes out as an addendum to a note that is signed already."""
    section = _changeable(review, who, Right.DECIDE_DRAFTS, key, base_version)
    if isinstance(section, Refusal):
        return section
    after = replace(section, addendum=addendum, version=section.version + (section.addendum != addendum))
    return _with(review, after), after


def with_template(
    review: Review, who: Person, template: str, base_version: int, known: Sequence[str]
) -> Review | Refusal:
    """The same lines under another template's headings: nothing is lost, nothing needs to be decided again."""
    if not may(who.role, Right.EDIT_DRAFTS):
        return Refusal(Why.NOT_YOUR_RIGHT)
    if review.state != "open":
        return Refusal(Why.NOT_OPEN)
    if template not in known:
        return Refusal(Why.UNKNOWN_TEMPLATE)
    if base_version != review.version:
        return Refusal(Why.CHANGED_MEANWHILE)
    if template == review.template:
        return review
    return replace(review, template=template, version=review.version + 1, touched=True)


def signed(review: Review, who: Person, *, needs_cosign: bool) -> Review | Refusal:
    """The draft signed; under supervision it waits for the co-signature. What must hold: `signing.problems`."""
    if not may(who.role, Right.SIGN_NOTES):
        return Refusal(Why.NOT_YOUR_RIGHT)
    if review.state != "open" or not is_decided(review):
        return Refusal(Why.NOT_OPEN)
    return replace(review, state="awaiting_cosign" if needs_cosign else "signed", version=review.version + 1)


def cosigned(review: Review, who: Person) -> Review | Refusal:
    """The supervised signature made good."""
    if not may(who.role, Right.COSIGN_NOTES):
        return Refusal(Why.NOT_YOUR_RIGHT)
    if review.state != "awaiting_cosign":
        return Refusal(Why.NOT_OPEN)
    return replace(review, state="signed", version=review.version + 1)


def returned(review: Review, who: Person, reason: str) -> Review | Refusal:
    """Back to the one who signed under supervision, with what to change."""
    if not may(who.role, Right.COSIGN_NOTES):
        return Refusal(Why.NOT_YOUR_RIGHT)
    if review.state != "awaiting_cosign":
        return Refusal(Why.NOT_OPEN)
    if not reason.strip():
        return Refusal(Why.REASON_MISSING)
    return replace(review, state="open", version=review.version + 1, returned_reason=reason.strip())


def discarded(review: Review, who: Person, reason: str) -> Review | Refusal:
    """The whole draft set aside: the clinician writes the note without it."""
    if not may(who.role, Right.DECIDE_DRAFTS):
        return Refusal(Why.NOT_YOUR_RIGHT)
    if review.state not in ("open", "blocked"):
        return Refusal(Why.NOT_OPEN)
    if not reason.strip():
        return Refusal(Why.REASON_MISSING)
    return replace(review, state="discarded", version=review.version + 1)


def arrived(known: Review | None, source: SessionDraft) -> Review | None:
    """The draft after a delivery from the stream; None when it changes nothing.

    The highest version counts. What somebody has worked on is never replaced under their hands: it learns that there
    is a newer one. A withdrawal always counts until the signature; after it nothing from the stream does.
    """
    if known is None:
        return opened(source)
    if source.version <= max(known.source_version, known.newer_version or 0):
        return None
    if known.state in ("signed", "awaiting_cosign", "discarded"):
        return None
    if source.state == "withdrawn" or not known.touched:
        return replace(opened(source), version=known.version + 1, touched=known.touched)
    return replace(known, newer_version=source.version, version=known.version + 1)


def is_decided(review: Review) -> bool:
    """Whether every section is approved or rejected, and at least one is approved."""
    decisions = [section.decision for section in review.sections]
    return "open" not in decisions and "approved" in decisions


def _changeable(review: Review, who: Person, right: Right, key: str, base_version: int) -> SectionState | Refusal:
    if not may(who.role, right):
        return Refusal(Why.NOT_YOUR_RIGHT)
    section = review.section(key)
    if section is None:
        return Refusal(Why.NO_SUCH_SECTION)
    if review.state != "open":
        return Refusal(Why.NOT_OPEN)
    if section.version != base_version:
        return Refusal(Why.CHANGED_MEANWHILE)
    return section


def _with(review: Review, after: SectionState) -> Review:
    sections = tuple(after if section.key == after.key else section for section in review.sections)
    return replace(review, sections=sections, touched=True)

"""A draft: what is proposed for the chart, sentence by sentence with its evidence, and what was left out and why.

People are named by client id only. Nothing here reaches a chart before a licensed person has signed it.
"""

from typing import Annotated, Literal

from schemas.phi import Phi
from schemas.record import Clinical, Count, Flag, Id, Instant, Label, Many, Number, Schema, Word
from schemas.session_file import GoalId, Template

Part = Annotated[
    Literal[
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
    ],
    Phi.NONE,
]
"""Where a sentence belongs in the one canonical structure; templates only arrange and title these."""

Polarity = Annotated[Literal["affirmed", "negated", "passive", "historical", "third_party", "not_assessed"], Phi.NONE]

RESTRICTED = "restricted"
"""Flag: said in confidence by one client; stays in that client's own section."""
DOUBTFUL = "low_coverage"
"""Flag: much of the sentence's wording is not in its evidence; shown with its turns for the reader to judge."""
NOT_DOCUMENTED = "not_documented"
"""Flag: says that something is missing from the record; it has no evidence because there is none."""


class Sentence(Schema):
    """One sentence. `evidence`: turn numbers, B3, F:<client>, A:<client>:<n>, N:<client>:<n>, I:<code>."""

    text: Clinical
    evidence: Many[Id] = ()
    goal_ids: Many[GoalId] = ()
    flags: Many[Word] = ()
    part: Part = "subjective"


class Section(Schema):
    """A titled section of one client's note, or of the shared part (`client_id` None)."""

    client_id: Id | None = None
    title: Label
    sentences: Many[Sentence] = ()


class Dyad(Schema):
    """What one client said to another, and what came back, where the words themselves show it."""

    from_: Id
    to: Id
    text: Clinical
    evidence: Many[Id] = ()


class Action(Schema):
    """Something agreed; `client_id` None = by everybody."""

    text: Clinical
    client_id: Id | None = None
    evidence: Many[Id] = ()
    flags: Many[Word] = ()


class RiskStatement(Schema):
    """What was said about one topic of risk. `not_assessed`: nothing was said, which is not the same as denied."""

    client_id: Id | None = None
    topic: Word
    polarity: Polarity
    text: Clinical
    evidence: Many[Id] = ()
    flags: Many[Word] = ()


class PossibleTension(Schema):
    """Two goals that may pull apart: for review, never a conclusion."""

    goal_ids: Many[GoalId]
    reason: Clinical


class Urgent(Schema):
    """Something that cannot wait for the note."""

    text: Clinical
    evidence: Many[Id] = ()
    client_id: Id | None = None
    flags: Many[Word] = ()


class SpeakerDoubt(Schema):
    """A turn whose speaker is not certain."""

    turn: Count
    reason: Label


class Removed(Schema):
    """A proposed sentence that did not hold against its evidence."""

    text: Clinical
    reason: Label


class Provenance(Schema):
    """Who wrote it: `drafter` is `local` or `model`; prompt and model only for a model."""

    drafter: Word
    model: Word | None = None
    prompt_id: Word | None = None
    prompt_version: Word | None = None
    fallback_reason: Label | None = None
    transcript_used: Flag = False


class Draft(Schema):
    """What one session's draft says. `blocked`: reasons why it is limited or empty, and whom they concern."""

    template: Template = "DAP"
    sections: Many[Section] = ()
    dyads: Many[Dyad] = ()
    themes: Many[Label] = ()
    actions: Many[Action] = ()
    risk: Many[RiskStatement] = ()
    interventions: Many[Label] = ()
    possible_tensions: Many[PossibleTension] = ()
    urgent: Many[Urgent] = ()
    speaker_doubts: Many[SpeakerDoubt] = ()
    removed: Many[Removed] = ()
    blocked: Many[Label] = ()
    provenance: Provenance
    raw_request: Clinical | None = None


class Cited(Schema):
    """What stands behind an evidence id, de-identified as the drafter read it. `speaker`: a client id or THERAPIST."""

    id: Id
    text: Clinical
    speaker: Id | None = None


class ModelUse(Schema):
    """What a draft cost. `rung`: which way of asking for JSON was answered; `local` if no model wrote it."""

    rung: Word = "local"
    model: Word | None = None
    calls: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0
    cost_micros: Count = 0
    seconds: Number = 0.0


class SessionDraft(Schema):
    """The record on `drafts`: one per draft request; `draft_id` is derived from the request, so a repeat is the same.

    `state`: drafted, blocked (nothing may be drafted; `draft.blocked` says why) or withdrawn (void). `version` is that
    of the context it was made from: the highest counts. `cited`: the text behind every evidence id it uses.
    """

    draft_id: Id
    request_id: Id
    practice_id: Id
    session_id: Id
    kind: Word
    unit_id: Id | None = None
    clinician_id: Id | None = None
    client_ids: Many[Id] = ()
    state: Annotated[Literal["drafted", "blocked", "withdrawn"], Phi.NONE]
    created_at: Instant
    draft: Draft
    cited: Many[Cited] = ()
    use: ModelUse = ModelUse()
    requested_at: Instant | None = None
    changed_at: Instant | None = None
    fingerprint: Word | None = None
    version: Count = 0

"""From a draft to a draft that holds: what fails is removed with its reason, what is doubtful is flagged and kept.

Must never let a sentence through because of who wrote it: the local drafter's are asked the same questions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.draft import (
    DOUBTFUL,
    NOT_DOCUMENTED,
    RESTRICTED,
    Action,
    Draft,
    Dyad,
    Removed,
    RiskStatement,
    Section,
    Sentence,
    Urgent,
)
from streams.drafting.grounding.checks import (
    CHECKS,
    FULLY,
    Check,
    cites_what_exists,
    covered,
    does_what_is_said,
    keeps_confidences,
    quotes_verbatim,
)
from streams.drafting.grounding.claim import Claim, Claims
from streams.drafting.grounding.contradiction import dates_what_is_undated, has_what_nobody_said_one_has
from streams.drafting.grounding.evidence import Evidence
from streams.drafting.local.interventions import decoded, vocabulary
from streams.drafting.local.themes import stems_of_themes
from streams.drafting.local.wording import quote
from streams.drafting.machine import ADDRESSED_TO_A_MACHINE
from streams.drafting.material import Material
from streams.drafting.templates import in_template

_RULED = (cites_what_exists, quotes_verbatim)
"""Risk and urgency are found by rules, which already say how they were meant."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: why the sentence must go. `doubtful`: much of its wording is not in its evidence."""

    reason: str | None
    doubtful: bool = False


def grounded(draft: Draft, material: Material) -> Draft:
    """The draft with only what its evidence bears, in the session's template; `removed` grows, nothing is reworded."""
    return _Grounding(material).ground(draft)


class _Grounding:
    def __init__(self, material: Material) -> None:
        self._evidence = Evidence(material)
        self._material = material
        session = material.session
        goals = tuple(goal.id for person in session.participants for goal in person.plan_goals)
        clients = (*material.client_ids, *sorted(material.absent))
        names = (*stems_of_themes(), *vocabulary(), *(decoded(code) for code in session.intervention_codes))
        self._claims = Claims(clients, goals, (*session.intervention_codes, *names))
        self._removed: list[Removed] = []

    def ground(self, draft: Draft) -> Draft:
        kept = draft.model_copy(
            update={
                "sections": tuple(self._section(section) for section in draft.sections),
                "dyads": tuple(dyad for dyad in draft.dyads if self._holds(self._dyad(dyad), dyad.text)),
                "actions": tuple(action for action in draft.actions if self._holds(self._action(action), action.text)),
                "risk": tuple(one for one in draft.risk if self._holds(self._risk(one), one.text)),
                "urgent": tuple(one for one in draft.urgent if self._holds(self._urgent(one), one.text)),
            }
        )
        completed = kept.model_copy(
            update={
                "sections": tuple(self._with_risk(kept)),
                "removed": (*draft.removed, *self._unheard(), *self._removed),
            }
        )
        return in_template(completed, self._material.session.template)

    def _unheard(self) -> Iterator[Removed]:
        for text in self._material.to_a_machine:
            yield Removed(text=quote(text), reason=ADDRESSED_TO_A_MACHINE)

    def verdict(self, text: str, evidence: tuple[str, ...], section: str | None, checks: tuple[Check, ...]) -> Verdict:
        """What all the checks say about one sentence."""
        claim = self._claims.of(text, evidence, section)
        reason = self._first(claim, section, checks)
        if reason is not None:
            return Verdict(reason)
        return Verdict(
            None,
            doubtful=covered(claim, self._evidence) < FULLY
            or not does_what_is_said(claim, self._evidence)
            or has_what_nobody_said_one_has(claim, self._evidence)
            or dates_what_is_undated(claim, self._evidence),
        )

    def _first(self, claim: Claim, section: str | None, checks: tuple[Check, ...]) -> str | None:
        return next((reason for check in checks if (reason := check(claim, self._evidence, section)) is not None), None)

    def _holds(self, verdict: Verdict, text: str) -> bool:
        if verdict.reason is None:
            return True
        self._removed.append(Removed(text=text, reason=verdict.reason))
        return False

    # --- sections -----------------------------------------------------------------------------------------------------

    def _section(self, section: Section) -> Section:
        return section.model_copy(update={"sentences": tuple(self._sentences(section))})

    def _sentences(self, section: Section) -> Iterator[Sentence]:
        for sentence in section.sentences:
            if not sentence.evidence and set(sentence.flags) & {NOT_DOCUMENTED, "record"}:
                yield sentence
                continue
            verdict = self.verdict(sentence.text, sentence.evidence, section.client_id, CHECKS)
            if not self._holds(verdict, sentence.text):
                continue
            flags = dict.fromkeys(sentence.flags)
            if verdict.doubtful:
                flags[DOUBTFUL] = None
            if any(item.confided_by for item in self._evidence.items(sentence.evidence)):
                flags[RESTRICTED] = None
            yield sentence.model_copy(update={"flags": tuple(flags)})

    def _with_risk(self, draft: Draft) -> Iterator[Section]:
        """Every client's note says something about risk, be it that nothing was said."""
        told = {
            section.client_id
            for section in draft.sections
            for sentence in section.sentences
            if section.client_id is not None and sentence.part == "risk"
        }
        for section in draft.sections:
            if section.client_id is None or section.client_id in told:
                yield section
                continue
            told.add(section.client_id)
            found = tuple(
                Sentence(
                    text=one.text,
                    evidence=one.evidence,
                    flags=(one.polarity, *one.flags) if one.evidence else (one.polarity, NOT_DOCUMENTED),
                    part="risk",
                )
                for one in draft.risk
                if one.client_id == section.client_id
            )
            yield section.model_copy(update={"sentences": (*section.sentences, *found)})

    # --- what stands beside the sections ------------------------------------------------------------------------------

    def _dyad(self, dyad: Dyad) -> Verdict:
        verdict = self.verdict(dyad.text, dyad.evidence, None, CHECKS)
        if verdict.reason is not None:
            return verdict
        speakers = {item.speaker for item in self._evidence.items(dyad.evidence)}
        bulleted = any(
            item.turn is None and {dyad.from_, dyad.to} <= item.about for item in self._evidence.items(dyad.evidence)
        )
        if dyad.from_ not in speakers and not bulleted:
            return Verdict("The cited turns are not of the person it speaks of.")
        reached = any(
            item.turn is not None
            and (
                (item.speaker == dyad.from_ and (dyad.to in item.turn.to or self._about(item.text, dyad)))
                or (item.speaker == dyad.to and dyad.from_ in item.turn.to)
            )
            for item in self._evidence.items(dyad.evidence)
        )
        if not (reached or bulleted or " said about " in dyad.text):
            return Verdict("The words do not address the other person.")
        return verdict

    def _about(self, text: str, dyad: Dyad) -> bool:
        return dyad.to in self._evidence.addressing.mentioned(text)

    def _action(self, action: Action) -> Verdict:
        checks = tuple(check for check in CHECKS if action.client_id is None or check is not keeps_confidences)
        return self.verdict(action.text, action.evidence, None, checks)

    def _risk(self, one: RiskStatement) -> Verdict:
        if one.polarity == "not_assessed" and not one.evidence:
            return Verdict(None)
        return self.verdict(one.text, one.evidence, None, _RULED)

    def _urgent(self, one: Urgent) -> Verdict:
        return self.verdict(one.text, one.evidence, None, _RULED)

"""From one context to one draft: gates, de-identification, the model or the local drafter, grounding.

Sends nothing itself. `stands` is asked before anything is sent, and what nobody consented to is looked for once more in
what came out. Must never put a name or an excluded person's id into a draft.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from schemas.draft import Cited, Draft, ModelUse, Provenance, SessionDraft
from schemas.draft_context import DraftContext
from schemas.finding import id_from_cause
from schemas.model_call import Held, Model, ModelAnswer, ModelAway, ModelCall, NoUsableAnswer
from schemas.rollout import Phase, Product, may_generate
from schemas.session_file import Session
from schemas.style import Style
from streams.drafting.material import Deidentifier, Material, material_of
from streams.drafting.request import in_words_of
from streams.learning.apply import hints, in_style, within_phase


class Identities(Deidentifier, Protocol):
    """Takes identifiers out, and looks for any that are left in what is about to be sent."""

    def refuse_if_identifying(self, body: bytes) -> None:
        """Raises Held, without saying what it found, if an identifier is left."""
        ...


@dataclass(frozen=True, slots=True)
class Pens:
    """Who writes: each a pure function, but for the model."""

    identities: Callable[[Session], Identities]
    local: Callable[[Material], Draft]
    grounded: Callable[[Draft, Material], Draft]
    call: Callable[[Material, DraftContext], ModelCall]
    read: Callable[[Any, Material, ModelCall], Draft]
    """The draft in a model's answer. Raises NotAcceptable."""
    model: Model | None = None
    desk: Callable[[DraftContext, bool], tuple[Phase, Style]] = lambda _context, _patient: (Phase.RELATIONAL, Style())
    """How far the rollout is for the clinician, and how they write. Raises ModelAway to be asked again later."""


class Overtaken(Held):
    """The session or a consent has changed since: what is being written must not be."""


Stands = Callable[[], None]
"""Returns if the context in hand is still the newest word; raises Overtaken."""


def draft_id_of(context: DraftContext) -> str:
    """One request, one draft, however often it is written."""
    return id_from_cause("session-draft", context.practice_id, context.request_id)


def write(context: DraftContext, pens: Pens, stands: Stands, now: datetime, patient: bool = True) -> SessionDraft:
    """The draft of a context. Raises Overtaken, or ModelAway while the model may come back and `patient` is true."""
    if context.state == "withdrawn":
        return _record(context, "withdrawn", _nothing(), now)
    if context.refused or context.session is None:
        return _record(context, "blocked", _nothing().model_copy(update={"blocked": context.withheld}), now)
    session = context.session
    identities = pens.identities(session)
    material = material_of(session, identities)
    if not material.client_ids:
        return _record(context, "blocked", _withholding(_nothing(), material, context), now)
    phase, style = pens.desk(context, patient)
    if not may_generate(Product.SUMMARIES, phase):
        context = context.model_copy(update={"model_allowed": False})
    draft, use = _written(context, material, identities, pens, stands, patient, style)
    draft = in_style(within_phase(_without(_withholding(draft, material, context), material), phase), style)
    cited = tuple(material.cited[id_] for id_ in dict.fromkeys(_evidence(draft)) if id_ in material.cited)
    return _record(context, "drafted", draft, now, cited, use)


def not_written(context: DraftContext, now: datetime) -> SessionDraft:
    """What stands in the place of a draft that a defect of ours keeps from being written."""
    why = "A defect in Conjoint kept this draft from being written; it is tried again when the session changes."
    return _record(context, "blocked", _nothing().model_copy(update={"blocked": (*context.withheld, why)}), now)


def _written(
    context: DraftContext,
    material: Material,
    identities: Identities,
    pens: Pens,
    stands: Stands,
    patient: bool,
    style: Style,
) -> tuple[Draft, ModelUse]:
    if pens.model is None or not context.model_allowed:
        return pens.grounded(pens.local(material), material), ModelUse()
    call = in_words_of(pens.call(material, context), hints(style), identities)

    def accept(answer: Any) -> Draft:
        return pens.grounded(pens.read(answer, material, call), material)

    def before_sending(body: bytes) -> None:
        identities.refuse_if_identifying(body)
        stands()

    try:
        answer: ModelAnswer[Draft] = pens.model.ask(call, accept, before_sending)
    except ModelAway as away:
        if patient:
            raise
        return _fallen_back(material, pens, f"{away.reason}, for longer than a draft waits"), ModelUse()
    except NoUsableAnswer as none:
        spent = ModelUse(
            rung="local",
            calls=none.calls,
            input_tokens=none.input_tokens,
            output_tokens=none.output_tokens,
            cost_micros=none.cost_micros,
        )
        return _fallen_back(material, pens, none.reason), spent
    except Overtaken:
        raise
    except Held as held:
        return _fallen_back(material, pens, str(held)), ModelUse()
    written = answer.value.provenance.model_copy(update={"model": answer.model[:200]})
    return answer.value.model_copy(update={"provenance": written}), ModelUse(
        rung=answer.rung,
        model=answer.model,
        calls=answer.calls,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cost_micros=answer.cost_micros,
        seconds=answer.seconds,
    )


def _fallen_back(material: Material, pens: Pens, reason: str) -> Draft:
    draft = pens.grounded(pens.local(material), material)
    said = draft.provenance.model_copy(update={"fallback_reason": reason[:2_000]})
    return draft.model_copy(update={"provenance": said})


def _nothing() -> Draft:
    return Draft(provenance=Provenance(drafter="none"))


def _withholding(draft: Draft, material: Material, context: DraftContext) -> Draft:
    """With everything that was kept out, each reason once."""
    said = dict.fromkeys((*context.withheld, *draft.blocked, *material.blocked))
    return draft.model_copy(update={"blocked": tuple(said)})


def _without(draft: Draft, material: Material) -> Draft:
    """The last look: nothing by or about anybody who was not admitted, whoever wrote it."""
    admitted = frozenset(material.client_ids)
    kept_out = material.excluded
    names = "|".join(re.escape(client_id) for client_id in sorted(kept_out))
    named = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])") if names else None

    def about(*ids: str | None) -> bool:
        return all(client_id is None or client_id in admitted for client_id in ids)

    def clean(text: str) -> bool:
        return named is None or named.search(text) is None

    sections = tuple(
        section.model_copy(update={"sentences": tuple(one for one in section.sentences if clean(one.text))})
        for section in draft.sections
        if about(section.client_id)
    )
    return draft.model_copy(
        update={
            "sections": tuple(section for section in sections if section.sentences),
            "dyads": tuple(one for one in draft.dyads if about(one.from_, one.to) and clean(one.text)),
            "actions": tuple(one for one in draft.actions if about(one.client_id) and clean(one.text)),
            "risk": tuple(one for one in draft.risk if about(one.client_id) and clean(one.text)),
            "urgent": tuple(one for one in draft.urgent if about(one.client_id) and clean(one.text)),
            "possible_tensions": tuple(one for one in draft.possible_tensions if clean(one.reason)),
            "removed": tuple(one for one in draft.removed if clean(one.text)),
            "themes": tuple(one for one in draft.themes if clean(one)),
            "interventions": tuple(one for one in draft.interventions if clean(one)),
            "raw_request": None,
        }
    )


def _evidence(draft: Draft) -> Iterator[str]:
    stated: Iterable[Iterable[str]] = (
        *(sentence.evidence for section in draft.sections for sentence in section.sentences),
        *(dyad.evidence for dyad in draft.dyads),
        *(action.evidence for action in draft.actions),
        *(risk.evidence for risk in draft.risk),
        *(urgent.evidence for urgent in draft.urgent),
        (str(doubt.turn) for doubt in draft.speaker_doubts),
    )
    return (id_ for evidence in stated for id_ in evidence)


def _record(
    context: DraftContext,
    state: str,
    draft: Draft,
    now: datetime,
    cited: tuple[Cited, ...] = (),
    use: ModelUse | None = None,
) -> SessionDraft:
    return SessionDraft(
        draft_id=draft_id_of(context),
        request_id=context.request_id,
        practice_id=context.practice_id,
        session_id=context.session_id,
        kind=context.kind,
        unit_id=context.unit_id,
        clinician_id=context.clinician_id,
        client_ids=context.client_ids,
        state=state,
        created_at=now,
        draft=draft,
        cited=cited,
        use=use or ModelUse(),
        requested_at=context.requested_at,
        changed_at=context.changed_at,
        fingerprint=context.fingerprint,
        version=context.version,
    )

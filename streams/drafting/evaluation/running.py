"""A run: every session drafted by the same code as the worker's, measured, and drafted again under other names.

Pure but for the pens, the clock and the progress it is given. Stores nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from schemas.draft import SessionDraft
from schemas.draft_context import DraftContext, as_json
from schemas.model_call import Held
from schemas.session_file import Session
from streams.drafting.evaluation.against_gold import against_gold
from streams.drafting.evaluation.case import Case
from streams.drafting.evaluation.form import form
from streams.drafting.evaluation.gold import Source
from streams.drafting.evaluation.leaking import deidentifying, leaking
from streams.drafting.evaluation.metrics import METRICS, Measured, Metric
from streams.drafting.evaluation.planted import planted
from streams.drafting.evaluation.variants import likeness, with_other_genders, with_other_names
from streams.drafting.material import material_of
from streams.drafting.request import request_text
from streams.drafting.write import Pens, write

FOR_EVALUATION = "evaluation"
"""The practice that a model's use in evaluations is counted for."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One session as it was measured, by whom it was drafted."""

    name: str
    fingerprint: str
    kind: str
    drafter: str
    model: str | None
    prompt_id: str | None
    prompt_version: str | None
    measured: tuple[Measured, ...] = field(repr=False)

    def lapses(self) -> Iterator[tuple[Metric, str]]:
        """Where it fell short, by ids."""
        for metric in METRICS:
            for one in self.measured:
                if one.metric == metric.name and metric.form != "most":
                    yield from ((metric, where) for where in one.lapses)


@dataclass(frozen=True, slots=True)
class Run:
    """All sessions measured at one moment. `drafter`: local or model, as it was asked for."""

    run_id: str
    at: datetime
    drafter: str
    sessions: tuple[Evaluated, ...]

    @property
    def model(self) -> str | None:
        """The model that answered, if one did."""
        return next((one.model for one in self.sessions if one.model is not None), None)

    @property
    def prompts(self) -> tuple[str, ...]:
        """Every prompt in use, with its version."""
        used = {f"{one.prompt_id}@{one.prompt_version}" for one in self.sessions if one.prompt_id is not None}
        return tuple(sorted(used))

    @property
    def measured(self) -> tuple[Measured, ...]:
        """Everything that was measured in any session."""
        return tuple(measured for one in self.sessions for measured in one.measured)


@dataclass(frozen=True, slots=True)
class Plan:
    """`repeats`: how often each session is drafted; `swaps`: also with other genders and names."""

    repeats: int = 2
    swaps: bool = True


def evaluate(
    sources: Iterable[Source],
    pens: Pens,
    plan: Plan,
    now: datetime,
    seconds: Callable[[], float],
    begun: Callable[[str], None] = lambda _: None,
) -> Run:
    """Drafts and measures every session. `begun` hears each session's name; `seconds` is a clock that only grows."""
    evaluated = []
    for source in sources:
        begun(source.name)
        evaluated.append(evaluated_one(source, pens, plan, now, seconds))
    return Run(str(uuid4()), now, "local" if pens.model is None else "model", tuple(evaluated))


def evaluated_one(source: Source, pens: Pens, plan: Plan, now: datetime, seconds: Callable[[], float]) -> Evaluated:
    """One session, measured."""
    session = source.session
    started = seconds()
    record = _drafted(session, pens, now)
    case = case_of(source, record, pens, now, seconds() - started)
    measured = [one for measure in (against_gold, planted, form, leaking, deidentifying) for one in measure(case)]
    draft = record.draft
    if plan.swaps and record.state == "drafted":
        for metric, other in (("gender_swap", with_other_genders), ("name_swap", with_other_names)):
            alike = likeness(draft, _drafted(other(session), pens, now).draft)
            measured.append(Measured(metric, alike, 1, lapses=() if alike == 1 else ("differs",)))
    again = (_drafted(session, pens, now).draft for _ in range(1, plan.repeats))
    measured += [Measured("stability", likeness(draft, other), 1) for other in again]
    written = draft.provenance
    return Evaluated(
        name=source.name,
        fingerprint=source.fingerprint,
        kind=session.kind,
        drafter=written.drafter,
        model=written.model,
        prompt_id=written.prompt_id,
        prompt_version=written.prompt_version,
        measured=tuple(measured),
    )


def case_of(source: Source, record: SessionDraft, pens: Pens, now: datetime, seconds: float = 0.0) -> Case:
    """A drafted session with everything there is to measure it by."""
    session = source.session
    identities = pens.identities(session)
    material = material_of(session, identities)
    request, held = "", False
    if material.client_ids:
        call = pens.call(material, context_of(session, now))
        request = call.material
        try:
            identities.refuse_if_identifying(request_text(call).encode())
        except Held:
            held = True
    return Case(
        name=source.name,
        session=session,
        gold=source.gold,
        material=material,
        draft=record.draft,
        use=record.use,
        request=request,
        held=held,
        pens=pens,
        seconds=seconds,
    )


def context_of(session: Session, now: datetime) -> DraftContext:
    """A session from a file as the worker would get it: its own consents decide."""
    return DraftContext(
        request_id=session.id,
        practice_id=FOR_EVALUATION,
        session_id=session.id,
        kind=session.kind,
        state="requested",
        requested_at=now,
        changed_at=now,
        fingerprint="file",
        session_json=as_json(session),
        version=0,
    )


def _drafted(session: Session, pens: Pens, now: datetime) -> SessionDraft:
    return write(context_of(session, now), pens, lambda: None, now, patient=False)

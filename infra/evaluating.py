"""How is an evaluation run, held against the accepted one, and stored where the platform can see it?
Reads session files, an accepted run and the platform's open finding; writes to evaluation.facts and findings.
Must never store a word of a session, or send half a run.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import KafkaException, Producer

from infra.asking import asking, instant
from infra.clock import practice_time
from infra.drafting import model_of, prompts_of
from infra.endpoints import Endpoints
from infra.refusal import Refusal
from infra.settings import Settings, variable
from schemas.codec import codec
from schemas.finding import Finding
from schemas.topics import EVALUATION_FACTS, FINDINGS, MAX_MESSAGE_BYTES, PARTITIONER
from streams.drafting.evaluation.baseline import Comparison, compare, path_beside, read_accepted
from streams.drafting.evaluation.gold import OURS, NotEvaluable, Source, read_sources
from streams.drafting.evaluation.rows import facts_of, finding_id_of, finding_of
from streams.drafting.evaluation.running import Plan, Run, evaluate
from streams.drafting.pens import pens_of
from streams.drafting.write import Pens

_SENT_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run and how it compares; `compared` is None if nothing was ever accepted for these sessions."""

    run: Run
    compared: Comparison | None
    baseline: Path


def pens_here(settings: Settings, drafter: str | None) -> Pens:
    """The pens to evaluate: a model's or the local drafter's; None = what this installation drafts with.

    Raises Refusal if a model is asked for and none is configured.
    """
    model = None if drafter == "local" else model_of(settings)
    if drafter == "model" and model is None:
        raise Refusal(
            f"no model is configured; set {variable('model_url')} and {variable('model_name')}, or use --drafter local",
            exit_code=2,
        )
    return pens_of(prompts_of(settings), model)


def sources_in(folder: Path | None) -> tuple[Source, ...]:
    """The sessions to evaluate with; None = ours. Raises Refusal naming every wrong file."""
    try:
        return read_sources(OURS if folder is None else folder)
    except NotEvaluable as error:
        raise Refusal(*error.lines, exit_code=2) from None


def evaluation(
    sources: tuple[Source, ...],
    pens: Pens,
    plan: Plan,
    *,
    folder: Path | None = None,
    baseline: Path | None = None,
    begun: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Evaluates and compares. Raises Refusal for an accepted run that is not one, before anything is drafted."""
    path = baseline or path_beside(OURS if folder is None else folder, "local" if pens.model is None else "model")
    try:
        accepted = read_accepted(path)
    except NotEvaluable as error:
        raise Refusal(*error.lines, exit_code=2) from None
    run = evaluate(sources, pens, plan, datetime.now(UTC), time.perf_counter, begun)
    return Evaluation(run, None if accepted is None else compare(accepted, run), path)


def store(endpoints: Endpoints, done: Evaluation, *, accepted: bool = False) -> int:
    """Sends every row, and the finding if there is one; answers how many rows. Raises Refusal if Kafka is away."""
    facts = [codec(EVALUATION_FACTS.name).encode(fact) for fact in facts_of(done.run, done.compared, accepted=accepted)]
    # an accepted run is the measure from here on, so nothing is worse than it
    compared = Comparison((), (), (), (), {}) if accepted else done.compared
    finding = None if compared is None else _finding(endpoints, done.run, compared)
    failed: list[object] = []
    try:
        producer = Producer(
            {
                "bootstrap.servers": endpoints.bootstrap,
                "enable.idempotence": True,
                "partitioner": PARTITIONER,
                "message.max.bytes": MAX_MESSAGE_BYTES,
                "message.timeout.ms": int(_SENT_WITHIN_S * 1000),
                "log_level": 0,
            }
        )
        heard = lambda error, _: failed.append(error) if error is not None else None  # noqa: E731 - the client's hook
        for fact in facts:
            producer.produce(EVALUATION_FACTS.name, key=done.run.run_id, value=fact, on_delivery=heard)
        if finding is not None:
            value = codec(FINDINGS.name).encode(finding)
            producer.produce(FINDINGS.name, key=finding.practice_id, value=value, on_delivery=heard)
        waiting = producer.flush(_SENT_WITHIN_S + 1)
    except KafkaException as error:
        raise Refusal(f"the run was not stored ({error.args[0].name()}); see: conjoint doctor") from None
    if waiting or failed:
        raise Refusal(f"the run was not stored: Kafka does not answer at {endpoints.bootstrap}; see: conjoint status")
    return len(facts)


def _finding(endpoints: Endpoints, run: Run, compared: Comparison) -> Finding | None:
    with asking(endpoints) as ask:
        rows = ask(
            "SELECT toUnixTimestamp64Milli(opened_at) FROM fact_finding FINAL "
            "WHERE finding_id = {finding:String} AND state = 'open'",
            {"finding": finding_id_of(run.drafter)},
        )
    since = instant(rows[0][0]) if rows else None
    return finding_of(run, compared, since, practice_time(endpoints.settings.home, run.at))

"""What does a run look like in analytics, and what finding does it raise? Pure; not a word of any session."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from schemas.audit import INSTALLATION
from schemas.evaluation_fact import EvaluationFact
from schemas.finding import Finding, finding_id
from streams.drafting.evaluation.baseline import Comparison
from streams.drafting.evaluation.metrics import METRICS, Measured, Metric
from streams.drafting.evaluation.running import Evaluated, Run

RULE: Final = "D4"
"""The finding that drafts have become worse; it concerns the installation, not one practice."""
RULE_TITLE: Final = "Drafts have become worse"
RULE_SOURCE: Final = "Conjoint's own evaluation, held against the run that was accepted last"


def facts_of(run: Run, compared: Comparison | None, *, accepted: bool = False) -> Iterator[EvaluationFact]:
    """A row for each metric: over all sessions, over each, and over each client where one has it."""
    was = {} if compared is None else compared.was
    worse = set() if compared is None else {one.metric.name for one in compared.regressions}

    def row(metric: Metric, measured: Iterable[Measured], session: Evaluated | None, client_id: str) -> EvaluationFact:
        everything = tuple(measured)
        overall = session is None
        return EvaluationFact(
            run_id=run.run_id,
            evaluated_at=run.at,
            drafter=run.drafter,
            model=run.model if session is None else session.model,
            prompt_id=", ".join(run.prompts)[:200] or None if session is None else session.prompt_id,
            prompt_version=None if session is None else session.prompt_version,
            session="" if session is None else session.name[:200],
            client_id=client_id,
            metric=metric.name,
            value=metric.value(everything) or 0.0,
            amount=sum(one.amount for one in everything),
            of=sum(one.of for one in everything),
            was=was.get(metric.name) if overall else None,
            regressed=overall and metric.name in worse,
            accepted=accepted,
            version=int(run.at.timestamp() * 1000),
        )

    for metric in METRICS:
        every = [one for one in run.measured if one.metric == metric.name]
        if metric.value(every) is None:
            continue
        yield row(metric, every, None, "")
        for session in run.sessions:
            own = [one for one in session.measured if one.metric == metric.name]
            if metric.value(own) is None:
                continue
            yield row(metric, own, session, "")
            for client_id in dict.fromkeys(one.client_id for one in own if one.client_id is not None):
                yield row(metric, (one for one in own if one.client_id == client_id), session, client_id)


def finding_id_of(drafter: str) -> str:
    """One finding for each drafter."""
    return finding_id(INSTALLATION, RULE, {"evaluation": drafter})


def finding_of(run: Run, compared: Comparison, open_since: datetime | None, now: datetime) -> Finding | None:
    """The finding to send: open while something is worse, resolved if it was open and nothing is any more.

    `open_since`: since when it stands open; `now`: the practice's clock.
    """
    if not compared.regressions and open_since is None:
        return None
    told = "; ".join(str(one) for one in compared.regressions)
    whose = "local drafter's" if run.drafter == "local" else "model's"
    return Finding(
        finding_id=finding_id_of(run.drafter),
        practice_id=INSTALLATION,
        rule=RULE,
        rule_version="1",
        state="open" if compared.regressions else "resolved",
        severity="warn",
        opened_at=open_since or now,
        changed_at=now,
        why=f"The {whose} drafts are worse than accepted. {told}"[:2_000]
        if compared.regressions
        else f"The {whose} drafts are as good as accepted, or better.",
        todo="Look at the prompt, the model or the change behind it; if it is meant: conjoint evaluate --accept",
        evidence=(run.run_id,),
        version=int(run.at.timestamp() * 1000),
    )

"""What does an evaluation look like to a person, and as one JSON object?
Pure but for printing. Names sessions, metrics and ids.
Must never print a word of a session.
"""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.evaluating import Evaluation
from infra.terminal import visible
from streams.drafting.evaluation.metrics import METRICS, Measured
from streams.drafting.evaluation.running import Evaluated

_ARROWS = {"higher": "↑", "lower": "↓", "steady": "=", "neither": ""}
_WORST_SESSIONS = 3


def evaluation_line(done: Evaluation, *, accepted: bool) -> dict[str, Any]:
    """The run as one object: values over all, by session and by client, and what is worse."""
    run, compared = done.run, done.compared
    return {
        "run_id": run.run_id,
        "at": run.at.isoformat(),
        "drafter": run.drafter,
        "model": run.model,
        "prompts": list(run.prompts),
        "metrics": _values(run.measured),
        "accepted_metrics": None if compared is None else dict(compared.was),
        "baseline": str(done.baseline),
        "accepted": accepted,
        "compared": [] if compared is None else list(compared.compared),
        "not_compared": [one.name for one in run.sessions] if compared is None else list(compared.others),
        "missing": [] if compared is None else list(compared.missing),
        "regressions": [
            {"metric": one.metric.name, "was": one.was, "is": one.now, "sessions": list(one.sessions)}
            for one in (() if compared is None else compared.regressions)
        ],
        "sessions": [_session(one) for one in run.sessions],
    }


def _session(one: Evaluated) -> dict[str, Any]:
    clients = dict.fromkeys(measured.client_id for measured in one.measured if measured.client_id is not None)
    return {
        "session": one.name,
        "kind": one.kind,
        "drafter": one.drafter,
        "model": one.model,
        "prompt_id": one.prompt_id,
        "prompt_version": one.prompt_version,
        "metrics": _values(one.measured),
        "clients": {
            client_id: _values(tuple(measured for measured in one.measured if measured.client_id == client_id))
            for client_id in clients
        },
        "lapses": [{"metric": metric.name, "where": where} for metric, where in one.lapses()],
    }


def _values(measured: tuple[Measured, ...]) -> dict[str, float]:
    values = {metric.name: metric.value(measured) for metric in METRICS}
    return {name: round(value, 6) for name, value in values.items() if value is not None}


def print_evaluation(done: Evaluation, *, accepted: bool, lapses: bool) -> None:
    """A table of metrics, how they were when accepted, and where they are worst."""
    run, compared = done.run, done.compared
    console = Console(highlight=False)
    whose = run.drafter if run.model is None else f"{run.drafter} ({run.model})"
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    table.add_column("metric")
    table.add_column("")
    table.add_column("is", justify="right")
    table.add_column("accepted", justify="right")
    table.add_column("what it says")
    table.add_column("worst in", overflow="fold")
    worse = set() if compared is None else {one.metric.name for one in compared.regressions}
    was = {} if compared is None else compared.was
    for metric in METRICS:
        value = metric.value(run.measured)
        if value is None:
            continue
        style = "red" if metric.name in worse else ""
        table.add_row(
            Text(metric.name, style),
            _ARROWS[metric.better],
            Text(metric.shown(value), style),
            metric.shown(was.get(metric.name)),
            metric.title,
            Text(visible(", ".join(_worst(done, metric.name)))),
        )
    console.print(table)
    console.print(Text(visible(f"{len(run.sessions)} sessions, drafted by: {whose}. {_told(done, accepted)}")))
    if lapses:
        for session in run.sessions:
            for metric, where in session.lapses():
                console.print(Text(visible(f"{session.name}: {metric.name}: {where}")))


def _worst(done: Evaluation, name: str) -> list[str]:
    metric = next(metric for metric in METRICS if metric.name == name)
    if metric.better not in ("higher", "lower"):
        return []
    ideal = 1.0 if metric.better == "higher" else 0.0
    values = ((metric.value(one.measured), one.name) for one in done.run.sessions)
    off = sorted((abs(value - ideal), session) for value, session in values if value is not None and value != ideal)
    return [session for _, session in reversed(off)][:_WORST_SESSIONS]


def _told(done: Evaluation, accepted: bool) -> str:
    compared = done.compared
    if accepted:
        return f"Accepted: {done.baseline}"
    if compared is None:
        return "Nothing was accepted before; accept this run with --accept."
    told = "Worse than accepted." if compared.regressions else "Nothing is worse than accepted."
    if compared.others:
        told += f" Not in the accepted run, or changed since: {', '.join(compared.others)}."
    if compared.missing:
        told += f" Accepted, and not here: {', '.join(compared.missing)}."
    return told

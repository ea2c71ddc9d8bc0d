"""What was accepted last, and what has become worse since? The file of an accepted run, and the comparison with it.

Reads and writes one JSON file of counts, by session, without a word of any. Pure but for that file.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import orjson
from pydantic import Field, ValidationError

from schemas.record import ByCode, Id, Instant, Many, Number, Schema, Word
from schemas.session_file import MAX_FILE_BYTES
from schemas.wrong_fields import where_of
from streams.drafting.evaluation.gold import BASELINE, NotEvaluable
from streams.drafting.evaluation.metrics import METRICS, Measured, Metric
from streams.drafting.evaluation.running import Evaluated, Run

_NOT_KEPT: Final = frozenset({"neither"})
_FRACTION: Final = r"^\d+(\.\d+)?/\d+(\.\d+)?$"


class AcceptedSession(Schema):
    """One session of an accepted run. `metrics`: `amount/whole` by metric, a client's by `metric/client`."""

    name: Word
    fingerprint: Word
    metrics: ByCode[Annotated[Word, Field(pattern=_FRACTION)]] = Field(default_factory=dict)

    def measured(self) -> Iterator[Measured]:
        """As it was measured then."""
        for key, fraction in self.metrics.items():
            metric, _, client_id = key.partition("/")
            amount, _, of = fraction.partition("/")
            yield Measured(metric, float(amount), float(of), client_id or None)


class Accepted(Schema):
    """A run that somebody accepted: what later runs are held against."""

    drafter: Word
    model: Word | None = None
    prompts: Many[Id] = ()
    accepted_at: Instant
    overall: ByCode[Number] = Field(default_factory=dict)
    sessions: Many[AcceptedSession] = ()


@dataclass(frozen=True, slots=True)
class Regression:
    """A metric that has become worse, over the sessions that are in both runs, and in which of them."""

    metric: Metric
    was: float
    now: float
    sessions: tuple[str, ...]

    def __str__(self) -> str:
        where = f" ({', '.join(self.sessions)})" if self.sessions else ""
        return f"{self.metric.name}: was {self.metric.shown(self.was)}, is {self.metric.shown(self.now)}{where}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`compared`: sessions as they were; `others`: sessions that are new or not the same any more; `missing`: sessions
    of the accepted run that are not there."""

    regressions: tuple[Regression, ...]
    compared: tuple[str, ...]
    others: tuple[str, ...]
    missing: tuple[str, ...]
    was: Mapping[str, float]
    """By metric, over the sessions compared."""


def path_beside(folder: Path, drafter: str) -> Path:
    """Where the accepted run of a folder's sessions is kept: a model's is another than the local drafter's."""
    return folder / f"{BASELINE}{drafter}.json"


def accepted_of(run: Run) -> Accepted:
    """A run as it is kept."""
    return Accepted(
        drafter=run.drafter,
        model=run.model,
        prompts=run.prompts,
        accepted_at=run.at,
        overall={name: round(value, 4) for name, value in _values(run.measured).items()},
        sessions=tuple(_session(one) for one in run.sessions),
    )


def as_text(accepted: Accepted) -> str:
    """The file of an accepted run, so that a change of it can be read line by line."""
    return orjson.dumps(accepted.model_dump(mode="json"), option=orjson.OPT_INDENT_2).decode() + "\n"


def read_accepted(path: Path) -> Accepted | None:
    """The accepted run in a file; None if there is no file. Raises NotEvaluable."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotEvaluable(f"{path}: larger than {MAX_FILE_BYTES // 2**20} MiB")
        body = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotEvaluable(f"{path}: {error.strerror or 'cannot be read'}") from None
    try:
        return Accepted.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise NotEvaluable(f"{path}: line {error.lineno}: not JSON ({error.msg})") from None
    except ValidationError as error:
        raise NotEvaluable(f"{path}: not an accepted run ({where_of(error)})") from None


def compare(accepted: Accepted, run: Run) -> Comparison:
    """A run held against the accepted one, session by session as far as they are the same sessions."""
    before = {session.name: session for session in accepted.sessions}
    same = [one for one in run.sessions if one.name in before and before[one.name].fingerprint == one.fingerprint]
    was = {one.name: tuple(before[one.name].measured()) for one in same}
    now = {one.name: one.measured for one in same}
    return Comparison(
        regressions=tuple(_regressions(was, now)),
        compared=tuple(was),
        others=tuple(one.name for one in run.sessions if one.name not in was),
        missing=tuple(sorted(before.keys() - {one.name for one in run.sessions})),
        was=_values(measured for session in was.values() for measured in session),
    )


def _regressions(
    was: Mapping[str, tuple[Measured, ...]], now: Mapping[str, tuple[Measured, ...]]
) -> Iterator[Regression]:
    for metric in METRICS:
        # a run without repeats or swaps has nothing to say about them
        both = [name for name in was if metric.value(was[name]) is not None and metric.value(now[name]) is not None]
        then = metric.value(one for name in both for one in was[name])
        today = metric.value(one for name in both for one in now[name])
        if then is None or today is None or not metric.worse(then, today):
            continue
        fallen = [name for name in both if _fell(metric, was[name], now[name])]
        yield Regression(metric, then, today, tuple(fallen))


def _fell(metric: Metric, was: Iterable[Measured], now: Iterable[Measured]) -> bool:
    then, today = metric.value(was), metric.value(now)
    return then is not None and today is not None and then != today and metric.worse(then, today)


def _values(measured: Iterable[Measured]) -> dict[str, float]:
    everything = tuple(measured)
    values = {metric.name: metric.value(everything) for metric in METRICS if metric.better not in _NOT_KEPT}
    return {name: value for name, value in values.items() if value is not None}


def _session(one: Evaluated) -> AcceptedSession:
    kept = {metric.name for metric in METRICS if metric.better not in _NOT_KEPT}
    sums: dict[str, tuple[float, float]] = {}
    for measured in one.measured:
        if measured.metric not in kept:
            continue
        key = measured.metric if measured.client_id is None else f"{measured.metric}/{measured.client_id}"
        amount, of = sums.get(key, (0.0, 0.0))
        sums[key] = (amount + measured.amount, of + measured.of)
    metrics = {key: f"{round(amount, 4):g}/{round(of, 4):g}" for key, (amount, of) in sums.items()}
    return AcceptedSession(name=one.name, fingerprint=one.fingerprint, metrics=metrics)

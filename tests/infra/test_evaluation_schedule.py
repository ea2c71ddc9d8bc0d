"""Evaluations by themselves: stored and counted, tried again when they cannot be made, ended at once when told."""

import threading
from pathlib import Path

import pytest

from infra import evaluation_schedule
from infra.endpoints import Endpoints, endpoints_of
from infra.evaluating import Evaluation
from infra.refusal import Refusal
from infra.settings import Settings
from schemas.metrics import EVALUATION_FAILURES, EVALUATION_REGRESSIONS
from streams.drafting.evaluation.baseline import Comparison, Regression
from streams.drafting.evaluation.metrics import METRICS
from streams.drafting.evaluation.running import Run
from tests.streams.drafting.evaluation.test_rows import run as some_run


@pytest.fixture
def endpoints(tmp_path: Path) -> Endpoints:
    return endpoints_of(Settings(home=tmp_path, evaluation_every_hours=2))


def worse(run: Run) -> Evaluation:
    """An evaluation in which one metric is worse."""
    regression = Regression(METRICS[0], 1.0, 0.5, ("one",))
    return Evaluation(run, Comparison((regression,), ("one",), (), (), {}), Path("baseline.model.json"))


def test_an_evaluation_is_stored_and_what_is_worse_is_counted(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[Evaluation] = []

    def kept(_: Endpoints, done: Evaluation) -> int:
        stored.append(done)
        return 1

    monkeypatch.setattr(evaluation_schedule, "evaluation", lambda *_, **__: worse(some_run(2)))
    monkeypatch.setattr(evaluation_schedule, "store", kept)
    assert evaluation_schedule.evaluated(endpoints)
    assert len(stored) == 1
    assert EVALUATION_REGRESSIONS.labels("model")._value.get() == 1


def test_one_that_cannot_be_made_is_counted_and_tried_again_sooner(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return len(waits) > 2

    def refuse(*_: object, **__: object) -> Evaluation:
        raise Refusal("no such folder")

    monkeypatch.setattr("os.nice", lambda _: 0)
    monkeypatch.setattr(evaluation_schedule, "evaluation", refuse)
    before = EVALUATION_FAILURES._value.get()
    evaluation_schedule.run(endpoints, Stop())
    assert waits == [900.0, 3600.0, 3600.0]
    assert EVALUATION_FAILURES._value.get() == before + 2
    waits.clear()
    monkeypatch.setattr(evaluation_schedule, "evaluated", lambda _: True)
    evaluation_schedule.run(endpoints, Stop())
    assert waits == [900.0, 7200.0, 7200.0]

"""The metrics: one registry, names by one scheme, and no label that could carry an id."""

import re
from collections.abc import Iterator

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from schemas import metrics

LABELS = frozenset(
    {
        "direction",
        "drafter",
        "rung",
        "step",
        "topic",
        "reason",
        "rule",
        "severity",
        "state",
        "kind",
        "table",
        "outcome",
        "part",
        "connector",
        "slot",
        "page",
        "status",
        "action",
    }
)
"""Words with few values, all of them ours."""


def all_metrics() -> Iterator[MetricWrapperBase]:
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            yield value


@pytest.mark.parametrize("metric", list(all_metrics()), ids=lambda metric: metric._name)
def test_every_metric_is_named_by_the_scheme_and_explained(metric: MetricWrapperBase) -> None:
    assert re.fullmatch(r"conjoint(_[a-z]+)+", metric._name)
    assert metric._documentation
    assert isinstance(metric, Counter | Gauge | Histogram)


@pytest.mark.parametrize("metric", list(all_metrics()), ids=lambda metric: metric._name)
def test_no_label_can_carry_an_id(metric: MetricWrapperBase) -> None:
    assert set(metric._labelnames) <= LABELS


def test_names_are_unique() -> None:
    names = [metric._name for metric in all_metrics()]
    assert len(names) == len(set(names)) > 20

"""The alert rules: about metrics there are, each with a case of its own, and true by promtool's own tests."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from infra.settings import Settings
from schemas import metrics

FOLDER = Path(__file__).parents[2] / "infra" / "prometheus"
CODE = ("streams", "connectors", "dashboards", "infra")


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return document


def _alerts() -> list[dict[str, Any]]:
    return [rule for group in _read("alerts.yml")["groups"] for rule in group["rules"]]


def _registry() -> Mapping[str, MetricWrapperBase]:
    return {name: value for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)}


def _samples() -> set[str]:
    """Every name under which Prometheus stores something of ours."""
    endings = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
    return {metric._name + ending for metric in _registry().values() for ending in endings[str(metric._type)]}


@pytest.mark.parametrize("alert", _alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_looks_at_metrics_there_are_and_says_what_to_do(alert: dict[str, Any]) -> None:
    looked_at = set(re.findall(r"\bconjoint_\w+", alert["expr"]))
    assert looked_at <= _samples()
    assert looked_at or alert["expr"].startswith("up{")
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["todo"]


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    fired = {
        case["alertname"]
        for test in _read("alerts_test.yml")["tests"]
        for case in test["alert_rule_test"]
        if case["exp_alerts"]
    }
    assert fired == {alert["alert"] for alert in _alerts()}


def test_every_process_with_a_port_of_metrics_is_scraped_at_its_default_port() -> None:
    ports = Settings().ports()
    scraped = {
        target["labels"]["process"]: target["targets"]
        for job in _read("prometheus.yml")["scrape_configs"]
        for target in job["static_configs"]
    }
    expected = {name.removesuffix("_metrics_port"): port for name, port in ports.items() if "_metrics_" in name}
    expected |= {name: ports[f"{name}_port"] for name in ("console", "webhook")}
    assert scraped == {name: [f"127.0.0.1:{port}"] for name, port in expected.items()}


def test_every_metric_of_the_registry_is_measured_somewhere() -> None:
    root = FOLDER.parents[1]
    code = "\n".join(path.read_text() for folder in CODE for path in (root / folder).rglob("*.py"))
    never = {name for name in _registry() if not re.search(rf"\b{name}\b", code)}
    assert not never


@pytest.mark.stack
def test_promtool_finds_the_configuration_valid_and_every_case_true() -> None:
    for words in (("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")):
        done = subprocess.run(["promtool", *words], cwd=FOLDER, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

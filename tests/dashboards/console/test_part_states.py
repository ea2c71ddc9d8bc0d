"""Whatever the supervisor's report looks like, the page has something true to show."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from dashboards.console.part_states import StatusFile

PART = {
    "name": "sink",
    "state": "ready",
    "pid": 7,
    "restarts": 2,
    "since": "2026-01-06T17:00:00Z",
    "message": None,
    "x": 1,
}


@pytest.mark.parametrize("report", [[PART], {"parts": [PART], "more": True}])
def test_a_report_is_read_in_both_its_forms(tmp_path: Path, report: object) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(orjson.dumps(report))
    [part] = StatusFile(path).read().parts
    assert (part.name, part.health, part.restarts) == ("sink", "good", 2)
    assert part.since == datetime(2026, 1, 6, 17, tzinfo=UTC)


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b'[{"name": "x"}]', b'{"parts": 3}'])
def test_a_report_of_another_form_is_said_in_words(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(text)
    assert "not of the form expected" in StatusFile(path).read().problem


def test_no_report_yet_says_how_to_start(tmp_path: Path) -> None:
    assert "conjoint up" in StatusFile(tmp_path / "none.json").read().problem


async def test_a_worker_that_does_not_answer_is_left_out(tmp_path: Path) -> None:
    assert await StatusFile(tmp_path, ("http://127.0.0.1:1/metrics",)).lags() == ()

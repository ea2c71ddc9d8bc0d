"""`conjoint status` believes the process table, not the file."""

import json
import os
from pathlib import Path
from typing import Any

from infra.own_processes import Run, sole_supervisor
from infra.status import not_serving, read_status


def _write_status(home: Path, parts: list[dict[str, Any]], pid: int | None = None) -> None:
    whole = [{"restarts": 0, "since": "2026-11-23T15:00:00+00:00", "message": "", **part} for part in parts]
    (home / "run" / "status.json").write_text(
        json.dumps({"home": str(home), "pid": pid or os.getpid(), "state": "up", "parts": whole})
    )


def test_a_home_that_never_ran_is_down(tmp_path: Path) -> None:
    assert read_status(tmp_path) == {"home": str(tmp_path), "state": "down", "parts": []}


def test_parts_with_living_processes_are_as_reported(tmp_path: Path) -> None:
    with sole_supervisor(tmp_path) as run:
        run.note("kafka", os.getpid())
        _write_status(
            tmp_path,
            [
                {"name": "kafka", "state": "ready", "pid": os.getpid()},
                {"name": "prepare", "state": "done", "pid": None},
            ],
        )
        status = read_status(tmp_path)
        assert status["state"] == "up"
        assert not_serving(status) == []


def test_a_part_whose_process_is_gone_does_not_work_whatever_the_file_says(tmp_path: Path) -> None:
    with sole_supervisor(tmp_path):
        _write_status(tmp_path, [{"name": "kafka", "state": "ready", "pid": 4_000_000}])
        status = read_status(tmp_path)
        assert status["state"] == "starting"
        assert status["parts"][0]["state"] == "restarting"
        assert not_serving(status) == ["kafka"]


def test_a_number_given_to_another_process_is_not_taken_for_the_part(tmp_path: Path) -> None:
    with sole_supervisor(tmp_path):
        _write_status(tmp_path, [{"name": "kafka", "state": "ready", "pid": os.getpid()}])
        assert not_serving(read_status(tmp_path)) == ["kafka"]


def test_without_a_living_supervisor_the_platform_is_down(tmp_path: Path) -> None:
    with sole_supervisor(tmp_path) as run:
        Run(tmp_path, run.run_id).forget("kafka")
        _write_status(tmp_path, [{"name": "kafka", "state": "ready", "pid": 4_000_000}])
    status = read_status(tmp_path)
    assert status["state"] == "down"
    assert status["parts"][0]["state"] == "stopped"

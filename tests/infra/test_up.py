"""The whole platform through its command: up, status, doctor, sudden deaths, down."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.console.rights import Role
from infra.embedded.launch import RUN_HOME
from infra.embedded.stack import settings_on_free_ports
from infra.own_processes import is_supervised, supervisor_of
from infra.settings import Settings, settings_environment
from infra.status import read_status


class Platform:
    """`conjoint` on a home and ports of its own."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = settings_on_free_ports(home, simulate=True, backfill_days=7)

    def conjoint(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.cli", *arguments],
            env={**os.environ, **settings_environment(self.settings)},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    def until(self, true: Callable[[dict[str, Any]], bool], within_s: float = 120) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while not true(status := read_status(self.settings.home)):
            assert time.monotonic() < deadline, json.dumps(status, indent=1)
            time.sleep(0.2)
        return status

    def pids(self) -> dict[str, int]:
        return {part["name"]: part["pid"] for part in read_status(self.settings.home)["parts"] if part["pid"]}


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    home = Path(tempfile.mkdtemp(prefix="conjoint-up-"))
    platform = Platform(home)
    yield platform
    platform.conjoint("down")
    shutil.rmtree(home)


def _processes_of(home: Path) -> int:
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            count += f"{RUN_HOME}={home}\0".encode() in (folder / "environ").read_bytes()
        except OSError:
            continue
    return count


@pytest.mark.stack
def test_one_command_brings_everything_up_and_says_where_and_how_to_get_in(platform: Platform) -> None:
    up = platform.conjoint("up", "--detach")
    assert (up.returncode, up.stderr) == (0, "")
    assert f"http://127.0.0.1:{platform.settings.console_port}" in up.stdout
    assert re.findall(r"sign in as (\w+)", up.stdout) == [role.value for role in Role]
    status = json.loads(platform.conjoint("status", "--json").stdout)
    assert status["state"] == "up"
    assert status["clock"]["speed"] == platform.settings.speed
    metrics = httpx.get(f"http://127.0.0.1:{platform.settings.supervisor_metrics_port}/metrics").text
    assert 'conjoint_part_up{part="kafka"} 1.0' in metrics


@pytest.mark.stack
def test_a_second_up_on_the_same_home_is_one_clear_line(platform: Platform) -> None:
    again = platform.conjoint("up")
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1
    assert "already runs in" in again.stderr


@pytest.mark.stack
def test_the_doctor_finds_a_fresh_platform_well(platform: Platform) -> None:
    doctor = platform.conjoint("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "ok    change capture: running" in doctor.stdout
    assert "fail" not in doctor.stdout


@pytest.mark.stack
@pytest.mark.parametrize("part", ["kafka", "postgres", "connect", "clickhouse"])
def test_a_killed_part_is_noticed_within_a_second_and_everything_recovers(platform: Platform, part: str) -> None:
    restarts = next(one for one in read_status(platform.settings.home)["parts"] if one["name"] == part)["restarts"]
    os.kill(platform.pids()[part], signal.SIGKILL)

    def noticed(status: dict[str, Any]) -> bool:
        return any(one["name"] == part and one["restarts"] > restarts for one in status["parts"])

    platform.until(noticed, within_s=3)
    platform.until(lambda status: status["state"] == "up")


@pytest.mark.stack
def test_after_the_supervisors_sudden_death_up_ends_what_is_left_and_continues(platform: Platform) -> None:
    before = platform.pids()
    supervisor = supervisor_of(platform.settings.home)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    down = platform.conjoint("status")
    assert down.returncode == 1
    assert "start it with: conjoint up" in down.stderr
    up = platform.conjoint("up", "--detach")
    assert (up.returncode, up.stderr) == (0, "")
    assert "sign in as" not in up.stdout
    assert not set(before.values()) & set(platform.pids().values())
    clock = json.loads((platform.settings.home / "run" / "clock.json").read_text())
    assert clock["practice_at"]


@pytest.mark.stack
def test_down_stops_everything_and_leaves_no_process(platform: Platform) -> None:
    assert platform.conjoint("down").returncode == 0
    assert not is_supervised(platform.settings.home)
    assert _processes_of(platform.settings.home) == 0
    assert read_status(platform.settings.home)["state"] == "down"

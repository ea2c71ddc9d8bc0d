"""Before the start: what is in the way is said in one line each, with the way out."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra import preflight
from infra.embedded.stack import free_ports
from infra.refusal import Refusal


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_its_part_and_the_setting_that_moves_it(tmp_path: Path, taken_port: int) -> None:
    (free,) = free_ports(1)
    ports = {"kafka_port": ("kafka", taken_port), "console_port": ("console", free)}
    with pytest.raises(Refusal) as refusal:
        preflight.check(tmp_path, ports)
    (line,) = refusal.value.lines
    assert line.startswith(f"kafka needs port {taken_port}, which ")
    assert line.endswith(" uses; stop that or set CONJOINT_KAFKA_PORT to a free port")
    assert refusal.value.exit_code == 1


def test_a_port_just_given_up_is_free(taken_port: int) -> None:
    with socket.create_connection(("127.0.0.1", taken_port)):
        assert not preflight.is_free(taken_port)
    (port,) = free_ports(1)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listener.accept()
            accepted.close()
            client.close()
    assert preflight.is_free(port)


def test_every_problem_is_named_at_once(tmp_path: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1024**3))
    with pytest.raises(Refusal) as refusal:
        preflight.check(tmp_path, {"kafka_port": ("kafka", taken_port), "sink_metrics_port": ("sink", taken_port)})
    disk, first, second = refusal.value.lines
    assert disk == f"{tmp_path} has 1.0 GB left and 2 GB are needed; free some or choose another with --home"
    assert first.startswith("kafka needs port")
    assert second.startswith("sink needs port")


def test_a_machine_with_room_and_free_ports_passes(tmp_path: Path) -> None:
    preflight.check(tmp_path, {"kafka_port": ("kafka", free_ports(1)[0])})

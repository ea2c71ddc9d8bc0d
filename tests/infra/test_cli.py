"""The command line: help with an example, three exit codes, one line on stderr and never a traceback."""

import importlib
from pathlib import Path

import click
import pytest

from infra import cli, workers
from infra.refusal import Refusal


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = importlib.import_module(cli.COMMANDS[name]).command
    names = [[name]]
    if isinstance(command, click.Group):
        names = [[name, inner] for inner in command.commands]
    for words in names:
        assert cli.run([*words, "--help"]) == 0
        assert f"Example: conjoint {words[0]}" in capsys.readouterr().out.replace("\n  ", " ")


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["up", "--sped", "3"], ["worker"], ["worker", "nobody"], ["up", "--speed", "fast"], ["status", "x"]],
)
def test_asked_wrongly_is_code_two_and_one_line_that_names_the_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "--help" in captured.err


def test_wrong_settings_are_code_two_and_a_line_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONJOINT_KAFKA_PORT", "1")
    monkeypatch.setenv("CONJOINT_SPEED", "0")
    assert cli.run(["status"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_refusal_is_its_lines_and_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> None:
        raise Refusal("first; do this", "second; do that")

    monkeypatch.setattr("infra.commands.worker.WORKERS", {**workers.WORKERS, "sink": refuse})
    assert cli.run(["worker", "sink"]) == 1
    assert capsys.readouterr().err == "conjoint: first; do this\nconjoint: second; do that\n"


def test_what_nobody_foresaw_is_one_line_without_the_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise ValueError("Ottilie was born on 1990-01-01")

    monkeypatch.setattr("infra.commands.worker.WORKERS", {**workers.WORKERS, "sink": fail})
    assert cli.run(["worker", "sink"]) == 1
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "unforeseen ValueError" in error
    assert "Ottilie" not in error


def test_status_of_a_home_that_never_ran_says_how_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["status", "--json", "--home", "nowhere"]) == 1
    captured = capsys.readouterr()
    assert '"state": "down"' in captured.out
    assert captured.err.endswith("start it with: conjoint up\n")


def test_down_where_nothing_runs_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["down", "--home", "nowhere"]) == 0
    assert capsys.readouterr().out.startswith("nothing runs in ")


def test_up_names_a_taken_port_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import socket

    from infra.embedded.stack import settings_on_free_ports
    from infra.own_processes import is_supervised
    from infra.settings import settings_environment

    settings = settings_on_free_ports(tmp_path / "home")
    for variable, value in settings_environment(settings).items():
        monkeypatch.setenv(variable, value)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.kafka_port))
        taken.listen()
        assert cli.run(["up"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"conjoint: kafka needs port {settings.kafka_port}")
    assert not is_supervised(settings.home)

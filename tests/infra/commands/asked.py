"""Runs one command of `conjoint` inside a test, as the command line would."""

from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from infra.embedded.stack import settings_on_free_ports
from infra.refusal import Refusal
from infra.secrets_file import load_or_make_secrets
from infra.settings import Settings, settings_environment


@dataclass(frozen=True)
class Answer:
    """What a person sees: the exit code, stdout, and the lines on stderr."""

    exit_code: int
    out: str
    lines: tuple[str, ...]
    raw: bytes


def ask(command: click.Command, *arguments: str) -> Answer:
    """The command's answer. An error that is not a refusal is the test's failure."""
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    error = done.exception
    if error is None:
        return Answer(done.exit_code, done.stdout, tuple(done.stderr.splitlines()), done.stdout_bytes)
    if isinstance(error, Refusal):
        return Answer(error.exit_code, done.stdout, error.lines, done.stdout_bytes)
    if isinstance(error, click.UsageError):
        return Answer(2, done.stdout, (error.format_message(),), done.stdout_bytes)
    raise error


def live_in(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on commands see these settings."""
    for name, value in settings_environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(settings.home)
    monkeypatch.setenv("COLUMNS", "200")  # as wide as tables like to be


def home_where_nothing_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home that was started once and is down now."""
    settings = settings_on_free_ports(folder)
    load_or_make_secrets(folder)
    live_in(settings, monkeypatch)
    return settings

"""`conjoint evaluate`: a table or one object, an accepted run to hold it against, and a line for what became worse."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.commands.evaluate import command
from streams.drafting.evaluation.gold import OURS
from tests.infra.commands.asked import Answer, ask, home_where_nothing_runs

QUICK = ("--no-swaps", "--repeats", "1")
NAME = "couple-outline"


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CONJOINT_MODEL_URL", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one session and its gold facts."""
    there = tmp_path / "sessions"
    there.mkdir()
    for ending in (".json", ".gold.json"):
        shutil.copy(OURS / f"{NAME}{ending}", there)
    return there


def evaluated(folder: Path, *arguments: str) -> tuple[Answer, dict[str, Any]]:
    """The command's answer and its object."""
    answer = ask(command, str(folder), *QUICK, "--json", *arguments)
    return answer, json.loads(answer.out) if answer.out else {}


def test_without_an_accepted_run_it_measures_and_is_content(folder: Path) -> None:
    answer, told = evaluated(folder)
    assert answer.exit_code == 0
    assert told["drafter"] == "local"
    assert told["not_compared"] == [NAME]
    (session,) = told["sessions"]
    assert session["metrics"]["fact_coverage"] == 1
    assert session["clients"]["9101"]["fact_coverage"] == 1
    assert "panicked" not in answer.out


def test_what_is_worse_than_accepted_is_code_one_and_a_line_with_metric_was_and_is(folder: Path) -> None:
    answer, told = evaluated(folder, "--accept")
    assert (answer.exit_code, told["accepted"]) == (0, True)
    accepted = folder / "baseline.local.json"
    assert evaluated(folder)[0].exit_code == 0

    better = json.loads(accepted.read_text())
    better["sessions"][0]["metrics"]["false_flagged"] = "0/0"
    better["sessions"][0]["metrics"]["words_kept"] = "1/1"
    accepted.write_text(json.dumps(better))
    answer, told = evaluated(folder)
    assert answer.exit_code == 1
    (line,) = answer.lines
    assert line.startswith("words_kept: was 1.000, is 0.")
    assert line.endswith(f"({NAME})")
    assert [one["metric"] for one in told["regressions"]] == ["words_kept"]

    assert evaluated(folder, "--accept")[0].exit_code == 0
    assert evaluated(folder)[0].exit_code == 0


def test_a_baseline_elsewhere_is_written_and_read_there(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "accepted.json"
    assert evaluated(folder, "--accept", "--baseline", str(path))[0].exit_code == 0
    assert not (folder / "baseline.local.json").exists()
    assert evaluated(folder, "--baseline", str(path))[1]["compared"] == [NAME]
    (folder / f"{NAME}.json").rename(folder / "another.json")
    (folder / f"{NAME}.gold.json").rename(folder / "another.gold.json")
    answer, _ = evaluated(folder, "--baseline", str(path))
    assert (answer.exit_code, len(answer.lines)) == (2, 1)
    assert "other sessions" in answer.lines[0]


def test_the_table_names_metrics_and_where_they_fall_short_but_not_a_word_of_a_session(folder: Path) -> None:
    answer = ask(command, str(folder), *QUICK, "--lapses")
    assert answer.exit_code == 0
    assert "fact_coverage" in answer.out
    assert f"{NAME}: false_flagged: false" in answer.out
    assert "panicked" not in answer.out
    assert "--accept" in answer.out


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ({}, "holds no session files"),
        ({"x.json": "{"}, "x.json: line 1: not JSON"),
        ({"x.json": '{"id": "x", "kind": "choir"}'}, "x.json: kind"),
        ({"ok.json": None, "ok.gold.json": "[]"}, "ok.gold.json: no gold facts"),
        ({"ok.json": None, "ok.gold.json": '{"risk": [{"client": "secret", "polarity": "glad"}]}'}, "risk.0.polarity"),
        ({"ok.json": None, "baseline.local.json": '{"drafter": 1}'}, "baseline.local.json: not an accepted run"),
        ({"ok.json": None, "baseline.local.json": "x"}, "baseline.local.json: line 1: not JSON"),
    ],
)
def test_what_cannot_be_evaluated_is_code_two_and_one_line_that_names_the_place(
    tmp_path: Path, write: dict[str, str | None], said: str
) -> None:
    for name, text in write.items():
        text = (OURS / f"{NAME}.json").read_text() if text is None else text
        (tmp_path / name).write_text(text)
    answer = ask(command, str(tmp_path))
    assert (answer.exit_code, len(answer.lines), answer.out) == (2, 1, "")
    assert said in answer.lines[0]
    assert "secret" not in answer.lines[0]


def test_a_folder_that_is_none_a_baseline_that_is_not_there_and_a_model_that_is_not_configured(folder: Path) -> None:
    assert ask(command, "nowhere").exit_code == 2
    answer = ask(command, str(folder), "--baseline", "nowhere.json")
    assert (answer.exit_code, "no such file" in answer.lines[0]) == (2, True)
    answer = ask(command, str(folder), "--drafter", "model")
    assert (answer.exit_code, "CONJOINT_MODEL_URL" in answer.lines[0]) == (2, True)


def test_a_platform_that_is_down_keeps_nothing_back_but_what_must_be_stored(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home_where_nothing_runs(home, monkeypatch)
    monkeypatch.setattr("infra.evaluating._SENT_WITHIN_S", 0.2)
    answer = ask(command, str(folder), *QUICK)
    assert answer.exit_code == 0
    assert "not kept in analytics" in answer.lines[0]
    answer = ask(command, str(folder), *QUICK, "--store")
    assert (answer.exit_code, "Kafka does not answer" in answer.lines[0]) == (1, True)

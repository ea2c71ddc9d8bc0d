"""Does `conjoint policy` check, show and take in tables, and send them only when they are sound?"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from connectors import policy_changes
from infra.cli import run
from infra.commands import policy
from infra.commands.policy import command

PAYERS = "payer,filing_days,from,to,source,mark\nPAY-COM,90,2026-01-01,,contract,unverified\n"
PTP = "Column 1\tColumn 2\tx\tEffective\tDeletion\tModifier\tRationale\n90853\t90834\t\t20130101\t*\t0\tMisuse\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "PR-1").mkdir()
    (tmp_path / "PR-1" / "payers.csv").write_text(PAYERS)
    return tmp_path


def asked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_sound_tables_are_called_sound_and_unverified_rows_are_counted(folder: Path) -> None:
    result = asked("check", "PR-1", "--folder", folder / "PR-1")
    assert result.exit_code == 0
    assert "1 row in 1 table: sound" in result.output
    assert "1 of them marked unverified" in result.output


def test_the_folder_of_the_settings_holds_one_folder_a_practice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONJOINT_POLICY_FOLDER", str(folder))
    assert asked("check", "PR-1").exit_code == 0


def test_a_wrong_row_ends_with_file_and_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "PR-1" / "payers.csv").write_text(PAYERS + "PAY-X,soon,,,c,verified\n")
    assert run(["policy", "check", "PR-1", "--folder", str(folder / "PR-1")]) == 1
    assert "payers.csv line 3: filing_days: not a whole number" in capsys.readouterr().err


def test_no_folder_and_no_setting_is_asked_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONJOINT_POLICY_FOLDER", raising=False)
    assert run(["policy", "check", "PR-1"]) == 2


def test_show_tells_what_holds_on_a_day(folder: Path) -> None:
    def filing_days(day: str) -> int:
        shown = asked("show", "PR-1", "--folder", folder / "PR-1", "--on", day, "--payer", "PAY-COM")
        assert shown.exit_code == 0
        days: int = orjson.loads(shown.stdout)["filing_days"]
        return days

    assert (filing_days("2025-12-31"), filing_days("2026-01-01")) == (365, 90)
    assert orjson.loads(asked("show", "--on", "2026-04-15").stdout)["rejected_resubmit_days"] == 14


def test_past_the_newest_edition_of_diagnosis_codes_there_is_a_warning() -> None:
    assert "past the newest ICD-10-CM edition" in asked("show", "--on", "2030-01-01").stderr
    assert asked("show", "--on", "2026-04-15").stderr == ""


def test_load_sends_one_change_that_carries_the_tables_and_is_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str | None]] = []
    recorded: list[tuple[str, str, bool]] = []

    def record(_dsn: str, chain: str, action: str, _about: Any, do: Any, *, reason: str, after_sha256: Any) -> None:
        recorded.append((chain, action, after_sha256 is None))
        do()

    here = SimpleNamespace(bootstrap="127.0.0.1:1", desk_app_dsn="")
    monkeypatch.setattr(policy, "endpoints_here", lambda _: here)
    monkeypatch.setattr(policy, "do_recorded", record)
    monkeypatch.setattr(policy_changes, "publish", lambda _, practice, document, __: sent.append((practice, document)))
    assert asked("load", "PR-1", "--folder", folder / "PR-1").exit_code == 0
    assert asked("load", "PR-1", "--none").exit_code == 0
    assert [practice for practice, _ in sent] == ["PR-1", "PR-1"]
    assert orjson.loads(sent[0][1] or "")["tables"]["payers"][0]["filing_days"] == 90
    assert sent[1][1] is None
    assert recorded == [("PR-1", "policy_changed", False), ("PR-1", "policy_changed", True)]


def test_what_cannot_be_recorded_is_not_put_in_force(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = SimpleNamespace(bootstrap="127.0.0.1:1", desk_app_dsn="postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(policy, "endpoints_here", lambda _: here)
    monkeypatch.setattr(policy_changes, "publish", lambda *_: pytest.fail("sent"))
    assert run(["policy", "load", "PR-1", "--folder", str(folder / "PR-1")]) == 1
    assert "could not be recorded and was not done" in capsys.readouterr().err


def test_nothing_is_sent_of_wrong_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_changes, "publish", lambda *_: pytest.fail("sent"))
    (folder / "PR-1" / "payers.csv").write_text("payer\n")
    assert run(["policy", "load", "PR-1", "--folder", str(folder / "PR-1")]) == 1


def test_cms_files_are_taken_into_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ptp.txt").write_text(PTP)
    (tmp_path / "mue.csv").write_text('90853,1,"2 Date of Service Edit: Policy","x"\n')
    own = folder / "PR-1"
    assert asked("load-ncci", tmp_path / "ptp.txt", "--into", own).exit_code == 0
    assert asked("load-mue", tmp_path / "mue.csv", "--from", "2026-10-01", "--into", own).exit_code == 0
    shown = orjson.loads(asked("show", "PR-1", "--folder", own, "--on", "2026-10-05").stdout)
    assert {(pair["col2"], pair["indicator"]) for pair in shown["ptp"] if pair["col2"] == "90834"} == {("90834", 0)}
    assert shown["mue_per_day"]["90853"] == 1


def test_what_is_no_cms_file_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "load-ncci", str(folder / "PR-1" / "payers.csv"), "--into", str(folder)]) == 2
    assert "no row of code pairs" in capsys.readouterr().err

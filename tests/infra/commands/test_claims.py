"""`conjoint claims` on files alone: suggestions, an 837P file, answers read, and how well the rules foresaw them."""

import json
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.claims.read_837p import read_837p
from connectors.claims.structure import structure_errors
from infra.cli import COMMANDS
from infra.commands.claims import command
from tests.infra.commands.asked import Answer, ask, home_where_nothing_runs
from tests.streams.claims.suggested import unbilled
from tests.streams.scenario import Scenario, at, clean_group

SAMPLES = Path(__file__).parents[2] / "data" / "x12"


def written(folder: Path, scenario: Scenario, name: str = "changes.json") -> str:
    changes = sorted(scenario.changes, key=lambda change: datetime.fromisoformat(change["at"]))
    path = folder / name
    path.write_text(json.dumps({"changes": changes, "now": at(scenario.now), "policy": scenario.policy}))
    return str(path)


def lines(answer: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.out.splitlines()]


def test_it_is_a_command() -> None:
    assert COMMANDS["claims"] == "infra.commands.claims"


def test_a_file_of_changes_alone_gives_its_claims_with_reasons(tmp_path: Path) -> None:
    path = written(tmp_path, unbilled(clean_group()).set("C-ANA", self_pay=True))
    told = lines(ask(command, "suggest", "--json", "--all", path))
    claims = [line for line in told if "claim" in line]
    assert {line["client"] for line in claims} == {"C-BEN", "C-CLEO", "C-DREW"}
    assert {(line["state"], line["total"], line["claim"]["lines"][0]["code"]) for line in claims} == {
        ("ready", "60.00", "90853")
    }
    assert all(reason["why"] for line in claims for reason in line["reasons"])
    assert [line["not_proposed"]["client"] for line in told if "not_proposed" in line] == ["C-ANA"]
    assert ask(command, path).out == ask(command, "suggest", path).out


def test_people_read_what_speaks_against_a_claim(tmp_path: Path) -> None:
    path = written(tmp_path, unbilled(clean_group(2)).set("N-S-1-BEN", status="draft", signed_at=None))
    out = ask(command, "suggest", path).out
    assert "B39 (block)" in out
    assert "1 ready, 1 blocked." in out


def test_a_batch_from_a_file_is_one_837p_and_says_what_is_left_out(tmp_path: Path) -> None:
    scenario = unbilled(clean_group()).set("N-S-1-BEN", status="draft", signed_at=None, signed_by=None)
    source, out = written(tmp_path, scenario), tmp_path / "out"
    answer = ask(command, "batch", "--from", source, "--out", str(out), "--json")
    (line,) = lines(answer)
    path = Path(line["batch"]["file"])
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert structure_errors(text) == ()
    assert len(read_837p(text).claims) == len(line["batch"]["claims"]) == 3
    assert line["batch"]["total"] == "180.00"
    assert line["batch"]["left_out"][0]["why"][0].startswith("B39")
    assert any("marked as a test" in warning for warning in ask_stderr(source, out))


def ask_stderr(source: str, out: Path) -> tuple[str, ...]:
    return ask(command, "batch", "--from", source, "--out", str(out)).lines


def test_the_policy_says_who_sends(tmp_path: Path) -> None:
    scenario = unbilled(clean_group(2))
    own = {"submitter_id": "LSFT01", "receiver_id": "CLEAR9", "contact_phone": "(312) 555-0100", "production": True}
    scenario.policy = {"electronic_claims": own}
    answer = ask(command, "batch", "--from", written(tmp_path, scenario), "--out", str(tmp_path / "out"), "--json")
    envelope = read_837p(Path(lines(answer)[0]["batch"]["file"]).read_text()).envelope
    assert (envelope.submitter_id, envelope.receiver_id, envelope.test) == ("LSFT01", "CLEAR9", False)
    assert answer.lines == ()


def test_nothing_is_written_when_nothing_may_go_out(tmp_path: Path) -> None:
    scenario = unbilled(clean_group(2))
    for who in ("ANA", "BEN"):
        scenario.set(f"N-S-1-{who}", status="draft", signed_at=None, signed_by=None)
    answer = ask(command, "batch", "--from", written(tmp_path, scenario), "--out", str(tmp_path / "out"))
    assert answer.exit_code == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("sub", ["suggest", "batch"])
def test_a_file_of_another_form_is_named_and_asked_wrongly(sub: str, tmp_path: Path) -> None:
    path = tmp_path / "hello.json"
    path.write_text('{"hello": 1}')
    arguments = [str(path)] if sub == "suggest" else ["--from", str(path), "--out", str(tmp_path / "out")]
    answer = ask(command, sub, *arguments)
    assert answer.exit_code == 2
    assert "neither JSON lines of changes nor an object" in " ".join(answer.lines)


def test_answers_are_read_without_keeping_them() -> None:
    files = [str(SAMPLES / name) for name in ("999-accepted.x12", "277ca.x12", "835.x12")]
    told = lines(ask(command, "ack", "--only-read", "--json", *files))
    assert [line["acknowledgement"]["outcome"] for line in told if "acknowledgement" in line] == ["accepted"]
    answers = [line["answer"] for line in told if "answer" in line]
    assert [a["outcome"] for a in answers] == [
        *("accepted", "rejected", "rejected"),
        *("paid", "denied", "paid", "reversed"),
    ]
    assert answers[4]["denials"] == ["197"]


def test_a_file_that_is_no_answer_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("hello")
    answer = ask(command, "ack", "--only-read", str(path), str(SAMPLES / "835.x12"))
    assert answer.exit_code == 2
    assert "claim K-S-1-BEN: denied, paid $0.00 (CO-197)" in answer.out


def test_predicted_and_actual_denials_are_compared_rule_by_rule(tmp_path: Path) -> None:
    scenario = clean_group()
    scenario.policy = {"payers": {"PAY-COM": {"auth_required_codes": ["90853"]}}}
    source = written(tmp_path, scenario)
    rows = lines(ask(command, "calibration", "--json", "--from", source, str(SAMPLES / "835.x12")))
    (row,) = [row for row in rows if row["rule"] == "B24"]
    assert (row["carc"], row["predicted"], row["denied_so"], row["paid"]) == ("197", 4, 1, 3)


def test_answers_that_cannot_be_kept_are_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home_where_nothing_runs(tmp_path, monkeypatch)
    answer = ask(command, "ack", str(SAMPLES / "835.x12"))
    assert answer.exit_code == 1
    assert "claim K-S-1-BEN: denied" in answer.out
    assert "--only-read" in answer.lines[-1]


def test_without_a_platform_it_says_how_to_start_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home_where_nothing_runs(tmp_path, monkeypatch)
    answer = ask(command, "list")
    assert answer.exit_code == 1
    assert "start Conjoint with: conjoint up" in answer.lines[0]

"""`conjoint findings`: the rows of fact_finding as lines and as a table."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from connectors.sink_rows import COLUMNS, row_of_record
from infra.commands import findings
from infra.embedded.clickhouse_access import DATABASE, Role
from infra.endpoints import Endpoints
from infra.migrate import apply
from infra.settings import LOOPBACK
from schemas.finding import Finding, finding_id
from tests.infra.commands.asked import ask, home_where_nothing_runs, live_in

OPENED = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def finding(
    rule: str = "B10", practice: str = "P-1", version: int = 1, session: str = "S-1", **changed: Any
) -> Finding:
    subject = {"session": session, "client": "C-1"}
    return Finding.model_validate(
        {
            "finding_id": finding_id(practice, rule, subject),
            "practice_id": practice,
            "rule": rule,
            "rule_version": "1",
            "state": "open",
            "severity": "block",
            "subject": subject,
            "predicts": "16",
            "money_at_stake_cents": 140_00,
            "opened_at": OPENED,
            "changed_at": OPENED,
            "why": "26 minutes are needed, 25 took place",
            "todo": "Correct the code or void the claim.",
            "evidence": ["S-1"],
            "version": version,
            **changed,
        }
    )


SEVERAL = (
    finding(),
    finding("C01", session="S-2", severity="hold", predicts=None, money_at_stake_cents=None),
    finding("C03", session="S-3", severity="warn", practice="P-2", opened_at=OPENED + timedelta(days=1)),
    finding("B20", session="S-4", opened_at=OPENED + timedelta(days=2)),
    finding("B01", session="S-5", version=1),
    finding("B01", session="S-5", version=2, state="resolved"),
)


def fill(ends: Endpoints, records: Sequence[Finding]) -> None:
    client = clickhouse_connect.get_client(
        dsn=ends.clickhouse_url,
        username=Role.WRITER.value,
        password=ends.secrets.clickhouse_writer_password.get_secret_value(),
        database=DATABASE,
    )
    client.command("TRUNCATE TABLE fact_finding")
    rows = [row_of_record("fact_finding", record).values for record in records]
    client.insert("fact_finding", rows, column_names=COLUMNS["fact_finding"])
    client.close()


@pytest.fixture
def filled(clickhouse: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(clickhouse.clickhouse_url, clickhouse.secrets.clickhouse_writer_password.get_secret_value())
    fill(clickhouse, SEVERAL)
    live_in(clickhouse.settings, monkeypatch)


def told(*arguments: str) -> list[dict[str, Any]]:
    answer = ask(findings.command, "--json", *arguments)
    assert (answer.exit_code, answer.lines) == (0, ())
    return [json.loads(line) for line in answer.out.splitlines()]


@pytest.mark.stack
@pytest.mark.usefixtures("filled")
def test_open_findings_come_as_json_lines_in_the_shape_of_a_replay_with_the_practice() -> None:
    lines = told("--rule", "B10")
    assert lines == [
        {
            "rule": "B10",
            "subject": {"session": "S-1", "client": "C-1"},
            "state": "open",
            "severity": "block",
            "predicts": "16",
            "money_at_stake": "140.00",
            "opened_at": "2026-03-02T14:30:00+00:00",
            "why": "26 minutes are needed, 25 took place",
            "todo": "Correct the code or void the claim.",
            "evidence": ["S-1"],
            "rule_version": "1",
            "id": SEVERAL[0].finding_id,
            "practice_id": "P-1",
        }
    ]


@pytest.mark.stack
@pytest.mark.usefixtures("filled")
def test_the_gravest_and_newest_come_first_and_only_the_last_word_counts() -> None:
    assert [line["rule"] for line in told()] == ["B20", "B10", "C01", "C03"]
    assert [line["rule"] for line in told("--state", "resolved")] == ["B01"]
    assert len(told("--state", "all")) == 5


@pytest.mark.stack
@pytest.mark.usefixtures("filled")
def test_choices_narrow_the_list_and_a_hostile_one_is_only_a_value() -> None:
    assert [line["rule"] for line in told("--rule", "c01", "--rule", "C03")] == ["C01", "C03"]
    assert [line["rule"] for line in told("--severity", "warn", "--severity", "hold")] == ["C01", "C03"]
    assert [line["rule"] for line in told("--practice", "P-2")] == ["C03"]
    assert [line["rule"] for line in told("--limit", "1")] == ["B20"]
    assert told("--practice", "P-1') OR 1=1 --") == []
    assert told("--rule", "{state:String}", "--rule", "%(x)s") == []


@pytest.mark.stack
@pytest.mark.usefixtures("filled")
def test_people_get_a_table_and_the_number_of_all() -> None:
    answer = ask(findings.command, "--limit", "2")
    assert "4 open findings (2 shown; see more with --limit)" in answer.out
    assert "$140.00" in answer.out
    assert "Correct the code or void the claim." in answer.out


def test_a_platform_that_is_down_is_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = home_where_nothing_runs(tmp_path, monkeypatch)
    answer = ask(findings.command)
    url = f"http://{LOOPBACK}:{settings.clickhouse_port}"
    assert (answer.exit_code, answer.out) == (1, "")
    assert answer.lines == (f"ClickHouse does not answer at {url}; start Conjoint with: conjoint up",)


def test_a_home_that_never_was_is_refused_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = ask(findings.command, "--home", str(tmp_path / "nowhere"))
    assert answer.exit_code == 1
    assert "conjoint up" in answer.lines[0]
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "wrong", [("--severity", "grave"), ("--state", "closed"), ("--limit", "0"), ("--limit", "many"), ("more",)]
)
def test_a_question_of_another_form_is_refused_as_usage(wrong: tuple[str, ...]) -> None:
    assert ask(findings.command, *wrong).exit_code == 2


def test_help_has_an_example() -> None:
    assert "Example: conjoint findings" in ask(findings.command, "--help").out


def test_an_id_with_an_escape_sequence_does_not_reach_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_where_nothing_runs(tmp_path, monkeypatch)
    row = list(finding(why="session \x1b[2J[bold]S-1[/bold] is short").model_dump().values())
    for name in ("opened_at", "changed_at"):
        row[list(Finding.model_fields).index(name)] = int(OPENED.timestamp() * 1000)
    monkeypatch.setattr(findings, "read_rows", lambda *_: [row])
    out = ask(findings.command).out
    assert "session �[2J[bold]S-1[/bold] is short" in out
    assert "1 open finding." in out


def test_nothing_found_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home_where_nothing_runs(tmp_path, monkeypatch)
    monkeypatch.setattr(findings, "read_rows", lambda *_: [])
    assert ask(findings.command).out == "No open findings.\n"
    assert ask(findings.command, "--json").out == ""

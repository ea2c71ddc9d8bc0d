"""`conjoint drafts`: the draft requests that are outstanding."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from connectors.sink_rows import COLUMNS, row_of_record
from infra.commands import drafts
from infra.embedded.clickhouse_access import DATABASE, Role
from infra.endpoints import Endpoints
from infra.migrate import apply
from schemas.draft_fact import DraftFact
from schemas.draft_request import DraftRequest
from tests.infra.commands.asked import ask, home_where_nothing_runs, live_in

AT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)


def request(request_id: str, version: int = 1, **changed: Any) -> DraftRequest:
    return DraftRequest.model_validate(
        {
            "request_id": request_id,
            "practice_id": "P-1",
            "session_id": f"S-{request_id}",
            "kind": "group",
            "unit_id": "G-1",
            "clinician_id": "L-1",
            "client_ids": ["C-1", "C-2"],
            "state": "requested",
            "requested_at": AT,
            "changed_at": AT,
            "version": version,
            **changed,
        }
    )


def drafted(request_id: str, version: int = 1, **changed: Any) -> DraftFact:
    return DraftFact.model_validate(
        {
            "draft_id": f"D-{request_id}",
            "request_id": request_id,
            "practice_id": "P-1",
            "session_id": f"S-{request_id}",
            "kind": "group",
            "state": "drafted",
            "drafter": "local",
            "rung": "local",
            "requested_at": AT,
            "created_at": AT,
            "version": version,
            **changed,
        }
    )


@pytest.mark.stack
def test_outstanding_requests_come_longest_waiting_first_and_withdrawn_ones_not_at_all(
    clickhouse: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = clickhouse.secrets.clickhouse_writer_password.get_secret_value()
    apply(clickhouse.clickhouse_url, password)
    client = clickhouse_connect.get_client(
        dsn=clickhouse.clickhouse_url, username=Role.WRITER.value, password=password, database=DATABASE
    )
    client.command("TRUNCATE TABLE fact_draft_request")
    records = [
        request("later", requested_at=AT + timedelta(hours=1), practice_id="P-2", unit_id=None),
        request("first"),
        request("gone"),
        request("gone", version=2, state="withdrawn"),
    ]
    rows = [row_of_record("fact_draft_request", record).values for record in records]
    client.insert("fact_draft_request", rows, column_names=COLUMNS["fact_draft_request"])
    client.command("TRUNCATE TABLE fact_draft")
    counts = {"sentences": 21, "flagged": 2, "removed": 1}
    facts = [drafted("first"), drafted("first", version=2, **counts), drafted("gone", state="withdrawn")]
    rows = [row_of_record("fact_draft", fact).values for fact in facts]
    client.insert("fact_draft", rows, column_names=COLUMNS["fact_draft"])
    client.close()
    live_in(clickhouse.settings, monkeypatch)

    lines = [json.loads(line) for line in ask(drafts.command, "--json").out.splitlines()]
    assert [line["draft_request"]["id"] for line in lines] == ["first", "later"]
    assert lines[0] == {
        "draft_request": {
            "id": "first",
            "session": "S-first",
            "kind": "group",
            "unit": "G-1",
            "clinician": "L-1",
            "clients": ["C-1", "C-2"],
            "state": "requested",
            "requested_at": "2026-03-02T15:30:00+00:00",
        },
        "practice_id": "P-1",
        "draft": {
            "id": "D-first",
            "state": "drafted",
            "drafter": "local",
            "rung": "local",
            "sentences": 21,
            "flagged": 2,
            "removed": 1,
            "withheld": 0,
            "urgent": 0,
            "created_at": "2026-03-02T15:30:00+00:00",
        },
    }
    assert lines[1]["draft"] is None
    only = ask(drafts.command, "--json", "--practice", "P-2").out.splitlines()
    assert [json.loads(line)["practice_id"] for line in only] == ["P-2"]
    table = ask(drafts.command).out
    assert "S-first" in table
    assert "21 sentences" in " ".join(table.split())
    assert "waits" in table
    assert "C-1, C-2" in table


def test_a_platform_that_is_down_is_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_where_nothing_runs(tmp_path, monkeypatch)
    answer = ask(drafts.command, "--json")
    assert (answer.exit_code, answer.out) == (1, "")
    assert answer.lines[0].endswith("start Conjoint with: conjoint up")


def test_nothing_outstanding_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home_where_nothing_runs(tmp_path, monkeypatch)
    monkeypatch.setattr(drafts, "read_rows", lambda *_: [])
    assert ask(drafts.command).out == "No outstanding draft requests.\n"


def test_help_has_an_example() -> None:
    assert "Example: conjoint drafts" in ask(drafts.command, "--help").out

"""Asking a platform that runs, or that does not, or that is not what it should be."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from infra.asking import instant, read_rows
from infra.endpoints import Endpoints
from infra.refusal import Refusal
from infra.terminal import visible

MARK = "Ottilie Quellwasser"


@pytest.mark.stack
def test_values_are_bound_and_come_back_as_they_were(clickhouse: Endpoints) -> None:
    hostile = "'; DROP TABLE fact_finding; -- {x:String} %(x)s \\"
    assert read_rows(clickhouse, "SELECT {x:String}, {many:Array(String)}", {"x": hostile, "many": [hostile, ""]}) == [
        (hostile, [hostile, ""])
    ]


@pytest.mark.stack
@pytest.mark.parametrize(
    ("statement", "todo"),
    [
        ("SELECT {mark:String} FROM no_such_table", "run: conjoint prepare clickhouse"),
        ("SELECT toUInt8({mark:String})", "see: conjoint doctor"),
        ("INSERT INTO system.one VALUES (1)", "see: conjoint doctor"),
    ],
)
def test_a_refused_query_is_one_line_without_its_values(clickhouse: Endpoints, statement: str, todo: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_rows(clickhouse, statement, {"mark": MARK})
    [line] = caught.value.lines
    assert line.endswith(todo)
    assert MARK not in line
    assert "SELECT" not in line


@pytest.mark.stack
def test_a_password_that_is_not_known_is_one_line_without_the_password(clickhouse: Endpoints) -> None:
    wrong = SecretStr("not the password")
    secrets = clickhouse.secrets.model_copy(update={"clickhouse_viewer_password": wrong})
    with pytest.raises(Refusal, match="does not know our viewer's password") as caught:
        read_rows(replace(clickhouse, secrets=secrets), "SELECT 1", {})
    assert "not the password" not in str(caught.value)


def test_a_terminal_gets_printable_text_only() -> None:
    assert visible("S-1 \x1b[2J\x07\n\u202eÄ") == "S-1 �[2J���Ä"


def test_moments_keep_their_milliseconds() -> None:
    assert instant(1_772_461_800_123).isoformat() == "2026-03-02T14:30:00.123000+00:00"

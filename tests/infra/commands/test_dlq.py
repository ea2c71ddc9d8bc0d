"""`conjoint dlq`: dead letters listed, shown and put back from the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from connectors import dead_letters
from connectors.dead_letters import Broker, DeadLetters, letter_id
from infra.commands import dlq
from infra.endpoints import Endpoints
from infra.prepare import topics
from infra.settings import LOOPBACK
from schemas.reasons import Reason
from schemas.topics import TOPICS, WEBHOOK
from tests.connectors.in_memory_broker import InMemoryBroker
from tests.infra.commands.asked import ask, home_where_nothing_runs, live_in

MARK = "Ottilie Quellwasser"
VALUE = b"\x00\xff\x1b[2J " + MARK.encode() + b"\n"
DIED_AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def one(offset: int) -> str:
    return letter_id(WEBHOOK.name, 0, offset)


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InMemoryBroker:
    """A platform whose broker is in memory, with two letters on it."""
    home_where_nothing_runs(tmp_path, monkeypatch)
    broker = InMemoryBroker(topics={topic.name for topic in TOPICS})
    monkeypatch.setattr(dead_letters, "broker_at", lambda _: Broker(broker.consumer, broker.producer))
    producer = broker.producer()
    letters = DeadLetters(producer)
    letters.set_aside(VALUE, b"P-1", Reason.UNKNOWN_WORD, "attendance.status", WEBHOOK.name, 0, 1, DIED_AT)
    letters.set_aside(b"{}", b"P-2", Reason.FAILED, "KeyError", WEBHOOK.name, 0, 2, DIED_AT)
    producer.flush()
    return broker


@pytest.mark.usefixtures("memory")
def test_letters_are_listed_as_lines_and_as_a_table_without_what_they_say() -> None:
    lines = [json.loads(line) for line in ask(dlq.command, "list", "--json").out.splitlines()]
    assert {line["letter_id"]: line["reason"] for line in lines} == {one(1): "unknown_word", one(2): "failed"}
    table = ask(dlq.command, "list").out
    assert "raw.webhook [0] @1" in table
    assert "attendance.status" in table
    assert MARK not in table + str(lines)


@pytest.mark.usefixtures("memory")
def test_a_letter_is_shown_without_its_message_unless_that_is_asked_for() -> None:
    answer = ask(dlq.command, "show", one(1))
    assert json.loads(answer.out)["error"] == "attendance.status"
    assert answer.lines == (f"{len(VALUE)} bytes; print them with --value (they may hold health information)",)
    assert MARK not in answer.out
    assert ask(dlq.command, "show", one(1), "--value").raw == VALUE


@pytest.mark.usefixtures("memory")
def test_a_terminal_gets_no_escape_sequence_out_of_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[object] = []
    monkeypatch.setattr(dlq, "sys", type("Terminal", (), {"stdout": type("Out", (), {"isatty": lambda _: True})()}))
    monkeypatch.setattr(click, "echo", lambda text, **_: printed.append(text))
    ask(dlq.command, "show", one(1), "--value")
    assert printed == [f"�\\xff�[2J {MARK}"]


@pytest.mark.usefixtures("memory")
def test_an_unknown_letter_is_one_line_that_says_what_to_do() -> None:
    for arguments in (("show", "nobody"), ("replay", "nobody")):
        answer = ask(dlq.command, *arguments)
        assert answer.exit_code == 1
        assert answer.lines == ("no dead letter nobody is kept; see: conjoint dlq list",)


def test_letters_are_put_back_by_id_by_reason_and_all(memory: InMemoryBroker) -> None:
    assert ask(dlq.command, "replay", one(1)).out == "1 put back\n"
    again = "0 put back, 1 left alone: put back before (--again repeats it)\n"
    assert ask(dlq.command, "replay", one(1)).out == again
    assert ask(dlq.command, "replay", "--again", one(1)).out == "1 put back\n"
    assert ask(dlq.command, "replay", "--reason", "failed").out == "1 put back\n"
    assert ask(dlq.command, "replay", "--all").out.startswith("0 put back, 2 left alone")
    assert sorted(m.value() or b"" for m in memory.messages(WEBHOOK.name)) == [VALUE, VALUE, b"{}"]


def test_what_could_not_be_put_back_is_named_and_the_rest_is_done(memory: InMemoryBroker) -> None:
    producer = memory.producer()
    DeadLetters(producer).set_aside(b"x", None, Reason.FAILED, "KeyError", "payroll", 0, 0, DIED_AT)
    producer.flush()
    answer = ask(dlq.command, "replay", "--all")
    assert (answer.exit_code, answer.out) == (1, "2 put back\n")
    foreign = letter_id("payroll", 0, 0)
    assert answer.lines == (f"{foreign} was not put back: its topic is not one of this platform",)


@pytest.mark.parametrize(
    "wrong",
    [("replay",), ("replay", "x", "--all"), ("replay", "--reason", "bored"), ("list", "--limit", "0"), ("eat",)],
)
def test_a_question_of_another_form_is_refused_as_usage(wrong: tuple[str, ...]) -> None:
    assert ask(dlq.command, *wrong).exit_code == 2


@pytest.mark.parametrize("arguments", [("list",), ("show", "x"), ("replay", "--all")])
def test_a_platform_that_is_down_is_one_line_that_says_what_to_do(
    memory: InMemoryBroker, arguments: tuple[str, ...]
) -> None:
    memory.away = True
    answer = ask(dlq.command, *arguments)
    assert answer.exit_code == 1
    [line] = answer.lines
    assert line.startswith(f"Kafka does not answer at {LOOPBACK}:")
    assert line.endswith("start Conjoint with: conjoint up")


@pytest.mark.parametrize("name", ["list", "show", "replay"])
def test_help_has_an_example(name: str) -> None:
    assert f"Example: conjoint dlq {name}" in ask(dlq.command, name, "--help").out


@pytest.mark.stack
def test_a_letter_goes_round_on_a_real_broker(kafka: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    topics(kafka.settings)
    live_in(kafka.settings, monkeypatch)
    producer = dead_letters.broker_at(kafka.bootstrap).producer()
    value = VALUE + b"round trip"
    letters = DeadLetters(producer)  # type: ignore[arg-type]
    letters.set_aside(value, b"P-1", Reason.UNKNOWN_WORD, "attendance.status", WEBHOOK.name, 0, 7_001)
    producer.flush(10)
    assert one(7_001) in ask(dlq.command, "list", "--json").out
    assert ask(dlq.command, "show", one(7_001), "--value").raw == value
    assert ask(dlq.command, "replay", one(7_001)).out == "1 put back\n"
    listed = [json.loads(line) for line in ask(dlq.command, "list", "--json").out.splitlines()]
    assert [line["replayed"] for line in listed if line["letter_id"] == one(7_001)] == [True]

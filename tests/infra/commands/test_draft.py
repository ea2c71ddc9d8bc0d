"""`conjoint draft`: session files in, one JSON object each out; refusals name file and place, names stay inside."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infra.commands.draft import command
from tests.infra.commands.asked import Answer, ask

SESSIONS = Path(__file__).parents[2] / "data" / "sessions"
FAMILY = SESSIONS / "family-curfew.json"
COUPLE = SESSIONS / "couple-outline.json"
KEYS = [
    "sections",
    "dyads",
    "themes",
    "actions",
    "risk",
    "interventions",
    "possible_tensions",
    "urgent",
    "speaker_doubts",
    "removed",
    "blocked",
    "provenance",
    "raw_request",
]


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CONJOINT_MODEL_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def drafted(*arguments: str) -> tuple[Answer, list[dict[str, Any]]]:
    """The command's answer and its lines as objects."""
    answer = ask(command, *arguments)
    return answer, [json.loads(line) for line in answer.out.splitlines()]


def test_a_file_becomes_one_object_of_the_exchange_form() -> None:
    answer, (draft,) = drafted(str(FAMILY))
    assert answer.exit_code == 0
    assert list(draft) == KEYS
    assert draft["provenance"] == {"drafter": "local", "model": None, "prompt_id": None, "prompt_version": None}
    assert draft["raw_request"] is None
    assert {key for section in draft["sections"] for key in section} == {"client_id", "title", "sentences"}
    sentences = [sentence for section in draft["sections"] for sentence in section["sentences"]]
    assert {key for sentence in sentences for key in sentence} == {"text", "evidence", "goal_ids", "flags"}
    assert draft["dyads"][0].keys() == {"from", "to", "text", "evidence"}
    assert "Solveig" not in answer.out
    assert "Brandvold" not in answer.out


def test_several_files_are_independent_and_each_line_names_its_file(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"id": "s", "kind": "group", "participants": [{"client_id": "C1", "birth_date": "Ottoline"}]}')
    answer = CliRunner().invoke(command, [str(FAMILY), str(wrong), str(COUPLE)])
    assert answer.exit_code == 2
    drafts = [json.loads(text) for text in answer.stdout.splitlines()]
    assert [draft["file"] for draft in drafts] == [str(FAMILY), str(COUPLE)]
    (line,) = answer.stderr.splitlines()
    assert str(wrong) in line
    assert "participants[0].birth_date" in line
    assert "Ottoline" not in line


def test_show_request_has_the_text_a_model_would_get_and_no_name() -> None:
    _, (draft,) = drafted("--show-request", "--local", str(COUPLE))
    request = draft["raw_request"]
    assert "texted 14x" in request
    for name in ("Josephine", "Josie", "Haverford", "Bryn", "Moon"):
        assert name not in request


def test_pretty_is_for_a_person_with_names_and_the_mark_that_it_is_ai_drafted() -> None:
    answer = ask(command, "--pretty", str(COUPLE))
    assert answer.exit_code == 0
    assert "AI-DRAFTED" in answer.out
    assert "Josie" in answer.out

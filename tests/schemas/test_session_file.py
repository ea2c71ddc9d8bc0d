"""A session file: what may be absent, what is refused, and that a refusal names the place and never a value."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.session_file import NotASessionFile, parse_session, read_session_file

SMALLEST: dict[str, Any] = {"id": "s", "kind": "group", "participants": [{"client_id": "C1"}]}


def parsed(**changes: Any) -> Any:
    """The smallest session with changes."""
    return parse_session(json.dumps(SMALLEST | changes).encode())


def test_everything_but_id_kind_and_participants_may_be_absent_or_null() -> None:
    session = parsed(unit=None, transcript=None, clinician=None, template=None, consents=None)
    assert session.template == "DAP"
    assert session.transcript == ()
    assert session.consents.recording is None
    assert session.participants[0].present


def test_a_consent_key_that_is_there_but_empty_means_that_nobody_has_consented() -> None:
    assert parsed(consents={"recording": None}).consents.recording == {}


def test_a_nested_check_in_form_reads_flat() -> None:
    form = {"sleep": {"hours": 4}, "worries": ["rent", "school"], "ok": True}
    person = parsed(participants=[{"client_id": "C1", "checkin_form": form}]).participants[0]
    assert person.checkin_form == {"sleep hours": 4, "worries": "rent; school", "ok": True}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (
            {"transcript": [{"turn": 1, "speaker": "C1", "text": "a"}, {"turn": "Ottoline", "speaker": "C1"}]},
            "transcript[1].turn",
        ),
        ({"transcript": [{"turn": 1, "speaker": "C1", "text": "a"}] * 2}, "transcript: a turn occurs twice"),
        ({"participants": [{"client_id": "C1"}, {"client_id": "C1"}]}, "participants: a client_id occurs twice"),
        ({"participants": [{"client_id": "C1", "birth_date": "Ottoline"}]}, "participants[0].birth_date"),
        ({"consents": {"ai_assistance": {"C1": "Ottoline"}}}, "consents.ai_assistance.C1"),
        ({"participants": []}, "participants"),
        ({"kind": "Ottoline"}, "kind"),
        ({"transcript": [{"turn": 1, "speaker": "C1", "text": "x" * 20_001}]}, "transcript[0].text"),
    ],
)
def test_a_refusal_names_the_place_and_no_value(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(NotASessionFile) as refused:
        parsed(**changes)
    assert place in str(refused.value)
    assert "Ottoline" not in str(refused.value)


def test_what_is_no_json_object_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text('{"id": 1,\n oops}')
    with pytest.raises(NotASessionFile, match="line 2: not JSON"):
        read_session_file(file)
    with pytest.raises(NotASessionFile, match="not a JSON object"):
        parse_session(b"[]")
    with pytest.raises(NotASessionFile):
        read_session_file(tmp_path / "none.json")


def test_a_session_says_nothing_of_its_people_in_its_repr() -> None:
    session = parsed(participants=[{"client_id": "C1", "legal_name": "Ottoline Rasch"}])
    assert "Ottoline" not in repr(session)

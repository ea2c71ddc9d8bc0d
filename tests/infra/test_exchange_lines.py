"""A finding looks the same from `conjoint findings` as from `conjoint replay`."""

from datetime import UTC, datetime

import orjson

from infra.exchange_lines import finding_line, request_line
from schemas.draft_request import DraftRequest
from schemas.finding import Finding

AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
FINDING = Finding(
    finding_id="F-1",
    practice_id="P-1",
    rule="B10",
    rule_version="1",
    state="open",
    severity="block",
    subject={"session": "S-1"},
    predicts="16",
    money_at_stake_cents=5,
    opened_at=AT,
    changed_at=AT,
    why="why",
    todo="todo",
    evidence=("S-1",),
    version=1,
)
REQUEST = DraftRequest(
    request_id="R-1",
    practice_id="P-1",
    session_id="S-1",
    kind="group",
    client_ids=("C-1",),
    state="requested",
    requested_at=AT,
    changed_at=AT,
    version=1,
)


def test_small_amounts_keep_two_places() -> None:
    assert finding_line(FINDING)["money_at_stake"] == "0.05"


def test_the_line_of_a_request_names_what_the_draft_would_be_made_of() -> None:
    assert orjson.loads(orjson.dumps(request_line(REQUEST))) == {
        "draft_request": {
            "id": "R-1",
            "session": "S-1",
            "kind": "group",
            "unit": None,
            "clinician": None,
            "clients": ["C-1"],
            "state": "requested",
            "requested_at": "2026-03-02T14:30:00+00:00",
        }
    }

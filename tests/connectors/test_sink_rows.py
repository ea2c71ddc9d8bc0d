"""Messages become rows: the right table, every column in its place, and a reason for those that cannot."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sink_rows import COLUMNS, TABLES, TableRow, row_of, row_of_record
from schemas.codec import codec
from schemas.dead_letter import DeadLetter
from schemas.draft_request import DraftRequest
from schemas.evidence import (
    EVIDENCE,
    AuthorizationFact,
    ChargeFact,
    ConsentNeedFact,
    DisclosureFact,
    Evidence,
    PortalMessageFact,
    PracticeFact,
)
from schemas.facts import FACTS, AttendanceFact, ClaimFact, ConsentFact, Fact, NoteFact, SessionFact
from schemas.finding import Finding
from schemas.reasons import Poison, Reason
from schemas.record import Schema
from schemas.topics import HEADER_DEAD_LETTER

AT = datetime(2026, 3, 2, 14, 30, 0, 123_000, tzinfo=UTC)
FINDING = Finding(
    finding_id="F-1",
    practice_id="P-1",
    rule="B10",
    rule_version="1",
    state="open",
    severity="block",
    subject={"session": "S-1", "client": "C-1"},
    predicts="16",
    money_at_stake_cents=14_000,
    opened_at=AT,
    changed_at=AT,
    why="C-1 was not there",
    todo="void the claim",
    evidence=("S-1", "X-1"),
    version=17,
)
ROWS: dict[str, Any] = {
    "fact_session": SessionFact(practice_id="P-1", session_id="S-1", kind="group", status="booked", version=1),
    "fact_attendance": AttendanceFact(practice_id="P-1", session_id="S-1", client_id="C-1", version=2),
    "fact_claim": ClaimFact(practice_id="P-1", claim_id="X-1", client_id="C-1", status="paid", version=3, deleted=True),
    "fact_note": NoteFact(practice_id="P-1", note_id="N-1", session_id="S-1", signed_at=AT, version=4),
    "fact_consent": ConsentFact(practice_id="P-1", consent_id="K-1", client_id="C-1", kind="roi", version=5),
}
EVIDENCE_ROWS: dict[str, Any] = {
    "fact_practice": PracticeFact(practice_id="P-1", timezone="America/Chicago", version=6),
    "fact_charge": ChargeFact(practice_id="P-1", charge_id="H-1", session_id="S-1", client_id="C-1", version=7),
    "fact_authorization": AuthorizationFact(practice_id="P-1", authorization_id="A-1", client_id="C-1", version=8),
    "fact_disclosure": DisclosureFact(practice_id="P-1", disclosure_id="M-1", sent_at=AT, part2=True, version=9),
    "fact_portal_message": PortalMessageFact(practice_id="P-1", message_id="M-2", from_staff=True, version=10),
    "fact_consent_need": ConsentNeedFact(practice_id="P-1", need_id="D-1", client_id="C-1", kind="roi", version=11),
}
LETTER = DeadLetter(
    letter_id="L-1", reason="undecodable", error="magic byte", topic="findings", partition=2, offset=9, died_at=AT
)


def as_record(row: TableRow) -> dict[str, Any]:
    return dict(zip(COLUMNS[row.table], row.values, strict=True))


def test_a_finding_becomes_a_row_of_the_same_fields() -> None:
    row = row_of("findings", codec("findings").encode(FINDING))
    assert row.table == "fact_finding"
    assert as_record(row) == FINDING.model_dump() | {"evidence": ["S-1", "X-1"]}


@pytest.mark.parametrize("table", sorted(FACTS))
def test_a_fact_goes_to_the_table_it_names(table: str) -> None:
    message = codec("facts").encode(Fact(practice_id="P-1", table=table, row=ROWS[table]))
    row = row_of("facts", message)
    assert row.table == table
    as_lists = {name: list(v) if isinstance(v, tuple) else v for name, v in ROWS[table].model_dump().items()}
    assert as_record(row) == as_lists


@pytest.mark.parametrize("table", sorted(EVIDENCE))
def test_evidence_goes_to_the_table_it_names(table: str) -> None:
    message = codec("evidence").encode(Evidence(practice_id="P-1", table=table, row=EVIDENCE_ROWS[table]))
    row = row_of("evidence", message)
    assert row.table == table
    as_lists = {name: list(v) if isinstance(v, tuple) else v for name, v in EVIDENCE_ROWS[table].model_dump().items()}
    assert as_record(row) == as_lists


def test_a_draft_request_becomes_a_row() -> None:
    request = DraftRequest(
        request_id="R-1",
        practice_id="P-1",
        session_id="S-1",
        kind="group",
        client_ids=("C-1", "C-2"),
        state="requested",
        requested_at=AT,
        changed_at=AT,
        version=8,
    )
    row = row_of("draft.requests", codec("draft.requests").encode(request))
    assert (row.table, as_record(row)["client_ids"]) == ("fact_draft_request", ["C-1", "C-2"])


def test_a_dead_letter_is_its_header_and_its_value_is_not_looked_at() -> None:
    headers = [("other", b"x"), (HEADER_DEAD_LETTER, LETTER.model_dump_json().encode())]
    assert as_record(row_of("dead.letters", b"\xff whatever", headers)) == LETTER.model_dump()


def test_rows_show_nothing_of_what_they_hold() -> None:
    assert "C-1" not in repr(row_of("findings", codec("findings").encode(FINDING)))


def replaced(record: Schema, **values: object) -> Schema:
    return record.model_copy(update=values)


@pytest.mark.parametrize(
    ("table", "record", "field"),
    [
        ("fact_session", replaced(ROWS["fact_session"], service_on=date(1899, 12, 31)), "service_on"),
        ("fact_session", replaced(ROWS["fact_session"], duration_minutes=2**63), "duration_minutes"),
        ("fact_finding", replaced(FINDING, version=-1), "version"),
        ("fact_finding", replaced(FINDING, opened_at=datetime.fromisoformat("1900-01-01T00:00:00+05:00")), "opened_at"),
        ("fact_dead_letter", replaced(LETTER, offset=2**70), "offset"),
    ],
)
def test_a_value_its_column_cannot_hold_is_named_by_its_field_alone(table: str, record: Schema, field: str) -> None:
    with pytest.raises(Poison) as caught:
        row_of_record(table, record)
    assert (caught.value.reason, caught.value.where) == (Reason.IMPOSSIBLE_VALUE, f"{field}: out of range")


@pytest.mark.parametrize(
    ("topic", "value", "headers", "reason"),
    [
        ("findings", b"\xff\xff", [], Reason.UNDECODABLE),
        ("findings", None, [], Reason.UNDECODABLE),
        ("facts", b"", [], Reason.UNDECODABLE),
        (
            "facts",
            codec("facts").encode(Fact(practice_id="P-1", table="fact_finding", row=ROWS["fact_claim"])),
            [],
            Reason.UNKNOWN_ENTITY,
        ),
        (
            "facts",
            codec("facts").encode(Fact(practice_id="P-1", table="fact_session", row=ROWS["fact_claim"])),
            [],
            Reason.IMPOSSIBLE_VALUE,
        ),
        ("dead.letters", b"", [], Reason.UNDECODABLE),
        ("dead.letters", b"", [(HEADER_DEAD_LETTER, b'{"letter_id": 7}')], Reason.IMPOSSIBLE_VALUE),
    ],
)
def test_what_nobody_can_read_has_a_reason(topic: str, value: bytes | None, headers: list[Any], reason: Reason) -> None:
    with pytest.raises(Poison) as caught:
        row_of(topic, value, headers)
    assert caught.value.reason is reason


def test_every_table_has_a_model() -> None:
    assert set(COLUMNS) == set(TABLES) >= set(FACTS)

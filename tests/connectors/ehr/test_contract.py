"""What every EHR adapter promises, whatever its EHR is like. A new adapter adds one line to `ADAPTERS` and passes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ehr.adapters import ReferenceEhr
from connectors.ehr.row import Mapped, Row
from schemas.change import Change
from schemas.codec import change_of
from schemas.reasons import Poison, Reason
from streams.not_kept import WORDS
from tests.connectors.ehr.openemr.capturing import Listening, adapter
from tests.connectors.ehr.openemr.test_convergence import LIFE
from tests.connectors.ehr.test_reference import CASES, CHICAGO, COMMITTED, row


@dataclass(frozen=True)
class Adapted:
    """An adapter, rows of a life in its EHR in the order they happened, and how it is asked what they mean."""

    name: str
    rows: Sequence[Row]
    tell: Callable[[Iterable[Row]], list[Change]]
    refuse: Callable[[Row], str]
    """The reason and place of a row it cannot read."""


def _reference_life() -> list[Row]:
    rows = [replace(row(table, case[0]), rev=number) for number, (table, case) in enumerate(CASES.items(), 1)]
    attendance = replace(row("attendance", CASES["attendance"][0], "u", attend_code="NS"), rev=1_000)
    return [*rows, replace(attendance, before=row("attendance", CASES["attendance"][0]).after)]


def _told_by_reference(rows: Iterable[Row]) -> list[Change]:
    changes = []
    for event in rows:
        outcome = ReferenceEhr().changes(event, lambda _: CHICAGO)
        assert isinstance(outcome, Mapped), outcome
        changes += [change_of(change) for change in outcome.changes]
    return changes


def _refused_by_reference(event: Row) -> str:
    outcome = ReferenceEhr().changes(event, lambda _: CHICAGO)
    assert not isinstance(outcome, Mapped)
    return f"{outcome.reason.value} at {outcome.where}"


def _told_by_openemr(rows: Iterable[Row]) -> list[Change]:
    listening = Listening()
    listening.hear(rows)
    listening.wait(15)
    return listening.told.changes


def _refused_by_openemr(event: Row) -> str:
    with pytest.raises(Poison) as refused:
        Listening().hear([event])
    return str(refused.value)


ADAPTERS = [
    Adapted("reference", _reference_life(), _told_by_reference, _refused_by_reference),
    Adapted("openemr", LIFE.log, _told_by_openemr, _refused_by_openemr),
]
every_adapter = pytest.mark.parametrize("adapted", ADAPTERS, ids=lambda adapted: adapted.name)


def standing(changes: Iterable[Change]) -> dict[tuple[str, ...], Any]:
    """What is there in the end: per entity and element of a list the highest revision."""
    newest: dict[tuple[str, ...], Change] = {}
    for change in changes:
        part = () if change.part is None else (change.part.list, change.part.key)
        key = (change.entity, change.id, *part)
        if key not in newest or newest[key].rev < change.rev:
            newest[key] = change
    return {key: change.data.model_dump() for key, change in newest.items() if change.data is not None}


@every_adapter
def test_it_tells_of_a_practice_with_a_time_zone_and_of_a_session_with_attendance(adapted: Adapted) -> None:
    told = standing(adapted.tell(adapted.rows))
    practices = [data for key, data in told.items() if key[0] == "practice"]
    assert [bool(data["timezone"]) for data in practices] == [True]
    assert {"appointment", "attendance", "client", "clinician", "claim", "note"} <= {key[0] for key in told}


@every_adapter
@settings(max_examples=8, derandomize=True)
@given(data=st.data())
def test_any_order_and_any_repeat_end_in_the_same(adapted: Adapted, data: st.DataObject) -> None:
    rows = data.draw(st.permutations(adapted.rows))
    again = data.draw(st.lists(st.sampled_from(list(adapted.rows)), max_size=5))
    assert standing(adapted.tell([*rows, *again])) == standing(adapted.tell(adapted.rows))


@every_adapter
def test_a_revision_is_never_given_twice_to_different_contents(adapted: Adapted) -> None:
    said: dict[tuple[Any, ...], Any] = {}
    for change in [*adapted.tell(adapted.rows), *adapted.tell(adapted.rows)]:
        part = None if change.part is None else (change.part.list, change.part.key)
        data = None if change.data is None else change.data.model_dump_json()
        assert said.setdefault((change.entity, change.id, part, change.rev), data) == data


@every_adapter
def test_what_a_snapshot_read_is_marked_as_such(adapted: Adapted) -> None:
    newest = {row.rev: row for row in adapted.rows if row.op == "c"}
    read = [replace(row, op="r", snapshot=True) for row in newest.values()]
    assert all(change.snapshot for change in adapted.tell(read))
    # the practice itself may stand without rows, and is no news then
    assert not any(change.snapshot for change in adapted.tell(adapted.rows) if change.entity != "practice")


@every_adapter
def test_what_was_deleted_is_gone(adapted: Adapted) -> None:
    gone = [
        replace(event, op="d", before=event.after, after=None, rev=event.rev + (1 << 50), committed_at=COMMITTED)
        for event in adapted.rows
        if event.after is not None and event.table not in ("practices", "facility")
    ]
    there = standing(adapted.tell([*adapted.rows, *gone]))
    assert {key[0] for key in there} == {"practice"}


@every_adapter
def test_a_row_it_cannot_read_is_refused_by_its_place_and_shows_nothing(adapted: Adapted) -> None:
    secret = "Quinlan Featherstone"
    event = next(row for row in adapted.rows if row.table in ("clients", "patient_data"))
    birth = "birth_date" if "birth_date" in event.image else "DOB"
    wrong = replace(event, after={**event.image, birth: secret})
    told = adapted.refuse(wrong)
    assert told == f"{Reason.IMPOSSIBLE_VALUE.value} at {event.table}.{birth}"
    assert secret not in repr(wrong)


def test_what_an_adapter_does_not_keep_is_said_in_words_that_rules_know() -> None:
    assert adapter().not_kept <= WORDS


def test_a_moment_is_an_instant() -> None:
    for adapted in ADAPTERS:
        assert all(change.at.tzinfo is not None for change in adapted.tell(adapted.rows))
        assert all(change.at <= datetime.now(UTC) for change in adapted.tell(adapted.rows))

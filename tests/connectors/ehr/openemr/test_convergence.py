"""Rows in any order, any number of times, split anywhere: the same entities, and no half of an edit is ever told."""

import contextlib
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ehr.openemr.adapter import OpenEmr
from connectors.ehr.openemr.tables import TABLES
from connectors.ehr.row import Row
from connectors.ehr.shelf import Shelf
from schemas.reasons import Poison
from tests.connectors.ehr.openemr.capturing import Listening, adapter
from tests.connectors.ehr.openemr.database import Database, day

ON = "2026-03-03"


def _life(*, edited: bool = True) -> Database:
    """A practice with a group whose attendance is corrected, an individual visit, notes, signatures, bills."""
    database = Database()
    database.practice()
    for pid in (1, 2, 3):
        database.patient(pid)
    database.group(1, 1, 2, 3)
    weekly = 's:17:"event_repeat_freq";s:1:"1";s:22:"event_repeat_freq_type";s:1:"1";s:6:"exdate";s:8:"20260312";'
    until: dict[str, Any] = {"pc_recurrtype": 1, "pc_recurrspec": f"a:3:{{{weekly}}}", "pc_endDate": day("2026-03-26")}
    database.slot(5, 1, "2026-03-05", pc_multiple=2, **until)
    database.slot(6, 1, "2026-03-05", pc_multiple=2, **until | {"pc_aid": "2"})
    slot = database.slot(7, 1, ON)
    encounter = database.group_encounter(1, ON, slot)
    form = database.attendance(encounter, {1: "@", 2: "@", 3: "@"}, slot)
    note = database.soap(database.own_encounter(1), 1, "worked on trust")
    if edited:
        database.edit_attendance(form, encounter, {1: "@", 2: "?", 3: "~"}, slot)
    database.sign(note)
    for pid in (1, 2):
        database.bill(database.own_encounter(pid), pid)
    option = database.rows["list_options"]["attendstat", "~"]
    database.update("list_options", option, title="Late Arrival")
    return database


LIFE = _life()
IN_ORDER = Listening()
IN_ORDER.hear(LIFE.events())
IN_ORDER.wait(15)
EXPECTED = IN_ORDER.told.all()


def test_the_life_says_what_happened() -> None:
    statuses = [record["status"] for record in EXPECTED["attendance"].values()]
    assert statuses == ["attended", "no_show", "attended"]
    assert [note["status"] for note in EXPECTED["note"].values()] == ["signed"]
    assert [note["author"] for note in EXPECTED["note"].values()] == ["user-1"]
    assert len(EXPECTED["claim"]) == 2
    booked = [f"appointment-5-2026-03-{day_}" for day_ in ("05", "19", "26")]
    assert list(EXPECTED["appointment"]) == [*booked, "group-encounter-501"]


@settings(max_examples=25, derandomize=True)
@given(st.data())
def test_shuffled_duplicated_and_split_rows_end_in_the_same_entities(data: st.DataObject) -> None:
    rows: list[Row] = data.draw(st.permutations(LIFE.log))
    rows = list(rows) + data.draw(st.lists(st.sampled_from(LIFE.log), max_size=10))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    listening = Listening()
    begin = 0
    for cut in (*cuts, len(rows)):
        listening.hear(rows[begin:cut])
        listening.wait(data.draw(st.sampled_from([0.0, 0.5, 4.0, 15.0])))
        begin = cut
    listening.wait(15)
    assert listening.told.all() == EXPECTED


@settings(max_examples=15, derandomize=True)
@given(st.data())
def test_topics_that_arrive_one_after_the_other_end_in_the_same_entities(data: st.DataObject) -> None:
    tables: Sequence[str] = data.draw(st.permutations(sorted({row.table for row in LIFE.log})))
    listening = Listening()
    for table in tables:
        listening.hear(row for row in LIFE.log if row.table == table)
        listening.wait(data.draw(st.sampled_from([0.0, 4.0])))
    listening.wait(15)
    assert listening.told.all() == EXPECTED


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_is_missing_or_odd_stops_it(seed: int) -> None:
    chance = random.Random(seed)
    listening = Listening()
    for row in LIFE.log:
        after = dict(row.after or {})
        others = [column for column in after if column not in TABLES[row.table].key]
        for column in chance.sample(others, min(len(others), seed + 1)):
            odd = [None, -1, 0, 10**15] if isinstance(after[column], int) else [None, "", "Ж𝄞é|x", "0", "a,b,,7"]
            after[column] = chance.choice(odd)
        with contextlib.suppress(Poison):  # a value that its column cannot hold is set aside by its place
            listening.hear([replace(row, after=after if row.after is not None else None)])
    listening.wait(15)
    assert listening.told.entities("practice")
    assert not any(kind in ("group_day", "client_day", "client") for kind, _ in listening.joiner.refused)


def test_a_cluster_that_cannot_be_put_together_is_named_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[object]:
        raise ValueError("Quinlan Featherstone")

    monkeypatch.setattr("connectors.ehr.openemr.adapter.group_sessions", broken)
    listening = Listening()
    listening.hear(LIFE.events())
    listening.wait(15)
    assert {(kind, str(poison)) for kind, poison in listening.joiner.refused} == {("group_day", "failed at ValueError")}
    assert len(listening.told.entities("client")) == 3


def test_taking_everything_in_again_tells_nothing() -> None:
    listening = Listening()
    listening.hear(LIFE.events())
    listening.wait(15)
    listening.hear(LIFE.events())
    assert listening.wait(15) == 0


def test_a_correction_is_one_change_and_not_nine() -> None:
    database = _life(edited=False)
    listening = Listening()
    listening.hear(database.events())
    listening.wait(15)
    before = len(database.log)
    told = len(listening.told.changes)
    form = next(iter(database.rows["form_group_attendance"].values()))
    encounter = next(iter(database.rows["form_groups_encounter"].values()))
    database.edit_attendance(form, encounter, {1: "@", 2: "?", 3: "@"})
    for row in database.events(before):
        listening.hear([row], after_s=0.3)
        listening.joiner.settle(listening.now, heard_until=listening.now)
    listening.wait(15)
    changes = [(c.entity, c.op, c.id) for c in listening.told.changes[told:]]
    assert changes == [("attendance", "update", "group-encounter-501:pid-2")]


def test_an_edit_that_changes_nothing_tells_nothing() -> None:
    database = _life(edited=False)
    listening = Listening()
    listening.hear(database.events())
    listening.wait(15)
    before = len(database.log)
    form = next(iter(database.rows["form_group_attendance"].values()))
    encounter = next(iter(database.rows["form_groups_encounter"].values()))
    database.edit_attendance(form, encounter, {1: "@", 2: "@", 3: "@"})
    listening.hear(database.events(before))
    assert listening.wait(15) == 0


def test_half_an_edit_is_not_told_while_the_source_is_silent() -> None:
    listening, rows = _just_before_an_edit()
    listening.hear(rows[:1])
    assert listening.wait(600, heard=False) == 0
    listening.hear(rows[1:])
    listening.wait(15)
    statuses = [record["status"] for record in listening.told.entities("attendance").values()]
    assert statuses == ["attended", "no_show", "attended"]
    assert [c.op for c in listening.told.of("attendance")] == ["create", "create", "create", "update"]


def test_what_is_missing_after_a_quiet_period_gets_a_longer_one() -> None:
    listening, rows = _just_before_an_edit()
    listening.hear(rows[:4])
    assert listening.wait(8) == 0
    listening.hear(rows[4:])
    assert listening.wait(4) == 1


def test_somebody_who_is_really_gone_is_gone_in_the_end() -> None:
    listening, rows = _just_before_an_edit()
    listening.hear(rows[:4])
    assert listening.wait(30) > 0
    assert len(listening.told.entities("attendance")) == 1


def test_a_process_killed_in_the_middle_of_an_edit_tells_it_once(tmp_path: Path) -> None:
    openemr = adapter()
    first = Listening(openemr, Shelf(openemr.tables, tmp_path / "shelf"))
    _, rows = _edit_of(first)
    first.hear(rows[:2])
    first.joiner.settle(first.now + 1, heard_until=first.now)
    first.shelf.commit()
    first.hear(rows[2:3])
    first.shelf.close()  # what was not committed is lost, and read again
    second = Listening(openemr, Shelf(openemr.tables, tmp_path / "shelf"))
    second.now = first.now + 30
    second.told = first.told
    second.hear(rows[2:])
    second.wait(15)
    assert [c.op for c in second.told.of("attendance")] == ["create", "create", "create", "update"]
    assert (tmp_path / "shelf").stat().st_mode & 0o077 == 0


def test_what_waits_to_be_sent_outlives_the_process(tmp_path: Path) -> None:
    openemr = adapter()
    first = Listening(openemr, Shelf(openemr.tables, tmp_path / "shelf"))
    first.hear(LIFE.events())
    first.joiner.settle(first.now + 100, heard_until=first.now + 90)
    first.shelf.commit()
    first.shelf.close()
    second = Listening(openemr, Shelf(openemr.tables, tmp_path / "shelf"))
    second.now = first.now + 200
    second.wait(1)
    assert second.told.all() == EXPECTED


def test_a_lost_shelf_is_rebuilt_from_the_rows() -> None:
    listening = Listening()
    listening.told.changes = list(IN_ORDER.told.changes)
    listening.hear(LIFE.events())
    listening.wait(15)
    assert listening.told.all() == EXPECTED


def test_a_changed_configuration_looks_at_everything_anew(tmp_path: Path) -> None:
    first = Listening(adapter(), Shelf(adapter().tables, tmp_path / "shelf"))
    first.hear(LIFE.events())
    first.wait(15)
    first.shelf.commit()
    first.shelf.close()
    configured: OpenEmr = adapter(attendance={"~": "excused"})
    second = Listening(configured, Shelf(configured.tables, tmp_path / "shelf"))
    second.told = first.told
    second.now = first.now + 10
    second.wait(5)
    assert second.told.entities("attendance")["group-encounter-501:pid-3"]["status"] == "excused"
    assert all(change.snapshot for change in second.told.changes[-1:])


def test_a_snapshot_is_no_news_and_what_follows_it_is() -> None:
    database = _life()
    listening = Listening()
    listening.hear(database.snapshot())
    listening.wait(15)
    assert listening.told.all() == EXPECTED
    assert all(change.snapshot for change in listening.told.changes)
    before = len(database.log)
    told = len(listening.told.changes)
    slot = database.slot(8, 1, "2026-03-10")
    encounter = database.group_encounter(1, "2026-03-10", slot)
    database.attendance(encounter, {1: "@", 2: "@", 3: "@"}, slot)
    listening.hear(database.events(before))
    listening.wait(15)
    live = listening.told.changes[told:]
    assert [c.id for c in live if c.entity == "appointment"] == [f"group-encounter-{encounter['encounter']}"]
    assert not any(change.snapshot for change in live)


def test_the_past_is_no_news_because_something_live_joins_it_early() -> None:
    database = _life()
    listening = Listening()
    listening.hear(database.snapshot())
    before = len(database.log)
    database.bill(database.own_encounter(3), 3)
    listening.hear(database.events(before))
    listening.wait(15)
    assert all(change.snapshot for change in listening.told.of("appointment"))
    assert [c.snapshot for c in listening.told.of("claim")] == [True, True, False]


def test_a_second_snapshot_tells_what_was_missed_and_what_is_gone() -> None:
    database = _life()
    listening = Listening()
    listening.hear(database.snapshot())
    listening.wait(15)
    told = len(listening.told.changes)
    visit = database.rows["billing"]
    database.delete("billing", *visit.values())
    database.bill(database.own_encounter(3), 3)
    listening.hear(database.snapshot())
    listening.wait(15)
    assert list(listening.told.entities("claim")) == [f"claim-{database.own_encounter(3)}-3"]
    assert all(change.snapshot for change in listening.told.changes[told:])


def _just_before_an_edit() -> tuple[Listening, list[Row]]:
    listening = Listening()
    _, rows = _edit_of(listening)
    return listening, rows


def _edit_of(listening: Listening) -> tuple[Database, list[Row]]:
    database = _life(edited=False)
    listening.hear(database.events())
    listening.wait(15)
    before = len(database.log)
    form = next(iter(database.rows["form_group_attendance"].values()))
    encounter = next(iter(database.rows["form_groups_encounter"].values()))
    database.edit_attendance(form, encounter, {1: "@", 2: "?", 3: "@"})
    rows = list(database.events(before))
    assert [row.op for row in rows] == ["d", "d", "d", "c", "c", "c"]
    return database, rows

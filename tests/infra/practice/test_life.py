"""The simulated life: the same again for the same seed, plausible, and clean unless it plants a mistake."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import combinations, islice, pairwise

import pytest

from infra.practice.acts import PLANTED, Act, Rows, rows_after
from infra.practice.life import live
from infra.practice.people import npi
from infra.practice.world import NO_MISTAKES, USUAL_MISTAKES
from tests.infra.practice.capturing import Capture, acts_until, care_changes

pytestmark = pytest.mark.long

ANCHOR = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
END = ANCHOR + timedelta(days=20)
SEED, DAYS = 7, 40


@pytest.fixture(scope="module")
def acts() -> list[Act]:
    return list(acts_until(END, SEED, ANCHOR, DAYS))


@pytest.fixture(scope="module")
def rows(acts: list[Act]) -> Rows:
    return rows_after(acts)


def fingerprint(seed: int, days: int, until: datetime) -> str:
    """A digest of every value of every act."""
    digest = sha256()
    for act in acts_until(until, seed, ANCHOR, days):
        digest.update(repr((act.at, act.what, act.practice_id)).encode())
        for operation in act.operations:
            digest.update(repr((operation.op, operation.table, operation.key, operation.values)).encode())
    return digest.hexdigest()


def test_the_same_seed_lives_the_same_life_whatever_the_process_hashes() -> None:
    until = ANCHOR + timedelta(days=5)
    here = fingerprint(3, 10, until)
    program = (
        "from tests.infra.practice.test_life import *; print(fingerprint(3, 10, ANCHOR + timedelta(days=5)), end='')"
    )
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        there = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout == here
    assert fingerprint(4, 10, until) != here


def test_acts_come_in_order_of_time(acts: list[Act]) -> None:
    assert all(first.at <= second.at for first, second in pairwise(acts))
    assert all(act.at.utcoffset() == timedelta(0) and act.operations for act in acts)


def test_life_has_no_end() -> None:
    assert len(list(islice(live(1, ANCHOR, 1), 5_000))) == 5_000


def test_every_change_is_one_the_vocabulary_knows(acts: list[Act]) -> None:
    capture = Capture()
    changes = care_changes(event for act in acts for event in capture.events(act))
    kinds = {change.entity for _, change in changes}
    assert kinds == {
        *("practice", "policy", "clinician", "form", "client", "relationship", "group", "family", "couple"),
        *("appointment", "attendance", "recording", "outline", "transcript", "checkin", "assessment", "consent"),
        *("note", "plan", "coverage", "authorization", "eligibility", "charge", "claim", "message"),
    }
    assert {change.op for _, change in changes} == {"create", "update", "delete"}
    again = care_changes(capture.snapshot(END))
    assert all(change.snapshot and change.op in ("create", "delete") for _, change in again)


def test_nobody_is_in_two_sessions_at_once(rows: Rows) -> None:
    who = defaultdict(list)
    for table, column in (("appointment_clients", "client_id"), ("appointment_facilitators", "clinician_id")):
        for row in rows[table].values():
            session = rows["appointments"][str(row["appointment_id"])]
            if row.get("deleted_at") is None and session["appt_status"] != "CANC":
                start = session.get("actual_start") or session["scheduled_start"]
                end = session.get("actual_end") or session["scheduled_end"]
                who[row[column]].append((start, end))
    for times in who.values():
        times.sort()
        assert all(first[1] <= second[0] for first, second in pairwise(times))  # type: ignore[operator]


def test_notes_name_nobody_and_no_two_of_a_session_are_alike(rows: Rows) -> None:
    people = [str(row["full_name"]) for table in ("clients", "clinicians") for row in rows[table].values()]
    names = {part.lower() for name in people for part in name.split()}
    of_session = defaultdict(list)
    for note in rows["notes"].values():
        text = str(note.get("body", ""))
        assert not names & set(re.findall(r"\w+", text.lower()))
        if note["note_kind"] == "PROG" and note["origin"] == "H":
            of_session[note["appointment_id"]].append(set(re.split(r"(?<=\.) ", text)))
    assert any(len(texts) > 5 for texts in of_session.values())
    for texts in of_session.values():
        assert all(not first & second for first, second in combinations(texts, 2) if len(texts) > 2)


def test_every_npi_passes_luhn(rows: Rows) -> None:
    for table in ("clinicians", "practices"):
        for row in rows[table].values():
            value = str(row["npi"])
            assert value == npi(value[:9])
    assert npi("123456789") == "1234567893"  # the example of the standard
    assert npi("144551200") == "1445512001"


def test_group_sizes_stay_what_payers_accept(rows: Rows) -> None:
    present: dict[object, int] = defaultdict(int)
    for row in rows["attendance"].values():
        present[row["appointment_id"]] += row["attend_code"] == "AT"
    groups = [
        key
        for key, row in rows["appointments"].items()
        if row["session_type"] in ("GRP", "MFG") and row["appt_status"] == "DONE"
    ]
    assert len(groups) > 40
    assert all(2 <= present[key] <= 12 for key in groups)


def test_ninety_days_make_a_database_a_snapshot_reads_in_seconds() -> None:
    rows = rows_after(acts_until(ANCHOR, SEED, ANCHOR, 90))
    count = sum(len(table) for table in rows.values())
    assert 25_000 < count < 50_000
    assert len(rows["practices"]) == 3
    assert len(rows["clinicians"]) == 24
    assert len(rows["groups"]) == 12
    assert len(rows["families"]) + len(rows["couples"]) >= 60
    assert 380 <= len(rows["clients"]) <= 480
    made = {str(row["rule"]) for row in rows[PLANTED].values()}
    assert made >= {"B01", "B02", "B06", "B10", "B20", "B39", "C01", "C02", "C08", "C15"}


def test_a_practice_that_makes_no_mistakes_plants_none() -> None:
    rows = rows_after(acts_until(ANCHOR, SEED, ANCHOR, 20, mistakes=NO_MISTAKES, demo=False))
    assert PLANTED not in rows


def test_every_mistake_is_made_sooner_or_later() -> None:
    often = {rule: min(1.0, 4 * rate) for rule, rate in USUAL_MISTAKES.items()}
    rows = rows_after(acts_until(ANCHOR + timedelta(days=60), SEED, ANCHOR, 60, mistakes=often))
    assert {str(row["rule"]) for row in rows[PLANTED].values()} >= set(USUAL_MISTAKES)
    assert any("until_at" in row for row in rows[PLANTED].values())


def test_within_forty_minutes_of_the_anchor_a_group_session_ends_and_a_mistake_is_made() -> None:
    for seed in range(1, 6):
        for hour in (3, 9, 13, 19):
            anchor = ANCHOR.replace(hour=hour) + timedelta(days=seed)
            opening = [act for act in acts_until(anchor + timedelta(minutes=40), seed, anchor, 10) if act.at >= anchor]
            rules = {
                operation.values["rule"]
                for act in opening
                for operation in act.operations
                if operation.table == PLANTED and operation.op == "insert"
            }
            ended = [act for act in opening if act.what == "complete a session"]
            assert "C08" in rules, (seed, hour)
            assert ended, (seed, hour)

"""An OpenEMR's MariaDB through real change capture, broker and workers: what people do there becomes findings."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from confluent_kafka import Consumer, TopicPartition

from infra.embedded.stack import Stack, settings_on_free_ports
from infra.prepare import topics as prepare_topics
from infra.refusal import Refusal
from infra.settings import Settings
from infra.source_capture import SourceCapture, apply_source, follow_log, heal_source, source_state
from infra.sources import sources_of
from schemas.change import Change
from schemas.codec import codec, read_change_set
from schemas.draft_request import DraftRequest
from schemas.finding import Finding
from schemas.topics import CARE_CHANGES, DEAD_LETTERS, DRAFT_REQUESTS, FINDINGS
from tests.connectors.ehr.openemr.mariadb import DATABASE, Clinic, MariaDb
from tests.running import Workers, wait_until

pytestmark = pytest.mark.stack
TODAY = datetime.now(ZoneInfo("America/Chicago")).date().isoformat()
"""A session that ended more than a day before the practice was connected would be history, so asks for no draft."""


@dataclass
class Installation:
    """An OpenEMR with a past, and everything that listens to it."""

    database: MariaDb
    clinic: Clinic
    stack: Stack
    workers: Workers

    @property
    def settings(self) -> Settings:
        """What it was configured with."""
        return self.stack.endpoints.settings

    @property
    def capture(self) -> SourceCapture:
        """Where change capture is set up."""
        ends = self.stack.endpoints
        return SourceCapture(ends.connect_url, ends.bootstrap, ends.settings.home)

    def apply(self) -> None:
        """Set change capture up."""
        for source in sources_of(self.stack.endpoints.settings):
            asyncio.run(apply_source(self.capture, source))

    def said(self, topic: str) -> list[Any]:
        """Everything on a topic, in order."""
        return list(_read(self.stack.endpoints.bootstrap, topic))

    def changes(self, entity: str) -> list[Change]:
        """Every change of a kind that was told, in order."""
        return [change for change in self.said(CARE_CHANGES.name) if change.entity == entity]

    def now(self, entity: str) -> dict[str, Change]:
        """Id → newest version of everything of a kind that is there."""
        newest = {change.id: change for change in sorted(self.changes(entity), key=lambda change: change.rev)}
        return {id_: change for id_, change in newest.items() if change.data is not None}

    def status_of(self, attendance_id: str) -> str | None:
        """What an attendance says now."""
        change = self.now("attendance").get(attendance_id)
        return None if change is None or change.data is None else change.data.model_dump()["status"]

    def wait(self, what: str, true: Callable[[], bool], within_s: float = 60.0) -> float:
        """Wait for something and say how long it took."""
        return wait_until(what, true, within_s, every_s=0.5)


def _read(bootstrap: str, topic: str) -> Iterator[Any]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "isolation.level": "read_committed"})
    try:
        parts = [TopicPartition(topic, part, 0) for part in consumer.list_topics(topic, 10).topics[topic].partitions]
        ends = {part.partition: consumer.get_watermark_offsets(part, 10)[1] for part in parts}
        for part in parts:
            consumer.assign([part])
            end = ends[part.partition]
            while end and consumer.position([part])[0].offset < end:
                message = consumer.poll(5.0)
                if message is None:
                    break
                if message.error() is None:
                    if topic == CARE_CHANGES.name:
                        yield from read_change_set(message.value())[0].changes
                    else:
                        yield message.value() if topic == DEAD_LETTERS.name else codec(topic).decode(message.value())
    finally:
        consumer.close()


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    home = Path(tempfile.mkdtemp(prefix="conjoint-openemr-"))
    database = MariaDb(home / "mariadb")
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        undo.callback(database.stop)
        database.make()
        clinic = Clinic(database)
        clinic.found(1, 2, 3)
        for week in range(1, 9):
            on = (datetime.now(UTC) - timedelta(weeks=week)).date().isoformat()
            old = clinic.group_session(on, {1: "@", 2: "?", 3: "@"})
            clinic.bill(clinic.own_encounter(2), 2)
            assert old
        stack = Stack(home / "home", settings_on_free_ports(home / "home", sources=database.source, reference=False))
        undo.callback(stack.stop)
        stack.need("kafka", "connect")
        prepare_topics(stack.endpoints.settings)
        workers = Workers(stack.endpoints.settings)
        undo.callback(workers.stop)
        made = Installation(database, clinic, stack, workers)
        made.apply()
        workers.start("normalise", "assemble", "keep_files")
        made.wait("the past is known", lambda: len(made.now("appointment")) == 8, 90)
        yield made


def _settled(installation: Installation) -> None:
    """The snapshot is over: two ticks without a row of it."""
    findings = wait_until(
        "the past is judged", lambda: any(f.rule == "B01" for f in installation.said(FINDINGS.name)), 60, every_s=1
    )
    assert findings >= 0


def test_the_past_is_known_and_asks_for_nothing(installation: Installation) -> None:
    _settled(installation)
    found = [finding for finding in installation.said(FINDINGS.name) if isinstance(finding, Finding)]
    assert {finding.rule for finding in found} <= {"B01", "B02", "B39", "B42"}
    assert all(finding.historical for finding in found)
    assert installation.said(DRAFT_REQUESTS.name) == []
    assert installation.said(DEAD_LETTERS.name) == []
    assert all(change.snapshot for change in installation.changes("appointment"))


def test_identifiers_nobody_needs_never_leave_the_database(installation: Installation) -> None:
    rows = list(_read_raw(installation, f"raw.openemr.{DATABASE}.patient_data"))
    assert rows
    assert not any(b"999-99-0001" in row or b'"ss"' in row or b"drivers_license" in row for row in rows)


def _read_raw(installation: Installation, topic: str) -> Iterator[bytes]:
    consumer = Consumer({"bootstrap.servers": installation.stack.endpoints.bootstrap, "group.id": "raw"})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while (message := consumer.poll(5.0)) is not None:
            if message.error() is None and message.value() is not None:
                yield message.value() or b""
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), 5)
            if consumer.position([TopicPartition(topic, 0)])[0].offset >= end:
                return
    finally:
        consumer.close()


def test_a_group_session_becomes_one_session_its_findings_and_one_draft_request(installation: Installation) -> None:
    clinic, before = installation.clinic, len(installation.now("appointment"))
    encounter = clinic.group_session(TODAY, {1: "@", 2: "@", 3: "?"})
    clinic.edit_attendance(encounter, {1: "@", 2: "?", 3: "@"}, between_s=0.3)
    clinic.bill(clinic.own_encounter(2), 2)
    session = f"group-encounter-{encounter}"
    installation.wait("the draft is asked for", lambda: any(r.state == "requested" for r in _requests(installation)))
    time.sleep(3)
    requests = [request for request in _requests(installation) if request.session_id == session]
    assert [(request.state, request.client_ids) for request in requests] == [("requested", ("pid-1", "pid-3"))]
    assert len(installation.now("appointment")) == before + 1
    told = [change for change in installation.changes("attendance") if change.id.startswith(f"{session}:")]
    assert sorted(
        (change.op, change.id[-5:], change.data.model_dump()["status"]) for change in told if change.data
    ) == [
        ("create", "pid-1", "attended"),
        ("create", "pid-2", "no_show"),
        ("create", "pid-3", "attended"),
    ]
    found = {
        f.rule for f in installation.said(FINDINGS.name) if f.subject.get("session") == session and not f.historical
    }
    assert "B01" in found  # pid-2 was billed and did not come


def _requests(installation: Installation) -> list[DraftRequest]:
    return [request for request in installation.said(DRAFT_REQUESTS.name) if isinstance(request, DraftRequest)]


def test_connect_killed_in_the_middle_of_an_edit_tells_the_edit_as_one_change(installation: Installation) -> None:
    clinic, database, stack = installation.clinic, installation.database, installation.stack
    encounter = clinic.group_session(TODAY, {1: "@", 2: "@", 3: "@"}, start="08:00:00", end="09:00:00")
    session, form = f"group-encounter-{encounter}", clinic.form_of(encounter)
    installation.wait("it is told", lambda: f"{session}:pid-3" in installation.now("attendance"))
    database.do("DELETE FROM therapy_groups_participant_attendance WHERE form_id = %s", form)
    time.sleep(1)  # long enough to be captured
    stack.kill("connect")
    for pid, status in {1: "@", 2: "x", 3: "@"}.items():
        clinic.participant(form, pid, status)
    time.sleep(6)  # longer than the quiet period
    stack.need("connect")
    installation.wait(
        "the correction is told",
        lambda: installation.status_of(f"{session}:pid-2") == "cancelled",
        120,
    )
    told = [c for c in installation.changes("attendance") if c.id.startswith(f"{session}:")]
    assert [c.op for c in told].count("update") == 1
    assert "delete" not in [c.op for c in told]


def test_a_database_that_restarts_is_listened_to_again(installation: Installation) -> None:
    installation.database.kill()
    installation.database.start()
    encounter = installation.clinic.group_session(TODAY, {1: "@"}, start="06:00:00", end="07:00:00")
    installation.wait("it is told", lambda: f"group-encounter-{encounter}" in installation.now("appointment"), 120)


def test_a_table_that_is_altered_goes_on(installation: Installation) -> None:
    database, clinic = installation.database, installation.clinic
    database.do("ALTER TABLE form_groups_encounter ADD COLUMN room varchar(20), MODIFY counselors varchar(300)")
    # beside it, what OpenEMR's own forms write: zero dates, nothing at all, names of any script, a slot of two
    # counselors that ends after midnight, a visit at an hour that the clocks skip
    database.insert("insurance_data", pid=1, type="tertiary", provider="", date="0000-00-00", policy_number=None)
    database.insert("form_encounter", pid=None, date=None, encounter=None, provider_id=None)
    database.insert("form_group_attendance", id=9_999, encounter_id=None, activity=None)
    database.insert("patient_data", pid=40, fname="Zoë 𝄞", lname="Ж", DOB="0000-00-00")
    spec = 's:17:"event_repeat_freq";s:1:"1";s:22:"event_repeat_freq_type";s:1:"1";s:6:"exdate";s:8:"20270112";'
    weekly = {"pc_recurrtype": 1, "pc_recurrspec": f"a:3:{{{spec}}}", "pc_endDate": "2027-01-19"}
    late = {"pc_eventDate": "2027-01-05", "pc_startTime": "23:30:00", "pc_endTime": "24:30:00", "pc_multiple": 3}
    slots = [
        database.insert("openemr_postcalendar_events", pc_catid=15, pc_aid=aid, pc_pid="", pc_gid=1, **late, **weekly)
        for aid in ("1", "2")
    ]
    skipped = {"pc_eventDate": "2027-03-14", "pc_startTime": "02:30:00", "pc_duration": 3_000}
    visit = database.insert("openemr_postcalendar_events", pc_catid=5, pc_aid="1", pc_pid="40", **skipped)
    encounter = clinic.group_session(TODAY, {1: "@"}, start="05:00:00", end="06:00:00")
    for statuses in ({1: "@", 2: "@"}, {1: "?", 2: "@"}, {1: "@", 2: "x", 3: "~"}):
        clinic.edit_attendance(encounter, statuses)
    session = f"group-encounter-{encounter}"
    installation.wait("it is told", lambda: installation.status_of(f"{session}:pid-3") == "attended")
    assert [installation.status_of(f"{session}:pid-{pid}") for pid in (1, 2)] == ["attended", "cancelled"]
    booked = {id_: change.data.model_dump() for id_, change in installation.now("appointment").items() if change.data}
    series = [f"appointment-{slots[0]}-2027-01-{day}" for day in ("05", "19")]
    assert sorted(id_ for id_ in booked if id_.startswith("appointment-")) == sorted([*series, f"appointment-{visit}"])
    assert len(booked[series[0]]["facilitators"]) == 2
    assert booked[f"appointment-{visit}"]["scheduled_start"] == datetime(2027, 3, 14, 8, 30, tzinfo=UTC)
    assert installation.now("client")["pid-40"].data is not None
    assert installation.said(DEAD_LETTERS.name) == []


def test_a_purged_log_is_said_loudly_and_taken_over_without_drafts(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    clinic, database, stack = installation.clinic, installation.database, installation.stack
    requests, sessions = len(_requests(installation)), len(installation.now("appointment"))
    stack.kill("connect")
    missed = clinic.group_session(TODAY, {1: "@", 2: "@", 3: "@"}, start="03:00:00", end="04:00:00")
    database.do("FLUSH BINARY LOGS")
    time.sleep(1)
    database.do("FLUSH BINARY LOGS")
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW MASTER STATUS")
        newest = cursor.fetchone()[0]
    database.do(f"PURGE BINARY LOGS TO '{newest}'")
    stack.need("connect")
    source = sources_of(stack.endpoints.settings)[0]
    installation.wait(
        "capture says that its place is gone",
        lambda: asyncio.run(source_state(installation.capture, source)) == "FAILED",
    )
    asyncio.run(heal_source(installation.capture, source))
    assert "a new snapshot is taken" in caplog.text
    installation.wait(
        "what was missed is known", lambda: f"group-encounter-{missed}" in installation.now("appointment"), 120
    )
    assert "takes a new snapshot" in installation.workers.log("assemble").read_text()
    assert len(installation.now("appointment")) == sessions + 1
    assert len(_requests(installation)) == requests


def test_a_log_that_begins_anew_is_said_loudly_and_taken_over_without_drafts(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    clinic, database, source = installation.clinic, installation.database, sources_of(installation.settings)[0]
    assert not asyncio.run(follow_log(installation.capture, source))
    requests, sessions = len(_requests(installation)), len(installation.now("appointment"))
    database.do("RESET MASTER")
    missed = clinic.group_session(TODAY, {1: "@", 2: "@", 3: "@"}, start="01:00:00", end="02:00:00")
    assert asyncio.run(follow_log(installation.capture, source))
    assert "binary log began anew" in caplog.text
    installation.wait(
        "what was missed is known", lambda: f"group-encounter-{missed}" in installation.now("appointment")
    )
    live = clinic.group_session(TODAY, {1: "@", 2: "@", 3: "@"}, start="00:00:00", end="01:00:00")
    installation.wait("it goes on", lambda: f"group-encounter-{live}" in installation.now("appointment"))
    installation.wait("one draft", lambda: len(_requests(installation)) > requests)
    assert len(installation.now("appointment")) == sessions + 2
    assert [request.session_id for request in _requests(installation)[requests:]] == [f"group-encounter-{live}"]


def test_a_schema_that_differs_is_refused_by_the_name_of_the_column(installation: Installation) -> None:
    database = installation.database
    database.do("ALTER TABLE form_group_attendance CHANGE encounter_id enc_id int(11)")
    try:
        with pytest.raises(Refusal, match=r"form_group_attendance\.encounter_id is missing"):
            installation.apply()
    finally:
        database.do("ALTER TABLE form_group_attendance CHANGE enc_id encounter_id int(11)")
    source = sources_of(installation.stack.endpoints.settings)[0]
    assert asyncio.run(source_state(installation.capture, source)) in ("RUNNING", "FAILED")

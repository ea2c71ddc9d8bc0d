"""The step that puts joined rows together: positions, dead letters, silence, pace. The broker is a list here."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka import Message

from connectors.assemble import AssembleConfig, Assembly, Heard, Pace, Sender
from connectors.ehr.joiner import Patience
from schemas.codec import read_change_set
from schemas.reasons import Reason
from schemas.topics import CARE_CHANGES
from tests.connectors.ehr.openemr.capturing import adapter

NOW = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
AT_ONCE = Patience(brief_s=0.0, quiet_s=0.0, loss_s=0.0, longest_brief_s=0.0)


class FakeMessage:
    """What the step asks of a message."""

    def __init__(self, topic: str, value: dict[str, Any] | bytes | None, offset: int = 0, age_s: float = 0.0) -> None:
        self._topic, self._offset = topic, offset
        self._value = json.dumps(value).encode() if isinstance(value, dict) else value
        self._written_ms = int((time.time() - age_s) * 1000)

    def topic(self) -> str:
        return self._topic

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes | None:
        return self._value

    def key(self) -> bytes | None:
        return None

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return 1, self._written_ms


class FakeProducer:
    """Takes everything."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []

    def produce(self, topic: str, *, key: str, value: bytes, headers: Any, on_delivery: Callable[..., None]) -> None:
        self.sent.append((topic, key, value))

    def poll(self, _: float) -> int:
        return 0

    def flush(self, _: float) -> int:
        return 0


def patient(pid: int, offset: int, *, snapshot: bool = False) -> FakeMessage:
    columns = ("fname", "mname", "lname", "suffix", "preferred_name", "DOB", "language", "street", "city", "state")
    after = dict.fromkeys((*columns, "postal_code")) | {"pid": pid, "fname": "First"}
    source = {"table": "patient_data", "ts_ms": 1_772_000_000_000, "file": "mysql-bin.000001", "pos": 100 + offset}
    envelope = {
        "op": "r" if snapshot else "c",
        "before": None,
        "after": after,
        "source": {**source, "row": 0, "snapshot": "true" if snapshot else "false"},
    }
    return FakeMessage("raw.openemr.openemr.patient_data", envelope, offset)


def take(one: Assembly, messages: Sequence[FakeMessage]) -> None:
    one.take(cast("list[Message[bytes, bytes]]", list(messages)))


def assembly(folder: Path, letters: list[tuple[Reason, str]] | None = None, **config: Any) -> Assembly:
    def set_aside(value: bytes | None, key: bytes | None, reason: Reason, where: str, *_: object, **__: object) -> None:
        if letters is not None:
            letters.append((reason, where))

    settings = AssembleConfig("nowhere:1", folder, lambda: NOW, patience=AT_ONCE, **config)
    return Assembly(settings, adapter(), set_aside)


def sender(assembled: Assembly, folder: Path, producer: FakeProducer, **config: Any) -> Sender:
    return Sender(AssembleConfig("nowhere:1", folder, lambda: NOW, **config), producer)  # type: ignore[arg-type]


def test_rows_are_taken_in_decided_and_sent_and_their_place_is_remembered(tmp_path: Path) -> None:
    one = assembly(tmp_path)
    take(one, [patient(1, 0), patient(2, 1)])
    one.shelf.commit()
    assert one.shelf.positions() == {("raw.openemr.openemr.patient_data", 0): 2}
    while one.settle(time.time() + 1):
        pass
    producer = FakeProducer()
    assert sender(one, tmp_path, producer).send(one) == 3
    assert {(topic, key) for topic, key, _ in producer.sent} == {(CARE_CHANGES.name, "PR-1")}
    told = [change for _, _, value in producer.sent for change in read_change_set(value)[0].changes]
    assert sorted(change.entity for change in told) == ["client", "client", "practice"]
    assert sender(one, tmp_path, producer).send(one) == 0


def test_what_cannot_be_read_is_set_aside_and_its_neighbours_are_not(tmp_path: Path) -> None:
    letters: list[tuple[Reason, str]] = []
    one = assembly(tmp_path, letters)
    broken = patient(2, 1)
    raw = json.loads(broken.value() or b"")
    raw["after"]["DOB"] = "Quinlan"
    take(
        one,
        [
            patient(1, 0),
            FakeMessage("raw.openemr.openemr.patient_data", raw, 1),
            FakeMessage("raw.openemr.openemr.patient_data", b"not json", 2),
            FakeMessage("raw.openemr.openemr.patient_data", None, 3),
        ],
    )
    assert letters == [(Reason.IMPOSSIBLE_VALUE, "patient_data.DOB"), (Reason.UNDECODABLE, "not JSON")]
    assert one.shelf.one("patient_data", "1") is not None
    assert one.shelf.positions() == {("raw.openemr.openemr.patient_data", 0): 4}


def test_only_what_was_written_just_now_says_that_the_source_is_alive(tmp_path: Path) -> None:
    one = assembly(tmp_path)
    take(one, [FakeMessage(one.heartbeat_topic, {"ts_ms": 1}, age_s=60)])
    assert one.heard.until(time.time() + 1) is None
    take(one, [FakeMessage(one.heartbeat_topic, {"ts_ms": 1})])
    assert one.heard.until(time.time() + 1) is not None


def test_a_place_lost_in_the_log_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = assembly(tmp_path)
    take(one, [patient(1, 0, snapshot=True), patient(2, 1)])
    assert "new snapshot" not in caplog.text
    take(one, [patient(1, 5, snapshot=True), patient(2, 5, snapshot=True)])
    assert caplog.text.count("takes a new snapshot") == 1


def test_what_a_snapshot_told_goes_at_its_pace_and_live_changes_at_once(tmp_path: Path) -> None:
    one = assembly(tmp_path, background_per_s=10)
    take(one, [patient(pid, pid, snapshot=True) for pid in range(1, 30)])
    while one.settle(time.time() + 1):
        pass
    producer = FakeProducer()
    assert sender(one, tmp_path, producer).send(one) == 10  # a second's worth
    live = assembly(tmp_path / "live", background_per_s=10)
    take(live, [patient(pid, pid) for pid in range(1, 30)])
    while live.settle(time.time() + 1):
        pass
    assert sender(live, tmp_path, producer).send(live) == 30


def test_a_source_was_heard_until_the_last_moment_before() -> None:
    heard = Heard()
    assert heard.until(10.0) is None
    for at in (1.0, 2.0, 3.0, 9.0):
        heard.now(at)
    assert heard.until(0.5) is None
    assert heard.until(2.5) == 2.0
    assert heard.until(8.0) == 3.0
    assert heard.until(20.0) == 9.0


def test_a_pace_lets_no_more_than_a_seconds_worth_gather() -> None:
    pace = Pace(100)
    assert pace.left() == 100
    pace.spend(100)
    assert pace.left() < 100

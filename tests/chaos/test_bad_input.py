"""Whatever comes in, each input ends under its own name and the next good one is processed; and nobody's name,
birth date or words are in anything the platform says about it.
"""

import asyncio
import json
import logging
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import clickhouse_connect
import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer

from connectors.dead_letters import get, letter_id, list_dead_letters
from connectors.webhook_signature import HEADER_SIGNATURE, HEADER_TIMESTAMP, sign
from infra.endpoints import Endpoints
from infra.practice.storing import open_connection
from infra.settings import LOOPBACK
from schemas.care import Claim, Client, Note
from schemas.change import Change, ChangeSet
from schemas.codec import codec, read_change_set
from schemas.finding import Finding
from schemas.reasons import Poison, Reason
from schemas.topics import (
    CARE_CHANGES,
    DEAD_LETTERS,
    DRAFT_REQUESTS,
    EVIDENCE,
    FACTS,
    FINDINGS,
    MAX_MESSAGE_BYTES,
    PARTITIONER,
    TOPICS,
)
from tests.chaos import truth
from tests.running import wait_until
from tests.streams.playing import example
from tests.whole_platform import Platform, platform

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

PRACTICE = "P-CHAOS"
WITHIN_S = 60.0

FIRST, LAST = "Zephyrine", "Quackenbush"
NAME = f"{FIRST} {LAST}"
BORN = date(1913, 3, 7)
WORDS = "confided that the lighthouse keeper frightens her"
MARKS = (FIRST, LAST, "lighthouse keeper", "1913-03-07", "19130307", "03/07/1913", "MRN-774411")
"""None of these may be in anything the platform says."""
RAW = "raw.ehr.public."


@pytest.fixture(scope="module")
def whole() -> Iterator[Platform]:
    """A platform whose own practice sleeps; one more practice is in the EHR, with one client of the marked name."""
    with platform(simulate=False, backfill_days=0, speed=1) as running:
        running.up()
        asyncio.run(_add_practice(running.endpoints, PRACTICE))
        yield running


@pytest.fixture(scope="module")
def desk(whole: Platform) -> Iterator["Desk"]:
    opened = Desk(whole)
    opened.make_a_mistake()  # once the snapshot has been decided about, everything that follows is quick
    yield opened
    opened.close()


async def _insert(connection: Any, table: str, **columns: object) -> None:
    names = ", ".join(columns)
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await connection.execute(
        f"INSERT INTO {table} ({names}, created_at, updated_at) VALUES ({places}, localtimestamp, localtimestamp)",
        *columns.values(),
    )


async def _add_practice(ends: Endpoints, practice_id: str) -> None:
    connection = await open_connection(ends.postgres_dsn)
    try:
        practice = {"legal_name": "Practice", "time_zone": "UTC", "state": "IL", "npi": "1", "npi_entity_type": 2}
        await _insert(connection, "practices", practice_id=practice_id, **practice)
        await _add_client(connection, practice_id, "C-1")
    finally:
        await connection.close()


async def _add_client(connection: "asyncpg.Connection[Any]", practice_id: str, client_id: str) -> None:
    await _insert(
        connection,
        "clients",
        practice_id=practice_id,
        client_id=f"{practice_id}-{client_id}",
        full_name=NAME,
        nicknames=[FIRST],
        birth_date=BORN,
        is_patient=True,
        address_line1=f"1 {LAST} Road",
    )


@dataclass
class Desk:
    """Where bad input comes from, and where one sees what became of it."""

    whole: Platform
    number: int = 0
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ends = self.whole.endpoints
        settings = {"bootstrap.servers": self.ends.bootstrap}
        quiet = logging.Logger("desk")  # the client prints that the broker has gone when the test is over
        quiet.addHandler(logging.NullHandler())
        self._producer = Producer(
            {**settings, "partitioner": PARTITIONER, "message.max.bytes": MAX_MESSAGE_BYTES}, logger=quiet
        )
        self._consumer = Consumer({**settings, "group.id": "desk", "auto.offset.reset": "earliest"})
        self._consumer.subscribe([FINDINGS.name])

    def close(self) -> None:
        self._consumer.close()

    def deliver(self, topic: str, value: bytes | None, key: bytes | None = None) -> str:
        """Put a message on a topic; the id of the letter it would become."""
        places: list[tuple[int, int]] = []

        def note(error: KafkaError | None, message: Message) -> None:
            assert error is None, error
            places.append((message.partition() or 0, message.offset() or 0))

        self._producer.produce(topic, value, key, on_delivery=note)
        assert self._producer.flush(30) == 0
        return letter_id(topic, *places[0])

    def died_of(self, letter: str) -> tuple[str, str]:
        """Why a message died and where to look, once it has."""
        wait_until("the letter is there", lambda: get(self.ends.bootstrap, letter) is not None, WITHIN_S, 0.2)
        found = get(self.ends.bootstrap, letter)
        assert found is not None
        return found.about.reason, found.about.error

    def make_a_mistake(self, practice_id: str = PRACTICE) -> float:
        """Bill a visit that did not take place; how long until the finding about that claim arrived."""
        self.number += 1
        asyncio.run(self.bill_a_no_show(practice_id, self.number))
        return self.wait_for("B01", f"K-{self.number}", practice_id)

    async def bill_a_no_show(self, practice_id: str, number: int) -> None:
        """Session, attendance, claim and note of somebody who did not come, committed together."""
        connection = await open_connection(self.ends.postgres_dsn)
        mine = {"practice_id": practice_id, "appointment_id": f"S-{number}"}
        client = {"client_id": f"{practice_id}-C-1"}
        try:
            async with connection.transaction():
                await _insert(connection, "appointments", **mine, session_type="IND", appt_status="DONE")
                await _insert(connection, "attendance", **mine, **client, attendance_id=f"A-{number}", attend_code="NS")
                person = {"patient_name": NAME, "patient_birth_date": BORN, "member_number": MARKS[-1]}
                await _insert(
                    connection, "claims", **mine, **client, **person, claim_id=f"K-{number}", claim_status="Q"
                )
                await _insert(
                    connection,
                    "notes",
                    **mine,
                    **client,
                    note_id=f"N-{number}",
                    note_kind="PROG",
                    body=f"{NAME} {WORDS}",
                )
        finally:
            await connection.close()

    def wait_for(self, rule: str, claim: str, practice_id: str = PRACTICE) -> float:
        """Until the finding about a claim has arrived."""
        return self.wait_until_found(lambda one: one.rule == rule and one.subject.get("claim") == claim, practice_id)

    def wait_until_found(self, wanted: Callable[[Finding], bool], practice_id: str) -> float:
        """Until a finding of a practice has arrived."""
        started = time.monotonic()
        while not any(wanted(one) for (of, _), one in self.findings.items() if of == practice_id):
            assert time.monotonic() - started < WITHIN_S, f"no such finding within {WITHIN_S:.0f} s"
            message = self._consumer.poll(0.2)
            if message is not None and message.error() is None:
                finding = codec(FINDINGS.name).decode(message.value())
                assert isinstance(finding, Finding)
                self.findings[finding.practice_id, finding.finding_id] = finding
        return time.monotonic() - started

    def metric(self, port: int, name: str, **labels: str) -> float:
        """A metric's value now, 0 if it is not there."""
        for line in _metrics(port).splitlines():
            if line.startswith(name) and all(f'{label}="{value}"' in line for label, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


# --- what bad input looks like ----------------------------------------------------------------------------------------


def row(table: str, columns: Mapping[str, object]) -> bytes:
    """An insert as Debezium writes it."""
    now_ms = int(time.time() * 1000)
    source = {"lsn": now_ms, "table": table, "ts_ms": now_ms, "snapshot": "false", "schema": "public"}
    return json.dumps({"op": "c", "before": None, "after": {**columns}, "source": source, "ts_ms": now_ms}).encode()


def client_row(**columns: object) -> bytes:
    """A client of the marked name."""
    days = (BORN - date(1970, 1, 1)).days
    good = {"client_id": "C-9", "practice_id": PRACTICE, "full_name": NAME, "is_patient": True, "birth_date": days}
    return row("clients", {**good, **columns})


def claim_row(**columns: object) -> bytes:
    """A claim of the marked client."""
    good = {"claim_id": "K-BAD", "practice_id": PRACTICE, "client_id": "C-9", "claim_status": "Q", "patient_name": NAME}
    return row("claims", {**good, **columns})


def note_row(body: str) -> bytes:
    """A note about the marked client."""
    good = {"note_id": "N-BAD", "practice_id": PRACTICE, "appointment_id": "S-BAD", "note_kind": "PROG"}
    return row("notes", {**good, "body": body})


def change(entity: str = "client", id_: str = "C-9", **data: Any) -> Change:
    """A change with whatever is in it, checked by nobody."""
    made = data.pop("of", Client.model_construct(name=NAME, dob=BORN, patient=True, **data))
    return Change.model_construct(
        at=datetime.now(UTC), entity=entity, op="create", id=id_, rev=1, part=None, snapshot=False, data=made
    )


def change_set(*changes: Change, practice_id: str = PRACTICE) -> bytes:
    """A change set as normalise would send it."""
    return codec(CARE_CHANGES.name).encode(
        ChangeSet.model_construct(practice_id=practice_id, now=datetime.now(UTC), changes=changes)
    )


def _bad_claim(**columns: Any) -> Change:
    claim = Claim.model_construct(client="C-9", status="queued", patient_name=NAME, **columns)
    return change("claim", "K-BAD", of=claim)


BAD: Mapping[str, tuple[str, Callable[[], bytes], Reason]] = {
    "raw: bytes nobody can read": (f"{RAW}clients", lambda: b"\xff\xfe" + NAME.encode(), Reason.UNDECODABLE),
    "raw: cut off": (f"{RAW}clients", lambda: client_row()[:-9], Reason.UNDECODABLE),
    "raw: not an envelope": (f"{RAW}clients", lambda: json.dumps([NAME, WORDS]).encode(), Reason.UNDECODABLE),
    "raw: a table nobody knows": (f"{RAW}clients", lambda: row("tattoos", {"text": NAME}), Reason.UNKNOWN_ENTITY),
    "raw: a word nobody knows": (f"{RAW}claims", lambda: claim_row(claim_status=NAME), Reason.UNKNOWN_WORD),
    "raw: an amount that is none": (f"{RAW}claims", lambda: claim_row(total_amount=NAME), Reason.IMPOSSIBLE_VALUE),
    "raw: a time that never was": (f"{RAW}claims", lambda: claim_row(queued_at=10**18), Reason.IMPOSSIBLE_VALUE),
    "raw: a birth date of another type": (
        f"{RAW}clients",
        lambda: client_row(birth_date=BORN.isoformat()),
        Reason.IMPOSSIBLE_VALUE,
    ),
    "raw: an id with a line break": (
        f"{RAW}clients",
        lambda: client_row(client_id=f"C\n{NAME}"),
        Reason.IMPOSSIBLE_VALUE,
    ),
    "raw: nobody's": (f"{RAW}clients", lambda: client_row(practice_id=None), Reason.NO_PRACTICE),
    "raw: of a practice nobody knows": (
        f"{RAW}clients",
        lambda: client_row(practice_id="P-NOBODY"),
        Reason.PRACTICE_UNKNOWN,
    ),
    "raw: a value the source left out": (
        f"{RAW}notes",
        lambda: note_row("__debezium_unavailable_value"),
        Reason.UNAVAILABLE_VALUE,
    ),
    "raw: a note of 5 MB": (f"{RAW}notes", lambda: note_row(f"{NAME} {WORDS} " * 90_000), Reason.TOO_LARGE),
    "care: bytes nobody can read": (CARE_CHANGES.name, lambda: NAME.encode(), Reason.UNDECODABLE),
    "care: a schema nobody knows": (
        CARE_CHANGES.name,
        lambda: b"\x00\x00\x00\x27\x0f" + NAME.encode(),
        Reason.UNDECODABLE,
    ),
    "care: cut off": (CARE_CHANGES.name, lambda: change_set(change())[:-5], Reason.UNDECODABLE),
    "care: an entity nobody knows": (
        CARE_CHANGES.name,
        lambda: change_set(change("tattoo")),
        Reason.UNKNOWN_ENTITY,
    ),
    "care: an amount that is none": (
        CARE_CHANGES.name,
        lambda: change_set(_bad_claim(total=NAME)),
        Reason.IMPOSSIBLE_VALUE,
    ),
    "care: a birth date that never was": (
        CARE_CHANGES.name,
        lambda: change_set(change(of=Client.model_construct(name=NAME, dob=date(1492, 10, 12), patient=True))),
        Reason.IMPOSSIBLE_VALUE,
    ),
    "care: a note beyond the bounds": (
        CARE_CHANGES.name,
        lambda: change_set(
            change("note", "N-9", of=Note.model_construct(session="S-9", kind="progress", text=f"{NAME} " * 60_000))
        ),
        Reason.TOO_LARGE,
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_set_aside_under_its_name_and_the_next_good_one_is_processed(desk: Desk, what: str) -> None:
    topic, made, reason = BAD[what]
    letter = desk.deliver(topic, made(), PRACTICE.encode() if topic == CARE_CHANGES.name else None)
    took_s = desk.make_a_mistake()
    print(f"{what}: the next one after {took_s:.1f} s")
    died_of, where = desk.died_of(letter)
    assert died_of == reason.value, where
    assert not any(mark in where for mark in MARKS)


def test_a_change_set_with_one_bad_change_loses_only_that_one(desk: Desk) -> None:
    good = example("B06-1-both-partners").changes
    mixed = [_of("P-MIXED", one) for one in good]
    letter = desk.deliver(
        CARE_CHANGES.name, change_set(*mixed[:7], _bad_claim(total=NAME), *mixed[7:], practice_id="P-MIXED"), b"P-MIXED"
    )
    desk.wait_until_found(lambda one: one.rule == "B06", "P-MIXED")
    assert desk.died_of(letter)[0] == Reason.IMPOSSIBLE_VALUE.value


def _of(practice_id: str, one: Change) -> Change:
    return one.model_copy(update={"id": practice_id}) if one.entity == "practice" else one


def test_changes_of_a_practice_nobody_knows_yet_are_kept_and_decided_about_once_it_arrives(desk: Desk) -> None:
    practice, *others = [_of("P-AFTER", one) for one in example("B06-1-both-partners").changes]
    assert practice.entity == "practice"
    port = desk.whole.settings.keep_files_metrics_port
    unknown = {"step": "keep_files", "reason": Reason.PRACTICE_UNKNOWN.value}
    before = desk.metric(port, "conjoint_outcomes_total", **unknown)
    desk.deliver(CARE_CHANGES.name, change_set(*others, practice_id="P-AFTER"), b"P-AFTER")
    wait_until(
        "it is counted", lambda: desk.metric(port, "conjoint_outcomes_total", **unknown) == before + 1, WITHIN_S, 0.2
    )
    desk.deliver(CARE_CHANGES.name, change_set(practice, practice_id="P-AFTER"), b"P-AFTER")
    desk.wait_until_found(lambda one: one.rule == "B06", "P-AFTER")


def test_a_webhook_delivery_with_one_bad_change_loses_only_that_one(desk: Desk) -> None:
    good = [_plain(one, "P-HOOK") for one in example("B06-1-both-partners").changes]
    bad = {**good[2], "id": "C-9", "entity": "tattoo", "data": {"name": NAME, "text": WORDS}}
    body = json.dumps({"changes": [*good[:7], bad, *good[7:]]}).encode()
    before = truth.ends(desk.ends.bootstrap, "raw.webhook")
    assert _post(desk, "P-HOOK", body) == 202
    desk.wait_until_found(lambda one: one.rule == "B06", "P-HOOK")
    (place,) = truth.ends(desk.ends.bootstrap, "raw.webhook").items() - before.items()
    (topic, partition), end = place
    assert desk.died_of(letter_id(topic, partition, end - 1))[0] == Reason.UNKNOWN_ENTITY.value


def _post(desk: Desk, practice_id: str, body: bytes) -> int:
    """Deliver a signed webhook; the status of the answer."""
    now = int(time.time())
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{desk.ends.webhook_url}/v1/changes/{practice_id}",
        data=body,
        headers={
            HEADER_TIMESTAMP: str(now),
            HEADER_SIGNATURE: sign(desk.ends.secrets.webhook_secret.get_secret_value(), now, body),
            "content-type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
        return int(answer.status)


def _plain(one: Change, practice_id: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(one.model_dump_json(by_alias=True, exclude={"data"}))
    data = None if one.data is None else json.loads(one.data.model_dump_json(by_alias=True))
    return {**plain, "id": practice_id if one.entity == "practice" else one.id, "data": data}


def test_a_note_of_five_megabytes_in_the_ehr_stops_neither_capture_nor_anything_else(desk: Desk) -> None:
    async def write() -> None:
        connection = await open_connection(desk.ends.postgres_dsn)
        try:
            mine = {"practice_id": PRACTICE, "appointment_id": "S-1", "note_kind": "PROG"}
            await _insert(connection, "notes", **mine, note_id="N-LONG", body=f"{NAME} {WORDS}. " * 80_000)
        finally:
            await connection.close()

    before = truth.ends(desk.ends.bootstrap, f"{RAW}notes")
    asyncio.run(write())
    print(f"a note of 5 MB in the EHR: the next one after {desk.make_a_mistake():.1f} s")
    start = before[f"{RAW}notes", 0]
    of_notes = [one for one in truth.messages(desk.ends.bootstrap, f"{RAW}notes") if (one.offset() or 0) >= start]
    (long,) = [one for one in of_notes if len(one.value() or b"") > 1_000_000]
    letter = letter_id(f"{RAW}notes", 0, long.offset() or 0)
    assert desk.died_of(letter) == (Reason.TOO_LARGE.value, "text: string_too_long")
    shown = desk.whole.run("dlq", "show", letter)
    assert json.loads(shown.stdout)["reason"] == Reason.TOO_LARGE.value


def test_a_clock_that_is_days_off_is_counted_and_its_changes_are_taken_as_they_are(desk: Desk) -> None:
    port = desk.whole.settings.normalise_metrics_port
    before = desk.metric(port, "conjoint_clock_skew_total", step="normalise")
    ahead = datetime.now(UTC) + timedelta(days=5)
    behind = datetime.now(UTC) - timedelta(days=400)
    micros = [int(moment.timestamp() * 1_000_000) for moment in (ahead, behind)]
    for number, updated in enumerate(micros):
        desk.deliver(f"{RAW}clients", client_row(client_id=f"C-SKEW-{number}", updated_at=updated))
    desk.make_a_mistake()
    counted = desk.metric(port, "conjoint_clock_skew_total", step="normalise")
    assert counted == before + 1
    known = [
        one.id
        for message in truth.messages(desk.ends.bootstrap, CARE_CHANGES.name)
        for one in _changes_of(message)
        if one.id.startswith("C-SKEW")
    ]
    assert sorted(known) == ["C-SKEW-0", "C-SKEW-1"]


def _changes_of(message: Message) -> tuple[Change, ...]:
    try:
        return read_change_set(message.value())[0].changes
    except Poison:
        return ()


def test_what_died_before_its_practice_was_known_is_put_back_once_it_is(desk: Desk) -> None:
    """The fix is made where the cause was, and then the letters are replayed by the operator."""
    late = "P-LATE"

    async def too_early() -> None:
        connection = await open_connection(desk.ends.postgres_dsn)
        try:
            await _add_client(connection, late, "C-1")
        finally:
            await connection.close()
        await desk.bill_a_no_show(late, 9_000)

    def letters() -> list[str]:
        found = list_dead_letters(desk.ends.bootstrap)
        return [one.letter_id for one in found if one.reason == "practice_unknown" and one.died_at > began]

    began = datetime.now(UTC)
    asyncio.run(too_early())
    wait_until("client, session, attendance, claim and note died", lambda: len(letters()) == 5, WITHIN_S, 1)
    dead = letters()

    async def found_it() -> None:
        connection = await open_connection(desk.ends.postgres_dsn)
        try:
            practice = {"legal_name": "Late", "time_zone": "UTC", "state": "IL", "npi": "1", "npi_entity_type": 2}
            await _insert(connection, "practices", practice_id=late, **practice)
        finally:
            await connection.close()

    asyncio.run(found_it())
    wait_until(
        "the practice is known",
        lambda: any(m.key() == late.encode() for m in truth.messages(desk.ends.bootstrap, CARE_CHANGES.name)),
        WITHIN_S,
        1,
    )
    assert desk.whole.run("dlq", "replay", *dead).stdout.strip() == "5 put back"
    desk.wait_for("B01", "K-9000", late)
    again = desk.whole.run("dlq", "replay", *dead).stdout
    assert "5 left alone" in again


# --- what may never be said -------------------------------------------------------------------------------------------


def test_nobodys_name_birth_date_or_words_are_in_anything_the_platform_says(desk: Desk) -> None:
    """Runs last: everything above has planted them by then."""
    ends, whole = desk.ends, desk.whole
    wait_until(
        "the letters have reached ClickHouse",
        lambda: truth.behind(ends.bootstrap, "conjoint-sink", truth.ends(ends.bootstrap, DEAD_LETTERS.name)) == 0,
        WITHIN_S,
    )
    assert any(FIRST.encode() in (m.value() or b"") for m in truth.messages(ends.bootstrap, f"{RAW}clients"))
    said: dict[str, bytes] = {}
    for path in sorted(whole.home.joinpath("log").rglob("*")):
        if path.is_file():
            said[f"log {path.name}"] = path.read_bytes()
    for name, port in whole.settings.ports().items():
        if name.endswith("metrics_port") and name not in ("practice_metrics_port", "assemble_metrics_port"):
            said[f"metrics {name}"] = _metrics(port).encode()
    for name in ("console_port", "webhook_port"):
        said[f"metrics {name}"] = _metrics(getattr(whole.settings, name)).encode()
    letters = list(truth.messages(ends.bootstrap, DEAD_LETTERS.name))
    assert len(letters) >= len(BAD)
    said["headers of dead letters"] = b"\n".join(repr(letter.headers()).encode() for letter in letters)
    for topic in (FINDINGS, DRAFT_REQUESTS, FACTS, EVIDENCE):
        spoken = list(truth.messages(ends.bootstrap, topic.name))
        said[topic.name] = b"\n".join(
            (one.value() or b"") + repr((one.key(), one.headers())).encode() for one in spoken
        )
    said["keys and headers"] = b"\n".join(
        repr((one.key(), one.headers())).encode()
        for topic in TOPICS
        if topic is not DEAD_LETTERS  # their keys are those of the originals
        for one in truth.messages(ends.bootstrap, topic.name)
    )
    said["ClickHouse"] = _everything_stored(ends)
    for words in (("status", "--json"), ("findings", "--json", "--state", "all"), ("drafts", "--json")):
        said[" ".join(words)] = whole.run(*words).stdout.encode()
    said["dlq list"] = whole.run("dlq", "list", "--json", "--limit", "1000").stdout.encode()
    said["doctor"] = whole.run("doctor", exit_code=None).stdout.encode()

    assert b"B01" in said["findings --json --state all"]
    assert b"fact_dead_letter" in said["ClickHouse"]
    assert all(len(said[f"metrics {step}_metrics_port"]) > 500 for step in ("normalise", "keep_files", "sink"))
    wrong = [(where, mark) for where, text in said.items() for mark in MARKS if mark.lower().encode() in text.lower()]
    assert wrong == []


def _everything_stored(ends: Endpoints) -> bytes:
    client = clickhouse_connect.get_client(
        dsn=ends.clickhouse_url,
        username="writer",
        password=ends.secrets.clickhouse_writer_password.get_secret_value(),
        database="conjoint",
        autogenerate_session_id=False,
    )
    try:
        tables = [str(name) for (name,) in client.query("SHOW TABLES").result_rows]
        assert len(tables) >= 8
        dumped = []
        for table in tables:
            assert re.fullmatch(r"\w+", table)
            dumped += [table.encode(), client.raw_query(f"SELECT * FROM {table}", fmt="TSVWithNames")]
        return b"\n".join(dumped)
    finally:
        client.close()

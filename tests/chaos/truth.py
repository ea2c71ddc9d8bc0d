"""What should be known in the end, what was said last, and what is stored? Three independent answers to one question.

`should_be` computes it from what the outside delivered with one pure Keeper; `said` reads Kafka; `stored` ClickHouse.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import clickhouse_connect
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from connectors.ehr.adapters import ReferenceEhr
from connectors.ehr.row import Mapped
from infra.endpoints import Endpoints
from schemas.change import Change, ChangeSet
from schemas.codec import change_of, codec, read_change_set
from schemas.draft_request import DraftRequest
from schemas.evidence import EVIDENCE, EVIDENCE_KEYS
from schemas.facts import FACT_KEYS, FACTS
from schemas.finding import Finding
from schemas.reasons import DEADLY, Poison, Reason
from schemas.record import Schema
from schemas.topics import CARE_CHANGES, DRAFT_REQUESTS, FINDINGS
from schemas.topics import EVIDENCE as EVIDENCE_TOPIC
from schemas.topics import FACTS as FACTS_TOPIC
from streams.book import Book, Shelves
from streams.keeper import Effects, Keeper

SENDING = frozenset({"version", "changed_at", "recorded_at", "deleted"})
"""Fields that tell how or when something was said, not what."""

Word = dict[str, Any]
Key = tuple[str, ...]


@dataclass
class State:
    """The last word on every finding, outstanding request and fact: key → what it says."""

    findings: dict[Key, Word] = field(default_factory=dict)
    requests: dict[Key, Word] = field(default_factory=dict)
    facts: dict[Key, Word] = field(default_factory=dict)
    versions: dict[Key, int] = field(default_factory=dict)
    """What each word was said as; for the eye only, a reference has versions of its own."""

    def differences(self, other: "State") -> list[str]:
        """What is in one and not, or otherwise, in the other: rules, ids and field names only."""
        found = []
        for name in ("findings", "requests", "facts"):
            here: dict[Key, Word] = getattr(self, name)
            there: dict[Key, Word] = getattr(other, name)
            for key in sorted(here.keys() | there.keys()):
                if key not in there:
                    found.append(f"{name}: only here: {_named(key, here[key])}")
                elif key not in here:
                    found.append(f"{name}: only there: {_named(key, there[key])}")
                elif here[key] != there[key]:
                    fields = sorted(one for one in here[key] if here[key][one] != there[key].get(one))
                    versions = f"version {self.versions[key]} here, {other.versions[key]} there"
                    found.append(f"{name}: {_named(key, here[key])} differs in {', '.join(fields)}; {versions}")
        return found


def _named(key: Key, word: Word) -> str:
    return f"{word['rule']} {word['subject']}" if "rule" in word else " ".join(key)


class Sayings:
    """Keeps the last word of everything said: per id the highest version."""

    def __init__(self) -> None:
        self._last: dict[Key, Schema] = {}
        self.contradictions: list[str] = []
        """Two words of one version that say different things: which of them a reader keeps is chance."""

    def take(self, kind: str, record: Schema) -> None:
        """One more word about something; a lower version than the last changes nothing."""
        of_pipeline = {"fact_finding": ("finding_id",), "fact_draft_request": ("request_id",)}
        names = (of_pipeline | FACT_KEYS | EVIDENCE_KEYS)[kind]
        key = (kind, *(str(getattr(record, name)) for name in names))
        known = self._last.get(key)
        if known is not None and _version(known) == _version(record):
            before, after = (one.model_dump(exclude={"changed_at", "recorded_at"}) for one in (known, record))
            fields = sorted(name for name in after if before[name] != after[name])
            if fields:
                self.contradictions.append(f"{' '.join(key)} version {_version(record)}: {', '.join(fields)}")
        if known is None or _version(known) <= _version(record):
            self._last[key] = record

    def take_effects(self, effects: Effects) -> None:
        """Everything one change set led to."""
        for finding in effects.findings:
            self.take("fact_finding", finding)
        for request in effects.requests:
            self.take("fact_draft_request", request)
        for fact in effects.facts:
            self.take(fact.table, fact.row)

    def state(self) -> State:
        """What is open, outstanding or there now."""
        state = State()
        for key, record in self._last.items():
            word = {name: _to_ms(value) for name, value in record.model_dump(exclude=set(SENDING)).items()}
            state.versions[key] = _version(record)
            if isinstance(record, Finding):
                if record.state == "open":
                    state.findings[key] = word
            elif isinstance(record, DraftRequest):
                if record.state == "requested":
                    state.requests[key] = word
            elif not getattr(record, "deleted", False):
                state.facts[key] = word
        return state

    def last(self, kind: str) -> Iterator[Any]:
        """The last word on each of a kind, resolved and withdrawn ones too."""
        return (record for key, record in self._last.items() if key[0] == kind)


def _to_ms(value: Any) -> Any:
    """ClickHouse keeps milliseconds."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000) if isinstance(value, datetime) else value


def _version(record: Schema) -> int:
    return int(getattr(record, "version"))  # noqa: B009 - every output has one, no common type says so


# --- Kafka ------------------------------------------------------------------------------------------------------------


def messages(bootstrap: str, *topics: str, group: str = "truth") -> Iterator[Message]:
    """Every message that is on the topics now, from the beginning; `raw.` stands for every raw topic."""
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 20,
        }
    )
    try:
        known = reader.list_topics(timeout=20).topics
        wanted = [name for name in known if any(name == t or (t == "raw." and name.startswith(t)) for t in topics)]
        places = [TopicPartition(name, number, 0) for name in wanted for number in known[name].partitions]
        reader.assign(places)
        open_ = len(places)
        deadline = time.monotonic() + 120
        while open_ and time.monotonic() < deadline:
            message = reader.poll(5.0)
            if message is None:
                continue
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                open_ -= 1
            else:
                raise AssertionError(f"{message.topic()}: {error.name()}")
        assert not open_, f"{open_} partitions were not read to their end"
    finally:
        reader.close()


def ends(bootstrap: str, *topics: str) -> dict[tuple[str, int], int]:
    """For each partition that holds any, the offset after its last message (markers of transactions left out)."""
    found: dict[tuple[str, int], int] = {}
    for message in messages(bootstrap, *topics, group="truth-ends"):
        found[message.topic() or "", message.partition() or 0] = (message.offset() or 0) + 1
    return found


def behind(bootstrap: str, group: str, until: dict[tuple[str, int], int]) -> int:
    """How many messages before `until` a consumer group has not committed yet."""
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
    try:
        asked = [TopicPartition(topic, number) for topic, number in until]
        committed = {(one.topic, one.partition): max(0, one.offset) for one in reader.committed(asked, timeout=20)}
    finally:
        reader.close()
    return sum(max(0, end - committed[place]) for place, end in until.items())


def said(bootstrap: str) -> Sayings:
    """The last word per id on our topics."""
    sayings = Sayings()
    for message in messages(bootstrap, FINDINGS.name, DRAFT_REQUESTS.name, FACTS_TOPIC.name, EVIDENCE_TOPIC.name):
        topic = message.topic() or ""
        if topic in (FACTS_TOPIC.name, EVIDENCE_TOPIC.name):
            raw = codec(topic).decode_plain(message.value())
            # by the table it names: several facts have the same fields
            sayings.take(raw["table"], (FACTS | EVIDENCE)[raw["table"]].model_validate(raw["row"]))
        else:
            table = "fact_finding" if topic == FINDINGS.name else "fact_draft_request"
            sayings.take(table, codec(topic).decode(message.value()))
    return sayings


@dataclass
class Clock:
    """What care.changes says about time."""

    now: datetime
    """Of the last tick."""
    connected: dict[str, datetime]
    """Practice → `now` of the first set that told of it."""
    backwards: list[tuple[int, int]]
    """Places (partition, offset) at which `now` was earlier than before."""


def clock(bootstrap: str) -> Clock:
    """Reads care.changes from its beginning."""
    now: dict[int, datetime] = {}
    ticked: list[datetime] = []
    connected: dict[str, datetime] = {}
    backwards: list[tuple[int, int]] = []
    for message in messages(bootstrap, CARE_CHANGES.name):
        try:
            change_set, _ = read_change_set(message.value())
        except Poison:
            continue
        partition = message.partition() or 0
        if change_set.now < now.get(partition, change_set.now):
            backwards.append((partition, message.offset() or 0))
        now[partition] = max(now.get(partition, change_set.now), change_set.now)
        if change_set.is_tick:
            ticked.append(change_set.now)
        elif any(change.entity == "practice" for change in change_set.changes):
            known = connected.get(change_set.practice_id, change_set.now)
            connected[change_set.practice_id] = min(known, change_set.now)
    return Clock(max(ticked), connected, backwards)


# --- what it should be ------------------------------------------------------------------------------------------------


def delivered(bootstrap: str) -> dict[str, list[Change]]:
    """Practice → every change in what the outside delivered, as the real adapter reads it."""
    adapter = ReferenceEhr()
    rows = []
    zones: dict[str, ZoneInfo] = {}
    for message in messages(bootstrap, "raw."):
        key = message.key()
        try:
            row = adapter.row(key if isinstance(key, bytes) else None, message.value())
        except Poison:
            continue
        if isinstance(row, Reason):
            continue
        if (told := adapter.zone(row)) is not None:
            zones[told[0]] = told[1]
        rows.append(row)
    changes: dict[str, list[Change]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.rev):
        outcome = adapter.changes(row, zones.get)
        if isinstance(outcome, Mapped):
            changes[outcome.practice_id] += [change_of(raw) for raw in outcome.changes]
        else:
            assert outcome.reason not in DEADLY, (outcome.reason, outcome.where)
    return changes


@dataclass
class Reference:
    """What undisturbed processing ends in, and the next moment at which time alone changes that."""

    sayings: Sayings
    next_due: datetime | None


def should_be(
    changes: dict[str, list[Change]], connected: dict[str, datetime], now: datetime, apart: int = 1
) -> Reference:
    """Every change into one pure Keeper, then time to `now`. `apart`: how many sets each practice's changes make."""
    book = Book(Shelves.in_memory())
    keeper = Keeper(book)
    sayings = Sayings()
    version = 0

    def apply(practice_id: str, at: datetime, some: Sequence[Change] = ()) -> None:
        nonlocal version
        version += 1
        effects = keeper.apply(ChangeSet(practice_id=practice_id, now=at, changes=tuple(some)), version)
        assert not effects.poisons, [str(poison) for poison in effects.poisons]
        assert not effects.failed_rules, dict(effects.failed_rules)
        sayings.take_effects(effects)

    for practice_id in sorted(changes, key=lambda one: (connected[one], one)):
        every = changes[practice_id]
        size = -(-len(every) // apart)
        for start in range(0, len(every), size):
            apply(practice_id, min(connected[practice_id], now), every[start : start + size])
    quiet = 0
    while quiet < 3:  # a snapshot is decided about a tick and a half after its last row
        apply("", now)
        due = book.next_due()
        quiet = quiet + 1 if due is None or due > now else 0
    return Reference(sayings, book.next_due())


# --- ClickHouse -------------------------------------------------------------------------------------------------------


def stored(endpoints: Endpoints) -> Sayings:
    """Every row of the fact tables as FINAL shows it."""
    client = clickhouse_connect.get_client(
        dsn=endpoints.clickhouse_url,
        username="writer",
        password=endpoints.secrets.clickhouse_writer_password.get_secret_value(),
        database="conjoint",
        autogenerate_session_id=False,
    )
    sayings = Sayings()
    models: dict[str, type[Schema]] = {"fact_finding": Finding, "fact_draft_request": DraftRequest, **FACTS, **EVIDENCE}
    settings = {"date_time_output_format": "iso", "output_format_json_quote_64bit_integers": 0}
    try:
        for table, model in models.items():
            lines = client.raw_query(f"SELECT * FROM {table} FINAL", fmt="JSONEachRow", settings=settings)
            for line in lines.splitlines():
                sayings.take(table, model.model_validate_json(line))
    finally:
        client.close()
    return sayings


# --- waiting ----------------------------------------------------------------------------------------------------------


def settle(what: str, differences: Callable[[], list[str]], within_s: float, every_s: float = 3.0) -> float:
    """Look again until there are no differences, and say how long that took; fails showing the last ones."""
    started = time.monotonic()
    while (left := differences()) and time.monotonic() - started < within_s:
        time.sleep(every_s)
    shown = "\n".join(left[:30])
    assert not left, f"{what}: {len(left)} differences after {within_s:.0f} s\n{shown}"
    return time.monotonic() - started


def subjects(findings: Iterable[Word]) -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """(practice, rule, subject) of findings."""
    return {(one["practice_id"], one["rule"], tuple(sorted(one["subject"].items()))) for one in findings}

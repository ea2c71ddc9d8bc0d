"""The third law: what says who somebody is, or what was said, leaves the stream by no way out.

Every identifier and every clinical text of a busy practice is marked; then every way out is searched for the mark.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin

import prometheus_client
import pytest

from schemas.change import Change, ChangeSet
from schemas.codec import change_of, codec
from schemas.facts import Fact
from schemas.phi import Phi, phi_of
from schemas.reasons import Poison
from schemas.record import Schema
from schemas.topics import CARE_CHANGES, DRAFT_CONTEXTS, DRAFT_REQUESTS, EVIDENCE, FACTS, FINDINGS
from streams.agents import KeepFiles
from streams.book import Book, Shelves
from streams.cases import SessionCase
from streams.files import seal
from streams.keeper import Keeper
from streams.rule import Rule
from tests.schemas.examples import examples
from tests.streams.playing import PRACTICE, Partition, changes_of
from tests.streams.worlds import NOW, WORLDS

MARK = "Quisenberry"
MARKED_DAY = date(1947, 3, 9)
MARKS = (MARK, MARK.lower(), str(MARKED_DAY), f"{MARKED_DAY:%B}", f"{MARKED_DAY:%m/%d/%Y}", f"{MARKED_DAY:%d.%m.%Y}")


def marked(record: Schema) -> Schema:
    """The record with every identifier and every clinical text marked; codes, ids and times as they were."""
    update: dict[str, Any] = {}
    for name, info in type(record).model_fields.items():
        value = getattr(record, name)
        phi = phi_of(type(record), name)
        if isinstance(value, Schema):
            update[name] = marked(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Schema):
            update[name] = tuple(marked(item) for item in value)
        elif phi in (Phi.IDENTIFIER, Phi.CLINICAL):
            update[name] = _marked_value(info.annotation, value)
    return record.model_copy(update=update)


def _marked_value(annotation: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        return (f"{MARK} one", f"{MARK} two")
    if isinstance(value, dict):
        return dict.fromkeys(value, f"{MARK} said so")
    if isinstance(value, date) or (value is None and date in _members(annotation)):
        return MARKED_DAY
    return f"Ottilie {MARK} {value}"


def _members(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def marked_changes() -> list[Change]:
    """The worlds and the example messages, marked; sound as ever."""
    changes = [change for make in WORLDS.values() for change in changes_of(make())]
    for example in examples(CARE_CHANGES.name):
        assert isinstance(example.record, ChangeSet)
        changes += example.record.changes
    made = []
    for change in changes:
        data = None if change.data is None else marked(change.data)
        copy = change.model_copy(update={"data": data, "snapshot": False})
        raw = copy.model_dump(mode="json", exclude={"data"})
        raw["data"] = {} if data is None else data.model_dump(mode="json", by_alias=True)
        made.append(change_of(raw))
    return made


def assert_unmarked(*shown: object) -> None:
    """None of the marks is in any of these, as text or as bytes."""
    for item in shown:
        text = item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
        assert not [mark for mark in MARKS if mark in text]


def test_the_marks_are_there_to_be_found() -> None:
    changes = marked_changes()
    texts = [change.data.model_dump_json() for change in changes if change.data is not None]
    assert sum(MARK in text for text in texts) > 50
    assert any(str(MARKED_DAY) in text for text in texts)
    partition = Partition()
    partition.apply(NOW, changes)
    assert any(MARK.encode() in seal(file) for file in partition.files())
    with pytest.raises(AssertionError):
        assert_unmarked(f"a note about Ottilie {MARK}")


def test_nothing_the_keeper_emits_or_shows_says_who_or_what() -> None:
    changes = marked_changes()
    partition = Partition()
    for position in range(0, len(changes), 5):
        effects = partition.apply(NOW, changes[position : position + 5])
        assert_unmarked(repr(effects), str(effects))
        for finding in effects.findings:
            assert_unmarked(finding.model_dump_json(), codec(FINDINGS.name).encode(finding))
        for fact in effects.facts:
            topic = FACTS if isinstance(fact, Fact) else EVIDENCE
            assert_unmarked(fact.model_dump_json(), codec(topic.name).encode(fact))
        for request in effects.requests:
            assert_unmarked(request.model_dump_json(), codec(DRAFT_REQUESTS.name).encode(request))
    partition.run_to(NOW)
    assert any(file.findings for file in partition.files())
    for file in partition.files():
        assert_unmarked(repr(file), str(file), *map(repr, file.all("note")), *map(repr, file.all("client")))
        for record in (*file.findings.values(), *file.requests.values()):
            assert_unmarked(record.model_dump_json())
    assert_unmarked(repr(partition.book), repr(partition.keeper), repr(partition.sink.rows))
    assert_unmarked(*(repr(change) for change in changes), *(str(change.data) for change in changes))


class Outgoing:
    """Collects what the worker would send."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def send(self, topic: str, key: str, value: bytes, headers: Any = None, partition: int | None = None) -> None:
        """What drafts are made of stays inside, like care.changes: one worker of ours reads it."""
        if topic != DRAFT_CONTEXTS.name:
            self.sent.append((topic, key, value, headers))
        else:
            assert_unmarked(key)


class Tables(dict[str, Any]):
    """A table in memory."""

    def keys_of(self, partition: int) -> list[str]:
        return list(self)


def test_nothing_leaves_the_worker_in_a_message_a_log_line_a_metric_or_a_dead_letters_head(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    outgoing, heads = Outgoing(), []
    shelves = Shelves.in_memory()
    tables: Any = {kind: Tables(shelf) for kind, shelf in shelves.files.items()}
    shelves.files = tables

    def set_aside(value: bytes, key: bytes | None, reason: Any, where: str, *place: Any) -> None:
        heads.append(f"{reason} {where} {place}")

    worker = KeepFiles(shelves, tables, outgoing, set_aside)  # type: ignore[arg-type]
    changes = marked_changes()
    sound = [ChangeSet(practice_id=PRACTICE, now=NOW, changes=(change,)) for change in changes]
    values = [codec(CARE_CHANGES.name).encode(change_set) for change_set in sound]
    # messages broken in a hundred places, and one whose every word is a mark
    values += [value[: len(value) // 2] for value in values[::9]]
    values += [value.replace(MARK.encode(), b"\xff" * len(MARK)) for value in values[::9]]
    values += [MARK.encode() * 10, b"\0\0\0\0\1" + MARK.encode() * 10]
    for offset, value in enumerate(values):
        worker.take(value, PRACTICE.encode(), 0, offset, {})
    assert len(heads) > 10
    assert {topic for topic, *_ in outgoing.sent} == {FINDINGS.name, FACTS.name, EVIDENCE.name, DRAFT_REQUESTS.name}
    assert_unmarked(*heads)
    for topic, key, value, headers in outgoing.sent:
        assert_unmarked(topic, key, value, headers)
    assert_unmarked(*(record.getMessage() for record in caplog.records), caplog.text)
    assert_unmarked(*capfd.readouterr())
    assert_unmarked(prometheus_client.generate_latest())


@pytest.mark.parametrize("wrong", [5, [MARK], {"name": MARK}, MARK, f"{MARK}\x1f", None])
def test_no_poison_quotes_what_it_died_of(wrong: Any) -> None:
    """Every field of every kind of record, filled with something it cannot hold."""
    found = 0
    for change in marked_changes()[::5]:
        if change.data is None:
            continue
        raw = change.model_dump(mode="json", exclude={"data"})
        for name in type(change.data).model_fields:
            alias = name.rstrip("_")
            raw["data"] = {**change.data.model_dump(mode="json", by_alias=True), alias: wrong}
            try:
                change_of(raw)
            except Poison as poison:
                found += 1
                assert_unmarked(str(poison), repr(poison), poison.where, *poison.args)
    assert found > 20


def test_a_rule_that_raises_with_what_it_read_tells_nobody() -> None:
    def careless(case: SessionCase, now: datetime) -> Iterator[Any]:
        for note in case.notes:
            raise ValueError(note.data.text)
        yield from ()

    rule: Rule[Any] = Rule("T1", "1", SessionCase, "warn", "title", "source", careless)
    keeper = Keeper(Book(Shelves.in_memory()), (rule,))
    changes = tuple(marked_changes())
    effects = keeper.apply(ChangeSet(practice_id=PRACTICE, now=datetime.now(UTC), changes=changes), 1)
    assert effects.failed_rules["T1"]
    assert_unmarked(repr(effects))

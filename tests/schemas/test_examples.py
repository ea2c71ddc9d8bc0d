"""The examples cover the vocabulary: every topic, every entity, every list, every field, every table."""

from collections.abc import Iterator

import pytest

from schemas.care import ENTITIES, PARTS
from schemas.change import Change, ChangeSet
from schemas.facts import FACTS, Fact
from schemas.finding import SUBJECT_KEYS, Finding
from schemas.record import Schema
from schemas.topics import TOPICS, WEBHOOK
from tests.schemas.examples import FOLDER, Example, every_example, examples


def all_changes() -> Iterator[Change]:
    for example in examples("care.changes"):
        assert isinstance(example.record, ChangeSet)
        yield from example.record.changes


def test_every_topic_of_ours_has_examples() -> None:
    topics = {topic.name for topic in TOPICS} - {WEBHOOK.name}
    assert {path.name for path in FOLDER.iterdir()} == topics
    assert {example.topic for example in examples()} == topics


@pytest.mark.parametrize("example", every_example())
def test_every_example_is_sound(example: Example) -> None:
    assert isinstance(example.record, Schema)
    assert example.value


@pytest.mark.parametrize("entity", list(ENTITIES))
def test_every_field_of_every_entity_is_filled_in_somewhere(entity: str) -> None:
    records = [change.data for change in all_changes() if change.entity == entity and change.part is None]
    filled = {name for record in records if record is not None for name in filled_fields(record)}
    assert filled == set(ENTITIES[entity].model_fields)


@pytest.mark.parametrize(("entity", "list_"), list(PARTS))
def test_every_list_that_may_come_as_rows_does_so_somewhere(entity: str, list_: str) -> None:
    assert any(c.part is not None and (c.entity, c.part.list) == (entity, list_) for c in all_changes())


@pytest.mark.parametrize("table", list(FACTS))
def test_every_field_of_every_table_is_filled_in_somewhere(table: str) -> None:
    facts = [example.record for example in examples("facts")]
    rows = [fact.row for fact in facts if isinstance(fact, Fact) and fact.table == table]
    assert {name for row in rows for name in filled_fields(row)} == set(FACTS[table].model_fields)
    assert all(type(row) is FACTS[table] for row in rows)


def test_deletes_snapshots_and_a_tick_are_among_them() -> None:
    changes = list(all_changes())
    assert any(change.op == "delete" and change.part is None for change in changes)
    assert any(change.op == "delete" and change.part is not None for change in changes)
    assert any(change.snapshot for change in changes)
    assert any(isinstance(example.record, ChangeSet) and example.record.is_tick for example in examples())


def test_the_subjects_of_findings_speak_the_vocabulary() -> None:
    for example in examples("findings"):
        assert isinstance(example.record, Finding)
        assert set(example.record.subject) <= set(SUBJECT_KEYS)


def filled_fields(record: Schema) -> list[str]:
    return [name for name, value in record.__dict__.items() if value not in (None, (), {})]

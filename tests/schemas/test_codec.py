"""Bytes on our topics: what goes in comes out, in the Confluent wire format, and poison says why and never what."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro import avro_of, committed
from schemas.care import ENTITIES, PARTS, Checkin, Client, Note
from schemas.change import Change, ChangeSet
from schemas.codec import Codec, change_of, codec, read_change_set
from schemas.draft_context import DraftContext
from schemas.draft_fact import DraftFact
from schemas.draft_request import DraftRequest
from schemas.evaluation_fact import EvaluationFact
from schemas.evidence import Evidence
from schemas.facts import FACTS, Fact
from schemas.finding import Finding
from schemas.reasons import DEADLY, Poison, Reason
from schemas.record import MAX_TEXT_LENGTH, Schema
from schemas.registry import registry
from schemas.topics import CARE_CHANGES, DEAD_LETTERS, FINDINGS, MAX_MESSAGE_BYTES, TOPICS
from tests.effort import effort
from tests.schemas.examples import Example, every_example, examples
from tests.schemas.instances import change_strategy, instances

GOLDEN = Path(__file__).parents[1] / "data" / "golden"
OURS = [topic.name for topic in TOPICS if topic.value is not None]
NOW = datetime(2026, 4, 15, 18, tzinfo=UTC)
MARKER = "Zebulon Quisenberry"
quick = effort(8)

KINDS: list[tuple[str, str | None, type[Schema]]] = [(entity, None, model) for entity, model in ENTITIES.items()]
KINDS += [(entity, list_, model) for (entity, list_), model in PARTS.items()]


def set_of(*changes: Change) -> ChangeSet:
    return ChangeSet(practice_id="PR-1", now=NOW, changes=changes)


@pytest.mark.parametrize(("entity", "list_", "model"), KINDS, ids=[f"{e}.{part or ''}" for e, part, _ in KINDS])
def test_every_kind_of_change_survives_the_wire(entity: str, list_: str | None, model: type[Schema]) -> None:
    @quick
    @given(change_strategy(entity, list_, model))
    def law(change: Change) -> None:
        there = read_change_set(codec(CARE_CHANGES.name).encode(set_of(change)))
        assert there == (set_of(change), ())
        assert type(there[0].changes[0].data) is type(change.data)
        assert codec(CARE_CHANGES.name).decode(codec(CARE_CHANGES.name).encode(set_of(change))) == set_of(change)

    law()


@pytest.mark.parametrize(
    "model",
    [Finding, DraftRequest, DraftContext, DraftFact, EvaluationFact, Fact, Evidence],
    ids=lambda model: model.__name__,
)
def test_every_output_survives_the_wire(model: type[Schema]) -> None:
    topic = next(topic.name for topic in TOPICS if topic.value is model)

    @effort(40)
    @given(instances(model))
    def law(record: Schema) -> None:
        there = codec(topic).decode(codec(topic).encode(record))
        assert there == record
        if isinstance(record, Fact) and isinstance(there, Fact):
            assert type(there.row) is FACTS[record.table]

    law()


@pytest.mark.parametrize("entity", list(ENTITIES))
def test_an_entity_reads_the_same_from_the_exchange_format_as_from_the_wire(entity: str) -> None:
    @quick
    @given(change_strategy(entity, None, ENTITIES[entity]))
    def law(change: Change) -> None:
        raw = change.model_dump(mode="json", exclude={"data"})
        raw["data"] = {} if change.data is None else change.data.model_dump(mode="json", by_alias=True)
        assert change_of(json.loads(json.dumps(raw))) == change

    law()


@pytest.mark.parametrize("example", every_example(*OURS))
def test_what_we_write_confluents_own_deserializer_reads(example: Example) -> None:
    deserialize = AvroDeserializer(registry(), conf={"subject.name.strategy": topic_subject_name_strategy})
    context = SerializationContext(example.topic, MessageField.VALUE)
    assert deserialize(example.value, context) == codec(example.topic).decode_plain(example.value)


GOLD = {
    CARE_CHANGES.name: "group-session",
    "findings": "open",
    "draft.requests": "requested",
    "facts": "fact_session",
    "evidence": "fact_disclosure",
    "draft.contexts": "requested",
    "drafts": "drafted",
    "draft.facts": "drafted",
    "evaluation.facts": "over-all",
}


@pytest.mark.parametrize("topic", OURS)
def test_the_bytes_of_one_example_a_topic_never_change(topic: str) -> None:
    """The file is the message of v1 as first shipped; today's codec must go on writing v1 so, and reading it."""
    (example,) = (example for example in examples(topic) if example.name == GOLD[topic])
    golden = bytes.fromhex((GOLDEN / f"{topic}.{example.name}.hex").read_text())
    assert codec(topic).decode(golden) == example.record
    if golden[:5] == example.value[:5]:
        assert example.value == golden


def test_a_topic_that_carries_bytes_as_delivered_has_no_codec() -> None:
    with pytest.raises(TypeError):
        Codec(DEAD_LETTERS)
    with pytest.raises(KeyError):
        codec("somebody.elses")


# --- poison -----------------------------------------------------------------------------------------------------------


def change(**fields: Any) -> dict[str, Any]:
    """A sound change in plain form, made otherwise."""
    sound = {"at": NOW, "entity": "client", "op": "create", "id": "C-1", "rev": 1, "snapshot": False, "data": {}}
    return {**sound, **fields}


def framed(schema: Any, plain: dict[str, Any], schema_id: int) -> bytes:
    body = BytesIO()
    schemaless_writer(body, parse_schema(schema), plain)
    return b"\0" + schema_id.to_bytes(4) + body.getvalue()


def poisons_of(value: bytes) -> tuple[Poison, ...]:
    """What was wrong with a message or with changes in it; any other exception is a defect."""
    try:
        return read_change_set(value)[1]
    except Poison as poison:
        return (poison,)


def said(poison: Poison) -> str:
    return f"{poison} {poison!r} {poison.args} {poison.where} {poison.__cause__} {poison.__context__ and ''}"


SOUND = codec(CARE_CHANGES.name).encode(
    set_of(Change(at=NOW, entity="client", op="create", id="C-1", rev=1, data=Client()))
)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(None, Reason.UNDECODABLE, id="no value"),
        pytest.param(b"", Reason.UNDECODABLE, id="empty"),
        pytest.param(b"\0", Reason.UNDECODABLE, id="a magic byte and nothing else"),
        pytest.param(b"\1" + SOUND[1:], Reason.UNDECODABLE, id="another magic byte"),
        pytest.param(b'{"practice_id": "' + MARKER.encode() + b'"}', Reason.UNDECODABLE, id="JSON"),
        pytest.param(b"\0\0\0\x27\x0f" + SOUND[5:], Reason.UNDECODABLE, id="a schema id nobody shipped"),
        pytest.param(b"\0\xff\xff\xff\xff" + SOUND[5:], Reason.UNDECODABLE, id="the highest schema id"),
        pytest.param(examples("findings")[0].value, Reason.UNDECODABLE, id="a message of another topic"),
        pytest.param(bytes(MAX_MESSAGE_BYTES + 1), Reason.TOO_LARGE, id="more than the broker takes"),
    ],
)
def test_a_message_nobody_can_read_is_poison(value: bytes | None, reason: Reason) -> None:
    for read in (read_change_set, codec(CARE_CHANGES.name).decode):
        with pytest.raises(Poison) as caught:
            read(value)
        assert caught.value.reason is reason
        assert MARKER not in said(caught.value)


@pytest.mark.parametrize("topic", OURS)
def test_every_truncation_of_a_message_is_poison(topic: str) -> None:
    (example,) = (example for example in examples(topic) if example.name == GOLD[topic])
    for length in range(0, len(example.value), 7):
        with pytest.raises(Poison) as caught:
            codec(topic).decode(example.value[:length])
        assert caught.value.reason is Reason.UNDECODABLE


@effort(150)
@given(st.binary(max_size=400), st.integers(0, 5), st.booleans())
def test_random_bytes_are_a_message_or_poison_and_nothing_else(body: bytes, schema_id: int, framed_: bool) -> None:
    value = b"\0" + schema_id.to_bytes(4) + body if framed_ else body
    assert all(poison.reason in DEADLY for poison in poisons_of(value))


@effort(100)
@given(st.data())
def test_a_message_with_some_bytes_changed_is_a_message_or_poison(data: st.DataObject) -> None:
    (example,) = (example for example in examples(CARE_CHANGES.name) if example.name == "plan-and-money")
    value = bytearray(example.value)
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(5, len(value) - 1))] = data.draw(st.integers(0, 255))
    for poison in poisons_of(bytes(value)):
        assert poison.reason in DEADLY
        assert "Ada" not in said(poison)


def claim(**fields: Any) -> dict[str, Any]:
    return change(entity="claim", data={"client": "C", "status": "paid", **fields})


def score(value: float) -> dict[str, Any]:
    return change(entity="assessment", data={"client": "C", "instrument": "PHQ-9", "score": value})


def answers(**fields: Any) -> dict[str, Any]:
    return change(entity="checkin", data={"client": "C", "answers": fields})


def attendance(**fields: Any) -> dict[str, Any]:
    return change(entity="attendance", data={"session": "S", "client": "C", **fields})


IMPOSSIBLE: list[tuple[str, dict[str, Any], Reason]] = [
    ("a naive instant", change(at="2026-04-15T18:00:00"), Reason.IMPOSSIBLE_VALUE),
    ("the year 9999", change(at="9999-12-31T23:59:59-12:00"), Reason.IMPOSSIBLE_VALUE),
    ("the year 1", change(at="0001-01-01T00:00:00+12:00"), Reason.IMPOSSIBLE_VALUE),
    ("an instant that is a word", change(at=MARKER), Reason.IMPOSSIBLE_VALUE),
    ("born in 9999", change(data={"dob": "9999-01-01"}), Reason.IMPOSSIBLE_VALUE),
    ("born on no day", change(data={"dob": MARKER}), Reason.IMPOSSIBLE_VALUE),
    ("a name that is a number", change(data={"name": 5}), Reason.IMPOSSIBLE_VALUE),
    ("a name with half a character", change(data={"name": "\ud800" + MARKER}), Reason.IMPOSSIBLE_VALUE),
    ("an id with a control character", change(id=f"{MARKER}\x1f2"), Reason.IMPOSSIBLE_VALUE),
    ("an id too long", change(id=MARKER * 20), Reason.TOO_LARGE),
    ("a revision beyond 64 bits", change(rev=2**63), Reason.IMPOSSIBLE_VALUE),
    ("a revision that is a word", change(rev=MARKER), Reason.IMPOSSIBLE_VALUE),
    ("an operation nobody knows", change(op=MARKER), Reason.IMPOSSIBLE_VALUE),
    ("no operation", {"at": NOW, "entity": "client", "id": "C-1", "rev": 1}, Reason.IMPOSSIBLE_VALUE),
    ("an entity nobody knows", change(entity=MARKER), Reason.UNKNOWN_ENTITY),
    ("an entity that is a list", change(entity=[MARKER]), Reason.IMPOSSIBLE_VALUE),
    ("a list nobody knows", change(part={"list": MARKER, "key": "1"}), Reason.UNKNOWN_ENTITY),
    ("a part that is a word", change(part=MARKER), Reason.IMPOSSIBLE_VALUE),
    ("no data", change(data=None), Reason.IMPOSSIBLE_VALUE),
    ("data that is a list", change(data=[MARKER]), Reason.IMPOSSIBLE_VALUE),
    ("a status nobody knows", attendance(status=MARKER), Reason.IMPOSSIBLE_VALUE),
    ("a note of 5 MB", change(entity="note", data={"session": "S", "text": MARKER * 300_000}), Reason.TOO_LARGE),
    ("money that is none", claim(total=f"${MARKER}"), Reason.IMPOSSIBLE_VALUE),
    ("money in thousandths", claim(total="1.001"), Reason.IMPOSSIBLE_VALUE),
    ("a score that is not a number", score(float("nan")), Reason.IMPOSSIBLE_VALUE),
    ("an endless score", score(float("inf")), Reason.IMPOSSIBLE_VALUE),
    ("an answer that is a number, under somebody's name", answers(**{MARKER: 5}), Reason.IMPOSSIBLE_VALUE),
    ("a question too long", answers(**{MARKER * 20: "x"}), Reason.TOO_LARGE),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "reason"), [case[1:] for case in IMPOSSIBLE], ids=[case[0] for case in IMPOSSIBLE])
def test_what_cannot_be_true_is_poison_that_names_the_place_and_not_the_value(
    raw: dict[str, Any], reason: Reason
) -> None:
    with pytest.raises(Poison) as caught:
        change_of(raw)
    assert caught.value.reason is reason
    assert caught.value.where
    assert MARKER not in said(caught.value)
    assert len(str(caught.value)) < 200


def test_a_text_of_just_the_longest_length_is_fine() -> None:
    note = Note(session="S", text="x" * MAX_TEXT_LENGTH)
    assert (
        read_change_set(
            codec(CARE_CHANGES.name).encode(
                set_of(Change(at=NOW, entity="note", op="create", id="N-1", rev=1, data=note))
            )
        )[0]
        .changes[0]
        .data
        == note
    )


def on_the_wire(*changes: dict[str, Any]) -> bytes:
    """Sound Avro of values no serializer of ours would let through."""
    plain = {"practice_id": "PR-1", "now": NOW, "changes": list(changes)}
    newest = max(entry["id"] for entry in committed() if entry["subject"] == f"{CARE_CHANGES.name}-value")
    return framed(avro_of(ChangeSet), plain, newest)


def as_avro(entity: str, data: Schema, **fields: Any) -> dict[str, Any]:
    plain = {**data.model_dump(by_alias=True), **fields}
    return {**change(entity=entity), "part": None, "data": (f"conjoint.{type(data).__name__}", plain)}


def test_one_impossible_change_never_takes_its_neighbours_with_it() -> None:
    sound = as_avro("client", Client(name="Ada Example"))
    value = on_the_wire(
        sound,
        as_avro("client", Client(), dob=datetime(9999, 1, 1, tzinfo=UTC).date()),
        as_avro("note", Note(session="S"), text=MARKER * 300_000),
        {**sound, "entity": MARKER},
        {**sound, "at": datetime(9999, 1, 1, tzinfo=UTC)},
        as_avro("checkin", Checkin(client="C")),
    )
    change_set, poisons = read_change_set(value)
    assert [change.entity for change in change_set.changes] == ["client", "checkin"]
    assert [poison.reason for poison in poisons] == [
        Reason.IMPOSSIBLE_VALUE,
        Reason.TOO_LARGE,
        Reason.UNKNOWN_ENTITY,
        Reason.IMPOSSIBLE_VALUE,
    ]
    assert all(MARKER not in said(poison) for poison in poisons)
    with pytest.raises(Poison):
        codec(CARE_CHANGES.name).decode(value)


def test_a_set_whose_own_time_cannot_be_is_poison_as_a_whole() -> None:
    plain = {"practice_id": "PR-1", "now": datetime(9999, 1, 1, tzinfo=UTC), "changes": []}
    with pytest.raises(Poison) as caught:
        read_change_set(framed(avro_of(ChangeSet), plain, 1))
    assert caught.value.reason is Reason.IMPOSSIBLE_VALUE
    assert caught.value.where.startswith("now")


@pytest.mark.parametrize(
    "alter",
    [
        lambda plain: {**plain, "state": MARKER},
        lambda plain: {**plain, "opened_at": datetime(9999, 1, 1, tzinfo=UTC)},
        lambda plain: {**plain, "why": MARKER * 1000},
        lambda plain: {**plain, "subject": {MARKER: "x" * 999}},
    ],
)
def test_an_impossible_finding_is_poison_too(alter: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    sound = examples(FINDINGS.name)[0].record.model_dump(by_alias=True)
    with pytest.raises(Poison) as caught:
        codec(FINDINGS.name).decode(framed(avro_of(Finding), alter(sound), 2))
    assert caught.value.reason in (Reason.IMPOSSIBLE_VALUE, Reason.TOO_LARGE)
    assert MARKER not in said(caught.value)


@pytest.mark.parametrize("hours", [-12, 0, 14])
@pytest.mark.parametrize(
    "at", [datetime(1900, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC) - timedelta.resolution]
)
def test_an_instant_is_the_same_moment_whatever_its_offset_even_at_the_ends_of_the_calendar(
    at: datetime, hours: int
) -> None:
    made = change_of(change(at=at.astimezone(timezone(timedelta(hours=hours)))))
    read, poisons = read_change_set(codec(CARE_CHANGES.name).encode(set_of(made)))
    assert (read.changes[0].at, poisons) == (at, ())

"""Bytes on our topics ⇄ schemas: Avro in the Confluent wire format, written by confluent-kafka's serializer.

A message nobody can read, or that cannot be true, is a Poison with its reason; the text of a value never is in it.
"""

import json
from functools import lru_cache
from io import BytesIO
from typing import Any

from confluent_kafka.schema_registry import topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import parse_schema, schemaless_reader
from pydantic import ValidationError

from schemas.avro import schema_text
from schemas.care import ENTITIES, PARTS
from schemas.change import Change, ChangeSet, Part
from schemas.evidence import Evidence
from schemas.facts import Fact
from schemas.reasons import Poison, Reason
from schemas.record import Schema
from schemas.registry import registry
from schemas.topics import CARE_CHANGES, MAX_MESSAGE_BYTES, TOPICS, Topic
from schemas.wrong_fields import where_of

_HEADER_BYTES = 5
_NOT_FOUND = 404


class Codec:
    """Encodes and decodes the values of one topic. Cheap to call, made once per process and topic."""

    def __init__(self, topic: Topic, registry_url: str | None = None) -> None:
        if topic.value is None:
            raise TypeError(f"{topic.name} carries bytes as they were delivered")
        self.topic = topic
        self._model = topic.value
        client = registry(registry_url)
        strategy = {"subject.name.strategy": topic_subject_name_strategy}
        text = schema_text(topic.value)
        self._serialize = AvroSerializer(client, text, conf={"auto.register.schemas": False, **strategy})
        self._registry = client
        self._writers: dict[int, Any] = {}
        self._context = SerializationContext(topic.name, MessageField.VALUE)

    def encode(self, value: Schema) -> bytes:
        """Magic byte, schema id, Avro body."""
        body: bytes = self._serialize(_plain(value), self._context)
        return body

    def decode(self, value: bytes | None) -> Schema:
        """An instance of the topic's schema. Raises Poison if any of it cannot be read or cannot be true."""
        raw = self.decode_plain(value)
        if self._model is ChangeSet:
            change_set, poisons = _change_set_of(raw)
            if poisons:
                raise poisons[0]
            return change_set
        try:
            return self._model.model_validate(raw)
        except ValidationError as error:
            raise _poison_of(error) from None

    def decode_plain(self, value: bytes | None) -> dict[str, Any]:
        """The message as a plain mapping, not yet checked. Raises Poison: UNDECODABLE or TOO_LARGE."""
        if value is None:
            raise Poison(Reason.UNDECODABLE, "empty value")
        if len(value) > MAX_MESSAGE_BYTES:
            raise Poison(Reason.TOO_LARGE, "message")
        try:
            if value[0] != 0:
                raise Poison(Reason.UNDECODABLE, "magic byte")
            if len(value) < _HEADER_BYTES:
                raise Poison(Reason.UNDECODABLE, "schema id")
            raw = schemaless_reader(
                BytesIO(value[_HEADER_BYTES:]), self._writer(int.from_bytes(value[1:_HEADER_BYTES]))
            )
        except (Poison, SchemaRegistryError):
            raise
        except Exception as error:  # whatever the bytes provoke in the Avro reader means the same: nobody can read them
            raise Poison(Reason.UNDECODABLE, type(error).__name__) from None
        if not isinstance(raw, dict):
            raise Poison(Reason.UNDECODABLE, "not a record")
        return raw

    def _writer(self, schema_id: int) -> Any:
        # confluent-kafka's own deserializer walks the whole schema for tags on every message: 1 ms each on care.changes
        if schema_id not in self._writers:
            try:
                writer = json.loads(self._registry.get_schema(schema_id).schema_str or "")
            except SchemaRegistryError as error:
                if error.http_status_code != _NOT_FOUND:
                    raise  # a registry that does not answer says nothing about the message
                raise Poison(Reason.UNDECODABLE, "schema id") from None
            if writer["name"] != self._model.__name__:
                raise Poison(Reason.UNDECODABLE, "schema of another topic")
            self._writers[schema_id] = parse_schema(writer)
        return self._writers[schema_id]


@lru_cache(maxsize=32)
def codec(topic_name: str, registry_url: str | None = None) -> Codec:
    """The codec of a topic by its name; KeyError for a topic that is not ours."""
    return Codec({topic.name: topic for topic in TOPICS}[topic_name], registry_url)


def _poison_of(error: ValidationError) -> Poison:
    too_long = any(problem["type"] == "string_too_long" for problem in error.errors(include_input=False))
    return Poison(Reason.TOO_LARGE if too_long else Reason.IMPOSSIBLE_VALUE, where_of(error))


def _plain(value: Schema) -> dict[str, Any]:
    if isinstance(value, ChangeSet):
        return {
            "practice_id": value.practice_id,
            "now": value.now,
            "changes": [
                {
                    "at": change.at,
                    "entity": change.entity,
                    "op": change.op,
                    "id": change.id,
                    "rev": change.rev,
                    "part": None if change.part is None else {"list": change.part.list, "key": change.part.key},
                    "snapshot": change.snapshot,
                    # named, because without the name every branch of the union would be tried in turn
                    "data": None
                    if change.data is None
                    else (f"conjoint.{type(change.data).__name__}", change.data.model_dump(by_alias=True)),
                }
                for change in value.changes
            ],
        }
    if isinstance(value, Fact | Evidence):
        row = value.row
        return {
            "practice_id": value.practice_id,
            "table": value.table,
            "row": (f"conjoint.{type(row).__name__}", row.model_dump()),
        }
    return value.model_dump(by_alias=True)


def read_change_set(value: bytes | None) -> tuple[ChangeSet, tuple[Poison, ...]]:
    """A change set with its sound changes, and one Poison for each change in it that cannot be true.

    One bad change never takes its neighbours with it. Raises Poison if the set itself cannot be read.
    """
    return _change_set_of(codec(CARE_CHANGES.name).decode_plain(value))


def _change_set_of(raw: dict[str, Any]) -> tuple[ChangeSet, tuple[Poison, ...]]:
    sound: list[Change] = []
    poisons: list[Poison] = []
    for item in raw["changes"]:
        try:
            sound.append(change_of(item))
        except Poison as poison:
            poisons.append(poison)
    try:
        return ChangeSet(practice_id=raw["practice_id"], now=raw["now"], changes=tuple(sound)), tuple(poisons)
    except ValidationError as error:
        raise _poison_of(error) from None


def change_of(raw: dict[str, Any]) -> Change:
    """A change from its plain form (wire or exchange file), its `data` typed by its entity.

    Raises Poison: UNKNOWN_ENTITY, IMPOSSIBLE_VALUE.
    """
    try:
        part = None if raw.get("part") is None else Part.model_validate(raw["part"])
        entity = raw["entity"]
        model = ENTITIES.get(entity) if part is None else PARTS.get((entity, part.list))
        if model is None:
            raise Poison(Reason.UNKNOWN_ENTITY, "entity")
        deleted = raw["op"] == "delete"
        data = None if deleted else model.model_validate(raw["data"])
        return Change(
            at=raw["at"],
            entity=entity,
            op=raw["op"],
            id=raw["id"],
            rev=raw["rev"],
            part=part,
            snapshot=bool(raw.get("snapshot", False)),
            data=data,
        )
    except ValidationError as error:
        raise _poison_of(error) from None
    except (KeyError, TypeError) as error:
        raise Poison(Reason.IMPOSSIBLE_VALUE, f"{type(error).__name__}") from None

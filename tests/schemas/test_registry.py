"""Schema ids outlive processes: they are the committed ones, and nothing is registered at run time."""

import json

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.avro import committed, schema_text, subjects
from schemas.registry import CommittedRegistry, registry


def test_every_model_has_its_committed_id() -> None:
    for subject, model in subjects().items():
        found = registry().lookup_schema(subject, Schema(schema_text(model), "AVRO"))
        newest = [entry for entry in committed() if entry["subject"] == subject][-1]
        assert found.schema_id == newest["id"]
        text = registry().get_schema(newest["id"]).schema_str
        assert json.loads(text or "") == json.loads(schema_text(model))


def test_a_schema_that_was_not_shipped_has_no_id() -> None:
    with pytest.raises(SchemaRegistryError):
        registry().lookup_schema("findings-value", Schema('{"type": "string"}', "AVRO"))
    with pytest.raises(SchemaRegistryError):
        registry().get_schema(9_999)


def test_nothing_is_registered_at_run_time() -> None:
    schema = Schema('{"type": "string"}', "AVRO")
    with pytest.raises(SchemaRegistryError):
        registry().register_schema("findings-value", schema)
    with pytest.raises(SchemaRegistryError):
        registry().register_schema_full_response("findings-value", schema)


def test_with_an_address_the_real_client_is_used() -> None:
    assert isinstance(registry(), CommittedRegistry)
    elsewhere = registry("http://127.0.0.1:1")
    assert isinstance(elsewhere, SchemaRegistryClient)
    assert not isinstance(elsewhere, CommittedRegistry)

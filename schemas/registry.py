"""Which schema has which id? The committed ids, served in process through confluent-kafka's own registry interface.

With a registry address the real client is used instead. Ids are never given by order of registration in a process,
because messages outlive processes.
"""

import json
from functools import cache
from typing import Any

from confluent_kafka.schema_registry import RegisteredSchema, Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.avro import AVSC, committed


class CommittedRegistry(SchemaRegistryClient):
    """Answers from schemas/avsc/ids.json. Registration is refused: a schema is shipped by committing it."""

    def __init__(self) -> None:
        super().__init__({"url": "mock://committed"})
        self._entries = [
            RegisteredSchema(
                subject=entry["subject"],
                version=entry["version"],
                schema_id=entry["id"],
                guid=None,
                schema=Schema((AVSC / entry["file"]).read_text(), "AVRO"),
            )
            for entry in committed()
        ]

    def lookup_schema(self, subject_name: str, schema: Schema, *_: Any, **__: Any) -> RegisteredSchema:
        """The shipped version with exactly this text; SchemaRegistryError 40403 if there is none."""
        wanted = json.loads(schema.schema_str or "")
        for entry in reversed(self._entries):
            if entry.subject == subject_name and json.loads(entry.schema.schema_str or "") == wanted:
                return entry
        raise SchemaRegistryError(404, 40403, f"schema of {subject_name} is not shipped")

    def get_schema(self, schema_id: int, *_: Any, **__: Any) -> Schema:
        """The schema with this id; SchemaRegistryError 40403 if it was never shipped."""
        for entry in self._entries:
            if entry.schema_id == schema_id:
                return entry.schema
        raise SchemaRegistryError(404, 40403, f"schema id {schema_id} is not shipped")

    def register_schema(self, *_: Any, **__: Any) -> int:
        """Always refused."""
        raise SchemaRegistryError(422, 42201, "schemas are shipped with the code, not registered at run time")

    def register_schema_full_response(self, *_: Any, **__: Any) -> RegisteredSchema:
        """Always refused."""
        raise SchemaRegistryError(422, 42201, "schemas are shipped with the code, not registered at run time")


@cache
def registry(url: str | None = None) -> SchemaRegistryClient:
    """The registry at `url` (any Confluent-compatible one), or the committed one."""
    return CommittedRegistry() if url is None else SchemaRegistryClient({"url": url})

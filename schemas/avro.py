"""How does a pydantic schema look in Avro? The Python class is the truth, .avsc files are made from it.

`python -m schemas.avro` writes what is missing under schemas/avsc and gives it an id; it never alters a shipped file.
"""

import json
import sys
import types
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from schemas.care import ENTITIES, PARTS
from schemas.change import Change
from schemas.phi import phi_of
from schemas.record import Schema
from schemas.topics import TOPICS

AVSC = Path(__file__).parent / "avsc"
IDS = AVSC / "ids.json"
NAMESPACE = "conjoint"

Avro = dict[str, Any] | list[Any] | str

_PRIMITIVES: dict[type, Avro] = {
    str: "string",
    bool: "boolean",
    int: "long",
    float: "double",
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
    date: {"type": "int", "logicalType": "date"},
}


def avro_of(model: type[Schema]) -> Avro:
    """The Avro record of a schema, every field with its `phi` class; nested records are defined where they first occur.

    Raises UntaggedFieldError for a field without a PHI class, TypeError for a type Avro has no form for.
    """
    return _record(model, set())


def _record(model: type[Schema], seen: set[str]) -> Avro:
    name = f"{NAMESPACE}.{model.__name__}"
    if name in seen:
        return name
    seen.add(name)
    fields = []
    for field, info in model.model_fields.items():
        if (model, field) == (Change, "data"):
            branches = dict.fromkeys((*ENTITIES.values(), *PARTS.values()))
            fields.append({"name": field, "type": ["null", *(_record(m, seen) for m in branches)], "default": None})
            continue
        phi = phi_of(model, field)
        avro: dict[str, Any] = {"name": info.alias or field, "type": _type(info.annotation, seen)}
        if phi is not None:
            avro["phi"] = phi.value
        if not info.is_required():
            avro["default"] = _default(info.get_default())
        fields.append(avro)
    return {"type": "record", "name": model.__name__, "namespace": NAMESPACE, "fields": fields}


def _default(value: Any) -> Any:
    if isinstance(value, Schema):
        return value.model_dump(mode="json", by_alias=True)
    return list(value) if isinstance(value, tuple) else value


def _type(annotation: Any, seen: set[str]) -> Avro:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type(get_args(annotation)[0], seen)
    if origin is Literal:
        return "string"
    if origin is tuple:
        return {"type": "array", "items": _type(get_args(annotation)[0], seen)}
    if origin is dict:
        return {"type": "map", "values": _type(get_args(annotation)[1], seen)}
    if origin in (Union, types.UnionType):
        members = sorted(get_args(annotation), key=lambda member: member is not type(None))
        return [_type(member, seen) for member in members]
    if annotation is type(None):
        return "null"
    if isinstance(annotation, type):
        if issubclass(annotation, Schema):
            return _record(annotation, seen)
        if annotation in _PRIMITIVES:
            return _PRIMITIVES[annotation]
    raise TypeError(f"no Avro form for {annotation!r}")


def subjects() -> dict[str, type[Schema]]:
    """Subject (topic-value) → the schema its messages have."""
    return {f"{topic.name}-value": topic.value for topic in TOPICS if topic.value is not None}


def schema_text(model: type[Schema]) -> str:
    """The .avsc text of a schema, byte for byte as it is committed."""
    return json.dumps(avro_of(model), indent=1, ensure_ascii=False) + "\n"


def committed() -> list[dict[str, Any]]:
    """The append-only list of shipped schemas: {id, subject, version, file}, oldest first."""
    return list(json.loads(IDS.read_text())) if IDS.exists() else []


def _write_missing() -> list[str]:
    shipped, written = committed(), []
    for subject, model in subjects().items():
        versions = [entry for entry in shipped if entry["subject"] == subject]
        text = schema_text(model)
        if versions and (AVSC / versions[-1]["file"]).read_text() == text:
            continue
        version = len(versions) + 1
        file = f"{subject.removesuffix('-value')}.v{version}.avsc"
        AVSC.mkdir(exist_ok=True)
        (AVSC / file).write_text(text)
        shipped.append({"id": len(shipped) + 1, "subject": subject, "version": version, "file": file})
        written.append(file)
    IDS.write_text(json.dumps(shipped, indent=1) + "\n")
    return written


def main() -> int:
    """Without arguments: write what is missing. With --check: exit 1 if something is."""
    if "--check" in sys.argv:
        latest = {entry["subject"]: entry["file"] for entry in committed()}
        stale = [
            subject
            for subject, model in subjects().items()
            if subject not in latest or (AVSC / latest[subject]).read_text() != schema_text(model)
        ]
        if stale:
            sys.stderr.write(
                f"schemas changed without a new version: {', '.join(stale)}; run: python -m schemas.avro\n"
            )
        return 1 if stale else 0
    for file in _write_missing():
        sys.stdout.write(f"wrote schemas/avsc/{file}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

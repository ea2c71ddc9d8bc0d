"""Old and new agree: what is shipped is what the models say, never altered, and readable both ways."""

import hashlib
import json
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.schema import SchemaParseException

from schemas import avro
from schemas.avro import AVSC, avro_of, committed, schema_text, subjects
from schemas.codec import _plain, codec
from schemas.finding import Finding
from schemas.phi import Phi
from schemas.record import Schema, Word
from tests.schemas.examples import Example, every_example, examples

SHIPPED = Path(__file__).parents[1] / "data" / "shipped-schemas.json"


def test_the_committed_schemas_are_what_the_models_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["schemas.avro", "--check"])
    assert avro.main() == 0


def test_a_model_that_changed_without_a_new_version_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Longer(Finding):
        colour: Word | None = None

    monkeypatch.setattr(avro, "subjects", lambda: {"findings-value": Longer})
    monkeypatch.setattr("sys.argv", ["schemas.avro", "--check"])
    assert avro.main() == 1
    assert "findings-value" in capsys.readouterr().err


def test_a_changed_model_becomes_a_new_version_and_the_shipped_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Longer(Finding):
        colour: Word | None = None

    monkeypatch.setattr(avro, "AVSC", tmp_path)
    monkeypatch.setattr(avro, "IDS", tmp_path / "ids.json")
    monkeypatch.setattr("sys.argv", ["schemas.avro"])
    monkeypatch.setattr(avro, "subjects", lambda: {"findings-value": Finding})
    assert avro.main() == 0
    first = (tmp_path / "findings.v1.avsc").read_bytes()
    assert avro.main() == 0  # nothing missing: nothing written
    monkeypatch.setattr(avro, "subjects", lambda: {"findings-value": Longer})
    assert avro.main() == 0
    assert (tmp_path / "findings.v1.avsc").read_bytes() == first
    assert [(entry["id"], entry["version"], entry["file"]) for entry in avro.committed()] == [
        (1, 1, "findings.v1.avsc"),
        (2, 2, "findings.v2.avsc"),
    ]


def test_the_list_of_shipped_schemas_only_grows() -> None:
    """If this fails after a schema was changed on purpose: add a line to tests/data/shipped-schemas.json; never alter
    one that belongs to a release."""
    entries = committed()
    assert [entry["id"] for entry in entries] == list(range(1, len(entries) + 1))
    for subject in {entry["subject"] for entry in entries}:
        versions = [entry["version"] for entry in entries if entry["subject"] == subject]
        assert versions == list(range(1, len(versions) + 1))
    now = [{**entry, "sha256": hashlib.sha256((AVSC / entry["file"]).read_bytes()).hexdigest()} for entry in entries]
    shipped = json.loads(SHIPPED.read_text())
    assert now[: len(shipped)] == shipped
    assert {path.name for path in AVSC.glob("*.avsc")} == {entry["file"] for entry in entries}


def read(writer: Any, reader: Any, body: bytes) -> Any:
    return schemaless_reader(BytesIO(body), parse_schema(deepcopy(writer)), parse_schema(deepcopy(reader)))


def written(writer: Any, plain: dict[str, Any]) -> bytes:
    body = BytesIO()
    schemaless_writer(body, parse_schema(deepcopy(writer)), plain)
    return body.getvalue()


def disagreements(old: Any, new: Any, plains: list[dict[str, Any]]) -> list[str]:
    """What keeps a reader of one schema from reading what the other wrote, in words; none if they get along."""
    found = []
    for direction, writer, reader in (("backward", old, new), ("forward", new, old)):
        for plain in plains:
            try:
                read(writer, reader, written(writer, plain))
            except Exception as error:
                found.append(f"{direction}: {type(error).__name__}")
    return found


@pytest.mark.parametrize("entry", committed(), ids=lambda entry: entry["file"])
def test_every_shipped_version_and_todays_schema_read_each_other(entry: dict[str, Any]) -> None:
    topic = entry["subject"].removesuffix("-value")
    shipped = json.loads((AVSC / entry["file"]).read_text())
    today = avro_of(subjects()[entry["subject"]])
    plains = [_plain(example.record) for example in examples(topic)]
    assert plains
    assert disagreements(shipped, today, plains) == []


@pytest.mark.parametrize("entry", committed(), ids=lambda entry: entry["file"])
def test_todays_codec_decodes_what_every_shipped_version_wrote(entry: dict[str, Any]) -> None:
    topic = entry["subject"].removesuffix("-value")
    shipped = json.loads((AVSC / entry["file"]).read_text())
    told = 0
    for example in examples(topic):
        if _needs_a_later_version(shipped, example.record):
            continue
        told += 1
        body = written(shipped, _plain(example.record))
        assert codec(topic).decode(b"\0" + entry["id"].to_bytes(4) + body) == example.record
    assert told


def _needs_a_later_version(shipped: Any, record: Schema) -> bool:
    """It says something in a field that came after this version."""
    known = {field["name"] for one in _records(shipped) for field in one["fields"]}
    inside = [change.data for change in getattr(record, "changes", ()) if change.data is not None]
    said = {name for one in (record, getattr(record, "row", record), *inside) for name in one.model_fields_set}
    return not said <= known


def _records(schema: Any) -> list[Any]:
    if isinstance(schema, list):
        return [record for branch in schema for record in _records(branch)]
    if isinstance(schema, dict) and schema["type"] == "record":
        return [schema, *(record for field in schema["fields"] for record in _records(field["type"]))]
    return []


def altered(model: type[Schema], field: str, **changes: Any) -> Any:
    record: Any = deepcopy(avro_of(model))
    wanted = next(item for item in record["fields"] if item["name"] == field)
    wanted.update(changes)
    if changes.get("name") or "default" in changes:
        return record
    wanted.pop("default", None)
    return record


def without(model: type[Schema], field: str) -> Any:
    record: Any = deepcopy(avro_of(model))
    record["fields"] = [item for item in record["fields"] if item["name"] != field]
    return record


def with_field(model: type[Schema], **field: Any) -> Any:
    record: Any = deepcopy(avro_of(model))
    record["fields"].append(field)
    return record


FINDINGS = [_plain(example.record) for example in examples("findings")]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(altered(Finding, "version", type="string"), id="a field of another type"),
        pytest.param(altered(Finding, "rule", name="rule_id"), id="a field renamed"),
        pytest.param(without(Finding, "opened_at"), id="a required field taken away"),
        pytest.param(with_field(Finding, name="colour", type="string"), id="a field added without a default"),
        pytest.param(altered(Finding, "predicts", type="string"), id="a field that may no longer be unknown"),
    ],
)
def test_an_incompatible_schema_is_noticed(broken: Any) -> None:
    plains = [{**plain, "rule_id": "B10"} for plain in FINDINGS]
    assert disagreements(avro_of(Finding), broken, plains) != []


def test_a_field_added_with_a_default_is_compatible() -> None:
    grown = with_field(Finding, name="colour", type=["null", "string"], default=None)
    assert disagreements(avro_of(Finding), grown, FINDINGS) == []


def test_a_type_avro_has_no_form_for_is_refused() -> None:
    class Odd(Schema):
        impedance: Annotated[complex, Phi.NONE]

    with pytest.raises(TypeError, match="no Avro form"):
        avro_of(Odd)


@pytest.mark.parametrize("model", list(subjects().values()), ids=lambda model: model.__name__)
def test_every_schema_is_sound_avro(model: type[Schema]) -> None:
    try:
        parse_schema(json.loads(schema_text(model)))
    except SchemaParseException as error:  # pragma: no cover - the message is what one wants to see
        pytest.fail(str(error))


@pytest.mark.parametrize("example", every_example(*(subject.removesuffix("-value") for subject in subjects())))
def test_every_example_is_written_as_todays_schema_writes_it(example: Example) -> None:
    schema = avro_of(subjects()[f"{example.topic}-value"])
    assert example.value[5:] == written(schema, _plain(example.record))

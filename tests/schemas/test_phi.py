"""Every field of every schema says how sensitive it is, in Python and on the wire, and the check can fail."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.avro import AVSC, committed, subjects
from schemas.care import ENTITIES, PARTS, Claim, Client, Group, Note
from schemas.dead_letter import DeadLetter
from schemas.draft_request import DraftRequest
from schemas.evidence import EVIDENCE
from schemas.facts import FACTS
from schemas.finding import Finding
from schemas.phi import Phi, UntaggedFieldError, phi_of
from schemas.record import Clinical, Many, Schema, Word


def all_schemas(root: type[Schema] = Schema) -> Iterator[type[Schema]]:
    for model in root.__subclasses__():
        if model.__module__.startswith("schemas."):
            yield model
            yield from all_schemas(model)


@pytest.mark.parametrize("model", list(dict.fromkeys(all_schemas())))
def test_every_field_has_a_phi_class_or_is_a_record_whose_fields_have(model: type[Schema]) -> None:
    for field in model.model_fields:
        phi_of(model, field)


def test_a_field_without_a_class_is_found() -> None:
    class Careless(Schema):
        said: Word
        forgotten: str | None = None

    assert phi_of(Careless, "said") is Phi.NONE
    with pytest.raises(UntaggedFieldError, match=r"Careless\.forgotten"):
        phi_of(Careless, "forgotten")


def test_the_most_sensitive_class_inside_a_field_counts() -> None:
    class Mixed(Schema):
        either: Word | Clinical
        many: Many[Clinical] = ()

    assert phi_of(Mixed, "either") is Phi.CLINICAL
    assert phi_of(Mixed, "many") is Phi.CLINICAL


@pytest.mark.parametrize(
    ("model", "field", "phi"),
    [
        (Client, "name", Phi.IDENTIFIER),
        (Client, "dob", Phi.IDENTIFIER),
        (Client, "nicknames", Phi.IDENTIFIER),
        (Claim, "patient_name", Phi.IDENTIFIER),
        (Claim, "member_id", Phi.IDENTIFIER),
        (Note, "text", Phi.CLINICAL),
        (Note, "session", Phi.PSEUDONYM),
        (Group, "name", Phi.NONE),
    ],
)
def test_what_says_who_somebody_is_is_classed_so(model: type[Schema], field: str, phi: Phi) -> None:
    assert phi_of(model, field) is phi


@pytest.mark.parametrize("model", [Finding, DraftRequest, DeadLetter, *FACTS.values(), *EVIDENCE.values()])
def test_nothing_that_leaves_for_analytics_or_notification_can_hold_an_identifier(model: type[Schema]) -> None:
    classes = {phi_of(model, field) for field in model.model_fields}
    assert classes <= {Phi.NONE, Phi.PSEUDONYM}


def fields_of(avro: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(avro, list):
        for branch in avro:
            yield from fields_of(branch, path)
    elif isinstance(avro, dict) and avro["type"] == "record":
        for field in avro["fields"]:
            where = f"{path}.{avro['name']}.{field['name']}"
            yield where, field
            yield from fields_of(field["type"], where)
    elif isinstance(avro, dict):
        yield from fields_of(avro.get("items", avro.get("values")), path)


def refers_to_records(avro: Any) -> bool:
    if isinstance(avro, list):
        return any(refers_to_records(branch) for branch in avro)
    if isinstance(avro, dict):
        return avro["type"] == "record" or refers_to_records(avro.get("items", avro.get("values")))
    return isinstance(avro, str) and avro.startswith("conjoint.")  # a record defined earlier in the same schema


@pytest.mark.parametrize("entry", committed(), ids=lambda entry: entry["file"])
def test_every_shipped_field_carries_its_class_on_the_wire(entry: dict[str, Any]) -> None:
    shipped = json.loads((AVSC / entry["file"]).read_text())
    found = list(fields_of(shipped))
    assert found
    for where, field in found:
        if "phi" not in field:
            assert refers_to_records(field["type"]), f"{where} says neither its class nor what is in it"
        else:
            Phi(field["phi"])


def test_every_kind_of_change_has_a_schema_that_reaches_the_wire() -> None:
    wire = json.loads((AVSC / "care.changes.v1.avsc").read_text())
    names = {where.split(".")[-2] for where, _ in fields_of(wire)}
    assert {model.__name__ for model in (*ENTITIES.values(), *PARTS.values())} <= names
    assert set(subjects()) == {entry["subject"] for entry in committed()}

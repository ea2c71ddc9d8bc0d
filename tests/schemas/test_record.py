"""A record is frozen, forgiving of the future, and silent about what it holds."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from schemas.care import ENTITIES, PARTS, Client, Coverage, Cycle, License, Note, Practice
from schemas.change import ChangeSet
from schemas.finding import Finding
from schemas.record import Schema
from tests.effort import effort
from tests.schemas.examples import Example, every_example
from tests.schemas.instances import instances

MARKER = "Zebulon Quisenberry"
MODELS = [*dict.fromkeys((*ENTITIES.values(), *PARTS.values())), Finding, ChangeSet]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_record_never_shows_what_it_holds(model: type[Schema]) -> None:
    @effort(3)
    @given(instances(model))
    def law(record: Schema) -> None:
        assert repr(record) == f"{model.__name__}()"
        assert str(record) in ("", f"{model.__name__}()")
        assert f"{record}" in ("", f"{model.__name__}()")

    law()


@pytest.mark.parametrize("example", every_example())
def test_no_example_shows_what_it_holds(example: Example) -> None:
    for shown in (repr(example.record), str(example.record), repr(example)):
        assert "Example Clinician" not in shown
        assert "Ada" not in shown
        assert "PR-EXAMPLE" not in shown


@pytest.mark.parametrize(
    "raw",
    [{"name": 5, "dob": MARKER}, {"nicknames": [MARKER, 5]}, {"address": MARKER}, {"address": {"zip": [MARKER]}}],
)
def test_a_validation_error_never_shows_what_was_put_in(raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Client.model_validate(raw)
    assert MARKER not in str(caught.value)
    assert MARKER not in repr(caught.value)


def test_a_record_cannot_be_changed() -> None:
    note = Note(session="S-1")
    with pytest.raises(ValidationError):
        note.text = "other"  # type: ignore[misc]


def test_fields_of_a_newer_writer_are_ignored() -> None:
    assert Note.model_validate({"session": "S-1", "colour": "blue"}) == Note(session="S-1")


def test_null_and_absent_lists_and_maps_read_as_empty() -> None:
    assert Client.model_validate({"nicknames": None}) == Client()
    assert Practice.model_validate({"timezone": "UTC", "fee_schedule": None}).fee_schedule == {}
    assert Coverage.model_validate({"client": "C", "visit_limits": None}).visit_limits == {}


def test_words_python_keeps_to_itself_have_their_own_name_on_the_wire() -> None:
    licence = License.model_validate({"from": "2026-01-01"})
    assert licence.model_dump(by_alias=True)["from"] == licence.from_
    assert License.model_validate({"from_": "2026-01-01"}) == licence


@pytest.mark.parametrize(
    ("model", "raw"),
    [
        (Cycle, {"start": "2301-01-01"}),
        (Cycle, {"start": "1849-12-31"}),
        (Practice, {"timezone": "UTC", "fee_schedule": {"90853": "sixty"}}),
        (Practice, {"timezone": "UTC", "fee_schedule": {"90853": "1234567890.00"}}),
        (Practice, {"timezone": "UTC", "npi_type": -(2**63) - 1}),
        (Note, {"session": "S" * 201}),
        (Note, {"session": "S\n1"}),
    ],
)
def test_what_cannot_be_is_refused(model: type[Schema], raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(raw)

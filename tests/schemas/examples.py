"""Which messages must everybody who reads our topics digest? The examples that live with the schemas, as bytes.

`every_example()` is the parameter list for such a test; the bytes are what a broker would deliver.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from schemas.change import ChangeSet
from schemas.codec import change_of, codec
from schemas.dead_letter import DeadLetter
from schemas.record import Schema
from schemas.topics import CARE_CHANGES, DEAD_LETTERS, TOPICS

FOLDER = Path(__file__).parents[2] / "schemas" / "examples"
_BY_NAME = {topic.name: topic for topic in TOPICS}


@dataclass(frozen=True)
class Example:
    """One example message. `value` is its bytes on the topic; on dead.letters only the header is ours."""

    topic: str
    name: str
    raw: dict[str, Any] = field(repr=False)

    @property
    def record(self) -> Schema:
        """The message as its schema."""
        if self.topic == DEAD_LETTERS.name:
            return DeadLetter.model_validate(self.raw)
        if self.topic == CARE_CHANGES.name:
            changes = tuple(change_of(change) for change in self.raw["changes"])
            return ChangeSet(practice_id=self.raw["practice_id"], now=self.raw["now"], changes=changes)
        model = _BY_NAME[self.topic].value
        assert model is not None
        return model.model_validate(self.raw)

    @property
    def value(self) -> bytes:
        """The bytes that travel."""
        if self.topic == DEAD_LETTERS.name:
            return json.dumps(self.raw).encode()
        return codec(self.topic).encode(self.record)


def examples(topic: str | None = None) -> list[Example]:
    """The examples of one topic, or of all."""
    paths = sorted(FOLDER.glob(f"{topic or '*'}/*.json"))
    return [Example(path.parent.name, path.stem, json.loads(path.read_text())) for path in paths]


def every_example(*topics: str) -> Sequence[Any]:
    """For pytest.mark.parametrize: the examples of these topics (default: all), each under its name."""
    found = [example for topic in topics or (None,) for example in examples(topic)]
    return [pytest.param(example, id=f"{example.topic}/{example.name}") for example in found]

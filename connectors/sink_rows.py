"""Which row of which table does a message on our topics become? Pure: bytes in, a row or a named reason out.

Reads findings, facts, draft.requests and the headers of dead.letters. Must never look into a dead letter's value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import ValidationError

from schemas.codec import codec
from schemas.dead_letter import DeadLetter
from schemas.draft_fact import DraftFact
from schemas.draft_request import DraftRequest
from schemas.evaluation_fact import EvaluationFact
from schemas.evidence import EVIDENCE
from schemas.facts import FACTS
from schemas.finding import Finding
from schemas.reasons import Poison, Reason
from schemas.record import Schema
from schemas.topics import DEAD_LETTERS, DRAFT_FACTS, DRAFT_REQUESTS, EVALUATION_FACTS, FINDINGS, HEADER_DEAD_LETTER
from schemas.topics import EVIDENCE as EVIDENCE_TOPIC
from schemas.topics import FACTS as FACTS_TOPIC
from schemas.wrong_fields import where_of

TABLES: Final[dict[str, type[Schema]]] = {
    "fact_finding": Finding,
    **FACTS,
    **EVIDENCE,
    "fact_draft_request": DraftRequest,
    "fact_draft": DraftFact,
    "fact_evaluation": EvaluationFact,
    "fact_dead_letter": DeadLetter,
}
"""Table → the model whose fields are its columns."""
COLUMNS: Final = {table: tuple(model.model_fields) for table, model in TABLES.items()}
_WHOLE: Final = {
    FINDINGS.name: "fact_finding",
    DRAFT_REQUESTS.name: "fact_draft_request",
    DRAFT_FACTS.name: "fact_draft",
    EVALUATION_FACTS.name: "fact_evaluation",
}
TOPICS: Final = (*_WHOLE, FACTS_TOPIC.name, EVIDENCE_TOPIC.name, DEAD_LETTERS.name)

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2299, 12, 31)
_LARGEST = 2**63 - 1

Headers = Iterable[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row, its values in the order of COLUMNS. `repr` shows none of them."""

    table: str
    values: tuple[Any, ...] = field(repr=False)


def row_of(topic: str, value: bytes | None, headers: Headers = ()) -> TableRow:
    """The row a message becomes. Raises Poison if nobody can read it or ClickHouse could not hold it."""
    if topic == DEAD_LETTERS.name:
        return row_of_record("fact_dead_letter", _letter(headers))
    if topic == FACTS_TOPIC.name:
        return _fact(topic, value, FACTS)
    if topic == EVIDENCE_TOPIC.name:
        return _fact(topic, value, EVIDENCE)
    return row_of_record(_WHOLE[topic], codec(topic).decode(value))


def row_of_record(table: str, record: Schema) -> TableRow:
    """The row of one record. Raises Poison for a value that its column cannot hold."""
    return TableRow(table, tuple(_cell(name, getattr(record, name)) for name in COLUMNS[table]))


def _fact(topic: str, value: bytes | None, models: Mapping[str, type[Schema]]) -> TableRow:
    raw = codec(topic).decode_plain(value)
    table = raw.get("table")
    if not isinstance(table, str) or table not in models:
        raise Poison(Reason.UNKNOWN_ENTITY, "table")
    try:
        # by the table it names: several facts have the same fields, so the row alone does not say what it is
        record = models[table].model_validate(raw.get("row"))
    except ValidationError as error:
        raise Poison(Reason.IMPOSSIBLE_VALUE, where_of(error)) from None
    return row_of_record(table, record)


def _letter(headers: Headers) -> DeadLetter:
    for name, raw in headers:
        if name == HEADER_DEAD_LETTER and raw is not None:
            try:
                return DeadLetter.model_validate_json(raw)
            except ValidationError as error:
                raise Poison(Reason.IMPOSSIBLE_VALUE, where_of(error)) from None
    raise Poison(Reason.UNDECODABLE, "header")


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and not (0 if name == "version" else -_LARGEST) <= value <= _LARGEST:
        raise Poison(Reason.IMPOSSIBLE_VALUE, f"{name}: out of range")
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
        if not _FIRST_DAY <= value.date() <= _LAST_DAY:
            raise Poison(Reason.IMPOSSIBLE_VALUE, f"{name}: out of range")
    elif isinstance(value, date) and not _FIRST_DAY <= value <= _LAST_DAY:
        raise Poison(Reason.IMPOSSIBLE_VALUE, f"{name}: out of range")
    return list(value) if isinstance(value, tuple) else value

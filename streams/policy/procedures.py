"""What may a procedure code be used for on a day? The rows of procedure-codes.json, typed."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import orjson

_FILE = Path(__file__).parent / "procedure-codes.json"


@dataclass(frozen=True, slots=True)
class Procedure:
    """One code, while it holds. `least_minutes` and `most_minutes`: elapsed minutes for which it is right."""

    code: str
    family: str
    from_: date
    to: date | None
    least_minutes: int | None
    most_minutes: int | None
    each_further_minutes: int | None
    add_on_to: frozenset[str]
    never_with: frozenset[str]
    programs: frozenset[str]
    substance_use_only: bool

    def fits(self, minutes: int) -> bool:
        """A visit of that length is neither too short nor too long for the code."""
        too_short = self.least_minutes is not None and minutes < self.least_minutes
        too_long = self.most_minutes is not None and minutes > self.most_minutes
        return not too_short and not too_long


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(_FILE.read_bytes())
    return document


@cache
def _procedures() -> dict[str, tuple[Procedure, ...]]:
    rows: dict[str, tuple[Procedure, ...]] = {}
    for item in _document()["codes"]:
        least, most = item.get("minutes", (None, None))
        procedure = Procedure(
            code=item["code"],
            family=item["family"],
            from_=date.fromisoformat(item["from"]),
            to=None if item.get("to") is None else date.fromisoformat(item["to"]),
            least_minutes=least,
            most_minutes=most,
            each_further_minutes=item.get("each_further_minutes"),
            add_on_to=frozenset(item.get("add_on_to", ())),
            never_with=frozenset(item.get("never_with", ())),
            programs=frozenset(item.get("programs", ())),
            substance_use_only=item.get("substance_use_only", False),
        )
        rows[procedure.code] = (*rows.get(procedure.code, ()), procedure)
    return rows


def procedure_on(code: str | None, day: date) -> Procedure | None:
    """The code as it stood on a day; None for a code nothing is known of."""
    for procedure in _procedures().get(code or "", ()):
        if procedure.from_ <= day and (procedure.to is None or day <= procedure.to):
            return procedure
    return None


def _codes_of(*families: str) -> frozenset[str]:
    return frozenset(code for code, rows in _procedures().items() if any(row.family in families for row in rows))


INDIVIDUAL_CODES = _codes_of("individual")
FAMILY_CODES = _codes_of("family")
CRISIS_CODES = _codes_of("crisis")
GROUP_CODES = _codes_of("group", "multi_family")
EVALUATION_CODES = _codes_of("evaluation")
PSYCHOTHERAPY_CODES = _codes_of("individual", "individual_with_em", "family", "crisis", "group", "multi_family")
ADD_ON_CODES = frozenset(code for code, rows in _procedures().items() if any(row.add_on_to for row in rows))
SUBSTANCE_USE_CODES = frozenset(c for c, rows in _procedures().items() if any(row.substance_use_only for row in rows))

DISTINCT_SERVICE_MODIFIERS: frozenset[str] = frozenset(_document()["modifiers"]["distinct_service"]["values"])
TELEHEALTH_MODIFIERS: frozenset[str] = frozenset(_document()["modifiers"]["telehealth"]["values"])
LEVEL_OF_MODIFIER: dict[str, str] = dict(_document()["modifiers"]["level"]["values"])

"""What may a procedure code be used for on a day? The rows of procedure_codes.csv and modifiers.csv, typed."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from streams.policy.rows import ModifierMeaning, ProcedureCode
from streams.policy.tables import defaults


@dataclass(frozen=True, slots=True)
class Procedure:
    """One code, while it holds. `least_minutes` and `most_minutes`: elapsed minutes for which it is right."""

    code: str
    family: str
    from_: date | None
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

    def holds_on(self, day: date) -> bool:
        """There was such a code on that day."""
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)


@cache
def _procedures() -> dict[str, tuple[Procedure, ...]]:
    rows: dict[str, tuple[Procedure, ...]] = {}
    for row in defaults()[ProcedureCode.TABLE]:
        assert isinstance(row, ProcedureCode)
        procedure = Procedure(
            code=row.code,
            family=row.family,
            from_=row.from_,
            to=row.to,
            least_minutes=row.least_minutes,
            most_minutes=row.most_minutes,
            each_further_minutes=row.each_further_minutes,
            add_on_to=frozenset(row.add_on_to),
            never_with=frozenset(row.never_with),
            programs=frozenset(row.programs),
            substance_use_only=row.substance_use_only,
        )
        rows[procedure.code] = (*rows.get(procedure.code, ()), procedure)
    return rows


def procedure_on(code: str | None, day: date) -> Procedure | None:
    """The code as it stood on a day; None for a code nothing is known of."""
    return next((procedure for procedure in _procedures().get(code or "", ()) if procedure.holds_on(day)), None)


def known_codes() -> frozenset[str]:
    """Every code the tables know."""
    return frozenset(_procedures())


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


def _modifiers(says: str) -> dict[str, str]:
    rows = (row for row in defaults()[ModifierMeaning.TABLE] if isinstance(row, ModifierMeaning))
    return {row.modifier: row.meaning or "" for row in rows if row.says == says}


DISTINCT_SERVICE_MODIFIERS: frozenset[str] = frozenset(_modifiers("distinct_service"))
TELEHEALTH_MODIFIERS: frozenset[str] = frozenset(_modifiers("telehealth"))
LEVEL_OF_MODIFIER: dict[str, str] = _modifiers("level")

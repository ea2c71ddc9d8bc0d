"""Which fields of a record were wrong? Said without what stood in them."""

from functools import cache

from pydantic import BaseModel, ValidationError


def where_of(error: ValidationError) -> str:
    """Which fields were wrong and how, without what stood in them; the key of a map is what stood there, too."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)[:5]
    return "; ".join(f"{'.'.join(_step(step) for step in problem['loc'])}: {problem['type']}" for problem in problems)


def _step(step: int | str) -> str:
    return str(step) if isinstance(step, int) or step in _field_names() else "*"


@cache
def _field_names() -> frozenset[str]:
    names: set[str] = set()
    models = [BaseModel]
    while models:
        model = models.pop()
        models += model.__subclasses__()
        names |= {name for field, info in model.model_fields.items() for name in (field, info.alias) if name}
    return frozenset(names)

"""What can a schema hold? Hypothesis strategies made from its pydantic fields, nested records and bounds included."""

import types
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Lt
from hypothesis import strategies as st
from pydantic import AfterValidator

from schemas.care import ENTITIES, PARTS
from schemas.change import Change, ChangeSet, Part
from schemas.evidence import EVIDENCE, Evidence
from schemas.facts import FACTS, Fact
from schemas.record import Schema, _money

_INSTANTS = st.datetimes(
    datetime(1900, 1, 2),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2200, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=45)))),
)
_DAYS = st.dates(date(1850, 1, 1), date(2300, 12, 31))
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters=[chr(code) for code in range(32)]), max_size=12)
_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
_AMOUNTS = st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,2})?", fullmatch=True)


@cache
def instances(model: type[Schema]) -> st.SearchStrategy[Any]:
    """Instances of one schema; every optional field is sometimes there and sometimes not."""
    if model is ChangeSet:
        return st.builds(ChangeSet, practice_id=_TEXTS, now=_INSTANTS, changes=st.lists(changes(), max_size=3))
    if model is Fact:
        return st.sampled_from(sorted(FACTS)).flatmap(
            lambda table: st.builds(Fact, practice_id=_TEXTS, table=st.just(table), row=instances(FACTS[table]))
        )
    if model is Evidence:
        return st.sampled_from(sorted(EVIDENCE)).flatmap(
            lambda table: st.builds(Evidence, practice_id=_TEXTS, table=st.just(table), row=instances(EVIDENCE[table]))
        )
    fields = {name: _of(info.annotation, tuple(info.metadata)) for name, info in model.model_fields.items()}
    return st.builds(model, **fields)


@cache
def changes() -> st.SearchStrategy[Change]:
    """Changes of every entity and of every list that may come element by element; deletes among them."""
    kinds: list[tuple[str, str | None, type[Schema]]] = [(entity, None, model) for entity, model in ENTITIES.items()]
    kinds += [(entity, list_, model) for (entity, list_), model in PARTS.items()]
    return st.sampled_from(kinds).flatmap(lambda kind: change_strategy(*kind))


@cache
def change_strategy(entity: str, list_: str | None, model: type[Schema]) -> st.SearchStrategy[Change]:
    """Changes of one entity, or of one of its lists."""
    return st.builds(
        lambda at, id_, rev, key, snapshot, data: Change(
            at=at,
            entity=entity,
            op="delete" if data is None else "update",
            id=id_,
            rev=rev,
            part=None if list_ is None else Part(list=list_, key=key),
            snapshot=snapshot,
            data=data,
        ),
        _INSTANTS,
        _TEXTS,
        st.integers(0, 2**63 - 1),
        _TEXTS,
        st.booleans(),
        st.one_of(st.none(), instances(model), instances(model)),
    )


def _of(annotation: Any, metadata: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        first, *more = get_args(annotation)
        return _of(first, (*more, *metadata))
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if origin in (Union, types.UnionType):
        return st.one_of(*(_of(member, ()) for member in get_args(annotation)))
    if origin is tuple:
        return st.lists(_of(get_args(annotation)[0], ()), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(_TEXTS, _of(get_args(annotation)[1], ()), max_size=2)
    if annotation is type(None):
        return st.none()
    if isinstance(annotation, type) and issubclass(annotation, Schema):
        return instances(annotation)
    if annotation is str:
        is_money = any(isinstance(item, AfterValidator) and item.func is _money for item in metadata)
        return _AMOUNTS if is_money else _TEXTS
    if annotation is int:
        low = next((int(str(item.ge)) for item in metadata if isinstance(item, Ge)), -(2**63))
        high = next((int(str(item.lt)) for item in metadata if isinstance(item, Lt)), 2**63)
        return st.integers(low, high - 1)
    simple: dict[Any, st.SearchStrategy[Any]] = {bool: st.booleans(), float: _NUMBERS, datetime: _INSTANTS, date: _DAYS}
    return simple[annotation]

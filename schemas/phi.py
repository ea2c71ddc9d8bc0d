"""How sensitive is a field? Every field of every schema carries one class, in Python and in Avro alike.

Identifiers never reach a model, a metric label, a log line, a notification, ClickHouse or a dead letter's header.
"""

from enum import StrEnum
from typing import get_args

from pydantic import BaseModel


class Phi(StrEnum):
    """The class of a field, from harmless to most sensitive handling."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    IDENTIFIER = "identifier"
    CLINICAL = "clinical"


class UntaggedFieldError(TypeError):
    """A schema field without a PHI class; raised when schemas are generated, never at run time."""


def phi_of(model: type[BaseModel], field: str) -> Phi | None:
    """The PHI class of one field; None for a nested record, whose own fields carry theirs.

    Raises UntaggedFieldError if neither the field nor what it contains says what it is.
    """
    info = model.model_fields[field]
    classes = _classes((info.annotation, *info.metadata))
    if classes:
        return max(classes, key=list(Phi).index)
    if _nested_models(info.annotation):
        return None
    raise UntaggedFieldError(f"{model.__name__}.{field} has no PHI class")


def _classes(annotation: object) -> set[Phi]:
    if isinstance(annotation, Phi):
        return {annotation}
    parts = (
        annotation
        if isinstance(annotation, tuple)
        else (*get_args(annotation), *getattr(annotation, "__metadata__", ()))
    )
    return {phi for part in parts for phi in _classes(part)}


def _nested_models(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_nested_models(part) for part in get_args(annotation))

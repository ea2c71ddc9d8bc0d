"""Which consent forms are there, in which language and version? Read from templates/*.toml and checked.

A form that is missing in a person's language is given in English, and says that it needs review with an interpreter.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

FOLDER = Path(__file__).parent / "templates"
FALLBACK = "en"


class FormTemplateError(RuntimeError):
    """A template is not one; names the file and the place."""


class Block(BaseModel):
    """One part of a form. `element`: the element of a law's list that it is (42 CFR 2.31, notice of AI)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    heading: str = ""
    text: str = ""
    list: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    element: str = ""
    notice: bool = False


class FormTemplate(BaseModel):
    """One form in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: str
    version: str
    language: str
    title: str
    source: str
    block: tuple[Block, ...]

    @property
    def elements(self) -> tuple[str, ...]:
        """The elements it contains, in order."""
        return tuple(block.element for block in self.block if block.element)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The form for a person. `needs_review`: it is not in the person's language."""

    template: FormTemplate
    sha256: str
    needs_review: bool


@cache
def templates(folder: Path = FOLDER) -> dict[tuple[str, str], tuple[FormTemplate, str]]:
    """(kind, language) → the form and the hash of its text. Raises FormTemplateError."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        body = path.read_bytes()
        try:
            form = FormTemplate.model_validate(tomllib.loads(body.decode()))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FormTemplateError(f"{path.name}: not TOML ({error})") from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise FormTemplateError(f"{path.name}: {place}: {first['msg']}") from None
        if path.name != f"{form.kind}.{form.language}.toml":
            raise FormTemplateError(f"{path.name}: is a form of kind {form.kind} in {form.language}; name it so")
        found[form.kind, form.language] = (form, sha256(body).hexdigest())
    return found


def form_for(kind: str, language: str | None) -> Chosen | None:
    """The form of a kind in a person's language, else in English; None for a kind there is no form of."""
    wanted = (language or FALLBACK).replace("_", "-").split("-")[0].casefold()
    known = templates()
    found = known.get((kind, wanted)) or known.get((kind, FALLBACK))
    if found is None:
        return None
    form, digest = found
    return Chosen(form, digest, form.language != wanted)

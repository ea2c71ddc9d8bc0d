"""May these bytes leave? Looks at the exact request for any known identifier, however it is escaped. Pure.

A leak names its class and its place, never its value.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import orjson

from streams.drafting.deidentify.finding import Finder
from streams.drafting.deidentify.folding import plain
from streams.drafting.deidentify.known import PEOPLE
from streams.drafting.deidentify.reading import Reading
from streams.drafting.deidentify.tokens import TOKEN, Kind

MAX_REQUEST_BYTES: Final = 16 * 1024 * 1024
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrtbf])|(.))")
_PERCENT: Final = re.compile(r"%[0-9a-fA-F]{2}")
_MARKUP: Final = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")
_NOT_A_TEXT: Final = frozenset(("model",))


@dataclass(frozen=True, slots=True)
class Leak:
    """An identifier that is still in a request: of which class, and where ("messages[1].content at 812")."""

    kind: Kind
    where: str


def leaks_in(
    request: bytes, finder: Finder, trusted: tuple[str, ...], counted: frozenset[str] = frozenset()
) -> tuple[Leak, ...]:
    """Every known identifier, contact detail and date in the request; one that cannot be read is itself a leak.

    `counted` are the session's turn numbers: standing alone they are no year and no number of anybody's.
    """
    if len(request) > MAX_REQUEST_BYTES:
        return (Leak(Kind.TEXT, "request: too large to be looked through"),)
    try:
        text = request.decode("utf-8")
    except UnicodeDecodeError:
        return (Leak(Kind.TEXT, "request: not UTF-8"),)
    try:
        strings = list(_strings(orjson.loads(request), ""))
    except orjson.JSONDecodeError:
        strings = list(_of_lines(text))
    found: dict[tuple[Kind, str], Leak] = {}
    once: dict[str, str] = {}
    for where, string in strings:
        once.setdefault(string, where)  # ids, keys and speakers come again and again
    for string, where in once.items():
        for form in _forms(string):
            for kind, at in _leaks_of(form, finder, trusted, known_only=form in counted):
                leak = Leak(kind, f"{where} at {at}")
                found.setdefault((kind, leak.where), leak)
    return tuple(found.values())


def _leaks_of(text: str, finder: Finder, trusted: tuple[str, ...], *, known_only: bool) -> Iterator[tuple[Kind, int]]:
    text = plain(text)
    for constant in trusted:
        if constant and constant in text:
            text = text.replace(constant, " " * len(constant))
    text = TOKEN.sub(lambda match: " " * len(match[0]), text)
    yield from ((span.kind, span.start) for span in finder.certain_names(text))
    at = 0
    for line in text.split("\n"):
        for span in finder.spans(Reading(line), known_only=True):
            if span.token is not None or (span.kind not in PEOPLE and not known_only):
                yield span.kind, at + span.start
        at += len(line) + 1


def _strings(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text in the request, keys included, with its place; numbers as texts."""
    stack = [(value, where)]
    while stack:
        value, where = stack.pop()
        if isinstance(value, str):
            inner = _nested(value)
            if inner is None:
                yield where or "request", value
            else:
                stack.append((inner, where or "request"))
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key in _NOT_A_TEXT and not where:
                    continue
                yield f"{where}.<key>" if where else "<key>", key
                stack.append(
                    (
                        inner,
                        f"{where}.{key}"
                        if where and key.isidentifier()
                        else key
                        if key.isidentifier()
                        else f"{where}.…",
                    )
                )
        elif isinstance(value, list):
            stack += [(inner, f"{where}[{n}]") for n, inner in enumerate(value)]
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 100_000:
            yield where, str(value)


def _of_lines(text: str) -> Iterator[tuple[str, str]]:
    """A text to be read by people: lines that are themselves JSON are read as such, the rest as it stands."""
    kept: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        inner = _nested(line)
        kept.append(line if inner is None else "")
        if inner is not None:
            yield from _strings(inner, f"line {number}")
    yield "request", "\n".join(kept)


def _nested(text: str) -> Any:
    """What a text holds that is itself JSON (an object or a list); None if it is not."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _forms(text: str) -> Iterator[str]:
    """The text, and what it says once its escapes are undone, up to three deep."""
    seen = {text}
    yield text
    for _ in range(3):
        undone = _undone(text)
        if undone in seen:
            return
        seen.add(undone)
        yield undone
        text = undone


_CONTROL: Final = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": "\n"}


def _undone(text: str) -> str:
    if "\\" in text:
        text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _CONTROL.get(m[2] or "", m[3] or ""), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if _PERCENT.search(text):
        text = unquote(text)
    if _MARKUP.search(text):
        text = html.unescape(text)
    return text

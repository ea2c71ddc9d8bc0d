"""Where in a text is something to take out, and how do overlapping places become one? Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from streams.drafting.deidentify.tokens import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a plain text. `token` if it is a known identifier; `key` decides which unknown ones are the same."""

    start: int
    end: int
    kind: Kind
    token: str | None = None
    key: str = ""


def without_overlap(spans: Iterable[Span]) -> list[Span]:
    """In order, none overlapping: the earlier and longer wins and swallows what it touches."""
    ordered = sorted(spans, key=lambda span: (span.start, -span.end, span.token is None))
    kept: list[Span] = []
    for span in ordered:
        if kept and span.start < kept[-1].end:
            last = kept[-1]
            if span.end > last.end:
                kept[-1] = Span(last.start, span.end, last.kind, last.token, last.key)
            continue
        kept.append(span)
    return kept

"""How is X12 written and taken apart: segments, elements, delimiters? The envelope's own words, nothing about claims.

Pure. Must never let a value through that holds a delimiter, nor quote a value in an error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

ELEMENT, COMPONENT, REPETITION, SEGMENT_END = "*", ":", "^", "~"
MAX_FILE_CHARACTERS = 64 * 1024 * 1024
_ISA_LENGTH = 106
_DELIMITERS = frozenset((ELEMENT, COMPONENT, REPETITION, SEGMENT_END))

Value = str | int | None | Sequence[str | int | None]
"""An element; a sequence is a composite of components."""


class NotX12(ValueError):
    """The text is no X12 interchange; says where and why, never what stands there."""


class Unsendable(ValueError):
    """A value that X12 cannot carry; names the segment and element, never the value."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. Elements count from 1 as in X12; what is not there reads as an empty text."""

    id: str
    elements: tuple[str, ...]
    components_by: str = COMPONENT
    number: int = 0
    """Its place in the file, ISA being 1."""

    def get(self, element: int) -> str:
        """An element as a whole."""
        return self.elements[element - 1] if element <= len(self.elements) else ""

    def part(self, element: int, component: int) -> str:
        """A component of a composite element."""
        parts = self.get(element).split(self.components_by)
        return parts[component - 1] if component <= len(parts) else ""

    def parts(self, element: int) -> tuple[str, ...]:
        """Every component of an element; none of an empty one."""
        text = self.get(element)
        return tuple(text.split(self.components_by)) if text else ()


def segments_of(text: str) -> Iterator[Segment]:
    """Every segment of an interchange, with the delimiters that its ISA declares. Raises NotX12."""
    text = text.lstrip("\ufeff \t\r\n")
    if len(text) > MAX_FILE_CHARACTERS:
        raise NotX12(f"larger than {MAX_FILE_CHARACTERS // 2**20} million characters")
    if not text.startswith("ISA") or len(text) < _ISA_LENGTH:
        raise NotX12("does not begin with an ISA segment of 106 characters")
    element, component, end = text[3], text[104], text[105]
    if len({element, component, end}) < 3 or text[:_ISA_LENGTH].count(element) != 16 or element.isalnum():
        raise NotX12("the ISA segment does not declare its delimiters")
    number = 0
    for raw in text.split(end):
        line = raw.strip("\r\n ") if not raw.startswith("ISA") else raw.strip("\r\n")
        if not line:
            continue
        number += 1
        id_, *elements = line.split(element)
        if not 2 <= len(id_) <= 3 or not id_.isalnum():
            raise NotX12(f"segment {number} has no name")
        yield Segment(id_, tuple(elements), component, number)


@dataclass(slots=True)
class Writer:
    """Segments in the order they are written."""

    lines: list[str] = field(default_factory=list)

    def add(self, id_: str, *elements: Value) -> int:
        """Write one segment; trailing empty elements are left out. Answers its place, the first being 1.

        Raises Unsendable.
        """
        texts = [_element(id_, place, value) for place, value in enumerate(elements, 1)]
        while texts and not texts[-1]:
            texts.pop()
        self.lines.append(ELEMENT.join((id_, *texts)) + SEGMENT_END)
        return len(self.lines)

    def isa(self, *elements: str) -> None:
        """The interchange header: fixed widths, delimiters as elements."""
        widths = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
        for place, (text, width) in enumerate(zip(elements, widths, strict=True), 1):
            free = place not in (11, 16) and bool(_DELIMITERS & set(text))
            if len(text) != width or free or not text.isascii():
                raise Unsendable(f"ISA{place:02}")
        self.lines.append(ELEMENT.join(("ISA", *elements)) + SEGMENT_END)

    def text(self) -> str:
        """The file: one segment a line."""
        return "".join(f"{line}\n" for line in self.lines)


def _element(segment: str, place: int, value: Value) -> str:
    if isinstance(value, (str, int)) or value is None:
        return _plain(segment, place, value)
    parts = [_plain(segment, place, part) for part in value]
    while parts and not parts[-1]:
        parts.pop()
    return COMPONENT.join(parts)


def _plain(segment: str, place: int, value: str | int | None) -> str:
    text = "" if value is None else str(value)
    if _DELIMITERS & set(text) or not (text.isascii() and text.isprintable()) or text != text.strip():
        raise Unsendable(f"{segment}{place:02}")
    return text


# --- the kinds of value ------------------------------------------------------------------------------------------


def amount(cents: int) -> str:
    """Cents as a decimal of dollars without needless zeros: 6000 → "60", 6050 → "60.5"."""
    sign, whole, rest = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    return f"{sign}{whole}" + (f".{rest:02}".rstrip("0") if rest else "")


def cents_of(text: str, where: str) -> int:
    """A decimal of dollars as cents. Raises NotX12."""
    try:
        value = Decimal(text or "0") * 100
        if not value.is_finite() or value != value.to_integral_value() or abs(value) >= 10**12:
            raise NotX12(f"{where}: not an amount of dollars and cents")
        return int(value)
    except InvalidOperation:
        raise NotX12(f"{where}: not an amount") from None


def day(value: date) -> str:
    """CCYYMMDD."""
    return value.strftime("%Y%m%d")


def day_of(text: str, where: str) -> date:
    """A date CCYYMMDD (of a span its first day). Raises NotX12."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise NotX12(f"{where}: not a date") from None


def count_of(text: str, where: str) -> int:
    """A whole number. Raises NotX12."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotX12(f"{where}: not a whole number")
    return int(text)

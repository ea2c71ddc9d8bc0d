"""Is this an ICD-10-CM code that could be billed on that day? Reads the code list of the simple_icd_10_cm package.

Lazily, once, into half a megabyte: importing the package itself would parse 10 MB of XML (7 s and 180 MB, measured).
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import orjson

_EDITIONS = Path(__file__).parent / "icd10cm-editions.json"
_WIDTH = 7


class CodeStatus(StrEnum):
    """What the edition in force on a day says of a code."""

    BILLABLE = "billable"
    HEADER = "header"  # has more specific codes below it, so it cannot be billed
    NOT_IN_EDITION = "not in the edition in force"
    EDITION_NOT_LOADED = "edition not loaded"  # the day lies past the newest edition, and that does not know the code


@dataclass(frozen=True)
class _Edition:
    name: str
    from_: date
    to: date
    besides: frozenset[str]
    not_yet: frozenset[str]


@dataclass(frozen=True)
class _CodeList:
    current: _Edition
    earlier: tuple[_Edition, ...]
    every_code: bytes
    """Every category and subcategory of the current edition, sorted, each padded to seven characters."""

    def has_children(self, code: str) -> bool:
        following = self._after(code)
        return following is not None and following.startswith(code) and following != code

    def is_leaf(self, code: str) -> bool:
        following = self._after(code)
        return following is not None and not following.startswith(code)

    def _after(self, code: str) -> str | None:
        """The code that follows in the list; None if this one is not in it."""
        rows = _Rows(self.every_code)
        at = bisect_left(rows, code)
        if at >= len(rows) or rows[at] != code:
            return None
        return rows[at + 1] if at + 1 < len(rows) else "~"


@dataclass(frozen=True)
class _Rows:
    text: bytes

    def __len__(self) -> int:
        return len(self.text) // _WIDTH

    def __getitem__(self, row: int) -> str:
        return self.text[row * _WIDTH : (row + 1) * _WIDTH].decode().rstrip()


@cache
def _code_list() -> _CodeList:
    spec = find_spec("simple_icd_10_cm")
    folders = [] if spec is None else spec.submodule_search_locations or []
    files = sorted(file for folder in folders for file in (Path(folder) / "data").glob("code-list-*.txt"))
    if not files:
        raise FileNotFoundError("simple_icd_10_cm brings no code list")
    lines = files[-1].read_text("utf-8-sig").upper().splitlines()
    words = {line.split(maxsplit=1)[0] for line in lines if line and not line.isspace()}
    # chapters are plain numbers and blocks are ranges; neither is a code
    codes = sorted({word.replace(".", "") for word in words if "-" not in word and not word.isdigit()})
    document = orjson.loads(_EDITIONS.read_bytes())
    return _CodeList(
        current=_edition(document["current"]),
        earlier=tuple(_edition(item) for item in document["earlier"]),
        every_code="".join(code.ljust(_WIDTH) for code in codes).encode(),
    )


def _edition(item: dict[str, str]) -> _Edition:
    return _Edition(
        name=item["name"],
        from_=date.fromisoformat(item["from"]),
        to=date.fromisoformat(item["to"]),
        besides=frozenset(item.get("besides", "").split()),
        not_yet=frozenset(item.get("not_yet", "").split()),
    )


def plain(code: str) -> str:
    """A code as it is compared: upper case, no dot, no spaces."""
    return code.strip().replace(".", "").upper()


def newest_edition() -> tuple[str, date]:
    """Name and last day of the newest edition there is."""
    current = _code_list().current
    return current.name, current.to


def was_billable_earlier(code: str) -> bool:
    """It was a billable code in some earlier edition and is none in the newest."""
    return any(plain(code) in edition.besides for edition in _code_list().earlier)


@lru_cache(maxsize=8192)
def status_on(code: str, day: date) -> CodeStatus:
    """What the edition in force on `day` says of the code. Between two loaded editions a code of either counts."""
    codes, wanted = _code_list(), plain(code)
    if day > codes.current.to:
        if codes.is_leaf(wanted):
            return CodeStatus.BILLABLE
        return CodeStatus.HEADER if codes.has_children(wanted) else CodeStatus.EDITION_NOT_LOADED
    if any(_billable_in(edition, wanted, codes) for edition in _in_force(codes, day)):
        return CodeStatus.BILLABLE
    return CodeStatus.HEADER if codes.has_children(wanted) else CodeStatus.NOT_IN_EDITION


def _in_force(codes: _CodeList, day: date) -> list[_Edition]:
    editions = (*codes.earlier, codes.current)
    exact = [edition for edition in editions if edition.from_ <= day <= edition.to]
    if exact:
        return exact
    before = [edition for edition in editions if edition.to < day]
    after = [edition for edition in editions if edition.from_ > day]
    return before[-1:] + after[:1]


def _billable_in(edition: _Edition, code: str, codes: _CodeList) -> bool:
    if code in edition.besides:
        return True
    return codes.is_leaf(code) and code not in edition.not_yet


def in_range(code: str, first: str, last: str) -> bool:
    """The code's category lies between two categories, both included: `in_range("F10.20", "F10", "F19")`."""
    category = plain(code)[:3]
    return first <= category <= last

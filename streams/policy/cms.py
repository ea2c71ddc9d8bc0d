"""What do the public CMS edit files say of the codes we know? NCCI procedure pairs and medically unlikely edits.

Reads the text layouts CMS publishes (tab- or comma-separated, whatever stands above the table), writes policy rows.
Source: CMS, National Correct Coding Initiative, practitioner PTP edits and MUE tables; they name codes, no descriptors.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from streams.policy.procedures import known_codes
from streams.policy.rows import CodePair, UnitLimit

MAX_FILE_BYTES = 512 * 1024 * 1024
_CODE = re.compile(r"[0-9A-Z]{4}[0-9A-Z]")
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)|(\d{1,2})/(\d{1,2})/(\d{4})")
_NO_DATE = frozenset({"", "*", "0", "99999999"})


class NotACmsFile(ValueError):
    """The file is not of the published layout; the text says where."""


@dataclass(frozen=True, slots=True)
class PairRow:
    """One edit as CMS publishes it: column 2 is not paid beside column 1."""

    column1: str
    column2: str
    effective: date
    deleted: date | None
    indicator: int
    rationale: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One MUE: units of a code for a patient and day; `mai` 1 = a claim line, 2 and 3 = a day."""

    code: str
    units: int
    mai: str
    rationale: str


def read_pairs(path: Path) -> Iterator[PairRow]:
    """The rows of an NCCI PTP file: column 1, column 2, *=before 1996, effective, deletion (*=none), modifier
    indicator, rationale. Raises NotACmsFile for a file with no such row, or a broken one."""
    found = False
    for number, cells in _cells(path):
        if len(cells) < 6 or not (_CODE.fullmatch(cells[0]) and _CODE.fullmatch(cells[1])):
            if found and any(cells):
                raise NotACmsFile(f"{path.name} line {number}: not a row of code pairs")
            continue
        effective, deleted = _day(cells[3], path, number), _day(cells[4], path, number)
        if effective is None or cells[5][:1] not in ("0", "1", "9"):
            raise NotACmsFile(f"{path.name} line {number}: no effective date or modifier indicator")
        found = True
        rationale = cells[6] if len(cells) > 6 else ""
        yield PairRow(cells[0], cells[1], effective, deleted, int(cells[5][0]), rationale)
    if not found:
        raise NotACmsFile(f"{path.name}: no row of code pairs; expected the CMS practitioner PTP file as text or CSV")


def read_limits(path: Path) -> Iterator[LimitRow]:
    """The rows of an MUE file: code, value, adjudication indicator, rationale. Raises NotACmsFile."""
    found = False
    for number, cells in _cells(path):
        if len(cells) < 3 or not _CODE.fullmatch(cells[0]) or not cells[1].isdigit():
            if found and any(cells):
                raise NotACmsFile(f"{path.name} line {number}: not a row of unit limits")
            continue
        if cells[2][:1] not in ("1", "2", "3"):
            raise NotACmsFile(f"{path.name} line {number}: no adjudication indicator")
        found = True
        yield LimitRow(cells[0], int(cells[1]), cells[2][0], cells[3] if len(cells) > 3 else "")
    if not found:
        raise NotACmsFile(f"{path.name}: no row of unit limits; expected the CMS practitioner MUE file as text or CSV")


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotACmsFile(f"{path.name}: larger than {MAX_FILE_BYTES // 2**20} MiB")
        if path.read_bytes()[:2] == b"PK":
            raise NotACmsFile(f"{path.name}: a workbook or ZIP; unpack it, or save the sheet as CSV")
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            sample = file.read(65_536)
            file.seek(0)
            delimiter = "\t" if sample.count("\t") > sample.count(",") else ","
            reader = csv.reader(file, delimiter=delimiter)
            for cells in reader:
                yield reader.line_num, [cell.strip() for cell in cells]
    except (OSError, csv.Error) as error:
        raise NotACmsFile(f"{path.name}: cannot be read ({type(error).__name__})") from None


def _day(text: str, path: Path, number: int) -> date | None:
    if text in _NO_DATE:
        return None
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        year, month, day, us_month, us_day, us_year = match.groups()
        return date(int(year or us_year), int(month or us_month), int(day or us_day))
    except ValueError:
        raise NotACmsFile(f"{path.name} line {number}: not a date") from None


def code_pairs(rows: Iterable[PairRow], source: str, *, every_code: bool = False) -> tuple[CodePair, ...]:
    """Policy rows of the pairs whose two codes we know (or of all). The modifier goes on column 2.

    Indicator 9 (not applicable: the edit is void from its first day) gives no row. Sorted; of one pair with several
    spans each stands once.
    """
    known = known_codes()
    found: dict[tuple[str, str, date], CodePair] = {}
    for row in rows:
        if row.indicator == 9 or (row.deleted is not None and row.deleted < row.effective):
            continue
        if not every_code and not (row.column1 in known and row.column2 in known):
            continue
        found[row.column1, row.column2, row.effective] = CodePair(
            col1=row.column1,
            col2=row.column2,
            indicator=row.indicator,
            modifier_on="col2",
            from_=row.effective,
            to=row.deleted,
            source=source,
            mark="verified",
        )
    return tuple(found[key] for key in sorted(found))


def unit_limits(
    rows: Iterable[LimitRow], source: str, from_: date, to: date | None = None, *, every_code: bool = False
) -> tuple[UnitLimit, ...]:
    """Policy rows of the limits of codes we know (or of all), for the quarter the file is of. Sorted by code."""
    known = known_codes()
    found = {
        row.code: UnitLimit(
            code=row.code, units_per_day=row.units, mai=row.mai, from_=from_, to=to, source=source, mark="verified"
        )
        for row in rows
        if every_code or row.code in known
    }
    return tuple(found[code] for code in sorted(found))

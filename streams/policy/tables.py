"""Where do policy tables come from? Folders of CSV files, or the `tables` of a policy document; each row validated.

A wrong row is named with its file and line (or its place in the document), never its content. Reads files, writes none.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from streams.policy.rows import ROWS, Row

DEFAULTS = Path(__file__).parent / "tables"
"""The tables that hold for every practice which says nothing else."""
MAX_ROWS = 20_000
_COMMON = ("from", "to", "source", "mark")


class WrongTables(ValueError):
    """At least one row is wrong; `problems` names each of them with file and line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems[:5]) + ("; …" if len(self.problems) > 5 else ""))


Tables = Mapping[str, tuple[Row, ...]]
"""Table → its rows, in the order of the file."""


def read_folder(folder: Path, *, own: bool = True) -> Tables:
    """Every `<table>.csv` in a folder. `own`: a practice's folder, which may not hold what is the same for all.

    Raises WrongTables naming every wrong row, column and file.
    """
    if not folder.is_dir():
        raise WrongTables([f"{folder}: no such folder"])
    problems: list[str] = []
    tables: dict[str, tuple[Row, ...]] = {}
    for path in sorted(folder.glob("*.csv")):
        row_class = ROWS.get(path.stem)
        if row_class is None:
            problems.append(f"{path.name}: no such table; there are: {', '.join(sorted(_own_tables()))}")
        elif own and row_class.ONLY_DEFAULT:
            problems.append(f"{path.name}: this table is the same for every practice")
        else:
            tables[path.stem] = tuple(_rows_of_file(path, row_class, problems))
    if problems:
        raise WrongTables(problems)
    return tables


def _own_tables() -> list[str]:
    return [name for name, row in ROWS.items() if not row.ONLY_DEFAULT]


def columns_of(row_class: type[Row]) -> tuple[str, ...]:
    """The heads of a table's columns."""
    mine = [name for name in row_class.model_fields if name not in Row.model_fields]
    return (*mine, *_COMMON)


def _rows_of_file(path: Path, row_class: type[Row], problems: list[str]) -> list[Row]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: cannot be read ({type(error).__name__}); save it as CSV in UTF-8")
        return []
    # a spreadsheet may write semicolons, and commas inside a cell
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    known = columns_of(row_class)
    unknown = [name for name in reader.fieldnames or () if name and name not in known]
    missing = [name for name in (*row_class.KEY, "source", "mark") if name not in (reader.fieldnames or ())]
    if unknown or missing:
        told = [f"no column {', '.join(missing)}"] if missing else []
        told += [f"unknown column {', '.join(unknown)}"] if unknown else []
        problems.append(f"{path.name} line 1: {'; '.join(told)}; the columns are {', '.join(known)}")
        return []
    rows: list[Row] = []
    lines: list[str] = []
    for cells in reader:
        where = f"{path.name} line {reader.line_num}"
        if None in cells:
            problems.append(f"{where}: more cells than columns")
            continue
        filled = {name: cell.strip() for name, cell in cells.items() if name and cell and cell.strip()}
        if not filled or next(iter(filled.values())).startswith("#"):
            continue
        row = _row(row_class, filled, where, problems)
        if row is not None:
            rows.append(row)
            lines.append(where)
        if len(rows) > MAX_ROWS:
            problems.append(f"{path.name}: more than {MAX_ROWS} rows")
            break
    problems += _overlaps(rows, lines)
    return rows


def _row(row_class: type[Row], cells: Mapping[str, Any], where: str, problems: list[str]) -> Row | None:
    try:
        row = row_class.model_validate(cells)
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False, include_context=False):
            column = str(item["loc"][0]) if item["loc"] else "row"
            problems.append(f"{where}: {column}: {_said(item['type'], item['msg'])}")
        return None
    if row.from_ is not None and row.to is not None and row.to < row.from_:
        problems.append(f"{where}: to: before from")
        return None
    return row


_SAID = {
    "missing": "is empty",
    "extra_forbidden": "no such column",
    "int_parsing": "not a whole number",
    "bool_parsing": "not yes or no",
    "date_from_datetime_parsing": "not a date like 2026-01-31",
    "date_parsing": "not a date like 2026-01-31",
    "string_pattern_mismatch": "not of the right form",
}


def _said(type_: str, message: str) -> str:
    """In words without the value: pydantic's own messages quote none of these kinds' inputs."""
    return _SAID.get(type_, message.removeprefix("Value error, ").removeprefix("Input "))


def _overlaps(rows: list[Row], places: list[str]) -> list[str]:
    by_key: dict[tuple[str, ...], list[int]] = {}
    problems = []
    for index, row in enumerate(rows):
        for other in by_key.setdefault(row.key, []):
            if row.overlaps(rows[other]):
                problems.append(f"{places[index]}: its dates overlap with those of {places[other]}")
                break
        by_key[row.key].append(index)
    return problems


def tables_of(raw: Any) -> Tables:
    """The `tables` of a policy document: {table: [row, …]}. Raises WrongTables."""
    if not isinstance(raw, Mapping):
        raise WrongTables(["tables: not an object"])
    problems: list[str] = []
    tables: dict[str, tuple[Row, ...]] = {}
    for name, items in raw.items():
        row_class = ROWS.get(name)
        if row_class is None or row_class.ONLY_DEFAULT:
            problems.append("tables: no such table" if row_class is None else f"tables.{name}: not a practice's own")
            continue
        if not isinstance(items, list) or len(items) > MAX_ROWS or not all(isinstance(item, dict) for item in items):
            problems.append(f"tables.{name}: not a list of rows")
            continue
        places = [f"tables.{name}[{index}]" for index in range(len(items))]
        rows = [_row(row_class, item, place, problems) for item, place in zip(items, places, strict=True)]
        found = [row for row in rows if row is not None]
        if len(found) == len(items):
            problems += _overlaps(found, places)
        tables[name] = tuple(found)
    if problems:
        raise WrongTables(problems)
    return tables


def document_of(tables: Tables) -> dict[str, Any]:
    """What `tables_of` reads: for a policy document that carries these tables."""
    return {
        name: [row.model_dump(mode="json", by_alias=True, exclude_unset=True) for row in rows]
        for name, rows in tables.items()
        if rows
    }


@cache
def defaults() -> Tables:
    """The shipped tables."""
    return read_folder(DEFAULTS, own=False)


def boundaries(tables: Iterable[Tables]) -> list[date]:
    """Every day on which some row begins to hold, or holds no longer, sorted."""
    days: set[date] = set()
    for rows in (rows for table in tables for name, rows in table.items() if not ROWS[name].ONLY_DEFAULT):
        for row in rows:
            if row.from_ is not None:
                days.add(row.from_)
            if row.to is not None and row.to != date.max:
                days.add(date.fromordinal(row.to.toordinal() + 1))
    return sorted(days)


def said_on(day: date, tables: Sequence[Tables]) -> dict[str, Any]:
    """The policy document that the rows in force on a day give; later tables over earlier ones."""
    document: dict[str, Any] = {}
    for index, table in enumerate(tables):
        for name, rows in table.items():
            if ROWS[name].ONLY_DEFAULT:
                continue
            later = (other.get(name, ()) for other in tables[index + 1 :])
            replaced = {row.key for rows_ in later for row in rows_} if ROWS[name].REPLACES else ()
            for row in rows:
                if row.holds_on(day) and row.key not in replaced:
                    row.add_to(document)
    return document

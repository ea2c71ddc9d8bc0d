"""How is a policy table written back to its file? The columns in their order, a spreadsheet can open it."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from streams.policy.rows import ROWS, Row
from streams.policy.tables import columns_of, read_folder


def merged_file(path: Path, rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows of a table's file with these over them: every row of a key that is among them is replaced.

    Raises WrongTables if the folder holds a wrong row.
    """
    rows = tuple(rows)
    known = read_folder(path.parent).get(path.stem, ()) if path.parent.is_dir() else ()
    replaced = {row.key for row in rows}
    return (*(row for row in known if row.key not in replaced), *rows)


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Write one table whole, or leave the old file as it is."""
    columns = columns_of(ROWS[path.stem])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = row.model_dump(by_alias=True, exclude_unset=True)
        writer.writerow([_cell(cells.get(column)) for column in columns])
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(text.getvalue(), "utf-8")
    partial.replace(path)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case date():
            return value.isoformat()
        case dict():
            return " ".join(f"{name}={'+'.join(v) if isinstance(v, list) else v}" for name, v in value.items())
        case list() | tuple():
            return " ".join(str(item) for item in value)
        case _:
            return str(value)

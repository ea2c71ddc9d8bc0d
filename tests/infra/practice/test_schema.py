"""The EHR's tables and the adapter's mappings speak of the same columns."""

import re

from connectors.ehr.reference import TABLES, Days, From, Nested
from infra.practice.acts import PRIMARY_KEYS
from infra.practice.prepare import SCHEMA

CARRY_NO_FACT = {"practice_id", "created_at", "updated_at", "deleted_at", "line_no"}


def tables() -> dict[str, tuple[set[str], str]]:
    """Table → (columns, primary key), out of the DDL."""
    found = {}
    for name, body in re.findall(r"CREATE TABLE IF NOT EXISTS ([a-z_]+) \((.*?)\n\);", SCHEMA.read_text(), re.DOTALL):
        plain = re.sub(r"--[^\n]*", "", re.sub(r"numeric\(\d+,\d+\)", "numeric", body))
        columns = [part.split() for part in plain.split(",") if part.strip()]
        key = next(words[0] for words in columns if "PRIMARY" in words)
        found[name] = ({words[0] for words in columns}, key)
    return found


def mapped_columns(table: str) -> set[str]:
    mapping = TABLES[table]
    columns = {mapping.id_column} | ({mapping.key_column} if mapping.key_column else set())
    for source in mapping.fields.values():
        match source:
            case str():
                columns.add(source)
            case From():
                columns.add(source.column)
            case Nested():
                columns |= {one.column for one in source.fields.values()}
            case Days():
                columns |= {source.start, source.end}
    return columns


def test_every_table_is_captured_and_every_captured_table_exists() -> None:
    assert set(tables()) == set(TABLES)


def test_every_column_has_a_meaning_and_every_meaning_a_column() -> None:
    for name, (columns, _) in tables().items():
        assert mapped_columns(name) <= columns, name
        assert columns - mapped_columns(name) <= CARRY_NO_FACT, name


def test_every_row_says_whose_it_is_and_when_it_was_changed() -> None:
    for name, (columns, key) in tables().items():
        assert columns >= CARRY_NO_FACT - {"line_no"}, name
        assert PRIMARY_KEYS[name] == key

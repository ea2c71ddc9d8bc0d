"""Migrations: applied once and in order, refused when altered, and ending in columns equal to the models' fields."""

import types
import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import clickhouse_connect
import pytest

from connectors.sink_rows import TABLES
from infra.endpoints import Endpoints
from infra.migrate import METRICS, Migration, apply, read_migrations, read_views
from infra.refusal import Refusal
from schemas.facts import FACT_KEYS, FACTS


def test_statements_are_cut_at_semicolons_that_are_not_in_comments_or_texts() -> None:
    text = "-- one; two\nCREATE TABLE a (b String DEFAULT ';') /* ; */ ENGINE = Memory;\n\nSELECT 1\n; -- end;\n"
    assert Migration("0001_x", text).statements == [
        "-- one; two\nCREATE TABLE a (b String DEFAULT ';') /* ; */ ENGINE = Memory",
        "SELECT 1",
    ]


def test_shipped_migrations_are_numbered_without_gaps() -> None:
    names = [migration.name for migration in read_migrations()]
    assert [name[:5] for name in names] == [f"{number:04}_" for number in range(1, len(names) + 1)]


def test_every_statement_can_be_repeated_because_a_crash_repeats_it() -> None:
    for migration in read_migrations():
        for statement in migration.statements:
            # a copy into a history table replaces itself: its rows have one key and version
            once = " IF NOT EXISTS " in statement or " IF EXISTS " in statement or "INSERT INTO history_" in statement
            assert once, migration.name


def test_every_metric_view_says_what_it_answers_and_has_a_check() -> None:
    views = read_views()
    assert views
    for view in views:
        [statement] = view.statements
        assert statement.startswith("/* ")
        assert "?\n   Grain: " in statement
        assert f"CREATE OR REPLACE VIEW {view.name} AS\n" in statement
        assert (METRICS / f"{view.name}.check.sql").read_text().startswith("/* ")
    checks = {path.name.removesuffix(".check.sql") for path in METRICS.glob("*.check.sql")}
    assert checks == {view.name for view in views}


# --- against the real endpoint


class Server:
    """A database of its own on the test's ClickHouse."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.url = endpoints.clickhouse_url
        self.password = endpoints.secrets.clickhouse_writer_password.get_secret_value()
        self.database = f"migrate_{uuid.uuid4().hex}"

    def apply(self, migrations: list[Migration] | None = None) -> Any:
        views: list[Migration] | None = None if migrations is None else []
        return apply(self.url, self.password, database=self.database, migrations=migrations, views=views)

    def rows(self, sql: str) -> Any:
        with clickhouse_connect.get_client(
            dsn=self.url,
            username="writer",
            password=self.password,
            database=self.database,
            autogenerate_session_id=False,
        ) as client:
            return client.query(sql, parameters={"database": self.database}).result_rows


@pytest.fixture
def server(clickhouse: Endpoints) -> Server:
    return Server(clickhouse)


FIRST = Migration("0001_first", "CREATE TABLE IF NOT EXISTS a (n UInt8) ENGINE = Memory")
SECOND = Migration("0002_second", "ALTER TABLE a ADD COLUMN IF NOT EXISTS m UInt8; INSERT INTO a VALUES (1, 2)")


@pytest.mark.stack
def test_what_is_missing_is_applied_in_order_and_once(server: Server) -> None:
    assert server.apply([FIRST]).migrations == ("0001_first",)
    assert server.apply([FIRST, SECOND]).migrations == ("0002_second",)
    assert server.apply([FIRST, SECOND]).migrations == ()
    assert server.rows("SELECT * FROM a") == [(1, 2)]
    assert server.rows("SELECT name, sha256 FROM migration ORDER BY name") == [
        (FIRST.name, FIRST.sha256),
        (SECOND.name, SECOND.sha256),
    ]


@pytest.mark.stack
def test_an_altered_migration_is_refused_in_one_line_and_nothing_is_done(server: Server) -> None:
    server.apply([FIRST])
    with pytest.raises(Refusal) as refused:
        server.apply([Migration(FIRST.name, FIRST.text + " "), SECOND])
    assert refused.value.lines == (
        "migration 0001_first was altered after it had been applied; restore it and put the change in a new file",
    )
    assert server.rows("SELECT count() FROM migration") == [(1,)]


@pytest.mark.stack
def test_a_database_of_a_newer_version_and_a_late_number_are_refused(server: Server) -> None:
    server.apply([FIRST, SECOND])
    with pytest.raises(Refusal, match="0002_second was applied by a newer version"):
        server.apply([FIRST])
    with pytest.raises(Refusal, match="0001_late comes before 0002_second"):
        server.apply([FIRST, Migration("0001_late", "SELECT 1"), SECOND])


@pytest.mark.stack
def test_a_migration_that_failed_half_way_is_not_taken_as_applied(server: Server) -> None:
    with pytest.raises(Refusal, match="0002_broken failed in ClickHouse"):
        server.apply([FIRST, Migration("0002_broken", f"{FIRST.text}; SELECT nonsense")])
    assert server.apply([FIRST, Migration("0002_broken", FIRST.text)]).migrations == ("0002_broken",)


@pytest.mark.stack
def test_a_wrong_password_and_a_server_that_is_away_are_one_line(server: Server) -> None:
    for url, password in ((server.url, "wrong"), ("http://127.0.0.1:9", server.password)):
        with pytest.raises(Refusal, match="did not do it") as refused:
            apply(url, password)
        assert len(refused.value.lines) == 1


@pytest.mark.stack
def test_columns_are_the_fields_of_the_models_and_keys_are_theirs(server: Server) -> None:
    server.apply()
    found: dict[str, dict[str, str]] = {table: {} for table in TABLES}
    for table, name, type_name in server.rows(
        "SELECT table, name, type FROM system.columns WHERE database = {database:String}"
        " AND table LIKE 'fact\\\\_%' ORDER BY table, position"
    ):
        found[table][name] = type_name
    for table, model in TABLES.items():
        assert list(found[table]) == list(model.model_fields), table
        for name, info in model.model_fields.items():
            assert found[table][name] in column_types(name, info.annotation), (table, name)
    keys = dict(
        server.rows("SELECT name, sorting_key FROM system.tables WHERE database = {database:String} AND name LIKE 'f%'")
    )
    for table in FACTS:
        assert keys[table] == ", ".join(FACT_KEYS[table])
    settings = dict(
        server.rows("SELECT name, engine_full FROM system.tables WHERE database = {database:String} AND name LIKE 'f%'")
    )
    for table, model in TABLES.items():
        replacing = "(version, deleted)" if "deleted" in model.model_fields else "(version)"
        assert f"ReplacingMergeTree{replacing}" in settings[table]
        assert "non_replicated_deduplication_window = 1000" in settings[table]
        assert "fsync_after_insert = " in settings[table]


PLAIN = {
    str: {"String", "LowCardinality(String)"},
    int: {"Int64"},
    float: {"Float64"},
    bool: {"Bool"},
    datetime: {"DateTime64(3, 'UTC')"},
    date: {"Date32"},
}


def column_types(name: str, annotation: Any) -> set[str]:
    """The column types that can hold a field."""
    if name == "version":
        return {"UInt64"}
    if name == "deleted":
        return {"UInt8"}
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return column_types(name, inner[0])
    if origin is Literal:
        return PLAIN[str]
    if origin is tuple:
        return {f"Array({of})" for of in column_types("", inner[0])}
    if origin is dict:
        return {f"Map(String, {of})" for of in column_types("", inner[1])}
    if origin in (Union, types.UnionType):
        [present] = [one for one in inner if one is not type(None)]
        return {f"Nullable({of})" for of in column_types("", present)} | {"LowCardinality(Nullable(String))"}
    return PLAIN[annotation]

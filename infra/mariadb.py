"""Can change capture read this MariaDB, and is it an OpenEMR as the adapter knows it?
Asks the database; writes nothing. Every answer that is not good carries the exact statement that mends it.
Must never print what a record holds, nor a password.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pymysql

from connectors.ehr.joining import Table
from connectors.ehr.openemr import words
from connectors.ehr.openemr.tables import MESSAGE_KEYS
from infra.sources import Source, SourceFacts

GRANTS: Final = ("SELECT", "RELOAD", "SHOW DATABASES", "REPLICATION SLAVE", "BINLOG MONITOR", "LOCK TABLES")
_SAME_GRANT: Final = {"REPLICATION CLIENT": "BINLOG MONITOR", "REPLICATION REPLICA": "REPLICATION SLAVE"}
_LEAST_LOG_S: Final = 24 * 3600
_WITHIN_S: Final = 8


class NotReachable(Exception):
    """The database does not let us in; the text says why, without a password."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be (`fatal`), or should be; `statement` mends it."""

    what: str
    statement: str
    fatal: bool = True


@dataclass(frozen=True)
class Examined:
    """What the database is like. `columns`: by table, those of ours that it has."""

    version: str
    problems: tuple[Problem, ...]
    facts: SourceFacts
    columns: Mapping[str, tuple[str, ...]]

    @property
    def fatal(self) -> tuple[Problem, ...]:
        """What change capture cannot work with."""
        return tuple(problem for problem in self.problems if problem.fatal)


def examine(source: Source, tables: Mapping[str, Table]) -> Examined:
    """Everything change capture and the adapter rely on. Raises NotReachable."""
    with opened(source) as asking:
        columns, drift = _schema(asking, tables)
        facts, zone = _time_zone(asking, source)
        problems = [*_settings(asking), *_grants(asking), *drift, *zone, *_words(asking, source, columns)]
        return Examined(asking.value("SELECT @@version"), tuple(problems), facts, columns)


@contextmanager
def opened(source: Source) -> Iterator["Asking"]:
    """The source's database, to be asked. Raises NotReachable."""
    with _connected(source) as connection:
        yield Asking(connection, source.database)


def _connected(source: Source) -> Any:
    try:
        return pymysql.connect(
            host=source.host,
            port=source.port,
            user=source.user,
            password=source.password,
            connect_timeout=_WITHIN_S,
            read_timeout=_WITHIN_S,
            charset="utf8mb4",
            ssl=None if source.ssl == "disable" else {"check_hostname": source.ssl == "verify-full"},
        )
    except pymysql.err.OperationalError as error:
        code = error.args[0] if error.args else 0
        told = {1045: "it refuses the user or the password", 1044: "the user may not use the database"}
        raise NotReachable(told.get(code, f"no answer at {source.host}:{source.port} (error {code})")) from None
    except (OSError, RuntimeError) as error:
        raise NotReachable(f"no answer at {source.host}:{source.port} ({type(error).__name__})") from None


class Asking:
    """A connection that reads."""

    def __init__(self, connection: Any, database: str) -> None:
        self._connection = connection
        self.database = database

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query answers."""
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def value(self, query: str, *values: object) -> str:
        """The first value of the first row as text; '' if there is none."""
        rows = self.rows(query, *values)
        return "" if not rows or rows[0][0] is None else str(rows[0][0])


# --- server settings and grants ---------------------------------------------------------------------------------------


def _settings(asking: Asking) -> Iterable[Problem]:
    known = {str(name): str(value) for name, value in asking.rows("SHOW GLOBAL VARIABLES")}
    config = "in the [mysqld] section of the server's configuration, then restart it"
    if known.get("log_bin") != "ON":
        yield Problem("the binary log is off", f"write log_bin=mysql-bin {config}")
    if known.get("server_id", "0") == "0":
        yield Problem("the server has no server_id", "SET GLOBAL server_id=1;")
    if known.get("binlog_format") != "ROW":
        mend = "SET GLOBAL binlog_format='ROW'; (and binlog_format=ROW in the server's configuration)"
        yield Problem(f"binlog_format is {known.get('binlog_format')}", mend)
    if known.get("binlog_row_image") != "FULL":
        mend = "SET GLOBAL binlog_row_image='FULL'; (and binlog_row_image=FULL in the server's configuration)"
        yield Problem(f"binlog_row_image is {known.get('binlog_row_image')}", mend)
    kept_s = float(known.get("binlog_expire_logs_seconds", 0) or 0) or 86_400 * float(known.get("expire_logs_days", 0))
    if 0 < kept_s < _LEAST_LOG_S:
        mend = "SET GLOBAL expire_logs_days=7; (and in the server's configuration)"
        yield Problem(f"the binary log is kept for {kept_s / 3600:.0f} h only", mend, fatal=False)


def _grants(asking: Asking) -> Iterable[Problem]:
    user, _, host = asking.value("SELECT CURRENT_USER()").rpartition("@")
    everywhere: set[str] = set()
    here: set[str] = set()
    for (text,) in asking.rows("SHOW GRANTS"):
        granted = re.match(r"GRANT (.+?) ON (\S+) TO ", str(text))
        if granted is None:
            continue
        named = {_SAME_GRANT.get(word.strip(), word.strip()) for word in granted.group(1).upper().split(",")}
        if "ALL PRIVILEGES" in named:
            named = set(GRANTS)
        place = granted.group(2).replace("`", "").replace("\\", "")
        if place == "*.*":
            everywhere |= named
        elif place == f"{asking.database}.*":
            here |= named
    in_database = {"SELECT", "LOCK TABLES"}
    missing = [g for g in GRANTS if g not in everywhere and not (g in in_database and g in here)]
    if missing:
        statement = f"GRANT {', '.join(missing)} ON *.* TO '{user}'@'{host}';"
        yield Problem(f"the user {user} lacks {', '.join(missing)}", statement)


# --- is it the OpenEMR we know? ---------------------------------------------------------------------------------------


def _schema(asking: Asking, tables: Mapping[str, Table]) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    declared: dict[str, dict[str, str]] = {}
    rows = asking.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = %s",
        asking.database,
    )
    for table, column, type_ in rows:
        declared.setdefault(str(table), {})[str(column)] = str(type_).lower()
    if not declared:
        return {}, [
            Problem(f"the database {asking.database} is not there, or the user sees nothing of it", "SHOW DATABASES;")
        ]
    keys: dict[str, list[str]] = {}
    for table, column in asking.rows(
        "SELECT table_name, column_name FROM information_schema.key_column_usage"
        " WHERE table_schema = %s AND constraint_name = 'PRIMARY' ORDER BY table_name, ordinal_position",
        asking.database,
    ):
        keys.setdefault(str(table), []).append(str(column))
    problems: list[Problem] = []
    present: dict[str, tuple[str, ...]] = {}
    for name, table in tables.items():
        has = declared.get(name)
        if has is None:
            if not table.optional:
                problems.append(_differs(asking, f"table {name} is missing", name))
            continue
        problems += _columns(asking, name, table, has)
        if (
            set(keys.get(name, [])) != set(table.key)
            and name not in MESSAGE_KEYS
            and not _unique_in(asking, name, table)
        ):
            problems.append(_differs(asking, f"the primary key of {name} is not {', '.join(table.key)}", name))
        # the primary key goes along even where it is not what the adapter knows rows by
        wanted = dict.fromkeys((*table.columns, *keys.get(name, [])))
        present[name] = tuple(column for column in wanted if column in has)
    return present, problems


def _columns(asking: Asking, name: str, table: Table, has: Mapping[str, str]) -> Iterable[Problem]:
    for column, how in table.columns.items():
        type_ = has.get(column)
        if type_ is None:
            if not how.optional:
                yield _differs(asking, f"column {name}.{column} is missing", name)
        elif type_ not in how.types:
            yield _differs(asking, f"column {name}.{column} is {type_}, not {' or '.join(sorted(how.types))}", name)


def _unique_in(asking: Asking, name: str, table: Table) -> bool:
    """Whether another unique index, or a part of the primary key, makes the adapter's key one row's alone."""
    indexes: dict[str, set[str]] = {}
    for index, column in asking.rows(
        "SELECT index_name, column_name FROM information_schema.statistics"
        " WHERE table_schema = %s AND table_name = %s AND non_unique = 0",
        asking.database,
        name,
    ):
        indexes.setdefault(str(index), set()).add(str(column))
    return any(columns <= set(table.key) for columns in indexes.values())


def _differs(asking: Asking, what: str, table: str) -> Problem:
    return Problem(f"{what}: not the OpenEMR schema the adapter knows", f"SHOW CREATE TABLE {asking.database}.{table};")


def _time_zone(asking: Asking, source: Source) -> tuple[SourceFacts, list[Problem]]:
    if source.mapping.timezone is not None:
        return SourceFacts(source.mapping.timezone, "configuration"), []
    try:
        # the database's name was checked when the address was read
        query = f"SELECT gl_value FROM `{asking.database}`.globals WHERE gl_name = 'gbl_time_zone' LIMIT 1"  # noqa: S608
        said = asking.value(query)
    except pymysql.err.Error:
        said = ""
    if _is_zone(said):
        return SourceFacts(said, "OpenEMR's global gbl_time_zone"), []
    what = "the clinic's time zone is not set in OpenEMR, so its clock is read as UTC"
    return SourceFacts("UTC", "default"), [
        Problem(what, f'write timezone = "America/Chicago" (or yours) into sources/{source.name}.toml', fatal=False)
    ]


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _words(asking: Asking, source: Source, columns: Mapping[str, Sequence[str]]) -> Iterable[Problem]:
    """Codes of the practice's own lists that nothing explains."""
    if "list_options" not in columns:
        return
    configured = {
        words.ATTENDANCE_LIST: ("attendance", source.mapping.attendance),
        words.GROUP_LIST: ("group_status", source.mapping.group_status),
        words.APPOINTMENT_LIST: ("appointment_status", source.mapping.appointment_status),
    }
    for list_id, (section, own) in configured.items():
        query = f"SELECT option_id, title FROM `{asking.database}`.list_options WHERE list_id = %s"  # noqa: S608
        for code, title in asking.rows(query, list_id):
            if words.meaning(list_id, str(code), str(title or ""), own) is None:
                what = f"code {str(code)!r} of the list {list_id} has no meaning here"
                meanings = ", ".join(sorted(words.MEANINGS[list_id]))
                mend = f'write [{section}] "{code}" = "…" ({meanings}) into sources/{source.name}.toml'
                yield Problem(what, mend, fatal=False)

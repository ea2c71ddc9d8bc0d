"""How do the ClickHouse tables and metric views come to be what this version needs?
Reads infra/migrations/*.sql and dashboards/metrics/*.sql; writes tables, views and the list `migration`.
Must never change what was shipped: an altered migration is refused, a correction is a new file.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, Error

import dashboards
from infra.embedded.clickhouse_statement import tokens
from infra.refusal import Refusal

MIGRATIONS: Final = Path(__file__).parent / "migrations"
METRICS: Final = Path(dashboards.__file__).parent / "metrics"
DATABASE: Final = "conjoint"
USER: Final = "writer"

_LIST = """CREATE TABLE IF NOT EXISTS migration (name String, sha256 String, applied_at DateTime64(3, 'UTC'))
ENGINE = MergeTree ORDER BY name SETTINGS fsync_after_insert = 1"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of statements."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """What `migration` remembers of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """Its statements without the semicolons between them; a semicolon in a comment or text is none."""
        raw, start, found = self.text.encode(), 0, []
        ends = [token.start for token in tokens(raw) if token.kind == "mark" and token.text == ";"]
        for end in (*ends, len(raw)):
            statement = raw[start:end]
            if any(True for _ in tokens(statement)):
                found.append(statement.decode().strip())
            start = end + 1
        return found


@dataclass(frozen=True, slots=True)
class Applied:
    """What one run did."""

    migrations: tuple[str, ...]
    views: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.migrations)} applied now, {len(self.views)} metric views"


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The shipped migrations in their order."""
    return [Migration(path.stem, path.read_text()) for path in sorted(folder.glob("*.sql"))]


def read_views(folder: Path = METRICS) -> list[Migration]:
    """The metric views; `<name>.check.sql` beside them are questions, not views."""
    return [Migration(path.stem, path.read_text()) for path in sorted(folder.glob("*.sql")) if "." not in path.stem]


def apply(
    url: str,
    password: str,
    *,
    database: str = DATABASE,
    migrations: list[Migration] | None = None,
    views: list[Migration] | None = None,
) -> Applied:
    """Brings the database to this version; doing it again changes nothing.

    Raises Refusal if a shipped migration was altered, if the database is of a newer version, or if ClickHouse refuses.
    """
    wanted = read_migrations() if migrations is None else migrations
    wanted_views = read_views() if views is None else views
    with _client(url, password, database) as client:
        client.command(_LIST)
        known = dict(client.query("SELECT name, any(sha256) FROM migration GROUP BY name").result_rows)
        _refuse_changed_history(wanted, known)
        missing = [migration for migration in wanted if migration.name not in known]
        for migration in missing:
            _run(client, migration)
            # after its statements: a crash in between repeats them, and each does nothing the second time
            client.command(
                "INSERT INTO migration SELECT {name:String}, {sha256:String}, now64(3)",
                parameters={"name": migration.name, "sha256": migration.sha256},
            )
        for view in wanted_views:
            _run(client, view)
    return Applied(tuple(one.name for one in missing), tuple(one.name for one in wanted_views))


def _refuse_changed_history(wanted: list[Migration], known: dict[str, str]) -> None:
    names = {migration.name for migration in wanted}
    problems = [
        f"migration {migration.name} was altered after it had been applied; restore it and put the change in a new file"
        for migration in wanted
        if known.get(migration.name, migration.sha256) != migration.sha256
    ]
    problems += [
        f"migration {name} was applied by a newer version of Conjoint; use that version with this database"
        for name in sorted(known.keys() - names)
    ]
    newest = max(known, default="")
    problems += [
        f"migration {migration.name} comes before {newest}, which is applied already; give it a higher number"
        for migration in wanted
        if migration.name not in known and migration.name < newest
    ]
    if problems:
        raise Refusal(*problems)


def _run(client: Any, migration: Migration) -> None:
    for statement in migration.statements:
        try:
            client.command(statement)
        except Error as error:
            raise Refusal(f"{migration.name} failed in ClickHouse (code {error.code}): {error}") from None


@contextmanager
def _client(url: str, password: str, database: str) -> Iterator[Any]:
    connect: Callable[..., Any] = clickhouse_connect.get_client
    options = {"dsn": url, "username": USER, "password": password, "autogenerate_session_id": False}
    try:
        with closing(connect(**options)) as first:
            first.command(
                "CREATE DATABASE IF NOT EXISTS {name:Identifier} ENGINE = Atomic", parameters={"name": database}
            )
        with closing(connect(**options, database=database)) as client:
            yield client
    except ClickHouseError as error:
        raise Refusal(
            f"ClickHouse at {url} did not do it ({type(error).__name__}); is it up, and is `{USER}` right?"
        ) from None

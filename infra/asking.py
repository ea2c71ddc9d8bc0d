"""How does a command ask a platform that runs somewhere else?
Reads settings and ClickHouse's fact tables, as the viewer; writes nothing.
Must never make a home, or show a statement's parameters.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, Error
from urllib3.exceptions import HTTPError

from infra.embedded.clickhouse_access import DATABASE, Role
from infra.endpoints import Endpoints, endpoints_of
from infra.refusal import Refusal
from infra.secrets_file import FILE_NAME
from infra.settings import load_settings

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_TABLE: Final = frozenset({60, 81})
_NOT_LET_IN: Final = frozenset({194, 516})
_ANSWER_WITHIN_S: Final = 30


def endpoints_here(home: str | None) -> Endpoints:
    """Where the parts of the installation answer. Raises Refusal if nothing was ever started in its home."""
    settings = load_settings(home=home)
    if not (settings.home / FILE_NAME).exists():
        raise Refusal(f"nothing was started in {settings.home} yet; run: conjoint up (or name another with --home)")
    return endpoints_of(settings)


Ask = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]
"""The rows of a query, its values bound by ClickHouse."""


def read_rows(endpoints: Endpoints, statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """The rows of a query, its values bound by ClickHouse. Raises Refusal naming what to do."""
    with asking(endpoints) as ask:
        return ask(statement, parameters)


@contextmanager
def asking(endpoints: Endpoints) -> Iterator[Ask]:
    """Several queries over one connection. Raises Refusal naming what to do."""
    try:
        client = clickhouse_connect.get_client(
            dsn=endpoints.clickhouse_url,
            username=Role.VIEWER.value,
            password=endpoints.secrets.clickhouse_viewer_password.get_secret_value(),
            database=DATABASE,
            autogenerate_session_id=False,
            connect_timeout=3,
            send_receive_timeout=_ANSWER_WITHIN_S,
            query_retries=0,
        )

        def ask(statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
            rows: Sequence[Sequence[Any]] = client.query(statement, parameters=dict(parameters)).result_rows
            return rows

        try:
            yield ask
        finally:
            client.close()
    except (ClickHouseError, HTTPError, OSError) as error:
        raise Refusal(_sentence(endpoints.clickhouse_url, error)) from None


def _sentence(url: str, error: Exception) -> str:
    # by its number only: the driver's text quotes the statement and its parameters
    code = error.code if isinstance(error, Error) else None
    if code in _NO_TABLE:
        return "ClickHouse has no tables yet; run: conjoint prepare clickhouse"
    if code in _NOT_LET_IN:
        return f"ClickHouse at {url} does not know our viewer's password; restart it with: conjoint up"
    if code:
        return f"ClickHouse at {url} refused the query (code {code}); see: conjoint doctor"
    return f"ClickHouse does not answer at {url}; start Conjoint with: conjoint up"


def instant(ms: int) -> datetime:
    """The moment of a Unix time in milliseconds, in UTC."""
    return _EPOCH + timedelta(milliseconds=ms)

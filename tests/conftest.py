"""Fixtures for every test: real parts, one set per run, each started when the first test asks for it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from infra.embedded.stack import Stack
from infra.endpoints import Endpoints

# how long one example takes says more about what else this machine does than about us
hypothesis_settings.register_profile("conjoint", deadline=None)
hypothesis_settings.load_profile("conjoint")


@pytest.fixture(scope="session")
def real_parts() -> Iterator[Stack]:
    """The run's own stack; nothing runs until `need` is called. Its home is not below pytest's folder: that one is
    closed to the account PostgreSQL runs under when the tests are run by root."""
    home = Path(tempfile.mkdtemp(prefix="conjoint-test-"))
    parts = Stack(home)
    yield parts
    parts.stop()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def kafka(real_parts: Stack) -> Endpoints:
    """A broker answers at `.bootstrap`."""
    return real_parts.need("kafka")


@pytest.fixture(scope="session")
def postgres(real_parts: Stack) -> Endpoints:
    """A database server answers at `.postgres_dsn`, `.desk_dsn`, `.capture_dsn`, `.postgres_admin_dsn`."""
    return real_parts.need("postgres")


@pytest.fixture(scope="session")
def clickhouse(real_parts: Stack) -> Endpoints:
    """A ClickHouse endpoint answers at `.clickhouse_url`."""
    return real_parts.need("clickhouse")


@pytest.fixture(scope="session")
def capture(real_parts: Stack) -> Endpoints:
    """Broker, database and Connect answer; no connector is applied yet."""
    return real_parts.need("kafka", "postgres", "connect")


@pytest.fixture(scope="session")
def stack(real_parts: Stack) -> Endpoints:
    """All of the above."""
    return real_parts.need("kafka", "postgres", "connect", "clickhouse")

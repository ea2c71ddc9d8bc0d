"""The embedded parts, really started."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from confluent_kafka.admin import AdminClient

from infra.embedded.kafka import kafka_answers
from infra.embedded.postgres import postgres_answers
from infra.embedded.stack import Stack, embedded, free_ports, settings_on_free_ports
from infra.endpoints import Endpoints
from infra.settings import LOOPBACK


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(20))) == 20


def test_a_test_home_never_uses_the_default_ports_nor_simulates(tmp_path: Path) -> None:
    settings = settings_on_free_ports(tmp_path)
    assert not settings.simulate
    assert 19092 not in settings.ports().values()


def test_no_password_shows_in_the_repr_of_endpoints(tmp_path: Path) -> None:
    endpoints = Stack(tmp_path).endpoints
    assert endpoints.secrets.ehr_owner_password.get_secret_value() not in repr(endpoints)
    assert endpoints.secrets.ehr_owner_password.get_secret_value() in endpoints.postgres_dsn


@pytest.mark.stack
def test_the_broker_refuses_to_invent_a_topic(kafka: Endpoints) -> None:
    client = AdminClient({"bootstrap.servers": kafka.bootstrap})
    client.list_topics("misspelt.topic", timeout=10)
    assert "misspelt.topic" not in client.list_topics(timeout=10).topics


@pytest.mark.stack
async def test_each_role_enters_its_own_database_only_and_with_a_password(postgres: Endpoints) -> None:
    for dsn in (postgres.postgres_dsn, postgres.capture_dsn, postgres.desk_dsn):
        assert await postgres_answers(dsn)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.postgres_dsn, password="wrong")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.capture_dsn, database="desk")


@pytest.mark.stack
async def test_capture_may_read_what_the_ehr_owner_makes_but_not_write(postgres: Endpoints) -> None:
    owner = await asyncpg.connect(postgres.postgres_dsn)
    await owner.execute("CREATE TABLE readable (id int primary key)")
    capture = await asyncpg.connect(postgres.capture_dsn)
    assert await capture.fetchval("SELECT count(*) FROM readable") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await capture.execute("INSERT INTO readable VALUES (1)")
    await owner.execute("DROP TABLE readable")
    await asyncio.gather(owner.close(), capture.close())


@pytest.mark.stack
async def test_a_failed_statement_leaves_no_value_in_the_server_log(real_parts: Stack) -> None:
    ends = real_parts.need("postgres")
    owner = await asyncpg.connect(ends.postgres_dsn)
    await owner.execute("CREATE TABLE secretive (name text primary key)")
    await owner.execute("INSERT INTO secretive VALUES ('Ottilie')")
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute("INSERT INTO secretive VALUES ('Ottilie')")
    await owner.execute("DROP TABLE secretive")
    await owner.close()
    log = real_parts.log("postgres").read_text()
    assert "secretive_pkey" in log
    assert "Ottilie" not in log


@pytest.mark.stack
def test_a_killed_broker_comes_back_on_its_own_data_and_on_another_controller_port(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    try:
        ends = stack.need("kafka")
        stack.kill("kafka")
        assert not asyncio.run(kafka_answers(ends.bootstrap, 0.5))
        (moved,) = free_ports(1)
        again = Stack(tmp_path, ends.settings.model_copy(update={"kafka_controller_port": moved}))
        try:
            again.need("kafka")
        finally:
            again.stop()
    finally:
        stack.stop()


@pytest.mark.stack
def test_embedded_parts_end_with_their_block(tmp_path: Path) -> None:
    with embedded({"kafka"}, tmp_path) as ends:
        assert ends.bootstrap.startswith(LOOPBACK)
        assert asyncio.run(kafka_answers(ends.bootstrap))
    assert not asyncio.run(kafka_answers(ends.bootstrap, 0.5))

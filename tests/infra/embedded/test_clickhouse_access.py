"""Who gets in, and what a viewer's statement may contain. Statements are as the engine's parser prints them."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from infra.embedded.clickhouse_access import Accounts, Role, engine_configuration, refusal_for_viewer

ACCOUNTS = Accounts("right-writer", "right-viewer")


def test_each_user_has_one_password_and_nobody_else_gets_in() -> None:
    assert ACCOUNTS.role_of("writer", "right-writer") is Role.WRITER
    assert ACCOUNTS.role_of("viewer", "right-viewer") is Role.VIEWER
    assert ACCOUNTS.role_of("viewer", "right-writer") is None
    assert ACCOUNTS.role_of("default", "") is None
    assert ACCOUNTS.role_of("writer", "") is None


def test_passwords_do_not_show() -> None:
    assert "right" not in repr(ACCOUNTS)


def test_the_configuration_survives_a_path_with_markup_in_it() -> None:
    tree = ElementTree.fromstring(engine_configuration(Path("/a <b>/engine.xml")))  # noqa: S314
    assert tree.findtext("user_directories/users_xml/path") == "/a <b>/engine.xml"
    assert {role.tag for role in tree.findall("roles/*")} == set(Role)


@pytest.mark.parametrize(
    "canonical",
    [
        "SELECT file('/etc/passwd')",
        "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
        "SELECT `file`('/etc/passwd')",
        "SELECT * FROM python('x')",
        "SELECT aiGenerate('x')",
        "SET ROLE writer",
        "SET DEFAULT ROLE writer TO default",
        "SET TRANSACTION SNAPSHOT 1",
        "KILL QUERY WHERE 1 ASYNC",
        "INSERT INTO FUNCTION file('x') SELECT 1",
        "EXECUTE AS writer SELECT 1",
        "BEGIN TRANSACTION",
        "",
    ],
)
def test_a_viewer_is_refused(canonical: str) -> None:
    assert refusal_for_viewer(canonical) is not None


@pytest.mark.parametrize(
    "canonical",
    [
        "SELECT count() FROM metric_open_findings WHERE rule = 'file'",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "WITH 1 AS x SELECT x FORMAT JSON",
        "SHOW TABLES",
        "DESCRIBE TABLE fact_finding",
        "SET max_threads = 1",
        "USE conjoint",
        "EXPLAIN SELECT 1",
    ],
)
def test_a_viewer_may_look(canonical: str) -> None:
    assert refusal_for_viewer(canonical) is None

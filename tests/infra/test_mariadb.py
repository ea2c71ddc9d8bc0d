"""What `conjoint doctor --source` says about a MariaDB: what is not right, and the statement that mends it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.ehr.openemr.tables import TABLES
from infra.doctor import Level, examine_source
from infra.embedded.stack import settings_on_free_ports
from infra.source_capture import SourceCapture, connector_configuration, look_at
from infra.sources import Source, sources_of
from tests.connectors.ehr.openemr.mariadb import PASSWORD, Clinic, MariaDb

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def database() -> Iterator[MariaDb]:
    home = Path(tempfile.mkdtemp(prefix="conjoint-mariadb-"))
    server = MariaDb(home / "mariadb")
    server.make()
    Clinic(server).found(1)
    yield server
    server.stop()
    shutil.rmtree(home)


def _source(database: MariaDb, address: str = "") -> Source:
    return sources_of(settings_on_free_ports(database.home, sources=address or database.source))[0]


def _said(database: MariaDb, address: str = "") -> str:
    return "\n".join(str(check) for check in examine_source(_source(database, address)))


def test_a_database_as_it_must_be_is_ok(database: MariaDb) -> None:
    checks = examine_source(_source(database))
    assert {check.level for check in checks} == {Level.OK}, [str(check) for check in checks]
    assert "America/Chicago" in str(checks[0])
    said = "\n".join(map(str, checks))
    assert "consents to treatment not kept, so C01, C05, C06 cannot decide; if you keep it: [[consents]]" in said
    assert "payers' answers about eligibility not kept, so B21, B22 cannot decide\n" in said


def test_settings_that_would_lose_changes_are_named_with_their_statement(database: MariaDb) -> None:
    database.do("SET GLOBAL binlog_format = 'MIXED'")
    database.do("SET GLOBAL binlog_row_image = 'MINIMAL'")
    try:
        said = _said(database)
    finally:
        database.do("SET GLOBAL binlog_format = 'ROW'")
        database.do("SET GLOBAL binlog_row_image = 'FULL'")
    assert "binlog_format is MIXED; run: SET GLOBAL binlog_format='ROW';" in said
    assert "binlog_row_image is MINIMAL; run: SET GLOBAL binlog_row_image='FULL';" in said


def test_grants_that_are_missing_are_named_with_their_statement(database: MariaDb) -> None:
    database.do("CREATE USER poor@'127.0.0.1' IDENTIFIED BY 'x'")
    database.do("GRANT SELECT ON openemr.* TO poor@'127.0.0.1'")
    said = _said(database, database.source.replace(f"conjoint:{PASSWORD}", "poor:x"))
    wanted = (
        "GRANT RELOAD, SHOW DATABASES, REPLICATION SLAVE, BINLOG MONITOR, LOCK TABLES ON *.* TO 'poor'@'127.0.0.1';"
    )
    assert wanted in said


def test_a_password_that_is_refused_is_said_and_not_shown(database: MariaDb) -> None:
    said = _said(database, database.source.replace(PASSWORD, "wrong-one"))
    assert "it refuses the user or the password" in said
    assert "wrong-one" not in said
    nobody = database.source.replace(str(database.port), "1")
    assert "no answer at 127.0.0.1:1" in _said(database, nobody)


def test_a_column_that_differs_is_named(database: MariaDb) -> None:
    database.do("ALTER TABLE billing CHANGE fee price decimal(12,2)")
    database.do("ALTER TABLE forms MODIFY deleted varchar(3)")
    try:
        said = _said(database)
    finally:
        database.do("ALTER TABLE billing CHANGE price fee decimal(12,2)")
        database.do("ALTER TABLE forms MODIFY deleted tinyint(4) NOT NULL DEFAULT 0")
    assert "column billing.fee is missing" in said
    assert "column forms.deleted is varchar" in said


def test_a_code_that_nothing_explains_and_a_zone_that_is_not_set_are_said(database: MariaDb) -> None:
    database.insert("list_options", list_id="attendstat", option_id="Q", title="Quark")
    database.do("UPDATE globals SET gl_value = '' WHERE gl_name = 'gbl_time_zone'")
    try:
        checks = examine_source(_source(database))
    finally:
        database.do("DELETE FROM list_options WHERE option_id = 'Q'")
        database.do("UPDATE globals SET gl_value = 'America/Chicago' WHERE gl_name = 'gbl_time_zone'")
    assert [check.level for check in checks if check.level is not Level.OK] == [Level.WARN, Level.WARN]
    said = "\n".join(map(str, checks))
    assert "read as UTC" in said
    assert "code 'Q' of the list attendstat has no meaning here" in said


def test_only_the_columns_that_are_read_are_captured(database: MariaDb) -> None:
    source = _source(database)
    capture = SourceCapture("http://127.0.0.1:1", "127.0.0.1:2", database.home)
    configuration = connector_configuration(capture, source, look_at(source))
    assert PASSWORD not in repr(configuration)
    assert not any(value.startswith("${conjoint") for value in configuration.values())
    columns = configuration["column.include.list"]
    assert r"openemr\.patient_data\.(pid|fname" in columns
    assert not {"ss", "drivers_license", "phone_home", "subscriber_ss"} & set(columns.replace(")", "|").split("|"))
    assert "documents" not in configuration["table.include.list"]
    assert set(TABLES) >= {table.split(r"\.")[1] for table in configuration["table.include.list"].split(",")}

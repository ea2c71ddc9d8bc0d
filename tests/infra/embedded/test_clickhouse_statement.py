"""What the HTTP interface reads out of a statement before it runs."""

import time

import pytest

from infra.embedded.clickhouse_statement import read_statement


@pytest.mark.parametrize(
    ("sql", "verb", "answer_format"),
    [
        (b"SELECT 1", "SELECT", None),
        (b"  -- a note\n /* and\n another */ (select 1)", "SELECT", None),
        (b"SELECT 1 FORMAT JSONEachRow", "SELECT", "JSONEachRow"),
        (b"SELECT 1 FORMAT JSON SETTINGS max_threads = 1;", "SELECT", "JSON"),
        (b"SELECT 1 format Native ; \n-- end", "SELECT", "Native"),
        (b"SELECT 'FORMAT JSON'", "SELECT", None),
        (b"SELECT format FROM t", "SELECT", None),
        (b"SELECT `FORMAT` JSON FROM t", "SELECT", None),
        (b"WITH x AS (SELECT 1 AS a) SELECT * FROM x FORMAT CSV", "WITH", "CSV"),
        (b"create table t (a UInt8) engine = Memory", "CREATE", None),
        (b"", "", None),
        (b"-- nothing", "", None),
    ],
)
def test_verb_and_format_are_read_past_comments_strings_and_quoted_names(
    sql: bytes, verb: str, answer_format: str | None
) -> None:
    statement = read_statement(sql)
    assert (statement.verb, statement.format) == (verb, answer_format)


@pytest.mark.parametrize(
    ("sql", "head", "rows_format", "rows"),
    [
        (b"INSERT INTO t FORMAT TSV\n1\t2\n", b"INSERT INTO t ", "TSV", b"1\t2\n"),
        (b"INSERT INTO t (a, b) FORMAT Native\n\x01\x02", b"INSERT INTO t (a, b) ", "Native", b"\x01\x02"),
        (b"INSERT INTO t FORMAT Native \r\n\n\n", b"INSERT INTO t ", "Native", b"\n\n"),
        (b"insert into t values (1, 'SELECT')", b"insert into t ", "Values", b" (1, 'SELECT')"),
        (b"INSERT INTO t (`FORMAT`, format) VALUES (1)", b"INSERT INTO t (`FORMAT`, format) ", "Values", b" (1)"),
        (
            b"INSERT INTO t SETTINGS a = 'x FORMAT y' FORMAT CSV\n1",
            b"INSERT INTO t SETTINGS a = 'x FORMAT y' ",
            "CSV",
            b"1",
        ),
    ],
)
def test_rows_of_an_insert_begin_right_behind_its_format(
    sql: bytes, head: bytes, rows_format: str, rows: bytes
) -> None:
    found = read_statement(sql).rows
    assert found is not None
    assert (found.head, found.format, sql[found.rows_at :]) == (head, rows_format, rows)


def test_an_insert_from_a_select_brings_no_rows() -> None:
    assert read_statement(b"INSERT INTO t SELECT * FROM u FORMAT Null").rows is None
    assert read_statement(b"INSERT INTO t (a) (SELECT 1)").rows is None


def test_a_second_statement_is_noticed_and_a_trailing_semicolon_is_not_one() -> None:
    assert read_statement(b"SELECT 1; DROP TABLE t").several
    assert not read_statement(b"SELECT ';'; -- end\n;").several


def test_files_on_the_server_are_noticed_wherever_they_are_named() -> None:
    assert read_statement(b"SELECT 1 INTO /* */ OUTFILE 'x'").names_server_files
    assert read_statement(b"INSERT INTO t FROM INFILE 'x' FORMAT CSV").names_server_files
    assert not read_statement(b"SELECT 'INTO OUTFILE'").names_server_files


def test_a_statement_can_be_had_without_its_format() -> None:
    assert read_statement(b"SELECT 1 FORMAT JSON SETTINGS a = 1").plain == b"SELECT 1  SETTINGS a = 1"
    assert read_statement(b"SELECT 1").plain == b"SELECT 1"


@pytest.mark.parametrize("piece", [b"/* ", b"$a$b", b'"""', b"'\\'", b"``` ", b"-- #! ", b"((", b"$", b"a.1"])
def test_hostile_text_is_read_in_linear_time(piece: bytes) -> None:
    started = time.process_time()
    read_statement(b"SELECT format " + piece * 60_000)
    assert time.process_time() - started < 2


def test_a_comment_or_heredoc_without_end_reaches_to_the_end() -> None:
    assert not read_statement(b"SELECT 1 /* ; DROP TABLE t").several
    assert not read_statement(b"SELECT $x$ ; $y$ ; DROP").several
    assert read_statement(b"SELECT $x$ ; $x$ ; DROP TABLE t").several

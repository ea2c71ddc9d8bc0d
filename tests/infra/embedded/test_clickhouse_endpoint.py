"""The embedded ClickHouse as its clients meet it: clickhouse-connect and plain HTTP against the real engine."""

import gzip
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import psutil
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, StreamFailureError

from infra.embedded.clickhouse_access import Role
from infra.embedded.stack import Stack
from infra.endpoints import Endpoints

pytestmark = pytest.mark.stack

HTTP = httpx.Client(trust_env=False, timeout=60)
FAILS_HALF_WAY = "SELECT number, throwIf(number = 3000000) FROM numbers(10000000)"


def password(endpoints: Endpoints, role: Role) -> str:
    secrets = endpoints.secrets
    known = {Role.WRITER: secrets.clickhouse_writer_password, Role.VIEWER: secrets.clickhouse_viewer_password}
    return known[role].get_secret_value()


def client(endpoints: Endpoints, role: Role = Role.WRITER, **options: Any) -> Any:
    return clickhouse_connect.get_client(
        dsn=endpoints.clickhouse_url, username=role.value, password=password(endpoints, role), **options
    )


def ask(endpoints: Endpoints, sql: str, user: Role = Role.WRITER, /, **url: str) -> httpx.Response:
    return HTTP.post(
        endpoints.clickhouse_url, params=url, content=sql.encode(), auth=(user.value, password(endpoints, user))
    )


@pytest.fixture
def writer(clickhouse: Endpoints) -> Iterator[Any]:
    with client(clickhouse, autogenerate_session_id=False) as opened:
        yield opened


@pytest.fixture
def table(writer: Any) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    writer.command(
        f"CREATE TABLE {name} (id UInt64, word String, at DateTime64(3, 'UTC'), tags Map(String, String))"
        " ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000"
    )
    yield name
    writer.command(f"DROP TABLE {name} SYNC")


# --- clients


def test_rows_of_every_kind_go_in_and_come_back(writer: Any, table: str) -> None:
    moment = datetime(2026, 1, 5, 9, 30, 0, 250_000, tzinfo=UTC)
    rows = [[1, "née", moment, {"a": "b"}], [2, "", moment + timedelta(days=1), {}]]
    summary = writer.insert(table, rows, column_names=["id", "word", "at", "tags"])
    assert summary.written_rows == 2
    found = writer.query(f"SELECT * FROM {table} ORDER BY id", tz_mode="aware").result_rows
    assert [list(row) for row in found] == rows


def test_parameters_are_bound_by_the_engine(writer: Any) -> None:
    hostile = "'; DROP TABLE x -- \\ \t\n é"
    result = writer.query(
        "SELECT {a:String}, {b:Array(UInt8)}, {c:Nullable(String)}", parameters={"a": hostile, "b": [1, 2], "c": None}
    )
    assert result.result_rows == [(hostile, [1, 2], None)]


def test_an_insert_repeated_with_its_token_counts_once(writer: Any, table: str) -> None:
    for _ in range(3):
        writer.insert(table, [[1, "a"]], ["id", "word"], settings={"insert_deduplication_token": "offset-17"})
    assert writer.query(f"SELECT count() FROM {table}").first_row == (1,)


@pytest.mark.parametrize("compression", ["lz4", "gzip", "zstd", False])
def test_every_compression_works_both_ways(clickhouse: Endpoints, table: str, compression: str | bool) -> None:
    with client(clickhouse, compress=compression, autogenerate_session_id=False) as opened:
        opened.insert(table, [[n, "x" * 100] for n in range(5000)], ["id", "word"])
        assert len(opened.query(f"SELECT * FROM {table}").result_rows) == 5000


def test_an_empty_result_still_names_its_columns(writer: Any, table: str) -> None:
    assert writer.query(f"SELECT id, word FROM {table} WHERE 0").column_names == ("id", "word")
    assert writer.query(f"WITH 0 AS no SELECT id FROM {table} WHERE no SETTINGS max_threads = 1").column_names == (
        "id",
    )
    assert writer.query("SHOW TABLES LIKE 'nothing%'").column_names == ("name",)


def test_a_session_keeps_settings_and_temporary_tables_and_no_other_request_sees_them(clickhouse: Endpoints) -> None:
    with client(clickhouse, session_id=uuid.uuid4().hex) as one, client(clickhouse, session_id=uuid.uuid4().hex) as two:
        one.command("CREATE TEMPORARY TABLE mine (a UInt8)")
        one.command("SET max_block_size = 7")
        one.command("INSERT INTO mine VALUES (1)")
        assert one.query("SELECT a, getSetting('max_block_size') FROM mine").result_rows == [(1, 7)]
        limited = one.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 9})
        assert limited.first_row == (9,)
        assert one.query("SELECT getSetting('max_block_size')").first_row == (7,)
        with pytest.raises(DatabaseError, match="Code: 60"):
            two.query("SELECT * FROM mine")
    assert ask(clickhouse, "SET max_block_size = 7").is_success
    assert ask(clickhouse, "SELECT getSetting('max_block_size')").text != "7\n"


def test_a_session_runs_one_statement_at_a_time_and_can_be_asked_to_exist(clickhouse: Endpoints) -> None:
    session = uuid.uuid4().hex
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(ask, clickhouse, "SELECT sleep(1)", session_id=session)
        time.sleep(0.4)
        assert ask(clickhouse, "SELECT 1", session_id=session).headers["X-ClickHouse-Exception-Code"] == "373"
        assert slow.result().is_success
    assert ask(clickhouse, "SELECT 1", session_id=session, session_check="1").is_success
    missing = ask(clickhouse, "SELECT 1", session_id=uuid.uuid4().hex, session_check="1")
    assert missing.headers["X-ClickHouse-Exception-Code"] == "372"


# --- plain HTTP


def test_answers_say_what_clickhouse_says(clickhouse: Endpoints, table: str) -> None:
    good = ask(clickhouse, "SELECT 1 AS one FORMAT JSONEachRow", query_id="mine")
    assert good.json() == {"one": 1}
    assert good.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert good.headers["X-ClickHouse-Query-Id"] == "mine"
    assert json.loads(good.headers["X-ClickHouse-Summary"])["result_rows"] == "1"
    bad = ask(clickhouse, "SELECT nothing")
    assert bad.status_code == 404
    assert bad.text.startswith("Code: 47. DB::Exception: ")
    assert bad.headers["X-ClickHouse-Exception-Code"] == "47"
    put = ask(clickhouse, f"INSERT INTO {table} (id) VALUES (1), (2)")
    assert json.loads(put.headers["X-ClickHouse-Summary"])["written_rows"] == "2"
    assert ask(clickhouse, "(3), (4)", query=f"INSERT INTO {table} (id) VALUES").is_success
    assert ask(clickhouse, "", query=f"SELECT count() FROM {table}").text == "4\n"
    assert HTTP.get(clickhouse.clickhouse_url + "/ping").text == "Ok.\n"
    assert HTTP.get(clickhouse.clickhouse_url).text == "Ok.\n"


def test_the_caller_chooses_format_database_and_sign_in_by_header_or_url(clickhouse: Endpoints) -> None:
    secret = password(clickhouse, Role.VIEWER)
    by_header = HTTP.post(
        clickhouse.clickhouse_url,
        content=b"SELECT currentDatabase() AS d",
        headers={
            "X-ClickHouse-User": "viewer",
            "X-ClickHouse-Key": secret,
            "X-ClickHouse-Format": "JSONEachRow",
            "X-ClickHouse-Database": "system",
        },
    )
    assert by_header.json() == {"d": "system"}
    by_url = HTTP.get(
        clickhouse.clickhouse_url,
        params={
            "user": "viewer",
            "password": secret,
            "query": "SELECT {x:UInt8} AS x",
            "param_x": "5",
            "default_format": "CSV",
        },
    )
    assert by_url.text == "5\n"
    by_form = HTTP.post(
        clickhouse.clickhouse_url,
        files={"query": (None, "SELECT {x:String}"), "param_x": (None, "a b")},
        auth=("viewer", secret),
    )
    assert by_form.text == "a b\n"


def test_nobody_gets_in_with_a_wrong_password_however_it_is_sent(clickhouse: Endpoints) -> None:
    url = clickhouse.clickhouse_url
    for request in (
        httpx.Request("POST", url, content=b"SELECT 1"),
        httpx.Request("POST", url, content=b"SELECT 1", headers={"X-ClickHouse-User": "writer"}),
        httpx.Request("POST", url, content=b"SELECT 1", headers={"Authorization": "Basic !!!"}),
        httpx.Request("POST", url, params={"user": "writer", "password": "x"}, content=b"SELECT 1"),
        httpx.Request("POST", url, params={"user": "default"}, content=b"SELECT 1"),
    ):
        answer = HTTP.send(request)
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "516")


def test_a_get_only_reads(clickhouse: Endpoints, table: str) -> None:
    def get(sql: str) -> httpx.Response:
        return HTTP.get(
            clickhouse.clickhouse_url,
            params={"query": sql},
            auth=("writer", password(clickhouse, Role.WRITER)),
        )

    assert get("SELECT 1").text == "1\n"
    for sql in (f"DROP TABLE {table}", f"INSERT INTO {table} (id) SELECT 1", "SET ROLE viewer"):
        assert get(sql).headers["X-ClickHouse-Exception-Code"] == "164"


def test_a_body_beyond_the_limit_and_several_statements_are_refused(clickhouse: Endpoints, table: str) -> None:
    big = ask(clickhouse, f"INSERT INTO {table} (word) FORMAT TSV\n" + "x" * (65 << 20))
    assert (big.status_code, big.headers["X-ClickHouse-Exception-Code"]) == (413, "307")
    assert ask(clickhouse, f"SELECT 1; DROP TABLE {table}").headers["X-ClickHouse-Exception-Code"] == "62"
    bomb = HTTP.post(
        clickhouse.clickhouse_url,
        content=gzip.compress(f"INSERT INTO {table} (word) FORMAT TSV\n".encode() + bytes(150 << 20), 1),
        headers={"Content-Encoding": "gzip"},
        auth=("writer", password(clickhouse, Role.WRITER)),
    )
    assert bomb.headers["X-ClickHouse-Exception-Code"] == "307"
    assert ask(clickhouse, f"SELECT count() FROM {table}").text == "0\n"


# --- results: streamed, failing, never mixed up


def test_a_large_result_is_streamed_and_the_owner_stays_small(clickhouse: Endpoints, real_parts: Stack) -> None:
    size = 0
    with HTTP.stream(
        "POST",
        clickhouse.clickhouse_url,
        params={"default_format": "RowBinary"},
        content=b"SELECT number FROM numbers(50000000)",
        headers={"Accept-Encoding": "identity"},
        auth=("viewer", password(clickhouse, Role.VIEWER)),
    ) as answer:
        before = peak = owner_rss_bytes(real_parts)
        for place, piece in enumerate(answer.iter_raw()):
            size += len(piece)
            if place % 200 == 0:
                peak = max(peak, owner_rss_bytes(real_parts))
    assert size == 400_000_000
    assert peak - before < 100_000_000


def test_a_query_that_fails_half_way_says_so_at_the_end_and_breaks_the_connection_off(
    clickhouse: Endpoints, writer: Any
) -> None:
    received = bytearray()

    def receive() -> None:
        for piece in answer.iter_raw():
            received.extend(piece)

    with HTTP.stream(
        "POST",
        clickhouse.clickhouse_url,
        content=FAILS_HALF_WAY.encode(),
        headers={"Accept-Encoding": "identity"},
        auth=("writer", password(clickhouse, Role.WRITER)),
    ) as answer:
        tag = answer.headers["X-ClickHouse-Exception-Tag"]
        with pytest.raises(httpx.RemoteProtocolError):
            receive()
    assert received.endswith(f" {tag}\r\n__exception__\r\n".encode())
    assert b"Code: 395. DB::Exception: " in received[-2000:]
    with pytest.raises((StreamFailureError, ClickHouseError), match="395"):
        writer.query(FAILS_HALF_WAY)


def test_chdb_still_leaks_a_failed_query_into_the_next_result_of_its_handle() -> None:
    """Why every statement gets a handle of its own. If this fails, chDB was mended and the guard may go."""
    script = f"""
import chdb
handle = chdb.connect(":memory:")
try:
    handle.query({FAILS_HALF_WAY!r}, "TSV")
except RuntimeError:
    pass
print(len(handle.query("SELECT 7", "TSV").bytes()) > 1_000_000)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["True"]


@pytest.mark.parametrize("answer_format", ["TabSeparated", "JSONCompact", "Native", "TSVWithNames"])
@pytest.mark.parametrize("in_session", [False, True])
def test_nothing_of_a_failed_query_is_in_the_next_answer(
    clickhouse: Endpoints, answer_format: str, in_session: bool
) -> None:
    session = {"session_id": uuid.uuid4().hex} if in_session else {}
    for role in Role:
        failing = (
            {"default_format": answer_format, "wait_end_of_query": "1", **session},
            {"default_format": answer_format, "max_result_rows": "100000", **session},
            {"default_format": answer_format, "no_such_setting": "1", **session},
        )
        for url in failing:
            failed = ask(clickhouse, FAILS_HALF_WAY, role, **url)
            assert failed.text.startswith("Code: "), url
            assert ask(clickhouse, "SELECT 7", role, **session).text == "7\n"
            assert ask(clickhouse, "SELECT 8 AS n", role, default_format="JSON", **session).json()["data"] == [{"n": 8}]


def test_nothing_of_an_abandoned_or_refused_answer_is_in_the_next_one(clickhouse: Endpoints, table: str) -> None:
    session = uuid.uuid4().hex
    for _ in range(3):
        with HTTP.stream(
            "POST",
            clickhouse.clickhouse_url,
            params={"session_id": session},
            content=b"SELECT number FROM numbers(1000000000)",
            auth=("viewer", password(clickhouse, Role.VIEWER)),
        ) as answer:
            next(answer.iter_raw())
        deadline = time.monotonic() + 10
        while (then := ask(clickhouse, "SELECT 7", Role.VIEWER, session_id=session)).status_code == 409:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert then.text == "7\n"
    broken = ask(clickhouse, f"INSERT INTO {table} (id) FORMAT TSV\n1\n2\nthree\n", session_id="x")
    assert broken.headers["X-ClickHouse-Exception-Code"] == "27"
    assert ask(clickhouse, f"SELECT count() FROM {table}", session_id="x").text == "0\n"


# --- the viewer

ESCAPES = [
    "INSERT INTO {t} (id) VALUES (1)",
    "INSERT INTO FUNCTION file('{f}', 'TSV', 'a UInt8') VALUES (1)",
    "INSERT INTO FUNCTION file('{f}', 'TSV', 'a UInt8') SELECT 1",
    "DROP TABLE {t}",
    "TRUNCATE TABLE {t}",
    "ALTER TABLE {t} DELETE WHERE 1",
    "CREATE TABLE u (a UInt8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE u (a UInt8)",
    "OPTIMIZE TABLE {t}",
    "RENAME TABLE {t} TO u",
    "SET readonly = 0",
    "SET readonly = DEFAULT",
    "SET ROLE writer",
    "SET ROLE ALL",
    "SET max_memory_usage = 0",
    "SET dialect = 'kusto'",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1; SET ROLE writer",
    "SELECT 1 INTO OUTFILE '{f}'",
    "SELECT 1 INTO/**/OUTFILE '{f}'",
    "SELECT file('{s}')",
    "SELECT * APPLY(file) FROM (SELECT '{s}')",
    "SELECT * FROM file('{s}', 'LineAsString')",
    "SELECT * FROM default.`{s}`",
    "DESCRIBE file('{s}')",
    "SELECT * FROM url('{u}', 'LineAsString')",
    "DESCRIBE url('{u}')",
    "SELECT * FROM remote('127.0.0.1', 'system.one')",
    "SELECT * FROM executable('ls', 'TSV', 'a String')",
    "SELECT * FROM python('os')",
    "SELECT * FROM filesystem('/')",
    "SELECT * FROM view(SELECT file('{s}'))",
    "KILL QUERY WHERE 1",
    "SYSTEM SHUTDOWN",
    "SYSTEM DROP MARK CACHE",
    "GRANT writer TO default",
    "CREATE FUNCTION f AS x -> file(x)",
    "BACKUP TABLE {t} TO File('{f}')",
    "EXECUTE AS default SELECT 1",
    "EXPLAIN SELECT * FROM file('{s}', 'LineAsString')",
    "SELECT 1 \0, file('{s}')",
    "SELECT 1, file('{s}') SETTINGS limit = 0",
    "SELECT file($$" + "{s}" + "$$)",
    "SET max_execution_time = 0",
]


@pytest.mark.parametrize("in_session", [False, True])
def test_a_viewer_finds_no_way_out(clickhouse: Endpoints, table: str, tmp_path: Path, in_session: bool) -> None:
    secret, written = tmp_path / "secret.txt", tmp_path / "written.txt"
    secret.write_text("SECRET")
    url = {"session_id": uuid.uuid4().hex} if in_session else {}
    for escape in ESCAPES:
        sql = escape.format(t=table, f=written, s=secret, u=clickhouse.clickhouse_url + "/ping")
        for extra in ({}, {"readonly": "0"}, {"role": "writer"}, {"wait_end_of_query": "1", "limit": "0"}):
            answer = ask(clickhouse, sql, Role.VIEWER, **url, **extra)
            assert not answer.is_success, sql
            assert "SECRET" not in answer.text, sql
    assert not written.exists()
    assert (
        ask(clickhouse, "SELECT currentRoles(), getSetting('readonly')", Role.VIEWER, **url).text == "['viewer']\t2\n"
    )
    assert ask(clickhouse, f"SELECT count() FROM {table}").text == "0\n"


def test_a_viewer_reads_with_settings_parameters_and_every_format(clickhouse: Endpoints, table: str) -> None:
    ask(clickhouse, f"INSERT INTO {table} (id, word) VALUES (1, 'file')")
    with client(clickhouse, Role.VIEWER) as viewer:
        found = viewer.query(
            f"SELECT word FROM {table} WHERE id = {{id:UInt64}} SETTINGS max_threads = 1",
            parameters={"id": 1},
            settings={"max_block_size": 100},
        )
        assert found.result_rows == [("file",)]
        assert viewer.command("SHOW TABLES LIKE 't_%'")


# --- under load, and after a hard end


def owner_rss_bytes(real_parts: Stack) -> int:
    process = psutil.Process(real_parts.pid("clickhouse"))
    return int(process.memory_info().rss)


def test_two_writers_and_four_readers_at_once_lose_and_mix_nothing(clickhouse: Endpoints, table: str) -> None:
    stop, batches, seconds = threading.Event(), [0, 0], 3.0

    def write(place: int) -> None:
        with client(clickhouse, autogenerate_session_id=False) as opened:
            while not stop.is_set():
                opened.insert(table, [[place, f"batch {batches[place]}"]] * 100, ["id", "word"])
                batches[place] += 1

    def read(place: int) -> int:
        asked = 0
        with client(clickhouse, Role.VIEWER, autogenerate_session_id=False) as opened:
            while not stop.is_set():
                if place % 2 and asked % 5 == 0:
                    with pytest.raises(DatabaseError):
                        opened.query("SELECT throwIf(number = 100000), number FROM numbers(1000000)")
                number = opened.query("SELECT {n:UInt64}", parameters={"n": place * 10_000 + asked}).first_row[0]
                assert number == place * 10_000 + asked
                assert opened.query(f"SELECT count() % 100 FROM {table}").first_row == (0,)
                asked += 1
        return asked

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, place) for place in range(2)]
        readers = [pool.submit(read, place) for place in range(4)]
        time.sleep(seconds)
        stop.set()
        assert all(reader.result() > 5 for reader in readers)
        for one in writers:
            one.result()
    assert int(ask(clickhouse, f"SELECT count() FROM {table}").text) == 100 * sum(batches)


def test_acknowledged_rows_are_there_after_the_owner_was_killed(
    clickhouse: Endpoints, real_parts: Stack, table: str
) -> None:
    acknowledged: list[int] = []

    def write() -> None:
        with httpx.Client(auth=("writer", password(clickhouse, Role.WRITER)), trust_env=False, timeout=10) as http:
            for number in range(100_000):
                rows = "\n".join(str(number) for _ in range(50))
                try:
                    answer = http.post(
                        clickhouse.clickhouse_url, content=f"INSERT INTO {table} (id) FORMAT TSV\n{rows}\n"
                    )
                except httpx.TransportError:
                    return
                if answer.is_success:
                    acknowledged.append(number)

    thread = threading.Thread(target=write)
    thread.start()
    time.sleep(1.5)
    real_parts.kill("clickhouse")
    thread.join()
    started = time.monotonic()
    real_parts.need("clickhouse")
    assert time.monotonic() - started < 15
    found = ask(clickhouse, f"SELECT id, count() FROM {table} GROUP BY id FORMAT JSONCompactEachRow").text
    counts = {int(number): int(count) for number, count in map(json.loads, found.splitlines())}
    assert len(acknowledged) > 5
    assert set(acknowledged) <= set(counts)
    assert set(counts.values()) == {50}


def test_a_second_owner_of_the_same_folder_is_turned_away(clickhouse: Endpoints) -> None:
    script = (
        "import sys; from pathlib import Path; from infra.embedded.clickhouse_engine import Engine\n"
        "from infra.refusal import Refusal\n"
        "try: Engine(Path(sys.argv[1]))\n"
        "except Refusal as refusal: print(refusal)"
    )
    folder = clickhouse.settings.home / "clickhouse"
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "in use by another ClickHouse" in done.stdout


def test_it_ends_cleanly_and_soon_even_with_a_statement_running(tmp_path: Path) -> None:
    parts = Stack(tmp_path)
    try:
        endpoints = parts.need("clickhouse")
        assert owner_rss_bytes(parts) < 340_000_000
        process = psutil.Process(parts.pid("clickhouse"))
        with ThreadPoolExecutor() as pool:
            endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
            running = pool.submit(ask, endpoints, endless)
            time.sleep(1)
            started = time.monotonic()
            process.terminate()
            assert "QUERY_WAS_CANCELLED" in running.result().text
        parts.stop()
        assert time.monotonic() - started < 10
    finally:
        parts.stop()


def test_odd_requests_are_answered_and_not_logged(clickhouse: Endpoints, real_parts: Stack) -> None:
    odd = ask(clickhouse, "SELECT 1", query_id="é\r\nX-Injected: 1")
    assert odd.text == "1\n"
    assert "X-Injected" not in odd.headers
    assert ask(clickhouse, "SELECT 1", default_format="Näh").headers["X-ClickHouse-Exception-Code"] == "73"
    long = f"/?param_x={'x' * 200_000}&user=viewer&password={password(clickhouse, Role.VIEWER)}"
    connection = HTTPConnection("127.0.0.1", clickhouse.settings.clickhouse_port)
    connection.request("POST", long, b"SELECT length({x:String})")
    assert connection.getresponse().read() == b"200000\n"
    connection.close()
    assert ask(clickhouse, "SELECT 1", session_timeout="soon").headers["X-ClickHouse-Exception-Code"] == "72"
    assert ask(clickhouse, "SELECT 1", compress="1").headers["X-ClickHouse-Exception-Code"] == "48"
    assert ask(clickhouse, "\n-- nothing\n").headers["X-ClickHouse-Exception-Code"] == "62"
    assert ask(clickhouse, "SELECT 'MARK-7' + throwIf(1)").headers["X-ClickHouse-Exception-Code"]
    assert "MARK-7" not in real_parts.log("clickhouse").read_text()


def test_statements_are_counted_by_kind_and_outcome(clickhouse: Endpoints) -> None:
    ask(clickhouse, "SELECT 1")
    port = clickhouse.settings.clickhouse_metrics_port
    text = HTTP.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'conjoint_clickhouse_queries_total{kind="select",outcome="ok"}' in text
    assert 'conjoint_clickhouse_query_seconds_count{kind="select"}' in text

"""Who owns the chDB database, and how does one statement run on it without touching another's?
Reads and writes the database folder, alone (a lock file keeps a second owner out).
Must never reuse a handle after an error: chDB then prepends the failed query's rows to the next result.
"""

import fcntl
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import chdb

from infra.embedded.clickhouse_access import DATABASE, Role, engine_configuration, refusal_for_viewer
from infra.embedded.clickhouse_compression import BadBody
from infra.embedded.clickhouse_hello import EngineFacts, header_block
from infra.embedded.clickhouse_statement import READING_VERBS, InsertedRows, Statement, read_statement
from infra.refusal import Refusal
from infra.secrets_file import make_private_folder, write_private

STREAMED_VERBS = frozenset({"SELECT", "WITH", "FROM"})
STREAMED_FORMATS = frozenset(
    (
        "Native",
        "RowBinary",
        "TabSeparated",
        "TabSeparatedRaw",
        "TSV",
        "TSVRaw",
        "CSV",
        "JSONEachRow",
        "JSONLines",
        "NDJSON",
        "JSONStringsEachRow",
        "JSONCompactEachRow",
        "JSONCompactStringsEachRow",
        "TSKV",
        "RawBLOB",
        "Null",
    )
)
"""Formats whose blocks can be strung together. chDB repeats the head of any other format in every block (measured)."""
BUFFERED_RESULT_BYTES = 64 << 20
"""Bound of a result in any other format, which has to be built as a whole."""
LOOKAHEAD_BYTES = 1 << 20
SQL_BYTES = 16 << 20
VIEWER_SQL_BYTES = 256 << 10
MAX_SESSIONS = 100
MAX_SESSION_SECONDS = 3600
_CODE = re.compile(r"Code: (\d+)\. ")
_DOUBLED = re.compile(r"^(Code: \d+\. DB::Exception: )(?:Code: \d+\. DB::Exception: )+")


class EngineError(Exception):
    """A statement failed. `code` is ClickHouse's; the text may quote the statement, so it goes to its author only."""

    def __init__(self, code: int, name: str, text: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {text} ({name})")
        self.code = code
        self.kind = "refused"

    @classmethod
    def from_engine(cls, error: Exception) -> "EngineError":
        """ClickHouse's own words, without what chDB puts around them."""
        text = str(error)
        found = _CODE.search(text)
        wrapped = cls(1002, "UNKNOWN_EXCEPTION", text)
        if found:
            wrapped.args = (_DOUBLED.sub(r"\1", text[found.start() :]).strip(),)
            wrapped.code = int(found[1])
        return wrapped


@dataclass(frozen=True, slots=True)
class Question:
    """One statement as it was asked. `pieces` is the whole text, rows of an INSERT included."""

    role: Role
    pieces: Iterator[bytes] = field(repr=False)
    format: str = "TabSeparated"
    database: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    session_id: str | None = None
    session_seconds: int = 60
    session_must_exist: bool = False
    only_reading: bool = False
    whole: bool = False


@dataclass(slots=True)
class Answer:
    """`head` is what was ready at once, `rest` the blocks still to come (raises EngineError). Close it, always;
    closing it twice is fine."""

    kind: str
    format: str | None
    head: bytes
    rest: Iterator[bytes] | None
    summary: dict[str, str]
    close: Callable[[], None]


@dataclass(slots=True)
class _Session:
    handle: Any
    expires_at: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class Engine:
    """The one owner of a database folder. Its methods may be called from any thread; `answer` blocks."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the database. Raises Refusal if the folder is in use or cannot be named to the engine."""
        if set("&?") & set(str(path)):
            # chDB would cut the path there, find no configuration, and open without any role
            raise Refusal(f"{path} contains '&' or '?', which ClickHouse cannot open; choose another with --home")
        make_private_folder(path)
        self._lock_file = _lock(path)
        configuration = path / "engine.xml"
        write_private(configuration, engine_configuration(configuration))
        self._address = f"{path}?config-file={quote(str(configuration))}"
        self._sessions: dict[tuple[Role, str], _Session] = {}
        self._sessions_lock = threading.Lock()
        try:
            self._root = chdb.connect(self._address)
        except RuntimeError as error:
            self._lock_file.close()
            raise Refusal(f"ClickHouse could not open {path}: {EngineError.from_engine(error)}") from None
        roles = self._root.query("SELECT arrayStringConcat(arraySort(currentRoles()), ' ')", "TabSeparated").bytes()
        if roles.decode().split() != sorted(Role):
            self.close()
            raise Refusal(f"ClickHouse opened {path} without its roles; this chDB version is not supported")
        self._root.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic", "Null")
        told = self._root.query("SELECT displayName(), version(), timezone()", "JSONCompactEachRow").bytes()
        self.facts = EngineFacts(*json.loads(told))

    def close(self) -> None:
        """Stops running statements and closes the database. Acknowledged rows are on disk already."""
        self.stop_statements()
        with self._sessions_lock:
            for session in self._sessions.values():
                session.handle.close()
            self._sessions.clear()
        self._root.close()
        self._lock_file.close()

    def answer(self, question: Question) -> Answer:
        """Runs one statement. Raises EngineError; whatever happens, nothing of it is left for the next one."""
        statement: Statement | None = None
        try:
            text, rest = _head(question.pieces)
            if question.role is Role.VIEWER:
                text, rest = _whole(text, rest, VIEWER_SQL_BYTES), iter(())
            statement = read_statement(text)
            if statement.rows is None or question.params:
                text, rest = _whole(text, rest, SQL_BYTES), iter(())
                statement = read_statement(text)
            _refuse_what_http_never_allows(question, statement)
            if question.role is Role.VIEWER:
                self._refuse_what_viewers_may_not(statement, text)
            return self._answer(question, statement, text, rest)
        except EngineError as error:
            error.kind = statement.kind if statement else error.kind
            raise
        except RuntimeError as error:
            failure = EngineError.from_engine(error)
            failure.kind = statement.kind if statement else failure.kind
            raise failure from None
        except UnicodeError:
            raise EngineError(62, "SYNTAX_ERROR", "The statement is not UTF-8.") from None

    def stop_statements(self) -> None:
        """Ends every running statement with an error."""
        with suppress(RuntimeError):
            self._root.query("KILL QUERY WHERE 1 ASYNC", "Null")

    def _answer(self, question: Question, statement: Statement, text: bytes, rest: Iterator[bytes]) -> Answer:
        with ExitStack() as cleanup:
            handle = cleanup.enter_context(self._lease(question))
            if statement.rows is not None and not question.params:
                answer = _insert(handle, text, statement.rows, rest)
            else:
                answer = _query(handle, text.decode(), statement, question)
            cleanup.callback(answer.close)
            answer.close = cleanup.pop_all().close  # an exit stack closes once and is empty then
            return answer

    def _refuse_what_viewers_may_not(self, statement: Statement, text: bytes) -> None:
        if not statement.reads and statement.verb not in {"SET", "USE"}:
            raise EngineError(164, "READONLY", "Cannot execute query in readonly mode.")
        if b"\0" in text:
            raise EngineError(62, "SYNTAX_ERROR", "A statement has no NUL bytes.")
        escaped = text.decode()
        for plain, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            escaped = escaped.replace(plain, written)
        # in a handle of its own, which none of the caller's settings can influence
        with closing(chdb.connect(self._address)) as parser:
            printed = parser.query(
                "SELECT formatQuerySingleLine({statement:String})", "RawBLOB", params={"statement": escaped}
            )
            refusal = refusal_for_viewer(printed.bytes().decode())
        if refusal:
            raise EngineError(497, "ACCESS_DENIED", f"{refusal}.")

    def _lease(self, question: Question) -> "_Lease":
        if question.session_id is None:
            return _Lease(self._open(question.role), question, session=None)
        return _Lease(None, question, session=self._session(question, question.session_id))

    def _open(self, role: Role) -> Any:
        handle = chdb.connect(self._address)
        try:
            handle.query(f"SET ROLE {role}; USE {DATABASE}", "Null")
            if role is Role.VIEWER:
                handle.query("SET readonly = 2", "Null")
        except RuntimeError:
            handle.close()
            raise
        return handle

    def _session(self, question: Question, session_id: str) -> _Session:
        """The caller's session, locked."""
        now = time.monotonic()
        key = (question.role, session_id)
        with self._sessions_lock:
            for old, session in list(self._sessions.items()):
                if session.expires_at < now:
                    self._forget(old)
            if key not in self._sessions:
                if question.session_must_exist:
                    raise EngineError(372, "SESSION_NOT_FOUND", "Session not found.")
                if len(self._sessions) >= MAX_SESSIONS:
                    for old in sorted(self._sessions, key=lambda other: self._sessions[other].expires_at):
                        if self._forget(old):
                            break
                    else:
                        raise EngineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many sessions.")
                self._sessions[key] = _Session(self._open(question.role), expires_at=now)
            session = self._sessions[key]
            if not session.lock.acquire(blocking=False):
                raise EngineError(373, "SESSION_IS_LOCKED", "Session is locked by a concurrent client.")
            session.expires_at = now + min(question.session_seconds, MAX_SESSION_SECONDS)
            return session

    def _forget(self, key: tuple[Role, str]) -> bool:
        if not self._sessions[key].lock.acquire(blocking=False):
            return False
        self._sessions.pop(key).handle.close()
        return True


class _Lease:
    """A handle for one statement: a fresh one that is closed afterwards, or the session's, put back as it was.

    Opening one takes 0.2 ms, less than the query that would be needed to make sure that a used one is clean.
    """

    def __init__(self, handle: Any, question: Question, session: _Session | None) -> None:
        self._session = session
        self._handle = session.handle if session is not None else handle
        self._question = question
        self._before: dict[str, str] = {}

    def __enter__(self) -> Any:
        try:
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        return self._handle

    def __exit__(self, *_: object) -> None:
        if self._session is None:
            self._handle.close()
            return
        try:
            self._handle.query("SELECT 1", "Null")  # takes away what a failed statement may have left in the handle
            for name, value in self._before.items():
                self._handle.query(f"SET {name} = {_literal(value)}", "Null")
        except RuntimeError:
            self._session.expires_at = 0  # not to be trusted any more: the next request starts a new session
        finally:
            self._session.lock.release()

    def _prepare(self) -> None:
        database, settings = self._question.database, dict(self._question.settings)
        if database:
            self._handle.query("USE `{}`".format(database.replace("\\", "\\\\").replace("`", "\\`")), "Null")
        for name in settings:
            if not re.fullmatch(r"\w{1,100}", name):
                raise EngineError(115, "UNKNOWN_SETTING", "Unknown setting.")
        if self._session is not None and settings:
            names = ", ".join(_literal(name) for name in settings)
            known = self._handle.query(
                f"SELECT name, value FROM system.settings WHERE name IN ({names})",  # noqa: S608  # \w only
                "JSONCompactEachRow",
            )
            self._before = dict(json.loads(line) for line in known.bytes().splitlines())
        if self._question.only_reading and self._session is None and self._question.role is Role.WRITER:
            settings |= {"readonly": "2"}
        for name, value in sorted(settings.items(), key=lambda item: item[0] == "readonly"):
            self._handle.query(f"SET {name} = {_literal(value)}", "Null")


def _refuse_what_http_never_allows(question: Question, statement: Statement) -> None:
    if not statement.verb:
        raise EngineError(62, "SYNTAX_ERROR", "Empty query.")
    if statement.several:
        raise EngineError(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed).")
    if statement.names_server_files:
        raise EngineError(1, "UNSUPPORTED_METHOD", "INTO OUTFILE and FROM INFILE are not allowed over HTTP.")
    if question.only_reading and statement.verb not in READING_VERBS:
        raise EngineError(164, "READONLY", "Cannot execute query in readonly mode: GET only reads, use POST.")


def _insert(handle: Any, text: bytes, rows: InsertedRows, rest: Iterator[bytes]) -> Answer:
    inserter = handle.send_insert(rows.head.decode(), rows.format)
    try:
        inserter.append(text[rows.rows_at :])
        for piece in rest:
            inserter.append(piece)
        done = inserter.finish()
    except BaseException:
        with suppress(RuntimeError):
            inserter.cancel()
        raise
    written = {
        "written_rows": str(done.rows_written),
        "written_bytes": str(done.bytes_written),
        "elapsed_ns": str(int(done.elapsed * 1e9)),
    }
    return Answer("insert", None, b"", None, written, close=_nothing)


def _query(handle: Any, sql: str, statement: Statement, question: Question) -> Answer:
    answer_format = statement.format or question.format
    if not statement.reads:
        result = handle.query(sql, answer_format, params=dict(question.params))
        return Answer(statement.kind, None, result.bytes() or b"", None, _summary([result]), close=_nothing)
    if statement.verb in STREAMED_VERBS and answer_format in STREAMED_FORMATS and not question.whole:
        return _stream(handle, sql, statement, answer_format, question)
    bounded = "max_result_bytes" not in question.settings
    if bounded:
        handle.query(f"SET max_result_bytes = {BUFFERED_RESULT_BYTES}", "Null")
    try:
        result = handle.query(sql, answer_format, params=dict(question.params))
    finally:
        if bounded and question.session_id is not None:
            handle.query("SET max_result_bytes = DEFAULT", "Null")
    head = result.bytes() or _header(handle, statement, answer_format, question.params)
    return Answer("select", answer_format, head, None, _summary([result]), close=_nothing)


def _stream(handle: Any, sql: str, statement: Statement, answer_format: str, question: Question) -> Answer:
    stream = handle.send_query(sql, answer_format, params=dict(question.params))
    try:
        results, ready = [], 0
        while ready < LOOKAHEAD_BYTES and (result := stream.fetch()) is not None:
            results.append(result)
            ready += result.size()
        finished = ready < LOOKAHEAD_BYTES
        head = b"".join(result.bytes() for result in results)
        if finished:
            head = head or _header(handle, statement, answer_format, question.params)
    except BaseException:
        with suppress(RuntimeError):
            stream.cancel()
        raise
    rest = None if finished else _blocks(stream)
    return Answer("select", answer_format, head, rest, _summary(results), close=stream.cancel)


def _blocks(stream: Any) -> Iterator[bytes]:
    try:
        while (result := stream.fetch()) is not None:
            yield result.bytes()
    except RuntimeError as error:
        raise EngineError.from_engine(error) from None


def _header(handle: Any, statement: Statement, answer_format: str, params: Mapping[str, str]) -> bytes:
    """The column names of an empty Native result: without them clickhouse-go waits for a block that never comes."""
    if answer_format != "Native":
        return b""
    sql = statement.plain.decode().rstrip().rstrip(";")
    if statement.verb in STREAMED_VERBS:
        described = handle.query(f"DESCRIBE (\n{sql}\n)", "JSONCompact", params=dict(params)).bytes()
        return header_block([(row[0], row[1]) for row in json.loads(described)["data"]])
    meta = json.loads(handle.query(sql, "JSONCompact", params=dict(params)).bytes() or b'{"meta": []}')["meta"]
    return header_block([(column["name"], column["type"]) for column in meta])


def _summary(results: list[Any]) -> dict[str, str]:
    return {
        "read_rows": str(sum(result.storage_rows_read() for result in results)),
        "read_bytes": str(sum(result.storage_bytes_read() for result in results)),
        "written_rows": str(sum(result.rows_written() for result in results)),
        "result_rows": str(sum(result.rows_read() for result in results)),
        "elapsed_ns": str(int(sum(result.elapsed() for result in results) * 1e9)),
    }


def _head(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Enough of the text to read the statement, and what follows."""
    head = bytearray()
    for piece in pieces:
        head += piece
        if len(head) >= LOOKAHEAD_BYTES:
            break
    return bytes(head), pieces


def _whole(head: bytes, rest: Iterator[bytes], limit: int) -> bytes:
    text = bytearray(head)
    for piece in rest:
        text += piece
        if len(text) > limit:
            break
    if len(text) > limit:
        raise BadBody(f"this statement may have {limit} bytes at most")
    return bytes(text)


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _nothing() -> None:
    return


def _lock(path: Path) -> IO[str]:
    file = (path / "owner.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Refusal(f"{path} is in use by another ClickHouse; stop that one first (conjoint down)") from None
    return file

"""What does one SQL statement ask for, as far as an HTTP interface must know before it runs?
Reads the text only: verb, answer format, where inserted rows begin, whether it names files on the server.
Must never run anything, nor be the reason why a viewer may do something: roles and the engine's parser decide that.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

READING_VERBS = frozenset({"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK"})
"""First words of statements that give rows and change nothing."""

_TOKEN = re.compile(
    rb"""(?P<skip>[\s\x00]++|--[^\n]*+|\#[!\s][^\n]*+)
       | (?P<comment>/\*)
       | (?P<heredoc>\$\w*+\$)
       | (?P<text>'(?:[^'\\]|\\.|'')*+')
       | (?P<quoted>`(?:[^`\\]|\\.|``)*+`|"(?:[^"\\]|\\.|"")*+")
       | (?P<word>[A-Za-z_]\w*+)
       | (?P<number>\d[\w.]*+)
       | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
"""Never backtracks: what a stranger writes is read in linear time."""
_DATA_START = re.compile(rb"[ \t]*;?[ \t]*(?:\r?\n)?")
_MAY_MATTER = re.compile(rb"format|outfile|infile|;", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of SQL: `kind` is word, quoted, text, number or mark."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """A bare word in capitals; empty for anything else, a quoted name included."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True, slots=True)
class InsertedRows:
    """An INSERT whose rows follow in the request: `head` is the statement without FORMAT, rows start at `rows_at`."""

    head: bytes
    format: str
    rows_at: int


@dataclass(frozen=True, slots=True)
class Statement:
    """`format` is what the statement's own FORMAT clause says, `plain` the statement without that clause."""

    verb: str
    plain: bytes
    format: str | None = None
    rows: InsertedRows | None = None
    names_server_files: bool = False
    several: bool = False

    @property
    def reads(self) -> bool:
        """True if it gives rows and changes nothing."""
        return self.verb in READING_VERBS

    @property
    def kind(self) -> str:
        """The metric label: select, insert or other."""
        return "select" if self.reads else "insert" if self.verb == "INSERT" else "other"


def tokens(sql: bytes) -> Iterator[Token]:
    """The pieces of `sql` without comments and white space. A comment or heredoc that never ends reaches to the end."""
    at = 0
    while (match := _TOKEN.match(sql, at)) is not None:
        kind, at = match.lastgroup, match.end()
        if kind == "comment":
            at = _behind(b"*/", sql, at)
        elif kind == "heredoc":
            at = _behind(match[0], sql, at)
            yield Token("text", sql[match.start() : at].decode("utf-8", "replace"), match.start(), at)
        elif kind is not None and kind != "skip":
            yield Token(kind, match[0].decode("utf-8", "replace"), match.start(), at)


def _behind(end: bytes, sql: bytes, at: int) -> int:
    found = sql.find(end, at)
    return len(sql) if found < 0 else found + len(end)


def read_statement(sql: bytes) -> Statement:
    """Classifies one statement; looks no further into an INSERT than to where its rows begin."""
    stream = tokens(sql)
    verb = next((token.word for token in stream if token.text != "("), "")
    if verb == "INSERT":
        return _read_insert(sql, stream)
    if not _MAY_MATTER.search(sql):
        return Statement(verb, sql)
    pieces = list(stream)
    end = next((place for place, token in enumerate(pieces) if token.text == ";"), len(pieces))
    clause = _trailing_format(pieces[:end])
    return Statement(
        verb,
        sql[: clause[0].start] + sql[clause[1].end :] if clause else sql,
        format=clause[1].text if clause else None,
        names_server_files=_names_server_files(pieces[:end]),
        several=any(token.text != ";" for token in pieces[end:]),
    )


def _read_insert(sql: bytes, stream: Iterator[Token]) -> Statement:
    depth, selects, infile = 0, False, False
    for token in stream:
        if token.kind == "mark":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        selects = selects or token.word in {"SELECT", "WITH"}
        infile = infile or token.word == "INFILE"
        if depth or selects:
            continue
        if token.word == "VALUES":
            rows = InsertedRows(sql[: token.start], "Values", token.end)
            return Statement("INSERT", sql, rows=rows, names_server_files=infile)
        if token.word == "FORMAT" and (name := next(stream, None)) is not None and name.word:
            data = _DATA_START.match(sql, name.end)
            rows = InsertedRows(sql[: token.start], name.text, data.end() if data else name.end)
            return Statement("INSERT", sql, rows=rows, names_server_files=infile)
    return Statement("INSERT", sql, names_server_files=infile)


def _trailing_format(pieces: list[Token]) -> tuple[Token, Token] | None:
    for place in range(len(pieces) - 2, -1, -1):
        clause = pieces[place], pieces[place + 1]
        if clause[0].word == "FORMAT" and clause[1].word:
            follows = pieces[place + 2 : place + 3]
            return clause if not follows or follows[0].word == "SETTINGS" else None
    return None


def _names_server_files(pieces: list[Token]) -> bool:
    words = [token.word for token in pieces]
    pairs = set(itertools.pairwise(words))
    return ("INTO", "OUTFILE") in pairs or ("FROM", "INFILE") in pairs

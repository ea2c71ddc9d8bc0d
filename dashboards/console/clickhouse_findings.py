"""What is open right now, and what has it been? Findings out of ClickHouse's fact_finding.

Reads ClickHouse as the read-only viewer. Every value is a bound parameter; every answer is bounded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import aiohttp
import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from dashboards.console.sources import (
    KIND_PREFIXES,
    MAX_LISTED,
    Counters,
    FindingFilter,
    Grouping,
    StoreUnavailableError,
    TallyCell,
    instant,
    milliseconds,
)
from schemas.finding import Finding

ANSWER_SECONDS = 8.0
MAX_HISTORY = 50
MAX_CELLS = 50_000

_COLUMNS = """finding_id, practice_id, rule, rule_version, state, severity, subject, predicts, money_at_stake_cents,
    toUnixTimestamp64Milli(opened_at) AS opened_ms, toUnixTimestamp64Milli(changed_at) AS changed_ms,
    why, todo, evidence, historical, version"""
_FIELDS = (
    "finding_id", "practice_id", "rule", "rule_version", "state", "severity", "subject", "predicts",
    "money_at_stake_cents", "opened_at", "changed_at", "why", "todo", "evidence", "historical", "version",
)  # fmt: skip
_SEARCHABLE = """lowerUTF8(concat(why, '\\n', todo, '\\n', finding_id, '\\n', rule, '\\n', practice_id, '\\n',
    arrayStringConcat(mapValues(subject), '\\n'), '\\n', arrayStringConcat(evidence, '\\n')))"""
_MONEY_KEY = """multiIf(mapContains(subject, 'claim'), concat('claim\\n', subject['claim']),
    mapContains(subject, 'session') AND mapContains(subject, 'client'),
    concat('visit\\n', subject['session'], '\\n', subject['client']), concat('finding\\n', finding_id))"""
_ORDER: Mapping[Grouping, str] = {
    "severity": "indexOf(['block', 'hold', 'warn'], severity), ",
    "rule": "rule, ",
    "practice": "practice_id, ",
    "none": "",
}


class Rows(Protocol):
    """A result: its rows, in order."""

    @property
    def result_rows(self) -> Sequence[Sequence[Any]]: ...


class QueryClient(Protocol):
    """The part of clickhouse-connect's async client that is used here."""

    async def query(self, query: str, parameters: dict[str, Any] | None = None) -> Rows: ...

    async def close(self) -> None: ...


@dataclass
class ClickHouse:
    """A connection made when it is first needed and made again after it failed."""

    connect: Callable[[], Awaitable[QueryClient]]
    _client: QueryClient | None = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows of a query. Raises StoreUnavailableError when there is no good answer in time."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                client = await self._connected()
                return (await client.query(sql, parameters=dict(parameters))).result_rows
        except (ClickHouseError, aiohttp.ClientError, OSError) as error:
            # the driver's text quotes the statement and its parameters, which may hold what a person searched for
            raise StoreUnavailableError(f"ClickHouse did not answer ({type(error).__name__})") from None

    async def _connected(self) -> QueryClient:
        async with self._connecting:
            if self._client is None:
                self._client = await self.connect()
            return self._client

    async def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            await self._client.close()
            self._client = None


def clickhouse(url: str, user: str, password: str, database: str) -> ClickHouse:
    """ClickHouse at an address, as this user. Nothing is connected yet."""

    async def connect() -> QueryClient:
        client: QueryClient = await clickhouse_connect.get_async_client(
            dsn=url,
            username=user,
            password=password,
            database=database,
            connect_timeout=2,
            send_receive_timeout=int(ANSWER_SECONDS),
        )
        return client

    return ClickHouse(connect)


@dataclass(frozen=True)
class ClickHouseFindings:
    """A FindingStore. FINAL everywhere but in `history`: the highest version of a finding is the finding."""

    server: ClickHouse

    async def list(
        self, wanted: FindingFilter, *, grouping: Grouping, limit: int, offset: int = 0
    ) -> tuple[Finding, ...]:
        where, parameters = _where(wanted, facets=True)
        moment = "changed_at" if wanted.state == "resolved" else "opened_at"
        rows = await self.server.rows(
            f"SELECT {_COLUMNS} FROM fact_finding FINAL WHERE {where} "  # noqa: S608 - constant fragments only
            f"ORDER BY {_ORDER[grouping]}{moment} DESC, finding_id LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}",
            {**parameters, "limit": min(limit, MAX_LISTED), "offset": offset},
        )
        return tuple(_finding(row) for row in rows)

    async def tally(self, wanted: FindingFilter) -> tuple[TallyCell, ...]:
        where, parameters = _where(wanted, facets=False)
        rows = await self.server.rows(
            "SELECT severity, rule, practice_id, count() AS findings "  # noqa: S608 - constant fragments only
            f"FROM fact_finding FINAL WHERE {where} GROUP BY severity, rule, practice_id "
            f"ORDER BY severity, rule, practice_id LIMIT {MAX_CELLS}",
            parameters,
        )
        return tuple(TallyCell(*row) for row in rows)

    async def counters(self, scope: frozenset[str] | None, *, day_from: datetime, seen: datetime | None) -> Counters:
        where, parameters = _where(FindingFilter(scope=scope, state="all"), facets=False)
        parameters |= {"day_from": milliseconds(day_from), "seen": -1 if seen is None else milliseconds(seen)}
        [row] = await self.server.rows(
            f"""SELECT countIf(state = 'open' AND severity = 'block'),
                countIf(state = 'open' AND severity = 'hold'),
                countIf(state = 'open' AND severity = 'warn'),
                arraySum(mapValues(maxMapIf(
                    map(concat(practice_id, '\\n', {_MONEY_KEY}), assumeNotNull(money_at_stake_cents)),
                    state = 'open' AND isNotNull(money_at_stake_cents)))),
                countIf(toUnixTimestamp64Milli(opened_at) >= {{day_from:Int64}}),
                countIf(state = 'resolved' AND toUnixTimestamp64Milli(changed_at) >= {{day_from:Int64}}),
                countIf(state = 'open' AND NOT historical AND {{seen:Int64}} >= 0
                    AND toUnixTimestamp64Milli(changed_at) > {{seen:Int64}}),
                count(), max(toUnixTimestamp64Milli(changed_at))
            FROM fact_finding FINAL WHERE {where}""",  # noqa: S608 - constant fragments only
            parameters,
        )
        block, hold, warn, cents, opened, resolved, new, known, newest_ms = (int(figure) for figure in row)
        return Counters(block, hold, warn, cents, opened, resolved, new, instant(newest_ms) if known else None)

    async def get(self, finding_id: str, scope: frozenset[str] | None) -> Finding | None:
        where, parameters = _where(FindingFilter(scope=scope, state="all"), facets=False)
        rows = await self.server.rows(
            f"SELECT {_COLUMNS} FROM fact_finding FINAL "  # noqa: S608 - constant fragments only
            f"WHERE finding_id = {{finding_id:String}} AND {where} LIMIT 1",
            {**parameters, "finding_id": finding_id},
        )
        return _finding(rows[0]) if rows else None

    async def history(self, finding: Finding) -> tuple[Finding, ...]:
        rows = await self.server.rows(
            f"SELECT {_COLUMNS} FROM fact_finding "  # noqa: S608 - constant fragments only
            "WHERE practice_id = {practice_id:String} AND finding_id = {finding_id:String} "
            f"ORDER BY version DESC LIMIT 1 BY version LIMIT {MAX_HISTORY}",
            {"practice_id": finding.practice_id, "finding_id": finding.finding_id},
        )
        return tuple(_finding(row) for row in rows)

    async def close(self) -> None:
        await self.server.close()


def _where(wanted: FindingFilter, *, facets: bool) -> tuple[str, dict[str, Any]]:
    """The condition and its parameters. The text is made of constants only."""
    conditions = ["1"]
    parameters: dict[str, Any] = {}

    def require(condition: str, **values: Any) -> None:
        conditions.append(condition)
        parameters.update(values)

    if wanted.scope is not None:
        require("practice_id IN {scope:Array(String)}", scope=sorted(wanted.scope))
    if wanted.state != "all":
        require("state = {state:String}", state=wanted.state)
    if wanted.historical != "show":
        require("historical = {historical:UInt8}", historical=int(wanted.historical == "only"))
    if wanted.opened_from is not None:
        require(
            "toUnixTimestamp64Milli(opened_at) >= {opened_from:Int64}", opened_from=milliseconds(wanted.opened_from)
        )
    if wanted.changed_from is not None:
        require(
            "toUnixTimestamp64Milli(changed_at) >= {changed_from:Int64}", changed_from=milliseconds(wanted.changed_from)
        )
    if wanted.changed_after is not None:
        require(
            "toUnixTimestamp64Milli(changed_at) > {changed_after:Int64}",
            changed_after=milliseconds(wanted.changed_after),
        )
    for place, word in enumerate(wanted.words):
        require(f"position({_SEARCHABLE}, {{word{place}:String}}) > 0", **{f"word{place}": word})
    if facets:
        if wanted.severities:
            require("severity IN {severities:Array(String)}", severities=list(wanted.severities))
        if wanted.kinds:
            prefixes = [KIND_PREFIXES[kind] for kind in wanted.kinds]
            require("substring(rule, 1, 1) IN {prefixes:Array(String)}", prefixes=prefixes)
        if wanted.rules:
            require("rule IN {rules:Array(String)}", rules=list(wanted.rules))
        if wanted.practices:
            require("practice_id IN {practices:Array(String)}", practices=list(wanted.practices))
    return " AND ".join(conditions), parameters


def _finding(row: Sequence[Any]) -> Finding:
    """A row as the finding it is. The sink checked it before it was written."""
    values = dict(zip(_FIELDS, row, strict=True))
    values["opened_at"] = instant(values["opened_at"])
    values["changed_at"] = instant(values["changed_at"])
    values["evidence"] = tuple(values["evidence"])
    return Finding.model_validate(values)

"""The store in memory and the one in ClickHouse give the same answers to the same questions."""

import itertools
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import clickhouse_connect
import pytest

from dashboards.console.clickhouse_findings import ClickHouse, ClickHouseFindings
from dashboards.console.clickhouse_findings import clickhouse as clickhouse_at
from dashboards.console.dead_letters import StoredDeadLetters
from dashboards.console.memory import InMemoryFindings
from dashboards.console.sources import (
    FindingFilter,
    FindingStore,
    Grouping,
    ReplayRefusedError,
    StoreUnavailableError,
    TallyCell,
)
from infra.endpoints import Endpoints
from infra.migrate import apply
from schemas.dead_letter import DeadLetter
from schemas.finding import Finding
from tests.dashboards.console.samples import NOW, a_finding, many_findings, some_letters

pytestmark = pytest.mark.stack

GROUPINGS: tuple[Grouping, ...] = ("severity", "rule", "practice", "none")


@dataclass
class Both:
    """The same findings in both stores."""

    memory: FindingStore
    real: ClickHouseFindings
    findings: list[Finding]


def _insert(writer: Any, table: str, records: "list[Finding] | list[DeadLetter]") -> None:
    columns = list(type(records[0]).model_fields)
    rows = [
        [list(value) if isinstance(value := getattr(record, column), tuple) else value for column in columns]
        for record in records
    ]
    writer.insert(table, rows, column_names=columns)


@pytest.fixture
async def both(clickhouse: Endpoints) -> AsyncIterator[Both]:
    database = f"console_{uuid.uuid4().hex}"
    secrets = clickhouse.secrets
    writing = secrets.clickhouse_writer_password.get_secret_value()
    apply(clickhouse.clickhouse_url, writing, database=database, views=[])
    findings = list(many_findings(120))
    findings.append(a_finding(why="Ünïcode ΣΟΦΙΑ 100% 'quoted' \\ back {braces:String}", subject={"claim": "CL'1"}))
    findings.append(a_finding(money_at_stake_cents=77, subject={"session": "S-1", "client": "C-1"}))
    findings.append(a_finding(rule="B10", money_at_stake_cents=99, subject={"session": "S-1", "client": "C-1"}))
    findings.append(a_finding(rule="X01", severity="hold", subject={}, opened_at=NOW + timedelta(microseconds=999)))
    changed = findings[0].model_copy(update={"version": 9_000_000, "state": "resolved", "changed_at": NOW})
    with clickhouse_connect.get_client(
        dsn=clickhouse.clickhouse_url,
        username="writer",
        password=writing,
        database=database,
        autogenerate_session_id=False,
    ) as writer:
        _insert(writer, "fact_finding", findings)
        _insert(writer, "fact_finding", [changed])
        _insert(writer, "fact_dead_letter", some_letters())
        # the viewer sees the platform's own database only, and that one is shared by all tests of a run
        real = ClickHouseFindings(clickhouse_at(clickhouse.clickhouse_url, "writer", writing, database))
        yield Both(InMemoryFindings([*findings, changed]), real, [*findings[1:], changed])
        await real.close()
        writer.command(f"DROP DATABASE {database} SYNC")


def _viewer(url: str, password: str, database: str) -> ClickHouse:
    return clickhouse_at(url, "viewer", password, database)


async def test_every_filter_lists_and_counts_the_same(both: Both) -> None:
    plain = FindingFilter(state="all")
    filters = [
        FindingFilter(),
        plain,
        replace(plain, state="resolved"),
        replace(plain, scope=frozenset({"P-2", "P-3"})),
        replace(plain, scope=frozenset()),
        replace(plain, severities=("block", "warn"), kinds=("billing",)),
        replace(plain, kinds=("consent", "billing")),
        replace(plain, rules=("B39", "C01"), practices=("P-1",)),
        replace(plain, historical="only"),
        replace(plain, historical="hide", opened_from=NOW - timedelta(hours=3)),
        replace(plain, changed_from=NOW - timedelta(hours=1)),
        replace(plain, changed_after=NOW),
        replace(plain, search="CLAIM not signed"),
        replace(plain, search="ünïcode σοφια 100% 'QUOTED' \\"),
        replace(plain, search="{braces:string}"),
        replace(plain, search="' OR 1=1 --"),
        replace(plain, search="cl'1"),
    ]
    for wanted, grouping in itertools.product(filters, GROUPINGS):
        listed = await both.real.list(wanted, grouping=grouping, limit=40, offset=3)
        expected = await both.memory.list(wanted, grouping=grouping, limit=40, offset=3)
        assert [one.finding_id for one in listed] == [one.finding_id for one in expected], (wanted, grouping)
    for wanted in filters:
        tally = await both.real.tally(wanted)
        assert sorted(tally, key=_cell_key) == sorted(await both.memory.tally(wanted), key=_cell_key), wanted


def _cell_key(cell: TallyCell) -> tuple[str, str, str]:
    return cell.severity, cell.rule, cell.practice_id


async def test_the_figures_are_the_same(both: Both) -> None:
    for scope in (None, frozenset({"P-1"}), frozenset({"nowhere"}), frozenset[str]()):
        for seen in (None, NOW - timedelta(hours=2)):
            day_from = NOW - timedelta(hours=11)
            real = await both.real.counters(scope, day_from=day_from, seen=seen)
            assert real == await both.memory.counters(scope, day_from=day_from, seen=seen)


async def test_a_finding_comes_back_whole_and_only_within_the_scope(both: Both) -> None:
    for finding in both.findings[-6:]:
        stored = await both.real.get(finding.finding_id, None)
        assert stored is not None
        assert stored.model_dump(exclude={"opened_at", "changed_at"}) == finding.model_dump(
            exclude={"opened_at", "changed_at"}
        )
        assert abs(stored.opened_at - finding.opened_at) < timedelta(milliseconds=1)
        assert await both.real.get(finding.finding_id, frozenset({"nowhere"})) is None
    assert await both.real.get("none", None) is None


async def test_the_history_is_newest_first_without_repeats(both: Both) -> None:
    finding = both.findings[-1]
    states = [version.state for version in await both.real.history(finding)]
    assert states[0] == "resolved"
    assert len(states) in (1, 2)  # until the parts are merged, the earlier version is still there


async def test_dead_letters_are_listed_newest_first_and_replayed_by_whoever_can(both: Both) -> None:
    asked: list[str] = []

    def replayer(letter_id: str) -> str:
        asked.append(letter_id)
        return "" if letter_id.endswith("1") else "its message is no longer kept"

    letters = StoredDeadLetters(both.real.server, replayer)
    assert await letters.list(limit=10) == tuple(some_letters())
    assert await letters.count() == 3
    first = await letters.get(some_letters()[0].letter_id)
    assert first == some_letters()[0]
    await letters.replay(some_letters()[0])
    with pytest.raises(ReplayRefusedError, match="no longer kept"):
        await letters.replay(some_letters()[1])
    assert asked == [letter.letter_id for letter in some_letters()[:2]]
    assert await letters.get("none") is None


async def test_the_viewer_may_read_the_platforms_own_tables(clickhouse: Endpoints) -> None:
    secrets = clickhouse.secrets
    apply(clickhouse.clickhouse_url, secrets.clickhouse_writer_password.get_secret_value(), views=[])
    reading = secrets.clickhouse_viewer_password.get_secret_value()
    real = ClickHouseFindings(_viewer(clickhouse.clickhouse_url, reading, "conjoint"))
    await real.tally(FindingFilter(search="a"))
    assert await StoredDeadLetters(real.server).count() >= 0
    await real.close()


async def test_a_store_that_is_away_is_named_without_what_was_asked(clickhouse: Endpoints) -> None:
    away = ClickHouseFindings(_viewer("http://127.0.0.1:9", "", "conjoint"))
    with pytest.raises(StoreUnavailableError) as caught:
        await away.list(FindingFilter(search="unsayable"), grouping="none", limit=1)
    assert "unsayable" not in str(caught.value)
    wrong = ClickHouseFindings(_viewer(clickhouse.clickhouse_url, "not the password", "conjoint"))
    with pytest.raises(StoreUnavailableError):
        await wrong.tally(FindingFilter())
    await wrong.close()

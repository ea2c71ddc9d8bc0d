"""The report of a running platform: what the analytics store says is what a file of the same changes says, at any
moment, also after repeats."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import clickhouse_connect
import pytest

from connectors.sink_rows import COLUMNS, row_of_record
from connectors.sink_store import ClickHouseStore, deduplication_token
from dashboards.compliance.showing import plain
from infra.compliance import latest_rows, platform_report, practices
from infra.endpoints import Endpoints
from infra.migrate import apply
from infra.refusal import Refusal
from schemas.compliance import Table
from streams.compliance.records import NeedRow
from tests.streams.compliance.reporting import APRIL, ledger_of, report_of
from tests.streams.playing import Partition, changes_of
from tests.streams.scenario import ZONE, Scenario, at, clean_group

pytestmark = pytest.mark.stack


@dataclass
class Store:
    """A database of its own, written as the sink writes and read as the viewer's queries read."""

    endpoints: Endpoints
    database: str

    def take(self, scenario: Scenario) -> None:
        """Everything the keeper says while the scenario happens, each word as one insert, and each twice."""
        password = self.endpoints.secrets.clickhouse_writer_password.get_secret_value()
        store = ClickHouseStore(self.endpoints.clickhouse_url, "writer", password, self.database)
        partition = Partition()
        for change in changes_of(scenario):
            if partition.keeper_now is not None:
                partition.run_to(change.at)
            partition.apply(change.at, (change,))
        partition.run_to(datetime.fromisoformat(at("2026-04-30 18:00")))
        names = {"finding": "fact_finding", "request": "fact_draft_request"}
        number = 0
        for (kind, *_), versions in partition.sink.rows.items():
            table = names.get(kind, kind)
            if table not in COLUMNS:
                continue  # what drafts are made of never reaches analytics
            for _, (record, *_) in sorted(versions.items()):
                number += 1
                for _ in range(2):
                    values = [row_of_record(table, record).values]
                    store.insert(table, values, deduplication_token(table, [(self.database, 0, number)]))
        store.close()

    def ask(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        with clickhouse_connect.get_client(
            dsn=self.endpoints.clickhouse_url,
            username="writer",
            password=self.endpoints.secrets.clickhouse_writer_password.get_secret_value(),
            database=self.database,
            autogenerate_session_id=False,
        ) as client:
            rows: Sequence[Sequence[Any]] = client.query(statement, parameters=dict(parameters)).result_rows
            return rows


@pytest.fixture
def store(clickhouse: Endpoints) -> Store:
    database = f"report_{uuid.uuid4().hex}"
    password = clickhouse.secrets.clickhouse_writer_password.get_secret_value()
    apply(clickhouse.clickhouse_url, password, database=database)
    return Store(clickhouse, database)


def a_month() -> Scenario:
    """A group with a gap, a late correction, a revocation, an unsigned note and a deleted consent."""
    month = clean_group().without("CON-ANA-group_agreement").set("N-S-1-BEN", status="draft", signed_at=None)
    month.change("AT-S-1-CLEO", "2026-04-20 10:00", status="no_show", arrived=None, left=None)
    revoked = at("2026-04-22 09:00")
    month.change("CON-DREW-billing_release", "2026-04-22 10:00", status="revoked", revoked_at=revoked)
    month.delete("CON-CLEO-treatment", "2026-04-24 10:00")
    return month.change("K-S-1-BEN", "2026-04-25 10:00", status="denied", submitted_at=at("2026-04-16 09:00"))


def test_the_store_says_at_every_moment_what_the_file_says(store: Store) -> None:
    month = a_month()
    store.take(month)
    assert practices(store.ask) == ["PR-1"]
    for moment in ("2026-04-16 19:00", "2026-04-21 12:00", "2026-04-23 12:00", "2026-04-26 12:00"):
        as_of = datetime.fromisoformat(at(moment))
        of_store = platform_report(store.ask, "PR-1", *APRIL, as_of)
        of_file = report_of(month, moment)
        for ours, theirs in zip(of_store.sections, of_file.sections, strict=True):
            assert (moment, ours.id, ours.figures) == (moment, theirs.id, theirs.figures)
            expected_by_id = {table.id: table for table in theirs.tables}
            for table in ours.tables:
                expected = expected_by_id.get(table.id)
                # a finding's last decision is when the store was told; ticks in between are the file's own; and the
                # platform keeps drafts, which a file of changes does not know
                if expected is not None and table.id not in ("rules_in_force", "findings"):
                    assert (moment, table.id, _said(table)) == (moment, table.id, _said(expected))


def _said(table: Table) -> list[tuple[str, ...]]:
    """A table's rows as they are written: one instant has many offsets."""
    kinds = [column.kind for column in table.columns]
    return sorted(tuple(plain(v, kind, ZONE) for v, kind in zip(row, kinds, strict=True)) for row in table.rows)


def test_forms_needed_are_the_same_too(store: Store) -> None:
    scenario = clean_group().book("S-2", "group", ["ANA", "BEN"], "2026-04-22 18:00", 60).set("S-2", unit="G-1")
    scenario.without("CON-ANA-group_agreement")
    store.take(scenario)
    now = datetime.fromisoformat(at("2026-04-16 19:00"))
    needs: list[NeedRow] = latest_rows(store.ask, "fact_consent_need", "PR-1", now)
    expected = ledger_of(scenario, "2026-04-16 19:00").needs
    assert sorted((n.need_id, n.problem, tuple(n.signer_ids)) for n in needs) == sorted(
        (n.need_id, n.problem, tuple(n.signer_ids)) for n in expected
    )


def test_a_practice_nobody_knew_by_then_is_refused_naming_those_that_are_known(store: Store) -> None:
    store.take(clean_group())
    for practice, moment in (("PR-9", "2026-04-20 12:00"), ("PR-1", "2020-01-01 12:00")):
        with pytest.raises(Refusal, match="known are PR-1"):
            platform_report(store.ask, practice, *APRIL, datetime.fromisoformat(at(moment)))

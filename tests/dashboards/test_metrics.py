"""Each metric view gives the golden rows of its example, and its check finds nothing wrong.

Examples: metrics/<view>.json, rows to store and the rows the view must then have for that practice, in any order.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from connectors.sink_rows import TABLES, row_of_record
from connectors.sink_store import ClickHouseStore
from infra.endpoints import Endpoints
from infra.migrate import METRICS, apply, read_views

EXAMPLES = Path(__file__).parent / "metrics"
VIEWS = sorted(view.name for view in read_views())


def test_every_metric_view_has_an_example() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.json")) == VIEWS


@pytest.fixture(scope="module")
def writer(clickhouse: Endpoints) -> Iterator[ClickHouseStore]:
    secret = clickhouse.secrets.clickhouse_writer_password.get_secret_value()
    apply(clickhouse.clickhouse_url, secret)
    store = ClickHouseStore(clickhouse.clickhouse_url, "writer", secret)
    yield store
    store.close()


@pytest.fixture(scope="module")
def viewer(clickhouse: Endpoints, writer: ClickHouseStore) -> Iterator[Any]:
    with clickhouse_connect.get_client(
        dsn=clickhouse.clickhouse_url,
        username="viewer",
        password=clickhouse.secrets.clickhouse_viewer_password.get_secret_value(),
        database="conjoint",
        autogenerate_session_id=False,
    ) as client:
        yield client


@pytest.mark.stack
@pytest.mark.parametrize("view", VIEWS)
def test_the_view_gives_its_golden_rows_and_the_check_is_content(
    view: str, writer: ClickHouseStore, viewer: Any
) -> None:
    example = json.loads((EXAMPLES / f"{view}.json").read_text())
    practice_id = f"{view}-{uuid.uuid4().hex[:8]}"
    for table, rows in example["rows"].items():
        model = TABLES[table]
        for number, row in enumerate(rows):  # one part each: the view, not the merge, must find the latest version
            record = model.model_validate({"practice_id": practice_id, **row})
            writer.insert(table, [row_of_record(table, record).values], f"{practice_id}/{table}/{number}")
    result = viewer.query(
        f"SELECT * FROM {view} WHERE practice_id = {{practice:String}}", parameters={"practice": practice_id}
    )
    found = [
        {name: plain(value) for name, value in row.items() if name != "practice_id"} for row in result.named_results()
    ]
    assert sorted(found, key=json.dumps) == sorted(example["expect"], key=json.dumps)
    assert viewer.query((METRICS / f"{view}.check.sql").read_text()).result_rows == []


@pytest.mark.stack
@pytest.mark.parametrize(
    ("view", "broken"),
    [
        (
            "metric_consent_coverage",
            "SELECT 'P' AS practice_id, toDate32('2026-03-03') AS week_on, 1.5 AS coverage_ratio",
        ),
        (
            "metric_note_timeliness",
            (
                "SELECT 'P' AS practice_id, toDate32('2026-03-02') AS week_on, 1 AS note_count, 2 AS signed_count,"
                " -1 AS unsigned_count, 0 AS signed_within_24_hours_count, 0 AS signed_within_72_hours_count,"
                " NULL AS median_signed_lag_minutes"
            ),
        ),
        (
            "metric_sessions_per_day",
            (
                "SELECT 'P' AS practice_id, 1 AS session_count, 2 AS completed_count, 0 AS cancelled_count,"
                " 1 AS attended_count, 5 AS session_minutes"
            ),
        ),
        ("metric_open_findings", "SELECT 'P' AS practice_id, 'dire' AS severity, 3 AS open_count"),
        (
            "metric_money_at_risk",
            "SELECT 'P' AS practice_id, 'block' AS severity, -1 AS at_risk_cents, 1 AS finding_count",
        ),
        (
            "metric_findings_opened_resolved_per_day",
            "SELECT 'P' AS practice_id, 5 AS opened_count, 0 AS resolved_count",
        ),
    ],
)
def test_every_check_can_fail(view: str, broken: str, viewer: Any) -> None:
    check = (METRICS / f"{view}.check.sql").read_text().replace(f"FROM {view}", f"FROM ({broken}) AS {view}")
    assert len(viewer.query(check).result_rows) == 1


def plain(value: Any) -> Any:
    """A value as the example writes it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value

"""How long does the compliance report of a practice-year of 20 000 sessions take? On the embedded ClickHouse.

A year of 1 000 sessions is decided once, its rows are multiplied under other ids, written as the sink writes them, and
reported as `conjoint report compliance` does.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson

from connectors.sink_rows import COLUMNS, row_of_record
from connectors.sink_store import ClickHouseStore, deduplication_token
from dashboards.compliance.document import report_pdf
from dashboards.compliance.page import report_html
from dashboards.compliance.tables import as_zip
from infra.asking import asking
from infra.compliance import platform_report
from infra.embedded.stack import Stack
from infra.migrate import apply
from streams.replay import read_changes_file, replay_at_once
from tests.bench.practice_year import PracticeYear
from tests.bench.table import Table

SESSIONS, TIMES = 1_000, 20
BATCH = 20_000
NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)
T = TypeVar("T")


def _rows() -> dict[str, list[tuple[Any, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.json"
        path.write_bytes(orjson.dumps(PracticeYear(SESSIONS).document(NOW)))
        played = replay_at_once(read_changes_file(path), NOW)
    once: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for fact in played.facts:
        once[fact.table].append(row_of_record(fact.table, fact.row).values)
    for table, records in (("fact_finding", played.findings), ("fact_draft_request", played.requests)):
        once[table] = [row_of_record(table, record).values for record in records]
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for table, some in once.items():
        many = 1 if table == "fact_practice" else TIMES
        rows[table] = [_another(table, row, copy) for copy in range(many) for row in some]
    return rows


def _another(table: str, row: tuple[Any, ...], copy: int) -> tuple[Any, ...]:
    """The same row about other people and sessions."""
    if not copy:
        return row

    def other(name: str, value: Any) -> Any:
        if name == "subject":
            return {key: f"{id_}.{copy}" for key, id_ in value.items()}
        if name in ("covered_by", "client_ids", "signer_ids", "under_consents", "ai_consents"):
            return [f"{id_}.{copy}" for id_ in value]
        of_ours = name.endswith("_id") and name != "practice_id"
        return f"{value}.{copy}" if of_ours and value is not None else value

    return tuple(other(name, value) for name, value in zip(COLUMNS[table], row, strict=True))


@contextmanager
def closing_stack(home: Path) -> Iterator[Stack]:
    """Parts that end with the block."""
    stack = Stack(home / "home")
    try:
        yield stack
    finally:
        stack.stop()


def _timed(work: Callable[[], T]) -> tuple[T, str]:
    started = time.perf_counter()
    result = work()
    return result, f"{time.perf_counter() - started:.2f} s"


def table() -> Table:
    """What `make bench` prints."""
    rows = _rows()
    with tempfile.TemporaryDirectory() as folder, closing_stack(Path(folder)) as stack:
        endpoints = stack.need("clickhouse")
        password = endpoints.secrets.clickhouse_writer_password.get_secret_value()
        apply(endpoints.clickhouse_url, password)
        store = ClickHouseStore(endpoints.clickhouse_url, "writer", password)
        for name, values in rows.items():
            for first in range(0, len(values), BATCH):
                store.insert(name, values[first : first + BATCH], deduplication_token(name, [(name, 0, first)]))
        store.close()
        spent: Mapping[str, list[str]] = defaultdict(list)
        with asking(endpoints) as ask:
            reading: list[float] = []

            def timed_ask(statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
                started = time.perf_counter()
                found = ask(statement, parameters)
                reading.append(time.perf_counter() - started)
                return found

            year = (date(2026, 1, 1), date(2026, 12, 31))
            report, whole = _timed(lambda: platform_report(timed_ask, "PR-YEAR", *year, NOW))
    spent["rows read and sections made"].append(whole)
    spent["of this, queries"].append(f"{sum(reading):.2f} s")
    for name, work in (("HTML", report_html), ("PDF", report_pdf), ("CSV, zipped", as_zip)):
        body, took = _timed(lambda work=work: work(report))  # type: ignore[misc]
        spent[name] += [took, f"{len(body) / 1024:,.0f} KiB"]
    count = f"{len(rows['fact_session']):,} sessions, {len(rows['fact_attendance']):,} visits, "
    count += f"{len(rows['fact_note']):,} notes, {len(rows['fact_finding']):,} findings"
    return Table(
        f"Compliance report of a practice-year: {count}",
        ("step", "took", "size"),
        tuple((name, took[0], took[1] if len(took) > 1 else "") for name, took in spent.items()),
    )

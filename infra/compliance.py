"""Where do the rows of a compliance report come from, on a running platform?
Reads ClickHouse's history tables, as the viewer; writes nothing.
Must never read what was recorded after the moment the report is of.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from infra.asking import Ask, instant
from infra.desk.for_report import read_desk
from infra.refusal import Refusal
from schemas.compliance import Report
from schemas.evidence import EVIDENCE_KEYS
from schemas.facts import FACT_KEYS
from streams.compliance.from_changes import TITLES
from streams.compliance.records import BY_DAY, LEDGER_FIELDS, ROWS, DraftRow, Ledger, Period, PracticeRow
from streams.compliance.report import compliance_report

ORIGIN: Final = "Conjoint's analytics store, every version of every row since the practice was connected"
_KEYS: Final = {
    **FACT_KEYS,
    **EVIDENCE_KEYS,
    "fact_finding": ("practice_id", "finding_id"),
    "fact_draft_request": ("practice_id", "request_id"),
}
_RECORDED: Final = {"fact_finding": "changed_at", "fact_draft_request": "changed_at"}
_EARLIEST: Final = "toDateTime64('1970-01-01 00:00:00', 3, 'UTC')"


def practices(ask: Ask) -> list[str]:
    """Ids of every practice there is a row of."""
    return [str(row[0]) for row in ask("SELECT DISTINCT practice_id FROM history_practice ORDER BY 1", {})]


def platform_report(
    ask: Ask, practice_id: str, first_on: date, last_on: date, as_of: datetime, desk_dsn: str | None = None
) -> Report:
    """The report of a practice; with `desk_dsn` also what the desk knows, if it answers: who looked at what,
    who signed what was drafted, and what payers answered.

    Raises Refusal if the practice was not known by that moment.
    """
    with not_collecting():
        practice = practice_at(ask, practice_id, as_of)
        period = Period(first_on, last_on, as_of, _zone(practice))
        rows = {field: _rows(ask, table, practice_id, period) for table, field in LEDGER_FIELDS.items()}
        [[since_ms]] = ask(
            "SELECT toUnixTimestamp64Milli(min(recorded_at)) FROM history_session "
            "WHERE practice_id = {practice:String}",
            {"practice": practice_id},
        )
        desk = None if desk_dsn is None else read_desk(desk_dsn, practice_id, period)
        ledger = Ledger(
            practice=practice,
            rule_titles=TITLES,
            drafts=_drafts(ask, practice_id, period),
            access=None if desk is None else desk.access,
            # where no 835 ever came nobody can tell what payers answered
            remittances=None if desk is None else desk.remittances or None,
            signed_drafts=None if desk is None else desk.signed_drafts,
            **rows,
        )
        return compliance_report(ledger, period, ORIGIN, None if since_ms is None else instant(since_ms))


@contextmanager
def not_collecting() -> Iterator[None]:
    """The garbage collector rests: rows hold no cycles, and walking through all of them again and again while more are
    made would take half of the time."""
    resting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if resting:
            gc.enable()


def _drafts(ask: Ask, practice_id: str, period: Period) -> list[DraftRow]:
    """What became of Conjoint's own drafts, as it is known now: their table keeps the last word only."""
    rows = ask(
        """SELECT draft_id, request_id, session_id, client_ids, state, drafter, model, prompt_id, prompt_version,
        transcript_used, withheld, toUnixTimestamp64Milli(created_at) FROM fact_draft FINAL
        WHERE practice_id = {practice:String} AND created_at <= {as_of:DateTime64(3, 'UTC')}""",
        {"practice": practice_id, "as_of": _written(period.as_of)},
    )
    return [DraftRow._make((*row[:9], bool(row[9]), int(row[10]), instant(row[11]))) for row in rows]


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def practice_at(ask: Ask, practice_id: str, as_of: datetime) -> PracticeRow:
    """The practice as it was known at that moment. Raises Refusal if it was not."""
    found = list(_read(ask, "fact_practice", {"practice": practice_id}, as_of, ""))
    if not found:
        known = ", ".join(practices(ask)) or "none yet"
        raise Refusal(
            f"practice {practice_id} was not known on {as_of:%Y-%m-%d %H:%M} UTC; known are {known}; name one of "
            f"them with "
            "--practice, or a later --as-of"
        )
    practice: PracticeRow = found[0]
    return practice


def latest_rows(ask: Ask, table: str, practice_id: str, as_of: datetime) -> list[Any]:
    """The rows of one table as they were known at that moment."""
    return list(_read(ask, table, {"practice": practice_id}, as_of, ""))


def _zone(practice: PracticeRow) -> ZoneInfo:
    try:
        return ZoneInfo(practice.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _rows(ask: Ask, table: str, practice_id: str, period: Period) -> list[Any]:
    parameters: dict[str, Any] = {"practice": practice_id}
    condition = ""
    if table in BY_DAY:
        condition = "AND service_on BETWEEN {first:Date32} AND {last:Date32}"
        parameters |= {"first": period.first_on.isoformat(), "last": period.last_on.isoformat()}
    return list(_read(ask, table, parameters, period.as_of, condition))


def _read(ask: Ask, table: str, parameters: Mapping[str, Any], as_of: datetime, condition: str) -> Iterator[Any]:
    """Of each key the highest version recorded by then, unless it says that the thing is gone."""
    kind, history = ROWS[table], table.replace("fact_", "history_", 1)
    instants = _instants(kind)
    columns = [f"toUnixTimestamp64Milli({name})" if name in instants else name for name in kind._fields]
    key = ", ".join(_KEYS[table][1:]) or "practice_id"
    recorded = _RECORDED.get(table)
    by_then = (
        f"{recorded} <= {{as_of:DateTime64(3, 'UTC')}}"
        if recorded is not None
        # what was there before rows said when they were recorded counts as always known
        else f"ifNull(recorded_at, {_EARLIEST}) <= {{as_of:DateTime64(3, 'UTC')}} "
    )
    gone = "" if recorded is not None else "AND deleted = 0"
    statement = f"""SELECT {", ".join(columns)} FROM (
        SELECT * FROM {history} WHERE practice_id = {{practice:String}} AND {by_then}
        ORDER BY {key}, version DESC LIMIT 1 BY {key}
    ) WHERE 1 {gone} {condition}"""  # noqa: S608 - made of our own table and column names only
    rows = ask(statement, {**parameters, "as_of": _written(as_of)})
    places = [place for place, name in enumerate(kind._fields) if name in instants]
    for row in rows:
        values = list(row)
        for place in places:
            if values[place] is not None:
                values[place] = _EPOCH + timedelta(milliseconds=values[place])
        yield kind._make(values)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _instants(kind: Any) -> frozenset[str]:
    hints: Mapping[str, Any] = get_type_hints(kind)
    return frozenset(name for name, hint in hints.items() if datetime in (hint, *getattr(hint, "__args__", ())))


def default_period(today: date) -> tuple[date, date]:
    """The month before this one."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last

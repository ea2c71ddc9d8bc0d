"""What does the desk know of the EHR? Care changes in, the facts about a session's people out.
Reads and writes `chart_record` through the connection it is given; the highest `rev` of a record counts.
Must never keep more than reviewing and signing need: no transcript, no money, no message.
"""

from collections.abc import Iterable
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboards.desk.chart_facts import (
    ClientFacts,
    ClinicianFacts,
    EarlierNote,
    Licence,
    Score,
    SessionFacts,
    day_of,
    instant_of,
)
from schemas.change import Change

KEPT: Final = frozenset(
    {
        "practice",
        "clinician",
        "client",
        "group",
        "family",
        "couple",
        "appointment",
        "attendance",
        "note",
        "plan",
        "assessment",
    }
)
EARLIER_NOTES: Final = 10
LAST_SCORES: Final = 12

_UPSERT: Final = """
INSERT INTO chart_record (practice_id, entity, id, part, part_key, rev, at, deleted, client_id, session_id, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (practice_id, entity, id, part, part_key) DO UPDATE SET
    rev = excluded.rev, at = excluded.at, deleted = excluded.deleted, client_id = excluded.client_id,
    session_id = excluded.session_id, data = excluded.data
WHERE chart_record.rev < excluded.rev"""


async def take(connection: Any, changes: Iterable[tuple[str, Change]]) -> None:
    """Fold changes (practice id, change) into the chart. Any order, any number of times, the same end."""
    rows = [_row(practice_id, change) for practice_id, change in changes if change.entity in KEPT]
    # in one order everywhere: two workers folding the same records would else wait for each other
    rows.sort(key=lambda row: row[:6])
    await connection.executemany(_UPSERT, rows)


def _row(practice_id: str, change: Change) -> tuple[Any, ...]:
    data = {} if change.data is None else change.data.model_dump(mode="json", by_alias=True)
    part, key = ("", "") if change.part is None else (change.part.list, change.part.key)
    client_id = change.id if change.entity == "client" else data.get("client") if not part else None
    session_id = change.id if change.entity == "appointment" else data.get("session")
    return (
        practice_id,
        change.entity,
        change.id,
        part,
        key,
        change.rev,
        change.at,
        change.op == "delete",
        client_id,
        session_id,
        data,
    )


async def session_facts(
    connection: Any, practice_id: str, session_id: str, client_ids: Iterable[str], clinician_ids: Iterable[str | None]
) -> SessionFacts:
    """What the EHR says about one session, its clients and these clinicians (and who supervises them)."""
    session_rows = await connection.fetch(
        "SELECT * FROM chart_record WHERE practice_id = $1 AND session_id = $2 AND NOT deleted"
        " AND entity IN ('appointment', 'attendance')",
        practice_id,
        session_id,
    )
    appointment, facilitators, attendance = _session_of(session_rows)
    wanted = sorted({*client_ids, *attendance})
    client_rows = await connection.fetch(
        "SELECT entity, id, data, client_id FROM chart_record WHERE practice_id = $1 AND client_id = ANY($2)"
        " AND NOT deleted AND part = '' AND entity IN ('client', 'note', 'plan', 'assessment')",
        practice_id,
        wanted,
    )
    plan_ids = [row["id"] for row in client_rows if row["entity"] == "plan"]
    goal_rows = await connection.fetch(
        "SELECT id, part_key, data FROM chart_record WHERE practice_id = $1 AND entity = 'plan' AND id = ANY($2)"
        " AND part = 'goals' AND NOT deleted ORDER BY part_key",
        practice_id,
        plan_ids,
    )
    rest = await connection.fetch(
        "SELECT entity, data FROM chart_record WHERE practice_id = $1 AND part = '' AND NOT deleted"
        " AND (entity = 'practice' AND id = $1 OR entity IN ('group', 'family', 'couple') AND id = $2)",
        practice_id,
        (appointment or {}).get("unit") or "",
    )
    practice: dict[str, Any] = next((row["data"] for row in rest if row["entity"] == "practice"), {})
    unit: dict[str, Any] = next((row["data"] for row in rest if row["entity"] != "practice"), {})
    by_client: dict[str, list[Any]] = {client_id: [] for client_id in wanted}
    for row in client_rows:
        by_client[row["client_id"]].append(row)
    return SessionFacts(
        session_id=session_id,
        known=appointment is not None,
        kind=(appointment or {}).get("kind") or "group",
        state=(appointment or {}).get("state") or practice.get("state") or "",
        unit_name=unit.get("name") or "",
        modality=(appointment or {}).get("modality") or "",
        started_at=instant_of((appointment or {}).get("actual_start")),
        ended_at=instant_of((appointment or {}).get("actual_end")),
        zone=_zone(practice.get("timezone")),
        facilitators=tuple(facilitators),
        clients=tuple(
            _client(client_id, rows, attendance.get(client_id, {}), goal_rows, bool(practice.get("part2_program")))
            for client_id, rows in by_client.items()
        ),
        clinicians=await clinician_facts(connection, practice_id, [*facilitators, *clinician_ids]),
    )


def _session_of(rows: Iterable[Any]) -> tuple[dict[str, Any] | None, list[str], dict[str, dict[str, Any]]]:
    appointment: dict[str, Any] | None = None
    facilitators: list[str] = []
    attendance: dict[str, dict[str, Any]] = {}
    for row in rows:
        data = row["data"]
        if row["entity"] == "attendance":
            attendance[data["client"]] = data
        elif row["part"] == "":
            appointment = data
            facilitators += [one["clinician"] for one in data.get("facilitators") or ()]
        elif row["part"] == "facilitators":
            facilitators.append(data["clinician"])
    return appointment, list(dict.fromkeys(facilitators)), attendance


def _client(
    client_id: str, rows: list[Any], attendance: dict[str, Any], goal_rows: Iterable[Any], part2: bool
) -> ClientFacts:
    person: dict[str, Any] = next((row["data"] for row in rows if row["entity"] == "client"), {})
    plans = [row for row in rows if row["entity"] == "plan" and row["data"].get("status") == "active"]
    plan = max(plans, key=lambda row: row["data"].get("start") or "", default=None)
    goals: list[tuple[str, str]] = []
    if plan is not None:
        goals = [(goal["id"], goal.get("text") or "") for goal in plan["data"].get("goals") or ()]
        goals += [(row["data"]["id"], row["data"].get("text") or "") for row in goal_rows if row["id"] == plan["id"]]
    notes = [_note(row["id"], row["data"]) for row in rows if row["entity"] == "note"]
    notes.sort(key=lambda note: (note.day is not None, note.day), reverse=True)
    scores = [
        Score(row["data"]["instrument"], day_of(row["data"].get("on")), row["data"].get("score"))
        for row in rows
        if row["entity"] == "assessment"
    ]
    scores.sort(key=lambda score: (score.on is not None, score.on), reverse=True)
    return ClientFacts(
        client_id=client_id,
        name=person.get("name") or "",
        nicknames=tuple(person.get("nicknames") or ()),
        patient=person.get("patient") is not False,
        part2=part2 and bool(person.get("sud_program")),
        attended=attendance.get("status") or "",
        arrived=instant_of(attendance.get("arrived")),
        left=instant_of(attendance.get("left")),
        goals=tuple(goals),
        diagnoses=() if plan is None else tuple(plan["data"].get("diagnoses") or ()),
        notes=tuple(note for note in notes if note.status in ("signed", "draft"))[:EARLIER_NOTES],
        scores=tuple(scores[:LAST_SCORES]),
    )


def _note(note_id: str, data: dict[str, Any]) -> EarlierNote:
    return EarlierNote(
        note_id=note_id,
        session_id=data.get("session") or "",
        kind=data.get("kind") or "progress",
        status=data.get("status") or "",
        day=day_of(data.get("date")),
        text=data.get("text") or "",
        signed=data.get("status") == "signed",
        human=data.get("origin") != "ai",
    )


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


async def clinician_facts(
    connection: Any, practice_id: str, clinician_ids: Iterable[str | None]
) -> tuple[ClinicianFacts, ...]:
    """These clinicians and, one step up, those who supervise them."""
    found: dict[str, ClinicianFacts] = {}
    wanted = {one for one in clinician_ids if one}
    for _ in range(2):
        rows = await connection.fetch(
            "SELECT id, part, data FROM chart_record WHERE practice_id = $1 AND entity = 'clinician'"
            " AND id = ANY($2) AND NOT deleted",
            practice_id,
            sorted(wanted - found.keys()),
        )
        for clinician_id in {row["id"] for row in rows}:
            found[clinician_id] = _clinician(clinician_id, [row for row in rows if row["id"] == clinician_id])
        wanted |= {other for one in found.values() for other, _, _ in one.supervisors}
        if not wanted - found.keys():
            break
    return tuple(found.values())


def _clinician(clinician_id: str, rows: list[Any]) -> ClinicianFacts:
    person: dict[str, Any] = next((row["data"] for row in rows if row["part"] == ""), {})
    licences = [*(person.get("licenses") or ()), *(row["data"] for row in rows if row["part"] == "licenses")]
    supervision = [*(person.get("supervision") or ()), *(row["data"] for row in rows if row["part"] == "supervision")]
    supervisors = [
        (one["supervisor"], day_of(one.get("from")), day_of(one.get("to")))
        for one in supervision
        if one.get("supervisor")
    ]
    if person.get("supervisor") and person["supervisor"] not in {one for one, _, _ in supervisors}:
        supervisors.append((person["supervisor"], None, None))
    return ClinicianFacts(
        clinician_id=clinician_id,
        name=person.get("name") or "",
        credential=person.get("credential") or "",
        licences=tuple(
            Licence(one.get("state") or "", day_of(one.get("from")), day_of(one.get("to"))) for one in licences
        ),
        supervised=bool(person.get("supervised")),
        supervisors=tuple(supervisors),
        excluded=bool(person.get("excluded")),
    )


async def working_as(connection: Any, practice_id: str, user_name: str) -> str | None:
    """The clinician of the EHR that a sign-in is, in this practice."""
    found: str | None = await connection.fetchval(
        "SELECT clinician_id FROM staff WHERE practice_id = $1 AND user_name = $2", practice_id, user_name
    )
    return found

"""As whom do the demo sign-ins work in the reference practice, and how far is its rollout?
Reads the reference EHR's clinicians; writes `staff` and `rollout_cohort` of the desk and who documents at the desk.
Must never touch an EHR that is not the reference practice, nor change what somebody has decided since.
"""

import asyncio
from typing import Any

import asyncpg

from dashboards.console.rights import Role
from dashboards.console.users import DEMO_PRACTICE
from schemas.rollout import Phase

_LEADS = """
SELECT c.clinician_id, coalesce(c.needs_cosign, false) AS supervised, c.supervisor_id,
    count(*) FILTER (WHERE a.session_type IN ('GRP', 'MFG', 'FAM', 'CPL')) AS units,
    count(*) FILTER (WHERE a.session_type IN ('GRP', 'MFG', 'FAM', 'CPL') AND a.appt_status = 'SCHED'
        AND a.scheduled_start < (SELECT last_act_at FROM simulator.progress) AT TIME ZONE p.time_zone
        + interval '10 hours') AS soon
FROM clinicians c
JOIN practices p ON p.practice_id = c.practice_id
JOIN appointment_facilitators f ON f.clinician_id = c.clinician_id AND f.facilitator_role = 'L'
JOIN appointments a ON a.appointment_id = f.appointment_id
WHERE c.practice_id = $1 AND c.deleted_at IS NULL
GROUP BY 1, 2, 3 ORDER BY soon DESC, units DESC, c.clinician_id"""


def seed_demo(ehr_dsn: str, desk_owner_dsn: str, at_desk: bool = True) -> str:
    """Make the links that are missing, and say in a clause what there is.

    `at_desk`: the demo clinicians' notes come from the review desk only; otherwise the practice writes them itself.
    """
    return asyncio.run(seed_demo_desk(ehr_dsn, desk_owner_dsn, at_desk))


async def seed_demo_desk(ehr_dsn: str, desk_owner_dsn: str, at_desk: bool = True) -> str:
    """The same, inside a running loop."""
    ehr = await asyncpg.connect(ehr_dsn, timeout=10)
    try:
        if await ehr.fetchval("SELECT to_regclass('simulator.at_the_desk')") is None:
            return "no reference practice"
        practices = [row["practice_id"] for row in await ehr.fetch("SELECT practice_id FROM practices")]
        staff = _staff(await ehr.fetch(_LEADS, DEMO_PRACTICE))
        desk = await asyncpg.connect(desk_owner_dsn, timeout=10)
        try:
            await desk.executemany(
                "INSERT INTO staff (practice_id, user_name, clinician_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                [(DEMO_PRACTICE, role.value, clinician_id) for role, clinician_id in staff.items()],
            )
            await desk.executemany(
                "INSERT INTO rollout_cohort (practice_id, cohort, phase) VALUES ($1, '', $2) ON CONFLICT DO NOTHING",
                [(practice_id, Phase.RELATIONAL.value) for practice_id in practices],
            )
        finally:
            await desk.close()
        await ehr.executemany(
            "INSERT INTO simulator.at_the_desk (clinician_id) VALUES ($1) ON CONFLICT DO NOTHING",
            [(staff[role],) for role in (Role.CLINICIAN, Role.ASSOCIATE) if at_desk and role in staff],
        )
    finally:
        await ehr.close()
    return f"{len(staff)} demo sign-ins work as clinicians"


def _staff(rows: list[Any]) -> dict[Role, str]:
    """The associate who leads most units soon, their supervisor, and the licensed clinician who leads most of the
    rest: whoever signs in on the first day should find something to review."""
    supervised = [row for row in rows if row["supervised"] and row["supervisor_id"]]
    staff: dict[Role, str] = {}
    if supervised:
        staff[Role.ASSOCIATE] = supervised[0]["clinician_id"]
        staff[Role.SUPERVISOR] = supervised[0]["supervisor_id"]
    licensed = [row for row in rows if not row["supervised"] and row["clinician_id"] not in staff.values()]
    if licensed:
        staff[Role.CLINICIAN] = licensed[0]["clinician_id"]
    return staff

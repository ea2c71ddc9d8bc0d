"""An OpenEMR in memory: what its forms write, statement by statement, as change capture presents it.

Rows carry every column the adapter reads, in Debezium's form; `log` is the binary log in its order.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.ehr.openemr.tables import TABLES
from connectors.ehr.row import Row, RowOp

BEGAN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FILE = 3
_STEP = 137


def day(text: str) -> int:
    """DATE."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def wall(text: str) -> int:
    """DATETIME."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def clock(hour: int, minute: int = 0) -> int:
    """TIME."""
    return (hour * 60 + minute) * 60 * 1_000_000


class Database:
    """Tables, a clock that goes on a second a statement, and the log of every row event."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {name: {} for name in TABLES}
        self.log: list[Row] = []
        self.position = 4
        self.at = BEGAN
        self._numbers: dict[str, int] = {}
        self._encounters = 500

    # --- statements -------------------------------------------------------------------------------------------------

    def insert(self, table: str, /, **columns: Any) -> dict[str, Any]:
        """INSERT: columns not given are NULL, or what OpenEMR's own default is."""
        row = dict.fromkeys(TABLES[table].columns) | _defaults(table) | columns
        if TABLES[table].key == ("id",) and row["id"] is None:
            row["id"] = self._numbers[table] = self._numbers.get(table, 0) + 1
        key = self._key(table, row)
        assert key not in self.rows[table], (table, key)
        self.rows[table][key] = row
        self._event(table, [("c", None, dict(row))])
        return row

    def update(self, table: str, row: dict[str, Any], /, **columns: Any) -> None:
        """UPDATE; one that changes nothing does not appear in the log."""
        before = dict(row)
        row.update(columns)
        if row != before:
            self._event(table, [("u", before, dict(row))])

    def delete(self, table: str, *rows: dict[str, Any]) -> None:
        """DELETE: one event for all rows of the statement."""
        for row in rows:
            del self.rows[table][self._key(table, row)]
        self._event(table, [("d", dict(row), None) for row in rows])

    def snapshot(self) -> list[Row]:
        """Every row as a snapshot at this moment reads it."""
        rows = []
        for table in TABLES:
            held = list(self.rows[table].values())
            for number, row in enumerate(held, 1):
                last = number == len(held)
                rows.append(
                    Row(table, "r", {}, None, dict(row), self._revision(0), self.at, snapshot=True, ends_table=last)
                )
        return rows

    def _key(self, table: str, row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(row[column] for column in TABLES[table].key)

    def _event(self, table: str, changes: list[tuple[RowOp, dict[str, Any] | None, dict[str, Any] | None]]) -> None:
        self.position += _STEP
        self.at += timedelta(seconds=1)
        for number, (op, before, after) in enumerate(changes):
            self.log.append(Row(table, op, {}, before, after, self._revision(number), self.at, snapshot=False))

    def _revision(self, row: int) -> int:
        return ((FILE << 32 | self.position) << 12) | row

    # --- what OpenEMR's forms do ------------------------------------------------------------------------------------

    def encounter_number(self) -> int:
        """The next of the one sequence that encounters and forms share."""
        self._encounters += 1
        return self._encounters

    def practice(self) -> None:
        """A place of business, a counselor, the lists out of the box."""
        for list_id, options in {
            "attendstat": {"-": "Not Reported", "?": "Did Not Attend", "@": "Attended", "x": "Cancelled", "~": "Late"},
            "groupstat": {"-": "None", "=": "Took Place", ">": "Did Not Take Place", "<": "Not Reported"},
            "apptstat": {"-": "- None", "@": "@ Arrived", "?": "? No show", "x": "x Canceled", ">": "> Checked out"},
        }.items():
            for code, title in options.items():
                self.insert("list_options", list_id=list_id, option_id=code, title=title)
        self.insert("facility", id=3, name="Lakeside Clinic", state="IL", facility_npi="1445512001")
        self.insert("users", id=1, username="reyes", authorized=1, fname="Dana", lname="Reyes", npi="1882300118")

    def patient(self, pid: int, **columns: Any) -> None:
        """A patient with a primary insurance."""
        self.insert("patient_data", pid=pid, fname=f"First{pid}", lname=f"Last{pid}", DOB=day("1980-05-06"), **columns)
        self.insert(
            "insurance_data",
            type="primary",
            provider="7",
            policy_number=f"M{pid}",
            subscriber_relationship="self",
            date=day("2025-01-01"),
            pid=pid,
        )

    def group(self, group_id: int, *pids: int, **columns: Any) -> None:
        """A therapy group with a roster and one counselor."""
        self.insert("therapy_groups", group_id=group_id, group_name="Tuesday", group_type=1, group_status=10, **columns)
        for pid in pids:
            self.insert("therapy_groups_participants", group_id=group_id, pid=pid, group_patient_status=10)
        self.insert("therapy_groups_counselors", group_id=group_id, user_id=1)

    def slot(self, pc_eid: int, group_id: int, on: str, hour: int = 18, **columns: Any) -> dict[str, Any]:
        """A group's appointment in the calendar."""
        return self.insert(
            "openemr_postcalendar_events",
            **{
                "pc_eid": pc_eid,
                "pc_catid": 15,
                "pc_aid": "1",
                "pc_pid": "",
                "pc_gid": group_id,
                "pc_eventDate": day(on),
                "pc_duration": 5400,
                "pc_startTime": clock(hour),
                "pc_endTime": clock(hour + 1, 30),
                "pc_apptstatus": "-",
                **columns,
            },
        )

    def group_encounter(self, group_id: int, on: str, slot: dict[str, Any] | None = None) -> dict[str, Any]:
        """The group's encounter, made by the calendar's status or by hand."""
        if slot is not None:
            self.update("openemr_postcalendar_events", slot, pc_apptstatus="=")
        row = self.insert(
            "form_groups_encounter",
            date=wall(f"{on}T00:00:00"),
            group_id=group_id,
            encounter=self.encounter_number(),
            counselors="1",
            appt_id=None if slot is None else slot["pc_eid"],
        )
        self.insert("forms", encounter=row["encounter"], form_id=row["id"], formdir="newGroupEncounter")
        return row

    def attendance(
        self, encounter: dict[str, Any], statuses: dict[int, str], slot: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """A new attendance form: the list of forms first, then the form, then row by row each with its own visit."""
        number = self._numbers.get("form_group_attendance", 0) + 1
        self.insert("forms", encounter=encounter["encounter"], form_id=number, formdir="group_attendance")
        form = self.insert("form_group_attendance", encounter_id=encounter["encounter"], activity=1)
        self._participants(form, encounter, statuses, slot)
        return form

    def edit_attendance(
        self,
        form: dict[str, Any],
        encounter: dict[str, Any],
        statuses: dict[int, str],
        slot: dict[str, Any] | None = None,
    ) -> None:
        """An edit: all rows deleted at once, then each inserted anew."""
        table = "therapy_groups_participant_attendance"
        self.delete(table, *(row for key, row in list(self.rows[table].items()) if key[0] == form["id"]))
        self._participants(form, encounter, statuses, slot)

    def _participants(
        self, form: dict[str, Any], encounter: dict[str, Any], statuses: dict[int, str], slot: dict[str, Any] | None
    ) -> None:
        for pid, status in statuses.items():
            table = "therapy_groups_participant_attendance"
            self.insert(table, form_id=form["id"], pid=pid, meeting_patient_status=status)
            if status in "@?~":
                self._own_visit(encounter, pid, status, slot)

    def _own_visit(self, encounter: dict[str, Any], pid: int, status: str, slot: dict[str, Any] | None) -> None:
        group = encounter["group_id"]
        known = next(
            (
                visit
                for visit in self.rows["form_encounter"].values()
                if (visit["pid"], visit["external_id"], visit["date"]) == (pid, str(group), encounter["date"])
            ),
            None,
        )
        if known is not None:
            return
        visit = self.insert(
            "form_encounter",
            date=encounter["date"],
            pid=pid,
            encounter=self.encounter_number(),
            pc_catid=15,
            provider_id=1,
            external_id=str(group),
        )
        self.insert("forms", encounter=visit["encounter"], form_id=visit["id"], pid=pid, formdir="newpatient")
        if slot is not None:
            columns = ("pc_eventDate", "pc_startTime", "pc_aid", "pc_gid", "pc_catid")
            copied = {name: slot[name] for name in columns}
            eid = 1000 + visit["encounter"]
            self.insert(
                "openemr_postcalendar_events",
                pc_eid=eid,
                pc_pid=str(pid),
                pc_apptstatus=status,
                pc_duration=0,
                **copied,
            )
            tracker = self.insert("patient_tracker", eid=eid, pid=pid, encounter=visit["encounter"])
            self.insert(
                "patient_tracker_element",
                pt_tracker_id=tracker["id"],
                seq="1",
                start_datetime=encounter["date"],
                status=status,
            )

    def own_encounter(self, pid: int) -> int:
        """The newest encounter of a client."""
        return max(int(row["encounter"]) for row in self.rows["form_encounter"].values() if row["pid"] == pid)

    def bill(self, encounter: int, pid: int, code: str = "90853", fee: str = "60.00", **columns: Any) -> None:
        """A diagnosis and a procedure on the fee sheet."""
        self.insert("billing", code_type="ICD10", code="F33.1", encounter=encounter, pid=pid, activity=1)
        self.insert(
            "billing",
            code_type="CPT4",
            code=code,
            encounter=encounter,
            pid=pid,
            activity=1,
            units=1,
            fee=fee,
            provider_id=1,
            justify="ICD10|F33.1:",
            **columns,
        )

    def soap(self, encounter: int, pid: int, text: str, by: str = "reyes") -> dict[str, Any]:
        """A SOAP note; answers its entry in the list of forms."""
        number = self.encounter_number()
        self.insert("form_soap", id=number, pid=pid, activity=1, assessment=text)
        return self.insert("forms", encounter=encounter, form_id=number, pid=pid, user=by, formdir="soap")

    def sign(self, entry: dict[str, Any], uid: int = 1, at: str = "2026-03-03T19:45:00", table: str = "forms") -> None:
        """An electronic signature."""
        self.insert("esign_signatures", tid=entry["id"], table=table, uid=uid, datetime=wall(at), is_lock=1)

    def events(self, since: int = 0) -> Iterator[Row]:
        """The log from a place in it."""
        return iter(self.log[since:])


def _defaults(table: str) -> dict[str, Any]:
    match table:
        case "forms":
            return {"deleted": 0}
        case "billing":
            return {"billed": 0, "payer_id": 0}
        case "form_encounter":
            return {"facility_id": 0, "pc_catid": 5}
        case _:
            return {}

"""A MariaDB server with an OpenEMR's tables in it, for tests with real change capture: started, killed, asked."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pymysql

from infra.embedded.stack import free_ports

DATABASE, USER, PASSWORD = "openemr", "conjoint", "capture-secret"
SERVER = shutil.which("mariadbd") or "/usr/sbin/mariadbd"

TABLES = Path(__file__).with_name("tables.sql")


class MariaDb:
    """One server in a folder of its own. `start` and `kill` any number of times; the data stays."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """An empty server, the OpenEMR's tables, and the account of change capture."""
        self.home.mkdir(parents=True)
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={self.home / 'data'}", "--user=root", "--skip-test-db"],
            check=True,
            capture_output=True,
            timeout=120,
        )
        self.start()
        with self.connect(database=None) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
            cursor.execute(f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            cursor.execute(
                "GRANT SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE, BINLOG MONITOR, LOCK TABLES ON *.*"
                f" TO {USER}@'127.0.0.1'"
            )
            cursor.execute("SET sql_mode = ''")
            cursor.execute(f"USE {DATABASE}")
            for statement in TABLES.read_text().split(";\n"):
                if statement.strip():
                    cursor.execute(statement)

    def start(self, *more: str) -> None:
        """Start it and wait until it answers."""
        log = (self.home / "server.log").open("ab")
        self._process = subprocess.Popen(
            [
                SERVER,
                "--no-defaults",
                f"--datadir={self.home / 'data'}",
                f"--port={self.port}",
                f"--socket={self.home / 's.sock'}",
                "--bind-address=127.0.0.1",
                "--user=root",
                "--server-id=1",
                "--log-bin=mysql-bin",
                "--binlog-format=ROW",
                "--binlog-row-image=FULL",
                "--innodb-buffer-pool-size=64M",
                "--sql-mode=",
                *more,
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.connect(database=None).close()
            except pymysql.err.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("MariaDB does not answer")

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """In order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, how)
            self._process.wait(60)
            self._process = None

    def connect(self, database: str | None = DATABASE) -> Any:
        """A connection as root, every statement committed by itself, as OpenEMR does."""
        return pymysql.connect(
            unix_socket=str(self.home / "s.sock"),
            user="root",
            database=database,
            autocommit=True,
            init_command="SET sql_mode = ''",
        )

    def do(self, statement: str, *values: object) -> int:
        """One statement; the number of the row it inserted."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)  # without values a % is only a %
            return int(cursor.lastrowid or 0)

    def insert(self, table: str, /, **columns: object) -> int:
        """One row; its number."""
        names = ", ".join(f"`{name}`" for name in columns)
        marks = ", ".join(["%s"] * len(columns))
        return self.do(f"INSERT INTO {table} ({names}) VALUES ({marks})", *columns.values())

    @property
    def source(self) -> str:
        """As `--source` takes it."""
        return f"openemr=mysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{DATABASE}"


class Clinic:
    """What people do in OpenEMR's forms, as its statements."""

    def __init__(self, server: MariaDb) -> None:
        self.db = server
        self.encounters = 500

    def found(self, *pids: int) -> None:
        """Lists, a place, a counselor, patients with insurance, and a group of all of them."""
        db = self.db
        db.insert("globals", gl_name="gbl_time_zone", gl_value="America/Chicago")
        for code, title in {"-": "Not Reported", "?": "Did Not Attend", "@": "Attended", "x": "Cancelled"}.items():
            db.insert("list_options", list_id="attendstat", option_id=code, title=title)
        for code, title in {"-": "None", "=": "Took Place", ">": "Did Not Take Place", "<": "Not Reported"}.items():
            db.insert("list_options", list_id="groupstat", option_id=code, title=title)
        db.insert("facility", id=3, name="Lakeside Clinic", state="IL", facility_npi="1445512001")
        db.insert("users", id=1, username="reyes", authorized=1, fname="Dana", lname="Reyes", npi="1882300118")
        for pid in pids:
            db.insert("patient_data", pid=pid, fname="First", lname="Last", DOB="1980-05-06", ss="999-99-0001")
            db.insert("insurance_data", type="primary", provider="7", policy_number="M1", date="2025-01-01", pid=pid)
        db.insert("therapy_groups", group_id=1, group_name="Tuesday", group_start_date="2025-01-01", group_type=1)
        for pid in pids:
            db.insert(
                "therapy_groups_participants",
                group_id=1,
                pid=pid,
                group_patient_status=10,
                group_patient_start="2025-01-01",
            )
        db.insert("therapy_groups_counselors", group_id=1, user_id=1)

    def group_session(self, on: str, statuses: dict[int, str], start: str = "18:00:00", end: str = "19:30:00") -> int:
        """A slot, its encounter, the attendance form with each participant's own appointment and encounter. Answers
        the group encounter's number."""
        db = self.db
        times = {"pc_startTime": start, "pc_endTime": end, "pc_eventDate": on}
        slot = db.insert("openemr_postcalendar_events", pc_catid=15, pc_aid="1", pc_pid="", pc_gid=1, **times)
        db.do("UPDATE openemr_postcalendar_events SET pc_apptstatus = '=' WHERE pc_eid = %s", slot)
        encounter = self.number()
        form = db.insert(
            "form_groups_encounter", date=on, group_id=1, encounter=encounter, counselors="1", appt_id=slot, pc_catid=15
        )
        db.insert("forms", encounter=encounter, form_id=form, formdir="newGroupEncounter", therapy_group_id=1)
        attendance = self.form_of(encounter)
        db.insert("forms", encounter=encounter, form_id=attendance, formdir="group_attendance", therapy_group_id=1)
        db.insert("form_group_attendance", id=attendance, group_id=1, encounter_id=encounter, activity=1, date=on)
        for pid, status in statuses.items():
            self.participant(attendance, pid, status)
            if status in "@?~":
                own = self.number()
                visit = db.insert(
                    "form_encounter", date=on, pid=pid, encounter=own, pc_catid=15, provider_id=1, external_id="1"
                )
                db.insert("forms", encounter=own, form_id=visit, pid=pid, formdir="newpatient")
                event = db.insert(
                    "openemr_postcalendar_events",
                    pc_catid=15,
                    pc_aid="1",
                    pc_pid=str(pid),
                    pc_gid=1,
                    pc_eventDate=on,
                    pc_startTime=start,
                    pc_apptstatus=status,
                )
                tracker = db.insert("patient_tracker", eid=event, pid=pid, encounter=own)
                db.insert("patient_tracker_element", pt_tracker_id=tracker, seq="1", status=status, start_datetime=on)
        return encounter

    def participant(self, form: int, pid: int, status: str) -> None:
        """One row of an attendance form."""
        self.db.insert("therapy_groups_participant_attendance", form_id=form, pid=pid, meeting_patient_status=status)

    def form_of(self, encounter: int) -> int:
        """The attendance form of a group encounter."""
        return 1 + encounter

    def own_encounter(self, pid: int) -> int:
        """The newest encounter of a patient."""
        with self.db.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT max(encounter) FROM form_encounter WHERE pid = %s", (pid,))
            return int(cursor.fetchone()[0])

    def edit_attendance(self, encounter: int, statuses: dict[int, str], between_s: float = 0.0) -> None:
        """An edit as OpenEMR does it: all rows deleted, then each inserted anew, `between_s` apart."""
        form = self.form_of(encounter)
        self.db.do("DELETE FROM therapy_groups_participant_attendance WHERE form_id = %s", form)
        for pid, status in statuses.items():
            time.sleep(between_s)
            self.participant(form, pid, status)

    def bill(self, encounter: int, pid: int, code: str = "90853") -> None:
        """A diagnosis and a procedure on the fee sheet."""
        common = {"encounter": encounter, "pid": pid, "activity": 1, "billed": 0, "payer_id": 0}
        self.db.insert("billing", code_type="ICD10", code="F33.1", **common)
        self.db.insert("billing", code_type="CPT4", code=code, units=1, fee="60.00", provider_id=1, **common)

    def number(self) -> int:
        """The next number of the one sequence."""
        self.encounters += 1
        return self.encounters

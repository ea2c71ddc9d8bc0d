"""`conjoint up --no-reference --source openemr=…`: a practice's own OpenEMR, from nothing to its first findings."""

import json
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.connectors.ehr.openemr.mariadb import Clinic, MariaDb
from tests.running import wait_until
from tests.whole_platform import Platform, platform

pytestmark = pytest.mark.stack
TODAY = datetime.now(ZoneInfo("America/Chicago"))


def _listed(whole: Platform, what: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in whole.run(what, "--json").stdout.splitlines() if line.strip()]


def test_a_platform_that_listens_to_an_openemr_alone() -> None:
    home = Path(tempfile.mkdtemp(prefix="conjoint-openemr-up-"))
    database = MariaDb(home / "mariadb")
    try:
        database.make()
        clinic = Clinic(database)
        clinic.found(1, 2, 3)
        clinic.group_session((TODAY - timedelta(days=30)).date().isoformat(), {1: "@", 2: "?", 3: "@"})
        clinic.bill(clinic.own_encounter(2), 2)
        with platform(sources=database.source, reference=False) as whole:
            checked = whole.run("doctor", "--source", database.source)
            assert "fail" not in checked.stdout
            whole.up()
            parts = {part["name"] for part in whole.status()["parts"]}
            assert {"assemble", "prepare-sources"} <= parts
            assert not {"practice", "prepare-ehr", "prepare-connector"} & parts
            wait_until("the past is judged", lambda: bool(_listed(whole, "findings")), 120, every_s=2)
            assert _listed(whole, "drafts") == []
            today = TODAY.date().isoformat()
            encounter = clinic.group_session(today, {1: "@", 2: "@", 3: "@"})
            clinic.edit_attendance(encounter, {1: "@", 2: "?", 3: "@"}, between_s=0.2)
            clinic.bill(clinic.own_encounter(2), 2)
            session = f"group-encounter-{encounter}"
            wait_until("the draft is asked for", lambda: len(_listed(whole, "drafts")) == 1, 60, every_s=2)
            wait_until(
                "the bill for somebody absent is found",
                lambda: any(
                    finding["rule"] == "B01" and session in json.dumps(finding)
                    for finding in _listed(whole, "findings")
                ),
                60,
                every_s=2,
            )
            sick = {part["name"]: part["state"] for part in whole.status()["parts"] if part["restarts"]}
            assert sick == {}
            whole.run("doctor", exit_code=None)
    finally:
        database.stop()
        shutil.rmtree(home, ignore_errors=True)

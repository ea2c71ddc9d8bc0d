"""Does an OpenEMR's past delay anybody? Another practice's live changes before and while 100 000 encounters are read.

Then: how long from COMMIT in MariaDB to the finding in Kafka, for a bill of somebody recorded as absent (B01)?
"""

import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from connectors.ehr.joiner import Patience
from infra import prepare
from infra.embedded.stack import Stack, settings_on_free_ports
from infra.source_capture import SourceCapture, apply_source
from infra.sources import sources_of
from schemas.topics import PARTITIONER, WEBHOOK
from tests.bench.latency import Arrivals
from tests.bench.table import Table
from tests.connectors.ehr.openemr.mariadb import Clinic, MariaDb
from tests.running import wait_until, workers

ENCOUNTERS = 100_000
OTHERS_PER_SECOND = 10
LIVE = 60
CLINICIANS = 20
_OTHER = "OTHER"


class _Other:
    """A practice that delivers by webhook: one bill of somebody absent after the other."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, "partitioner": PARTITIONER, "linger.ms": 0})
        self._number = 0
        self._send(("practice", _OTHER, {"name": "Other", "timezone": "UTC", "state": "IL"}))

    def _send(self, *changes: tuple[str, str, dict[str, Any]]) -> None:
        at = datetime.now(UTC).isoformat()
        bodies = [
            {"at": at, "entity": e, "op": "create", "id": id_, "rev": 1, "data": data} for e, id_, data in changes
        ]
        self._producer.produce(WEBHOOK.name, key=_OTHER, value=json.dumps({"changes": bodies}))
        self._producer.flush(10)

    def deliver(self, until: Callable[[], bool]) -> dict[str, float]:
        """Claim → when it was delivered."""
        sent = {}
        while not until():
            self._number += 1
            session, claim = f"O{self._number}", f"OK{self._number}"
            about = {"session": session, "client": "OC"}
            self._send(
                ("appointment", session, {"kind": "individual", "status": "completed", "clients": ["OC"]}),
                ("attendance", f"OA{self._number}", {**about, "status": "no_show"}),
                ("claim", claim, {**about, "status": "queued"}),
            )
            sent[claim] = time.time()
            time.sleep(1 / OTHERS_PER_SECOND)
        return sent


def _past(database: MariaDb) -> None:
    day = "DATE_SUB(CURDATE(), INTERVAL 60 + seq % 700 DAY)"
    database.do(f"INSERT INTO patient_data (pid, fname, DOB) SELECT seq + 10, 'F', '1980-01-01' FROM seq_1_to_{2_000}")
    database.do(
        "INSERT INTO form_encounter (date, pid, encounter, provider_id)"
        f" SELECT {day}, 11 + seq % 2000, 100000 + seq, 1 + seq % {CLINICIANS} FROM seq_1_to_{ENCOUNTERS}"
    )
    database.do(
        "INSERT INTO forms (encounter, form_id, pid, formdir)"
        f" SELECT encounter, id, pid, 'newpatient' FROM form_encounter LIMIT {ENCOUNTERS}"
    )


def _live(clinic: Clinic, arrivals: Arrivals) -> list[float]:
    committed: dict[str, float] = {}
    for number in range(LIVE):
        # a day of its own for each: what happens on one group's day is believed once the whole day is quiet
        on = (datetime.now(UTC) - timedelta(days=1 + number)).date().isoformat()
        clinic.group_session(on, {1: "?", 2: "@", 3: "@"})
        encounter = clinic.own_encounter(1)
        clinic.bill(encounter, 1)
        committed[f"claim-{encounter}-1"] = time.time()
        time.sleep(0.3)
    wait_until("the last finding", partial(arrivals.has, max(committed)), 120)
    return [arrivals.at[claim] - at for claim, at in committed.items() if claim in arrivals.at]


def measure() -> tuple[list[float], list[float], float, list[float]]:
    """Seconds: the other practice's before and during, how long the past took, OpenEMR's own."""
    home = Path(tempfile.mkdtemp(prefix="conjoint-bench-openemr-"))
    database = MariaDb(home / "mariadb")
    try:
        database.make()
        clinic = Clinic(database)
        clinic.found(1, 2, 3)
        _past(database)
        settings = settings_on_free_ports(home / "home", sources=database.source, reference=False)
        stack = Stack(home / "home", settings)
        ends = stack.need("kafka", "connect")
        try:
            prepare.topics(settings)
            with workers(settings, "normalise", "keep_files") as running:
                arrivals = Arrivals(ends.bootstrap)
                arrivals.start()
                other, begun = _Other(ends.bootstrap), time.time()
                other.deliver(lambda: time.time() - begun > 10)  # the workers have started
                before = other.deliver(lambda: time.time() - begun > 25)
                capture = SourceCapture(ends.connect_url, ends.bootstrap, settings.home)
                asyncio.run(apply_source(capture, sources_of(settings)[0]))
                running.start("assemble")
                started = time.time()
                told = partial(running.metric, "assemble", "conjoint_told_changes_total")
                during = other.deliver(lambda: told() >= 2 * ENCOUNTERS or time.time() - started > 900)
                past_s = time.time() - started
                wait_until("the other's last finding", partial(arrivals.has, max(during, key=during.__getitem__)), 600)
                time.sleep(10)  # the practice settles
                own = _live(clinic, arrivals)
                arrivals.stop()
            took = [[arrivals.at[claim] - at for claim, at in sent.items()] for sent in (before, during)]
            return took[0], took[1], past_s, own
        finally:
            stack.stop()
    finally:
        database.stop()
        shutil.rmtree(home, ignore_errors=True)


def table() -> Table:
    """What `make bench openemr` prints."""
    before, during, past_s, own = measure()

    def row(name: str, took: list[float]) -> tuple[str, ...]:
        quantiles = statistics.quantiles(took, n=100)
        return name, str(len(took)), *(f"{quantiles[q - 1] * 1000:.0f}" for q in (50, 99)), f"{max(took) * 1000:.0f}"

    return Table(
        f"An OpenEMR with {ENCOUNTERS} encounters of the past, taken over in {past_s:.0f} s",
        ("delivery or COMMIT to finding", "findings", "p50 ms", "p99 ms", "max ms"),
        (
            row("another practice, before", before),
            row("another practice, meanwhile", during),
            row(f"OpenEMR live (with a quiet period of {Patience().quiet_s * 1000:.0f} ms)", own),
        ),
    )

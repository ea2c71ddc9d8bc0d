"""Is a practice's policy in force a moment after `conjoint policy load`, and gone after it is taken back?"""

import asyncio
from pathlib import Path

import asyncpg
import orjson
import pytest
from confluent_kafka import Consumer, Producer

from infra import prepare
from infra.cli import run
from infra.desk.migrate import apply_to_desk
from infra.embedded.stack import Stack, settings_on_free_ports
from infra.endpoints import Endpoints
from schemas.codec import codec
from schemas.finding import Finding
from schemas.topics import FINDINGS, PARTITIONER, WEBHOOK
from tests.running import wait_until, workers
from tests.streams.scenario import clean_group

pytestmark = pytest.mark.stack

PRACTICE = "PR-1"
PAYERS = "payer,group_presence_min_minutes,from,source,mark\nPAY-COM,90,2026-01-01,contract,verified\n"


class Latest:
    """The last word on each finding."""

    def __init__(self, bootstrap: str) -> None:
        self._states: dict[str, tuple[str, str]] = {}
        config = {"bootstrap.servers": bootstrap, "group.id": "test", "auto.offset.reset": "earliest"}
        self._consumer = Consumer(config)
        self._consumer.subscribe([FINDINGS.name])

    def open(self) -> list[str]:
        """Rules of the open findings, sorted."""
        while (message := self._consumer.poll(0.5)) is not None:
            value = message.value()
            if message.error() is None and isinstance(value, bytes):
                finding = codec(FINDINGS.name).decode(value)
                assert isinstance(finding, Finding)
                self._states[finding.finding_id] = (finding.state, finding.rule)
        return sorted(rule for state, rule in self._states.values() if state == "open")

    def close(self) -> None:
        self._consumer.close()


async def _recorded(desk_dsn: str) -> list[tuple[str, str, bool]]:
    owner = await asyncpg.connect(desk_dsn)
    rows = await owner.fetch(
        "SELECT user_name, action, after_sha256 IS NULL AS back FROM audit_entry"
        " WHERE chain = $1 AND action = 'policy_changed' ORDER BY seq",
        PRACTICE,
    )
    await owner.close()
    return [tuple(row) for row in rows]


def test_a_loaded_folder_decides_at_once_and_a_removal_too_and_both_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Endpoints
) -> None:
    asyncio.run(apply_to_desk(postgres.desk_dsn))
    monkeypatch.setenv("CONJOINT_DESK_DSN", postgres.desk_app_dsn)
    settings = settings_on_free_ports(tmp_path / "home")
    for name, port in settings.ports().items():
        monkeypatch.setenv(f"CONJOINT_{name.upper()}", str(port))
    monkeypatch.setenv("CONJOINT_HOME", str(settings.home))
    monkeypatch.setenv("CONJOINT_POLICY_FOLDER", str(tmp_path / "policies"))
    folder = tmp_path / "policies" / PRACTICE
    folder.mkdir(parents=True)
    (folder / "payers.csv").write_text(PAYERS)
    stack = Stack(settings.home, settings)
    try:
        bootstrap = stack.need("kafka").bootstrap
        prepare.topics(settings)
        producer = Producer({"bootstrap.servers": bootstrap, "partitioner": PARTITIONER})
        producer.produce(WEBHOOK.name, key=PRACTICE, value=orjson.dumps({"changes": clean_group(2).changes}))
        producer.flush(20)
        findings = Latest(bootstrap)
        with workers(settings, "normalise", "keep_files"):
            wait_until("the practice is judged", lambda: "B02" not in findings.open() and "B42" in findings.open(), 60)
            before = findings.open()
            assert run(["policy", "load", PRACTICE]) == 0
            wait_until("its own rule", lambda: findings.open().count("B12") == 2, 60)
            assert run(["policy", "load", PRACTICE, "--none"]) == 0
            wait_until("the defaults again", lambda: findings.open() == before, 60)
        findings.close()
        trail = asyncio.run(_recorded(postgres.desk_dsn))
        assert trail == [("operator", "policy_changed", False), ("operator", "policy_changed", True)]
    finally:
        stack.stop()

"""`conjoint audit verify` names what was touched; `export` hands the trail over and says so in it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from dashboards.desk import audit_log
from dashboards.desk.checkpoints import Checkpointing, Checkpoints, key_of
from dashboards.desk.transactions import DeskDatabase
from infra.cli import run
from infra.desk.migrate import apply_to_desk
from infra.embedded.stack import Stack, settings_on_free_ports
from infra.endpoints import Endpoints
from infra.settings import settings_environment
from tests.infra.test_desk_migrate import an_event

pytestmark = pytest.mark.stack
GUARD = "audit_entry_append_only"


@pytest.fixture
def home(real_parts: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoints]:
    """A desk with two chains and their checkpoints. Whoever touches them is its owner, on purpose."""
    endpoints = real_parts.need("postgres")
    for name, value in settings_environment(endpoints.settings).items():
        monkeypatch.setenv(name, value)
    asyncio.run(_fill(endpoints))
    yield endpoints
    asyncio.run(_as_owner(endpoints, "TRUNCATE audit_entry", f"ALTER TABLE audit_entry ENABLE TRIGGER {GUARD}"))


async def _fill(endpoints: Endpoints) -> None:
    await apply_to_desk(endpoints.desk_dsn)
    await _as_owner(endpoints, f"ALTER TABLE audit_entry DISABLE TRIGGER {GUARD}", "TRUNCATE audit_entry")
    for path in (_path(endpoints), _path(endpoints).with_name("heads.jsonl")):
        path.unlink(missing_ok=True)
    database = DeskDatabase(endpoints.desk_app_dsn)
    for number in range(1, 6):
        async with database.transaction() as connection:
            await audit_log.record(connection, an_event("PR-1", number), an_event("PR-2", number))
    key = key_of(endpoints.secrets.audit_signing_seed.get_secret_value())
    await Checkpointing(database, Checkpoints(_path(endpoints), key)).mark()
    await database.close()


def _path(endpoints: Endpoints) -> Path:
    return endpoints.settings.home / "audit" / "checkpoints.jsonl"


async def _as_owner(endpoints: Endpoints, *statements: str) -> None:
    owner = await asyncpg.connect(endpoints.desk_dsn)
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


def test_an_untouched_trail_holds(home: Endpoints, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "verify"]) == 0
    assert "10 entries in 2 chains hold, as do 4 signed checkpoints and heads" in capsys.readouterr().out
    assert _path(home).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("touch", "said"),
    [
        ("UPDATE audit_entry SET user_name = 'x' WHERE chain = 'PR-1' AND seq = 2", "entry 2 of chain PR-1 is altered"),
        ("DELETE FROM audit_entry WHERE chain = 'PR-2' AND seq = 3", "entry 3 of chain PR-2 is missing"),
        ("DELETE FROM audit_entry WHERE chain = 'PR-1' AND seq > 3", "entry 4 of chain PR-1 is missing"),
        ("DELETE FROM audit_entry WHERE chain = 'PR-1'", "entry 1 of chain PR-1 is missing"),
        (
            """UPDATE audit_entry SET seq = CASE seq WHEN 2 THEN 1004 ELSE 1002 END
            WHERE chain = 'PR-1' AND seq IN (2, 4);
            UPDATE audit_entry SET seq = seq - 1000 WHERE seq > 1000""",
            "entry 2 of chain PR-1 is reordered",
        ),
    ],
)
def test_what_was_touched_is_named(home: Endpoints, capsys: pytest.CaptureFixture[str], touch: str, said: str) -> None:
    asyncio.run(_as_owner(home, touch))
    assert run(["audit", "verify"]) == 1
    assert capsys.readouterr().err == f"conjoint: {said}\n"


async def _later(endpoints: Endpoints, then: str = "") -> None:
    """The worker runs on: more is recorded, seen a second later, and then somebody does something to it."""
    database = DeskDatabase(endpoints.desk_app_dsn)
    key = key_of(endpoints.secrets.audit_signing_seed.get_secret_value())
    working = Checkpointing(database, Checkpoints(_path(endpoints), key))
    await working.keep_heads()
    async with database.transaction() as connection:
        await audit_log.record(connection, an_event("PR-1", 6), an_event("PR-1", 7))
    assert await working.keep_heads() == 1
    if then:
        await _as_owner(endpoints, then)
        async with database.transaction() as connection:
            await audit_log.record(connection, an_event("PR-1", 8), an_event("PR-1", 9))
        await working.keep_heads()
        await working.mark()
    await database.close()


def test_an_end_cut_off_after_the_last_checkpoint_is_named_from_its_head(
    home: Endpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_later(home))
    assert run(["audit", "verify"]) == 0
    asyncio.run(_as_owner(home, "DELETE FROM audit_entry WHERE chain = 'PR-1' AND seq > 6"))
    assert run(["audit", "verify"]) == 1
    assert capsys.readouterr().err == "conjoint: entry 7 of chain PR-1 is missing\n"


def test_an_end_that_grew_again_after_it_was_cut_off_is_still_not_the_one_that_was_seen(
    home: Endpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_later(home, "DELETE FROM audit_entry WHERE chain = 'PR-1' AND seq > 6"))
    assert run(["audit", "verify"]) == 1
    assert capsys.readouterr().err == "conjoint: entry 7 of chain PR-1 is altered since its checkpoint\n"


def test_an_altered_checkpoint_is_named(home: Endpoints, capsys: pytest.CaptureFixture[str]) -> None:
    path = _path(home)
    path.write_text(path.read_text().replace('"seq":5', '"seq":4', 1))
    assert run(["audit", "verify"]) == 1
    assert "checkpoint 1 was altered" in capsys.readouterr().err


def test_an_export_holds_every_entry_and_its_own(home: Endpoints, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "export", "--practice", "PR-1"]) == 0
    notice, heading, *rows = capsys.readouterr().out.splitlines()
    assert "42 CFR part 2" in notice
    assert heading.startswith("chain,at,user_name,role,action")
    assert len(rows) == 6
    assert ",exported," in rows[-1]
    assert run(["audit", "verify"]) == 0
    assert run(["audit", "export", "--practice", "PR-none"]) == 1


def test_a_database_that_is_away_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Any = settings_on_free_ports(tmp_path)
    for name, value in settings_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert run(["audit", "verify"]) == 1
    assert "does not answer" in capsys.readouterr().err

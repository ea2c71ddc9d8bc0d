"""`conjoint claims` beside a desk: list, show, approve, hold, undo, fix, batch, ack, as a biller types them."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.claims.read_837p import read_837p
from dashboards.desk.transactions import DeskDatabase
from infra.commands.claims import command
from infra.desk.for_report import read_desk
from infra.desk.migrate import apply_to_desk
from infra.endpoints import Endpoints
from streams.compliance.records import Period
from tests.infra.claims.test_live import Office
from tests.infra.commands.asked import Answer, ask, live_in
from tests.streams.claims.suggested import unbilled
from tests.streams.scenario import clean_group

pytestmark = pytest.mark.stack
SAMPLES = Path(__file__).parents[2] / "data" / "x12"
_numbers = itertools.count(1)


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.exit_code == 0, answer.lines
    return [json.loads(line) for line in answer.out.splitlines()]


@pytest.fixture
def practice(postgres: Endpoints, monkeypatch: pytest.MonkeyPatch) -> str:
    """A practice with one claim blocked and three ready, and commands that find its desk."""
    name = f"PR-L{next(_numbers)}"

    async def prepare() -> None:
        await apply_to_desk(postgres.desk_dsn)
        database = DeskDatabase(postgres.desk_app_dsn)
        scenario = unbilled(clean_group()).set("N-S-1-BEN", status="draft", signed_at=None, signed_by=None)
        await Office(name, database).arrive(scenario)
        await database.close()

    asyncio.run(prepare())
    live_in(postgres.settings, monkeypatch)
    return name


def test_a_biller_works_through_a_day(practice: str, postgres: Endpoints, tmp_path: Path) -> None:
    listed = {line["client"]: line for line in lines(ask(command, "list", "--json", "--practice", practice))}
    assert {client: (line["state"], line["standing"]) for client, line in listed.items()} == {
        "C-ANA": ("ready", "open"),
        "C-BEN": ("blocked", "open"),
        "C-CLEO": ("ready", "open"),
        "C-DREW": ("ready", "open"),
    }
    ana, ben, cleo, drew = (listed[f"C-{who}"]["id"] for who in ("ANA", "BEN", "CLEO", "DREW"))
    assert ask(command, "approve", ana, cleo).out.splitlines() == [f"{ana}: approved", f"{cleo}: approved"]
    refused = ask(command, "approve", ben, drew)
    assert refused.exit_code == 1
    assert refused.out == f"{drew}: approved\n"
    assert "It is blocked" in refused.lines[0]
    assert ask(command, "undo", drew).out == f"{drew}: open\n"
    assert ask(command, "hold", drew, "--reason", "ask first").out == f"{drew}: on hold\n"
    assert "unforeseen" not in str(ask(command, "show", "CJNOTTHERE").lines)

    (made,) = lines(ask(command, "batch", "--practice", practice, "--out", str(tmp_path / "out"), "--json"))
    text = Path(made["batch"]["file"]).read_text()
    assert {claim.claim_id for claim in read_837p(text).claims} == {ana, cleo} == set(made["batch"]["claims"])
    again = ask(command, "batch", "--practice", practice, "--out", str(tmp_path / "out"))
    assert again.exit_code == 1

    remittance = tmp_path / "835.x12"
    remittance.write_text((SAMPLES / "835.x12").read_text().replace("K-S-1-BEN", ana).replace("K-S-1-ANA", cleo))
    acked = ask(command, "ack", str(remittance))
    assert acked.exit_code == 0
    assert "2 answer(s) about claims that were not sent from here" in acked.lines[0]
    shown = lines(ask(command, "show", "--json", ana))[0]
    assert shown["standing"] == "denied"
    assert shown["answers"][0]["denials"] == ["197"]
    assert [decision["act"] for decision in shown["decisions"]] == ["approve", "batch"]
    now = datetime.now(UTC) + timedelta(days=1)
    told = read_desk(postgres.desk_app_dsn, practice, Period(now.date(), now.date(), now, ZoneInfo("UTC")))
    assert told is not None
    assert {row.claim_id: (row.denied, tuple(row.carcs)) for row in told.remittances if row.claim_id == ana} == {
        ana: (True, ("197",))
    }
    assert "197" in {row["carc"] for row in lines(ask(command, "calibration", "--json"))}
    people = ask(command, "list", "--practice", practice, "--standing", "denied").out
    assert ana in people
    assert "Torres" not in people


def test_a_fix_is_kept_with_its_reason(practice: str) -> None:
    (first, *_) = lines(ask(command, "list", "--json", "--practice", practice, "--state", "ready"))
    done = ask(command, "fix", first["id"], "--modifiers", "95,ho", "--place", "10", "--reason", "by video")
    assert done.out == f"{first['id']}: open\n"
    (decision,) = lines(ask(command, "show", "--json", first["id"]))[0]["decisions"]
    assert (decision["fix"]["modifiers"], decision["fix"]["place_of_service"]) == (["95", "HO"], "10")
    assert decision["reason"] == "by video"
    nothing = ask(command, "fix", first["id"])
    assert nothing.exit_code == 1

"""The doctor: says what is wrong and what to do, whatever is down."""

from datetime import timedelta
from pathlib import Path

import pytest

from infra.doctor import Check, Level, _diagnosis_codes, drafting, examine
from infra.embedded.stack import Stack, settings_on_free_ports
from infra.endpoints import Endpoints, endpoints_of
from infra.settings import load_settings
from streams.policy.icd10cm import newest_edition


def _of(checks: list[Check], start: str) -> Check:
    return next(check for check in checks if check.what.startswith(start))


async def test_where_nothing_runs_every_connection_fails_with_the_way_out(tmp_path: Path) -> None:
    checks = await examine(endpoints_of(settings_on_free_ports(tmp_path, cache=tmp_path / "cache")))
    for part in ("supervisor", "kafka", "connect", "database", "clickhouse", "console"):
        check = _of(checks, part)
        assert (check.level, check.remedy) == (Level.FAIL, "start it with: conjoint up")
    assert _of(checks, "jars").level is Level.WARN
    assert _of(checks, "ports").level is Level.OK
    assert _of(checks, "secrets").level is Level.OK
    assert _of(checks, "Python").level is Level.OK
    assert _of(checks, "diagnosis codes")


async def test_a_secret_others_can_read_is_a_failure_with_the_command_that_mends_it(tmp_path: Path) -> None:
    endpoints = endpoints_of(settings_on_free_ports(tmp_path, cache=tmp_path / "cache"))
    users = tmp_path / "console-users.json"
    users.write_text("{}")
    users.chmod(0o644)
    assert _of(await examine(endpoints), "secrets").remedy == f"run: chmod 600 {users}"


def test_a_check_is_one_line() -> None:
    assert str(Check(Level.WARN, "dead letters: 3", "look at them with: conjoint dlq list")) == (
        "warn  dead letters: 3; look at them with: conjoint dlq list"
    )


@pytest.mark.stack
async def test_real_parts_are_found_well_and_what_is_missing_is_named(real_parts: Stack) -> None:
    endpoints: Endpoints = real_parts.need("kafka", "postgres")
    checks = await examine(endpoints)
    assert _of(checks, "kafka").level is Level.OK
    assert _of(checks, "database").level is Level.OK
    assert _of(checks, "jars").level is Level.OK
    assert _of(checks, "topics").level in (Level.OK, Level.FAIL)


async def test_past_the_newest_edition_of_diagnosis_codes_the_doctor_warns() -> None:
    _, last_day = newest_edition()
    [still] = await _diagnosis_codes(last_day)
    [past] = await _diagnosis_codes(last_day + timedelta(days=1))
    assert (still.level, past.level) == (Level.OK, Level.WARN)
    assert past.remedy == "update the package simple-icd-10-cm"


async def test_the_model_is_asked_for_its_list_and_for_nothing_else(tmp_path: Path) -> None:
    said = [str(check) for check in await drafting(load_settings(home=tmp_path))]
    assert said[1] == "ok    model: none is configured, the local drafter writes every draft"
    away = load_settings(home=tmp_path, model_url="http://127.0.0.1:9/v1", model_name="tiny")
    (_, check) = await drafting(away)
    assert check.level is Level.WARN
    assert "then the local drafter writes them" in check.what
    (tmp_path / "x.md").write_text("no prompt")
    (check,) = await drafting(load_settings(home=tmp_path, prompts=tmp_path))
    assert check.level is Level.FAIL
    assert "x.md" in check.what

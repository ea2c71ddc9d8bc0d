"""The parts of an installation: what each needs, and what is left out when it is elsewhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.clock import PracticeClock
from infra.embedded.stack import settings_on_free_ports
from infra.endpoints import endpoints_of
from infra.part import Part, in_order
from infra.parts import PORTS_OF, platform_parts, ports_to_listen_on
from infra.prepare import STEPS
from infra.workers import WORKERS

NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)
CLOCK = PracticeClock(NOON, NOON, 60.0)
SOURCE = "openemr=mysql://conjoint:source-secret@ehr.internal/openemr"


def _parts(home: Path, **overrides: object) -> dict[str, Part]:
    endpoints = endpoints_of(settings_on_free_ports(home, **overrides))
    return {part.name: part for part in in_order(platform_parts(endpoints, CLOCK))}


def test_brokers_and_databases_start_at_once_and_connect_as_soon_as_kafka_answers(tmp_path: Path) -> None:
    parts = _parts(tmp_path)
    assert [name for name, part in parts.items() if not part.needs] == ["postgres", "kafka", "clickhouse"]
    assert parts["connect"].needs == ("kafka",)


def test_every_worker_and_every_step_is_a_part(tmp_path: Path) -> None:
    parts = _parts(tmp_path, simulate=True, sources=SOURCE)
    assert set(WORKERS) <= set(parts)
    assert {f"prepare-{name}" for name in STEPS} <= set(parts)
    assert all(parts[f"prepare-{name}"].one_time for name in STEPS)


def test_what_is_elsewhere_is_not_started_here_and_nobody_waits_for_it(tmp_path: Path) -> None:
    parts = _parts(
        tmp_path,
        kafka_bootstrap="broker.internal:9092",
        connect_url="http://connect.internal:8083",
        clickhouse_url="http://clickhouse.internal:8123",
        postgres_dsn="postgresql://capture:x@ehr.internal/ehr",
        desk_dsn="postgresql://desk_app:x@desk.internal/desk",
    )
    assert not {"kafka", "connect", "clickhouse", "postgres", "prepare-ehr", "prepare-desk", "practice"} & set(parts)
    assert parts["prepare-topics"].needs == ()
    assert parts["prepare-connector"].needs == ()


def test_the_desk_stays_here_while_only_the_ehr_is_elsewhere(tmp_path: Path) -> None:
    parts = _parts(tmp_path, postgres_dsn="postgresql://capture:x@ehr.internal/ehr")
    assert parts["prepare-desk"].needs == ("postgres",)
    assert "prepare-ehr" not in parts


def test_a_sleeping_practice_is_no_part(tmp_path: Path) -> None:
    assert "practice" not in _parts(tmp_path, simulate=False)


def test_an_openemr_is_listened_to_beside_the_reference_practice_or_instead_of_it(tmp_path: Path) -> None:
    beside = _parts(tmp_path, simulate=True, sources=SOURCE)
    assert beside["assemble"].needs == ("prepare-topics", "prepare-sources")
    assert {"practice", "prepare-connector"} <= set(beside)
    instead = _parts(tmp_path, simulate=True, sources=SOURCE, reference=False)
    assert not {"practice", "prepare-ehr", "prepare-connector", "notes_api"} & set(instead)
    assert "assemble" not in _parts(tmp_path)


def test_every_process_gets_the_same_clock_and_the_settings_of_its_supervisor(tmp_path: Path) -> None:
    endpoints = endpoints_of(settings_on_free_ports(tmp_path))
    for part in platform_parts(endpoints, CLOCK):
        if part.name in WORKERS and part.name != "clickhouse":
            environment = part.launch(lambda _: None).environment
            assert environment["CONJOINT_CLOCK"] == CLOCK.encode()
            assert environment["CONJOINT_HOME"] == str(tmp_path)
            assert environment["CONJOINT_KAFKA_PORT"] == str(endpoints.settings.kafka_port)


@pytest.mark.stack  # makes real database folders, whose owner may not enter every temporary folder
def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    endpoints = endpoints_of(settings_on_free_ports(tmp_path, sources=SOURCE))
    values = {value.get_secret_value() for _, value in endpoints.secrets} | {SOURCE}
    for part in platform_parts(endpoints, CLOCK):
        if part.name not in ("kafka", "connect"):
            launch = part.launch(lambda _: None)
            assert not values & set(" ".join(launch.argv).split())


def test_every_port_setting_belongs_to_a_part_that_is_checked_before_the_start(tmp_path: Path) -> None:
    endpoints = endpoints_of(settings_on_free_ports(tmp_path, simulate=True, sources=SOURCE))
    checked = ports_to_listen_on(endpoints, platform_parts(endpoints, CLOCK))
    assert set(checked) == set(endpoints.settings.ports())
    assert {name for names in PORTS_OF.values() for name in names} | {"supervisor_metrics_port"} == set(checked)


def test_drafts_are_evaluated_by_themselves_unless_told_never(tmp_path: Path) -> None:
    assert _parts(tmp_path)["evaluate"].needs == ("prepare-topics", "prepare-clickhouse")
    assert "evaluate" not in _parts(tmp_path, evaluation_every_hours=0)

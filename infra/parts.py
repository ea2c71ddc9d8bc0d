"""Which parts make up the platform on this machine, and what does each need?
Reads settings; a part that is configured to be elsewhere is left out here.
Must never start anything itself.
"""

import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from infra.clock import CLOCK_VARIABLE, PracticeClock
from infra.embedded import connect, jars, kafka, postgres
from infra.embedded.launch import Launch, own_launch
from infra.embedded.stack import http_answers
from infra.endpoints import Endpoints
from infra.part import Part, Report
from infra.settings import LOOPBACK

_Configured = TypeVar("_Configured")

_WORKER_READY_WITHIN_S: Final = 60.0
_STEP_WITHIN_S: Final = 300.0

PORTS_OF: Final = {
    "postgres": ("postgres_port",),
    "kafka": ("kafka_port", "kafka_controller_port"),
    "clickhouse": ("clickhouse_port", "clickhouse_metrics_port"),
    "connect": ("connect_port",),
    "normalise": ("normalise_metrics_port",),
    "assemble": ("assemble_metrics_port",),
    "keep_files": ("keep_files_metrics_port",),
    "write_drafts": ("write_drafts_metrics_port",),
    "sink": ("sink_metrics_port",),
    "webhook": ("webhook_port",),
    "console": ("console_port",),
    "practice": ("practice_metrics_port",),
    "notes_api": ("notes_api_port",),
    "desk": ("desk_metrics_port",),
    "claims": ("claims_metrics_port",),
    "evaluate": ("evaluate_metrics_port",),
}
"""The settings that hold the ports a part listens on."""


def platform_parts(endpoints: Endpoints, clock: PracticeClock) -> tuple[Part, ...]:
    """All parts of this installation, in no particular order."""
    settings = endpoints.settings
    source = jars.JarSource(settings.cache, settings.maven_url or jars.default_base_url())
    broker = kafka.KafkaPart(settings.home, settings.kafka_port, settings.kafka_controller_port, source)
    capture = connect.ConnectPart(settings.home, settings.connect_port, endpoints.bootstrap, source)
    server = postgres.PostgresPart(settings.home, settings.postgres_port, endpoints.secrets)

    def worker(name: str, port: int, *needs: str) -> Part:
        launch = own_launch(("worker", name), settings, **{CLOCK_VARIABLE: clock.encode(), "MALLOC_ARENA_MAX": "2"})
        url = f"http://{LOOPBACK}:{port}/metrics"
        return Part(name, lambda _: launch, needs, _answering(url), _WORKER_READY_WITHIN_S)

    def step(name: str, *needs: str) -> Part:
        launch = own_launch(("prepare", name), settings, **{CLOCK_VARIABLE: clock.encode()})
        return Part(f"prepare-{name}", lambda _: launch, needs, None, _STEP_WITHIN_S, one_time=True)

    embedded_ehr = settings.postgres_dsn is None and settings.reference
    listens_elsewhere = settings.sources is not None
    embedded_desk = settings.desk_dsn is None
    parts = [
        *_if(
            embedded_ehr or embedded_desk,
            Part(
                "postgres",
                _preparing(postgres.prepare_postgres, server),
                ready=lambda: postgres.postgres_answers(endpoints.postgres_admin_dsn, 4),
                stop_signal=signal.SIGINT,
                stop_within_s=20,
            ),
        ),
        *_if(embedded_ehr, step("ehr", "postgres")),
        *_if(embedded_desk or settings.desk_owner_dsn is not None, step("desk", "postgres", "prepare-ehr")),
        *_if(
            settings.kafka_bootstrap is None,
            Part(
                "kafka",
                _preparing(kafka.prepare_kafka, broker),
                ready=lambda: kafka.kafka_answers(endpoints.bootstrap),
                ready_within_s=120,
                stop_within_s=20,
            ),
        ),
        *_if(
            settings.clickhouse_url is None,
            Part(
                "clickhouse",
                lambda _: own_launch(("worker", "clickhouse"), settings),
                ready=_answering(f"{endpoints.clickhouse_url}/ping"),
                stop_within_s=20,
            ),
        ),
        *_if(
            settings.connect_url is None,
            Part(
                "connect",
                _preparing(connect.prepare_connect, capture),
                ("kafka",),
                lambda: connect.connect_answers(endpoints.connect_url),
                ready_within_s=120,
                # it still confirms what it has read, so that the next start need not read it again
                stops_before=("postgres",),
            ),
        ),
        step("topics", "kafka"),
        step("clickhouse", "clickhouse"),
        *_if(settings.reference, step("connector", "connect", "prepare-ehr")),
        *_if(
            listens_elsewhere,
            step("sources", "connect"),
            worker("assemble", settings.assemble_metrics_port, "prepare-topics", "prepare-sources"),
        ),
        worker("normalise", settings.normalise_metrics_port, "prepare-topics"),
        worker("keep_files", settings.keep_files_metrics_port, "prepare-topics"),
        worker("write_drafts", settings.write_drafts_metrics_port, "prepare-topics"),
        worker("sink", settings.sink_metrics_port, "prepare-topics", "prepare-clickhouse"),
        worker("webhook", settings.webhook_port, "prepare-topics"),
        worker("console", settings.console_port, "prepare-topics", "prepare-clickhouse", "prepare-desk"),
        worker("desk", settings.desk_metrics_port, "prepare-topics", "prepare-desk"),
        worker("claims", settings.claims_metrics_port, "prepare-topics", "prepare-desk"),
        *_if(
            settings.evaluation_every_hours > 0,
            worker("evaluate", settings.evaluate_metrics_port, "prepare-topics", "prepare-clickhouse"),
        ),
        *_if(
            embedded_ehr and settings.notes_api_url is None,
            worker("notes_api", settings.notes_api_port, "prepare-ehr"),
        ),
        *_if(
            settings.simulate and embedded_ehr,
            worker("practice", settings.practice_metrics_port, "prepare-ehr", "prepare-connector"),
        ),
    ]
    present = {part.name for part in parts}
    return tuple(_with_needs(part, tuple(need for need in part.needs if need in present)) for part in parts)


def ports_to_listen_on(endpoints: Endpoints, parts: tuple[Part, ...]) -> dict[str, tuple[str, int]]:
    """Setting → (part that will listen there, port)."""
    settings = endpoints.settings
    ports = {name: (part.name, getattr(settings, name)) for part in parts for name in PORTS_OF.get(part.name, ())}
    return {**ports, "supervisor_metrics_port": ("supervisor", settings.supervisor_metrics_port)}


def _if(here: bool, *parts: Part) -> tuple[Part, ...]:
    return parts if here else ()


def _with_needs(part: Part, needs: tuple[str, ...]) -> Part:
    return replace(part, needs=needs)


def _preparing(prepare: Callable[[_Configured, Report], Launch], configured: _Configured) -> Callable[[Report], Launch]:
    return lambda report: prepare(configured, report)


def _answering(url: str) -> Callable[[], Awaitable[bool]]:
    return lambda: http_answers(url)

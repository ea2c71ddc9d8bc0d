"""Which processes are there, and what does each get to know?
Reads settings, secrets and the clock from its surroundings; each worker then blocks until SIGTERM.
Must never hand a worker more than it needs: plain values and DSNs, not Settings.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from infra.clock import CLOCK_VARIABLE, ZONE, clock_from
from infra.endpoints import endpoints_of
from infra.settings import LOOPBACK, Settings
from infra.sources import sources_of

if TYPE_CHECKING:
    from dashboards.console.openid import OpenIdConfig

Worker = Callable[[Settings], None]


def clickhouse(settings: Settings) -> None:
    """Owns the embedded ClickHouse engine and serves it over HTTP."""
    from infra.embedded.clickhouse_endpoint import run

    secrets = endpoints_of(settings).secrets
    run(
        settings.home / "clickhouse",
        settings.clickhouse_port,
        secrets.clickhouse_writer_password.get_secret_value(),
        secrets.clickhouse_viewer_password.get_secret_value(),
        settings.clickhouse_metrics_port,
    )


def normalise(settings: Settings) -> None:
    """raw.* as delivered → care.changes."""
    from prometheus_client import start_http_server

    from connectors.dead_letters import DeadLetters
    from connectors.ehr.adapters import ADAPTERS
    from connectors.normalise import NormaliseConfig, Normaliser, producer_of, run, stop_on_signals
    from connectors.webhook import changes_of

    clock = clock_from(os.environ)
    config = NormaliseConfig(
        endpoints_of(settings).bootstrap,
        lambda: clock.now(datetime.now(UTC)),
        not_ours=tuple(source.name for source in sources_of(settings)),
    )
    producer = producer_of(config)
    start_http_server(settings.normalise_metrics_port, LOOPBACK)
    run(
        config,
        Normaliser(config, producer, ADAPTERS, changes_of, DeadLetters(producer).set_aside),
        stop_on_signals(),
    )


def assemble(settings: Settings) -> None:
    """raw.* of the sources whose rows mean something only together → care.changes."""
    from prometheus_client import start_http_server

    from connectors.assemble import AssembleConfig, run
    from connectors.dead_letters import DeadLetters
    from connectors.normalise import NormaliseConfig, producer_of, stop_on_signals
    from infra.sources import adapter_of

    clock = clock_from(os.environ)
    bootstrap = endpoints_of(settings).bootstrap
    config = AssembleConfig(bootstrap, settings.home / "assemble", lambda: clock.now(datetime.now(UTC)))
    producer = producer_of(NormaliseConfig(bootstrap, config.clock))
    start_http_server(settings.assemble_metrics_port, LOOPBACK)
    adapters = [adapter_of(source, settings.home) for source in sources_of(settings)]
    run(config, adapters, DeadLetters(producer).set_aside, producer, stop_on_signals())


def keep_files(settings: Settings) -> None:
    """care.changes → findings, draft requests, facts (Faust)."""
    from prometheus_client import start_http_server

    from connectors.dead_letters import DeadLetters
    from streams.agents import KeepFilesConfig, run

    config = KeepFilesConfig(endpoints_of(settings).bootstrap, settings.home / "keep_files", settings.partitions)
    start_http_server(settings.keep_files_metrics_port, LOOPBACK)
    run(config, lambda producer: DeadLetters(producer).set_aside)


def write_drafts(settings: Settings) -> None:
    """draft.contexts → drafts: gated, de-identified, written by a model or the local drafter, grounded."""
    from prometheus_client import start_http_server

    from connectors.dead_letters import DeadLetters
    from connectors.normalise import stop_on_signals
    from infra.desk.said import said_by
    from infra.drafting import model_of, prompts_of
    from streams.drafting.pens import pens_of
    from streams.drafting.writing import WriteDraftsConfig, run

    clock = clock_from(os.environ)
    pens = pens_of(prompts_of(settings), model_of(settings))
    pens = replace(pens, desk=said_by(endpoints_of(settings).desk_app_dsn))
    config = WriteDraftsConfig(
        endpoints_of(settings).bootstrap,
        lambda: clock.now(datetime.now(UTC)),
        at_once=settings.model_at_once,
        at_once_per_practice=settings.model_at_once_per_practice,
        patience_s=settings.model_patience_s,
    )
    start_http_server(settings.write_drafts_metrics_port, LOOPBACK)
    run(config, pens, lambda producer: DeadLetters(producer).set_aside, stop_on_signals())


def sink(settings: Settings) -> None:
    """findings, draft requests, facts, dead letters → ClickHouse."""
    from connectors.sink import SinkConfig, main

    endpoints = endpoints_of(settings)
    main(
        SinkConfig(
            endpoints.bootstrap,
            endpoints.clickhouse_url,
            endpoints.secrets.clickhouse_writer_password.get_secret_value(),
            metrics_port=settings.sink_metrics_port,
        )
    )


def webhook(settings: Settings) -> None:
    """Signed deliveries of EHRs → raw.webhook."""
    from connectors.webhook import WebhookConfig, run

    endpoints = endpoints_of(settings)
    secret = endpoints.secrets.webhook_secret.get_secret_value()
    run(WebhookConfig(endpoints.bootstrap, (secret,), port=settings.webhook_port))


def console(settings: Settings) -> None:
    """The pages people look at."""
    from connectors import dead_letters
    from dashboards.console.app import run
    from dashboards.console.config import ConsoleConfig, RuleLabel
    from infra.claims.sending import send_claims_of_console
    from infra.paperwork import PlatformPaperwork
    from streams.catalogue import RULES
    from streams.drafting.evaluation.rows import RULE, RULE_SOURCE, RULE_TITLE
    from streams.learning.learn import learn

    endpoints = endpoints_of(settings)
    clock = clock_from(os.environ)
    metrics_ports = (
        settings.normalise_metrics_port,
        settings.keep_files_metrics_port,
        settings.write_drafts_metrics_port,
        settings.sink_metrics_port,
    )

    def put_back(letter_id: str) -> str:
        try:
            done = dead_letters.replay(endpoints.bootstrap, letter_ids=[letter_id], again=True)
        except dead_letters.BrokerAway:
            return "the message stream does not answer; try again when all parts are well"
        return "" if letter_id in done.put_back else done.refused.get(letter_id, "it is no longer kept")

    run(
        ConsoleConfig(
            port=settings.console_port,
            cookie_secret=endpoints.secrets.console_cookie_secret.get_secret_value(),
            users_path=settings.home / "console-users.json",
            status_path=settings.home / "run" / "status.json",
            clickhouse_url=endpoints.clickhouse_url,
            clickhouse_password=endpoints.secrets.clickhouse_viewer_password.get_secret_value(),
            kafka_bootstrap=endpoints.bootstrap,
            practice_clock=clock.now if CLOCK_VARIABLE in os.environ else None,
            replay_dead_letter=put_back,
            send_claims=send_claims_of_console,
            paperwork=PlatformPaperwork(endpoints),
            desk_dsn=endpoints.desk_app_dsn,
            learn=learn,
            openid=_openid(settings, endpoints.console_url),
            cookie_secure=(settings.console_url or "").startswith("https://"),
            metrics_urls=tuple(f"http://{LOOPBACK}:{port}/metrics" for port in metrics_ports),
            timezone=ZONE.key,
            rules={rule.id: RuleLabel(rule.title, rule.source) for rule in RULES}
            | {RULE: RuleLabel(RULE_TITLE, RULE_SOURCE)},
        )
    )


def desk(settings: Settings) -> None:
    """Changes and drafts → the desk; signed notes → the EHR; checkpoints of the audit chains."""
    from connectors.ehr.note_routing import RoutedNoteWriter
    from connectors.ehr.note_writing import RestNotesConfig, RestNoteWriter
    from dashboards.desk.worker import DeskWorkerConfig, run
    from infra.source_notes import note_writers_of

    endpoints = endpoints_of(settings)
    run(
        DeskWorkerConfig(
            dsn=endpoints.desk_app_dsn,
            bootstrap=endpoints.bootstrap,
            checkpoints_path=settings.home / "audit" / "checkpoints.jsonl",
            signing_seed=endpoints.secrets.audit_signing_seed.get_secret_value(),
            metrics_port=settings.desk_metrics_port,
        ),
        RoutedNoteWriter(
            note_writers_of(settings),
            RestNoteWriter(
                RestNotesConfig(endpoints.notes_api_url, endpoints.secrets.notes_api_token.get_secret_value())
            ),
        ),
    )


def claims(settings: Settings) -> None:
    """The keeper's files → claims before the biller; claims that went out → the EHR's billing module."""
    from prometheus_client import start_http_server

    from infra.claims.live import ClaimsWorkerConfig, main
    from infra.practice.claims_log import ReferenceBilling

    clock, endpoints = clock_from(os.environ), endpoints_of(settings)
    own_ehr = settings.postgres_dsn is None and settings.reference
    start_http_server(settings.claims_metrics_port, LOOPBACK)
    main(
        ClaimsWorkerConfig(endpoints.bootstrap, endpoints.desk_app_dsn, lambda: clock.now(datetime.now(UTC))),
        ReferenceBilling(endpoints.postgres_dsn) if own_ehr else None,
    )


def evaluate(settings: Settings) -> None:
    """Our sessions drafted and measured now and then → evaluation.facts, a finding if something became worse."""
    from prometheus_client import start_http_server

    from connectors.normalise import stop_on_signals
    from infra.evaluation_schedule import run

    start_http_server(settings.evaluate_metrics_port, LOOPBACK)
    run(endpoints_of(settings), stop_on_signals())


def notes_api(settings: Settings) -> None:
    """The reference EHR's note-creation API."""
    from infra.practice.notes_api import NotesApiConfig, run

    endpoints = endpoints_of(settings)
    token = endpoints.secrets.notes_api_token.get_secret_value()
    run(NotesApiConfig(endpoints.postgres_dsn, token, settings.notes_api_port))


def _openid(settings: Settings, console_url: str) -> "OpenIdConfig | None":
    from dashboards.console.openid import OpenIdConfig

    if settings.openid_issuer is None or settings.openid_client_id is None or settings.openid_client_secret is None:
        return None
    return OpenIdConfig(
        settings.openid_issuer,
        settings.openid_client_id,
        settings.openid_client_secret.get_secret_value(),
        f"{settings.console_url or console_url}/sign-in/openid/callback",
    )


def practice(settings: Settings) -> None:
    """The reference practice living on in its EHR."""
    from infra.practice.live import run

    run(endpoints_of(settings).postgres_dsn, clock_from(os.environ), settings.seed, settings.practice_metrics_port)


WORKERS: Final[Mapping[str, Worker]] = MappingProxyType(
    {
        worker.__name__: worker
        for worker in (
            *(clickhouse, normalise, assemble, keep_files, write_drafts, sink, webhook, console, practice),
            *(desk, claims, notes_api, evaluate),
        )
    }
)
"""`conjoint worker NAME`, by name."""

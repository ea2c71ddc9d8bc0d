"""What must be there before the processes can work, and how is it brought about?
Reads settings; writes topics, tables and the connector. Each step may run any number of times.
Must never destroy what it finds.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from infra.capture import Capture, apply_connector
from infra.endpoints import endpoints_of
from infra.refusal import Refusal
from infra.settings import Settings, variable

Step = Callable[[Settings], str]
"""Answers one sentence about what is there now."""


def topics(settings: Settings) -> str:
    """Creates our topics. A topic with another number of partitions is refused: a practice's changes would no longer
    stay in the partition that knows the practice."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    from schemas.topics import TOPICS
    from streams.agents import CHANGELOG_CONFIG, changelog_topics

    bootstrap = endpoints_of(settings).bootstrap
    client = AdminClient({"bootstrap.servers": bootstrap}, logger=_silent())
    configs = {topic.name: topic.config for topic in TOPICS}
    # the worker would make these itself, but starts before the broker tells of them, and then refuses its first changes
    configs |= dict.fromkeys(changelog_topics(), CHANGELOG_CONFIG)
    wanted = [
        NewTopic(name, num_partitions=settings.partitions, replication_factor=-1, config=config)
        for name, config in configs.items()
    ]
    try:
        for created in client.create_topics(wanted, request_timeout=30).values():
            try:
                created.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        known = client.list_topics(timeout=30).topics
    except KafkaException as error:
        raise Refusal(f"topics could not be created at {bootstrap} ({error.args[0].name()}); is Kafka up?") from None
    wrong = [
        f"topic {name} has {len(known[name].partitions)} partitions; "
        f"set {variable('partitions')}={len(known[name].partitions)}"
        for name in configs
        if name in known and len(known[name].partitions) != settings.partitions
    ]
    if wrong:
        raise Refusal(*wrong)
    return f"{len(configs)} topics with {settings.partitions} partitions"


def clickhouse(settings: Settings) -> str:
    """Applies the ClickHouse migrations that are missing."""
    from infra.migrate import apply

    endpoints = endpoints_of(settings)
    applied = apply(endpoints.clickhouse_url, endpoints.secrets.clickhouse_writer_password.get_secret_value())
    return f"ClickHouse migrations: {applied}"


def ehr(settings: Settings) -> str:
    """Makes the reference EHR: schema, publication and the practice's past."""
    from infra.practice.prepare import prepare

    prepared = prepare(endpoints_of(settings).postgres_dsn, settings.seed, settings.backfill_days)
    return f"reference EHR: {prepared}"


def desk(settings: Settings) -> str:
    """Applies the migrations of the desk database that are missing."""
    from infra.desk.demo import seed_demo
    from infra.desk.migrate import apply_desk

    endpoints = endpoints_of(settings)
    applied = apply_desk(endpoints.desk_dsn)
    elsewhere = settings.postgres_dsn is not None or not settings.reference
    demo = "" if elsewhere else f"; {seed_demo(endpoints.postgres_dsn, endpoints.desk_dsn, settings.demo_at_desk)}"
    return f"desk migrations: {len(applied)} applied now{demo}"


def connector(settings: Settings) -> str:
    """Applies the change-capture connector and waits until it runs."""
    endpoints = endpoints_of(settings)
    tables = asyncio.run(apply_connector(Capture(endpoints.connect_url, endpoints.capture_dsn, settings.home)))
    return f"capturing {len(tables)} tables"


def sources(settings: Settings) -> str:
    """Checks every configured OpenEMR and applies its change-capture connector."""
    from infra.source_capture import SourceCapture, apply_source
    from infra.sources import sources_of

    endpoints = endpoints_of(settings)
    capture = SourceCapture(endpoints.connect_url, endpoints.bootstrap, settings.home)
    told = []
    for source in sources_of(settings):
        examined = asyncio.run(apply_source(capture, source))
        told.append(f"{source.name}: {len(examined.columns)} tables, {examined.facts.timezone}")
    return "capturing " + ("; ".join(told) or "no source")


STEPS: Final[Mapping[str, Step]] = MappingProxyType(
    {
        "topics": topics,
        "clickhouse": clickhouse,
        "ehr": ehr,
        "desk": desk,
        "connector": connector,
        "sources": sources,
    }
)
"""`conjoint prepare NAME`, by name."""


def _silent() -> logging.Logger:
    """The client library prints each failed attempt to reach the broker; our one sentence says it."""
    logger = logging.Logger("prepare")
    logger.addHandler(logging.NullHandler())
    return logger

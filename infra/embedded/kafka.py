"""How does one broker run on this machine?
Reads locked jars; writes `<home>/kafka` (data) and `<home>/run/kafka.properties`.
Must never listen on anything but the loopback address.
"""

import asyncio
import base64
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.embedded import jars
from infra.embedded.java import java_launch, properties_text
from infra.embedded.launch import Launch
from infra.refusal import Refusal
from infra.secrets_file import write_private
from infra.settings import LOOPBACK
from schemas.topics import MAX_MESSAGE_BYTES


@dataclass(frozen=True)
class KafkaPart:
    """Where the broker lives and listens."""

    home: Path
    port: int
    controller_port: int
    source: jars.JarSource
    heap_mb: int = 384

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"


def prepare_kafka(part: KafkaPart, report: Callable[[str], None] = lambda _: None) -> Launch:
    """Verifies the jars, writes the properties, formats the data folder when it is new, and says how to start."""
    class_path = jars.class_path(jars.load_lock(), "kafka", part.source, report)
    data = part.home / "kafka"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    properties = part.home / "run" / "kafka.properties"
    properties.parent.mkdir(parents=True, exist_ok=True)
    write_private(properties, _properties(part, data))
    if not (data / "meta.properties").exists():
        report("formatting a new log folder")
        _format(properties, class_path)
    return java_launch("kafka.Kafka", [str(properties)], class_path, heap_mb=part.heap_mb)


def _format(properties: Path, class_path: str) -> None:
    # a first character "-" would be read as another option
    cluster_id = "C" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
    launch = java_launch(
        "kafka.tools.StorageTool",
        ["format", "--ignore-formatted", "-t", cluster_id, "-c", str(properties)],
        class_path,
        heap_mb=128,
    )
    log = properties.parent.parent / "log" / "kafka-format.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if launch.start(log, {}).wait():
        raise Refusal(f"the broker's log folder could not be formatted; see {log}")


def _properties(part: KafkaPart, data: Path) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        # The static form: a dynamic quorum stores the controller's address, and moving its port would strand the home.
        "controller.quorum.voters": f"1@{LOOPBACK}:{part.controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{part.port},CONTROLLER://{LOOPBACK}:{part.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{part.port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        # a misspelt topic must be an error, not a new topic
        "auto.create.topics.enable": "false",
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "replica.fetch.max.bytes": MAX_MESSAGE_BYTES,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 4,
        "log.cleaner.threads": 1,
        # the default of 128 MB would take a third of the heap
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
        "log.segment.bytes": 64 * 1024 * 1024,
        "log.retention.hours": 168,
        # after a crash the controller, which is the same process, first waits for the broker's old session to end
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "metadata.log.max.record.bytes.between.snapshots": 4 * 1024 * 1024,
    }
    return properties_text(settings)


async def kafka_answers(bootstrap: str, timeout_s: float = 2.0) -> bool:
    """Whether a broker there answers a metadata request now."""
    return await asyncio.to_thread(_kafka_answers, bootstrap, timeout_s)


def _kafka_answers(bootstrap: str, timeout_s: float) -> bool:
    if not _somebody_listens(bootstrap, timeout_s):
        return False  # a client costs threads and time; starting parts are asked several times a second
    import logging

    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    silent = logging.Logger("broker-probe")
    silent.addHandler(logging.NullHandler())
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}, logger=silent)
    try:
        return bool(client.list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False


def _somebody_listens(bootstrap: str, timeout_s: float) -> bool:
    for broker in bootstrap.split(","):
        host, _, port = broker.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout_s).close()
        except (OSError, ValueError):
            continue
        return True
    return False

"""How does one Connect worker with Debezium run on this machine?
Reads locked jars; writes `<home>/run/connect.properties`.
Must never hold a database password in its own configuration: connectors read it from a private file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.embedded import jars
from infra.embedded.java import java_launch, properties_text
from infra.embedded.launch import Launch
from infra.secrets_file import write_private
from infra.settings import LOOPBACK
from schemas.topics import MAX_MESSAGE_BYTES


@dataclass(frozen=True)
class ConnectPart:
    """Where the worker lives, listens, and which broker it uses."""

    home: Path
    port: int
    bootstrap: str
    source: jars.JarSource
    heap_mb: int = 256

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def connector_secrets_folder(home: Path) -> Path:
    """The private folder from which connectors may read passwords: `${file:<a file in it>:<name>}`."""
    return home / "run" / "connector-secrets"


def prepare_connect(part: ConnectPart, report: Callable[[str], None] = lambda _: None) -> Launch:
    """Verifies the jars and the plugin, writes the properties, and says how to start."""
    lock = jars.load_lock()
    class_path = jars.class_path(lock, "connect", part.source, report)
    plugins = jars.plugin_path(lock, part.source, report)
    properties = part.home / "run" / "connect.properties"
    # the worker refuses to start when an allowed path is missing
    connector_secrets_folder(part.home).mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(properties, _properties(part, plugins))
    return java_launch(
        "org.apache.kafka.connect.cli.ConnectDistributed", [str(properties)], class_path, heap_mb=part.heap_mb
    )


def _properties(part: ConnectPart, plugins: Path) -> str:
    settings = {
        "bootstrap.servers": part.bootstrap,
        "group.id": "conjoint-connect",
        "listeners": part.url,
        "rest.advertised.host.name": LOOPBACK,
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "false",
        "config.storage.topic": "connect-configs",
        "config.storage.replication.factor": 1,
        "offset.storage.topic": "connect-offsets",
        "offset.storage.replication.factor": 1,
        "offset.storage.partitions": 1,
        "status.storage.topic": "connect-status",
        "status.storage.replication.factor": 1,
        "status.storage.partitions": 1,
        "offset.flush.interval.ms": 5000,
        "exactly.once.source.support": "enabled",
        # any other way of discovery scans every class of every jar, for minutes
        "plugin.discovery": "service_load",
        "plugin.path": plugins,
        # one worker: waiting for others to come back only delays the restart
        "scheduled.rebalance.max.delay.ms": 0,
        "producer.max.request.size": MAX_MESSAGE_BYTES,
        "producer.buffer.memory": 2 * MAX_MESSAGE_BYTES,
        "producer.compression.type": "lz4",
        "consumer.max.partition.fetch.bytes": MAX_MESSAGE_BYTES,
        "config.providers": "file",
        "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
        "config.providers.file.param.allowed.paths": connector_secrets_folder(part.home),
    }
    return properties_text(settings)


async def connect_answers(url: str, timeout_s: float = 2.0) -> bool:
    """Whether the worker serves its list of connectors (it answers 404 for a while before it can)."""
    async with httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
        try:
            response = await client.get(f"{url}/connectors")
        except httpx.HTTPError:
            return False
    return response.status_code == 200

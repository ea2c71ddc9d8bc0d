"""What does the desk do by itself? Takes in changes and drafts, delivers signed notes, signs checkpoints: one process.
Reads Kafka and the desk's database; writes the database, the EHR (through a NoteWriter) and the checkpoint file.
Must never go on with one of the three while another has died: then the process ends and is started again.
"""

import asyncio
import contextlib
import signal
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import start_http_server

from dashboards.desk.checkpoints import Checkpointing, Checkpoints, key_of
from dashboards.desk.delivery import Delivery
from dashboards.desk.feed import Feed, FeedConfig
from dashboards.desk.transactions import DeskDatabase
from schemas.note_writing import NoteWriter

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class DeskWorkerConfig:
    """What the worker needs to know."""

    dsn: str = field(repr=False)
    bootstrap: str
    checkpoints_path: Path
    signing_seed: str = field(repr=False)
    metrics_port: int | None = None


def run(config: DeskWorkerConfig, writer: NoteWriter) -> None:
    """Until SIGTERM or SIGINT."""
    if config.metrics_port is not None:
        start_http_server(config.metrics_port, _HOST)
    asyncio.run(_until_signalled(config, writer))


async def _until_signalled(config: DeskWorkerConfig, writer: NoteWriter) -> None:
    work = asyncio.create_task(_work(config, writer))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def _work(config: DeskWorkerConfig, writer: NoteWriter) -> None:
    desk = DeskDatabase(config.dsn, connections=4)
    checkpoints = Checkpoints(config.checkpoints_path, key_of(config.signing_seed))
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Feed(FeedConfig(config.bootstrap), desk).follow())
            tasks.create_task(Delivery(desk, writer).follow())
            tasks.create_task(Checkpointing(desk, checkpoints).follow())
    finally:
        await desk.close()

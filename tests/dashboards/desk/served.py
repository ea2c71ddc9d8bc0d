"""A console with a desk on a real database, answering on a real port."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.console.app import server
from infra.endpoints import Endpoints
from tests.dashboards.console.samples import Desk as ConsoleDesk


@dataclass
class Served:
    """Its address, and a way to run things in its loop."""

    address: str
    console: ConsoleDesk
    loop: asyncio.AbstractEventLoop

    def run(self, work: Any) -> Any:
        """Run a coroutine where the console runs."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


@contextmanager
def console_with_desk(home: Path, endpoints: Endpoints, practice: str, **settings: Any) -> Iterator[Served]:
    """Everybody who treats works for `practice`."""
    console = ConsoleDesk(home, settings={"desk_dsn": endpoints.desk_app_dsn, **settings})
    console.practices = {name: [practice] for name in ("assistant", "associate", "clinician", "supervisor")}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = server(console.app(), port)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await serving.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    try:
        yield Served(f"http://127.0.0.1:{port}", console, loops[0])
    finally:
        serving.should_exit = True
        thread.join(10)

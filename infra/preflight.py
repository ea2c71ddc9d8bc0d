"""Can this machine run the parts at all?
Reads free disk space and the state of ports; writes nothing.
Must never start a part that is bound to fail: one clear line now beats a log to search later.
"""

import shutil
import socket
from pathlib import Path
from typing import Final

import psutil

from infra.refusal import Refusal
from infra.settings import LOOPBACK, variable

LEAST_FREE_BYTES: Final = 2 * 1024**3


def check(home: Path, ports: dict[str, tuple[str, int]]) -> None:
    """Raises `Refusal` with a line for each thing that is in the way. `ports`: setting → (part, port)."""
    problems = [*_disk_problems(home), *_port_problems(ports)]
    if problems:
        raise Refusal(*problems)


def _disk_problems(home: Path) -> list[str]:
    free = shutil.disk_usage(home).free
    if free >= LEAST_FREE_BYTES:
        return []
    return [f"{home} has {free / 1024**3:.1f} GB left and 2 GB are needed; free some or choose another with --home"]


def _port_problems(ports: dict[str, tuple[str, int]]) -> list[str]:
    return [
        f"{part} needs port {port}, which {_listener(port)} uses; stop that or set {variable(setting)} to a free port"
        for setting, (part, port) in ports.items()
        if not is_free(port)
    ]


def is_free(port: int) -> bool:
    """Whether somebody could listen on `port` now."""
    with socket.socket() as tried:
        # as servers do; without it a port stays "taken" for a minute after its last connection
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _listener(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        pass  # other people's processes may be hidden from us
    return "another program"

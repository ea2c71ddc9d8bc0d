"""Our own processes in tests and benchmarks: started as `conjoint up` starts them, killed as a power cut would."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.embedded.stack import worker_launch
from infra.settings import LOOPBACK, Settings

METRICS_PORTS = {
    "normalise": "normalise_metrics_port",
    "keep_files": "keep_files_metrics_port",
    "sink": "sink_metrics_port",
    "assemble": "assemble_metrics_port",
}


class Workers:
    """Worker processes by a name of their own (`keep_files`, `keep_files#2`)."""

    def __init__(self, settings: Settings, **environment: str) -> None:
        self.settings = settings
        self._environment = environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        (settings.home / "log").mkdir(parents=True, exist_ok=True)

    def start(self, *names: str) -> None:
        """Start workers; `name#2` is a second one of a kind, on metrics ports of its own."""
        for name in names:
            kind, _, number = name.partition("#")
            settings = self.settings
            if number:
                from infra.embedded.stack import free_ports

                settings = settings.model_copy(update={METRICS_PORTS[kind]: free_ports(1)[0]})
            launch = worker_launch(kind, settings, **self._environment)
            self._processes[name] = launch.start(self.log(name), {})

    def kill(self, name: str) -> None:
        """SIGKILL, no good-bye."""
        process = self._processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, *names: str) -> None:
        """SIGTERM and wait; all of them if none is named."""
        for name in names or tuple(self._processes):
            process = self._processes.pop(name)
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def alive(self, name: str) -> bool:
        """Whether it still runs."""
        process = self._processes.get(name)
        return process is not None and process.poll() is None

    def log(self, name: str) -> Path:
        """Where its output goes."""
        return self.settings.home / "log" / f"worker-{name.replace('#', '-')}.log"

    def metric(self, kind: str, name: str) -> float:
        """The sum of a metric's samples as the process exposes them now; 0 if it is not there."""
        port = getattr(self.settings, METRICS_PORTS[kind])
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=2) as answer:
                lines = answer.read().decode().splitlines()
            return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))
        return 0.0


@contextlib.contextmanager
def workers(settings: Settings, *names: str, **environment: str) -> Iterator[Workers]:
    """Workers for the duration of the block."""
    running = Workers(settings, **environment)
    try:
        running.start(*names)
        yield running
    finally:
        running.stop()


def wait_until(what: str, true: Callable[[], bool], within_s: float = 60.0, every_s: float = 0.1) -> float:
    """Wait until `true()` holds and say how long it took; AssertionError naming `what` if it does not in time."""
    started = time.monotonic()
    while time.monotonic() - started < within_s:
        if true():
            return time.monotonic() - started
        time.sleep(every_s)
    raise AssertionError(f"{what}: not within {within_s:.0f} s")

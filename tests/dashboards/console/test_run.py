"""The console as a process: it starts although every other part is away, and stops cleanly when told."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from dashboards.console.users import ensure_demo_users

SCRIPT = """
import sys
from pathlib import Path
from dashboards.console.app import run
from dashboards.console.config import ConsoleConfig
home = Path(sys.argv[2])
run(ConsoleConfig(port=int(sys.argv[1]), cookie_secret="of-this-test", users_path=home / "users.json",
    status_path=home / "status.json", clickhouse_url="http://127.0.0.1:1", clickhouse_password="",
    kafka_bootstrap="127.0.0.1:1"))
"""


@pytest.mark.long
@pytest.mark.timeout(90)
def test_it_serves_while_all_else_is_away_and_ends_with_code_0_even_while_somebody_listens(tmp_path: Path) -> None:
    [(name, password), *_] = ensure_demo_users(tmp_path / "users.json")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(port), str(tmp_path)],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
            until = time.monotonic() + 30
            while True:
                try:
                    assert client.get("/healthz").json() == {"ok": True, "live": False}
                    break
                except httpx.TransportError:
                    assert time.monotonic() < until
                    time.sleep(0.1)
            token = client.get("/sign-in").text.split('name="csrf" value="')[1].split('"')[0]
            form = {"csrf": token, "name": name, "password": password, "next": "/"}
            assert client.post("/sign-in", data=form).status_code == 303
            page = client.get("/")
            assert page.status_code == 503
            assert "The analytics store is not answering" in page.text
            with client.stream("GET", "/api/events") as events:
                assert "event: clock" in next(events.iter_text())
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.wait()

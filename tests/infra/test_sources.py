"""Which OpenEMRs an installation listens to: read from one setting, refused by name, silent about passwords."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from infra.embedded.stack import settings_on_free_ports
from infra.refusal import Refusal
from infra.settings import Settings, settings_environment
from infra.source_capture import SourceCapture, heal_source, source_state, watch_sources
from infra.sources import SourceFacts, adapter_of, facts_of, note_facts, sources_of

ADDRESS = "openemr=mysql://conjoint:s%40cret@db.example:3307/emr"


def _settings(home: Path, sources: str, **more: object) -> Settings:
    return settings_on_free_ports(home, sources=sources, **more)


def test_an_address_is_read_and_its_password_never_shown(tmp_path: Path) -> None:
    settings = _settings(tmp_path, ADDRESS)
    (source,) = sources_of(settings)
    assert (source.host, source.port, source.user, source.password) == ("db.example", 3307, "conjoint", "s@cret")
    assert (source.database, source.practice_id, source.topic_prefix) == ("emr", "emr", "raw.openemr")
    assert "cret" not in repr(source).lower()
    assert "s%40cret" not in repr(settings)
    assert settings_environment(settings)["CONJOINT_SOURCES"] == ADDRESS
    assert sources_of(settings_on_free_ports(tmp_path)) == ()


def test_a_password_may_come_from_elsewhere(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "openemr=mysql://conjoint@db.example/emr", source_password="apart")
    assert sources_of(settings)[0].password == "apart"
    assert sources_of(settings)[0].port == 3306


def test_two_sources_have_names_and_practices_of_their_own(tmp_path: Path) -> None:
    two = "openemr-north=mysql://c@a/emr openemr-south=mysql://c@b/emr"
    assert [source.practice_id for source in sources_of(_settings(tmp_path, two))] == ["openemr-north", "openemr-south"]
    with pytest.raises(Refusal, match="same name"):
        sources_of(_settings(tmp_path, "openemr=mysql://c@a/emr openemr=mysql://c@b/emr2"))


@pytest.mark.parametrize(
    "wrong",
    [
        "other=mysql://c@a/emr",
        "openemr=postgresql://c:secret@a/emr",
        "openemr=mysql://a/emr",
        "openemr=mysql://c:secret@a",
        "openemr=mysql://c:secret@a:99999/emr",
        "openemr=mysql://c:secret@a/e`mr",
        "openemr=mysql://c:secret@a/emr?ssl=perhaps",
    ],
)
def test_what_cannot_be_used_is_refused_without_its_password(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(Refusal) as refused:
        sources_of(_settings(tmp_path, wrong))
    assert refused.value.exit_code == 2
    assert "secret" not in str(refused.value)


def test_a_practices_own_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "openemr.toml").write_text('practice_id = "lakeside"\ntimezone = "America/Denver"\n')
    (source,) = sources_of(_settings(tmp_path, ADDRESS))
    assert source.practice_id == "lakeside"
    assert adapter_of(source, tmp_path).zone.key == "America/Denver"
    (tmp_path / "sources" / "openemr.toml").write_text("practice = 1")
    with pytest.raises(Refusal, match=r"openemr\.toml: practice"):
        sources_of(_settings(tmp_path, ADDRESS))


def test_what_the_database_said_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (source,) = sources_of(_settings(tmp_path, ADDRESS))
    with pytest.raises(Refusal, match="prepare sources"):
        adapter_of(source, tmp_path)
    note_facts(source, SourceFacts("America/Chicago", "OpenEMR"), tmp_path)
    assert facts_of(source, tmp_path).timezone == "America/Chicago"
    assert adapter_of(source, tmp_path).practice_id == "emr"


class _Connect(BaseHTTPRequestHandler):
    """Connect with one task that fails until it is told to start again."""

    restarts = 0
    trace = ""
    told: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        state = "RUNNING" if type(self).restarts else "FAILED"
        self._answer({"connector": {"state": "RUNNING"}, "tasks": [{"state": state, "trace": type(self).trace}]})

    def do_POST(self) -> None:
        type(self).restarts += 1
        self._answer({})

    def do_PUT(self) -> None:
        type(self).told.append(f"PUT {self.path}")
        self._answer({})

    def do_DELETE(self) -> None:
        type(self).told.append(f"DELETE {self.path}")
        self._answer({})

    def _answer(self, body: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


async def test_a_failed_capture_is_started_again_once_it_is_seen(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Connect)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    capture = SourceCapture(f"http://127.0.0.1:{server.server_port}", "127.0.0.1:1", tmp_path)
    sources = sources_of(_settings(tmp_path, ADDRESS))
    watching = asyncio.create_task(watch_sources(capture, sources, every_s=0.02))
    try:
        for _ in range(200):
            await asyncio.sleep(0.02)
            if await source_state(capture, sources[0]) == "RUNNING":
                break
    finally:
        watching.cancel()
        await asyncio.to_thread(server.shutdown)
        server.server_close()
    assert _Connect.restarts == 1


async def test_a_capture_whose_log_was_purged_forgets_its_place_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Purged(_Connect):
        restarts = 0
        trace = "Could not find GTID state requested by slave. Error code: 1236; SQLSTATE: HY000."
        told: ClassVar[list[str]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Purged)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    capture = SourceCapture(f"http://127.0.0.1:{server.server_port}", "127.0.0.1:1", tmp_path)
    try:
        await heal_source(capture, sources_of(_settings(tmp_path, ADDRESS))[0])
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
    connector = "/connectors/conjoint-openemr"
    assert Purged.told == [f"PUT {connector}/stop", f"DELETE {connector}/offsets", f"PUT {connector}/resume"]
    assert Purged.restarts == 0
    assert "a new snapshot is taken" in caplog.text

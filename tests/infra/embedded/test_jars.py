"""Jars: only what the lock names reaches a class path, and every way to fail is one clear line."""

import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.embedded import jars
from infra.refusal import Refusal

JAR_A, JAR_B = "org/example/a/1.0/a-1.0.jar", "org/example/b/1.0/b-1.0.jar"
PLUGIN = "org/example/plug/1.0/plug-1.0-plugin.tar.gz"


class Mirror:
    """A Maven repository on this machine; `content` may be changed while it serves."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {JAR_A: b"jar a" * 100, JAR_B: b"jar b" * 50, PLUGIN: _archive()}
        self.requests: list[str] = []
        self.answers_503_first = 0
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.removeprefix("/maven/")
                mirror.requests.append(path)
                if mirror.answers_503_first:
                    mirror.answers_503_first -= 1
                    self.send_error(503)
                elif path in mirror.content:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(mirror.content[path])))
                    self.end_headers()
                    self.wfile.write(mirror.content[path])
                else:
                    self.send_error(404)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/maven"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("plug/plug.jar")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"plug"))
    return buffer.getvalue()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.close()


@pytest.fixture
def lock(mirror: Mirror, tmp_path: Path) -> jars.JarLock:
    files = {
        path: {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)} for path, body in mirror.content.items()
    }
    (tmp_path / "lock.json").write_text(
        json.dumps({"sets": {"kafka": [JAR_B, JAR_A]}, "plugins": [PLUGIN], "files": files})
    )
    return jars.load_lock(tmp_path / "lock.json")


@pytest.fixture
def source(mirror: Mirror, tmp_path: Path) -> jars.JarSource:
    return jars.JarSource(tmp_path / "cache", mirror.url)


def test_the_class_path_is_the_lock_in_its_order_and_nothing_else(
    lock: jars.JarLock, source: jars.JarSource, mirror: Mirror
) -> None:
    stranger = source.cache / "maven/org/example/a/1.0/stranger.jar"
    stranger.parent.mkdir(parents=True)
    stranger.write_bytes(b"stranger")
    expected = os.pathsep.join(str(source.cache / "maven" / path) for path in (JAR_B, JAR_A))
    assert jars.class_path(lock, "kafka", source) == expected
    assert sorted(mirror.requests) == [JAR_A, JAR_B]


def test_a_second_start_needs_no_network(lock: jars.JarLock, source: jars.JarSource, mirror: Mirror) -> None:
    first = jars.class_path(lock, "kafka", source)
    mirror.close()
    assert jars.class_path(lock, "kafka", source) == first


def test_a_file_changed_in_the_cache_is_fetched_again(
    lock: jars.JarLock, source: jars.JarSource, mirror: Mirror
) -> None:
    jars.class_path(lock, "kafka", source)
    (source.cache / "maven" / JAR_A).write_bytes(b"jar x" * 100)
    jars.class_path(lock, "kafka", source)
    assert (source.cache / "maven" / JAR_A).read_bytes() == mirror.content[JAR_A]


@pytest.mark.parametrize("forged", [b"jar x" * 100, b"jar a" * 101, b""])
def test_a_repository_that_sends_something_else_is_refused_and_leaves_nothing(
    lock: jars.JarLock, source: jars.JarSource, mirror: Mirror, forged: bytes
) -> None:
    mirror.content[JAR_A] = forged
    with pytest.raises(Refusal, match=r"a-1\.0\.jar does not match .*jars\.lock\.json; do not use this repository"):
        jars.class_path(lock, "kafka", source)
    assert not (source.cache / "maven" / JAR_A).exists()
    assert not list(source.cache.rglob("*.part"))


def test_without_network_the_line_says_what_to_do(lock: jars.JarLock, source: jars.JarSource, mirror: Mirror) -> None:
    mirror.close()
    with pytest.raises(Refusal, match=r"cannot fetch .* \(ConnectError\); connect this machine .* CONJOINT_MAVEN_URL"):
        jars.class_path(lock, "kafka", source)


def test_a_mirror_without_the_file_is_named(lock: jars.JarLock, source: jars.JarSource, mirror: Mirror) -> None:
    del mirror.content[JAR_A]
    with pytest.raises(Refusal, match=r"a-1\.0\.jar answered 404; set CONJOINT_MAVEN_URL"):
        jars.class_path(lock, "kafka", source)


def test_a_busy_mirror_is_asked_again(lock: jars.JarLock, source: jars.JarSource, mirror: Mirror) -> None:
    mirror.answers_503_first = 1
    assert jars.class_path(lock, "kafka", source)


def test_progress_is_reported_to_the_end(lock: jars.JarLock, source: jars.JarSource) -> None:
    lines: list[str] = []
    jars.class_path(lock, "kafka", source, lines.append)
    assert lines[0].startswith("fetching 2 files")
    assert len(lines) == 3


def test_plugins_are_unpacked_one_folder_each_and_repaired_when_touched(
    lock: jars.JarLock, source: jars.JarSource
) -> None:
    parent = jars.plugin_path(lock, source)
    (folder,) = parent.iterdir()
    packed = folder / "plug/plug.jar"
    assert packed.read_bytes() == b"plug"
    packed.write_bytes(b"evil")
    (folder / "plug/extra.jar").write_bytes(b"evil")
    assert jars.plugin_path(lock, source) == parent
    assert packed.read_bytes() == b"plug"
    assert not (folder / "plug/extra.jar").exists()


def test_a_lock_that_points_out_of_the_cache_is_refused(tmp_path: Path) -> None:
    entry = {"sha256": "0" * 64, "size": 1}
    (tmp_path / "lock.json").write_text(
        json.dumps({"sets": {"kafka": ["../x.jar"]}, "plugins": [], "files": {"../x.jar": entry}})
    )
    with pytest.raises(Refusal, match="inconsistent"):
        jars.load_lock(tmp_path / "lock.json")


def test_the_committed_lock_is_whole() -> None:
    lock = jars.load_lock()
    assert set(lock.sets) == {"kafka", "connect"}
    used = {path for paths in lock.sets.values() for path in paths} | set(lock.plugins)
    assert used == set(lock.files)

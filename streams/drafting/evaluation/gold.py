"""What would somebody who read a session expect of its draft? The gold file beside a session file, and both read.

Reads `NAME.json` with `NAME.gold.json` from a folder. Errors name file and place, never a value.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from schemas.draft import Polarity
from schemas.record import Clinical, Count, Flag, Id, Label, Many, Schema, Word
from schemas.session_file import MAX_FILE_BYTES, GoalId, NotASessionFile, Session, parse_session
from schemas.wrong_fields import where_of

OURS: Final = Path(__file__).parent / "sessions"
"""The development sessions."""
GOLD: Final = ".gold.json"
BASELINE: Final = "baseline."
"""How the file of an accepted run begins: `baseline.local.json`."""
MAX_SESSIONS: Final = 500


class GoldFact(Schema):
    """A sentence of this client's section (None: of the shared part) cites one of these and has all the words."""

    client: Id | None = None
    evidence: Many[Id] = ()
    words: Many[Clinical] = ()


class GoldRisk(Schema):
    """What was said about risk: under one of these topics, meant like this."""

    client: Id | None = None
    polarity: Polarity
    topics: Many[Word] = ()


class GoldAction(Schema):
    """Something that was agreed."""

    client: Id | None = None
    words: Many[Clinical] = ()


class GoldDyad(Schema):
    """Who spoke to whom; without evidence: who did not."""

    from_: Id
    to: Id
    evidence: Many[Id] = ()


class Statement(Schema):
    """A sentence as a model might write it."""

    client: Id | None = None
    evidence: Many[Id] = ()
    text: Clinical


class Confided(Schema):
    """What one client told alone: stays in their own section, marked."""

    client: Id
    words: Many[Clinical] = ()


class Gold(Schema):
    """The gold facts of one session. `false_` must not survive grounding, `true_` must; `blocked`: something is
    withheld, and the draft says so. What a file does not have is not measured."""

    facts: Many[GoldFact] = ()
    risk: Many[GoldRisk] = ()
    not_risk: Many[Id] = ()
    actions: Many[GoldAction] = ()
    dyads: Many[GoldDyad] = ()
    not_dyads: Many[GoldDyad] = ()
    tensions: Many[Many[GoalId]] = ()
    doubts: Many[Count] = ()
    urgent: Many[Id] = ()
    themes: Many[Label] = ()
    interventions: Many[Label] = ()
    restricted: Many[Confided] = ()
    false_: Many[Statement] = ()
    true_: Many[Statement] = ()
    blocked: Flag = False


_KEYS: Final = frozenset(info.alias or name for name, info in Gold.model_fields.items())


@dataclass(frozen=True, slots=True)
class Source:
    """A session to evaluate with. `fingerprint` changes with the session or its gold facts."""

    name: str
    session: Session = field(repr=False)
    gold: Gold | None = field(repr=False)
    fingerprint: str


class NotEvaluable(ValueError):
    """The folder cannot be evaluated; `lines` name every file that is wrong and the place in it."""

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def read_sources(folder: Path) -> tuple[Source, ...]:
    """Every session of a folder by name, with its gold facts if there are any. Raises NotEvaluable."""
    if not folder.is_dir():
        raise NotEvaluable(f"{folder} is not a folder; name one with session files in it")
    paths = sorted(path for path in folder.glob("*.json") if not _beside(path.name))
    if not 0 < len(paths) <= MAX_SESSIONS:
        found = "no session files (NAME.json)" if not paths else f"more than {MAX_SESSIONS} session files"
        raise NotEvaluable(f"{folder} holds {found}; see `conjoint draft --help` for their form")
    sources: list[Source] = []
    wrong: list[str] = []
    for path in paths:
        try:
            sources.append(_read(path))
        except NotEvaluable as error:
            wrong += error.lines
    if wrong:
        raise NotEvaluable(*wrong)
    return tuple(sources)


def _beside(name: str) -> bool:
    return name.endswith(GOLD) or name.startswith(BASELINE)


def _read(path: Path) -> Source:
    body = _bytes(path)
    try:
        session = parse_session(body)
    except NotASessionFile as error:
        raise NotEvaluable(f"{path}: {error}") from None
    beside = path.with_name(path.stem + GOLD)
    gold = _bytes(beside) if beside.exists() else None
    told = blake2b(body, digest_size=8)
    told.update(gold or b"")
    return Source(path.stem, session, None if gold is None else _gold(beside, gold), told.hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotEvaluable(f"{path}: larger than {MAX_FILE_BYTES // 2**20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise NotEvaluable(f"{path}: {error.strerror or 'cannot be read'}") from None


def _gold(path: Path, body: bytes) -> Gold:
    try:
        raw: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotEvaluable(f"{path}: line {error.lineno}: not JSON ({error.msg})") from None
    if not isinstance(raw, dict) or not _KEYS & raw.keys():
        raise NotEvaluable(f"{path}: no gold facts in it; it may have {', '.join(sorted(_KEYS))}")
    try:
        return Gold.model_validate(raw)
    except ValidationError as error:
        raise NotEvaluable(f"{path}: {where_of(error)}") from None

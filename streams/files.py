"""What do we know about one session, client, unit or practice? A file: the newest version of every entity in it.

A function of the set of changes it has seen, not of their order: per id the highest `rev` wins, also after a delete.
Pure: no clock, no Kafka. `seal` and `unseal` are its bytes in a changelog.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

from schemas.care import ENTITIES, PARTS, Couple, Family, Group, PersonRef
from schemas.change import Change
from schemas.draft_request import DraftRequest
from schemas.finding import Finding
from schemas.record import Schema
from streams.terms import Composition, Terms, compositions_of, joined, learned, terms_of

T = TypeVar("T", bound=Schema)


class FileKind(StrEnum):
    """The four kinds of file."""

    SESSION = "session"
    CLIENT = "client"
    UNIT = "unit"
    PRACTICE = "practice"


class FileKey(NamedTuple):
    """Which file: of which practice, of which kind, about whom or what."""

    practice_id: str
    kind: FileKind
    id: str

    @property
    def text(self) -> str:
        """The key in a table and its changelog; practice first, so that one practice's files stand together."""
        return "\x1f".join(self)

    @classmethod
    def from_text(cls, text: str) -> "FileKey":
        practice_id, kind, id_ = text.split("\x1f", 2)
        return cls(practice_id, FileKind(kind), id_)


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """The newest known version of one entity. `data` None = deleted. `live`: seen other than in a snapshot."""

    id: str
    rev: int
    at: datetime
    live: bool
    data: T | None


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """An entity that exists now, complete with its lists. `at`: when it became what it is."""

    id: str
    at: datetime
    live: bool
    data: T


class Fold(StrEnum):
    """What became of a change."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"


PartKey = tuple[str, str, str, str]
"""entity, id, list, element key"""


@dataclass(slots=True)
class File:
    """The versions of one file and what followed from them last time it was looked at."""

    key: FileKey
    versions: dict[str, dict[str, Version[Any]]] = field(default_factory=dict)
    parts: dict[PartKey, Version[Any]] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    """Ids of the sessions this client or unit has to do with, or this session's claims also bill; only ever grows."""
    people: set[str] = field(default_factory=set)
    """Session and unit files: ids of everybody who was ever in it; only ever grows."""
    hours: set[int] = field(default_factory=set)
    """Session files: the hours since 1970 at which it ever was; only ever grows."""
    units: set[str] = field(default_factory=set)
    """Ids of the units this client belongs to, or of the groups this family comes to; only ever grows."""
    dependents: set[str] = field(default_factory=set)
    """Client files: ids of the clients whose guardian, relative or subscriber this person ever was; only ever grows."""
    owed: set[str] = field(default_factory=set)
    """Client and unit files: ids of sessions long past that are still to be looked at for what this file said last."""
    terms: dict[str, Terms] = field(default_factory=dict)
    """Unit files: what any version of a group's record ever said of its cycle and agreement, each once."""
    compositions: dict[str, Composition] = field(default_factory=dict)
    """Unit files: whom any version of a family's or couple's record ever named, each once."""
    findings: dict[str, Finding] = field(default_factory=dict)
    requests: dict[str, DraftRequest] = field(default_factory=dict)
    contexts: dict[str, str] = field(default_factory=dict)
    """Draft request → fingerprint of its context as last sent."""
    facts: dict[str, str] = field(default_factory=dict)
    """Row key → fingerprint of the row as last sent."""
    wake_at: datetime | None = None
    """When time alone could change what follows from this file."""
    adopted_at: datetime | None = None
    """Practice files: when the practice was connected. What ended or was open before then is history."""
    looked_under: str = ""
    """Fingerprint of the practice's file when this one was last looked at."""
    generation: int = 0
    """Grows whenever this process changes what the file says; never stored."""
    view: tuple[int, Any] | None = field(default=None, compare=False, repr=False)
    """What a case worked out of this file at a generation; never stored."""
    _composed: dict[str, tuple[Held[Any], ...]] = field(default_factory=dict)

    def fold(self, change: Change) -> Fold:
        """Take a change in. The same set of changes in any order, any number of times, ends in the same file."""
        held: dict[Any, Version[Any]] = self.parts
        key: str | PartKey = change.id
        if change.part is None:
            held = self.versions.setdefault(change.entity, {})
        else:
            key = (change.entity, change.id, change.part.list, change.part.key)
        known = held.get(key)
        data = None if change.op == "delete" else change.data
        if change.part is None and isinstance(data, Group):
            learned(self.terms, data, change.at, change.rev)
        elif change.part is None and isinstance(data, Family | Couple):
            joined(self.compositions, data.members, change.at)
        if known is not None and known.rev > change.rev:
            outcome, kept = Fold.STALE, known
        elif known is not None and known.rev == change.rev:
            # two contents under one rev can only come from a broken source: a fixed order keeps us convergent
            winner = known if _order(known.data, known.at) >= _order(data, change.at) else None
            kept = known if winner else Version(change.id, change.rev, change.at, known.live, data)
            outcome = Fold.DUPLICATE
        else:
            outcome, kept = Fold.APPLIED, Version(change.id, change.rev, change.at, False, data)
        # neither deletes nor parts count: which of them reach a file that is not their home depends on the order
        live = (known is not None and known.live) or not (change.snapshot or data is None or change.part is not None)
        if kept.live != live:
            kept = replace(kept, live=live)
        if kept is not known:
            held[key] = kept
            self._composed.pop(change.entity, None)
            self.generation += 1
        return outcome

    def adopt(self, at: datetime) -> None:
        """The practice was known at that moment; the earliest counts."""
        if self.adopted_at is None or at < self.adopted_at:
            self.adopted_at = at
            self.generation += 1

    def all(self, entity: str) -> tuple[Held[Any], ...]:
        """Every entity of a kind that exists now, its lists completed from parts, sorted by id."""
        if entity not in self._composed:
            roots = self.versions.get(entity, {})
            self._composed[entity] = tuple(
                self._complete(entity, roots[id_]) for id_ in sorted(roots) if roots[id_].data is not None
            )
        return self._composed[entity]

    def one(self, entity: str, id_: str | None = None) -> Held[Any] | None:
        """The entity with this id (default: the file's own), or None."""
        wanted = self.key.id if id_ is None else id_
        return next((held for held in self.all(entity) if held.id == wanted), None)

    def fingerprint(self) -> str:
        """The same for the same versions, however they came in."""
        versions = sorted((entity, v.id, v.rev, _mark(v)) for entity, vs in self.versions.items() for v in vs.values())
        parts = sorted((*key, part.rev, _mark(part)) for key, part in self.parts.items())
        adopted_s = None if self.adopted_at is None else self.adopted_at.timestamp()
        return blake2b(repr((versions, parts, adopted_s)).encode(), digest_size=8).hexdigest()

    def _complete(self, entity: str, root: Version[Any]) -> Held[Any]:
        lists: dict[str, list[Any]] = {}
        at = root.at
        for (of_entity, of_id, list_, _), part in sorted(self.parts.items()):
            if (of_entity, of_id) == (entity, root.id):
                at = max(at, part.at)
                items = lists.setdefault(list_, [])
                if part.data is not None:
                    # a list of plain ids (family.members) travels as PersonRef when each element is a row of its own
                    items.append(part.data.client if isinstance(part.data, PersonRef) else part.data)
        data: Any = root.data
        if lists:
            data = data.model_copy(update={name: tuple(items) for name, items in lists.items()})
        return Held(root.id, at, root.live, data)


def newer(change: Change, than: Change) -> bool:
    """Whether it takes the other's place; both are versions of one thing."""
    return (change.rev, _order(change.data, change.at)) > (than.rev, _order(than.data, than.at))


def _mark(version: Version[Any]) -> str:
    content, at = _order(version.data, version.at)
    return blake2b(content + repr(at.timestamp()).encode(), digest_size=8).hexdigest()


def _order(data: Schema | None, at: datetime) -> tuple[bytes, datetime]:
    return (b"" if data is None else data.model_dump_json().encode(), at)


def seal(file: File) -> bytes:
    """The file as bytes, without anything that can be derived."""

    def version(v: Version[Any]) -> list[Any]:
        return [v.id, v.rev, v.at, v.live, v.data]

    return orjson.dumps(
        {
            "versions": {entity: [version(v) for v in held.values()] for entity, held in file.versions.items()},
            "parts": [[*key, version(v)] for key, v in file.parts.items()],
            "sessions": sorted(file.sessions),
            "people": sorted(file.people),
            "hours": sorted(file.hours),
            "units": sorted(file.units),
            "dependents": sorted(file.dependents),
            "owed": sorted(file.owed),
            "terms": list(file.terms.values()),
            "compositions": list(file.compositions.values()),
            "findings": list(file.findings.values()),
            "requests": list(file.requests.values()),
            "contexts": file.contexts,
            "facts": file.facts,
            "wake_at": file.wake_at,
            "adopted_at": file.adopted_at,
            "looked_under": file.looked_under,
        },
        default=lambda model: {name.rstrip("_"): value for name, value in model.__dict__.items()},
        option=orjson.OPT_NON_STR_KEYS,
    )


def unseal(key: FileKey, sealed: bytes) -> File:
    """The file that was sealed. Raises ValueError for bytes no version of this code has written."""
    try:
        return _file_of(key, orjson.loads(sealed))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a sealed file: {type(error).__name__}") from None


def _file_of(key: FileKey, raw: dict[str, Any]) -> File:

    def version(model: type[Schema], item: list[Any]) -> Version[Any]:
        id_, rev, at, live, data = item
        return Version(id_, rev, datetime.fromisoformat(at), live, None if data is None else model.model_validate(data))

    def instant(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    return File(
        key=key,
        versions={
            entity: {item[0]: version(ENTITIES[entity], item) for item in items}
            for entity, items in raw["versions"].items()
        },
        parts={
            (entity, id_, list_, element): version(PARTS[entity, list_], item)
            for entity, id_, list_, element, item in raw["parts"]
        },
        sessions=set(raw["sessions"]),
        people=set(raw["people"]),
        hours=set(raw["hours"]),
        units=set(raw["units"]),
        # a file sealed before these were kept has none
        dependents=set(raw.get("dependents", ())),
        owed=set(raw.get("owed", ())),
        terms=terms_of(raw.get("terms", ())),
        compositions=compositions_of(raw.get("compositions", ())),
        findings={item["finding_id"]: Finding.model_validate(item) for item in raw["findings"]},
        requests={item["request_id"]: DraftRequest.model_validate(item) for item in raw["requests"]},
        contexts=raw.get("contexts", {}),
        facts=raw["facts"],
        wake_at=instant(raw["wake_at"]),
        adopted_at=instant(raw["adopted_at"]),
        looked_under=raw["looked_under"],
    )

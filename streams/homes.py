"""In which file does an entity live, and where has it lived? So that a correction that moves it leaves nothing behind.

Pure. The whereabouts of an entity are themselves convergent: homes only grow, the highest delete wins.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from schemas.care import PARTS
from schemas.change import Change, Part
from schemas.codec import change_of
from streams.files import FileKey, FileKind

_OWN = {
    "appointment": FileKind.SESSION,
    "client": FileKind.CLIENT,
    "group": FileKind.UNIT,
    "family": FileKind.UNIT,
    "couple": FileKind.UNIT,
}
_PRACTICE = frozenset({"practice", "policy", "clinician", "form"})
_BY_FIELD: dict[str, tuple[tuple[str, FileKind], ...]] = {
    "attendance": (("session", FileKind.SESSION),),
    "note": (("session", FileKind.SESSION),),
    "charge": (("session", FileKind.SESSION),),
    "recording": (("session", FileKind.SESSION),),
    "outline": (("session", FileKind.SESSION),),
    "transcript": (("session", FileKind.SESSION),),
    "claim": (("session", FileKind.SESSION), ("client", FileKind.CLIENT)),
    "consent": (("client", FileKind.CLIENT),),
    "relationship": (("of", FileKind.CLIENT),),
    "plan": (("client", FileKind.CLIENT),),
    "coverage": (("client", FileKind.CLIENT),),
    "authorization": (("client", FileKind.CLIENT),),
    "eligibility": (("client", FileKind.CLIENT),),
    "assessment": (("client", FileKind.CLIENT),),
    "checkin": (("client", FileKind.CLIENT),),
    "message": (("client", FileKind.CLIENT), ("thread_of", FileKind.CLIENT), ("unit", FileKind.UNIT)),
}


def fixed_home(practice_id: str, entity: str, id_: str) -> FileKey | None:
    """The file of an entity whose id alone says where it lives; None if that depends on what it says."""
    if entity in _PRACTICE:
        return FileKey(practice_id, FileKind.PRACTICE, practice_id)
    kind = _OWN.get(entity)
    return None if kind is None else FileKey(practice_id, kind, id_)


def home_by_content(practice_id: str, change: Change) -> FileKey:
    """The file an entity's current content puts it in; the practice's own if it names nobody."""
    for field_name, kind in _BY_FIELD.get(change.entity, ()):
        value = getattr(change.data, field_name, None)
        if value:
            return FileKey(practice_id, kind, value)
    return FileKey(practice_id, FileKind.PRACTICE, practice_id)


@dataclass(slots=True)
class Whereabouts:
    """Where an entity has lived, its highest delete, and elements of its lists that came before it did."""

    homes: set[str] = field(default_factory=set)
    deleted_rev: int | None = None
    deleted_at: datetime | None = None
    waiting: dict[str, Change] = field(default_factory=dict)


def seal_whereabouts(whereabouts: Whereabouts) -> bytes:
    """As bytes for a changelog."""
    return orjson.dumps(
        {
            "homes": sorted(whereabouts.homes),
            "deleted_rev": whereabouts.deleted_rev,
            "deleted_at": whereabouts.deleted_at,
            "waiting": [
                change.model_dump(mode="json", exclude={"data"}) | {"data": _plain(change)}
                for change in whereabouts.waiting.values()
            ],
        }
    )


def _plain(change: Change) -> Any:
    return None if change.data is None else change.data.model_dump(mode="json", by_alias=True)


def unseal_whereabouts(sealed: bytes) -> Whereabouts:
    """What was sealed."""
    raw = orjson.loads(sealed)
    waiting = [change_of(item) for item in raw["waiting"]]
    return Whereabouts(
        homes=set(raw["homes"]),
        deleted_rev=raw["deleted_rev"],
        deleted_at=None if raw["deleted_at"] is None else datetime.fromisoformat(raw["deleted_at"]),
        waiting={part_key(change.part): change for change in waiting if change.part is not None},
    )


def part_key(part: Part) -> str:
    """One text for one element of one list."""
    return f"{part.list}\x1f{part.key}"


def tombstone(of: Change, rev: int, at: datetime) -> Change:
    """The delete of an entity (never of a part)."""
    return Change(at=at, entity=of.entity, op="delete", id=of.id, rev=rev, snapshot=of.snapshot)


LISTS = {entity: tuple(name for of, name in PARTS if of == entity) for entity, _ in PARTS}
"""Entity → its lists that may arrive element by element."""

"""Where are the files that the keeper last committed? Read from the bytes of its changelogs, opened when asked for.

Pure: bytes in, files out. Only reads: whoever asks here decides nothing that the keeper would not.
"""

import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from streams.calendars import Calendars
from streams.cases import PracticeView
from streams.files import File, FileKey, FileKind, unseal

READ_OF_CLIENT = ("client", "coverage", "authorization", "eligibility", "consent", "plan", "relationship")
"""What of a client's file a claim is made from or judged by."""
READ_OF_UNIT = ("group", "family", "couple")
_OPEN_AT_ONCE = 4_000


@dataclass(slots=True)
class KeptFiles:
    """Every file of every practice as last committed."""

    calendars: Calendars = field(default_factory=Calendars)
    _sealed: dict[FileKey, bytes] = field(default_factory=dict)
    _sessions_of: dict[FileKey, tuple[str, ...]] = field(default_factory=dict)
    _said: dict[FileKey, bytes] = field(default_factory=dict)
    _bills: dict[tuple[str, str], str] = field(default_factory=dict)
    _open: OrderedDict[FileKey, File] = field(default_factory=OrderedDict)

    def take(self, key: FileKey, sealed: bytes | None) -> frozenset[tuple[str, str]]:
        """A file's newest bytes, or that it is no more. Answers which sessions (practice, session) may be billed
        differently now; ("practice", "") stands for all of that practice's. Raises ValueError for foreign bytes."""
        self._open.pop(key, None)
        if sealed is None:
            self._sealed.pop(key, None)
            self._said.pop(key, None)
            return frozenset()
        raw = orjson.loads(sealed)
        # while a snapshot arrives the keeper judges nothing, because half of it looks all wrong; no more do we
        judged = key.kind is not FileKind.SESSION or bool(raw["looked_under"])
        said = _said(key, raw) if judged else b""
        before, self._said[key] = self._said.get(key), said
        self._sealed[key] = zlib.compress(sealed, 1)
        self._sessions_of[key] = tuple(raw["sessions"])
        if key.kind is FileKind.SESSION:
            known = File(key=key, sessions=set(raw["sessions"]), people=set(raw["people"]), hours=set(raw["hours"]))
            self.calendars.note(known)
            for version in raw["versions"].get("claim", ()):
                self._bills[key.practice_id, version[0]] = key.id
        if said == before or not judged:
            return frozenset()
        match key.kind:
            case FileKind.SESSION:
                beside = {(key.practice_id, other) for other in raw["sessions"]}
                return frozenset({(key.practice_id, key.id), *beside})
            case FileKind.PRACTICE:
                return frozenset({(key.practice_id, "")})
            case FileKind.CLIENT | FileKind.UNIT:
                return frozenset((key.practice_id, session_id) for session_id in raw["sessions"])

    def find(self, key: FileKey) -> File | None:
        """A file as last committed."""
        known = self._open.get(key)
        if known is not None:
            self._open.move_to_end(key)
            return known
        sealed = self._sealed.get(key)
        if sealed is None:
            return None
        file = self._open[key] = unseal(key, zlib.decompress(sealed))
        while len(self._open) > _OPEN_AT_ONCE:
            self._open.popitem(last=False)
        return file

    def practice(self, practice_id: str) -> PracticeView | None:
        """A practice; None until it is known with its time zone."""
        return PracticeView.of(self.find(FileKey(practice_id, FileKind.PRACTICE, practice_id)))

    def session_of_claim(self, practice_id: str, claim_id: str) -> str | None:
        """Which session a claim of the EHR bills."""
        return self._bills.get((practice_id, claim_id))

    def sessions(self, practice_id: str) -> list[str]:
        """Every session of a practice, the latest first."""
        ids = [key.id for key in self._sealed if key.practice_id == practice_id and key.kind is FileKind.SESSION]
        return sorted(ids, reverse=True)

    def is_judged(self, practice_id: str, session_id: str) -> bool:
        """The keeper has looked at the session as it is; False while its snapshot still arrives."""
        return bool(self._said.get(FileKey(practice_id, FileKind.SESSION, session_id)))

    def may_need_a_claim(self, practice_id: str, session_id: str, earliest: datetime) -> bool:
        """Cheaply: somebody who came has no claim, a claim waits or was turned away, or a rule objects to one.

        False for a session before `earliest`, or that has not taken place and bills nothing.
        """
        sealed = self._sealed.get(FileKey(practice_id, FileKind.SESSION, session_id))
        if sealed is None:
            return False
        raw = orjson.loads(zlib.decompress(sealed))
        versions: dict[str, list[list[Any]]] = raw["versions"]
        appointment = next((v[4] for v in versions.get("appointment", ()) if v[4] is not None), None)
        if appointment is None:
            return False
        starts = appointment.get("actual_start") or appointment.get("scheduled_start")
        if starts is None or datetime.fromisoformat(starts) < earliest:
            return False
        claims = [v[4] for v in versions.get("claim", ()) if v[4] is not None]
        if any(claim["status"] in ("queued", "rejected", "denied") for claim in claims):
            return True
        if any(finding["rule"].startswith("B") and finding["severity"] != "warn" for finding in raw["findings"]):
            return True
        billed = {claim["client"] for claim in claims}
        billed |= {v[4]["client"] for v in versions.get("charge", ()) if v[4] is not None}
        came = {v[4]["client"] for v in versions.get("attendance", ()) if v[4] and v[4].get("status") == "attended"}
        return appointment.get("status") == "completed" and bool(came - billed)


def _said(key: FileKey, raw: dict[str, Any]) -> bytes:
    """A fingerprint of what a claim could depend on."""
    versions = raw["versions"]
    match key.kind:
        case FileKind.CLIENT:
            told: Any = [versions.get(entity) for entity in READ_OF_CLIENT]
        case FileKind.UNIT:
            told = [versions.get(entity) for entity in READ_OF_UNIT]
        case _:
            told = versions
    return blake2b(orjson.dumps([told, raw["parts"]], option=orjson.OPT_SORT_KEYS), digest_size=12).digest()

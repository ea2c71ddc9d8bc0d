"""What would the billing rules say if these claims were queued? The rules run on the files with the claims laid in.

Pure: the files themselves are not touched. Findings about a claim come from the same functions that watch the EHR.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from schemas.care import Claim
from schemas.finding import Finding
from streams.calendars import Calendars
from streams.cases import ClientCase, FindFile, Opened, PracticeView, SessionCase, open_session
from streams.catalogue import RULES
from streams.files import File, FileKey, FileKind, Held, Version
from streams.keeper import finding_of
from streams.rule import Found, Rule

ABOUT_SENDING = ("B", "C10", "C11", "C14", "C21")
"""The rules a claim is held against: billing, and the consents without which it may not go out."""
NOT_AGAINST = frozenset({"B02"})
"""Nothing is held against a claim because the visit was not billed before."""
_ASKED = tuple(rule for rule in RULES if rule.id.startswith(ABOUT_SENDING) and rule.id not in NOT_AGAINST)
SESSION_RULES = tuple(rule for rule in _ASKED if rule.on is SessionCase)
CLIENT_RULES = tuple(rule for rule in _ASKED if rule.on is ClientCase)


def laid_in(find: FindFile, practice_id: str, claims: Iterable[tuple[str, Held[Claim]]]) -> FindFile:
    """Look up files as if these claims (session id, claim) were in them, in place of a version they already have."""
    by_session: dict[str, list[Held[Claim]]] = {}
    for session_id, claim in claims:
        by_session.setdefault(session_id, []).append(claim)
    known: dict[FileKey, File] = {}

    def look(key: FileKey) -> File | None:
        if key.kind is not FileKind.SESSION or key.id not in by_session or key.practice_id != practice_id:
            return find(key)
        if key not in known:
            file = find(key)
            if file is None:
                return None
            known[key] = _with(file, by_session[key.id])
        return known[key]

    return look


def _with(file: File, claims: Sequence[Held[Claim]]) -> File:
    ids = {claim.id for claim in claims}
    versions = {entity: dict(held) for entity, held in file.versions.items()}
    held = versions.setdefault("claim", {})
    for claim in claims:
        earlier = held.get(claim.id)
        rev = 1 if earlier is None else earlier.rev + 1
        held[claim.id] = Version(claim.id, rev, claim.at, True, claim.data)
    parts = {key: part for key, part in file.parts.items() if not (key[0] == "claim" and key[1] in ids)}
    return File(
        key=file.key,
        versions=versions,
        parts=parts,
        sessions=file.sessions,
        people=file.people,
        hours=file.hours,
        units=file.units,
        adopted_at=file.adopted_at,
    )


def scrub(
    practice: PracticeView,
    claims: Mapping[str, Sequence[Held[Claim]]],
    find: FindFile,
    calendars: Calendars,
    now: datetime,
) -> dict[str, tuple[Finding, ...]]:
    """Claim id → what the rules would say of it, the gravest first. `claims`: by session; all are laid in together."""
    look = laid_in(find, practice.id, ((session_id, c) for session_id, held in claims.items() for c in held))
    opened = Opened()
    owners = {claim.id: claim.data.client for held in claims.values() for claim in held}
    found: dict[str, dict[str, Finding]] = {id_: {} for id_ in owners}
    for session_id, held in claims.items():
        case = open_session(practice, session_id, look, calendars, opened)
        if case is None:
            continue
        for finding in _findings(case, SESSION_RULES, practice, now):
            for claim in held:
                if _is_about(finding, claim, session_id):
                    found[claim.id][finding.finding_id] = finding
    for client_id in sorted(set(owners.values())):
        file = look(FileKey(practice.id, FileKind.CLIENT, client_id))
        if file is None:
            continue
        client = ClientCase(practice, file, look, calendars, opened)
        for finding in _findings(client, CLIENT_RULES, practice, now):
            claim_id = finding.subject.get("claim")
            if claim_id in found:
                found[claim_id][finding.finding_id] = finding
    return {id_: tuple(sorted(by_id.values(), key=_gravest_first)) for id_, by_id in found.items()}


def _findings(
    case: SessionCase | ClientCase, rules: Sequence[Rule[Any]], practice: PracticeView, now: datetime
) -> Iterable[Finding]:
    for rule in rules:
        for outcome in rule.check(case, now):
            if isinstance(outcome, Found):
                yield finding_of(practice, rule, outcome, now, 0)


def _is_about(finding: Finding, claim: Held[Claim], session_id: str) -> bool:
    """About this claim by name; or about the session, or this client in it, and no claim in particular."""
    subject = finding.subject
    if "claim" in subject:
        return subject["claim"] == claim.id
    return (
        finding.rule.startswith("B")
        and subject.get("session") == session_id
        and subject.get("client", claim.data.client) == claim.data.client
    )


_GRAVITY = {"block": 0, "hold": 1, "warn": 2}


def _gravest_first(finding: Finding) -> tuple[int, str, str]:
    return (_GRAVITY[finding.severity], finding.rule, finding.finding_id)

"""May this release of records go out as it is? Separate notes apart, and as the signed release says. Pure."""

from collections.abc import Iterator
from datetime import datetime

from schemas.care import Consent, Message
from streams.cases import ClientCase
from streams.files import Held
from streams.rule import Evidence, Found, Outcome, not_recorded
from streams.rules.ai_drafting import SEPARATE_NOTES
from streams.rules.part2 import disclosures, sent_or_now
from streams.scope import (
    Party,
    holds_for,
    lawful_without_consent,
    names,
    outside_care,
    revoked_since,
    same_purpose,
    turning_points,
    within,
)

RELEASES = ("roi", "part2_specific", "psychotherapy_notes_authorization", "sud_counseling_notes_authorization")
"""Consents to release records to somebody, for something."""


def separate_notes_released(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C13, of disclosures: psychotherapy notes and SUD counselling notes leave only with their own authorization.

    A general release is none. Source: domain-facts §2.1 (§2.11), §2.2 (164.508), §2.6 C13.
    """
    for message in disclosures(case):
        if lawful_without_consent(message.data):
            continue
        moment = sent_or_now(message, now)
        for word in sorted(set(message.data.contents) & SEPARATE_NOTES.keys()):
            on_file = case.client.consents(SEPARATE_NOTES[word])
            yield from turning_points(on_file, now)
            if any(holds_for(c.data, moment) or withdrawn_while_pending(c, message, now) for c in on_file):
                continue
            yield Found(
                subject={"client": case.client.id, "message": message.id},
                why=f"Disclosure {message.id} of client {case.client.id} contains {word.replace('_', ' ')} without the "
                "specific authorization these need.",
                todo="Take these notes out, or have their own authorization signed before anything goes out.",
                evidence=(message, *on_file),
            )


def withdrawn_while_pending(consent: Held[Consent], message: Held[Message], now: datetime) -> bool:
    """What was withdrawn since it was asked for is C14's to tell."""
    party = Party.of(message.data)
    return message.data.status == "pending" and revoked_since(consent.data, message.at, now, party)


def release_does_not_match(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C23: the recipient, purpose and dates of a disclosure are those of the release it is made under.

    One of several releases is enough. A Part 2 consent's recipients are C11's; a TPO consent serves treatment, payment
    and operations only. Source: domain-facts §2.5, §2.6 C23.
    """
    for message in disclosures(case):
        if lawful_without_consent(message.data):
            continue
        under = _made_under(case, message.data)
        yield from turning_points(under, now)
        problems = [(_mismatch(case, message, consent, now), consent) for consent in under]
        if not problems or any(problem is None for problem, _ in problems):
            continue
        subject = {"client": case.client.id, "message": message.id}
        problem, consent = next(((p, c) for p, c in problems if isinstance(p, Unknown)), problems[0])
        evidence: tuple[Evidence | None, ...] = (message, *under)
        if isinstance(problem, Unknown):
            yield not_recorded(problem, subject, evidence)
            continue
        yield Found(
            subject=subject | {"consent": consent.id},
            why=f"Disclosure {message.id} of client {case.client.id} does not match release {consent.id}: {problem}.",
            todo="Release only what the signed release says, or have a new one signed.",
            evidence=evidence,
        )


class Unknown(str):
    """A fact that is missing."""

    __slots__ = ()


def _made_under(case: ClientCase, message: Message) -> tuple[Held[Consent], ...]:
    kinds = (*RELEASES, "part2_tpo") if message.under_consents else ("roi",)
    consents = [consent for kind in kinds for consent in case.client.consents(kind)]
    return tuple(c for c in consents if not message.under_consents or c.id in message.under_consents)


def _mismatch(case: ClientCase, message: Held[Message], consent: Held[Consent], now: datetime) -> str | None:
    wanted, granted = message.data, consent.data
    party = Party.of(wanted)
    part2 = granted.kind.startswith("part2")
    moment = sent_or_now(message, now)
    if not part2:
        if not holds_for(granted, moment, party) and not withdrawn_while_pending(consent, message, now):
            return "it was not in force any more" if granted.signed_at is not None else "it is not signed"
        if granted.recipients and party is None:
            return Unknown(f"to whom disclosure {message.id} goes")
        if granted.recipients and party is not None and not names(granted.recipients, party):
            return "another recipient"
    if granted.kind == "part2_tpo":
        if outside_care(wanted.purpose):
            return "its purpose is not treatment, payment or operations"
    elif granted.purpose:
        if not wanted.purpose:
            return Unknown(f"for what purpose disclosure {message.id} is made")
        if not same_purpose(granted.purpose, wanted.purpose):
            return "another purpose"
    matches = within(granted.date_range, wanted.date_range)
    if matches is None:
        return Unknown(f"which dates disclosure {message.id} covers")
    return None if matches else "dates outside its range"

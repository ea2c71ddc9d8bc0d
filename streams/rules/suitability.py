"""Do the forms on file suit the person as they are now: their language, capacity and state? Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from schemas.care import Consent
from streams.cases import ClientCase, consent_holds
from streams.files import Held
from streams.rule import Found, Outcome, not_recorded
from streams.scope import turning_points


def form_does_not_suit(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C24: every form in force is in the person's own language, and nobody whose capacity is in doubt has signed
    without review.

    A form that the person has also signed in their language is left alone. Source: domain-facts §2.6 C24.
    """
    record = case.client.record
    if record is None:
        return
    person, language = record.data, _primary(record.data.language)
    held = [consent for consent in case.client.every_consent if consent_holds(consent.data, now)]
    yield from turning_points(case.client.every_consent, now)
    if person.capacity_flag:
        yield Found(
            subject={"client": record.id},
            why=f"Client {record.id} is flagged for doubtful capacity to consent.",
            todo="Have a clinician review the capacity and the consents before the next session.",
            evidence=(record,),
        )
    if language is None:
        if held:
            yield not_recorded(f"the language of client {record.id}", {"client": record.id}, (record,))
        return
    for consent in held:
        written = _primary(consent.data.language)
        suited = any(_same(other.data, consent.data) and _primary(other.data.language) == language for other in held)
        if written == language or suited:
            continue
        subject = {"client": record.id, "consent": consent.id}
        if written is None:
            yield not_recorded(f"the language of consent {consent.id}", subject, (consent,))
            continue
        yield Found(
            subject=subject,
            why=f"The {consent.data.kind.replace('_', ' ')} form {consent.id} was signed in {written}; the language of "
            f"client {record.id} is {language}.",
            todo="Review whether it was understood, and have the version in the person's language signed.",
            evidence=(consent, record),
        )


def _primary(tag: str | None) -> str | None:
    return None if not tag else tag.replace("_", "-").split("-")[0].casefold()


def _same(other: Consent, consent: Consent) -> bool:
    return (other.kind, other.unit, other.recipients) == (consent.kind, consent.unit, consent.recipients)


def state_set_not_signed(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C25: whoever lives in a state with its own set of consents has signed that set; a move opens it anew.

    The policy's state_consent_sets gives for a state a list of kinds, a table of kind to version, or a name of the
    set; with a name alone, forms signed before the record last changed are those of the state lived in before.
    Source: domain-facts §2.6 C25.
    """
    record = case.client.record
    sets = case.practice.policy_at(now).state_consent_sets
    if record is None or record.data.patient is False or record.data.state not in sets:
        return
    required = sets[record.data.state]
    held = [consent for consent in case.client.every_consent if consent_holds(consent.data, now)]
    yield from turning_points(case.client.every_consent, now)
    wanted = tuple(_wanted(required))
    missing = [
        kind if version is None else f"{kind} {version}"
        for kind, version in wanted
        if not any(c.data.kind == kind and version in (None, c.data.version) for c in held)
    ]
    if not wanted and required != sets.get(case.practice.record.data.state or "", required):
        missing = [] if any(_signed_since(consent, record.at) for consent in held) else [f"the set {required}"]
    if missing:
        yield Found(
            subject={"client": record.id},
            why=f"Client {record.id} lives in {record.data.state}, whose set of consents is not complete: "
            f"{', '.join(missing).replace('_', ' ')}.",
            todo="Re-evaluate the consents for the new state and have the missing ones signed.",
            evidence=(record, *held),
        )


def _wanted(required: Any) -> Iterator[tuple[str, str | None]]:
    if isinstance(required, Mapping):
        listed = required.get("kinds", required.get("consents"))
        if listed is not None:
            yield from _wanted(listed)
        else:
            yield from (
                (str(kind), version if isinstance(version, str) else None) for kind, version in required.items()
            )
    elif isinstance(required, list | tuple):
        for item in required:
            if isinstance(item, Mapping):
                yield str(item.get("kind")), item.get("version")
            else:
                kind, _, version = str(item).partition(":")
                yield kind, version or None


def _signed_since(consent: Held[Consent], moment: datetime) -> bool:
    return consent.data.kind == "treatment" and consent.data.signed_at is not None and consent.data.signed_at >= moment

"""Is a SUD program's record protected as 42 CFR Part 2 asks? Consent, elements, recipients, notice. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from schemas.care import Consent, Message
from streams.cases import ClientCase, ClientView, PracticeView, SessionCase, cents
from streams.files import Held
from streams.rule import Found, Outcome, not_recorded
from streams.rules.ai_drafting import ai_drafts, drafted_about
from streams.scope import (
    AI_VENDOR,
    Party,
    holds_for,
    lawful_without_consent,
    reaches,
    turning_points,
)

ELEMENTS = (
    "patient_name",
    "discloser",
    "information",
    "recipient",
    "purpose",
    "right_to_revoke",
    "expiry",
    "signature",
    "date",
)
TPO_ELEMENTS = (*ELEMENTS, "redisclosure_statement")
NO_EXPIRY = frozenset({"", "none", "never", "n/a"})
PART2_KINDS = ("part2_tpo", "part2_specific")


def covered(practice: PracticeView, client: ClientView) -> bool | None:
    """The record is covered by Part 2: a SUD program's patient. None if the EHR does not say."""
    program = practice.record.data.part2_program
    patient = None if client.record is None else client.record.data.sud_program
    if program is False or patient is False:
        return False
    return True if program and patient else None if client.record is not None and (program or patient) else False


def sent_or_now(message: Held[Message], now: datetime) -> datetime:
    """The moment that decides about a disclosure: when it was sent; while it waits, now."""
    return (message.data.sent_at or message.at) if message.data.status == "sent" else now


def disclosures(case: ClientCase) -> Iterator[Held[Message]]:
    """Every release of this client's records that waits or has gone out."""
    return (message for message in case.client.messages("disclosure") if message.data.status in ("pending", "sent"))


def vendor_is_bound(practice: PracticeView) -> bool:
    """A QSOA or a business associate agreement binds whoever runs the model."""
    agreements = practice.policy.ai_vendor
    return bool(agreements.get("qsoa") or agreements.get("baa"))


def ai_may_process(tpo: Iterable[Held[Consent]], moment: datetime) -> bool:
    """Any of these TPO consents reaches the AI vendor at that moment."""
    return any(holds_for(consent.data, moment, AI_VENDOR) for consent in tpo)


# --- C10 ---------------------------------------------------------------------------------------------------------


def claim_or_ai_without_tpo(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C10, of claims and AI drafts: nothing about a SUD program's patient goes to a payer without a TPO consent, nor
    to an AI vendor without one unless a QSOA or business associate agreement binds the vendor.

    Of a claim the consent at present decides, of a draft that at its request. Source: domain-facts §2.1, §2.6 C10,
    the vocabulary's reading.
    """
    for claim in case.claims:
        data = claim.data
        if data.status != "queued":
            continue
        client = case.client(data.client)
        is_covered = covered(case.practice, client)
        if is_covered is False:
            continue
        tpo = client.consents("part2_tpo")
        party = Party.payer(data.payer, case.practice)
        yield from turning_points(tpo, now)
        if any(holds_for(consent.data, now, party) for consent in tpo):
            continue
        subject = {"session": case.id, "client": data.client, "claim": claim.id}
        if is_covered is None:
            yield not_recorded(f"whether client {data.client} is a SUD program's patient", subject, (claim,))
            continue
        yield Found(
            subject=subject,
            why=f"Claim {claim.id} for client {data.client}, a SUD program's patient, waits to go to payer "
            f"{data.payer} without an active TPO consent.",
            todo="Hold the claim until the patient signs a consent for treatment, payment and operations.",
            evidence=(claim, client.record, *tpo),
            money_at_stake_cents=cents(data.total),
        )
    if vendor_is_bound(case.practice):
        return
    for note in ai_drafts(case):
        if note.data.status not in ("requested", "draft"):
            continue
        about = drafted_about(case, note.data) if note.data.client is None else (note.data.client,)
        for client_id in about:
            client = case.client(client_id)
            tpo = client.consents("part2_tpo")
            asked_at = note.data.requested_at or note.at
            yield from turning_points(tpo, now)
            moments = (asked_at, now) if note.data.status == "requested" else (asked_at,)
            if not covered(case.practice, client) or any(ai_may_process(tpo, moment) for moment in moments):
                continue
            yield Found(
                subject={"session": case.id, "client": client_id, "note": note.id},
                why=f"AI draft {note.id} processes the record of client {client_id}, a SUD program's patient, with "
                "neither a TPO consent nor an agreement (QSOA, BAA) that binds the AI vendor.",
                todo="Stop the draft until the agreement with the vendor or the patient's consent is signed.",
                evidence=(note, client.record, case.practice.record, *tpo),
            )


def disclosure_without_part2_consent(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C10, of disclosures: a SUD program's record leaves only under a Part 2 consent.

    Not asked: to the patient, in a medical emergency, for an audit, by court order, to report child abuse.
    Source: domain-facts §2.1, §2.6 C10.
    """
    if covered(case.practice, case.client) is not True:
        return
    consents = tuple(consent for kind in PART2_KINDS for consent in case.client.consents(kind))
    for message in disclosures(case):
        if lawful_without_consent(message.data):
            continue
        party = Party.of(message.data)
        moment = sent_or_now(message, now)
        yield from turning_points(consents, now)
        if any(holds_for(consent.data, moment, party) for consent in consents):
            continue
        yield Found(
            subject={"client": case.client.id, "message": message.id},
            why=f"Disclosure {message.id} of client {case.client.id}, a SUD program's patient, "
            f"{'was sent' if message.data.status == 'sent' else 'is pending'} without an active Part 2 consent.",
            todo="Do not release anything until the patient has signed a Part 2 consent."
            if message.data.status == "pending"
            else "Report the release to the privacy officer as an incident.",
            evidence=(message, case.client.record, *consents),
        )


# --- C11 ---------------------------------------------------------------------------------------------------------


def deficient_part2_consent(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C11, of the consent itself and of disclosures: a Part 2 consent has every element the rule asks for (nine; ten
    with the redisclosure statement of a TPO consent), and its recipients cover whoever receives something under it.

    "none" is an expiry for a TPO consent only. A deficient consent that a complete one has replaced is left alone.
    Source: domain-facts §2.1 (§2.31), §2.6 C11.
    """
    if covered(case.practice, case.client) is not True:
        return
    for kind in PART2_KINDS:
        on_file = case.client.consents(kind)
        yield from turning_points(on_file, now)
        held = [consent for consent in on_file if holds_for(consent.data, now)]
        lacking = {consent.id: missing_elements(consent.data) for consent in held}
        for consent in held:
            missing = lacking[consent.id]
            if not missing or any(not lacking[other.id] and _same_scope(other, consent) for other in held):
                continue
            subject = {"client": case.client.id, "consent": consent.id}
            if not consent.data.elements:
                yield not_recorded(f"which elements consent {consent.id} contains", subject, (consent,))
                continue
            yield Found(
                subject=subject,
                why=f"Part 2 consent {consent.id} of client {case.client.id} lacks: {', '.join(missing)}.",
                todo="Disclose nothing under it; have a complete form signed.",
                evidence=(consent,),
            )
    for message in disclosures(case):
        party = Party.of(message.data)
        if party is None or lawful_without_consent(message.data):
            continue
        moment = sent_or_now(message, now)
        under = [
            consent
            for kind in PART2_KINDS
            for consent in case.client.consents(kind)
            if holds_for(consent.data, moment, party)
            and (consent.id in message.data.under_consents or not message.data.under_consents)
        ]
        named = [consent for consent in under if consent.data.recipients]
        if not named or len(named) < len(under) or any(covers(consent.data, party) for consent in named):
            continue
        yield Found(
            subject={"client": case.client.id, "message": message.id, "consent": named[0].id},
            why=f"Disclosure {message.id} of client {case.client.id} goes to a recipient whom Part 2 consent "
            f"{named[0].id} does not cover.",
            todo="Have the patient sign a consent that names this recipient; until then release nothing.",
            evidence=(message, *named),
        )


def claim_outside_part2_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C11, of claims: the recipients of the TPO consent a claim relies on cover the payer."""
    for claim in case.claims:
        data = claim.data
        client = case.client(data.client)
        if data.status != "queued" or covered(case.practice, client) is not True:
            continue
        party = Party.payer(data.payer, case.practice)
        on_file = client.consents("part2_tpo")
        yield from turning_points(on_file, now)
        held = [consent for consent in on_file if holds_for(consent.data, now, party)]
        if not held or any(not consent.data.recipients or covers(consent.data, party) for consent in held):
            continue
        yield Found(
            subject={"session": case.id, "client": data.client, "claim": claim.id, "consent": held[0].id},
            why=f"Claim {claim.id} waits to go to payer {data.payer}, whom the TPO consent {held[0].id} of client "
            f"{data.client} does not cover.",
            todo="Hold the claim until the patient's consent covers health plans or names this payer.",
            evidence=(claim, *held),
            money_at_stake_cents=cents(data.total),
        )


def covers(consent: Consent, party: Party) -> bool:
    """The recipients of a Part 2 consent include this one, by name or by a class the patient agreed to.

    A class of recipient that cannot be placed counts as covered by a TPO consent: nothing is blocked by guessing.
    """
    if consent.kind == "part2_tpo" and not party.of_known_class:
        return True
    return reaches(consent.recipients, party)


def _same_scope(other: Held[Consent], consent: Held[Consent]) -> bool:
    return consent.data.kind == "part2_tpo" or set(other.data.recipients) >= set(consent.data.recipients)


def missing_elements(consent: Consent) -> tuple[str, ...]:
    """What 42 CFR 2.31 asks of a Part 2 consent of this kind and this one lacks."""
    required = TPO_ELEMENTS if consent.kind == "part2_tpo" else ELEMENTS
    missing = [element for element in required if element not in consent.elements]
    unlimited = consent.expires is None and (consent.expires_text or "").strip().casefold() in NO_EXPIRY
    if consent.kind == "part2_specific" and unlimited and "expiry" not in missing:
        missing.append("expiry (a date or an event)")
    return tuple(missing)


# --- C12 ---------------------------------------------------------------------------------------------------------


def sent_without_part2_notice(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C12: with every Part 2 disclosure go the §2.32 notice and a copy of the consent or an explanation of its scope.

    Source: domain-facts §2.1 (§2.32), §2.6 C12.
    """
    if covered(case.practice, case.client) is not True:
        return
    for message in disclosures(case):
        data = message.data
        if data.status != "sent" or lawful_without_consent(data):
            continue
        parts = {"the §2.32 notice": data.part2_notice, "a copy or explanation of the consent": data.consent_copy}
        absent = [name for name, there in parts.items() if there is False]
        unknown = [name for name, there in parts.items() if there is None]
        subject = {"client": case.client.id, "message": message.id}
        if absent:
            yield Found(
                subject=subject,
                why=f"Disclosure {message.id} of client {case.client.id}, a SUD program's patient, was sent without "
                f"{' and without '.join(absent)}.",
                todo="Send what is missing after it, and record the release as an incident.",
                evidence=(message,),
            )
        elif unknown:
            yield not_recorded(f"whether disclosure {message.id} carried {' and '.join(unknown)}", subject, (message,))

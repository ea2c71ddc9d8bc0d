"""Which consents run out while appointments are still ahead? Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.care import Consent
from streams.cases import ClientCase, SessionCase, consent_holds
from streams.files import Held
from streams.rule import Found, Outcome, Recheck


def _needed_by(consent: Consent, case: SessionCase) -> bool:
    match consent.kind:
        case "treatment" | "ai_assistance" | "part2_tpo" | "billing_release":
            return True
        case "group_agreement" | "conjoint_agreement":
            return consent.unit is None or consent.unit == case.session.unit
        case "telehealth":
            return (case.session.modality or "").startswith("telehealth")
        case "recording":
            return bool(case.session.recorded)
        case _:
            return False


def consent_expiring(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C15: remind 30, 14 and 7 days before a consent that a future appointment needs runs out; hold from that day.

    A consent of the same kind (and unit) that is already signed and lasts longer replaces it: nothing to say.
    Source: domain-facts §2.6 C15; days from the policy's consent_expiry_notice_days.
    """
    upcoming = case.upcoming(now)
    for consent in case.client.every_consent:
        data: Consent = consent.data
        if data.expires is None or data.revoked_at is not None or data.status == "revoked" or data.signed_at is None:
            continue
        expires_on = case.practice.day_of(data.expires)
        moments = {
            days: case.practice.start_of(expires_on - timedelta(days=days))
            for days in case.practice.policy_at(now).consent_expiry_notice_days
        }
        due = {days: at for days, at in moments.items() if at <= now}
        for at in moments.values():
            if at > now:
                yield Recheck(at)
        needing = [session for session in upcoming if _needed_by(data, session)]
        if not due or not needing or _renewed(consent, case, now):
            continue
        # the appointments pass by themselves: without this the reminder would go on counting those that are over
        yield Recheck(min(session.session.scheduled_start for session in needing if session.session.scheduled_start))
        days = min(due)
        held = days == 0
        client_id = case.file.key.id
        yield Found(
            subject={"client": client_id, "consent": consent.id},
            why=f"The {data.kind.replace('_', ' ')} consent {consent.id} of client {client_id} "
            f"{'ran out' if held else f'runs out within {days} days,'} on {expires_on} and {len(needing)} booked "
            f"session{'s' if len(needing) > 1 else ''} need{'s' if len(needing) == 1 else ''} it.",
            todo="Have it renewed before the next session." if held else "Send the renewal form now.",
            evidence=(consent, *(session.appointment for session in needing)),
            since=due[days],
            severity="hold" if held else "warn",
        )


def _renewed(consent: Held[Consent], case: ClientCase, now: datetime) -> bool:
    mine = consent.data
    if mine.expires is None:
        return False
    for other in case.client.consents(mine.kind):
        data = other.data
        if other.id == consent.id or data.unit != mine.unit:
            continue
        lasts_longer = data.expires is None or data.expires > mine.expires
        if lasts_longer and consent_holds(data, max(now, mine.expires)):
            return True
    return False

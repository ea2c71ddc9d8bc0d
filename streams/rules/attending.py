"""May this person attend? Treatment consent, the group's agreement, and coming of age.

Pure. A session is looked at from `consent_alert_hours_ahead` before its start; what held at its start decides.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.care import Consent
from streams.cases import GROUP_KINDS, SessionCase
from streams.files import Held
from streams.rule import Found, Outcome, Recheck


def _alert_from(case: SessionCase) -> datetime | None:
    starts_at = case.starts_at
    if starts_at is None or case.session.status == "cancelled":
        return None
    return starts_at - timedelta(hours=case.practice.policy.consent_alert_hours_ahead)


def without_treatment_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C01: nobody is seen without a treatment consent that holds when the session starts.

    Source: domain-facts §2.5 (treatment consent gates attending, notes and billing), §2.6 C01.
    """
    alert_from, starts_at = _alert_from(case), case.starts_at
    if alert_from is None or starts_at is None:
        return
    if now < alert_from:
        yield Recheck(alert_from)
        return
    for client_id in case.expected:
        client = case.client(client_id)
        if client.consents_holding("treatment", starts_at):
            continue
        on_file = client.consents("treatment")
        yield Found(
            subject={"session": case.id, "client": client_id},
            why=f"Client {client_id} is booked for session {case.id} and {_why_none(on_file, starts_at)}.",
            todo="Have the treatment consent signed before the session starts, or move the session.",
            evidence=(case.appointment, case.attendance.get(client_id), *on_file),
            since=alert_from,
        )


def _why_none(on_file: tuple[Held[Consent], ...], moment: datetime) -> str:
    if not on_file:
        return "has no treatment consent on file"
    consents = [consent.data for consent in on_file]
    if any(consent.signed_at is not None and consent.signed_at > moment for consent in consents):
        return "the treatment consent was signed only after the session started"
    if any(consent.status == "revoked" or consent.revoked_at is not None for consent in consents):
        return "the treatment consent was revoked before the session starts"
    if any(consent.expires is not None and consent.expires <= moment for consent in consents):
        return "the treatment consent expires before the session starts"
    return "the treatment consent on file is not signed"


def without_group_agreement(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C02: every member has signed the group's agreement, in the version in force for this cycle, before the session.

    A group record that already speaks of another cycle says nothing about a session outside it: then any agreement
    for this group that held at the start is enough. Source: domain-facts §2.3, §2.6 C02.
    """
    alert_from, starts_at, day = _alert_from(case), case.starts_at, case.service_on
    group = case.group
    if alert_from is None or starts_at is None or day is None:
        return
    if case.session.kind not in GROUP_KINDS or group is None:
        return
    if now < alert_from:
        yield Recheck(alert_from)
        return
    cycle = group.data.cycle
    in_cycle = cycle is not None and (cycle.start or day) <= day <= (cycle.end or day)
    for client_id in case.expected:
        client = case.client(client_id)
        held = [
            consent
            for consent in client.consents_holding("group_agreement", starts_at)
            if consent.data.unit in (None, group.id)
        ]
        if in_cycle and cycle is not None:
            held = [
                consent
                for consent in held
                if (cycle.id is None or consent.data.cycle in (None, cycle.id))
                and group.data.agreement_version in (None, consent.data.version)
            ]
        if held:
            continue
        version = group.data.agreement_version
        yield Found(
            subject={"session": case.id, "client": client_id, "group": group.id},
            why=f"Client {client_id} is booked for session {case.id} of group {group.id} without having signed the "
            f"group agreement{f' {version}' if version else ''} in force for this cycle.",
            todo="Have the agreement signed before the session; a member who declines cannot join the group.",
            evidence=(case.appointment, group, case.attendance.get(client_id), *client.consents("group_agreement")),
            since=alert_from,
        )


COMES_OF_AGE = {
    "treatment": "treatment consent",
    "group_agreement": "group agreement",
    "conjoint_agreement": "family or couples agreement",
}


def guardian_consent_lapsed(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C06: from the start of the eighteenth birthday a guardian's signature no longer counts; the client's own does.

    Sessions before the birthday stay covered. Source: domain-facts §2.6 C06 and the care vocabulary's reading.
    """
    alert_from, starts_at, day = _alert_from(case), case.starts_at, case.service_on
    if alert_from is None or starts_at is None or day is None:
        return
    if now < alert_from:
        yield Recheck(alert_from)
        return
    for client_id in case.expected:
        client = case.client(client_id)
        birthday = client.eighteenth_birthday()
        if birthday is None or day < birthday:
            continue
        of_age_at = case.practice.start_of(birthday)
        lapsed: list[Held[Consent]] = []
        kinds: list[str] = []
        for kind, words in COMES_OF_AGE.items():
            holding = [
                consent
                for consent in client.consents_holding(kind, starts_at)
                if kind == "treatment" or consent.data.unit in (None, case.session.unit)
            ]
            if holding and all(_only_a_guardian_signed(consent, of_age_at) for consent in holding):
                lapsed += holding
                kinds.append(words)
        if lapsed:
            yield Found(
                subject={"session": case.id, "client": client_id},
                why=f"Client {client_id} turned 18 on or before the day of session {case.id}; the guardian's "
                f"signature on the {' and the '.join(kinds)} no longer counts.",
                todo="Have the client sign in their own name before the session.",
                evidence=(case.appointment, client.record, case.attendance.get(client_id), *lapsed),
                since=max(alert_from, min(of_age_at, starts_at)),
            )


def _only_a_guardian_signed(consent: Held[Consent], of_age_at: datetime) -> bool:
    signers = consent.data.signers
    if not any(signer.role == "guardian" for signer in signers):
        return False
    signed_at = consent.data.signed_at
    own = [signer.at or signed_at for signer in signers if signer.role == "self"]
    return not any(at is not None and at >= of_age_at for at in own)

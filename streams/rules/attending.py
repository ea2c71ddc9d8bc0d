"""May this person attend? Treatment consent, the group's or family's agreement, and agreement to a guest.

Pure. A session is looked at from `consent_alert_hours_ahead` before its start; what held at its start decides.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.care import Consent, Group, Guest
from streams.cases import CONJOINT_KINDS, GROUP_KINDS, SessionCase
from streams.files import Held
from streams.rule import Evidence, Found, Outcome, Recheck, not_recorded
from streams.scope import words

ADULT = 18


def alert_from(case: SessionCase) -> datetime | None:
    """From when a gap about attending is told; None for a session that will not be or has no time."""
    if case.starts_at is None or case.cancelled:
        return None
    return case.starts_at - timedelta(hours=case.policy.consent_alert_hours_ahead)


def for_this_session(consent: Consent, case: SessionCase) -> bool:
    """A consent given for one unit says nothing about another's sessions, nor about one of its people alone. Where
    nobody recorded which unit met, it may have been that one."""
    session = case.session
    unit_unknown = session.unit is None and session.kind in GROUP_KINDS | CONJOINT_KINDS
    return consent.unit is None or consent.unit == session.unit or unit_unknown


def without_treatment_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C01: nobody is seen without a treatment consent that holds when the session starts.

    Source: domain-facts §2.5 (treatment consent gates attending, notes and billing), §2.6 C01.
    """
    told_from, starts_at = alert_from(case), case.starts_at
    if told_from is None or starts_at is None:
        return
    if now < told_from:
        yield Recheck(told_from)
        return
    for client_id in case.participants:
        client = case.client(client_id)
        if client.consents_holding("treatment", starts_at):
            continue
        on_file = client.consents("treatment")
        yield Found(
            subject={"session": case.id, "client": client_id},
            why=f"Client {client_id} is booked for session {case.id} and {_why_none(on_file, starts_at)}.",
            todo="Have the treatment consent signed before the session starts, or move the session.",
            evidence=(case.appointment, case.attendance.get(client_id), *on_file),
            since=told_from,
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

    The cycle and version are those that the group's record gave when the session started, or gives of that cycle since;
    of a day of which it never told, any agreement for this group that held at the start is enough. In a multi-family
    group the members are those on its roster.
    Source: domain-facts §2.3, §2.6 C02.
    """
    told_from, starts_at = alert_from(case), case.starts_at
    group = case.group
    if told_from is None or starts_at is None or case.session.kind not in GROUP_KINDS or group is None:
        return
    if now < told_from:
        yield Recheck(told_from)
        return
    roster = {member.client for member in group.data.members}
    for client_id in case.participants:
        if case.session.kind == "multi_family" and roster and client_id not in roster:
            continue
        client = case.client(client_id)
        held = client.consents_holding("group_agreement", starts_at)
        if any(covers_group_session(consent.data, case, group) for consent in held):
            continue
        if any(_of_unknown_version(consent.data, case, group) for consent in held):
            subject = {"session": case.id, "client": client_id, "group": group.id}
            yield not_recorded(f"which version of the agreement client {client_id} signed", subject, (group, *held))
            continue
        version = next((said.agreement_version for said in case.group_terms), group.data.agreement_version)
        yield Found(
            subject={"session": case.id, "client": client_id, "group": group.id},
            why=f"Client {client_id} is booked for session {case.id} of group {group.id} without having signed the "
            f"group agreement{f' {version}' if version else ''} in force for this cycle.",
            todo="Have the agreement signed before the session; a member who declines cannot join the group.",
            evidence=(case.appointment, group, case.attendance.get(client_id), *client.consents("group_agreement")),
            since=told_from,
        )


def covers_group_session(consent: Consent, case: SessionCase, group: Held[Group]) -> bool:
    """The agreement is for this group and, as far as the group's record ever told, for the session's cycle."""
    return _covers_group(consent, case, group, consent.version)


def _covers_group(consent: Consent, case: SessionCase, group: Held[Group], version: str | None) -> bool:
    if consent.unit not in (None, group.id):
        return False
    terms = case.group_terms
    return not terms or any(
        (said.cycle is None or consent.cycle in (None, said.cycle)) and said.agreement_version in (None, version)
        for said in terms
    )


def _of_unknown_version(consent: Consent, case: SessionCase, group: Held[Group]) -> bool:
    versions = {said.agreement_version for said in case.group_terms}
    return consent.version is None and any(_covers_group(consent, case, group, version) for version in versions)


def without_conjoint_agreement(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C04: every adult in a family or couples session has signed the conjoint agreement for who the unit is now.

    Who belonged to the unit is what its record said when the session started, and whoever is there: a change after the
    date of service never changes what was true on it. Source: domain-facts §2.3, §2.6 C04.
    """
    told_from, starts_at = alert_from(case), case.starts_at
    if told_from is None or starts_at is None or case.session.kind not in CONJOINT_KINDS:
        return
    if now < told_from:
        yield Recheck(told_from)
        return
    for client_id in case.participants:
        outcome = _conjoint_gap(case, client_id, starts_at, told_from)
        if outcome is not None:
            yield outcome


def _conjoint_gap(case: SessionCase, client_id: str, starts_at: datetime, told_from: datetime) -> Found | None:
    client, age, unit = case.client(client_id), case.age_of(client_id), case.family
    if age is not None and age < ADULT:
        return None
    subject = {"session": case.id, "client": client_id}
    if case.session.unit is not None:
        subject[case.session.kind] = case.session.unit
    on_file = client.consents("conjoint_agreement")
    evidence: tuple[Evidence | None, ...] = (case.appointment, case.attendance.get(client_id), unit, *on_file)
    held = [
        consent
        for consent in client.consents_holding("conjoint_agreement", starts_at)
        if for_this_session(consent.data, case)
    ]
    if not held:
        if age is None:
            return not_recorded(f"the date of birth of client {client_id}", subject, (*evidence, client.record))
        return Found(
            subject=subject,
            why=f"Client {client_id}, an adult, is in session {case.id} without a conjoint agreement for this "
            f"{case.session.kind} that holds when it starts.",
            todo="Have every adult sign the agreement, with its policy on secrets, before the session.",
            evidence=evidence,
            since=told_from,
        )
    problems = [composition_changed(case, consent.data, starts_at) for consent in held]
    if None in problems:
        return None
    if "" in problems:
        return not_recorded(f"for whom the conjoint agreement of client {client_id} was signed", subject, evidence)
    return Found(
        subject=subject,
        why=f"The conjoint agreement of client {client_id} was signed for another composition of the "
        f"{case.session.kind}: {problems[0]}.",
        todo="Have every adult sign the agreement anew for the unit as it is now.",
        evidence=evidence,
        since=told_from,
    )


def composition_changed(case: SessionCase, consent: Consent, moment: datetime) -> str | None:
    """What changed by that moment, "" if the composition at signing is not recorded, None if nothing changed."""
    if not consent.composition:
        return ""
    signed_for = frozenset(consent.composition)
    then = case.composition_at(moment)
    now_in = signed_for if then is None else then
    came = sorted((now_in | set(case.participants)) - signed_for)
    left = sorted(signed_for - now_in)
    told = [f"{', '.join(came)} came"] if came else []
    told += [f"{', '.join(left)} left"] if left else []
    return "; ".join(told) or None


def guest_without_agreement(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C20: an observer, trainee, interpreter or other guest is present only if every participant has agreed.

    The consent names the guest or the guest's role as its observer; one that names nobody is for any guest.
    Source: domain-facts §2.6 C20.
    """
    told_from, starts_at = alert_from(case), case.starts_at
    if told_from is None or starts_at is None or not case.session.guests:
        return
    if now < told_from:
        yield Recheck(told_from)
        return
    for client_id in case.participants:
        client = case.client(client_id)
        held = [
            consent
            for consent in client.consents_holding("observation", starts_at)
            if for_this_session(consent.data, case)
        ]
        unagreed = [guest for guest in case.session.guests if not any(_agrees(c.data, guest) for c in held)]
        if unagreed:
            roles = ", ".join(sorted({guest.role or "guest" for guest in unagreed}))
            yield Found(
                subject={"session": case.id, "client": client_id},
                why=f"Client {client_id} has not agreed to the presence of a guest ({roles}) in session {case.id}.",
                todo="Ask every participant's written agreement first, or hold the session without the guest.",
                evidence=(case.appointment, case.attendance.get(client_id), *client.consents("observation")),
                since=told_from,
            )


def _agrees(consent: Consent, guest: Guest) -> bool:
    named = words(consent.observer)
    if not named:
        return True
    return any(known and (known <= named or named <= known) for known in (words(guest.name), words(guest.role)))

"""Have a group's members been told of, and agreed to, who joined after them? Pure."""

from collections.abc import Iterator
from datetime import datetime

from schemas.care import Consent, Group, GroupMember
from streams.cases import UnitCase, consent_holds
from streams.files import Held
from streams.rule import Evidence, Found, Outcome, Recheck
from streams.scope import turning_points


def new_member_not_acknowledged(case: UnitCase, now: datetime) -> Iterator[Outcome]:
    """C03: where the policy asks it, every member who was there before re-acknowledges the group's agreement when
    somebody joins: for that person by name, or by signing the agreement anew on or after the day.

    Source: domain-facts §2.3, §2.5, §2.6 C03; policy reacknowledge_on_new_member.
    """
    group = case.record.data
    if not case.practice.policy_at(now).reacknowledge_on_new_member or not isinstance(group, Group):
        return
    today = case.practice.day_of(now)
    for member in group.members:
        for day in (member.joined, member.left):
            if day is not None and day > today:
                yield Recheck(case.practice.start_of(day))
    present = [
        m for m in group.members if (m.joined is None or m.joined <= today) and (m.left is None or m.left >= today)
    ]
    for member in sorted(present, key=lambda m: m.client):
        newer = [new for new in present if _joined_after(new, member)]
        on_file = case.client(member.client).consents("group_agreement")
        yield from turning_points(on_file, now)
        signed = [c for c in on_file if consent_holds(c.data, now) and c.data.unit in (None, case.id)]
        outstanding = [new.client for new in newer if not any(_acknowledges(case, consent, new) for consent in signed)]
        if outstanding:
            evidence: tuple[Evidence | None, ...] = (case.record, *signed)
            yield Found(
                subject={"group": case.id, "client": member.client},
                why=f"Client {member.client} has not re-acknowledged the agreement of group {case.id} since "
                f"{', '.join(sorted(outstanding))} joined.",
                todo="Send the re-acknowledgement form, and collect it before the next session.",
                evidence=evidence,
            )


def _joined_after(new: GroupMember, member: GroupMember) -> bool:
    return (
        new.joined is not None and new.client != member.client and (member.joined is None or member.joined < new.joined)
    )


def _acknowledges(case: UnitCase, consent: Held[Consent], new: GroupMember) -> bool:
    data = consent.data
    if data.reacknowledges is not None and data.reacknowledges.new_member is not None:
        return data.reacknowledges.new_member == new.client
    return data.signed_at is not None and new.joined is not None and case.practice.day_of(data.signed_at) >= new.joined

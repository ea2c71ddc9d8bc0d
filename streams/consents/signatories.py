"""Who may sign this form for this person? The person, a guardian on file, the minor alone where the law says so. Pure.

Ages are the policy's minor_self_consent_age by state; without an entry a guardian signs below 18 (domain-facts §2.3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from streams.cases import ClientView, PracticeView
from streams.rules.attending import ADULT
from streams.rules.minors import needs_paper
from streams.rules.part2 import PART2_KINDS, covered


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who may sign. `role`: self, guardian, or assent (a minor's agreement beside the guardian's)."""

    person: str
    role: str


def signatories(
    practice: PracticeView,
    client: ClientView,
    kind: str,
    moment: datetime,
    state: str | None,
    find: Callable[[str], ClientView],
) -> tuple[Signatory, ...]:
    """All who may sign, the person first. Empty for a minor for whom nobody on file may sign.

    A Part 2 consent of a minor: where the state lets the minor consent to SUD care alone, only the minor signs; else
    guardian and minor both do (42 CFR 2.14). An agreement about a group asks the minor's assent too. For an adult whose
    capacity is in doubt the guardians on file are named beside the person.
    """
    own = Signatory(client.id, "self")
    age = client.age_on(practice.day_of(moment))
    guardians = tuple(Signatory(person, "guardian") for person in _guardians(practice, client, moment, find))
    if age is None or age >= ADULT:
        doubtful = client.record is not None and client.record.data.capacity_flag is True
        return (own, *guardians) if doubtful else (own,)
    ages = practice.policy_at(moment).minor_self_consent_age.get(state or "", {})
    sud = covered(practice, client) is True
    alone_from = ages.get("sud" if sud else "mental_health") or ADULT
    if age >= alone_from:
        return (own,)
    if not guardians:
        return ()
    if kind in PART2_KINDS:
        return (own, *guardians)
    if kind in ("group_agreement", "ai_assistance", "recording"):
        return (*guardians, Signatory(client.id, "assent"))
    return guardians


def _guardians(
    practice: PracticeView, client: ClientView, moment: datetime, find: Callable[[str], ClientView]
) -> tuple[str, ...]:
    """Those with legal authority on the day, and with the paper on file where one is needed."""
    day = practice.day_of(moment)
    able = [
        link.data
        for link in client.relationships()
        if link.data.may_consent
        and link.data.person is not None
        and (link.data.from_ is None or link.data.from_ <= day)
        and (link.data.to is None or day <= link.data.to)
    ]
    return tuple(
        sorted({li.person for li in able if li.person and (li.document_on_file or not needs_paper(client, li, find))})
    )

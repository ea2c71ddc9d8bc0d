"""Has the right person signed for a minor, and for somebody who was one until a birthday? Pure."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from schemas.care import Consent, Relationship, Signer
from streams.cases import ClientView, SessionCase, consent_holds
from streams.files import Held
from streams.rule import Found, Outcome, Recheck, not_recorded
from streams.rules.attending import ADULT, alert_from

PARENTS = frozenset({"parent", "mother", "father", "adoptive_parent"})
PARTED = frozenset({"ex_spouse", "ex_partner", "divorced", "separated", "former_spouse"})
COMES_OF_AGE = {
    "treatment": "treatment consent",
    "group_agreement": "group agreement",
    "conjoint_agreement": "family or couples agreement",
}


def minor_without_rightful_signature(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C05: a minor's treatment consent carries the signature of a guardian on file, or the minor's own where the
    state allows that; for SUD care that a minor may consent to alone, a parent's signature alone is none.

    The ages are the policy's minor_self_consent_age by state; without an entry, 18. Without any consent it is C01.
    Source: domain-facts §2.1 (§2.14), §2.3, §2.6 C05.
    """
    told_from, starts_at, day = alert_from(case), case.starts_at, case.service_on
    if told_from is None or starts_at is None or day is None:
        return
    if now < told_from:
        yield Recheck(told_from)
        return
    for client_id in case.participants:
        client, age = case.client(client_id), case.age_of(client_id)
        held = client.consents_holding("treatment", starts_at)
        if not held or (age is not None and age >= ADULT):
            continue
        subject = {"session": case.id, "client": client_id}
        if age is None:
            # a guardian's signature is right for a minor; whether it still counts is C06's to ask
            if not any(_signed_as(consent.data, "guardian") for consent in held):
                yield not_recorded(f"the date of birth of client {client_id}", subject, (client.record, *held))
            continue
        problems = [signature_problem(case, client, age, consent) for consent in held]
        if None in problems:
            continue
        unknown = next((problem for problem in problems if isinstance(problem, Unknown)), None)
        if unknown is not None:
            yield not_recorded(unknown, subject, (client.record, *held, *client.relationships()))
            continue
        yield Found(
            subject=subject,
            why=f"Client {client_id} is {age} on the day of session {case.id}, and on the treatment consent "
            f"{problems[0]}.",
            todo="Have the person sign who may: a guardian on file, or the minor where the state's law says so.",
            evidence=(case.appointment, case.attendance.get(client_id), client.record, *held),
            since=told_from,
        )


class Unknown(str):
    """A fact that is missing."""

    __slots__ = ()


def signature_problem(case: SessionCase, client: ClientView, age: int, consent: Held[Consent]) -> str | None:
    """What is wrong with who signed for a minor of that age; None if nothing is, Unknown if a fact is missing."""
    data = consent.data
    guardians = _signed_as(data, "guardian")
    ages = case.policy.minor_self_consent_age.get(case.state_of(client.id) or "", {})
    sud = part2_patient(case, client)
    may_sign_alone = age >= (ages.get("sud" if sud else "mental_health") or ADULT)
    own = _signed_as(data, "self")
    if may_sign_alone and own:
        return None
    if may_sign_alone and sud:
        return "only a parent has signed, though the state lets this minor consent to SUD care alone"
    if not guardians:
        return "there is no guardian's signature"
    problems = [_not_rightful(case, client, signer, consent) for signer in guardians]
    if None in problems:
        return None
    return next((problem for problem in problems if isinstance(problem, Unknown)), problems[0])


def part2_patient(case: SessionCase, client: ClientView) -> bool:
    """The record is covered by Part 2."""
    record = client.record
    return record is not None and bool(record.data.sud_program and case.practice.record.data.part2_program)


def _signed_as(consent: Consent, role: str) -> list[Signer]:
    return [signer for signer in consent.signers if signer.role == role]


def _not_rightful(case: SessionCase, client: ClientView, signer: Signer, consent: Held[Consent]) -> str | None:
    if signer.person is None:
        return Unknown(f"who signed consent {consent.id} as guardian")
    signed_at = signer.at or consent.data.signed_at
    day = None if signed_at is None else case.practice.day_of(signed_at)
    links = [link for link in client.relationships() if link.data.person == signer.person and _in_force(link.data, day)]
    if not links:
        return f"the signer {signer.person} is not on the guardian list"
    if any(_ended_since(link, case) for link in links):
        return None
    able = [link for link in links if link.data.may_consent]
    if not able:
        if any(link.data.may_consent is None for link in links):
            return Unknown(f"whether {signer.person} may consent for client {client.id}")
        return f"the signer {signer.person} has no legal authority to sign"
    if any(link.data.document_on_file or not needs_paper(client, link.data, case.client) for link in able):
        return None
    if all(link.data.kind is None for link in able):
        return Unknown(f"what {signer.person} is to client {client.id}")
    if any(link.data.document_on_file is None for link in able):
        return Unknown(f"whether a custody or guardianship paper of {signer.person} is on file")
    return f"no custody or guardianship paper of the signer {signer.person} is on file"


def _in_force(link: Relationship, day: date | None) -> bool:
    return day is None or ((link.from_ is None or link.from_ <= day) and (link.to is None or day <= link.to))


def _ended_since(link: Held[Relationship], case: SessionCase) -> bool:
    """It was in force at signing and was ended after the session: what it says now is not what it said then."""
    return link.data.to is not None and case.starts_at is not None and link.at > case.starts_at


def needs_paper(client: ClientView, link: Relationship, find: Callable[[str], ClientView]) -> bool:
    """A guardian who is no parent; one of two parted parents; a parent where the paper on file is another's."""
    if link.kind not in PARENTS:
        return True
    others = [
        other.data
        for other in client.relationships()
        if other.data.person not in (None, link.person) and other.data.may_consent
    ]
    if any(other.document_on_file for other in others):
        return True
    parents = {other.data.person for other in client.relationships() if other.data.kind in PARENTS}
    spouses = [bond.data for id_ in parents if id_ is not None for bond in find(id_).relationships()]
    return any(
        bond.kind in PARTED and {bond.person, bond.of} <= parents and link.person in (bond.person, bond.of)
        for bond in spouses
    )


def guardian_consent_lapsed(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C06: from the start of the eighteenth birthday a guardian's signature no longer counts; the client's own does.

    Sessions before the birthday stay covered. Source: domain-facts §2.6 C06 and the care vocabulary's reading.
    """
    told_from, starts_at, day = alert_from(case), case.starts_at, case.service_on
    if told_from is None or starts_at is None or day is None:
        return
    if now < told_from:
        yield Recheck(told_from)
        return
    for client_id in case.participants:
        client = case.client(client_id)
        if client.signed_by_guardian.isdisjoint(COMES_OF_AGE):
            continue
        birthday = client.eighteenth_birthday()
        if birthday is not None and day < birthday:
            continue
        of_age_at = None if birthday is None else case.practice.start_of(birthday)
        lacks_capacity = client.record is not None and client.record.data.capacity_flag is True
        lapsed: list[Held[Consent]] = []
        kinds: list[str] = []
        for kind, words in COMES_OF_AGE.items():
            on_file = client.consents(kind)
            if not any(_signed_as(consent.data, "guardian") for consent in on_file):
                continue
            holding = [
                consent
                for consent in on_file
                if consent_holds(consent.data, starts_at)
                and (kind == "treatment" or consent.data.unit in (None, case.session.unit))
            ]
            if holding and all(only_a_guardian_signed(consent.data, of_age_at, lacks_capacity) for consent in holding):
                lapsed += holding
                kinds.append(words)
        if not lapsed:
            continue
        subject = {"session": case.id, "client": client_id}
        evidence = (case.appointment, client.record, case.attendance.get(client_id), *lapsed)
        if of_age_at is None:
            yield not_recorded(f"the date of birth of client {client_id}", subject, evidence)
            continue
        yield Found(
            subject=subject,
            why=f"Client {client_id} turned 18 on or before the day of session {case.id}; the guardian's "
            f"signature on the {' and the '.join(kinds)} no longer counts.",
            todo="Have the client sign in their own name before the session.",
            evidence=evidence,
            since=max(told_from, min(of_age_at, starts_at)),
        )


def only_a_guardian_signed(consent: Consent, of_age_at: datetime | None, needs_guardian: bool) -> bool:
    """Nobody but a guardian has signed, and the person has not signed since coming of age."""
    guardians = _signed_as(consent, "guardian")
    if not guardians:
        return False
    if (
        of_age_at is not None
        and needs_guardian
        and all((g.at or consent.signed_at or of_age_at) >= of_age_at for g in guardians)
    ):
        return False  # an adult's guardian, not a former minor's
    own = [signer.at or consent.signed_at for signer in _signed_as(consent, "self")]
    return of_age_at is None or not any(at is not None and at >= of_age_at for at in own)

"""May the record of a whole unit be released? Only with the signature of every adult in it. Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from schemas.care import Consent, Message
from streams.cases import UnitCase
from streams.files import Held
from streams.rule import Evidence, Found, Outcome, not_recorded
from streams.rules.attending import ADULT
from streams.rules.part2 import sent_or_now
from streams.rules.releasing import RELEASES, withdrawn_while_pending
from streams.scope import Party, holds_for, lawful_without_consent, names, turning_points


def unit_record_released(case: UnitCase, now: datetime) -> Iterator[Outcome]:
    """C16: the record of a couple or family is released with the signature of every adult in it, a group session's
    with that of each member.

    A signature is a release to this recipient by that adult, on a form of their own or together with others.
    Source: domain-facts §2.3, §2.6 C16.
    """
    for message in case.messages("disclosure"):
        data = message.data
        if data.status not in ("pending", "sent") or lawful_without_consent(data):
            continue
        of_no_unit = data.unit is None and "conjoint_record" in data.contents and case.kind != "group"
        if data.unit != case.id and not of_no_unit:
            continue
        moment = sent_or_now(message, now)
        signers, evidence = _signers(case, message, moment, now)
        yield from turning_points(evidence, now)
        missing, unknown = _missing(case, signers, case.practice.day_of(moment))
        subject = {"message": message.id, case.kind: case.id}
        records: tuple[Evidence | None, ...] = (message, case.record, *evidence)
        if missing:
            yield Found(
                subject=subject,
                why=f"Disclosure {message.id} releases the record of {case.kind} {case.id} without the signature of "
                f"{', '.join(missing)}.",
                todo="Release nothing until every adult of the unit has signed a release to this recipient.",
                evidence=records,
            )
        elif unknown:
            yield not_recorded(f"the date of birth of {', '.join(unknown)}", subject, records)


def _signers(
    case: UnitCase, message: Held[Message], moment: datetime, now: datetime
) -> tuple[set[str], tuple[Held[Consent], ...]]:
    party = Party.of(message.data)
    signed: set[str] = set()
    used: list[Held[Consent]] = []
    for member in case.members:
        client = case.client(member)
        for consent in (c for kind in RELEASES for c in client.consents(kind)):
            data = consent.data
            to_them = party is None or not data.recipients or names(data.recipients, party)
            if not to_them or (data.unit not in (None, case.id)):
                continue
            used.append(consent)
            if holds_for(data, moment, party) or withdrawn_while_pending(consent, message, now):
                signed |= {signer.person for signer in data.signers if signer.person is not None}
                signed |= {member} if not data.signers else set()
    return signed, tuple(used)


def _missing(case: UnitCase, signers: set[str], day: date) -> tuple[list[str], list[str]]:
    missing, unknown = [], []
    for member in case.members:
        if member in signers:
            continue
        age = case.client(member).age_on(day)
        if age is None:
            unknown.append(member)
        elif age >= ADULT:
            missing.append(member)
    return missing, unknown

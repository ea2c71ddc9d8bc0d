"""Is a group billed as a group: the right number present, one unit each, and the code of its kind? Pure."""

from collections.abc import Iterator
from datetime import datetime

from schemas.care import Claim
from streams.cases import CONJOINT_KINDS, BilledLine, SessionCase, cents
from streams.files import Held
from streams.policy.procedures import FAMILY_CODES
from streams.rule import Found, Outcome, not_recorded
from streams.rules.claims import claim_found, claim_subject, words

GROUP, MULTI_FAMILY = "90853", "90849"


def _group_key(case: SessionCase) -> dict[str, str]:
    return {} if case.group is None else {"group": case.group.id}


def _one_line_a_claim(case: SessionCase, code: str) -> Iterator[BilledLine]:
    seen = set()
    for line in case.billed_lines:
        if line.code == code and line.claim.id not in seen:
            seen.add(line.claim.id)
            yield line


def group_too_large(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B03: no more people were present than the payer allows in a group; self-pay members count too.

    Source: domain-facts §1.2, §1.7 B03; number from the payer's `group_max`.
    """
    present = len(case.attending)
    for line in _one_line_a_claim(case, GROUP):
        most = case.policy.payer(line.payer_id).group_max
        if present > most and case.attended(line.client_id):
            yield claim_found(
                case,
                line.claim,
                f"bills {GROUP} for a group in which {present} people were present; the payer allows {most}",
                "Have the attendance checked; if it is right, this payer does not pay for a group of that size.",
                "50",
                *case.attendance.values(),
                keys=_group_key(case),
            )


def group_too_small(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B04: after no-shows, at least the payer's minimum was present; one person alone is no group.

    Source: domain-facts §1.2, §1.7 B04; number from the payer's `group_min`.
    """
    present = len(case.attending)
    for line in _one_line_a_claim(case, GROUP):
        least = case.policy.payer(line.payer_id).group_min
        if present >= least or not case.attended(line.client_id):
            continue
        unknown = [client_id for client_id in case.expected if not case.attended(client_id)]
        if present + len(unknown) >= least:
            yield not_recorded(
                f"whether {words([f'client {client_id}' for client_id in unknown])} attended session {case.id}",
                claim_subject(case, line.claim) | _group_key(case),
                (line.claim, case.appointment, *case.attendance.values()),
            )
            continue
        yield claim_found(
            case,
            line.claim,
            f"bills {GROUP}, but only {present} {'person was' if present == 1 else 'people were'} present; "
            f"the payer asks for {least}",
            "Bill an individual code only if it truly was an individual visit (the clinician decides); else withdraw."
            if present == 1
            else "Withdraw the claim, or correct the attendance.",
            "16" if present == 1 else "50",
            *case.attendance.values(),
            keys=_group_key(case),
        )


def group_billed_in_units(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B05: a group visit is one unit for each patient, each on their own claim.

    Source: domain-facts §1.1 (90853), §1.5 (one claim per patient per payer), §1.7 B05.
    """
    for claim_id, lines in case.lines_of_claim.items():
        group_lines = [line for line in lines if line.code == GROUP]
        units = sum(line.units for line in group_lines)
        if units > 1:
            amounts = [cents(line.line.amount) or 0 for line in group_lines]
            yield claim_found(
                case,
                group_lines[0].claim,
                f"bills {units} units of {GROUP} for one session",
                "Bill one unit for each patient who attended, each on their own claim.",
                "151",
                money_at_stake_cents=sum(amounts) * (units - 1) // units,
            )
            assert claim_id == group_lines[0].claim.id


def code_of_another_kind(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B13: 90853 is for unrelated people, 90847 and 90846 for a family or couple, 90849 for two or more families.

    90849 is billed once a family and not to Medicare. Source: domain-facts §1.1, §1.7 B13.
    """
    for line in case.billed_lines:
        problem = _of_another_kind(case, line)
        if problem is not None:
            why, todo, predicts = problem
            yield claim_found(case, line.claim, why, todo, predicts, case.group or case.family)
    yield from _relation_not_recorded(case)
    yield from _families_not_recorded(case)
    yield from _family_billed_twice(case)


def _of_another_kind(case: SessionCase, line: BilledLine) -> tuple[str, str, str] | None:
    kind = case.session.kind
    if line.code == GROUP and kind in CONJOINT_KINDS:
        return f"bills {GROUP} for a {kind} session", "Bill 90847, or 90846 without the identified patient.", "11"
    if line.code in FAMILY_CODES and (kind == "group" or _strangers(case)):
        return (
            f"bills {line.code} for people who are not one family or couple",
            f"Bill {GROUP} if this was a group, or record how they are related.",
            "11",
        )
    if line.code == MULTI_FAMILY:
        if case.policy.payer(line.payer_id).kind == "medicare":
            return f"bills {MULTI_FAMILY} to Medicare, which does not cover it", "Do not bill Medicare for it.", "96"
        count = _families_present(case)
        if count is not None and count < ENOUGH_FAMILIES:
            return (
                f"bills {MULTI_FAMILY}, but {count or 'no'} famil{'y was' if count == 1 else 'ies were'} present",
                "Bill 90847 if one family met with its identified patient.",
                "11",
            )
    return None


def _strangers(case: SessionCase) -> bool:
    """Two or more people attended, and the unit that met has fewer than two of them, and nothing else connects any."""
    return case.family is not None and _unconnected(case)


def _unconnected(case: SessionCase) -> bool:
    people = set(case.attending)
    if case.session.kind not in CONJOINT_KINDS or len(people) < 2:
        return False
    if case.family is not None and len(people & set(case.family.data.members)) > 1:
        return False
    for person in people:
        client = case.client(person)
        related = {relationship.data.person for relationship in client.relationships()}
        agreed = {member for consent in client.consents("conjoint_agreement") for member in consent.data.composition}
        if (related | agreed) & people - {person}:
            return False
    return True


def _relation_not_recorded(case: SessionCase) -> Iterator[Outcome]:
    lines = [line for line in case.billed_lines if line.code in FAMILY_CODES]
    if lines and case.family is None and _unconnected(case):
        yield not_recorded(
            f"how the people in session {case.id} are related",
            {"session": case.id},
            (case.appointment, *(line.claim for line in lines)),
        )


def _families_present(case: SessionCase) -> int | None:
    """How many families had somebody there; None if that is not recorded, of the families or of who came."""
    if case.session.kind in CONJOINT_KINDS:
        return 1
    if case.session.kind != "multi_family":
        return 0
    if not any(case.families.values()):
        return None
    present = set(case.attending)
    undecided = set(case.expected) - present
    count = sum(1 for members in case.families.values() if members & present)
    possible = sum(1 for members in case.families.values() if not members or members & (present | undecided))
    return None if count < ENOUGH_FAMILIES <= possible else count


ENOUGH_FAMILIES = 2


def _families_not_recorded(case: SessionCase) -> Iterator[Outcome]:
    lines = [line for line in case.billed_lines if line.code == MULTI_FAMILY]
    if lines and _families_present(case) is None:
        yield not_recorded(
            f"which families came to session {case.id}",
            {"session": case.id} | _group_key(case),
            (case.appointment, case.group, *(line.claim for line in lines)),
        )


def _family_billed_twice(case: SessionCase) -> Iterator[Outcome]:
    for family_id, members in case.families.items():
        claims: dict[str, Held[Claim]] = {
            line.claim.id: line.claim
            for line in case.billed_lines
            if line.code == MULTI_FAMILY and line.client_id in members and line.claim.data.sequence in (None, "primary")
        }
        if len({claim.data.client for claim in claims.values()}) > 1:
            amounts = sorted(cents(claim.data.total) or 0 for claim in claims.values())
            yield Found(
                subject={"session": case.id, "family": family_id},
                why=f"Session {case.id} is billed as {MULTI_FAMILY} more than once for family {family_id}: "
                f"claims {', '.join(sorted(claims))}.",
                todo="Keep the claim of the family's identified patient and void the others.",
                evidence=(case.appointment, *claims.values()),
                predicts="96",
                money_at_stake_cents=sum(amounts[:-1]),
            )

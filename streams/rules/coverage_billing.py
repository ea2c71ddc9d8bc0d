"""Was the person insured on the day, by the payer that is billed, in the order and under the name it knows? Pure.

Asked again whenever a coverage or an eligibility answer changes, however late.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from schemas.care import Claim, Coverage, Eligibility
from streams.cases import SessionCase
from streams.files import Held
from streams.rule import Outcome, not_recorded
from streams.rules.claims import claim_found, claim_subject, words

SELF = frozenset({"self", "18"})


def billed_outside_coverage(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B20: the date of service lies within the billed coverage, both ends inclusive.

    Before it began: 26. After it ended: 27. In a gap between two coverages of that payer: 200.
    Source: domain-facts §1.6, §1.7 B20.
    """
    for claim in case.standing_claims:
        data = claim.data
        day = service_day(case, claim)
        if data.coverage is None or day is None:
            continue
        coverages = case.client(data.client).coverages
        billed = coverage_of(case, claim)
        keys = {"coverage": data.coverage}
        if billed is None:
            yield not_recorded(
                f"coverage {data.coverage}, which claim {claim.id} bills",
                claim_subject(case, claim) | keys,
                (claim,),
            )
            continue
        predicts = _outside(day, billed.data, coverages)
        if predicts is not None:
            span = f"from {billed.data.start or 'an unknown day'} to {billed.data.end or 'today'}"
            yield claim_found(
                case,
                claim,
                f"bills {day} to coverage {billed.id}, which runs {span}",
                "Find the coverage in force on that day and bill it, or bill the client if there was none.",
                predicts,
                billed,
                keys=keys,
            )


def service_day(case: SessionCase, claim: Held[Claim]) -> date | None:
    """The date of service: the session's local day; until it began, what the claim's lines say."""
    if case.session.actual_start is not None:
        return case.service_on
    return next((line.date for line in claim.data.lines if line.date is not None), case.service_on)


def coverage_of(case: SessionCase, claim: Held[Claim]) -> Held[Coverage] | None:
    """The coverage a claim names; None if it names none or nobody knows it."""
    return case.client(claim.data.client).coverage(claim.data.coverage)


def covers(coverage: Coverage, day: date) -> bool:
    """In force on a day, both ends included."""
    return not (coverage.start is not None and day < coverage.start) and not (
        coverage.end is not None and day > coverage.end
    )


def _outside(day: date, billed: Coverage, coverages: tuple[Held[Coverage], ...]) -> str | None:
    if covers(billed, day):
        return None
    others = [other.data for other in coverages if other.data.payer == billed.payer]
    ended_earlier = any(other.end is not None and other.end < day for other in others)
    starts_later = any(other.start is not None and other.start > day for other in others)
    if ended_earlier and starts_later:
        return "200"
    return "26" if billed.start is not None and day < billed.start else "27"


def eligibility_not_checked(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B21: the payer was asked within the window before the date of service, and its last answer was active.

    `eligibility_window_days` before the day, or in the same month where the payer's `eligibility_rule` says so. Only
    primary claims: a secondary payer is asked with the primary's; an employee assistance programme answers by its
    authorization. Source: domain-facts §1.7 B21.
    """
    windows: dict[tuple[str | None, date], tuple[datetime, datetime]] = {}
    for claim in case.standing_claims:
        data = claim.data
        day, coverage = service_day(case, claim), coverage_of(case, claim)
        if day is None or coverage is None or data.sequence not in (None, "primary") or not covers(coverage.data, day):
            continue
        if _assisted(case, claim, day):
            continue
        answers = _answers(case, claim)
        if (data.payer, day) not in windows:
            windows[data.payer, day] = _window(case, claim, day)
        first, last = windows[data.payer, day]
        in_window = [answer for answer in answers if first <= (answer.data.checked_at or first) <= last]
        if in_window and (in_window[-1].data.result or "").casefold() != "inactive":
            continue
        asked_on = [case.practice.day_of(a.data.checked_at) for a in answers if a.data.checked_at is not None]
        if in_window:
            yield claim_found(
                case,
                claim,
                f"bills coverage {coverage.id}, which the payer called inactive on {asked_on[-1]}",
                "Find the coverage in force on that day, or bill the client.",
                "27",
                coverage,
                in_window[-1],
                keys={"coverage": coverage.id},
            )
            continue
        undated = [answer for answer in case.client(data.client).eligibilities if _undated(answer.data, data)]
        if undated:
            keys = {"coverage": coverage.id}
            yield not_recorded(
                f"when the payer answered about coverage {coverage.id}",
                claim_subject(case, claim) | keys,
                (claim, coverage, *undated),
            )
            continue
        before = max((asked for asked in asked_on if asked <= day), default=None)
        yield claim_found(
            case,
            claim,
            "bills a coverage that was not checked in time: "
            + (f"last on {before}, for a visit on {day}" if before else f"never before the visit on {day}"),
            "Ask the payer whether the client was eligible on that day before the claim is sent.",
            "27",
            coverage,
            *answers,
            keys={"coverage": coverage.id},
        )


def _assisted(case: SessionCase, claim: Held[Claim], day: date) -> bool:
    return case.policy.payer(claim.data.payer).kind == "eap" and any(
        held.data.kind == "eap"
        and held.data.payer in (None, claim.data.payer)
        and (held.data.start is None or held.data.start <= day)
        and (held.data.end is None or day <= held.data.end)
        for held in case.client(claim.data.client).authorizations
    )


def _undated(answer: Eligibility, claim: Claim) -> bool:
    about_it = answer.coverage in (None, claim.coverage)
    return about_it and answer.checked_at is None and answer.result is not None


def _answers(case: SessionCase, claim: Held[Claim]) -> list[Held[Eligibility]]:
    """What the payer answered about the claim's coverage, in order of asking."""
    answers = [
        answer
        for answer in case.client(claim.data.client).eligibilities
        if answer.data.checked_at is not None and answer.data.coverage in (None, claim.data.coverage)
    ]
    if len(answers) > 1:
        answers.sort(key=lambda answer: (answer.data.checked_at or _EPOCH, answer.id))
    return answers


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _window(case: SessionCase, claim: Held[Claim], day: date) -> tuple[datetime, datetime]:
    """The first and the last instant at which asking was in time for a visit on that day."""
    policy = case.policy
    if policy.payer(claim.data.payer).eligibility_rule == "same_month":
        next_month = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        return case.practice.start_of(day.replace(day=1)), case.practice.end_of(next_month - timedelta(days=1))
    return case.practice.start_of(day - timedelta(days=policy.eligibility_window_days)), case.practice.end_of(day)


def not_as_the_payer_knows_them(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B22: member id, name, birth date and relation on the claim are those the payer answered with.

    A minor insured through somebody else is never sent as self (18). Source: domain-facts §1.6, §1.7 B22. The
    answer of the last check up to the date of service counts, or the first one after it.
    """
    for claim in case.standing_claims:
        data = claim.data
        day = service_day(case, claim)
        if day is None:
            continue
        answer = _answer_for(case, claim, day)
        wrong: list[str] = []
        if answer is not None:
            its = answer.data
            wrong += ["member id"] if _differ(data.member_id, its.member_id, _letters) else []
            wrong += ["name"] if _differ(data.patient_name, its.name, _name) else []
            wrong += ["birth date"] if data.patient_dob and its.dob and data.patient_dob != its.dob else []
            wrong += ["relation"] if _differ(data.relation, its.relation, _relation) else []
        coverage = coverage_of(case, claim)
        minor_as_self = coverage is not None and _minor_as_self(case, claim, coverage.data, day)
        if not wrong and not minor_as_self:
            continue
        reasons = [f"{words(wrong)} differ{'s' if len(wrong) == 1 else ''} from the payer's answer"] if wrong else []
        reasons += ["a minor insured through somebody else is sent as self"] if minor_as_self else []
        yield claim_found(
            case,
            claim,
            f"does not describe the insured as the payer knows them: {words(reasons)}",
            "Correct the claim (or the registration, and check eligibility again) before it is sent.",
            "16" if wrong == ["relation"] and not minor_as_self else "31",
            coverage,
            answer,
            keys={} if coverage is None else {"coverage": coverage.id},
        )


def _answer_for(case: SessionCase, claim: Held[Claim], day: date) -> Held[Eligibility] | None:
    answers = _answers(case, claim)
    if len(answers) < 2:
        return answers[0] if answers else None
    end = case.practice.end_of(day)
    before = [answer for answer in answers if (answer.data.checked_at or end) <= end]
    return before[-1] if before else answers[0]


def _differ(one: str | None, other: str | None, compared_as: Callable[[str], object]) -> bool:
    return bool(one) and bool(other) and one != other and compared_as(one or "") != compared_as(other or "")


def _letters(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.casefold())


def _name(text: str) -> frozenset[str]:
    """A name's parts, whatever their order and case; a middle initial alone makes no other person."""
    parts = re.sub(r"[^\w\s]", " ", text.casefold()).split()
    return frozenset(part for part in parts if len(part) > 1) or frozenset(parts)


_RELATIONS = {"18": "self", "01": "spouse", "19": "child"}


def _relation(text: str | None) -> str:
    word = (text or "").casefold()
    return _RELATIONS.get(word, word)


def _minor_as_self(case: SessionCase, claim: Held[Claim], coverage: Coverage, day: date) -> bool:
    if _relation(claim.data.relation) != "self":
        return False
    age = case.client(claim.data.client).age_on(day)
    if age is None or age >= 18:
        return False
    through_another = coverage.subscriber is not None and coverage.subscriber != claim.data.client
    return through_another or (coverage.relation is not None and _relation(coverage.relation) != "self")


def out_of_order(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B23: with two or more coverages in force, claims go in COB order; a secondary says what the primary did.

    An employee assistance programme is no part of that order (B50). Source: domain-facts §1.6 (22), §1.7 B23.
    """
    for claim in case.standing_claims:
        data = claim.data
        day = service_day(case, claim)
        if day is None:
            continue
        active = [
            coverage
            for coverage in case.client(data.client).coverages
            if covers(coverage.data, day) and case.policy.payer(coverage.data.payer).kind != "eap"
        ]
        billed = next((coverage for coverage in active if coverage.id == data.coverage), None)
        if data.sequence == "secondary" and data.primary_adjudicated is None:
            yield claim_found(
                case,
                claim,
                "goes to the secondary payer without what the primary payer decided",
                "Wait for the primary payer's remittance and report it on this claim.",
                "22",
                *active,
            )
        elif billed is not None and len(active) > 1:
            yield from _order(case, claim, billed, active)


def _order(
    case: SessionCase, claim: Held[Claim], billed: Held[Coverage], active: list[Held[Coverage]]
) -> Iterator[Outcome]:
    if any(coverage.data.rank is None for coverage in active):
        yield not_recorded(
            f"in which order the coverages of client {claim.data.client} pay",
            claim_subject(case, claim),
            (claim, *active),
        )
        return
    ahead = sum(1 for coverage in active if (coverage.data.rank or 0) < (billed.data.rank or 0))
    place = {"secondary": 1, "tertiary": 2}.get(claim.data.sequence or "primary", 0)
    alike = sum(1 for coverage in active if coverage.data.rank == billed.data.rank)
    if not ahead <= place < ahead + alike:
        first = min(active, key=lambda coverage: (coverage.data.rank or 0, coverage.id))
        yield claim_found(
            case,
            claim,
            f"goes to coverage {billed.id} as {claim.data.sequence or 'primary'}, but that coverage pays "
            f"{'first' if ahead == 0 else f'after {ahead} other' + ('s' if ahead > 1 else '')}",
            f"Bill the coverages in their order; {first.id} pays first.",
            "22",
            *active,
            keys={"coverage": billed.id},
        )


def not_in_the_plan(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B27: the plan covers the code. What Medicare never covers is B13's.

    Source: domain-facts §1.6 (96, 204), §1.7 B27; codes from the coverage's, the plan's and the payer's
    `excluded_codes`.
    """
    for line in case.billed_lines:
        coverage = coverage_of(case, line.claim)
        payer = case.policy.payer(line.payer_id)
        if line.code == "90849" and payer.kind == "medicare":
            continue
        by_plan = coverage is not None and (
            line.code in coverage.data.excluded_codes
            or line.code in case.policy.plan(coverage.data.payer, coverage.data.product).excluded_codes
        )
        if by_plan or line.code in payer.excluded_codes:
            yield claim_found(
                case,
                line.claim,
                f"bills {line.code}, which the {'plan' if by_plan else 'payer'} does not cover",
                "Tell the client before the next visit what it will cost them; bill a covered service or the client.",
                "204" if by_plan else "96",
                coverage,
                keys={} if coverage is None else {"coverage": coverage.id},
            )


def another_payer_insures(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B49: an attended visit is billed to a payer that insured the client on the day.

    Nobody at all insured them: that is B20's. Source: domain-facts §1.6 (109), §1.7 B49.
    """
    for claim in case.claims_billing:
        data = claim.data
        day = service_day(case, claim)
        if data.payer is None or day is None or case.missed(data.client):
            continue
        client = case.client(data.client)
        active = [coverage for coverage in client.coverages if covers(coverage.data, day) and coverage.data.payer]
        named = coverage_of(case, claim)
        if named is not None and named.data.payer not in (None, data.payer):
            yield _wrong_payer(case, claim, named, f"but coverage {named.id} is with {named.data.payer}")
            continue
        assisted_by = {a.data.payer for a in client.authorizations if a.data.kind == "eap"}
        insured_with = {coverage.data.payer for coverage in active} | assisted_by
        if active and data.payer not in insured_with:
            payers = words(sorted({coverage.data.payer or "" for coverage in active}))
            yield _wrong_payer(case, claim, active[0], f"but on that day the client was insured with {payers}")


def _wrong_payer(case: SessionCase, claim: Held[Claim], coverage: Held[Coverage], why: str) -> Outcome:
    return claim_found(
        case,
        claim,
        f"goes to payer {claim.data.payer}, {why}",
        "Bill the payer that insured the client on the day.",
        "109",
        coverage,
        keys={"coverage": coverage.id},
    )

"""Is the claim sent in time, corrected in the right form, and does it add up? Pure."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from schemas.care import Claim
from streams.cases import ADJUDICATED, REPLACEMENT, VOID, SessionCase, cents, comes_after
from streams.files import Held
from streams.rule import Found, Outcome, Recheck, SeverityWord
from streams.rules.attendance_billing import not_yet_billed
from streams.rules.claims import claim_found, words
from streams.rules.coverage_billing import covers, service_day

_MOMENT = timedelta(microseconds=1)
NOT_YET_FILED = frozenset({"queued", "rejected"})


def filing_limit(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B42: a visit reaches the payer within its filing limit: warn at 60 % of the days, hold at 80 %, block past 100 %.

    The last day itself is still in time. A rejected claim never arrived. What a payer has in hand in time is done; a
    replacement has limits of its own; a secondary claim counts from the primary's decision. A visit nobody billed
    counts too. Source: domain-facts §1.4 (timely filing), §1.6 (29), §1.7 B42.
    """
    today = case.practice.day_of(now)
    limits: dict[tuple[date, str | None], tuple[SeverityWord, int] | None] = {}
    for claim in case.standing_claims:
        data = claim.data
        day = service_day(case, claim)
        if data.frequency in (REPLACEMENT, VOID) or day is None:
            continue
        if data.sequence not in (None, "primary"):
            decided = None if data.primary_adjudicated is None else data.primary_adjudicated.date
            if decided is None:
                continue
            day = decided
        if data.status in NOT_YET_FILED:
            if (day, data.payer) not in limits:
                limits[day, data.payer] = _limit(case, day, data.payer, today)
                yield from _rechecks(case, day, data.payer, today)
            found = limits[day, data.payer]
        else:
            filed_at = data.submitted_at or data.accepted_at
            limit = case.policy.payer(data.payer).filing_days
            late = filed_at is not None and (case.practice.day_of(filed_at) - day).days > limit
            found = ("block", limit + 1) if late else None
        if found is not None:
            severity, since_days = found
            yield _about_claim(case, claim, day, severity, since_days)
    if case.took_place and case.service_on is not None:
        for client_id, code in not_yet_billed(case):
            yield from _unbilled(case, client_id, code, case.service_on, today)


def _limit(case: SessionCase, day: date, payer: str | None, today: date) -> tuple[SeverityWord, int] | None:
    """How bad it is today, and how many days after the visit it became so."""
    limit = case.policy.payer(payer).filing_days
    passed = (today - day).days
    reached: tuple[SeverityWord, int] | None = None
    for severity, from_days in _steps(case, limit):
        if passed >= from_days:
            reached = (severity, from_days)
    return reached


def _steps(case: SessionCase, limit: int) -> list[tuple[SeverityWord, int]]:
    percent = case.policy.filing_percent
    return [
        ("warn", -(-limit * percent.get("warn", 60) // 100)),
        ("hold", -(-limit * percent.get("hold", 80) // 100)),
        ("block", limit * percent.get("block", 100) // 100 + 1),
    ]


def _rechecks(case: SessionCase, day: date, payer: str | None, today: date) -> Iterator[Recheck]:
    """The next of the days on which it becomes worse."""
    limit = case.policy.payer(payer).filing_days
    next_day = next((on for _, days in _steps(case, limit) if (on := day + timedelta(days=days)) > today), None)
    if next_day is not None:
        yield Recheck(case.practice.start_of(next_day))


def _about_claim(case: SessionCase, claim: Held[Claim], day: date, severity: SeverityWord, since_days: int) -> Found:
    limit = case.policy.payer(claim.data.payer).filing_days
    last_day = day + timedelta(days=limit)
    filed = claim.data.status not in NOT_YET_FILED
    found = claim_found(
        case,
        claim,
        f"reached the payer after {last_day}, the last day of its filing limit of {limit} days"
        if filed
        else f"has {'been past' if severity == 'block' else 'used up much of'} the filing limit of {limit} days; "
        f"its last day {'was' if severity == 'block' else 'is'} {last_day}",
        "It can no longer be paid and may not be moved to the patient; write it off or appeal with proof of filing."
        if severity == "block"
        else "Clear what holds the claim and send it now.",
        "29",
        severity=severity,
    )
    since = case.practice.start_of(day + timedelta(days=since_days))
    return Found(
        subject=found.subject,
        why=found.why,
        todo=found.todo,
        evidence=found.evidence,
        since=since,
        predicts=found.predicts,
        money_at_stake_cents=found.money_at_stake_cents,
        severity=severity,
    )


def _unbilled(case: SessionCase, client_id: str, code: str, day: date, today: date) -> Iterator[Outcome]:
    client = case.client(client_id)
    if client.record is not None and client.record.data.self_pay:
        return
    active = [coverage for coverage in client.coverages if covers(coverage.data, day)]
    if not active:
        return
    first = min(active, key=lambda coverage: (coverage.data.rank or 1, coverage.id))
    yield from _rechecks(case, day, first.data.payer, today)
    found = _limit(case, day, first.data.payer, today)
    if found is not None:
        severity, since_days = found
        limit = case.policy.payer(first.data.payer).filing_days
        yield Found(
            subject={"session": case.id, "client": client_id},
            why=f"Session {case.id} for client {client_id} was never billed, and the last day of the filing limit of "
            f"{limit} days is {day + timedelta(days=limit)}.",
            todo="Create and send the claim now." if severity != "block" else "It can no longer be paid; write it off.",
            evidence=(case.appointment, case.attendance.get(client_id), first),
            since=case.practice.start_of(day + timedelta(days=since_days)),
            predicts="29",
            money_at_stake_cents=case.fee_cents(code),
            severity=severity,
        )


def not_resubmitted_rightly(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B43: what a payer adjudicated is corrected by a replacement (7) or void (8) with its control number; what it
    rejected (277CA) is sent again as new within `rejected_resubmit_days`.

    A second claim that says the very same is a duplicate (B19). Source: domain-facts §1.4, §1.6 (277CA), §1.7 B43.
    """
    every = {claim.id: claim.data.client for claim in (*case.file.all("claim"), *case.claims)}
    claims_of = Counter(every.values())
    for claim in case.claims:
        data = claim.data
        if data.frequency in (REPLACEMENT, VOID) and data.status != "rejected":
            yield from _reference(case, claim)
        elif data.status == "rejected":
            yield from _rejected(case, claim, now)
        elif claims_of[data.client] > 1:
            yield from _corrected_as_new(case, claim)


def _reference(case: SessionCase, claim: Held[Claim]) -> Iterator[Outcome]:
    ref = claim.data.original_ref
    what = "replacement" if claim.data.frequency == REPLACEMENT else "void"
    earlier = _earlier(case, claim)
    known = {number for other in earlier for number in (other.data.payer_control_number, other.id)}
    numbered = any(other.data.payer_control_number is not None for other in earlier)
    if not ref or (numbered and ref not in known):
        yield claim_found(
            case,
            claim,
            f"is a {what} (frequency {claim.data.frequency}) "
            + ("without the original claim's reference" if not ref else "of a claim the payer does not know"),
            "Give the payer's control number of the original claim as the original reference.",
            "18",
            *earlier,
        )


def _earlier(case: SessionCase, claim: Held[Claim]) -> list[Held[Claim]]:
    """Claims for the same client, session, payer and sequence before this one, even voided ones."""
    data = claim.data
    return [
        other
        for other in case.file.all("claim")
        if other.id != claim.id
        and (other.data.client, other.data.payer, other.data.sequence) == (data.client, data.payer, data.sequence)
        and comes_after(claim, other)
    ]


def _rejected(case: SessionCase, claim: Held[Claim], now: datetime) -> Iterator[Outcome]:
    if claim not in case.standing_claims:
        return
    days = case.policy.rejected_resubmit_days
    rejected_at = claim.data.rejected_at or claim.at
    overdue_at = rejected_at + timedelta(days=days)
    if now <= overdue_at:
        yield Recheck(overdue_at + _MOMENT)
        return
    found = claim_found(
        case,
        claim,
        f"was rejected on {case.practice.day_of(rejected_at)} and not sent again within {days} days",
        "Correct what it was rejected for and send it as a new claim (frequency 1).",
        "29",
    )
    yield Found(
        subject=found.subject,
        why=found.why,
        todo=found.todo,
        evidence=found.evidence,
        since=overdue_at,
        predicts=found.predicts,
        money_at_stake_cents=found.money_at_stake_cents,
    )


def _corrected_as_new(case: SessionCase, claim: Held[Claim]) -> Iterator[Outcome]:
    counting = {other.id for other in case.standing_claims}
    for other in _earlier(case, claim):
        # once a claim was voided or replaced at the payer's, what follows is no correction of it
        if other.id not in counting or claim.data.rendering != other.data.rendering:
            continue
        if other.data.status not in ADJUDICATED:
            continue
        if _content(claim.data) != _content(other.data) or other.data.status == "denied":
            yield claim_found(
                case,
                claim,
                f"corrects claim {other.id}, which the payer has adjudicated, but goes out as a new one",
                "Send it as a replacement (frequency 7) with the payer's control number of the original.",
                "18",
                other,
            )
            return


def _content(claim: Claim) -> tuple[object, ...]:
    lines = sorted(
        (line.code or "", tuple(sorted(line.modifiers)), line.units or 1, line.amount or "", tuple(line.dx_pointers))
        for line in claim.lines
    )
    return (tuple(lines), claim.diagnoses, claim.place_of_service, claim.member_id, claim.total)


def amounts_do_not_add_up(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B44: each line is fee times units, the total is the sum of the lines, and the copay collected is the plan's.

    Less copay than the plan's, visit after visit, is the pattern of waiving it: each visit is named. Source:
    domain-facts §1.5 (CLM02), §1.6 (16, 45), §1.7 B44; fees from the practice's fee schedule.
    """
    for claim in case.standing_claims:
        data = claim.data
        problems: list[tuple[str, str]] = []
        amounts = [cents(line.amount) for line in data.lines]
        known = [amount for amount in amounts if amount is not None]
        total = cents(data.total)
        if total is not None and known and len(known) == len(amounts) and total != sum(known):
            problems.append((f"totals {_money(total)}, but its lines add up to {_money(sum(known))}", "16"))
        for line, amount in zip(data.lines, amounts, strict=True):
            fee = None if line.code is None else case.fee_cents(line.code)
            units = 1 if line.units is None else line.units
            if fee is not None and amount is not None and amount != fee * units:
                problems.append((f"charges {_money(amount)} for {line.code}, not {_money(fee * units)}", "45"))
        problems += _copay(case, data)
        if problems:
            yield claim_found(
                case,
                claim,
                words([why for why, _ in problems]),
                "Correct the amounts to the fee schedule and the plan, or record why they differ.",
                problems[0][1],
                case.practice.record,
            )


def _copay(case: SessionCase, claim: Claim) -> list[tuple[str, str]]:
    coverage = case.client(claim.client).coverage(claim.coverage)
    due, collected = None if coverage is None else cents(coverage.data.copay), cents(claim.copay_collected)
    if due is None or collected is None or collected == due or claim.sequence not in (None, "primary"):
        return []
    sessions = {line.session for line in claim.lines if line.session is not None}
    if len(sessions) > 1 and collected == due * len(sessions):
        return []
    return [(f"shows a copay of {_money(collected)}, where the plan asks for {_money(due)}", "45")]


def _money(amount: int) -> str:
    return f"${amount // 100}.{amount % 100:02d}"

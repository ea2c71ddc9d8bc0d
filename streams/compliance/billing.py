"""Do notes, claims and attendance agree, is each claim filed in time and within its authorization? Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from schemas.compliance import Cell, Column, Figure, Section, Table
from streams.compliance.counting import share, words
from streams.compliance.notes import CONJOINT, is_signed, own_notes
from streams.compliance.records import ClaimRow, Ledger, Period, SessionRow, VisitRow

MISSED = frozenset({"no_show", "late_cancel", "cancelled", "excused"})

IN_ORDER = "in order"
OUTCOMES: tuple[tuple[str, bool, str], ...] = (
    (IN_ORDER, False, "Attended, signed, billed; or missed and nothing billed"),
    ("nothing to bill", False, "Attended; billed with the identified patient, a collateral, or too short for a code"),
    ("to be billed", False, "Attended and signed, neither claim nor invoice yet"),
    ("note outstanding", False, "Attended, not billed, note not signed yet"),
    ("billed without a signed note", True, "Attended and billed, but no signed note of the person's own"),
    ("billed, not attended", True, "A standing claim for somebody recorded as not there"),
    ("billed, attendance unknown", True, "A standing claim, and nobody recorded whether the person came"),
    ("note, not attended", True, "A signed note about somebody recorded as not there"),
    ("attendance not recorded", False, "The session took place, nothing says whether the person came"),
)
"""Every outcome of the match, whether it is amiss, and what it means."""
AMISS = frozenset(name for name, bad, _ in OUTCOMES if bad)


def match_section(ledger: Ledger, period: Period) -> Section:
    """Attendance, note and claim of every visit, held against each other."""
    matched = list(_matched(ledger, period))
    counts = Counter(outcome for outcome, *_ in matched)
    cents: Counter[str] = Counter()
    for outcome, _, _, _, claims in matched:
        cents[outcome] += sum(claim.total_cents or 0 for claim in claims)
    amiss = sum(counts[name] for name in AMISS)
    billed_amiss_cents = sum(cents[name] for name in AMISS)
    order = {name: place for place, (name, _, _) in enumerate(OUTCOMES)}
    shown = [one for one in matched if one[0] not in (IN_ORDER, "nothing to bill")]
    shown.sort(
        key=lambda one: (-order[one[0]], one[1].service_on or period.last_on, one[1].session_id, one[1].client_id)
    )
    return Section(
        "three-way-match",
        "Notes, claims and attendance",
        "Do the attendance record, the signed note and the claim of every visit agree?",
        figures=(
            Figure("Visits matched", len(matched)),
            Figure("In order", share(counts[IN_ORDER] + counts["nothing to bill"], len(matched)), "share", "of visits"),
            Figure("Disagree", amiss, tone="bad" if amiss else "good"),
            Figure(
                "Billed amounts that disagree",
                billed_amiss_cents,
                "money",
                tone="bad" if billed_amiss_cents else "good",
            ),
        ),
        tables=(
            Table(
                "three_way_match",
                "Outcome of the match",
                (
                    Column("outcome", "Outcome", "state"),
                    Column("meaning", "What it means"),
                    Column("visits", "Visits", "count"),
                    Column("billed_cents", "Billed", "money"),
                ),
                [(name, meaning, counts[name], cents[name] or None) for name, _, meaning in OUTCOMES],
                bad=AMISS,
            ),
            Table(
                "three_way_match_exceptions",
                "Visits that are not in order, the gravest first",
                (
                    Column("outcome", "Outcome", "state"),
                    Column("service_on", "Day", "day"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    Column("attendance", "Attendance"),
                    Column("notes", "Notes", "ids"),
                    Column("claims", "Claims", "ids"),
                ),
                [
                    (
                        outcome,
                        visit.service_on,
                        visit.session_id,
                        visit.client_id,
                        words(visit.status),
                        tuple(notes),
                        tuple(claim.claim_id for claim in claims),
                    )
                    for outcome, visit, _, notes, claims in shown
                ],
                evidence=True,
                bad=AMISS,
            ),
        ),
        definitions=(
            ("Visit", "One person booked for, or present in, one session that took place on a day of the period."),
            (
                "Billed",
                (
                    "A claim that stands: not voided, not replaced, not itself a void; or a self-pay invoice. A "
                    "session of a family or couple is billed once, for its identified patient; with 90846 the "
                    "patient need not be there."
                ),
            ),
        ),
        sources=(
            "Rules B01, B02, B39 and N01 look at the same visits",
            "Attendance, notes, claims and invoices of the EHR",
        ),
    )


Matched = tuple[str, VisitRow, SessionRow, list[str], list[ClaimRow]]


def _matched(ledger: Ledger, period: Period) -> Iterator[Matched]:
    sessions = {s.session_id: s for s in ledger.sessions if s.status == "completed" and period.has_day(s.service_on)}
    notes = own_notes(ledger.notes)
    claims: dict[tuple[str, str], list[ClaimRow]] = defaultdict(list)
    for claim in ledger.claims:
        if claim.standing and claim.session_id is not None:
            claims[claim.session_id, claim.client_id].append(claim)
    invoiced = {(charge.session_id, charge.client_id) for charge in ledger.charges if charge.code}
    for visit in ledger.visits:
        session = sessions.get(visit.session_id)
        if session is None:
            continue
        key = (visit.session_id, visit.client_id)
        own, billed_by = notes.get(key, []), claims.get(key, [])
        signed = any(is_signed(note, period.as_of) for note in own)
        outcome = _outcome(visit, session, signed, bool(own), billed_by, key in invoiced)
        yield outcome, visit, session, [note.note_id for note in own], billed_by


def _outcome(
    visit: VisitRow, session: SessionRow, signed: bool, begun: bool, claims: list[ClaimRow], invoiced: bool
) -> str:
    if visit.status == "attended":
        if claims or invoiced:
            return IN_ORDER if signed else "billed without a signed note"
        if visit.billable_code is not None:
            return "to be billed" if signed else "note outstanding"
        asked = begun or session.kind not in CONJOINT
        return "note outstanding" if asked and not signed else "nothing to bill"
    without_patient = (
        session.kind in CONJOINT and session.attended_count and all(set(c.codes) == {"90846"} for c in claims)
    )
    if claims and not without_patient:
        return "billed, not attended" if visit.status in MISSED else "billed, attendance unknown"
    if visit.status in MISSED:
        return "note, not attended" if signed and not claims else IN_ORDER
    return "attendance not recorded"


# --- authorizations -----------------------------------------------------------------------------------------------

ALMOST = 0.9


def authorizations_section(ledger: Ledger, period: Period) -> Section:
    """How much of what payers approved is used, and what runs out?"""
    rows: list[tuple[Cell, ...]] = []
    states: Counter[str] = Counter()
    for grant in sorted(ledger.authorizations, key=lambda a: (a.ends_on or date.max, a.authorization_id)):
        if (grant.starts_on or period.first_on) > period.last_on or (grant.ends_on or period.last_on) < period.first_on:
            continue
        approved, used = grant.units_approved, grant.units_used
        part = None if approved is None or used is None else share(used, approved)
        ended = grant.ends_on is not None and grant.ends_on < period.today
        state = (
            "not limited"
            if approved is None
            else "used up"
            if part is not None and part >= 1
            else "ended"
            if ended
            else "nearly used up"
            if part is not None and part >= ALMOST
            else "open"
        )
        states[state] += 1
        left = None if approved is None or used is None else max(0, approved - used)
        rows.append(
            (
                state,
                grant.client_id,
                grant.payer,
                words(grant.kind),
                tuple(grant.codes),
                grant.starts_on,
                grant.ends_on,
                approved,
                used,
                left,
                part,
                grant.authorization_id,
            )
        )
    payers: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for grant in ledger.authorizations:
        if grant.units_approved is not None and grant.units_used is not None:
            payers[grant.payer or "not recorded"].append((grant.units_approved, grant.units_used))
    return Section(
        "authorizations",
        "Authorization utilisation",
        "How much of what payers approved is used, and which authorizations run out?",
        figures=(
            Figure("Authorizations", len(rows), note="valid in the period"),
            Figure("Nearly used up", states["nearly used up"], note="90 % and more"),
            Figure("Used up", states["used up"], tone="bad" if states["used up"] else "good"),
        ),
        tables=(
            Table(
                "authorizations_by_payer",
                "By payer",
                (
                    Column("payer", "Payer"),
                    Column("authorizations", "Authorizations", "count"),
                    Column("units_approved", "Units approved", "count"),
                    Column("units_used", "Units used", "count"),
                    Column("used_share", "Share used", "share"),
                ),
                [
                    (
                        payer,
                        len(units),
                        sum(a for a, _ in units),
                        sum(u for _, u in units),
                        share(sum(u for _, u in units), sum(a for a, _ in units)),
                    )
                    for payer, units in sorted(payers.items())
                ],
            ),
            Table(
                "authorizations",
                "Each authorization, the next to end first",
                (
                    Column("state", "State", "state"),
                    Column("client_id", "Client"),
                    Column("payer", "Payer"),
                    Column("kind", "Kind"),
                    Column("codes", "Codes", "ids"),
                    Column("starts_on", "From", "day"),
                    Column("ends_on", "To", "day"),
                    Column("units_approved", "Approved", "count"),
                    Column("units_used", "Used", "count"),
                    Column("units_left", "Left", "count"),
                    Column("used_share", "Share used", "share"),
                    Column("authorization_id", "Authorization"),
                ),
                rows,
                evidence=True,
                bad=frozenset({"used up"}),
            ),
        ),
        definitions=(
            (
                "Used",
                (
                    "Units used before Conjoint knew the authorization, and units billed since under it in the "
                    "order of the visits; what was denied used nothing up. Payer numbers of authorizations stay "
                    "in the EHR."
                ),
            ),
        ),
        sources=("Rules B24 and B25", "Authorizations and claims of the EHR"),
    )


# --- timely filing --------------------------------------------------------------------------------------------------

_DAYS_LEFT = (("limit has passed", -1), ("0 to 7 days left", 7), ("8 to 30 days left", 30), ("31 to 60 days left", 60))
_AMPLE = "more than 60 days left"
NOT_YET_FILED = frozenset({"queued", "rejected"})


def filing_section(ledger: Ledger, period: Period) -> Section:
    """What has not reached its payer yet, and how long is left?"""
    waiting: list[tuple[int, tuple[Cell, ...], int]] = []
    for claim in ledger.claims:
        if claim.standing and claim.status in NOT_YET_FILED and claim.file_by and period.has_day(claim.service_on):
            left = (claim.file_by - period.today).days
            what = (claim.status, claim.service_on, claim.session_id, claim.client_id, claim.payer, claim.file_by)
            waiting.append((left, (*what, claim.total_cents, claim.claim_id), claim.total_cents or 0))
    for visit in ledger.visits:
        if visit.billable_code is not None and visit.file_by is not None and period.has_day(visit.service_on):
            left = (visit.file_by - period.today).days
            never = ("not billed", visit.service_on, visit.session_id, visit.client_id, None, visit.file_by, None, None)
            waiting.append((left, never, 0))
    bands: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for left, row, cents in waiting:
        name = next((name for name, up_to in _DAYS_LEFT if left <= up_to), _AMPLE)
        bands[name].append((str(row[0]), cents))
    waiting.sort(key=lambda one: (one[0], str(one[1][2]), str(one[1][3])))
    passed = len(bands["limit has passed"])
    soon = len(bands["0 to 7 days left"])
    return Section(
        "timely-filing",
        "Timely filing",
        "Which visits have not reached their payer, and how long is left to file them?",
        figures=(
            Figure("Not filed yet", len(waiting)),
            Figure("Seven days or less", soon, tone="bad" if soon else "good"),
            Figure("Limit has passed", passed, tone="bad" if passed else "good"),
        ),
        tables=(
            Table(
                "filing_by_days_left",
                "By days left",
                (
                    Column("left", "Days left", "state"),
                    Column("queued", "Claims queued", "count"),
                    Column("rejected", "Claims rejected", "count"),
                    Column("unbilled", "Visits not billed", "count"),
                    Column("cents", "Claimed", "money"),
                ),
                [
                    (
                        name,
                        *(
                            sum(1 for state, _ in bands[name] if state == word)
                            for word in ("queued", "rejected", "not billed")
                        ),
                        sum(cents for _, cents in bands[name]) or None,
                    )
                    for name in (*(name for name, _ in _DAYS_LEFT), _AMPLE)
                ],
                bad=frozenset({"limit has passed"}),
            ),
            Table(
                "filing_waiting",
                "Each of them, least time left first",
                (
                    Column("state", "State", "state"),
                    Column("service_on", "Day", "day"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    Column("payer", "Payer"),
                    Column("file_by", "Last day to file", "day"),
                    Column("cents", "Claimed", "money"),
                    Column("claim_id", "Claim"),
                    Column("days_left", "Days left", "count"),
                ),
                [(*row, left) for left, row, _ in waiting],
                evidence=True,
                bad=frozenset({"rejected"}),
            ),
        ),
        definitions=(
            (
                "Last day to file",
                (
                    "The date of service and the payer's limit in days from the practice's policy; the last day "
                    "is in time. A secondary claim counts from the primary payer's decision. A rejected claim "
                    "never arrived."
                ),
            ),
        ),
        sources=("Payer contracts, as entered in the practice's policy (filing_days)", "Rule B42"),
    )

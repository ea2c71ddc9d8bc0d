"""Are notes written, signed and co-signed in time, in each person's own words, for groups of a lawful size? Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.compliance import Cell, Column, Figure, Section, Table
from streams.compliance.counting import BANDS, LATER, band, earliest_first, hours, median, share
from streams.compliance.records import Ledger, NoteRow, Period, SessionRow, VisitRow

CONJOINT = frozenset({"family", "couple"})
GROUPS = frozenset({"group", "multi_family"})
IN_TIME = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class DueNote:
    """One visit that asks for a signed note of its own. `note` None = nobody has begun one."""

    visit: VisitRow
    session: SessionRow
    note: NoteRow | None
    signed: NoteRow | None
    age: timedelta
    """From the end of the session to the signature; to the moment of the report while there is none."""


def own_notes(notes: Iterable[NoteRow]) -> dict[tuple[str, str], list[NoteRow]]:
    """(session, client) → that client's notes of the session, addenda left out."""
    found: dict[tuple[str, str], list[NoteRow]] = defaultdict(list)
    for note in notes:
        if note.client_id is not None and note.kind != "addendum":
            found[note.session_id, note.client_id].append(note)
    return found


def is_signed(note: NoteRow, moment: datetime) -> bool:
    """Signed by that moment."""
    return note.status == "signed" and (note.signed_at is None or note.signed_at <= moment)


def billed_visits(ledger: Ledger) -> set[tuple[str, str]]:
    """(session, client) of every visit with a standing claim or an invoice."""
    claimed = {(claim.session_id or "", claim.client_id) for claim in ledger.claims if claim.standing}
    return claimed | {(charge.session_id, charge.client_id) for charge in ledger.charges}


def due_notes(ledger: Ledger, period: Period) -> list[DueNote]:
    """Every visit of the period that asks for a note: each attending group member and individual client; of a family
    or couples session whoever it is or is to be billed for, or has a note."""
    sessions = {s.session_id: s for s in ledger.sessions if s.status == "completed" and period.has_day(s.service_on)}
    notes, billed = own_notes(ledger.notes), billed_visits(ledger)
    due = []
    for visit in ledger.visits:
        session = sessions.get(visit.session_id)
        if session is None or visit.status != "attended" or session.ended_at is None:
            continue
        key = (visit.session_id, visit.client_id)
        own = notes.get(key, [])
        if session.kind in CONJOINT and not own and key not in billed and visit.billable_code is None:
            continue
        signed = min(
            (note for note in own if is_signed(note, period.as_of)),
            key=lambda note: (earliest_first(note.signed_at), note.note_id),
            default=None,
        )
        until = period.as_of if signed is None or signed.signed_at is None else signed.signed_at
        due.append(
            DueNote(visit, session, own[0] if own else None, signed, max(timedelta(0), until - session.ended_at))
        )
    return due


def timeliness_section(ledger: Ledger, period: Period) -> Section:
    """How soon after the session are notes signed, and how old are those that are not?"""
    due = due_notes(ledger, period)
    states: dict[str, Counter[str]] = {name: Counter() for name in BANDS}
    for one in due:
        states[band(one.age)][_state(one)] += 1
    signed = [one for one in due if one.signed is not None]
    late = [one for one in signed if one.age > IN_TIME]
    open_ = [one for one in due if one.signed is None]
    changed = _changed(ledger, period)
    by_author: dict[str, list[DueNote]] = defaultdict(list)
    for one in due:
        by_author[_author(one)].append(one)
    return Section(
        "notes",
        "Unsigned and late notes",
        "How soon after the session are notes signed, and how old are those that are not?",
        figures=(
            Figure("Notes due", len(due), note="visits of the period"),
            Figure("Signed within 72 h", share(len(signed) - len(late), len(due)), "share", "of notes due"),
            Figure("Signed later", len(late), tone="bad" if late else "good"),
            Figure("Not signed yet", len(open_), tone="bad" if open_ else "good"),
            Figure(
                "Changed after signing", len(changed), note="without an addendum", tone="bad" if changed else "good"
            ),
        ),
        tables=(
            Table(
                "notes_by_age",
                "Notes by age",
                (
                    Column("age", "From the end of the session"),
                    Column("signed", "Signed", "count"),
                    Column("unsigned", "Begun, not signed", "count"),
                    Column("none", "Not begun", "count"),
                ),
                [
                    *(_counts(name, states[name]) for name in BANDS),
                    _counts("all", sum(states.values(), Counter())),
                ],
                total=True,
            ),
            Table(
                "notes_by_clinician",
                "By clinician",
                (
                    Column("clinician_id", "Clinician"),
                    Column("due", "Notes due", "count"),
                    Column("within_72_h_share", "Signed within 72 h", "share"),
                    Column("median_hours", "Median hours to signature", "hours"),
                    Column("late", "Signed later", "count"),
                    Column("open", "Not signed yet", "count"),
                    Column("oldest_hours", "Oldest unsigned, hours", "hours"),
                ),
                [_of_author(author, by_author[author]) for author in sorted(by_author)],
            ),
            Table(
                "notes_not_signed",
                "Notes not signed yet, oldest first",
                (*_VISIT, Column("state", "State", "state"), Column("age_hours", "Age, hours", "hours"), _NOTE),
                [
                    (*_visit(one), _WORDS[_state(one)], hours(one.age), None if one.note is None else one.note.note_id)
                    for one in sorted(open_, key=lambda one: (-one.age, one.visit.session_id, one.visit.client_id))
                ],
                evidence=True,
                bad=frozenset({"not begun"}),
            ),
            Table(
                "notes_signed_late",
                "Notes signed after more than 72 hours, latest first",
                (*_VISIT, Column("signed_at", "Signed", "instant"), Column("age_hours", "After hours", "hours"), _NOTE),
                [
                    (*_visit(one), one.signed.signed_at, hours(one.age), one.signed.note_id)
                    for one in sorted(late, key=lambda one: (-one.age, one.visit.session_id, one.visit.client_id))
                    if one.signed is not None
                ],
                evidence=True,
            ),
            Table(
                "notes_changed_after_signing",
                "Signed notes that were changed without an addendum",
                (
                    Column("service_on", "Day", "day"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    _NOTE,
                ),
                [(note.service_on, note.session_id, note.client_id, note.note_id) for note in changed],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "Note due",
                (
                    "Each attending client of a group or individual session; in a family or couples session the "
                    "person it is billed for, and anybody else with a note. The part shared by a whole group is "
                    "not counted."
                ),
            ),
            (
                "Age",
                (
                    "Elapsed time from the actual end of the session to the first signature, or to the moment of the "
                    "report."
                ),
            ),
            ("Bands", "24 h, 48 h, 72 h and 7 days; a band includes its upper end."),
        ),
        sources=("Record standards of payers (timeliness 24–72 h)", "Notes and attendance of the EHR"),
    )


_STATES = ("signed", "unsigned", "none")
_WORDS = {"signed": "signed", "unsigned": "begun", "none": "not begun"}
_VISIT = (
    Column("service_on", "Day", "day"),
    Column("session_id", "Session"),
    Column("client_id", "Client"),
    Column("clinician_id", "Clinician"),
)
_NOTE = Column("note_id", "Note")


def _counts(name: str, states: Counter[str]) -> tuple[Cell, ...]:
    return (name, *(states[state] for state in _STATES))


def _state(one: DueNote) -> str:
    return "signed" if one.signed is not None else "unsigned" if one.note is not None else "none"


def _author(one: DueNote) -> str:
    note = one.signed or one.note
    return (None if note is None else note.author_id) or one.session.lead_clinician_id or "not recorded"


def _visit(one: DueNote) -> tuple[Cell, ...]:
    return (one.visit.service_on, one.visit.session_id, one.visit.client_id, _author(one))


def _of_author(author: str, due: list[DueNote]) -> tuple[Cell, ...]:
    signed = [one for one in due if one.signed is not None]
    late = sum(1 for one in signed if one.age > IN_TIME)
    open_ = [hours(one.age) for one in due if one.signed is None]
    middle = median([hours(one.age) for one in signed])
    in_time = share(len(signed) - late, len(due))
    return (author, len(due), in_time, middle, late, len(open_), max(open_, default=None))


def _changed(ledger: Ledger, period: Period) -> list[NoteRow]:
    completed = {note.addendum_to for note in ledger.notes if note.addendum_to and is_signed(note, period.as_of)}
    found = [n for n in ledger.notes if n.amended and n.status == "signed" and period.has_day(n.service_on)]
    return sorted((note for note in found if note.note_id not in completed), key=lambda note: note.note_id)


def cosign_section(ledger: Ledger, period: Period) -> Section:
    """Which notes of supervised clinicians still wait for the supervisor?"""
    asked = [n for n in ledger.notes if n.cosign_needed and is_signed(n, period.as_of) and period.has_day(n.service_on)]
    waiting = [
        (period.as_of - (note.signed_at or period.as_of), note)
        for note in asked
        if note.cosigned_at is None or note.cosigned_at > period.as_of
    ]
    waiting.sort(key=lambda one: (-one[0], one[1].note_id))
    ages = Counter(band(age) for age, _ in waiting)
    authors: dict[str, list[timedelta]] = defaultdict(list)
    for age, note in waiting:
        authors[note.author_id or "not recorded"].append(age)
    oldest = ages[LATER]
    return Section(
        "co-signatures",
        "Co-signature backlog",
        "Which signed notes of supervised clinicians still wait for their supervisor?",
        figures=(
            Figure("Need a co-signature", len(asked), note="signed notes of the period"),
            Figure("Waiting", len(waiting), tone="bad" if waiting else "good"),
            Figure("Longer than 7 days", oldest, tone="bad" if oldest else "good"),
        ),
        tables=(
            Table(
                "cosign_by_age",
                "Waiting, by time since the author signed",
                (Column("age", "Since signature"), Column("waiting", "Waiting", "count")),
                [(name, ages[name]) for name in BANDS],
            ),
            Table(
                "cosign_by_author",
                "By author",
                (
                    Column("author_id", "Author"),
                    Column("waiting", "Waiting", "count"),
                    Column("oldest_hours", "Oldest, hours", "hours"),
                ),
                [(author, len(ages_), hours(max(ages_))) for author, ages_ in sorted(authors.items())],
            ),
            Table(
                "cosign_waiting",
                "Notes that wait, longest first",
                (
                    Column("service_on", "Day", "day"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    Column("author_id", "Author"),
                    Column("signed_at", "Signed", "instant"),
                    Column("age_hours", "Waiting, hours", "hours"),
                    _NOTE,
                ),
                [
                    (n.service_on, n.session_id, n.client_id, n.author_id, n.signed_at, hours(age), n.note_id)
                    for age, n in waiting
                ],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "Needs a co-signature",
                (
                    "Its author was under supervision on the day of the session, by the history of supervision in "
                    "the EHR."
                ),
            ),
        ),
        sources=("State supervision rules and payer policy (B37, B39)", "Notes and clinicians of the EHR"),
    )


def group_section(ledger: Ledger, period: Period) -> Section:
    """Were groups of a lawful size, was the number documented, and is every note the person's own?"""
    sessions = sorted(
        (s for s in ledger.sessions if s.kind in GROUPS and s.status == "completed" and period.has_day(s.service_on)),
        key=lambda s: (s.service_on or period.last_on, s.session_id),
    )
    told: dict[str, int] = {}
    for note in ledger.notes:
        if note.participant_count is not None:
            told[note.session_id] = note.participant_count
    sizes = Counter(min(session.attended_count, 13) for session in sessions)
    ids = {session.session_id for session in ledger.sessions if period.has_day(session.service_on)}
    flagged = [f for f in ledger.of(("B03", "B04", "B40")) if f.state == "open" and f.subject.get("session") in ids]
    of_size = [finding for finding in flagged if finding.rule != "B40"]
    cloned = {f.subject.get("note", f.finding_id) for f in flagged if f.rule == "B40"}
    differs = [s for s in sessions if s.session_id in told and told[s.session_id] != s.attended_count]
    untold = sum(1 for session in sessions if session.session_id not in told)
    return Section(
        "groups",
        "Group size and cloned notes",
        "Were groups of a size payers accept, was the number documented, and is every note the person's own?",
        figures=(
            Figure("Group sessions", len(sessions)),
            Figure(
                "Size a payer does not accept",
                len({f.subject.get("session") for f in of_size}),
                tone="bad" if of_size else "good",
                note="rules B03, B04",
            ),
            Figure("Documented number differs", len(differs), tone="bad" if differs else "good"),
            Figure("Number not documented", untold, tone="bad" if untold else "good"),
            Figure("Notes that look cloned", len(cloned), note="rule B40", tone="bad" if cloned else "good"),
        ),
        tables=(
            Table(
                "groups_by_size",
                "Group sessions by number who attended",
                (
                    Column("attended", "Attended"),
                    Column("sessions", "Sessions", "count"),
                    Column("share", "Share", "share"),
                ),
                [
                    ("13 or more" if size == 13 else str(size), count, share(count, len(sessions)))
                    for size, count in sorted(sizes.items())
                ],
            ),
            Table(
                "groups_counted_differently",
                "Sessions whose note says another number than the attendance record",
                (
                    Column("service_on", "Day", "day"),
                    Column("session_id", "Session"),
                    Column("attended", "Attended", "count"),
                    Column("documented", "Documented", "count"),
                ),
                [(s.service_on, s.session_id, s.attended_count, told[s.session_id]) for s in differs],
                evidence=True,
            ),
            Table(
                "groups_flagged",
                "Open findings about size and cloned notes",
                (
                    Column("rule", "Rule"),
                    Column("finding", "What"),
                    Column("session_id", "Session"),
                    Column("client_id", "Client"),
                    Column("evidence", "Evidence", "ids"),
                    Column("finding_id", "Finding"),
                ),
                [
                    (
                        f.rule,
                        ledger.rule_titles.get(f.rule, f.rule),
                        f.subject.get("session"),
                        f.subject.get("client"),
                        tuple(f.evidence),
                        f.finding_id,
                    )
                    for f in sorted(flagged, key=lambda f: (f.rule, f.subject.get("session", ""), f.finding_id))
                ],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "Size",
                "Participants who were present, self-pay members included, after no-shows; limits are each payer's.",
            ),
            (
                "Cloned",
                "At least the policy's percentage of words shared with another member's note of the same session.",
            ),
        ),
        sources=("LCD L33632 (number documented)", "Payer policy: group_min, group_max", "Rules B03, B04, B40"),
        not_recorded=(f"{untold} of {len(sessions)} group sessions have no documented number of participants.",)
        if untold
        else (),
    )

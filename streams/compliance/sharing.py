"""What left the practice, who looked at what, and how soon messages were answered? Pure."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from schemas.compliance import Cell, Column, Figure, Section, Table
from streams.compliance.counting import earliest_first, hours, median, share, words
from streams.compliance.records import DisclosureRow, Ledger, MessageRow, Period


def disclosures_section(ledger: Ledger, period: Period) -> Section:
    """Which records were released, to whom, under which consent, and with what a Part 2 release must carry?"""
    sent = [d for d in ledger.disclosures if d.status == "sent" and period.has(d.sent_at or d.asked_at)]
    pending = [d for d in ledger.disclosures if d.status == "pending"]
    sent.sort(key=lambda d: (earliest_first(d.sent_at or d.asked_at), d.disclosure_id))
    part2 = [d for d in sent if d.part2]
    lacking = [d for d in part2 if _completeness(d) == "incomplete"]
    classes: dict[str, list[DisclosureRow]] = defaultdict(list)
    for disclosure in sent:
        classes[disclosure.recipient_class or "not recorded"].append(disclosure)
    unknown = sum(1 for d in sent if d.part2 is None)
    return Section(
        "disclosures",
        "Disclosures log",
        "Which records were released, to whom, under which consent, and with the notice and copy Part 2 asks for?",
        figures=(
            Figure("Sent", len(sent), note="in the period"),
            Figure("Of Part 2 records", len(part2)),
            Figure("Part 2 without notice or copy", len(lacking), tone="bad" if lacking else "good"),
            Figure("Pending", len(pending), note="as of the report"),
        ),
        tables=(
            Table(
                "disclosures_by_recipient",
                "By class of recipient",
                (
                    Column("recipient_class", "Recipient"),
                    Column("sent", "Sent", "count"),
                    Column("part2", "Of Part 2 records", "count"),
                    Column("with_notice", "With §2.32 notice", "count"),
                    Column("with_copy", "With copy or explanation of the consent", "count"),
                ),
                [
                    (
                        name,
                        len(some),
                        sum(1 for d in some if d.part2),
                        sum(1 for d in some if d.part2 and d.part2_notice),
                        sum(1 for d in some if d.part2 and d.consent_copy),
                    )
                    for name, some in sorted(classes.items())
                ],
            ),
            Table(
                "disclosures",
                "The log",
                (
                    Column("sent_at", "Sent", "instant"),
                    Column("client_id", "Client"),
                    Column("unit_id", "Unit"),
                    Column("recipient_class", "Recipient"),
                    Column("purpose", "Purpose"),
                    Column("contents", "Contents", "ids"),
                    Column("under_consents", "Under consents", "ids"),
                    Column("part2_notice", "§2.32 notice", "yes_no"),
                    Column("consent_copy", "Consent copy", "yes_no"),
                    Column("state", "Part 2", "state"),
                    Column("disclosure_id", "Disclosure"),
                ),
                [
                    (
                        d.sent_at,
                        d.client_id,
                        d.unit_id,
                        d.recipient_class,
                        d.purpose,
                        tuple(d.contents),
                        tuple(d.under_consents),
                        d.part2_notice,
                        d.consent_copy,
                        _completeness(d),
                        d.disclosure_id,
                    )
                    for d in sent
                ],
                evidence=True,
                bad=frozenset({"incomplete"}),
            ),
        ),
        definitions=(
            (
                "Part 2",
                (
                    "A release of the record of a SUD program's patient: complete with both the §2.32 notice and "
                    "a copy of the consent or an explanation of its scope; incomplete without either; not "
                    "recorded if the EHR does not say."
                ),
            ),
            ("Recipient", "Its class. Names of recipients stay in the EHR, under the disclosure's id."),
        ),
        sources=("45 CFR 164.528", "42 CFR 2.25, 2.32", "Rules C10–C12, C23", "Disclosure messages of the EHR"),
        not_recorded=(f"For {unknown} disclosures of a unit's record it is not recorded whether Part 2 covers it.",)
        if unknown
        else (),
    )


def _completeness(disclosure: DisclosureRow) -> str:
    if not disclosure.part2:
        return "does not apply" if disclosure.part2 is False else "not recorded"
    carried = (disclosure.part2_notice, disclosure.consent_copy)
    return "incomplete" if False in carried else "not recorded" if None in carried else "complete"


# --- access --------------------------------------------------------------------------------------------------------


def access_section(ledger: Ledger, period: Period) -> Section:
    """Who looked at, changed or signed what in Conjoint?"""
    question = "Who looked at, changed or signed what?"
    sources = ("45 CFR 164.312(b)", "The review desk's audit chain")
    if ledger.access is None:
        return Section(
            "access",
            "Access audit",
            question,
            sources=sources,
            not_recorded=(
                (
                    "Access by the practice's staff: kept by the review desk, which was not asked or did not answer. "
                    "The EHR's own access log applies."
                ),
            ),
        )
    seen = sorted((a for a in ledger.access if period.has(a.at)), key=lambda a: (a.at, a.who, a.action))
    by: Counter[tuple[str, str, str]] = Counter((a.role or "not recorded", a.who, a.action) for a in seen)
    return Section(
        "access",
        "Access audit",
        question,
        figures=(Figure("Entries", len(seen)), Figure("People", len({one.who for one in seen}))),
        tables=(
            Table(
                "access_by_person",
                "By person and action",
                (
                    Column("role", "Role"),
                    Column("who", "Person"),
                    Column("action", "Action"),
                    Column("entries", "Entries", "count"),
                ),
                [(role, who, words(action), count) for (role, who, action), count in sorted(by.items())],
            ),
            Table(
                "access",
                "Each entry",
                (
                    Column("at", "When", "instant"),
                    Column("who", "Person"),
                    Column("role", "Role"),
                    Column("action", "Action"),
                    Column("subject", "What"),
                ),
                [(a.at, a.who, a.role, words(a.action), a.subject) for a in seen],
                evidence=True,
            ),
        ),
        definitions=(("Entry", "One look, edit, approval, signature or sign-in on the review desk."),),
        sources=sources,
    )


# --- messages ------------------------------------------------------------------------------------------------------

_WITHIN = (
    ("within 15 min", timedelta(minutes=15)),
    ("within 4 h", timedelta(hours=4)),
    ("within 24 h", timedelta(hours=24)),
    ("within 72 h", timedelta(hours=72)),
)
_LATER, _NONE = "later", "no answer yet"


def messages_section(ledger: Ledger, period: Period) -> Section:
    """How soon did somebody of the practice answer what clients wrote?"""
    threads: dict[str, list[MessageRow]] = defaultdict(list)
    for message in ledger.messages:
        if message.sent_at is not None and message.sent_at <= period.as_of:
            threads[message.thread_of or message.author_id or message.message_id].append(message)
    rows: list[tuple[datetime, str, MessageRow, datetime | None]] = []
    for thread, messages in threads.items():
        messages.sort(key=lambda m: (earliest_first(m.sent_at), m.message_id))
        for place, message in enumerate(messages):
            if not message.from_staff and message.sent_at is not None and period.has(message.sent_at):
                later = (m.sent_at for m in messages[place + 1 :] if m.from_staff)
                rows.append((message.sent_at, thread, message, next(later, None)))
    rows.sort(key=lambda one: (one[0], one[2].message_id))
    bands = Counter(_speed(at, answered) for at, _, _, answered in rows)
    taken = [hours(answered - at) for at, _, _, answered in rows if answered is not None]
    return Section(
        "messages",
        "Message response times",
        "How soon did somebody of the practice answer what clients wrote?",
        figures=(
            Figure("Messages from clients", len(rows), note="in the period"),
            Figure("Median hours to an answer", median(taken), "hours"),
            Figure("Answered within 24 h", share(sum(1 for h in taken if h <= 24), len(rows)), "share", "of messages"),
            Figure("No answer yet", bands[_NONE], tone="bad" if bands[_NONE] else "good"),
        ),
        tables=(
            Table(
                "messages_by_speed",
                "By time to the first answer",
                (Column("speed", "First answer", "state"), Column("messages", "Messages", "count")),
                [(name, bands[name]) for name in (*(name for name, _ in _WITHIN), _LATER, _NONE)],
                bad=frozenset({_NONE}),
            ),
            Table(
                "messages",
                "Each message",
                (
                    Column("sent_at", "Written", "instant"),
                    Column("thread_of", "Thread of"),
                    Column("author_id", "Author"),
                    Column("answered_at", "Answered", "instant"),
                    Column("hours", "Hours", "hours"),
                    Column("message_id", "Message"),
                ),
                [_message(at, thread, message, answered) for at, thread, message, answered in rows],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "Answer",
                (
                    "The next message of a clinician in the same thread. That a task was made or a call placed is "
                    "not seen."
                ),
            ),
        ),
        sources=("Practice service levels: 15 min, 4 h, 24 h, 72 h by urgency", "Portal messages of the EHR"),
        not_recorded=(
            (
                "How urgent each message was: an EHR does not say, and this version judges no message itself, so all "
                "are counted alike, against every service level."
            ),
        ),
    )


def _message(at: datetime, thread: str, message: MessageRow, answered: datetime | None) -> tuple[Cell, ...]:
    taken = None if answered is None else hours(answered - at)
    return (at, thread, message.author_id, answered, taken, message.message_id)


def _speed(at: datetime, answered: datetime | None) -> str:
    if answered is None:
        return _NONE
    return next((name for name, up_to in _WITHIN if answered - at <= up_to), _LATER)

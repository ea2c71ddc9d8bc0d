"""Which analytics rows follow from a file? Pure: the rows as they are now; the keeper sends those that changed."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from schemas.care import Consent, Message, Note
from schemas.evidence import EVIDENCE, EVIDENCE_KEYS, Evidence
from schemas.facts import FACT_KEYS, FACTS, Fact
from streams.cases import ClientCase, PracticeView, SessionCase, cents, revoked_wholly_at
from streams.consents.needs import Need
from streams.consents.visit import kinds_of_visit, standing_of
from streams.files import File, Held
from streams.rules.ai_drafting import drafted_about, tool_of
from streams.rules.attendance_billing import not_yet_billed
from streams.rules.attending import for_this_session
from streams.rules.authorization_billing import units_used
from streams.rules.coverage_billing import covers
from streams.rules.part2 import covered, missing_elements
from streams.scope import holds_for

_MINUTE = timedelta(minutes=1)
_TABLES = FACTS | EVIDENCE
_KEYS = FACT_KEYS | EVIDENCE_KEYS
_OF_SENDING = ("version", "deleted", "recorded_at")
_FIELDS = {table: tuple(name for name in row.model_fields if name not in _OF_SENDING) for table, row in _TABLES.items()}
_KEY_LENGTH = {table: len(names) for table, names in _KEYS.items()}


class FactRow(NamedTuple):
    """One row as it is now: its table's fields in their order. Most are never sent, so none is checked here."""

    table: str
    values: tuple[Any, ...]

    @property
    def key(self) -> str:
        """What identifies the row."""
        # every table's key stands first in it
        return "\x1f".join((self.table, *self.values[: _KEY_LENGTH[self.table]]))

    def fingerprint(self) -> str:
        """The same for the same values, in any process."""
        return blake2b(orjson.dumps(self.values), digest_size=8).hexdigest()

    def fact(self, version: int, recorded_at: datetime) -> Fact | Evidence:
        """The row as it is sent."""
        values = dict(zip(_FIELDS[self.table], self.values, strict=True))
        return _sent(self.table, {**values, "version": version, "recorded_at": recorded_at})


def gone(key: str, version: int, recorded_at: datetime) -> Fact | Evidence:
    """The row with this key is no longer there."""
    table, *ids = key.split("\x1f")
    # a deleted row still needs its required columns; readers never show them
    filler = {"kind": "", "status": "", "session_id": "", "client_id": ""}
    ends = {"version": version, "deleted": True, "recorded_at": recorded_at}
    return _sent(table, {**filler, **dict(zip(_KEYS[table], ids, strict=True)), **ends})


def _sent(table: str, values: dict[str, Any]) -> Fact | Evidence:
    row = _TABLES[table].model_validate(values)
    kind = Fact if table in FACTS else Evidence
    return kind(practice_id=values["practice_id"], table=table, row=row)


def facts_of_practice(practice: PracticeView) -> Iterator[FactRow]:
    """The practice and the policy in force."""
    data = practice.record.data
    own = practice.file.all("policy")
    document = own[-1].data.document if own else ""
    yield FactRow(
        "fact_practice",
        (
            practice.id,
            data.name,
            data.timezone,
            data.state,
            data.part2_program,
            blake2b("".join(p.model_dump_json() for p in practice.policies.every).encode(), digest_size=6).hexdigest(),
            bool(document),
            practice.file.adopted_at,
        ),
    )


def facts_of_session(case: SessionCase) -> Iterator[FactRow]:
    """The session, everybody's attendance, its claims, invoices and notes."""
    session, practice_id, session_id, service_on = case.session, case.practice.id, case.id, case.service_on
    yield FactRow(
        "fact_session",
        (
            practice_id,
            session_id,
            session.kind,
            session.unit,
            next((f.clinician for f in session.facilitators if f.role in ("lead", None)), None),
            session.status,
            session.modality,
            session.scheduled_start,
            session.actual_start,
            session.actual_end,
            service_on,
            case.duration_minutes,
            len(session.clients),
            len(case.attending),
            tuple(sorted({facilitator.clinician for facilitator in session.facilitators})),
        ),
    )
    yield from _attendances(case)
    yield from _claims(case)
    for charge in case.charges:
        invoice = charge.data
        yield FactRow(
            "fact_charge",
            (
                practice_id,
                charge.id,
                session_id,
                invoice.client,
                invoice.code,
                service_on,
                cents(invoice.amount),
                invoice.invoiced_at,
            ),
        )
    ended_at = case.ended_at
    for note in case.notes:
        data = note.data
        signed_at = data.signed_at
        yield FactRow(
            "fact_note",
            (
                practice_id,
                note.id,
                session_id,
                data.client,
                data.author,
                data.origin,
                data.status,
                signed_at,
                None if signed_at is None or ended_at is None else int((signed_at - ended_at) // _MINUTE),
                data.kind,
                service_on,
                data.requested_at,
                data.signed_by,
                _needs_cosign(case, data),
                data.cosigned_by,
                data.cosigned_at,
                bool(data.amended),
                data.addendum_to,
                data.participant_count,
                data.context,
                _ai_consents(case, note) if data.origin == "ai" else (),
            ),
        )


def _attendances(case: SessionCase) -> Iterator[FactRow]:
    session, service_on, starts_at = case.session, case.service_on, case.starts_at
    attendance = case.attendance
    unbilled = dict(not_yet_billed(case)) if case.took_place else {}
    for client_id in sorted({*session.clients, *attendance}):
        record = attendance.get(client_id)
        presence = case.presence(client_id)
        coming = not case.cancelled and not case.missed(client_id) and starts_at is not None
        stood = (
            [standing_of(case, client_id, kind, starts_at) for kind in kinds_of_visit(case, client_id)]
            if coming and starts_at is not None
            else []
        )
        yield FactRow(
            "fact_attendance",
            (
                case.practice.id,
                case.id,
                client_id,
                None if record is None else record.data.status,
                None if presence is None else int((presence[1] - presence[0]) // _MINUTE),
                service_on,
                starts_at is not None and bool(case.client(client_id).consents_holding("treatment", starts_at)),
                tuple(one.kind for one in stood),
                tuple(one.kind for one in stood if one.problem is not None),
                tuple(consent.id for one in stood for consent in one.held),
                unbilled.get(client_id),
                _unbilled_by(case, client_id, service_on) if client_id in unbilled else None,
            ),
        )


def _unbilled_by(case: SessionCase, client_id: str, service_on: date | None) -> date | None:
    """The last day on which a visit nobody billed can still be filed with the client's first payer."""
    if service_on is None:
        return None
    client = case.client(client_id)
    active = [coverage for coverage in client.coverages if covers(coverage.data, service_on)]
    if not active or (client.record is not None and client.record.data.self_pay):
        return None
    first = min(active, key=lambda coverage: (coverage.data.rank or 1, coverage.id))
    return service_on + timedelta(days=case.policy.payer(first.data.payer).filing_days)


def _claims(case: SessionCase) -> Iterator[FactRow]:
    counting = {claim.id for claim in case.standing_claims}
    for claim in case.file.all("claim"):
        data = claim.data
        day = case.service_on
        if data.sequence not in (None, "primary"):
            day = None if data.primary_adjudicated is None else data.primary_adjudicated.date
        filing_days = case.policy.payer(data.payer).filing_days
        yield FactRow(
            "fact_claim",
            (
                case.practice.id,
                claim.id,
                case.id,
                data.client,
                data.payer,
                data.status,
                case.service_on,
                cents(data.total),
                data.queued_at,
                data.submitted_at,
                tuple(line.code for line in data.lines if line.code),
                data.sequence,
                data.frequency,
                data.rendering,
                claim.id in counting,
                data.accepted_at,
                data.rejected_at,
                None if day is None else day + timedelta(days=filing_days),
            ),
        )


def _needs_cosign(case: SessionCase, note: Note) -> bool:
    """Its author was supervised on the day: by the history of supervision if there is one, else as the record says."""
    author = None if note.author is None else case.practice.clinician(note.author)
    day = case.service_on
    if author is None or note.kind == "addendum":
        return False
    spans = author.data.supervision
    if spans and day is not None:
        return any((s.from_ is None or s.from_ <= day) and (s.to is None or day <= s.to) for s in spans)
    return bool(author.data.supervised)


def _ai_consents(case: SessionCase, note: Held[Note]) -> tuple[str, ...]:
    """The AI consents of everybody the draft was about that held when it was asked for."""
    asked_at = note.data.requested_at or note.at
    return tuple(
        consent.id
        for client_id in drafted_about(case, note.data)
        for consent in case.client(client_id).consents("ai_assistance")
        if for_this_session(consent.data, case) and holds_for(consent.data, asked_at, tool_of(consent.data))
    )


def facts_of_client(case: ClientCase, needs: Iterable[Need]) -> Iterator[FactRow]:
    """The client's consents, the forms still needed, authorizations, disclosures and messages."""
    file, practice = case.file, case.practice
    is_part2 = covered(practice, case.client)
    for consent in case.client.every_consent:
        yield _consent(file, consent, is_part2 is True)
    for need in needs:
        yield _need(practice.id, need)
    used = units_used(case)
    for authorization in file.all("authorization"):
        grant = authorization.data
        yield FactRow(
            "fact_authorization",
            (
                practice.id,
                authorization.id,
                grant.client,
                grant.payer,
                grant.kind,
                grant.codes,
                grant.start,
                grant.end,
                grant.units_approved,
                used.get(authorization.id),
            ),
        )
    yield from _messages(practice, file, is_part2)


def facts_of_unit(practice: PracticeView, file: File) -> Iterator[FactRow]:
    """What is kept with a group, family or couple itself: releases of its record."""
    yield from _messages(practice, file, None)


def _consent(file: File, consent: Held[Consent], is_part2: bool) -> FactRow:
    data = consent.data
    revocation = data.revocation
    partly = None if revocation is None or revocation.scope != "partial" else revocation.at
    return FactRow(
        "fact_consent",
        (
            file.key.practice_id,
            consent.id,
            data.client,
            data.kind,
            data.status,
            data.signed_at,
            data.expires,
            revoked_wholly_at(data),
            data.version,
            data.language,
            data.unit,
            data.cycle,
            tuple(signer.person or "" for signer in data.signers),
            tuple(signer.role or "" for signer in data.signers),
            partly,
            missing_elements(data) if is_part2 and data.kind.startswith("part2") else (),
            data.written_notice,
        ),
    )


def _need(practice_id: str, need: Need) -> FactRow:
    return FactRow(
        "fact_consent_need",
        (
            practice_id,
            need.need_id(practice_id),
            need.client_id,
            need.kind,
            need.unit_id,
            need.cycle,
            need.form_version,
            need.language,
            need.needed_from,
            need.sessions_count,
            need.met_by,
            need.met_until,
            need.problem,
            need.last_consent_id,
            tuple(one.person for one in need.signatories),
            tuple(one.role for one in need.signatories),
        ),
    )


def _messages(practice: PracticeView, file: File, is_part2: bool | None) -> Iterator[FactRow]:
    for message in file.all("message"):
        data: Message = message.data
        if data.kind == "disclosure":
            yield FactRow(
                "fact_disclosure",
                (
                    practice.id,
                    message.id,
                    data.client,
                    data.unit,
                    data.status,
                    None if data.recipient is None else data.recipient.class_,
                    data.purpose,
                    data.contents,
                    data.under_consents,
                    is_part2,
                    data.part2_notice,
                    data.consent_copy,
                    message.at,
                    data.sent_at,
                ),
            )
        else:
            staff = data.author is not None and practice.clinician(data.author) is not None
            yield FactRow(
                "fact_portal_message", (practice.id, message.id, data.thread_of, data.author, staff, data.sent_at)
            )

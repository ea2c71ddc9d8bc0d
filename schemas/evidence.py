"""More rows for analytics: what an auditor asks for beside sessions, notes, claims and consents.

A topic of its own, because a reader of `facts` that knows five kinds of row cannot read a sixth. Ids, codes, times and
amounts only: nothing here says who somebody is or what was said.
"""

from schemas.record import Count, Day, Flag, Id, Instant, Label, Many, Schema, Word


class PracticeFact(Schema):
    """One practice and the policy it is judged by. `policy_fingerprint` changes with every change of that policy."""

    practice_id: Id
    name: Label | None = None
    timezone: Word | None = None
    state: Word | None = None
    part2_program: Flag | None = None
    policy_fingerprint: Word | None = None
    own_policy: Flag = False
    adopted_at: Instant | None = None
    version: Count
    deleted: Flag = False
    recorded_at: Instant | None = None


class ChargeFact(Schema):
    """One self-pay invoice."""

    practice_id: Id
    charge_id: Id
    session_id: Id
    client_id: Id
    code: Word | None = None
    service_on: Day | None = None
    amount_cents: Count | None = None
    invoiced_at: Instant | None = None
    version: Count
    deleted: Flag = False
    recorded_at: Instant | None = None


class AuthorizationFact(Schema):
    """One payer authorization. `units_used`: before Conjoint knew it, and by claims since that were not denied."""

    practice_id: Id
    authorization_id: Id
    client_id: Id
    payer: Word | None = None
    kind: Word | None = None
    codes: Many[Word] = ()
    starts_on: Day | None = None
    ends_on: Day | None = None
    units_approved: Count | None = None
    units_used: Count | None = None
    version: Count
    deleted: Flag = False
    recorded_at: Instant | None = None


class DisclosureFact(Schema):
    """One release of records. Whom it went to by name stays in the EHR."""

    practice_id: Id
    disclosure_id: Id
    client_id: Id | None = None
    unit_id: Id | None = None
    status: Word | None = None
    recipient_class: Word | None = None
    purpose: Label | None = None
    contents: Many[Word] = ()
    under_consents: Many[Id] = ()
    part2: Flag | None = None
    part2_notice: Flag | None = None
    consent_copy: Flag | None = None
    asked_at: Instant | None = None
    sent_at: Instant | None = None
    version: Count
    deleted: Flag = False
    recorded_at: Instant | None = None


class PortalMessageFact(Schema):
    """That a message was written, by whom and when; never what it said."""

    practice_id: Id
    message_id: Id
    thread_of: Id | None = None
    author_id: Id | None = None
    from_staff: Flag = False
    sent_at: Instant | None = None
    version: Count
    deleted: Flag = False
    recorded_at: Instant | None = None


class ConsentNeedFact(Schema):
    """A form that one person needs for one unit (or for no unit in particular), and the consent that meets it.

    `need_id` is derived from person, kind and unit. `needed_from`: the first booked session that asks for it.
    `problem` says why nothing on file meets it: none, unsigned, expired, revoked, superseded, signer, composition, …
    `signer_ids` and `signer_roles`: who has to sign, in the same order.
    """

    practice_id: Id
    need_id: Id
    client_id: Id
    kind: Word
    unit_id: Id | None = None
    cycle: Word | None = None
    form_version: Word | None = None
    language: Word | None = None
    needed_from: Instant | None = None
    sessions_count: Count = 0
    met_by: Id | None = None
    met_until: Instant | None = None
    problem: Word | None = None
    last_consent_id: Id | None = None
    signer_ids: Many[Id] = ()
    signer_roles: Many[Word] = ()
    version: Count
    deleted: Flag = False
    recorded_at: Instant | None = None


EVIDENCE: dict[str, type[Schema]] = {
    "fact_practice": PracticeFact,
    "fact_charge": ChargeFact,
    "fact_authorization": AuthorizationFact,
    "fact_disclosure": DisclosureFact,
    "fact_portal_message": PortalMessageFact,
    "fact_consent_need": ConsentNeedFact,
}
"""Table name → the row that fills it."""

EVIDENCE_KEYS: dict[str, tuple[str, ...]] = {
    "fact_practice": ("practice_id",),
    "fact_charge": ("practice_id", "charge_id"),
    "fact_authorization": ("practice_id", "authorization_id"),
    "fact_disclosure": ("practice_id", "disclosure_id"),
    "fact_portal_message": ("practice_id", "message_id"),
    "fact_consent_need": ("practice_id", "need_id"),
}
"""Table name → what identifies a row (the table's ORDER BY)."""


class Evidence(Schema):
    """One row on its way: the table it belongs to and the row itself."""

    practice_id: Id
    table: Word
    row: PracticeFact | ChargeFact | AuthorizationFact | DisclosureFact | PortalMessageFact | ConsentNeedFact

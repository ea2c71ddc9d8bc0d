"""The rows a compliance report is made of, as they stood at one moment. Same fields as the facts of the same names.

Plain tuples: a practice-year has a quarter of a million of them. Ids, codes, times and amounts only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from schemas.remittance import ClaimAnswer


class PracticeRow(NamedTuple):
    practice_id: str
    name: str | None
    timezone: str | None
    state: str | None
    part2_program: bool | None
    policy_fingerprint: str | None
    own_policy: bool
    adopted_at: datetime | None


class SessionRow(NamedTuple):
    session_id: str
    kind: str
    unit_id: str | None
    lead_clinician_id: str | None
    status: str
    modality: str | None
    ended_at: datetime | None
    service_on: date | None
    booked_count: int
    attended_count: int


class VisitRow(NamedTuple):
    """One person booked for one session (fact_attendance)."""

    session_id: str
    client_id: str
    status: str | None
    service_on: date | None
    needed_consents: Sequence[str]
    missing_consents: Sequence[str]
    covered_by: Sequence[str]
    billable_code: str | None
    file_by: date | None


class NoteRow(NamedTuple):
    note_id: str
    session_id: str
    client_id: str | None
    author_id: str | None
    origin: str | None
    status: str | None
    kind: str | None
    service_on: date | None
    requested_at: datetime | None
    signed_at: datetime | None
    signed_by: str | None
    cosign_needed: bool
    cosigned_by: str | None
    cosigned_at: datetime | None
    amended: bool
    addendum_to: str | None
    participant_count: int | None
    context: Sequence[str]
    ai_consents: Sequence[str]


class ClaimRow(NamedTuple):
    claim_id: str
    session_id: str | None
    client_id: str
    payer: str | None
    status: str
    service_on: date | None
    total_cents: int | None
    codes: Sequence[str]
    sequence: str | None
    frequency: int | None
    standing: bool
    queued_at: datetime | None
    submitted_at: datetime | None
    file_by: date | None


class ChargeRow(NamedTuple):
    charge_id: str
    session_id: str
    client_id: str
    code: str | None
    service_on: date | None
    amount_cents: int | None


class ConsentRow(NamedTuple):
    consent_id: str
    client_id: str
    kind: str
    status: str | None
    signed_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    form_version: str | None
    language: str | None
    unit_id: str | None
    cycle: str | None
    signer_ids: Sequence[str]
    signer_roles: Sequence[str]
    partly_revoked_at: datetime | None
    missing_elements: Sequence[str]


class AuthorizationRow(NamedTuple):
    authorization_id: str
    client_id: str
    payer: str | None
    kind: str | None
    codes: Sequence[str]
    starts_on: date | None
    ends_on: date | None
    units_approved: int | None
    units_used: int | None


class DisclosureRow(NamedTuple):
    disclosure_id: str
    client_id: str | None
    unit_id: str | None
    status: str | None
    recipient_class: str | None
    purpose: str | None
    contents: Sequence[str]
    under_consents: Sequence[str]
    part2: bool | None
    part2_notice: bool | None
    consent_copy: bool | None
    asked_at: datetime | None
    sent_at: datetime | None


class MessageRow(NamedTuple):
    message_id: str
    thread_of: str | None
    author_id: str | None
    from_staff: bool
    sent_at: datetime | None


class NeedRow(NamedTuple):
    """One form one person needs (fact_consent_need)."""

    need_id: str
    client_id: str
    kind: str
    unit_id: str | None
    cycle: str | None
    form_version: str | None
    language: str | None
    needed_from: datetime | None
    sessions_count: int
    met_by: str | None
    met_until: datetime | None
    problem: str | None
    last_consent_id: str | None
    signer_ids: Sequence[str]
    signer_roles: Sequence[str]


class FindingRow(NamedTuple):
    finding_id: str
    rule: str
    rule_version: str
    state: str
    severity: str
    subject: Mapping[str, str]
    predicts: str | None
    money_at_stake_cents: int | None
    opened_at: datetime
    changed_at: datetime
    historical: bool
    evidence: Sequence[str]


class RequestRow(NamedTuple):
    request_id: str
    session_id: str
    clinician_id: str | None
    client_ids: Sequence[str]
    state: str
    requested_at: datetime
    changed_at: datetime


class DraftRow(NamedTuple):
    """One draft that Conjoint made: with what, from what, and how many people were left out."""

    draft_id: str
    request_id: str
    session_id: str
    client_ids: Sequence[str]
    state: str
    drafter: str
    model: str | None
    prompt_id: str | None
    prompt_version: str | None
    transcript_used: bool
    withheld: int
    created_at: datetime


class AccessRow(NamedTuple):
    """One look at, or act on, a record by a person of the practice."""

    at: datetime
    who: str
    role: str | None
    action: str
    subject: str | None


class RemittanceRow(NamedTuple):
    """What a payer's last 835 says of one claim. `carcs`: with which it refused money that a rule could have foreseen
    (not contract or the patient's share); `paid`: it was decided, and not denied."""

    claim_id: str
    carcs: Sequence[str]
    denied: bool
    paid: bool

    @classmethod
    def of(cls, claim_id: str, answer: ClaimAnswer) -> "RemittanceRow":
        """What an answer says, about the claim by one of its names."""
        return cls(claim_id, answer.denials, answer.outcome == "denied", answer.outcome == "paid")


class SignedDraftRow(NamedTuple):
    """One draft of Conjoint that a clinician signed at the review desk. `changed_share`: of its words, 0 to 1."""

    draft_id: str
    signed_by: str
    signed_at: datetime
    cosigned_by: str | None
    changed_share: float | None


ROWS: dict[str, type[Any]] = {
    "fact_practice": PracticeRow,
    "fact_session": SessionRow,
    "fact_attendance": VisitRow,
    "fact_note": NoteRow,
    "fact_claim": ClaimRow,
    "fact_charge": ChargeRow,
    "fact_consent": ConsentRow,
    "fact_authorization": AuthorizationRow,
    "fact_disclosure": DisclosureRow,
    "fact_portal_message": MessageRow,
    "fact_consent_need": NeedRow,
    "fact_finding": FindingRow,
    "fact_draft_request": RequestRow,
}
"""Table → the row that is read from it; its fields are columns of that table."""


@dataclass(frozen=True)
class Period:
    """Local days `first_on` to `last_on`, both included; nothing recorded after `as_of` counts."""

    first_on: date
    last_on: date
    as_of: datetime
    zone: ZoneInfo

    def has_day(self, day: date | None) -> bool:
        """The day lies in the period."""
        return day is not None and self.first_on <= day <= self.last_on

    def has(self, moment: datetime | None) -> bool:
        """The moment lies on a local day of the period."""
        return moment is not None and self._starts_at <= moment < self._ends_at

    @cached_property
    def _starts_at(self) -> datetime:
        return datetime.combine(self.first_on, time(), self.zone).astimezone(UTC)

    @cached_property
    def _ends_at(self) -> datetime:
        return datetime.combine(self.last_on + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def day_of(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.zone).date()

    @property
    def today(self) -> date:
        """The local day of `as_of`."""
        return self.day_of(self.as_of)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything known of one practice at one moment. `drafts`, `access`, `remittances`, `signed_drafts` None =
    nobody keeps them, or who does did not answer."""

    practice: PracticeRow
    sessions: Sequence[SessionRow] = ()
    visits: Sequence[VisitRow] = ()
    notes: Sequence[NoteRow] = ()
    claims: Sequence[ClaimRow] = ()
    charges: Sequence[ChargeRow] = ()
    consents: Sequence[ConsentRow] = ()
    authorizations: Sequence[AuthorizationRow] = ()
    disclosures: Sequence[DisclosureRow] = ()
    messages: Sequence[MessageRow] = ()
    needs: Sequence[NeedRow] = ()
    findings: Sequence[FindingRow] = ()
    requests: Sequence[RequestRow] = ()
    drafts: Sequence[DraftRow] | None = None
    access: Sequence[AccessRow] | None = None
    remittances: Sequence[RemittanceRow] | None = None
    signed_drafts: Sequence[SignedDraftRow] | None = None
    rule_titles: Mapping[str, str] = field(default_factory=dict)

    def of(self, rules: Iterable[str]) -> list[FindingRow]:
        """The findings of these rules, open or resolved."""
        wanted = frozenset(rules)
        return [finding for finding in self.findings if finding.rule in wanted]


LEDGER_FIELDS: dict[str, str] = {
    "fact_session": "sessions",
    "fact_attendance": "visits",
    "fact_note": "notes",
    "fact_claim": "claims",
    "fact_charge": "charges",
    "fact_consent": "consents",
    "fact_authorization": "authorizations",
    "fact_disclosure": "disclosures",
    "fact_portal_message": "messages",
    "fact_consent_need": "needs",
    "fact_finding": "findings",
    "fact_draft_request": "requests",
}
"""Table → the field of Ledger its rows go to."""

BY_DAY = frozenset({"fact_session", "fact_attendance", "fact_note", "fact_claim", "fact_charge"})
"""Tables of which only the period's days of service are read."""

"""What is known of one person: record, consents, insurance. A read-only view over a client's file; pure."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from schemas.care import (
    Authorization,
    Client,
    Consent,
    Coverage,
    Eligibility,
    Message,
    Plan,
    Relationship,
)
from streams.files import File, Held
from streams.practice_view import PracticeView

T = TypeVar("T")

MOMENTS_KEPT = 64
"""Of how many kinds and moments a view remembers what held: those of the sessions looked at lately."""


def consent_holds(consent: Consent, moment: datetime) -> bool:
    """Signed by then, not yet expired, not wholly revoked by then. Whose signature it is, is another question."""
    if consent.signed_at is None or consent.signed_at > moment:
        return False
    if consent.expires is not None and consent.expires <= moment:
        return False
    revoked_at = revoked_wholly_at(consent)
    return revoked_at is None or revoked_at > moment


_ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)


def revoked_wholly_at(consent: Consent) -> datetime | None:
    """When it was revoked as a whole: None = it was not. A revocation nobody dated counts from the beginning."""
    revocation = consent.revocation
    if consent.revoked_at is not None:
        return consent.revoked_at
    if consent.status == "revoked":
        return _ALWAYS if revocation is None or revocation.at is None else revocation.at
    # revoked in the form's own words, though the source still calls it active
    return revocation.at if revocation is not None and revocation.scope == "all" else None


@dataclass(frozen=True)
class ClientView:
    """One client's file, or what little is known of somebody without one."""

    id: str
    file: File | None
    practice: PracticeView | None = None
    _held: dict[tuple[str, datetime], tuple[Held[Consent], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _worked_out: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False, compare=False)

    def worked_out(self, of: "Callable[[ClientView], T]") -> T:
        """What a pure function makes of this person's file and practice alone, asked once for as long as both say the
        same: the other eleven of a group do not change when one does."""
        if of not in self._worked_out:
            self._worked_out[of] = of(self)
        known: T = self._worked_out[of]
        return known

    @cached_property
    def record(self) -> Held[Client] | None:
        """The client; None if the EHR has not said who this is."""
        return None if self.file is None else self.file.one("client")

    def consents(self, kind: str) -> tuple[Held[Consent], ...]:
        """Every consent of a kind, whatever its state."""
        return self._consents_by_kind.get(kind, ())

    @cached_property
    def every_consent(self) -> tuple[Held[Consent], ...]:
        """Every consent, sorted by id; one without an end of its own ends when the policy says that its kind does."""
        on_file = () if self.file is None else self.file.all("consent")
        if self.practice is None or not self.practice.consents_end:
            return on_file
        return tuple(self._ending(self.practice, consent) for consent in on_file)

    def _ending(self, practice: PracticeView, consent: Held[Consent]) -> Held[Consent]:
        data, state = consent.data, None if self.record is None else self.record.data.state
        if data.expires is not None or data.signed_at is None:
            return consent
        signed_on = practice.day_of(data.signed_at)
        days = practice.policies.on(signed_on).valid_days(data.kind, state)
        if days is None:
            return consent
        return replace(
            consent, data=data.model_copy(update={"expires": practice.end_of(signed_on + timedelta(days=days))})
        )

    @cached_property
    def last_signed_at(self) -> datetime | None:
        """The latest moment at which a form was signed, by its own date or by the first of its signatures."""
        moments = [consent.data.signed_at for consent in self.every_consent if consent.data.signed_at is not None]
        for consent in self.every_consent:
            moments += [min(times)] if (times := [s.at for s in consent.data.signers if s.at is not None]) else []
        return max(moments, default=None)

    @cached_property
    def _consents_by_kind(self) -> dict[str, tuple[Held[Consent], ...]]:
        by_kind: dict[str, tuple[Held[Consent], ...]] = {}
        for consent in self.every_consent:
            by_kind[consent.data.kind] = (*by_kind.get(consent.data.kind, ()), consent)
        return by_kind

    def consents_holding(self, kind: str, moment: datetime) -> tuple[Held[Consent], ...]:
        """The consents of a kind that hold at that moment."""
        known = self._held.get((kind, moment))
        if known is None:
            if len(self._held) >= MOMENTS_KEPT:
                self._held.clear()
            known = tuple(c for c in self.consents(kind) if consent_holds(c.data, moment))
            self._held[kind, moment] = known
        return known

    @cached_property
    def signed_by_guardian(self) -> frozenset[str]:
        """The kinds of consent that some guardian has signed for this person, ever."""
        return frozenset(c.data.kind for c in self.every_consent if any(s.role == "guardian" for s in c.data.signers))

    @property
    def coverages(self) -> tuple[Held[Coverage], ...]:
        """Every coverage, sorted by id."""
        return () if self.file is None else self.file.all("coverage")

    def coverage(self, coverage_id: str | None) -> Held[Coverage] | None:
        """The coverage with this id."""
        return self._coverages.get(coverage_id or "")

    @cached_property
    def _coverages(self) -> dict[str, Held[Coverage]]:
        return {held.id: held for held in self.coverages}

    @property
    def eligibilities(self) -> tuple[Held[Eligibility], ...]:
        """Every answer of a payer, sorted by id."""
        return () if self.file is None else self.file.all("eligibility")

    @property
    def authorizations(self) -> tuple[Held[Authorization], ...]:
        """Every authorization, sorted by id."""
        return () if self.file is None else self.file.all("authorization")

    @property
    def plans(self) -> tuple[Held[Plan], ...]:
        """Every treatment plan, sorted by id."""
        return () if self.file is None else self.file.all("plan")

    @property
    def is_patient(self) -> bool:
        """False only for somebody the EHR calls a collateral."""
        record = self.record
        return record is None or record.data.patient is not False

    def eighteenth_birthday(self) -> date | None:
        """The day the client comes of age; 1 March for those born on 29 February."""
        record = self.record
        dob = None if record is None else record.data.dob
        if dob is None:
            return None
        try:
            return dob.replace(year=dob.year + 18)
        except ValueError:
            return date(dob.year + 18, 3, 1)

    def age_on(self, day: date) -> int | None:
        """Full years on a day; those born on 29 February grow older on 1 March of a common year."""
        record = self.record
        dob = None if record is None else record.data.dob
        return None if dob is None else day.year - dob.year - ((day.month, day.day) < (dob.month, dob.day))

    def relationships(self) -> tuple[Held[Relationship], ...]:
        """Who is what to this client, past and present."""
        return () if self.file is None else self.file.all("relationship")

    def messages(self, kind: str) -> tuple[Held[Message], ...]:
        """Every message of a kind in this client's file."""
        return () if self.file is None else tuple(m for m in self.file.all("message") if m.data.kind == kind)


def client_view(practice: PracticeView, client_id: str, file: File | None) -> ClientView:
    """The view of a client; what it has worked out is kept with the file until file or practice say something new."""
    if file is None:
        return ClientView(client_id, None, practice)
    if file.view is not None and file.view[0] == file.generation:
        known: ClientView = file.view[1]
        if known.practice is practice:
            return known
    view = ClientView(client_id, file, practice)
    file.view = (file.generation, view)
    return view


def has_ledger(practice: PracticeView, file: File | None) -> bool:
    """Somebody keeps count of this client's visits: a payer by authorized units, or a plan by a visit limit."""
    if file is None:
        return False
    return bool(file.all("authorization")) or any(visit_limits(practice, c.data) for c in file.all("coverage"))


def visit_limits(practice: PracticeView, coverage: Coverage) -> dict[str, int]:
    """How many visits of each kind a coverage pays for in a benefit year: its own limits, else those of its product."""
    return dict(coverage.visit_limits) or practice.policy.plan(coverage.payer, coverage.product).visit_limits

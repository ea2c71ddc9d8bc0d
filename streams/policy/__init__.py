"""What do payers, states and this practice ask for on a day? Effective-dated tables, with the practice's own over them.

Typed and frozen; every value that a payer or practice may set differently is here, none is a constant in a rule. A
practice's document may hold `tables` of rows with dates, and plain values, which hold always and win over every row.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.reasons import Poison, Reason
from schemas.wrong_fields import where_of
from streams.policy.tables import Tables, WrongTables, boundaries, defaults, said_on, tables_of


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)


class PayerPolicy(_Table):
    """What one payer asks for. `filing_days` count from the date of service to receipt."""

    name: str = ""
    kind: str = "commercial"
    group_min: int = 2
    group_max: int = 12
    filing_days: int = 365
    eligibility_rule: str = "window"
    auth_required_codes: tuple[str, ...] = ()
    requires_mh_primary_dx: bool = True
    mental_health_only: bool = False
    level_modifiers: dict[str, str] = {}
    """Level (masters) or credential (LCSW) → modifier; or the other way round."""
    required_modifiers: dict[str, Any] | tuple[str, ...] = ()
    excluded_codes: tuple[str, ...] = ()
    group_presence_min_minutes: int | None = None


class PlanPolicy(_Table):
    """What one product of a payer adds to the payer's rules."""

    excluded_codes: tuple[str, ...] = ()
    auth_required_codes: tuple[str, ...] = ()
    visit_limits: dict[str, int] = {}


class CodePair(_Table):
    """A procedure-to-procedure edit: two codes one clinician may not bill for one patient and day.

    `indicator` 0: never; 1: with a modifier that says it was a distinct service, on the code of `modifier_on`.
    """

    col1: str
    col2: str
    indicator: int = 1
    modifier_on: Literal["col1", "col2"] = "col2"
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None

    @property
    def needs_modifier(self) -> str:
        """The code whose line must carry the modifier."""
        return self.col1 if self.modifier_on == "col1" else self.col2

    def holds_on(self, day: date) -> bool:
        """In force on a day, both ends included."""
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)


WithoutAiConsent = Literal["exclude", "own_notes", "block"]


class DraftingPolicy(_Table):
    """What a practice lets be drafted, and from what.

    `without_ai_consent`: when somebody present has not consented to AI assistance, leave that person out (`exclude`),
    draft from the clinician's own outline alone (`own_notes`), or not at all (`block`); `by_state` overrides it.
    `prompts`: a group's id or name, or a kind of session → the prompt's id. `follow_days`: how long after a session its
    draft follows what changes. `model`: whether a language model may be asked at all.
    """

    without_ai_consent: WithoutAiConsent = "exclude"
    by_state: dict[str, WithoutAiConsent] = {}
    prompts: dict[str, str] = {}
    template: Literal["SOAP", "DAP", "BIRP", "GIRP", "SIRP"] = "DAP"
    follow_days: int = Field(default=14, ge=1, le=365)
    model: bool = True


class Policy(_Table):
    """One practice's policy. Keys beyond these are kept and readable by rules that know them."""

    missed_revenue_hours: int
    group_presence_min_minutes: int | None
    eligibility_window_days: int
    reacknowledge_on_new_member: bool
    rejected_resubmit_days: int
    filing_percent: dict[str, int]
    consent_alert_hours_ahead: int
    consent_expiry_notice_days: tuple[int, ...]
    ai_vendor: dict[str, bool | None] = {}
    minor_self_consent_age: dict[str, dict[str, int | None]] = {}
    state_consent_sets: dict[str, Any] = {}
    payers: dict[str, PayerPolicy]
    plans: dict[str, dict[str, PlanPolicy]] = {}
    """Payer → product → what it adds."""
    mue_per_day: dict[str, int] = {}
    ptp: tuple[CodePair, ...] = ()
    note_similarity_percent: int = 80
    draft_lookback_hours: int = 24
    draft_attendance_wait_minutes: int = 60
    ai_notice_states: tuple[str, ...] = ()
    """States whose law asks for written notice that AI is used, and for what."""
    consent_valid_days: dict[str, dict[str, int | None]] = {}
    """Kind of consent → state (`*` = everywhere) → days a signed form holds; None = until revoked."""
    note_timeliness_hours: dict[str, int] = {}
    """due, late, very_late, critical → hours after the session's end."""
    cosign_credentials: dict[str, bool] = {}
    """Credential → its notes need a cosignature."""
    drafting: DraftingPolicy = DraftingPolicy()

    def payer(self, payer_id: str | None) -> PayerPolicy:
        """The payer's rules; a payer nobody described gets the defaults."""
        return self.payers.get(payer_id or "", _UNDESCRIBED)

    def plan(self, payer_id: str | None, product: str | None) -> PlanPolicy:
        """What a product of a payer adds; nothing for one nobody described."""
        return self.plans.get(payer_id or "", {}).get(product or "", _NO_PLAN)

    def valid_days(self, kind: str, state: str | None) -> int | None:
        """How many days a signed form of a kind holds in a state; None = until it is revoked."""
        by_state = self.consent_valid_days.get(kind, {})
        return by_state.get(state or "*", by_state.get("*"))


_UNDESCRIBED, _NO_PLAN = PayerPolicy(), PlanPolicy()


def merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`: tables deep, lists and values replaced."""
    result = dict(base)
    for key, value in own.items():
        known = result.get(key)
        result[key] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


class PolicyBook:
    """A practice's policy through time. Ask it for a day; the same day gives the same policy."""

    def __init__(self, tables: tuple[Tables, ...], plain: tuple[Mapping[str, Any], ...]) -> None:
        self._tables = (defaults(), *tables)
        self._plain = plain
        self._boundaries = boundaries(self._tables)
        self._policies: dict[int, Policy] = {}
        self.own_boundaries = tuple(boundaries(tables))
        """Days on which the practice's own rows change what holds."""

    def on(self, day: date | None) -> Policy:
        """What holds on a day; None = after the last change."""
        index = len(self._boundaries) if day is None else bisect_right(self._boundaries, day)
        known = self._policies.get(index)
        if known is None:
            known = self._policies[index] = self._compose(index)
        return known

    def _compose(self, index: int) -> Policy:
        first = date.min if index == 0 else self._boundaries[index - 1]
        document = said_on(first, self._tables)
        for plain in self._plain:
            document = merged(document, dict(plain))
        return Policy.model_validate(document)

    @property
    def every(self) -> tuple[Policy, ...]:
        """The policy of every span of time, earliest first. Raises ValidationError for values that are none."""
        return tuple(self.on(day) for day in (date.min, *self._boundaries))


@lru_cache(maxsize=1024)
def policy_of(*documents: str) -> PolicyBook:
    """The policy of a practice with these JSON documents (none = the defaults alone), later ones over earlier ones.

    Raises Poison IMPOSSIBLE_VALUE, naming the field, for a document that is not a policy.
    """
    tables: list[Tables] = []
    plain: list[Mapping[str, Any]] = []
    try:
        for document in documents:
            own = orjson.loads(document)
            if not isinstance(own, dict):
                raise Poison(Reason.IMPOSSIBLE_VALUE, "policy document: not an object")
            if "tables" in own:
                tables.append(tables_of(own.pop("tables")))
            plain.append(own)
        book = PolicyBook(tuple(tables), tuple(plain))
        tuple(book.every)  # a value that is none on some day raises here
    except WrongTables as error:
        raise Poison(Reason.IMPOSSIBLE_VALUE, str(error)) from None
    except ValidationError as error:
        raise Poison(Reason.IMPOSSIBLE_VALUE, where_of(error)) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise Poison(Reason.IMPOSSIBLE_VALUE, f"policy document: {type(error).__name__}") from None
    return book

"""What has this practice decided? The default policy with the practice's own document merged over it.

Typed and frozen; every value that a payer or practice may set differently is here, none is a constant in a rule.
"""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.codec import where_of
from schemas.reasons import Poison, Reason

_DEFAULT = Path(__file__).parent / "default-policy.json"


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
    mue_per_day: dict[str, int]
    ptp: tuple[CodePair, ...]
    note_similarity_percent: int = 80
    draft_lookback_hours: int = 24
    draft_attendance_wait_minutes: int = 60

    def payer(self, payer_id: str | None) -> PayerPolicy:
        """The payer's rules; a payer nobody described gets the defaults."""
        return self.payers.get(payer_id or "", _UNDESCRIBED)


_UNDESCRIBED = PayerPolicy()


def merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`: tables deep, lists and values replaced."""
    result = dict(base)
    for key, value in own.items():
        known = result.get(key)
        result[key] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


@lru_cache(maxsize=1024)
def policy_of(document: str | None = None) -> Policy:
    """The policy of a practice with this JSON document (None = the defaults alone).

    Raises Poison IMPOSSIBLE_VALUE, naming the field, for a document that is not a policy.
    """
    base = orjson.loads(_DEFAULT.read_bytes())
    try:
        own = {} if document is None else orjson.loads(document)
        return Policy.model_validate(merged(base, own))
    except ValidationError as error:
        raise Poison(Reason.IMPOSSIBLE_VALUE, where_of(error)) from None
    except (ValueError, AttributeError) as error:
        raise Poison(Reason.IMPOSSIBLE_VALUE, f"policy document: {type(error).__name__}") from None

"""What may stand in a row of a policy table? One class a table: its columns, its key, and what it adds to a policy.

A row holds from `from` to `to`, both included, blank = without end; it names its source and whether that was verified.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Key = tuple[str, ...]
Text = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{5}$")]
Modifier = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2}$")]
State = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


def _list(cell: Any) -> Any:
    return tuple(cell.split()) if isinstance(cell, str) else cell


def _table(cell: Any) -> Any:
    """`masters=HO doctoral=HP`; a name may stand more than once with single values joined by +."""
    if not isinstance(cell, str):
        return cell
    pairs = [word.partition("=") for word in cell.split()]
    if any(not name or not sign or not value for name, sign, value in pairs):
        raise ValueError("write name=value, several with a space between")
    return {name: value for name, _, value in pairs}


def _lists_by_name(cell: Any) -> Any:
    table = _table(cell)
    if not isinstance(table, dict):
        return table
    return {name: value.split("+") if isinstance(value, str) else value for name, value in table.items()}


def _yes(cell: Any) -> Any:
    return {"yes": True, "no": False}.get(cell.casefold(), cell) if isinstance(cell, str) else cell


Codes = Annotated[tuple[Code, ...], BeforeValidator(_list)]
Words = Annotated[tuple[Text, ...], BeforeValidator(_list)]
Table = Annotated[dict[str, str], BeforeValidator(_table)]
Counts = Annotated[dict[str, Annotated[int, Field(ge=0)]], BeforeValidator(_table)]
ListsByName = Annotated[dict[str, list[Modifier]], BeforeValidator(_lists_by_name)]
YesNo = Annotated[bool, BeforeValidator(_yes)]
Whole = Annotated[int, Field(ge=0, le=100_000)]


class Row(BaseModel):
    """What every row has."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)

    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    ONLY_DEFAULT: ClassVar[bool] = False
    """The same for every practice; a practice's own folder may not hold such a table."""
    REPLACES: ClassVar[bool] = False
    """Whoever says anything of a key says all of it: the defaults of that key hold on no day."""

    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    source: Text
    mark: Literal["verified", "unverified"]

    @property
    def key(self) -> Key:
        """What the row is about: of several rows with one key, one holds on a day."""
        return tuple(str(getattr(self, name)) for name in self.KEY)

    def holds_on(self, day: date) -> bool:
        """In force on a day, both ends included."""
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)

    def overlaps(self, other: "Row") -> bool:
        """Some day is in both."""
        starts_in_time = self.from_ is None or other.to is None or self.from_ <= other.to
        return starts_in_time and (other.from_ is None or self.to is None or other.from_ <= self.to)

    @property
    def said(self) -> dict[str, Any]:
        """The cells that were filled in, without key, dates and source: a blank cell leaves what held before."""
        every = self.model_dump(exclude_unset=True, exclude={"from_", "to", "source", "mark", *self.KEY})
        return {name: value for name, value in every.items() if value is not None}

    def add_to(self, policy: dict[str, Any]) -> None:
        """Put what the row says into a policy document, over what stands there."""
        raise NotImplementedError


class Payer(Row):
    """One payer: who it is, its group sizes, filing limit, and what it asks for."""

    TABLE = "payers"
    KEY = ("payer",)
    payer: Text
    name: Text | None = None
    kind: Literal["commercial", "medicare", "medicaid", "eap", "tricare", "other"] | None = None
    group_min: Whole | None = None
    group_max: Whole | None = None
    group_presence_min_minutes: Whole | None = None
    filing_days: Whole | None = None
    eligibility_rule: Literal["window", "same_month"] | None = None
    auth_required_codes: Codes | None = None
    requires_mh_primary_dx: YesNo | None = None
    mental_health_only: YesNo | None = None
    level_modifiers: Table | None = None
    required_modifiers: ListsByName | None = None
    excluded_codes: Codes | None = None

    def add_to(self, policy: dict[str, Any]) -> None:
        policy.setdefault("payers", {}).setdefault(self.payer, {}).update(_plain(self.said))


class Plan(Row):
    """One product of a payer: what it leaves out, limits and wants authorized beyond the payer's own rules."""

    TABLE = "plans"
    KEY = ("payer", "product")
    payer: Text
    product: Text
    excluded_codes: Codes | None = None
    auth_required_codes: Codes | None = None
    visit_limits: Counts | None = None

    def add_to(self, policy: dict[str, Any]) -> None:
        products = policy.setdefault("plans", {}).setdefault(self.payer, {})
        products.setdefault(self.product, {}).update(_plain(self.said))


class CodePair(Row):
    """A procedure-to-procedure edit. Indicator 0: never; 1: with a modifier; 9: the pair is none any more."""

    TABLE = "code_pairs"
    KEY = ("col1", "col2")
    REPLACES = True
    col1: Code
    col2: Code
    indicator: Annotated[int, Field(ge=0, le=9)] = 1
    modifier_on: Literal["col1", "col2"] = "col2"

    def add_to(self, policy: dict[str, Any]) -> None:
        pairs: list[dict[str, Any]] = policy.setdefault("ptp", [])
        pairs[:] = [pair for pair in pairs if (pair["col1"], pair["col2"]) != self.key]
        if self.indicator != NOT_APPLICABLE:
            pairs.append(
                {
                    "col1": self.col1,
                    "col2": self.col2,
                    "indicator": self.indicator,
                    "modifier_on": self.modifier_on,
                    "from": _text(self.from_),
                    "to": _text(self.to),
                }
            )


NOT_APPLICABLE = 9


class UnitLimit(Row):
    """How many units of a code are payable for a patient and day; blank: no limit. `mai`: the MUE's indicator."""

    TABLE = "unit_limits"
    KEY = ("code",)
    REPLACES = True
    code: Code
    units_per_day: Whole | None = None
    mai: Literal["1", "2", "3"] | None = None

    def add_to(self, policy: dict[str, Any]) -> None:
        limits = policy.setdefault("mue_per_day", {})
        limits.pop(self.code, None)
        if self.units_per_day is not None:
            limits[self.code] = self.units_per_day


class StateRule(Row):
    """What a state's law sets: ages at which a minor consents alone, notice of AI, the set of consents to sign."""

    TABLE = "states"
    KEY = ("state",)
    state: State
    minor_self_consent_age_mental_health: Annotated[int, Field(ge=0, le=18)] | None = None
    minor_self_consent_age_sud: Annotated[int, Field(ge=0, le=18)] | None = None
    ai_notice: YesNo | None = None
    consent_set: Words | None = None

    def add_to(self, policy: dict[str, Any]) -> None:
        ages = {
            "mental_health": self.minor_self_consent_age_mental_health,
            "sud": self.minor_self_consent_age_sud,
        }
        known = {kind: age for kind, age in ages.items() if age is not None}
        if known:
            policy.setdefault("minor_self_consent_age", {}).setdefault(self.state, {}).update(known)
        if self.consent_set is not None:
            policy.setdefault("state_consent_sets", {})[self.state] = list(self.consent_set)
        if self.ai_notice is not None:
            states = set(policy.get("ai_notice_states", ())) - {self.state}
            policy["ai_notice_states"] = sorted(states | ({self.state} if self.ai_notice else set()))


class ConsentKind(Row):
    """How long a signed form of a kind holds in a state (`*` = everywhere); blank: until it is revoked."""

    TABLE = "consent_kinds"
    KEY = ("kind", "state")
    kind: Text
    state: Literal["*"] | State
    valid_days: Annotated[int, Field(ge=1, le=36_500)] | None = None

    def add_to(self, policy: dict[str, Any]) -> None:
        policy.setdefault("consent_valid_days", {}).setdefault(self.kind, {})[self.state] = self.valid_days


class NoteTimeliness(Row):
    """After how many hours an unsigned note is due, late, critical."""

    TABLE = "note_timeliness"
    KEY = ("level",)
    level: Literal["due", "late", "very_late", "critical"]
    hours: Whole

    def add_to(self, policy: dict[str, Any]) -> None:
        policy.setdefault("note_timeliness_hours", {})[self.level] = self.hours


class SignOff(Row):
    """Whose notes need a cosignature, by credential, where the EHR does not say who is supervised."""

    TABLE = "sign_off"
    KEY = ("credential",)
    credential: Text
    cosign: YesNo

    def add_to(self, policy: dict[str, Any]) -> None:
        policy.setdefault("cosign_credentials", {})[self.credential] = self.cosign


class Setting(Row):
    """One value of the practice; a dot leads into a table: `filing_percent.warn`."""

    TABLE = "settings"
    KEY = ("setting",)
    setting: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)?$", max_length=60)]
    value: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] | None = None

    def add_to(self, policy: dict[str, Any]) -> None:
        name, _, inner = self.setting.partition(".")
        if inner:
            policy.setdefault(name, {})[inner] = _value(self.value)
        else:
            policy[name] = _value(self.value)


class ProcedureCode(Row):
    """What a procedure code may be used for; the same for every payer."""

    TABLE = "procedure_codes"
    KEY = ("code",)
    ONLY_DEFAULT = True
    code: Code
    family: Text
    least_minutes: Whole | None = None
    most_minutes: Whole | None = None
    each_further_minutes: Whole | None = None
    add_on_to: Codes = ()
    never_with: Codes = ()
    programs: Words = ()
    substance_use_only: YesNo = False


class ModifierMeaning(Row):
    """What a modifier says."""

    TABLE = "modifiers"
    KEY = ("modifier",)
    ONLY_DEFAULT = True
    modifier: Modifier
    says: Literal["distinct_service", "telehealth", "level"]
    meaning: Text | None = None


ROWS: dict[str, type[Row]] = {
    row.TABLE: row
    for row in (
        Payer,
        Plan,
        CodePair,
        UnitLimit,
        StateRule,
        ConsentKind,
        NoteTimeliness,
        SignOff,
        Setting,
        ProcedureCode,
        ModifierMeaning,
    )
}
"""Table → its rows' class. A file `<table>.csv` holds one table."""


def _value(text: str | None) -> Any:
    if text in (None, ""):
        return None
    words = str(text).split()
    values = [{"yes": True, "no": False}.get(word, int(word) if word.isdigit() else word) for word in words]
    return values if len(values) > 1 else values[0]


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

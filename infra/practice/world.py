"""What happens next, and what did it write? The calendar of coming events and the pen they all write with.
Reads nothing but its seed; everything that follows is a function of (seed, anchor, backfill_days).
Must never ask for the real time, or iterate over anything unordered: a restart replays the same life.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from infra.practice.acts import PLANTED, Act, Operation, Value
from infra.practice.people import Clinician, Coverage, Names, Person, PracticePlan, Series, Unit

USUAL_MISTAKES: Final[Mapping[str, float]] = {
    "B01": 0.10,
    "B02": 0.010,
    "B06": 0.08,
    "B10": 0.02,
    "B20": 0.40,
    "B39": 0.08,
    "C01": 0.25,
    "C02": 0.30,
    "C06": 0.60,
    "C08": 0.04,
    "C15": 0.08,
}
"""How often a mistake is made when it could be: per claim, session, month, joining member, renewal …"""
NO_MISTAKES: Final[Mapping[str, float]] = {}


@dataclass(slots=True, eq=False)
class Claim:
    """A claim as the biller remembers it."""

    id: str
    person: Person
    coverage: Coverage
    lines: list[tuple[str, list[str], Decimal]]
    status: str
    day: date
    total: Decimal
    frequency: int = 1
    primary: "Claim | None" = None
    control_number: str | None = None
    plants: dict[str, str] = field(default_factory=dict)
    """Rule → the planted mistake about this claim."""


@dataclass(slots=True, eq=False)
class Session:
    """An appointment from booking to payment."""

    id: str
    kind: str
    practice: PracticePlan
    series: Series | None
    unit: Unit | None
    clinician: Clinician
    co: Clinician | None
    start_at: datetime
    minutes: int
    modality: str
    identified: Person | None
    recorded: bool
    purpose: str = ""
    """intake, crisis or opener; empty for a standing appointment."""
    participants: dict[str, str] = field(default_factory=dict)
    """Person id → id of the row that books them."""
    status: str = "SCHED"
    decided: dict[str, str] = field(default_factory=dict)
    attended: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    attendance: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    recording: str | None = None
    recording_plant: str | None = None
    recorded_unwilling: list[str] = field(default_factory=list)
    """Planted: ids of those in the room who had not consented to the recording."""
    request: str | None = None
    notes: dict[str, str] = field(default_factory=dict)
    complexity: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Sentences used in its notes."""
    unsigned: set[str] = field(default_factory=set)
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    gap_plants: dict[str, list[str]] = field(default_factory=dict)
    """Person id → planted consent gaps of this session that end if the person does not come."""


@dataclass(slots=True, eq=False)
class Gap:
    """A consent somebody has not signed, while sessions go on. Every session in the gap is a planted mistake."""

    rule: str
    person: Person
    unit: Unit | None
    opened_at: datetime
    from_day: date
    until_day: date | None
    plants: list[tuple[str, Session]] = field(default_factory=list)


Do = Callable[..., None]


@dataclass(slots=True)
class World:
    """The simulated world. Handlers read and change it and write rows through it."""

    seed: int
    anchor: datetime
    backfill_days: int
    mistakes: Mapping[str, float]
    rng: Random = field(init=False)
    start: datetime = field(init=False)
    now: datetime = field(init=False)
    local: datetime = field(init=False)
    """The present moment as the EHR of the present practice writes it."""
    practices: list[PracticePlan] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    clinicians: dict[str, list[Clinician]] = field(default_factory=dict)
    names: dict[str, Names] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    session_days: dict[tuple[str, date], list[Session]] = field(default_factory=lambda: defaultdict(list))
    """(practice id, local day) → sessions booked for it."""
    booked: dict[str, list[Session]] = field(default_factory=lambda: defaultdict(list))
    """Person id → sessions booked and not yet over."""
    postponed: dict[str, list[tuple[Series, date]]] = field(default_factory=lambda: defaultdict(list))
    """Person id → bookings that wait for the person to come of age and sign."""
    gaps: dict[str, list[Gap]] = field(default_factory=lambda: defaultdict(list))
    recorded_without: dict[str, list[Session]] = field(default_factory=lambda: defaultdict(list))
    """Planted. Person id → sessions recorded with them in the room and without their consent."""
    recent_claims: dict[str, list[tuple[Session, Claim]]] = field(default_factory=lambda: defaultdict(list))
    """Practice id → claims of the last weeks."""
    awaiting_draft: list[Session] = field(default_factory=list)
    """Sessions for which a draft was asked and the notes are not signed yet."""
    ad_hoc: set[tuple[str, date, int]] = field(default_factory=set)
    _planted_at: dict[str, datetime] = field(default_factory=dict)
    _practice: PracticePlan | None = None
    _events: list[tuple[datetime, int, PracticePlan, str, Do, tuple[Any, ...]]] = field(default_factory=list)
    _sequence: int = 0
    _ids: dict[str, int] = field(default_factory=dict)
    _operations: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(f"{self.seed}/{self.anchor.isoformat()}/{self.backfill_days}")  # noqa: S311 - a simulation
        self.start = (self.anchor - timedelta(days=self.backfill_days)).replace(minute=0, second=0, microsecond=0)
        self.now = self.start - timedelta(days=500)
        self.local = self.now.replace(tzinfo=None)

    # --- time ----------------------------------------------------------------------------------------------------

    def later(self, at: datetime, practice: PracticePlan, what: str, do: Do, *args: Any) -> None:
        """Have something happen at an instant, or at once if it has passed."""
        at = max(at, self.now).astimezone(UTC).replace(microsecond=0)
        self._sequence += 1
        heapq.heappush(self._events, (at, self._sequence, practice, what, do, args))

    def acts(self) -> Iterator[Act]:
        """Everything that happens, in order of time, without end."""
        while self._events:
            at, _, self._practice, what, do, args = heapq.heappop(self._events)
            self.now = max(self.now, at)
            self.local = self._practice.local(self.now)
            self._operations = []
            do(self, *args)
            if self._operations:
                yield Act(self.now, what, self._practice.id, tuple(self._operations))

    @property
    def practice(self) -> PracticePlan:
        """The practice in which the present event happens."""
        assert self._practice is not None
        return self._practice

    @property
    def today(self) -> date:
        return self.local.date()

    def office_hours(self, after: datetime) -> datetime:
        """The first moment not before `after` at which somebody sits at the front desk, a few minutes spread."""
        practice = self.practice
        day, hour = practice.day(after), practice.local(after).hour
        if hour >= 18:
            day, hour = day + timedelta(days=1), 0
        while day.weekday() == 6:
            day, hour = day + timedelta(days=1), 0
        opening = practice.instant(day, 8, self.rng.randint(0, 55))
        return max(after, opening)

    # --- chance --------------------------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def errs(self, rule: str) -> bool:
        """Is this mistake made now?"""
        rate = self.mistakes.get(rule, 0.0)
        return rate > 0 and self.rng.random() < rate

    def minutes(self, low: int, high: int) -> timedelta:
        return timedelta(minutes=self.rng.randint(low, high))

    # --- the pen -------------------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        self._ids[prefix] = self._ids.get(prefix, 0) + 1
        return f"{prefix}-{self._ids[prefix]:05d}"

    def insert(self, table: str, key: str, **values: Value) -> str:
        """Write a new row; the present moment is when it was made."""
        local = self.local
        written: dict[str, Value] = {"practice_id": self.practice.id, "created_at": local, "updated_at": local}
        written |= {column: value for column, value in values.items() if value is not None}
        self._operations.append(Operation("insert", table, key, written))
        return key

    def update(self, table: str, key: str, **values: Value) -> None:
        self._operations.append(Operation("update", table, key, {**values, "updated_at": self.local}))

    def remove(self, table: str, key: str) -> None:
        """Mark a row as deleted, as the EHR's screens do."""
        self.update(table, key, deleted_at=self.local)

    def plant(self, rule: str, subject: dict[str, Any], note: str, at: datetime | None = None) -> str:
        """Record a mistake made: from `at` (default now) on, the rule must find it."""
        key = self.new_id("PLANT")
        self._planted_at[key] = max(at or self.now, self.now)
        values: dict[str, Value] = {
            "practice_id": self.practice.id,
            "rule": rule,
            "subject": subject,
            "planted_at": self._planted_at[key],
            "note": note,
        }
        self._operations.append(Operation("insert", PLANTED, key, values))
        return key

    def repaired(self, planted: str) -> None:
        """The practice put a mistake right, just now; if it had not shown yet, it was none."""
        if self._planted_at.pop(planted) >= self.now:
            self._operations.append(Operation("delete", PLANTED, planted, {}))
        else:
            self._operations.append(Operation("update", PLANTED, planted, {"until_at": self.now}))

"""Who lives and works in the practices?
Reads nothing, writes nothing: plain objects the simulated life moves around, made from a seeded random source.
Must never make a real identifier: names are invented, NPIs are only well-formed.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final, Literal
from zoneinfo import ZoneInfo

from infra.practice import words

UnitKind = Literal["group", "multi_family", "family", "couple"]
SessionKind = Literal["group", "multi_family", "family", "couple", "individual", "crisis"]

CYCLE_DAYS: Final = 84
"""A group's cycle: twelve weeks."""
PAYERS: Final = ("PAY-COM", "PAY-COM2", "PAY-MCR", "PAY-MCD", "PAY-EAP")
PRODUCT: Final = {
    "PAY-COM": "commercial",
    "PAY-COM2": "commercial",
    "PAY-MCR": "medicare",
    "PAY-MCD": "medicaid",
    "PAY-EAP": "eap",
}
COPAY: Final = {"PAY-COM": "20.00", "PAY-COM2": "25.00", "PAY-MCR": "15.00", "PAY-MCD": "0.00", "PAY-EAP": "0.00"}
FEES: Final = {
    "90791": "200.00",
    "90832": "90.00",
    "90834": "120.00",
    "90837": "160.00",
    "90839": "190.00",
    "90840": "90.00",
    "90846": "130.00",
    "90847": "140.00",
    "90849": "55.00",
    "90853": "60.00",
    "90785": "20.00",
    "H0005": "45.00",
}
SERVICE_CODES: Final = tuple(FEES)


@dataclass(frozen=True, slots=True)
class PracticePlan:
    """How one practice is set up."""

    id: str
    name: str
    zone: ZoneInfo
    state: str
    city: str
    zip: str
    part2: bool
    groups: tuple[tuple[str, str, int, str], ...]
    """name, type (PSY | SUD | MFG), members, modality (OFF | VID)"""
    npi: str
    tax_id: str

    def local(self, at: datetime) -> datetime:
        """The wall-clock time in the practice, without zone, as its EHR writes it."""
        return at.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def day(self, at: datetime) -> date:
        """The local calendar day."""
        return at.astimezone(self.zone).date()

    def instant(self, day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
        """The instant of a local time."""
        return datetime.combine(day, time(hour, minute, second), self.zone).astimezone(UTC)


@dataclass(slots=True, eq=False)
class Coverage:
    """What one payer covers for one client."""

    id: str
    payer: str
    rank: int
    member_number: str
    relation: str
    subscriber: str
    start: date
    end: date | None
    copay: str
    authorizations: list["Authorization"] = field(default_factory=list)
    checked_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(slots=True, eq=False)
class Authorization:
    """Units a payer approved in advance."""

    id: str
    number: str
    start: date
    end: date
    units_left: int


@dataclass(slots=True, eq=False)
class Form:
    """A signed consent form."""

    id: str
    kind: str
    unit: str | None
    cycle: str | None
    signed_at: datetime
    expires_at: datetime | None
    by_guardian: bool
    revoked: bool = False


@dataclass(slots=True, eq=False)
class Clinician:
    """Somebody who treats."""

    id: str
    practice: PracticePlan
    name: str
    npi: str
    credential: str
    degree: str
    taxonomy: str
    supervisor: str | None
    slots: set[tuple[int, int, int]] = field(default_factory=set)
    """Taken (weekday, hour, parity of the week)."""
    forms: list[Form] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Person:
    """A patient, or a relative who is not one."""

    id: str
    practice: PracticePlan
    given: str
    family: str
    born: date
    language: str
    patient: bool
    registered_at: datetime
    sud: bool = False
    self_pay: bool = False
    restricted: bool = False
    ai_willing: bool = True
    guardian: "Person | None" = None
    diagnosis: str = "F33.1"
    second_diagnosis: str | None = None
    coverages: list[Coverage] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    plan: str | None = None
    plan_review_due: date | None = None
    guarded_by: list[str] = field(default_factory=list)
    """Ids of the relationships that end on coming of age."""
    last_seen_on: date | None = None
    weekdays: set[int] = field(default_factory=set)
    """Weekdays on which this person already has a standing appointment."""
    careless: bool = False
    """Planted: does not sign in their own name on coming of age."""
    discharged_on: date | None = None
    renews_late: bool = False
    """Planted: a consent of theirs is about to expire."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def eighteen_on(self) -> date:
        try:
            return self.born.replace(year=self.born.year + 18)
        except ValueError:
            return date(self.born.year + 18, 3, 1)

    def minor_on(self, day: date) -> bool:
        return day < self.eighteen_on

    def coverage_on(self, day: date, rank: int = 1) -> Coverage | None:
        return next((c for c in self.coverages if c.rank == rank and c.covers(day)), None)


@dataclass(slots=True, eq=False)
class Unit:
    """A group, a family or a couple."""

    id: str
    kind: UnitKind
    practice: PracticePlan
    name: str
    members: list[Person]
    identified: Person | None = None
    sud: bool = False
    cycle: str = ""
    cycle_start: date = date.min
    families: list["Unit"] = field(default_factory=list)
    membership: dict[str, str] = field(default_factory=dict)
    """Person id → id of the member row."""
    guest: str | None = None


@dataclass(slots=True, eq=False)
class Series:
    """A standing appointment."""

    id: str
    kind: SessionKind
    practice: PracticePlan
    clinician: Clinician
    co: Clinician | None
    unit: Unit | None
    person: Person | None
    weekday: int
    hour: int
    minute: int
    minutes: int
    every_weeks: int
    parity: int
    modality: str
    recorded: bool = False
    without_identified: bool = False
    """Every third session is with the relatives alone."""
    from_day: date = date.min
    ends_on: date | None = None

    def occurs_on(self, day: date) -> bool:
        if day.weekday() != self.weekday or day < self.from_day:
            return False
        if (self.ends_on is not None and day > self.ends_on) or (day.month, day.day) in {(12, 25), (1, 1)}:
            return False
        return (day.toordinal() // 7) % self.every_weeks == self.parity % self.every_weeks

    @property
    def people(self) -> list[Person]:
        if self.unit is not None:
            return self.unit.members
        return [] if self.person is None else [self.person]


PRACTICES: Final = (
    PracticePlan(
        "PR-LAKE",
        "Lakeshore Family & Group Therapy",
        ZoneInfo("America/Chicago"),
        "IL",
        "Chicago",
        "606061234",
        False,
        (
            ("DBT Skills", "PSY", 8, "OFF"),
            ("Mood and Anxiety", "PSY", 7, "OFF"),
            ("Adolescent Support", "PSY", 7, "OFF"),
            ("Trauma Processing", "PSY", 6, "VID"),
        ),
        "144551200",
        "36-1234567",
    ),
    PracticePlan(
        "PR-HUDSON",
        "Hudson Relational Therapy",
        ZoneInfo("America/New_York"),
        "NY",
        "Albany",
        "122071102",
        False,
        (
            ("Grief and Loss", "PSY", 8, "OFF"),
            ("Anxiety Lab", "PSY", 8, "VID"),
            ("Adolescent Skills", "PSY", 7, "OFF"),
            ("Multi-Family Workshop", "MFG", 4, "OFF"),
        ),
        "135660210",
        "14-7654321",
    ),
    PracticePlan(
        "PR-CASCADE",
        "Cascade Recovery & Family Center",
        ZoneInfo("America/Los_Angeles"),
        "WA",
        "Tacoma",
        "984021805",
        True,
        (
            ("Early Recovery", "SUD", 8, "OFF"),
            ("Relapse Prevention", "SUD", 7, "OFF"),
            ("DBT Skills", "PSY", 8, "OFF"),
            ("Living with Anxiety", "PSY", 7, "VID"),
        ),
        "167770330",
        "91-2233445",
    ),
)

CREDENTIALS: Final = (
    ("PhD", "D", "103TC0700X", False),
    ("LCSW", "M", "1041C0700X", False),
    ("LMFT", "M", "106H00000X", False),
    ("LPC", "M", "101YM0800X", False),
    ("LCSW", "M", "1041C0700X", False),
    ("LMFT", "M", "106H00000X", False),
    ("AMFT", "M", "106H00000X", True),
    ("LSW", "M", "1041C0700X", True),
)
ADULT_DIAGNOSES: Final = ("F33.1", "F41.1", "F43.10", "F34.1", "F40.10", "F33.0", "F42.2", "F31.81")
MINOR_DIAGNOSES: Final = ("F32.1", "F41.1", "F90.2", "F43.23", "F93.0", "F91.3")
SUD_DIAGNOSES: Final = ("F10.20", "F11.20", "F14.20", "F12.20")


def npi(nine_digits: str) -> str:
    """Nine digits and the Luhn check digit over 80840 + digits, as every NPI has."""
    total = 24  # what the prefix 80840 always adds
    for index, digit in enumerate(reversed(nine_digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return nine_digits + str(-total % 10)


def fee(code: str) -> Decimal:
    """What one unit of a code costs in every practice."""
    return Decimal(FEES[code])


@dataclass(slots=True)
class Names:
    """Hands out names, no two people of a practice with the same full name."""

    rng: Random
    used: set[str] = field(default_factory=set)

    def family(self) -> str:
        return self.rng.choice(words.FAMILY_NAMES)

    def given(self, family: str) -> str:
        while True:
            name = self.rng.choice(words.GIVEN_FEMALE if self.rng.random() < 0.5 else words.GIVEN_MALE)
            if f"{name} {family}" not in self.used:
                self.used.add(f"{name} {family}")
                return name


def born(rng: Random, on: date, from_age: int, to_age: int) -> date:
    """A birth date that makes somebody this old on a day, never 29 February."""
    day = on - timedelta(days=rng.randint(int(from_age * 365.25) + 1, int((to_age + 1) * 365.25) - 2))
    return day.replace(day=28) if (day.month, day.day) == (2, 29) else day

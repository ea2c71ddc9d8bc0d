"""What is known of the practice itself: its clock, its people, its policy. A read-only view over its file; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from schemas.care import (
    Clinician,
    Practice,
)
from schemas.reasons import Poison
from streams.calendars import HOUR_SECONDS
from streams.files import File, Held
from streams.policy import Policy, PolicyBook, policy_of


@dataclass(frozen=True)
class PracticeView:
    """The practice, its clock's zone and its policy."""

    id: str
    file: File
    record: Held[Practice]
    zone: ZoneInfo
    policies: PolicyBook

    @classmethod
    def of(cls, file: File | None) -> "PracticeView | None":
        """None until the practice itself is known: without its time zone nothing can be decided."""
        record = None if file is None else file.one("practice")
        if file is None or record is None:
            return None
        own = file.all("policy")
        zone = _zone(record.data.timezone)
        if zone is None:
            return None
        return cls(file.key.practice_id, file, record, zone, _policy(tuple(held.data.document for held in own)))

    def keeps(self, *facts: str) -> bool:
        """Whether the practice's EHR has a place for all of these facts (words of `streams.not_kept`)."""
        return self.not_kept.isdisjoint(facts)

    @cached_property
    def not_kept(self) -> frozenset[str]:
        """What the practice's EHR has no place for."""
        return frozenset(self.record.data.not_kept)

    def clinician(self, clinician_id: str) -> Held[Clinician] | None:
        """The clinician with this id."""
        return self._clinicians.get(clinician_id)

    @cached_property
    def _clinicians(self) -> dict[str, Held[Clinician]]:
        return {held.id: held for held in self.file.all("clinician")}

    @property
    def policy(self) -> Policy:
        """What holds after the last change anybody has announced; about a session ask its own `policy`."""
        return self.policies.on(None)

    @cached_property
    def consents_end(self) -> bool:
        """The practice's own tables give some kind of consent an end."""
        by_kind = (by_state for policy in self.policies.every for by_state in policy.consent_valid_days.values())
        return any(days is not None for by_state in by_kind for days in by_state.values())

    def policy_at(self, moment: datetime) -> Policy:
        """What holds on the local day of an instant."""
        return self.policies.on(self.day_of(moment))

    def next_policy_change(self, moment: datetime) -> datetime | None:
        """The start of the next day on which the practice's own tables change what holds."""
        starts = (self.start_of(day) for day in self.policies.own_boundaries)
        return next((start for start in starts if start > moment), None)

    def day_of(self, moment: datetime) -> date:
        """The local calendar day of an instant."""
        return moment.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant a local day begins."""
        return _midnight(day, self.zone)

    @property
    def last_day(self) -> date:
        """Later than any session: the end of what has no end."""
        return date(2200, 1, 1)

    def end_of(self, day: date) -> datetime:
        """The last instant of a local day."""
        return self.start_of(day + timedelta(days=1)) - timedelta(microseconds=1)

    def days_of_hours(self, hours: Iterable[int]) -> list[tuple[datetime, datetime]]:
        """Start and end of every local day that one of these hours since 1970 touches."""
        starts = (datetime.fromtimestamp(hour * HOUR_SECONDS, UTC) for hour in hours)
        days = {day for at in starts for day in (self.day_of(at), self.day_of(at + timedelta(minutes=59)))}
        return [(self.start_of(day), self.end_of(day)) for day in sorted(days)]


@lru_cache(maxsize=8192)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # in UTC, because an ambiguous midnight of another zone equals nothing, not even itself
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _policy(documents: tuple[str, ...]) -> PolicyBook:
    try:
        return policy_of(*documents)
    except Poison:  # sound when it was taken in, not to this version of the code: the practice must not stand still
        return policy_of(*(document for document in documents if _is_sound(document)))


def _is_sound(document: str) -> bool:
    try:
        policy_of(document)
    except Poison:
        return False
    return True


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None

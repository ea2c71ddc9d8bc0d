"""How does the console get reports and consent forms out of a running platform?
Reads ClickHouse as the viewer and the desk database; writes marks on forms.
Must never raise anything but PaperworkError.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TypeVar

from dashboards.console.paperwork import FormsOfPractice, PaperworkError
from infra.asking import asking
from infra.compliance import platform_report, practices
from infra.consent_forms import DeskMarks, Register, register_of_platform
from infra.endpoints import Endpoints
from infra.refusal import Refusal
from schemas.compliance import Report
from schemas.consent_form import FormRow
from streams.consents.tracking import Mark, MarkWord, Tracked

T = TypeVar("T")
_KEPT_REPORTS = 6


@dataclass(frozen=True, eq=False)
class PlatformPaperwork:
    """See dashboards.console.paperwork.Paperwork."""

    endpoints: Endpoints

    def practices(self) -> Sequence[str]:
        """See Paperwork."""
        return _answered(self._practices)

    def _practices(self) -> Sequence[str]:
        with asking(self.endpoints) as ask:
            return practices(ask)

    def compliance(self, practice_id: str, first_on: date, last_on: date, as_of: datetime) -> Report:
        """See Paperwork. The last few are kept: who looks at one then downloads it."""
        return _answered(lambda: _report(self.endpoints, practice_id, first_on, last_on, as_of))

    def forms(self, practice_id: str, now: datetime) -> FormsOfPractice:
        """See Paperwork."""
        register = _answered(lambda: self._register(practice_id, now))
        name = register.practice.name or practice_id
        return FormsOfPractice(practice_id, name, tuple(form_row(register, tracked) for tracked in register.forms))

    def mark(self, practice_id: str, need_ids: Sequence[str], word: str, by: str, now: datetime) -> int:
        """See Paperwork."""
        register = _answered(lambda: self._register(practice_id, now))
        wanted = [one.need for one in register.forms if one.need.need_id in set(need_ids)]
        marks = [
            Mark(n.need_id, now.astimezone(UTC), MarkWord(word), by[:64], n.form_version or "", n.language or "")
            for n in wanted
        ]
        _answered(lambda: DeskMarks(self.endpoints.desk_app_dsn).write(practice_id, marks))
        return len(marks)

    def _register(self, practice_id: str, now: datetime) -> Register:
        with asking(self.endpoints) as ask:
            return register_of_platform(ask, DeskMarks(self.endpoints.desk_app_dsn), practice_id, now)


@lru_cache(maxsize=_KEPT_REPORTS)
def _report(endpoints: Endpoints, practice_id: str, first_on: date, last_on: date, as_of: datetime) -> Report:
    with asking(endpoints) as ask:
        return platform_report(ask, practice_id, first_on, last_on, as_of, endpoints.desk_app_dsn)


def _answered(work: Callable[[], T]) -> T:
    try:
        return work()
    except Refusal as refusal:
        raise PaperworkError("; ".join(refusal.lines)) from None


def form_row(register: Register, tracked: Tracked) -> FormRow:
    """A form as it is listed."""
    need = tracked.need
    return FormRow(
        request=register.request(tracked),
        state=tracked.state.value,
        since=tracked.since,
        why=tracked.why,
        sessions_count=need.sessions_count,
        optional=tracked.optional,
        urgent=tracked.urgent,
        consent_id=need.met_by or need.last_consent_id,
        until=need.met_until,
    )

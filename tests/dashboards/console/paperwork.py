"""What do the pages about paper get to show in tests? Reports and forms out of a scenario, marks in a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dashboards.console.paperwork import FormsOfPractice, PaperworkError
from infra.consent_forms import register_of_file
from infra.paperwork import form_row
from schemas.compliance import Report
from streams.compliance.from_changes import ledger_at
from streams.compliance.records import Period
from streams.compliance.report import compliance_report
from streams.consents.tracking import Mark, MarkWord
from streams.replay import ChangesFile, NotAChangesFile


@dataclass
class ListedMarks:
    """Marks in memory."""

    marks: list[Mark] = field(default_factory=list)

    def read(self, practice_id: str) -> list[Mark]:
        return list(self.marks)

    def write(self, practice_id: str, marks: Sequence[Mark]) -> None:
        self.marks += marks


@dataclass
class ScenarioPaperwork:
    """A practice whose changes are known; `away` says why nothing can be answered."""

    file: ChangesFile
    practice_id: str = "PR-1"
    marks: ListedMarks = field(default_factory=ListedMarks)
    away: str = ""

    def practices(self) -> Sequence[str]:
        if self.away:
            raise PaperworkError(self.away)
        return [self.practice_id]

    def compliance(self, practice_id: str, first_on: date, last_on: date, as_of: datetime) -> Report:
        try:
            ledger = ledger_at(self.file, as_of)
        except NotAChangesFile:
            raise PaperworkError("the practice was not known by then; choose a later moment") from None
        zone = ZoneInfo(ledger.practice.timezone or "UTC")
        return compliance_report(ledger, Period(first_on, last_on, as_of, zone), "a test", None)

    def forms(self, practice_id: str, now: datetime) -> FormsOfPractice:
        register = register_of_file(self.file, self.marks, now)
        rows = tuple(form_row(register, tracked) for tracked in register.forms)
        return FormsOfPractice(practice_id, register.practice.name or practice_id, rows)

    def mark(self, practice_id: str, need_ids: Sequence[str], word: str, by: str, now: datetime) -> int:
        self.marks.write(practice_id, [Mark(id_, now, MarkWord(word), by, "v1", "en") for id_ in need_ids])
        return len(need_ids)

"""What do the pages about consents and compliance ask for? A protocol; whoever wires the platform answers it.

Pure. Its methods block (they ask databases) and are called in threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from schemas.compliance import Report
from schemas.consent_form import FormRow


class PaperworkError(RuntimeError):
    """It could not be answered; the message says why and what to do, in words for a person."""


@dataclass(frozen=True)
class FormsOfPractice:
    """Every form of a practice, the most urgent first."""

    practice_id: str
    practice_name: str
    forms: tuple[FormRow, ...]


class Paperwork(Protocol):
    """Reports and consent forms of the practices."""

    def practices(self) -> Sequence[str]:
        """Ids of every practice known. Raises PaperworkError."""

    def compliance(self, practice_id: str, first_on: date, last_on: date, as_of: datetime) -> Report:
        """The compliance report. Raises PaperworkError."""

    def forms(self, practice_id: str, now: datetime) -> FormsOfPractice:
        """Where every form stands. Raises PaperworkError."""

    def mark(self, practice_id: str, need_ids: Sequence[str], word: str, by: str, now: datetime) -> int:
        """Note that forms were sent, seen or declined, or take that back; how many. Raises PaperworkError."""

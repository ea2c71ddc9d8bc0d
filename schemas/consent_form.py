"""What is needed to print a consent form: which form, for whom, who signs it.

Names are in it where the source has them: a form is for the person it is about and stays inside the practice.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One place to sign. `role`: self, guardian or assent; `name` None = a line to write it on."""

    person_id: str
    role: str
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FormRequest:
    """One form to print. `state`: whose law applies. Names None = lines to write them on."""

    need_id: str
    kind: str
    language: str | None
    practice_name: str
    practice_id: str
    state: str | None
    client_id: str
    client_name: str | None = field(repr=False)
    unit_id: str | None
    unit_name: str | None = field(repr=False)
    cycle: str | None
    version: str | None
    needed_from: datetime | None
    timezone: str
    members: tuple[str, ...] = field(default=(), repr=False)
    """Who the family or couple is made of, by name or id."""
    signers: tuple[SignatureLine, ...] = ()
    ai_tool: str = "Conjoint"
    payer_name: str | None = None


@dataclass(frozen=True, slots=True)
class FormRow:
    """One form and where it stands, as it is listed. Ids only; `request` prints it."""

    request: FormRequest
    state: str
    """needed, sent, seen, signed, declined, expired, revoked, renewal due."""
    since: datetime | None
    why: str
    sessions_count: int
    optional: bool
    urgent: bool
    consent_id: str | None
    until: datetime | None

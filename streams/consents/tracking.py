"""Where does each form stand: needed, sent, seen, signed, declined, expired, revoked, due for renewal? Pure.

Signed, expired and revoked come from the consents of the EHR; sent, seen and declined from what a person marked. A mark
counts until the EHR says something newer about the form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from streams.compliance.records import ConsentRow, NeedRow
from streams.consents.needs import OFFERED


class FormState(StrEnum):
    """Where a form stands."""

    NEEDED = "needed"
    SENT = "sent"
    SEEN = "seen"
    SIGNED = "signed"
    DECLINED = "declined"
    EXPIRED = "expired"
    REVOKED = "revoked"
    RENEWAL = "renewal due"


OUTSTANDING = (
    FormState.EXPIRED,
    FormState.REVOKED,
    FormState.NEEDED,
    FormState.SENT,
    FormState.SEEN,
    FormState.RENEWAL,
)
"""States in which a form is to be generated, sent or waited for."""


class MarkWord(StrEnum):
    """What a person can say about a form on its way."""

    SENT = "sent"
    SEEN = "seen"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """An earlier mark was a mistake: the form is as it was before anybody marked it."""


class Mark(NamedTuple):
    """One mark on one form, by whom and when. `version` and `language`: of the form that was sent."""

    need_id: str
    at: datetime
    word: MarkWord
    by: str
    version: str
    language: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """One form and where it stands. `since`: when it came to stand so, None if nothing says. `why`: one sentence."""

    need: NeedRow
    state: FormState
    since: datetime | None
    why: str
    mark: Mark | None
    signed_on: datetime | None

    @property
    def optional(self) -> bool:
        """Nobody is kept out of care without it."""
        return self.need.kind in OFFERED

    @property
    def urgent(self) -> bool:
        """Outstanding, and a booked session waits for it."""
        held = self.state in (FormState.SIGNED, FormState.RENEWAL)
        return not held and not self.optional and self.need.needed_from is not None


_PROBLEMS: Mapping[str, str] = {
    "none": "no form is on file",
    "unsigned": "the form on file is not signed",
    "signed_later": "the form on file is dated after the session begins",
    "expired": "the last form runs out before the session",
    "revoked": "the last form was revoked",
    "signer": "somebody signed who may not",
    "came_of_age": "only a guardian signed, and the client is of age on the day",
    "composition": "it was signed for other members of the family or couple",
}


def track(
    needs: Iterable[NeedRow],
    consents: Iterable[ConsentRow],
    marks: Iterable[Mark],
    now: datetime,
    notice_days: Sequence[int] = (30,),
) -> list[Tracked]:
    """Every form and where it stands, the most urgent first. `notice_days`: the policy's days ahead of an expiry."""
    by_id = {consent.consent_id: consent for consent in consents}
    newest: dict[str, Mark] = {}
    for mark in marks:
        known = newest.get(mark.need_id)
        if known is None or (known.at, known.word) < (mark.at, mark.word):
            newest[mark.need_id] = mark
    notice = timedelta(days=max(notice_days, default=0))
    tracked = [_tracked(need, by_id, newest.get(need.need_id), now, notice) for need in needs]
    return sorted(tracked, key=_urgency)


def _tracked(
    need: NeedRow, consents: Mapping[str, ConsentRow], mark: Mark | None, now: datetime, notice: timedelta
) -> Tracked:
    last = consents.get(need.met_by or need.last_consent_id or "")
    signed_on = None if last is None else last.signed_at
    said_at = _said_at(last, now)
    if mark is not None and (mark.word is MarkWord.WITHDRAWN or (said_at is not None and mark.at < said_at)):
        mark = None
    if need.met_by is not None and (need.met_until is None or need.met_until > now):
        if need.met_until is None or need.met_until - now > notice:
            return Tracked(need, FormState.SIGNED, signed_on, "It holds.", None, signed_on)
        days = max(0, (need.met_until - now).days)
        if mark is not None and mark.at >= need.met_until - notice:
            return _marked(need, mark, signed_on, f"It runs out in {days} days; the renewal was {mark.word}.")
        why = f"It runs out in {days} days; send the renewal."
        return Tracked(need, FormState.RENEWAL, need.met_until - notice, why, None, signed_on)
    problem = need.problem or "expired"
    why = f"{_PROBLEMS.get(problem, problem).capitalize()}."
    if mark is not None:
        return _marked(need, mark, signed_on, why)
    state = {"expired": FormState.EXPIRED, "revoked": FormState.REVOKED}.get(problem, FormState.NEEDED)
    return Tracked(need, state, said_at, why, None, signed_on)


def _marked(need: NeedRow, mark: Mark, signed_on: datetime | None, why: str) -> Tracked:
    return Tracked(need, FormState(mark.word.value), mark.at, why, mark, signed_on)


def _said_at(consent: ConsentRow | None, now: datetime) -> datetime | None:
    """When the EHR last said something about a form: signed, revoked, or run out by now."""
    if consent is None:
        return None
    expired_at = consent.expires_at if consent.expires_at is not None and consent.expires_at <= now else None
    moments = [at for at in (consent.signed_at, consent.revoked_at, expired_at) if at is not None]
    return max(moments, default=None)


def _urgency(tracked: Tracked) -> tuple[bool, bool, float, str, str, str]:
    need = tracked.need
    held = tracked.state is FormState.SIGNED
    when = float("inf") if need.needed_from is None else need.needed_from.timestamp()
    return (held, not tracked.urgent, when, need.unit_id or "", need.client_id, need.kind)

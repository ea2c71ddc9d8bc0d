"""Is what is billed documented and signed? Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.care import Claim, Note
from streams.cases import SessionCase, cents
from streams.files import Held
from streams.rule import Found, Outcome
from streams.rules.attendance_billing import FAMILY_CODES, MINUTES_FOR_FAMILY_CODE, individual_code

INDIVIDUAL_CODES = frozenset({"90832", "90834", "90837"})
ADD_ONS = frozenset({"90785", "90840"})


def billed_without_signed_note(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B39: every billed visit has that person's own signed note, and the note says what the claim says.

    An AI draft is not a note, nor is the shared part of a group note, nor a signed note that was changed without an
    addendum. Source: domain-facts §3.2-3.4, §1.7 B39.
    """
    for claim in case.claims:
        data = claim.data
        notes = [note for note in case.notes if note.data.client == data.client]
        problem = _problem(case, data, notes)
        if problem is not None:
            why, predicts = problem
            yield Found(
                subject={"session": case.id, "client": data.client, "claim": claim.id},
                why=f"Claim {claim.id} bills session {case.id} for client {data.client}, but {why}.",
                todo="Have the clinician complete and sign this client's note; send the claim only then."
                if predicts == "16"
                else "Correct whichever is wrong, the note (by addendum) or the claim.",
                evidence=(claim, case.appointment, *notes),
                predicts=predicts,
                money_at_stake_cents=cents(data.total),
            )


def _problem(case: SessionCase, claim: Claim, notes: list[Held[Note]]) -> tuple[str, str] | None:
    own = [note for note in notes if note.data.kind != "addendum"]
    if not own:
        return "this client has no note of their own", "16"
    signed = [note for note in own if note.data.status == "signed"]
    if not signed:
        only_ai = all(note.data.origin == "ai" for note in own)
        return ("the only note is an unsigned AI draft" if only_ai else "the note is not signed"), "16"
    addenda = {
        note.data.addendum_to for note in case.notes if note.data.kind == "addendum" and note.data.status == "signed"
    }
    intact = [note for note in signed if (not note.data.amended or note.id in addenda)]
    if not intact:
        return "the signed note was changed afterwards without an addendum", "16"
    mismatches = [_mismatch(case, claim, note.data) for note in intact]
    return None if None in mismatches else mismatches[0]


def _mismatch(case: SessionCase, claim: Claim, note: Note) -> tuple[str, str] | None:
    codes = {line.code for line in claim.lines if line.code is not None} - ADD_ONS
    dates = {line.date for line in claim.lines if line.date is not None}
    if note.date is not None and dates and note.date not in dates:
        return f"the note is dated {note.date}", "252"
    if note.code is not None and codes and note.code not in codes:
        return f"the note says code {note.code}", "252"
    if note.start is not None and note.stop is not None:
        minutes = int((note.stop - note.start) // timedelta(minutes=1))
        for code in sorted(codes):
            too_short = code in FAMILY_CODES and minutes < MINUTES_FOR_FAMILY_CODE
            other_band = code in INDIVIDUAL_CODES and individual_code(minutes) != code
            # when the session itself has that length, the duration is B10's or B11's to tell
            if (too_short or other_band) and minutes != case.duration_minutes:
                return f"the note documents {minutes} minutes, which {code} does not allow", "252"
    return None

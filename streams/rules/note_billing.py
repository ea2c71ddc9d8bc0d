"""Is what is billed documented and signed, for each person in words of their own? Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from functools import lru_cache

from schemas.care import Claim, Note
from streams.cases import BilledLine, SessionCase, cents
from streams.files import Held
from streams.policy.procedures import ADD_ON_CODES, FAMILY_CODES, INDIVIDUAL_CODES, procedure_on
from streams.rule import Found, Outcome
from streams.rules.claims import claim_found, words


def billed_without_signed_note(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B39: every billed visit has that person's own signed note, and the note says what the claim says.

    An AI draft is not a note, nor is the shared part of a group note, nor a signed note that was changed without an
    addendum. Source: domain-facts §3.2-3.4, §1.7 B39.
    """
    for claim in case.claims_billing:
        notes = case.notes_of(claim.data.client)
        problem = _problem(case, claim, notes)
        if problem is not None:
            why, predicts = problem
            yield claim_found(
                case,
                claim,
                f"cannot be sent: {why}",
                "Have the clinician complete and sign this client's note; send the claim only then."
                if predicts == "16"
                else "Correct whichever is wrong, the note (by addendum) or the claim.",
                predicts,
                *notes,
            )


def _problem(case: SessionCase, claim: Held[Claim], notes: Sequence[Held[Note]]) -> tuple[str, str] | None:
    own = [note for note in notes if note.data.kind != "addendum"]
    if not own:
        return "this client has no note of their own", "16"
    signed = [note for note in own if _is_signed(note.data)]
    if not signed:
        only_ai = all(note.data.origin == "ai" for note in own)
        return ("the only note is an unsigned AI draft" if only_ai else "the note is not signed"), "16"
    intact = [note for note in signed if not note.data.amended or _has_signed_addendum(case, note)]
    if not intact:
        return "the signed note was changed afterwards without an addendum", "16"
    lines = case.lines_of_claim.get(claim.id, ())
    mismatches = [_mismatch(case, lines, note.data) for note in intact]
    return None if None in mismatches else mismatches[0]


def _is_signed(note: Note) -> bool:
    """As its status says; where it says nothing, by the signature."""
    return note.status == "signed" or (note.status is None and note.signed_at is not None and bool(note.signed_by))


def _has_signed_addendum(case: SessionCase, note: Held[Note]) -> bool:
    return any(
        other.data.addendum_to == note.id and other.data.kind == "addendum" and other.data.status == "signed"
        for other in case.notes
    )


def _mismatch(case: SessionCase, lines: Sequence[BilledLine], note: Note) -> tuple[str, str] | None:
    codes = {line.code for line in lines if line.code} - ADD_ON_CODES
    dates = {line.line.date for line in lines if line.line.date is not None}
    if note.date is not None and dates and note.date not in dates:
        return f"the note is dated {note.date}, the claim another day", "252"
    if note.code is not None and codes and note.code not in codes:
        return f"the note says code {note.code}, the claim {words(sorted(codes))}", "252"
    if note.start is None or note.stop is None or case.service_on is None:
        return None
    minutes = int((note.stop - note.start) // timedelta(minutes=1))
    if minutes == case.duration_minutes:
        return None  # when the session itself has that length, it is B10's, B11's or B15's to tell
    for code in sorted(codes & (FAMILY_CODES | INDIVIDUAL_CODES)):
        procedure = procedure_on(code, case.service_on)
        if procedure is not None and not procedure.fits(minutes):
            return f"the note documents {minutes} minutes, which {code} does not allow", "252"
    return None


FEWEST_WORDS = 4
"""Shorter texts ("Attended.") say nothing that could be called cloned."""


def cloned_notes(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B40: what is written about one member is not written about another: each note is that person's own.

    Compared word by word, within one session; cloned from `note_similarity_percent` on. Source: domain-facts §3.2
    ("never cloned"), §1.7 B40.
    """
    notes = [n for n in case.notes if n.data.client is not None and n.data.kind in (None, "progress") and n.data.text]
    alike: dict[str, list[Held[Note]]] = {}
    percent = case.policy.note_similarity_percent
    for index, note in enumerate(notes):
        for other in notes[index + 1 :]:
            if note.data.client != other.data.client and _alike(note.data.text or "", other.data.text or "", percent):
                alike.setdefault(note.id, []).append(other)
                alike.setdefault(other.id, []).append(note)
    for note in notes:
        if note.id not in alike or note.data.client is None:
            continue
        client_id = note.data.client
        claims = [claim for claim in case.claims_billing if claim.data.client == client_id]
        others = sorted({other.id for other in alike[note.id]})
        yield Found(
            subject={"session": case.id, "client": client_id, "note": note.id},
            why=f"Note {note.id} of client {client_id} says nearly word for word what {words(others)} "
            f"say{'s' if len(others) == 1 else ''} of another member of session {case.id}.",
            todo="Write what this client did, said and needs (by addendum if the note is signed).",
            evidence=(note, *alike[note.id]),
            predicts="50",
            money_at_stake_cents=sum(cents(claim.data.total) or 0 for claim in claims) or None,
        )


@lru_cache(maxsize=4096)
def _alike(text: str, other_text: str, percent: int) -> bool:
    """One text is that percentage of the other, word by word. Remembered: the notes of a session are asked of at every
    change to it."""
    one, other = _words_of(text), _words_of(other_text)
    total = len(one) + len(other)
    if min(len(one), len(other)) < FEWEST_WORDS:
        return False
    mine, its = _distinct(text), _distinct(other_text)
    # no more words in common than this; without the bound twelve notes would cost milliseconds
    at_most = len(mine & its) + min(len(one) - len(mine), len(other) - len(its))
    if 200 * at_most < percent * total:
        return False
    if 200 * _same_ends(one, other) >= percent * total:
        return True
    return SequenceMatcher(None, one, other, autojunk=False).ratio() * 100 >= percent


def _same_ends(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many words they begin and end with in common: a clone has a word exchanged here or there."""
    shorter = min(len(one), len(other))
    head = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    tail = next((at for at in range(shorter - head) if one[-1 - at] != other[-1 - at]), shorter - head)
    return head + tail


@lru_cache(maxsize=2048)
def _words_of(text: str) -> tuple[str, ...]:
    return tuple(text.casefold().split())


@lru_cache(maxsize=2048)
def _distinct(text: str) -> frozenset[str]:
    return frozenset(_words_of(text))

"""Does a note name somebody else from the session? Pure. Compares names, and never repeats one."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from streams.cases import ClientView, SessionCase
from streams.rule import Found, Outcome

_WORD = re.compile(r"[^\W\d_]+")
_PIECE = re.compile(r"[^\W_]+")
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_POSSESSIVE = ("'s", "’s")
_SENTENCE_ENDS = frozenset('.!?:;\n"“”•–—(')
_TITLES = frozenset(
    ("mr", "mrs", "ms", "dr", "jr", "sr", "ii", "iii", "de", "del", "la", "van", "von", "der", "di", "da")
)

_NAMES_THAT_ARE_WORDS = """
amber april art august autumn baker bear bell bill bishop black bridge brook brown bush buddy case chance charity chase
christian clay cliff cook cooper crystal daisy dale dawn dean drew duke early earl faith fields forest frank gene gold
grace grant gray green grey hall harmony hazel heath heather hill hill holly home hope house hunter ivy jade jasmine jay
jewel joy june king lane lily long love major mark mason may melody mercy miles noble olive page park parker patience
pat pearl penny piper poppy power powers price prince ray reed rich river rob robin rock rose ruby rusty sage sandy
serenity sharp short silver sky small star stone storm strong sue summer swift tanner taylor violet wade walker ward
wells white will winter wise woods wren young
"""
_ALSO_WORDS = frozenset(_NAMES_THAT_ARE_WORDS.split())
"""Names that are also words: at the start of a sentence, and in a date, they may be either."""
_MONTHS = frozenset(("april", "may", "june", "august"))
_PAST_VERBS = """
and was is has had said felt told spoke came left gave took made did went began got saw knew thought kept brought found
sat says feels reports
"""
_SAID = frozenset(_PAST_VERBS.split())
"""What follows somebody's name at the start of a sentence; so does a verb that ends in -ed."""
_NOT_PAST = frozenset(("need", "indeed", "speed", "feed", "red", "bed"))


def note_names_another(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C17: a member's note holds no name, nickname, record id or member number of another person in the session, and
    the shared part of a group note nobody's.

    A name the member bears too, or that a facilitator bears, gives nobody away. Source: domain-facts §2.3, §3.2,
    §2.6 C17.
    """
    notes = [
        note
        for note in case.notes
        if note.data.text and (note.data.client is not None or note.data.kind == "group_shared")
    ]
    if not notes:
        return
    people = {id_: case.client(id_).worked_out(_marks) for id_ in case.people}
    facilitators = (case.practice.clinician(f.clinician) for f in case.session.facilitators)
    staff = frozenset[str]().union(*(_tokens(f.data.name) for f in facilitators if f is not None and f.data.name))
    telling = frozenset[str]().union(*(marks.words for marks in people.values()))
    for note in notes:
        text, own = note.data.text or "", note.data.client
        if telling.isdisjoint(_words(text)):
            continue
        mine = people.get(own or "", _NOTHING)
        known = Marks(mine.phrases, mine.tokens | staff)
        named = sorted(id_ for id_, marks in people.items() if id_ != own and _found(text, marks, known))
        if not named:
            continue
        subject = {"session": case.id, "note": note.id} | ({} if own is None else {"client": own})
        records = (case.client(id_).record for id_ in named)
        yield Found(
            subject=subject,
            why=f"Note {note.id} "
            + (f"of client {own}" if own is not None else "(the part shared by all)")
            + f" contains a name or identifier of {', '.join(named)}.",
            todo="Take it out before the note is signed; say 'another member' or the person's role instead.",
            evidence=(note, *records),
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """What gives one person away."""

    phrases: tuple[str, ...]
    """Full names, nicknames of several words, ids and numbers: wherever they stand, in any case."""
    tokens: frozenset[str]
    """Single names: where they are written as names."""
    words: frozenset[str] = frozenset()
    """A word of each: a text without any of them gives nobody away."""


_NOTHING = Marks((), frozenset())


def _marks(view: ClientView) -> Marks:
    record = view.record
    if record is None:
        return _marks_of(view.id, (), (), None)
    person = record.data
    street = "" if person.address is None else person.address.line1 or ""
    numbers = tuple(coverage.data.member_id or "" for coverage in view.coverages)
    return _marks_of(view.id, (person.name or "", *person.nicknames), (street, *numbers), person.dob)


@lru_cache(maxsize=4096)
def _marks_of(client_id: str, names: tuple[str, ...], identifiers: tuple[str, ...], dob: date | None) -> Marks:
    born = () if dob is None else (dob.isoformat(), f"{dob:%m/%d/%Y}")
    whole = tuple(" ".join(_plain(name).split()) for name in names)
    phrases = (
        *(name for name in whole if " " in name),
        *(_plain(text) for text in (client_id, *born, *identifiers) if len(text) > 3),
    )
    tokens = frozenset[str]().union(*(_tokens(name) for name in names))
    return Marks(phrases, tokens, tokens | {max(_PIECE.findall(phrase), key=len, default="") for phrase in phrases})


@lru_cache(maxsize=4096)
def _tokens(name: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(_plain(name)) if len(word) > 1 and word not in _TITLES)


@lru_cache(maxsize=2048)
def _words(text: str) -> frozenset[str]:
    return frozenset(_PIECE.findall(_plain(text)))


def _plain(text: str) -> str:
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.casefold()


def _found(text: str, marks: Marks, known: Marks) -> bool:
    if marks.words.isdisjoint(_words(text)):
        return False
    plain = _plain(text)
    whole = (phrase for phrase in marks.phrases if phrase in plain and phrase not in known.phrases)
    if any(_stands_alone(phrase, plain) for phrase in whole):
        return True
    present = [token for token in marks.tokens - known.tokens if token in plain]
    return bool(present) and any(_is_name(text, match) for match in _WORD.finditer(text) if _plain(match[0]) in present)


def _stands_alone(phrase: str, plain: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", plain) is not None


def _is_name(text: str, match: re.Match[str]) -> bool:
    word = match[0]
    if not word[0].isupper():
        return False
    plain = _plain(word)
    if plain not in _ALSO_WORDS:
        return True
    before = text[: match.start()].rstrip(" \t-*")
    if before and before[-1] not in _SENTENCE_ENDS and plain not in _MONTHS:
        return True
    if text[match.end() :].startswith(_POSSESSIVE):
        return True
    following = _NEXT_WORD.match(text, match.end())
    verb = "" if following is None else following[1].casefold()
    return verb in _SAID or (verb.endswith("ed") and verb not in _NOT_PAST)

"""Who and what in this session must not leave it? Builds one index of all known identifiers from the session's record.

Pure; holds identifiers in memory and shows none of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from schemas.session_file import THERAPIST, Session
from streams.drafting.deidentify.context import FUNCTION_WORDS
from streams.drafting.deidentify.folding import folded, plain
from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.names import (
    MAX_NAME,
    MIN_LENGTH_FOR_TYPOS,
    nicknames_of,
    one_edit_apart,
    one_less,
    parts_of,
    sound,
)
from streams.drafting.deidentify.tokens import Kind, Tokens

_PIECE: Final = re.compile(r"[^\W_]+(?:['’](?=[^\W\d_])[^\W_]+)*")
_DIGITS: Final = re.compile(r"\d")
_STATE: Final = re.compile(r"[A-Z]{2}")
_ZIP: Final = re.compile(r"(?<!\d)(\d{5})(?:-?\d{4})?(?!\d)")
PEOPLE: Final = frozenset((Kind.CLIENT, Kind.THERAPIST, Kind.CONTACT, Kind.FAMILY, Kind.PERSON))
GENERIC: Final = word_set(
    """
    high school elementary middle academy college university community church hospital clinic center centre
    medical health services service company inc llc corp corporation group store shop market restaurant cafe bar
    bank office county city state district department dept house home care hospice street st avenue ave road rd
    lane ln drive dr court ct place pl way boulevard blvd circle terrace apt apartment unit suite floor north
    south east west n s e w the of and at for couple family couples families therapy session skills process
    support men women mens womens teen teens adult adults monday tuesday wednesday thursday friday saturday
    sunday morning afternoon evening weekly am pm dbt cbt
    """
)
"""Words of an organisation's, unit's or street's name that tell nothing alone."""


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Somebody known: how the person is called, and the token that stands for them (None: one is given)."""

    names: tuple[str, ...]
    nicknames: tuple[str, ...] = ()
    token: str | None = None
    kind: Kind = Kind.CONTACT


@dataclass(frozen=True, slots=True, repr=False)
class Thing:
    """A known identifier that is no person: an employer, a phone number, a record number …"""

    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What a word or phrase gives away. Not `sure`: an ordinary word, too, so the words around it must tell."""

    kind: Kind
    token: str
    sure: bool = True


def people_of(session: Session) -> tuple[Person, ...]:
    """Everybody a session file names: the clients, the clinician, contacts and relatives."""
    clinician = () if session.clinician.name is None else (session.clinician.name,)
    people = [Person(clinician, (), THERAPIST, Kind.THERAPIST)]
    for client in session.participants:
        names = tuple(name for name in (client.legal_name, client.preferred_name) if name)
        people.append(Person(names, tuple(client.nicknames), client.client_id, Kind.CLIENT))
    for client in session.participants:
        people += [Person((contact.name,)) for contact in client.contacts]
    return tuple(people)


def things_of(session: Session) -> tuple[Thing, ...]:
    """Every other identifier a session file holds."""
    things: list[Thing] = []
    if session.unit is not None and session.unit.name:
        things.append(Thing(Kind.UNIT, session.unit.name))
    for client in session.participants:
        given = (
            (Kind.ORG, client.employer),
            (Kind.ORG, client.school),
            (Kind.ADDRESS, client.address),
            (Kind.PHONE, client.phone),
            (Kind.EMAIL, client.email),
            (Kind.ID, client.mrn),
            (Kind.DATE, None if client.birth_date is None else client.birth_date.isoformat()),
        )
        things += [Thing(kind, value) for kind, value in given if value]
    return tuple(things)


class Known:
    """The index: folded words, phrases, typing errors, sounds, initials and digits to what they give away."""

    def __init__(self, people: Iterable[Person], things: Iterable[Thing], tokens: Tokens) -> None:
        self.words: dict[str, Mark] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], Mark]]] = defaultdict(list)
        self.initials: dict[str, Mark | None] = {}
        """Folded initials (also single letters) to whom they belong; None = to several."""
        self.digits: dict[str, Mark] = {}
        self.beginnings: set[str] = set()
        """How sure names begin: only after such a beginning can the next word be the rest of a split name."""
        self._near: dict[str, set[str]] = defaultdict(set)
        self._sounds: dict[str, Mark | None] = {}
        self._tokens = tokens
        self._owners: dict[str, set[Mark]] = defaultdict(set)
        self._families: set[str] = set()
        people = tuple(people)
        for person in people:
            self._add_person(person)
        self._settle()
        for person in people:
            self._derive(person)
        for thing in things:
            self._add_thing(thing)
        self._prepare_near_misses()

    def __repr__(self) -> str:
        return f"Known({len(self.words)} words, {sum(map(len, self.phrases.values()))} phrases)"

    # --- people ------------------------------------------------------------------------------------

    def _mark_of(self, person: Person) -> Mark | None:
        called = [name for name in (*person.names, *person.nicknames) if name.strip()]
        if not called:
            if person.token is not None:
                self._tokens.name(person.token, person.token)
            return None
        shown = person.names[-1] if person.kind is Kind.CLIENT and person.names else called[0]
        if person.token is None:
            return Mark(person.kind, self._tokens.of(person.kind, folded(plain(called[0])), called[0]))
        self._tokens.name(person.token, shown)
        return Mark(person.kind, person.token)

    def _add_person(self, person: Person) -> None:
        mark = self._mark_of(person)
        if mark is None:
            return
        for name in (*person.names, *person.nicknames):
            parts = parts_of(name)
            for whole in parts.whole:
                if len(whole) > 1:
                    self._add_phrase(whole, mark)
                    joined = "".join(whole)
                    self._owners[joined].add(mark)
                for piece in whole:
                    if piece not in parts.particles:
                        self._owners[piece].add(mark)
                        self._owners[piece.replace("'", "")].add(mark)
            if len(parts.family) > 1:
                self._add_phrase(parts.family, mark)
            self._families.update(parts.family)
            if parts.initials:
                self._add_initials(parts.initials, mark)
            for given in parts.given[:1]:
                self._add_initials(given[0], mark)

    def _add_initials(self, letters: str, mark: Mark) -> None:
        held = self.initials.get(letters, mark)
        self.initials[letters] = mark if held == mark else None

    def _add_phrase(self, pieces: tuple[str, ...], mark: Mark) -> None:
        entry = (pieces, mark)
        if entry not in self.phrases[pieces[0]]:
            self.phrases[pieces[0]].append(entry)
            self.phrases[pieces[0]].sort(key=lambda held: -len(held[0]))

    def _settle(self) -> None:
        for word, marks in self._owners.items():
            self.words[word] = self._of_owners(word, marks)

    def _of_owners(self, word: str, marks: set[Mark]) -> Mark:
        sure = not lexicon().everyday(word)
        if len(marks) == 1:
            [mark] = marks
            return Mark(mark.kind, mark.token, sure)
        return Mark(Kind.FAMILY, self._tokens.of(Kind.FAMILY, word, word.title()), sure)

    def _derive(self, person: Person) -> None:
        """Nicknames nobody listed; a name somebody here bears explicitly is never taken for them."""
        mark = self._mark_of(person)
        if mark is None:
            return
        lists = lexicon()
        derived: dict[str, set[Mark]] = defaultdict(set)
        firsts = [given for name in person.names for given in parts_of(name).given[:1]]
        for nickname in nicknames_of(firsts[:1] or []):
            if not lists.ordinary(nickname) or nickname in lists.names_that_are_words:
                derived[nickname].add(mark)
        for nickname, marks in derived.items():
            held = self.words.get(nickname)
            if held is None:
                self._owners[nickname] |= marks
                self.words[nickname] = self._of_owners(nickname, self._owners[nickname])
            elif nickname not in self._explicit(nickname) and held.token != mark.token:
                self.words[nickname] = self._of_owners(nickname, self._owners[nickname] | marks)

    def _explicit(self, word: str) -> set[str]:
        return {word} if self._owners.get(word) else set()

    # --- everything else ---------------------------------------------------------------------------

    def _add_thing(self, thing: Thing) -> None:
        value = plain(thing.value[: MAX_NAME * 4])
        pieces = tuple(_PIECE.findall(folded(value)))
        if not pieces:
            return
        match thing.kind:
            case Kind.ADDRESS:
                self._add_address(value)
            case Kind.PHONE:
                digits = "".join(_DIGITS.findall(value))[-10:]
                if len(digits) >= 7:
                    mark = Mark(Kind.PHONE, self._tokens.of(Kind.PHONE, digits, thing.value))
                    self.digits[digits] = mark
                    self.digits.setdefault(digits[-7:], mark)
            case Kind.EMAIL:
                mark = Mark(Kind.EMAIL, self._tokens.of(Kind.EMAIL, folded(value), thing.value))
                local = tuple(_PIECE.findall(folded(value.partition("@")[0])))
                self._add_phrase(pieces, mark)
                if len("".join(local)) > 3:
                    self._add_distinct(local, Mark(Kind.HANDLE, self._tokens.of(Kind.HANDLE, "".join(local), value)))
            case Kind.ID:
                self._add_number(pieces, Mark(Kind.ID, self._tokens.of(Kind.ID, "".join(pieces), thing.value)))
            case Kind.DATE:
                self._tokens.of(Kind.DATE, value[5:], thing.value)
            case _:
                self._add_organisation(thing.kind, thing.value, pieces)

    def _add_distinct(self, pieces: tuple[str, ...], mark: Mark) -> None:
        if len(pieces) > 1 or not lexicon().ordinary(pieces[0]):
            self._add_phrase(pieces, mark)
            joined = "".join(pieces)
            if not lexicon().ordinary(joined):
                self.words.setdefault(joined, mark)

    def _add_number(self, pieces: tuple[str, ...], mark: Mark) -> None:
        joined = "".join(pieces)
        telling = len(joined) >= 4 if joined.isdigit() else any(c.isdigit() for c in joined) and len(joined) >= 3
        if not telling:
            return
        self._add_phrase(pieces, mark)
        self._add_phrase((joined,), mark)
        if len(joined) >= 5 and joined.isdigit():
            self.digits[joined] = mark

    def _add_organisation(self, kind: Kind, value: str, pieces: tuple[str, ...]) -> None:
        token = self._tokens.of(kind, " ".join(pieces), value)
        lists = lexicon()
        distinct = [piece for piece in pieces if piece not in GENERIC and len(piece) > 2]
        if (
            len(pieces) > 1
            and (distinct or kind is not Kind.UNIT)
            and (
                kind is not Kind.UNIT
                or any(not lists.ordinary(piece) for piece in distinct)
                or len(pieces) > 2
                or len(distinct) > 1
            )
        ):
            self._add_phrase(pieces, Mark(kind, token))
        for piece in distinct:
            if lists.ordinary(piece):
                if kind is Kind.ORG:
                    self.words.setdefault(piece, Mark(kind, token, sure=False))
            else:
                self.words.setdefault(piece, Mark(kind, token))
        if kind is Kind.ORG and len(pieces) > 2:
            letters = "".join(piece[0] for piece in pieces if piece not in ("of", "the", "and", "for"))
            if len(letters) > 2 and not lists.ordinary(letters):
                self.words.setdefault(letters, Mark(kind, token))

    def _add_address(self, value: str) -> None:
        token = self._tokens.of(Kind.ADDRESS, folded(value), value)
        whole = tuple(_PIECE.findall(folded(value)))
        self._add_phrase(whole, Mark(Kind.ADDRESS, token))
        for match in _ZIP.finditer(value):
            self._add_phrase((match[1],), Mark(Kind.ADDRESS, token))
        for segment in value.split(","):
            segment = _ZIP.sub(" ", segment).strip()
            words = [word for word in segment.split() if not _STATE.fullmatch(word)]
            pieces = tuple(_PIECE.findall(folded(" ".join(words))))
            if not pieces or (len(pieces) == 1 and (pieces[0].isdigit() or pieces[0] in GENERIC)):
                continue
            if " ".join(pieces) in lexicon().regions:
                continue
            if pieces[0][0].isdigit():
                self._add_phrase(pieces, Mark(Kind.ADDRESS, token))
                street = tuple(piece for piece in pieces[1:])
                if len(street) > 1:
                    self._add_phrase(street, Mark(Kind.ADDRESS, token))
                for piece in street:
                    if piece not in GENERIC and len(piece) > 2 and not lexicon().ordinary(piece):
                        self.words.setdefault(piece, Mark(Kind.ADDRESS, token))
            else:
                place = Mark(Kind.PLACE, self._tokens.of(Kind.PLACE, " ".join(pieces), " ".join(words)))
                if len(pieces) > 1:
                    self._add_phrase(pieces, place)
                else:
                    sure = not lexicon().everyday(pieces[0])
                    self.words.setdefault(pieces[0], Mark(place.kind, place.token, sure))

    # --- near misses -------------------------------------------------------------------------------

    def _prepare_near_misses(self) -> None:
        for word, mark in self.words.items():
            if not mark.sure:
                continue
            if len(word) >= 4:
                self.beginnings.update(word[:size] for size in range(2, len(word) - 1))
            if mark.kind not in (Kind.CLIENT, Kind.THERAPIST, Kind.CONTACT, Kind.FAMILY):
                continue
            if len(word) >= MIN_LENGTH_FOR_TYPOS:
                for less in one_less(word):
                    self._near[less].add(word)
            if len(word) >= 3:
                key = sound(word)
                held = self._sounds.get(key, mark)
                self._sounds[key] = mark if held == mark else None
        for word in FUNCTION_WORDS:
            self.beginnings.discard(word)

    def near(self, word: str) -> Mark | None:
        """Whose name this could be with one typing error in it. The word itself must be no ordinary one."""
        if len(word) < MIN_LENGTH_FOR_TYPOS - 1 or len(word) > 40:
            return None
        for less in one_less(word):
            for name in sorted(self._near.get(less, ())):
                if one_edit_apart(name, word):
                    return self.words[name]
        return None

    def sounding_like(self, word: str) -> Mark | None:
        """Whose name this could be by its sound; None if nobody's, or several people's."""
        return self._sounds.get(sound(word))

    def within(self, word: str) -> Mark | None:
        """Whose name this longer word contains (a user name, a hash tag, two names run together)."""
        if len(word) < 6 or len(word) > 80:
            return None
        for size in range(min(len(word) - 1, 24), 3, -1):
            for start in range(len(word) - size + 1):
                mark = self.words.get(word[start : start + size])
                if mark is not None and mark.sure:
                    return mark
        return None

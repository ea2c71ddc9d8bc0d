"""Which stable token stands for which identifier in one session? Kept in memory only; never shown, never stored."""

import re
from enum import StrEnum
from typing import Final

MAX_TOKENS: Final = 20_000


class Kind(StrEnum):
    """The class of an identifier: what a token, a removal and a leak are named by."""

    CLIENT = "CLIENT"  # the token is the client id itself
    THERAPIST = "THERAPIST"
    CONTACT = "CONTACT"  # a known relative or other person of a client
    PERSON = "PERSON"  # somebody nobody told us about
    FAMILY = "FAMILY"  # a name several known people share
    PLACE = "PLACE"
    ORG = "ORG"
    UNIT = "UNIT"
    ADDRESS = "ADDRESS"
    DATE = "DATE"
    AGE = "AGE"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    URL = "URL"
    HANDLE = "HANDLE"
    ID = "ID"
    TEXT = "TEXT"  # words in a script that cannot be judged


TOKEN: Final = re.compile(r"\[(?:" + "|".join(kind.value for kind in Kind) + r")-\d{1,5}\]")


class Tokens:
    """Gives out tokens: the same key of the same kind always has the same one, numbered in the order of asking."""

    __slots__ = ("_by_key", "_numbers", "_values")

    def __init__(self) -> None:
        self._by_key: dict[tuple[Kind, str], str] = {}
        self._numbers: dict[Kind, int] = {}
        self._values: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Tokens({len(self._values)})"

    def of(self, kind: Kind, key: str, value: str) -> str:
        """The token of this identifier. `key` decides sameness; `value` is what a reader with the right to it sees."""
        found = self._by_key.get((kind, key))
        if found is not None:
            return found
        if len(self._values) >= MAX_TOKENS:
            return f"[{kind.value}-0]"
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        token = f"[{kind.value}-{number}]"
        self.name(token, value)
        self._by_key[kind, key] = token
        return token

    def same(self, kind: Kind, key: str, token: str) -> None:
        """Another key of an identifier that has its token already (a first name of a full name); the first wins."""
        self._by_key.setdefault((kind, key), token)

    def name(self, token: str, value: str) -> None:
        """Says what a given token (a client id, THERAPIST) stands for."""
        self._values.setdefault(token, value)

    def value(self, token: str) -> str | None:
        """What the token stands for; None if it is none of this session."""
        return self._values.get(token)

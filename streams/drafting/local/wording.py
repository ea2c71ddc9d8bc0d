"""How does the drafter put what it found? A frame of a few words and a verbatim quotation, nothing between them.

Must never name another client in one client's own section.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Final

from schemas.session_file import Session
from streams.drafting.words import tokens

MAX_QUOTE_WORDS: Final = 48
MAX_QUESTION_WORDS: Final = 24
OTHERS: Final = {"group": "another member", "family": "another family member", "couple": "the partner"}
"""How one client's own section speaks of somebody else in the session."""


class Wording:
    """The frames for one session."""

    def __init__(self, session: Session, others: Iterable[str] = ()) -> None:
        self.other = OTHERS[session.kind]
        self._clients = tuple(person.client_id for person in session.participants) + tuple(others)

    @cached_property
    def _ids(self) -> re.Pattern[str]:
        names = "|".join(re.escape(client_id) for client_id in sorted(self._clients, key=len, reverse=True))
        return re.compile(rf"(?<![\w-])(?:{names})(?:/[\w-]+)*(?![\w-])") if names else re.compile(r"(?!)")

    def for_client(self, text: str, client_id: str) -> str:
        """A text as it may stand in that client's section: everybody else is `[another member]`."""
        return self._ids.sub(lambda match: match[0] if match[0] == client_id else f"[{self.other}]", text)

    def names_other(self, text: str, client_id: str) -> bool:
        """Does a text name a client other than this one?"""
        return any(match[0] != client_id for match in self._ids.finditer(text))

    def named(self, text: str) -> tuple[str, ...]:
        """The clients a text names, in order."""
        return tuple(dict.fromkeys(match[0] for match in self._ids.finditer(text) if match[0] in self._clients))


def quote(text: str, most_words: int = MAX_QUOTE_WORDS) -> str:
    """A quotation, cut at a word if it is too long; every stretch between … is verbatim."""
    return f"“{short(text, most_words)}”"


def short(text: str, most_words: int) -> str:
    """The beginning of a text, without double quotation marks of its own."""
    text = re.sub(r"[“”\"]", "'", text.strip())
    words = text.split()
    if len(words) <= most_words:
        return text
    return f"{' '.join(words[:most_words]).rstrip(',;:—–-')}…"


def said(who: str, text: str) -> str:
    """`C1 said: “…”`."""
    return f"{who} said: {quote(text)}"


def answered(question: str, who: str, text: str) -> str:
    """`Asked “…?”, C1 answered: “…”`."""
    return f"Asked {quote(question, MAX_QUESTION_WORDS)}, {who} answered: {quote(text)}"


def same_words(one: str, other: str) -> bool:
    """Do two texts say the same in the same words, whatever their punctuation?"""
    return tokens(one) == tokens(other)

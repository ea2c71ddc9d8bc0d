"""What does a reader see where de-identification took an identifier out? Words in brackets, as editors do.

A draft never held what the token stands for, so nothing here can give it away. Pure.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CLIENT": "client",
        "THERAPIST": "therapist",
        "CONTACT": "person close to the client",
        "PERSON": "person",
        "FAMILY": "family member",
        "PLACE": "place",
        "ORG": "organization",
        "UNIT": "group",
        "ADDRESS": "address",
        "DATE": "date",
        "AGE": "age",
        "PHONE": "phone number",
        "EMAIL": "e-mail address",
        "URL": "web address",
        "HANDLE": "account name",
        "ID": "number on file",
        "TEXT": "word in another script",
    }
)
"""The class of a token ([PERSON-2] is of PERSON) → what it is of, to be said with an article."""

_TOKEN: Final = re.compile(rf"\[({'|'.join(WORDS)})-\d{{1,5}}\]")


def in_words(text: str) -> str:
    """The text with "[a person]" for a token, and "[another person]" for each further one of the same class.
    The same token is said the same way each time."""
    if "[" not in text:
        return text
    said: dict[str, str] = {}
    classes: set[str] = set()

    def word(match: re.Match[str]) -> str:
        token, noun = match[0], WORDS[match[1]]
        if token not in said:
            article = "another" if match[1] in classes else "an" if noun[0] in "aeo" else "a"
            classes.add(match[1])
            said[token] = f"[{article} {noun}]"
        return said[token]

    return _TOKEN.sub(word, text)

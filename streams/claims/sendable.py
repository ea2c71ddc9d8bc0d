"""How is a text written so that every payer's system reads it: capitals, no accents, none of the delimiters? Pure."""

import re
import unicodedata

from schemas.care import Address
from schemas.professional_claim import PersonName, Postal

_SPACES = re.compile(r"\s+")
_NOT_SENT = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=]")
_LETTERS = str.maketrans({"ß": "SS", "Æ": "AE", "æ": "AE", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L", "Đ": "D", "đ": "D",
                          "’": "'", "‘": "'", "–": "-", "—": "-"})  # fmt: skip


def sendable(text: str | None, most: int) -> str | None:
    """The text in the interchange's characters, cut to that length; None if nothing of it is left."""
    if text is None:
        return None
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().upper()
    kept = _SPACES.sub(" ", _NOT_SENT.sub(" ", plain)).strip()
    return kept[:most].strip() or None


def exact(text: str | None, most: int) -> str | None:
    """A number or reference, only if nothing of it is lost by writing it; else None."""
    written = sendable(text, most)
    return written if text is not None and written == text.strip().upper() else None


def person_name(full: str | None) -> PersonName | None:
    """Last, first and middle of "First Middle Last" or "Last, First Middle"; None if there is no name."""
    if not full:
        return None
    last, comma, given = full.partition(",")
    if not comma:
        *rest, last = full.split() or [""]
        given = " ".join(rest)
    if comma and _is_suffix(given) and " " in last.strip():  # "Ana Torres, Jr."
        *rest, last = last.split()
        given = " ".join(rest)
    first, _, middle = given.strip().partition(" ")
    surname = sendable(last, 60)
    return None if surname is None else PersonName(last=surname, first=sendable(first, 35), middle=sendable(middle, 25))


def _is_suffix(text: str) -> bool:
    return text.strip().rstrip(".").casefold() in {"jr", "sr", "ii", "iii", "iv", "md", "phd", "lcsw"}


def postal(address: Address | None) -> Postal | None:
    """An address that can be sent; None unless all of it is there."""
    if address is None:
        return None
    line1, city, state = sendable(address.line1, 55), sendable(address.city, 30), (address.state or "").upper()
    digits = re.sub(r"\D", "", address.zip or "")
    if line1 is None or city is None or len(city) < 2 or len(digits) not in (5, 9):
        return None
    try:
        return Postal.model_validate({"line1": line1, "city": city, "state": state, "zip": digits})
    except ValueError:  # a state that is none
        return None

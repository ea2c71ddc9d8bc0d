"""How do two spellings of one word come to be the same? Makes a text plain, then folds it, character by character.

Reads nothing. A folded text is exactly as long as the plain one, so a place in one is that place in the other.
"""

import unicodedata
from typing import Final

MAX_CHARACTERS: Final = 4_000_000

_LOOKS_LATIN: Final = {
    **dict(zip("авекмнорстухіјѕԁԛԝгпь", "abekmhopctyxijsdqwrnb", strict=True)),  # Cyrillic
    **dict(zip("αβγεηικνορτυχω", "abyenikvoptuxw", strict=True)),  # Greek
    **dict(zip("ıɑɡꓲ", "iagi", strict=True)),
}
_UNTOUCHED_BY_NFKD: Final = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t", "ß": "s", "æ": "a", "œ": "o", "ħ": "h"}


_WRITTEN_OUT: Final = (
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("ø", "oe"),
    ("å", "aa"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ß", "ss"),
)


class _Invisible(dict[int, int | None]):
    """Which characters go: those that are not seen, combined marks that would split a word, and controls."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        category = unicodedata.category(character)
        gone = category in ("Cf", "Co", "Cs") or "︀" <= character <= "️" or character in "͏ᅟᅠㅤﾠ"
        kept: int | None = None if gone else (0x20 if category == "Cc" and character not in "\n\t" else code)
        self[code] = kept
        return kept


class _Base(dict[int, str]):
    """One character to the one it is read as: lower case, no accent, Latin where it looks Latin."""

    def __missing__(self, code: int) -> str:
        lower = chr(code).lower()
        base = lower if lower in _UNTOUCHED_BY_NFKD else unicodedata.normalize("NFKD", lower)[:1]
        base = _UNTOUCHED_BY_NFKD.get(base, base)
        base = _LOOKS_LATIN.get(base, base) or " "
        if base in "’‘ʼ`´":
            base = "'"
        self[code] = base
        return base


_INVISIBLE: Final = _Invisible()
_BASE: Final = _Base()


def plain(text: str) -> str:
    """The text with compatibility forms replaced (NFKC) and everything invisible taken out.

    Full-width letters become letters; zero-width characters, soft hyphens and direction marks disappear.
    """
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(_INVISIBLE))


def folded(text: str) -> str:
    """A plain text in lower case, without accents, look-alikes of other scripts as Latin; of the same length."""
    return text.lower() if text.isascii() else text.translate(_BASE)


def spellings(name: str) -> frozenset[str]:
    """Every folded way to write a name's accented letters: Müller is muller and mueller, Strauß straus and strauss."""
    text = plain(name)
    ways = {folded(text)}
    lower = written_out = text.lower()
    for short, long in _WRITTEN_OUT:
        if short in lower:
            ways |= {folded(lower.replace(short, long))}
            written_out = written_out.replace(short, long)
    return frozenset(ways | {folded(written_out)})

"""Which stretches are phone numbers, addresses on the net, handles or numbers of record? Written and spoken. Pure.

Source: 45 CFR 164.514(b)(2)(i)(D)-(R), domain-facts §2.2. Scores, doses, codes and amounts stay.
"""

import re
from collections.abc import Iterator
from typing import Final

from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.numbers_said import digits_of, is_counting, is_digit_word
from streams.drafting.deidentify.reading import Reading
from streams.drafting.deidentify.spans import Span
from streams.drafting.deidentify.tokens import Kind

_ENDINGS: Final = "com|org|net|edu|gov|io|co|us|me|tv|app|info|biz|uk|ca|de|ru|mx|fr|xyz|online|health|care"
_EMAIL: Final = re.compile(r"[\w.+%'-]{1,64}\s?@\s?[\w-]{1,63}(?:\s?\.\s?[\w-]{2,63}){1,4}")
_URL: Final = re.compile(r"\b(?:https?|ftp)\s?:\s?//\S{1,2000}|\bwww\.\S{1,2000}")
_DOMAIN: Final = re.compile(
    rf"(?<![\w@.-])[a-z0-9][\w-]{{1,62}}(?:\.[\w-]{{2,62}}){{0,3}}\.(?:{_ENDINGS})\b(?:/\S{{0,2000}})?"
)
_HANDLE: Final = re.compile(r"(?<![\w@/.])@[a-z_][\w.]{1,60}")
_HASHTAG: Final = re.compile(r"(?<![\w#&])#([a-z_]\w{2,80})")
_SOCIAL: Final = (
    r"(?:instagram|insta|ig|snap|snapchat|tiktok|tik tok|twitter|facebook|fb|discord|reddit|twitch|venmo|cash ?app|"
    r"skype|whatsapp|telegram|kik|xbox|psn|gamer ?tag|screen ?name|user ?name|handle|login)"
)
_HANDLE_SAID: Final = re.compile(
    rf"\b{_SOCIAL}(?:\s(?:handle|user ?name|name|account|id))?(?:\s(?:is|was|called)|:|'s)?\s{{1,2}}@?"
    r"(?P<v>[a-z0-9_][\w.-]{2,60})"
)
_IP: Final = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b"
)
_SSN: Final = re.compile(r"(?<![\w-])\d{3}[- .]\d{2}[- .]\d{4}(?![\w-])")
_LAST_FOUR: Final = re.compile(r"\b(?:social|ssn|last four|last 4|ends in|ending in)\b[^\d\n]{0,24}(?P<v>\d{4})(?!\d)")
_PHONE: Final = re.compile(
    r"(?<![\w.$-])(?:\+\s?\d{1,3}[ .-]?)?(?:1[ .-])?(?:\(\s?\d{3}\s?\)\s?|\d{3}\s?[ ./-]\s?)?"
    r"\d{3}\s?[ .-]\s?\d{4}(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?(?![\w-])"
)
_ABROAD: Final = re.compile(r"(?<!\w)\+\s?\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?!\w)")
_LONG_NUMBER: Final = re.compile(r"(?<![\w$.,-])\d(?:[- ]?\d){6,30}(?![\w%])")
_YEARS: Final = re.compile(r"(?:19|20)\d{2}\s?-\s?(?:19|20)\d{2}")
_GROUPS: Final = re.compile(r"\d+")
_MIXED: Final = re.compile(r"(?<![\w.$-])(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[a-z])[a-z0-9]+(?:-[a-z0-9]+)*(?![\w-])")
_MEASURE: Final = re.compile(
    r"\d+(?:mg|mcg|ml|g|kg|lbs?|oz|am|pm|k|m|s|th|st|nd|rd|x|min|mins|hrs?|h|cm|mm|ft|iu|bpm|cc|yo|wk|wks|mo|mos|d|w|y|p)|[a-z]\d{2}[a-z0-9]?|"
    r"(?:19|20)\d{2}s|covid-?19|[ghjst]\d{4}|[a-z]{2,5}-?\d{1,2}|\d{1,2}-?[a-z]{2,12}(?:-[a-z]+)*"
)
_CUED: Final = re.compile(
    r"\b(?:(?P<strong>mrn|medical record|social security|ssn|passport|plates?|vin|vin number|serial|license plate|"
    r"licence plate|driver'?s? licen[cs]e|dea|npi|member id|policy number|account number|acct|routing number|"
    r"case number|claim number|badge number|student id|employee id|id number|tracking number|device id|imei|"
    r"confirmation number|record number|chart number|group number|plan number|certificate number|license number|"
    r"licence number|prescription number|rx number|pin|passcode|pass code|door code|gate code|password)"
    r"|(?:member|policy|account|record|chart|case|claim|plan|license|licence|certificate|device|badge|id|identifier|"
    r"medicaid|medicare|insurance)\b(?=\W{0,3}(?:#|no\.?\s|number|id\b|:)|\s[a-z]{0,3}\d{4}))"
    r"(?:\W{0,3}(?:#|no\.?|num|number|id|code|is|was|it's|:|of|on the car|ends? in))*\W{0,4}"
    r"(?P<v>(?=[a-z0-9-]{0,30}\d)[a-z0-9]{1,20}(?:[- ](?=[a-z0-9]{0,12}\d)[a-z0-9]{2,12}){0,4})"
)
_PLATE: Final = re.compile(
    r"\bplates?\b(?:\W{0,3}(?:number|no\.?|is|was|were|it's|:|of|on the car|said|reads?))*\W{0,4}"
    r"(?P<v>(?:[a-z]{1,4}|\d{1,4})[ -](?:\d{1,4}[a-z]{0,3}|[a-z]{1,3}\d{1,4}|[a-z]{2,4}))(?![\w-])"
)
_STATES: Final = (
    "al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|oh|ok|or|pa|ri|sc|"
    "sd|tn|tx|ut|vt|va|wa|wv|wi|wy|dc|pr"
)
_ZIP: Final = re.compile(
    r"\bzip(?:\s?code)?\b[^\d\n]{0,16}(?P<a>\d{5}(?:-\d{4})?)"
    rf"|(?:,|\b)\s?(?:{_STATES})\.?,?\s(?P<b>\d{{5}}(?:-\d{{4}})?)(?![\d-])"
    r"|(?<![\w-])(?P<c>\d{5}-\d{4})(?![\w-])"
)
_PROVIDERS: Final = word_set(
    """
    gmail yahoo hotmail outlook aol icloud protonmail proton comcast msn verizon att mail
    """
)
_TOP: Final = word_set(
    """
    com org net edu gov io co us me tv app info
    """
)
_JOINERS: Final = word_set(
    """
    dot underscore dash hyphen point period
    """
)
_CODE_CUES: Final = word_set(
    """
    code pin number digits passcode password social account card zip extension ends plate
    """
)
INTERNET_WORDS: Final = frozenset((*_PROVIDERS, *_JOINERS, "www", "http", "https", "slash")) - {
    "mail",
    "point",
    "period",
    "att",
    "verizon",
}
SOCIAL_WORDS: Final = word_set(
    """
    instagram insta ig snap snapchat tiktok twitter facebook fb discord reddit twitch venmo skype whatsapp
    telegram kik xbox psn gamertag handle username login screenname cashapp name
    """
)


def on_the_net(reading: Reading, low: str) -> Iterator[Span]:
    """E-mail addresses, links, handles and hash tags as they are written."""
    for match in _EMAIL.finditer(low):
        yield Span(match.start(), match.end(), Kind.EMAIL, key=re.sub(r"\s", "", match[0]))
    for pattern in (_URL, _DOMAIN):
        for match in pattern.finditer(low):
            end = match.start() + len(match[0].rstrip(".,;!?)\"'"))
            yield Span(match.start(), end, Kind.URL, key=low[match.start() : end])
    for match in _HANDLE.finditer(low):
        yield Span(match.start(), match.end(), Kind.HANDLE, key=match[0].lstrip("@ ").rstrip("."))
    lists = lexicon()
    for match in _HASHTAG.finditer(low):
        if not all(lists.ordinary(piece) for piece in match[1].split("_")):
            yield Span(match.start(), match.end(), Kind.HANDLE, key=match[1])


def handles_said(low: str) -> Iterator[Span]:
    """What follows "my Instagram is", "username" and the like."""
    lists = lexicon()
    for match in _HANDLE_SAID.finditer(low):
        value = match["v"].rstrip(".-")
        looks = any(c.isdigit() or c in "_." for c in value)
        if looks or not lists.ordinary(value):
            yield Span(match.start("v"), match.start("v") + len(value), Kind.HANDLE, key=value)


def said_on_the_net(reading: Reading) -> Iterator[Span]:
    """ "j dot smith at gmail dot com", "garcia family dot com slash photos"."""
    words = reading.words
    for i, word in enumerate(words):
        if word == "at" and i > 0:
            end = _domain_said(words, i + 1)
            if end:
                start = i - 1
                while start > 0 and (
                    words[start - 1] in _JOINERS or words[start] in _JOINERS or is_digit_word(words[start])
                ):
                    start -= 1
                yield Span(reading.starts[start], reading.ends[end], Kind.EMAIL, key=" ".join(words[start : end + 1]))
        elif (
            word == "dot"
            and i > 0
            and words[i + 1 : i + 2]
            and words[i + 1] in _TOP - {"us", "me"}
            and "at" not in words[max(0, i - 4) : i]
        ):
            start = i - 1
            while start > 1 and words[start - 1] in ("dot", "dash"):
                start -= 2
            end = i + 1
            while words[end + 1 : end + 2] == ["slash"] and end + 2 < len(words):
                end += 2
            yield Span(reading.starts[start], reading.ends[end], Kind.URL, key=" ".join(words[start : end + 1]))


def _domain_said(words: list[str], at: int) -> int:
    """The last word of a domain said from here; 0 if none is."""
    limit = min(len(words), at + 8)
    for i in range(at, limit):
        if words[i] == "dot" and i > at and i + 1 < len(words) and words[i + 1] in _TOP:
            return i + 1
        if words[i] in ("dot", "dash", "hyphen"):
            continue
        if i > at and words[i - 1] not in ("dot", "dash", "hyphen") and words[i] != "mail":
            break
    return at if at < len(words) and words[at] in _PROVIDERS - {"mail", "att", "verizon", "proton"} else 0


def numbers_written(low: str) -> Iterator[Span]:
    """Phone, social security, record, account, licence, plate and device numbers, ZIP codes and IP addresses."""
    for match in _IP.finditer(low):
        yield Span(match.start(), match.end(), Kind.URL, key=match[0])
    for match in _SSN.finditer(low):
        yield Span(match.start(), match.end(), Kind.ID, key=_digits(match[0]))
    for match in _LAST_FOUR.finditer(low):
        yield Span(match.start("v"), match.end("v"), Kind.ID, key=match["v"])
    for pattern in (_PHONE, _ABROAD):
        for match in pattern.finditer(low):
            if len(_digits(match[0])) >= 7 and not _YEARS.fullmatch(match[0].strip()):
                yield Span(match.start(), match.end(), Kind.PHONE, key=_digits(match[0])[-10:])
    for match in _LONG_NUMBER.finditer(low):
        groups = _GROUPS.findall(match[0])
        if " " in match[0] and all(len(group) <= 2 for group in groups) and len(groups) < 7:
            continue  # a list of small numbers
        if _YEARS.fullmatch(match[0]) or is_counting(_digits(match[0])):
            continue
        yield Span(match.start(), match.end(), Kind.ID, key=_digits(match[0]))
    for match in _CUED.finditer(low):
        value = match["v"]
        if len(re.sub(r"[^a-z0-9]", "", value)) >= 3 and not (
            match["strong"] is None and re.fullmatch(r"9\d{4}", value)
        ):
            yield Span(match.start("v"), match.end("v"), Kind.ID, key=value)
    for match in _PLATE.finditer(low):
        if any(c.isdigit() for c in match["v"]):
            yield Span(match.start("v"), match.end("v"), Kind.ID, key=match["v"])
    for match in _MIXED.finditer(low):
        if sum(c.isdigit() for c in match[0]) >= 4 and not _MEASURE.fullmatch(match[0]):
            yield Span(match.start(), match.end(), Kind.ID, key=match[0])
    for match in _ZIP.finditer(low):
        group = match.lastgroup or "a"
        yield Span(match.start(group), match.end(group), Kind.PLACE, key=match[group])


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def numbers_said(reading: Reading) -> Iterator[Span]:
    """Seven and more digits said one after the other; four and more after a word such as code, PIN, card."""
    words, i = reading.words, 0
    while i < len(words):
        if not is_digit_word(words[i]) or words[i] in ("oh", "o"):
            i += 1
            continue
        last = i
        while (
            last + 1 < len(words)
            and is_digit_word(words[last + 1])
            and len(reading.gap(last + 1)) <= 3
            and "\n" not in reading.gap(last + 1)
        ):
            last += 1
        if last > i:
            digits = digits_of(words[i : last + 1])
            spoken = any(not word.isdigit() for word in words[i : last + 1]) or all(
                len(word) == 1 for word in words[i : last + 1]
            )
            cued = not _CODE_CUES.isdisjoint(words[max(0, i - 4) : i])
            if spoken and not is_counting(digits) and (len(digits) >= 7 or (cued and len(digits) >= 4)):
                kind = Kind.PHONE if len(digits) in (7, 10, 11) else Kind.ID
                yield Span(reading.starts[i], reading.ends[last], kind, key=digits[-10:])
        i = last + 1

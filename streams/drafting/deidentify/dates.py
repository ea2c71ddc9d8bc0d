"""Which words are a date finer than the year, or an age over 89? Written and spoken forms. Pure.

Days of the week, "last week", "three days ago" stay: they say nothing without the session's own date, which stays too.
Source: 45 CFR 164.514(b)(2)(i)(C), domain-facts §2.2.
"""

import re
from collections.abc import Iterator
from typing import Final

from streams.drafting.deidentify.lexicon import word_set
from streams.drafting.deidentify.numbers_said import ORDINAL_WORDS, day_said, year_said
from streams.drafting.deidentify.reading import Reading
from streams.drafting.deidentify.spans import Span
from streams.drafting.deidentify.tokens import Kind

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
MONTH_WORDS: Final = frozenset(_MONTHS)
_ONLY_MONTHS: Final = word_set(
    """
    january february july september october november december feb apr sept oct nov
    """
)
"""Months that are nothing else; the others need a preposition, a day or a year beside them."""
_EASILY_WORDS: Final = word_set(
    """
    may march mar jan sep dec jun jul aug
    """
)
_BEFORE_MONTH: Final = word_set(
    """
    in on since until till by last next this early late mid every from through before after during between
    around of
    """
)
_NOT_AFTER_MONTH: Final = word_set(
    """
    be i we you he she they have not never as also take need
    """
)
WEEKDAYS: Final = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat
    """
)
_BEFORE_DAY: Final = word_set(
    """
    on by until till before after since from around through due for
    """
)
_AFTER_DAY: Final = word_set(
    """
    and or but at so because of i we he she they it with in when if though then as which that is was for to till
    until
    """
)
_YEAR_FIRST: Final = re.compile(r"(?<![\w-])((?:19|20)\d{2})([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_YEAR_LAST: Final = re.compile(r"(?<![\w./-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?((?:19|20)?\d{2})(?![\w/])")
_MONTH_AND_DAY: Final = re.compile(r"(?<![\w./-])(\d{1,2})/(\d{1,2})(?![\d/%])")
_SCORE_BEFORE: Final = re.compile(
    r"\b(?:mood|rated?|rating|scored?|score|scale|pain|anxiety|depression|distress|stress|urges?|level|phq\W?9?|"
    r"gad\W?7?|connected|connection|craving|cravings|energy|sleep|hope|safety|intensity|suds|ors|srs|bp|out|an?|"
    r"like|around|about|from|now|today|was|is|to|attended|completed|did|present)\W*(?:an?|is|was|at|of|:|=)?\W*$"
)
_DATE_BEFORE: Final = re.compile(
    r"(?:\bon|\bby|\bsince|\buntil|\btill|\bbefore|\bafter|\bdue|\bdated?|\bdob|\bborn|\bsession|\bappt|\bappointment|\bseen|\bvisit|"
    r"day|\bthru|\bthrough|\bbirthday|\bis|\bwas|\bnext|\blast|\b(?:mon|tues?|wed|thu|thurs?|fri|sat|sun)\.?)\W*$"
)
_COUNTED: Final = re.compile(
    r"\s?(?:days?|sessions?|meetings?|times|weeks?|nights?|classes|groups?|cups?|dose|tablets?|teaspoon|full|empty)\b"
)
_SCALES: Final = frozenset((2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 21, 27, 30))
_ORDINAL_FIGURE: Final = re.compile(r"\d{1,2}(?:st|nd|rd|th)")
_OLD: Final = r"(?:9\d|1[0-2]\d)"
_OLD_SAID: Final = (
    r"(?:ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine|something))?|"
    r"a hundred(?: and \w+)?|one hundred(?: and \w+)?)"
)
_AGE: Final = re.compile(
    rf"\b(?P<a>{_OLD}|{_OLD_SAID})[- ]?(?:years?|yrs?|yr|y)[- /]?(?:old|o\b|of age)"
    rf"|\b(?:aged?|turned|turning|turns)[: ]+(?P<b>{_OLD}|{_OLD_SAID})\b"
    r"|\b(?:she|he|grandma|grandpa|grandmother|grandfather|nana|mother|father|mom|dad|aunt|uncle)"
    r"(?:'s| is| was|'ll be| will be|, )"
    rf"(?: now| almost| nearly| about)? ?(?P<c>{_OLD}|{_OLD_SAID})(?=[.,;!?]|$| now| and | but )"
    r"|\bin (?:his|her|their|my) (?P<d>nineties|90'?s|hundreds)\b"
)
_YEAR: Final = re.compile(r"(?<![\d$.,-])(1[89]\d{2})(?!\d)")


def written_dates(reading: Reading, low: str) -> Iterator[Span]:
    """Dates in figures. `low` is the folded text."""
    for match in _YEAR_FIRST.finditer(low):
        yield _span(match.start(), match.end(), int(match[3]), int(match[4]))
    for match in _YEAR_LAST.finditer(low):
        first, second = int(match[1]), int(match[3])
        if 1 <= first <= 12 and 1 <= second <= 31:
            yield _span(match.start(), match.end(), first, second)
        elif 1 <= second <= 12 and 1 <= first <= 31:
            yield _span(match.start(), match.end(), second, first)
    for match in _MONTH_AND_DAY.finditer(low):
        first, second = int(match[1]), int(match[2])
        if 1 <= first <= 12 and 1 <= second <= 31 and _is_day_of_month(low, match, first, second):
            yield _span(match.start(), match.end(), first, second)


def _is_day_of_month(low: str, match: re.Match[str], first: int, second: int) -> bool:
    """3/14 is a day; 7/10 after "mood", 5/7 before "days" and 1/2 are not."""
    before = low[max(0, match.start() - 24) : match.start()]
    if _COUNTED.match(low, match.end()):
        return False
    if re.search(r"\b(?:on|by|since|until|till|due|dated?|dob|born|appt|appointment)\W*$", before):
        return True
    if _SCORE_BEFORE.search(before) and second in _SCALES and first <= second:
        return False
    if _DATE_BEFORE.search(before):
        return True
    return not (second in _SCALES and first <= second)


def said_dates(reading: Reading) -> Iterator[Span]:
    """Months with or without a day and a year, and days of the month alone."""
    words, covered = reading.words, -1
    for i, word in enumerate(words):
        if i <= covered:
            continue
        if word in MONTH_WORDS:
            found = _around_month(reading, i)
            if found is not None:
                first, last, day = found
                covered = last
                key = f"{_MONTHS[word]:02}" + (f"-{day:02}" if day else "")
                yield Span(reading.starts[first], reading.ends[last], Kind.DATE, key=key)
        elif word in ORDINAL_WORDS or word in ("twenty", "thirty") or _ORDINAL_FIGURE.fullmatch(word):
            found = _day_alone(reading, i)
            if found is not None:
                first, last, day = found
                if any(w in MONTH_WORDS for w in words[last + 1 : last + 3]):
                    continue
                covered = last
                yield Span(reading.starts[first], reading.ends[last], Kind.DATE, key=f"day-{day:02}")


def _around_month(reading: Reading, i: int) -> tuple[int, int, int] | None:
    """First and last word of the date around a month, and its day (0 = none); None if the word is no month here."""
    words, word = reading.words, reading.words[i]
    first = last = i
    day = 0
    after = i + 1 + (words[i + 1 : i + 2] == ["the"])
    following, size = day_said(words, after, ordinal=False)
    _, as_year = year_said(words, after)
    if size and (not _near(reading, i, after) or (as_year and not year_said(words, after + size)[1])):
        following, size = 0, 0  # "March nineteen eighty" is a year
    before = reading.before(i)
    introduced = before in _BEFORE_MONTH or before in WEEKDAYS
    if size and word in _EASILY_WORDS and not introduced:
        _, ordinal_size = day_said(words, after, ordinal=True)
        figure = words[after].isdigit()
        if not ordinal_size and not (
            figure
            and (
                reading.capital(i)
                or reading.begins_sentence(i)
                or after + 1 >= len(words)
                or reading.ends_clause(after)
            )
        ):
            following, size = 0, 0
    if size:
        day, last = following, after + size - 1
    else:
        back = i - 1 - (i > 0 and words[i - 1] == "of")
        for width in (2, 1):
            start = back - width + 1
            if start < 0 or back < 0:
                continue
            said, taken = day_said(words, start, ordinal=back == i - 1 and not words[start].isdigit())
            if said and taken == width and _near(reading, start, i):
                day, first = said, start
                if first > 0 and words[first - 1] == "the":
                    first -= 1
                break
    _, year_size = year_said(words, last + 1)
    if year_size and _near(reading, last, last + 1):
        last += year_size
    if day or year_size:
        return first, last, day
    if word in _ONLY_MONTHS:
        return first, last, 0
    if (
        before in _BEFORE_MONTH
        and reading.after(i) not in _NOT_AFTER_MONTH
        and not (before in ("of", "on", "by") and not reading.capital(i))
    ):
        return first, last, 0
    return None


def _day_alone(reading: Reading, i: int) -> tuple[int, int, int] | None:
    """On the seventh, the 14th, Friday the third: a day of a month; not the third time, not in 7th grade."""
    words = reading.words
    day, size = day_said(words, i, ordinal=True)
    if not size:
        return None
    last = i + size - 1
    figure = words[i][0].isdigit()
    before, article = reading.before(i), False
    if before == "the":
        before, article = reading.before(i, 2), True
    follows = reading.after(last)
    closed = reading.ends_clause(last) or follows in _AFTER_DAY or not follows
    if not closed and follows not in ("this", "next", "last"):
        return None
    if before in WEEKDAYS:
        return (i - article, last, day)
    if figure:
        if before in ("in", "step", "chapter") and not article:
            return None
        return (i - article, last, day)
    if article and before in _BEFORE_DAY and (day > 3 or reading.ends_clause(last) or follows == "of"):
        return (i - 1, last, day)
    return None


def _near(reading: Reading, first: int, second: int) -> bool:
    """Are two words of the same stretch, with at most a comma or dot between?"""
    low, high = sorted((first, second))
    return all(
        reading.gap(at).strip() in ("", ",", ".", "-", "/") and "\n" not in reading.gap(at)
        for at in range(low + 1, high + 1)
    )


def ages_over_89(low: str, oldest_year: int) -> Iterator[Span]:
    """Ages of 90 and more, and years that tell such an age (before `oldest_year`)."""
    for match in _AGE.finditer(low):
        group = match.lastgroup or "a"
        yield Span(match.start(group), match.end(group), Kind.AGE, key=match[group])
    for match in _YEAR.finditer(low):
        if int(match[1]) < oldest_year:
            yield Span(match.start(), match.end(), Kind.DATE, key=match[1])


def _span(start: int, end: int, month: int, day: int) -> Span:
    return Span(start, end, Kind.DATE, key=f"{month:02}-{day:02}")

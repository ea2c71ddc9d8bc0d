"""Which ordinary words are a name because they are written with capitals inside a sentence? Default-deny, pure.

"at Target", "for Apple", "the Blue Bottle Roasters" tell of somebody's life; "Opposite Action", "Group", "Mom" do not.
"""

from collections.abc import Iterator
from typing import Final

from streams.drafting.deidentify.context import FUNCTION_WORDS, KIN, TITLES
from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.reading import Reading, stem_length
from streams.drafting.deidentify.spans import Span
from streams.drafting.deidentify.tokens import Kind

_PLACES_TO_BE: Final = word_set(
    """
    at for from near joined attend attends attended quit left visited outside called named
    """
)
_CALLS: Final = word_set("call calls called calling")
CLINICAL: Final = word_set(
    """
    opposite action wise mind radical acceptance distress tolerance emotion emotions emotional regulation
    interpersonal effectiveness check facts build mastery middle path seeking safety window love maps four
    horsemen internal system systems motivational interviewing exposure response prevention plan diary card
    cards group family couple couples therapy therapist session sessions skills skill training mindfulness
    anonymous alcoholics narcotics gamblers overeaters individual treatment goal goals progress note notes
    objective subjective assessment step steps big book serenity prayer higher power mental health social worker
    services human cognitive behavioral behavioural dialectical processing narrative solution focused structural
    strategic systemic attachment trauma informed relapse crisis hotline lifeline line intensive outpatient
    inpatient partial hospitalization residential detox homework review intervention interventions data behavior
    behaviour situation medication medications depression anxiety scale inventory questionnaire rating outcome
    adverse childhood experiences post traumatic stress disorder major depressive generalized bipolar borderline
    personality substance use alcohol opioid attention deficit hyperactivity obsessive compulsive eating autism
    spectrum panic suicide suicidal ideation risk self harm client patient pt mother father parent parents mom
    dad grandma grandpa child children partner speaker listener technique check-in checkin agenda theme themes
    topic topics module week day one two three new old world war year years eve happy birthday merry supreme
    court white house united states bible holy spirit ghost son lord good great first second next last plus pro
    level high low moderate severe mild no none yes all both he she they it we you the and
    """
)
"""Words that are often written with a capital in a chart and name nobody."""


def capital_runs(reading: Reading) -> Iterator[Span]:
    """Capitalised ordinary words inside a sentence that together, or after "at", "for", "from", are a name."""
    words, size, lists = reading.words, len(reading), lexicon()
    i = 0
    while i < size:
        if not _counts(reading, i):
            i += 1
            continue
        last = i
        while last + 1 < size and not reading.begins_sentence(last + 1) and _follows(reading, last + 1):
            last += 1
        while last > i and not reading.capital(last):
            last -= 1
        run = [words[at][: stem_length(words[at])] for at in range(i, last + 1)]
        if _is_name(reading, i, run) and not _is_heading(reading, i, last):
            end = reading.starts[last] + stem_length(words[last])
            person = any(word in lists.given_names or word in lists.surnames for word in run)
            yield Span(reading.starts[i], end, Kind.PERSON if person else Kind.ORG, key=" ".join(run))
        i = last + 1


def _is_heading(reading: Reading, first: int, last: int) -> bool:
    """Does a line open with these words, all in capitals, and a colon or its end after them?"""
    if not reading.begins_sentence(first - 1) or reading.gap(first) != " ":
        return False
    after = reading.text[reading.ends[last] : reading.ends[last] + 1]
    return after in ("", ":", "\n")


def _counts(reading: Reading, i: int) -> bool:
    return reading.capital(i) and not reading.begins_sentence(i) and not _is_i(reading.words[i])


def _follows(reading: Reading, i: int) -> bool:
    if reading.gap(i) not in (" ", "-", " & ", "/", "'") or _is_i(reading.words[i]):
        return False
    links = reading.words[i] in ("of", "and", "the") and i + 1 < len(reading)
    return reading.capital(i) or (links and reading.capital(i + 1))


def _is_i(word: str) -> bool:
    return word == "i" or word.startswith("i'")


def _is_name(reading: Reading, i: int, run: list[str]) -> bool:
    lists = lexicon()
    telling = [
        word
        for word in run
        if len(word) > 1
        and word.isalpha()
        and word not in CLINICAL
        and word not in lists.allowed
        and word not in lists.regions
        and word not in FUNCTION_WORDS
        and word not in KIN
        and word not in TITLES
    ]
    if not telling or len(telling) * 2 < len(run):
        return False
    if " ".join(run) in lists.regions:
        return False
    called = reading.before(i, 2) in _CALLS and reading.before(i) in ("me", "him", "her", "them", "us")
    return len(run) > 1 or called or reading.before(i) in _PLACES_TO_BE

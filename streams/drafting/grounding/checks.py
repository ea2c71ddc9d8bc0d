"""The structural checks, one each: why a sentence does not hold against what it cites, or None.

Pure. A check answers only about what it is for; all are asked. Wording in a quotation is checked as a quotation.
"""

import re
from collections.abc import Callable
from typing import Final

from schemas.session_file import THERAPIST
from streams.drafting.grounding.claim import OTHER, Claim
from streams.drafting.grounding.contradiction import (
    names_the_right_relative,
    numbers_hold,
    same_time_and_direction,
    whose_words_they_are,
)
from streams.drafting.grounding.evidence import Evidence, Item, numbers_of, text_of, words_of
from streams.drafting.grounding.meaning import (
    agreed_and_not_refused,
    answers_only_who_was_addressed,
    risk_as_it_was_meant,
    says_it_the_same_way_round,
    says_who_did_it,
)
from streams.drafting.grounding.same_meaning import alike, known_elsewhere, telling
from streams.drafting.words import (
    content,
    near_numbers,
    numbered,
    ratios,
    stated_numbers,
    stem,
    tokens,
    verbs_with_numbers,
)

Check = Callable[[Claim, Evidence, str | None], str | None]
ENOUGH: Final = 0.4
FULLY: Final = 0.6
"""Below this a sentence is shown as doubtful."""
NOTHING: Final = 0.25

_SPECULATES = re.compile(
    r"\b(?:appear(?:s|ed|ing)? (?:to|that|as|as if)?|seem(?:s|ed|ing)?(?: to)?"
    r"|probabl[ey]|(?:un)?likely|possibl[ey]|perhaps|presumabl[ey]|apparently"
    r"|"
    r"may (?:be|have|feel|indicate|reflect|suggest|not)|might|could (?:be|indicate"
    r"|suggest|reflect)|suggest(?:s|ed|ing|ive)|indicat(?:es|ing|ive)|impl(?:ies"
    r"|ied|ying)|"
    r"presum\w+|suspect\w*|hint\w*|underl(?:ies|ying)|unconscious\w*|subconscious\w*"
    r"|secretly|deep down|clearly|obviously|evidently|undoubtedly|"
    r"in denial|resent(?:s|ed|ful|ment)?|manipulat\w*|codependen\w*|toxic|narcissis\w*"
    r"|passive[- ]aggressive|controlling|attention[- ]seeking|enmesh\w*|"
    r"triangulat\w*|parentif\w*|gasligh\w*|dysfunctional|jealous of|attracted to"
    r"|in love with|attachment (?:style|issues)|avoidant|ambivalen\w*|projecti(?:ng"
    r"|on)|"
    r"defense mechanism|resistan(?:t|ce)|lacks? insight|considering (?:divorce"
    r"|leaving|separation)|trust issues|abandonment issues|low self[- ]esteem)\b",
    re.IGNORECASE,
)
_DIAGNOSES = re.compile(
    r"\b(?:disorders?|diagnos(?:is|es|ed|tic)|meets? (?:the )?criteria|criteria for"
    r"|syndrome|bipolar|ptsd|ocd|adhd|gad|mdd|bpd|psychotic|psychosis|schizo\w+"
    r"|"
    r"borderline|major depress\w+|clinical depression|panic attacks?|dissociat\w+"
    r"|manic|mania|hypomani\w*|autis\w+|anorexi\w+|bulimi\w+|alcoholi\w+|addict(?:ed"
    r"|ion)?|"
    r"remission|prognosis|prescribed|medication)\b",
    re.IGNORECASE,
)
_ON_FILE = re.compile(r"\b(?:no )?diagnos[ie]s on file\b", re.IGNORECASE)
_CAUSES = re.compile(
    r"\b(?:because(?: of)?|due to|as a result(?: of)?|caused(?: by)?|causing"
    r"|led to|leads to|leading to|result(?:s|ed|ing) (?:in|from)|trigger(?:s"
    r"|ed|ing)?(?: by)?|"
    r"attribut\w+ (?:\w+ ){0,4}to|stem(?:s|med|ming)? from|thanks to|owing to"
    r"|as a consequence|consequently|therefore|in order to|driven by|rooted in"
    r"|brought on by|"
    r"link(?:s|ed|ing) (?:\w+ ){0,4}to)\b",
    re.IGNORECASE,
)
_SOURCE_CAUSES = re.compile(
    r"\b(?:because|'?cause|cuz|coz|since|so (?:i|we|that|she|he|they)|that's why"
    r"|due to|made (?:me|him|her|us)|makes? (?:me|him|her|us)|when(?:ever)?"
    r"|every time|if|after|"
    r"the same way|like (?:my|his|her)|from|reason|trigger\w*|to (?:get|stop|avoid|feel|help))\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"\b(?:participants?|clients?|members?|people|attendees|persons?)\b", re.IGNORECASE)
_TIMES = re.compile(
    r"\b(?:(?:last|next) (?:night|week|weekend|month|year|winter|spring|summer"
    r"|fall|autumn|session)|yesterday|tomorrow|tonight)\b"
)
_TOTAL = re.compile(r"\b(?:all|every|always|never|completely|entirely|fully|whole|constantly|throughout)\b")
_TOTAL_SAID = re.compile(r"\b(?:each|any|none|nothing|everything|everyone|everybody|daily|nobody|no|not|only|both)\b")
_ANY_TIMES: Final = frozenset({stem("times"), stem("things")})
_NOW = re.compile(r"\b(?:now|currently|at present|these days|today)\b", re.IGNORECASE)
_ONCE = re.compile(r"\b(?:was|were|used to|before|had been|from|last)\b", re.IGNORECASE)


def cites_what_exists(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Every id must be there."""
    missing = [id_ for id_ in claim.evidence if evidence.item(id_) is None]
    if missing:
        return f"Cites evidence that does not exist: {', '.join(missing[:3])}."
    return None if claim.evidence else "Cites no evidence."


def keeps_confidences(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What one client confided stays in that client's section."""
    for item in evidence.items(claim.evidence):
        if item.confided_by is not None and item.confided_by != section:
            return "Told in confidence, and not in this section."
    return None


def keeps_others_out(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """One client's own section names nobody else and draws on nobody else's forms."""
    if section is None:
        return None
    everybody = set(evidence.material.client_ids) | evidence.material.absent
    if any(who in everybody and who != section for who in claim.named):
        return "Names another client in a client's own section."
    for item in evidence.items(claim.evidence):
        if item.turn is None and item.speaker != THERAPIST and item.speaker != section:
            return "Draws on another client's record."
        if item.id.startswith("N:") and section not in item.about:
            return "Draws on another client's record."
    return None


def quotes_verbatim(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Every stretch of a quotation stands so in what is cited, and whoever is said to have said it did."""
    items = evidence.items(claim.evidence)
    goals = " \n ".join(evidence.goals.values())
    for quotation in claim.quotations:
        for stretch in quotation.stretches:
            if not tokens(stretch):
                continue
            holding = [item for item in items if _contains(item.text, stretch, evidence)]
            if not holding and not _contains(goals, stretch, evidence):
                return "Quotes what is not in the cited evidence."
            if holding and not _may_have_said(quotation.speaker, holding, section):
                return "Quotes somebody else's words as this person's."
    return None


def speaker_was_there(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What is said of somebody stands in their own words, the therapist's outline or their own record."""
    who = claim.subject
    items = evidence.items(claim.evidence)
    if who is None or not items:
        return None
    if not any(item.speaker != section if who == OTHER else who in item.about for item in items):
        return "None of the cited evidence is of the person it speaks of."
    if who in (OTHER, THERAPIST) or claim.quotations or len(claim.stems) < 2:
        return None
    own = tuple(item for item in items if who in item.about)
    if _covered(claim.stems, own) < ENOUGH <= _covered(claim.stems, items):
        return "The cited words that carry it are somebody else's."
    return None


def numbers_are_there(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Every number is in what is cited, as a digit or a word."""
    if not claim.numbers:
        return None
    items = evidence.items(claim.evidence)
    stated = numbers_of(items) | evidence.session_numbers | frozenset(claim.evidence)
    if _PEOPLE.search(claim.plain):
        stated |= {evidence.people}
    wrong = claim.numbers - stated
    if wrong:
        return f"States a number its evidence does not: {', '.join(sorted(wrong))}."
    source = evidence.without_ids(" . ".join(f"{item.asked} . {item.text}" for item in items))
    done = dict(verbs_with_numbers(claim.plain))
    for verb, number in done.items():
        nearby = near_numbers(source, verb, within=6, own_sentence=True)
        if nearby and number not in nearby and number not in evidence.session_numbers:
            return "States a number of something else."
    for number, what in numbered(claim.plain):
        nearby = near_numbers(source, what)
        told = number in done.values() and any(near_numbers(source, verb, 6, True) for verb in done)
        if what in _ANY_TIMES:
            continue
        if nearby is not None and number not in nearby and not told and number not in evidence.session_numbers:
            return "States a number of something else."
    shares = ratios(source)
    if any(share not in shares for share in ratios(claim.plain)) and shares:
        return "States a share its evidence does not."
    present = [part for part in re.split(r"[.;!?,]", source) if stated_numbers(part) & claim.numbers]
    if _NOW.search(claim.plain) and present and all(_ONCE.search(part) for part in present):
        return "States as present what the source says was."
    return None


def times_are_there(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """`last week` or `tomorrow` only where the evidence says so; `all` and `never` only where it says as much."""
    source = text_of(evidence.items(claim.evidence))
    plain = claim.plain.lower()
    for match in _TIMES.finditer(plain):
        if match[0] not in source and match[0].split()[-1] not in source:
            return "States a time its evidence does not."
    if _TOTAL.search(plain) and not _TOTAL.search(source) and not _TOTAL_SAID.search(source):
        return "Says more than its evidence."
    return None


def does_not_speculate(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """No guess about people or between people that the source does not make itself."""
    source = text_of(evidence.items(claim.evidence))
    for match in _SPECULATES.finditer(claim.plain):
        word = match[0].split()[0].lower()
        if word[:6] not in source or word[:6] in ("appear", "seem", "seems", "may", "might"):
            return "Speculates."
    return None


def does_not_diagnose(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """No word of diagnosis or treatment, and no code, that is not on file or in the source."""
    source = text_of(evidence.items(claim.evidence))
    known = {code for codes in evidence.diagnoses.values() for code in codes} if section is None else set()
    known |= set(evidence.diagnoses.get(section or "", ()))
    if any(code not in known and code.lower() not in source for code in claim.codes):
        return "Names a diagnosis code that is not on file."
    for match in _DIAGNOSES.finditer(_ON_FILE.sub(" ", claim.plain)):
        if match[0].lower()[:8] not in source:
            return "Uses a word of diagnosis that the source does not."
    return None


def gives_no_causes(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """A cause is only what the source gives as a cause, in its words."""
    match = _CAUSES.search(claim.plain)
    if match is None:
        return None
    items = evidence.items(claim.evidence)
    if not _SOURCE_CAUSES.search(text_of(items)):
        return "Gives a cause that the source does not give."
    cause = content(claim.plain[match.end() :])
    if cause and _covered(cause, items) < 0.5:
        return "Gives another cause than the source."
    return None


def says_nothing_new(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """A word that matters (a substance, a relative, an event) stands in the evidence itself, or in its like."""
    items = evidence.items(claim.evidence)
    there = words_of(items) | content(" ".join(evidence.goals.values()))
    for one in claim.stems:
        if telling(one) and not alike(one, there) and not known_elsewhere(one, there):
            return "Says something its evidence does not."
    if claim.stems and not claim.quotations and _covered(claim.stems, items) < NOTHING:
        return "Nothing of it is in the cited evidence."
    if claim.quotations and len(claim.stems) >= 3 and _covered(claim.stems, items) < NOTHING:
        return "Adds to a quotation what is not in the evidence."
    return None


CHECKS: Final[tuple[Check, ...]] = (
    cites_what_exists,
    keeps_confidences,
    keeps_others_out,
    quotes_verbatim,
    risk_as_it_was_meant,
    does_not_speculate,
    does_not_diagnose,
    speaker_was_there,
    numbers_are_there,
    times_are_there,
    gives_no_causes,
    says_it_the_same_way_round,
    numbers_hold,
    same_time_and_direction,
    names_the_right_relative,
    whose_words_they_are,
    says_who_did_it,
    answers_only_who_was_addressed,
    agreed_and_not_refused,
    says_nothing_new,
)
"""Hard checks in the order in which they are asked; the first failure is the reason kept."""


def covered(claim: Claim, evidence: Evidence) -> float:
    """The share of what a sentence claims in its own words that its evidence has; 1 if it claims nothing itself."""
    return _covered(claim.stems, evidence.items(claim.evidence))


def does_what_is_said(claim: Claim, evidence: Evidence) -> bool:
    """Is the first thing a sentence says somebody did or was, or one like it, in its evidence?"""
    if claim.quotations or not claim.stems:
        return True
    there = words_of(evidence.items(claim.evidence))
    first = next((one for one in (stem(word) for word in tokens(claim.plain)) if one in claim.stems), None)
    return first is None or alike(first, there) or known_elsewhere(first, there)


def _covered(stems: frozenset[str], items: tuple[Item, ...]) -> float:
    if not stems:
        return 1.0
    there = words_of(items)
    return sum(alike(one, there) for one in stems) / len(stems)


def _contains(text: str, stretch: str, evidence: Evidence) -> bool:
    """Does a text hold a stretch word for word? Client ids are left out on both sides: a quotation may hide them."""
    wanted, there = tokens(evidence.without_ids(stretch)), tokens(evidence.without_ids(text))
    width = len(wanted)
    return any(there[at : at + width] == wanted for at in range(len(there) - width + 1))


def _may_have_said(speaker: str | None, holding: list[Item], section: str | None) -> bool:
    if speaker is None:
        return True
    if speaker == OTHER:
        return any(item.speaker not in (section, THERAPIST) for item in holding)
    return any(item.speaker == speaker or (item.turn is None and item.speaker == THERAPIST) for item in holding)

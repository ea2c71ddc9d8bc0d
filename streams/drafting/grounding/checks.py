"""The structural checks, one each: why a sentence does not hold against what it cites, or None.

Pure. A check answers only about what it is for; all are asked. Wording in a quotation is checked as a quotation.
"""

import re
from collections.abc import Callable
from typing import Final

from schemas.session_file import THERAPIST
from streams.drafting.grounding.claim import OTHER, Claim
from streams.drafting.grounding.evidence import Evidence, Item, numbers_of, sentences_of, words_of
from streams.drafting.grounding.same_meaning import alike, known_elsewhere, telling
from streams.drafting.local.answers import answer
from streams.drafting.polarity import mentions, not_asked, without_idioms
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
_NEGATES = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|without|neither|nor|cannot|(?:do"
    r"|does|did|would|could|should|have|has|had|is|are|was|were|wo|ca)n'?t"
    r"|"
    r"dont|doesnt|didnt|wouldnt|couldnt|havent|hasnt|isnt|wasnt|wont|cant)\b",
    re.IGNORECASE,
)
_NEGATES_SOFTLY = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|refus\w+|declin\w+|unable|avoid\w*|skip\w*"
    r"|miss(?:ed|es|ing)?|stop\w*|quit\w*|lack\w*|fail\w*|unwilling|forg[eo]t\w*"
    r"|absent|barely|hardly|"
    r"rarely|less|few|lost|left|withdr\w+|hate\w*|difficult\w*|struggl\w*|away"
    r"|hard|un\w{4,}|reject\w*|cancel\w*|disagree\w*|only|alone|trouble|instead"
    r"|reduc\w+)\b",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"\b(?:would|could|might|if|suppos\w+|imagin\w+|hypothetical\w*|wish\w*|hop(?:e|es|ed|ing))\b", re.IGNORECASE
)
_DOUBTS = re.compile(
    r"\b(?:s[ck]eptical|reluctan\w*|hesitan\w*|unsure|ambivalen\w*|not (?:sure"
    r"|ready)|doubt\w*|refus\w*|declin\w*|on the fence)\b",
    re.IGNORECASE,
)
_RESPONDS = re.compile(
    r"\b(?:respond(?:s|ed|ing)?|repl(?:y|ies|ied|ying)|in response|answer(?:s|ed|ing)?|reacted)\b", re.IGNORECASE
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
_THIRD_PERSON = re.compile(r"^\W*(?:and |but |so |that |then )*(?:he|she|they|my \w+|his \w+|her \w+)\b", re.IGNORECASE)
_CLAUSES = re.compile(r"[,;:.!?]|\s[-–—/]\s|\b(?:but|and|so|because|although|when|while|that)\b")
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|im|ive|ill|we|we're|we've|me|us)\b", re.IGNORECASE)
_OF_OTHERS = re.compile(
    r"\b(?:(?:said|says|reported|stated|noted|described|shared|feels?|felt"
    r"|worried|concerned) (?:he|she|they|his|her|their)|"
    r"that|who|friend|mother|father|partner|wife|husband|brother|sister|son|daughter|ex|boss|teacher|coach|aunt|"
    r"uncle|cousin|someone|another|others?|peer|about|of)\b",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"\b(?:agree[ds]?|commit(?:s|ted)?|promise[ds]?|will|plans? to|consent(?:s|ed)?|accept(?:s|ed)?)\b", re.IGNORECASE
)
_AGREED_IN_NOTE = re.compile(
    r"\b(?:agree\w*|will|plans?|commit\w*|accept\w*|decid\w*|hw|home ?work"
    r"|ok|okay|willing|promis\w*|contract\w*|going to|"
    r"to (?:call|do|text|bring|write|try|keep|go|send|wait)|sends?|waits?|drafts?)\b",
    re.IGNORECASE,
)
_SAFE = re.compile(
    r"\b(?:no (?:safety|risk|acute|current|imminent|suicid\w*|self[- ]harm)\b[^.;]{0,30}"
    r"|(?:low|no|minimal|denie[sd]|den(?:y|ied) (?:any )?)\s*(?:current )?(?:risk"
    r"|SI\b|HI\b|suicid\w*|self[- ]harm|safety concerns?)|safe to (?:go|leave"
    r"|return)|contract(?:s|ed) for safety)",
    re.IGNORECASE,
)
_GRAVE = re.compile(
    r"\b(?:die[sd]?|dying|dead|death|kill\w*|suicid\w*|murder\w*|overdos\w*|self[- ]?harm\w*)\b", re.IGNORECASE
)
_SILENCE = re.compile(
    r"\bnot (?:been )?(?:documented|recorded|asked|assessed|discussed)|neither yes nor no", re.IGNORECASE
)
_OWN_RISK: Final = frozenset({"suicide", "self_harm", "safety"})


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
    source = _text(evidence.items(claim.evidence))
    plain = claim.plain.lower()
    for match in _TIMES.finditer(plain):
        if match[0] not in source and match[0].split()[-1] not in source:
            return "States a time its evidence does not."
    if _TOTAL.search(plain) and not _TOTAL.search(source) and not _TOTAL_SAID.search(source):
        return "Says more than its evidence."
    return None


def does_not_speculate(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """No guess about people or between people that the source does not make itself."""
    source = _text(evidence.items(claim.evidence))
    for match in _SPECULATES.finditer(claim.plain):
        word = match[0].split()[0].lower()
        if word[:6] not in source or word[:6] in ("appear", "seem", "seems", "may", "might"):
            return "Speculates."
    return None


def does_not_diagnose(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """No word of diagnosis or treatment, and no code, that is not on file or in the source."""
    source = _text(evidence.items(claim.evidence))
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
    if not _SOURCE_CAUSES.search(_text(items)):
        return "Gives a cause that the source does not give."
    cause = content(claim.plain[match.end() :])
    if cause and _covered(cause, items) < 0.5:
        return "Gives another cause than the source."
    return None


def risk_as_it_was_meant(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Whatever is said about risk was said so, by that person, in what is cited: affirmed, negated, passive, past."""
    if _SILENCE.search(claim.text) or not_asked(claim.plain):
        return None
    who = section if claim.subject in (None, OTHER, THERAPIST) else claim.subject
    items = evidence.items(claim.evidence)
    if _GRAVE.search(claim.plain) and not _GRAVE.search(without_idioms(_text(items))):
        return "Says something about risk that its evidence does not say."
    own = _as_first_person(claim.plain, who)
    stated = [(found.topic, found.polarity) for found in mentions(own)]
    if not stated and _SAFE.search(claim.plain):
        stated = [("safety", "negated")]
    found = [hit for hit in evidence.hits(claim.evidence) if who is None or hit.client_id in (who, None)]
    for topic, polarity in stated:
        fits = [hit for hit in found if hit.topic == topic or {hit.topic, topic} <= _OWN_RISK]
        if any(hit.polarity == polarity for hit in fits):
            continue
        if not fits:
            return "Says something about risk that its evidence does not say."
        if {polarity, *(hit.polarity for hit in fits)} <= {"affirmed", "third_party"} and claim.subject != who:
            continue
        return "Turns what was said about risk into something else."
    return None


def says_it_the_same_way_round(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What the source denies is not affirmed, and the other way round."""
    if claim.quotations or not claim.stems:
        return None
    items = evidence.items(claim.evidence)
    if (reason := _against_the_answer(claim, items)) is not None:
        return reason
    best, best_share = "", 0.0
    for sentence in sentences_of(items):
        for clause in re.split(r"[,;:–—]|\b(?:but|and|so|because|although)\b", sentence):
            share = len([one for one in claim.stems if alike(one, content(clause))]) / len(claim.stems)
            if share > best_share:
                best, best_share = clause, share
    if best_share < 0.34:
        return None
    plain = claim.plain.replace("’", "'")
    best = best.replace("’", "'")
    source = _text(items)
    if not _NEGATES.search(plain) and _denied_words(source) & set(tokens(plain)):
        return "Says what the source denies."
    if _NEGATES.search(plain) and not (_NEGATES.search(source) or _NEGATES_SOFTLY.search(source)):
        return "Denies what the source says."
    if _SUPPOSES.search(best) and not _SUPPOSES.search(plain) and best_share >= 0.5:
        return "Says as fact what the source supposes."
    if _DOUBTS.search(best) and not _DOUBTS.search(plain) and not _NEGATES.search(plain):
        return "Says what the source doubts."
    if _NEGATES.search(best) and not (_NEGATES.search(plain) or _NEGATES_SOFTLY.search(plain)) and best_share >= 0.5:
        return "Says what the source denies."
    return None


def _against_the_answer(claim: Claim, items: tuple[Item, ...]) -> str | None:
    """A `no` to a question is not the question's words affirmed, a `yes` not their denial."""
    for item in items:
        if not item.asked or item.turn is None or len(items) > 2:
            continue
        by_question = len([one for one in claim.stems if alike(one, content(item.asked))]) / len(claim.stems)
        by_answer = len([one for one in claim.stems if alike(one, content(item.text))]) / len(claim.stems)
        if by_question < 0.5 or by_answer >= 0.5:
            continue
        kind, denies = answer(item.text), bool(_NEGATES.search(claim.plain) or _NEGATES_SOFTLY.search(claim.plain))
        if (kind == "no" and not denies) or (kind == "yes" and _NEGATES.search(claim.plain)):
            return "Turns an answer round."
    return None


def _denied_words(source: str) -> set[str]:
    """Words that the source says with `not` before them and nowhere without."""
    denied = {match[1] for match in re.finditer(r"(?<!\w)not (?:\w+ ){0,1}?(\w{4,})", source)}
    return {word for word in denied if len(re.findall(rf"\b{word}\b", source)) == 1}


def says_who_did_it(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What a client tells of somebody else is not what the client did; nor is what a note says of another client."""
    who = claim.subject
    if who in (None, OTHER, THERAPIST) or claim.quotations or not claim.stems or _OF_OTHERS.search(claim.plain):
        return None
    best, best_share, whose = "", 0.0, ""
    for item in evidence.items(claim.evidence):
        if who not in item.about:
            continue
        named = who if item.turn is not None else ""
        for clause in _CLAUSES.split(item.text):
            ids = [one for one in evidence.addressing.mentioned(clause) if one in evidence.material.client_ids]
            if item.turn is None and ids:
                named = ids[0]
            share = len([one for one in claim.stems if alike(one, content(clause))]) / len(claim.stems)
            if share > best_share:
                best, best_share, whose = clause, share, named or ""
    if best_share < 0.5:
        return None
    if whose not in ("", who):
        return "Says of this person what the source says of another."
    noted = all(item.turn is None for item in evidence.items(claim.evidence))
    if not noted and _THIRD_PERSON.match(best) and not _FIRST_PERSON.search(best):
        return "Says of this person what the source says of another."
    return None


def answers_only_who_was_addressed(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Somebody responds to somebody only if the words address them; following in the transcript is not enough."""
    clients = [who for who in claim.named if who in evidence.material.client_ids]
    if len(clients) < 2 or not _RESPONDS.search(claim.plain):
        return None
    turns = [item.turn for item in evidence.items(claim.evidence) if item.turn is not None]
    for turn in turns:
        others = set(clients) - {turn.speaker}
        if turn.speaker in clients and others & set(turn.to):
            return None
    return "Says that one answers another, but the words do not address them."


def agreed_and_not_refused(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Somebody who said no has not agreed."""
    if not _AGREES.search(claim.plain) or claim.subject is None or claim.subject in (THERAPIST, OTHER):
        return None
    if re.search(r"\b(?:declin|refus|not agree|disagree)\w*", claim.plain, re.IGNORECASE):
        return None
    own = [item for item in evidence.items(claim.evidence) if item.turn is not None and item.speaker == claim.subject]
    if own and all(answer(item.text) == "no" for item in own):
        return "Says somebody agreed who did not."
    if not own and not _AGREED_IN_NOTE.search(_text(evidence.items(claim.evidence))):
        return "Says somebody agreed where nothing says so."
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


def _as_first_person(text: str, who: str | None) -> str:
    if who is None:
        return text
    said = re.sub(r"^\W*(?:the )?(?:client|patient|member|participant|he|she|they)\b", "I", text, flags=re.IGNORECASE)
    return said if said != text else f"I {text.strip()}"


def _text(items: tuple[Item, ...]) -> str:
    return " ".join(f"{item.asked} {item.text}" for item in items).lower().replace("’", "'")
